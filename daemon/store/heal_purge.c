/*
 * Mark and sweep: all that any ref of any kind reaches is marked, whatever else lies loose is removed. Not only the
 * refused change itself held its text: so did every merge that was ever made with it.
 */
#include "store/heal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "store/draft.h"

#define HASH_LINE (OID_HEX + 1)

/* Ids, open addressing; zero is no id. */
struct id_set {
	struct oid *slots;
	size_t n, room;
};

struct marking {
	struct store *s;
	struct id_set seen;
	struct oids left; /* seen, but not looked into yet */
	struct err *err;
};

static size_t slot_of(const struct id_set *set, const struct oid *id)
{
	size_t i;
	memcpy(&i, id->b, sizeof i);
	for (i &= set->room - 1; !oid_is_zero(&set->slots[i]) && !oid_eq(&set->slots[i], id);)
		i = (i + 1) & (set->room - 1);
	return i;
}

static bool set_has(const struct id_set *set, const struct oid *id)
{
	return set->room && oid_eq(&set->slots[slot_of(set, id)], id);
}

static void set_grow(struct id_set *set)
{
	struct id_set old = *set;
	set->room = old.room ? 2 * old.room : 1024;
	set->slots = mem_alloc(set->room * sizeof *set->slots);
	for (size_t i = 0; i < old.room; i++)
		if (!oid_is_zero(&old.slots[i]))
			set->slots[slot_of(set, &old.slots[i])] = old.slots[i];
	free(old.slots);
}

static void mark(struct marking *m, const struct oid *id)
{
	if (2 * (m->seen.n + 1) > m->seen.room)
		set_grow(&m->seen);
	struct oid *slot = &m->seen.slots[slot_of(&m->seen, id)];
	if (oid_is_zero(slot)) {
		*slot = *id;
		m->seen.n++;
		oids_add(&m->left, id);
	}
}

/* "tree <id>" and then any number of "parent <id>". */
static void mark_commit(struct marking *m, const char *data, size_t len)
{
	static const char *const words[] = {"tree ", "parent "};
	for (size_t at = 0;;) {
		const char *word = words[at != 0];
		size_t word_len = strlen(word);
		char hex[OID_HEX + 1];
		struct oid id;
		if (len - at < word_len + HASH_LINE || strncmp(data + at, word, word_len) != 0)
			return;
		memcpy(hex, data + at + word_len, OID_HEX);
		hex[OID_HEX] = '\0';
		if (!oid_parse(&id, hex))
			return;
		mark(m, &id);
		at += word_len + HASH_LINE;
	}
}

static bool mark_tree(struct marking *m, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(data + at, '\0', len - at);
		struct oid id;
		if (!end || (size_t)(data + len - end) < 1 + OID_SIZE)
			return false;
		memcpy(id.b, end + 1, OID_SIZE);
		mark(m, &id);
		at = (size_t)(end + 1 + OID_SIZE - data);
	}
	return true;
}

static int look_into(struct marking *m, const struct oid *id)
{
	git_odb_object *object = NULL;
	char hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	size_t size;
	git_object_t kind;
	bool good = true;
	oid_hex(id, hex);
	int rc = git_odb_read_header(&size, &kind, m->s->odb, &key);
	if (rc == 0 && kind == GIT_OBJECT_BLOB)
		return 0;
	if (rc == 0)
		rc = git_odb_read(&object, m->s->odb, &key);
	if (rc)
		return repo_fail(m->err, rc, "read object", hex);
	if (kind == GIT_OBJECT_COMMIT)
		mark_commit(m, git_odb_object_data(object), git_odb_object_size(object));
	else
		good = kind == GIT_OBJECT_TREE &&
		       mark_tree(m, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	if (good)
		return 0;
	err_set(m->err, ERR_CORRUPT, N_("object %1 is not a %2"), hex, "tree");
	err_hint(m->err, N_("run 'tuyen verify', then restore the store from the superior or a backup"));
	return ERR_CORRUPT;
}

static int mark_refs(struct marking *m)
{
	git_reference_iterator *it = NULL;
	git_reference *ref = NULL;
	int rc = git_reference_iterator_new(&it, m->s->git);
	while (rc == 0 && (rc = git_reference_next(&ref, it)) == 0) {
		const git_oid *target = git_reference_target(ref);
		if (target) {
			struct oid id = repo_oid(target);
			mark(m, &id);
		}
		git_reference_free(ref);
	}
	git_reference_iterator_free(it);
	return rc == GIT_ITEROVER ? 0 : repo_fail(m->err, rc, "list the ledgers of", m->s->path);
}

static int mark_all(struct marking *m)
{
	int rc = mark_refs(m);
	while (rc == 0 && m->left.n) {
		struct oid id = m->left.items[--m->left.n];
		rc = look_into(m, &id);
	}
	return rc;
}

/* What of one directory of objects is not marked: removed, or with `look` only counted. */
static int sweep_fan(struct marking *m, const char *dir, unsigned fan, bool look, size_t *found)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;
	if (!d)
		return errno == ENOENT ? 0 : sys_error(m->err, "read", dir);
	while (rc == 0 && (e = readdir(d))) {
		struct buf hex = {0}, path = {0};
		struct oid id;
		buf_printf(&hex, "%02x%s", fan, e->d_name);
		buf_printf(&path, "%s/%s", dir, e->d_name);
		if (oid_parse(&id, buf_str(&hex)) && !set_has(&m->seen, &id)) {
			rc = look ? 0 : sys_remove(buf_str(&path), m->err);
			++*found;
		}
		buf_free(&hex);
		buf_free(&path);
	}
	closedir(d);
	return rc;
}

/* Writers hold the lock until their refs have moved: under it, what is reached now and was not is all that is new. */
static int sweep_locked(struct marking *m, const char *dir, unsigned fan, size_t *removed)
{
	struct tx *lock = NULL;
	int rc = tx_begin(m->s, &lock, m->err);
	if (rc == 0)
		rc = mark_all(m);
	if (rc == 0)
		rc = sweep_fan(m, dir, fan, false, removed);
	tx_destroy(lock);
	return rc;
}

static int sweep(struct marking *m, size_t *removed)
{
	int rc = 0;
	for (unsigned fan = 0; rc == 0 && fan < 256; fan++) {
		struct buf dir = {0};
		size_t found = 0;
		buf_printf(&dir, "%s/objects/%02x", m->s->path, fan);
		rc = sweep_fan(m, buf_str(&dir), fan, true, &found);
		if (rc == 0 && found)
			rc = sweep_locked(m, buf_str(&dir), fan, removed);
		buf_free(&dir);
	}
	return rc ? rc : repo_sync(m->s->path, m->err);
}

int heal_look_again(struct store *s, struct err *err)
{
	git_repository *git;
	git_odb *odb;
	int rc = repo_open(s->path, &git, &odb, err);
	if (rc)
		return rc;
	git_odb_free(s->odb);
	git_repository_free(s->git);
	s->git = git;
	s->odb = odb;
	return 0;
}

int heal_purge(struct store *s, const struct oids *gone, size_t *removed, bool *packed, struct err *err)
{
	struct marking m = {.s = s, .err = err};
	*removed = 0;
	*packed = false;
	int rc = mark_all(&m);
	if (rc == 0)
		rc = sweep(&m, removed);
	if (rc == 0)
		rc = heal_look_again(s, err);
	for (size_t i = 0; rc == 0 && i < gone->n; i++)
		*packed |= repo_has_commit(s, &gone->items[i]);
	free(m.seen.slots);
	oids_free(&m.left);
	return rc;
}

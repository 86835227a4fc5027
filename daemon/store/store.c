#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "record/text.h"
#include "store/load.h"

#define INDEX_BEHIND 64 /* changes */
#define NOTE_BYTES_MAX (16 * 1024 * 1024)

int store_init(const char *path, struct err *err)
{
	return repo_init(path, err);
}

int store_open(const char *path, struct store **out, struct err *err)
{
	struct store *s = mem_alloc(sizeof *s);
	int rc = repo_open(path, &s->git, &s->odb, err);
	if (rc) {
		free(s);
		return rc;
	}
	s->path = mem_dup(git_repository_path(s->git));
	s->path[strlen(s->path) - 1] = '\0';
	repo_follow(s);
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_forget(s, NULL);
	for (size_t i = 0; i < s->ledgers.n; i++)
		free(s->ledgers.rows[i].value);
	table_free(&s->ledgers);
	git_odb_free(s->odb);
	git_repository_free(s->git);
	free(s->path);
	free(s);
}

int store_ledgers(struct store *s, struct strs *out, struct err *err)
{
	static const char head[] = "refs/heads/";
	git_reference_iterator *it = NULL;
	const char *name;
	int rc = git_reference_iterator_glob_new(&it, s->git, "refs/heads/*");
	while (rc == 0 && (rc = git_reference_next_name(&name, it)) == 0)
		if (strncmp(name, head, sizeof head - 1) == 0 && repo_ledger_name(name + sizeof head - 1))
			strs_add(out, name + sizeof head - 1);
	git_reference_iterator_free(it);
	if (rc != GIT_ITEROVER)
		return repo_fail(err, rc, "list the ledgers of", s->path);
	strs_sort(out);
	return 0;
}

int store_tip(struct store *s, const char *ledger, struct oid *out, struct err *err)
{
	struct buf ref = {0};
	git_oid id;
	repo_follow(s);
	int rc = repo_ref(ledger, &ref, err);
	if (rc == 0) {
		int git_rc = git_reference_name_to_id(&id, s->git, buf_str(&ref));
		if (git_rc == GIT_ENOTFOUND)
			rc = err_set(err, ERR_NOT_FOUND, N_("there is no ledger %1 here"), ledger);
		else if (git_rc)
			rc = repo_fail(err, git_rc, "read ledger", ledger);
		else
			*out = repo_oid(&id);
	}
	buf_free(&ref);
	return rc;
}

int store_heads(struct store *s, const struct oid *commit, struct oids *out, struct err *err)
{
	return load_heads(s, commit, out, err);
}

/* The tip, or zero for an absent ledger. */
static int tip_or_zero(struct store *s, const char *ledger, struct oid *tip, struct err *err)
{
	struct err why = {0};
	*tip = (struct oid){0};
	int rc = store_tip(s, ledger, tip, &why);
	if (rc == 0 || (rc == ERR_NOT_FOUND && repo_ledger_name(ledger)))
		return 0;
	if (!err->code)
		*err = why;
	return rc;
}

int store_ledger_heads(struct store *s, const char *ledger, struct oids *out, struct err *err)
{
	struct oid tip;
	int rc = tip_or_zero(s, ledger, &tip, err);
	return rc ? rc : load_heads(s, &tip, out, err);
}

int store_read(struct store *s, const char *ledger, const struct oid *commit, const char *path,
    struct buf *out, struct err *err)
{
	struct arena arena = {0};
	struct oid at, tree;
	const char *text = NULL;
	size_t len = 0;
	int rc = 0;
	if (commit)
		at = *commit;
	else
		rc = store_tip(s, ledger, &at, err);
	if (rc == 0)
		rc = load_tree(s, &at, &tree, err);
	if (rc == 0)
		rc = load_record(s, &tree, path, &arena, &text, &len, err);
	if (rc == 0 && !text)
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no record %1 in ledger %2"), path, ledger);
	if (rc == 0)
		buf_add(out, text, len);
	arena_free(&arena);
	return rc;
}

int store_record(struct store *s, const char *ledger, const struct oid *commit, const char *path,
    struct arena *arena, struct record *out, struct err *err)
{
	const struct record_type *type = type_by_path(ledger, path);
	if (!type)
		return err_set(
		    err, ERR_NOT_FOUND, N_("no kind of record stands at %1 in ledger %2"), path, ledger);
	struct buf text = {0};
	int rc = store_read(s, ledger, commit, path, &text, err);
	if (rc == 0) {
		struct err why = {0};
		rc = record_parse(out, arena, type, buf_str(&text), text.len, &why);
		if (rc) {
			err_at(&why, path, 0, 0);
			if (!err->code)
				*err = why;
		}
	}
	buf_free(&text);
	return rc;
}

int store_list(struct store *s, const char *ledger, const struct oid *commit, const char *prefix,
    struct strs *out, struct err *err)
{
	struct oid at, tree;
	int rc = 0;
	if (commit)
		at = *commit;
	else
		rc = tip_or_zero(s, ledger, &at, err);
	if (rc == 0)
		rc = load_tree(s, &at, &tree, err);
	if (rc == 0)
		rc = tree_list(s, &tree, prefix, out, err);
	if (rc == 0)
		strs_sort(out);
	return rc;
}

static int fill_records(
    struct store *s, const struct commit *commit, struct arena *arena, struct change *c, struct err *err)
{
	struct oid before;
	struct load_texts texts;
	int rc = load_tree(s, &c->parent, &before, err);
	if (rc == 0)
		rc = load_texts(s, c, &before, &commit->tree, arena, &texts, err);
	if (rc == 0)
		load_touched(c, &texts, arena);
	return rc;
}

static int read_change(struct store *s, const char *ledger, const struct oid *id, bool records,
    struct arena *arena, struct change *out, struct err *err)
{
	struct commit commit;
	int rc = load_commit(s, id, arena, &commit, err);
	if (rc == 0)
		rc = load_change(s, ledger, id, &commit, arena, out, err);
	return rc || !records ? rc : fill_records(s, &commit, arena, out, err);
}

static int find_change(struct store *s, const char *ledger, const struct oid *id, bool records,
    struct arena *arena, struct change *out, struct err *err)
{
	struct commit commit = {0};
	char hex[OID_HEX + 1];
	int rc = repo_has_commit(s, id) ? load_commit(s, id, arena, &commit, err) : 0;
	oid_hex(id, hex);
	if (rc == 0 && !commit.is_signed)
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no change %1 in ledger %2"), hex, ledger);
	return rc ? rc : read_change(s, ledger, id, records, arena, out, err);
}

int store_change(struct store *s, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	return find_change(s, ledger, id, true, arena, out, err);
}

int store_change_words(struct store *s, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	return find_change(s, ledger, id, false, arena, out, err);
}

int store_walk(struct store *s, const char *ledger, bool records,
    int (*visit)(void *ctx, const struct change *c, struct err *err), void *ctx, struct err *err)
{
	struct oids heads = {0}, order = {0};
	int rc = store_ledger_heads(s, ledger, &heads, err);
	if (rc == 0)
		rc = load_order(s, &heads, NULL, &order, err);
	for (size_t i = 0; rc == 0 && i < order.n; i++) {
		struct arena arena = {0};
		struct change c;
		rc = read_change(s, ledger, &order.items[i], records, &arena, &c, err);
		if (rc == 0)
			rc = visit(ctx, &c, err);
		arena_free(&arena);
	}
	oids_free(&heads);
	oids_free(&order);
	return rc;
}

static struct store_ledger *ledger_at(struct store *s, const char *ledger)
{
	struct store_ledger **place = (struct store_ledger **)table_at(&s->ledgers, ledger);
	if (!*place)
		*place = mem_alloc(sizeof **place);
	return *place;
}

/* Bring a history up to the heads of a tip. False in *fits if it holds what the tip does not stand on. */
static int follow(struct store *s, const char *ledger, struct store_ledger *l, const struct oid *tip,
    bool *fits, struct err *err)
{
	struct oids heads = {0}, tips = {0};
	int rc = load_heads(s, tip, &heads, err);
	if (rc == 0)
		rc = load_history(s, ledger, &heads, l->history, err);
	if (rc == 0)
		history_tips(l->history, &tips);
	*fits = oids_eq(&heads, &tips);
	l->tip = *tip;
	oids_free(&heads);
	oids_free(&tips);
	return rc;
}

void store_replace(struct store_ledger *l, struct history *fresh)
{
	history_free(l->history);
	index_close(&l->index);
	l->history = fresh;
}

static bool is_own(const struct store *s)
{
	struct stat st;
	return stat(s->path, &st) == 0 && st.st_uid == geteuid();
}

/* Much was read that the index lacked, or it says too much, and nobody is writing: it is put right for the next one. */
static void keep_index(struct store *s, const char *ledger, struct store_ledger *l)
{
	struct buf lock = {0};
	struct err none = {0};
	int fd;
	if ((!l->index.stale && history_count(l->history) < l->index.n + INDEX_BEHIND) || !is_own(s))
		return;
	buf_printf(&lock, "%s/tuyen.lock", s->path);
	if (sys_lock(buf_str(&lock), 0, &fd, &none) == 0) {
		index_write(s, ledger, l->history, &l->index);
		sys_unlock(fd);
	}
	buf_free(&lock);
}

int store_history(struct store *s, const char *ledger, struct history **out, struct err *err)
{
	struct oid tip;
	bool fits = true;
	int rc = tip_or_zero(s, ledger, &tip, err);
	if (rc)
		return rc;
	struct store_ledger *l = ledger_at(s, ledger);
	if (l->history && oid_eq(&l->tip, &tip)) {
		*out = l->history;
		return 0;
	}
	if (!l->history) {
		l->history = history_new();
		index_read(s, ledger, l->history, &l->index);
	}
	rc = follow(s, ledger, l, &tip, &fits, err);
	if (rc == 0 && !fits) {
		/* The ledger was put back, or moved elsewhere: begin again. */
		store_replace(l, history_new());
		l->index.stale = true;
		rc = follow(s, ledger, l, &tip, &fits, err);
		if (rc == 0 && !fits) {
			rc = err_set(
			    err, ERR_CORRUPT, N_("the tip of ledger %1 is not a merge of its heads"), ledger);
			err_hint(err,
			    N_("run 'tuyen verify', then restore the store from the superior or a backup"));
		}
	}
	if (rc)
		store_forget(s, ledger);
	else
		keep_index(s, ledger, l);
	*out = l->history;
	return rc;
}

void store_forget(struct store *s, const char *ledger)
{
	for (size_t i = 0; i < s->ledgers.n; i++) {
		struct store_ledger *l = s->ledgers.rows[i].value;
		if (ledger && strcmp(ledger, s->ledgers.rows[i].key) != 0)
			continue;
		store_replace(l, NULL);
		l->tip = (struct oid){0};
	}
}

void store_rest(struct store *s)
{
	for (size_t i = 0; i < s->ledgers.n; i++) {
		struct store_ledger *l = s->ledgers.rows[i].value;
		if (l->history)
			history_rest(l->history);
		index_rest(&l->index);
	}
	repo_rest(s);
}

uint64_t store_reads(const struct store *s)
{
	return s->reads;
}

static int note_path(struct store *s, const char *name, struct buf *out, struct err *err)
{
	if (!text_is_id(name))
		return err_set(err, ERR_INPUT, N_("'%1' cannot be the name of a note"), name);
	buf_printf(out, "%s/tuyen/%s", s->path, name);
	return 0;
}

int store_note_read(struct store *s, const char *name, struct buf *out, struct err *err)
{
	struct buf path = {0};
	int rc = note_path(s, name, &path, err);
	if (rc == 0 && sys_exists(buf_str(&path)))
		rc = sys_read_file(buf_str(&path), NOTE_BYTES_MAX, out, err);
	buf_free(&path);
	return rc;
}

int store_note_write(struct store *s, const char *name, const void *bytes, size_t len, struct err *err)
{
	struct buf path = {0};
	int rc = note_path(s, name, &path, err);
	if (rc == 0)
		rc = sys_write_file(buf_str(&path), bytes, len, 0600, err);
	buf_free(&path);
	return rc;
}

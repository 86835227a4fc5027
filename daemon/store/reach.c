#include "store/reach.h"

#include <string.h>

#define HASH_LINE (OID_HEX + 1)

bool reach_commit(
    const char *data, size_t len, void (*visit)(void *ctx, const struct oid *id, bool parent), void *ctx)
{
	static const char *const words[] = {"tree ", "parent "};
	for (size_t at = 0;;) {
		const char *word = words[at != 0];
		size_t word_len = strlen(word);
		char hex[OID_HEX + 1];
		struct oid id;
		if (len - at < word_len + HASH_LINE || strncmp(data + at, word, word_len) != 0)
			return at != 0;
		memcpy(hex, data + at + word_len, OID_HEX);
		hex[OID_HEX] = '\0';
		if (!oid_parse(&id, hex))
			return false;
		visit(ctx, &id, at != 0);
		at += word_len + HASH_LINE;
	}
}

bool reach_tree(const char *data, size_t len,
    void (*visit)(void *ctx, const struct oid *id, const char *name, bool directory), void *ctx)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(data + at, '\0', len - at);
		const char *name = end ? memchr(data + at, ' ', (size_t)(end - data) - at) : NULL;
		struct oid id;
		if (!name || (size_t)(data + len - end) < 1 + OID_SIZE)
			return false;
		memcpy(id.b, end + 1, OID_SIZE);
		visit(ctx, &id, name + 1, data[at] == '4');
		at = (size_t)(end + 1 + OID_SIZE - data);
	}
	return true;
}

static void mark(struct reach *r, const struct oid *id)
{
	if (idset_add(&r->seen, id))
		oids_add(&r->left, id);
}

static void mark_named(void *ctx, const struct oid *id, bool parent)
{
	(void)parent;
	mark(ctx, id);
}

static void mark_entry(void *ctx, const struct oid *id, const char *name, bool directory)
{
	(void)name, (void)directory;
	mark(ctx, id);
}

static int look_into(struct store *s, struct reach *r, const struct oid *id, struct err *err)
{
	git_odb_object *object = NULL;
	char hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	size_t size;
	git_object_t kind;
	bool good = true;
	oid_hex(id, hex);
	int rc = git_odb_read_header(&size, &kind, s->odb, &key);
	if (rc == 0 && kind == GIT_OBJECT_BLOB)
		return 0;
	if (rc == 0)
		rc = git_odb_read(&object, s->odb, &key);
	if (rc)
		return repo_fail(err, rc, "read object", hex);
	const char *data = git_odb_object_data(object);
	size_t len = git_odb_object_size(object);
	if (kind == GIT_OBJECT_COMMIT)
		reach_commit(data, len, mark_named, r);
	else
		good = kind == GIT_OBJECT_TREE && reach_tree(data, len, mark_entry, r);
	git_odb_object_free(object);
	if (good)
		return 0;
	err_set(err, ERR_CORRUPT, N_("object %1 is not a %2"), hex, "tree");
	err_hint(err, N_("run 'tuyen verify', then restore the store from the superior or a backup"));
	return ERR_CORRUPT;
}

static int mark_refs(struct store *s, struct reach *r, struct err *err)
{
	git_reference_iterator *it = NULL;
	git_reference *ref = NULL;
	int rc = git_reference_iterator_new(&it, s->git);
	while (rc == 0 && (rc = git_reference_next(&ref, it)) == 0) {
		const git_oid *target = git_reference_target(ref);
		if (target) {
			struct oid id = repo_oid(target);
			mark(r, &id);
		}
		git_reference_free(ref);
	}
	git_reference_iterator_free(it);
	return rc == GIT_ITEROVER ? 0 : repo_fail(err, rc, "list the ledgers of", s->path);
}

int reach_all(struct store *s, struct reach *r, struct err *err)
{
	int rc = mark_refs(s, r, err);
	while (rc == 0 && r->left.n) {
		struct oid id = r->left.items[--r->left.n];
		rc = look_into(s, r, &id, err);
	}
	return rc;
}

void reach_free(struct reach *r)
{
	idset_free(&r->seen);
	oids_free(&r->left);
}

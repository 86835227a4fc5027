#include "store/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/reach.h"

#define NAME_DIGITS 13
#define UNIT_BITS 10 /* of the 26 that 13 digits of two bits have; the others are the path's */

struct found_commit {
	struct oid id;
	bool has_child; /* among those that are wanted */
};

struct packing {
	struct store *s;
	const struct idset *wanted;
	size_t most;
	struct strs *made;
	struct err *err;
	int rc;
	git_packbuilder *pack;
	size_t n; /* in that one */
	struct idset done;
	struct found_commit *commits;
	size_t n_commits;
	/* Where the walk is. */
	unsigned ledger; /* number of the newest commit that led here */
	struct oids next; /* commits to look into */
	struct oid tree; /* of the one that is looked into */
	struct buf path;
};

static int fail(struct packing *p, int git_rc, const char *what, const char *thing)
{
	if (p->rc == 0 && git_rc)
		p->rc = repo_fail(p->err, git_rc, what, thing);
	return p->rc;
}

/* ---- names ---- */

static uint32_t hash_path(const struct buf *path)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < path->len; i++)
		h = (h ^ (unsigned char)path->data[i]) * 16777619u;
	return h;
}

/* The sorting number that libgit2 makes of a name: each character shifted two bits further than the one before it, the
 * last one highest. So the digits here are of two bits, the lowest first. Another number costs room, nothing else. */
static void name_of(const struct packing *p, char name[NAME_DIGITS + 1])
{
	uint32_t key = hash_path(&p->path) << UNIT_BITS | (p->ledger & ((1u << UNIT_BITS) - 1));
	for (int i = 0; i < NAME_DIGITS; i++)
		name[i] = (char)('@' + (key >> 2 * i & 3));
	name[NAME_DIGITS] = '\0';
}

/* ---- one pack after the other ---- */

static void finish(struct packing *p)
{
	struct buf base = {0};
	if (p->rc == 0 && p->n)
		fail(p, git_packbuilder_write(p->pack, NULL, 0444, NULL, NULL), "pack", p->s->path);
	if (p->rc == 0 && p->n) {
		buf_printf(&base, "pack-%s", git_packbuilder_name(p->pack));
		strs_add(p->made, buf_str(&base));
	}
	git_packbuilder_free(p->pack);
	p->pack = NULL;
	p->n = 0;
	buf_free(&base);
}

static void begin(struct packing *p)
{
	if (fail(p, git_packbuilder_new(&p->pack, p->s->git), "pack", p->s->path) == 0)
		git_packbuilder_set_threads(p->pack, 1);
}

/* False: it is not wanted, or was put in before. */
static bool put(struct packing *p, const struct oid *id)
{
	char name[NAME_DIGITS + 1], hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	if (p->rc || !idset_has(p->wanted, id) || !idset_add(&p->done, id))
		return false;
	if (p->n == p->most)
		finish(p);
	if (p->rc == 0 && !p->pack)
		begin(p);
	name_of(p, name);
	oid_hex(id, hex);
	if (p->rc == 0)
		fail(p, git_packbuilder_insert(p->pack, &key, name), "read object", hex);
	p->n++;
	return p->rc == 0;
}

/* ---- from the newest commits down ---- */

/* The bytes of a commit or tree; NULL: that is not what it is, or p->rc. */
static git_odb_object *open_object(struct packing *p, const struct oid *id, git_object_t kind)
{
	git_odb_object *object = NULL;
	char hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	oid_hex(id, hex);
	if (fail(p, git_odb_read(&object, p->s->odb, &key), "read object", hex))
		return NULL;
	if (git_odb_object_type(object) == kind)
		return object;
	git_odb_object_free(object);
	return NULL;
}

static void put_tree(struct packing *p, const struct oid *id);

static void put_entry(void *ctx, const struct oid *id, const char *name, bool directory)
{
	struct packing *p = ctx;
	size_t len = p->path.len;
	if (!idset_has(p->wanted, id) || idset_has(&p->done, id))
		return;
	buf_printf(&p->path, "/%s", name);
	if (directory)
		put_tree(p, id);
	else
		put(p, id);
	buf_cut(&p->path, len);
}

static void put_tree(struct packing *p, const struct oid *id)
{
	if (!put(p, id))
		return;
	git_odb_object *tree = open_object(p, id, GIT_OBJECT_TREE);
	if (tree)
		reach_tree(git_odb_object_data(tree), git_odb_object_size(tree), put_entry, p);
	git_odb_object_free(tree);
}

static void follow(void *ctx, const struct oid *id, bool parent)
{
	struct packing *p = ctx;
	if (parent && idset_has(p->wanted, id) && !idset_has(&p->done, id))
		oids_add(&p->next, id);
	else if (!parent)
		p->tree = *id;
}

static void put_commit(struct packing *p, const struct oid *id)
{
	buf_cut(&p->path, 0);
	if (!put(p, id))
		return;
	git_odb_object *commit = open_object(p, id, GIT_OBJECT_COMMIT);
	if (!commit)
		return;
	if (reach_commit(git_odb_object_data(commit), git_odb_object_size(commit), follow, p))
		put_tree(p, &p->tree);
	git_odb_object_free(commit);
}

static void put_history(struct packing *p, const struct oid *head)
{
	oids_add(&p->next, head);
	while (p->next.n) {
		struct oid id = p->next.items[--p->next.n];
		put_commit(p, &id);
	}
	p->ledger++;
}

/* ---- which commits there are ---- */

static void note_parent(void *ctx, const struct oid *id, bool parent)
{
	if (parent)
		idset_add(ctx, id);
}

static void look_at(struct packing *p, const struct oid *id, struct idset *parents)
{
	size_t len;
	git_object_t kind;
	char hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	oid_hex(id, hex);
	if (fail(p, git_odb_read_header(&len, &kind, p->s->odb, &key), "read object", hex) ||
	    kind != GIT_OBJECT_COMMIT)
		return;
	git_odb_object *commit = open_object(p, id, GIT_OBJECT_COMMIT);
	if (!commit)
		return;
	struct found_commit c = {.id = *id};
	VEC_PUSH(p->commits, p->n_commits, c);
	reach_commit(git_odb_object_data(commit), git_odb_object_size(commit), note_parent, parents);
	git_odb_object_free(commit);
}

static void find_commits(struct packing *p)
{
	struct idset parents = {0};
	for (size_t i = 0; p->rc == 0 && i < p->wanted->room; i++)
		if (!oid_is_zero(&p->wanted->slots[i]))
			look_at(p, &p->wanted->slots[i], &parents);
	for (size_t i = 0; i < p->n_commits; i++)
		p->commits[i].has_child = idset_has(&parents, &p->commits[i].id);
	idset_free(&parents);
}

int pack_write(struct store *s, const struct idset *wanted, size_t most, struct strs *made, struct err *err)
{
	struct packing p = {.s = s, .wanted = wanted, .most = most, .made = made, .err = err};
	find_commits(&p);
	for (size_t i = 0; i < p.n_commits; i++)
		if (!p.commits[i].has_child)
			put_history(&p, &p.commits[i].id);
	/* What no commit among them leads to. */
	buf_cut(&p.path, 0);
	for (size_t i = 0; p.rc == 0 && i < wanted->room; i++)
		if (!oid_is_zero(&wanted->slots[i]))
			put(&p, &wanted->slots[i]);
	finish(&p);
	idset_free(&p.done);
	oids_free(&p.next);
	buf_free(&p.path);
	free(p.commits);
	return p.rc ? p.rc : repo_sync(s->path, err);
}

#include "store/tree.h"

#include <stdlib.h>
#include <string.h>

#define TREE_DEPTH_MAX 16 /* no path of a record type is nearly as deep */

void stage_add(struct stage *st, git_object_t kind, struct buf *bytes, struct oid *id)
{
	struct stage_object object = {.kind = kind, .len = bytes->len};
	object.bytes = buf_take(bytes);
	hash_git_object(git_object_type2string(kind), object.bytes, object.len, &object.id);
	*id = object.id;
	VEC_PUSH(st->items, st->n, object);
}

int stage_write(struct store *s, struct stage *st, struct err *err)
{
	for (size_t i = 0; i < st->n; i++) {
		git_oid id;
		int rc = git_odb_write(&id, s->odb, st->items[i].bytes, st->items[i].len, st->items[i].kind);
		if (rc)
			return repo_fail(err, rc, "write to", s->path);
	}
	stage_free(st);
	return 0;
}

void stage_free(struct stage *st)
{
	for (size_t i = 0; i < st->n; i++)
		free(st->items[i].bytes);
	free(st->items);
	*st = (struct stage){0};
}

/* NULL in *out for a zero id: the empty tree. */
static int lookup(struct store *s, const struct oid *id, git_tree **out, struct err *err)
{
	*out = NULL;
	if (oid_is_zero(id))
		return 0;
	char hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	int rc = git_tree_lookup(out, s->git, &key);
	oid_hex(id, hex);
	return rc ? repo_fail(err, rc, "read tree", hex) : 0;
}

int tree_find(
    struct store *s, const struct oid *tree, const char *path, struct oid *blob, bool *found, struct err *err)
{
	git_tree *top;
	git_tree_entry *entry = NULL;
	*found = false;
	int rc = lookup(s, tree, &top, err);
	if (rc || !top)
		return rc;
	int git_rc = git_tree_entry_bypath(&entry, top, path);
	if (git_rc == 0 && git_tree_entry_type(entry) == GIT_OBJECT_BLOB) {
		*blob = repo_oid(git_tree_entry_id(entry));
		*found = true;
	}
	git_tree_entry_free(entry);
	git_tree_free(top);
	/* A subtree that is missing from the store looks the same to libgit2 as a path that is not there; reading
	 * all of the tree (verify) tells them apart. */
	if (git_rc && git_rc != GIT_ENOTFOUND)
		return repo_fail(err, git_rc, "read", path);
	return 0;
}

int tree_directory(
    struct store *s, const struct oid *tree, const char *name, struct oid *out, struct err *err)
{
	git_tree *top;
	*out = (struct oid){0};
	int rc = lookup(s, tree, &top, err);
	const git_tree_entry *entry = top ? git_tree_entry_byname(top, name) : NULL;
	if (entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE)
		*out = repo_oid(git_tree_entry_id(entry));
	git_tree_free(top);
	return rc;
}

/* What a walk over one or two trees carries down. */
struct walk {
	struct store *s;
	struct arena *arena;
	struct tree_differences *out;
	struct strs *paths;
	const char *prefix;
	struct err *err;
};

static char *join(struct arena *arena, const char *dir, const char *name)
{
	return arena_printf(arena, "%s%s%s", dir, *dir ? "/" : "", name);
}

static bool is_tree(const git_tree_entry *e)
{
	return e && git_tree_entry_type(e) == GIT_OBJECT_TREE;
}

/* Could anything under this directory begin with the prefix? */
static bool leads_to(const char *dir, const char *prefix)
{
	size_t dir_len = strlen(dir), prefix_len = strlen(prefix);
	return strncmp(dir, prefix, dir_len < prefix_len ? dir_len : prefix_len) == 0 &&
	       (dir_len >= prefix_len || prefix[dir_len] == '/');
}

static int list(struct walk *w, const struct oid *id, const char *dir, int depth)
{
	git_tree *tree;
	int rc = lookup(w->s, id, &tree, w->err);
	for (size_t i = 0; rc == 0 && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);
		const char *path = join(w->arena, dir, git_tree_entry_name(e));
		struct oid sub = repo_oid(git_tree_entry_id(e));
		if (!is_tree(e)) {
			if (strncmp(path, w->prefix, strlen(w->prefix)) == 0)
				strs_add(w->paths, path);
		} else if (depth < TREE_DEPTH_MAX && leads_to(path, w->prefix)) {
			rc = list(w, &sub, path, depth + 1);
		}
	}
	git_tree_free(tree);
	return rc;
}

int tree_list(struct store *s, const struct oid *tree, const char *prefix, struct strs *out, struct err *err)
{
	struct arena arena = {0};
	struct walk w = {.s = s, .arena = &arena, .paths = out, .prefix = prefix, .err = err};
	int rc = oid_is_zero(tree) ? 0 : list(&w, tree, "", 0);
	arena_free(&arena);
	return rc;
}

static int compare(
    struct walk *w, const struct oid *before, const struct oid *after, const char *dir, int depth);

/* One name in two trees; either entry may be NULL. A record that became a directory counts as both. */
static int compare_entry(
    struct walk *w, const git_tree_entry *a, const git_tree_entry *b, const char *dir, int depth)
{
	if (a && b && git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)))
		return 0;
	char *path = join(w->arena, dir, git_tree_entry_name(a ? a : b));
	struct tree_difference d = {.path = path};
	struct oid sub_a = {0}, sub_b = {0};
	if (is_tree(a))
		sub_a = repo_oid(git_tree_entry_id(a));
	else if (a)
		d.before = repo_oid(git_tree_entry_id(a));
	if (is_tree(b))
		sub_b = repo_oid(git_tree_entry_id(b));
	else if (b)
		d.after = repo_oid(git_tree_entry_id(b));
	if (!oid_is_zero(&d.before) || !oid_is_zero(&d.after))
		VEC_PUSH(w->out->items, w->out->n, d);
	if (!is_tree(a) && !is_tree(b))
		return 0;
	if (depth >= TREE_DEPTH_MAX)
		return err_set(w->err, ERR_CORRUPT, N_("%1: this path is too deep"), path);
	return compare(w, &sub_a, &sub_b, path, depth + 1);
}

static int compare(
    struct walk *w, const struct oid *before, const struct oid *after, const char *dir, int depth)
{
	git_tree *a = NULL, *b = NULL;
	int rc = lookup(w->s, before, &a, w->err);
	if (rc == 0)
		rc = lookup(w->s, after, &b, w->err);
	for (size_t i = 0; rc == 0 && a && i < git_tree_entrycount(a); i++) {
		const git_tree_entry *e = git_tree_entry_byindex(a, i);
		rc = compare_entry(
		    w, e, b ? git_tree_entry_byname(b, git_tree_entry_name(e)) : NULL, dir, depth);
	}
	for (size_t i = 0; rc == 0 && b && i < git_tree_entrycount(b); i++) {
		const git_tree_entry *e = git_tree_entry_byindex(b, i);
		if (!a || !git_tree_entry_byname(a, git_tree_entry_name(e)))
			rc = compare_entry(w, NULL, e, dir, depth);
	}
	git_tree_free(a);
	git_tree_free(b);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct tree_difference *x = a, *y = b;
	return strcmp(x->path, y->path);
}

int tree_compare(struct store *s, const struct oid *before, const struct oid *after, struct arena *arena,
    struct tree_differences *out, struct err *err)
{
	struct walk w = {.s = s, .arena = arena, .out = out, .err = err};
	*out = (struct tree_differences){0};
	if (oid_eq(before, after))
		return 0;
	int rc = compare(&w, before, after, "", 0);
	if (rc == 0 && out->n > 1)
		qsort(out->items, out->n, sizeof *out->items, by_path);
	if (rc) {
		free(out->items);
		*out = (struct tree_differences){0};
	}
	return rc;
}

/* A directory while it is being changed. */
struct entry {
	char *name;
	struct oid id;
	bool is_tree;
};
struct directory {
	struct entry *items;
	size_t n;
};

/* Git's order: a directory sorts as if its name ended in '/'. */
static int by_git_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t len_x = strlen(x->name), len_y = strlen(y->name);
	size_t least = len_x < len_y ? len_x : len_y;
	int order = memcmp(x->name, y->name, least);
	if (order)
		return order;
	unsigned char end_x = (unsigned char)(x->name[least] ? x->name[least] : x->is_tree ? '/' : 0);
	unsigned char end_y = (unsigned char)(y->name[least] ? y->name[least] : y->is_tree ? '/' : 0);
	return end_x - end_y;
}

static int directory_read(struct store *s, const struct oid *id, struct directory *d, struct err *err)
{
	git_tree *tree;
	int rc = lookup(s, id, &tree, err);
	for (size_t i = 0; rc == 0 && tree && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);
		struct entry entry = {
		    mem_dup(git_tree_entry_name(e)), repo_oid(git_tree_entry_id(e)), is_tree(e)};
		VEC_PUSH(d->items, d->n, entry);
	}
	git_tree_free(tree);
	return rc;
}

static struct entry *directory_at(struct directory *d, const char *name, size_t len)
{
	for (size_t i = 0; i < d->n; i++)
		if (strncmp(d->items[i].name, name, len) == 0 && !d->items[i].name[len])
			return &d->items[i];
	struct entry fresh = {.name = mem_dup_len(name, len)};
	VEC_PUSH(d->items, d->n, fresh);
	return &d->items[d->n - 1];
}

/* Entries with a zero id are gone. */
static void directory_print(struct directory *d, struct buf *out)
{
	if (d->n > 1)
		qsort(d->items, d->n, sizeof *d->items, by_git_order);
	for (size_t i = 0; i < d->n; i++) {
		const struct entry *e = &d->items[i];
		if (oid_is_zero(&e->id))
			continue;
		buf_printf(out, "%s %s", e->is_tree ? "40000" : "100644", e->name);
		buf_putc(out, '\0');
		buf_add(out, e->id.b, OID_SIZE);
	}
}

static void directory_free(struct directory *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->items[i].name);
	free(d->items);
}

static void put_blob(struct entry *e, const struct tree_edit *edit, struct stage *st)
{
	e->is_tree = false;
	e->id = (struct oid){0};
	if (!edit->text)
		return;
	struct buf text = {0};
	buf_add(&text, edit->text, edit->len);
	stage_add(st, GIT_OBJECT_BLOB, &text, &e->id);
}

/* Edits that all lie in this directory; their paths are read from `skip` on. A zero *out: nothing is left. */
static int update(struct store *s, const struct oid *base, const struct tree_edit *edits, size_t n,
    size_t skip, struct stage *st, struct oid *out, struct err *err)
{
	struct directory d = {0};
	struct buf bytes = {0};
	int rc = directory_read(s, base, &d, err);
	for (size_t i = 0, next; rc == 0 && i < n; i = next) {
		const char *name = edits[i].path + skip;
		size_t len = strcspn(name, "/");
		struct entry *e = directory_at(&d, name, len);
		next = i + 1;
		if (!name[len]) {
			put_blob(e, &edits[i], st);
			continue;
		}
		while (next < n && strncmp(edits[next].path + skip, name, len + 1) == 0)
			next++;
		struct oid sub = e->is_tree ? e->id : (struct oid){0};
		e->is_tree = true;
		rc = update(s, &sub, edits + i, next - i, skip + len + 1, st, &e->id, err);
	}
	*out = (struct oid){0};
	if (rc == 0)
		directory_print(&d, &bytes);
	if (bytes.len || (rc == 0 && skip == 0))
		stage_add(st, GIT_OBJECT_TREE, &bytes, out);
	directory_free(&d);
	return rc;
}

int tree_update(struct store *s, const struct oid *base, const struct tree_edit *edits, size_t n,
    struct stage *st, struct oid *out, struct err *err)
{
	return update(s, base, edits, n, 0, st, out, err);
}

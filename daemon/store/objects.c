#include "store/objects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <git2/sys/odb_backend.h>
#include <openssl/evp.h>

#include "store/loose.h"

#define DEPTH_MAX 32 /* of directories; no path of a record type is nearly as deep */
#define SUM_SIZE 20 /* SHA-1 at the end of packs and their indexes */

enum { YES = 1, NO = 2 };

/* ---- the table ---- */

static size_t slot_of(const struct objects *o, const struct oid *id)
{
	uint64_t h;
	memcpy(&h, id->b, sizeof h); /* ids are hashes already */
	size_t i = (size_t)h & (o->n_slots - 1);
	while (o->slots[i] && !oid_eq(&o->items[o->slots[i] - 1].id, id))
		i = (i + 1) & (o->n_slots - 1);
	return i;
}

static void widen(struct objects *o)
{
	o->n_slots = o->n_slots ? 2 * o->n_slots : 1024;
	free(o->slots);
	o->slots = mem_alloc(o->n_slots * sizeof *o->slots);
	for (size_t i = 0; i < o->n; i++)
		o->slots[slot_of(o, &o->items[i].id)] = (unsigned)i + 1;
}

static unsigned intern(struct objects *o, const struct oid *id)
{
	if (2 * (o->n + 1) > o->n_slots)
		widen(o);
	size_t slot = slot_of(o, id);
	if (!o->slots[slot]) {
		struct object fresh = {.id = *id};
		VEC_PUSH(o->items, o->n, fresh);
		o->slots[slot] = (unsigned)o->n;
	}
	return o->slots[slot] - 1;
}

struct object *objects_find(const struct objects *o, const struct oid *id)
{
	if (!o->n_slots)
		return NULL;
	size_t slot = slot_of(o, id);
	return o->slots[slot] ? &o->items[o->slots[slot] - 1] : NULL;
}

void objects_free(struct objects *o)
{
	free(o->items);
	free(o->children);
	free(o->slots);
	strs_free(&o->packs);
	*o = (struct objects){0};
}

/* ---- what an object names ---- */

static void add_child(struct objects *o, unsigned at, const struct oid *id, enum object_kind kind)
{
	unsigned child = intern(o, id);
	if (!o->items[child].kind)
		o->items[child].kind = (unsigned char)kind;
	VEC_PUSH(o->children, o->n_children, child);
	o->items[at].n++;
}

/* "40000 name\0<20 bytes>" again and again. What cannot be read names nothing: other checks tell that it is not ours. */
static void read_tree(struct objects *o, unsigned at, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	while (bytes < end) {
		const char *zero = memchr(bytes, '\0', (size_t)(end - bytes));
		struct oid id;
		if (!zero || end - zero <= OID_SIZE)
			return;
		memcpy(id.b, zero + 1, OID_SIZE);
		add_child(o, at, &id, *bytes == '4' ? OBJECT_TREE : OBJECT_BLOB);
		bytes = zero + 1 + OID_SIZE;
	}
}

static bool read_line(const char **at, const char *end, const char *head, struct oid *id)
{
	size_t len = strlen(head);
	char hex[OID_HEX + 1] = "";
	if ((size_t)(end - *at) < len + OID_HEX + 1 || memcmp(*at, head, len) != 0)
		return false;
	memcpy(hex, *at + len, OID_HEX);
	*at += len + OID_HEX + 1;
	return oid_parse(id, hex);
}

static void read_commit(struct objects *o, unsigned at, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	struct oid id;
	if (!read_line(&bytes, end, "tree ", &id))
		return;
	add_child(o, at, &id, OBJECT_TREE);
	while (read_line(&bytes, end, "parent ", &id))
		add_child(o, at, &id, OBJECT_COMMIT);
}

struct reading {
	struct objects *o;
	git_odb *packs;
	struct loose_reader *loose;
	const char *path; /* of the directory of objects */
};

static void take(struct objects *o, unsigned at, git_object_t kind, const char *bytes, size_t len)
{
	o->items[at].state = OBJECT_GOOD;
	o->items[at].first = (unsigned)o->n_children;
	o->items[at].kind = kind == GIT_OBJECT_COMMIT ? OBJECT_COMMIT
			    : kind == GIT_OBJECT_TREE ? OBJECT_TREE
						      : OBJECT_BLOB;
	if (kind == GIT_OBJECT_COMMIT)
		read_commit(o, at, bytes, len);
	else if (kind == GIT_OBJECT_TREE)
		read_tree(o, at, bytes, len);
}

struct object *objects_put(
    struct objects *o, const struct oid *id, git_object_t kind, const char *bytes, size_t len)
{
	unsigned at = intern(o, id);
	o->items[at].n = 0;
	take(o, at, kind, bytes, len);
	return &o->items[at];
}

void objects_unsettle(struct objects *o)
{
	for (size_t i = 0; i < o->n; i++) {
		o->items[i].whole = o->items[i].past = 0;
		o->items[i].generation = 0;
	}
}

static void read_loose(struct reading *r, const struct oid *id)
{
	struct loose found;
	unsigned at = intern(r->o, id);
	if (loose_read(r->loose, r->path, id, &found) == 0)
		take(r->o, at, found.kind, found.bytes, found.len);
	else
		r->o->items[at].state = OBJECT_DAMAGED;
}

static void read_directory(struct reading *r, unsigned first)
{
	struct buf path = {0};
	struct dirent *e;
	buf_printf(&path, "%s/%02x", r->path, first);
	DIR *dir = opendir(buf_str(&path));
	while (dir && (e = readdir(dir))) {
		struct oid id;
		char hex[OID_HEX + 32];
		if (strlen(e->d_name) != OID_HEX - 2)
			continue;
		snprintf(hex, sizeof hex, "%02x%.38s", first, e->d_name);
		if (oid_parse(&id, hex))
			read_loose(r, &id);
	}
	if (dir)
		closedir(dir);
	buf_free(&path);
}

static int read_packed(const git_oid *git_id, void *ctx)
{
	struct reading *r = ctx;
	struct oid id = repo_oid(git_id);
	git_odb_object *bytes = NULL;
	unsigned at = intern(r->o, &id);
	if (r->o->items[at].state != OBJECT_ABSENT)
		return 0; /* loose too, which is what is read */
	if (git_odb_read(&bytes, r->packs, git_id)) {
		r->o->items[at].state = OBJECT_DAMAGED;
		return 0;
	}
	take(r->o, at, git_odb_object_type(bytes), git_odb_object_data(bytes), git_odb_object_size(bytes));
	git_odb_object_free(bytes);
	return 0;
}

/* ---- packs ---- */

/* Does a file end in the SHA-1 of what stands before? */
static bool has_its_sum(const char *path)
{
	unsigned char piece[65536 + SUM_SIZE], sum[EVP_MAX_MD_SIZE];
	size_t kept = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool good = fd >= 0 && hash && EVP_DigestInit_ex(hash, EVP_sha1(), NULL) == 1;
	while (good && (n = read(fd, piece + kept, 65536)) != 0) {
		if (n < 0) {
			good = errno == EINTR;
			continue;
		}
		kept += (size_t)n;
		if (kept <= SUM_SIZE)
			continue;
		EVP_DigestUpdate(hash, piece, kept - SUM_SIZE);
		memmove(piece, piece + kept - SUM_SIZE, SUM_SIZE);
		kept = SUM_SIZE;
	}
	good = good && kept == SUM_SIZE && EVP_DigestFinal_ex(hash, sum, NULL) == 1 &&
	       memcmp(piece, sum, SUM_SIZE) == 0;
	EVP_MD_CTX_free(hash);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool is_sound(const char *dir, const char *pack)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", dir, pack);
	bool sound = has_its_sum(buf_str(&path));
	buf_cut(&path, path.len - strlen("pack"));
	buf_puts(&path, "idx");
	sound = sound && has_its_sum(buf_str(&path));
	buf_free(&path);
	return sound;
}

static void look_at_packs(struct store *s, struct objects *out)
{
	struct buf path = {0};
	buf_printf(&path, "%s/objects/pack", s->path);
	DIR *dir = opendir(buf_str(&path));
	struct dirent *e;
	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);
		if (len > 5 && strcmp(e->d_name + len - 5, ".pack") == 0 &&
		    !is_sound(buf_str(&path), e->d_name))
			strs_add(&out->packs, e->d_name);
	}
	if (dir)
		closedir(dir);
	strs_sort(&out->packs);
	buf_free(&path);
}

/* An object database of its own, with nothing in its cache. */
static int open_packs(const char *objects, git_odb **out)
{
	git_odb_backend *backend = NULL;
	int rc = git_odb_new(out);
	if (rc == 0)
		rc = git_odb_backend_pack(&backend, objects);
	return rc ? rc : git_odb_add_backend(*out, backend, 1);
}

int objects_read(
    struct store *s, void (*step)(void *ctx, unsigned done), void *ctx, struct objects *out, struct err *err)
{
	struct buf path = {0};
	*out = (struct objects){0};
	buf_printf(&path, "%s/objects", s->path);
	struct reading r = {.o = out, .path = buf_str(&path)};
	int git_rc = open_packs(r.path, &r.packs);
	int rc = git_rc ? repo_fail(err, git_rc, "read", s->path) : 0;
	r.loose = loose_new();
	for (unsigned i = 0; rc == 0 && i < OBJECTS_STEPS; i++) {
		read_directory(&r, i);
		if (step)
			step(ctx, i + 1);
	}
	if (rc == 0) {
		/* An index that cannot be read ends the listing; its pack is named by look_at_packs. */
		git_odb_foreach(r.packs, read_packed, &r);
		look_at_packs(s, out);
	}
	loose_free(r.loose);
	git_odb_free(r.packs);
	buf_free(&path);
	return rc;
}

/* ---- what is whole ---- */

static bool whole_below(const struct objects *o, struct object *x, int depth)
{
	if (x->whole)
		return x->whole == YES;
	bool whole = x->state == OBJECT_GOOD && depth < DEPTH_MAX;
	for (unsigned i = 0; whole && i < x->n; i++) {
		struct object *child = objects_child(o, x, i);
		if (x->kind != OBJECT_COMMIT || child->kind != OBJECT_COMMIT)
			whole = whole_below(o, child, depth + 1);
	}
	x->whole = whole ? YES : NO;
	return whole;
}

bool objects_whole(const struct objects *o, struct object *commit)
{
	return commit->kind == OBJECT_COMMIT && commit->n > 0 && whole_below(o, commit, 0);
}

/* Settle the one on top, if what it was built on is settled; else put that on top. */
static void settle(const struct objects *o, unsigned **stack, size_t *n)
{
	struct object *x = &o->items[(*stack)[*n - 1]];
	size_t depth = *n;
	bool past = objects_whole(o, x);
	for (unsigned i = 1; past && i < x->n; i++) {
		struct object *parent = objects_child(o, x, i);
		if (!parent->past)
			VEC_PUSH(*stack, *n, (unsigned)(parent - o->items));
		past = parent->past != NO;
	}
	if (!past)
		*n = depth;
	if (*n == depth) {
		x->past = past ? YES : NO;
		--*n;
	}
}

bool objects_past(const struct objects *o, struct object *commit)
{
	unsigned *stack = NULL;
	size_t n = 0;
	if (!commit->past)
		VEC_PUSH(stack, n, (unsigned)(commit - o->items));
	while (n)
		settle(o, &stack, &n);
	free(stack);
	return commit->past == YES;
}

/* ---- walks ---- */

void objects_reach(const struct objects *o, struct object *commit, unsigned **out, size_t *n)
{
	size_t next = *n;
	if (commit->mark || commit->kind != OBJECT_COMMIT)
		return;
	commit->mark = true;
	VEC_PUSH(*out, *n, (unsigned)(commit - o->items));
	for (; next < *n; next++) {
		const struct object *x = &o->items[(*out)[next]];
		for (unsigned i = 1; i < x->n; i++) {
			struct object *parent = objects_child(o, x, i);
			if (parent->mark || parent->kind != OBJECT_COMMIT)
				continue;
			parent->mark = true;
			VEC_PUSH(*out, *n, (unsigned)(parent - o->items));
		}
	}
}

void objects_unmark(struct objects *o)
{
	for (size_t i = 0; i < o->n; i++)
		o->items[i].mark = false;
}

void objects_heads(const struct objects *o, const struct object *commit, struct oids *out)
{
	if (!object_is_merge(commit))
		oids_add(out, &commit->id);
	for (unsigned i = 1; object_is_merge(commit) && i < commit->n; i++)
		oids_add(out, &objects_child(o, commit, i)->id);
	oids_sort(out);
}

static int by_generation(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return oid_cmp(&x->id, &y->id);
}

/* Place what is on top if what it was built on is placed; else put that on top. A merge counts as the highest of its
 * parents. */
static void place(const struct objects *o, unsigned **stack, size_t *n)
{
	struct object *x = &o->items[(*stack)[*n - 1]];
	size_t depth = *n;
	unsigned generation = 1;
	for (unsigned i = 1; i < x->n; i++) {
		struct object *parent = objects_child(o, x, i);
		if (!parent->generation)
			VEC_PUSH(*stack, *n, (unsigned)(parent - o->items));
		else if (parent->generation + !object_is_merge(x) > generation)
			generation = parent->generation + !object_is_merge(x);
	}
	if (*n > depth)
		return;
	x->generation = generation;
	--*n;
}

static void find_generation(const struct objects *o, struct object *commit)
{
	unsigned *stack = NULL;
	size_t n = 0;
	if (!commit->generation)
		VEC_PUSH(stack, n, (unsigned)(commit - o->items));
	while (n)
		place(o, &stack, &n);
	free(stack);
}

void objects_order(const struct objects *o, const struct oids *heads, struct oids *out)
{
	unsigned *list = NULL;
	struct object **changes = NULL;
	size_t n = 0, n_changes = 0;
	for (size_t i = 0; i < heads->n; i++) {
		struct object *head = objects_find(o, &heads->items[i]);
		if (!head || !objects_past(o, head))
			continue;
		find_generation(o, head);
		objects_reach(o, head, &list, &n);
	}
	for (size_t i = 0; i < n; i++)
		if (!object_is_merge(&o->items[list[i]]))
			VEC_PUSH(changes, n_changes, &o->items[list[i]]);
	if (n_changes > 1)
		qsort(changes, n_changes, sizeof *changes, by_generation);
	for (size_t i = 0; i < n_changes; i++)
		oids_add(out, &changes[i]->id);
	free(changes);
	free(list);
}

/* Of all that the commit stands on, the changes of a whole past; of those, the ones that no other has seen. */
void objects_intact(struct objects *o, struct object *commit, struct oids *heads)
{
	unsigned *list = NULL;
	size_t n = 0, n_intact = 0;
	objects_reach(o, commit, &list, &n);
	for (size_t i = 0; i < n; i++)
		o->items[list[i]].mark = false;
	for (size_t i = 0; i < n; i++)
		if (objects_past(o, &o->items[list[i]]))
			list[n_intact++] = list[i];
	/* Marked: a parent of something intact. A merge hands on to its parents, as it is one of these. */
	for (size_t i = 0; i < n_intact; i++) {
		const struct object *x = &o->items[list[i]];
		for (unsigned k = 1; !object_is_merge(x) && k < x->n; k++) {
			struct object *parent = objects_child(o, x, k);
			parent->mark = true;
			for (unsigned m = 1; object_is_merge(parent) && m < parent->n; m++)
				objects_child(o, parent, m)->mark = true;
		}
	}
	for (size_t i = 0; i < n_intact; i++) {
		struct object *x = &o->items[list[i]];
		if (!x->mark && !object_is_merge(x))
			oids_add(heads, &x->id);
		x->mark = false;
	}
	for (size_t i = 0; i < n_intact; i++)
		for (unsigned k = 1; k < o->items[list[i]].n; k++)
			objects_child(o, &o->items[list[i]], k)->mark = false;
	oids_sort(heads);
	free(list);
}

struct losing {
	const struct objects *o;
	const struct object *by;
	void (*visit)(void *ctx, const struct object *by, const struct object *lost);
	void *ctx;
};

static void lost_below(const struct losing *l, struct object *x, int depth)
{
	if (x->mark || whole_below(l->o, x, depth))
		return;
	x->mark = true;
	if (x->state != OBJECT_GOOD)
		l->visit(l->ctx, l->by, x);
	for (unsigned i = 0; x->state == OBJECT_GOOD && depth < DEPTH_MAX && i < x->n; i++)
		lost_below(l, objects_child(l->o, x, i), depth + 1);
}

void objects_lost(const struct objects *o, struct object *commit,
    void (*visit)(void *ctx, const struct object *by, const struct object *lost), void *ctx)
{
	unsigned *list = NULL;
	size_t n = 0;
	objects_reach(o, commit, &list, &n);
	for (size_t i = 0; i < n; i++) {
		struct losing l = {o, &o->items[list[i]], visit, ctx};
		struct object *x = &o->items[list[i]];
		if (x->state != OBJECT_GOOD)
			visit(ctx, x, x);
		else if (x->n)
			lost_below(&l, objects_child(o, x, 0), 1);
	}
	free(list);
}

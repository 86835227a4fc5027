/*
 * store/objects.h - every object that lies in a store, read from the disk and hashed once, and what stands on what. For
 * this room alone.
 *
 * Nothing is taken from a cache and nothing is believed: an object is good when its bytes give its name. Which commits
 * are whole (their trees and records all there) and which have a whole past is told from what was read.
 */
#ifndef TUYEN_STORE_OBJECTS_H
#define TUYEN_STORE_OBJECTS_H

#include "store/repo.h"

enum object_state {
	OBJECT_ABSENT, /* something names it, and it is not here */
	OBJECT_GOOD,
	OBJECT_DAMAGED, /* here, but not with the bytes that its name promises */
};

enum object_kind { OBJECT_UNKNOWN, OBJECT_COMMIT, OBJECT_TREE, OBJECT_BLOB };

struct object {
	struct oid id;
	unsigned first, n; /* what it names: objects_child; of a commit its tree, then its parents */
	unsigned char state; /* enum object_state */
	unsigned char kind; /* enum object_kind; of what is not good: as what it is named */
	unsigned char
	    whole; /* with all below it, a commit's parents left out; 0 while not looked at, then 1 or 2 (no) */
	unsigned char past; /* a commit: whole, and all before it too; likewise */
	bool mark; /* scratch of objects_reach and whoever clears it */
	bool told; /* somebody was told that it is not good */
	unsigned generation; /* of a commit; 0 while not looked at */
};

struct objects {
	struct object *items;
	size_t n;
	unsigned *children;
	size_t n_children;
	unsigned *slots; /* by id: index + 1 */
	size_t n_slots;
	struct strs packs; /* names of packs that are damaged: "pack-….pack" */
};

#define OBJECTS_STEPS 256 /* of progress: directories of loose objects */

/* `step` (may be NULL) is called with 0 to OBJECTS_STEPS. An error only when the store's directories cannot be read. */
int objects_read(
    struct store *s, void (*step)(void *ctx, unsigned done), void *ctx, struct objects *out, struct err *err);
void objects_free(struct objects *o);
/* An object that has been written meanwhile, with its bytes; what was told of wholeness is forgotten (objects_unsettle). */
struct object *objects_put(
    struct objects *o, const struct oid *id, git_object_t kind, const char *bytes, size_t len);
void objects_unsettle(struct objects *o);

/* NULL when nothing here has or names it. */
struct object *objects_find(const struct objects *o, const struct oid *id);
static inline struct object *objects_child(const struct objects *o, const struct object *x, unsigned i)
{
	return &o->items[o->children[x->first + i]];
}
/* Is it a good commit, its tree whole? */
bool objects_whole(const struct objects *o, struct object *commit);
/* And all that it was built on? */
bool objects_past(const struct objects *o, struct object *commit);

/* Visit each object that a commit stands on, itself included, and that is not good, once (as far as marks are clear),
 * with the first commit found that needs it. Sets marks. */
void objects_lost(const struct objects *o, struct object *commit,
    void (*visit)(void *ctx, const struct object *by, const struct object *lost), void *ctx);
/* All commits at or before this one, itself included, whose mark is clear; sets marks. Indices into items. */
void objects_reach(const struct objects *o, struct object *commit, unsigned **out, size_t *n);
void objects_unmark(struct objects *o);
/* A change has one parent or none, all else is a merge. Both as their makers meant them: whether they are such is checked
 * elsewhere. */
static inline bool object_is_merge(const struct object *commit)
{
	return commit->n > 2;
}
/* The changes that a commit stands for: itself, or a merge's parents. Sorted. */
void objects_heads(const struct objects *o, const struct object *commit, struct oids *out);
/* The changes at or before these heads that are not marked, parents before children (the order of history_between), of a
 * past that is whole. Marks them, and the merges between. */
void objects_order(const struct objects *o, const struct oids *heads, struct oids *out);
/* The maximal changes at or before a commit whose past is whole. */
void objects_intact(struct objects *o, struct object *commit, struct oids *heads);

#endif

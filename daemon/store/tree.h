/*
 * store/tree.h - the trees of git as records by path, and objects made but not yet written. For this room alone.
 *
 * New objects are staged in memory first: their ids are known, so signature and state can be checked, before a byte
 * of what may be refused reaches the disk.
 */
#ifndef TUYEN_STORE_TREE_H
#define TUYEN_STORE_TREE_H

#include "store/repo.h"

struct stage_object {
	git_object_t kind;
	struct oid id;
	char *bytes;
	size_t len;
};

/* Zero-initialise; stage_free when done. */
struct stage {
	struct stage_object *items;
	size_t n;
};

void stage_add(struct stage *st, git_object_t kind, struct buf *bytes, struct oid *id); /* takes the bytes */
int stage_write(struct store *s, struct stage *st, struct err *err); /* and empties it */
void stage_free(struct stage *st);

/* The blob at a path; *found false if there is none. A zero tree is empty. */
int tree_find(struct store *s, const struct oid *tree, const char *path, struct oid *blob, bool *found,
    struct err *err);
/* The directory of that name at the top of a tree; zero if there is none. */
int tree_directory(
    struct store *s, const struct oid *tree, const char *name, struct oid *out, struct err *err);
/* All paths beginning with `prefix`, added to `out` in no order. */
int tree_list(struct store *s, const struct oid *tree, const char *prefix, struct strs *out, struct err *err);

/* A path that differs between two trees; a zero blob: absent. */
struct tree_difference {
	const char *path;
	struct oid before, after;
};
struct tree_differences {
	struct tree_difference
	    *items; /* sorted by path; paths are the arena's, items the caller's to free() */
	size_t n;
};
int tree_compare(struct store *s, const struct oid *before, const struct oid *after, struct arena *arena,
    struct tree_differences *out, struct err *err);

/* A record put into a tree (text NULL: taken out). */
struct tree_edit {
	const char *path;
	const char *text;
	size_t len;
};
/* The tree after the edits, sorted by path. Blobs and trees are staged; `base` and its subtrees must be written. */
int tree_update(struct store *s, const struct oid *base, const struct tree_edit *edits, size_t n,
    struct stage *st, struct oid *out, struct err *err);

#endif

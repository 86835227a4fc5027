/* store/reach.h - every object that a ref of any kind reaches. For this room alone. */
#ifndef TUYEN_STORE_REACH_H
#define TUYEN_STORE_REACH_H

#include "store/idset.h"
#include "store/repo.h"

struct reach {
	struct idset seen;
	struct oids left; /* seen, but not looked into yet */
};

/* Add all that is reached now. To call it again costs only what was not there before. ERR_CORRUPT where an object is
 * missing. Zero-initialise; reach_free when done. */
int reach_all(struct store *s, struct reach *r, struct err *err);
void reach_free(struct reach *r);

/* What a commit or a tree names, in its order: `visit` for each. False: these are no such bytes. */
bool reach_commit(
    const char *data, size_t len, void (*visit)(void *ctx, const struct oid *id, bool parent), void *ctx);
bool reach_tree(const char *data, size_t len,
    void (*visit)(void *ctx, const struct oid *id, const char *name, bool directory), void *ctx);

#endif

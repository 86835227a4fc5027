/*
 * store/proof.h - a small repository for a third person who has stock git and nothing of ours: some signed changes, and
 * of what each of them says only the records named.
 *
 * Whole ledgers are nobody's business but the units'. So objects that are not on the way to those records are left out,
 * and the repository is marked the way stock git marks one that lacks parents ("shallow") and objects ("promisor"):
 * fsck finds nothing to say about it, and every byte that is there is checked by its hash.
 */
#ifndef TUYEN_STORE_PROOF_H
#define TUYEN_STORE_PROOF_H

#include "store/store.h"

struct proof_item {
	const char *name; /* of the branch that shows it: "receipt" */
	struct oid change;
	const char *path; /* of the record in the change's tree; must be there */
};

/* Make the bare repository; `path` must not exist yet. HEAD is the last item. The same change may come several times,
 * with other records. */
int proof_write(struct store *s, const char *path, const struct proof_item *items, size_t n, struct err *err);

#endif

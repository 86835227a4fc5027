/*
 * store/upkeep.h - what killed writers and power cuts leave behind. For this room alone; called under the store's
 * lock, when every trace of a writer is that of a dead one.
 *
 * libgit2 never clears its own: a stale refs/….lock blocks that ref for ever, an object or ref of length zero is taken
 * to be there and never written again.
 */
#ifndef TUYEN_STORE_UPKEEP_H
#define TUYEN_STORE_UPKEEP_H

#include "store/repo.h"

/* Once a store: temporary objects, empty objects, locks and empty files among the refs. */
int upkeep_sweep(struct store *s, struct err *err);
/* The lock of a file about to be written ("refs/heads/reports/11383", "HEAD", "packed-refs"). */
int upkeep_unlock(struct store *s, const char *file, struct err *err);

#endif

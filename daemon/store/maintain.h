/*
 * store/maintain.h - keeping a store small and quick for years: loose objects into packs, few packs into one, and what
 * nothing refers to away.
 *
 * Safe to kill at any moment and to run beside readers and a writer: a pack is on the disk before the loose objects
 * that it holds go, and nothing goes but under the store's lock. The lock is held while files are removed, not while
 * packs are made. Memory: about 40 MB at the most, so it is better done in a process of its own.
 */
#ifndef TUYEN_STORE_MAINTAIN_H
#define TUYEN_STORE_MAINTAIN_H

#include "store/store.h"

#define MAINTAIN_LOOSE 2000 /* loose objects from which on it is worth while */
#define MAINTAIN_PACKS 8 /* packs that may lie beside each other before they become one */

struct maintain_report {
	bool full; /* everything into one pack; else only what came since the last time */
	size_t loose, packs; /* found */
	size_t packed; /* objects put into packs */
	size_t removed; /* loose objects that are in packs now */
	size_t pruned; /* loose objects that nothing refers to */
};

/* How many loose objects there are, guessed from one of their 256 directories. */
size_t store_loose_guess(const struct store *s);
/* `full` asks for one pack and for pruning; without it that happens when there are too many packs. */
int store_maintain(struct store *s, bool full, struct maintain_report *report, struct err *err);

#endif

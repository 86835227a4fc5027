/*
 * store/maintain.h - keeping a store small and quick for years: loose objects into packs, small packs into larger ones, and
 * what nothing refers to away.
 *
 * Each run takes the loose objects and, from the smallest on, every pack that is not twice what has been taken so far; so
 * packs that stay are each at least twice the next, there are few of them, and an object is written again only as often as
 * the store has doubled. From half of MAINTAIN_OBJECTS on a pack stays for ever: what a run costs in time, memory (about
 * 60 MB) and disk does not grow with the store. `full` takes all, and leaves out what no ref reaches; it needs some
 * 200 bytes of memory more for each object of the store.
 *
 * Safe to kill at any moment and to run beside readers and a writer: a pack is on the disk before anything goes that it
 * holds, and nothing goes but under the store's lock. The lock is held while packs or the loose objects of one directory are removed, not while packs are made.
 * One run at a time. It takes memory that a daemon does not have: better in a process of its own.
 */
#ifndef TUYEN_STORE_MAINTAIN_H
#define TUYEN_STORE_MAINTAIN_H

#include "store/store.h"

#define MAINTAIN_LOOSE 2000 /* loose objects from which on it is worth while */
#define MAINTAIN_OBJECTS 100000 /* that a run packs, if not full; and in one pack */
#define MAINTAIN_SPARE (UINT64_C(16) << 20) /* bytes of the disk that are left to others */

struct maintain_options {
	bool full;
	size_t objects; /* instead of MAINTAIN_OBJECTS */
	uint64_t room; /* bytes that new packs may take until the old ones go, instead of what the disk has */
};

struct maintain_report {
	bool full;
	size_t loose, packs; /* found */
	size_t packed; /* objects put into packs, */
	size_t merged; /* so many packs among them; */
	size_t made; /* into so many */
	size_t removed; /* loose objects that are in packs now */
	size_t pruned; /* objects that nothing refers to */
};

/* How many loose objects there are, guessed from one of their 256 directories. */
size_t store_loose_guess(const struct store *s);
/* Is there something that only a full run takes away? */
bool store_purge_due(struct store *s);
/* Say that there is: what was refused stands in a pack. */
int store_purge_ask(struct store *s, struct err *err);
/* Is a run under way? */
bool store_maintain_runs(const struct store *s);
/* When the last run ended, and what it did; false: there was none. */
bool store_maintain_last(struct store *s, int64_t *at, struct maintain_report *did);
/* ERR_REFUSED when there is no room for it, ERR_BUSY when another run is under way: all is as it was then. */
int store_maintain(
    struct store *s, const struct maintain_options *o, struct maintain_report *report, struct err *err);

#endif

/*
 * store/index.h - the index of a ledger's history, a file that can be made anew from the objects at any time
 * (schema/store.md, "The index"). For this room alone.
 *
 * It saves reading every commit and tree of a ledger to know who saw what and who wrote which field. Nothing rests on
 * it: a file that is absent, short, damaged or of something else is read as far as it is whole, and what it lacks is
 * read from the objects. It is written under the store's lock, after the ref has moved; others read it meanwhile.
 */
#ifndef TUYEN_STORE_INDEX_H
#define TUYEN_STORE_INDEX_H

#include <sys/stat.h>

#include "merge/history.h"
#include "store/store.h"

#define INDEX_MAGIC "tuyen index 1\n"
#define INDEX_BYTES_MAX (UINT64_C(1) << 31)

/* What a history was read from. Zero-initialise; index_close when the history is gone, for it borrows the map. */
struct index {
	void *map;
	size_t map_len;
	struct stat file; /* st_ino 0: there is none that could be added to */
	uint64_t end; /* up to here it is whole */
	unsigned check; /* the check of the last entry */
	size_t n; /* changes in it */
	bool stale; /* it holds what the ledger has no more */
};

/* Take what the file holds into a new history. */
void index_read(struct store *s, const char *ledger, struct history *h, struct index *x);
/* Under the store's lock: put into the file what the history has and the file lacks. Where that fails the file stays
 * behind, and is made anew the next time. */
void index_write(struct store *s, const char *ledger, const struct history *h, struct index *x);
/* Before a ledger is put back: no word of what goes is to stay. */
int index_remove(struct store *s, const char *ledger, struct err *err);
void index_close(struct index *x);
/* What was read of the file need not stay in memory. */
void index_rest(const struct index *x);

/* The entries in `bytes`, which begin after the head with this check, as far as they are whole: taken into the history,
 * counted, with the place where they end. Pure. */
size_t index_parse(const unsigned char *bytes, size_t len, unsigned *check, struct history *h, size_t *n);
unsigned index_check(unsigned check, const void *bytes, size_t len);

#endif

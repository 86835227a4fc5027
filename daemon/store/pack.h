/*
 * store/pack.h - objects of a store into packs, so that versions of one record lie beside each other. For this room alone.
 *
 * libgit2 looks for a delta among the ten objects before it in an order that begins with the kind and the name told with
 * the object. Told here is the path in the ledger, and the ledger: thus a report is held against the report that it was
 * yesterday, and the first of a unit against the one of the unit before.
 */
#ifndef TUYEN_STORE_PACK_H
#define TUYEN_STORE_PACK_H

#include "store/idset.h"
#include "store/repo.h"

/*
 * Write all of `wanted` into packs of at most `most` objects; their base names ("pack-…") are added to `made`. All of
 * them are on the disk when it returns 0. Killed or failed it leaves packs that hold nothing wrong, and temporary files
 * (pack_sweep). The order is that of commits, newest first, each with the trees and records that are new in it.
 */
int pack_write(struct store *s, const struct idset *wanted, size_t most, struct strs *made, struct err *err);

struct pack_file {
	char base[64]; /* "pack-<40 hex>" */
	uint64_t objects, bytes; /* bytes: with its index */
};
struct pack_files {
	struct pack_file *items; /* ascending by objects; the caller's to free() */
	size_t n;
};
/* The packs that have an index. */
int pack_list(struct store *s, struct pack_files *out, struct err *err);
/* The objects of a pack, added. ERR_CORRUPT when its index cannot be read. */
int pack_objects(struct store *s, const struct pack_file *pack, struct idset *out, struct err *err);
/* The index goes first: without it nobody looks into the pack. */
int pack_remove(struct store *s, const char *base, struct err *err);
/* Temporary files, packs without an index and indexes without a pack: of killed ones, where nobody makes or removes packs
 * now. */
int pack_sweep(struct store *s, struct err *err);

#endif

/*
 * store/memory.h - what a node remembers of its ledgers as proved: note "proved" of its store, under a seal that only its
 * own key can make.
 *
 * Remembered is a statement about content: "what these heads have seen was found right, change by change, under this
 * anchor, by this version of the checks". It stays true whatever happens to the disk, so an old memory, or one of a copy
 * of this node, proves less and never what is false; one that was edited, or sealed by another key, is no memory at all.
 */
#ifndef TUYEN_STORE_MEMORY_H
#define TUYEN_STORE_MEMORY_H

#include "store/store.h"

/* A grant that something proved was written under. */
struct memory_grant {
	struct oid change;
	const char *unit, *station; /* station may be NULL */
};

struct memory_ledger {
	const char *name;
	struct oid tip; /* a change, or the canonical merge of the heads, recomputed */
	struct oids heads;
	size_t changes, merges, records; /* how many were proved */
	struct memory_grant *grants;
	size_t n_grants;
};

struct memory {
	struct arena arena; /* strings and lists of what was read */
	struct memory_ledger *ledgers;
	size_t n;
};

/* Zero-initialise; memory_free when done. `anchor` and its key are what everything was proved under. */
void memory_read(struct memory *m, struct store *s, const struct key *key, const char *anchor,
    const unsigned char anchor_key[KEY_PUBLIC_SIZE]); /* anything wrong with it: empty */
int memory_write(const struct memory *m, struct store *s, const struct key *key, const char *anchor,
    const unsigned char anchor_key[KEY_PUBLIC_SIZE], struct err *err);
void memory_free(struct memory *m);
const struct memory_ledger *memory_find(
    const struct memory *m, const char *ledger); /* NULL: nothing is proved */
/* A new, empty entry; its strings and lists are the caller's to put into the arena (heads too). Borrowed until the next
 * one. */
struct memory_ledger *memory_add(struct memory *m, const char *ledger);
/* Note a grant, once. */
void memory_under(struct memory *m, struct memory_ledger *l, const struct oid *change, const char *unit,
    const char *station);

#endif

/* store/verify_inside.h - what the files of verify share. Nobody else includes it. */
#ifndef TUYEN_STORE_VERIFY_INSIDE_H
#define TUYEN_STORE_VERIFY_INSIDE_H

#include "base/table.h"
#include "store/objects.h"
#include "store/memory.h"
#include "store/verify.h"

struct verify {
	struct store *s;
	const struct verify_options *o;
	struct verify_report *report;
	struct objects objects;
	struct memory known, proved; /* what was remembered, what will be */
	size_t done, total; /* changes, for progress */
	/* Of the ledger being looked at. */
	const char *ledger;
	struct history *history;
	struct memory_ledger *proof; /* what is being proved */
	struct table merges; /* hex ids, recomputed already */
	struct table grantless; /* ids of grants that are not here: told once */
	size_t n_lost; /* objects that are missing or damaged */
	bool unproved; /* something in it is wrong, or could not be judged */
};

void verify_tell(struct verify *v, const char *kind, const struct oid *commit, const struct err *what);
/* Where in a tree an object stands; the arena's, NULL if that cannot be read. */
const char *verify_path(
    struct store *s, const struct oid *tree, const struct oid *object, struct arena *arena);
/* One change against the history of all before it, into which it goes. */
void verify_change(struct verify *v, const struct oid *id);
/* A tip or a parent: each merge once. */
void verify_merge(struct verify *v, const struct oid *commit, const struct oids *heads);
/* Is the grant here, and does it stand on the anchor? */
bool verify_grant_stands(const struct verify *v, const struct registry_grant *g);
/* Names in the store that are not those of ledgers. */
void verify_refs(struct verify *v);

#endif

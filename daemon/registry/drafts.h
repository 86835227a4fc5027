/*
 * registry/drafts.h - tables of the whole country, parted: to each superior below this one his own, which he loads with
 * the same command. Pure.
 */
#ifndef TUYEN_REGISTRY_DRAFTS_H
#define TUYEN_REGISTRY_DRAFTS_H

#include "registry/enrol.h"

/* The tables of one superior, as CSV: his own units, and what became of those before them, with the rows of other
 * superiors' units that they speak of. */
struct draft {
	const char *superior; /* his code */
	struct buf units, moves;
	size_t n_units, n_moves;
};

struct drafts {
	struct draft *items; /* in the order of the table */
	size_t n;
};

/* For the superiors that stand below the unit `me` (its id), by the table or by the registry. drafts_free. */
void drafts_make(
    const struct registry *r, const char *me, const struct enrol_tables *tables, struct drafts *out);
void drafts_free(struct drafts *d);

#endif

/*
 * plan/overruled.h - what was decided against this unit, until it says that it knows.
 *
 * Two kinds: a conflict that stands open and overruled a word of one of the unit's nodes; and one that somebody else has
 * closed for another value than the unit's, be it by settling or by writing anew, also before the unit ever saw it.
 *
 * That it knows is a signed record of its own ledger, seen/<writer>.yaml, one of each node that says so: so the unit's
 * stations and a machine that replaces a burned one are not told again what the unit was told years ago, and the
 * superior sees that it knows. What the unit's own node has acknowledged counts for its stations; what a station has, for
 * that station. `all` is the hour at which everything that the change had seen was known: what counts is
 * what that change had seen, never the hour. `conflicts` are single ones.
 */
#ifndef TUYEN_PLAN_OVERRULED_H
#define TUYEN_PLAN_OVERRULED_H

#include "plan/conflicts.h"

struct overruled_item {
	const char *id; /* of the conflict */
	const char *ledger, *record, *field;
	const char *ours, *writer; /* what the unit said, and which of its nodes; NULL: absent */
	const char *now; /* what stands instead; NULL: absent */
	const char *by; /* who decided it */
	const char *reason; /* of his change, or NULL */
	int64_t time; /* of that change, by its writer's clock; 0: not known */
	bool open; /* the conflict still stands: it can be objected to */
};

struct overruled {
	struct overruled_item *items; /* by time, then id */
	size_t n;
};

/* What was looked at before need not be looked at again. Zero-initialise; a text keeps it (a note of the store). */
struct overruled_memory {
	struct oids heads; /* what these have seen was looked at */
	struct strs
	    found; /* "<conflict> <change>": closed by that change for another value than the unit's */
};
void overruled_memory_parse(
    struct overruled_memory *m, const char *text); /* nothing that is not sound is taken */
void overruled_memory_print(const struct overruled_memory *m, struct buf *out);
void overruled_memory_free(struct overruled_memory *m);

/* All of it is the arena's. `memory` may be NULL; it is brought up to date. */
int overruled_read(const struct view *v, struct overruled_memory *memory, struct arena *arena,
    struct overruled *out, struct err *err);

#endif

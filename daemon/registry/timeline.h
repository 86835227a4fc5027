/*
 * registry/timeline.h - what units there were and are, by a table of units as they now stand and one of what became of
 * those before them. Pure.
 *
 * The table of units names those that go on. From there back in time: on the day of a reorganisation the new units
 * begin, and the old ones have ended the day before. A unit that all of one unit of the same code went into, and nothing
 * else, is that unit. An old unit is known by its code alone, unless an earlier line says how it was called.
 */
#ifndef TUYEN_REGISTRY_TIMELINE_H
#define TUYEN_REGISTRY_TIMELINE_H

#include "registry/reorg_list.h"
#include "registry/unit_list.h"

struct span;

struct span_next {
	struct span *unit;
	enum reorg_kind kind; /* whole or part */
};

/* One unit, from its first day to its last. */
struct span {
	const char *code, *level;
	const char *name; /* NULL: known by its code alone */
	const char *superior; /* as the table names it; of a unit that has ended: of the one it went into */
	day_t from, to; /* INT32_MIN, INT32_MAX: not known, still there */
	const struct unit_row *row; /* of one that is still there */
	const struct reorg_row *first, *last; /* by which it began, by which it ended; or NULL */
	struct span_next *next; /* what it went into */
	size_t n_next;
};

struct timeline {
	struct span **spans; /* those of the table in its order, then those that ended */
	size_t n;
	size_t foreign; /* lines about units that the table does not name */
	size_t
	    given; /* lines by which a unit that goes on gave away a part of itself: no unit ends by that */
	const struct reorg_row **rows; /* lines that did count */
	struct span **of; /* beside each: whose end, or (retype) change it tells */
	size_t n_rows;
};

/* `moves` may be NULL. Memory is the arena's. */
void timeline_make(
    struct arena *arena, const struct unit_list *units, const struct reorg_list *moves, struct timeline *out);
/* Does all of this unit stand in one that follows it? */
bool span_is_whole(const struct span *s);

#endif

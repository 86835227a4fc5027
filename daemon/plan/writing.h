/*
 * plan/writing.h - what the writing operations share: whose record it is, who writes, why.
 */
#ifndef TUYEN_PLAN_WRITING_H
#define TUYEN_PLAN_WRITING_H

#include "plan/view.h"

/* The unit whose record is written: --unit as of that day, or this node's own. Another unit must be below this one, and only the
 * unit's own node (no station) writes there; or it has ended and this one replaces it as a whole: then it is as its own. */
int writing_unit(const struct view *v, const struct args *a, day_t day, struct arena *arena,
    const char **unit, bool *own, struct err *err);
/* Only the unit's own node may do this, no station. */
int writing_no_station(const struct view *v, struct err *err);
/* --reason in one line (arena's); absent or blank is ERR_USAGE. */
int writing_reason(const struct args *a, struct arena *arena, const char **reason, struct err *err);
/* Split "KEY=VALUE"; both are the arena's. */
int writing_pair(
    const char *word, struct arena *arena, const char **key, const char **value, struct err *err);
/* "11383", "cong-an@11383": this node as a writer; the arena's. */
const char *writing_name(const struct view *v, struct arena *arena);
/* The next row of a table that this writer alone adds to, "<writer>-<n>", so that no two writers meet in one row. */
const char *writing_row(const struct view *v, const struct record *r, const char *table, struct arena *arena);

#endif

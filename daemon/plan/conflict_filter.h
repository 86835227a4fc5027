/*
 * plan/conflict_filter.h - which conflicts are meant: the options of `conflict list`, and the same words in --where.
 *
 * "--where unit=11383,plan=hp.2026-06,state=disputed,mine" is the same as --unit 11383 --plan hp.2026-06 and so on;
 * all of them must hold. The keys: unit (in whose ledgers, with those below it), plan, period, record (its path, or the
 * folders that it begins with), field, state (also "open": all but settled), why, older and newer (days since both
 * values were there), mine.
 */
#ifndef TUYEN_PLAN_CONFLICT_FILTER_H
#define TUYEN_PLAN_CONFLICT_FILTER_H

#include "plan/conflicts.h"

struct conflict_filter {
	const char *unit, *issuer, *plan, *period, *record, *field, *state, *why; /* resolved; NULL: any */
	int64_t older, newer; /* days; -1: any */
	bool mine;
};

/* From the options of those names, and from every --where. ERR_USAGE names a key or word that there is not. */
int conflict_filter_read(const struct view *v, const struct args *a, struct arena *arena,
    struct conflict_filter *out, struct err *err);
bool conflict_filter_fits(
    const struct view *v, const struct conflict_filter *f, const struct conflict_item *c);
/* conflict_list of what fits. */
int conflict_select(const struct view *v, const struct conflict_filter *f, struct arena *arena,
    struct conflict_items *out, struct err *err);

#endif

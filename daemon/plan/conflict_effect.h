/*
 * plan/conflict_effect.h - what changes would do to totals (plan/total.h), before they are made.
 */
#ifndef TUYEN_PLAN_CONFLICT_EFFECT_H
#define TUYEN_PLAN_CONFLICT_EFFECT_H

#include "plan/conflicts.h"

/* A total that would differ. A ratio's figures are "1/4 (25)": its two sums and the percent. */
struct conflict_effect {
	const char *issuer, *plan, *period, *indicator, *name;
	const char *from, *to; /* NULL: no figure at all */
	size_t disputed_from, disputed_to; /* units whose figure is disputed */
};

struct conflict_effects {
	struct conflict_effect *items; /* by plan, period, indicator */
	size_t n;
};

/* What the outcome's changes would do to the totals of every plan and period that they touch. */
int conflict_effects(const struct view *v, const struct outcome *o, struct arena *arena,
    struct conflict_effects *out, struct err *err);
/* Of a conflict over a report's figure: what its total is now, and what it would be were it settled for `value`. *of
 * false: no total counts this field. */
int conflict_total_if(const struct view *v, const struct conflict_item *c, const char *value,
    struct arena *arena, struct conflict_effect *out, bool *of, struct err *err);

#endif

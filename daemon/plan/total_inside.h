/* plan/total_inside.h - what total.c and total_relay.c share. Nobody else includes it. */
#ifndef TUYEN_PLAN_TOTAL_INSIDE_H
#define TUYEN_PLAN_TOTAL_INSIDE_H

#include "plan/total.h"
#include "plan/directive.h"
#include "record/decimal_sum.h"

/* What one computation needs all along. */
struct totalling {
	struct view view; /* as of the period's last day */
	const struct view *v; /* that */
	struct arena *arena;
	struct outline plan;
	struct directives directives;
	const char *only; /* unit filter, resolved, or NULL */
	bool strictly; /* without this node's own unit */
	struct total *out;
};

/* A sum that grows by one reporting unit at a time. */
struct sum {
	struct decimal_sum value, numerator, denominator;
	size_t yes;
};

/* Is the unit asked for this indicator, as far as scope goes? `row` NULL: for any of the rows. */
bool total_in_scope(const struct totalling *t, const struct total_row *row, const char *unit);
/* "reports/31/hp/2026-06.yaml", "totals/…" */
const char *total_path(const struct totalling *t, const char *kind);

/* total_relay.c */
/* Does somebody between the unit and this node speak for it? What is here from before he did counts while he is
 * silent. */
bool total_relay_speaks(struct totalling *t, const struct registry_unit *u);
void total_relay_read(const struct totalling *t);
/* What it says of row k; of how many, also where it gives no figure. */
void total_relay_add(
    const struct totalling *t, struct total_relay *r, size_t k, enum indicator_kind kind, struct sum *s);
int total_relay_check(const struct totalling *t, struct err *err); /* t->only */

#endif

/*
 * plan/total.h - aggregated figures of a plan for a period (DESIGN 7), exact, with who is behind them.
 *
 * Expected: the registered units (not stations) of the indicator's scope, below the plan's issuer and valid on the
 * period's last day, with a node or not; the issuer itself where the scope names its own level and nobody below it is
 * expected, or it has begun its report. Of a plan issued above this node only this unit and those below it are looked
 * at: nothing is known here of neighbours.
 * A directive for this plan and period narrows the units below its issuer to those it is addressed to (they and all
 * below them); several directives add up; revoked ones do not count.
 * Who stood where is asked for the period's last day: a unit that has moved since is in the totals of those above it then,
 * by its report as it was taken over.
 * Of units behind one that relays only totals (schema/wire.md, "Totals") its record for this plan and period speaks, once
 * it is here, and nothing else does; before that, what is here of them from earlier. None is counted twice.
 * Reported: the report is submitted or accepted (also with --nil, or in part). Returned is not reported.
 * Late: by the receipt of the first version that was received. What has not been received is missing; it is overdue
 * when the due day is over.
 * Units that ended before it are not expected, those that replace them are. Their figures can be summed back only where
 * whole units went into a unit (`split`).
 * A figure is the sum over the reporting units that give it ("latest" means latest in time: in space it is a sum);
 * a ratio is the sums' percent; a yesno counts its yes. Missing is never zero: no figure at all is NULL.
 */
#ifndef TUYEN_PLAN_TOTAL_H
#define TUYEN_PLAN_TOTAL_H

#include "plan/outline.h"
#include "plan/report.h"

struct total_row {
	const char *indicator, *name;
	const char *measure; /* unit of measure, or NULL */
	const char *kind; /* "count", "ratio", "amount", "yesno" */
	const char *value; /* "42", of any length; a ratio: percent, "53.45"; NULL: nobody reported it, its
		       denominator is 0, or its sums have more than 36 digits */
	const char *numerator, *denominator; /* sums of a ratio, else NULL */
	size_t expected; /* units of its scope */
	size_t reported; /* units that gave it */
	size_t disputed; /* units whose figure waits for a person */
};

/* A unit that went into another. */
struct total_past {
	const char *unit;
	bool whole; /* else a part of it */
};

/* One expected unit (--by unit). */
struct total_unit {
	const char *id, *code, *name;
	const char *state; /* "draft", "submitted", "returned", "accepted"; NULL: no report */
	bool reported, late, nil, partial;
	bool overdue; /* not reported, and the due day is over */
	const char *received; /* time of the receipt that counts, or NULL */
	const char *due; /* or NULL */
	const char **
	    values; /* one for each row, as reported ("31/58"); NULL when not given, or the unit has not reported */
	bool *disputed; /* one for each row */
	struct total_past *past; /* what went into it; sorted */
	size_t n_past;
	bool split; /* of one of those only a part: what it says cannot be set beside what they said */
};

/* A unit that relays only totals, and all units behind it. */
struct total_relay {
	const char *id, *code, *name;
	bool sent; /* its record is here; else the numbers are what is expected, and nothing is reported */
	size_t expected, reported, late;
	const char *version, *taken, *state; /* of the record */
	const char *due; /* the day by which the unit itself was asked, or NULL */
	bool overdue; /* nothing was sent, and that day is over */
	const char **values; /* one for each row: a sum, "sum/sum", or NULL */
	const struct report_correction *corrections; /* `id` is the version that it made; oldest first */
	size_t n_corrections;
	struct record record;
	struct strs behind; /* nothing sent: the units of which nothing is known; total_free */
};

struct total {
	const char *issuer, *plan, *title;
	struct period period;
	const char *below; /* set when only this unit and those below it were looked at */
	size_t expected, reported;
	struct strs late, missing; /* codes, sorted; total_free */
	struct total_row *rows; /* in the order of the indicators' ids */
	size_t n_rows;
	struct total_unit *units; /* in the order of their ids; always filled */
	size_t n_units;
	struct total_relay *relays; /* in the order of their ids */
	size_t n_relays;
};

struct total_options {
	const char *unit; /* only this unit (as typed) and those below it, or NULL */
	const char *indicator; /* only this one, or NULL */
	bool below; /* only units below this node's, without itself */
};

/* `plan` and `period` as typed. `options` may be NULL. All but the lists of strings is the arena's. */
int total_compute(const struct view *v, const char *plan, const char *period,
    const struct total_options *options, struct arena *arena, struct total *out, struct err *err);
void total_free(struct total *t);

#endif

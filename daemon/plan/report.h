/*
 * plan/report.h - a unit's report on a plan for a period: the form with all that is known of it, and its life.
 *
 * Life: `set` makes a draft at once; `submit` makes it count (version 1, 2, …); after that the unit's `set` is
 * refused until the superior's `return`, and `correct --reason` is the way; a superior may `set --unit U --reason`
 * until `accept`, which seals; after it only `correct --reason`. The unit's submit, and
 * corrections on its own node, raise the version; superiors and stations' corrections do not. The reports ledger of the unit holds it at reports/<issuer>/<plan>/<period>.yaml.
 */
#ifndef TUYEN_PLAN_REPORT_H
#define TUYEN_PLAN_REPORT_H

#include "plan/outline.h"

struct report_row {
	const char *indicator, *name;
	const char *measure; /* unit of measure, or NULL */
	const char *kind;
	const char *value; /* NULL: not given */
	const char *previous; /* the same unit's value of the period before (reported or not), or NULL */
	bool missing; /* not given, and the report is not nil */
	bool conflict; /* a conflict record stands on this figure */
	bool disputed; /* it waits for a person */
};

struct report_correction {
	const char *id; /* "11383-1" */
	const char *by; /* "11383", "cong-an@11383" */
	const char *fields, *reason;
};

/* What the superior's receipts say of a report, and whether it is in time. */
struct report_receipt {
	const char *row; /* "2"; "2-2" where another change was received as version 2 before */
	const char *version, *received, *by;
	const char *change; /* the unit's that made the version */
	const char *due, *directive, *directive_version; /* the date the unit knew, and by what; NULL: none */
	const char *late; /* "yes", "no" or NULL */
};

struct report_form {
	const char *unit, *code, *unit_name;
	const char *issuer, *plan, *title;
	struct period period;
	const char *previous; /* id of the period before, or NULL */
	const char *ledger, *path;
	bool exists;
	const char *state; /* NULL when nothing was entered yet */
	const char *version; /* NULL before the first submit */
	bool nil, partial, reported;
	const char *note, *returned; /* returned: the reason, while it is returned */
	const char *due; /* of the earliest directive that sets one, or NULL */
	bool late;
	struct report_receipt *receipts; /* one a version received, oldest first */
	size_t n_receipts;
	struct report_row *rows; /* the indicators that this unit reports, by id */
	size_t n_rows, n_missing;
	struct report_correction *corrections;
	size_t n_corrections;
};

/* `unit` as typed (NULL: this node's). All of it is the arena's. A report not begun yet is a form with nothing in. */
int report_form(const struct view *v, const char *unit, const char *plan, const char *period,
    struct arena *arena, struct report_form *out, struct err *err);

struct report_item {
	const char *unit, *code, *unit_name, *issuer, *plan, *period, *state, *version, *received, *due;
	bool reported, nil, partial, late;
};

struct report_items {
	struct report_item *items; /* by unit, issuer, plan, period */
	size_t n;
};

/* What to keep of a listing; all as typed, NULL: any. */
struct report_filter {
	const char *unit, *plan, *period, *state;
};

int report_list(const struct view *v, const struct report_filter *filter, struct arena *arena,
    struct report_items *out, struct err *err);

/* The state of a report that is there: "draft" while it has none of its own. Nobody writes "draft": two that begin a
 * report apart must not meet in its state, nor a superior's figure undo the unit's submission. */
const char *report_state(const struct record *report);
/* Has the unit reported: submitted or accepted. `report` may be NULL. */
bool report_is_reported(const struct record *report);
/* Does it say that nothing occurred? A figure written afterwards (by a superior, or as a correction of a sealed
 * report, whose flags stay) says otherwise. */
bool report_is_nil(const struct record *report);

/* Operations. */
int report_op_new(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int report_op_set(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int report_op_import(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int report_op_submit(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int report_op_return(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int report_op_accept(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
/* plan/fill_op.c: the totals of the units below, for a superior to whom only totals are relayed. */
int report_op_fill(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int report_op_correct(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

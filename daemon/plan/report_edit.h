/*
 * plan/report_edit.h - one report being written: opened by an operation, changed, and put into its outcome.
 */
#ifndef TUYEN_PLAN_REPORT_EDIT_H
#define TUYEN_PLAN_REPORT_EDIT_H

#include "plan/outline.h"
#include "plan/writing.h"

/* Zero-initialise, then report_edit_open. Memory is the outcome's. */
struct report_edit {
	const struct view *v;
	struct outcome *o;
	struct outline plan;
	struct period period;
	const char *unit; /* whose report */
	bool own; /* this node's unit's */
	const char *ledger, *path;
	struct record r;
	bool exists;
	const char *state; /* "" when there is no report yet */
	struct buf fields; /* what changed, for a correction row; report_edit_close */
	size_t n_changed;
	const struct indicator **written; /* indicators whose figures changed */
	size_t n_written;
};

/* Find plan, period, unit and record, and refuse a report that the plan does not ask of the unit. */
int report_edit_open(struct report_edit *e, const struct view *v, const struct args *a, const char *plan,
    const char *period, struct outcome *o, struct err *err);
void report_edit_close(struct report_edit *e);

/* Write one figure as typed; "" clears it. */
int report_edit_figure(struct report_edit *e, const char *key, const char *value, struct err *err);
int report_edit_note(struct report_edit *e, const char *text, struct err *err);
/* A row of `corrections` for all that changed. */
int report_edit_correction(struct report_edit *e, const char *reason, struct err *err);
void report_edit_state(struct report_edit *e, const char *state);
void report_edit_next_version(struct report_edit *e);
/* Indicators of this unit's that have no figure, by commas; how many. */
size_t report_edit_gaps(const struct report_edit *e, struct buf *names);
size_t report_edit_asked(const struct report_edit *e); /* how many figures the plan asks of the unit */
/* Put the record into the outcome as one change; `verb` is for its subject. */
int report_edit_commit(struct report_edit *e, const char *verb, const char *body, struct err *err);

/* The rules of `report set` once the record is open: may it be set now, and what follows from what was written. */
int report_edit_may_set(const struct report_edit *e, struct err *err);
int report_edit_finish_set(struct report_edit *e, const struct args *a, struct err *err);

#endif

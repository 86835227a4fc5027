/*
 * plan/task.h - the tasks of a plan and how far units are with them.
 */
#ifndef TUYEN_PLAN_TASK_H
#define TUYEN_PLAN_TASK_H

#include "plan/outline.h"

/* How far one unit is. */
struct task_progress {
	const char *unit, *code, *name;
	const char *state, *percent, *done_on, *result, *note, *remark; /* NULL when not given */
};

struct task_item {
	const char *id, *path, *title, *mode, *due; /* NULL when not given */
	const char **leads;
	size_t n_leads;
	bool overdue; /* its due day is over, it is no request or general line, and not everybody is done */
	struct task_progress *progress; /* of the units held here that have said something */
	size_t n_progress, n_done;
	struct record record; /* all of it */
};

struct task_items {
	const char *issuer, *plan, *title;
	struct task_item *items; /* in the order of the plan's file */
	size_t n;
};

/* `plan` and `unit` as typed; unit NULL: all that this node holds. All of it is the arena's. */
int task_list(const struct view *v, const char *plan, const char *unit, struct arena *arena,
    struct task_items *out, struct err *err);

/* The record of one unit's progress that --unit, and plan and task as words, mean; empty where it is not there yet. */
struct task_target {
	const char *ledger, *path, *plan, *task;
	struct record record;
};
int task_target(
    const struct view *v, const struct args *a, struct outcome *o, struct task_target *out, struct err *err);

/* Operations. */
int task_op_set(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

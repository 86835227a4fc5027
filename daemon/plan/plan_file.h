/*
 * plan/plan_file.h - the file format plan/1 (tuyen-plan(5)): a whole plan in one YAML file, taken in whole or not at all.
 *
 * Every section but `plan` is optional. Lists of the file become records: each of `indicators` and `tasks` a record of
 * its own, the other sections rows of the plan's record, keyed by their `id` or, without one, by their number in the
 * list. Errors carry file, line and column.
 */
#ifndef TUYEN_PLAN_PLAN_FILE_H
#define TUYEN_PLAN_PLAN_FILE_H

#include "plan/view.h"

struct plan_item {
	const char *id;
	struct record record;
	unsigned line;
};

/* A plan as a file says it; all memory is the arena's. */
struct plan_file {
	const char *id;
	struct record plan;
	struct plan_item *indicators, *tasks;
	size_t n_indicators, n_tasks;
};

/* Read and check a file: forms, ids unique, tasks name indicators that exist, agencies and periods make sense. What
 * is merely surprising becomes a warning in `notes` (may be NULL). */
int plan_file_read(struct plan_file *out, struct arena *arena, const char *source, const char *text,
    size_t len, struct outcome *notes, struct err *err);

/* `plan load`: the changes that make the plan in this unit's directives ledger equal to the file; records of the plan
 * that the file no longer has are removed. Prints the plan's id. Loading the same file again asks for no change. */
int plan_file_load(const struct view *v, const char *source, const char *text, size_t len, struct outcome *o,
    struct err *err);

#endif

/*
 * plan/ops.h - the writing operations: what a command asks, as changes to sign. Run by the daemon; pure.
 *
 * The daemon finds the operation by the command's name, runs it on a view of the ledgers as they stand, signs and
 * commits outcome.changes in one transaction, prints outcome.notes and outcome.output, and then, if there is an
 * `after`, runs that on a fresh view (its outcome holds words and bytes, never changes).
 *
 * Files named on the command line are read by the command: the content stands in place of the file's name among the
 * words ("plan load": word 0, "report import": word 2), the name in the option "source".
 */
#ifndef TUYEN_PLAN_OPS_H
#define TUYEN_PLAN_OPS_H

#include "plan/view.h"

typedef int (*op_fn)(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

struct op {
	const char *name; /* "report set" */
	op_fn run;
	op_fn after; /* after the commit, with a fresh view; may be NULL */
};

extern const struct op ops[]; /* ended by a NULL name, sorted by name */
const struct op *op_find(const char *name); /* NULL if there is none */

#endif

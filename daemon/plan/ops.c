#include "plan/ops.h"

#include <string.h>

#include "plan/attach_op.h"
#include "plan/conflicts.h"
#include "plan/directive.h"
#include "plan/plan_file.h"
#include "plan/report.h"
#include "plan/task.h"

static int plan_load(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	const char *text = args_word(a, 0), *source = args_get(a, "source");
	if (!text)
		return err_set(err, ERR_USAGE, N_("the plan file is needed"));
	return plan_file_load(v, source ? source : "-", text, strlen(text), o, err);
}

const struct op ops[] = {
    {"attach add", attach_op_add, NULL},
    {"attach remove", attach_op_remove, NULL},
    {"conflict answer", conflict_op_answer, NULL},
    {"conflict ask", conflict_op_ask, NULL},
    {"conflict object", conflict_op_object, NULL},
    {"conflict seen", conflict_op_seen, NULL},
    {"conflict settle", conflict_op_settle, NULL},
    {"conflict undo", conflict_op_undo, NULL},
    {"directive ack", directive_op_ack, NULL},
    {"directive issue", directive_op_issue, NULL},
    {"directive revoke", directive_op_revoke, NULL},
    {"plan load", plan_load, NULL},
    {"report accept", report_op_accept, NULL},
    {"report correct", report_op_correct, NULL},
    {"report fill", report_op_fill, NULL},
    {"report import", report_op_import, NULL},
    {"report new", report_op_new, NULL},
    {"report return", report_op_return, NULL},
    {"report set", report_op_set, NULL},
    {"report submit", report_op_submit, NULL},
    {"task set", task_op_set, NULL},
    {NULL, NULL, NULL},
};

const struct op *op_find(const char *name)
{
	for (const struct op *op = ops; op->name; op++)
		if (strcmp(op->name, name) == 0)
			return op;
	return NULL;
}

/*
 * plan/attach_op.h - files beside a record: named in its table `attachments`, the row being the SHA-256 of the content.
 *
 * Words: report PLAN PERIOD, directive ID, or task PLAN TASK. The daemon looks at the content and says each file as an
 * option row="<hex> <size> <type> <name>"; removing takes an id, its beginning or a name as the last word.
 */
#ifndef TUYEN_PLAN_ATTACH_OP_H
#define TUYEN_PLAN_ATTACH_OP_H

#include "plan/view.h"

int attach_op_add(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int attach_op_remove(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

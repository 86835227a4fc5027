/*
 * plan/receipt.h - the superior's signed word on when a report reached it: one row a version.
 *
 * Late only where a directive in force set a due date: received after the end of that day at UTC+07:00. Whether a
 * unit was late is said by the first version received; a later correction does not make it late.
 */
#ifndef TUYEN_PLAN_RECEIPT_H
#define TUYEN_PLAN_RECEIPT_H

#include "plan/directive.h"
#include "plan/report.h"

/* For the direct superior's daemon, after changes arrived that touched this report record: if it is submitted or
 * accepted and its version has no receipt yet, puts one into `o`. Else, and for any other node or path, nothing. */
int receipt_for(
    const struct view *v, const char *ledger, const char *report_path, struct outcome *o, struct err *err);

/* The receipts of a report, oldest version first; none if there is no record. All of it is the arena's. */
int receipt_read(const struct view *v, const char *ledger, const char *report_path, struct arena *arena,
    struct report_receipt **out, size_t *n, struct err *err);
/* Was the report late: as its first receipt says, and nobody's clock. Without one it is not late but, perhaps, overdue. */
bool receipt_is_late(const struct report_receipt *receipts, size_t n);
/* Is the day `due` (may be NULL) over? */
bool receipt_is_overdue(const struct view *v, const char *due);

#endif

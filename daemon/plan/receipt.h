/*
 * plan/receipt.h - the superior's signed word on when a report reached it: one row a version, that of a correction or
 * of a report submitted again beside the older ones.
 *
 * A row names the unit's signed change that made the version, and what it was held to: the due date that the unit knew
 * (plan/due.h). Late only if it was received after the end of that day at UTC+07:00. Whether a unit was late is said
 * by the first version received; a later correction does not make it late.
 */
#ifndef TUYEN_PLAN_RECEIPT_H
#define TUYEN_PLAN_RECEIPT_H

#include "plan/directive.h"
#include "plan/report.h"

/* For the direct superior's daemon, after changes arrived that touched this report record: every version of it that
 * was submitted and has no receipt yet gets one. Rows go into the last change of `o` if it is for the same ledger and
 * has room, else into a new one, so that the reports of one batch share a change. Nothing is put in for any other
 * node or path, or twice. */
int receipt_for(
    const struct view *v, const char *ledger, const char *report_path, struct outcome *o, struct err *err);
/* Does the report as it stands wait for its receipt here? A cheap question, for those who ask it of all. */
bool receipt_is_wanted(const struct view *v, const char *ledger, const char *report_path);

/* The receipts of a report, oldest version first; none if there is no record. All of it is the arena's. */
int receipt_read(const struct view *v, const char *ledger, const char *report_path, struct arena *arena,
    struct report_receipt **out, size_t *n, struct err *err);
/* "reports/31/p/2026-06.yaml" -> "receipts/31/p/2026-06.yaml"; the arena's. */
const char *receipt_path(struct arena *arena, const char *report_path);
/* Was the report late: as its first receipt says, and nobody's clock. Without one it is not late but, perhaps, overdue. */
bool receipt_is_late(const struct report_receipt *receipts, size_t n);
/* Is the day `due` (may be NULL) over? */
bool receipt_is_overdue(const struct view *v, const char *due);

#endif

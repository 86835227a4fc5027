/*
 * plan/due.h - the due date that a unit knew when it submitted a report: what a receipt holds it to.
 *
 * Ledgers do not see each other, and clocks of units are wrong, so what a unit knew is told by its own signed words:
 * the version of a directive that it had acknowledged, and the line that submitting writes below the reason of the
 * change ("Asked-by: 31/D-017 2", or "Asked-by: nobody"), whichever names the later version. From that version on, the
 * latest due date holds: a date that was put off counts at once, one that was moved forward binds only who knew. Where
 * such a line leaves a directive out, it was not known. Without any such words all its versions count.
 */
#ifndef TUYEN_PLAN_DUE_H
#define TUYEN_PLAN_DUE_H

#include "plan/directive.h"

/* The report in question: reports/<unit>, records of reports/<issuer>/<plan>/<period>.yaml. */
struct due_report {
	const char *unit, *issuer, *plan, *period;
};

struct due {
	const char *date; /* NULL: none was known, and nothing else is set */
	const char *directive; /* "31/D-017" */
	const char *version; /* of the directive */
};

/* The line with which a submission says what asked for it; NULL where it would be taken for something about a person. */
const char *due_statement(const struct view *v, const struct due_report *report, struct arena *arena);
/* By the directives that stand, for the report that this change submitted. With several, the earliest date. */
int due_known(const struct view *v, const struct due_report *report, const struct change *submitted,
    struct arena *arena, struct due *out, struct err *err);

#endif

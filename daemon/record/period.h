/*
 * record/period.h - reporting periods: "2026-06", "2026-Q2", "2026-H1", "2026-9M", "2026", or the id of a campaign
 * period that a plan defines.
 *
 * When a period begins and ends is a matter of the plan's calendar, which is data (schema/calendars/<id>.yaml,
 * compiled in): `nd09` (default; Decree 09/2019/NĐ-CP art. 11: month M runs from the 15th of M-1 to the 14th of M,
 * and so on) or `calendar` (calendar months, quarters, halves, years). Never taken from a clock.
 */
#ifndef TUYEN_RECORD_PERIOD_H
#define TUYEN_RECORD_PERIOD_H

#include "record/date.h"

struct period {
	char id[65];
	day_t first, last;
};

/* `calendar` NULL means nd09. Campaign periods of a plan, to be looked up before the standard forms; may be NULL/0. */
int period_parse(const char *calendar, const struct period *campaigns, size_t n_campaigns, const char *id,
    struct period *out, struct err *err);
bool period_calendar_exists(const char *calendar);
/* The period of the same kind before this one ("2026-06" -> "2026-05", "2026-Q1" -> "2025-Q4");
 * false for campaigns. */
bool period_previous(const char *id, char out[65]);
/* Is this id of a standard form (not a campaign)? */
bool period_is_standard(const char *id);

#endif

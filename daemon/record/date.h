/*
 * record/date.h - days, months and reporting periods. Proleptic Gregorian, no clock, no time zone of the host.
 */
#ifndef TUYEN_RECORD_DATE_H
#define TUYEN_RECORD_DATE_H

#include <stdint.h>
#include "base/err.h"

/* A day as days since 1970-01-01; civil time in Vietnam is UTC+07:00 all year. */
typedef int32_t day_t;

int date_parse(
    const char *text, day_t *out, struct err *err); /* "2026-07-05"; a day that does not exist: ERR_INPUT */
/* "2026-07-05" or "2025-05" (a month: its last day). */
int date_parse_due(const char *text, day_t *out, struct err *err);
/* Year 1-9999, month 1-12; a day past the month's end is its last (31 always names the last). */
day_t date_make(int year, int month, int day);
void date_print(day_t day, char text[16]);
day_t date_of_time(int64_t seconds); /* the day in Vietnam at that moment */
int64_t date_end(day_t day); /* first second after that day in Vietnam: 24:00 at UTC+07:00 */
void date_time_print(int64_t seconds, char text[32]); /* "2026-07-05T08:00:00+07:00" */
int date_time_parse(const char *text, int64_t *seconds, struct err *err);

#endif

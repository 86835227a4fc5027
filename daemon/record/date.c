#include "record/date.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400
#define ZONE_SECONDS (7 * 3600) /* Vietnam: UTC+07:00 all year */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 0001-01-01 to the first of January of a year >= 1. */
static int32_t days_before_year(int year)
{
	int past = year - 1;
	return 365 * past + past / 4 - past / 100 + past / 400;
}

day_t date_make(int year, int month, int day)
{
	day_t days = days_before_year(year) - days_before_year(1970);
	for (int m = 1; m < month; m++)
		days += month_days(year, m);
	int last = month_days(year, month);
	return days + (day < last ? day : last) - 1;
}

static void split(day_t day, int *year, int *month, int *of_month)
{
	const day_t first = date_make(1, 1, 1), last = date_make(9999, 12, 31);
	day = day < first ? first : day > last ? last : day;
	int32_t n = day - first;
	*year = n / 366 + 1;
	while (days_before_year(*year + 1) <= n)
		++*year;
	n -= days_before_year(*year);
	*month = 1;
	while (n >= month_days(*year, *month)) {
		n -= month_days(*year, *month);
		++*month;
	}
	*of_month = n + 1;
}

/* `n` digits as a number; -1 if there are others. */
static int number(const char *text, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + (text[i] - '0');
	}
	return value;
}

static int refuse_form(const char *text, struct err *err)
{
	err_set(err, ERR_INPUT, N_("'%1' is not a date"), text);
	err_hint(err, N_("write year, month and day, such as 2026-07-05"));
	return err->code;
}

static int refuse_day(const char *text, struct err *err)
{
	err_set(err, ERR_INPUT, N_("there is no day %1 in the calendar"), text);
	err_hint(err, N_("write year, month and day, such as 2026-07-05"));
	return err->code;
}

int date_parse(const char *text, day_t *out, struct err *err)
{
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return refuse_form(text, err);
	int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
	if (year < 0 || month < 0 || day < 0)
		return refuse_form(text, err);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return refuse_day(text, err);
	*out = date_make(year, month, day);
	return 0;
}

int date_parse_due(const char *text, day_t *out, struct err *err)
{
	if (strlen(text) != 7 || text[4] != '-')
		return date_parse(text, out, err);
	int year = number(text, 4), month = number(text + 5, 2);
	if (year < 0 || month < 0)
		return refuse_form(text, err);
	if (year < 1 || month < 1 || month > 12)
		return refuse_day(text, err);
	*out = date_make(year, month, 31);
	return 0;
}

void date_print(day_t day, char text[16])
{
	int year, month, of_month;
	split(day, &year, &month, &of_month);
	snprintf(text, 16, "%04d-%02d-%02d", year % 10000, month % 100, of_month % 100);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Moments that no date can name are brought to the nearest that one can. */
static int64_t within(int64_t seconds)
{
	const int64_t first = (int64_t)date_make(1, 1, 1) * DAY_SECONDS - ZONE_SECONDS;
	const int64_t last = (int64_t)(date_make(9999, 12, 31) + 1) * DAY_SECONDS - ZONE_SECONDS - 1;
	return seconds < first ? first : seconds > last ? last : seconds;
}

day_t date_of_time(int64_t seconds)
{
	return (day_t)floor_div(within(seconds) + ZONE_SECONDS, DAY_SECONDS);
}

int64_t date_end(day_t day)
{
	return ((int64_t)day + 1) * DAY_SECONDS - ZONE_SECONDS;
}

void date_time_print(int64_t seconds, char text[32])
{
	char day[16];
	seconds = within(seconds);
	date_print(date_of_time(seconds), day);
	int64_t rest = seconds + ZONE_SECONDS - (int64_t)date_of_time(seconds) * DAY_SECONDS;
	unsigned second = (unsigned)(rest % DAY_SECONDS);
	snprintf(
	    text, 32, "%.10sT%02u:%02u:%02u+07:00", day, second / 3600 % 24, second / 60 % 60, second % 60);
}

/* "Z", "+07:00", "-03:30": seconds east of Greenwich. */
static bool zone(const char *text, int *seconds)
{
	*seconds = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':')
		return false;
	int hours = number(text + 1, 2), minutes = number(text + 4, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*seconds = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

int date_time_parse(const char *text, int64_t *seconds, struct err *err)
{
	char day_text[11] = "";
	day_t day;
	int east;
	if (strlen(text) >= 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':') {
		memcpy(day_text, text, 10);
		int hour = number(text + 11, 2), minute = number(text + 14, 2), second = number(text + 17, 2);
		if (hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
		    zone(text + 19, &east)) {
			int rc = date_parse(day_text, &day, err);
			if (rc == 0)
				*seconds =
				    (int64_t)day * DAY_SECONDS + hour * 3600 + minute * 60 + second - east;
			return rc;
		}
	}
	err_set(err, ERR_INPUT, N_("'%1' is not a time"), text);
	err_hint(err, N_("write day, hour and zone, such as 2026-07-05T08:00:00+07:00"));
	return err->code;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/date.h"

static day_t day(const char *text)
{
	day_t d = 0;
	struct err err = {0};
	if (date_parse(text, &d, &err) != 0)
		fail_msg("refused: %s", text);
	return d;
}

static void days_are_counted_from_1970(void **state)
{
	(void)state;
	assert_int_equal(day("1970-01-01"), 0);
	assert_int_equal(day("1969-12-31"), -1);
	assert_int_equal(day("2000-03-01"), 11017);
	assert_int_equal(day("2026-07-05"), 20639);
	assert_int_equal(day("0001-01-01"), -719162);
	assert_int_equal(day("9999-12-31"), 2932896);
}

static void every_day_prints_as_it_reads(void **state)
{
	(void)state;
	char text[16];
	day_t last = day("2110-01-01");
	for (day_t d = day("1890-01-01"); d < last; d++) {
		date_print(d, text);
		assert_int_equal(day(text), d);
	}
	date_print(day("9999-12-31") + 1, text);
	assert_string_equal(text, "9999-12-31");
	date_print(INT32_MIN, text);
	assert_string_equal(text, "0001-01-01");
}

static void refused(const char *text, const char *words)
{
	day_t d;
	struct err err = {0};
	struct buf b = {0};
	assert_int_equal(date_parse(text, &d, &err), ERR_INPUT);
	err_format(&err, NULL, &b);
	assert_string_equal(buf_str(&b), words);
	buf_free(&b);
}

static void days_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	static const char *const none[] = {"2026-02-29", "2026-02-30", "2100-02-29", "2026-13-01",
	    "2026-00-10", "2026-04-31", "2026-01-00", "0000-01-01"};
	static const char *const bad[] = {"", "2026", "2026-7-5", "05/07/2026", "2026-07-05 ", "2026/07/05",
	    "-026-01-01", "2026-0a-01", "２０２６"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		struct buf words = {0};
		buf_printf(&words,
		    "there is no day %s in the calendar; write year, month and day, such as 2026-07-05",
		    none[i]);
		refused(none[i], buf_str(&words));
		buf_free(&words);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		day_t d;
		struct err err = {0};
		assert_int_equal(date_parse(bad[i], &d, &err), ERR_INPUT);
	}
	assert_int_equal(day("2000-02-29"), day("2000-03-01") - 1);
}

static void a_month_is_due_on_its_last_day(void **state)
{
	(void)state;
	day_t d;
	struct err err = {0};
	assert_int_equal(date_parse_due("2025-05", &d, &err), 0);
	assert_int_equal(d, day("2025-05-31"));
	assert_int_equal(date_parse_due("2024-02", &d, &err), 0);
	assert_int_equal(d, day("2024-02-29"));
	assert_int_equal(date_parse_due("2026-07-05", &d, &err), 0);
	assert_int_equal(d, day("2026-07-05"));
	assert_int_equal(date_parse_due("2025-13", &d, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	assert_int_equal(date_parse_due("2025-1a", &d, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	assert_int_equal(date_parse_due("2025-02-30", &d, &err), ERR_INPUT);
}

static int64_t moment(const char *text)
{
	int64_t seconds = 0;
	struct err err = {0};
	if (date_time_parse(text, &seconds, &err) != 0)
		fail_msg("refused: %s", text);
	return seconds;
}

static void time_is_vietnams(void **state)
{
	(void)state;
	char text[32];
	assert_int_equal(moment("1970-01-01T07:00:00+07:00"), 0);
	assert_int_equal(moment("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(moment("2026-07-05T08:00:00+07:00"), 1783213200);
	assert_int_equal(moment("2026-07-04T21:30:00-03:30"), moment("2026-07-05T08:00:00+07:00"));
	date_time_print(1783213200, text);
	assert_string_equal(text, "2026-07-05T08:00:00+07:00");
	date_time_print(-1, text);
	assert_string_equal(text, "1970-01-01T06:59:59+07:00");
	date_time_print(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59+07:00");
	date_time_print(INT64_MIN, text);
	assert_string_equal(text, "0001-01-01T00:00:00+07:00");
	assert_int_equal(date_of_time(moment("2026-07-05T16:59:59Z")), day("2026-07-05"));
	assert_int_equal(date_of_time(moment("2026-07-05T17:00:00Z")), day("2026-07-06"));
	assert_int_equal(date_end(day("2026-07-05")), moment("2026-07-06T00:00:00+07:00"));
	assert_int_equal(date_of_time(date_end(day("2026-07-05")) - 1), day("2026-07-05"));
}

static void times_in_other_forms_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "2026-07-05", "2026-07-05T08:00:00",
	    "2026-07-05 08:00:00+07:00", "2026-07-05T24:00:00+07:00", "2026-07-05T08:60:00+07:00",
	    "2026-07-05T08:00:60+07:00", "2026-02-30T08:00:00Z", "2026-07-05T08:00:00+24:00",
	    "2026-07-05T08:00:00+0700", "2026-07-05T08:00:00Zx", "2026-07-05T0a:00:00Z"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t seconds;
		struct err err = {0};
		assert_int_equal(date_time_parse(bad[i], &seconds, &err), ERR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(days_are_counted_from_1970),
	    cmocka_unit_test(every_day_prints_as_it_reads),
	    cmocka_unit_test(days_that_do_not_exist_are_refused),
	    cmocka_unit_test(a_month_is_due_on_its_last_day),
	    cmocka_unit_test(time_is_vietnams),
	    cmocka_unit_test(times_in_other_forms_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: hours, pace and budget are read as people write them, and the hours are those of Vietnam. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "record/date.h"
#include "registry/policy.h"

static int read_window(const char *text, struct policy *p)
{
	struct err err = {0};
	const struct config c = {.window = text};
	return policy_of(&c, p, &err);
}

static int64_t at(const char *text)
{
	int64_t seconds;
	struct err err = {0};
	assert_int_equal(date_time_parse(text, &seconds, &err), 0);
	return seconds;
}

static void assert_turns(const struct policy *p, const char *now, bool open, const char *then)
{
	char text[32] = "never";
	int64_t turn = policy_turn(p, at(now));
	if (turn)
		date_time_print(turn, text);
	assert_int_equal(policy_open(p, at(now)), open);
	assert_string_equal(text, then);
}

static void hours_over_midnight_and_at_noon(void **state)
{
	(void)state;
	struct policy p;
	assert_int_equal(read_window("22:00-05:00, 12:00-13:00", &p), 0);
	assert_turns(&p, "2026-07-01T08:00:00+07:00", false, "2026-07-01T12:00:00+07:00");
	assert_turns(&p, "2026-07-01T12:00:00+07:00", true, "2026-07-01T13:00:00+07:00");
	assert_turns(&p, "2026-07-01T13:00:00+07:00", false, "2026-07-01T22:00:00+07:00");
	assert_turns(&p, "2026-07-01T23:59:59+07:00", true, "2026-07-02T05:00:00+07:00");
	assert_turns(&p, "2026-07-02T00:00:00+07:00", true, "2026-07-02T05:00:00+07:00");
	assert_turns(&p, "2026-07-02T04:59:59+07:00", true, "2026-07-02T05:00:00+07:00");
	assert_turns(&p, "2026-07-02T05:00:00+07:00", false, "2026-07-02T12:00:00+07:00");
}

static void windows_that_touch_are_one(void **state)
{
	(void)state;
	struct policy p;
	assert_int_equal(read_window("22:00-24:00,00:00-05:00", &p), 0);
	assert_turns(&p, "2026-07-01T23:00:00+07:00", true, "2026-07-02T05:00:00+07:00");
	assert_int_equal(read_window("06:00-18:00,18:00-06:00", &p), 0);
	assert_turns(&p, "2026-07-01T08:00:00+07:00", true, "never");
	assert_int_equal(read_window(NULL, &p), 0);
	assert_turns(&p, "2026-07-01T08:00:00+07:00", true, "never");
}

static void what_is_no_window(void **state)
{
	(void)state;
	struct policy p;
	static const char nine[] = "0:00-1:00,2:00-3:00,4:00-5:00,6:00-7:00,8:00-9:00,10:00-11:00,12:00-13:"
				   "00,14:00-15:00,16:00-17:00";
	static const char *const bad[] = {nine, "", "22:00", "22:00-", "22:00-22:00", "24:01-05:00",
	    "22:60-23:00", "22:0-23:00", "-22:00-23:00", "22:00-23:00,", "22:00-23:00 ",
	    "22:00-23:00;01:00-02:00"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (read_window(bad[i], &p) != ERR_INPUT)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(read_window("0:00-1:00", &p), 0);
}

static void amounts(void **state)
{
	(void)state;
	struct policy p;
	struct err err = {0};
	struct config c = {.rate = "64k", .budget = "20M", .lines_max = "40"};
	assert_int_equal(policy_of(&c, &p, &err), 0);
	assert_int_equal(p.rate, 8000);
	assert_int_equal(p.budget, 20000000);
	assert_int_equal(p.lines_max, 40);
	c = (struct config){0};
	assert_int_equal(policy_of(&c, &p, &err), 0);
	assert_true(p.rate == 0 && p.budget == 0 && p.lines_max == POLICY_LINES);
	static const char *const bad[] = {
	    "7k", "64 k", "64kb", "k", "-1", "0x10", "99999999999999999999999999G", "1.5M"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		c = (struct config){.rate = bad[i]};
		ERR_CLEAR(&err);
		if (policy_of(&c, &p, &err) != ERR_INPUT)
			fail_msg("'%s' was taken as a rate", bad[i]);
		c = (struct config){.lines_max = bad[i]};
		ERR_CLEAR(&err);
		if (i != 0 && policy_of(&c, &p, &err) != ERR_INPUT)
			fail_msg("'%s' was taken as a number of lines", bad[i]);
	}
	c = (struct config){.lines_max = "0"};
	ERR_CLEAR(&err);
	assert_int_equal(policy_of(&c, &p, &err), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hours_over_midnight_and_at_noon),
	    cmocka_unit_test(windows_that_touch_are_one),
	    cmocka_unit_test(what_is_no_window),
	    cmocka_unit_test(amounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

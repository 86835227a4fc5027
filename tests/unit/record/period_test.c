#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/period.h"

static void spans(const char *calendar, const char *id, const char *first, const char *last)
{
	struct period p;
	struct err err = {0};
	char text[16];
	if (period_parse(calendar, NULL, 0, id, &p, &err) != 0)
		fail_msg("refused: %s", id);
	assert_string_equal(p.id, id);
	date_print(p.first, text);
	assert_string_equal(text, first);
	date_print(p.last, text);
	assert_string_equal(text, last);
}

static void decree_09_closes_on_the_14th(void **state)
{
	(void)state;
	spans("nd09", "2026-06", "2026-05-15", "2026-06-14");
	spans("nd09", "2026-01", "2025-12-15", "2026-01-14");
	spans("nd09", "2026-Q1", "2025-12-15", "2026-03-14");
	spans("nd09", "2026-Q2", "2026-03-15", "2026-06-14");
	spans("nd09", "2026-Q4", "2026-09-15", "2026-12-14");
	spans("nd09", "2026-H1", "2025-12-15", "2026-06-14");
	spans("nd09", "2026-H2", "2026-06-15", "2026-12-14");
	spans("nd09", "2026-9M", "2025-12-15", "2026-09-14");
	spans("nd09", "2026", "2025-12-15", "2026-12-14");
	spans(NULL, "2026-06", "2026-05-15", "2026-06-14");
}

static void the_plain_calendar_has_plain_months(void **state)
{
	(void)state;
	spans("calendar", "2026-02", "2026-02-01", "2026-02-28");
	spans("calendar", "2024-02", "2024-02-01", "2024-02-29");
	spans("calendar", "2026-12", "2026-12-01", "2026-12-31");
	spans("calendar", "2026-Q2", "2026-04-01", "2026-06-30");
	spans("calendar", "2026-H2", "2026-07-01", "2026-12-31");
	spans("calendar", "2026-9M", "2026-01-01", "2026-09-30");
	spans("calendar", "2026", "2026-01-01", "2026-12-31");
}

static void the_months_of_a_calendar_leave_no_gap(void **state)
{
	(void)state;
	static const char *const last[] = {"2027-12", "2027-Q4", "2027-H2", "2027"};
	static const char *const calendars[] = {"nd09", "calendar"};
	for (size_t c = 0; c < 2; c++)
		for (size_t k = 0; k < 4; k++) {
			char id[65];
			strcpy(id, last[k]);
			for (int i = 0; i < 30; i++) {
				struct period later, p;
				struct err err = {0};
				assert_int_equal(period_parse(calendars[c], NULL, 0, id, &later, &err), 0);
				assert_true(period_previous(later.id, id));
				assert_int_equal(period_parse(calendars[c], NULL, 0, id, &p, &err), 0);
				assert_int_equal(p.last + 1, later.first);
			}
		}
}

static void the_period_before(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"2026-06", "2026-05"}, {"2026-01", "2025-12"},
	    {"2026-Q1", "2025-Q4"}, {"2026-H2", "2026-H1"}, {"2026-H1", "2025-H2"}, {"2026-9M", "2025-9M"},
	    {"2026", "2025"}};
	char out[65];
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		assert_true(period_previous(pairs[i][0], out));
		assert_string_equal(out, pairs[i][1]);
	}
	assert_false(period_previous("dot-1", out));
	assert_false(period_previous("1000", out));
}

static void other_forms_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "2026-13", "2026-00", "2026-6", "2026-Q5", "2026-Q0", "2026-H3",
	    "2026-6M", "2026-q2", "Q2-2026", "06/2026", "26-06", "0999", "2026-", "2026-06-01", "dot-1",
	    "2026-H"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct period p;
		struct err err = {0};
		assert_false(period_is_standard(bad[i]));
		assert_int_equal(period_parse("nd09", NULL, 0, bad[i], &p, &err), ERR_INPUT);
		assert_non_null(err.hint);
	}
	assert_true(period_is_standard("2026-06"));
}

static void a_campaign_stands_before_the_forms(void **state)
{
	(void)state;
	const struct period campaigns[] = {{"dot-1", 100, 129}, {"2026-06", 5, 6}};
	struct period p;
	struct err err = {0};
	assert_int_equal(period_parse("nd09", campaigns, 2, "dot-1", &p, &err), 0);
	assert_int_equal(p.last, 129);
	assert_int_equal(period_parse("nd09", campaigns, 2, "2026-06", &p, &err), 0);
	assert_int_equal(p.first, 5);
	assert_true(period_calendar_exists("calendar"));
	assert_false(period_calendar_exists("lunar"));
	assert_int_equal(period_parse("lunar", NULL, 0, "2026-06", &p, &err), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decree_09_closes_on_the_14th),
	    cmocka_unit_test(the_plain_calendar_has_plain_months),
	    cmocka_unit_test(the_months_of_a_calendar_leave_no_gap),
	    cmocka_unit_test(the_period_before),
	    cmocka_unit_test(other_forms_are_refused),
	    cmocka_unit_test(a_campaign_stands_before_the_forms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

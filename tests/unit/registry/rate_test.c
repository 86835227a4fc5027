/* Goal: how much one writer may write in a day: by the day of whoever counts, days of silence count, and a note survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "registry/rate.h"

static const struct rate_limit daily = {10, 1000}, one = {1, 50};

/* As many of `one` as are taken on that day; each is counted. */
static unsigned take(struct rate *r, const char *writer, day_t day, unsigned want)
{
	unsigned n = 0;
	for (; n < want && rate_ask(r, writer, day, &daily, &one, true) == RATE_WITHIN; n++)
		rate_count(r, writer, day, &one);
	return n;
}

static void a_day_has_its_share(void **state)
{
	(void)state;
	struct rate r = {0};
	assert_int_equal(take(&r, "11383", 100, 1), 1);
	assert_int_equal(take(&r, "11383", 101, 99), 10);
	assert_int_equal(take(&r, "11383", 101, 99), 0);
	assert_int_equal(take(&r, "11389", 101, 5), 5);
	assert_int_equal(take(&r, "11383", 102, 99), 10);
	rate_free(&r);
}

static void silence_counts_up_to_a_month(void **state)
{
	(void)state;
	struct rate r = {0};
	assert_int_equal(take(&r, "11383", 100, 9999), 10 * RATE_DAYS);
	assert_int_equal(take(&r, "11383", 101, 9999), 10);
	assert_int_equal(take(&r, "11383", 104, 9999), 30);
	assert_int_equal(take(&r, "11383", 104, 9999), 0);
	assert_int_equal(take(&r, "11383", 900, 9999), 10 * RATE_DAYS);
	rate_free(&r);
}

static void a_clock_that_goes_back_gives_one_day(void **state)
{
	(void)state;
	struct rate r = {0};
	take(&r, "11383", 100, 1);
	assert_int_equal(take(&r, "11383", 50, 99), 10);
	assert_int_equal(take(&r, "11383", 50, 99), 0);
	rate_free(&r);
}

static void what_is_typed_here_has_one_day(void **state)
{
	(void)state;
	struct rate r = {0};
	const struct rate_limit ten = {10, 10}, eleven = {11, 10};
	assert_int_equal(rate_ask(&r, "31", 7, &daily, &eleven, false), RATE_TOO_MANY);
	assert_int_equal(rate_ask(&r, "31", 7, &daily, &ten, false), RATE_WITHIN);
	rate_count(&r, "31", 7, &ten);
	assert_int_equal(rate_ask(&r, "31", 7, &daily, &one, false), RATE_TOO_MANY);
	assert_int_equal(rate_ask(&r, "31", 8, &daily, &one, false), RATE_WITHIN);
	rate_free(&r);
}

static void bytes_count_but_the_first_change_passes(void **state)
{
	(void)state;
	struct rate r = {0};
	const struct rate_limit long_one = {1, 900}, longest = {1, 1000000};
	rate_count(&r, "11383", 99, &one);
	assert_int_equal(rate_ask(&r, "11383", 100, &daily, &longest, true), RATE_WITHIN);
	rate_count(&r, "11383", 100, &long_one);
	assert_int_equal(rate_ask(&r, "11383", 100, &daily, &one, true), RATE_WITHIN);
	assert_int_equal(rate_ask(&r, "11383", 100, &daily, &long_one, true), RATE_TOO_LONG);
	rate_free(&r);
}

static void a_person_lifts_it_for_a_day(void **state)
{
	(void)state;
	struct rate r = {0};
	take(&r, "11383", 99, 1);
	assert_int_equal(take(&r, "11383", 100, 99), 10);
	rate_lift(&r, "11383", 100);
	assert_int_equal(take(&r, "11383", 100, 500), 500);
	assert_int_equal(take(&r, "11383", 101, 99), 10);
	rate_lift(&r, "11389", 101);
	assert_int_equal(take(&r, "11389", 101, 500), 500);
	rate_free(&r);
}

static void units_below_give_more_but_not_for_ever(void **state)
{
	(void)state;
	const struct rate_limit of = {RATE_CHANGES, RATE_BYTES};
	assert_int_equal(rate_scaled(&of, 0).changes, 2000);
	assert_int_equal(rate_scaled(&of, 170).changes, 19000);
	assert_int_equal(rate_scaled(&of, 1000000).changes, 102000);
	assert_int_equal(rate_scaled(&of, 20).bytes, 2 * RATE_BYTES);
}

static void a_note_survives(void **state)
{
	(void)state;
	struct rate r = {0}, again = {0};
	struct buf text = {0}, other = {0};
	take(&r, "11383", 100, 1);
	take(&r, "11383", 104, 40);
	take(&r, "cong-an@31", 104, 3);
	take(&r, "old", 50, 3);
	rate_lift(&r, "11389", 104);
	rate_print(&r, 104, &text);
	assert_string_equal(buf_str(&text), "11383 104 0 4 40 2000\n"
					    "11389 0 104 1 0 0\n"
					    "cong-an@31 104 0 31 3 150\n");
	rate_read(&again, buf_str(&text), text.len);
	rate_print(&again, 104, &other);
	assert_string_equal(buf_str(&other), buf_str(&text));
	assert_int_equal(take(&again, "11383", 104, 1), 0);
	assert_int_equal(take(&again, "11389", 104, 999), 999);
	rate_free(&r);
	rate_free(&again);
	buf_free(&text);
	buf_free(&other);
}

static void a_damaged_note_is_no_harm(void **state)
{
	(void)state;
	static const char bad[] = "11383\n11383 1 0 0 5 5\n11383 1 0 32 5 5\n11383 1 0 1 -1 5\nx y z\n\n"
				  "11389 5 0 1 10 7\n11391 5 0 1 10 7";
	struct rate r = {0};
	rate_read(&r, bad, sizeof bad - 1);
	assert_int_equal(r.n, 1);
	assert_int_equal(take(&r, "11389", 5, 1), 0);
	rate_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_day_has_its_share),
	    cmocka_unit_test(silence_counts_up_to_a_month),
	    cmocka_unit_test(a_clock_that_goes_back_gives_one_day),
	    cmocka_unit_test(what_is_typed_here_has_one_day),
	    cmocka_unit_test(bytes_count_but_the_first_change_passes),
	    cmocka_unit_test(a_person_lifts_it_for_a_day),
	    cmocka_unit_test(units_below_give_more_but_not_for_ever),
	    cmocka_unit_test(a_note_survives),
	    cmocka_unit_test(a_damaged_note_is_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

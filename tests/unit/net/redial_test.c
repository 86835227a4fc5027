/* Goal: the pause before the next try is what the table says: short where nothing answers, growing where somebody turns us
 * away, never more than five minutes, and never the same for all. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "net/redial.h"

#define EVEN 0 /* the smallest throw */

/* At the most so long: no throw of the dice is longer, and one is so long. */
static int64_t longest(enum redial_why why, bool metered, unsigned tries)
{
	int64_t most = 0;
	for (uint32_t dice = 0; dice < 150001; dice++) {
		int64_t pause = redial_pause(why, metered, tries, dice);
		most = pause > most ? pause : most;
	}
	return most;
}

static void pauses_are_those_of_the_table(void **state)
{
	static const struct {
		enum redial_why why;
		bool metered;
		unsigned tries;
		int64_t least, most;
	} rows[] = {
	    {REDIAL_UNANSWERED, false, 0, 500, 1000},
	    {REDIAL_UNANSWERED, false, 1, 1000, 2000},
	    {REDIAL_UNANSWERED, false, 2, 2000, 4000},
	    {REDIAL_UNANSWERED, false, 3, 4000, 8000},
	    {REDIAL_UNANSWERED, false, 4, 4000, 8000},
	    {REDIAL_UNANSWERED, false, UINT32_MAX, 4000, 8000},
	    {REDIAL_UNANSWERED, true, 0, 500, 1000},
	    {REDIAL_UNANSWERED, true, 5, 16000, 32000},
	    {REDIAL_UNANSWERED, true, 6, 30000, 60000},
	    {REDIAL_UNANSWERED, true, 60000, 30000, 60000},
	    {REDIAL_CUT, false, 0, 250, 500},
	    {REDIAL_CUT, true, 0, 250, 500},
	    {REDIAL_CUT, false, 4, 4000, 8000},
	    {REDIAL_CUT, true, 100, 4000, 8000},
	    {REDIAL_TURNED_AWAY, false, 0, 250, 500},
	    {REDIAL_TURNED_AWAY, false, 1, 500, 1000},
	    {REDIAL_TURNED_AWAY, false, 9, 128000, 256000},
	    {REDIAL_TURNED_AWAY, false, 10, 150000, 300000},
	    {REDIAL_TURNED_AWAY, true, UINT32_MAX, 150000, 300000},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(
		    redial_pause(rows[i].why, rows[i].metered, rows[i].tries, EVEN), rows[i].least);
		assert_int_equal(longest(rows[i].why, rows[i].metered, rows[i].tries), rows[i].most);
	}
}

/* Forty-eight hours without a line, a try after each pause: whenever it is back, a try begins within eight seconds and its
 * handshake ends within ten; and what it costs until then. */
static void after_two_days_a_line_is_in_use_within_ten_seconds(void **state)
{
	const int64_t two_days = INT64_C(172800000), handshake = 2000;
	int64_t now = 0, longest_wait = 0;
	uint32_t dice = 1, tries = 0;
	(void)state;
	while (now < two_days) {
		dice = dice * 1664525 + 1013904223;
		int64_t pause = redial_pause(REDIAL_UNANSWERED, false, tries++, dice >> 8);
		longest_wait = pause > longest_wait ? pause : longest_wait;
		now += pause;
	}
	assert_in_range(longest_wait + handshake, 1, 10000);
	assert_in_range(tries, two_days / 8000, two_days / 5500);
}

/* A thousand that lost the line at once do not come back at once: in no tenth of the pause more than a fifth of them. */
static void many_are_spread(void **state)
{
	unsigned tenths[10] = {0};
	uint32_t dice = 1;
	(void)state;
	for (int i = 0; i < 1000; i++) {
		dice = dice * 1664525 + 1013904223;
		tenths[(redial_pause(REDIAL_UNANSWERED, false, 9, dice >> 8) - 4000) * 10 / 4001]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 50, 200);
}

static void a_try_beside_comes_before_the_kernel_says_its_word_again(void **state)
{
	(void)state;
	for (uint32_t dice = 0; dice < 10000; dice++)
		assert_in_range(redial_beside(dice), 4000, 8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pauses_are_those_of_the_table),
	    cmocka_unit_test(after_two_days_a_line_is_in_use_within_ten_seconds),
	    cmocka_unit_test(many_are_spread),
	    cmocka_unit_test(a_try_beside_comes_before_the_kernel_says_its_word_again),
	};
	return cmocka_run_group_tests_name("redial", tests, NULL, NULL);
}

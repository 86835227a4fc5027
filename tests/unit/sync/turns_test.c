/*
 * Goal: 3,321 units that come back at once after a power cut all have their exchange, few of them in one at a time, in
 * little more time than the work takes, and without calling in vain over and over. In virtual time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sync/turns.h"

#define UNITS 3321
#define STEP 10 /* ms */

struct unit {
	int64_t calls_at, until; /* ms; until: its exchange ends, 0: not begun */
	unsigned calls;
	bool done;
};

static struct unit units[UNITS];
static unsigned dice_state;

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * 1103515245 + 12345;
	return (dice_state >> 16) % sides;
}

/* What a dialler makes of "come back in n seconds" (links_up.c). */
static int64_t comes_back(unsigned seconds)
{
	return (int64_t)seconds * 1000 + dice(seconds * 250 + 500);
}

struct day {
	unsigned most_busy, most_calls, longest_wait;
	int64_t took;
};

/* One exchange takes 2 s of line, and `work` ms of the superior, which does one thing at a time. */
static struct day worst_day(unsigned max, int64_t work)
{
	struct turns t = {.max = max};
	struct day day = {0};
	size_t left = UNITS;
	int64_t free_at = 0;
	memset(units, 0, sizeof units);
	dice_state = 7;
	for (size_t i = 0; i < UNITS; i++)
		units[i].calls_at = dice(2000);
	for (int64_t now = 0; left && now < 3600000; now += STEP)
		for (size_t i = 0; i < UNITS; i++) {
			struct unit *u = &units[i];
			if (u->until && !u->done && now >= u->until) {
				turns_end(&t, true, now);
				u->done = true;
				left--;
				day.took = now;
			}
			if (u->until || now < u->calls_at)
				continue;
			unsigned wait = turns_ask(&t, now);
			u->calls++;
			day.most_calls = u->calls > day.most_calls ? u->calls : day.most_calls;
			day.longest_wait = wait > day.longest_wait ? wait : day.longest_wait;
			day.most_busy = t.busy > day.most_busy ? t.busy : day.most_busy;
			u->calls_at = now + comes_back(wait);
			if (wait == 0) {
				free_at = (free_at > now ? free_at : now) + work;
				u->until = free_at + 2000;
			}
		}
	assert_int_equal(left, 0);
	assert_int_equal(t.busy, 0);
	printf("%u at once, %lld ms each: %lld s, %u calls at most, %u s the longest wait\n", max,
	    (long long)work, (long long)(day.took / 1000), day.most_calls, day.longest_wait);
	return day;
}

static void all_have_their_turn(void **state)
{
	(void)state;
	static const struct {
		unsigned max;
		int64_t work;
	} rows[] = {{256, 20}, {256, 100}, {40, 50}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct day day = worst_day(rows[i].max, rows[i].work);
		int64_t least = UNITS * rows[i].work;
		int64_t turns = UNITS / rows[i].max * 2000;
		assert_true(day.most_busy <= rows[i].max);
		assert_true(day.took <= 2 * (least > turns ? least : turns) + 10000);
		assert_true(day.most_calls <= 12);
		assert_true(day.longest_wait <= TURNS_WAIT_MOST);
	}
}

static void a_line_that_goes_gives_its_place_back(void **state)
{
	(void)state;
	struct turns t = {.max = 2};
	assert_int_equal(turns_ask(&t, 0), 0);
	assert_int_equal(turns_ask(&t, 0), 0);
	assert_true(turns_ask(&t, 0) > 0);
	turns_end(&t, false, 5);
	assert_int_equal(turns_ask(&t, 6), 0);
	turns_end(&t, true, 7);
	turns_end(&t, true, 7);
	assert_int_equal(t.busy, 0);
	turns_end(&t, true, 7);
	assert_int_equal(t.busy, 0);
}

static void nobody_waits_longer_than_five_minutes(void **state)
{
	(void)state;
	struct turns t = {.max = 1, .every = 5000};
	assert_int_equal(turns_ask(&t, 0), 0);
	for (int i = 0; i < 1000; i++)
		assert_in_range(turns_ask(&t, 0), 1, TURNS_WAIT_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_have_their_turn),
	    cmocka_unit_test(a_line_that_goes_gives_its_place_back),
	    cmocka_unit_test(nobody_waits_longer_than_five_minutes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

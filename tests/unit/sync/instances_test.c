/* Which instances of a peer have called, and when two are at work. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sync/instances.h"

static struct instances list;

static int end(void **state)
{
	(void)state;
	instances_free(&list);
	return 0;
}

static enum instance_news saw(const char *peer, const char *id, int64_t now)
{
	const struct instance *it;
	enum instance_news news = instances_saw(&list, peer, id, now, &it);
	assert_string_equal(it->peer, peer);
	assert_memory_equal(it->id, id, INSTANCE_SIZE);
	assert_ptr_equal(instances_last(&list, peer), it);
	assert_ptr_equal(instances_find(&list, peer, id), it);
	return news;
}

static void one_after_the_other(void **state)
{
	(void)state;
	assert_int_equal(saw("11383", "first...", 100), INSTANCE_FIRST);
	assert_int_equal(saw("11383", "first...", 200), INSTANCE_SAME);
	assert_int_equal(saw("11050", "first...", 200), INSTANCE_FIRST);
	assert_int_equal(saw("11383", "moved...", 300), INSTANCE_NEW);
	assert_int_equal(saw("11383", "moved...", 400), INSTANCE_SAME);
	assert_int_equal(saw("11050", "first...", 500), INSTANCE_SAME);
}

static void a_twin(void **state)
{
	(void)state;
	saw("11383", "first...", 100);
	saw("11383", "second..", 200);
	assert_int_equal(saw("11383", "first...", 300), INSTANCE_BACK);
	assert_int_equal(saw("11383", "second..", 400), INSTANCE_BACK);
}

/* The one that was heard to the end goes on in peace when the other is gone. */
static void who_is_left(void **state)
{
	(void)state;
	saw("11383", "first...", 100);
	saw("11383", "second..", 200);
	assert_false(instances_heard(&list, "11383", "second..", 250));
	assert_true(instances_heard(&list, "11383", "first...", 300));
	assert_false(instances_heard(&list, "11383", "first...", 301));
	assert_int_equal(saw("11383", "first...", 310), INSTANCE_SAME);
	/* A line that was dead for long ends late. */
	saw("11383", "second..", 400);
	assert_false(instances_heard(&list, "11383", "first...", 350));
	assert_int_equal(saw("11383", "second..", 410), INSTANCE_SAME);
	assert_false(instances_heard(&list, "11383", "unheard.", 500));
}

static void a_clock_that_was_set_back(void **state)
{
	(void)state;
	saw("11383", "first...", 1000);
	assert_int_equal(saw("11383", "second..", 10), INSTANCE_NEW);
	assert_int_equal(saw("11383", "second..", 11), INSTANCE_SAME);
	assert_int_equal(saw("11383", "first...", 12), INSTANCE_BACK);
}

static void only_the_last_few(void **state)
{
	(void)state;
	char id[INSTANCE_SIZE + 1];
	unsigned used = 0;
	saw("11050", "other...", 1);
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof id, "no %05d", i);
		saw("11383", id, 100 + i);
	}
	assert_int_equal(list.n, INSTANCES_MAX + 1);
	for (size_t i = 0; i < list.n; i++)
		if (strcmp(list.items[i].peer, "11383") == 0)
			used |= 1u << list.items[i].slot;
	assert_int_equal(used, (1u << INSTANCES_MAX) - 1);
	assert_null(instances_find(&list, "11383", "no 00095"));
	assert_non_null(instances_find(&list, "11383", "no 00096"));
	assert_int_equal(saw("11383", "no 00000", 300), INSTANCE_NEW);
}

static void kept_and_read_again(void **state)
{
	(void)state;
	struct buf text = {0}, again = {0};
	saw("11383", "first...", 100);
	saw("cong-an@11383", "station.", 150);
	saw("11383", "second..", 200);
	instances_print(&list, &text);
	instances_free(&list);
	instances_read(&list, buf_str(&text), text.len);
	instances_print(&list, &again);
	assert_string_equal(buf_str(&text), buf_str(&again));
	assert_int_equal(saw("11383", "first...", 300), INSTANCE_BACK);
	buf_free(&text);
	buf_free(&again);
}

static void damaged_lines_are_left_out(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "\n\n", "11383", "11383 6666 0 1 1",
	    "11383 zz66697273742e2e 0 1 1", "11383 66697273742e2e2e 4 1 1", "11383 66697273742e2e2e 1 1 1",
	    "11383 66697273742e2e2e -1 1 1", "11383 66697273742e2e2e 0 1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		instances_read(&list, bad[i], strlen(bad[i]));
		assert_int_equal(list.n, 0);
	}
	const char *twice =
	    "11383 66697273742e2e2e 0 1 1\n11383 66697273742e2e2e 1 1 1\n11383 7365636f6e642e2e 0 1 1\n";
	instances_read(&list, twice, strlen(twice));
	assert_int_equal(list.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(one_after_the_other, end),
	    cmocka_unit_test_teardown(a_twin, end),
	    cmocka_unit_test_teardown(who_is_left, end),
	    cmocka_unit_test_teardown(a_clock_that_was_set_back, end),
	    cmocka_unit_test_teardown(only_the_last_few, end),
	    cmocka_unit_test_teardown(kept_and_read_again, end),
	    cmocka_unit_test_teardown(damaged_lines_are_left_out, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

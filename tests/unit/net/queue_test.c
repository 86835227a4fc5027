/* Records hold whole messages where they fit. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/queue.h"

static void add(struct queue *q, char letter, size_t len)
{
	char bytes[300];
	memset(bytes, letter, sizeof bytes);
	queue_add(q, bytes, len);
}

static void assert_next(struct queue *q, size_t most, char first, size_t len)
{
	const char *bytes;
	assert_int_equal(queue_next(q, most, &bytes), len);
	assert_int_equal(bytes[0], first);
	assert_int_equal(bytes[len - 1] == 0, 0);
	queue_take(q, len);
}

static void whole_messages(void **state)
{
	(void)state;
	struct queue q = {0};
	const char *bytes;
	add(&q, 'a', 20);
	add(&q, 'b', 70);
	add(&q, 'c', 20);
	add(&q, 'd', 100);
	assert_int_equal(queue_left(&q), 210);
	assert_next(&q, 100, 'a', 90);
	assert_next(&q, 100, 'c', 20);
	assert_next(&q, 100, 'd', 100);
	assert_int_equal(queue_left(&q), 0);
	assert_int_equal(queue_next(&q, 100, &bytes), 0);
	queue_free(&q);
}

/* One that fits nowhere goes in pieces, the last of them with what follows. */
static void a_long_message_in_pieces(void **state)
{
	(void)state;
	struct queue q = {0};
	add(&q, 'a', 230);
	add(&q, 'b', 30);
	add(&q, 'c', 60);
	assert_next(&q, 100, 'a', 100);
	add(&q, 'd', 10);
	assert_next(&q, 100, 'a', 100);
	assert_next(&q, 100, 'a', 60);
	assert_next(&q, 100, 'c', 70);
	queue_free(&q);
}

/* What is taken is forgotten, in the middle of a message too; the ends stay where they are. */
static void forgets_what_is_taken(void **state)
{
	(void)state;
	struct queue q = {0};
	add(&q, 'a', 100);
	add(&q, 'b', 30);
	assert_next(&q, 60, 'a', 60);
	queue_take(&q, 10);
	add(&q, 'c', 20);
	assert_int_equal(q.at, 0);
	assert_int_equal(queue_left(&q), 80);
	assert_next(&q, 60, 'a', 60);
	assert_next(&q, 60, 'c', 20);
	queue_free(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_messages),
	    cmocka_unit_test(a_long_message_in_pieces),
	    cmocka_unit_test(forgets_what_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

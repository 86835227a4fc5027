/* What has come of changes that were on their way when a line was cut: the digest tells, wherever that was. */
#include "world.h"

#define HAVE 5 /* the type of that message */

static struct node city, ward;
static unsigned haves; /* said since the line was opened */

static void open_both(void)
{
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	node_act(&ward, 0);
	haves = 0;
}

static int begin(void **state)
{
	(void)state;
	city = (struct node){.unit = "31", .instance = "city 1"};
	ward = (struct node){.unit = "11383", .instance = "ward 1"};
	share(&city, &ward, "directives/31");
	share(&city, &ward, "reports/11383");
	node_write(&ward, "reports/11383", "task set", "progress/31/p/T1.yaml", "percent: '1'\n", NULL, NULL);
	node_write(&city, "directives/31", "issue", "directives/D-1.yaml", "title: x\n", NULL, NULL);
	open_both();
	talk(&ward, &city, 0);
	assert_same(&city, &ward);
	return 0;
}

static int end(void **state)
{
	(void)state;
	node_free(&city);
	node_free(&ward);
	return 0;
}

static void write_many(struct node *n, unsigned count, unsigned first)
{
	for (unsigned i = first; i < first + count; i++) {
		char path[60], text[60];
		snprintf(path, sizeof path, "progress/31/p/T%u.yaml", i % 9);
		snprintf(text, sizeof text, "percent: '%u'\n", i);
		node_write(n, "reports/11383", "task set", path, text, NULL, NULL);
	}
}

static int type_of(const char *message)
{
	while (*message & 0x80)
		message++;
	return message[1];
}

/* Until `most` bytes of `n` have come; then the line is cut. */
static void talk_until(struct node *n, size_t most)
{
	struct node *ends[] = {&ward, &city};
	while (ward.outbox.len || city.outbox.len) {
		for (int i = 0; i < 2; i++) {
			struct buf bytes = ends[i]->outbox;
			size_t len = bytes.len;
			ends[i]->outbox = (struct buf){0};
			if (ends[i] == n && len > most)
				len = most;
			most -= ends[i] == n ? len : 0;
			for (size_t at = 0; at < bytes.len;
			     at += sync_message(bytes.data + at, bytes.len - at))
				haves += type_of(bytes.data + at) == HAVE;
			sync_receive(ends[!i]->sync, bytes.data, len, 0);
			node_act(ends[!i], 0);
			buf_free(&bytes);
			if (most == 0)
				return;
		}
	}
}

static void cut_at_each_byte(struct node *from)
{
	for (size_t at = 40; at < 2400; at += 57) {
		write_many(from, 20, (unsigned)at);
		open_both();
		talk_until(from, at);
		open_both();
		talk_until(from, SIZE_MAX);
		assert_same(&city, &ward);
		assert_int_equal(haves, 0);
		assert_int_equal(city.known + ward.known, 0);
	}
}

static void of_the_dialer(void **state)
{
	(void)state;
	cut_at_each_byte(&ward);
}

static void of_the_listener(void **state)
{
	(void)state;
	cut_at_each_byte(&city);
}

/* Both ends wrote, and the one whose changes came has written more since. */
static void others_wrote_too(void **state)
{
	(void)state;
	write_many(&ward, 12, 100);
	write_many(&city, 12, 200);
	open_both();
	talk_until(&ward, 500);
	write_many(&ward, 3, 300);
	write_many(&city, 3, 400);
	open_both();
	talk_until(&ward, SIZE_MAX);
	assert_same(&city, &ward);
	assert_int_equal(city.known + ward.known, 0);
}

/* The memory is from long ago: more has come than is tried, and haves settle it. */
static void what_cannot_be_guessed(void **state)
{
	(void)state;
	struct buf old = {0};
	write_many(&ward, 20, 100);
	open_both();
	talk_until(&ward, 900);
	buf_add(&old, ward.memory.data, ward.memory.len);
	write_many(&ward, 200, 200);
	open_both();
	talk_until(&ward, SIZE_MAX);
	assert_same(&city, &ward);
	buf_free(&ward.memory);
	ward.memory = old;
	write_many(&ward, 1, 500);
	open_both();
	talk_until(&ward, SIZE_MAX);
	assert_same(&city, &ward);
	assert_true(haves > 0);
	assert_int_equal(city.known + ward.known, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(of_the_dialer, begin, end),
	    cmocka_unit_test_setup_teardown(of_the_listener, begin, end),
	    cmocka_unit_test_setup_teardown(others_wrote_too, begin, end),
	    cmocka_unit_test_setup_teardown(what_cannot_be_guessed, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is written waits a moment for company, and for nothing that leaves anyway. */
#include "world.h"

static struct node city, ward;

static int begin(void **state)
{
	(void)state;
	city = (struct node){.unit = "31", .instance = "city 1"};
	ward = (struct node){.unit = "11383", .instance = "ward 1"};
	share(&city, &ward, "directives/31");
	share(&city, &ward, "reports/11383");
	node_write(&ward, "reports/11383", "task set", "progress/31/p/T1.yaml", "percent: '1'\n", NULL, NULL);
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	converse(&ward, &city, 0);
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

/* Writes one record at `now`; true when something left at once. */
static bool writes(struct node *n, const char *ledger, unsigned i, int64_t now)
{
	char path[60], text[60];
	snprintf(path, sizeof path, "progress/31/p/T%u.yaml", i % 9);
	snprintf(text, sizeof text, "percent: '%u'\n", i);
	node_write(n, ledger, "task set", path, text, NULL, NULL);
	sync_local(n->sync, now);
	node_act(n, now);
	return n->outbox.len > 0;
}

static bool leaves_at(struct node *n, int64_t now)
{
	sync_tick(n->sync, now - 1);
	node_act(n, now - 1);
	bool early = n->outbox.len > 0;
	sync_tick(n->sync, now);
	node_act(n, now);
	return !early && n->outbox.len > 0;
}

static void two_writes_leave_in_one_flight(void **state)
{
	(void)state;
	assert_false(writes(&ward, "reports/11383", 2, 1000));
	assert_false(writes(&ward, "reports/11383", 3, 1300));
	assert_int_equal(sync_next_tick(ward.sync), 1700);
	assert_true(leaves_at(&ward, 1700));
	assert_int_equal(talk(&ward, &city, 1750), 2);
	assert_same(&city, &ward);
	assert_int_equal(city.stored, 3);
}

/* Whoever goes on writing waits for two seconds, no longer; then it begins anew. */
static void not_for_ever(void **state)
{
	(void)state;
	for (int64_t now = 1000; now < 3000; now += 250)
		assert_false(writes(&ward, "reports/11383", (unsigned)now, now));
	assert_true(leaves_at(&ward, 3000));
	converse(&ward, &city, 3001);
	assert_false(writes(&ward, "reports/11383", 1, 3250));
	assert_true(leaves_at(&ward, 3650));
}

static void a_directive_waits_for_nothing(void **state)
{
	(void)state;
	assert_false(writes(&city, "reports/11383", 1, 1000));
	assert_true(writes(&city, "directives/31", 2, 1100));
	assert_int_equal(talk(&ward, &city, 1100), 2);
	assert_same(&city, &ward);
	assert_int_equal(ward.stored, 2);
}

static void who_asks_waits_for_nothing(void **state)
{
	(void)state;
	assert_false(writes(&ward, "reports/11383", 1, 1000));
	sync_request(ward.sync, 7, 1010);
	node_act(&ward, 1010);
	assert_int_equal(talk(&ward, &city, 1010), 2);
	assert_int_equal(ward.token, 7);
	assert_same(&city, &ward);
}

/* The answer to an ask takes it along, and the asker then knows both ends to be equal: no more is said than that. */
static void an_answer_takes_it_along(void **state)
{
	(void)state;
	assert_false(writes(&city, "reports/11383", 1, 1000));
	assert_false(writes(&city, "reports/11383", 2, 1010));
	sync_request(ward.sync, 7, 1020);
	node_act(&ward, 1020);
	assert_int_equal(talk(&ward, &city, 1020), 3);
	assert_int_equal(ward.token, 7);
	assert_int_equal(ward.stored, 2);
	assert_same(&city, &ward);
}

/* Both ends have written, and one was first: its changes, and the other's with the acknowledgement. */
static void an_acknowledgement_takes_it_along(void **state)
{
	(void)state;
	assert_false(writes(&city, "reports/11383", 1, 1300));
	assert_false(writes(&ward, "reports/11383", 2, 1000));
	assert_true(leaves_at(&ward, 1400));
	assert_int_equal(talk(&ward, &city, 1450), 3);
	assert_same(&city, &ward);
}

/* Who waits when the line opens waits for the exchange that begins with it, and is told once. */
static void who_waits_for_a_line_needs_no_second_exchange(void **state)
{
	(void)state;
	node_open(&ward, SYNC_DIALER, 1000);
	node_open(&city, SYNC_LISTENER, 1000);
	sync_request(ward.sync, 7, 1000);
	node_act(&ward, 1000);
	sync_request(ward.sync, 7, 1001);
	ward.equal = ward.exchanges = 0;
	assert_int_equal(talk(&ward, &city, 1050), 2);
	assert_int_equal(ward.token, 7);
	assert_int_equal(ward.exchanges, 1);
	sync_request(ward.sync, 8, 2000);
	node_act(&ward, 2000);
	sync_request(ward.sync, 9, 2001); /* too late for that ask */
	assert_int_equal(talk(&ward, &city, 2050), 4);
	assert_int_equal(ward.token, 9);
	assert_int_equal(ward.exchanges, 3);
}

static void a_look_that_finds_nothing_holds_nothing(void **state)
{
	(void)state;
	sync_local(ward.sync, 1000);
	assert_true(sync_next_tick(ward.sync) > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(two_writes_leave_in_one_flight, begin, end),
	    cmocka_unit_test_setup_teardown(not_for_ever, begin, end),
	    cmocka_unit_test_setup_teardown(a_directive_waits_for_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(who_asks_waits_for_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(an_answer_takes_it_along, begin, end),
	    cmocka_unit_test_setup_teardown(an_acknowledgement_takes_it_along, begin, end),
	    cmocka_unit_test_setup_teardown(who_waits_for_a_line_needs_no_second_exchange, begin, end),
	    cmocka_unit_test_setup_teardown(a_look_that_finds_nothing_holds_nothing, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

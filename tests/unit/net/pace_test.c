/* Goal: a line with a limit is no faster than that, in either direction, and whatever was sent arrives. */
#include "ends.h"

#include "base/sys.h"

#define RATE 40000 /* bytes a second */
#define MUCH 30000

static void set_limit(struct end *end)
{
	net_line_limit(end->line, RATE);
}

/* The bucket, and one read, may go at once; the rest takes its time. */
static void assert_slow(struct end *from, struct end *to, size_t at_once)
{
	char *bytes = mem_alloc(MUCH);
	int64_t begun = sys_ticks();
	memset(bytes, 'x', MUCH);
	net_line_send(from->line, bytes, MUCH);
	while (to->got.len < MUCH)
		uv_run(&loop, UV_RUN_ONCE);
	assert_in_range(sys_ticks() - begun, (int64_t)(MUCH - at_once) * 1000 / RATE, 60000);
	buf_cut(&to->got, 0);
	free(bytes);
}

static void a_limit_holds_both_ways(void **state)
{
	(void)state;
	begin(NULL);
	unit.at_open = set_limit;
	dial(address);
	run_until(&superior.opened);
	assert_slow(&unit, &superior, RATE / 4);
	assert_slow(&superior, &unit, RATE / 2);
	net_line_limit(unit.line, 0);
	assert_slow(&unit, &superior, MUCH);
	assert_int_equal(unit.closed + superior.closed, 0);
}

static void closed_while_it_pauses(void **state)
{
	(void)state;
	begin(NULL);
	unit.at_open = set_limit;
	dial(address);
	run_until(&superior.opened);
	char bytes[4096] = "";
	for (int i = 0; i < 16; i++)
		net_line_send(superior.line, bytes, sizeof bytes);
	for (int i = 0; i < 16; i++)
		net_line_send(unit.line, bytes, sizeof bytes);
	while (superior.got.len < sizeof bytes)
		uv_run(&loop, UV_RUN_ONCE);
	net_line_close(unit.line);
	run_until(&superior.closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_limit_holds_both_ways, setup, teardown),
	    cmocka_unit_test_setup_teardown(closed_while_it_pauses, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

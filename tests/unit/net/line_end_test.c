/* Goal: a line ends cleanly whoever ends it and when. No test waits for the clock. */
#include "ends.h"

static void close_it(struct end *end)
{
	net_line_close(end->line);
}

static void say_and_close(struct end *end)
{
	send_pattern(end);
	net_line_close(end->line);
	net_line_close(end->line);
	net_line_send(end->line, "x", 1); /* silently nothing */
}

static void last_words_arrive_before_the_end(void **state)
{
	(void)state;
	begin(NULL);
	superior.at_open = say_and_close;
	dial(address);
	run_until(&unit.closed);
	char sentence[200];
	snprintf(sentence, sizeof sentence, "the far end at %s ended the line", address);
	assert_why(&unit, ERR_TIMEOUT, sentence);
	assert_int_equal(unit.end, REDIAL_TURNED_AWAY);
	assert_pattern(&unit.got);
	assert_int_equal(superior.closed, 0);
}

/* The far end's process was killed, or something on the way gave the line up. */
static void break_it(struct end *end)
{
	uv_os_fd_t fd;
	assert_int_equal(uv_fileno((uv_handle_t *)&end->line->tcp, &fd), 0);
	shutdown(fd, SHUT_RDWR);
}

static void a_line_that_breaks_is_told_from_one_that_is_ended(void **state)
{
	(void)state;
	begin(NULL);
	unit.at_open = greet;
	superior.at_bytes = break_it;
	dial(address);
	run_until(&unit.closed);
	assert_int_equal(unit.why.code, ERR_TIMEOUT);
	assert_int_equal(unit.end, REDIAL_CUT);
}

static void closing_within_each_callback_is_quiet(void **state)
{
	(void)state;
	begin(NULL);
	unit.at_open = close_it;
	dial(address);
	run_until(&superior.closed);
	assert_int_equal(unit.closed, 0);

	superior.closed = 0;
	unit.at_open = greet;
	superior.at_bytes = close_it;
	dial(address);
	run_until(&unit.closed);
	assert_int_equal(superior.closed, 0);

	unit.closed = 0;
	unit.at_close = close_it; /* too late, and harmless */
	dial(address);
	run_until(&unit.closed);
}

/* At whatever step the line is by then: resolving, connecting, shaking hands, refused. */
static void closing_before_it_is_open_is_quiet(void **state)
{
	(void)state;
	begin(NULL);
	superior.welcome = nobody;
	for (int turns = 0; turns < 16; turns++) {
		unit.closed = 0;
		dial(turns % 2 ? "localhost:1" : address);
		for (int i = 0; i < turns / 2; i++)
			uv_run(&loop, UV_RUN_NOWAIT);
		unsigned told = unit.closed;
		net_line_close(unit.line);
		for (int i = 0; i < 20; i++)
			uv_run(&loop, UV_RUN_NOWAIT);
		assert_int_equal(unit.closed, told);
	}
}

static void free_all(struct end *end)
{
	net_free(end->net);
	end->net = NULL;
}

static void a_node_may_end_within_a_callback(void **state)
{
	(void)state;
	begin(NULL);
	unit.at_open = greet;
	superior.at_bytes = free_all;
	dial(address);
	run_until(&unit.closed);
	assert_int_equal(superior.closed, 0);
	assert_int_equal(unit.why.code, ERR_TIMEOUT);
}

static void a_full_queue_says_so_and_ends_at_its_limit(void **state)
{
	(void)state;
	begin(&(struct net_options){.queue_high = 1000, .queue_limit = 4000});
	dial(address);
	run_until(&superior.opened);
	char bytes[1000] = {0};
	assert_true(net_line_send(unit.line, bytes, 1000));
	assert_false(net_line_send(unit.line, bytes, 1));
	assert_int_equal(net_line_queued(unit.line), 1001);
	run_until(&unit.drained);
	assert_true(net_line_send(unit.line, bytes, 1000));
	for (int i = 0; i < 4; i++)
		net_line_send(unit.line, bytes, 1000);
	assert_int_equal(unit.closed, 0); /* never from within a call */
	run_until(&unit.closed);
	assert_string_equal(unit.why.msg, "the far end at %1 takes in nothing");
}

/* A reset comes right behind the last bytes, and we were about to write: they are read first. */
static void what_came_before_a_reset_is_read(void **state)
{
	(void)state;
	const struct linger at_once = {1, 0};
	uv_os_fd_t fd;
	begin(NULL);
	dial(address);
	run_until(&superior.opened);
	assert_int_equal(uv_fileno((uv_handle_t *)&superior.line->tcp, &fd), 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	greet(&superior);
	line_flush(superior.line);
	line_drop(superior.line);
	net_line_send(unit.line, "x", 1);
	line_flush(unit.line);
	run_until(&unit.closed);
	assert_string_equal(buf_str(&unit.got), "chào");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(last_words_arrive_before_the_end),
	    T(a_line_that_breaks_is_told_from_one_that_is_ended),
	    T(closing_within_each_callback_is_quiet),
	    T(closing_before_it_is_open_is_quiet),
	    T(a_node_may_end_within_a_callback),
	    T(what_came_before_a_reset_is_read),
	    T(a_full_queue_says_so_and_ends_at_its_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

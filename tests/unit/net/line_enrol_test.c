/* Goal: an enrolment line is told from an ordinary one before anybody is asked about its key, and neither gets the
 * other's welcome. */
#include "ends.h"

static struct end clerk;

static inline void on_enrol_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct end *end = ctx;
	(void)key;
	end->line = line;
	end->opened++;
}

static const struct net_calls enrol_calls = {.admit = admit,
    .on_open = on_enrol_open,
    .on_bytes = on_bytes,
    .on_drained = on_drained,
    .on_close = on_close};

static void dial_to_enrol(void)
{
	struct err err = {0};
	unit.line = net_dial_enrol(unit.net, address, &calls, &unit, &err);
	assert_non_null(unit.line);
}

static void begin_strict(bool enrols)
{
	clerk = (struct end){0};
	begin(NULL);
	superior.welcome = nobody;
	if (enrols)
		net_listener_enrol(listener, &enrol_calls, &clerk);
}

static void a_stranger_reaches_the_enrolment(void **state)
{
	(void)state;
	begin_strict(true);
	dial_to_enrol();
	run_until(&unit.opened);
	greet(&unit);
	while (clerk.got.len < strlen("chào"))
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(clerk.opened, 1);
	assert_int_equal(superior.opened, 0);
	buf_free(&clerk.got);
	net_line_close(clerk.line);
}

static void a_stranger_gets_no_ordinary_line(void **state)
{
	(void)state;
	begin_strict(true);
	dial(address);
	run_until(&unit.closed);
	assert_int_equal(unit.why.code, ERR_REFUSED);
	assert_int_equal(clerk.opened + superior.opened, 0);
}

static void where_nobody_enrols_the_line_is_refused(void **state)
{
	(void)state;
	begin_strict(false);
	superior.welcome = NULL;
	dial_to_enrol();
	run_until(&unit.closed);
	assert_int_equal(unit.why.code, ERR_REFUSED);
	assert_int_equal(superior.opened, 0);
}

static void the_dialler_pins_here_too(void **state)
{
	(void)state;
	begin_strict(true);
	unit.welcome = nobody;
	dial_to_enrol();
	run_until(&unit.closed);
	assert_int_equal(unit.why.code, ERR_REFUSED);
	assert_int_equal(clerk.opened, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_stranger_reaches_the_enrolment),
	    T(a_stranger_gets_no_ordinary_line),
	    T(where_nobody_enrols_the_line_is_refused),
	    T(the_dialler_pins_here_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

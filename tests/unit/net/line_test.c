/* Goal: real lines over loopback, both ends in one loop: they carry bytes and refuse strangers. No test waits for the
 * clock but those of a timeout, which is set to a few milliseconds. */
#include "ends.h"

/* Carrying. */

static void a_megabyte_goes_both_ways(void **state)
{
	(void)state;
	begin(NULL);
	unit.at_open = superior.at_open = send_pattern;
	dial(address);
	while (unit.got.len < MEGABYTE || superior.got.len < MEGABYTE)
		uv_run(&loop, UV_RUN_ONCE);
	assert_pattern(&unit.got);
	assert_pattern(&superior.got);
	assert_int_equal(unit.drained, 1);
	assert_int_equal(unit.closed + superior.closed, 0);
}

static void one_update(struct end *end)
{
	char message[148];
	memset(message, 'x', sizeof message);
	net_line_send(end->line, message, 100);
	net_line_send(end->line, message, 48); /* one turn of the loop, one record */
}

static void handshake_and_update_cost_what_they_must(void **state)
{
	(void)state;
	begin(NULL);
	dial(address);
	run_until(&superior.opened);
	uint64_t in, out, in_before, out_before;
	net_line_bytes(superior.line, &in_before, &out_before);
	assert_true(in_before + out_before <= 1300);
	one_update(unit.line ? &unit : NULL);
	while (superior.got.len < 148)
		uv_run(&loop, UV_RUN_ONCE);
	net_line_bytes(superior.line, &in, &out);
	assert_int_equal(in - in_before, 148 + 22);
	assert_int_equal(out - out_before, 0);
	net_line_bytes(unit.line, &in_before, &out_before);
	assert_int_equal(out_before, in);
	assert_int_equal(in_before, out);
	print_message("handshake and a message of 148 bytes: %d bytes\n", (int)(in + out));
}

static void names_are_reached(void **state)
{
	(void)state;
	begin(NULL);
	char name[64];
	snprintf(name, sizeof name, "localhost:%u", net_listener_port(listener));
	superior.at_open = greet;
	dial(name);
	run_until(&unit.opened);
	while (unit.got.len < strlen("chào"))
		uv_run(&loop, UV_RUN_ONCE);
	assert_string_equal(net_line_far(unit.line), name);
}

static void ipv6_is_reached(void **state)
{
	(void)state;
	struct err err = {0};
	begin(NULL);
	struct net_listener *six;
	if (net_listen(superior.net, "[::1]:0", &calls, &superior, &six, &err) < 0)
		return; /* this machine has none */
	snprintf(address, sizeof address, "[::1]:%u", net_listener_port(six));
	dial(address);
	run_until(&superior.opened);
	assert_int_equal(strncmp(net_line_far(superior.line), "[::1]:", 6), 0);
}

static void an_empty_host_is_every_address(void **state)
{
	(void)state;
	struct err err = {0};
	begin(NULL);
	struct net_listener *all;
	assert_int_equal(net_listen(superior.net, ":0", &calls, &superior, &all, &err), 0);
	snprintf(address, sizeof address, "127.0.0.1:%u", net_listener_port(all));
	dial(address);
	run_until(&superior.opened);
}

static void a_line_gets_other_calls(void **state)
{
	(void)state;
	static struct end third;
	third = (struct end){0};
	begin(NULL);
	dial(address);
	run_until(&superior.opened);
	third.line = superior.line;
	net_line_set(superior.line, &calls, &third);
	greet(&unit);
	while (third.got.len < strlen("chào"))
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(superior.got.len, 0);
	buf_free(&third.got);
	net_line_close(third.line);
}

/* Strangers. */

static void the_dialler_refuses_a_wrong_key(void **state)
{
	(void)state;
	char sentence[200];
	begin(NULL);
	unit.welcome = nobody;
	dial(address);
	run_until(&unit.closed);
	snprintf(sentence, sizeof sentence, "the far end at %s does not hold the key that the registry names",
	    address);
	assert_why(&unit, ERR_REFUSED, sentence);
	assert_int_equal(unit.opened + superior.opened + superior.closed, 0);
}

static void the_listener_refuses_a_wrong_key(void **state)
{
	(void)state;
	char sentence[200];
	begin(NULL);
	superior.welcome = nobody;
	unit.at_open = send_pattern; /* what is under way when the alert comes must not destroy it */
	dial(address);
	run_until(&unit.closed);
	snprintf(sentence, sizeof sentence, "the far end at %s does not admit the key of this node", address);
	assert_why(&unit, ERR_REFUSED, sentence);
	assert_int_equal(unit.end, REDIAL_TURNED_AWAY);
	assert_int_equal(superior.opened + superior.closed, 0);
	assert_int_equal(superior.got.len, 0);
}

/* A bare TCP client or server beside our nodes. */
struct plain {
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	const char *words;
	unsigned hung_up;
	char room[4096];
};

static void plain_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct plain *plain = handle->data;
	*buf = uv_buf_init(plain->room, sizeof plain->room);
}

static void plain_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	(void)bytes;
	struct plain *plain = stream->data;
	if (n < 0) {
		plain->hung_up++;
		uv_close((uv_handle_t *)stream, NULL);
	}
}

static void plain_talk(struct plain *plain)
{
	uv_read_start((uv_stream_t *)&plain->tcp, plain_room, plain_read);
	if (!plain->words)
		return;
	uv_buf_t words = uv_buf_init((char *)(uintptr_t)plain->words, (unsigned)strlen(plain->words));
	uv_write(&plain->write, (uv_stream_t *)&plain->tcp, &words, 1, NULL);
}

static void plain_connected(uv_connect_t *connect, int status)
{
	assert_int_equal(status, 0);
	plain_talk(connect->data);
}

static void plain_dial(struct plain *plain, const char *words)
{
	struct sockaddr_in to;
	plain->words = words;
	uv_tcp_init(&loop, &plain->tcp);
	plain->tcp.data = plain->connect.data = plain;
	uv_ip4_addr("127.0.0.1", (int)net_listener_port(listener), &to);
	assert_int_equal(
	    uv_tcp_connect(&plain->connect, &plain->tcp, (struct sockaddr *)&to, plain_connected), 0);
}

static void garbage_at_the_listener_is_hung_up_on(void **state)
{
	(void)state;
	static struct plain stranger;
	stranger = (struct plain){0};
	begin(NULL);
	plain_dial(&stranger, "GET / HTTP/1.1\r\n\r\n");
	run_until(&stranger.hung_up);
	assert_int_equal(superior.opened + superior.closed, 0);
}

/* The kernel has taken the call, the caller has reset it, and only then does the loop look. */
static void a_caller_that_hangs_up_at_once_harms_nobody(void **state)
{
	(void)state;
	begin(NULL);
	struct linger reset = {.l_onoff = 1};
	struct sockaddr_in to;
	uv_ip4_addr("127.0.0.1", (int)net_listener_port(listener), &to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
	close(fd);
	dial(address);
	run_until(&superior.opened);
	assert_int_equal(superior.closed, 0);
}

static struct plain guest;

static void plain_accept(uv_stream_t *stream, int status)
{
	assert_int_equal(status, 0);
	uv_tcp_init(&loop, &guest.tcp);
	guest.tcp.data = &guest;
	assert_int_equal(uv_accept(stream, (uv_stream_t *)&guest.tcp), 0);
	plain_talk(&guest);
}

static void plain_listen(uv_tcp_t *tcp, const char *words)
{
	struct sockaddr_in at, bound;
	int len = sizeof bound;
	guest = (struct plain){.words = words};
	uv_tcp_init(&loop, tcp);
	uv_ip4_addr("127.0.0.1", 0, &at);
	assert_int_equal(uv_tcp_bind(tcp, (struct sockaddr *)&at, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)tcp, 8, plain_accept), 0);
	uv_tcp_getsockname(tcp, (struct sockaddr *)&bound, &len);
	snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(bound.sin_port));
}

static void another_service_at_the_address_is_named_as_such(void **state)
{
	(void)state;
	static uv_tcp_t ssh;
	begin(NULL);
	plain_listen(&ssh, "SSH-2.0-OpenSSH_9.2p1\r\n");
	dial(address);
	run_until(&unit.closed);
	assert_int_equal(unit.why.code, ERR_PEER);
	assert_string_equal(unit.why.msg, "the far end at %1 does not speak tuyen's protocol (%2)");
	assert_string_equal(unit.why.hint, "check that %1 is the address of a tuyen node");
	assert_int_equal(
	    unit.end, REDIAL_UNANSWERED); /* a network's sign-in page; ours may be behind it in a moment */
	uv_close((uv_handle_t *)&ssh, NULL);
}

static void a_listener_that_never_speaks_is_given_up(void **state)
{
	(void)state;
	static uv_tcp_t mute;
	char sentence[200];
	begin(&(struct net_options){.handshake_ms = 30});
	plain_listen(&mute, NULL);
	dial(address);
	run_until(&unit.closed);
	snprintf(
	    sentence, sizeof sentence, "the far end at %s did not finish the handshake in time", address);
	assert_why(&unit, ERR_TIMEOUT, sentence);
	assert_int_equal(unit.end, REDIAL_UNANSWERED);
	uv_close((uv_handle_t *)&mute, NULL);
}

static uv_timer_t dripping;

static void drip(uv_timer_t *timer)
{
	static char record[] = "\x16\x03\x03\x40"; /* the beginning of a record, and then zeros */
	static size_t said;
	(void)timer;
	if (guest.hung_up || !uv_is_writable((uv_stream_t *)&guest.tcp))
		return;
	uv_buf_t piece = uv_buf_init(&record[said < sizeof record ? said++ : sizeof record - 1], 1);
	uv_try_write((uv_stream_t *)&guest.tcp, &piece, 1);
}

/* While bytes come the handshake may take longer, but not for ever. */
static void a_listener_that_drips_is_given_up_in_the_end(void **state)
{
	(void)state;
	static uv_tcp_t tap;
	begin(&(struct net_options){.handshake_ms = 60});
	plain_listen(&tap, NULL);
	uv_timer_init(&loop, &dripping);
	uv_timer_start(&dripping, drip, 20, 5);
	dial(address);
	run_until(&unit.closed);
	assert_int_equal(unit.why.code, ERR_TIMEOUT);
	assert_string_equal(unit.why.msg, "the far end at %1 did not finish the handshake in time");
	assert_int_equal(unit.end, REDIAL_TURNED_AWAY);
	uv_close((uv_handle_t *)&dripping, NULL);
	uv_close((uv_handle_t *)&tap, NULL);
}

static void a_client_that_never_speaks_is_dropped(void **state)
{
	(void)state;
	static struct plain mute;
	mute = (struct plain){0};
	begin(&(struct net_options){.handshake_ms = 30});
	plain_dial(&mute, NULL);
	run_until(&mute.hung_up);
	assert_int_equal(superior.opened + superior.closed, 0);
}

static void the_oldest_stranger_makes_room(void **state)
{
	(void)state;
	static struct plain mute[5];
	memset(mute, 0, sizeof mute);
	begin(&(struct net_options){.max_pending = 4});
	for (int i = 0; i < 5; i++) {
		plain_dial(&mute[i], NULL);
		unsigned turns = 0;
		while (turns++ < 3)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	run_until(&mute[0].hung_up);
	for (int i = 1; i < 5; i++)
		assert_int_equal(mute[i].hung_up, 0);
	dial(address);
	run_until(&superior.opened);
	assert_int_equal(mute[1].hung_up, 1);
}

/* Places that are not there. */

static void a_dead_port_is_told_with_what_to_do(void **state)
{
	(void)state;
	char sentence[200];
	begin(NULL);
	net_listener_close(listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	dial(address);
	run_until(&unit.closed);
	snprintf(sentence, sizeof sentence, "cannot reach %s: nothing listens there", address);
	assert_why(&unit, ERR_TIMEOUT, sentence);
	assert_string_equal(unit.why.hint, "check the address and that the node there is running");
	assert_int_equal(unit.end, REDIAL_UNANSWERED);
}

static void a_name_that_is_none_is_told(void **state)
{
	(void)state;
	begin(NULL);
	dial("khong..co:7031");
	run_until(&unit.closed);
	assert_why(&unit, ERR_TIMEOUT, "cannot reach khong..co:7031: its name is not known here");
	assert_int_equal(unit.end, REDIAL_UNANSWERED);
}

static void a_taken_port_is_told_at_once(void **state)
{
	(void)state;
	struct err err = {0};
	struct net_listener *second;
	begin(NULL);
	assert_int_equal(net_listen(unit.net, address, &calls, &unit, &second, &err), ERR_BUSY);
	assert_string_equal(err.msg, "cannot listen on %1: another program holds this port");
	struct err foreign = {0};
	assert_int_equal(net_listen(unit.net, "192.0.2.1:7031", &calls, &unit, &second, &foreign), ERR_INPUT);
	assert_string_equal(foreign.msg, "cannot listen on %1: this machine does not have that address");
}

static void addresses_are_checked(void **state)
{
	char host[HOST_SIZE], port[6];
	(void)state;
	static const char *const good[] = {
	    "10.1.2.3:7031", "tinh.example.vn:1", "[2001:db8::1]:65535", "[::]:7031"};
	static const char *const bad[] = {"", "7031", "host", "host:", ":7031", "host:0", "host:65536",
	    "host:-1", "host:7031x", "::1:7031", "[]:7031", "[::1:7031", "a b:7031", "http://host:80",
	    "host: 7031"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct err err = {0};
		assert_int_equal(address_split(good[i], false, host, port, &err), 0);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = {0};
		if (address_split(bad[i], false, host, port, &err) != ERR_INPUT)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(err.hint);
	}
	struct err err = {0};
	assert_int_equal(address_split(":7031", true, host, port, &err), 0);
	assert_int_equal(address_split("0.0.0.0:0", true, host, port, &err), 0);
	char *long_name = mem_alloc(400);
	memset(long_name, 'x', 390);
	strcpy(long_name + 390, ":7031");
	assert_int_equal(address_split(long_name, false, host, port, &err), ERR_INPUT);
	free(long_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_megabyte_goes_both_ways),
	    T(handshake_and_update_cost_what_they_must),
	    T(names_are_reached),
	    T(ipv6_is_reached),
	    T(an_empty_host_is_every_address),
	    T(a_line_gets_other_calls),
	    T(the_dialler_refuses_a_wrong_key),
	    T(the_listener_refuses_a_wrong_key),
	    T(garbage_at_the_listener_is_hung_up_on),
	    T(a_caller_that_hangs_up_at_once_harms_nobody),
	    T(another_service_at_the_address_is_named_as_such),
	    T(a_listener_that_never_speaks_is_given_up),
	    T(a_listener_that_drips_is_given_up_in_the_end),
	    T(a_client_that_never_speaks_is_dropped),
	    T(the_oldest_stranger_makes_room),
	    T(a_dead_port_is_told_with_what_to_do),
	    T(a_name_that_is_none_is_told),
	    T(a_taken_port_is_told_at_once),
	    T(addresses_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

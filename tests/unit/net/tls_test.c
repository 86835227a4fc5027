/* Goal: two filters shake hands in memory, each knows the other's key, and nothing else gets through. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "net/tls.h"

#define CLIENT_BYTES 505
#define SERVER_BYTES 532
#define CLIENT_SHORT_BYTES 260
#define SERVER_SHORT_BYTES 201

struct end {
	struct key *key;
	struct tls_context *context;
	struct tls *tls;
	const unsigned char *welcome; /* the one key it admits */
	struct buf wire, plain;
	size_t sent;
	struct err err;
};

static struct end client, server;

static bool admit(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct end *end = ctx;
	return memcmp(key, end->welcome, KEY_PUBLIC_SIZE) == 0;
}

static void make_end(struct end *end, enum tls_side side)
{
	struct err err = {0};
	assert_int_equal(key_generate(&end->key, &err), 0);
	assert_int_equal(tls_context_new(end->key, &end->context, &err), 0);
	end->tls = tls_new(end->context, side, side == TLS_CLIENT ? "tinh:7031" : "xa:50000", admit, end);
}

static int setup(void **state)
{
	(void)state;
	make_end(&client, TLS_CLIENT);
	make_end(&server, TLS_SERVER);
	client.welcome = key_public(server.key);
	server.welcome = key_public(client.key);
	tls_start(client.tls, &client.wire);
	return 0;
}

static void free_end(struct end *end)
{
	tls_free(end->tls);
	tls_context_free(end->context);
	key_free(end->key);
	buf_free(&end->wire);
	buf_free(&end->plain);
	*end = (struct end){0};
}

static int teardown(void **state)
{
	(void)state;
	free_end(&client);
	free_end(&server);
	return 0;
}

/* Carry what `from` wants to send to `to`, `step` bytes at a time. True if there was anything. */
static bool carry(struct end *from, struct end *to, size_t step)
{
	struct buf wire = from->wire;
	from->wire = (struct buf){0};
	from->sent += wire.len;
	for (size_t at = 0; at < wire.len && !to->err.code; at += step) {
		size_t n = wire.len - at < step ? wire.len - at : step;
		tls_feed(to->tls, wire.data + at, n, &to->plain, &to->wire, &to->err);
	}
	bool any = wire.len > 0;
	buf_free(&wire);
	return any;
}

static void pump(size_t step)
{
	bool more = true;
	while (more) {
		more = carry(&client, &server, step);
		more = carry(&server, &client, step) || more;
	}
}

static void say(struct end *end, const void *bytes, size_t len)
{
	struct err err = {0};
	assert_int_equal(tls_send(end->tls, bytes, len, &end->wire, &err), 0);
}

static void both_ends_know_the_key_of_the_other(void **state)
{
	(void)state;
	assert_null(tls_peer_key(client.tls));
	pump(100000);
	assert_true(tls_is_open(client.tls));
	assert_true(tls_is_open(server.tls));
	assert_memory_equal(tls_peer_key(client.tls), key_public(server.key), KEY_PUBLIC_SIZE);
	assert_memory_equal(tls_peer_key(server.tls), key_public(client.key), KEY_PUBLIC_SIZE);
}

static void a_handshake_costs_little_and_always_the_same(void **state)
{
	(void)state;
	pump(100000);
	print_message("handshake: %zu bytes out, %zu in\n", client.sent, server.sent);
	assert_int_equal(client.sent, CLIENT_BYTES);
	assert_int_equal(server.sent, SERVER_BYTES);
}

static void a_message_costs_22_bytes_more(void **state)
{
	(void)state;
	char message[148];
	memset(message, 'x', sizeof message);
	pump(100000);
	client.sent = 0;
	say(&client, message, sizeof message);
	pump(100000);
	assert_int_equal(client.sent, 148 + TLS_OVERHEAD);
	assert_int_equal(server.plain.len, 148);
	assert_memory_equal(server.plain.data, message, 148);
}

static void bytes_may_come_one_by_one(void **state)
{
	(void)state;
	pump(1);
	assert_true(tls_is_open(server.tls));
	say(&server, "chỉ thị", strlen("chỉ thị"));
	pump(1);
	assert_string_equal(buf_str(&client.plain), "chỉ thị");
}

static void a_large_message_is_cut_into_records(void **state)
{
	(void)state;
	size_t len = 3 * TLS_RECORD + 5;
	char *message = mem_alloc(len);
	memset(message, 'y', len);
	pump(100000);
	client.sent = 0;
	say(&client, message, len);
	pump(1000);
	assert_int_equal(client.sent, len + 4 * TLS_OVERHEAD);
	assert_int_equal(server.plain.len, len);
	assert_memory_equal(server.plain.data, message, len);
	free(message);
}

static const unsigned char nobody[KEY_PUBLIC_SIZE];

static struct tls_memory kept; /* by the server */

static bool recall(void *ctx, const unsigned char id[TLS_MEMORY_ID], struct tls_memory *out)
{
	(void)ctx;
	*out = kept;
	return memcmp(id, kept.id, TLS_MEMORY_ID) == 0;
}

/* The same two keys meet again; the client offers `memory`. */
static void meet_again(const struct tls_memory *memory)
{
	struct end *ends[] = {&client, &server};
	for (int i = 0; i < 2; i++) {
		tls_free(ends[i]->tls);
		ends[i]->sent = 0;
		buf_cut(&ends[i]->wire, 0);
		ends[i]->tls = tls_new(ends[i]->context, i ? TLS_SERVER : TLS_CLIENT, "x:1", admit, ends[i]);
	}
	tls_set_recall(server.tls, recall, NULL);
	tls_offer(client.tls, memory);
	tls_start(client.tls, &client.wire);
	pump(100000);
}

static void who_has_met_needs_no_certificates(void **state)
{
	(void)state;
	struct tls_memory memory, again;
	pump(100000);
	assert_true(tls_remember(client.tls, &memory));
	assert_true(tls_remember(server.tls, &kept));
	assert_memory_equal(memory.id, kept.id, TLS_MEMORY_ID);
	assert_memory_equal(memory.secret, kept.secret, sizeof kept.secret);
	for (int i = 0; i < 3; i++) {
		meet_again(&memory);
		assert_true(tls_is_open(client.tls));
		assert_true(tls_is_open(server.tls));
		assert_memory_equal(tls_peer_key(client.tls), key_public(server.key), KEY_PUBLIC_SIZE);
		assert_memory_equal(tls_peer_key(server.tls), key_public(client.key), KEY_PUBLIC_SIZE);
		assert_int_equal(client.sent, CLIENT_SHORT_BYTES);
		assert_int_equal(server.sent, SERVER_SHORT_BYTES);
		assert_false(tls_remember(client.tls, &again));
	}
	say(&client, "chào", 5);
	pump(100000);
	assert_int_equal(server.plain.len, 5);
}

static void who_was_forgotten_shakes_hands_anew(void **state)
{
	(void)state;
	struct tls_memory memory, again;
	pump(100000);
	assert_true(tls_remember(client.tls, &memory));
	assert_true(tls_remember(server.tls, &kept));
	kept.id[0] ^= 1;
	meet_again(&memory);
	assert_true(tls_is_open(server.tls));
	assert_memory_equal(tls_peer_key(client.tls), key_public(server.key), KEY_PUBLIC_SIZE);
	assert_true(tls_remember(client.tls, &again));
	assert_memory_not_equal(again.id, memory.id, TLS_MEMORY_ID);
}

static void what_is_kept_does_not_outlast_the_welcome(void **state)
{
	(void)state;
	struct tls_memory memory;
	unsigned char other[KEY_PUBLIC_SIZE] = {1};
	pump(100000);
	assert_true(tls_remember(client.tls, &memory));
	assert_true(tls_remember(server.tls, &kept));
	server.welcome = other;
	meet_again(&memory);
	assert_false(tls_is_open(server.tls));
	assert_int_equal(server.err.code, ERR_REFUSED);
}

static void a_secret_that_differs_opens_nothing(void **state)
{
	(void)state;
	struct tls_memory memory;
	pump(100000);
	assert_true(tls_remember(client.tls, &memory));
	assert_true(tls_remember(server.tls, &kept));
	memory.secret[5] ^= 1;
	meet_again(&memory);
	assert_false(tls_is_open(server.tls));
	assert_int_not_equal(server.err.code, 0);
}

static void the_client_refuses_a_wrong_key(void **state)
{
	(void)state;
	client.welcome = nobody;
	pump(100000);
	assert_int_equal(client.err.code, ERR_REFUSED);
	assert_string_equal(
	    client.err.msg, "the far end at %1 does not hold the key that the registry names");
	assert_string_equal(client.err.arg[0], "tinh:7031");
	assert_null(tls_peer_key(client.tls));
	assert_int_equal(server.err.code, ERR_REFUSED);
	assert_string_equal(server.err.msg, "the far end at %1 does not admit the key of this node");
}

static void the_server_refuses_a_wrong_key(void **state)
{
	(void)state;
	server.welcome = nobody;
	pump(100000);
	assert_int_equal(server.err.code, ERR_REFUSED);
	assert_string_equal(server.err.msg, "the far end at %1 holds a key that the registry does not name");
	assert_null(tls_peer_key(server.tls));
	assert_int_equal(client.err.code, ERR_REFUSED);
	assert_string_equal(client.err.msg, "the far end at %1 does not admit the key of this node");
}

static bool once_admitted(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx;
	return memcmp(key, key_public(client.key), KEY_PUBLIC_SIZE) == 0;
}

static void a_key_that_was_admitted_once_is_told_so(void **state)
{
	(void)state;
	server.welcome = nobody;
	tls_set_ended(server.tls, once_admitted);
	pump(100000);
	assert_int_equal(server.err.code, ERR_REFUSED);
	assert_string_equal(
	    server.err.msg, "the far end at %1 holds a key that is suspended, or not in use any more");
	assert_int_equal(client.err.code, ERR_REFUSED);
	assert_string_equal(client.err.msg, "the far end at %1 does not admit the key of this node any more");
}

static void other_protocols_are_turned_away(void **state)
{
	(void)state;
	static const char *const garbage[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
	    "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\x15\x03\x03\x00\x02\x02\x28"};
	static const size_t len[] = {27, 21, 10, 7};
	for (size_t i = 0; i < 4; i++) {
		struct err err = {0};
		struct tls *tls = tls_new(server.context, TLS_SERVER, "x:1", admit, &server);
		assert_int_equal(
		    tls_feed(tls, garbage[i], len[i], &server.plain, &server.wire, &err), ERR_PEER);
		assert_string_equal(err.msg, "the far end at %1 does not speak tuyen's protocol (%2)");
		assert_int_equal(server.plain.len, 0);
		tls_free(tls);
	}
}

static void every_altered_byte_is_noticed(void **state)
{
	(void)state;
	pump(100000);
	say(&client, "báo cáo", strlen("báo cáo"));
	client.wire.data[client.wire.len / 2] ^= 1;
	pump(100000);
	assert_int_equal(server.err.code, ERR_PEER);
	assert_string_equal(server.err.msg, "what came from %1 was altered on the way");
	assert_int_equal(server.plain.len, 0);
}

static void no_altered_handshake_opens(void **state)
{
	(void)state;
	carry(&client, &server, 100000);
	size_t len = server.wire.len;
	for (size_t at = 0; at < len; at += 7) {
		teardown(NULL);
		setup(NULL);
		carry(&client, &server, 100000);
		server.wire.data[at % server.wire.len] ^= 0x10;
		pump(100000);
		assert_false(tls_is_open(server.tls));
	}
}

static void goodbye_is_told_from_a_cut(void **state)
{
	(void)state;
	pump(100000);
	say(&client, "xong", 4);
	tls_bye(client.tls, &client.wire);
	assert_false(tls_ended(server.tls));
	pump(100000);
	assert_true(tls_ended(server.tls));
	assert_string_equal(buf_str(&server.plain), "xong");
	assert_int_equal(server.err.code, 0);
}

static void nothing_is_sent_before_it_is_open(void **state)
{
	(void)state;
	struct err err = {0};
	assert_true(tls_send(client.tls, "x", 1, &client.wire, &err) < 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(both_ends_know_the_key_of_the_other),
	    T(a_handshake_costs_little_and_always_the_same),
	    T(a_message_costs_22_bytes_more),
	    T(bytes_may_come_one_by_one),
	    T(a_large_message_is_cut_into_records),
	    T(who_has_met_needs_no_certificates),
	    T(who_was_forgotten_shakes_hands_anew),
	    T(what_is_kept_does_not_outlast_the_welcome),
	    T(a_secret_that_differs_opens_nothing),
	    T(the_client_refuses_a_wrong_key),
	    T(the_server_refuses_a_wrong_key),
	    T(a_key_that_was_admitted_once_is_told_so),
	    T(other_protocols_are_turned_away),
	    T(every_altered_byte_is_noticed),
	    T(no_altered_handshake_opens),
	    T(goodbye_is_told_from_a_cut),
	    T(nothing_is_sent_before_it_is_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

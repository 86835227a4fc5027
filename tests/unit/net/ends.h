/* tests/unit/net/ends.h - two nodes in one loop, and what each hears. A test sets what it is to do at which call. */
#ifndef TUYEN_TESTS_ENDS_H
#define TUYEN_TESTS_ENDS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <uv.h>

#include "net/internal.h"

struct end {
	struct key *key;
	struct net *net;
	struct net_line *line;
	const unsigned char *welcome; /* NULL: everyone */
	struct buf got;
	unsigned opened, closed, drained;
	struct err why;
	enum redial_why end;
	void (*at_open)(struct end *end);
	void (*at_bytes)(struct end *end);
	void (*at_close)(struct end *end);
};

static uv_loop_t loop;
static struct end unit, superior;
static struct net_listener *listener;
static char address[64];
static const unsigned char nobody[KEY_PUBLIC_SIZE];

static inline bool admit(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct end *end = ctx;
	return !end->welcome || memcmp(key, end->welcome, KEY_PUBLIC_SIZE) == 0;
}

static inline void on_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct end *end = ctx, *other = end == &unit ? &superior : &unit;
	assert_memory_equal(key, key_public(other->key), KEY_PUBLIC_SIZE);
	end->line = line;
	end->opened++;
	if (end->at_open)
		end->at_open(end);
}

static inline void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	struct end *end = ctx;
	assert_ptr_equal(line, end->line);
	assert_true(len > 0 && len <= 65536);
	buf_add(&end->got, bytes, len);
	if (end->at_bytes)
		end->at_bytes(end);
}

static inline void on_drained(void *ctx, struct net_line *line)
{
	struct end *end = ctx;
	assert_ptr_equal(line, end->line);
	end->drained++;
}

static inline void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	struct end *end = ctx;
	assert_ptr_equal(line, end->line);
	end->why = *why;
	end->end = net_line_end(line);
	end->closed++;
	if (end->at_close)
		end->at_close(end);
	end->line = NULL;
}

static const struct net_calls calls = {admit, on_open, on_bytes, on_drained, on_close};

static inline void begin(const struct net_options *options)
{
	struct err err = {0};
	assert_int_equal(net_new(&loop, unit.key, options, &unit.net, &err), 0);
	assert_int_equal(net_new(&loop, superior.key, options, &superior.net, &err), 0);
	assert_int_equal(net_listen(superior.net, "127.0.0.1:0", &calls, &superior, &listener, &err), 0);
	snprintf(address, sizeof address, "127.0.0.1:%u", net_listener_port(listener));
}

static inline void dial(const char *to)
{
	struct err err = {0};
	unit.line = net_dial(unit.net, to, &calls, &unit, &err);
	assert_non_null(unit.line);
}

static inline void run_until(const unsigned *counter)
{
	while (*counter == 0 && uv_run(&loop, UV_RUN_ONCE))
		;
	assert_true(*counter > 0);
}

static inline int setup(void **state)
{
	(void)state;
	struct err err = {0};
	unit = superior = (struct end){0};
	listener = NULL;
	uv_loop_init(&loop);
	key_generate(&unit.key, &err);
	return key_generate(&superior.key, &err);
}

/* Whatever a test did, the loop must run dry, and no callback may come any more. */
static inline int teardown(void **state)
{
	(void)state;
	unsigned calls_before = unit.closed + superior.closed + unit.opened + superior.opened;
	net_free(unit.net);
	net_free(superior.net);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(unit.closed + superior.closed + unit.opened + superior.opened, calls_before);
	key_free(unit.key);
	key_free(superior.key);
	buf_free(&unit.got);
	buf_free(&superior.got);
	return 0;
}

static inline void assert_why(const struct end *end, int code, const char *sentence)
{
	struct buf text = {0};
	assert_int_equal(end->why.code, code);
	struct err bare = end->why;
	bare.hint = NULL;
	err_format(&bare, NULL, &text);
	assert_string_equal(buf_str(&text), sentence);
	buf_free(&text);
}

static inline void greet(struct end *end)
{
	net_line_send(end->line, "chào", strlen("chào"));
}

#define MEGABYTE (1u << 20)

static inline void send_pattern(struct end *end)
{
	char piece[1024];
	for (unsigned i = 0; i < MEGABYTE / sizeof piece; i++) {
		memset(piece, (int)(i % 251), sizeof piece);
		net_line_send(end->line, piece, sizeof piece);
	}
}

static inline void assert_pattern(const struct buf *got)
{
	assert_int_equal(got->len, MEGABYTE);
	for (size_t i = 0; i < got->len; i++)
		if ((unsigned char)got->data[i] != i / 1024 % 251)
			fail_msg("byte %zu differs", i);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

/* peer_bytes.h - what the hostile node (peer_main.c) says that is no message, or too much of one. */
#ifndef TUYEN_TESTS_PEER_BYTES_H
#define TUYEN_TESTS_PEER_BYTES_H

#include "peer.h"
#include "sync/squeeze.h"
#include "sync/wire.h"

static void garbage(struct peer *p)
{
	unsigned state = 7;
	hello(p);
	for (int i = 0; i < 100000; i++)
		buf_putc(&p->out, (char)((state = state * 1103515245 + 12345) >> 16));
}

static void no_hello(struct peer *p)
{
	ask(p);
}

static void hello_of_another(struct peer *p)
{
	put_hello(p, "11050", NULL);
	ask(p);
}

static void hello_of_station(struct peer *p)
{
	put_hello(p, p->config.unit, "cong-an");
	ask(p);
}

static void hello_twice(struct peer *p)
{
	hello(p);
	hello(p);
}

static void zeros(struct peer *p, size_t n)
{
	for (struct buf *b = &p->out; n; n--)
		buf_putc(b, 0);
}

/* As long as a message may be, less one byte. */
static void endless(struct peer *p)
{
	hello(p);
	p->in_vain = true;
	wire_put_number(&p->out, FRAME_MAX);
	buf_putc(&p->out, FRAME_CHANGES);
	zeros(p, FRAME_MAX - 2);
}

static void too_long(struct peer *p)
{
	hello(p);
	wire_put_number(&p->out, FRAME_MAX + 1);
	zeros(p, 100);
}

static void longest_number(struct peer *p)
{
	hello(p);
	for (int i = 0; i < 12; i++)
		buf_putc(&p->out, (char)0xff);
}

static void no_length(struct peer *p)
{
	hello(p);
	zeros(p, 1);
}

/* 256 MB in 256 KB, as the texts of one change. */
static void bomb(struct peer *p)
{
	struct change c;
	struct row row = {.ledger = OWN, .path = REPORT, .to = ""};
	struct replay_io io = {p, io_text, io_no, NULL, NULL};
	struct replay_session *session = replay_session_new();
	struct buf none = {0}, plain = {0}, payload = {0};
	static const char page[1 << 20];
	hello(p);
	make_change(p, &row, &c);
	memset(c.signature, 0xab, sizeof c.signature);
	replay_encode(session, &io, &c, 1, &payload);
	replay_session_free(session);
	/* The stream of texts begins after the signature. */
	const char *signature = memmem(payload.data, payload.len, c.signature, sizeof c.signature);
	buf_cut(&payload, (size_t)(signature - payload.data) + sizeof c.signature);
	for (size_t i = 0; i < 256; i++)
		buf_add(&plain, page, sizeof page);
	squeeze(&none, &plain, &payload);
	buf_free(&plain);
	frame_put(&p->out, FRAME_CHANGES, &payload);
	buf_free(&payload);
	ask(p);
}

/* Honest ones, none of which has seen another. */
static void many_heads(struct peer *p)
{
	static const struct row row = {.ledger = OWN, .path = DRAFT, .to = "note: x\n"};
	struct change *list = arena_alloc(&p->arena, 250 * sizeof *list);
	hello(p);
	for (size_t i = 0; i < 250; i++) {
		make_change(p, &row, &list[i]);
		list[i].subject = arena_printf(&p->arena, "one of many: %zu", i);
		list[i].heads.n = 0;
		sign(p, &list[i], p->key);
	}
	put_changes(p, list, 250);
	ask(p);
}

static void truncated(struct peer *p)
{
	struct change c;
	const struct row row = {.ledger = OWN, .path = REPORT, .to = "note: HOSTILE\n"};
	hello(p);
	size_t at = p->out.len;
	make_change(p, &row, &c);
	sign(p, &c, p->key);
	put_changes(p, &c, 1);
	p->out.data[at] -= 9; /* its length */
	buf_cut(&p->out, p->out.len - 9);
	ask(p);
}

static void unknown_types(struct peer *p)
{
	hello(p);
	for (int type = FRAME_NOTICE + 1; type < 256; type++) {
		wire_put_number(&p->out, 8);
		buf_putc(&p->out, (char)type);
		buf_puts(&p->out, "HOSTILE");
	}
	ask(p);
}

static void ack_unsent(struct peer *p)
{
	const struct frame_ack m = {.batches = 1000};
	hello(p);
	frame_put_ack(&p->out, &m);
	ask(p);
}

/* Two bytes each, which the far end would keep as fifty. */
static void many_exceptions(struct peer *p)
{
	struct buf payload = {0};
	hello(p);
	wire_put_number(&payload, 1);
	wire_put_number(&payload, 0);
	wire_put_number(&payload, FRAME_MAX / 2 - 10);
	while (payload.len < FRAME_MAX - 2)
		buf_putc(&payload, FRAME_PARKED);
	frame_put(&p->out, FRAME_ACK, &payload);
	buf_free(&payload);
	ask(p);
}

static void ask_flood(struct peer *p)
{
	hello(p);
	for (int i = 0; i < 50000; i++)
		ask(p);
}

static void ping_flood(struct peer *p)
{
	hello(p);
	for (int i = 0; i < 100000; i++) {
		wire_put_number(&p->out, 1);
		buf_putc(&p->out, FRAME_PING);
	}
	ask(p);
}

/* Names of ledgers, each time others. */
static void have_of(struct peer *p, const char *kind, size_t n, size_t ids)
{
	struct frame_have m = {.flags = FRAME_HAVE_WANTED};
	static size_t serial;
	m.ledgers = arena_alloc(&p->arena, n * sizeof *m.ledgers);
	struct oid *list = arena_alloc(&p->arena, (ids + 1) * sizeof *list);
	for (size_t i = 0; i < ids; i++)
		sys_random(&list[i], sizeof list[i]);
	for (; m.n < n; m.n++) {
		m.ledgers[m.n].name = arena_printf(&p->arena, kind, serial++);
		m.ledgers[m.n].ids = (struct oids){list, ids};
	}
	frame_put_have(&p->out, &m);
}

static void many_ledgers(struct peer *p)
{
	hello(p);
	for (int i = 0; i < 4; i++)
		have_of(p, "reports/HOSTILE%zu", FRAME_LEDGERS_MAX, 0);
	ask(p);
}

static void have_flood(struct peer *p)
{
	hello(p);
	for (int i = 0; i < 200; i++)
		have_of(p, OWN, 1, FRAME_HEADS_MAX);
	ask(p);
}

static void decline_all(struct peer *p)
{
	static const char *names[] = {"directives/00", "directives/31", OWN, "directives/11383"};
	const struct frame_decline m = {names, 4};
	hello(p);
	frame_put_decline(&p->out, &m);
	ask(p);
}

#endif

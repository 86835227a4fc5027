/* peer_parts.h - what the hostile node (peer_main.c) says in parts: of nothing, without end, too much, two at once. */
#ifndef TUYEN_TESTS_PEER_PARTS_H
#define TUYEN_TESTS_PEER_PARTS_H

#include "peer.h"

static void put_part(struct peer *p, unsigned flags, size_t total, size_t from, size_t len)
{
	struct buf text = {0};
	while (text.len < len)
		buf_puts(&text, "HOSTILE ");
	const struct frame_part m = {flags, "of nothing", total, from, (const unsigned char *)text.data, len};
	frame_put_part(&p->out, &m);
	buf_free(&text);
}

static void part_of_nothing(struct peer *p)
{
	hello(p);
	put_part(p, 0, 0, 0, 100);
	ask(p);
}

static void part_gone_on(struct peer *p)
{
	hello(p);
	put_part(p, FRAME_PART_BEGIN, 5000, 2000, 100);
	ask(p);
}

static void part_beyond(struct peer *p)
{
	hello(p);
	put_part(p, FRAME_PART_BEGIN, 150, 0, 100);
	put_part(p, 0, 0, 0, 51);
	ask(p);
}

static void part_too_long(struct peer *p)
{
	hello(p);
	put_part(p, FRAME_PART_BEGIN, FRAME_BATCH_MAX + 1, 0, 100);
	ask(p);
}

/* All but the end. */
static void part_unended(struct peer *p)
{
	hello(p);
	put_part(p, FRAME_PART_BEGIN, FRAME_BATCH_MAX, 0, FRAME_PART_MAX);
	for (size_t n = FRAME_PART_MAX; n < FRAME_BATCH_MAX - FRAME_PART_MAX; n += FRAME_PART_MAX)
		put_part(p, 0, 0, 0, FRAME_PART_MAX);
	ask(p);
}

/* The name of one, and the bytes of another. */
static void part_false(struct peer *p)
{
	hello(p);
	for (int i = 0; i < 20; i++)
		put_part(p, FRAME_PART_BEGIN, 100, 0, 100);
	ask(p);
}

/* A forged change, as an honest node would send a long one. */
static void part_forged(struct peer *p)
{
	struct change c;
	const struct row row = {.ledger = OTHER, .path = REPORT, .from = "'42'", .to = "'99'"};
	struct replay_io io = {p, io_text, io_no, NULL, NULL};
	struct replay_session *session = replay_session_new();
	struct buf coded = {0};
	unsigned char hash[HASH_SIZE];
	hello(p);
	make_change(p, &row, &c);
	sign(p, &c, p->key);
	replay_encode(session, &io, &c, 1, &coded);
	replay_session_free(session);
	hash_sha256(coded.data, coded.len, hash);
	size_t half = coded.len / 2;
	const unsigned char *bytes = (const unsigned char *)coded.data;
	struct frame_part m = {.flags = FRAME_PART_BEGIN, .total = coded.len, .bytes = bytes, .len = half};
	memcpy(m.digest, hash, sizeof m.digest);
	frame_put_part(&p->out, &m);
	m = (struct frame_part){.bytes = bytes + half, .len = coded.len - half};
	frame_put_part(&p->out, &m);
	buf_free(&coded);
	p->n_changes = 1;
	ask(p);
}

#define PEER_PARTS_ROWS                                                                     \
	{"part-of-nothing", .raw = part_of_nothing}, {"part-gone-on", .raw = part_gone_on}, \
	    {"part-beyond", .raw = part_beyond}, {"part-too-long", .raw = part_too_long},   \
	    {"part-unended", .raw = part_unended}, {"part-false", .raw = part_false},       \
	{                                                                                   \
		"part-forged", .raw = part_forged                                           \
	}

#endif

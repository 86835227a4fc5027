#include "sync/frame.h"

#include <string.h>

#include "sync/replay.h"
#include "sync/wire.h"

static void put(struct buf *out, unsigned type, const struct buf *payload, const struct buf *more)
{
	wire_put_number(out, payload->len + more->len + 1);
	buf_putc(out, (char)type);
	buf_add(out, payload->data, payload->len);
	buf_add(out, more->data, more->len);
}

/* Before each message one that nobody knows, and something behind what is known of it; but a hello comes first, "busy" is
 * all that is said, and batches, parts of them and pieces of attachments fill their messages. */
static void put_next(struct buf *out, enum frame_type type, const struct buf *payload)
{
	struct buf more = {0}, none = {0};
	buf_puts(&more, "of the next version");
	if (type != FRAME_HELLO && type != FRAME_BUSY)
		put(out, FRAME_NEXT_TYPE, &none, &more);
	put(out, type, payload,
	    type == FRAME_CHANGES || type == FRAME_PART || type == FRAME_PIECE ? &none : &more);
	buf_free(&more);
}

void frame_put(struct buf *out, enum frame_type type, const struct buf *payload)
{
	const struct buf none = {0};
	if (FRAME_NEXT_TYPE)
		put_next(out, type, payload);
	else
		put(out, type, payload, &none);
}

int frame_next(const void *bytes, size_t len, unsigned *type, const unsigned char **payload,
    size_t *payload_len, size_t *size, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, bytes, len);
	uint64_t n = wire_number(&r);
	if (r.bad && len < WIRE_NUMBER_MAX)
		return 0;
	if (r.bad || n == 0 || n > FRAME_MAX)
		return err_set(err, ERR_PEER, N_("the peer sent a message of impossible length"));
	if (n > wire_left(&r))
		return 0;
	*type = wire_byte(&r);
	*payload = r.at;
	*payload_len = (size_t)n - 1;
	*size = (size_t)(r.at - (const unsigned char *)bytes) + *payload_len;
	return 1;
}

static void finish(struct buf *out, enum frame_type type, struct buf *payload)
{
	frame_put(out, type, payload);
	buf_free(payload);
}

static int done(const struct wire_reader *r, const char *what, struct err *err)
{
	if (!r->bad)
		return 0;
	return err_set(err, ERR_PEER, N_("the peer sent a broken message (%1)"), what);
}

void frame_put_hello(struct buf *out, const struct frame_hello *m)
{
	struct buf p = {0};
	wire_put_number(&p, FRAME_NEXT_TYPE ? FRAME_VERSION : m->peer.version);
	wire_put_number(&p, m->features | FRAME_NEXT_FEATURES);
	buf_add(&p, m->peer.instance, SYNC_INSTANCE_SIZE);
	wire_put_string(&p, m->peer.unit);
	wire_put_string(&p, m->peer.station);
	if (m->n_kept || FRAME_NEXT_TYPE != 0)
		wire_put_number(&p, m->n_kept);
	for (size_t i = 0; i < m->n_kept; i++) {
		wire_put_number(&p, m->kept[i].kind);
		buf_add(&p, m->kept[i].digest, SYNC_DIGEST_SIZE);
		wire_put_number(&p, m->kept[i].bytes);
	}
	finish(out, FRAME_HELLO, &p);
}

static void get_digest(struct wire_reader *r, unsigned char out[SYNC_DIGEST_SIZE])
{
	const unsigned char *digest = wire_bytes(r, SYNC_DIGEST_SIZE);
	if (digest)
		memcpy(out, digest, SYNC_DIGEST_SIZE);
}

static void get_kept(struct wire_reader *r, struct frame_hello *out)
{
	out->n_kept = wire_count(r, PART_KINDS);
	for (size_t i = 0; i < out->n_kept; i++) {
		out->kept[i].kind = (unsigned)wire_count(r, PART_KINDS - 1);
		get_digest(r, out->kept[i].digest);
		out->kept[i].bytes = wire_count(r, FRAME_MAX);
	}
}

int frame_get_hello(const void *p, size_t len, struct arena *arena, struct frame_hello *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_hello){0};
	out->peer.version = (unsigned)wire_count(&r, 1000000);
	out->features = wire_number(&r);
	const unsigned char *instance = wire_bytes(&r, SYNC_INSTANCE_SIZE);
	if (instance)
		memcpy(out->peer.instance, instance, SYNC_INSTANCE_SIZE);
	out->peer.unit = wire_string(&r, REPLAY_NAME_MAX, arena);
	out->peer.station = wire_string(&r, REPLAY_NAME_MAX, arena);
	r.bad |= out->peer.version == 0;
	if (out->features & FRAME_PARTS && !r.bad && wire_left(&r))
		get_kept(&r, out);
	return done(&r, "hello", err);
}

/* A sentence may be longer than what travels; it is cut at a character's edge. */
static void put_text(struct buf *p, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	if (len > FRAME_TEXT_MAX) {
		len = FRAME_TEXT_MAX;
		while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	wire_put_number(p, len);
	buf_add(p, text, len);
}

void frame_put_ack(struct buf *out, const struct frame_ack *m)
{
	struct buf p = {0};
	wire_put_number(&p, m->batches);
	if (m->lost || m->n || FRAME_NEXT_TYPE != 0) {
		wire_put_number(&p, (m->lost ? FRAME_ACK_LOST : 0) | (m->late.writer ? FRAME_ACK_LATE : 0) |
					FRAME_NEXT_FLAGS);
		wire_put_number(&p, m->n);
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct frame_exception *e = &m->exceptions[i];
		wire_put_number(&p, e->position - (i ? m->exceptions[i - 1].position : 0));
		wire_put_number(&p, e->status);
		if (e->status != FRAME_REFUSED)
			continue;
		put_text(&p, e->rule);
		put_text(&p, e->record);
		put_text(&p, e->field);
		put_text(&p, e->sentence);
	}
	if (m->late.writer) {
		put_text(&p, m->late.writer);
		wire_put_number(&p, m->late.bytes);
		wire_put_number(&p, m->late.most);
	}
	finish(out, FRAME_ACK, &p);
}

/* A sentence of the peer, which people will read on a terminal and in a log: nothing in it steers either. */
static const char *get_text(struct wire_reader *r, struct arena *arena)
{
	const char *text = wire_string(r, FRAME_TEXT_MAX, arena);
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		bool c1 = *c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
		if (c1)
			c[1] = ' ';
		if (c1 || *c < 0x20 || *c == 0x7f)
			*c = ' ';
	}
	return text;
}

static void get_exception(
    struct wire_reader *r, struct arena *arena, size_t before, struct frame_exception *e)
{
	e->position = before + wire_count(r, FRAME_MAX);
	e->status = (unsigned)wire_count(r, 255);
	if (e->status != FRAME_REFUSED)
		return;
	e->rule = get_text(r, arena);
	e->record = get_text(r, arena);
	e->field = get_text(r, arena);
	e->sentence = get_text(r, arena);
}

int frame_get_ack(const void *p, size_t len, struct arena *arena, struct frame_ack *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_ack){0};
	out->batches = wire_count(&r, FRAME_MAX);
	uint64_t flags = 0;
	if (wire_left(&r)) {
		flags = wire_number(&r);
		out->lost = flags & FRAME_ACK_LOST;
		out->n = wire_count(&r, FRAME_EXCEPTIONS_MAX);
		r.bad |= out->n > wire_left(&r) / 2;
	}
	if (r.bad)
		return done(&r, "ack", err);
	out->exceptions = arena_alloc(arena, (out->n + 1) * sizeof *out->exceptions);
	for (size_t i = 0; i < out->n && !r.bad; i++)
		get_exception(&r, arena, i ? out->exceptions[i - 1].position : 0, &out->exceptions[i]);
	if (flags & FRAME_ACK_LATE) {
		out->late.writer = get_text(&r, arena);
		out->late.bytes = wire_number(&r) & 1;
		out->late.most = wire_number(&r);
	}
	r.bad |= out->batches == 0;
	return done(&r, "ack", err);
}

void frame_put_summary(struct buf *out, const struct frame_summary *m)
{
	struct buf p = {0};
	wire_put_number(&p, m->number);
	wire_put_number(&p, m->flags | FRAME_NEXT_FLAGS);
	buf_add(&p, m->digest, SYNC_DIGEST_SIZE);
	finish(out, FRAME_SUMMARY, &p);
}

int frame_get_summary(const void *p, size_t len, struct frame_summary *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_summary){0};
	out->number = wire_number(&r);
	out->flags = (unsigned)wire_number(&r);
	const unsigned char *digest = wire_bytes(&r, SYNC_DIGEST_SIZE);
	if (digest)
		memcpy(out->digest, digest, SYNC_DIGEST_SIZE);
	return done(&r, "summary", err);
}

void frame_put_waiting(struct buf *out, const struct frame_waiting *m)
{
	struct buf p = {0};
	wire_put_number(&p, m->load.changes);
	wire_put_number(&p, m->load.bytes);
	finish(out, FRAME_WAITING, &p);
}

void frame_put_busy(struct buf *out, unsigned seconds)
{
	struct buf p = {0};
	wire_put_number(&p, seconds);
	finish(out, FRAME_BUSY, &p);
}

int frame_get_busy(const void *p, size_t len, uint64_t *seconds, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*seconds = wire_number(&r);
	return done(&r, "busy", err);
}

int frame_get_waiting(const void *p, size_t len, struct frame_waiting *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_waiting){0};
	out->load.changes = wire_number(&r);
	out->load.bytes = wire_number(&r);
	return done(&r, "waiting", err);
}

void frame_put_have(struct buf *out, const struct frame_have *m)
{
	struct buf p = {0};
	wire_put_number(&p, m->flags | FRAME_NEXT_FLAGS);
	wire_put_number(&p, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct frame_ledger *l = &m->ledgers[i];
		wire_put_string(&p, l->name);
		wire_put_number(&p, l->ids.n);
		for (size_t k = 0; k < l->ids.n; k++)
			wire_put_oid(&p, &l->ids.items[k]);
	}
	finish(out, FRAME_HAVE, &p);
}

static void get_ledger(struct wire_reader *r, struct arena *arena, struct frame_ledger *l)
{
	l->name = wire_string(r, REPLAY_NAME_MAX, arena);
	size_t n = wire_count(r, FRAME_HEADS_MAX);
	const unsigned char *ids = wire_bytes(r, n * OID_SIZE);
	if (!ids)
		return;
	l->ids.items = arena_alloc(arena, (n + 1) * sizeof *l->ids.items);
	l->ids.n = n;
	for (size_t i = 0; i < n; i++)
		memcpy(l->ids.items[i].b, ids + i * OID_SIZE, OID_SIZE);
}

int frame_get_have(const void *p, size_t len, struct arena *arena, struct frame_have *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_have){0};
	out->flags = (unsigned)wire_number(&r);
	size_t n = wire_count(&r, FRAME_LEDGERS_MAX);
	r.bad |= n > wire_left(&r) / 2;
	if (!r.bad) {
		out->ledgers = arena_alloc(arena, (n + 1) * sizeof *out->ledgers);
		out->n = n;
	}
	for (size_t i = 0; i < n && !r.bad; i++)
		get_ledger(&r, arena, &out->ledgers[i]);
	return done(&r, "have", err);
}

void frame_put_decline(struct buf *out, const struct frame_decline *m)
{
	struct buf p = {0};
	wire_put_number(&p, m->n);
	for (size_t i = 0; i < m->n; i++)
		wire_put_string(&p, m->names[i]);
	finish(out, FRAME_DECLINE, &p);
}

int frame_get_decline(
    const void *p, size_t len, struct arena *arena, struct frame_decline *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_decline){0};
	size_t n = wire_count(&r, FRAME_LEDGERS_MAX);
	r.bad |= n > wire_left(&r);
	if (!r.bad) {
		out->names = arena_alloc(arena, (n + 1) * sizeof *out->names);
		out->n = n;
	}
	for (size_t i = 0; i < n && !r.bad; i++)
		out->names[i] = wire_string(&r, REPLAY_NAME_MAX, arena);
	return done(&r, "decline", err);
}

void frame_put_part(struct buf *out, const struct frame_part *m)
{
	struct buf p = {0};
	wire_put_number(&p, m->flags | FRAME_NEXT_FLAGS);
	if (m->flags & FRAME_PART_BEGIN) {
		buf_add(&p, m->digest, SYNC_DIGEST_SIZE);
		wire_put_number(&p, m->total);
		wire_put_number(&p, m->from);
	}
	buf_add(&p, m->bytes, m->len);
	finish(out, FRAME_PART, &p);
}

int frame_get_part(const void *p, size_t len, struct frame_part *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	*out = (struct frame_part){0};
	out->flags = (unsigned)wire_number(&r);
	if (out->flags & FRAME_PART_BEGIN) {
		get_digest(&r, out->digest);
		out->total = wire_count(&r, FRAME_BATCH_MAX);
		out->from = wire_count(&r, FRAME_BATCH_MAX);
		r.bad |= out->from >= out->total;
	}
	out->len = wire_left(&r);
	out->bytes = wire_bytes(&r, out->len);
	r.bad |= out->len == 0 || out->len > FRAME_PART_MAX;
	return done(&r, "part", err);
}

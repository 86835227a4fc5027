/*
 * Long batches, which go in parts (schema/wire.md, "Parts"). A change that is long by itself would stand before everything
 * that is said after it, and a cut would lose all of it. So it is coded alone, and what is urgent passes between its parts;
 * what has come is kept, and a later line goes on there, for the same change is the same bytes on every line.
 */
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

int part_kind(const struct book_ledger *l)
{
	return strncmp(l->name, "directives/", 11) == 0 ? PART_DIRECTIVES : PART_REST;
}

static void digest_of(const struct buf *bytes, unsigned char out[SYNC_DIGEST_SIZE])
{
	unsigned char hash[HASH_SIZE];
	hash_sha256(buf_str(bytes), bytes->len, hash);
	memcpy(out, hash, SYNC_DIGEST_SIZE);
}

void part_open(struct sync *s, const struct sync_options *options)
{
	for (int k = 0; k < PART_KINDS; k++) {
		const struct sync_kept *kept = &options->kept[k];
		if (!s->world.kept || !kept->len || kept->len >= kept->part.total ||
		    kept->part.total > FRAME_BATCH_MAX)
			continue;
		struct part_in *in = &s->parts_in[kept->part.directives ? PART_DIRECTIVES : PART_REST];
		in->total = kept->part.total;
		memcpy(in->digest, kept->part.digest, SYNC_DIGEST_SIZE);
		in->before = kept->len;
	}
}

void part_free(struct sync *s)
{
	for (int k = 0; k < PART_KINDS; k++) {
		buf_free(&s->parts_in[k].bytes);
		buf_free(&s->parts_out[k].bytes);
		oids_free(&s->parts_out[k].flight.heads);
	}
}

/* ---- what we say ---- */

static size_t have(const struct part_in *in)
{
	return in->before + in->bytes.len;
}

size_t part_kept(const struct sync *s, struct frame_kept out[PART_KINDS])
{
	size_t n = 0;
	for (unsigned k = 0; k < PART_KINDS; k++) {
		const struct part_in *in = &s->parts_in[k];
		if (!have(in))
			continue;
		out[n] = (struct frame_kept){.kind = k, .bytes = have(in)};
		memcpy(out[n++].digest, in->digest, SYNC_DIGEST_SIZE);
	}
	return n;
}

void part_met(struct sync *s, const struct frame_hello *m)
{
	s->parts = m->features & FRAME_PARTS;
	for (size_t i = 0; i < m->n_kept; i++)
		s->parts_out[m->kept[i].kind].there = m->kept[i];
}

static size_t weight(const struct change *c)
{
	size_t n = OID_SIZE * (c->n_settles + c->heads.n);
	for (size_t i = 0; i < c->n_records; i++)
		n += strlen(c->records[i].path) + c->records[i].len;
	return n;
}

static bool no_short(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx;
	(void)ledger;
	(void)id;
	return false;
}

bool part_code(struct sync *s, const struct change *c, struct buf *coded)
{
	struct replay_io io;
	if (weight(c) <= PART_LONG || (s->greeted && !s->parts))
		return false;
	struct replay_session *alone = replay_session_new();
	speak_io(s, &io);
	io.short_ok = no_short;
	replay_session_refresh(alone);
	replay_encode(alone, &io, c, 1, coded);
	replay_session_free(alone);
	if (coded->len > PART_LONG && coded->len <= FRAME_BATCH_MAX)
		return true;
	buf_free(coded);
	return false;
}

void part_begin(struct sync *s, struct book_ledger *l, const struct change *c, struct buf *coded)
{
	struct part_out *p = &s->parts_out[part_kind(l)];
	if (!s->answer_due)
		sync_exchange_start(s);
	p->active = true;
	p->begun = false;
	p->bytes = *coded;
	*coded = (struct buf){0};
	digest_of(&p->bytes, p->digest);
	bool same = memcmp(p->there.digest, p->digest, SYNC_DIGEST_SIZE) == 0;
	p->at = same && p->there.bytes < p->bytes.len ? (size_t)p->there.bytes : 0;
	p->there.bytes = 0;
	p->flight = (struct flight){l, c->id, {0}};
	book_set(&p->flight.heads, &c->heads);
	book_saw(&l->sent, &c->id, &c->heads);
	book_note(l, &c->id);
	l->flying = true;
	l->fresh = false;
	s->counts.changes_out++;
	s->memory_old = true;
}

size_t part_size(const struct sync *s)
{
	size_t n = s->window / PART_OF_WINDOW;
	return n < PART_BYTES ? PART_BYTES : n > PART_BYTES_MAX ? PART_BYTES_MAX : n;
}

bool part_active(const struct sync *s, int kind)
{
	return s->parts_out[kind].active;
}

static void say_one(struct sync *s, struct part_out *p, int kind, size_t len)
{
	struct frame_part m = {.flags = kind == PART_DIRECTIVES ? FRAME_PART_DIRECTIVES : 0,
	    .total = p->bytes.len,
	    .from = p->at,
	    .bytes = (const unsigned char *)p->bytes.data + p->at,
	    .len = len};
	struct flight_batch batch = {.bytes = len, .sent_at = s->now, .alone = true};
	memcpy(m.digest, p->digest, SYNC_DIGEST_SIZE);
	if (!p->begun)
		m.flags |= FRAME_PART_BEGIN;
	frame_put_part(speak_out(s), &m);
	p->begun = true;
	p->at += len;
	s->unacked += len;
	batch.before = s->unacked;
	if (p->at == p->bytes.len) {
		VEC_PUSH(batch.items, batch.n, p->flight);
		p->flight = (struct flight){0};
		p->active = false;
		buf_free(&p->bytes);
	}
	VEC_PUSH(s->flying, s->n_flying, batch);
}

bool part_say(struct sync *s, int kind)
{
	struct part_out *p = &s->parts_out[kind];
	while (p->active) {
		size_t left = p->bytes.len - p->at, n = part_size(s) < left ? part_size(s) : left;
		if (s->unacked && s->unacked + n > s->window)
			return false;
		say_one(s, p, kind, n);
	}
	return true;
}

void part_stop(struct sync *s, bool again)
{
	for (unsigned k = 0; k < PART_KINDS; k++) {
		struct part_out *p = &s->parts_out[k];
		if (!p->active)
			continue;
		p->active = false;
		if (again)
			ack_lost(&p->flight);
		p->there = (struct frame_kept){.kind = k, .bytes = p->begun ? p->at : 0};
		memcpy(p->there.digest, p->digest, SYNC_DIGEST_SIZE);
		oids_free(&p->flight.heads);
		buf_free(&p->bytes);
	}
}

/* ---- what we hear ---- */

static void keep(struct sync *s, int kind, size_t at)
{
	const struct part_in *in = &s->parts_in[kind];
	struct action_node *node = sync_push(s, SYNC_DO_PART);
	s->n_keeping++;
	node->action.part =
	    (struct sync_part){.directives = kind == PART_DIRECTIVES, .total = in->total, .at = at};
	memcpy(node->action.part.digest, in->digest, SYNC_DIGEST_SIZE);
	if (in->bytes.len)
		buf_add(&node->bytes, in->bytes.data + (at - in->before), have(in) - at);
}

static int begin(struct part_in *in, const struct frame_part *m, struct err *err)
{
	bool same = m->total == in->total && memcmp(m->digest, in->digest, SYNC_DIGEST_SIZE) == 0;
	if (m->from && (!same || m->from > have(in)))
		return err_set(err, ERR_PEER, N_("the peer goes on with what it has not begun"));
	if (m->from > in->before)
		buf_cut(&in->bytes, m->from - in->before);
	else
		buf_free(&in->bytes);
	if (m->from < in->before)
		in->before = m->from;
	in->total = m->total;
	memcpy(in->digest, m->digest, SYNC_DIGEST_SIZE);
	in->active = true;
	return 0;
}

/* All of it is here. What was kept of it may have been damaged, so only its name tells that it is right. */
static void take(struct sync *s, struct part_in *in, struct err *err)
{
	struct buf whole = {0};
	unsigned char digest[SYNC_DIGEST_SIZE];
	if (in->before)
		s->world.kept(s->world.ctx, in == &s->parts_in[PART_DIRECTIVES], in->before, &whole);
	buf_add(&whole, in->bytes.data, in->bytes.len);
	buf_free(&in->bytes);
	in->before = 0;
	in->active = false;
	in->whole = true;
	digest_of(&whole, digest);
	if (memcmp(digest, in->digest, SYNC_DIGEST_SIZE) == 0) {
		struct replay_session *alone = replay_session_new();
		receive_batch(s, alone, whole.data, whole.len, err);
		replay_session_free(alone);
	} else {
		receive_lost(s, 0, false);
	}
	buf_free(&whole);
}

/* What the driver has kept need not be in memory: a line may bring 8 MB of each kind, and never the end of it. */
static void let_go(const struct sync *s, struct part_in *in)
{
	if (!s->world.kept || s->n_keeping || in->bytes.len < PART_IN_MEMORY)
		return;
	in->before += in->bytes.len;
	buf_free(&in->bytes);
}

int part_hear(struct sync *s, const void *p, size_t len, struct err *err)
{
	struct frame_part m;
	if (frame_get_part(p, len, &m, err))
		return err->code;
	int kind = m.flags & FRAME_PART_DIRECTIVES ? PART_DIRECTIVES : PART_REST;
	struct part_in *in = &s->parts_in[kind];
	if (m.flags & FRAME_PART_BEGIN && begin(in, &m, err))
		return err->code;
	if (!in->active)
		return err_set(err, ERR_PEER, N_("the peer goes on with what it has not begun"));
	let_go(s, in);
	size_t at = have(in);
	if (m.len > in->total - at)
		return err_set(err, ERR_PEER, N_("the peer sends more of a batch than it has said"));
	buf_add(&in->bytes, m.bytes, m.len);
	if (have(in) == in->total) {
		take(s, in, err);
		return err->code;
	}
	keep(s, kind, at);
	s->ack.batches++;
	if (s->ack.batches >= ACK_BATCHES)
		speak_ack(s);
	return 0;
}

void part_forget(struct sync *s)
{
	for (int k = 0; k < PART_KINDS; k++)
		if (s->parts_in[k].whole) {
			s->parts_in[k].whole = false;
			keep(s, k, 0);
		}
}

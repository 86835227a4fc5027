#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

/* It is another instance than the one that we remembered, or we waited to hear which one calls. */
static void meet(struct sync *s, const unsigned char instance[SYNC_INSTANCE_SIZE])
{
	struct buf memory = {0};
	if (s->book.has_instance)
		book_forget(&s->book);
	if (s->world.memory)
		s->world.memory(s->world.ctx, instance, &memory);
	const unsigned char *of = book_instance(memory.data, memory.len);
	if (of && memcmp(of, instance, SYNC_INSTANCE_SIZE) == 0 && sync_recall(s, memory.data, memory.len))
		for (size_t i = 0; i < s->book.n; i++)
			ack_add_flying(s, s->book.ledgers[i]);
	s->view_old = s->digest_old = true;
	buf_free(&memory);
}

static void hear_hello(struct sync *s, struct heard *h)
{
	struct frame_hello m;
	if (frame_get_hello(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	if (s->greeted) {
		err_set(&h->err, ERR_PEER, N_("the peer said hello twice"));
		return;
	}
	s->greeted = true;
	part_met(s, &m);
	if (!s->book.has_instance || memcmp(s->book.instance, m.peer.instance, SYNC_INSTANCE_SIZE) != 0)
		meet(s, m.peer.instance);
	s->book.has_instance = true;
	memcpy(s->book.instance, m.peer.instance, SYNC_INSTANCE_SIZE);
	struct action_node *node = sync_push(s, SYNC_DO_PEER);
	node->action.peer = m.peer;
	node->action.peer.unit = arena_dup(&node->arena, m.peer.unit);
	node->action.peer.station = arena_dup(&node->arena, m.peer.station);
}

/* ---- changes ---- */

void receive_lost(struct sync *s, size_t changes, bool waiting)
{
	if (!s->ack.lost)
		speak_ack(s);
	s->ack.lost = true;
	s->ack.batches++;
	s->ack_changes += changes;
	speak_ack(s);
	s->have_due |= !waiting;
	part_forget(s);
}

/* Keep what this end takes; positions among `earlier` shift with what is left out. */
static void keep_accepted(struct sync *s, struct replay_batch *batch)
{
	unsigned *moved = arena_alloc(&s->store_arena, batch->n * sizeof *moved);
	s->store_position = mem_grow(s->store_position, batch->n, sizeof *s->store_position);
	s->store_total = batch->n;
	s->n_store = 0;
	for (size_t i = 0; i < batch->n; i++) {
		struct sync_received *c = &batch->changes[i];
		if (!have_takes(s, c->change.ledger))
			continue;
		unsigned *earlier = arena_alloc(&s->store_arena, (c->n_earlier + 1) * sizeof *earlier);
		for (size_t k = 0; k < c->n_earlier; k++)
			earlier[k] = moved[c->earlier[k]];
		c->earlier = earlier;
		moved[i] = (unsigned)s->n_store;
		s->store_position[s->n_store] = i;
		batch->changes[s->n_store++] = *c;
	}
	s->store = batch->changes;
}

void receive_batch(
    struct sync *s, struct replay_session *session, const void *bytes, size_t len, struct err *err)
{
	struct replay_batch batch;
	struct replay_io io;
	arena_free(&s->store_arena);
	if (replay_decode(session, speak_io(s, &io), bytes, len, &s->store_arena, &batch, err))
		return;
	if (s->book.n > LEDGERS_KNOWN_MAX) {
		err_set(err, ERR_PEER, N_("the peer speaks of too many ledgers"));
		return;
	}
	if (batch.lost) {
		receive_lost(s, batch.n, batch.waiting);
		return;
	}
	waiting_heard(s, batch.n, 0);
	keep_accepted(s, &batch);
	s->storing = true;
	if (s->n_store == 0) {
		s->storing = false;
		receive_stored(s, NULL);
		return;
	}
	struct sync_action *a = &sync_push(s, SYNC_DO_STORE)->action;
	a->changes = s->store;
	a->n = s->n_store;
}

static void hear_changes(struct sync *s, struct heard *h)
{
	waiting_heard(s, 0, h->len);
	receive_batch(s, s->in_session, h->bytes, h->len, &h->err);
}

static void hear_part(struct sync *s, struct heard *h)
{
	waiting_heard(s, 0, h->len);
	part_hear(s, h->bytes, h->len, &h->err);
}

static void note_late(struct sync *s, const struct sync_late *late)
{
	s->ack.late = (struct frame_late){arena_dup(&s->ack_arena, late->writer), late->most, late->bytes};
	s->counts.told = s->late_here = true;
}

static void add_exception(struct sync *s, size_t position, const struct sync_result *r)
{
	struct frame_exception e = {.position = s->ack_changes + position, .status = FRAME_DECLINED};
	if (r && r->status == SYNC_PARKED) {
		e.status = FRAME_PARKED;
		if (s->parked_here++ == 0) /* what was parked before them may be welcome already */
			s->directives_moved = false;
		if (r->late)
			note_late(s, r->late);
		s->counts.coming.changes += s->late_here; /* it has come, and is still to come in */
	} else if (r) {
		struct buf sentence = {0};
		e.status = FRAME_REFUSED;
		s->x.refused += s->x.active;
		if (r->err)
			err_format(r->err, NULL, &sentence);
		e.rule = arena_dup(&s->ack_arena, r->err && r->err->rule ? r->err->rule : "");
		e.record = arena_dup(&s->ack_arena, r->err ? r->err->record : "");
		e.field = arena_dup(&s->ack_arena, r->err ? r->err->field : "");
		e.sentence = arena_dup(&s->ack_arena, buf_str(&sentence));
		buf_free(&sentence);
	}
	VEC_PUSH(s->ack.exceptions, s->ack.n, e);
}

/* The peer has this change, and so have we. */
static void note_stored(struct sync *s, const struct change *c, const struct oid *id)
{
	struct book_ledger *l = book_at(&s->book, c->ledger);
	book_saw(&l->known, id, &c->heads);
	book_saw(&l->given, id, &c->heads);
	book_saw(&l->sent, id, &c->heads);
	book_note(l, id);
	l->fresh = false;
	l->mark = true;
	s->memory_old = true;
	s->counts.changes_in++;
}

void receive_stored(struct sync *s, const struct sync_result *results)
{
	size_t next = 0;
	if (s->ack.lost)
		speak_ack(s);
	for (size_t i = 0; i < s->store_total; i++) {
		const struct sync_result *r = NULL;
		if (next < s->n_store && s->store_position[next] == i)
			r = &results[next++];
		if (r && (r->status == SYNC_STORED || r->status == SYNC_KNOWN))
			note_stored(s, &s->store[next - 1].change, &r->id);
		else
			add_exception(s, i, r);
		if (r && r->status == SYNC_PARKED)
			book_at(&s->book, s->store[next - 1].change.ledger)->parked_here = true;
	}
	s->ack.batches++;
	s->ack_changes += s->store_total;
	part_forget(s);
	for (size_t i = 0; i < s->book.n; i++)
		if (s->book.ledgers[i]->mark) {
			s->book.ledgers[i]->mark = false;
			sync_look_at(s, s->book.ledgers[i]);
		}
	arena_free(&s->store_arena);
	if (s->ack.batches >= ACK_BATCHES)
		speak_ack(s);
}

/* ---- summaries ---- */

/* New grants have come to the peer: what it parked may be welcome now. */
static void retry_parked(struct sync *s)
{
	if (s->parked.n == 0)
		return;
	oids_free(&s->parked);
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		book_set(&l->sent, &l->known);
		ack_add_flying(s, l);
		l->clean = false;
	}
}

/* Our ask was answered, and the digests differ. */
static void next_round(struct sync *s)
{
	uint64_t before = s->counts.changes_out;
	s->x.asked = false;
	if (++s->x.rounds >= ROUNDS_MAX) {
		sync_exchange_end(s, false);
		return;
	}
	bool all = speak_changes(s);
	if (s->counts.changes_out != before || s->n_flying || !all)
		return;
	if (s->parked_here && s->directives_moved)
		return; /* the next ask says so */
	if (digest_may_tell_any(s))
		return; /* a have is said with the next ask */
	if (s->x.have_said) {
		sync_exchange_end(s, false);
		return;
	}
	s->have_due = s->have_wanted = true;
}

static void hear_summary(struct sync *s, struct heard *h)
{
	struct frame_summary m;
	if (frame_get_summary(h->bytes, h->len, &m, &h->err))
		return;
	if (s->view_old)
		sync_look(s);
	bool equal = sync_digest_is(s, m.digest);
	memcpy(s->peer_digest, m.digest, SYNC_DIGEST_SIZE);
	s->equal = equal;
	if (equal)
		sync_agree(s);
	else
		digest_heard(s, m.digest);
	if (!equal && m.flags & FRAME_RETRY)
		retry_parked(s);
	if (m.flags & FRAME_ASK) {
		s->answer_due = true;
		s->answer_number = m.number;
	}
	if (m.flags & FRAME_ANSWER && s->x.active && s->x.asked && m.number == s->x.number) {
		if (!equal) {
			next_round(s);
			return;
		}
		s->note_due = memcmp(s->x.digest, m.digest, SYNC_DIGEST_SIZE) != 0;
		sync_exchange_end(s, true);
	} else if (equal && !s->x.active) {
		sync_push(s, SYNC_DO_EXCHANGED)->action.equal = true;
	}
}

/* ---- frames ---- */

static void hear_waiting(struct sync *s, struct heard *h)
{
	struct frame_waiting m;
	if (frame_get_waiting(h->bytes, h->len, &m, &h->err))
		return;
	s->counts.told = true;
	s->counts.coming.changes = m.load.changes < WAITING_MAX ? m.load.changes : WAITING_MAX;
	s->counts.coming.bytes = m.load.bytes < WAITING_MAX ? m.load.bytes : WAITING_MAX;
}

/* A listener has no turn for us. What it says is not trusted further than five minutes. */
static void hear_busy(struct sync *s, struct heard *h)
{
	uint64_t seconds;
	char text[24];
	struct err err = {0};
	if (frame_get_busy(h->bytes, h->len, &seconds, &h->err) || s->role == SYNC_LISTENER)
		return;
	seconds = seconds == 0 ? 1 : seconds > SYNC_AGAIN_MOST ? SYNC_AGAIN_MOST : seconds;
	snprintf(text, sizeof text, "%u", (unsigned)seconds);
	err_set(&err, ERR_BUSY, N_("the far end is busy; call again in %1 seconds"), text);
	err_hint(&err, N_("the line is tried again by itself"));
	sync_close(s, &err);
	s->queue[s->n_queue - 1]->action.again = (unsigned)seconds;
}

static void hear_ping(struct sync *s, struct heard *h)
{
	(void)h;
	s->pong_due = true;
}

static void hear_pong(struct sync *s, struct heard *h)
{
	(void)s;
	(void)h;
}

static void hear_blob(struct sync *s, unsigned type, struct heard *h)
{
	blob_hear(s, type, h->bytes, h->len, &h->err);
}

static void (*const hearers[])(struct sync *s, struct heard *h) = {
    [FRAME_HELLO] = hear_hello,
    [FRAME_CHANGES] = hear_changes,
    [FRAME_ACK] = ack_hear,
    [FRAME_SUMMARY] = hear_summary,
    [FRAME_HAVE] = have_hear,
    [FRAME_DECLINE] = have_hear_decline,
    [FRAME_PING] = hear_ping,
    [FRAME_PONG] = hear_pong,
    [FRAME_WAITING] = hear_waiting,
    [FRAME_BUSY] = hear_busy,
    [FRAME_PART] = hear_part,
};

static void hear(struct sync *s, unsigned type, struct heard *h)
{
	bool blob = type >= FRAME_WANT && type <= FRAME_NOTICE;
	if (blob && s->greeted) {
		hear_blob(s, type, h);
		return;
	}
	if (type >= sizeof hearers / sizeof *hearers || !hearers[type])
		return; /* of a newer peer */
	if (!s->greeted && type != FRAME_HELLO && type != FRAME_BUSY)
		err_set(&h->err, ERR_PEER, N_("the peer did not begin with hello"));
	else
		hearers[type](s, h);
}

static void compact(struct sync *s)
{
	struct buf rest = {0};
	if (s->in_at == 0)
		return;
	buf_add(&rest, s->in.data + s->in_at, s->in.len - s->in_at);
	buf_free(&s->in);
	if (rest.len)
		s->in = rest;
	else
		buf_free(&rest);
	s->in_at = 0;
}

void receive_frames(struct sync *s)
{
	while (!s->storing && !s->closed) {
		struct heard h = {0};
		unsigned type = 0;
		size_t size = 0;
		int rc = frame_next(
		    buf_str(&s->in) + s->in_at, s->in.len - s->in_at, &type, &h.bytes, &h.len, &size, &h.err);
		if (rc == 1) {
			hear(s, type, &h);
			s->in_at += size;
		}
		arena_free(&h.arena);
		if (h.err.code)
			sync_close(s, &h.err);
		if (rc != 1)
			break;
	}
	compact(s);
}

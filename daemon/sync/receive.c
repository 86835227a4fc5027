#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

#define LEDGERS_KNOWN_MAX (2 * FRAME_LEDGERS_MAX)

/* One message, being heard. */
struct heard {
	const unsigned char *bytes;
	size_t len;
	struct arena arena;
	struct err err;
};

/* What is on its way counts as sent. */
static void add_flying(struct sync *s, struct book_ledger *l)
{
	for (size_t i = 0; i < s->n_flying; i++)
		for (size_t k = 0; k < s->flying[i].n; k++)
			if (s->flying[i].items[k].ledger == l)
				oids_add(&l->sent, &s->flying[i].items[k].id);
}

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
			add_flying(s, s->book.ledgers[i]);
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

static bool takes(struct sync *s, const char *ledger)
{
	struct book_ledger *l = book_at(&s->book, ledger);
	if (!s->world.accepts(s->world.ctx, ledger)) {
		s->decline_due |= !l->declined_here;
		s->digest_old |= !l->declined_here;
		l->declined_here = true;
		return false;
	}
	s->digest_old |= !l->met || !l->accepted;
	l->met = l->accepted = true;
	return true;
}

static void hear_lost(struct sync *s, const struct replay_batch *batch)
{
	if (!s->ack.lost)
		speak_ack(s);
	s->ack.lost = true;
	s->ack.batches++;
	s->ack_changes += batch->n;
	speak_ack(s);
	s->have_due |= !batch->waiting;
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
		if (!takes(s, c->change.ledger))
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

static void hear_changes(struct sync *s, struct heard *h)
{
	struct replay_batch batch;
	struct replay_io io;
	arena_free(&s->store_arena);
	if (replay_decode(
		s->in_session, speak_io(s, &io), h->bytes, h->len, &s->store_arena, &batch, &h->err))
		return;
	if (s->book.n > LEDGERS_KNOWN_MAX) {
		err_set(&h->err, ERR_PEER, N_("the peer speaks of too many ledgers"));
		return;
	}
	if (batch.lost) {
		hear_lost(s, &batch);
		return;
	}
	waiting_heard(s, batch.n, h->len);
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

static void add_exception(struct sync *s, size_t position, const struct sync_result *r)
{
	struct frame_exception e = {.position = s->ack_changes + position, .status = FRAME_DECLINED};
	if (r && r->status == SYNC_PARKED) {
		e.status = FRAME_PARKED;
		if (s->parked_here++ == 0) /* what was parked before them may be welcome already */
			s->directives_moved = false;
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
	for (size_t i = 0; i < s->book.n; i++)
		if (s->book.ledgers[i]->mark) {
			s->book.ledgers[i]->mark = false;
			sync_look_at(s, s->book.ledgers[i]);
		}
	arena_free(&s->store_arena);
	if (s->ack.batches >= ACK_BATCHES)
		speak_ack(s);
}

/* ---- acknowledgements ---- */

static void tell_refusal(
    struct sync *s, const struct flight *f, const char *ledger, const struct frame_exception *e)
{
	struct action_node *node = sync_push(s, SYNC_DO_REFUSED);
	node->action.refusal = (struct sync_refusal){arena_dup(&node->arena, ledger), f->id,
	    arena_dup(&node->arena, e->rule), arena_dup(&node->arena, e->record),
	    arena_dup(&node->arena, e->field), arena_dup(&node->arena, e->sentence)};
	s->x.refused += s->x.active;
	if (!oids_has(&s->refused, &f->id))
		oids_add(&s->refused, &f->id);
}

static void land(struct sync *s, const struct flight *f, const struct frame_exception *e)
{
	if (!f->ledger) /* both ends have been equal since */
		return;
	f->ledger->flying = false;
	s->memory_old = true;
	if (!e) {
		book_saw(&f->ledger->known, &f->id, &f->heads);
		return;
	}
	if (e->status == FRAME_REFUSED)
		tell_refusal(s, f, f->ledger->name, e);
	else if (e->status == FRAME_PARKED && !oids_has(&s->parked, &f->id))
		oids_add(&s->parked, &f->id);
}

/* The peer could not read it: what it has must be learnt anew; its have is on the way. */
static void land_lost(const struct flight *f)
{
	if (!f->ledger)
		return;
	f->ledger->flying = false;
	f->ledger->unsure = f->ledger->asked = f->ledger->wary = true;
	f->ledger->clean = false;
	book_set(&f->ledger->sent, &f->ledger->known);
}

/* After one batch is lost, those coded after it cannot be read either: they are as good as lost now. */
static void lose_the_rest(struct sync *s, struct heard *h)
{
	replay_session_refresh(s->out_session);
	if (++s->lost_in_a_row > LOST_MAX)
		err_set(&h->err, ERR_PEER, N_("the peer cannot read what it says it has"));
	for (size_t i = 0; i < s->n_flying; i++) {
		s->flying[i].doomed = true;
		for (size_t k = 0; k < s->flying[i].n; k++) {
			land_lost(&s->flying[i].items[k]);
			s->flying[i].items[k].ledger = NULL;
		}
	}
}

static void adapt_window(struct sync *s, const struct flight_batch *batch)
{
	int64_t took = s->now - batch->sent_at;
	if (s->window_fixed)
		return;
	if (took < ACK_QUICK && s->window + batch->bytes <= WINDOW_MAX)
		s->window += batch->bytes;
	else if (took > ACK_SLOW && s->window > WINDOW_MIN)
		s->window = s->window / 2 > WINDOW_MIN ? s->window / 2 : WINDOW_MIN;
}

static void land_batch(
    struct sync *s, struct heard *h, const struct frame_ack *m, size_t *position, size_t *next)
{
	struct flight_batch batch = s->flying[0];
	memmove(s->flying, s->flying + 1, --s->n_flying * sizeof *s->flying);
	s->unacked -= batch.bytes;
	pace_add(&s->counts.out, s->now - (batch.sent_at > s->paced_at ? batch.sent_at : s->paced_at),
	    m->lost ? 0 : batch.bytes);
	s->paced_at = s->now;
	adapt_window(s, &batch);
	for (size_t i = 0; i < batch.n; i++, (*position)++) {
		const struct frame_exception *e = NULL;
		while (*next < m->n && m->exceptions[*next].position < *position)
			(*next)++;
		if (*next < m->n && m->exceptions[*next].position == *position)
			e = &m->exceptions[*next];
		if (m->lost)
			land_lost(&batch.items[i]);
		else
			land(s, &batch.items[i], e);
		oids_free(&batch.items[i].heads);
	}
	free(batch.items);
	if (m->lost && !batch.doomed)
		lose_the_rest(s, h);
	else if (!m->lost)
		s->lost_in_a_row = 0;
}

static void hear_ack(struct sync *s, struct heard *h)
{
	struct frame_ack m;
	size_t position = 0, next = 0;
	if (frame_get_ack(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	if (m.batches > s->n_flying) {
		err_set(&h->err, ERR_PEER, N_("the peer acknowledged what was not sent"));
		return;
	}
	for (size_t i = 0; i < m.batches; i++)
		land_batch(s, h, &m, &position, &next);
	/* What is still on its way keeps its ledgers marked. */
	for (size_t i = 0; i < s->n_flying; i++)
		for (size_t k = 0; k < s->flying[i].n; k++)
			if (s->flying[i].items[k].ledger)
				s->flying[i].items[k].ledger->flying = true;
}

/* ---- what the peer has ---- */

/* A partial have adds to what is remembered of the peer, a full one replaces it: it is said when the digests differ
 * and no memory explains it (the peer's store was restored from an older copy). */
static void set_known(struct sync *s, struct book_ledger *l, const struct oids *ids, bool replace)
{
	if (replace)
		book_set(&l->known, &l->given);
	for (size_t i = 0; i < ids->n; i++)
		if (s->world.has(s->world.ctx, l->name, &ids->items[i]) &&
		    !oids_has(&l->known, &ids->items[i]))
			oids_add(&l->known, &ids->items[i]);
	book_set(&l->sent, &l->known);
	add_flying(s, l);
	l->unsure = l->asked = l->fresh = l->clean = false;
}

/* The peer has what is not here, and does not say which of what is here it has: one end was put back from an older copy,
 * or both have begun apart. It answers that when it has heard what we have; once a line, and then we go ahead. */
static void doubt(struct sync *s, struct book_ledger *l, const struct oids *ids)
{
	bool more = false;
	struct oids lacking = {0};
	for (size_t i = 0; i < ids->n && !more; i++)
		more = !s->world.has(s->world.ctx, l->name, &ids->items[i]);
	if (!more || l->doubted || !l->shared)
		return;
	s->world.between(s->world.ctx, l->name, &l->sent, &lacking);
	l->doubted = l->unsure = lacking.n != 0;
	oids_free(&lacking);
}

static void hear_ledger(struct sync *s, const struct frame_ledger *m, bool reply, bool full)
{
	struct book_ledger *l = book_at(&s->book, m->name);
	if (!l->shared && !takes(s, m->name))
		return;
	s->digest_old |= !l->met;
	l->met = true;
	l->mark = true;
	l->reply |= reply;
	set_known(s, l, &m->ids, full);
	if (full)
		doubt(s, l, &m->ids);
	sync_look_at(s, l);
}

static void hear_have(struct sync *s, struct heard *h)
{
	struct frame_have m;
	if (frame_get_have(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	bool wanted = m.flags & FRAME_HAVE_WANTED, partial = m.flags & FRAME_HAVE_PARTIAL;
	for (size_t i = 0; i < m.n; i++) {
		hear_ledger(s, &m.ledgers[i], wanted && partial, !partial);
		if (s->book.n > LEDGERS_KNOWN_MAX) {
			err_set(&h->err, ERR_PEER, N_("the peer speaks of too many ledgers"));
			break;
		}
	}
	const struct oids none = {0};
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (!l->mark && !partial) /* of what it declines it says nothing */
			set_known(s, l, &none, !l->declined_there);
		l->mark = false;
	}
	if (!partial) {
		s->book.acquainted = true;
		s->have_due |= wanted;
	}
	s->memory_old = true;
}

static void hear_decline(struct sync *s, struct heard *h)
{
	struct frame_decline m;
	if (frame_get_decline(h->bytes, h->len, &h->arena, &m, &h->err))
		return;
	for (size_t i = 0; i < m.n; i++) {
		struct book_ledger *l = book_find(&s->book, m.names[i]);
		if (l)
			l->mark = true;
	}
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (l->declined_there != l->mark) {
			l->declined_there = l->mark;
			l->clean = false;
			book_set(&l->sent, &l->known);
			add_flying(s, l);
			s->digest_old = true;
			sync_look_at(s, l);
		}
		l->mark = false;
	}
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
		add_flying(s, l);
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
	else if (m.flags & FRAME_RETRY)
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
    [FRAME_ACK] = hear_ack,
    [FRAME_SUMMARY] = hear_summary,
    [FRAME_HAVE] = hear_have,
    [FRAME_DECLINE] = hear_decline,
    [FRAME_PING] = hear_ping,
    [FRAME_PONG] = hear_pong,
    [FRAME_WAITING] = hear_waiting,
    [FRAME_BUSY] = hear_busy,
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

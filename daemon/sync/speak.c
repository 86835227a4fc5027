#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"

/* Everything said goes into one SEND as long as the driver has not taken it: one TLS record, one packet. */
struct buf *speak_out(struct sync *s)
{
	s->last_out = s->now;
	if (s->n_queue > s->queue_at && s->queue[s->n_queue - 1]->action.kind == SYNC_DO_SEND)
		return &s->queue[s->n_queue - 1]->bytes;
	return &sync_push(s, SYNC_DO_SEND)->bytes;
}

static void say_hello(struct sync *s)
{
	struct frame_hello m = {.peer = {s->unit, s->station, {0}, SYNC_VERSION}, .features = FRAME_PARTS};
	if (s->hello_said)
		return;
	s->hello_said = true;
	memcpy(m.peer.instance, s->instance, SYNC_INSTANCE_SIZE);
	m.n_kept = part_kept(s, m.kept);
	frame_put_hello(speak_out(s), &m);
}

void sync_busy(unsigned seconds, struct buf *to)
{
	frame_put_busy(to, seconds);
}

void speak_ping(struct sync *s, enum frame_type type)
{
	struct buf empty = {0};
	frame_put(speak_out(s), type, &empty);
	if (type == FRAME_PING) {
		s->pinged = true;
		s->last_ping = s->now;
	}
}

void speak_ack(struct sync *s)
{
	if (s->ack.batches == 0)
		return;
	say_hello(s);
	frame_put_ack(speak_out(s), &s->ack);
	free(s->ack.exceptions);
	s->ack = (struct frame_ack){0};
	s->ack_changes = 0;
	arena_free(&s->ack_arena);
}

static void say_decline(struct sync *s)
{
	struct frame_decline m = {0};
	if (!s->decline_due)
		return;
	s->decline_due = false;
	for (size_t i = 0; i < s->book.n && m.n < FRAME_LEDGERS_MAX; i++)
		if (s->book.ledgers[i]->declined_here)
			VEC_PUSH(m.names, m.n, s->book.ledgers[i]->name);
	frame_put_decline(speak_out(s), &m);
	free(m.names);
}

/* ---- changes ---- */

static bool io_text(
    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *text)
{
	struct sync *s = ctx;
	return s->world.text(s->world.ctx, ledger, change, path, text);
}

static bool io_has(void *ctx, const char *ledger, const struct oid *id)
{
	struct sync *s = ctx;
	return s->world.has(s->world.ctx, ledger, id);
}

static bool io_short_ok(void *ctx, const char *ledger, const struct oid *id)
{
	struct sync *s = ctx;
	const struct book_ledger *l = book_find(&s->book, ledger);
	return l && book_short_ok(l, id);
}

static bool io_find(void *ctx, const char *ledger, const unsigned char prefix[REPLAY_PREFIX], struct oid *id)
{
	struct sync *s = ctx;
	const struct book_ledger *l = book_find(&s->book, ledger);
	return l && book_find_short(l, prefix, REPLAY_PREFIX, id);
}

const struct replay_io *speak_io(struct sync *s, struct replay_io *io)
{
	*io = (struct replay_io){s, io_text, io_short_ok, io_find, io_has};
	return io;
}

/* Changes gathered for the next batch. */
struct gather {
	struct arena arena;
	struct change *changes;
	struct book_ledger **ledgers;
	size_t n, estimate;
	size_t blind; /* most bytes before the peer has spoken */
};

static size_t batch_bytes(const struct sync *s)
{
	size_t n = s->window / BATCH_OF_WINDOW;
	return n < BATCH_BYTES ? BATCH_BYTES : n > BATCH_BYTES_MAX ? BATCH_BYTES_MAX : n;
}

static void take_off(struct sync *s, const struct gather *g, size_t bytes)
{
	struct flight_batch batch = {.bytes = bytes, .sent_at = s->now};
	for (size_t i = 0; i < g->n; i++) {
		struct flight f = {g->ledgers[i], g->changes[i].id, {0}};
		book_set(&f.heads, &g->changes[i].heads);
		VEC_PUSH(batch.items, batch.n, f);
		book_saw(&f.ledger->sent, &f.id, &f.heads);
		book_note(f.ledger, &f.id);
		f.ledger->flying = true;
		f.ledger->fresh = false;
	}
	s->unacked += bytes;
	batch.before = s->unacked;
	VEC_PUSH(s->flying, s->n_flying, batch);
	s->counts.changes_out += g->n;
	s->memory_old = true;
}

static void flush(struct sync *s, struct gather *g)
{
	struct buf payload = {0};
	struct replay_io io;
	if (g->n) {
		if (!s->answer_due)
			sync_exchange_start(s);
		replay_encode(s->out_session, speak_io(s, &io), g->changes, g->n, &payload);
		frame_put(speak_out(s), FRAME_CHANGES, &payload);
		take_off(s, g, payload.len);
		buf_free(&payload);
	}
	free(g->changes);
	free(g->ledgers);
	g->changes = NULL;
	g->ledgers = NULL;
	g->n = g->estimate = 0;
	arena_free(&g->arena);
}

/* Is this change held back: refused or parked by the peer, or built on one that is? */
static bool is_held(struct sync *s, const struct change *c)
{
	bool refused = oids_has(&s->refused, &c->id), parked = oids_has(&s->parked, &c->id);
	for (size_t i = 0; i < c->heads.n && !refused; i++) {
		refused = oids_has(&s->refused, &c->heads.items[i]);
		parked = parked || oids_has(&s->parked, &c->heads.items[i]);
	}
	if (refused && !oids_has(&s->refused, &c->id))
		oids_add(&s->refused, &c->id);
	else if (parked && !oids_has(&s->parked, &c->id))
		oids_add(&s->parked, &c->id);
	return refused || parked;
}

/* A long change goes by itself, in parts; before the peer has said that it knows them it waits. False: nothing more can
 * be said now. */
static bool take_long(
    struct sync *s, struct gather *g, struct book_ledger *l, const struct change *c, struct buf *coded)
{
	if (!s->greeted)
		return false;
	part_begin(s, l, c, coded);
	flush(s, g);
	return part_say(s, part_kind(l));
}

/* A change that cannot be read here, or not be coded, is held back like a refused one; `verify` names it. False: there
 * is no room for more. */
static bool gather_one(struct sync *s, struct gather *g, struct book_ledger *l, const struct oid *id)
{
	struct change c = {0};
	struct err err = {0};
	if (oids_has(&s->refused, id) || oids_has(&s->parked, id))
		return true;
	if (s->world.change(s->world.ctx, l->name, id, &g->arena, &c, &err) || replay_check(&c, &err)) {
		oids_add(&s->refused, id);
		return true;
	}
	if (is_held(s, &c))
		return true;
	struct buf coded = {0};
	if (part_code(s, &c, &coded)) {
		bool all = take_long(s, g, l, &c, &coded);
		buf_free(&coded);
		return all;
	}
	size_t estimate = replay_estimate(&c);
	size_t n = g->n;
	if (n && (n == REPLAY_CHANGES_MAX || g->estimate + estimate > batch_bytes(s))) {
		struct change again = {0};
		flush(s, g);
		if (s->world.change(s->world.ctx, l->name, id, &g->arena, &again, &err))
			return true;
		c = again;
	}
	n = g->n;
	VEC_PUSH(g->changes, g->n, c);
	VEC_PUSH(g->ledgers, n, l);
	g->estimate += estimate;
	return true;
}

static bool has_room(const struct sync *s, const struct gather *g)
{
	if (!s->greeted)
		return s->unacked + g->estimate < g->blind;
	return s->unacked == 0 || s->unacked + g->estimate < s->window;
}

/* False when there was no room for all of the ledger's changes. */
static bool gather_ledger(struct sync *s, struct gather *g, struct book_ledger *l)
{
	struct oids ids = {0};
	bool all = true;
	if (s->mute || l->clean || l->unsure || !l->shared || l->declined_there)
		return true;
	s->world.between(s->world.ctx, l->name, &l->sent, &ids);
	if (l->fresh && ids.n > BLIND_CHANGES) {
		l->unsure = true;
		sync_exchange_start(s);
	}
	for (size_t i = 0; i < ids.n && all && !l->unsure; i++) {
		all = has_room(s, g);
		if (all)
			all = gather_one(s, g, l, &ids.items[i]);
	}
	l->clean = all && !l->unsure;
	oids_free(&ids);
	return all;
}

/* Before the peer has spoken little is risked: it may know more than we remember. */
static size_t blind_bytes(struct sync *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->book.n && n <= BLIND_CHANGES; i++) {
		const struct book_ledger *l = s->book.ledgers[i];
		struct oids ids = {0};
		if (!s->mute && !l->clean && !l->unsure && l->shared)
			s->world.between(s->world.ctx, l->name, &l->sent, &ids);
		n += ids.n;
		oids_free(&ids);
	}
	return n > BLIND_CHANGES ? BATCH_BYTES : BLIND_BYTES;
}

/* What has begun in parts goes on before anything else of its kind; a directive passes between the parts of the rest. */
static bool gather_kind(struct sync *s, struct gather *g, int kind)
{
	bool all = true;
	if (part_active(s, kind)) {
		flush(s, g);
		all = part_say(s, kind);
	}
	for (size_t i = 0; i < s->book.n_order && all; i++)
		if (part_kind(s->book.order[i]) == kind)
			all = gather_ledger(s, g, s->book.order[i]);
	return all;
}

bool speak_changes(struct sync *s)
{
	struct gather g = {0};
	if (!s->greeted)
		g.blind = blind_bytes(s);
	bool all = gather_kind(s, &g, PART_DIRECTIVES) && gather_kind(s, &g, PART_REST);
	flush(s, &g);
	return all;
}

/* ---- what we have ---- */

static void add_common(struct sync *s, const struct book_ledger *l, const struct oids *from, struct oids *ids)
{
	for (size_t i = 0; i < from->n && i < COMMON_MAX; i++)
		if (!oids_has(ids, &from->items[i]) && s->world.has(s->world.ctx, l->name, &from->items[i]))
			oids_add(ids, &from->items[i]);
}

/* Heads, what both ends had, and where there is no common ground yet some of the past, ever further apart. */
static void list_ids(struct sync *s, const struct book_ledger *l, struct oids *ids)
{
	oids_copy(ids, &l->heads);
	add_common(s, l, &l->known, ids);
	add_common(s, l, &l->base, ids);
	if (l->base.n == 0 && l->heads.n) {
		struct oids past = {0}, none = {0};
		s->world.between(s->world.ctx, l->name, &none, &past);
		for (size_t back = 2; back <= past.n; back *= 2)
			if (!oids_has(ids, &past.items[past.n - back]))
				oids_add(ids, &past.items[past.n - back]);
		oids_free(&past);
	}
	if (ids->n > FRAME_HEADS_MAX)
		ids->n = FRAME_HEADS_MAX;
}

/* May we ask the peer for a have now? A listener waits with it until it sees that the digests differ, and of what was on
 * its way when the last line was cut the peer's digest may tell enough. */
static bool may_ask(struct sync *s)
{
	if (s->role == SYNC_DIALER || s->x.active)
		return true;
	return s->answer_due && !sync_digest_is(s, s->peer_digest);
}

static bool is_listed(const struct book_ledger *l, bool full)
{
	return full ? sync_counts(l) && l->heads.n : l->reply;
}

static void put_have(struct sync *s, bool full, bool wanted)
{
	struct frame_have m = {.flags = (wanted ? FRAME_HAVE_WANTED : 0) | (full ? 0 : FRAME_HAVE_PARTIAL)};
	for (size_t i = 0; i < s->book.n && m.n < FRAME_LEDGERS_MAX; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (is_listed(l, full)) {
			struct frame_ledger row = {.name = l->name};
			list_ids(s, l, &row.ids);
			VEC_PUSH(m.ledgers, m.n, row);
		}
		l->reply = false;
		l->asked |= full && wanted;
	}
	frame_put_have(speak_out(s), &m);
	for (size_t i = 0; i < m.n; i++)
		oids_free(&m.ledgers[i].ids);
	free(m.ledgers);
}

static void say_have(struct sync *s)
{
	bool full = s->have_due, wanted = s->have_due && s->have_wanted, some = full;
	bool ask = may_ask(s);
	if (ask && !s->book.acquainted && !s->first_have_said)
		full = wanted = some = s->first_have_said = true;
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		bool wait = !s->digest_heard && digest_may_tell(l);
		if (ask && !wait && l->unsure && !l->asked && l->shared)
			l->asked = l->reply = wanted = true;
		some |= l->reply;
	}
	s->have_due = s->have_wanted = false;
	if (!some)
		return;
	if (full && wanted && s->x.active)
		s->x.have_said = true;
	put_have(s, full, wanted);
}

/* ---- summaries ---- */

static void put_summary(struct sync *s, uint64_t number, unsigned flags)
{
	struct frame_summary m = {.number = number, .flags = flags};
	if (s->parked_here && s->directives_moved) {
		m.flags |= FRAME_RETRY;
		s->parked_here = 0;
	}
	sync_digest(s, m.digest);
	frame_put_summary(speak_out(s), &m);
}

static void say_summary(struct sync *s)
{
	if (s->answer_due) {
		s->answer_due = s->note_due = false;
		put_summary(s, s->answer_number, FRAME_ANSWER);
	}
	if (s->x.active && !s->x.asked) {
		s->x.asked = true;
		s->note_due = false;
		sync_digest(s, s->x.digest);
		put_summary(s, ++s->x.number, FRAME_ASK);
		s->x.ask = s->queue[s->n_queue - 1];
	}
	if (s->note_due) {
		s->note_due = false;
		put_summary(s, 0, 0);
	}
}

static void say_waiting(struct sync *s)
{
	struct frame_waiting m;
	if (waiting_late(s, &m) || waiting_due(s, &m))
		frame_put_waiting(speak_out(s), &m);
}

void speak(struct sync *s)
{
	if (s->role == SYNC_LISTENER && !s->greeted)
		return;
	say_hello(s);
	if (s->pong_due) {
		s->pong_due = false;
		speak_ping(s, FRAME_PONG);
	}
	bool held = hold_lasts(s);
	speak_ack(s);
	say_decline(s);
	bool all = !held && speak_changes(s);
	say_have(s);
	s->late_heard |= s->late_peer && s->x.active && !s->x.asked;
	if ((s->late_heard && !s->n_flying) || (!all && !held))
		say_waiting(s);
	if (all)
		say_summary(s);
	blob_speak(s, all || held);
}

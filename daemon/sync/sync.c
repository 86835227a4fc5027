#include "sync/sync.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"
#include "sync/wire.h"

/* ---- actions ---- */

struct action_node *sync_push(struct sync *s, enum sync_action_kind kind)
{
	struct action_node *node = mem_alloc(sizeof *node);
	node->action.kind = kind;
	VEC_PUSH(s->queue, s->n_queue, node);
	return node;
}

static void node_free(struct action_node *node)
{
	if (!node)
		return;
	buf_free(&node->bytes);
	arena_free(&node->arena);
	free(node);
}

static void drop_actions(struct sync *s)
{
	for (size_t i = s->queue_at; i < s->n_queue; i++)
		node_free(s->queue[i]);
	free(s->queue);
	s->queue = NULL;
	s->n_queue = s->queue_at = 0;
}

const struct sync_action *sync_next(struct sync *s)
{
	if (s->current && s->current->action.kind == SYNC_DO_PART)
		s->n_keeping--;
	node_free(s->current);
	s->current = NULL;
	if (s->queue_at == s->n_queue) {
		drop_actions(s);
		return NULL;
	}
	s->current = s->queue[s->queue_at++];
	if (s->x.ask == s->current)
		s->x.ask = NULL;
	struct sync_action *a = &s->current->action;
	if (a->kind == SYNC_DO_SEND || a->kind == SYNC_DO_CONFIRMED || a->kind == SYNC_DO_PIECE ||
	    a->kind == SYNC_DO_PART) {
		a->bytes = buf_str(&s->current->bytes);
		a->len = s->current->bytes.len;
	}
	return a;
}

size_t sync_message(const void *bytes, size_t len)
{
	struct err err = {0};
	unsigned type;
	const unsigned char *payload;
	size_t payload_len, size;
	return frame_next(bytes, len, &type, &payload, &payload_len, &size, &err) == 1 ? size : len;
}

void sync_close(struct sync *s, const struct err *err)
{
	if (s->closed)
		return;
	s->closed = true;
	sync_push(s, SYNC_DO_CLOSE)->action.err = *err;
}

/* ---- exchanges ---- */

static void attach_waiting(struct sync *s)
{
	for (size_t i = 0; i < s->n_waiting; i++)
		VEC_PUSH(s->x.tokens, s->x.n_tokens, s->waiting[i]);
	s->n_waiting = 0;
}

void sync_exchange_start(struct sync *s)
{
	if (s->x.active)
		return;
	s->x.active = true;
	s->x.asked = s->x.have_said = false;
	s->x.rounds = s->x.refused = 0;
	attach_waiting(s);
}

void sync_exchange_end(struct sync *s, bool equal)
{
	s->x.active = s->x.asked = false;
	for (size_t i = 0; i < s->x.n_tokens || i == 0; i++) {
		struct sync_action *a = &sync_push(s, SYNC_DO_EXCHANGED)->action;
		a->token = s->x.n_tokens ? s->x.tokens[i] : 0;
		a->equal = equal;
		a->refused = s->x.refused;
	}
	s->x.n_tokens = 0;
	if (s->n_waiting)
		sync_exchange_start(s);
}

/* ---- the view of the world ---- */

bool sync_look_at(struct sync *s, struct book_ledger *l)
{
	struct oids heads = {0};
	if (sync_counts(l))
		s->world.heads(s->world.ctx, l->name, &heads);
	if (oids_eq(&heads, &l->heads)) {
		oids_free(&heads);
		return false;
	}
	oids_free(&l->heads);
	l->heads = heads;
	l->clean = false;
	s->digest_old = true;
	s->equal = false;
	bool directives = strncmp(l->name, "directives/", 11) == 0;
	s->directives_moved |= directives;
	s->moved = true;
	s->urgent |= directives;
	return true;
}

static void look_at_share(struct sync *s, struct book_ledger *l, bool shared)
{
	if (l->shared != shared) {
		l->shared = shared;
		l->clean = false;
		s->digest_old = true;
	}
	bool accepted = l->met && !shared && s->world.accepts(s->world.ctx, l->name);
	if (l->accepted != accepted) {
		l->accepted = accepted;
		s->digest_old = true;
	}
	if (l->declined_here && (shared || s->world.accepts(s->world.ctx, l->name))) {
		l->declined_here = false;
		s->decline_due = s->digest_old = true;
	}
	/* Not by this peer: somebody here, or another one, may have brought what its changes wait for. */
	if (sync_look_at(s, l) && l->parked_here)
		s->directives_moved = true;
}

static void look_at_names(struct sync *s)
{
	struct strs names = {0};
	s->world.shared(s->world.ctx, &names);
	s->book.n_order = 0;
	for (int reports = 0; reports < 2; reports++)
		for (size_t i = 0; i < names.n; i++) {
			if ((strncmp(names.items[i], "directives/", 11) != 0) != reports)
				continue;
			struct book_ledger *l = book_at(&s->book, names.items[i]);
			if (!l->mark)
				VEC_PUSH(s->book.order, s->book.n_order, l);
			l->mark = true;
		}
	strs_free(&names);
}

void sync_look(struct sync *s)
{
	s->view_old = false;
	look_at_names(s);
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		bool shared = l->mark;
		l->mark = false;
		look_at_share(s, l, shared);
	}
	if (s->parked_here && s->directives_moved)
		sync_exchange_start(s);
}

void sync_agree(struct sync *s)
{
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (!sync_counts(l))
			continue;
		book_set(&l->base, &l->heads);
		book_set(&l->known, &l->heads);
		book_set(&l->sent, &l->heads);
		book_set(&l->given, &l->heads);
		l->clean = true;
		l->unsure = l->fresh = l->asked = l->flying = false;
	}
	for (size_t i = 0; i < s->n_flying; i++)
		for (size_t k = 0; k < s->flying[i].n; k++)
			s->flying[i].items[k].ledger = NULL;
	part_stop(s, false);
	s->book.acquainted = true;
	s->equal = s->counts.told = true;
	s->late_here = s->late_peer = s->late_heard = false;
	s->counts.coming = (struct sync_load){0};
	s->memory_old = s->durable = true;
}

static void save_memory(struct sync *s)
{
	struct buf memory = {0};
	bool durable = s->durable;
	if (!s->memory_old || !s->book.has_instance)
		return;
	s->memory_old = s->durable = false;
	book_save(&s->book, &memory);
	if (memory.len == s->saved.len && memcmp(memory.data, s->saved.data, memory.len) == 0 &&
	    (!durable || s->saved_durable)) {
		buf_free(&memory);
		return;
	}
	buf_free(&s->saved);
	s->saved = memory;
	s->saved_durable = durable;
	struct action_node *node = sync_push(s, SYNC_DO_CONFIRMED);
	buf_add(&node->bytes, memory.data, memory.len);
	node->action.durable = durable;
}

/* ---- events ---- */

static bool is_owed(const struct sync *s)
{
	return !s->greeted || s->x.asked || s->n_flying || blob_awaiting(s);
}

static bool is_awaiting(const struct sync *s)
{
	return is_owed(s) || s->pinged;
}

/* After every event: hear what there is to hear, say what there is to say. */
static void settle(struct sync *s)
{
	if (!s->closed)
		receive_frames(s);
	if (!s->closed && !s->storing) {
		if (s->view_old)
			sync_look(s);
		speak(s);
	}
	if (!s->closed)
		save_memory(s);
	if (is_awaiting(s) != s->awaiting) {
		s->awaiting = !s->awaiting;
		s->await_since = s->now;
	}
}

/* A store that lost what both ends once had is older than its memory: what that says of the ledger does not hold. */
static void doubt_lost(struct sync *s)
{
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		bool lost = false;
		for (size_t k = 0; k < l->base.n && !lost; k++)
			lost = !s->world.has(s->world.ctx, l->name, &l->base.items[k]);
		for (size_t k = 0; k < l->known.n && !lost; k++)
			lost = !s->world.has(s->world.ctx, l->name, &l->known.items[k]);
		if (lost)
			book_doubt(l);
	}
}

bool sync_recall(struct sync *s, const void *memory, size_t len)
{
	if (!len || !book_load(&s->book, memory, len))
		return false;
	buf_cut(&s->saved, 0);
	buf_add(&s->saved, memory, len);
	s->saved_durable = true;
	doubt_lost(s);
	return true;
}

struct sync *sync_open(const struct sync_world *world, const struct sync_options *options, int64_t now)
{
	struct sync *s = mem_alloc(sizeof *s);
	s->world = *world;
	s->role = options->role;
	memcpy(s->instance, options->instance, SYNC_INSTANCE_SIZE);
	s->unit = mem_dup(options->unit ? options->unit : "");
	s->station = mem_dup(options->station ? options->station : "");
	s->mute = options->mute;
	s->window_fixed = options->window != 0;
	s->window = options->window ? options->window : WINDOW_FIRST;
	s->in_session = replay_session_new();
	s->out_session = replay_session_new();
	s->now = s->last_in = s->last_out = s->last_ping = s->await_since = now;
	s->view_old = s->digest_old = true;
	sync_recall(s, options->memory, options->memory_len);
	for (size_t i = 0; options->declined && i < options->declined->n; i++)
		book_at(&s->book, options->declined->items[i])->declined_here = s->decline_due = true;
	blob_open(s, options->blobs);
	part_open(s, options);
	if (s->role == SYNC_DIALER)
		sync_exchange_start(s);
	settle(s);
	return s;
}

static void flying_free(struct sync *s)
{
	for (size_t i = 0; i < s->n_flying; i++) {
		for (size_t k = 0; k < s->flying[i].n; k++)
			oids_free(&s->flying[i].items[k].heads);
		free(s->flying[i].items);
	}
	free(s->flying);
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	drop_actions(s);
	node_free(s->current);
	book_free(&s->book);
	buf_free(&s->saved);
	buf_free(&s->in);
	replay_session_free(s->in_session);
	replay_session_free(s->out_session);
	arena_free(&s->store_arena);
	free(s->store_position);
	flying_free(s);
	blob_free(s);
	part_free(s);
	free(s->ack.exceptions);
	arena_free(&s->ack_arena);
	oids_free(&s->refused);
	oids_free(&s->parked);
	free(s->x.tokens);
	free(s->waiting);
	free(s->unit);
	free(s->station);
	free(s);
}

void sync_receive(struct sync *s, const void *bytes, size_t len, int64_t now)
{
	if (s->closed || len == 0)
		return;
	if (s->counts.coming.changes)
		pace_add(&s->counts.in, now - s->last_in, len);
	s->now = now;
	s->last_in = now;
	s->pinged = false;
	s->counts.bytes_in += len;
	buf_add(&s->in, bytes, len);
	settle(s);
}

void sync_local(struct sync *s, int64_t now)
{
	s->now = now;
	s->view_old = true;
	hold_look(s);
	blob_moved(s);
	settle(s);
}

static bool has_token(const uint64_t *tokens, size_t n, uint64_t token)
{
	for (size_t i = 0; i < n; i++)
		if (token && tokens[i] == token)
			return true;
	return false;
}

/* The first ask of this exchange has not left yet: whoever comes now is in time for it. */
static bool is_early(const struct sync *s)
{
	bool here = !s->x.asked;
	for (size_t i = s->queue_at; i < s->n_queue && !here; i++)
		here = s->queue[i] == s->x.ask;
	return here && s->x.rounds == 0;
}

void sync_retry(struct sync *s, int64_t now)
{
	s->now = now;
	if (!s->parked_here)
		return;
	s->directives_moved = true;
	sync_exchange_start(s);
	settle(s);
}

void sync_request(struct sync *s, uint64_t token, int64_t now)
{
	s->now = now;
	if (has_token(s->waiting, s->n_waiting, token) || has_token(s->x.tokens, s->x.n_tokens, token))
		return;
	VEC_PUSH(s->waiting, s->n_waiting, token);
	if (!s->x.active)
		sync_exchange_start(s);
	else if (is_early(s))
		attach_waiting(s);
	s->view_old = true;
	settle(s);
}

void sync_stored(struct sync *s, const struct sync_result *results, size_t n, int64_t now)
{
	assert(s->storing && n == s->n_store);
	s->now = now;
	s->storing = false;
	receive_stored(s, results);
	settle(s);
}

void sync_piece_kept(struct sync *s, bool kept, int64_t now)
{
	s->now = now;
	blob_kept(s, kept);
	settle(s);
}

/* ---- time ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When the peer is given up; never while it waits for us. */
static int64_t dead_at(const struct sync *s)
{
	if (!s->awaiting || s->storing)
		return INT64_MAX;
	int64_t since = later(s->last_in, s->await_since);
	int64_t pong = since + SYNC_DEAD_IDLE - (s->role == SYNC_LISTENER ? SYNC_PING_LATER : 0);
	int64_t most = later(pong, s->last_in + SYNC_DEAD_MOST);
	return !is_owed(s) ? pong : since + SYNC_DEAD < most ? since + SYNC_DEAD : most;
}

static int64_t ping_at(const struct sync *s)
{
	if (!s->hello_said || s->storing)
		return INT64_MAX;
	int64_t since = later(s->last_in, s->last_ping);
	return s->awaiting ? later(since, s->await_since) + SYNC_PING_BUSY
			   : since + SYNC_PING_IDLE + (s->role == SYNC_LISTENER ? SYNC_PING_LATER : 0);
}

/* The peer waits while we store, or while a long message is coming in: tell it that we are there. */
static int64_t alive_at(const struct sync *s)
{
	bool busy = s->storing || s->in.len > s->in_at;
	return busy && s->hello_said ? s->last_out + ALIVE : INT64_MAX;
}

int64_t sync_next_tick(const struct sync *s)
{
	const int64_t times[] = {dead_at(s), ping_at(s), alive_at(s), blob_next_tick(s), hold_next_tick(s)};
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < sizeof times / sizeof *times && !s->closed; i++)
		next = times[i] < next ? times[i] : next;
	return next;
}

void sync_tick(struct sync *s, int64_t now)
{
	s->now = now;
	if (s->closed)
		return;
	if (now >= dead_at(s)) {
		struct err err = {0};
		char seconds[24];
		snprintf(seconds, sizeof seconds, "%lld", (long long)(now - s->last_in + 500) / 1000);
		err_set(&err, ERR_TIMEOUT, N_("the peer has said nothing for %1 seconds"), seconds);
		err_hint(&err, N_("the line is tried again by itself"));
		sync_close(s, &err);
		return;
	}
	if (now >= alive_at(s))
		speak_ping(s, FRAME_PONG);
	if (now >= ping_at(s))
		speak_ping(s, FRAME_PING);
	settle(s);
}

void sync_state(const struct sync *s, struct sync_state *out)
{
	*out = s->counts;
	out->greeted = s->greeted;
	out->equal = s->equal;
	out->storing = s->storing;
	out->unacknowledged = s->unacked;
	out->piece = part_size(s) + PART_HEAD;
	out->buffered = s->in.len - s->in_at;
}

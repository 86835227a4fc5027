#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "net/line.h"
#include "links/links.h"
#include "links/pieces.h"
#include "node/arrival.h"
#include "node/heal.h"
#include "node/instance.h"
#include "node/parcel.h"
#include "node/part.h"
#include "node/shared.h"
#include "sync/sync.h"

#define ATTACH_QUEUE (64 * 1024) /* bytes that may wait to leave before pieces of attachments are held back */

struct link {
	struct node *node;
	struct link_peer *peer;
	struct link_view view; /* of these, for the protocol step */
	bool up, pumping;
	struct net_line *line;
	uint64_t in, out; /* bytes, once the line has ended */
	struct sync *sync;
	struct link_pieces pieces; /* of attachments */
	uv_timer_t *timer;
	enum redial_why end; /* what its end means for whoever dials again */
	const struct link_calls *calls;
	void *ctx;
};

static void pump(struct link *l);

/* ---- attachments ---- */

static bool has_room(void *ctx)
{
	const struct link *l = ctx;
	return net_line_queued(l->line) < ATTACH_QUEUE;
}

static void keep_piece(struct link *l, const struct sync_action *a)
{
	bool whole = false, kept = link_pieces_keep(&l->pieces, a, &whole);
	if (kept && whole)
		links_moved(l->node->links); /* others may wait for it */
	sync_piece_kept(l->sync, kept, sys_ticks());
}

/* ---- what it wants done ---- */

static void end(struct link *l, const struct err *why)
{
	l->peer->error = *why;
	const struct link_calls *calls = l->calls;
	calls->ended(l->ctx, l, why);
}

/* Nothing mends it but an upgrade, so people are told; once, for it comes again with every session. */
static void tell_newer_rule(struct link *l, const struct err *why)
{
	struct err *told = &l->peer->refusal;
	if (why->code != ERR_PARKED || !why->rule)
		return;
	if (!told->rule || strcmp(told->rule, why->rule) != 0)
		log_err(LOG_WARNING, "parked", why);
	*told = *why;
}

static void store_batch(struct link *l, const struct sync_action *a)
{
	struct arrival *batch = mem_alloc(a->n * sizeof *batch);
	struct arrival_result *results = mem_alloc(a->n * sizeof *results);
	struct sync_result *answers = mem_alloc(a->n * sizeof *answers);
	for (size_t i = 0; i < a->n; i++)
		batch[i] = (struct arrival){.change = &a->changes[i].change,
		    .earlier = a->changes[i].earlier,
		    .n_earlier = a->changes[i].n_earlier,
		    .parent_check = a->changes[i].has_parent_check ? a->changes[i].parent_check : NULL,
		    .from_above = l->up,
		    .unproven = l->peer->unproven,
		    .peer = l->peer->id};
	node_arrival(l->node, batch, a->n, results);
	static const enum sync_status statuses[] = {
	    [ARRIVAL_STORED] = SYNC_STORED,
	    [ARRIVAL_KNOWN] = SYNC_KNOWN,
	    [ARRIVAL_PARKED] = SYNC_PARKED,
	    [ARRIVAL_REFUSED] = SYNC_REFUSED,
	};
	struct sync_late late = {0};
	for (size_t i = 0; i < a->n; i++) {
		const struct rate_late *of = &results[i].late;
		answers[i] =
		    (struct sync_result){statuses[results[i].status], results[i].id, &results[i].err, NULL};
		if (of->why == RATE_WITHIN)
			continue;
		l->peer->late = *of;
		late = (struct sync_late){l->peer->late.writer, of->most, of->why == RATE_TOO_LONG};
		answers[i].late = &late;
	}
	for (size_t i = 0; i < a->n; i++)
		tell_newer_rule(l, &results[i].err);
	for (size_t i = 0; i < a->n; i++)
		l->peer->came_back += results[i].status == ARRIVAL_STORED &&
				      node_instance_wrote(l->node, &a->changes[i].change);
	sync_stored(l->sync, answers, a->n, sys_ticks());
	free(batch);
	free(results);
	free(answers);
}

static void remember(struct link *l, const struct sync_action *a)
{
	struct err err = {0};
	if (!l->peer->note)
		return;
	buf_cut(&l->peer->memory, 0);
	buf_add(&l->peer->memory, a->bytes, a->len);
	if (!a->durable)
		return;
	struct buf note = {0};
	buf_add(&note, l->node->instance, sizeof l->node->instance);
	buf_add(&note, a->bytes, a->len);
	if (store_note_write(l->node->store, l->peer->note, note.data, note.len, &err) != 0)
		log_err(LOG_WARNING, "peer", &err);
	buf_free(&note);
}

/* What is built on a refused change needs no entry of its own: a peer that refuses everything costs no more. */
static void add_refused(struct link *l, const struct sync_refusal *r)
{
	const struct history *h = link_view_history(&l->view, r->ledger);
	struct oids *refused = &l->peer->refused;
	for (size_t i = 0; i < refused->n; i++)
		if (oid_eq(&refused->items[i], &r->id) || (h && history_seen(h, &r->id, &refused->items[i])))
			return;
	oids_add(refused, &r->id);
}

static void take_refusal(struct link *l, const struct sync_refusal *r)
{
	char id[OID_HEX + 1];
	const struct node_refusal refusal = {
	    l->peer->id, r->id, r->ledger, r->rule, r->record, r->field, r->sentence};
	oid_hex(&r->id, id);
	ERR_CLEAR(&l->peer->refusal);
	err_set(&l->peer->refusal, ERR_REFUSED, N_("%1 refused our change %2 of %3 (rule %4): %5"),
	    l->peer->id, id, r->ledger, r->rule, r->sentence);
	err_rule(&l->peer->refusal, NULL, r->record, r->field);
	log_err(LOG_WARNING, "refused", &l->peer->refusal);
	l->peer->untold = true;
	if (l->up && !l->peer->unproven && node_heal(l->node, &refusal, &l->peer->refusal) == HEAL_UNWANTED)
		oids_add(&l->peer->unwanted, &r->id);
	else
		add_refused(l, r);
}

/* Our superior alone lets us wait. */
static void take_late(struct link *l, const struct sync_late *late)
{
	struct rate_late *to = &l->peer->late;
	if (!l->up)
		return;
	*to = (struct rate_late){.why = late->bytes ? RATE_TOO_LONG : RATE_TOO_MANY, .most = late->most};
	snprintf(to->writer, sizeof to->writer, "%s", late->writer);
}

/* The hello must say the name that the proved key has in the registry. */
static bool check_peer(struct link *l, const struct sync_peer *p, struct err *err)
{
	struct buf said = {0};
	buf_printf(&said, "%s%s%s", p->station, *p->station ? "@" : "", p->unit);
	bool same = strcmp(buf_str(&said), l->peer->id) == 0;
	if (!same)
		err_set(err, ERR_PEER, N_("the far end calls itself %1, but its key is that of %2"),
		    buf_str(&said), l->peer->id);
	buf_free(&said);
	return same;
}

/* On a slow line in short records: the far end can tell so much sooner that it has them. */
static void say(struct link *l, const char *bytes, size_t len)
{
	struct sync_state state;
	sync_state(l->sync, &state);
	net_line_record(l->line, state.piece);
	for (size_t n; len; bytes += n, len -= n) {
		n = sync_message(bytes, len);
		net_line_send(l->line, bytes, n);
	}
}

/* Carry out one action; false when the link has ended with it. */
static bool act(struct link *l, const struct sync_action *a)
{
	struct err err = {0};
	switch (a->kind) {
	case SYNC_DO_SEND:
		say(l, a->bytes, a->len);
		return true;
	case SYNC_DO_STORE:
		store_batch(l, a);
		return true;
	case SYNC_DO_CONFIRMED:
		remember(l, a);
		return true;
	case SYNC_DO_EXCHANGED:
		if (a->equal) {
			ERR_CLEAR(&l->peer->error);
			l->peer->late = (struct rate_late){0};
		}
		if (a->equal && !l->peer->refused.n && !l->peer->untold && !a->refused)
			ERR_CLEAR(&l->peer->refusal);
		l->calls->exchanged(l->ctx, l, a->token, a->equal, a->refused);
		return true;
	case SYNC_DO_REFUSED:
		take_refusal(l, &a->refusal);
		return true;
	case SYNC_DO_PEER:
		if (check_peer(l, &a->peer, &err)) {
			l->calls->met(l->ctx, l, a->peer.instance);
			return true;
		}
		l->end = REDIAL_TURNED_AWAY;
		end(l, &err);
		return false;
	case SYNC_DO_PIECE:
		keep_piece(l, a);
		return true;
	case SYNC_DO_LATE:
		take_late(l, &a->late);
		return true;
	case SYNC_DO_STAND:
		node_attach_stands(l->node, l->peer->id, a->piece.id, a->stand);
		return true;
	case SYNC_DO_PART:
		node_part_keep(l->node, l->peer->id, &a->part, a->bytes, a->len);
		return true;
	case SYNC_DO_CLOSE:
		err = a->err;
		l->peer->again = a->again;
		l->end = err.code == ERR_TIMEOUT ? REDIAL_CUT : REDIAL_TURNED_AWAY;
		end(l, &err);
		return false;
	}
	return true;
}

static void on_timer(uv_timer_t *timer)
{
	struct link *l = timer->data;
	sync_tick(l->sync, sys_ticks());
	pump(l);
}

static void pump(struct link *l)
{
	if (l->pumping)
		return; /* the loop below is further up the stack and goes on */
	l->pumping = true;
	const struct sync_action *a;
	while ((a = sync_next(l->sync)) != NULL)
		if (!act(l, a))
			return;
	l->pumping = false;
	int64_t next = sync_next_tick(l->sync), now = sys_ticks();
	if (next == INT64_MAX)
		uv_timer_stop(l->timer);
	else
		uv_timer_start(l->timer, on_timer, next > now ? (uint64_t)(next - now) : 1, 0);
}

/* ---- the stream ---- */

static bool admit_again(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx;
	(void)key;
	return false; /* asked in the handshake only, which is over */
}

static void no_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx;
	(void)line;
	(void)key;
}

static void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	struct link *l = ctx;
	(void)line;
	l->peer->last_contact = sys_now();
	l->peer->again = 0;
	l->calls->heard(l->ctx, l);
	sync_receive(l->sync, bytes, len, sys_ticks());
	pump(l);
}

static void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	struct link *l = ctx;
	net_line_bytes(line, &l->in, &l->out);
	l->end = net_line_end(line);
	l->line = NULL;
	end(l, why);
}

static const struct net_calls net_calls = {admit_again, no_open, on_bytes, NULL, on_close};

static void use_peer(struct link *l, struct link_peer *peer)
{
	l->peer = l->view.peer = peer;
	ERR_CLEAR(&peer->error);
	peer->again = 0;
	peer->late = (struct rate_late){0};
	peer->refused.n =
	    0; /* offered once more on every line: the far end may have been repaired, or upgraded */
	oids_free(&peer->unwanted);
	node_heal_unwanted(l->node, peer->id, &peer->unwanted);
	peer->last_contact = sys_now();
}

static void recall(void *ctx, const unsigned char instance[SYNC_INSTANCE_SIZE], struct buf *out)
{
	struct link *l = ctx;
	l->calls->memory(l->ctx, l, instance, out);
}

struct link *link_open(struct node *n, struct link_peer *peer, bool up, struct net_line *line,
    const struct link_calls *calls, void *ctx)
{
	struct link *l = mem_alloc(sizeof *l);
	*l = (struct link){.node = n, .peer = peer, .up = up, .line = line, .calls = calls, .ctx = ctx};
	l->view = (struct link_view){n, peer, up, recall, l};
	use_peer(l, peer);
	struct sync_world world;
	link_view_world(&l->view, &world);
	struct sync_options options = {.role = up ? SYNC_DIALER : SYNC_LISTENER,
	    .unit = n->config.unit,
	    .station = n->config.station,
	    .memory = peer->memory.data,
	    .memory_len = peer->memory.len};
	memcpy(options.instance, n->instance, sizeof options.instance);
	struct strs all = {0};
	if (peer->unproven) {
		node_shared(n, peer->id, up, &all);
		options.mute = true;
		options.declined = &all;
	}
	struct sync_blobs blobs;
	l->pieces = (struct link_pieces){.view = &l->view, .room = has_room, .ctx = l};
	link_pieces_blobs(&l->pieces, &blobs);
	if (!peer->unproven) {
		options.blobs = &blobs;
		link_pieces_look(&l->pieces);
	}
	for (int i = 0; i < 2; i++)
		node_part_find(n, peer->id, i == 1, &options.kept[i]);
	l->sync = sync_open(&world, &options, sys_ticks());
	strs_free(&all);
	l->timer = mem_alloc(sizeof *l->timer);
	uv_timer_init(n->loop, l->timer);
	l->timer->data = l;
	net_line_set(line, &net_calls, l);
	uv_timer_start(l->timer, on_timer, 0, 0);
	return l;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

#define PACE_ENOUGH 2000 /* ms of work from which a line's own pace counts more than that of the one before */

static void keep_pace(struct sync_pace *to, const struct sync_pace *from)
{
	if (from->bytes && (from->ms >= PACE_ENOUGH || to->ms < PACE_ENOUGH))
		*to = *from;
}

void link_close(struct link *l)
{
	if (!l)
		return;
	struct sync_state state;
	sync_state(l->sync, &state);
	l->peer->changes_in += state.changes_in;
	l->peer->changes_out += state.changes_out;
	keep_pace(&l->peer->in, &state.in);
	keep_pace(&l->peer->out, &state.out);
	net_line_close(l->line);
	sync_free(l->sync);
	link_pieces_end(&l->pieces);
	uv_close((uv_handle_t *)l->timer, free_timer);
	free(l);
}

void link_moved(struct link *l)
{
	if (!l->peer->unproven)
		link_pieces_look(&l->pieces);
	sync_local(l->sync, sys_ticks());
	pump(l);
}

void link_retry(struct link *l)
{
	sync_retry(l->sync, sys_ticks());
	pump(l);
}

void link_request(struct link *l, uint64_t token)
{
	sync_request(l->sync, token, sys_ticks());
	pump(l);
}

struct link_peer *link_peer(const struct link *l)
{
	return l->peer;
}

void link_set_peer(struct link *l, struct link_peer *peer)
{
	if (l->peer != peer)
		use_peer(l, peer);
}

bool link_is_up(const struct link *l)
{
	return l->up;
}

void link_traffic(const struct link *l, uint64_t *in, uint64_t *out, bool *equal)
{
	struct sync_state state;
	sync_state(l->sync, &state);
	*equal = state.equal;
	*in = l->in;
	*out = l->out;
	if (l->line)
		net_line_bytes(l->line, in, out);
}

void link_changes(const struct link *l, uint64_t *in, uint64_t *out)
{
	struct sync_state state;
	sync_state(l->sync, &state);
	*in = state.changes_in;
	*out = state.changes_out;
}

void link_load(struct node *n, struct link_peer *peer, bool up, const struct link *l, struct link_load *out)
{
	struct sync_state state;
	*out = (struct link_load){.in = peer->in, .out = peer->out};
	if (l) {
		sync_state(l->sync, &state);
		sync_waiting(l->sync, &out->waiting);
		out->told = state.told;
		out->coming = state.coming;
		keep_pace(&out->in, &state.in);
		keep_pace(&out->out, &state.out);
		return;
	}
	struct link_view view = {.node = n, .peer = peer, .up = up};
	struct sync_world world;
	struct buf known = {0};
	link_view_world(&view, &world);
	node_parcel_known_of(n, peer->id, &peer->memory, &known);
	sync_waiting_by(&world, known.data, known.len, &out->waiting);
	buf_free(&known);
}

enum redial_why link_end(const struct link *l)
{
	return l->end;
}

const char *link_far(const struct link *l)
{
	return net_line_far(l->line);
}

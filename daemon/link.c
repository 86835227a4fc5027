#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "net/line.h"
#include "links/links.h"
#include "node/arrival.h"
#include "node/attach.h"
#include "node/heal.h"
#include "node/instance.h"
#include "node/part.h"
#include "sync/sync.h"

#define ATTACH_QUEUE (64 * 1024) /* bytes that may wait to leave before pieces of attachments are held back */

struct link {
	struct node *node;
	struct link_peer *peer;
	bool up, pumping;
	struct net_line *line;
	uint64_t in, out; /* bytes, once the line has ended */
	struct sync *sync;
	struct strs shared; /* ledgers, as link_shared said last: their attachments pass */
	struct attach_reader *reading; /* an attachment on its way out */
	char read_id[ATTACH_HEX + 1];
	unsigned looked; /* node_attach_moves when that was looked at last */
	uv_timer_t *timer;
	enum redial_why end; /* what its end means for whoever dials again */
	const struct link_calls *calls;
	void *ctx;
};

static void pump(struct link *l);

/* ---- which ledgers ---- */

static void add_ledger(struct strs *out, const char *kind, const char *unit)
{
	struct buf name = {0};
	buf_printf(&name, "%s/%s", kind, unit);
	if (!strs_has(out, buf_str(&name)))
		strs_add(out, buf_str(&name));
	buf_free(&name);
}

static const char *unit_of(const char *node_id)
{
	const char *at = strchr(node_id, '@');
	return at ? at + 1 : node_id;
}

/* The lower end of the line: us when we dialled, else the peer. */
static void lower_end(const struct node *n, const char *peer, bool up, const char **unit, bool *station)
{
	*unit = up ? n->config.unit : unit_of(peer);
	*station = up ? n->config.station != NULL : strchr(peer, '@') != NULL;
}

/* What a unit took over whole when others ended. */
static void add_replaced(const struct node *n, const char *unit, struct strs *out)
{
	struct strs ended = {0};
	registry_replaced_by(n->registry, unit, &ended);
	for (size_t i = 0; i < ended.n; i++) {
		add_ledger(out, "directives", ended.items[i]);
		add_ledger(out, "reports", ended.items[i]);
	}
	strs_free(&ended);
}

/* Does the lower end keep these reports from the upper one, or somebody below it from itself? */
static bool is_relayed(const struct node *n, const char *lower, const char *unit)
{
	return strcmp(lower, unit) != 0 && !registry_replaces(n->registry, lower, unit) &&
	       (registry_relays_totals(n->registry, lower, REGISTRY_TODAY) ||
		   registry_relay_between(n->registry, lower, unit, REGISTRY_TODAY));
}

void link_shared(const struct node *n, const char *peer, bool up, struct strs *out)
{
	const char *unit;
	bool station;
	lower_end(n, peer, up, &unit, &station);
	struct strs above = {0}, below = {0};
	registry_above(n->registry, unit, &above);
	for (size_t i = 0; i < above.n; i++)
		add_ledger(out, "directives", above.items[i]);
	/* Before the registry has arrived, the welcome has named those above. */
	for (size_t i = 0; i < n->config.n_above; i++)
		add_ledger(out, "directives", n->config.above[i]);
	add_ledger(out, "directives", unit);
	add_ledger(out, "reports", unit);
	if (!station)
		registry_below(n->registry, unit, false, &below);
	if (!station)
		add_replaced(n, unit, out);
	for (size_t i = 0; i < below.n; i++) {
		add_ledger(out, "directives", below.items[i]);
		if (!is_relayed(n, unit, below.items[i]))
			add_ledger(out, "reports", below.items[i]);
	}
	strs_free(&above);
	strs_free(&below);
}

bool link_accepts(const struct node *n, const char *peer, bool up, const char *ledger)
{
	const char *unit;
	bool station;
	lower_end(n, peer, up, &unit, &station);
	const char *slash = strchr(ledger, '/');
	if (!slash)
		return false;
	const char *of = slash + 1;
	bool inside = strcmp(of, unit) == 0 || (!station && (registry_is_above(n->registry, unit, of) ||
								registry_replaces(n->registry, unit, of)));
	if (strncmp(ledger, "reports/", 8) == 0)
		return inside && !is_relayed(n, unit, of);
	if (strncmp(ledger, "directives/", 11) != 0)
		return false;
	/* From above come directives of tiers that the registry here may not know yet. */
	return inside || up || registry_is_above(n->registry, of, unit);
}

/* ---- what the protocol step reads ---- */

/* Towards an unproven superior: the directives of the units above, which it may have news of its key in. */
static void above_only(const struct link *l, struct strs *out)
{
	struct strs above = {0};
	char self[136];
	config_node(&l->node->config, self);
	registry_above(l->node->registry, self, &above);
	for (size_t i = 0; i < above.n; i++)
		add_ledger(out, "directives", above.items[i]);
	for (size_t i = 0; i < l->node->config.n_above; i++)
		add_ledger(out, "directives", l->node->config.above[i]);
	strs_free(&above);
}

static bool is_hidden(const struct link *l, const char *ledger)
{
	struct strs open = {0};
	if (!l->peer->unproven)
		return false;
	above_only(l, &open);
	bool hidden = !strs_has(&open, ledger);
	strs_free(&open);
	return hidden;
}

static void world_shared(void *ctx, struct strs *out)
{
	struct link *l = ctx;
	if (l->peer->unproven)
		above_only(l, out);
	else
		link_shared(l->node, l->peer->id, l->up, out);
}

static bool world_accepts(void *ctx, const char *ledger)
{
	struct link *l = ctx;
	return !is_hidden(l, ledger) && link_accepts(l->node, l->peer->id, l->up, ledger);
}

/* A ledger that cannot be read here does not stop the others; `status` and whoever waits for an exchange say why. */
static void unreadable(struct link *l, const char *ledger, const struct err *why)
{
	bool known = l->peer->error.code == why->code && l->peer->error.msg == why->msg;
	if (!known)
		log_err(LOG_ERROR, ledger, why);
	l->peer->error = *why;
}

static struct history *history_of(struct link *l, const char *ledger)
{
	struct history *h = NULL;
	struct err err = {0};
	if (store_history(l->node->store, ledger, &h, &err) != 0)
		unreadable(l, ledger, &err);
	return h;
}

/* Of what this peer refused, that which stands in this ledger. */
static void refused_in(const struct link *l, const struct history *h, struct oids *out)
{
	const struct oids *const lists[] = {&l->peer->refused, &l->peer->unwanted};
	for (size_t k = 0; h && k < 2; k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			if (history_has(h, &lists[k]->items[i]))
				oids_add(out, &lists[k]->items[i]);
}

/* What was refused is not sent again, nor is anything that has seen it. */
static void drop_refused(const struct history *h, const struct oids *refused, struct oids *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->n; i++) {
		bool tainted = false;
		for (size_t k = 0; !tainted && k < refused->n; k++)
			tainted = history_seen(h, &list->items[i], &refused->items[k]);
		if (!tainted)
			list->items[kept++] = list->items[i];
	}
	list->n = kept;
}

static void ledger_heads(struct link *l, const char *ledger, struct oids *out)
{
	struct err err = {0};
	if (store_ledger_heads(l->node->store, ledger, out, &err) != 0)
		unreadable(l, ledger, &err);
}

/* What this peer refused does not count between us, or every exchange from now on would end unequal. */
static void world_heads(void *ctx, const char *ledger, struct oids *out)
{
	struct link *l = ctx;
	ledger_heads(l, ledger, out);
	bool any = l->peer->refused.n || l->peer->unwanted.n;
	struct history *h = any ? history_of(l, ledger) : NULL;
	struct oids refused = {0};
	refused_in(l, h, &refused);
	if (refused.n) {
		struct oids heads = *out, all = {0}, none = {0};
		history_between(h, &none, &heads, &all);
		drop_refused(h, &refused, &all);
		history_maximal(h, &all);
		oids_free(&heads);
		*out = all;
	}
	oids_free(&refused);
}

static void world_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	struct link *l = ctx;
	struct history *h = history_of(l, ledger);
	struct oids heads = {0}, refused = {0};
	ledger_heads(l, ledger, &heads);
	if (h)
		history_between(h, have, &heads, out);
	refused_in(l, h, &refused);
	if (refused.n)
		drop_refused(h, &refused, out);
	oids_free(&heads);
	oids_free(&refused);
}

static bool world_has(void *ctx, const char *ledger, const struct oid *id)
{
	struct history *h = is_hidden(ctx, ledger) ? NULL : history_of(ctx, ledger);
	return h && history_has(h, id);
}

static int world_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	struct link *l = ctx;
	return store_change(l->node->store, ledger, id, arena, out, err);
}

static bool world_text(
    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct link *l = ctx;
	struct err err = {0};
	/* Only what stands in this very ledger: a peer may name any id. */
	return world_has(l, ledger, change) &&
	       store_read(l->node->store, ledger, change, path, out, &err) == 0;
}

static void world_memory(void *ctx, const unsigned char instance[SYNC_INSTANCE_SIZE], struct buf *out)
{
	struct link *l = ctx;
	l->calls->memory(l->ctx, l, instance, out);
}

/* ---- attachments ---- */

static void look_at_attachments(struct link *l)
{
	strs_free(&l->shared);
	link_shared(l->node, l->peer->id, l->up, &l->shared);
	node_attach_look(l->node, &l->shared);
	l->looked = node_attach_moves(l->node);
}

static bool blob_want(void *ctx, size_t i, struct sync_blob *out)
{
	struct link *l = ctx;
	struct attach_wanted one;
	if (!node_attach_wanted(l->node, l, &l->shared, i, &one))
		return false;
	memcpy(out->id, one.id, SYNC_BLOB_ID);
	out->size = one.size;
	out->have = one.have;
	return true;
}

static bool blob_open_reader(struct link *l, const unsigned char id[SYNC_BLOB_ID])
{
	char hex[ATTACH_HEX + 1];
	struct err err = {0};
	hex_encode(id, SYNC_BLOB_ID, hex);
	if (l->reading && strcmp(hex, l->read_id) == 0)
		return true;
	attach_close(l->reading);
	l->reading = NULL;
	if (attach_open(l->node->store, hex, &l->reading, &err) != 0) {
		log_err(LOG_WARNING, "attachment", &err);
		return false;
	}
	memcpy(l->read_id, hex, sizeof hex);
	return true;
}

static bool blob_size(void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t *size)
{
	struct link *l = ctx;
	if (!node_attach_serves(l->node, &l->shared, id) || !blob_open_reader(l, id))
		return false;
	*size = attach_size(l->reading);
	return true;
}

static bool blob_read(
    void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t offset, size_t len, struct buf *out)
{
	struct link *l = ctx;
	struct err err = {0};
	if (!blob_open_reader(l, id) || attach_read(l->reading, offset, len, out, &err) != 0) {
		log_err(LOG_WARNING, "attachment", &err);
		return false;
	}
	node_attach_gave(l->node, l, l->peer->id, id, offset + len);
	return true;
}

static unsigned blob_stand(void *ctx, const unsigned char id[SYNC_BLOB_ID])
{
	struct link *l = ctx;
	/* It may be asked about what came a moment ago. */
	if (l->looked != node_attach_moves(l->node))
		look_at_attachments(l);
	return node_attach_stand(l->node, &l->shared, id);
}

static bool blob_unsure(void *ctx, size_t i, unsigned char id[SYNC_BLOB_ID])
{
	struct link *l = ctx;
	return node_attach_unsure(l->node, l->peer->id, &l->shared, i, id);
}

static bool blob_room(void *ctx)
{
	const struct link *l = ctx;
	return net_line_queued(l->line) < ATTACH_QUEUE;
}

static void keep_piece(struct link *l, const struct sync_action *a)
{
	struct attach_wanted at = {.size = a->piece.size, .have = a->piece.have};
	struct err err = {0};
	bool whole;
	memcpy(at.id, a->piece.id, SYNC_BLOB_ID);
	int rc = node_attach_part(l->node, l, &at, a->bytes, a->len, &whole, &err);
	if (rc)
		log_err(LOG_WARNING, "attachment", &err);
	else if (whole)
		links_moved(l->node->links); /* others may wait for it */
	sync_piece_kept(l->sync, rc == 0, sys_ticks());
}

/* ---- what it wants done ---- */

static void end(struct link *l, const struct err *why)
{
	l->peer->error = *why;
	const struct link_calls *calls = l->calls;
	calls->ended(l->ctx, l, why);
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
	for (size_t i = 0; i < a->n; i++)
		answers[i] =
		    (struct sync_result){statuses[results[i].status], results[i].id, &results[i].err};
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
	const struct history *h = history_of(l, r->ledger);
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
		if (a->equal)
			ERR_CLEAR(&l->peer->error);
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
	l->peer = peer;
	ERR_CLEAR(&peer->error);
	peer->again = 0;
	peer->refused.n =
	    0; /* offered once more on every line: the far end may have been repaired, or upgraded */
	oids_free(&peer->unwanted);
	node_heal_unwanted(l->node, peer->id, &peer->unwanted);
	peer->last_contact = sys_now();
}

static void fill_world(struct link *l, struct sync_world *out)
{
	*out = (struct sync_world){l, world_shared, world_accepts, world_heads, world_between, world_has,
	    world_change, world_text, world_memory};
}

struct link *link_open(struct node *n, struct link_peer *peer, bool up, struct net_line *line,
    const struct link_calls *calls, void *ctx)
{
	struct link *l = mem_alloc(sizeof *l);
	*l = (struct link){.node = n, .peer = peer, .up = up, .line = line, .calls = calls, .ctx = ctx};
	use_peer(l, peer);
	struct sync_world world;
	fill_world(l, &world);
	struct sync_options options = {.role = up ? SYNC_DIALER : SYNC_LISTENER,
	    .unit = n->config.unit,
	    .station = n->config.station,
	    .memory = peer->memory.data,
	    .memory_len = peer->memory.len};
	memcpy(options.instance, n->instance, sizeof options.instance);
	struct strs all = {0};
	if (peer->unproven) {
		link_shared(n, peer->id, up, &all);
		options.mute = true;
		options.declined = &all;
	}
	const struct sync_blobs blobs = {
	    l, blob_want, blob_size, blob_read, blob_room, blob_stand, blob_unsure};
	if (!peer->unproven) {
		options.blobs = &blobs;
		look_at_attachments(l);
	}
	struct buf kept[2] = {0};
	for (int i = 0; i < 2; i++)
		node_part_load(n, peer->id, i == 1, &kept[i], &options.kept[i]);
	l->sync = sync_open(&world, &options, sys_ticks());
	for (int i = 0; i < 2; i++)
		buf_free(&kept[i]);
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
	node_attach_ended(l->node, l);
	attach_close(l->reading);
	strs_free(&l->shared);
	uv_close((uv_handle_t *)l->timer, free_timer);
	free(l);
}

void link_moved(struct link *l)
{
	if (!l->peer->unproven)
		look_at_attachments(l);
	sync_local(l->sync, sys_ticks());
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
	struct link none = {.node = n, .peer = peer, .up = up};
	struct sync_world world;
	fill_world(&none, &world);
	sync_waiting_by(&world, peer->memory.data, peer->memory.len, &out->waiting);
}

enum redial_why link_end(const struct link *l)
{
	return l->end;
}

const char *link_far(const struct link *l)
{
	return net_line_far(l->line);
}

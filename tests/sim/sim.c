#include "sim.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/frame.h"

#define PACKET 512
#define STEP 500 /* ms between throws of the weather's dice */
#define REDIAL 3000 /* ms at most */
#define CIVIL 1782000000

enum event_kind { EVENT_BYTES, EVENT_TICK, EVENT_DIAL, EVENT_STORED, EVENT_BACK, EVENT_WEATHER };

struct sim_event {
	int64_t at;
	uint64_t order;
	enum event_kind kind;
	int line, side; /* or node */
	unsigned generation;
	struct buf bytes;
};

/* ---- chance and time ---- */

unsigned sim_dice(struct sim *sim, unsigned sides)
{
	sim->random += 0x9E3779B97F4A7C15u;
	uint64_t z = sim->random;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	z ^= z >> 31;
	return sides ? (unsigned)(z % sides) : 0;
}

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void event_add(struct sim *sim, struct sim_event e)
{
	e.order = sim->order++;
	VEC_PUSH(sim->events, sim->n_events, e);
	for (size_t i = sim->n_events - 1; i && earlier(&sim->events[i], &sim->events[(i - 1) / 2]);
	     i = (i - 1) / 2) {
		struct sim_event swap = sim->events[i];
		sim->events[i] = sim->events[(i - 1) / 2];
		sim->events[(i - 1) / 2] = swap;
	}
}

static struct sim_event event_take(struct sim *sim)
{
	struct sim_event first = sim->events[0];
	sim->events[0] = sim->events[--sim->n_events];
	for (size_t i = 0;;) {
		size_t least = i;
		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < sim->n_events; k++)
			if (earlier(&sim->events[k], &sim->events[least]))
				least = k;
		if (least == i)
			return first;
		struct sim_event swap = sim->events[i];
		sim->events[i] = sim->events[least];
		sim->events[least] = swap;
		i = least;
	}
}

void sim_trace(struct sim *sim, const char *node, const char *format, ...)
{
	char text[400];
	va_list ap;
	if (sim->silent)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	buf_printf(&sim->trace, "[%6lld] %s > %s\n", (long long)sim->now, node, text);
}

/* ---- driving ---- */

static void act(struct sim *sim, int line, int side);

static void trace_sent(struct sim *sim, const struct sim_line *l, int side, const struct sync_action *a)
{
	static const char *const names[] = {[1] = "hello",
	    [2] = "changes",
	    [3] = "ack",
	    [5] = "have",
	    [6] = "decline",
	    [7] = "ping",
	    [8] = "pong",
	    [9] = "waiting",
	    [10] = "busy",
	    [11] = "part",
	    [16] = "want",
	    [17] = "piece",
	    [18] = "notice"};
	struct buf said = {0};
	size_t at = 0;
	bool pieces = false;
	while (at < a->len) {
		const unsigned char *p;
		size_t len, size;
		unsigned type;
		struct err err = {0};
		int rc = frame_next((const char *)a->bytes + at, a->len - at, &type, &p, &len, &size, &err);
		assert(rc == 1);
		sim_blob_said(sim, type, len, &pieces);
		buf_puts(&said, said.len ? ", " : "");
		if (type == FRAME_SUMMARY)
			buf_puts(&said, p[1] & FRAME_ASK ? "ask" : p[1] & FRAME_ANSWER ? "answer" : "note");
		else
			buf_puts(
			    &said, type < sizeof names / sizeof *names && names[type] ? names[type] : "?");
		at += size;
	}
	if (strcmp(buf_str(&said), "ping") != 0 && strcmp(buf_str(&said), "pong") != 0)
		sim_trace(sim, sim->nodes[l->node[side]].name, "says %s to %s (%zu bytes)", buf_str(&said),
		    sim->nodes[l->node[!side]].name, a->len);
	buf_free(&said);
}

static void send(struct sim *sim, int line, int side, const struct sync_action *a)
{
	struct sim_line *l = &sim->lines[line];
	trace_sent(sim, l, side, a);
	l->bytes[side] += a->len;
	for (size_t at = 0; at < a->len; at += PACKET) {
		size_t n = a->len - at < PACKET ? a->len - at : PACKET;
		if (l->busy[side] < sim->now)
			l->busy[side] = sim->now;
		l->busy[side] += (int64_t)(n * 1000 / l->rate);
		struct sim_event e = {.at = l->busy[side] + l->delay,
		    .kind = EVENT_BYTES,
		    .line = line,
		    .side = !side,
		    .generation = l->generation};
		buf_add(&e.bytes, (const char *)a->bytes + at, n);
		event_add(sim, e);
	}
}

void sim_tell(struct sim *sim, int node)
{
	for (size_t i = 0; i < sim->n_lines; i++) {
		struct sim_line *l = &sim->lines[i];
		for (int side = 0; side < 2; side++)
			if (l->node[side] == node && l->sync[side]) {
				sync_local(l->sync[side], sim->now);
				act(sim, (int)i, side);
			}
	}
}

static bool has_grant(const struct sim *sim, const struct sim_node *n, const struct change *c)
{
	if (oid_is_zero(&c->grant))
		return true;
	for (size_t i = 0; i < sim->n_nodes; i++) {
		const struct sim_node *writer = &sim->nodes[i];
		char ledger[80];
		if (writer->superior < 0 || !oid_eq(&writer->writer.grant, &c->grant))
			continue;
		snprintf(ledger, sizeof ledger, "directives/%s", sim->nodes[writer->superior].unit);
		return sim_store_has(n->store, ledger, &c->grant);
	}
	return true; /* by a superior that the unit has left: it comes with the move */
}

static void count_store(
    struct sim *sim, struct sim_node *n, const struct sync_action *a, const struct sync_result *r)
{
	for (size_t i = 0; i < a->n; i++) {
		n->known += r[i].status == SYNC_KNOWN;
		n->parked += r[i].status == SYNC_PARKED;
		n->refused += r[i].status == SYNC_REFUSED;
		if (r[i].status == SYNC_REFUSED)
			sim_trace(sim, n->name, "REFUSES a change of %s in %s by rule %s",
			    a->changes[i].change.unit, a->changes[i].change.ledger, r[i].err->rule);
		size_t same = 1;
		while (i + 1 < a->n &&
		       strcmp(a->changes[i + 1].change.ledger, a->changes[i].change.ledger) == 0 &&
		       r[i + 1].status == r[i].status) {
			i++;
			same++;
			n->known += r[i].status == SYNC_KNOWN;
			n->parked += r[i].status == SYNC_PARKED;
			n->refused += r[i].status == SYNC_REFUSED;
		}
		static const char *const verbs[] = {"stores", "already has", "parks", "refuses"};
		sim_trace(sim, n->name, "%s %zu change%s of %s", verbs[r[i].status], same,
		    same > 1 ? "s" : "", a->changes[i].change.ledger);
	}
}

static void store(struct sim *sim, int line, int side)
{
	struct sim_line *l = &sim->lines[line];
	const struct sync_action *a = l->storing[side];
	struct sim_node *n = &sim->nodes[l->node[side]];
	struct sync_result *results = mem_alloc(a->n * sizeof *results);
	struct err *errs = mem_alloc(a->n * sizeof *errs);
	for (size_t i = 0; i < a->n; i++) {
		const struct sync_received *r = &a->changes[i];
		results[i].status = SYNC_STORED;
		results[i].err = &errs[i];
		for (size_t k = 0; k < r->n_earlier; k++)
			if (results[r->earlier[k]].status > SYNC_KNOWN)
				results[i].status = SYNC_PARKED;
		if (!has_grant(sim, n, &r->change))
			results[i].status = SYNC_PARKED;
		if (results[i].status == SYNC_STORED)
			results[i].status = sim_store_receive(n->store, r, results, &results[i].id, &errs[i]);
	}
	count_store(sim, n, a, results);
	l->storing[side] = NULL;
	sync_stored(l->sync[side], results, a->n, sim->now);
	free(errs);
	free(results);
	act(sim, line, side);
	sim_tell(sim, l->node[side]);
}

static void remember(struct sim *sim, int line, int side, const struct sync_action *a)
{
	struct sim_memory *m = &sim->nodes[sim->lines[line].node[side]].memories[line];
	struct buf *to[] = {&m->ram, &m->disk};
	for (int i = 0; i < (a->durable ? 2 : 1); i++) {
		buf_free(to[i]);
		buf_add(to[i], a->bytes, a->len);
	}
}

/* The kept part is on disk as soon as it comes; a crash does not take it. */
static void keep_part(struct sim *sim, int line, int side, const struct sync_action *a)
{
	struct sim_kept *k = &sim->nodes[sim->lines[line].node[side]].memories[line].kept[a->part.directives];
	if (a->part.at == 0)
		buf_free(&k->bytes);
	k->part = a->part;
	buf_cut(&k->bytes, a->part.at);
	buf_add(&k->bytes, a->bytes, a->len);
}

static void exchanged(struct sim *sim, int line, int side, const struct sync_action *a)
{
	struct sim_line *l = &sim->lines[line];
	l->equal += a->equal;
	if (a->token) {
		l->token = a->token;
		l->token_equal = a->equal;
	}
	sim_trace(sim, sim->nodes[l->node[side]].name, "is %s with %s", a->equal ? "equal" : "not equal",
	    sim->nodes[l->node[!side]].name);
}

static void plan_tick(struct sim *sim, int line, int side)
{
	struct sim_line *l = &sim->lines[line];
	int64_t at = l->sync[side] ? sync_next_tick(l->sync[side]) : INT64_MAX;
	if (at == INT64_MAX || (l->tick[side] > sim->now && l->tick[side] <= at))
		return;
	l->tick[side] = at > sim->now ? at : sim->now + 1;
	event_add(sim, (struct sim_event){.at = l->tick[side],
			   .kind = EVENT_TICK,
			   .line = line,
			   .side = side,
			   .generation = l->generation});
}

static void act(struct sim *sim, int line, int side)
{
	struct sim_line *l = &sim->lines[line];
	const struct sync_action *a;
	while (l->sync[side] && !l->storing[side] && (a = sync_next(l->sync[side])) != NULL) {
		switch (a->kind) {
		case SYNC_DO_SEND:
			send(sim, line, side, a);
			break;
		case SYNC_DO_STORE:
			l->storing[side] = a;
			event_add(sim, (struct sim_event){.at = sim->now + sim_dice(sim, sim->store_ms + 1),
					   .kind = EVENT_STORED,
					   .line = line,
					   .side = side,
					   .generation = l->generation});
			break;
		case SYNC_DO_CONFIRMED:
			remember(sim, line, side, a);
			break;
		case SYNC_DO_EXCHANGED:
			exchanged(sim, line, side, a);
			break;
		case SYNC_DO_REFUSED:
		case SYNC_DO_PEER:
			break;
		case SYNC_DO_LATE:
		case SYNC_DO_STAND:
			break;
		case SYNC_DO_PIECE: {
			bool kept = sim_blob_keep(sim, line, side, a),
			     whole = a->piece.have + a->len == a->piece.size;
			sync_piece_kept(l->sync[side], kept, sim->now);
			if (kept && whole)
				sim_tell(sim, l->node[side]);
			break;
		}
		case SYNC_DO_PART:
			keep_part(sim, line, side, a);
			break;
		case SYNC_DO_CLOSE:
			sim_trace(sim, sim->nodes[l->node[side]].name, "closes: %s", a->err.msg);
			sim_cut(sim, line);
			return;
		}
	}
	plan_tick(sim, line, side);
}

/* ---- lines ---- */

static void open_side(struct sim *sim, int line, int side)
{
	struct sim_line *l = &sim->lines[line];
	struct sim_node *n = &sim->nodes[l->node[side]];
	struct sim_end *e = &sim->ends[2 * line + side];
	*e = (struct sim_end){sim, line, side};
	struct sync_world world;
	sim_world(e, &world);
	struct sync_blobs blobs;
	sim_blobs(e, &blobs);
	struct sync_options o = {.role = side == 0 ? SYNC_DIALER : SYNC_LISTENER,
	    .unit = n->unit,
	    .station = n->station,
	    .blobs = &blobs,
	    .memory = n->memories[line].ram.data,
	    .memory_len = n->memories[line].ram.len};
	memcpy(o.instance, n->instance, SYNC_INSTANCE_SIZE);
	for (int i = 0; i < 2; i++) {
		const struct sim_kept *k = &n->memories[line].kept[i];
		o.kept[i] = (struct sync_kept){k->part, k->bytes.len};
	}
	l->busy[side] = l->tick[side] = sim->now;
	l->sync[side] = sync_open(&world, &o, sim->now);
}

void sim_open(struct sim *sim, int line)
{
	struct sim_line *l = &sim->lines[line];
	if (l->open || sim->now < l->shut || sim->nodes[l->node[0]].down || sim->nodes[l->node[1]].down)
		return;
	l->open = true;
	l->generation++;
	sim_trace(sim, sim->nodes[l->node[0]].name, "dials %s", sim->nodes[l->node[1]].name);
	open_side(sim, line, 1);
	open_side(sim, line, 0);
	act(sim, line, 1);
	act(sim, line, 0);
}

void sim_cut(struct sim *sim, int line)
{
	struct sim_line *l = &sim->lines[line];
	if (!l->open)
		return;
	l->open = false;
	l->generation++;
	l->cuts++;
	sim_blob_cut(sim, line);
	for (int side = 0; side < 2; side++) {
		sync_free(l->sync[side]);
		l->sync[side] = NULL;
		l->storing[side] = NULL;
	}
	sim_trace(sim, sim->nodes[l->node[0]].name, "has lost %s", sim->nodes[l->node[1]].name);
	event_add(sim, (struct sim_event){
			   .at = sim->now + 200 + sim_dice(sim, REDIAL), .kind = EVENT_DIAL, .line = line});
}

void sim_shut(struct sim *sim, int line, unsigned ms)
{
	sim->lines[line].shut = sim->now + ms;
	sim_cut(sim, line);
}

void sim_request(struct sim *sim, int line, int side, uint64_t token)
{
	struct sim_line *l = &sim->lines[line];
	assert(l->sync[side]);
	sync_request(l->sync[side], token, sim->now);
	act(sim, line, side);
}

/* ---- nodes ---- */

void sim_init(struct sim *sim, uint64_t seed)
{
	*sim = (struct sim){.random = seed * 7919 + 17};
}

static void drop_copy(struct sim *sim, struct sim_node *n);

void sim_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_lines; i++) {
		sync_free(sim->lines[i].sync[0]);
		sync_free(sim->lines[i].sync[1]);
	}
	for (size_t i = 0; i < sim->n_nodes; i++) {
		struct sim_node *n = &sim->nodes[i];
		for (size_t k = 0; k < sim->n_lines; k++) {
			buf_free(&n->memories[k].ram);
			buf_free(&n->memories[k].disk);
			buf_free(&n->memories[k].kept[0].bytes);
			buf_free(&n->memories[k].kept[1].bytes);
		}
		free(n->memories);
		drop_copy(sim, n);
		sim_store_free(n->store);
		free((char *)n->name);
		free((char *)n->unit);
	}
	for (size_t i = 0; i < sim->n_events; i++)
		buf_free(&sim->events[i].bytes);
	free(sim->events);
	free(sim->nodes);
	free(sim->lines);
	free(sim->ends);
	free(sim->holding);
	table_free(&sim->units);
	buf_free(&sim->trace);
	*sim = (struct sim){0};
}

static void new_instance(struct sim *sim, struct sim_node *n)
{
	for (size_t i = 0; i < SYNC_INSTANCE_SIZE; i++)
		n->instance[i] = (unsigned char)sim_dice(sim, 256);
}

int sim_node(struct sim *sim, const char *unit, const char *station, int rank, int superior)
{
	struct sim_node n = {
	    .unit = mem_dup(unit), .station = station, .rank = rank, .superior = superior, .twin_of = -1};
	char name[160];
	snprintf(name, sizeof name, "%s%s%s", station ? station : "", station ? "@" : "", unit);
	n.name = mem_dup(name);
	n.store = sim_store_new();
	n.writer = (struct sim_writer){n.unit, station, rank, {{0}}};
	new_instance(sim, &n);
	free(sim->holding);
	sim->holding = NULL;
	VEC_PUSH(sim->nodes, sim->n_nodes, n);
	return (int)sim->n_nodes - 1;
}

int sim_twin(struct sim *sim, int node)
{
	const struct sim_node *of = &sim->nodes[node];
	int twin = sim_node(sim, of->unit, of->station, of->rank, of->superior);
	char name[160];
	snprintf(name, sizeof name, "%s'", sim->nodes[node].name);
	free((char *)sim->nodes[twin].name);
	sim->nodes[twin].name = mem_dup(name);
	sim->nodes[twin].twin_of = node;
	return twin;
}

int sim_line(struct sim *sim, int below, int above, unsigned delay, unsigned rate)
{
	struct sim_line l = {.node = {below, above}, .delay = delay, .rate = rate};
	VEC_PUSH(sim->lines, sim->n_lines, l);
	return (int)sim->n_lines - 1;
}

static void admit(struct sim *sim, struct sim_node *n)
{
	struct sim_node *above = &sim->nodes[n->superior];
	char ledger[80], path[160];
	snprintf(ledger, sizeof ledger, "directives/%s", above->unit);
	snprintf(path, sizeof path, "units/%s%s%s.yaml", n->unit, n->station ? "." : "",
	    n->station ? n->station : "");
	sim_store_write(above->store, &above->writer, ledger, path, "name", n->name, CIVIL, &n->writer.grant);
}

void sim_enrol(struct sim *sim)
{
	sim->ends = mem_alloc(2 * sim->n_lines * sizeof *sim->ends);
	for (size_t i = 0; i < sim->n_nodes; i++) {
		struct sim_node *n = &sim->nodes[i];
		n->memories = mem_alloc(sim->n_lines * sizeof *n->memories);
		if (n->twin_of >= 0)
			n->writer.grant = sim->nodes[n->twin_of].writer.grant;
		if (n->superior < 0 || n->twin_of >= 0)
			continue;
		admit(sim, n);
	}
}

void sim_write(
    struct sim *sim, int node, const char *ledger, const char *path, const char *field, const char *value)
{
	struct sim_node *n = &sim->nodes[node];
	struct oid id;
	if (n->down)
		return;
	sim_store_write(n->store, &n->writer, ledger, path, field, value, CIVIL + sim->now / 1000, &id);
	sim->edits++;
	sim_trace(sim, n->name, "writes %s = %s in %s", field, value, ledger);
	sim_tell(sim, node);
}

bool sim_edit(struct sim *sim, int node, const char *ledger, const struct sim_edit *e)
{
	struct sim_node *n = &sim->nodes[node];
	struct oid id;
	if (n->down || !sim_store_edit(n->store, &n->writer, ledger, e, CIVIL + sim->now / 1000, &id))
		return false;
	sim->edits++;
	sim->settlements += e->settle != NULL;
	sim_trace(sim, n->name, "%s %s in %s",
	    e->settle	? "settles"
	    : e->remove ? "removes"
			: "edits",
	    e->settle ? e->settle : e->path, ledger);
	sim_tell(sim, node);
	return true;
}

void sim_move(struct sim *sim, int line, int superior)
{
	struct sim_line *l = &sim->lines[line];
	struct sim_node *n = &sim->nodes[l->node[0]];
	struct oid id;
	char ledger[80], path[160];
	if (n->superior == superior || n->down || sim->nodes[superior].down)
		return;
	sim_cut(sim, line);
	l->node[1] = n->superior = superior;
	free(sim->holding);
	sim->holding = NULL;
	sim->moves++;
	/* Where it was before, it has a record already. */
	snprintf(ledger, sizeof ledger, "directives/%s", sim->nodes[superior].unit);
	snprintf(path, sizeof path, "units/%s.yaml", n->unit);
	const struct sim_edit leave = {.path = path, .remove = true};
	sim_store_edit(sim->nodes[superior].store, &sim->nodes[superior].writer, ledger, &leave, CIVIL, &id);
	admit(sim, n);
	sim_trace(sim, n->name, "is put under %s", sim->nodes[superior].name);
	sim_tell(sim, superior);
}

static void cut_all(struct sim *sim, int node)
{
	for (size_t i = 0; i < sim->n_lines; i++)
		if (sim->lines[i].node[0] == node || sim->lines[i].node[1] == node)
			sim_cut(sim, (int)i);
}

void sim_crash(struct sim *sim, int node, unsigned ms)
{
	struct sim_node *n = &sim->nodes[node];
	if (n->down)
		return;
	sim->losses++;
	sim_trace(sim, n->name, "crashes");
	cut_all(sim, node);
	n->down = true;
	for (size_t i = 0; i < sim->n_lines; i++) {
		buf_free(&n->memories[i].ram);
		buf_add(&n->memories[i].ram, n->memories[i].disk.data, n->memories[i].disk.len);
	}
	event_add(sim, (struct sim_event){.at = sim->now + ms, .kind = EVENT_BACK, .line = node});
}

void sim_forget(struct sim *sim, int node)
{
	struct sim_node *n = &sim->nodes[node];
	cut_all(sim, node);
	sim->losses++;
	sim_trace(sim, n->name, "has lost its memory");
	for (size_t i = 0; i < sim->n_lines; i++) {
		buf_free(&n->memories[i].ram);
		buf_free(&n->memories[i].disk);
		buf_free(&n->memories[i].kept[0].bytes);
		buf_free(&n->memories[i].kept[1].bytes);
	}
}

/* What one with several lines has lost comes back from all sides at once. */
static void lost_store(struct sim *sim, int node)
{
	unsigned lines = 0;
	for (size_t i = 0; i < sim->n_lines; i++)
		lines += sim->lines[i].node[0] == node || sim->lines[i].node[1] == node;
	sim->mesh |= lines > 1;
}

void sim_burn(struct sim *sim, int node)
{
	struct sim_node *n = &sim->nodes[node];
	sim_forget(sim, node);
	lost_store(sim, node);
	sim_trace(sim, n->name, "has burned");
	sim_store_free(n->store);
	n->store = sim_store_new();
	memset(n->have, 0, sizeof n->have);
	memset(n->by, 0, sizeof n->by);
	new_instance(sim, n);
}

static void drop_copy(struct sim *sim, struct sim_node *n)
{
	for (size_t i = 0; n->copied && i < sim->n_lines; i++)
		buf_free(&n->copied[i]);
	free(n->copied);
	sim_store_free(n->copy);
}

void sim_copy(struct sim *sim, int node)
{
	struct sim_node *n = &sim->nodes[node];
	drop_copy(sim, n);
	n->copy = sim_store_copy(n->store);
	n->copied = mem_alloc((sim->n_lines + 1) * sizeof *n->copied);
	for (size_t i = 0; i < sim->n_lines; i++)
		buf_add(&n->copied[i], n->memories[i].disk.data, n->memories[i].disk.len);
	sim_trace(sim, n->name, "is copied");
}

void sim_put_back(struct sim *sim, int node, enum sim_back how)
{
	static const char *const words[] = {"in place", "elsewhere", "under newer notes"};
	struct sim_node *n = &sim->nodes[node];
	if (!n->copy)
		return;
	cut_all(sim, node);
	sim->losses++;
	lost_store(sim, node);
	sim_trace(sim, n->name, "is put back from its copy, %s", words[how]);
	sim_store_free(n->store);
	n->store = sim_store_copy(n->copy);
	for (size_t i = 0; i < sim->n_lines; i++) {
		struct sim_memory *m = &n->memories[i];
		if (how != SIM_STORE_ALONE)
			buf_free(&m->disk);
		if (how == SIM_IN_PLACE)
			buf_add(&m->disk, n->copied[i].data, n->copied[i].len);
		buf_free(&m->ram);
		buf_add(&m->ram, m->disk.data, m->disk.len);
	}
	if (how == SIM_ELSEWHERE)
		new_instance(sim, n);
}

/* ---- running ---- */

static void on_event(struct sim *sim, struct sim_event *e)
{
	struct sim_line *l = e->kind == EVENT_BACK ? NULL : &sim->lines[e->line];
	if (l && e->kind != EVENT_DIAL && e->kind != EVENT_WEATHER &&
	    (e->generation != l->generation || !l->open))
		return;
	switch (e->kind) {
	case EVENT_BYTES:
		sync_receive(l->sync[e->side], e->bytes.data, e->bytes.len, sim->now);
		act(sim, e->line, e->side);
		break;
	case EVENT_TICK:
		sync_tick(l->sync[e->side], sim->now);
		act(sim, e->line, e->side);
		break;
	case EVENT_DIAL:
		sim_open(sim, e->line);
		if (!l->open)
			event_add(sim,
			    (struct sim_event){.at = sim->now + REDIAL, .kind = EVENT_DIAL, .line = e->line});
		break;
	case EVENT_STORED:
		store(sim, e->line, e->side);
		break;
	case EVENT_BACK:
		sim->nodes[e->line].down = false;
		sim_trace(sim, sim->nodes[e->line].name, "is back");
		break;
	case EVENT_WEATHER:
		break;
	}
}

void sim_run(struct sim *sim, int64_t until, const struct sim_weather *w)
{
	int64_t next = w ? sim->now + STEP : until;
	while (sim->now < until) {
		while (sim->n_events && sim->events[0].at <= next) {
			struct sim_event e = event_take(sim);
			sim->now = e.at;
			sim->events_done++;
			on_event(sim, &e);
			buf_free(&e.bytes);
		}
		sim->now = next;
		if (w)
			sim_weather_step(sim, w);
		next = w ? next + STEP : until;
	}
}

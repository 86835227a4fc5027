/* How it stands with attachments: what has not come or not gone yet, how far it is, and why it does not move. */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node/attach_inside.h"
#include "node/shared.h"

/* One line, open or not, by which attachments of its ledgers come and go. */
struct way {
	char *peer;
	bool up, open;
	int64_t until; /* seconds since 1970 when it may open; 0: not known */
	struct strs shared;
};

struct telling {
	struct node *n;
	json_t *list;
	struct way *ways;
	size_t n_ways;
	struct strs seen; /* those that are to come; of those to go, with their ledger */
};

static void add_way(void *ctx, const struct link_state *s)
{
	struct telling *t = ctx;
	struct way w = {.peer = mem_dup(s->peer), .up = s->up, .open = s->open, .until = s->closed_until};
	if (!s->open && !w.until && s->next_try)
		w.until = sys_now() + s->next_try;
	node_shared(t->n, s->peer, s->up, &w.shared);
	VEC_PUSH(t->ways, t->n_ways, w);
}

/* By which it comes: from below what is of a unit below, everything else from above; better by an open line. */
static const struct way *way_for(const struct telling *t, const char *ledger)
{
	const struct way *best = NULL;
	bool below = registry_is_above(t->n->registry, t->n->config.unit, strchr(ledger, '/') + 1);
	int most = -1;
	for (size_t i = 0; i < t->n_ways; i++) {
		const struct way *w = &t->ways[i];
		int fits = 2 * (w->up != below) + w->open;
		if (!strs_has(&w->shared, ledger) || fits <= most)
			continue;
		best = w;
		most = fits;
	}
	return best;
}

static json_t *whole(int64_t number, bool known)
{
	return known ? json_integer((json_int_t)number) : json_null();
}

struct told {
	const char *ledger, *way, *state;
	const struct attach_row *row;
	uint64_t have;
	int64_t seconds;
	const struct way *by; /* may be NULL */
};

static void add(struct telling *t, const struct told *o)
{
	bool waits = strcmp(o->state, "no-line") == 0 && o->by && o->by->until > 0;
	json_array_append_new(t->list,
	    json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:s, s:o, s:o}", "id", o->row->hex, "name",
		o->row->name, "ledger", o->ledger, "size", (json_int_t)o->row->size, "have",
		(json_int_t)o->have, "way", o->way, "peer", o->by ? json_string(o->by->peer) : json_null(),
		"state", o->state, "seconds", whole(o->seconds, o->seconds >= 0), "until",
		whole(waits ? o->by->until : 0, waits)));
}

/* ---- what is to come ---- */

/* By what the peer has said of it. */
static const char *lacking(const struct telling *t, const struct attach_row *row, const struct way *by)
{
	const struct attach_peer *p = attach_peer_known(t->n, row->hex, by->peer);
	if (!p || !p->told || p->stand & SYNC_BLOB_HERE)
		return "queued";
	return p->stand & SYNC_BLOB_ASKED      ? "asked-on"
	       : p->stand & SYNC_BLOB_TOO_LONG ? "too-long-there"
					       : "lacking";
}

static void tell_coming(struct telling *t, const char *ledger, const struct attach_row *row)
{
	const struct attach_file *f = attach_file(t->n, row->hex);
	struct told o = {.ledger = ledger, .way = "in", .row = row, .have = f->have, .seconds = -1};
	if (f->here || strs_has(&t->seen, row->hex))
		return;
	strs_add(&t->seen, row->hex);
	o.by = way_for(t, ledger);
	if (row->size > config_attachment_max(&t->n->config))
		o.state = "too-long";
	else if (f->damaged >= ATTACH_DAMAGED_MAX)
		o.state = "damaged";
	else if (t->n->attachments->disk_full)
		o.state = "disk-full";
	else if (!attach_is_wanted(t->n, row))
		o.state = "on-demand";
	else if (!o.by || !o.by->open)
		o.state = "no-line";
	else if (f->line)
		o.state = "coming";
	else
		o.state = lacking(t, row, o.by);
	if (f->line)
		o.seconds = attach_seconds(&f->pace, f->have, row->size);
	add(t, &o);
}

/* ---- what is to go ---- */

/* One that several records of a ledger name goes once. */
static bool was_told(struct telling *t, const char *ledger, const struct attach_row *row)
{
	struct buf key = {0};
	buf_printf(&key, "%s %s", row->hex, ledger);
	bool told = strs_has(&t->seen, buf_str(&key));
	if (!told)
		strs_add(&t->seen, buf_str(&key));
	buf_free(&key);
	return told;
}

static void tell_going(struct telling *t, const char *ledger, const struct attach_row *row)
{
	bool own = strcmp(strchr(ledger, '/') + 1, t->n->config.unit) == 0;
	if (!attach_file(t->n, row->hex)->here || was_told(t, ledger, row))
		return;
	for (size_t i = 0; i < t->n_ways; i++) {
		const struct way *w = &t->ways[i];
		const struct attach_peer *p = attach_peer_known(t->n, row->hex, w->peer);
		/* To the superior goes all that is ours; of who is below only those are named of whom something is known. */
		bool arrived = p && p->stand & SYNC_BLOB_HERE;
		if (!strs_has(&w->shared, ledger) || (!(own && w->up) && (!p || arrived)))
			continue;
		struct told o = {.ledger = ledger, .way = "out", .row = row, .by = w, .seconds = -1};
		o.have = arrived || (p && p->gone > row->size) ? row->size : p ? p->gone : 0;
		if (arrived)
			o.state = "arrived";
		else if (!w->open)
			o.state = "no-line";
		else if (p && p->pace.line)
			o.state = "going";
		else if (p && p->stand & (SYNC_BLOB_TOO_LONG | SYNC_BLOB_ON_DEMAND))
			o.state = p->stand & SYNC_BLOB_TOO_LONG ? "too-long-there" : "on-demand";
		else
			o.state = "queued";
		if (p && p->pace.line && p->gone < row->size)
			o.seconds = attach_seconds(&p->pace, p->gone, row->size);
		add(t, &o);
	}
}

static void tell_all(
    struct telling *t, void (*tell)(struct telling *, const char *, const struct attach_row *))
{
	const struct table *all = &t->n->attachments->ledgers;
	for (size_t i = 0; i < all->n; i++) {
		const struct attach_ledger *l = all->rows[i].value;
		for (size_t k = 0; k < l->n; k++)
			tell(t, all->rows[i].key, &l->rows[k]);
	}
}

int node_attach_tell(struct node *n, struct control_request *req, struct err *err)
{
	struct telling t = {.n = n, .list = json_array()};
	struct strs ledgers = {0};
	int rc = store_ledgers(n->store, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		attach_look(n, ledgers.items[i]);
	links_states(n->links, add_way, &t);
	tell_all(&t, tell_coming);
	tell_all(&t, tell_going);
	char *text = json_dumps(t.list, JSON_COMPACT);
	control_output(req, text, strlen(text));
	control_output(req, "\n", 1);
	free(text);
	for (size_t i = 0; i < t.n_ways; i++) {
		free(t.ways[i].peer);
		strs_free(&t.ways[i].shared);
	}
	free(t.ways);
	strs_free(&t.seen);
	strs_free(&ledgers);
	json_decref(t.list);
	return rc;
}

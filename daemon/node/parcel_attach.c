/*
 * Attachments in parcels. A ledger is written from one side of a line: what the units above write comes from above, what a
 * subordinate and those below it write comes from there. What comes from the other is not sent back to it, but it is
 * told how it stands here. Between a unit and its station reports are written on both sides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "control/control.h"
#include "links/links.h"
#include "node/attach_inside.h"
#include "node/parcel_inside.h"
#include "node/shared.h"
#include "sync/sync.h"

/* ---- which side ---- */

static bool is_by_both(const struct parcel_world *w, const char *ledger)
{
	bool station = w->node->config.station || strchr(w->peer, '@');
	return station && strncmp(ledger, "reports/", 8) == 0;
}

static bool is_theirs(const struct parcel_world *w, const char *ledger)
{
	const struct registry *all = w->node->registry;
	const char *unit = strchr(ledger, '/') ? strchr(ledger, '/') + 1 : ledger;
	if (w->up)
		return w->node->config.station || registry_is_above(all, unit, w->node->config.unit) ||
		       strcmp(unit, w->peer) == 0;
	return strcmp(unit, w->peer) == 0 || registry_is_above(all, w->peer, unit);
}

static void shared_of(const struct parcel_world *w, struct strs *out)
{
	node_shared(w->node, w->peer, w->up, out);
	node_attach_look(w->node, out);
}

/* ---- writing ---- */

struct picking {
	const struct parcel_world *world;
	bool full;
	struct table seen;
	struct parcel_picks *out;
};

static void consider(struct picking *p, const struct attach_row *row)
{
	struct node *n = p->world->node;
	const struct attach_peer *peer = attach_peer_known(n, row->hex, p->world->peer);
	struct parcel_pick pick = {.upto = row->size};
	uint64_t size = 0;
	void **seen = table_at(&p->seen, row->hex);
	if (*seen)
		return;
	*seen = p;
	if (!attach_file(n, row->hex)->here || !attach_here(n->store, row->hex, &size) || size != row->size)
		return;
	if (peer && (peer->stand & SYNC_BLOB_TOO_LONG || (!p->full && peer->stand & SYNC_BLOB_HERE)))
		return;
	if (peer && !p->full && peer->keeps < row->size)
		pick.from = peer->keeps;
	memcpy(pick.hex, row->hex, sizeof pick.hex);
	VEC_PUSH(p->out->items, p->out->n, pick);
}

static int by_size(const void *left, const void *right)
{
	const struct parcel_pick *a = left, *b = right;
	uint64_t mine = a->upto - a->from, other = b->upto - b->from;
	return mine != other ? (mine < other ? -1 : 1) : strcmp(a->hex, b->hex);
}

/* The shortest first, so that most arrive whole; the last goes as far as there is room, and on from there another time. */
static void cut_to(struct parcel_picks *p, uint64_t most)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct parcel_pick *one = &p->items[i];
		uint64_t len = one->upto - one->from, room = most - p->bytes;
		uint64_t goes = len < room ? len : room;
		p->left += goes < len;
		p->left_bytes += len - goes;
		p->bytes += goes;
		one->upto = one->from + goes;
		kept += goes > 0;
	}
	p->n = kept;
}

void parcel_pick(const struct parcel_world *w, bool full, uint64_t most, struct parcel_picks *out)
{
	struct picking p = {.world = w, .full = full, .out = out};
	struct strs shared = {0};
	shared_of(w, &shared);
	for (size_t i = 0; i < shared.n; i++) {
		const char *ledger = shared.items[i];
		const struct attach_ledger *l = table_get(&w->node->attachments->ledgers, ledger);
		if (!full && is_theirs(w, ledger) && !is_by_both(w, ledger))
			continue;
		for (size_t k = 0; l && k < l->n; k++)
			if (l->rows[k].size > 0)
				consider(&p, &l->rows[k]);
	}
	if (out->n)
		qsort(out->items, out->n, sizeof *out->items, by_size);
	cut_to(out, most);
	table_free(&p.seen);
	strs_free(&shared);
}

static struct parcel_stand stand_of(
    const struct parcel_world *w, const struct strs *shared, const struct attach_row *row)
{
	const struct attach_file *f = attach_file(w->node, row->hex);
	struct parcel_stand s = {0};
	hex_decode(row->hex, s.id, sizeof s.id);
	s.stand = node_attach_stand(w->node, shared, s.id) & ~(unsigned)SYNC_BLOB_ASKED;
	/* What is not on the disk may be lost; the last byte is fetched again after a start. */
	s.have = !f->here && f->synced ? f->synced - 1 : 0;
	return s;
}

struct parcel_stand *parcel_stands(const struct parcel_world *w, size_t *n)
{
	struct parcel_stand *out = NULL;
	struct strs shared = {0};
	*n = 0;
	shared_of(w, &shared);
	for (size_t i = 0; i < shared.n; i++) {
		const char *ledger = shared.items[i];
		const struct attach_ledger *l = table_get(&w->node->attachments->ledgers, ledger);
		if (!is_theirs(w, ledger) && !is_by_both(w, ledger))
			continue;
		for (size_t k = 0; l && k < l->n; k++)
			VEC_PUSH(out, *n, stand_of(w, &shared, &l->rows[k]));
	}
	strs_free(&shared);
	return out;
}

/* ---- reading ---- */

void parcel_stands_learn(const struct parcel_world *w, const struct parcel_stand *stands, size_t n)
{
	struct strs shared = {0};
	shared_of(w, &shared);
	for (size_t i = 0; i < n; i++) {
		char hex[ATTACH_HEX + 1];
		hex_encode(stands[i].id, sizeof stands[i].id, hex);
		if (!attach_find(w->node, &shared, hex))
			continue;
		node_attach_stands(w->node, w->peer, stands[i].id, stands[i].stand);
		attach_peer_keeps(w->node, hex, w->peer, stands[i].have);
	}
	strs_free(&shared);
}

void parcel_blobs_begin(struct parcel_blobs *b, struct parcel_world *w)
{
	b->world = w;
	shared_of(w, &b->shared);
}

static void settle(struct parcel_blobs *b)
{
	b->count[b->now]++;
	b->now = PARCEL_BLOB_NONE;
	b->hex[0] = '\0';
}

static enum parcel_outcome begin_one(struct parcel_blobs *b, const struct attach_row *row)
{
	struct node *n = b->world->node;
	struct attach_file *f = row ? attach_file(n, row->hex) : NULL;
	if (!row)
		return PARCEL_BLOB_UNNAMED;
	if (f->here)
		return PARCEL_BLOB_HERE;
	if (row->size == 0 || row->size > config_attachment_max(&n->config))
		return PARCEL_BLOB_LONG;
	if (f->have >= row->size) /* named with another length than before */
		attach_forget_part(n, row->hex, false);
	return b->stopped ? PARCEL_BLOB_FAILED : PARCEL_BLOB_PART;
}

static void tell_failed(struct control_request *req, const struct err *err)
{
	const char *args[ERR_ARGS + 1] = {NULL};
	for (int i = 0; i < err->n_args; i++)
		args[i] = err->arg[i];
	if (err->msg)
		control_note(req, true, err->msg, args, err->n_args);
}

/* The bytes that go on from what is here, whoever else was bringing it. */
static void keep(struct parcel_blobs *b, const struct attach_row *row, const struct parcel_piece *piece,
    struct control_request *req)
{
	struct node *n = b->world->node;
	struct attach_file *f = attach_file(n, row->hex);
	struct attach_wanted at = {.size = row->size, .have = f->have};
	struct err err = {0};
	bool whole = false;
	if (piece->at > f->have)
		b->now = PARCEL_BLOB_GAP;
	if (piece->at > f->have || f->have - piece->at >= piece->len)
		return;
	size_t skip = (size_t)(f->have - piece->at), len = piece->len - skip;
	len = len < row->size - f->have ? len : (size_t)(row->size - f->have);
	memcpy(at.id, piece->id, sizeof at.id);
	f->line = NULL;
	int rc = node_attach_part(n, b, &at, (const char *)piece->bytes + skip, len, &whole, &err);
	if (rc) {
		b->now = PARCEL_BLOB_FAILED;
		b->stopped = rc != ERR_CORRUPT && rc != ERR_REFUSED;
		tell_failed(req, &err);
	} else if (whole) {
		b->now = PARCEL_BLOB_WHOLE;
		node_attach_stands(n, b->world->peer, piece->id, SYNC_BLOB_HERE);
	}
}

void parcel_blobs_take(struct parcel_blobs *b, const struct parcel_piece *piece, struct control_request *req)
{
	char hex[ATTACH_HEX + 1];
	hex_encode(piece->id, sizeof piece->id, hex);
	const struct attach_row *row = attach_find(b->world->node, &b->shared, hex);
	if (strcmp(hex, b->hex) != 0) {
		settle(b);
		memcpy(b->hex, hex, sizeof hex);
		b->now = begin_one(b, row);
	}
	if (b->now == PARCEL_BLOB_PART && row)
		keep(b, row, piece, req);
}

void parcel_blobs_end(struct parcel_blobs *b)
{
	if (!b->world)
		return;
	settle(b);
	node_attach_ended(b->world->node, b);
	if (b->count[PARCEL_BLOB_WHOLE])
		links_moved(b->world->node->links);
	strs_free(&b->shared);
	b->world = NULL;
}

void parcel_blobs_tell(const struct parcel_blobs *b, struct control_request *req)
{
	static const struct {
		enum parcel_outcome of;
		bool warning;
		const char *msg;
	} rows[] = {
	    {PARCEL_BLOB_WHOLE, false, N_("%1 attachments came whole")},
	    {PARCEL_BLOB_PART, true,
		N_("%1 attachments came in part: the next parcel or a line brings the rest")},
	    {PARCEL_BLOB_GAP, true,
		N_("%1 attachments go on from what is not here: read the parcel before this one, or ask for "
		   "one with --full")},
	    {PARCEL_BLOB_FAILED, true,
		N_("%1 attachments could not be kept: they are asked for again with the next parcel")},
	    {PARCEL_BLOB_LONG, true, N_("%1 attachments are longer than is taken here (attachment.max)")},
	    {PARCEL_BLOB_UNNAMED, true, N_("%1 attachments are named by no record here: passed over")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char n[24];
		const char *args[] = {n};
		snprintf(n, sizeof n, "%zu", b->count[rows[i].of]);
		if (b->count[rows[i].of])
			control_note(req, rows[i].warning, rows[i].msg, args, 1);
	}
}

#include "sync/parcel.h"

#include <stdlib.h>
#include <string.h>

#include "sync/frame.h"
#include "sync/parcel_blob.h"
#include "sync/parcel_note.h"
#include "sync/replay.h"

#define BATCH_ESTIMATE 2048 /* what a batch weighs, about: more is lost with a damage, less costs more */

enum end_flag { END_MORE = 1 };

/* ---- writing ---- */

struct writing {
	const struct sync_world *world;
	const struct parcel_options *options;
	struct buf *out;
	size_t begin, max;
	struct parcel_written *written;
	struct replay_session *session;
	/* The batch being gathered. */
	struct arena arena;
	struct change *changes;
	size_t n, estimate;
};

static bool no_short(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx, (void)ledger, (void)id;
	return false; /* what the reader could find by a few bytes is not known months ahead */
}

static void put_hello(struct writing *w)
{
	const struct parcel_options *o = w->options;
	struct frame_hello m = {.peer = {o->unit, o->station ? o->station : "", {0}, SYNC_VERSION}};
	memcpy(m.peer.instance, o->instance, SYNC_INSTANCE_SIZE);
	frame_put_hello(w->out, &m);
}

static void put_refusals(struct writing *w)
{
	const struct parcel_options *o = w->options;
	size_t n = o->n_refusals < PARCEL_REFUSALS_MAX ? o->n_refusals : PARCEL_REFUSALS_MAX;
	struct buf payload = {0};
	if (!n)
		return;
	parcel_put_refusals(o->refusals, n, &payload);
	frame_put(w->out, (enum frame_type)PARCEL_FRAME_REFUSED, &payload);
	buf_free(&payload);
}

static void put_have(struct writing *w, const struct strs *ledgers)
{
	struct frame_have m = {0};
	for (size_t i = 0; i < ledgers->n && m.n < FRAME_LEDGERS_MAX; i++) {
		struct frame_ledger row = {.name = ledgers->items[i]};
		w->world->heads(w->world->ctx, row.name, &row.ids);
		if (row.ids.n > FRAME_HEADS_MAX)
			row.ids.n = FRAME_HEADS_MAX;
		if (row.ids.n)
			VEC_PUSH(m.ledgers, m.n, row);
		else
			oids_free(&row.ids);
	}
	frame_put_have(w->out, &m);
	for (size_t i = 0; i < m.n; i++)
		oids_free(&m.ledgers[i].ids);
	free(m.ledgers);
}

static void flush(struct writing *w)
{
	const struct replay_io io = {
	    .ctx = w->world->ctx, .text = w->world->text, .short_ok = no_short, .has = w->world->has};
	struct buf payload = {0};
	if (w->n) {
		replay_encode(w->session, &io, w->changes, w->n, &payload);
		frame_put(w->out, FRAME_CHANGES, &payload);
		w->written->changes += w->n;
		buf_free(&payload);
	}
	w->n = w->estimate = 0;
	arena_free(&w->arena);
}

static bool is_full(const struct writing *w)
{
	return w->out->len - w->begin + w->estimate >= w->max;
}

/* False: it cannot be read or coded here, so neither can what is built on it be understood. */
static bool put_change(struct writing *w, const char *ledger, const struct oid *id)
{
	struct change c = {0};
	struct err err = {0};
	if (w->n == REPLAY_CHANGES_MAX || w->estimate >= BATCH_ESTIMATE)
		flush(w);
	if (w->world->change(w->world->ctx, ledger, id, &w->arena, &c, &err) || replay_check(&c, &err))
		return false;
	VEC_PUSH(w->changes, w->n, c);
	w->estimate += replay_estimate(&c);
	return true;
}

static void put_ledger(struct writing *w, const char *ledger)
{
	struct oids have = {0}, ids = {0};
	const size_t before = w->written->changes;
	for (int k = 0; k < 2; k++) {
		const struct book_ledger *l =
		    w->options->known[k] ? book_find(w->options->known[k], ledger) : NULL;
		for (size_t i = 0; l && i < l->known.n; i++)
			oids_add(&have, &l->known.items[i]);
	}
	w->world->between(w->world->ctx, ledger, &have, &ids);
	replay_session_refresh(w->session);
	bool readable = true;
	for (size_t i = 0; i < ids.n && readable && !w->written->more; i++) {
		w->written->more = is_full(w);
		if (!w->written->more)
			readable = put_change(w, ledger, &ids.items[i]);
	}
	w->written->unreadable += !readable;
	flush(w);
	if (w->written->changes > before)
		strs_add(&w->written->ledgers, ledger);
	oids_free(&have);
	oids_free(&ids);
}

static bool is_directives(const char *ledger)
{
	return strncmp(ledger, "directives/", 11) == 0;
}

void parcel_write(const struct sync_world *world, const struct parcel_options *options, struct buf *out,
    struct parcel_written *written)
{
	struct writing w = {.world = world,
	    .options = options,
	    .out = out,
	    .begin = out->len,
	    .max = options->bytes_max ? options->bytes_max : PARCEL_BYTES_MAX,
	    .written = written,
	    .session = replay_session_new()};
	struct strs ledgers = {0};
	struct buf end = {0};
	*written = (struct parcel_written){0};
	world->shared(world->ctx, &ledgers);
	put_hello(&w);
	put_refusals(&w);
	put_have(&w, &ledgers);
	parcel_put_stands(out, options->stands, options->n_stands);
	for (int reports = 0; reports < 2; reports++)
		for (size_t i = 0; i < ledgers.n && !written->more; i++)
			if (is_directives(ledgers.items[i]) == !reports)
				put_ledger(&w, ledgers.items[i]);
	wire_put_number(&end, written->changes);
	wire_put_number(&end, (written->more ? END_MORE : 0) | FRAME_NEXT_FLAGS);
	frame_put(out, (enum frame_type)PARCEL_FRAME_END, &end);
	buf_free(&end);
	free(w.changes);
	replay_session_free(w.session);
	strs_free(&ledgers);
}

/* ---- reading ---- */

struct parcel_reader {
	struct sync_world world;
	struct replay_session *session;
	struct buf in;
	size_t at;
	struct arena kept; /* hello, refusals, have */
	struct arena item; /* of the batch last given out */
	bool greeted, ended, has_have;
	struct frame_hello hello;
	struct frame_have have;
	struct sync_refusal *refusals;
	size_t n_refusals;
	struct parcel_stand *stands;
	size_t n_stands;
};

struct parcel_reader *parcel_reader_new(const struct sync_world *world)
{
	struct parcel_reader *r = mem_alloc(sizeof *r);
	r->world = *world;
	r->session = replay_session_new();
	return r;
}

static void forget_have(struct parcel_reader *r)
{
	r->have = (struct frame_have){0};
	r->has_have = false;
}

void parcel_reader_free(struct parcel_reader *r)
{
	if (!r)
		return;
	forget_have(r);
	replay_session_free(r->session);
	buf_free(&r->in);
	arena_free(&r->kept);
	arena_free(&r->item);
	free(r);
}

void parcel_reader_add(struct parcel_reader *r, const void *bytes, size_t len)
{
	if (r->at) {
		memmove(r->in.data, r->in.data + r->at, r->in.len - r->at);
		buf_cut(&r->in, r->in.len - r->at);
		r->at = 0;
	}
	buf_add(&r->in, bytes, len);
}

static bool find_none(
    void *ctx, const char *ledger, const unsigned char prefix[REPLAY_PREFIX], struct oid *out)
{
	(void)ctx, (void)ledger, (void)prefix, (void)out;
	return false;
}

static int read_changes(
    struct parcel_reader *r, const void *bytes, size_t len, struct parcel_item *out, struct err *err)
{
	const struct replay_io io = {
	    .ctx = r->world.ctx, .text = r->world.text, .find = find_none, .has = r->world.has};
	struct replay_batch batch;
	int rc = replay_decode(r->session, &io, bytes, len, &r->item, &batch, err);
	if (rc)
		return rc;
	*out = (struct parcel_item){.event = batch.lost ? PARCEL_LOST : PARCEL_CHANGES,
	    .ledger = batch.changes[0].change.ledger,
	    .changes = batch.changes,
	    .n = batch.n};
	for (size_t i = 0; i < batch.n; i++)
		if (!r->world.accepts(r->world.ctx, batch.changes[i].change.ledger))
			out->event = PARCEL_DECLINED;
	return 0;
}

static int read_refusals(struct parcel_reader *r, const void *bytes, size_t len, struct err *err)
{
	struct wire_reader in;
	wire_reader_init(&in, bytes, len);
	r->refusals = parcel_get_refusals(&in, &r->kept, &r->n_refusals);
	return in.bad ? err_set(err, ERR_PEER, N_("what the parcel says was refused cannot be read")) : 0;
}

static int read_end(
    struct parcel_reader *r, const void *bytes, size_t len, struct parcel_item *out, struct err *err)
{
	struct wire_reader in;
	wire_reader_init(&in, bytes, len);
	uint64_t changes = wire_number(&in), flags = wire_number(&in);
	(void)changes;
	r->ended = true;
	*out = (struct parcel_item){.event = PARCEL_ENDS, .more = flags & END_MORE};
	return in.bad ? err_set(err, ERR_PEER, N_("the end of the parcel cannot be read")) : 0;
}

/* Behind the changes nothing is looked at but attachments. */
static int read_piece(
    unsigned type, const unsigned char *bytes, size_t len, struct parcel_item *out, struct err *err)
{
	if (type != FRAME_PIECE)
		return 0;
	out->event = PARCEL_PIECE;
	return parcel_get_piece(bytes, len, &out->piece, err);
}

/* One frame; *out stays PARCEL_WAITS if it has only told us something. */
static int read_frame(struct parcel_reader *r, unsigned type, const unsigned char *bytes, size_t len,
    struct parcel_item *out, struct err *err)
{
	int rc;
	if (r->ended)
		return read_piece(type, bytes, len, out, err);
	if (!r->greeted && type != FRAME_HELLO)
		return err_set(err, ERR_PEER, N_("the parcel does not say who writes it"));
	switch (type) {
	case FRAME_HELLO:
		if (r->greeted)
			return err_set(err, ERR_PEER, N_("the parcel says twice who writes it"));
		rc = frame_get_hello(bytes, len, &r->kept, &r->hello, err);
		r->greeted = rc == 0;
		return rc;
	case FRAME_CHANGES:
		return read_changes(r, bytes, len, out, err);
	case FRAME_HAVE:
		if (r->has_have)
			return err_set(err, ERR_PEER, N_("the parcel says twice what its writer has"));
		rc = frame_get_have(bytes, len, &r->kept, &r->have, err);
		r->has_have = rc == 0;
		return rc;
	case PARCEL_FRAME_REFUSED:
		return r->refusals ? 0 : read_refusals(r, bytes, len, err);
	case PARCEL_FRAME_STANDS:
		return r->stands ? 0 : parcel_get_stands(bytes, len, &r->kept, &r->stands, &r->n_stands, err);
	case PARCEL_FRAME_END:
		return read_end(r, bytes, len, out, err);
	default:
		return 0; /* of a newer writer */
	}
}

int parcel_reader_next(struct parcel_reader *r, struct parcel_item *out, struct err *err)
{
	int rc = 0;
	*out = (struct parcel_item){.event = PARCEL_WAITS};
	arena_free(&r->item);
	while (rc == 0 && out->event == PARCEL_WAITS) {
		unsigned type = 0;
		const unsigned char *bytes;
		size_t len, size;
		rc = frame_next(buf_str(&r->in) + r->at, r->in.len - r->at, &type, &bytes, &len, &size, err);
		if (rc != 1)
			return rc;
		rc = read_frame(r, type, bytes, len, out, err);
		r->at += size;
	}
	return rc;
}

const struct sync_peer *parcel_reader_peer(const struct parcel_reader *r)
{
	return r->greeted ? &r->hello.peer : NULL;
}

const struct sync_refusal *parcel_reader_refusals(const struct parcel_reader *r, size_t *n)
{
	*n = r->n_refusals;
	return r->refusals;
}

const struct parcel_stand *parcel_reader_stands(const struct parcel_reader *r, size_t *n)
{
	*n = r->n_stands;
	return r->stands;
}

bool parcel_reader_learn(const struct parcel_reader *r, struct book *known)
{
	if (!r->has_have)
		return false;
	const unsigned char *instance = r->hello.peer.instance;
	if (known->has_instance && memcmp(known->instance, instance, SYNC_INSTANCE_SIZE) != 0)
		book_free(known);
	memcpy(known->instance, instance, SYNC_INSTANCE_SIZE);
	known->has_instance = known->acquainted = true;
	for (size_t i = 0; i < r->have.n; i++) {
		const struct frame_ledger *row = &r->have.ledgers[i];
		if (!r->world.accepts(r->world.ctx, row->name))
			continue;
		struct book_ledger *l = book_at(known, row->name);
		l->fresh = l->unsure = false;
		for (size_t k = 0; k < row->ids.n; k++)
			if (r->world.has(r->world.ctx, row->name, &row->ids.items[k]) &&
			    !oids_has(&l->known, &row->ids.items[k]))
				oids_add(&l->known, &row->ids.items[k]);
	}
	return true;
}

/*
 * Reading a parcel. One batch a turn of the loop: open the next sealed piece, hand its frames to the reader, judge and
 * store what comes out as a line would (link.c). Behind the last batch what its writer has, and has refused, is noted; then
 * come attachments. Whatever stops it, what was taken before stays.
 *
 * It is handed over portion by portion and held no longer than it takes to read one: between two of them nobody is
 * answered (req is NULL), and who does not go on gives way to the next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "node/arrival.h"
#include "node/heal.h"
#include "node/instance.h"
#include "node/parcel_taking.h"

#define TOLD_MAX 8 /* refusals named one by one */
#define HEX_SHOWN 12
#define STEPS 64 /* of a turn, where nothing is stored */

/* ---- taking ---- */

static void begin(struct taking *t)
{
	const struct sync_world world = parcel_sync_world(&t->from.world);
	parcel_reader_free(t->reader);
	t->reader = parcel_reader_new(&world);
	t->piece = (struct seal_piece){t->from.secret, t->from.cover.context, 0, false};
	t->at = t->from.cover.size;
	t->greeted = t->ended = false;
}

static void tell_refused(struct taking *t, const struct sync_received *s, const struct arrival_result *r)
{
	char hex[OID_HEX + 1];
	const char *args[ERR_ARGS + 1] = {NULL};
	struct buf sentence = {0};
	const struct err *e = &r->err;
	oid_hex(&r->id, hex);
	struct err said = {.code = e->code, .msg = e->msg, .n_args = e->n_args};
	memcpy(said.arg, e->arg, sizeof said.arg);
	err_format(&said, NULL, &sentence);
	parcel_note_refuse(&t->note, &(struct sync_refusal){s->change.ledger, r->id, e->rule ? e->rule : "",
					 e->record, e->field, buf_str(&sentence)});
	buf_free(&sentence);
	if (t->refused > TOLD_MAX)
		return;
	hex[HEX_SHOWN] = '\0';
	control_warn(t->req, N_("refused: change %1 of %2, by the rule %3"), hex, s->change.ledger,
	    e->rule ? e->rule : "-");
	for (int i = 0; i < e->n_args; i++)
		args[i] = e->arg[i];
	if (e->msg)
		control_note(t->req, true, e->msg, args, e->n_args);
}

/* What was refused before is to be said until a later parcel shows what became of it; one without news is an old one,
 * read again. */
static void forget_refusals(struct taking *t)
{
	if (!t->news)
		t->note.n_refusals = 0;
	t->news = true;
}

static void count(struct taking *t, const struct sync_received *s, const struct arrival_result *r)
{
	switch (r->status) {
	case ARRIVAL_STORED:
		forget_refusals(t);
		t->taken++;
		t->came_back += node_instance_wrote(t->node, &s->change);
		break;
	case ARRIVAL_KNOWN:
		t->here++;
		break;
	case ARRIVAL_PARKED:
		if (r->held) {
			t->held++;
			break;
		}
		t->parked++;
		if (!t->parked_why.code)
			t->parked_why = r->err;
		break;
	case ARRIVAL_REFUSED:
		forget_refusals(t);
		t->refused++;
		tell_refused(t, s, r);
		break;
	}
}

static void store_batch(struct taking *t, const struct parcel_item *item)
{
	struct arrival *batch = mem_alloc(item->n * sizeof *batch);
	struct arrival_result *results = mem_alloc(item->n * sizeof *results);
	for (size_t i = 0; i < item->n; i++) {
		const struct sync_received *s = &item->changes[i];
		batch[i] = (struct arrival){.change = &s->change,
		    .earlier = s->earlier,
		    .n_earlier = s->n_earlier,
		    .parent_check = s->has_parent_check ? s->parent_check : NULL,
		    .from_above = t->from.world.up,
		    .unproven = t->from.world.unproven,
		    .peer = t->from.cover.from};
	}
	node_arrival(t->node, batch, item->n, results);
	for (size_t i = 0; i < item->n; i++)
		count(t, &item->changes[i], &results[i]);
	free(batch);
	free(results);
}

static int too_short(struct err *err)
{
	err_set(err, ERR_INPUT, N_("this parcel was not written or copied whole, or is damaged at its end"));
	err_hint(err, N_("what it held whole was taken; copy it again and read it once more for the rest"));
	return err->code;
}

/* The next sealed piece to the reader. */
static int open_piece(struct taking *t, struct err *err)
{
	size_t left = t->bytes.len - t->at, whole = PARCEL_CHUNK + SEAL_TAG_SIZE;
	size_t len = left < whole ? left : whole;
	struct buf plain = {0};
	char place[24], end[24];
	if (left == 0)
		return too_short(err);
	bool good = seal_open(&t->piece, t->bytes.data + t->at, len, &plain);
	if (!good && left <= whole) {
		t->piece.last = true;
		good = seal_open(&t->piece, t->bytes.data + t->at, len, &plain);
	}
	if (good)
		parcel_reader_add(t->reader, buf_str(&plain), plain.len);
	buf_free(&plain);
	snprintf(place, sizeof place, "%zu", t->gone + t->at);
	t->at += len;
	snprintf(end, sizeof end, "%zu", t->gone + t->at);
	t->piece.number++;
	if (good)
		return 0;
	if (left < whole) /* cut within a piece, or damaged in the last one: nobody can tell */
		return too_short(err);
	err_set(err, ERR_INPUT, N_("this parcel is damaged between its bytes %1 and %2"), place, end);
	err_hint(
	    err, N_("what stands before that was taken; copy it again and read it once more for the rest"));
	return err->code;
}

static int check_peer(struct taking *t, struct err *err)
{
	const struct sync_peer *p = parcel_reader_peer(t->reader);
	char name[2 * COVER_NAME_MAX + 2];
	if (t->greeted || !p)
		return 0;
	t->greeted = true;
	snprintf(name, sizeof name, "%.135s%s%.135s", p->station, *p->station ? "@" : "", p->unit);
	if (strcmp(name, t->from.cover.from) == 0)
		return 0;
	return err_set(err, ERR_PEER, N_("this parcel calls its writer %1, but its cover says %2"), name,
	    t->from.cover.from);
}

/* ---- the end ---- */

/* What our superior refused goes out here, as if it had said so over a line. */
static void heal(struct taking *t)
{
	size_t n;
	const struct sync_refusal *list = parcel_reader_refusals(t->reader, &n);
	for (size_t i = 0; i < n; i++) {
		const struct sync_refusal *r = &list[i];
		const struct node_refusal refusal = {
		    t->from.cover.from, r->id, r->ledger, r->rule, r->record, r->field, r->sentence};
		struct history *h = NULL;
		struct err said = {0}, err = {0};
		char id[OID_HEX + 1];
		if (store_history(t->node->store, r->ledger, &h, &err) != 0 || !h || !history_has(h, &r->id))
			continue;
		oid_hex(&r->id, id);
		err_set(&said, ERR_REFUSED, N_("%1 refused our change %2 of %3 (rule %4): %5"),
		    t->from.cover.from, id, r->ledger, r->rule, r->sentence);
		err_rule(&said, NULL, r->record, r->field);
		log_err(LOG_WARNING, "refused", &said);
		control_warn(
		    t->req, said.msg, said.arg[0], said.arg[1], said.arg[2], said.arg[3], said.arg[4]);
		if (str_is(t->node->config.superior.unit, t->from.cover.from))
			node_heal(t->node, &refusal, &said);
	}
}

/* Its word is believed where its key is good. A parcel may be read long after others of its writer, so what was known
 * of the same instance before stays. */
static void learn(struct taking *t)
{
	struct err err = {0};
	size_t n;
	if (t->learned || t->from.ended_key || t->from.world.unproven)
		return;
	t->learned = true;
	const struct parcel_stand *stands = parcel_reader_stands(t->reader, &n);
	parcel_stands_learn(&t->from.world, stands, n);
	if (parcel_reader_learn(t->reader, &t->note.known)) {
		parcel_reduce(t->node, &t->note.known);
		t->note.heard = sys_now();
		parcel_confirmed(t->node, t->from.cover.from, &t->note.known);
	}
	if (parcel_note_save(t->node, t->from.cover.from, &t->note, &err) != 0)
		log_err(LOG_WARNING, "parcel", &err);
	heal(t);
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void drop(struct taking *t)
{
	t->node->parcels->taking = NULL;
	uv_close((uv_handle_t *)t->timer, free_timer);
	parcel_reader_free(t->reader);
	parcel_note_free(&t->note);
	parcel_blobs_end(&t->blobs);
	buf_free(&t->bytes);
	free(t->name);
	memset(t->from.secret, 0, sizeof t->from.secret);
	free(t);
}

static int refuse_unproven(struct taking *t, struct err *err)
{
	err_set(err, ERR_REFUSED,
	    N_("the key of this parcel is not known to be %1's: only directives of the units above were "
	       "taken"),
	    t->from.cover.from);
	err_hint(err, N_("if %1 has a new key, the units above say so in their directives; ask for a parcel "
			 "with --full"));
	return err->code;
}

static void conclude(struct taking *t, struct err *err)
{
	learn(t);
	parcel_blobs_end(&t->blobs);
	if (err->code == 0 && t->from.world.unproven)
		refuse_unproven(t, err);
	parcel_take_tell(t, err);
	size_t failed = t->blobs.count[PARCEL_BLOB_FAILED];
	if (err->code == 0 && t->parked + t->lost + failed == 0)
		parcel_remember_read(t->node, t->from.cover.id);
	if (t->came_back)
		node_instance_came_back(t->node, t->from.cover.from, t->came_back);
	if (err->code == 0 && t->refused + failed)
		err_set(err, ERR_REFUSED, N_("not all of this parcel was taken in"));
	control_finish(t->req, err);
	drop(t);
}

enum step { STEP_ON, STEP_STORED, STEP_PORTION, STEP_UNPROVEN, STEP_DONE };

static bool lacks_portion(const struct taking *t)
{
	return t->more && t->bytes.len - t->at < PARCEL_CHUNK + SEAL_TAG_SIZE;
}

/* The changes have ended. A writer whose key is not known yet brings no attachments. */
static enum step end_changes(struct taking *t)
{
	t->ended = true;
	if (t->from.world.unproven)
		return STEP_UNPROVEN;
	learn(t);
	parcel_blobs_begin(&t->blobs, &t->from.world);
	return STEP_STORED;
}

/* One batch, or one piece. */
static int step(struct taking *t, enum step *out, struct err *err)
{
	struct parcel_item item;
	int rc = parcel_reader_next(t->reader, &item, err);
	if (rc == 0)
		rc = check_peer(t, err);
	if (rc)
		return rc;
	*out = STEP_ON;
	switch (item.event) {
	case PARCEL_WAITS:
		*out = t->piece.last && t->ended ? STEP_DONE : lacks_portion(t) ? STEP_PORTION : STEP_ON;
		if (*out != STEP_ON)
			return 0;
		return t->piece.last ? too_short(err) : open_piece(t, err);
	case PARCEL_CHANGES:
		store_batch(t, &item);
		*out = STEP_STORED;
		return 0;
	case PARCEL_LOST:
		t->lost += item.n;
		return 0;
	case PARCEL_DECLINED:
		t->declined += item.n;
		return 0;
	case PARCEL_PIECE:
		parcel_blobs_take(&t->blobs, &item.piece, t->req);
		*out = t->blobs.now == PARCEL_BLOB_WHOLE ? STEP_STORED : STEP_ON;
		return 0;
	case PARCEL_ENDS:
		*out = end_changes(t);
		return 0;
	}
	return 0;
}

/* ---- being asked ---- */

/* What was read of this portion is not needed any more, unless it may have to be read again. */
static void await_portion(struct taking *t)
{
	struct control_request *req = t->req;
	uv_timer_stop(t->timer);
	if (!t->from.world.unproven) {
		memmove(t->bytes.data, t->bytes.data + t->at, t->bytes.len - t->at);
		buf_cut(&t->bytes, t->bytes.len - t->at);
		t->gone += t->at;
		t->at = 0;
	}
	t->req = NULL;
	control_finish(req, NULL);
}

static void on_timer(uv_timer_t *timer)
{
	struct taking *t = timer->data;
	struct err err = {0}, none = {0};
	enum step at = STEP_ON;
	int rc = 0;
	for (int i = 0; rc == 0 && at == STEP_ON && i < STEPS; i++)
		rc = step(t, &at, &err);
	if (rc == 0 && at <= STEP_STORED)
		return;
	/* It may have brought what shows that the key is good: then once more, and all of it. */
	if (at != STEP_PORTION && t->from.world.unproven && t->taken &&
	    parcel_check_writer(&t->from, &none) == 0 && !t->from.world.unproven) {
		t->declined = 0;
		begin(t);
	} else if (rc == 0 && at == STEP_PORTION) {
		await_portion(t);
	} else {
		conclude(t, &err);
	}
}

/* Nobody asks any more; what it brought counts. */
static void abandon(struct taking *t)
{
	learn(t);
	parcel_blobs_end(&t->blobs);
	drop(t);
}

void parcel_taking_stop(struct taking *t)
{
	struct err err = {0};
	if (!t)
		return;
	err_set(&err, ERR_TIMEOUT, N_("the daemon ends; read the parcel again when it runs"));
	if (t->req)
		control_finish(t->req, &err);
	drop(t);
}

/* The next portion of what is being read. */
static int go_on(struct taking *t, struct control_request *req, struct err *err)
{
	struct buf bytes = {0};
	int rc = parcel_handed(t->node, t->name, &bytes, err);
	if (rc == 0 && t->bytes.len + bytes.len > PARCEL_FILE_MAX)
		rc = err_set(err, ERR_INPUT, N_("this is larger than any parcel"));
	if (rc == 0) {
		buf_add(&t->bytes, buf_str(&bytes), bytes.len);
		t->more = args_has(&req->args, "more");
		t->req = req;
		uv_timer_start(t->timer, on_timer, 0, 1);
	}
	buf_free(&bytes);
	return rc;
}

static int take_new(struct node *n, struct control_request *req, struct err *err)
{
	struct taking *t = mem_alloc(sizeof *t);
	t->node = n;
	t->req = req;
	t->more = args_has(&req->args, "more");
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = parcel_handed(n, args_word(&req->args, 0), &t->bytes, err);
	if (rc == 0)
		rc = parcel_open(n, args_word(&req->args, 1), &t->bytes, &t->from, err);
	if (rc) {
		buf_free(&t->bytes);
		free(t);
		return rc;
	}
	t->name = mem_dup(args_word(&req->args, 0));
	parcel_note_load(n, t->from.cover.from, &t->note);
	begin(t);
	t->timer = mem_alloc(sizeof *t->timer);
	uv_timer_init(n->loop, t->timer);
	t->timer->data = t;
	uv_timer_start(t->timer, on_timer, 0, 1);
	n->parcels->taking = t;
	return 0;
}

bool node_parcel_take(struct node *n, struct control_request *req, struct err *err)
{
	struct taking *t = parcels_of(n)->taking;
	if (req->args.words.n < 2) {
		err_set(err, ERR_USAGE, N_("'%1' needs more words; see `tuyen %1 --help`"), req->command);
		return false;
	}
	if (t && t->req) {
		err_set(err, ERR_BUSY, N_("another parcel is being read"));
		err_hint(err, N_("try again in a moment"));
		return false;
	}
	if (t && strcmp(t->name, args_word(&req->args, 0)) == 0)
		return go_on(t, req, err) == 0;
	if (t)
		abandon(t);
	return take_new(n, req, err) == 0;
}

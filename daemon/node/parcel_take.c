/*
 * Reading a parcel. One batch a turn of the loop: open the next sealed piece, hand its frames to the reader, judge and
 * store what comes out as a line would (link.c). At the end what its writer has, and has refused, is noted. Whatever
 * stops it, what was taken before stays.
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
#include "node/parcel_inside.h"

#define READ_NOTE "parcels-read"
#define READ_KEPT 512 /* parcels remembered as read */
#define TOLD_MAX 8 /* refusals named one by one */
#define HEX_SHOWN 12

struct taking {
	struct node *node;
	struct control_request *req;
	uv_timer_t *timer;
	struct buf bytes;
	struct parcel_opened from;
	size_t at; /* in bytes: of the next sealed piece */
	struct seal_piece piece;
	struct parcel_reader *reader;
	bool greeted, news;
	struct parcel_note note;
	size_t taken, here, held, parked, refused, lost, declined, came_back;
	struct err parked_why;
};

/* ---- which were read ---- */

static void remember_read(struct taking *t)
{
	struct buf text = {0}, kept = {0};
	struct err err = {0};
	int rc = store_note_read(t->node->store, READ_NOTE, &text, &err);
	buf_printf(&kept, "%s %lld\n", t->from.cover.id, (long long)sys_now());
	char *rest = NULL;
	unsigned n = 1;
	for (char *line = text.data ? strtok_r(text.data, "\n", &rest) : NULL; line && n < READ_KEPT;
	     line = strtok_r(NULL, "\n", &rest), n++)
		if (strncmp(line, t->from.cover.id, COVER_ID_HEX) != 0)
			buf_printf(&kept, "%s\n", line);
	if (rc == 0)
		rc = store_note_write(t->node->store, READ_NOTE, kept.data, kept.len, &err);
	if (rc)
		log_err(LOG_WARNING, "parcel", &err);
	buf_free(&text);
	buf_free(&kept);
}

int node_parcel_known(struct node *n, struct control_request *req, struct err *err)
{
	struct buf text = {0};
	int rc = store_note_read(n->store, READ_NOTE, &text, err);
	for (size_t i = 0; rc == 0 && i < req->args.words.n; i++) {
		const char *id = req->args.words.items[i];
		const char *line = strlen(id) == COVER_ID_HEX ? strstr(buf_str(&text), id) : NULL;
		if (line)
			control_output(req, line, strcspn(line, "\n") + 1);
	}
	buf_free(&text);
	return rc;
}

/* ---- taking ---- */

static void begin(struct taking *t)
{
	const struct sync_world world = parcel_sync_world(&t->from.world);
	parcel_reader_free(t->reader);
	t->reader = parcel_reader_new(&world);
	t->piece = (struct seal_piece){t->from.secret, t->from.cover.context, 0, false};
	t->at = t->from.cover.size;
	t->greeted = false;
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
	snprintf(place, sizeof place, "%zu", t->at);
	t->at += len;
	snprintf(end, sizeof end, "%zu", t->at);
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

/* One batch, or one piece. 1: the end was reached. */
static int step(struct taking *t, struct err *err)
{
	struct parcel_item item;
	int rc = parcel_reader_next(t->reader, &item, err);
	if (rc == 0)
		rc = check_peer(t, err);
	if (rc)
		return rc;
	switch (item.event) {
	case PARCEL_WAITS:
		return t->piece.last ? too_short(err) : open_piece(t, err);
	case PARCEL_CHANGES:
		store_batch(t, &item);
		return 0;
	case PARCEL_LOST:
		t->lost += item.n;
		return 0;
	case PARCEL_DECLINED:
		t->declined += item.n;
		return 0;
	case PARCEL_ENDS:
		break;
	}
	return 1;
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
	if (t->from.ended_key || t->from.world.unproven)
		return;
	if (parcel_reader_learn(t->reader, &t->note.known)) {
		parcel_reduce(t->node, &t->note.known);
		t->note.heard = sys_now();
		parcel_confirmed(t->node, t->from.cover.from, &t->note.known);
	}
	if (parcel_note_save(t->node, t->from.cover.from, &t->note, &err) != 0)
		log_err(LOG_WARNING, "parcel", &err);
	heal(t);
}

static void tell_waiting(struct taking *t)
{
	const char *args[ERR_ARGS];
	char n[24];
	snprintf(n, sizeof n, "%zu", t->held);
	if (t->held)
		control_warn(t->req,
		    N_("%1 changes are held until somebody here confirms them; `tuyen held list` shows them"),
		    n);
	snprintf(n, sizeof n, "%zu", t->parked);
	if (t->parked)
		control_warn(t->req,
		    N_("%1 changes wait for something that has not come yet; read this parcel again later"),
		    n);
	for (int i = 0; i < t->parked_why.n_args; i++)
		args[i] = t->parked_why.arg[i];
	if (t->parked && t->parked_why.msg)
		control_note(t->req, true, t->parked_why.msg, args, t->parked_why.n_args);
}

/* What was taken, then what was not, and why. */
static void tell(struct taking *t, const struct err *err)
{
	const char *from = t->from.cover.from;
	bool left = t->held || t->parked || t->refused || t->lost || t->declined || err->code;
	char number[16], n[24];
	snprintf(number, sizeof number, "%u", t->from.cover.number);
	snprintf(n, sizeof n, "%zu", t->taken);
	if (t->taken)
		control_say(t->req, N_("parcel %1 of %2: %3 changes were taken"), number, from, n);
	else if (left)
		control_say(t->req, N_("parcel %1 of %2: nothing was taken"), number, from);
	else
		control_say(t->req, N_("parcel %1 of %2: nothing new"), number, from);
	tell_waiting(t);
	snprintf(n, sizeof n, "%zu", t->lost);
	if (t->lost)
		control_warn(t->req,
		    N_("%1 changes rest on others that are not here: ask %2 for a parcel written with "
		       "--full"),
		    n, from);
	snprintf(n, sizeof n, "%zu", t->declined);
	if (t->declined && !t->from.world.unproven)
		control_warn(t->req, N_("%1 changes are of ledgers that are not taken from %2"), n, from);
	if (t->from.ended_key)
		control_warn(t->req, N_("it was written under a key of %1 that has ended"), from);
	/* For the command: whether there is something to confirm. */
	if (t->taken)
		control_output(t->req, "taken\n", 6);
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
	buf_free(&t->bytes);
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
	if (err->code == 0 && t->from.world.unproven)
		refuse_unproven(t, err);
	tell(t, err);
	if (err->code == 0 && t->parked + t->lost == 0)
		remember_read(t);
	if (t->came_back)
		node_instance_came_back(t->node, t->from.cover.from, t->came_back);
	if (err->code == 0 && t->refused)
		err_set(err, ERR_REFUSED, N_("not all of this parcel was taken in"));
	control_finish(t->req, err);
	drop(t);
}

static void on_timer(uv_timer_t *timer)
{
	struct taking *t = timer->data;
	struct err err = {0}, none = {0};
	int rc = step(t, &err);
	if (rc == 0)
		return;
	/* It may have brought what shows that the key is good: then once more, and all of it. */
	if (t->from.world.unproven && t->taken && parcel_check_writer(&t->from, &none) == 0 &&
	    !t->from.world.unproven) {
		t->declined = 0;
		begin(t);
		return;
	}
	conclude(t, &err);
}

void parcel_taking_stop(struct taking *t)
{
	struct err err = {0};
	if (!t)
		return;
	err_set(&err, ERR_TIMEOUT, N_("the daemon ends; read the parcel again when it runs"));
	control_finish(t->req, &err);
	drop(t);
}

static int take_handed(struct node *n, const char *name, struct buf *out, struct err *err)
{
	struct parcels *p = parcels_of(n);
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->handed[i].name, name) != 0)
			continue;
		*out = p->handed[i].bytes;
		free(p->handed[i].name);
		memmove(p->handed + i, p->handed + i + 1, (p->n - i - 1) * sizeof *p->handed);
		p->n--;
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, N_("no parcel was handed over by that name"));
}

bool node_parcel_take(struct node *n, struct control_request *req, struct err *err)
{
	if (req->args.words.n < 2) {
		err_set(err, ERR_USAGE, N_("'%1' needs more words; see `tuyen %1 --help`"), req->command);
		return false;
	}
	if (parcels_of(n)->taking) {
		err_set(err, ERR_BUSY, N_("another parcel is being read"));
		err_hint(err, N_("try again in a moment"));
		return false;
	}
	struct taking *t = mem_alloc(sizeof *t);
	t->node = n;
	t->req = req;
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = take_handed(n, args_word(&req->args, 0), &t->bytes, err);
	if (rc == 0)
		rc = parcel_open(n, args_word(&req->args, 1), &t->bytes, &t->from, err);
	if (rc) {
		buf_free(&t->bytes);
		free(t);
		return false;
	}
	parcel_note_load(n, t->from.cover.from, &t->note);
	begin(t);
	t->timer = mem_alloc(sizeof *t->timer);
	uv_timer_init(n->loop, t->timer);
	t->timer->data = t;
	uv_timer_start(t->timer, on_timer, 0, 1);
	n->parcels->taking = t;
	return true;
}

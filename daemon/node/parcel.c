#include "node/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "node/parcel_inside.h"
#include "node/shared.h"
#include "node/trust.h"

/* ---- the other end ---- */

bool parcel_grant_is_of(const struct registry_grant *g, const char *id)
{
	char name[COVER_NAME_MAX + 1];
	snprintf(name, sizeof name, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	return strcmp(name, id) == 0;
}

/* Neighbours alone, as on lines: what a unit wrote is admitted by its own superior before it goes further. */
int parcel_world_of(struct node *n, const char *peer, struct parcel_world *out, struct err *err)
{
	const struct config *c = &n->config;
	const struct registry_unit *u = registry_unit(n->registry, peer);
	*out = (struct parcel_world){.node = n, .up = str_is(c->superior.unit, peer)};
	snprintf(out->peer, sizeof out->peer, "%s", peer);
	if (out->up || (!c->station && u && str_is(u->parent, c->unit)))
		return 0;
	err_set(err, ERR_REFUSED, N_("%1 is neither the superior of this node nor directly below it"), peer);
	err_hint(err,
	    N_("parcels go from neighbour to neighbour, as lines do; those between pass on what is in them"));
	return err->code;
}

/* ---- what is read of the world ---- */

static bool is_above_directives(const struct node *n, const char *ledger)
{
	char self[136];
	const char *unit = strncmp(ledger, "directives/", 11) == 0 ? ledger + 11 : NULL;
	bool above = false;
	config_node(&n->config, self);
	for (size_t i = 0; unit && i < n->config.n_above; i++)
		above |= strcmp(n->config.above[i], unit) == 0;
	return unit && (above || registry_is_above(n->registry, unit, self));
}

static void world_shared(void *ctx, struct strs *out)
{
	struct parcel_world *w = ctx;
	node_shared(w->node, w->peer, w->up, out);
}

static bool world_accepts(void *ctx, const char *ledger)
{
	struct parcel_world *w = ctx;
	return (!w->unproven || is_above_directives(w->node, ledger)) &&
	       node_accepts(w->node, w->peer, w->up, ledger);
}

static void world_heads(void *ctx, const char *ledger, struct oids *out)
{
	struct parcel_world *w = ctx;
	struct err err = {0};
	if (store_ledger_heads(w->node->store, ledger, out, &err) != 0)
		log_err(LOG_ERROR, ledger, &err);
}

static struct history *history_of(const struct parcel_world *w, const char *ledger)
{
	struct history *h = NULL;
	struct err err = {0};
	if (store_history(w->node->store, ledger, &h, &err) != 0)
		log_err(LOG_ERROR, ledger, &err);
	return h;
}

static void world_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	struct history *h = history_of(ctx, ledger);
	struct oids heads = {0};
	world_heads(ctx, ledger, &heads);
	if (h)
		history_between(h, have, &heads, out);
	oids_free(&heads);
}

static bool world_has(void *ctx, const char *ledger, const struct oid *id)
{
	struct history *h = world_accepts(ctx, ledger) ? history_of(ctx, ledger) : NULL;
	return h && history_has(h, id);
}

static int world_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	struct parcel_world *w = ctx;
	return store_change(w->node->store, ledger, id, arena, out, err);
}

static bool world_text(
    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct parcel_world *w = ctx;
	struct err err = {0};
	return world_has(w, ledger, change) &&
	       store_read(w->node->store, ledger, change, path, out, &err) == 0;
}

struct sync_world parcel_sync_world(struct parcel_world *w)
{
	return (struct sync_world){w, world_shared, world_accepts, world_heads, world_between, world_has,
	    world_change, world_text, NULL, NULL};
}

/* ---- what is kept ---- */

static void note_name(const char *peer, char note[48])
{
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	hash_sha256(peer, strlen(peer), hash);
	hex_encode(hash, HASH_SIZE, hex);
	snprintf(note, 48, "parcel-%.20s", hex);
}

/* What another instance of our own knew is not known here; only the numbers go on. */
void parcel_note_load(struct node *n, const char *peer, struct parcel_note *note)
{
	char name[48];
	struct buf kept = {0};
	struct err err = {0};
	const size_t own = sizeof n->instance;
	note_name(peer, name);
	*note = (struct parcel_note){0};
	if (store_note_read(n->store, name, &kept, &err) != 0)
		log_err(LOG_WARNING, "parcel", &err);
	else if (kept.len > own)
		parcel_note_read(note, kept.data + own, kept.len - own);
	if (kept.len > own && memcmp(kept.data, n->instance, own) != 0) {
		book_free(&note->known);
		note->n_refusals = 0;
		note->heard = 0;
	}
	buf_free(&kept);
}

int parcel_note_save(struct node *n, const char *peer, const struct parcel_note *note, struct err *err)
{
	char name[48];
	struct buf bytes = {0};
	note_name(peer, name);
	buf_add(&bytes, n->instance, sizeof n->instance);
	parcel_note_print(note, &bytes);
	int rc = store_note_write(n->store, name, bytes.data, bytes.len, err);
	buf_free(&bytes);
	return rc;
}

/* ---- writing ---- */

/* Keys of the addressee that are good now. */
struct keys {
	struct node *node;
	const char *id;
	bool known; /* the registry has some of it, good or not */
	unsigned char key[COVER_BOXES_MAX][KEY_PUBLIC_SIZE];
	size_t n;
};

static void add_key(struct keys *k, const unsigned char key[KEY_PUBLIC_SIZE])
{
	for (size_t i = 0; i < k->n; i++)
		if (memcmp(k->key[i], key, KEY_PUBLIC_SIZE) == 0)
			return;
	if (k->n < COVER_BOXES_MAX)
		memcpy(k->key[k->n++], key, KEY_PUBLIC_SIZE);
}

static void look_at_grant(void *ctx, const struct registry_grant *g)
{
	struct keys *k = ctx;
	if (!parcel_grant_is_of(g, k->id) || oid_eq(&g->change, &registry_reserve))
		return;
	k->known = true;
	if (g->active && node_trust_welcome(k->node, g->key))
		add_key(k, g->key);
}

static int find_keys(struct node *n, const char *id, struct keys *k, struct err *err)
{
	*k = (struct keys){.node = n, .id = id};
	registry_grants(n->registry, look_at_grant, k);
	/* The welcome named the superior's key; the registry may still be on its way to us. */
	if (!k->known && str_is(n->config.superior.unit, id))
		add_key(k, n->config.superior.key);
	if (k->n)
		return 0;
	err_set(err, ERR_REFUSED, N_("%1 has no key to which a parcel could be sealed"), id);
	err_hint(err, N_("admit its node first: tuyen unit admit"));
	return err->code;
}

static int resolve(struct node *n, const char *typed, char id[COVER_NAME_MAX + 1], struct err *err)
{
	const struct registry_unit *u = NULL;
	if (str_is(n->config.superior.unit, typed)) {
		snprintf(id, COVER_NAME_MAX + 1, "%s", typed);
		return 0;
	}
	int rc = registry_resolve_on(n->registry, typed, date_of_time(sys_now()), &u, err);
	if (rc == 0)
		snprintf(id, COVER_NAME_MAX + 1, "%s", u->id);
	return rc;
}

/* The cover, with the content's key for the addressee. */
static int print_cover(struct node *n, struct cover *c, const struct keys *keys,
    const unsigned char secret[SEAL_SECRET_SIZE], struct buf *out, struct err *err)
{
	unsigned char context[SEAL_CONTEXT_SIZE];
	int rc = 0;
	cover_context(c, context);
	for (size_t i = 0; rc == 0 && i < keys->n; i++)
		rc = seal_box(keys->key[i], secret, context, c->boxes[c->n_boxes++], err);
	if (rc == 0)
		cover_print(c, n->key, out);
	return rc;
}

static void size_text(uint64_t bytes, char out[24])
{
	if (bytes >= 1u << 20)
		snprintf(out, 24, "%llu MB", (unsigned long long)(bytes >> 20));
	else
		snprintf(out, 24, "%llu KB", (unsigned long long)(bytes + 1023) >> 10);
}

static void tell_attachments(struct control_request *req, const struct parcel_picks *p)
{
	char n[24], size[24];
	snprintf(n, sizeof n, "%zu", p->n);
	size_text(p->bytes, size);
	if (p->n)
		control_say(req, N_("%1 attachments go along, %2"), n, size);
	snprintf(n, sizeof n, "%zu", p->left);
	size_text(p->left_bytes, size);
	if (p->left)
		control_warn(req,
		    N_("%1 attachments, %2, did not go, or not to their end: --attachments all takes them"),
		    n, size);
}

static void tell_written(struct control_request *req, const struct cover *c, const struct parcel_written *w)
{
	char number[16], changes[24];
	snprintf(number, sizeof number, "%u", c->number);
	snprintf(changes, sizeof changes, "%zu", w->changes);
	if (w->changes == 0)
		control_say(
		    req, N_("parcel %1 for %2: no changes, only what has been received here"), number, c->to);
	else if (c->whole)
		control_say(
		    req, N_("parcel %1 for %2: %3 changes, from the first one on"), number, c->to, changes);
	else
		control_say(req, N_("parcel %1 for %2: %3 changes that it has not confirmed yet"), number,
		    c->to, changes);
	if (w->more)
		control_warn(req,
		    N_("not everything fits into one parcel: when %1 has read it and answered, write the "
		       "next one"),
		    c->to);
	if (w->unreadable)
		control_warn(req, N_("some of what is stored here cannot be read: run 'tuyen verify'"));
}

static void make_cover(struct node *n, const char *to, unsigned number, bool whole, struct cover *c)
{
	unsigned char id[COVER_ID_SIZE];
	int64_t now = sys_now();
	*c = (struct cover){.number = number, .at = now > 0 ? now : 0, .whole = whole};
	sys_random(id, sizeof id);
	hex_encode(id, sizeof id, c->id);
	config_node(&n->config, c->from);
	snprintf(c->to, sizeof c->to, "%s", to);
	memcpy(c->instance, n->instance, sizeof c->instance);
}

/* How many bytes of attachments go along: as asked for, and as there is room left on the stick. */
static uint64_t attachments_most(const struct control_request *req, size_t frames)
{
	const char *most = args_get(&req->args, "attachments"), *room = args_get(&req->args, "room");
	uint64_t bytes = most ? strtoull(most, NULL, 10) : PARCEL_ATTACHMENTS;
	uint64_t left = room ? strtoull(room, NULL, 10) : UINT64_MAX;
	uint64_t taken = (uint64_t)frames + frames / 64 + COVER_SIZE_MAX;
	left = left > taken ? (left - taken) / 64 * 63 : 0;
	return bytes < left ? bytes : left;
}

static void send_it(struct node *n, struct parcel_sending *s)
{
	struct parcels *p = parcels_of(n);
	if (p->n_sending == PARCEL_SENDING_MAX) {
		parcel_send_free(p->sending[0]);
		memmove(p->sending, p->sending + 1, --p->n_sending * sizeof *p->sending);
	}
	p->sending[p->n_sending++] = s;
}

/* The id, the size of all that follows, the cover; the content is fetched. */
static void give_out(struct node *n, struct control_request *req, struct cover *cover,
    const unsigned char secret[SEAL_SECRET_SIZE], const struct buf *head, struct buf *frames,
    struct parcel_picks *picks)
{
	struct buf out = {0};
	uint64_t size;
	send_it(n, parcel_send(n, cover, secret, frames, picks, &size));
	buf_printf(&out, "%s\n%llu\n", cover->id, (unsigned long long)(head->len + size));
	buf_add(&out, head->data, head->len);
	control_output(req, out.data, out.len);
	buf_free(&out);
}

static int write_to(struct node *n, struct parcel_world *w, const struct keys *keys,
    struct control_request *req, struct err *err)
{
	struct parcel_note note;
	struct book by_line = {0};
	struct buf frames = {0}, head = {0};
	struct parcel_picks picks = {0};
	struct cover cover;
	struct parcel_written written;
	unsigned char secret[SEAL_SECRET_SIZE];
	bool full = args_has(&req->args, "full");
	parcel_note_load(n, w->peer, &note);
	struct parcel_options o = {.unit = n->config.unit,
	    .station = n->config.station,
	    .refusals = note.refusals,
	    .n_refusals = note.n_refusals};
	struct parcel_stand *stands = parcel_stands(w, &o.n_stands);
	o.stands = stands;
	memcpy(o.instance, n->instance, sizeof o.instance);
	if (!full)
		parcel_known_of(n, &note, w->peer, &by_line, &o);
	note.number++;
	const struct sync_world world = parcel_sync_world(w);
	parcel_write(&world, &o, &frames, &written);
	parcel_pick(w, full, attachments_most(req, frames.len), &picks);
	make_cover(n, w->peer, (unsigned)note.number, !o.known[0] && !o.known[1], &cover);
	sys_random(secret, sizeof secret);
	int rc = print_cover(n, &cover, keys, secret, &head, err);
	if (rc == 0)
		rc = parcel_note_save(n, w->peer, &note, err);
	if (rc == 0) {
		parcel_is_under_way(n, w->peer, &written.ledgers);
		tell_written(req, &cover, &written);
		tell_attachments(req, &picks);
		give_out(n, req, &cover, secret, &head, &frames, &picks);
	}
	memset(secret, 0, sizeof secret);
	buf_free(&frames);
	buf_free(&head);
	free(picks.items);
	free(stands);
	book_free(&by_line);
	strs_free(&written.ledgers);
	parcel_note_free(&note);
	return rc;
}

int node_parcel_write(struct node *n, struct control_request *req, struct err *err)
{
	char id[COVER_NAME_MAX + 1];
	struct parcel_world w;
	struct keys keys;
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = resolve(n, args_word(&req->args, 0), id, err);
	if (rc == 0)
		rc = parcel_world_of(n, id, &w, err);
	if (rc == 0)
		rc = find_keys(n, id, &keys, err);
	return rc ? rc : write_to(n, &w, &keys, req, err);
}

static void forget_sending(struct parcels *p, size_t i)
{
	parcel_send_free(p->sending[i]);
	p->n_sending--;
	memmove(p->sending + i, p->sending + i + 1, (p->n_sending - i) * sizeof *p->sending);
}

int node_parcel_more(struct node *n, struct control_request *req, struct err *err)
{
	struct parcels *p = parcels_of(n);
	struct buf out = {0};
	size_t i = 0;
	while (i < p->n_sending && strcmp(parcel_send_id(p->sending[i]), args_word(&req->args, 0)) != 0)
		i++;
	if (i == p->n_sending) {
		err_set(err, ERR_NOT_FOUND, N_("that parcel is not being written any more"));
		err_hint(err, N_("write it again"));
		return err->code;
	}
	parcel_send_next(p->sending[i], PARCEL_PORTION, &out);
	control_output(req, buf_str(&out), out.len);
	if (out.len == 0 && parcel_send_failed(p->sending[i]))
		control_warn(req, N_("some of what is stored here cannot be read: run 'tuyen verify'"));
	if (out.len == 0)
		forget_sending(p, i);
	buf_free(&out);
	return 0;
}

/* ---- handing over ---- */

struct parcels *parcels_of(struct node *n)
{
	if (!n->parcels)
		n->parcels = mem_alloc(sizeof *n->parcels);
	return n->parcels;
}

static void drop_oldest(struct parcels *p)
{
	free(p->handed[0].name);
	buf_free(&p->handed[0].bytes);
	memmove(p->handed, p->handed + 1, (p->n - 1) * sizeof *p->handed);
	p->n--;
}

static struct handed *handed_at(struct parcels *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->handed[i].name, name) == 0)
			return &p->handed[i];
	if (p->n == PARCEL_HANDED_MAX)
		drop_oldest(p);
	p->handed[p->n] = (struct handed){.name = mem_dup(name)};
	return &p->handed[p->n++];
}

int node_parcel_put(struct node *n, struct control_request *req, struct err *err)
{
	const char *text = args_word(&req->args, 1);
	struct handed *h = handed_at(parcels_of(n), args_word(&req->args, 0));
	if (!base64_decode(text, strlen(text), &h->bytes))
		return err_set(err, ERR_INPUT, N_("this portion of a parcel is no base64"));
	if (h->bytes.len <= PARCEL_FILE_MAX)
		return 0;
	buf_free(&h->bytes);
	return err_set(err, ERR_INPUT, N_("this is larger than any parcel"));
}

int parcel_handed(struct node *n, const char *name, struct buf *out, struct err *err)
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

void node_parcels_close(struct node *n)
{
	struct parcels *p = n->parcels;
	if (!p)
		return;
	parcel_taking_stop(p->taking);
	while (p->n)
		drop_oldest(p);
	while (p->n_sending)
		forget_sending(p, 0);
	free(p);
	n->parcels = NULL;
}

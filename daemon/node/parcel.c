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

/* Cover, then the frames, sealed. */
static int seal_up(struct node *n, struct cover *c, const struct keys *keys, const struct buf *frames,
    struct buf *out, struct err *err)
{
	unsigned char secret[SEAL_SECRET_SIZE], context[SEAL_CONTEXT_SIZE];
	int rc = 0;
	sys_random(secret, sizeof secret);
	cover_context(c, context);
	for (size_t i = 0; rc == 0 && i < keys->n; i++)
		rc = seal_box(keys->key[i], secret, context, c->boxes[c->n_boxes++], err);
	if (rc)
		return rc;
	cover_print(c, n->key, out);
	struct seal_piece piece = {secret, c->context, 0, false};
	for (size_t at = 0; !piece.last; at += PARCEL_CHUNK, piece.number++) {
		size_t left = frames->len - at;
		piece.last = left <= PARCEL_CHUNK;
		seal_close(&piece, frames->data + at, piece.last ? left : PARCEL_CHUNK, out);
	}
	memset(secret, 0, sizeof secret);
	return 0;
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

static int write_to(struct node *n, struct parcel_world *w, const struct keys *keys,
    struct control_request *req, struct err *err)
{
	struct parcel_note note;
	struct book by_line = {0};
	struct buf frames = {0}, out = {0};
	struct cover cover;
	struct parcel_written written;
	parcel_note_load(n, w->peer, &note);
	struct parcel_options o = {.unit = n->config.unit,
	    .station = n->config.station,
	    .refusals = note.refusals,
	    .n_refusals = note.n_refusals};
	memcpy(o.instance, n->instance, sizeof o.instance);
	if (!args_has(&req->args, "full"))
		parcel_known_of(n, &note, w->peer, &by_line, &o);
	note.number++;
	const struct sync_world world = parcel_sync_world(w);
	parcel_write(&world, &o, &frames, &written);
	make_cover(n, w->peer, (unsigned)note.number, !o.known[0] && !o.known[1], &cover);
	int rc = seal_up(n, &cover, keys, &frames, &out, err);
	if (rc == 0)
		rc = parcel_note_save(n, w->peer, &note, err);
	if (rc == 0) {
		parcel_is_under_way(n, w->peer, &written.ledgers);
		tell_written(req, &cover, &written);
		control_output(req, cover.id, COVER_ID_HEX);
		control_output(req, "\n", 1);
		control_output(req, out.data, out.len);
	}
	buf_free(&frames);
	buf_free(&out);
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

void node_parcels_close(struct node *n)
{
	struct parcels *p = n->parcels;
	if (!p)
		return;
	parcel_taking_stop(p->taking);
	while (p->n)
		drop_oldest(p);
	free(p);
	n->parcels = NULL;
}

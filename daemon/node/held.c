#include "node/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/control.h"
#include "node/trust.h"
#include "store/held.h"

#define DIRECTIVES "directives/"

/* ---- on arrival ---- */

/* Did the holder of this grant himself name the key that `peer` has now? Then it was rotated, and what he wrote last
 * under the old key he hands in and answers for. A suspended key answers for nothing. */
static bool was_rotated(struct node *n, const struct registry_grant *g, const char *peer)
{
	char writer[136];
	snprintf(
	    writer, sizeof writer, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	return g->state == KEY_RETIRED && str_is(peer, writer) && node_trust_asked(n, g);
}

/* Ours to decide, and in doubt? */
static bool is_doubtful(struct node *n, const struct registry_grant *g, const char *ledger,
    const struct oid *change, struct registry_doubt *why)
{
	struct registry_past past = held_past(n->store);
	return !n->config.station && registry_trust_why(g, ledger, change, &past, why) == TRUST_CONFIRM &&
	       str_is(why->grant->narrower, n->config.unit);
}

int node_held_judge(struct node *n, const struct registry_grant *g, const struct change *c, const char *peer)
{
	struct registry_doubt why;
	if (!is_doubtful(n, g, c->ledger, &c->id, &why) || (why.grant == g && was_rotated(n, g, peer)))
		return 0;
	return TX_HELD;
}

/* ---- acts that vouch ---- */

/* The record of an act of ours that narrowed a grant, being edited. */
struct act {
	struct node *node;
	struct outcome o;
	struct change *change;
	struct record *records;
	const char **paths;
	size_t n;
};

static int open_act(struct act *a, const char *path, struct record **out, struct err *err)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->paths[i], path) == 0) {
			*out = &a->records[i];
			return 0;
		}
	const char *ledger = arena_printf(&a->o.arena, DIRECTIVES "%s", a->node->config.unit);
	*out = &a->records[a->n];
	int rc = store_record(a->node->store, ledger, NULL, path, &a->o.arena, *out, err);
	if (rc == 0)
		a->paths[a->n++] = path;
	return rc;
}

static const char *row_of(struct act *a, const struct registry_grant *g, const struct record *rec)
{
	char key[KEY_TEXT_SIZE];
	const char *row;
	key_text(g->key, key);
	for (size_t i = 0; record_next_key(rec, "keys", &i, &row);)
		if (str_is(record_get(rec, arena_printf(&a->o.arena, "keys.%s.key", row)), key))
			return row;
	return NULL;
}

/* By the record of the unit that has the key; of a unit that was moved, by the move. */
static int vouch_for(struct act *a, const struct registry_doubt *d, struct err *err)
{
	const struct registry_grant *g = d->grant;
	struct arena *arena = &a->o.arena;
	const char *id =
	    arena_printf(arena, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	const char *row = NULL;
	struct record *rec;
	struct err none = {0};
	char hex[OID_HEX + 1];
	oid_hex(&d->change, hex);
	if (open_act(a, arena_printf(arena, "units/%s.yaml", id), &rec, &none) == 0)
		row = row_of(a, g, rec);
	int rc = row ? 0 : open_act(a, arena_printf(arena, "moves/%s.yaml", id), &rec, err);
	if (rc == 0)
		record_put(rec,
		    row ? arena_printf(arena, "vouched.%s %s %s", row, d->ledger, hex)
			: arena_printf(arena, "vouched.%s %s", d->ledger, hex),
		    "+");
	return rc;
}

/* One that another of them has seen is vouched for with it. */
static bool is_covered(struct node *n, const struct registry_doubt *all, size_t count, size_t i)
{
	struct registry_past past = held_past(n->store);
	for (size_t k = 0; k < count; k++)
		if (k != i && all[k].grant == all[i].grant && strcmp(all[k].ledger, all[i].ledger) == 0 &&
		    (oid_eq(&all[k].change, &all[i].change)
			    ? k < i
			    : past.seen(past.ctx, all[i].ledger, &all[k].change, &all[i].change)))
			return true;
	return false;
}

static int vouch_all(struct node *n, const struct registry_doubt *all, size_t count, struct err *err)
{
	struct act a = {.node = n};
	a.records = arena_alloc(&a.o.arena, (2 * count + 1) * sizeof *a.records);
	a.paths = arena_alloc(&a.o.arena, (2 * count + 1) * sizeof *a.paths);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (!is_covered(n, all, count, i))
			rc = vouch_for(&a, &all[i], err);
	a.change = outcome_change(&a.o, arena_printf(&a.o.arena, DIRECTIVES "%s", n->config.unit),
	    "held: vouch for what was written", NULL);
	for (size_t i = 0; rc == 0 && i < a.n; i++)
		outcome_put(&a.o, a.change, a.paths[i], &a.records[i]);
	if (rc == 0)
		rc = node_write(n, &a.o, err);
	outcome_free(&a.o);
	return rc;
}

static const struct registry_grant *grant_of(struct node *n, const struct change *c)
{
	return registry_grant(n->registry, &c->grant, c->unit, c->station);
}

/* Taken in though our act does not vouch for it: only what a rotated key wrote last is taken so. */
static void vouch_rotated(
    struct node *n, const struct arrival *batch, size_t count, const struct arrival_result *results)
{
	struct registry_doubt *all = mem_alloc((count + 1) * sizeof *all);
	size_t found = 0;
	for (size_t i = 0; i < count; i++) {
		const struct registry_grant *g = grant_of(n, batch[i].change);
		if (results[i].status == ARRIVAL_STORED && !batch[i].from_above && !batch[i].decided && g &&
		    !g->active && was_rotated(n, g, batch[i].peer) &&
		    is_doubtful(n, g, batch[i].change->ledger, &results[i].id, &all[found]) &&
		    all[found].grant == g)
			found++;
	}
	struct err err = {0};
	if (found && vouch_all(n, all, found, &err) != 0)
		log_err(LOG_WARNING, "held", &err);
	free(all);
}

/* ---- taking in ---- */

int node_held_take_in(struct node *n, const struct held_change *h, bool decided, struct err *err)
{
	struct arena arena = {0};
	struct change c;
	struct tx *tx = NULL;
	struct arrival_result result = {0};
	int rc = store_change(n->store, h->ledger, &h->change, &arena, &c, err);
	if (rc == 0) {
		const struct arrival a = {.change = &c, .decided = decided};
		node_arrival(n, &a, 1, &result);
		if (result.status == ARRIVAL_PARKED) {
			*err = result.err;
			rc = err->code ? err->code : ERR_PARKED;
		}
	}
	if (rc == 0)
		rc = tx_begin(n->store, &tx, err);
	if (rc == 0)
		rc = held_drop(tx, h->ledger, &h->change, err);
	tx_destroy(tx);
	if (rc == 0 && result.status == ARRIVAL_REFUSED) {
		*err = result.err;
		rc = err->code;
	}
	arena_free(&arena);
	return rc;
}

static bool may_go_in(struct node *n, const struct held_change *h)
{
	struct arena arena = {0};
	struct change c;
	struct err none = {0};
	struct registry_doubt why;
	bool may = store_change(n->store, h->ledger, &h->change, &arena, &c, &none) == 0;
	const struct registry_grant *g = may ? grant_of(n, &c) : NULL;
	may = g && !is_doubtful(n, g, h->ledger, &h->change, &why);
	arena_free(&arena);
	return may;
}

void node_held_release(struct node *n)
{
	struct arena arena = {0};
	struct held_changes held;
	struct err err = {0};
	bool any;
	int rc = held_refs(n->store, &arena, &held, &err);
	do {
		any = false;
		for (size_t i = 0; rc == 0 && i < held.n; i++) {
			struct held_change *h = &held.items[i];
			struct err why = {0};
			if (h->taken || !held_has(n->store, h->ledger, &h->change) || !may_go_in(n, h))
				continue;
			h->taken = node_held_take_in(n, h, false, &why) == 0;
			any |= h->taken;
			if (why.code && why.code != ERR_PARKED)
				log_err(LOG_WARNING, "held", &why);
		}
	} while (any);
	if (rc)
		log_err(LOG_WARNING, "held", &err);
	arena_free(&arena);
}

void node_held_stored(
    struct node *n, const struct arrival *batch, size_t count, const struct arrival_result *results)
{
	bool ours = false;
	for (size_t i = 0; i < count; i++) {
		const char *ledger = batch[i].change->ledger;
		ours |= results[i].status == ARRIVAL_STORED &&
			strncmp(ledger, DIRECTIVES, strlen(DIRECTIVES)) == 0 &&
			strcmp(ledger + strlen(DIRECTIVES), n->config.unit) == 0;
	}
	vouch_rotated(n, batch, count, results);
	if (ours)
		node_held_release(n);
}

/* ---- waiting for an exchange ---- */

static bool is_at(const struct node *n, const char *peer, const char *ledger)
{
	const char *at = strchr(peer, '@'), *unit = at ? at + 1 : peer, *of = strchr(ledger, '/') + 1;
	return strcmp(of, unit) == 0 || (!at && registry_is_above(n->registry, unit, of));
}

bool node_held_between(struct node *n, const char *peer, bool up, struct err *err)
{
	struct arena arena = {0};
	struct held_changes list = {0};
	struct err none = {0};
	size_t count = 0;
	char number[24];
	const struct held_asked mine = {.decider = peer, .unit = n->config.unit};
	if (up)
		held_list(n->store, n->registry, &mine, &arena, &list, &none);
	else
		held_refs(n->store, &arena, &list, &none);
	for (size_t i = 0; i < list.n; i++)
		count += up || is_at(n, peer, list.items[i].ledger);
	snprintf(number, sizeof number, "%zu", count);
	if (count && up) {
		err_set(
		    err, ERR_REFUSED, N_("%1 changes from here wait to be confirmed by %2"), number, peer);
		err_hint(
		    err, N_("`tuyen held list` shows them; the node of %2 confirms them or sets them aside"));
	} else if (count) {
		err_set(err, ERR_REFUSED, N_("%1 changes that came from %2 are held to be confirmed here"),
		    number, peer);
		err_hint(err, N_("`tuyen held list` shows them"));
	}
	arena_free(&arena);
	return count > 0;
}

/* ---- deciding ---- */

static bool is_of(const struct held_change *h, const char *unit)
{
	const char *at = strchr(h->writer, '@');
	return strcmp(h->writer, unit) == 0 || (at && strcmp(at + 1, unit) == 0);
}

static int pick_words(const struct held_changes *list, const struct args *args, struct registry_doubt *out,
    size_t *n, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < args->words.n; i++) {
		const struct held_change *h;
		rc = held_pick(list, args->words.items[i], &h, err);
		if (rc == 0)
			out[(*n)++] = h->why;
	}
	return rc;
}

static int pick_unit(struct node *n, const struct held_changes *list, const char *typed,
    struct registry_doubt *out, size_t *count, struct err *err)
{
	const struct registry_unit *u;
	int rc = registry_resolve(n->registry, typed, &u, err);
	for (size_t i = 0; rc == 0 && i < list->n; i++)
		if (is_of(&list->items[i], u->id))
			out[(*count)++] = list->items[i].why;
	if (rc == 0 && *count == 0)
		rc = err_set(err, ERR_NOT_FOUND, N_("nothing of %1 is to be confirmed here"), u->id);
	return rc;
}

int node_held_confirm(struct node *n, struct control_request *req, struct err *err)
{
	struct arena arena = {0};
	struct held_changes list = {0};
	const struct held_asked mine = {.decider = n->config.unit};
	const char *unit = args_get(&req->args, "unit");
	size_t count = 0;
	char number[24];
	int rc = node_admitted(n, err);
	if (rc == 0 && !unit && req->args.words.n == 0) {
		err_set(err, ERR_USAGE, "'%1' needs ids, or --unit", req->command);
		rc = err->code;
	}
	if (rc == 0)
		rc = held_list(n->store, n->registry, &mine, &arena, &list, err);
	struct registry_doubt *picked =
	    arena_alloc(&arena, (list.n + req->args.words.n + 1) * sizeof *picked);
	if (rc == 0)
		rc = pick_words(&list, &req->args, picked, &count, err);
	if (rc == 0 && unit)
		rc = pick_unit(n, &list, unit, picked, &count, err);
	if (rc == 0)
		rc = vouch_all(n, picked, count, err);
	if (rc == 0) {
		node_held_release(n);
		snprintf(number, sizeof number, "%zu", count);
		control_say(req, N_("changes confirmed: %1"), number);
	}
	arena_free(&arena);
	return rc;
}

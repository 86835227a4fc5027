#include "registry/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry *registry_new(void)
{
	return mem_alloc(sizeof(struct registry));
}

static void unit_free(struct unit *u)
{
	arena_free(&u->arena);
	free(u->issuer);
	free(u->grants);
	free(u);
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->units.n; i++)
		unit_free(r->units.rows[i].value);
	for (size_t i = 0; i < r->grants.n; i++)
		free(r->grants.rows[i].value);
	table_free(&r->units);
	table_free(&r->grants);
	arena_free(&r->arena);
	free(r);
}

static void grant_name(const struct oid *change, const char *unit, const char *station, struct buf *out)
{
	char hex[OID_HEX + 1];
	oid_hex(change, hex);
	buf_printf(out, "%s/%s%s%s", hex, station ? station : "", station ? "@" : "", unit);
}

static struct grant *grant_at(
    struct registry *r, const struct oid *change, const char *unit, const char *station)
{
	struct buf name = {0};
	grant_name(change, unit, station, &name);
	void **place = table_at(&r->grants, buf_str(&name));
	buf_free(&name);
	if (!*place) {
		struct grant *g = mem_alloc(sizeof *g);
		g->view.change = *change;
		g->view.unit = arena_dup(&r->arena, unit);
		g->view.station = arena_dup(&r->arena, station);
		*place = g;
	}
	return *place;
}

int registry_set_anchor(
    struct registry *r, const char *unit, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err)
{
	if (r->anchor) {
		const struct registry_grant *old = &r->anchor->view;
		if (strcmp(old->unit, unit) == 0 && memcmp(old->key, key, KEY_PUBLIC_SIZE) == 0)
			return 0;
		err_set(err, ERR_REFUSED, N_("the anchor is %1 already; it cannot be replaced by %2"),
		    old->unit, unit);
		err_rule(err, "anchor", NULL, NULL);
		return ERR_REFUSED;
	}
	const struct oid zero = {{0}};
	struct grant *g = grant_at(r, &zero, unit, NULL);
	g->view.ledger = arena_printf(&r->arena, "directives/%s", unit);
	memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
	const struct registry_unit *root = registry_unit(r, unit);
	g->view.rank = root ? root->rank : -1;
	g->view.active = true;
	r->anchor = g;
	return 0;
}

bool registry_anchor(const struct registry *r, const char **unit, const unsigned char **key)
{
	if (!r->anchor)
		return false;
	*unit = r->anchor->view.unit;
	*key = r->anchor->view.key;
	return true;
}

/* Two superiors that claim one id: the higher one has it, between equals the smaller id, so that the order of
 * arrival does not matter. */
static bool claim_wins(const struct unit *old, const char *issuer, int rank)
{
	if (!old || old->removed || strcmp(old->issuer, issuer) == 0)
		return true;
	return rank != old->view.rank ? rank < old->view.rank : strcmp(issuer, old->issuer) < 0;
}

static void show(struct unit *u, const char *id)
{
	const struct record *rec = &u->record;
	const char *from = record_get(rec, "valid_from"), *to = record_get(rec, "valid_to");
	struct registry_unit *v = &u->view;
	struct err ignored = {0};
	*v = (struct registry_unit){
	    .id = arena_dup(&u->arena, id),
	    .code = record_get(rec, "code"),
	    .station = record_get(rec, "station"),
	    .name = record_get(rec, "name"),
	    .level = record_get(rec, "level"),
	    .rank = registry_rank(record_get(rec, "rank")),
	    .parent = strcmp(u->issuer, id) == 0 ? NULL : u->issuer,
	    .agency = record_get(rec, "agency"),
	    .valid_from = INT32_MIN,
	    .valid_to = INT32_MAX,
	    .address = record_get(rec, "address"),
	};
	if (from)
		date_parse(from, &v->valid_from, &ignored);
	if (to)
		date_parse(to, &v->valid_to, &ignored);
}

static void copy_record(struct unit *u, const struct record *now)
{
	arena_free(&u->arena);
	record_init(&u->record, &u->arena, now->type);
	for (size_t i = 0; i < now->n; i++)
		record_put(&u->record, arena_dup(&u->arena, now->fields[i].path),
		    arena_dup(&u->arena, now->fields[i].value));
}

/* The grant by the present issuer for one key row, or NULL. */
static struct grant *grant_of_row(struct unit *u, const char *row, const unsigned char *key)
{
	for (size_t i = 0; i < u->n_grants; i++) {
		struct grant *g = u->grants[i];
		const char *issuer = strchr(g->view.ledger, '/') + 1;
		if ((!g->row || strcmp(g->row, row) == 0) && memcmp(g->view.key, key, KEY_PUBLIC_SIZE) == 0 &&
		    strcmp(issuer, u->issuer) == 0)
			return g;
	}
	return NULL;
}

/* One that is active for the first time is a grant by this change; one that is active no longer ends its grant. The
 * anchor's own key was granted by being pinned. */
static void take_key(struct registry *r, struct unit *u, const struct oid *change, const char *row,
    const unsigned char *key, bool active)
{
	struct registry_unit *v = &u->view;
	struct grant *g = grant_of_row(u, row, key);
	if (!g && active) {
		g = grant_at(r, change, v->station ? v->parent : v->id, v->station);
		if (g->view.ledger)
			return; /* one change, one key of a unit: the first counts */
		g->view.ledger = arena_printf(&r->arena, "directives/%s", u->issuer);
		g->view.agency = arena_dup(&r->arena, v->agency);
		g->view.rank = v->rank;
		g->view.active = true;
		memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
		VEC_PUSH(u->grants, u->n_grants, g);
	}
	if (!g)
		return;
	if (!g->row)
		g->row = arena_dup(&r->arena, row);
	g->view.active &= active;
	v->has_key |= g->view.active;
}

static void take_keys(struct registry *r, struct unit *u, const struct oid *change)
{
	const char *row;
	for (size_t i = 0; record_next_key(&u->record, "keys", &i, &row);) {
		const char *text = record_get(&u->record, arena_printf(&u->arena, "keys.%s.key", row));
		const char *state = record_get(&u->record, arena_printf(&u->arena, "keys.%s.state", row));
		unsigned char key[KEY_PUBLIC_SIZE];
		if (text && key_parse(text, key))
			take_key(r, u, change, row, key, state && strcmp(state, "active") == 0);
	}
}

/* The anchor's grant is as old as the registry; its rank comes with the record of its unit. */
static void take_anchor(struct registry *r, struct unit *u)
{
	if (!r->anchor || u->view.station || strcmp(r->anchor->view.unit, u->view.id) != 0)
		return;
	r->anchor->view.rank = u->view.rank;
	for (size_t i = 0; i < u->n_grants; i++)
		if (u->grants[i] == r->anchor)
			return;
	VEC_PUSH(u->grants, u->n_grants, r->anchor);
}

static void remove_unit(struct unit *u)
{
	u->removed = true;
	u->view.has_key = false;
	for (size_t i = 0; i < u->n_grants; i++)
		u->grants[i]->view.active = false;
}

static void lose_grants(struct unit *u)
{
	for (size_t i = 0; i < u->n_grants; i++) {
		u->grants[i]->view.active = false;
		u->grants[i]->lost = true;
	}
}

/* What registry_check makes sure of; here it only keeps a damaged store from doing harm. */
static int usable(
    const struct registry *r, const char *issuer, const char *id, const struct record *now, struct err *err)
{
	const char *station = record_get(now, "station");
	bool good = registry_rank(record_get(now, "rank")) >= 0 && record_get(now, "code") &&
		    record_get(now, "name") && record_get(now, "level");
	if (good && station) {
		char whole[136];
		snprintf(whole, sizeof whole, "%s@%s", station, issuer);
		good = strcmp(whole, id) == 0;
	} else if (good && strcmp(issuer, id) == 0) {
		good = !r->anchor || strcmp(r->anchor->view.unit, id) == 0;
	}
	if (good)
		return 0;
	err_set(err, ERR_INPUT, N_("the record of unit %1 by %2 is not one that can be used"), id, issuer);
	err_rule(err, "form", NULL, NULL);
	return ERR_INPUT;
}

int registry_feed(struct registry *r, const char *issuer, const struct oid *change, const char *path,
    const struct record *now, struct err *err)
{
	const struct record_type *type = type_by_name("unit");
	char id[65];
	if (type_by_path("directives", path) != type || !type_path_part(type, path, 0, id))
		return err_set(err, ERR_INPUT, N_("%1 is not the record of a unit"), path);
	struct unit *u = table_get(&r->units, id);
	if (!now) {
		if (u && strcmp(u->issuer, issuer) == 0)
			remove_unit(u);
		return 0;
	}
	int rc = usable(r, issuer, id, now, err);
	if (rc < 0)
		return rc;
	if (!claim_wins(u, issuer, registry_rank(record_get(now, "rank"))))
		return 0;
	if (!u)
		*table_at(&r->units, id) = u = mem_alloc(sizeof *u);
	if (u->issuer && strcmp(u->issuer, issuer) != 0)
		lose_grants(u);
	free(u->issuer);
	u->issuer = mem_dup(issuer);
	u->removed = false;
	copy_record(u, now);
	show(u, id);
	take_anchor(r, u);
	take_keys(r, u, change);
	return 0;
}

const struct registry_unit *registry_unit(const struct registry *r, const char *id)
{
	struct unit *u = table_get(&r->units, id);
	return u && !u->removed ? &u->view : NULL;
}

const struct record *registry_record(const struct registry *r, const char *id)
{
	struct unit *u = table_get(&r->units, id);
	return u && !u->removed ? &u->record : NULL;
}

bool registry_valid_on(const struct registry_unit *u, day_t day)
{
	return u->valid_from <= day && day <= u->valid_to;
}

const struct registry_grant *registry_grant(
    const struct registry *r, const struct oid *change, const char *unit, const char *station)
{
	struct buf name = {0};
	grant_name(change, unit, station, &name);
	struct grant *g = table_get(&r->grants, buf_str(&name));
	buf_free(&name);
	return g && !g->lost ? &g->view : NULL;
}

const struct registry_grant *registry_by_key(
    const struct registry *r, const unsigned char key[KEY_PUBLIC_SIZE])
{
	for (size_t i = 0; i < r->grants.n; i++) {
		struct grant *g = r->grants.rows[i].value;
		if (g->view.active && memcmp(g->view.key, key, KEY_PUBLIC_SIZE) == 0)
			return &g->view;
	}
	return NULL;
}

void registry_grants(
    const struct registry *r, void (*visit)(void *ctx, const struct registry_grant *g), void *ctx)
{
	for (size_t i = 0; i < r->grants.n; i++) {
		struct grant *g = r->grants.rows[i].value;
		if (!g->lost)
			visit(ctx, &g->view);
	}
}

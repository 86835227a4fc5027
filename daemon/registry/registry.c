#include "registry/inside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FF 0xff, 0xff, 0xff, 0xff
const struct oid registry_reserve = {{FF, FF, FF, FF, FF}};

struct registry *registry_new(void)
{
	return mem_alloc(sizeof(struct registry));
}

static void move_free(struct move *m)
{
	strs_free(&m->past);
	strs_free(&m->former);
	strs_free(&m->narrowed);
	free(m->steps);
	free(m->vouched);
	free(m->issuer);
	free(m);
}

static void unit_free(struct unit *u)
{
	for (size_t i = 0; i < u->n_claims; i++) {
		arena_free(&u->claims[i]->arena);
		strs_free(&u->claims[i]->whole);
		free(u->claims[i]->issuer);
		free(u->claims[i]);
	}
	for (size_t i = 0; i < u->n_moves; i++)
		move_free(u->moves[i]);
	free(u->moves);
	strs_free(&u->totals_to);
	free(u->claims);
	free(u->grants);
	free(u->id);
	free(u);
}

static void grant_free(struct grant *g)
{
	free(g->vouched);
	free(g);
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->units.n; i++)
		unit_free(r->units.rows[i].value);
	for (size_t i = 0; i < r->grants.n; i++)
		grant_free(r->grants.rows[i].value);
	free(r->contested);
	table_free(&r->units);
	table_free(&r->grants);
	table_free(&r->handed);
	table_free(&r->read);
	strs_free(&r->anchors);
	arena_free(&r->arena);
	free(r);
}

struct unit *registry_unit_at(struct registry *r, const char *id)
{
	void **place = table_at(&r->units, id);
	if (!*place) {
		struct unit *u = mem_alloc(sizeof *u);
		u->id = mem_dup(id);
		*place = u;
	}
	return *place;
}

static void grant_name(const struct oid *change, const char *unit, const char *station, struct buf *out)
{
	char hex[OID_HEX + 1];
	oid_hex(change, hex);
	buf_printf(out, "%s/%s%s%s", hex, station ? station : "", station ? "@" : "", unit);
}

struct grant *registry_grant_at(
    struct registry *r, const struct oid *change, const char *unit, const char *station)
{
	struct buf name = {0};
	grant_name(change, unit, station, &name);
	void **place = table_at(&r->grants, buf_str(&name));
	buf_free(&name);
	if (!*place) {
		struct grant *g = mem_alloc(sizeof *g);
		g->registry = r;
		g->view.change = *change;
		g->view.unit = arena_dup(&r->arena, unit);
		g->view.station = arena_dup(&r->arena, station);
		*place = g;
	}
	return *place;
}

/* ---- units ---- */

const struct registry_unit *registry_unit(const struct registry *r, const char *id)
{
	struct unit *u = table_get(&r->units, id);
	return u && u->present ? &u->view : NULL;
}

const struct record *registry_record(const struct registry *r, const char *id)
{
	struct unit *u = table_get(&r->units, id);
	return u && u->present ? &u->present->record : NULL;
}

bool registry_valid_on(const struct registry_unit *u, day_t day)
{
	return u->valid_from <= day && day <= u->valid_to;
}

bool registry_moved_by(const struct unit *u, const char *superior)
{
	for (size_t i = 0; i < u->n_moves; i++)
		if (u->moves[i]->counts && strs_has(&u->moves[i]->past, superior))
			return true;
	return false;
}

bool registry_was_over(const struct unit *u, const char *superior)
{
	for (size_t i = 0; i < u->n_moves; i++)
		if (u->moves[i]->counts && strs_has(&u->moves[i]->former, superior))
			return true;
	return false;
}

bool registry_belongs(const struct unit *u, const char *issuer)
{
	return (u->owner && strcmp(u->owner->issuer, issuer) == 0) || strcmp(u->id, issuer) == 0 ||
	       registry_moved_by(u, issuer);
}

void registry_own(struct unit *u, struct grant *g)
{
	for (size_t i = 0; i < u->n_grants; i++)
		if (u->grants[i] == g)
			return;
	VEC_PUSH(u->grants, u->n_grants, g);
}

/* ---- grants ---- */

static bool counts(const struct registry *r, const struct grant *g)
{
	char id[136];
	if (!g->view.ledger)
		return false;
	if (g->embedded)
		return g->embedded->counts;
	if (!g->issuer)
		return true;
	snprintf(id, sizeof id, "%s%s%s", g->view.station ? g->view.station : "", g->view.station ? "@" : "",
	    g->view.unit);
	const struct unit *u = table_get(&r->units, id);
	return !u || registry_belongs(u, g->issuer);
}

const struct registry_grant *registry_grant(
    const struct registry *r, const struct oid *change, const char *unit, const char *station)
{
	struct buf name = {0};
	grant_name(change, unit, station, &name);
	struct grant *g = table_get(&r->grants, buf_str(&name));
	buf_free(&name);
	return g && counts(r, g) ? &g->view : NULL;
}

/* Anybody may write the public key of another into a record of his own. A grant from higher up is not shadowed by that:
 * nobody hands out a rank above his own, and to a unit none that equals it. */
static bool stands_above(const struct grant *a, const struct grant *b)
{
	return a->view.rank != b->view.rank ? a->view.rank < b->view.rank
					    : !a->view.station && b->view.station;
}

const struct registry_grant *registry_by_key(
    const struct registry *r, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct grant *found = NULL;
	for (size_t i = 0; i < r->grants.n; i++) {
		const struct grant *g = r->grants.rows[i].value;
		if (g->view.active && memcmp(g->view.key, key, KEY_PUBLIC_SIZE) == 0 &&
		    !oid_eq(&g->view.change, &registry_reserve) && !anchor_is_former(r, g) && counts(r, g) &&
		    (!found || stands_above(g, found)))
			found = g;
	}
	return found ? &found->view : NULL;
}

void registry_grants(
    const struct registry *r, void (*visit)(void *ctx, const struct registry_grant *g), void *ctx)
{
	for (size_t i = 0; i < r->grants.n; i++) {
		struct grant *g = r->grants.rows[i].value;
		if (counts(r, g))
			visit(ctx, &g->view);
	}
}

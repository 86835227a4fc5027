/*
 * Where trust begins, and how that changes hands: the pinned anchor and its reserve key, handovers to an anchor above,
 * and what a unit wrote as an anchor before it had a superior (schema/trust.md).
 */
#include "registry/inside.h"

#include <stdio.h>
#include <string.h>

static const struct oid zero;

/* ---- the pinned one ---- */

struct grant *registry_add_anchor(struct registry *r, const char *unit, const unsigned char *key)
{
	struct grant *g = registry_grant_at(r, &zero, unit, NULL);
	if (g->view.ledger)
		return g;
	g->view.ledger = arena_printf(&r->arena, "directives/%s", unit);
	memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
	const struct registry_unit *root = registry_unit(r, unit);
	g->view.rank = root ? root->rank : -1;
	g->view.active = true;
	return g;
}

/* The first counts. Its rank comes with the record of its unit. */
static void add_reserve(struct registry *r, const char *unit, const unsigned char *key)
{
	struct grant *g = registry_grant_at(r, &registry_reserve, unit, NULL);
	const struct registry_grant *first = registry_grant(r, &zero, unit, NULL);
	if (!g->view.ledger) {
		g->view.ledger = arena_printf(&r->arena, "directives/%s", unit);
		memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
		g->view.active = true;
	}
	g->view.rank = first ? first->rank : -1;
}

int registry_set_anchor(
    struct registry *r, const char *unit, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err)
{
	const char *old;
	const unsigned char *old_key;
	if (!registry_anchor(r, &old, &old_key)) {
		registry_add_anchor(r, unit, key);
		strs_add(&r->anchors, unit);
		return 0;
	}
	if (strcmp(old, unit) == 0 && memcmp(old_key, key, KEY_PUBLIC_SIZE) == 0)
		return 0;
	err_set(err, ERR_REFUSED, N_("the anchor is %1 already; it cannot be replaced by %2"), old, unit);
	err_rule(err, "anchor", NULL, NULL);
	return ERR_REFUSED;
}

void registry_set_reserve(struct registry *r, const unsigned char key[KEY_PUBLIC_SIZE])
{
	if (r->anchors.n)
		add_reserve(r, r->anchors.items[0], key);
}

bool registry_anchor(const struct registry *r, const char **unit, const unsigned char **key)
{
	if (r->anchors.n == 0)
		return false;
	const struct registry_grant *g = registry_grant(r, &zero, r->anchors.items[r->anchors.n - 1], NULL);
	*unit = g->unit;
	*key = g->key;
	return true;
}

bool registry_is_anchor(const struct registry *r, const char *unit)
{
	return strs_has(&r->anchors, unit);
}

bool registry_is_rooted(const struct registry *r, const char *unit)
{
	bool below = false;
	for (size_t i = 0; i < r->anchors.n; i++)
		below |= registry_was_above(r, r->anchors.items[i], unit);
	return registry_is_anchor(r, unit) || (below && anchor_was(r, unit));
}

bool anchor_was(const struct registry *r, const char *unit)
{
	return registry_grant(r, &zero, unit, NULL) != NULL;
}

/* The record of the unit by itself, where it is or was an anchor: its rank, and its first key among its rows. */
void anchor_rank(struct registry *r, struct unit *u, const struct registration *own)
{
	if (strcmp(own->issuer, u->id) != 0 || !anchor_was(r, u->id))
		return;
	struct grant *g = registry_grant_at(r, &zero, u->id, NULL);
	g->view.rank = registry_rank(record_get(&own->record, "rank"));
	registry_own(u, g);
	if (registry_grant(r, &registry_reserve, u->id, NULL))
		registry_grant_at(r, &registry_reserve, u->id, NULL)->view.rank = g->view.rank;
}

/* ---- one that has a superior now ---- */

bool anchor_handed(const struct registry *r, const char *anchor, const char *above)
{
	char name[136];
	snprintf(name, sizeof name, "%s %s", anchor, above);
	return table_get(&r->handed, name) != NULL;
}

const char *registry_handed_to(const struct registry *r, const char *anchor)
{
	const struct unit *u = table_get(&r->units, anchor);
	const char *found = NULL;
	size_t len = strlen(anchor);
	for (size_t i = 0; i < r->handed.n; i++) {
		const char *name = r->handed.rows[i].key;
		if (strncmp(name, anchor, len) != 0 || name[len] != ' ')
			continue;
		if (!found || (u && u->owner && strcmp(u->owner->issuer, name + len + 1) == 0))
			found = name + len + 1;
	}
	return found;
}

bool anchor_is_former(const struct registry *r, const struct grant *g)
{
	const char *unit = g->view.unit;
	bool as_anchor = !g->view.station && strcmp(g->view.ledger + strlen("directives/"), unit) == 0;
	return as_anchor && (!registry_is_anchor(r, unit) || registry_handed_to(r, unit));
}

static const char *said(const struct unit *u, const char *field)
{
	const char *value = NULL;
	for (size_t i = 0; i < u->n_claims; i++) {
		const struct registration *c = u->claims[i];
		const char *here = strcmp(c->issuer, u->id) != 0 && registry_belongs(u, c->issuer)
				       ? record_get(&c->record, field)
				       : NULL;
		if (here && (!value || c == u->owner))
			value = here;
	}
	return value;
}

/* Its own anchor knows better than any superior. Who was not its superior after all has not said anything. */
void anchor_look(struct registry *r, struct unit *u)
{
	unsigned char key[KEY_PUBLIC_SIZE];
	const char *first = said(u, "anchor_key"), *reserve = said(u, "reserve");
	if (registry_is_anchor(r, u->id) || !first || !key_parse(first, key))
		return;
	struct grant *g = registry_add_anchor(r, u->id, key);
	memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
	g->view.rank = registry_rank(said(u, "rank"));
	registry_own(u, g);
	if (reserve && key_parse(reserve, key)) {
		add_reserve(r, u->id, key);
		memcpy(registry_grant_at(r, &registry_reserve, u->id, NULL)->view.key, key, KEY_PUBLIC_SIZE);
	}
}

/* What a unit wrote as an anchor ends with its handover, which has seen it, or names it. */
static void end_as_anchor(
    struct registry *r, struct unit *u, const struct registry_source *source, const struct record *now)
{
	const char *line, *ledger = arena_printf(&r->arena, "directives/%s", u->id);
	for (size_t i = 0; i < u->n_grants; i++) {
		struct grant *g = u->grants[i];
		if (g->view.station || strcmp(g->view.ledger, ledger) != 0 || g->replaced)
			continue;
		registry_narrow(r, g, KEY_RETIRED, u->id);
		registry_vouch_add(r, g, ledger, &source->change);
		for (size_t k = 0; record_next_key(now, "vouched", &k, &line);) {
			struct registry_vouch v;
			if (registry_vouch_read(now->arena, line, &v))
				registry_vouch_add(r, g, v.ledger, &v.head);
		}
	}
}

/* Whose key his superior ends has no other one left from before: he may have named any. */
void anchor_key_ended(
    struct registry *r, struct unit *u, const struct registration *by, enum registry_key_state state)
{
	if (strcmp(by->issuer, u->id) == 0 || !registry_belongs(u, by->issuer) ||
	    registry_is_anchor(r, u->id) || !anchor_was(r, u->id))
		return;
	registry_narrow(r, registry_grant_at(r, &zero, u->id, NULL), state, by->issuer);
}

void anchor_handover(
    struct registry *r, const struct registry_source *source, const char *id, const struct record *now)
{
	const char *text = record_get(now, "key"), *reserve = record_get(now, "reserve");
	struct unit *u = table_get(&r->units, source->issuer);
	unsigned char key[KEY_PUBLIC_SIZE];
	char name[136];
	if (!u || !anchor_was(r, source->issuer) || !text || !key_parse(text, key))
		return;
	snprintf(name, sizeof name, "%s %s", source->issuer, id);
	if (table_get(&r->handed, name))
		return;
	*table_at(&r->handed, name) = r;
	registry_own(u, registry_grant_at(r, &zero, u->id, NULL));
	end_as_anchor(r, u, source, now);
	if (!registry_is_anchor(r, source->issuer))
		return; /* nobody here trusts it as an anchor, so it cannot say who is one */
	registry_add_anchor(r, id, key);
	if (!registry_is_anchor(r, id))
		strs_add(&r->anchors, id);
	if (reserve && key_parse(reserve, key))
		add_reserve(r, id, key);
}

/* ---- the reserve key ---- */

static bool is_reserve(const struct registry_grant *g)
{
	return g && oid_eq(&g->change, &registry_reserve);
}

/* The key that the reserve key let in, from which this grant descends, itself included; NULL: it is of the first. */
static const struct registry_grant *let_in(const struct registry_grant *g)
{
	for (int depth = 0; g && depth < REGISTRY_DEPTH_MAX; depth++, g = g->by)
		if (is_reserve(g->by))
			return g;
	return NULL;
}

/* Whoever stole an older key cannot end the newer one. */
bool anchor_may_narrow(const struct grant *g, const struct registry_grant *source)
{
	const struct registry_grant *of = let_in(&g->view);
	return !of || is_reserve(source) || let_in(source) == of;
}

/* Nor can he confirm what he wrote himself. */
bool anchor_may_vouch(const struct grant *g, const struct registry_grant *source)
{
	const struct registry_grant *by = let_in(source);
	return !g->replaced || is_reserve(source) || (by && by != let_in(&g->view));
}

void anchor_replaced(struct grant *g, const struct registry_grant *source)
{
	if (g->replaced || !is_reserve(source))
		return;
	g->replaced = true;
	g->view.n_vouched = 0; /* what counts stands in the same record, and is read after this */
}

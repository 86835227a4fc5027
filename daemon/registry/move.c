/*
 * Units that go to another superior. Who may move what is not seen alike everywhere: a move that is known to come from
 * somebody who is not above all that it names has no effect.
 */
#include "registry/inside.h"

#include <stdio.h>
#include <string.h>

/* Is this known to stand, or to have stood, below the issuer? What is out of sight here may. */
static bool within(const struct registry *r, const char *issuer, const char *id)
{
	const struct unit *u = table_get(&r->units, id);
	bool claimed = false;
	if (strcmp(issuer, id) == 0 || !u || registry_was_above(r, issuer, id))
		return true;
	for (size_t i = 0; i < u->n_claims; i++) {
		const char *by = u->claims[i]->issuer;
		if (strcmp(by, issuer) == 0 || registry_was_above(r, issuer, by))
			return true;
		claimed = true;
	}
	return !claimed;
}

static bool is_common_superior(const struct registry *r, const struct unit *u, const struct move *m)
{
	bool common = strcmp(m->issuer, u->id) != 0 && within(r, m->issuer, u->id);
	for (size_t i = 0; common && i < m->past.n; i++)
		common = within(r, m->issuer, m->past.items[i]);
	return common;
}

/* By name, or because somebody gave it who is no longer its superior. */
static bool is_narrowed(const struct unit *u, const struct grant *g)
{
	char hex[OID_HEX + 1];
	oid_hex(&g->view.change, hex);
	for (size_t i = 0; i < u->n_moves; i++)
		if (u->moves[i]->counts && strs_has(&u->moves[i]->narrowed, hex))
			return true;
	return strcmp(g->issuer, u->moved_to) != 0;
}

/* What the unit was granted before it moved is good for what was taken over, and for nothing else. */
static void narrow_moved(struct registry *r, struct unit *u, const struct move *by)
{
	for (size_t i = 0; i < u->n_grants; i++) {
		struct grant *g = u->grants[i];
		if (!g->issuer || !is_narrowed(u, g))
			continue;
		registry_narrow(r, g, KEY_RETIRED, by->issuer);
		for (size_t k = 0; k < u->n_moves; k++)
			for (size_t n = 0; u->moves[k]->counts && n < u->moves[k]->n_vouched; n++)
				registry_vouch_add(
				    r, g, u->moves[k]->vouched[n].ledger, &u->moves[k]->vouched[n].head);
	}
}

/* Of several that count, the highest superior's. */
void registry_choose_move(struct registry *r, struct unit *u)
{
	const struct move *best = NULL;
	for (size_t i = 0; i < u->n_moves; i++) {
		struct move *m = u->moves[i];
		m->counts = is_common_superior(r, u, m);
		if (m->counts &&
		    (!best || registry_rank_of(r, m->issuer) < registry_rank_of(r, best->issuer)))
			best = m;
	}
	u->moved_to = best ? best->to : NULL;
	if (best)
		narrow_moved(r, u, best);
}

static void gather(struct strs *list, const char *id)
{
	if (!strs_has(list, id))
		strs_add(list, id);
}

/* "<40 hex> <writer> <rank> <agency or -> ssh-ed25519 AAAA…": a grant of a ledger that is out of sight here. */
static void take_embedded(struct registry *r, const struct registry_source *source, const char *id,
    struct move *m, const char *line)
{
	char hex[OID_HEX + 1], writer[136], agency[65];
	int rank, end = 0;
	struct oid change;
	unsigned char key[KEY_PUBLIC_SIZE];
	if (sscanf(line, "%40s %135s %d %64s %n", hex, writer, &rank, agency, &end) != 4 || !end ||
	    strchr(writer, '@') || !oid_parse(&change, hex) || oid_is_zero(&change) ||
	    !key_parse(line + end, key))
		return;
	if (strcmp(writer, id) == 0)
		gather(&m->narrowed, hex);
	struct grant *g = registry_grant_at(r, &change, writer, NULL);
	if (!g->view.ledger) {
		g->embedded = m;
		g->carrier = arena_printf(&r->arena, "directives/%s", source->issuer);
		g->carried = source->change;
		g->view.by = registry_granted_by(r, source);
		g->view.ledger = arena_printf(&r->arena, "directives/%s", m->past.items[0]);
		g->view.agency = strcmp(agency, "-") == 0 ? NULL : arena_dup(&r->arena, agency);
		g->view.rank = rank;
		memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
		registry_narrow(r, g, KEY_RETIRED, m->issuer);
	}
	for (size_t i = 0; g->embedded && i < m->n_vouched; i++)
		registry_vouch_add(r, g, m->vouched[i].ledger, &m->vouched[i].head);
}

static struct move *move_by(struct unit *u, const char *issuer)
{
	for (size_t i = 0; i < u->n_moves; i++)
		if (strcmp(u->moves[i]->issuer, issuer) == 0)
			return u->moves[i];
	struct move *m = mem_alloc(sizeof *m);
	m->issuer = mem_dup(issuer);
	VEC_PUSH(u->moves, u->n_moves, m);
	return m;
}

static void move_vouch(struct registry *r, struct move *m, const char *line)
{
	struct registry_vouch v;
	if (!registry_vouch_read(&r->arena, line, &v))
		return;
	for (size_t i = 0; i < m->n_vouched; i++)
		if (oid_eq(&m->vouched[i].head, &v.head) && strcmp(m->vouched[i].ledger, v.ledger) == 0)
			return;
	VEC_PUSH(m->vouched, m->n_vouched, v);
}

/* A record is fed once; what it says again after an edit of something else is the same step. */
static void take_step(struct registry *r, struct move *m, const char *from, const char *to, const char *date)
{
	struct move_step step = {.day = INT32_MIN};
	struct err none = {0};
	if (date)
		date_parse(date, &step.day, &none);
	const struct move_step *last = m->n_steps ? &m->steps[m->n_steps - 1] : NULL;
	if (last && strcmp(last->from, from) == 0 && str_is(m->to, to))
		return;
	step.from = arena_dup(&r->arena, from);
	VEC_PUSH(m->steps, m->n_steps, step);
}

/* The first step that was still to come on that day says where the unit stood. */
const char *registry_parent_on(const struct registry *r, const char *unit, day_t day)
{
	const struct unit *u = table_get(&r->units, unit);
	const struct move_step *next = NULL;
	const struct move *by = NULL;
	for (size_t i = 0; u && i < u->n_moves; i++) {
		const struct move *m = u->moves[i];
		for (size_t k = 0; m->counts && k < m->n_steps; k++) {
			const struct move_step *s = &m->steps[k];
			bool tie =
			    next && s->day == next->day && by != m && strcmp(m->issuer, by->issuer) < 0;
			if (s->day <= day || (next && s->day >= next->day && !tie))
				continue;
			next = s;
			by = m;
		}
	}
	return next ? next->from : registry_parent(r, unit);
}

bool registry_is_above_on(const struct registry *r, const char *upper, const char *lower, day_t day)
{
	const char *id = registry_parent_on(r, lower, day);
	for (int depth = 0; id && depth < REGISTRY_DEPTH_MAX; depth++, id = registry_parent_on(r, id, day))
		if (strcmp(id, upper) == 0)
			return true;
	return false;
}

static void add_taken(const struct unit *u, const char *ledger, struct oids *heads)
{
	for (size_t i = 0; u && i < u->n_moves; i++)
		for (size_t k = 0; u->moves[i]->counts && k < u->moves[i]->n_vouched; k++)
			if (strcmp(u->moves[i]->vouched[k].ledger, ledger) == 0)
				oids_add(heads, &u->moves[i]->vouched[k].head);
}

void registry_taken_over(const struct registry *r, const char *unit, const char *ledger, struct oids *heads)
{
	const char *id = unit;
	for (int depth = 0; id && depth < REGISTRY_DEPTH_MAX; depth++, id = registry_parent(r, id))
		add_taken(table_get(&r->units, id), ledger, heads);
}

void registry_feed_move(
    struct registry *r, const struct registry_source *source, const char *id, const struct record *now)
{
	const char *from = record_get(now, "from"), *to = record_get(now, "to"), *line;
	if (!from || !to)
		return;
	struct unit *u = registry_unit_at(r, id);
	struct move *m = move_by(u, source->issuer);
	gather(&m->past, from);
	gather(&m->past, to);
	take_step(r, m, from, to, record_get(now, "date"));
	m->to = arena_dup(&r->arena, to);
	registry_contest(r, u);
	for (size_t i = 0; record_next_key(now, "former", &i, &line);)
		gather(&m->former, line);
	for (size_t i = 0; record_next_key(now, "vouched", &i, &line);)
		move_vouch(r, m, line);
	for (size_t i = 0; record_next_key(now, "grants", &i, &line);)
		take_embedded(r, source, id, m, line);
	registry_choose(r, u);
}

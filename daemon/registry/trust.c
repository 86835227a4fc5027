/* Acts that narrow a grant, and what they vouch for (schema/trust.md). */
#include "registry/inside.h"

#include <string.h>

#include "record/text.h"

/* Where several acts narrow one grant (the superior's word on a key, and a move), the first of them in order of ids
 * decides, so that all nodes name the same. */
static bool decides(const struct grant *g, const char *issuer)
{
	return !g->view.narrower || strcmp(issuer, g->view.narrower) < 0;
}

void registry_narrow(struct registry *r, struct grant *g, enum registry_key_state state, const char *issuer)
{
	if (state != KEY_ACTIVE && decides(g, issuer))
		g->view.narrower = arena_dup(&r->arena, issuer);
	if (state > g->view.state)
		g->view.state = state;
	g->view.active = g->view.state == KEY_ACTIVE;
}

void registry_vouch_add(struct registry *r, struct grant *g, const char *ledger, const struct oid *head)
{
	for (size_t i = 0; i < g->view.n_vouched; i++)
		if (oid_eq(&g->vouched[i].head, head) && strcmp(g->vouched[i].ledger, ledger) == 0)
			return;
	struct registry_vouch v = {arena_dup(&r->arena, ledger), *head};
	VEC_PUSH(g->vouched, g->view.n_vouched, v);
	g->view.vouched = g->vouched;
}

bool registry_vouch_read(struct arena *arena, const char *text, struct registry_vouch *out)
{
	size_t len = strcspn(text, " ");
	out->ledger = arena_dup_len(arena, text, len);
	const char *slash = strchr(out->ledger, '/');
	return slash && text_is_id(slash + 1) &&
	       (strncmp(text, "reports/", 8) == 0 || strncmp(text, "directives/", 11) == 0) &&
	       text[len] == ' ' && oid_parse(&out->head, text + len + 1);
}

static enum registry_trust by_heads(const struct registry_vouch *vouched, size_t n, const char *ledger,
    const struct oid *change, const struct registry_past *past)
{
	bool all_here = true;
	for (size_t i = 0; i < n; i++) {
		const struct registry_vouch *v = &vouched[i];
		if (strcmp(v->ledger, ledger) != 0)
			continue;
		if (oid_eq(&v->head, change) || past->seen(past->ctx, ledger, &v->head, change))
			return TRUST_GOOD;
		all_here &= past->has(past->ctx, ledger, &v->head);
	}
	return all_here ? TRUST_CONFIRM : TRUST_UNSURE;
}

/* The unit whose move took this ledger away from a former superior of it; NULL: the writer is none. */
static const struct unit *taken_from(
    const struct registry *r, const struct registry_grant *g, const char *ledger)
{
	const char *id = strchr(ledger, '/') + 1;
	if (g->station || strcmp(id, g->unit) == 0 || registry_is_above(r, g->unit, id) ||
	    registry_replaces(r, g->unit, id) || !registry_was_above(r, g->unit, id))
		return NULL;
	for (int depth = 0; id && depth < REGISTRY_DEPTH_MAX; depth++, id = registry_parent(r, id)) {
		const struct unit *u = table_get(&r->units, id);
		if (u && u->moved_to)
			return u;
	}
	return NULL;
}

/* What a former superior wrote there counts as far as the move vouches for it. */
static enum registry_trust by_move(
    const struct unit *u, const char *ledger, const struct oid *change, const struct registry_past *past)
{
	enum registry_trust best = TRUST_CONFIRM;
	for (size_t i = 0; i < u->n_moves; i++) {
		const struct move *m = u->moves[i];
		enum registry_trust t =
		    m->counts ? by_heads(m->vouched, m->n_vouched, ledger, change, past) : TRUST_CONFIRM;
		best = t < best ? t : best;
	}
	return best;
}

static void doubt(enum registry_trust *worst, enum registry_trust t, const struct registry_doubt *at,
    struct registry_doubt *why)
{
	if (t <= *worst)
		return;
	*worst = t;
	*why = *at;
}

enum registry_trust registry_trust_why(const struct registry_grant *g, const char *ledger,
    const struct oid *change, const struct registry_past *past, struct registry_doubt *why)
{
	enum registry_trust worst = TRUST_GOOD;
	struct registry_doubt at = {g, ledger, *change};
	const struct unit *moved = g ? taken_from(((const struct grant *)g)->registry, g, ledger) : NULL;
	*why = (struct registry_doubt){0};
	if (moved)
		doubt(&worst, by_move(moved, ledger, change, past), &at, why);
	for (int depth = 0; g && depth < REGISTRY_DEPTH_MAX; depth++) {
		at.grant = g;
		if (!g->active)
			doubt(&worst, by_heads(g->vouched, g->n_vouched, at.ledger, &at.change, past), &at,
			    why);
		/* And the grant itself: was it given by a change that is vouched for? */
		const struct grant *own = (const struct grant *)g;
		at.ledger = own->embedded ? own->carrier : g->ledger;
		at.change = own->embedded ? own->carried : g->change;
		g = g->by;
	}
	return worst;
}

enum registry_trust registry_trust(const struct registry_grant *g, const char *ledger,
    const struct oid *change, const struct registry_past *past)
{
	struct registry_doubt why;
	return registry_trust_why(g, ledger, change, past, &why);
}

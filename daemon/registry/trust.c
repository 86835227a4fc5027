/* Acts that narrow a grant, and what they vouch for (schema/trust.md). */
#include "registry/inside.h"

#include <string.h>

#include "record/text.h"

void registry_narrow(struct grant *g, enum registry_key_state state)
{
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

static enum registry_trust by_heads(const struct registry_grant *g, const char *ledger,
    const struct oid *change, const struct registry_past *past)
{
	bool all_here = true;
	for (size_t i = 0; i < g->n_vouched; i++) {
		const struct registry_vouch *v = &g->vouched[i];
		if (strcmp(v->ledger, ledger) != 0)
			continue;
		if (oid_eq(&v->head, change) || past->seen(past->ctx, ledger, &v->head, change))
			return TRUST_GOOD;
		all_here &= past->has(past->ctx, ledger, &v->head);
	}
	return all_here ? TRUST_CONFIRM : TRUST_UNSURE;
}

enum registry_trust registry_trust(const struct registry_grant *g, const char *ledger,
    const struct oid *change, const struct registry_past *past)
{
	enum registry_trust worst = TRUST_GOOD;
	for (int depth = 0; g && depth < REGISTRY_DEPTH_MAX; depth++) {
		if (!g->active) {
			enum registry_trust t = by_heads(g, ledger, change, past);
			worst = t > worst ? t : worst;
		}
		/* And the grant itself: was it given by a change that is vouched for? */
		ledger = g->ledger;
		change = &g->change;
		g = g->by;
	}
	return worst;
}

#include "node/relay.h"

#include <string.h>

#include "node.h"

int node_relay_settle(struct node *n, struct err *err)
{
	const struct config *c = &n->config;
	const struct registry_unit *u = registry_unit(n->registry, c->unit);
	bool now = registry_relays_totals(n->registry, c->unit, REGISTRY_TODAY);
	if (!c->relay || !c->admitted || c->station || !u || !u->parent ||
	    now == (strcmp(c->relay, "totals") == 0))
		return 0;
	struct outcome o = {0};
	struct record r;
	record_init(&r, &o.arena, type_by_name("relay"));
	int rc = record_set(&r, "relay", c->relay, err);
	if (rc == 0) {
		const char *ledger = arena_printf(&o.arena, "directives/%s", c->unit);
		struct change *change = outcome_change(
		    &o, ledger, arena_printf(&o.arena, "relay: %s to %s", c->relay, u->parent), NULL);
		outcome_put(&o, change, arena_printf(&o.arena, "relays/%s.yaml", u->parent), &r);
		rc = node_write(n, &o, err);
	}
	outcome_free(&o);
	return rc;
}

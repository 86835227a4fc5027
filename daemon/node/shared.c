#include "node/shared.h"

#include <string.h>

static void add_ledger(struct strs *out, const char *kind, const char *unit)
{
	struct buf name = {0};
	buf_printf(&name, "%s/%s", kind, unit);
	if (!strs_has(out, buf_str(&name)))
		strs_add(out, buf_str(&name));
	buf_free(&name);
}

static const char *unit_of(const char *node_id)
{
	const char *at = strchr(node_id, '@');
	return at ? at + 1 : node_id;
}

/* The lower end of the line: us when we dialled, else the peer. */
static void lower_end(const struct node *n, const char *peer, bool up, const char **unit, bool *station)
{
	*unit = up ? n->config.unit : unit_of(peer);
	*station = up ? n->config.station != NULL : strchr(peer, '@') != NULL;
}

/* What a unit took over whole when others ended. */
static void add_replaced(const struct node *n, const char *unit, struct strs *out)
{
	struct strs ended = {0};
	registry_replaced_by(n->registry, unit, &ended);
	for (size_t i = 0; i < ended.n; i++) {
		add_ledger(out, "directives", ended.items[i]);
		add_ledger(out, "reports", ended.items[i]);
	}
	strs_free(&ended);
}

/* Does the lower end keep these reports from the upper one, or somebody below it from itself? */
static bool is_relayed(const struct node *n, const char *lower, const char *unit)
{
	return strcmp(lower, unit) != 0 && !registry_replaces(n->registry, lower, unit) &&
	       (registry_relays_totals(n->registry, lower, REGISTRY_TODAY) ||
		   registry_relay_between(n->registry, lower, unit, REGISTRY_TODAY));
}

void node_shared(const struct node *n, const char *peer, bool up, struct strs *out)
{
	const char *unit;
	bool station;
	lower_end(n, peer, up, &unit, &station);
	struct strs above = {0}, below = {0};
	registry_above(n->registry, unit, &above);
	for (size_t i = 0; i < above.n; i++)
		add_ledger(out, "directives", above.items[i]);
	/* Before the registry has arrived, the welcome has named those above. */
	for (size_t i = 0; i < n->config.n_above; i++)
		add_ledger(out, "directives", n->config.above[i]);
	add_ledger(out, "directives", unit);
	add_ledger(out, "reports", unit);
	if (!station)
		registry_below(n->registry, unit, false, &below);
	if (!station)
		add_replaced(n, unit, out);
	for (size_t i = 0; i < below.n; i++) {
		add_ledger(out, "directives", below.items[i]);
		if (!is_relayed(n, unit, below.items[i]))
			add_ledger(out, "reports", below.items[i]);
	}
	strs_free(&above);
	strs_free(&below);
}

bool node_accepts(const struct node *n, const char *peer, bool up, const char *ledger)
{
	const char *unit;
	bool station;
	lower_end(n, peer, up, &unit, &station);
	const char *slash = strchr(ledger, '/');
	if (!slash)
		return false;
	const char *of = slash + 1;
	bool inside = strcmp(of, unit) == 0 || (!station && (registry_is_above(n->registry, unit, of) ||
								registry_replaces(n->registry, unit, of)));
	if (strncmp(ledger, "reports/", 8) == 0)
		return inside && !is_relayed(n, unit, of);
	if (strncmp(ledger, "directives/", 11) != 0)
		return false;
	/* From above come directives of tiers that the registry here may not know yet. */
	return inside || up || registry_is_above(n->registry, of, unit);
}

void node_shared_above(const struct node *n, struct strs *out)
{
	struct strs above = {0};
	char self[136];
	config_node(&n->config, self);
	registry_above(n->registry, self, &above);
	for (size_t i = 0; i < above.n; i++)
		add_ledger(out, "directives", above.items[i]);
	for (size_t i = 0; i < n->config.n_above; i++)
		add_ledger(out, "directives", n->config.above[i]);
	strs_free(&above);
}

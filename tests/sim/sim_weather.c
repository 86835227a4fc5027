/* What befalls a country by chance: people write, lines break, nodes crash, forget and burn. */
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define LONG 30000

/* Words that no dictionary has: a change of them goes in parts. */
static const char *long_text(struct sim *sim, char text[LONG + 1])
{
	size_t len = 6000 + sim_dice(sim, LONG - 6000);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 9 ? (char)('a' + sim_dice(sim, 26)) : ' ';
	text[0] = text[len - 1] = 'x';
	text[len] = '\0';
	return text;
}

static void random_write(struct sim *sim)
{
	static const struct {
		const char *path, *field;
	} places[] = {{"progress/31/hp.2026-06/nv01.yaml", "state"},
	    {"progress/31/hp.2026-06/nv01.yaml", "percent"}, {"progress/31/hp.2026-06/nv02.yaml", "note"},
	    {"reports/31/hp.2026-06/2026-06.yaml", "values.TT01"},
	    {"reports/31/hp.2026-06/2026-06.yaml", "values.TT02"},
	    {"reports/31/hp.2026-06/2026-05.yaml", "note"}};
	int node = (int)sim_dice(sim, (unsigned)sim->n_nodes);
	const struct sim_node *n = &sim->nodes[node];
	char ledger[80], value[40];
	size_t p = sim_dice(sim, 6);
	if (sim_dice(sim, 5) == 0 && !n->station) {
		snprintf(ledger, sizeof ledger, "directives/%s", n->unit);
		snprintf(value, sizeof value, "Chỉ thị %u", sim_dice(sim, 1000));
		sim_write(sim, node, ledger, "directives/D-001.yaml", "title", value);
		return;
	}
	/* One's own reports, or those of a unit below. */
	int of = node;
	for (unsigned tries = sim_dice(sim, 2) ? 0 : 10; tries; tries--) {
		int other = (int)sim_dice(sim, (unsigned)sim->n_nodes);
		if (!n->station && sim_is_below(sim, node, sim->nodes[other].unit))
			of = other;
	}
	snprintf(ledger, sizeof ledger, "reports/%s", sim->nodes[of].unit);
	if (strcmp(places[p].field, "state") == 0)
		snprintf(value, sizeof value, "%s", sim_dice(sim, 2) ? "doing" : "done");
	else
		snprintf(value, sizeof value, "%u", sim_dice(sim, 100));
	static char words[LONG + 1];
	bool is_long = strcmp(places[p].field, "note") == 0 && sim_dice(sim, 8) == 0;
	sim_write(
	    sim, node, ledger, places[p].path, places[p].field, is_long ? long_text(sim, words) : value);
}

/* Does its superior have all that this node has? Then it may burn: what nobody else has is lost for good. */
static bool is_safe(const struct sim *sim, int node)
{
	const struct sim_node *n = &sim->nodes[node];
	struct strs names = {0};
	bool safe = n->superior >= 0;
	sim_store_ledgers(n->store, &names);
	for (size_t i = 0; i < names.n && safe; i++) {
		struct oids heads = {0};
		sim_store_heads(n->store, names.items[i], &heads);
		for (size_t k = 0; k < heads.n && safe; k++)
			safe = sim_store_has(sim->nodes[n->superior].store, names.items[i], &heads.items[k]);
		oids_free(&heads);
	}
	strs_free(&names);
	return safe;
}

void sim_weather_step(struct sim *sim, const struct sim_weather *w)
{
	int node = (int)sim_dice(sim, (unsigned)sim->n_nodes);
	if (sim_dice(sim, 1000) < w->write)
		for (unsigned n = sim_dice(sim, 8) ? 1 : 20; n; n--)
			random_write(sim);
	if (w->attach && sim_dice(sim, 1000) < w->attach && !sim->nodes[node].station)
		sim_blob_add(sim, node);
	if (sim_dice(sim, 1000) < w->cut)
		sim_cut(sim, (int)sim_dice(sim, (unsigned)sim->n_lines));
	if (sim_dice(sim, 1000) < w->crash)
		sim_crash(sim, node, 500 + sim_dice(sim, 20000));
	if (sim_dice(sim, 1000) < w->forget)
		sim_forget(sim, node);
	if (sim_dice(sim, 1000) < w->burn && is_safe(sim, node) && sim_blob_safe(sim, node))
		sim_burn(sim, node);
	if (w->copy && sim_dice(sim, 1000) < w->copy)
		sim_copy(sim, node);
	if (w->back && sim_dice(sim, 1000) < w->back)
		sim_put_back(sim, node, sim_dice(sim, 3));
}

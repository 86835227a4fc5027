/* Who holds what, and a node's store as the step sees it for one peer. */
#include <stdio.h>
#include <string.h>

#include "sim.h"

enum { ABOVE = 1, BELOW = 2 }; /* the unit is above the node (or its own), or below it (or its own) */

static int unit_index(const struct sim *sim, const char *unit)
{
	return (int)(uintptr_t)table_get(&sim->units, unit) - 1;
}

static void make_out(struct sim *sim)
{
	size_t n = sim->n_nodes;
	sim->holding = mem_alloc(n * n);
	for (size_t i = 0; i < n; i++)
		if (!table_get(&sim->units, sim->nodes[i].unit))
			*table_at(&sim->units, sim->nodes[i].unit) = (void *)(uintptr_t)(i + 1);
	for (size_t i = 0; i < n; i++) {
		int own = unit_index(sim, sim->nodes[i].unit);
		for (int k = (int)i; k >= 0; k = sim->nodes[k].superior) {
			int unit = unit_index(sim, sim->nodes[k].unit);
			sim->holding[i * n + (size_t)unit] |= ABOVE;
			sim->holding[(size_t)k * n + (size_t)own] |= BELOW;
		}
		sim->holding[i * n + (size_t)own] |= ABOVE | BELOW;
	}
}

static int relation(const struct sim *sim, int node, const char *unit)
{
	if (!sim->holding)
		make_out((struct sim *)sim);
	int of = unit_index(sim, unit);
	return of < 0 ? 0 : sim->holding[(size_t)node * sim->n_nodes + (size_t)of];
}

bool sim_is_below(const struct sim *sim, int node, const char *unit)
{
	return relation(sim, node, unit) & BELOW;
}

bool sim_holds(const struct sim *sim, int node, const char *ledger)
{
	int is = relation(sim, node, strchr(ledger, '/') + 1);
	return (is & BELOW) || (strncmp(ledger, "directives/", 11) == 0 && (is & ABOVE));
}

/* ---- struct sync_world ---- */

static struct sim_node *here(const struct sim_end *e)
{
	return &e->sim->nodes[e->sim->lines[e->line].node[e->side]];
}

static bool w_accepts(void *ctx, const char *ledger)
{
	struct sim_end *e = ctx;
	const struct sim_line *l = &e->sim->lines[e->line];
	if (!strchr(ledger, '/'))
		return false;
	return sim_holds(e->sim, l->node[0], ledger) && sim_holds(e->sim, l->node[1], ledger);
}

/* The lower end does not know of tiers above its superior until it has heard of them. */
static void w_shared(void *ctx, struct strs *out)
{
	struct sim_end *e = ctx;
	const struct sim_line *l = &e->sim->lines[e->line];
	const char *superior = e->sim->nodes[l->node[1]].unit;
	for (size_t i = 0; i < e->sim->n_nodes; i++) {
		static const char *const kinds[] = {"directives", "reports"};
		const char *unit = e->sim->nodes[i].unit;
		for (size_t k = 0; k < 2; k++) {
			char ledger[80];
			snprintf(ledger, sizeof ledger, "%s/%s", kinds[k], unit);
			bool far = e->side == 0 && !sim_is_below(e->sim, l->node[0], unit) &&
				   strcmp(unit, superior) != 0;
			if (w_accepts(e, ledger) && (!far || sim_store_count(here(e)->store, ledger)))
				strs_add(out, ledger);
		}
	}
}

static void w_heads(void *ctx, const char *ledger, struct oids *out)
{
	sim_store_heads(here(ctx)->store, ledger, out);
}

static void w_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	sim_store_between(here(ctx)->store, ledger, have, out);
}

static bool w_has(void *ctx, const char *ledger, const struct oid *id)
{
	return sim_store_has(here(ctx)->store, ledger, id);
}

static int w_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	const struct change *c = sim_store_change(here(ctx)->store, ledger, id);
	(void)arena;
	if (!c)
		return err_set(err, ERR_NOT_FOUND, "no such change");
	*out = *c;
	return 0;
}

static bool w_text(void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	const char *text = sim_store_text(here(ctx)->store, ledger, change, path);
	if (text)
		buf_puts(out, text);
	return text != NULL;
}

static void w_kept(void *ctx, bool directives, size_t len, struct buf *out)
{
	const struct sim_end *e = ctx;
	const struct sim_line *l = &e->sim->lines[e->line];
	const struct buf *kept = &e->sim->nodes[l->node[e->side]].memories[e->line].kept[directives].bytes;
	buf_add(out, kept->data, len);
}

void sim_world(struct sim_end *e, struct sync_world *out)
{
	*out = (struct sync_world){
	    e, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, NULL, w_kept};
}

/*
 * Countries for the proof of the merge: the centre, four cities, their communes and stations; edits, deletions, acceptances,
 * settlements, objections and answers by all of them at once, while lines break, nodes crash and are put back from older
 * copies, and communes are put under another city. In the end all that hold a ledger have the same commit of it, and every value
 * that somebody wrote and nobody who saw it has written over stands in it, or in a conflict.
 */
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "sim.h"

#define CITIES 4
#define COMMUNES 12 /* of each */
#define BUSY 6 /* communes */
#define REPORTS 3
#define TASKS 2

static const char *tail(const struct buf *trace, int lines)
{
	const char *text = buf_str(trace), *at = text + trace->len;
	while (at > text && lines >= 0)
		if (*--at == '\n')
			lines--;
	return at > text ? at + 1 : at;
}

bool sim_failed(
    struct sim *sim, uint64_t seed, const char *what, const char *a, const char *b, const char *ledger)
{
	printf("%s\nseed %llu FAILED: %s: %s, %s, %s\n", tail(&sim->trace, 60), (unsigned long long)seed,
	    what, a, b, ledger);
	return false;
}

/* All nodes that should hold a ledger have the same commit for it. */
bool sim_agree(struct sim *sim, uint64_t seed)
{
	for (size_t i = 0; i < sim->n_nodes; i++) {
		struct strs names = {0};
		sim_store_ledgers(sim->nodes[i].store, &names);
		for (size_t k = 0; k < names.n; k++) {
			struct oid mine, theirs;
			if (!sim_holds(sim, (int)i, names.items[k]))
				continue; /* left behind by a unit that has gone elsewhere */
			sim_store_tip(sim->nodes[i].store, names.items[k], &mine);
			for (size_t j = 0; j < sim->n_nodes; j++) {
				if (!sim_holds(sim, (int)j, names.items[k]))
					continue;
				sim_store_tip(sim->nodes[j].store, names.items[k], &theirs);
				if (oid_eq(&mine, &theirs))
					continue;
				return sim_failed(sim, seed, "not the same", sim->nodes[i].name,
				    sim->nodes[j].name, names.items[k]);
			}
		}
		strs_free(&names);
		if (sim->nodes[i].refused)
			return sim_failed(sim, seed, "refused something", sim->nodes[i].name, "", "");
	}
	return true;
}

/* ---- a country ---- */

static int communes[CITIES * COMMUNES], cities[CITIES];

static void build(struct sim *sim)
{
	int centre = sim_node(sim, "0", NULL, 0, -1);
	for (int c = 0; c < CITIES; c++) {
		char unit[16];
		snprintf(unit, sizeof unit, "%d", 31 + c);
		cities[c] = sim_node(sim, unit, NULL, 1, centre);
		sim_line(sim, cities[c], centre, 5 + sim_dice(sim, 100), 200000);
	}
	for (int i = 0; i < CITIES * COMMUNES; i++) {
		char unit[16];
		snprintf(unit, sizeof unit, "%d", 11000 + i);
		communes[i] = sim_node(sim, unit, NULL, 3, cities[i % CITIES]);
		/* The first lines to a commune are those of the communes: sim_move finds them by this order. */
		sim_line(sim, communes[i], cities[i % CITIES], 5 + sim_dice(sim, 300),
		    20000 + sim_dice(sim, 60000));
	}
	for (int i = 0; i < CITIES * COMMUNES; i += 3) {
		char unit[16];
		snprintf(unit, sizeof unit, "%d", 11000 + i);
		int station = sim_node(sim, unit, i % 2 ? "cong-an" : "tram-y-te", 3, communes[i]);
		sim_line(sim, station, communes[i], 5 + sim_dice(sim, 100), 50000);
	}
	sim->store_ms = sim_dice(sim, 50);
	sim_enrol(sim);
	sim->edits = 0;
}

/* ---- what people do ---- */

/* Somebody's own reports, or those of a unit below. */
static int whose(struct sim *sim, int node)
{
	const struct sim_node *n = &sim->nodes[node];
	for (int tries = n->superior < 0 || sim_dice(sim, 2) ? 8 : 0; tries; tries--) {
		int other = (int)sim_dice(sim, (unsigned)sim->n_nodes);
		if (!n->station && sim_is_below(sim, node, sim->nodes[other].unit))
			return other;
	}
	return node;
}

static bool edit_field(struct sim *sim, int node, const char *ledger)
{
	char path[80], field[24], value[40];
	struct sim_edit e = {.path = path, .field = field, .value = value};
	if (sim_dice(sim, 4)) {
		snprintf(
		    path, sizeof path, "reports/31/hp.2026-06/2026-%02u.yaml", 1 + sim_dice(sim, REPORTS));
		snprintf(field, sizeof field, "values.TT%02u", 1 + sim_dice(sim, 3));
		snprintf(value, sizeof value, "%u", sim_dice(sim, 50));
	} else {
		snprintf(path, sizeof path, "progress/31/hp.2026-06/nv%02u.yaml", 1 + sim_dice(sim, TASKS));
		bool state = sim_dice(sim, 2);
		snprintf(field, sizeof field, "%s", state ? "state" : "percent");
		snprintf(value, sizeof value, "%u", sim_dice(sim, 101));
		if (state)
			e.value = sim_dice(sim, 2) ? "doing" : "done";
	}
	if (sim_dice(sim, 20) == 0)
		e.value = NULL;
	return sim_edit(sim, node, ledger, &e);
}

static bool seal_or_remove(struct sim *sim, int node, const char *ledger, bool seal)
{
	char path[80];
	snprintf(path, sizeof path, "reports/31/hp.2026-06/2026-%02u.yaml", 1 + sim_dice(sim, REPORTS));
	const struct sim_edit e = {
	    .path = path, .field = "state", .value = seal ? "accepted" : NULL, .remove = !seal};
	return sim_edit(sim, node, ledger, &e);
}

/* Half of what people do with conflicts is to settle them: else they would pile up. */
static bool about_conflict(struct sim *sim, int node, const char *ledger)
{
	struct arena arena = {0};
	const char *conflict =
	    sim_store_conflict(sim->nodes[node].store, ledger, sim_dice(sim, 10000), &arena);
	bool done = false;
	if (conflict && sim_dice(sim, 5)) {
		const struct sim_edit e = {.settle = conflict, .value = sim_dice(sim, 2) ? "other" : "kept"};
		done = sim_edit(sim, node, ledger, &e);
	} else if (conflict && !sim_store_nested(sim->nodes[node].store, ledger, conflict)) {
		bool object = sim_dice(sim, 2);
		const struct sim_edit e = {.path = conflict,
		    .field = object ? "objections.a.reason" : "answers.a.reason",
		    .value = sim_dice(sim, 2) ? "sai" : "đúng"};
		done = sim_edit(sim, node, ledger, &e);
	}
	arena_free(&arena);
	return done;
}

static void act(struct sim *sim)
{
	int node = (int)sim_dice(sim, (unsigned)sim->n_nodes), of;
	char ledger[80];
	unsigned what = sim_dice(sim, 100);
	if (sim_dice(sim, 3)) { /* at a commune that many have an eye on */
		of = node = communes[sim_dice(sim, BUSY)];
		for (unsigned up = sim_dice(sim, 3); up && sim->nodes[node].superior >= 0; up--)
			node = sim->nodes[node].superior;
	} else {
		of = whose(sim, node);
	}
	snprintf(ledger, sizeof ledger, "reports/%s", sim->nodes[of].unit);
	if (what < 3)
		seal_or_remove(sim, node, ledger, false);
	else if (what < 6)
		seal_or_remove(sim, node, ledger, true);
	else if (what < 20)
		about_conflict(sim, node, ledger);
	else
		edit_field(sim, node, ledger);
}

/* A commune without stations goes elsewhere with all it has. */
static void reorganise(struct sim *sim)
{
	int i = (int)sim_dice(sim, CITIES * COMMUNES);
	if (i % 3)
		sim_move(sim, CITIES + i, cities[sim_dice(sim, CITIES)]);
}

/* ---- the proof ---- */

static bool kept(struct sim *sim, uint64_t seed, size_t *looked_at, size_t *conflicts)
{
	struct strs names = {0};
	bool good = true;
	sim_store_ledgers(sim->nodes[0].store, &names);
	for (size_t i = 0; i < names.n; i++) {
		*conflicts += sim_store_conflicts(sim->nodes[0].store, names.items[i]);
		if (sim_store_vanished(sim->nodes[0].store, names.items[i], looked_at))
			good = sim_failed(sim, seed, "a value has vanished", "", "", names.items[i]);
	}
	strs_free(&names);
	return good;
}

bool sim_country(uint64_t seed, uint64_t edits, uint64_t *edited)
{
	struct sim sim;
	int64_t begin = sys_ticks();
	sim_init(&sim, seed);
	sim.silent = true;
	build(&sim);
	for (size_t i = 0; i < sim.n_lines; i++)
		sim_open(&sim, (int)i);
	const struct sim_weather w = {.cut = 300, .crash = 60, .forget = 10, .copy = 30, .back = 20};
	while (sim.edits < edits) {
		for (unsigned n = sim_dice(&sim, 60); n; n--)
			act(&sim);
		if (sim_dice(&sim, 20) == 0)
			reorganise(&sim);
		if (sim_dice(&sim, 3) == 0)
			sim_shut(
			    &sim, (int)sim_dice(&sim, (unsigned)sim.n_lines), 5000 + sim_dice(&sim, 60000));
		sim_run(&sim, sim.now + 1000, &w);
	}
	sim_run(&sim, sim.now + 70000, NULL); /* whoever crashed or was shut off is back */
	for (size_t i = 0; i < sim.n_lines; i++)
		sim_open(&sim, (int)i);
	sim_run(&sim, sim.now + 600000, NULL);
	size_t looked_at = 0, conflicts = 0, cuts = 0;
	bool good = sim_agree(&sim, seed) && kept(&sim, seed, &looked_at, &conflicts);
	for (size_t i = 0; i < sim.n_lines; i++)
		cuts += sim.lines[i].cuts;
	if (good)
		printf("country %llu: %zu nodes, %llu edits, %llu settlements, %zu writes of fields looked "
		       "at, %zu "
		       "conflicts left, %zu cuts, %u crashes and old copies, %llu moves; %lld s\n",
		    (unsigned long long)seed, sim.n_nodes, (unsigned long long)sim.edits,
		    (unsigned long long)sim.settlements, looked_at, conflicts, cuts, sim.losses,
		    (unsigned long long)sim.moves, (long long)(sys_ticks() - begin) / 1000);
	*edited = sim.edits;
	sim_free(&sim);
	return good;
}

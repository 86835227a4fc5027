/*
 * simulate [--seeds A-B] [--trace] - scripted scenes whose trace is known, then random histories.
 * simulate --edits N [--seeds A] - random countries of 60 nodes and more, until N edits are made.
 * A failure prints its seed and the end of its trace; the same seed does the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenes.h"
#include "sim.h"

#define TWICE_A_LOSS 16
#define COUNTRY 20000 /* edits in one country */

static bool show_trace;

/* A country: the centre, cities, communes, some with stations; every line a little different. */
static void build(struct sim *sim)
{
	unsigned n_cities = 1 + sim_dice(sim, 3);
	int centre = sim_node(sim, "0", NULL, 0, -1);
	int cities[3];
	for (unsigned i = 0; i < n_cities; i++) {
		char unit[16];
		snprintf(unit, sizeof unit, "%u", 31 + i);
		cities[i] = sim_node(sim, unit, NULL, 1, centre);
	}
	for (unsigned i = 0; i < n_cities; i++)
		for (unsigned k = 0, n = 1 + sim_dice(sim, 8); k < n; k++) {
			char unit[16];
			snprintf(unit, sizeof unit, "%u", 11000 + 1000 * i + k);
			int commune = sim_node(sim, unit, NULL, 3, cities[i]);
			if (sim_dice(sim, 12) == 0)
				sim_twin(sim, commune);
			if (sim_dice(sim, 4) == 0)
				sim_node(sim, unit, "cong-an", 3, commune);
			if (sim_dice(sim, 6) == 0)
				sim_node(sim, unit, "tram-y-te", 3, commune);
		}
	for (size_t i = 1; i < sim->n_nodes; i++) {
		sim_line(
		    sim, (int)i, sim->nodes[i].superior, 5 + sim_dice(sim, 700), 2000 + sim_dice(sim, 60000));
		/* Some stations also reach the city: a mesh. */
		int above = sim->nodes[i].superior;
		if (!sim->nodes[i].station || sim_dice(sim, 2))
			continue;
		sim->mesh = true;
		sim_line(sim, (int)i, sim->nodes[above].superior, 5 + sim_dice(sim, 700),
		    2000 + sim_dice(sim, 60000));
	}
	sim->store_ms = sim_dice(sim, 300);
	sim_enrol(sim);
}

/* Without meshes (two ways to one node) and losses of memory nothing comes twice; a loss costs a little. */
static bool thrifty(struct sim *sim, uint64_t seed)
{
	size_t known = 0;
	for (size_t i = 0; i < sim->n_nodes; i++)
		known += sim->nodes[i].known;
	if (sim->mesh || known <= TWICE_A_LOSS * sim->losses)
		return true;
	return sim_failed(sim, seed, "sent too much twice", "", "", "");
}

/* On every line, one exchange with nothing to do: two summaries, and both ends say that they are equal. */
static bool idle(struct sim *sim, uint64_t seed)
{
	for (size_t i = 0; i < sim->n_lines; i++) {
		struct sim_line *l = &sim->lines[i];
		uint64_t before = l->bytes[0] + l->bytes[1];
		if (!l->open)
			return sim_failed(sim, seed, "not open", sim->nodes[l->node[0]].name,
			    sim->nodes[l->node[1]].name, "");
		sim_request(sim, (int)i, 0, 77);
		sim_run(sim, sim->now + 3000, NULL);
		uint64_t bytes = l->bytes[0] + l->bytes[1] - before;
		if (l->token != 77 || !l->token_equal || bytes > 2 * 18 + 4)
			return sim_failed(sim, seed, "idle exchange", sim->nodes[l->node[0]].name,
			    sim->nodes[l->node[1]].name, "");
	}
	return true;
}

static bool attached(struct sim *sim, uint64_t seed)
{
	const char *wrong = sim_blob_check(sim);
	return !wrong || sim_failed(sim, seed, wrong, "", "", "");
}

static bool run(uint64_t seed)
{
	struct sim sim;
	sim_init(&sim, seed);
	build(&sim);
	for (size_t i = 0; i < sim.n_lines; i++)
		if (sim_dice(&sim, 3))
			sim_open(&sim, (int)i);
	struct sim_weather w = {.write = 400,
	    .cut = sim_dice(&sim, 200),
	    .crash = sim_dice(&sim, 30),
	    .forget = sim_dice(&sim, 10),
	    .burn = sim_dice(&sim, 3) ? 0 : 4};
	w.attach = sim_dice(&sim, 40);
	w.copy = w.back = sim_dice(&sim, 3) ? 0 : 20;
	sim_run(&sim, 120000, &w);
	sim_run(&sim, sim.now + 30000, NULL); /* whoever crashed is back */
	for (size_t i = 0; i < sim.n_lines; i++)
		sim_open(&sim, (int)i);
	sim_run(&sim, sim.now + 300000, NULL);
	bool good = sim_agree(&sim, seed) && thrifty(&sim, seed) && attached(&sim, seed) && idle(&sim, seed);
	uint64_t bytes = 0, cuts = 0, known = 0, parked = 0, changes = 0, conflicts = 0;
	for (size_t i = 0; i < sim.n_lines; i++) {
		bytes += sim.lines[i].bytes[0] + sim.lines[i].bytes[1];
		cuts += sim.lines[i].cuts;
	}
	for (size_t i = 0; i < sim.n_nodes; i++) {
		known += sim.nodes[i].known;
		parked += sim.nodes[i].parked;
	}
	struct strs names = {0};
	sim_store_ledgers(sim.nodes[0].store, &names);
	for (size_t i = 0; i < names.n; i++) {
		changes += sim_store_count(sim.nodes[0].store, names.items[i]);
		conflicts += sim_store_conflicts(sim.nodes[0].store, names.items[i]);
	}
	strs_free(&names);
	if (show_trace)
		fputs(buf_str(&sim.trace), stdout);
	if (good)
		printf("seed %llu: %zu nodes, %zu lines, %llu changes, %llu conflicts, %llu cuts, %llu kB, "
		       "%llu sent twice, %llu parked%s, %u losses, %zu attachments of %llu kB\n",
		    (unsigned long long)seed, sim.n_nodes, sim.n_lines, (unsigned long long)changes,
		    (unsigned long long)conflicts, (unsigned long long)cuts,
		    (unsigned long long)(bytes / 1000), (unsigned long long)known, (unsigned long long)parked,
		    sim.mesh ? ", mesh" : "", sim.losses, sim.n_blobs,
		    (unsigned long long)(sim.blob_bytes_kept / 1000));
	sim_free(&sim);
	return good;
}

int main(int argc, char **argv)
{
	unsigned long long first = 1, last = 10, edits = 0, edited = 0;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			show_trace = true;
		} else if (strcmp(argv[i], "--edits") == 0 && i + 1 < argc) {
			edits = strtoull(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
			int n = sscanf(argv[++i], "%llu-%llu", &first, &last);
			if (n == 1)
				last = first;
		} else {
			fprintf(stderr,
			    "usage: simulate [--seeds A-B] [--trace], or simulate --edits N [--seeds A]\n");
			return 2;
		}
	}
	for (unsigned long long seed = first; edited < edits; seed++) {
		uint64_t n = 0;
		if (!sim_country(seed, edits - edited < COUNTRY ? edits - edited : COUNTRY, &n))
			return 1;
		edited += n;
	}
	if (edits)
		return 0;
	if (!scenes_play(show_trace))
		return 1;
	for (unsigned long long seed = first; seed <= last; seed++)
		if (!run(seed))
			return 1;
	return 0;
}

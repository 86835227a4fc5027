#include "scenes.h"

#include <stdio.h>
#include <string.h>

#include "sim.h"

static const char *const nv = "progress/31/hp.2026-06/nv01.yaml";

/* centre 0, city 31, ward 11383: lines of 100 ms */
static void three_tiers(struct sim *sim)
{
	sim_init(sim, 1);
	int centre = sim_node(sim, "0", NULL, 0, -1);
	int city = sim_node(sim, "31", NULL, 1, centre);
	int ward = sim_node(sim, "11383", NULL, 3, city);
	sim_line(sim, ward, city, 100, 100000);
	sim_line(sim, city, centre, 100, 100000);
	sim_enrol(sim);
}

static void relay(struct sim *sim)
{
	three_tiers(sim);
	sim_open(sim, 0);
	sim_open(sim, 1);
	sim_run(sim, 5000, NULL);
	sim_write(sim, 2, "reports/11383", nv, "percent", "40");
	sim_run(sim, 10000, NULL);
	sim_write(sim, 0, "directives/0", "directives/D-017.yaml", "title", "Báo cáo");
	sim_run(sim, 15000, NULL);
}

static const struct scene {
	const char *name;
	void (*play)(struct sim *sim);
	const char *trace;
} scenes[] = {
    {"relay", relay, ""},
};

bool scenes_play(bool show_trace)
{
	bool good = true;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		struct sim sim;
		scenes[i].play(&sim);
		bool same = strcmp(buf_str(&sim.trace), scenes[i].trace) == 0;
		if (!same || show_trace)
			printf("scene %s%s\n%s", scenes[i].name,
			    same ? "" : " FAILED, played:", buf_str(&sim.trace));
		good = good && same;
		sim_free(&sim);
	}
	return good;
}

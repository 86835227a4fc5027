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

/* city 31 at the top, ward 11383 */
static void two_tiers(struct sim *sim)
{
	sim_init(sim, 1);
	int city = sim_node(sim, "31", NULL, 1, -1);
	int ward = sim_node(sim, "11383", NULL, 3, city);
	sim_line(sim, ward, city, 100, 100000);
	sim_enrol(sim);
}

enum { CITY, WARD };

/* What is left of the trace is the scene alone. */
static void curtain(struct sim *sim)
{
	buf_cut(&sim->trace, 0);
}

/* A report goes up two tiers, a directive down. */
static void relay(struct sim *sim)
{
	three_tiers(sim);
	sim_open(sim, 0);
	sim_open(sim, 1);
	sim_run(sim, 5000, NULL);
	curtain(sim);
	sim_write(sim, 2, "reports/11383", nv, "percent", "40");
	sim_run(sim, 10000, NULL);
	sim_write(sim, 0, "directives/0", "directives/D-017.yaml", "title", "Báo cáo tháng cao điểm");
	sim_run(sim, 15000, NULL);
}

/* The very first meeting: a ward, one line. Its grant comes before its own work goes up. */
static void first_meeting(struct sim *sim)
{
	two_tiers(sim);
	sim_write(sim, WARD, "reports/11383", nv, "percent", "10");
	curtain(sim);
	sim_open(sim, 0);
	sim_run(sim, 5000, NULL);
}

/* City and ward write the same field while apart: rank decides, a conflict is recorded, both have the same. */
static void clash(struct sim *sim)
{
	first_meeting(sim);
	sim_cut(sim, 0);
	curtain(sim);
	sim_write(sim, WARD, "reports/11383", nv, "percent", "44");
	sim_write(sim, CITY, "reports/11383", nv, "percent", "43");
	sim_run(sim, sim->now + 5000, NULL);
	sim_trace(
	    sim, "31", "shows %zu conflict", sim_store_conflicts(sim->nodes[CITY].store, "reports/11383"));
	sim_trace(
	    sim, "11383", "shows %zu conflict", sim_store_conflicts(sim->nodes[WARD].store, "reports/11383"));
}

/* A backlog of thirty changes, cut on its way: what has arrived is not sent again. */
static void cut(struct sim *sim)
{
	first_meeting(sim);
	sim_cut(sim, 0);
	sim->lines[0].rate = 2000;
	for (int i = 0; i < 30; i++) {
		char value[8];
		snprintf(value, sizeof value, "%d", 20 + i);
		sim_write(sim, WARD, "reports/11383", nv, "percent", value);
	}
	curtain(sim);
	sim_run(sim, 8900, NULL);
	sim_cut(sim, 0);
	sim_run(sim, 15000, NULL);
}

/* A report that takes the line seven seconds is on its way down; a directive passes it, and the line breaks: the rest of
 * the report follows on the next one. */
static void pass(struct sim *sim)
{
	static char words[40001];
	first_meeting(sim);
	sim->lines[0].rate = 4000;
	for (size_t i = 0; i + 1 < sizeof words; i++)
		words[i] = (char)('a' + sim_dice(sim, 26));
	curtain(sim);
	sim_write(sim, CITY, "reports/11383", nv, "note", words);
	buf_cut(&sim->trace, 0);
	sim_run(sim, 7500, NULL);
	sim_write(sim, CITY, "directives/31", "directives/D-017.yaml", "title", "Khẩn");
	sim_run(sim, 11000, NULL);
	sim_cut(sim, 0);
	sim_run(sim, 25000, NULL);
}

/* The ward's server burns. A new one with the same key asks, and gets back all it had. */
static void fire(struct sim *sim)
{
	first_meeting(sim);
	for (int i = 0; i < 5; i++)
		sim_write(sim, WARD, "reports/11383", nv, "state", i % 2 ? "doing" : "done");
	sim_run(sim, 8000, NULL);
	curtain(sim);
	sim_burn(sim, WARD);
	sim_run(sim, 15000, NULL);
}

static void write_some(struct sim *sim, int n)
{
	for (int i = 0; i < n; i++) {
		char value[8];
		snprintf(value, sizeof value, "%d", 20 + i);
		sim_write(sim, WARD, "reports/11383", nv, "percent", value);
		sim_write(sim, CITY, "directives/31", "directives/D-017.yaml", "title", value);
	}
}

/* A copy, taken when ten changes each were made, is put back when ten more were. */
static void old_copy(struct sim *sim, int node, enum sim_back how)
{
	first_meeting(sim);
	write_some(sim, 10);
	sim_run(sim, 8000, NULL);
	sim_copy(sim, node);
	write_some(sim, 10);
	sim_run(sim, 20000, NULL);
	curtain(sim);
	sim_put_back(sim, node, how);
}

/* The ward's disk is put back from an old copy where it was: it gets back what it lost, and sends nothing. */
static void ward_in_place(struct sim *sim)
{
	old_copy(sim, WARD, SIM_IN_PLACE);
	sim_run(sim, 30000, NULL);
}

/* The same, and somebody types before it has met the city. */
static void ward_ahead(struct sim *sim)
{
	old_copy(sim, WARD, SIM_IN_PLACE);
	sim_write(sim, WARD, "reports/11383", nv, "percent", "99");
	sim_run(sim, 30000, NULL);
}

static void ward_elsewhere(struct sim *sim)
{
	old_copy(sim, WARD, SIM_ELSEWHERE);
	sim_run(sim, 30000, NULL);
}

static void ward_newer_notes(struct sim *sim)
{
	old_copy(sim, WARD, SIM_STORE_ALONE);
	sim_run(sim, 30000, NULL);
}

static void city_in_place(struct sim *sim)
{
	old_copy(sim, CITY, SIM_IN_PLACE);
	sim_run(sim, 30000, NULL);
}

static void city_elsewhere(struct sim *sim)
{
	old_copy(sim, CITY, SIM_ELSEWHERE);
	sim_run(sim, 30000, NULL);
}

/* A dead line says nothing: it is given up after 45 s. */
static void silence(struct sim *sim)
{
	first_meeting(sim);
	curtain(sim);
	sim->lines[0].delay = 1000000;
	sim_write(sim, WARD, "reports/11383", nv, "percent", "11");
	sim_run(sim, 50500, NULL);
}

static const struct scene {
	const char *name;
	void (*play)(struct sim *sim);
	const char *trace;
} scenes[] = {
    {"first meeting", first_meeting,
	"[     0] 11383 > dials 31\n"
	"[     0] 11383 > says hello, have, ask to 31 (74 bytes)\n"
	"[   100] 31 > says hello, changes, have, answer to 11383 (210 bytes)\n"
	"[   202] 11383 > stores 1 change of directives/31\n"
	"[   202] 11383 > says changes, ack, ask to 31 (171 bytes)\n"
	"[   303] 31 > stores 1 change of reports/11383\n"
	"[   303] 31 > is equal with 11383\n"
	"[   303] 31 > says ack, answer to 11383 (19 bytes)\n"
	"[   403] 11383 > is equal with 31\n"},
    {"relay", relay,
	"[  5000] 11383 > writes percent = 40 in reports/11383\n"
	"[  5400] 11383 > says changes, ask to 31 (168 bytes)\n"
	"[  5501] 31 > stores 1 change of reports/11383\n"
	"[  5501] 31 > is equal with 11383\n"
	"[  5501] 31 > says ack, answer to 11383 (19 bytes)\n"
	"[  5601] 11383 > is equal with 31\n"
	"[  5901] 31 > says changes, ask to 0 (151 bytes)\n"
	"[  6002] 0 > stores 1 change of reports/11383\n"
	"[  6002] 0 > is equal with 31\n"
	"[  6002] 0 > says ack, answer to 31 (19 bytes)\n"
	"[  6102] 31 > is equal with 0\n"
	"[ 10000] 0 > writes title = Báo cáo tháng cao điểm in directives/0\n"
	"[ 10000] 0 > says changes, ask to 31 (113 bytes)\n"
	"[ 10101] 31 > stores 1 change of directives/0\n"
	"[ 10101] 31 > is equal with 0\n"
	"[ 10101] 31 > says ack, answer to 0 (19 bytes)\n"
	"[ 10101] 31 > says changes, ask to 11383 (113 bytes)\n"
	"[ 10201] 0 > is equal with 31\n"
	"[ 10202] 11383 > stores 1 change of directives/0\n"
	"[ 10202] 11383 > is equal with 31\n"
	"[ 10202] 11383 > says ack, answer to 31 (19 bytes)\n"
	"[ 10302] 31 > is equal with 11383\n"},
    {"clash", clash,
	"[  5000] 11383 > writes percent = 44 in reports/11383\n"
	"[  5000] 31 > writes percent = 43 in reports/11383\n"
	"[  8105] 11383 > dials 31\n"
	"[  8105] 11383 > says hello, changes, ask to 31 (193 bytes)\n"
	"[  8206] 31 > stores 1 change of reports/11383\n"
	"[  8206] 31 > says hello, ack, changes, answer to 11383 (192 bytes)\n"
	"[  8307] 11383 > stores 1 change of reports/11383\n"
	"[  8307] 11383 > is equal with 31\n"
	"[  8307] 11383 > says ack, note to 31 (19 bytes)\n"
	"[  8407] 31 > is equal with 11383\n"
	"[ 10000] 31 > shows 1 conflict\n"
	"[ 10000] 11383 > shows 1 conflict\n"},
    {"cut", cut,
	"[  8105] 11383 > dials 31\n"
	"[  8105] 11383 > says hello, changes, changes to 31 (916 bytes)\n"
	"[  8461] 31 > says hello to 11383 (16 bytes)\n"
	"[  8569] 11383 > says changes, changes, changes, ask to 31 (1436 bytes)\n"
	"[  8663] 31 > stores 9 changes of reports/11383\n"
	"[  8663] 31 > stores 2 changes of reports/11383\n"
	"[  8663] 31 > says ack to 11383 (3 bytes)\n"
	"[  8900] 11383 > has lost 31\n"
	"[ 11181] 11383 > dials 31\n"
	"[ 11181] 11383 > says hello, ask to 31 (35 bytes)\n"
	"[ 11298] 31 > says hello, answer to 11383 (32 bytes)\n"
	"[ 11414] 11383 > says changes, changes, changes, ask to 31 (1522 bytes)\n"
	"[ 12026] 31 > stores 9 changes of reports/11383\n"
	"[ 12026] 31 > says ack to 11383 (3 bytes)\n"
	"[ 12275] 31 > stores 9 changes of reports/11383\n"
	"[ 12275] 31 > stores 1 change of reports/11383\n"
	"[ 12275] 31 > is equal with 11383\n"
	"[ 12275] 31 > says ack, answer to 11383 (19 bytes)\n"
	"[ 12384] 11383 > is equal with 31\n"},
    {"pass", pass,
	"[  5400] 31 > says part, part, part, part to 11383 (8224 bytes)\n"
	"[  6140] 11383 > says ack to 31 (3 bytes)\n"
	"[  6240] 31 > says part to 11383 (2052 bytes)\n"
	"[  6652] 11383 > says ack to 31 (3 bytes)\n"
	"[  7164] 11383 > says ack to 31 (3 bytes)\n"
	"[  7500] 31 > writes title = Khẩn in directives/31\n"
	"[  7500] 31 > says changes to 11383 (101 bytes)\n"
	"[  7556] 11383 > says ack to 31 (3 bytes)\n"
	"[  7656] 31 > says part to 11383 (2052 bytes)\n"
	"[  8069] 11383 > says ack to 31 (3 bytes)\n"
	"[  8094] 11383 > stores 1 change of directives/31\n"
	"[  8094] 11383 > says ack to 31 (3 bytes)\n"
	"[  8169] 31 > says part to 11383 (2052 bytes)\n"
	"[  8607] 11383 > says ack to 31 (3 bytes)\n"
	"[  8707] 31 > says part to 11383 (2052 bytes)\n"
	"[  9120] 11383 > says ack to 31 (3 bytes)\n"
	"[  9220] 31 > says part to 11383 (2052 bytes)\n"
	"[  9633] 11383 > says ack to 31 (3 bytes)\n"
	"[  9733] 31 > says part to 11383 (2052 bytes)\n"
	"[ 10146] 11383 > says ack to 31 (3 bytes)\n"
	"[ 10246] 31 > says part to 11383 (2052 bytes)\n"
	"[ 10659] 11383 > says ack to 31 (3 bytes)\n"
	"[ 10759] 31 > says part, part, ask to 11383 (2982 bytes)\n"
	"[ 11000] 11383 > has lost 31\n"
	"[ 11424] 11383 > dials 31\n"
	"[ 11424] 11383 > says hello, ask to 31 (52 bytes)\n"
	"[ 11537] 31 > says hello, part, part, part, answer to 11383 (5068 bytes)\n"
	"[ 12277] 11383 > says ack to 31 (3 bytes)\n"
	"[ 12789] 11383 > says ack to 31 (3 bytes)\n"
	"[ 12904] 11383 > stores 1 change of reports/11383\n"
	"[ 12904] 11383 > is equal with 31\n"
	"[ 12904] 11383 > says ack, note to 31 (19 bytes)\n"
	"[ 13008] 31 > is equal with 11383\n"},
    {"fire", fire,
	"[  8000] 11383 > has lost 31\n"
	"[  8000] 11383 > has lost its memory\n"
	"[  8000] 11383 > has burned\n"
	"[  9116] 11383 > dials 31\n"
	"[  9116] 11383 > says hello, have, ask to 31 (39 bytes)\n"
	"[  9216] 31 > says hello, changes, have, answer to 11383 (769 bytes)\n"
	"[  9323] 11383 > stores 1 change of directives/31\n"
	"[  9323] 11383 > stores 6 changes of reports/11383\n"
	"[  9323] 11383 > is equal with 31\n"
	"[  9323] 11383 > says ack, note to 31 (19 bytes)\n"
	"[  9423] 31 > is equal with 11383\n"},
    {"ward in place", ward_in_place,
	"[ 20000] 11383 > has lost 31\n"
	"[ 20000] 11383 > is put back from its copy, in place\n"
	"[ 22661] 11383 > dials 31\n"
	"[ 22661] 11383 > says hello, ask to 31 (35 bytes)\n"
	"[ 22761] 31 > says hello, answer to 11383 (32 bytes)\n"
	"[ 22861] 11383 > says have, ask to 31 (90 bytes)\n"
	"[ 22961] 31 > says changes, changes, changes, have, answer to 11383 (1768 bytes)\n"
	"[ 23071] 11383 > stores 9 changes of directives/31\n"
	"[ 23071] 11383 > says ack to 31 (3 bytes)\n"
	"[ 23076] 11383 > stores 1 change of directives/31\n"
	"[ 23076] 11383 > stores 8 changes of reports/11383\n"
	"[ 23076] 11383 > says ack to 31 (3 bytes)\n"
	"[ 23078] 11383 > stores 2 changes of reports/11383\n"
	"[ 23078] 11383 > is equal with 31\n"
	"[ 23078] 11383 > says ack, note to 31 (19 bytes)\n"
	"[ 23178] 31 > is equal with 11383\n"},
    {"ward ahead", ward_ahead,
	"[ 20000] 11383 > has lost 31\n"
	"[ 20000] 11383 > is put back from its copy, in place\n"
	"[ 20000] 11383 > writes percent = 99 in reports/11383\n"
	"[ 22661] 11383 > dials 31\n"
	"[ 22661] 11383 > says hello, changes, ask to 31 (192 bytes)\n"
	"[ 22762] 31 > says hello, ack, have, answer to 11383 (111 bytes)\n"
	"[ 22863] 11383 > says have, ask to 31 (110 bytes)\n"
	"[ 22964] 31 > says changes, changes, have, answer to 11383 (950 bytes)\n"
	"[ 23073] 11383 > stores 9 changes of directives/31\n"
	"[ 23073] 11383 > stores 1 change of directives/31\n"
	"[ 23073] 11383 > says changes, ack, have, ask to 31 (404 bytes)\n"
	"[ 23177] 31 > stores 1 change of reports/11383\n"
	"[ 23177] 31 > says ack, changes, changes, answer to 11383 (843 bytes)\n"
	"[ 23285] 11383 > stores 9 changes of reports/11383\n"
	"[ 23285] 11383 > stores 1 change of reports/11383\n"
	"[ 23285] 11383 > is equal with 31\n"
	"[ 23285] 11383 > says ack, note to 31 (19 bytes)\n"
	"[ 23385] 31 > is equal with 11383\n"},
    {"ward elsewhere", ward_elsewhere,
	"[ 20000] 11383 > has lost 31\n"
	"[ 20000] 11383 > is put back from its copy, elsewhere\n"
	"[ 22661] 11383 > dials 31\n"
	"[ 22661] 11383 > says hello, have, ask to 31 (230 bytes)\n"
	"[ 22763] 31 > says hello, changes, changes, changes, have, answer to 11383 (2097 bytes)\n"
	"[ 22873] 11383 > stores 9 changes of directives/31\n"
	"[ 22873] 11383 > says ack to 31 (3 bytes)\n"
	"[ 22878] 11383 > stores 1 change of directives/31\n"
	"[ 22878] 11383 > stores 8 changes of reports/11383\n"
	"[ 22878] 11383 > says ack to 31 (3 bytes)\n"
	"[ 22883] 11383 > stores 2 changes of reports/11383\n"
	"[ 22883] 11383 > is equal with 31\n"
	"[ 22883] 11383 > says ack, note to 31 (19 bytes)\n"
	"[ 22983] 31 > is equal with 11383\n"},
    {"ward under newer notes", ward_newer_notes,
	"[ 20000] 11383 > has lost 31\n"
	"[ 20000] 11383 > is put back from its copy, under newer notes\n"
	"[ 22661] 11383 > dials 31\n"
	"[ 22661] 11383 > says hello, have, ask to 31 (230 bytes)\n"
	"[ 22763] 31 > says hello, have, answer to 11383 (267 bytes)\n"
	"[ 22865] 11383 > says have, ask to 31 (211 bytes)\n"
	"[ 22967] 31 > says changes, changes, changes, have, answer to 11383 (1889 bytes)\n"
	"[ 23077] 11383 > stores 9 changes of directives/31\n"
	"[ 23077] 11383 > says ack to 31 (3 bytes)\n"
	"[ 23082] 11383 > stores 1 change of directives/31\n"
	"[ 23082] 11383 > stores 8 changes of reports/11383\n"
	"[ 23082] 11383 > says ack to 31 (3 bytes)\n"
	"[ 23085] 11383 > stores 2 changes of reports/11383\n"
	"[ 23085] 11383 > is equal with 31\n"
	"[ 23085] 11383 > says ack, note to 31 (19 bytes)\n"
	"[ 23185] 31 > is equal with 11383\n"},
    {"city in place", city_in_place,
	"[ 20000] 11383 > has lost 31\n"
	"[ 20000] 31 > is put back from its copy, in place\n"
	"[ 22661] 11383 > dials 31\n"
	"[ 22661] 11383 > says hello, ask to 31 (35 bytes)\n"
	"[ 22761] 31 > says hello, answer to 11383 (32 bytes)\n"
	"[ 22861] 11383 > says have, ask to 31 (90 bytes)\n"
	"[ 22961] 31 > says have, answer to 11383 (90 bytes)\n"
	"[ 23061] 11383 > says changes, changes, changes, have, ask to 31 (1768 bytes)\n"
	"[ 23171] 31 > stores 9 changes of directives/31\n"
	"[ 23171] 31 > says ack to 11383 (3 bytes)\n"
	"[ 23176] 31 > stores 1 change of directives/31\n"
	"[ 23176] 31 > stores 8 changes of reports/11383\n"
	"[ 23176] 31 > says ack to 11383 (3 bytes)\n"
	"[ 23178] 31 > stores 2 changes of reports/11383\n"
	"[ 23178] 31 > is equal with 11383\n"
	"[ 23178] 31 > says ack, answer to 11383 (19 bytes)\n"
	"[ 23278] 11383 > is equal with 31\n"},
    {"city elsewhere", city_elsewhere,
	"[ 20000] 11383 > has lost 31\n"
	"[ 20000] 31 > is put back from its copy, elsewhere\n"
	"[ 22661] 11383 > dials 31\n"
	"[ 22661] 11383 > says hello, ask to 31 (35 bytes)\n"
	"[ 22761] 31 > says hello, have, answer to 11383 (227 bytes)\n"
	"[ 22863] 11383 > says changes, changes, changes, have, ask to 31 (2081 bytes)\n"
	"[ 22973] 31 > stores 9 changes of directives/31\n"
	"[ 22973] 31 > says ack to 11383 (3 bytes)\n"
	"[ 22978] 31 > stores 1 change of directives/31\n"
	"[ 22978] 31 > stores 8 changes of reports/11383\n"
	"[ 22978] 31 > says ack to 11383 (3 bytes)\n"
	"[ 22983] 31 > stores 2 changes of reports/11383\n"
	"[ 22983] 31 > is equal with 11383\n"
	"[ 22983] 31 > says ack, answer to 11383 (19 bytes)\n"
	"[ 23083] 11383 > is equal with 31\n"},
    {"silence", silence,
	"[  5000] 11383 > writes percent = 11 in reports/11383\n"
	"[  5400] 11383 > says changes, ask to 31 (103 bytes)\n"
	"[ 50400] 11383 > closes: the peer has said nothing for %1 seconds\n"
	"[ 50400] 11383 > has lost 31\n"},
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

/*
 * sim.h - many nodes of the real protocol step over lines that come and go, in virtual time. One seed, one history:
 * everything random comes from it, nothing from the machine.
 */
#ifndef TUYEN_TESTS_SIM_H
#define TUYEN_TESTS_SIM_H

#include "base/table.h"
#include "sim_store.h"

struct sim_line;

struct sim_kept { /* of an unfinished batch in parts */
	struct sync_part part;
	struct buf bytes;
};

struct sim_memory { /* what a node remembers of one peer */
	struct buf ram, disk;
	struct sim_kept kept[2];
};

#define SIM_BLOBS 6 /* attachments at most */
struct sim_blob {
	char ledger[80];
	uint64_t size;
	struct oid change; /* that names it */
};

struct sim_node {
	const char *name; /* "11383", "cong-an@11383" */
	const char *unit, *station;
	int rank, superior; /* index, -1 for the root; a station's is its unit's node */
	int twin_of; /* index of the node whose key and grant it has; -1: it has its own */
	struct sim_store *store;
	unsigned char instance[SYNC_INSTANCE_SIZE];
	struct sim_writer writer;
	struct sim_memory *memories; /* by line */
	struct sim_store *copy; /* of an earlier day; NULL: none */
	struct buf *copied; /* memories then, by line */
	bool down;
	size_t known, refused, parked;
	uint64_t have[SIM_BLOBS]; /* bytes of attachments */
	int by[SIM_BLOBS]; /* the line that brings it, from 1; 0: none */
};

struct sim_line {
	int node[2]; /* dialer (below), listener (above) */
	unsigned delay, rate; /* ms; bytes a second */
	bool open;
	int64_t shut; /* ms; not opened before */
	unsigned generation; /* events of an earlier one are void */
	struct sync *sync[2];
	int64_t busy[2], tick[2];
	const struct sync_action *storing[2];
	uint64_t bytes[2], cuts;
	unsigned equal;
	uint64_t token; /* of the last exchange asked for that has ended */
	bool token_equal;
};

struct sim_end { /* one end of a line: the context of its world */
	struct sim *sim;
	int line, side;
};

struct sim {
	uint64_t random;
	int64_t now;
	struct sim_node *nodes;
	size_t n_nodes;
	struct sim_line *lines;
	size_t n_lines;
	struct sim_end *ends; /* two a line */
	struct sim_event *events; /* a heap */
	size_t n_events;
	uint64_t order;
	struct buf trace;
	struct sim_blob blobs[SIM_BLOBS];
	size_t n_blobs, blobs_wrong;
	uint64_t blob_bytes_said, blob_bytes_kept;
	bool calm; /* no more faults, no more writing */
	unsigned store_ms; /* how long storing takes at most */
	uint64_t events_done;
	unsigned losses; /* crashes, lost memories and fires */
	bool mesh;
	bool silent; /* nothing is traced */
	uint64_t edits, settlements, moves;
	struct table units; /* id -> place of its first node in `nodes`, from 1 */
	unsigned char *holding; /* by node and unit; NULL: to be made out again (sim_world.c) */
};

void sim_init(struct sim *sim, uint64_t seed);
void sim_free(struct sim *sim);
unsigned sim_dice(struct sim *sim, unsigned sides); /* 0 to sides - 1 */

/* Nodes from the top down; superior -1 for the root. A station has the unit of its superior. Returns the index. */
int sim_node(struct sim *sim, const char *unit, const char *station, int rank, int superior);
/* A second node with the key of one that is there: its disk was copied. */
int sim_twin(struct sim *sim, int node);
int sim_line(struct sim *sim, int below, int above, unsigned delay, unsigned rate);
/* The superiors register everybody below them. Before any line is open. */
void sim_enrol(struct sim *sim);

void sim_write(
    struct sim *sim, int node, const char *ledger, const char *path, const char *field, const char *value);
/* False: it would change nothing. */
bool sim_edit(struct sim *sim, int node, const char *ledger, const struct sim_edit *edit);
/* The node's unit is put under another superior; the line is cut, and leads there from then on. */
void sim_move(struct sim *sim, int line, int superior);
void sim_open(struct sim *sim, int line);
void sim_cut(struct sim *sim, int line);
void sim_shut(struct sim *sim, int line, unsigned ms); /* cut, and not opened again before */
/* The node ends at once; what was not written to disk is forgotten. It is back after `ms`. */
void sim_crash(struct sim *sim, int node, unsigned ms);
void sim_forget(struct sim *sim, int node); /* all memories of peers */
void sim_burn(struct sim *sim, int node); /* the store, too: a new instance */
void sim_copy(struct sim *sim, int node);
/* Put the copy in the place of the node: with its notes at the same place, or elsewhere (another instance, for whom the
 * notes do not count), or under notes that are newer. */
enum sim_back { SIM_IN_PLACE, SIM_ELSEWHERE, SIM_STORE_ALONE };
void sim_put_back(struct sim *sim, int node, enum sim_back how);
void sim_request(struct sim *sim, int line, int side, uint64_t token);
/* Random faults and writing, by probabilities in 1/1000 a step of 500 ms. */
struct sim_weather {
	unsigned write, cut, crash, forget, burn, copy, back, attach;
};
void sim_weather_step(struct sim *sim, const struct sim_weather *w); /* throws the dice once */
void sim_run(struct sim *sim, int64_t until, const struct sim_weather *weather);

void sim_tell(struct sim *sim, int node); /* its lines, that something has moved */

/* sim_blobs.c: attachments */
void sim_blobs(struct sim_end *e, struct sync_blobs *out);
void sim_blob_add(struct sim *sim, int node);
bool sim_blob_keep(struct sim *sim, int line, int side, const struct sync_action *a);
void sim_blob_cut(struct sim *sim, int line);
/* A frame is said; `pieces`: a piece stands before it in the same bytes. */
void sim_blob_said(struct sim *sim, unsigned type, size_t len, bool *pieces);
bool sim_blob_safe(const struct sim *sim, int node);
const char *sim_blob_check(const struct sim *sim); /* what is wrong in the end; NULL: nothing */

void sim_trace(struct sim *sim, const char *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A country of at least 60 nodes in which everything happens, until so many edits are made (sim_country.c). */
bool sim_country(uint64_t seed, uint64_t edits, uint64_t *edited);
/* All nodes that should hold a ledger have the same commit for it. False, and said: they have not. */
bool sim_agree(struct sim *sim, uint64_t seed);
bool sim_failed(
    struct sim *sim, uint64_t seed, const char *what, const char *a, const char *b, const char *ledger);
bool sim_is_below(const struct sim *sim, int node, const char *unit);
void sim_world(struct sim_end *e, struct sync_world *out);
bool sim_holds(const struct sim *sim, int node, const char *ledger);

#endif

/*
 * storm.h - the worst day: all subordinates of one superior come back in one moment after a power cut, over lines that are
 * slow and break, while a directive must reach every one of them. The real protocol step at both ends of every line, the
 * superior on a real store, in virtual time; one seed, one day.
 */
#ifndef TUYEN_TESTS_STORM_H
#define TUYEN_TESTS_STORM_H

#include "store/tx.h"
#include "sync/sync.h"
#include "sync/turns.h"

#define DIRECTIVES "directives/31"
#define ABOVE 1 /* the superior's end of a line */

struct storm;

struct end {
	struct line *line;
	struct sync *sync;
	const struct sync_action *storing;
	struct buf memory; /* what was confirmed of the other end */
	int64_t busy, tick; /* ms: the wire is taken until then; the tick that is planned */
};

struct line {
	struct storm *storm;
	char unit[24], ledger[40];
	struct end ends[2]; /* below, ABOVE */
	unsigned delay, rate; /* ms; bytes a second */
	unsigned generation; /* what is on its way on an earlier connection is lost */
	unsigned tries; /* since the last exchange */
	bool open, in_turn, followed; /* followed: its events are told */
	size_t n_directives; /* how many of the superior's it has: the first ones */
	bool equal;
	unsigned cuts, sent_away;
};

/* The worlds of the two ends, over two real stores: the superior's, and one in which every subordinate sees its own ledger
 * alone. What a subordinate has of the directives is a number. */
struct places {
	struct store *above, *below;
	struct key *key;
	struct oids directives; /* of the superior, oldest first */
	struct {
		unsigned char bytes[KEY_SIGNATURE_SIZE];
	} * signatures; /* of each of them */
};

void places_open(struct places *p, const char *dir);
void places_close(struct places *p);
void places_write(struct places *p, struct line *lines, size_t n, const char *value); /* one change each */
void places_direct(struct places *p, const char *id, size_t bytes);
/* Store what arrived; how many of them were new. */
size_t places_store(
    struct places *p, struct end *e, const struct sync_action *a, struct sync_result *results);
void places_world(struct end *e, struct sync_world *out);
bool places_same(struct places *p, const struct line *l); /* has the superior all of this subordinate's? */

struct event {
	int64_t at;
	uint64_t order;
	enum { DIAL, BYTES, TICK, STORED, CUT, DIRECT } kind;
	struct line *line;
	int side;
	unsigned generation;
	struct buf bytes;
};

struct storm {
	struct places places;
	struct line *lines;
	size_t n;
	uint64_t random, order;
	int64_t now; /* ms */
	struct event *events; /* a heap */
	size_t n_events;
	struct turns turns;
	int64_t disk; /* ms: the superior's is at work until then */
	bool calm; /* no cuts */
	struct {
		size_t open, arrived, directed, equal, cuts, sent_away, failed, in_turn_most;
		uint64_t bytes[2];
		size_t memory_most; /* of the heap */
	} count;
};

void storm_day(struct storm *s, bool calm);

#endif

/*
 * merge/graph.h - what a history holds, for the files of this room alone.
 *
 * Changes stand in chains: each change of a chain has seen the one before it. A change's clock says of every chain
 * how many of its changes it has seen, so "has seen" is one comparison, and a set of changes closed under "has seen"
 * is one number a chain (past.h). A writer's changes make one chain unless his node was restored from an old copy.
 *
 * What is kept of a change is its packed form (pack.h) and a few numbers. A node, or the log of a record with all
 * fields and entries, is made of it when somebody asks, and stays until history_rest(): a merge costs what the records
 * it looks at hold, however long the history is.
 */
#ifndef TUYEN_MERGE_GRAPH_H
#define TUYEN_MERGE_GRAPH_H

#include <stdint.h>

#include "merge/history.h"
#include "merge/words.h"

struct log;
struct cache;

struct node {
	struct oid id;
	const char *writer;
	int rank;
	int rule;
	enum claim claim;
	unsigned at; /* the at-th of the history, from 0 */
	unsigned chain, place; /* the place-th of its chain, from 1 */
	unsigned generation; /* one more than the highest of its heads */
	unsigned *clock; /* clock[c]: how many of chain c it has seen, itself included */
	size_t n_clock;
	unsigned *touched; /* records it wrote, each once: the words of their paths */
	size_t n_touched;
};

struct entry { /* a write */
	struct field *field;
	struct node *by;
	const char *value; /* NULL = absent */
	bool seal;
};

struct field {
	struct log *log;
	const char *name;
	unsigned word;
	struct entry **writes; /* at most one a change; what has seen comes after what it saw */
	size_t n;
};

struct log { /* all that was ever written to one record */
	const char *path;
	unsigned word;
	struct field **fields;
	size_t n_fields;
	/* A conflict record: the losing write its id is made of, NULL while that has not arrived. */
	struct entry *losing;
	/* Conflict records about this record that somebody wrote on. */
	struct log **about;
	size_t n_about;
};

struct chain {
	unsigned *items; /* changes */
	size_t n;
	unsigned writer; /* a word */
};

/* A conflict record that somebody wrote on: the write that its id is made of. */
struct about {
	unsigned conflict, change, record, field;
	unsigned made_by; /* the change with which this became known */
	unsigned next; /* 1 + the one before about the same record */
};

/* Writes by the ids that their conflicts would have; empty until somebody asks. */
struct losing_slots {
	struct losing_slot *slots;
	size_t n_slots, n;
};

struct history {
	const unsigned char **packed; /* in the order of adding */
	size_t n;
	size_t n_lent; /* the first so many lie in the caller's memory */
	unsigned *slots; /* by id: 1 + number of the change */
	size_t n_slots;
	struct words words; /* paths of records, names of fields, writers */
	struct chain *chains;
	size_t n_chains;
	struct about *abouts;
	size_t n_abouts;
	size_t n_raised; /* changes under another rule than the first */
	size_t n_orphans; /* conflict records that were written on, but whose losing write is not here */
	struct cache *cache; /* NULL: nothing was asked for */
	struct losing_slots losing;
};

/* 1 + the number of a change; 0: not there. */
unsigned history_find(const struct history *h, const struct oid *id);
const unsigned char *history_id(const struct history *h, unsigned change); /* OID_SIZE bytes */
void history_slot_newest(struct history *h); /* it is found by its id from now on */
void history_unslot_newest(struct history *h);
/* Check and file what is packed; false: nothing has happened. */
bool take_packed(struct history *h, const unsigned char *bytes, size_t len);

struct node *history_node(const struct history *h, const struct oid *id);
bool node_has_seen(const struct node *young, const struct node *old);

/* Made when asked for, the history's until history_rest() or history_drop_last(). */
struct node *node_at(const struct history *h, unsigned change);
struct log *log_at(const struct history *h, unsigned word); /* NULL: nobody ever wrote on it */
struct log *log_of(const struct history *h, const char *path);
struct field *log_field(const struct log *log, const char *name); /* NULL: never written */

void cache_added(struct history *h); /* the newest change goes into the logs that are made */
void cache_dropped(struct history *h); /* the newest change is about to go out of them */
void cache_free(struct history *h);

/* The write whose conflict has this id; false if there is none. Sets change, record and field. */
bool losing_find(struct history *h, const char *id, struct about *out);
void losing_added(struct history *h); /* the newest change's writes can be found, too */
void losing_free(struct losing_slots *l);

#endif

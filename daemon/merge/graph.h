/*
 * merge/graph.h - what a history holds, for the files of this room alone.
 *
 * Changes stand in chains: each change of a chain has seen the one before it. A change's clock says of every chain
 * how many of its changes it has seen, so "has seen" is one comparison, and a set of changes closed under "has seen"
 * is one number a chain (past.h). A writer's changes make one chain unless his node was restored from an old copy.
 */
#ifndef TUYEN_MERGE_GRAPH_H
#define TUYEN_MERGE_GRAPH_H

#include "base/table.h"
#include "merge/history.h"

struct log;

struct node {
	struct oid id;
	struct oids heads;
	const char *writer;
	int rank;
	enum claim claim;
	unsigned chain, place; /* the place-th of its chain, from 1 */
	unsigned generation; /* one more than the highest of its heads */
	unsigned *clock; /* clock[c]: how many of chain c it has seen, itself included */
	size_t n_clock;
	struct log **touched; /* records it wrote, each once */
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
	struct entry **writes; /* at most one a change; what has seen comes after what it saw */
	size_t n;
};

struct log { /* all that was ever written to one record */
	const char *path;
	struct table fields; /* name -> struct field */
	/* A conflict record: the losing write its id is made of, NULL while that has not arrived. */
	struct entry *losing;
	/* Conflict records about this record that somebody wrote on. */
	struct log **about;
	size_t n_about;
};

struct chain {
	struct node **items;
	size_t n;
};

struct history {
	struct arena arena;
	struct table nodes; /* hex id -> struct node */
	struct table logs; /* path -> struct log */
	struct chain *chains;
	size_t n_chains;
	struct table chains_of; /* writer -> struct numbers */
	struct table losing; /* conflict id -> struct entry; kept once anybody wrote on a conflict record */
	bool has_losing;
};

struct node *history_node(const struct history *h, const struct oid *id);
bool node_has_seen(const struct node *young, const struct node *old);

#endif

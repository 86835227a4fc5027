/* cli/graph.h - the changes of a ledger with lines between those that had seen each other. */
#ifndef TUYEN_CLI_GRAPH_H
#define TUYEN_CLI_GRAPH_H

#include "base/oid.h"

struct graph_change {
	struct oid id;
	struct oids heads; /* signed changes that it had seen last */
	const char *text; /* what stands beside it */
};

/* On standard output, the last of them first; limit below 0: all. `changes` has each after what it had seen. */
void graph_draw(const struct graph_change *changes, size_t n, long limit);

#endif

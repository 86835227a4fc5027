/* daemon/node/arrival.h - what comes in over a line or from a file: judged change by change, stored as one batch. */
#ifndef TUYEN_NODE_ARRIVAL_H
#define TUYEN_NODE_ARRIVAL_H

#include "node.h"
#include "registry/rate.h"

#define ARRIVAL_HEADS_MAX 128 /* of a ledger; what would be one more is parked */

/* A received change whose heads may stand earlier in the same batch. */
struct arrival {
	const struct change *change; /* heads: those not in this batch */
	const unsigned *earlier; /* positions in the batch, each smaller than this change's */
	size_t n_earlier;
	const unsigned char *parent_check; /* see record/change.h; NULL if none came */
	bool from_above; /* by the line to the superior: it has been admitted there */
	bool
	    unproven; /* by one whose far end has not shown yet that it is the superior's: only what is beyond doubt */
	const char *peer; /* who brought it: "11383", "cong-an@11383"; NULL where not known */
	bool decided; /* a person here has looked at it: it is taken in though nobody vouches for it */
};

enum arrival_status { ARRIVAL_STORED, ARRIVAL_KNOWN, ARRIVAL_PARKED, ARRIVAL_REFUSED };

struct arrival_result {
	enum arrival_status status;
	struct oid id; /* zero while it cannot be computed */
	struct err err; /* why parked or refused */
	struct rate_late late; /* parked: its writer has written much today */
	bool held; /* parked, and kept here until somebody confirms it */
};

/*
 * Judge and store a batch. When it returns, what is marked STORED is on disk, receipts for the reports among it are
 * written, and node_moved() was called. One change that is refused or parked holds up only what is built on it.
 */
void node_arrival(struct node *n, const struct arrival *batch, size_t count, struct arrival_result *results);

/* Receipts that a crash kept from being written, at start. Where all are there nothing happens. */
void node_arrival_catch_up(struct node *n);

#endif

/*
 * daemon/node/rate.h - how much one writer may write in a day (schema/trust.md, "How much in a day"): counted here by the day of
 * this node, kept across restarts. What a killed daemon forgets is a second's worth.
 *
 * What comes in beyond the limit is parked; when the day is over, or a person has lifted the limit, the lines from below ask
 * for it again.
 */
#ifndef TUYEN_NODE_RATE_H
#define TUYEN_NODE_RATE_H

#include "node.h"
#include "registry/rate.h"

struct control_request;

int node_rate_open(struct node *n, struct err *err);
void node_rate_close(struct node *n); /* accepts a node without */

/* A valid change has come from below. Beyond what its writer may write today: ERR_PARKED, and why. */
int node_rate_arrival(struct node *n, const struct change *c, struct rate_late *late, struct err *err);
void node_rate_taken(struct node *n, const struct change *c); /* it was stored */

/* A command of this node wants to write this. ERR_REFUSED beyond the limit of a day. */
int node_rate_entry(struct node *n, const struct outcome *o, struct err *err);
void node_rate_written(struct node *n, const struct outcome *o);

/* What waits, as a sentence for the people of this node; `up`: there, of ours. */
void node_rate_tell(
    const struct rate_late *late, uint64_t changes, const char *peer, bool up, struct err *err);

/* `held allow`: the limit of a unit, or station, is lifted for this day. */
int node_rate_allow(struct node *n, struct control_request *req, struct err *err);

#endif

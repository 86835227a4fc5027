/*
 * daemon/node/held.h - what is to be confirmed, at the node whose unit decides (schema/trust.md): holding it on arrival,
 * confirming it, setting it aside.
 */
#ifndef TUYEN_NODE_HELD_H
#define TUYEN_NODE_HELD_H

#include "node/arrival.h"
#include "store/held.h"

struct control_request;

/* A valid change has come from below, from `peer`. 0: it is taken in; TX_HELD: it is held, for our own act does not
 * vouch for it. */
int node_held_judge(struct node *n, const struct registry_grant *g, const struct change *c, const char *peer);
/* A batch is stored: vouch for what units handed in themselves that had rotated their keys, and take in what is not
 * doubtful any more if our own registry has moved. */
void node_held_stored(
    struct node *n, const struct arrival *batch, size_t count, const struct arrival_result *results);
/* Take in from among the held what is not doubtful any more. */
void node_held_release(struct node *n);

/* Is something to be confirmed that keeps the exchange with this peer from ending equal? Then err says so (ERR_REFUSED). */
bool node_held_between(struct node *n, const char *peer, bool up, struct err *err);

/* Take a held change in, now that it is not doubtful, or somebody has `decided`; its ref goes. */
int node_held_take_in(struct node *n, const struct held_change *h, bool decided, struct err *err);

/* `held confirm`: words are ids, or --unit. `held set-aside`: the id; --reason. */
int node_held_confirm(struct node *n, struct control_request *req, struct err *err);
int node_held_set_aside(struct node *n, struct control_request *req, struct err *err);

#endif

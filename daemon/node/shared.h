/*
 * daemon/node/shared.h - which ledgers pass between this node and a neighbour, on a line or by stick.
 */
#ifndef TUYEN_NODE_SHARED_H
#define TUYEN_NODE_SHARED_H

#include "node.h"

/* Ledgers that this node shares with a peer by today's registry: directives of everyone from the root down to the lower
 * end, and below the lower end directives and reports of everyone; where only totals are relayed, no reports of those
 * behind.
 * In the order of sending, from the top down: so grants arrive before what is written under them. */
void node_shared(const struct node *n, const char *peer, bool up, struct strs *out);
/* Would this node take changes of `ledger` from that peer? */
bool node_accepts(const struct node *n, const char *peer, bool up, const char *ledger);
/* Between this node and a superior whose key nobody has vouched for: the directives of the units above, in which there may be
 * news of it. */
void node_shared_above(const struct node *n, struct strs *out);

#endif

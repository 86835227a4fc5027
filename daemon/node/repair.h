/*
 * daemon/node/repair.h - a damaged store mended from the lines (store/repair.h): ledgers go back to what is whole, the
 * peers send the rest as in any exchange, and what this node alone had comes back in.
 */
#ifndef TUYEN_NODE_REPAIR_H
#define TUYEN_NODE_REPAIR_H

#include "node.h"

struct control_request;

/* `repair`: true when the request is finished later. */
bool node_repair(struct node *n, struct control_request *req, struct err *err);
/* Read the registry as far as it can be read, so that a node with a damaged store serves and can be mended; says so in
 * the log. */
int node_repair_registry(struct node *n, struct err *err);

#endif

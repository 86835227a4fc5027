/*
 * daemon/node/instance.h - which instance this node is (schema/trust.md, "Which node"), and how it learns that it was
 * put back from an older copy.
 */
#ifndef TUYEN_NODE_INSTANCE_H
#define TUYEN_NODE_INSTANCE_H

#include "node.h"

/* n->instance, made anew where the store is found in another place than where it was made. Needs n->store. */
int node_instance_load(struct node *n, struct err *err);

/* Did this very node sign it? Asked of a change that came in as new. */
bool node_instance_wrote(const struct node *n, const struct change *c);
/* So many of them came from `peer`: this store is older than what the node has done, or somebody else has its key. */
void node_instance_came_back(struct node *n, const char *peer, size_t count);

#endif

/*
 * daemon/node/upkeep.h - store upkeep by itself: where loose objects have piled up and nothing has moved for a while, a
 * child process (`tuyend --maintain`) packs them, at the lowest priority. It takes memory that a daemon does not have,
 * and may be killed at any moment.
 */
#ifndef TUYEN_NODE_UPKEEP_H
#define TUYEN_NODE_UPKEEP_H

#include "node.h"

struct upkeep_timer;

void node_upkeep_start(struct node *n);
void node_upkeep_stop(struct node *n);
void node_upkeep_moved(struct node *n); /* ledgers have moved: this is no idle moment */

/* The child: pack and end. */
int node_upkeep_run(const char *dir, struct err *err);

#endif

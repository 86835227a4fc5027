/* daemon/node/load.h - `unit load`: tables of units and of what became of them (registry/enrol.h). */
#ifndef TUYEN_NODE_LOAD_H
#define TUYEN_NODE_LOAD_H

struct node;
struct control_request;
struct err;

/* Words: the text of a table. Options: moves, moves-text. One transaction, as few changes as the limits allow. Notes:
 * what became of its rows. */
int node_unit_load(struct node *n, struct control_request *req, struct err *err);

#endif

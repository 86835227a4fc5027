/* daemon/node/reorg.h - units that change: `unit rename`, `unit end`, `unit replace`, `unit move` (registry/reorganise.h). */
#ifndef TUYEN_NODE_REORG_H
#define TUYEN_NODE_REORG_H

struct node;
struct control_request;
struct err;

/* Words: the unit. */
int node_unit_rename(struct node *n, struct control_request *req, struct err *err);
int node_unit_end(struct node *n, struct control_request *req, struct err *err);
int node_unit_replace(struct node *n, struct control_request *req, struct err *err);
/* Vouches for all that stands in the ledgers of the unit and of those below it, and carries along the grants used there
 * that the new superior cannot see. */
int node_unit_move(struct node *n, struct control_request *req, struct err *err);

#endif

/*
 * daemon/node/left.h - what a unit that went to another superior leaves behind here (schema/trust.md, "What is left
 * behind").
 */
#ifndef TUYEN_NODE_LEFT_H
#define TUYEN_NODE_LEFT_H

struct node;

/* Look when the loop next turns, for the store may be locked now: put aside the reports of units that stood below this
 * node and no longer do, as far as the move took them over; forget what was put aside of those that do again. What fails
 * is logged, and done the next time. */
void node_left_look(struct node *n);
void node_left_stop(struct node *n);

#endif

/*
 * daemon/node_units.h - what the superior's node does for `unit add`, `unit admit` and `unit load`: enrolment reckons
 * (registry/enrol.h), this signs, stores and answers.
 */
#ifndef TUYEN_NODE_UNITS_H
#define TUYEN_NODE_UNITS_H

#include "base/err.h"

struct node;
struct control_request;

/* Words: the code. */
int node_unit_add(struct node *n, struct control_request *req, struct err *err);
/* Words: the texts of requests, all or none of which are admitted. Output: their welcomes in that order, with a line
 * "---" between them. */
int node_unit_admit(struct node *n, struct control_request *req, struct err *err);
/* Words: the text of a table. One transaction, as few changes as the limits allow. Notes: what became of its rows. */
int node_unit_load(struct node *n, struct control_request *req, struct err *err);

#endif

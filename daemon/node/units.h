/*
 * daemon/node/units.h - what the superior's node does for `unit add` and `unit admit`: enrolment reckons
 * (registry/enrol.h), this signs, stores and answers.
 */
#ifndef TUYEN_NODE_UNITS_H
#define TUYEN_NODE_UNITS_H

#include "registry/enrol.h"

struct node;
struct control_request;

/* What admitting would make of the registry, by enrol_readmit; nothing is written. */
int node_units_judge(struct node *n, const struct enrol_request *request, const char *lost,
    struct arena *arena, struct enrol_edit *out, struct err *err);
/* Admit one, with what its old keys are vouched for, and add its welcome. */
int node_units_let_in(struct node *n, const struct enrol_request *request, const char *lost,
    struct arena *arena, struct enrol_edit *out, struct buf *welcome, struct err *err);
/* The direct subordinate that people call so; *out NULL when there is none yet. */
int node_units_find(struct node *n, const char *typed, const struct registry_unit **out, struct err *err);

/* Words: the code. */
int node_unit_add(struct node *n, struct control_request *req, struct err *err);
/* Words: the texts of requests, all or none of which are admitted. Output: their welcomes in that order, with a line
 * "---" between them. */
int node_unit_admit(struct node *n, struct control_request *req, struct err *err);

#endif

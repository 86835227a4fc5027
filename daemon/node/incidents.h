/*
 * daemon/node/incidents.h - the incident list of a node: what its superior, its subordinates and strangers did that a person
 * should know of (plan/incident_list.h).
 *
 * It is this node's alone and never exchanged. It reaches the disk within a second, or within a minute where only a
 * count has grown: a flood of refusals is no flood of writes. What all who are concerned must see is a signed record
 * instead (plan/incident.h).
 */
#ifndef TUYEN_NODE_INCIDENTS_H
#define TUYEN_NODE_INCIDENTS_H

#include "node.h"
#include "plan/incident_list.h"

struct incidents;
struct control_request;

int node_incidents_open(struct node *n, struct err *err);
void node_incidents_close(struct node *n); /* writes what is not written yet; accepts a node without */

/* Something happened: see `struct incident` for the kinds. Everything is copied; err is masked here once more. */
void node_incident(struct node *n, const struct incident *i);

/* This has just been written here: what it enters again is struck off. */
void node_incidents_entered(struct node *n, const struct change *c);
void node_incidents_flush(struct node *n); /* onto the disk now */

/* `incident close`: a signed one by a change, one of the list is struck from it. Words: the id. */
int node_incident_close(struct node *n, struct control_request *req, struct err *err);
/* The list as incident_list_print gives it, for the command. */
int node_incidents_tell(struct node *n, struct control_request *req, struct err *err);

#endif

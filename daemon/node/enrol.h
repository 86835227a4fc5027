/*
 * daemon/node/enrol.h - the superior's desk: lines of nodes that are not in the registry yet (schema/wire.md,
 * "Enrolment line").
 *
 * Whoever rings is told one thing and hung up on. Nothing of such a line reaches the protocol step or a ledger but the
 * admission itself.
 */
#ifndef TUYEN_NODE_ENROL_H
#define TUYEN_NODE_ENROL_H

struct node;
struct net_listener;

struct node_enrol;
struct node_enrol *node_enrol_start(struct node *n);
void node_enrol_stop(struct node_enrol *e); /* hangs up on everybody; accepts NULL */
/* Take enrolment lines at this listener. Either may be NULL. */
void node_enrol_listen(struct node_enrol *e, struct net_listener *listener);

#endif

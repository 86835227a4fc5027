/*
 * daemon/node/relay.h - how this node relays to its superior what stands below it: `relay` of tuyen.conf, told to
 * everybody concerned by a record of its own directives (schema/wire.md, "Totals"). What tuyen.conf does not say stays as
 * that record has it, so a node that was rebuilt from its superior goes on as before.
 */
#ifndef TUYEN_NODE_RELAY_H
#define TUYEN_NODE_RELAY_H

struct node;
struct err;

/* Write that record where tuyen.conf says something else. */
int node_relay_settle(struct node *n, struct err *err);

#endif

/*
 * daemon/node_enrol.h - the superior's desk: lines of nodes that are not in the registry yet (schema/wire.md, "Enrolment
 * line"), the invitations it gave out, and the requests that wait for its clerk.
 *
 * Whoever rings is told one thing and hung up on. Nothing of such a line reaches the protocol step or a ledger but the
 * admission itself.
 */
#ifndef TUYEN_NODE_ENROL_H
#define TUYEN_NODE_ENROL_H

#include <stdbool.h>

#include "base/args.h"
#include "base/err.h"

struct node;
struct net_listener;
struct control_request;

struct node_enrol;
struct node_enrol *node_enrol_start(struct node *n);
void node_enrol_stop(struct node_enrol *e); /* hangs up on everybody; accepts NULL */
/* Take enrolment lines at this listener. Either may be NULL. */
void node_enrol_listen(struct node_enrol *e, struct net_listener *listener);

/* What becomes of the old key of a unit by --recover and --stolen; NULL without them. */
const char *node_enrol_lost(const struct args *args);

/* `unit invite`. Words: the unit. Output: the invitation; with --revoke none. */
int node_enrol_invite(struct node *n, struct control_request *req, struct err *err);
/* `unit admit --pending UNIT`: admit one of those who wait; they fetch their welcome themselves. */
int node_enrol_approve(struct node *n, struct control_request *req, struct err *err);

#endif

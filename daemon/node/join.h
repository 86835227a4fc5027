/*
 * daemon/node/join.h - the subordinate's end of an enrolment line (schema/wire.md): ask, wait, take the welcome.
 */
#ifndef TUYEN_NODE_JOIN_H
#define TUYEN_NODE_JOIN_H

#include <stdbool.h>

#include "base/err.h"

struct node;
struct control_request;

/*
 * What `join` asks its daemon, as the command "enrol". Options: "superior" host:port; "superior-key" the key that must
 * be there (its text, SHA256 or spoken words; left out: whichever is there); "secret" of an invitation; "recover";
 * "timeout" in seconds. Rings again with back-off while the request waits for a person or the line is bad, and ends when
 * the welcome was taken. True when the request is finished later.
 */
bool node_join(struct node *n, struct control_request *req, struct err *err);
/* Ends what is going on, with ERR_TIMEOUT. */
void node_join_stop(struct node *n);

#endif

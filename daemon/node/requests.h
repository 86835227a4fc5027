/* daemon/node/requests.h - what a command asks of the daemon through its socket, answered. */
#ifndef TUYEN_NODE_REQUESTS_H
#define TUYEN_NODE_REQUESTS_H

struct control_request;
struct outcome;

/* The words and bytes of an operation, to whoever asked. */
void node_requests_tell(struct control_request *req, const struct outcome *o);
/* The control socket's handler; ctx is the struct node. */
void node_request(void *ctx, struct control_request *req);

#endif

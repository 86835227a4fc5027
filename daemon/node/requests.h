/* daemon/node/requests.h - what a command asks of the daemon through its socket, answered. */
#ifndef TUYEN_NODE_REQUESTS_H
#define TUYEN_NODE_REQUESTS_H

struct control_request;

/* The control socket's handler; ctx is the struct node. */
void node_request(void *ctx, struct control_request *req);

#endif

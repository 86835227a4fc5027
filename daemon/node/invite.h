/*
 * daemon/node/invite.h - the papers on the superior's desk (node/enrol.h): invitations it gave out, and requests that wait
 * for its clerk. Both are notes of the store: durable, bounded, never exchanged.
 */
#ifndef TUYEN_NODE_INVITE_H
#define TUYEN_NODE_INVITE_H

#include "base/args.h"
#include "registry/enrol.h"

struct node;
struct control_request;

/* What becomes of the old key of a unit by --recover and --stolen; NULL without them. */
const char *node_invite_lost(const struct args *args);

/* `unit invite`. Words: the unit. Output: the invitation; with --revoke none. */
int node_invite(struct node *n, struct control_request *req, struct err *err);
/* Admit the node that shows this secret, and add its welcome. ERR_REFUSED "invitation": it is not good. */
int node_invite_use(struct node *n, struct enrol_request *request, const unsigned char *secret, size_t len,
    struct arena *arena, struct buf *welcome, struct err *err);

/* Keep a request for the clerk. *full_at is the caller's, 0 at first: ERR_BUSY when too many new ones come at once. */
int node_invite_wait(struct node *n, const struct enrol_request *request, const char *text, const char *far,
    int64_t *full_at, struct err *err);
/* It was admitted: nobody needs to see it any more. */
void node_invite_forget(struct node *n, const unsigned char key[KEY_PUBLIC_SIZE]);
/* `unit admit --pending UNIT`: admit one of those who wait; they fetch their welcome themselves. */
int node_invite_approve(struct node *n, struct control_request *req, struct err *err);

#endif

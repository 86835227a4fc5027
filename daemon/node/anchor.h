/*
 * daemon/node/anchor.h - what a node does that is an anchor, or was one: its key replaced by the reserve key, and the
 * handover to an anchor above it (schema/trust.md, "Grants").
 *
 * Both are begun in a file and finished from it, so that a crash at any place leaves them to be finished at the next
 * start: `tuyen join` writes into tuyen.conf to whom is to be handed over; the new key lies in `key.new` until the change
 * that lets it in is on disk.
 */
#ifndef TUYEN_NODE_ANCHOR_H
#define TUYEN_NODE_ANCHOR_H

#include "node.h"

struct control_request;

/* Finish what was begun. For a node whose registry was just read, before its lines open. */
int node_anchor_settle(struct node *n, struct err *err);

/* `key replace`. Options: "reserve" the text of the reserve key, "suspend". */
int node_key_replace(struct node *n, struct control_request *req, struct err *err);

#endif

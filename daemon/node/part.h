/*
 * daemon/node/part.h - what has come of long changes when a line was cut (schema/wire.md, "Parts"): a file for each peer
 * and kind in spool/parts, so that the next line goes on there, also after the power has failed.
 *
 * Nothing rests on these files: they need not be durable, and what is in them is hashed before it counts. One is removed
 * when its change has been judged, whatever came of that, and when it is older than PART_DAYS as the node starts.
 */
#ifndef TUYEN_NODE_PART_H
#define TUYEN_NODE_PART_H

#include "node.h"
#include "sync/sync.h"

#define PART_DAYS 30

int node_part_open(struct node *n, struct err *err);
/* What is kept of this peer. False: nothing. */
bool node_part_find(const struct node *n, const char *peer, bool directives, struct sync_kept *out);
/* The first `len` bytes of it; fewer where they are not there. */
void node_part_read(const struct node *n, const char *peer, bool directives, size_t len, struct buf *out);
/* SYNC_DO_PART of a line to this peer. */
void node_part_keep(
    const struct node *n, const char *peer, const struct sync_part *part, const void *bytes, size_t len);

#endif

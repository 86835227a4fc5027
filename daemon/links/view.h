/*
 * daemon/links/view.h - what the protocol step may read of this node for one peer: the ledgers that they share, without what the
 * peer has refused. Knows store and sync, and nothing of lines.
 */
#ifndef TUYEN_LINKS_VIEW_H
#define TUYEN_LINKS_VIEW_H

#include "link.h"

/* All borrowed. */
struct link_view {
	struct node *node;
	struct link_peer *peer;
	bool up; /* the peer is the superior */
	void (*memory)(void *ctx, const unsigned char instance[SYNC_INSTANCE_SIZE], struct buf *out);
	void *ctx;
};

void link_view_world(struct link_view *v, struct sync_world *out); /* with `v` as its ctx */
/* NULL: it cannot be read, which stands in the peer's `error` then. */
struct history *link_view_history(struct link_view *v, const char *ledger);

#endif

/*
 * daemon/links/pieces.h - attachments on one line: what the protocol step is told of them, and where what comes is kept. Knows store
 * and sync, and nothing of lines.
 */
#ifndef TUYEN_LINKS_PIECES_H
#define TUYEN_LINKS_PIECES_H

#include "links/view.h"
#include "node/attach.h"

struct link_pieces {
	struct link_view *view; /* borrowed */
	bool (*room)(void *ctx); /* may more leave now */
	void *ctx;
	struct strs shared; /* ledgers, as node_shared said last: their attachments pass */
	struct attach_reader *reading; /* an attachment on its way out */
	char read_id[ATTACH_HEX + 1];
	unsigned looked; /* node_attach_moves when that was looked at last */
};

void link_pieces_look(struct link_pieces *p); /* ledgers have moved */
void link_pieces_blobs(struct link_pieces *p, struct sync_blobs *out); /* with `p` as its ctx */
/* What SYNC_DO_PIECE has brought; false: it could not be kept. `whole`: it was the last piece. */
bool link_pieces_keep(struct link_pieces *p, const struct sync_action *a, bool *whole);
void link_pieces_end(struct link_pieces *p); /* others may fetch what it did */

#endif

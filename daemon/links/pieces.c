#include "links/pieces.h"

#include <string.h>

#include "base/log.h"
#include "node/attach.h"
#include "node/shared.h"

void link_pieces_look(struct link_pieces *p)
{
	strs_free(&p->shared);
	node_shared(p->view->node, p->view->peer->id, p->view->up, &p->shared);
	node_attach_look(p->view->node, &p->shared);
	p->looked = node_attach_moves(p->view->node);
}

static bool blob_want(void *ctx, size_t i, struct sync_blob *out)
{
	struct link_pieces *p = ctx;
	struct attach_wanted one;
	if (!node_attach_wanted(p->view->node, p, &p->shared, i, &one))
		return false;
	memcpy(out->id, one.id, SYNC_BLOB_ID);
	out->size = one.size;
	out->have = one.have;
	return true;
}

static bool blob_open_reader(struct link_pieces *p, const unsigned char id[SYNC_BLOB_ID])
{
	char hex[ATTACH_HEX + 1];
	struct err err = {0};
	hex_encode(id, SYNC_BLOB_ID, hex);
	if (p->reading && strcmp(hex, p->read_id) == 0)
		return true;
	attach_close(p->reading);
	p->reading = NULL;
	if (attach_open(p->view->node->store, hex, &p->reading, &err) != 0) {
		log_err(LOG_WARNING, "attachment", &err);
		return false;
	}
	memcpy(p->read_id, hex, sizeof hex);
	return true;
}

static bool blob_size(void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t *size)
{
	struct link_pieces *p = ctx;
	if (!node_attach_serves(p->view->node, &p->shared, id) || !blob_open_reader(p, id))
		return false;
	*size = attach_size(p->reading);
	return true;
}

static bool blob_read(
    void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t offset, size_t len, struct buf *out)
{
	struct link_pieces *p = ctx;
	struct err err = {0};
	if (!blob_open_reader(p, id) || attach_read(p->reading, offset, len, out, &err) != 0) {
		log_err(LOG_WARNING, "attachment", &err);
		return false;
	}
	node_attach_gave(p->view->node, p, p->view->peer->id, id, offset + len);
	return true;
}

static unsigned blob_stand(void *ctx, const unsigned char id[SYNC_BLOB_ID])
{
	struct link_pieces *p = ctx;
	/* It may be asked about what came a moment ago. */
	if (p->looked != node_attach_moves(p->view->node))
		link_pieces_look(p);
	return node_attach_stand(p->view->node, &p->shared, id);
}

static bool blob_unsure(void *ctx, size_t i, unsigned char id[SYNC_BLOB_ID])
{
	struct link_pieces *p = ctx;
	return node_attach_unsure(p->view->node, p->view->peer->id, &p->shared, i, id);
}

static bool blob_room(void *ctx)
{
	const struct link_pieces *p = ctx;
	return p->room(p->ctx);
}

void link_pieces_blobs(struct link_pieces *p, struct sync_blobs *out)
{
	*out = (struct sync_blobs){p, blob_want, blob_size, blob_read, blob_room, blob_stand, blob_unsure};
}

bool link_pieces_keep(struct link_pieces *p, const struct sync_action *a, bool *whole)
{
	struct attach_wanted at = {.size = a->piece.size, .have = a->piece.have};
	struct err err = {0};
	memcpy(at.id, a->piece.id, SYNC_BLOB_ID);
	int rc = node_attach_part(p->view->node, p, &at, a->bytes, a->len, whole, &err);
	if (rc)
		log_err(LOG_WARNING, "attachment", &err);
	return rc == 0;
}

void link_pieces_end(struct link_pieces *p)
{
	node_attach_ended(p->view->node, p);
	attach_close(p->reading);
	strs_free(&p->shared);
}

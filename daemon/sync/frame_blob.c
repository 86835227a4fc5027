/* The three messages of attachments, to bytes and back. */
#include <string.h>

#include "sync/frame.h"
#include "sync/wire.h"

void frame_put_want(struct buf *out, const struct frame_want *m)
{
	struct buf p = {0};
	buf_add(&p, m->id, SYNC_BLOB_ID);
	wire_put_number(&p, m->at);
	wire_put_number(&p, m->len);
	frame_put(out, FRAME_WANT, &p);
	buf_free(&p);
}

void frame_put_piece(struct buf *out, const struct frame_piece *m)
{
	struct buf p = {0};
	buf_add(&p, m->id, SYNC_BLOB_ID);
	wire_put_number(&p, m->at);
	buf_add(&p, m->bytes, m->len);
	frame_put(out, FRAME_PIECE, &p);
	buf_free(&p);
}

void frame_put_notice(struct buf *out, const struct frame_notice *m)
{
	struct buf p = {0};
	buf_add(&p, m->id, SYNC_BLOB_ID);
	wire_put_number(&p, m->flags | FRAME_NEXT_FLAGS);
	frame_put(out, FRAME_NOTICE, &p);
	buf_free(&p);
}

static int broken(struct err *err, const char *message)
{
	return err_set(err, ERR_PEER, N_("the peer sent a broken message (%1)"), message);
}

static void get_id(struct wire_reader *r, unsigned char out[SYNC_BLOB_ID])
{
	const unsigned char *id = wire_bytes(r, SYNC_BLOB_ID);
	if (!r->bad)
		memcpy(out, id, SYNC_BLOB_ID);
}

int frame_get_want(const void *p, size_t len, struct frame_want *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	get_id(&r, out->id);
	out->at = wire_number(&r);
	out->len = wire_count(&r, FRAME_WANT_MAX);
	return r.bad || out->len == 0 || out->at > UINT64_MAX / 2 ? broken(err, "want") : 0;
}

int frame_get_piece(const void *p, size_t len, struct frame_piece *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	get_id(&r, out->id);
	out->at = wire_number(&r);
	out->len = wire_left(&r);
	out->bytes = wire_bytes(&r, out->len);
	return r.bad || out->len == 0 || out->len > SYNC_PIECE_MAX ? broken(err, "piece") : 0;
}

int frame_get_notice(const void *p, size_t len, struct frame_notice *out, struct err *err)
{
	struct wire_reader r;
	wire_reader_init(&r, p, len);
	get_id(&r, out->id);
	out->flags = (unsigned)(wire_number(&r) & FRAME_NOTICE_KNOWN);
	return r.bad ? broken(err, "notice") : 0;
}

/* Attachments in a parcel: how its writer stands to them, and their bytes. */
#include "sync/parcel_blob.h"

#include <string.h>

#include "sync/frame.h"

static size_t number_size(uint64_t n)
{
	size_t len = 1;
	while (n >>= 7)
		len++;
	return len;
}

static size_t payload_size(uint64_t at, size_t len)
{
	return SYNC_BLOB_ID + number_size(at) + len;
}

uint64_t parcel_pieces_size(uint64_t from, uint64_t upto)
{
	uint64_t size = 0;
	while (from < upto) {
		size_t len = parcel_piece_at(from, upto), payload = payload_size(from, len);
		size += number_size(payload + 1) + 1 + payload;
		from += len;
	}
	return size;
}

size_t parcel_piece_at(uint64_t from, uint64_t upto)
{
	return upto - from < SYNC_PIECE_MAX ? (size_t)(upto - from) : SYNC_PIECE_MAX;
}

void parcel_put_piece(struct buf *out, const struct parcel_piece *p)
{
	const struct frame_piece m = {.at = p->at, .bytes = p->bytes, .len = p->len};
	struct buf payload = {0};
	if (p->bytes) {
		struct frame_piece full = m;
		memcpy(full.id, p->id, SYNC_BLOB_ID);
		frame_put_piece(out, &full);
		return;
	}
	char nothing[1024] = "";
	for (size_t left = payload_size(p->at, p->len), n; left; left -= n) {
		n = left < sizeof nothing ? left : sizeof nothing;
		buf_add(&payload, nothing, n);
	}
	frame_put(out, (enum frame_type)PARCEL_FRAME_NOTHING, &payload);
	buf_free(&payload);
}

int parcel_get_piece(const void *bytes, size_t len, struct parcel_piece *out, struct err *err)
{
	struct frame_piece m;
	int rc = frame_get_piece(bytes, len, &m, err);
	if (rc)
		return rc;
	memcpy(out->id, m.id, SYNC_BLOB_ID);
	out->at = m.at;
	out->bytes = m.bytes;
	out->len = m.len;
	return 0;
}

void parcel_put_stands(struct buf *out, const struct parcel_stand *stands, size_t n)
{
	struct buf p = {0};
	n = n < PARCEL_STANDS_MAX ? n : PARCEL_STANDS_MAX;
	wire_put_number(&p, n);
	for (size_t i = 0; i < n; i++) {
		buf_add(&p, stands[i].id, SYNC_BLOB_ID);
		wire_put_number(&p, stands[i].stand | FRAME_NEXT_FLAGS);
		wire_put_number(&p, stands[i].have);
	}
	if (n)
		frame_put(out, (enum frame_type)PARCEL_FRAME_STANDS, &p);
	buf_free(&p);
}

int parcel_get_stands(
    const void *bytes, size_t len, struct arena *arena, struct parcel_stand **out, size_t *n, struct err *err)
{
	struct wire_reader in;
	wire_reader_init(&in, bytes, len);
	*n = wire_count(&in, PARCEL_STANDS_MAX);
	if (*n > wire_left(&in) / (SYNC_BLOB_ID + 2))
		in.bad = true;
	*out = in.bad ? NULL : arena_alloc(arena, (*n + 1) * sizeof **out);
	for (size_t i = 0; i < *n && !in.bad; i++) {
		struct parcel_stand *s = &(*out)[i];
		const unsigned char *id = wire_bytes(&in, SYNC_BLOB_ID);
		if (id)
			memcpy(s->id, id, SYNC_BLOB_ID);
		s->stand = (unsigned)(wire_number(&in) & PARCEL_STAND_KNOWN);
		s->have = wire_number(&in);
	}
	if (!in.bad)
		return 0;
	*n = 0;
	return err_set(err, ERR_PEER, N_("what the parcel says of attachments cannot be read"));
}

/*
 * sync/wire.h - the smallest pieces of a message (schema/wire.md, "Pieces"): numbers, strings, ids, and a reader
 * that cannot run past its end.
 */
#ifndef TUYEN_SYNC_WIRE_H
#define TUYEN_SYNC_WIRE_H

#include "base/buf.h"
#include "base/oid.h"

/* Seven bits a byte, least first; the high bit says that more follows. At most 10 bytes. */
void wire_put_number(struct buf *out, uint64_t n);
void wire_put_signed(struct buf *out, int64_t n); /* zigzag: 0, -1, 1, -2, … are 0, 1, 2, 3, … */
void wire_put_string(struct buf *out, const char *text); /* length, bytes; NULL is "" */
void wire_put_oid(struct buf *out, const struct oid *id);
#define WIRE_NUMBER_MAX 10
size_t wire_number_size(uint64_t n);

/* Reads from bytes it does not own. Once something did not fit, `bad` stays set and everything read is 0. */
struct wire_reader {
	const unsigned char *at, *end;
	bool bad;
};

void wire_reader_init(struct wire_reader *r, const void *bytes, size_t len);
size_t wire_left(const struct wire_reader *r);
unsigned wire_byte(struct wire_reader *r);
uint64_t wire_number(struct wire_reader *r);
int64_t wire_signed(struct wire_reader *r);
/* A number that must not exceed `max`. */
size_t wire_count(struct wire_reader *r, size_t max);
const unsigned char *wire_bytes(struct wire_reader *r, size_t len); /* NULL when bad; borrowed */
/* A string of at most `max` bytes without NUL; "" when bad. Copied into the arena. */
const char *wire_string(struct wire_reader *r, size_t max, struct arena *arena);
void wire_oid(struct wire_reader *r, struct oid *out);

#endif

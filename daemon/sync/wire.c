#include "sync/wire.h"

#include <string.h>

void wire_put_number(struct buf *out, uint64_t n)
{
	while (n >= 0x80) {
		buf_putc(out, (char)(unsigned char)(n | 0x80));
		n >>= 7;
	}
	buf_putc(out, (char)(unsigned char)n);
}

void wire_put_signed(struct buf *out, int64_t n)
{
	wire_put_number(out, ((uint64_t)n << 1) ^ (n < 0 ? UINT64_MAX : 0));
}

void wire_put_string(struct buf *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	wire_put_number(out, len);
	buf_add(out, text, len);
}

void wire_put_oid(struct buf *out, const struct oid *id)
{
	buf_add(out, id->b, OID_SIZE);
}

size_t wire_number_size(uint64_t n)
{
	size_t size = 1;
	while (n >= 0x80) {
		n >>= 7;
		size++;
	}
	return size;
}

void wire_reader_init(struct wire_reader *r, const void *bytes, size_t len)
{
	r->at = len ? bytes : (const void *)"";
	r->end = r->at + len;
	r->bad = false;
}

size_t wire_left(const struct wire_reader *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->at);
}

unsigned wire_byte(struct wire_reader *r)
{
	const unsigned char *p = wire_bytes(r, 1);
	return p ? *p : 0;
}

uint64_t wire_number(struct wire_reader *r)
{
	uint64_t n = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		unsigned b = wire_byte(r);
		if (shift == 63 && b > 1)
			r->bad = true;
		if (r->bad)
			return 0;
		n |= (uint64_t)(b & 0x7F) << shift;
		if (!(b & 0x80))
			return n;
	}
	r->bad = true;
	return 0;
}

int64_t wire_signed(struct wire_reader *r)
{
	uint64_t n = wire_number(r);
	return (int64_t)((n >> 1) ^ (n & 1 ? UINT64_MAX : 0));
}

size_t wire_count(struct wire_reader *r, size_t max)
{
	uint64_t n = wire_number(r);
	if (n > max) {
		r->bad = true;
		return 0;
	}
	return (size_t)n;
}

const unsigned char *wire_bytes(struct wire_reader *r, size_t len)
{
	if (r->bad || len > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	const unsigned char *p = r->at;
	r->at += len;
	return p;
}

const char *wire_string(struct wire_reader *r, size_t max, struct arena *arena)
{
	size_t len = wire_count(r, max);
	const unsigned char *p = wire_bytes(r, len);
	if (!p || memchr(p, 0, len)) {
		r->bad = true;
		return "";
	}
	return arena_dup_len(arena, (const char *)p, len);
}

void wire_oid(struct wire_reader *r, struct oid *out)
{
	const unsigned char *p = wire_bytes(r, OID_SIZE);
	memset(out, 0, sizeof *out);
	if (p)
		memcpy(out->b, p, OID_SIZE);
}

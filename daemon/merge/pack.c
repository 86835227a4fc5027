#include "merge/pack.h"

#include <limits.h>
#include <string.h>

#include "merge/merge.h"

unsigned pack_length(const unsigned char *b)
{
	return b[0] | (unsigned)b[1] << 8 | (unsigned)b[2] << 16 | (unsigned)b[3] << 24;
}

static size_t left(const struct pack_in *in)
{
	return in->bad ? 0 : (size_t)(in->end - in->at);
}

unsigned pack_number(struct pack_in *in)
{
	uint64_t n = 0;
	for (unsigned shift = 0; left(in) && shift < 35; shift += 7) {
		unsigned char b = *in->at++;
		n |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		if (n <= UINT_MAX)
			return (unsigned)n;
		break;
	}
	in->bad = true;
	return 0;
}

/* Each of so many things takes a byte at least. */
static unsigned count(struct pack_in *in)
{
	unsigned n = pack_number(in);
	if (n > left(in))
		in->bad = true;
	return in->bad ? 0 : n;
}

static const char *text(struct pack_in *in, size_t len)
{
	if (left(in) <= len || in->at[len] != '\0' || memchr(in->at, '\0', len)) {
		in->bad = true;
		return "";
	}
	const char *text = (const char *)in->at;
	in->at += len + 1;
	return text;
}

static unsigned get_word(struct pack_in *in)
{
	unsigned number = pack_number(in);
	if (!(number & 1))
		return number >> 1;
	const char *fresh = text(in, pack_number(in));
	if (in->fresh && !in->bad)
		in->fresh(in->ctx, in, number >> 1, fresh);
	return number >> 1;
}

static struct pack_in skip_numbers(struct pack_in *in, unsigned n)
{
	struct pack_in here = *in;
	while (n-- > 0)
		pack_number(in);
	return here;
}

bool pack_get_head(struct pack_in *in, struct pack_head *out)
{
	if (left(in) < PACK_LENGTH + OID_SIZE + 1 || pack_length(in->at) != left(in) ||
	    (in->at[PACK_LENGTH + OID_SIZE] & 3) > CLAIM_NONE ||
	    in->at[PACK_LENGTH + OID_SIZE] >> 2 >= MERGE_RULE) {
		in->bad = true;
		return false;
	}
	memcpy(out->id.b, in->at + PACK_LENGTH, OID_SIZE);
	out->claim = in->at[PACK_LENGTH + OID_SIZE] & 3;
	out->rule = (in->at[PACK_LENGTH + OID_SIZE] >> 2) + 1;
	in->at += PACK_LENGTH + OID_SIZE + 1;
	out->rank = (int)pack_number(in);
	out->writer = get_word(in);
	out->chain = pack_number(in);
	out->generation = pack_number(in);
	out->n_heads = count(in);
	out->heads = skip_numbers(in, out->n_heads);
	out->n_clock = count(in);
	out->clock = skip_numbers(in, out->n_clock);
	out->n_records = count(in);
	return !in->bad;
}

bool pack_get_record(struct pack_in *in, struct pack_record *out)
{
	*out = (struct pack_record){.offset = (unsigned)(in->at - in->start)};
	out->path = get_word(in);
	out->back = pack_number(in);
	if (out->back) {
		out->back_offset = pack_number(in);
	} else {
		out->losing_back = pack_number(in);
		if (out->losing_back) {
			out->losing_record = get_word(in);
			out->losing_field = get_word(in);
		}
	}
	out->n_fields = count(in);
	return !in->bad;
}

bool pack_get_field(struct pack_in *in, struct pack_field *out)
{
	*out = (struct pack_field){.name = get_word(in)};
	unsigned n = pack_number(in);
	out->seal = n & 1;
	if (n >> 1)
		out->value = text(in, (n >> 1) - 1);
	return !in->bad;
}

void pack_pass_fields(struct pack_in *in, const struct pack_record *r)
{
	for (unsigned i = 0; i < r->n_fields; i++) {
		struct pack_field f;
		pack_get_field(in, &f);
	}
}

/* ---- writing ---- */

void pack_put_number(struct pack_out *out, unsigned n)
{
	for (; n >= 0x80; n >>= 7)
		buf_putc(&out->bytes, (char)(n | 0x80));
	buf_putc(&out->bytes, (char)n);
}

static void put_text(struct pack_out *out, const char *text, size_t len)
{
	buf_add(&out->bytes, text, len);
	buf_putc(&out->bytes, '\0');
}

void pack_put_word(struct pack_out *out, unsigned word)
{
	bool fresh = word == out->known;
	pack_put_number(out, word << 1 | fresh);
	if (!fresh)
		return;
	const char *text = out->words->items[word].text;
	size_t len = strlen(text);
	out->known++;
	pack_put_number(out, (unsigned)len);
	put_text(out, text, len);
}

void pack_put_value(struct pack_out *out, const char *value, bool seal)
{
	size_t len = value ? strlen(value) : 0;
	pack_put_number(out, (value ? (unsigned)len + 1 : 0) << 1 | seal);
	if (value)
		put_text(out, value, len);
}

void pack_begin(struct pack_out *out, const struct oid *id, enum claim claim, int rule, int rank)
{
	buf_add(&out->bytes, "\0\0\0\0", PACK_LENGTH);
	buf_add(&out->bytes, id->b, OID_SIZE);
	buf_putc(&out->bytes, (char)((unsigned)claim | (unsigned)(rule - 1) << 2));
	pack_put_number(out, (unsigned)rank);
}

void pack_end(struct pack_out *out)
{
	for (unsigned i = 0; i < PACK_LENGTH; i++)
		out->bytes.data[i] = (char)(out->bytes.len >> 8 * i);
}

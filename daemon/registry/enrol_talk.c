#include "registry/enrol_talk.h"

#include <string.h>

#include "record/text.h"
#include "registry/enrol.h"

#define VERSION 1
#ifdef TUYEN_NEXT /* what the next version may say (sync/frame.h) */
#define NEXT_VERSION 2
#define NEXT_MORE "of the next version"
#else
#define NEXT_VERSION VERSION
#define NEXT_MORE ""
#endif
#define SENTENCE_MAX 1024
#define STRING_MAX 255
#define NUMBER_BYTES 4 /* no number here needs more */

/* ---- pieces (schema/wire.md) ---- */

static void put_number(struct buf *out, size_t n)
{
	while (n >= 0x80) {
		buf_putc(out, (char)(n | 0x80));
		n >>= 7;
	}
	buf_putc(out, (char)n);
}

static void put_bytes(struct buf *out, const void *bytes, size_t len)
{
	put_number(out, len);
	buf_add(out, bytes, len);
}

static void put_string(struct buf *out, const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;
	if (len > max) /* never inside a letter */
		for (len = max; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	put_bytes(out, text ? text : "", len);
}

struct reading {
	struct arena *arena;
	const unsigned char *at, *end;
	bool bad;
};

static size_t number(struct reading *r)
{
	size_t n = 0;
	for (int i = 0; i < NUMBER_BYTES && r->at < r->end && !r->bad; i++) {
		unsigned char b = *r->at++;
		n |= (size_t)(b & 0x7f) << (7 * i);
		if (!(b & 0x80))
			return n;
	}
	r->bad = true;
	return 0;
}

static const char *bytes_of(struct reading *r, size_t max, size_t *len)
{
	*len = number(r);
	if (r->bad || *len > max || *len > (size_t)(r->end - r->at)) {
		r->bad = true;
		*len = 0;
		return "";
	}
	const char *at = (const char *)r->at;
	r->at += *len;
	return at;
}

/* One line that a terminal may show: what comes from afar moves no cursor. */
static const char *string(struct reading *r, size_t max)
{
	size_t len;
	const char *at = bytes_of(r, max, &len);
	struct buf nfc = {0};
	if (!text_nfc(at, len, &nfc))
		r->bad = true;
	char *text = arena_dup_len(r->arena, buf_str(&nfc), nfc.len);
	for (const unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 127 || (*c == 0xc2 && c[1] < 0xa0))
			r->bad = true;
	buf_free(&nfc);
	return r->bad ? "" : text;
}

/* ---- frames ---- */

/* What a refusal is told as: a code that says what may be done about it, and the sentence in parts, so that the other
 * end says it in the language of whoever reads it. */
static void put_refusal(struct buf *out, const struct err *e)
{
	put_number(out, e->code == ERR_BUSY || e->code == ERR_IO);
	put_string(out, e->rule, STRING_MAX);
	put_string(out, e->msg, SENTENCE_MAX);
	put_string(out, e->hint, SENTENCE_MAX);
	put_number(out, (size_t)e->n_args);
	for (int i = 0; i < e->n_args; i++)
		put_string(out, e->arg[i], STRING_MAX);
}

static void read_refusal(struct reading *r, struct err *out)
{
	bool again = number(r) & 1;
	const char *rule = string(r, STRING_MAX), *msg = string(r, SENTENCE_MAX),
		   *hint = string(r, SENTENCE_MAX);
	const char *words[ERR_ARGS + 2] = {msg};
	size_t n = number(r);
	if (n > ERR_ARGS || !*msg)
		r->bad = true;
	for (size_t i = 0; i < n && !r->bad; i++)
		words[i + 1] = string(r, STRING_MAX);
	if (r->bad)
		return;
	err_set_list(out, again ? ERR_BUSY : ERR_REFUSED, words);
	err_hint(out, *hint ? hint : NULL);
	err_rule(out, *rule ? rule : NULL, NULL, NULL);
}

void enrol_talk_write(const struct enrol_talk *t, struct buf *out)
{
	struct buf body = {0};
	buf_putc(&body, (char)t->kind);
	if (t->kind == ENROL_ASK) {
		put_number(&body, NEXT_VERSION);
		put_bytes(&body, t->secret, t->secret_len);
	}
	if (t->kind == ENROL_ASK || t->kind == ENROL_WELCOME)
		put_bytes(&body, t->text, t->len);
	if (t->kind == ENROL_REFUSED)
		put_refusal(&body, &t->err);
	buf_puts(&body, NEXT_MORE);
	put_bytes(out, body.data, body.len);
	buf_free(&body);
}

static int malformed(struct err *err)
{
	err_set(err, ERR_PEER, N_("the far end does not speak of enrolment in a form that is known here"));
	err_hint(err, N_("check the address, and that both ends run the same version"));
	return ERR_PEER;
}

int enrol_talk_length(const char *bytes, size_t len, size_t max, size_t *out, struct err *err)
{
	struct reading r = {NULL, (const unsigned char *)bytes, (const unsigned char *)bytes + len, false};
	*out = 0;
	size_t n = number(&r);
	if (r.bad)
		return len >= NUMBER_BYTES ? malformed(err) : 0;
	size_t whole = (size_t)((const char *)r.at - bytes) + n;
	if (n == 0 || whole > max)
		return malformed(err);
	*out = whole;
	return 0;
}

int enrol_talk_read(
    struct arena *arena, const char *bytes, size_t len, struct enrol_talk *out, struct err *err)
{
	struct reading r = {arena, (const unsigned char *)bytes, (const unsigned char *)bytes + len, false};
	*out = (struct enrol_talk){0};
	if (number(&r) != (size_t)(r.end - r.at) || r.at == r.end || r.bad)
		return malformed(err);
	out->kind = (enum enrol_talk_kind) * r.at++;
	switch (out->kind) {
	case ENROL_ASK:
		if (number(&r) < VERSION)
			return malformed(err);
		out->secret = (const unsigned char *)bytes_of(&r, ENROL_SECRET_MAX, &out->secret_len);
		out->text = bytes_of(&r, ENROL_TALK_REQUEST_MAX, &out->len);
		break;
	case ENROL_WELCOME:
		out->text = bytes_of(&r, ENROL_SIZE_MAX, &out->len);
		break;
	case ENROL_PENDING:
		break;
	case ENROL_REFUSED:
		read_refusal(&r, &out->err);
		break;
	default:
		return malformed(err);
	}
	/* What stands behind is a newer version's. */
	return r.bad ? malformed(err) : 0;
}

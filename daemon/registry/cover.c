#include "registry/cover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "tuyen-parcel/1 "
#define LINE_MAX 512

/* ---- lines ---- */

struct lines {
	const char *at, *end;
	bool bad;
};

/* The value of the next line, if it is the one of this word; copied to `out`, of LINE_MAX bytes. */
static bool take(struct lines *l, const char *word, char *out)
{
	size_t n = strlen(word), left = (size_t)(l->end - l->at);
	const char *lf = memchr(l->at, '\n', left < LINE_MAX ? left : LINE_MAX);
	if (!lf || (size_t)(lf - l->at) < n + 2 || memcmp(l->at, word, n) != 0 || l->at[n] != ' ')
		return false;
	size_t len = (size_t)(lf - l->at) - n - 1;
	if (memchr(l->at, 0, n + 1 + len))
		return false;
	memcpy(out, l->at + n + 1, len);
	out[len] = '\0';
	l->at = lf + 1;
	return true;
}

static void need(struct lines *l, const char *word, char *out)
{
	out[0] = '\0';
	if (!take(l, word, out))
		l->bad = true;
}

/* A number as we print it, and no other way. */
static uint64_t number(struct lines *l, const char *text, uint64_t max)
{
	char again[24];
	uint64_t n = strtoull(text, NULL, 10);
	snprintf(again, sizeof again, "%llu", (unsigned long long)n);
	if (strcmp(again, text) != 0 || n > max)
		l->bad = true;
	return l->bad ? 0 : n;
}

/* Lower-case digits, so that there is one way to write it. */
static void digits(struct lines *l, const char *text, unsigned char *out, size_t len)
{
	if (strlen(text) != 2 * len || strspn(text, "0123456789abcdef") != 2 * len ||
	    !hex_decode(text, out, len))
		l->bad = true;
}

static bool is_id(const char *text)
{
	return strlen(text) == COVER_ID_HEX && strspn(text, "0123456789abcdef") == COVER_ID_HEX;
}

/* ---- pieces ---- */

void cover_piece_print(const struct cover_piece *piece, struct buf *out)
{
	buf_printf(out, MAGIC "%s %u/%u\n", piece->id, piece->at, piece->of);
}

bool cover_piece_read(const void *bytes, size_t len, struct cover_piece *out)
{
	const char *at = bytes;
	size_t most = len < COVER_PIECE_LINE_MAX ? len : COVER_PIECE_LINE_MAX;
	const char *lf = most ? memchr(bytes, '\n', most) : NULL;
	char line[COVER_PIECE_LINE_MAX];
	struct buf again = {0};
	if (!lf || memchr(bytes, 0, (size_t)(lf - at)))
		return false;
	*out = (struct cover_piece){.size = (size_t)(lf - at) + 1};
	memcpy(line, at, out->size - 1);
	line[out->size - 1] = '\0';
	if (sscanf(line, MAGIC "%32s %4u/%4u", out->id, &out->at, &out->of) != 3)
		return false;
	cover_piece_print(out, &again);
	bool same = again.len == out->size && memcmp(again.data, at, again.len) == 0;
	buf_free(&again);
	return same && is_id(out->id) && out->at >= 1 && out->at <= out->of && out->of <= COVER_PIECES_MAX;
}

/* ---- the cover ---- */

/* Ids of units and stations are letters, digits, dots and dashes; in a name on a stick nothing else may stand. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);
	return len && len <= COVER_NAME_MAX && text[0] != '.' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@") == len;
}

void cover_context(const struct cover *c, unsigned char out[SEAL_CONTEXT_SIZE])
{
	struct buf all = {0};
	buf_printf(&all, MAGIC "%s\nfrom %s\nto %s\n", c->id, c->from, c->to);
	hash_sha256(all.data, all.len, out);
	buf_free(&all);
}

/* What is signed: the id, which stands in the piece's line, and all lines but the last. */
static void signed_bytes(const char *id, const char *lines, size_t len, struct buf *out)
{
	buf_printf(out, MAGIC "%s\n", id);
	buf_add(out, lines, len);
}

static void put_hex(struct buf *out, const char *word, const unsigned char *bytes, size_t len)
{
	char hex[2 * SEAL_BOX_SIZE + 1];
	hex_encode(bytes, len, hex);
	buf_printf(out, "%s %s\n", word, hex);
}

static void put_lines(const struct cover *c, struct buf *out)
{
	buf_printf(out, "number %u\nfrom %s\n", c->number, c->from);
	put_hex(out, "instance", c->instance, sizeof c->instance);
	buf_printf(
	    out, "to %s\nat %lld\nrests %s\n", c->to, (long long)c->at, c->whole ? "nothing" : "confirmed");
	put_hex(out, "key", c->key, sizeof c->key);
	for (size_t i = 0; i < c->n_boxes; i++)
		put_hex(out, "box", c->boxes[i], SEAL_BOX_SIZE);
}

void cover_print(struct cover *c, const struct key *key, struct buf *out)
{
	struct buf lines = {0}, all = {0};
	unsigned char signature[KEY_SIGNATURE_SIZE];
	memcpy(c->key, key_public(key), KEY_PUBLIC_SIZE);
	put_lines(c, &lines);
	signed_bytes(c->id, lines.data, lines.len, &all);
	key_sign(key, all.data, all.len, signature);
	put_hex(&lines, "signature", signature, sizeof signature);
	hash_sha256(lines.data, lines.len, c->context);
	c->size = lines.len;
	buf_add(out, lines.data, lines.len);
	buf_free(&lines);
	buf_free(&all);
}

static void take_name(struct lines *l, const char *word, char out[COVER_NAME_MAX + 1])
{
	char text[LINE_MAX];
	need(l, word, text);
	if (!is_name(text))
		l->bad = true;
	else
		memcpy(out, text, strlen(text) + 1);
}

static void take_digits(struct lines *l, const char *word, unsigned char *out, size_t len)
{
	char text[LINE_MAX];
	need(l, word, text);
	digits(l, text, out, len);
}

static void take_lines(struct lines *l, struct cover *c)
{
	char text[LINE_MAX];
	need(l, "number", text);
	c->number = (unsigned)number(l, text, UINT32_MAX);
	take_name(l, "from", c->from);
	take_digits(l, "instance", c->instance, sizeof c->instance);
	take_name(l, "to", c->to);
	need(l, "at", text);
	c->at = (int64_t)number(l, text, INT64_MAX);
	need(l, "rests", text);
	c->whole = strcmp(text, "nothing") == 0;
	if (!c->whole && strcmp(text, "confirmed") != 0)
		l->bad = true;
	take_digits(l, "key", c->key, sizeof c->key);
	while (!l->bad && c->n_boxes < COVER_BOXES_MAX && take(l, "box", text))
		digits(l, text, c->boxes[c->n_boxes++], SEAL_BOX_SIZE);
	l->bad |= c->n_boxes == 0;
}

static int damaged(struct err *err)
{
	err_set(err, ERR_INPUT, N_("the cover of this parcel is damaged, or somebody altered it"));
	err_hint(err, N_("copy it again from where it was written, or have it written again"));
	return err->code;
}

int cover_read(const char *id, const void *bytes, size_t len, struct cover *out, struct err *err)
{
	struct lines l = {bytes, (const char *)bytes + (len < COVER_SIZE_MAX ? len : COVER_SIZE_MAX), false};
	unsigned char signature[KEY_SIGNATURE_SIZE];
	struct buf all = {0};
	*out = (struct cover){0};
	const char *last = len ? memmem(bytes, len, "\nsignature ", 11) : NULL;
	size_t before = last ? (size_t)(last + 1 - (const char *)bytes) : 0;
	if (len < COVER_SIZE_MAX && (!last || !memchr(last + 1, '\n', len - before))) {
		err_set(err, ERR_INPUT, N_("this parcel ends inside its cover: nothing can be read of it"));
		err_hint(err, N_("copy it again from where it was written, or have it written again"));
		return err->code;
	}
	if (!is_id(id))
		return damaged(err);
	memcpy(out->id, id, sizeof out->id);
	take_lines(&l, out);
	signed_bytes(id, bytes, (size_t)(l.at - (const char *)bytes), &all);
	take_digits(&l, "signature", signature, sizeof signature);
	bool good = !l.bad && key_verify(out->key, all.data, all.len, signature);
	buf_free(&all);
	if (!good)
		return damaged(err);
	out->size = (size_t)(l.at - (const char *)bytes);
	hash_sha256(bytes, out->size, out->context);
	return 0;
}

/* ---- names ---- */

void cover_name(const struct cover *c, bool sure, unsigned at, unsigned of, struct buf *out)
{
	buf_printf(out, "tuyen-%s-%s-%04u", c->from, c->to, c->number);
	if (sure)
		buf_printf(out, "-%.8s", c->id);
	buf_puts(out, ".par");
	if (of > 1)
		buf_printf(out, ".%uof%u", at, of);
}

bool cover_is_named(const char *name)
{
	return strncmp(name, "tuyen-", 6) == 0 && strstr(name, ".par") != NULL;
}

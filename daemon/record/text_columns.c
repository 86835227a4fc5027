#include "record/text_columns.h"

#include <stdlib.h>
#include <string.h>

#include "record/text.h"
#include "record/text_diff.h"

#define BETWEEN " | "

static bool is_mark(char c)
{
	return c == TEXT_BOLD || c == TEXT_PLAIN;
}

/* C0 but the two marks, DEL, C1, and what turns the direction of writing (U+202A to U+202E, U+2066 to U+2069). */
static bool steers(const unsigned char *p, size_t n)
{
	if (n == 1 && p[0] < 0x80)
		return (p[0] < 0x20 && !is_mark((char)p[0])) || p[0] == 0x7F;
	if (p[0] == 0xC2 && n >= 2)
		return p[1] < 0xA0;
	if (p[0] != 0xE2 || n < 3)
		return n == 1;
	return (p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) ||
	       (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
}

static size_t char_len(const char *p, size_t len)
{
	size_t n = 1;
	while ((unsigned char)*p >= 0xC0 && n < len && ((unsigned char)p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

static void make_harmless(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = char_len(text + i, len - i);
		if (text[i] == '\t')
			buf_putc(out, ' ');
		else if (steers((const unsigned char *)text + i, n))
			buf_putc(out, '?');
		else
			buf_add(out, text + i, n);
	}
}

/* How many bytes go onto a line of that width, at least one character; a blank at the edge goes with it. */
static size_t cut(const char *text, size_t len, size_t width)
{
	size_t used = 0, after_blank = 0;
	for (size_t i = 0, n; i < len; i += n) {
		n = text_cluster(text + i, len - i);
		size_t w = text_width_of(text + i, n);
		bool blank = n == 1 && text[i] == ' ';
		if (used + w > width && blank)
			return i + n;
		if (used + w > width)
			return after_blank ? after_blank : i ? i : n;
		used += w;
		if (blank)
			after_blank = i + n;
	}
	return len;
}

/* One line, its marks made whole. */
static void give_line(const char *text, size_t len, bool *bold, struct strs *out)
{
	struct buf line = {0};
	if (*bold)
		buf_putc(&line, TEXT_BOLD);
	while (len && text[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		if (is_mark(text[i]))
			*bold = text[i] == TEXT_BOLD;
	buf_add(&line, text, len);
	if (*bold)
		buf_putc(&line, TEXT_PLAIN);
	strs_add(out, buf_str(&line));
	buf_free(&line);
}

void text_wrap(const char *text, size_t width, struct strs *out)
{
	bool bold = false;
	if (width < TEXT_WIDTH_MIN)
		width = TEXT_WIDTH_MIN;
	for (;;) {
		const char *end = strchr(text, '\n');
		struct buf line = {0};
		make_harmless(text, end ? (size_t)(end - text) : strlen(text), &line);
		size_t i = 0;
		do {
			size_t n = cut(buf_str(&line) + i, line.len - i, width);
			give_line(buf_str(&line) + i, n, &bold, out);
			i += n;
		} while (i < line.len);
		buf_free(&line);
		if (!end)
			return;
		text = end + 1;
	}
}

void text_pad(const char *line, size_t width, struct buf *out)
{
	buf_puts(out, line);
	for (size_t w = text_width(line); w < width; w++)
		buf_putc(out, ' ');
}

void text_fit(const char *line, size_t width, struct buf *out)
{
	struct buf clean = {0};
	size_t used = 0, i = 0;
	make_harmless(line, strlen(line), &clean);
	bool fits = text_width(buf_str(&clean)) <= width;
	size_t room = fits || width < 3 ? width : width - 3;
	while (i < clean.len) {
		size_t n = text_cluster(clean.data + i, clean.len - i);
		used += text_width_of(clean.data + i, n);
		if (used > room)
			break;
		buf_add(out, clean.data + i, n);
		i += n;
	}
	if (!fits && width >= 3)
		buf_puts(out, "...");
	buf_free(&clean);
}

void text_flow(const char *const *items, size_t n, size_t gap, size_t width, struct strs *out)
{
	struct buf line = {0};
	size_t used = 0;
	for (size_t i = 0; i < n; i++) {
		size_t w = text_width(items[i]);
		if (used && used + gap + w > width) {
			strs_add(out, buf_str(&line));
			buf_cut(&line, 0);
			used = 0;
		}
		for (size_t k = 0; used && k < gap; k++)
			buf_putc(&line, ' ');
		used += (used ? gap : 0) + w;
		text_fit(items[i], width, &line);
	}
	if (line.len)
		strs_add(out, buf_str(&line));
	buf_free(&line);
}

/* ---- side by side ---- */

struct paragraphs {
	const char *left, *right; /* texts */
	const struct text_diff *diff;
	size_t hunk; /* the next one */
	size_t l, r; /* where the paragraph begins */
};

/* The next paragraph: up to a line end outside of all hunks. Its hunks are given as offsets into it. */
static bool next_paragraph(
    struct paragraphs *p, struct text_diff *own, size_t *l_len, size_t *r_len, bool *more)
{
	size_t l = p->l, r = p->r;
	*own = (struct text_diff){0};
	for (;;) {
		const struct diff_hunk *h = p->hunk < p->diff->n ? &p->diff->hunks[p->hunk] : NULL;
		size_t until = h ? h->left : strlen(p->left);
		const char *end = memchr(p->left + l, '\n', until - l);
		if (end || !h) {
			size_t same = end ? (size_t)(end - p->left) - l : until - l;
			*l_len = l + same - p->l;
			*r_len = r + same - p->r;
			*more = end != NULL;
			return own->n > 0;
		}
		struct diff_hunk mine = {h->left - p->l, h->left_len, h->right - p->r, h->right_len};
		VEC_PUSH(own->hunks, own->n, mine);
		l = h->left + h->left_len;
		r = h->right + h->right_len;
		p->hunk++;
	}
}

static void beside_lines(const struct strs *left, const struct strs *right, size_t width, struct strs *out)
{
	size_t n = left->n > right->n ? left->n : right->n;
	for (size_t i = 0; i < n; i++) {
		struct buf line = {0};
		text_pad(i < left->n ? left->items[i] : "", width, &line);
		buf_puts(&line, BETWEEN);
		buf_puts(&line, i < right->n ? right->items[i] : "");
		strs_add(out, buf_str(&line));
		buf_free(&line);
	}
}

/* d NULL: without marks. */
static void wrap_marked(const struct text_diff *d, const char *left, const char *right, bool on_right,
    size_t width, struct strs *out)
{
	struct buf marked = {0};
	if (d)
		text_diff_mark(d, left, right, on_right, &marked);
	else
		buf_puts(&marked, on_right ? right : left);
	text_wrap(buf_str(&marked), width, out);
	buf_free(&marked);
}

void text_beside(const char *left, const char *right, size_t width, struct text_beside *out)
{
	struct text_diff all;
	text_diff(left, right, &all);
	struct paragraphs p = {.left = left, .right = right, .diff = &all};
	size_t each = width > 2 * TEXT_WIDTH_MIN + 3 ? (width - 3) / 2 : TEXT_WIDTH_MIN;
	bool more = true, seen = false, marks = text_diff_common(&all, left);
	*out = (struct text_beside){0};
	while (more) {
		struct text_diff own;
		struct strs l = {0}, r = {0};
		size_t l_len, r_len;
		bool differs = next_paragraph(&p, &own, &l_len, &r_len, &more);
		char *l_text = mem_dup_len(left + p.l, l_len), *r_text = mem_dup_len(right + p.r, r_len);
		if (differs && !seen)
			out->first = out->lines.n;
		seen = seen || differs;
		wrap_marked(marks ? &own : NULL, l_text, r_text, false, each, &l);
		wrap_marked(marks ? &own : NULL, l_text, r_text, true, each, &r);
		beside_lines(&l, &r, each, &out->lines);
		p.l += l_len + 1;
		p.r += r_len + 1;
		free(l_text);
		free(r_text);
		strs_free(&l);
		strs_free(&r);
		text_diff_free(&own);
	}
	if (!seen)
		out->first = out->lines.n;
	text_diff_free(&all);
}

void text_beside_one(const char *left, const char *right, bool on_right, size_t width, struct strs *out)
{
	struct text_diff d;
	text_diff(left, right, &d);
	wrap_marked(text_diff_common(&d, left) ? &d : NULL, left, right, on_right, width, out);
	text_diff_free(&d);
}

void text_beside_free(struct text_beside *b)
{
	strs_free(&b->lines);
	*b = (struct text_beside){0};
}

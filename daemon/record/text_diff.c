#include "record/text_diff.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "record/text.h"

#define CELLS_MAX 4000000 /* of a table of lengths, two bytes each */

struct token {
	const char *bytes;
	size_t len;
};

struct tokens {
	struct token *items;
	size_t n;
};

/* One side of what is compared: a part of a text. */
struct part {
	const char *text;
	size_t begin, end;
};

typedef size_t token_fn(const char *bytes, size_t len, bool after_digit);

static size_t next_line(const char *bytes, size_t len, bool after_digit)
{
	const char *end = memchr(bytes, '\n', len);
	(void)after_digit;
	return end ? (size_t)(end - bytes) + 1 : len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters and digits; all that is not ASCII is taken for letters. */
static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The point in "1.250", the stroke in "31/58". */
static bool joins_digits(const char *bytes, size_t len, bool after_digit)
{
	return after_digit && len > 1 && strchr(".,/", *bytes) && is_digit(bytes[1]);
}

static size_t next_word(const char *bytes, size_t len, bool after_digit)
{
	size_t i = text_cluster(bytes, len);
	if (is_blank(*bytes)) {
		while (i < len && is_blank(bytes[i]))
			i += text_cluster(bytes + i, len - i);
		return i;
	}
	if (!is_word(*bytes))
		return i;
	for (after_digit = is_digit(*bytes); i < len; i += text_cluster(bytes + i, len - i)) {
		if (!is_word(bytes[i]) && !joins_digits(bytes + i, len - i, after_digit))
			break;
		after_digit = is_digit(bytes[i]);
	}
	return i;
}

static void tokenize(const struct part *p, token_fn *next, struct tokens *out)
{
	for (size_t i = p->begin, n; i < p->end; i += n) {
		n = next(p->text + i, p->end - i, false);
		VEC_PUSH(out->items, out->n, ((struct token){p->text + i, n}));
	}
}

static bool same(const struct token *a, const struct token *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static size_t begin_of(const struct part *p, const struct tokens *t, size_t i)
{
	return i < t->n ? (size_t)(t->items[i].bytes - p->text) : p->end;
}

struct comparison {
	struct part left, right;
	struct tokens l, r;
	size_t head, l_end, r_end; /* tokens that differ at most: from head on, before the ends */
	void (*hunk)(struct text_diff *d, const struct part *left, const struct part *right);
	struct text_diff *out;
};

static void give_hunk(struct comparison *c, size_t l, size_t l_end, size_t r, size_t r_end)
{
	struct part left = {c->left.text, begin_of(&c->left, &c->l, l), begin_of(&c->left, &c->l, l_end)};
	struct part right = {c->right.text, begin_of(&c->right, &c->r, r), begin_of(&c->right, &c->r, r_end)};
	if (l < l_end || r < r_end)
		c->hunk(c->out, &left, &right);
}

/* Lengths of the longest common subsequences of what is left from (i, j) on. */
static uint16_t *lengths(const struct comparison *c, size_t n, size_t m)
{
	uint16_t *table = mem_alloc((n + 1) * (m + 1) * sizeof *table);
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint16_t *here = &table[i * (m + 1) + j];
			if (same(&c->l.items[c->head + i], &c->r.items[c->head + j]))
				*here = (uint16_t)(here[m + 2] + 1);
			else
				*here = here[m + 1] > here[1] ? here[m + 1] : here[1];
		}
	return table;
}

static void compare_middle(struct comparison *c)
{
	size_t n = c->l_end - c->head, m = c->r_end - c->head, i = 0, j = 0, l = 0, r = 0;
	if ((n + 1) > CELLS_MAX / (m + 1)) {
		give_hunk(c, c->head, c->l_end, c->head, c->r_end);
		return;
	}
	uint16_t *table = lengths(c, n, m);
	while (i < n && j < m) {
		const uint16_t *here = &table[i * (m + 1) + j];
		if (same(&c->l.items[c->head + i], &c->r.items[c->head + j])) {
			give_hunk(c, c->head + l, c->head + i, c->head + r, c->head + j);
			l = ++i;
			r = ++j;
		} else if (here[m + 1] >= here[1]) {
			i++;
		} else {
			j++;
		}
	}
	give_hunk(c, c->head + l, c->l_end, c->head + r, c->r_end);
	free(table);
}

static void compare(struct comparison *c, token_fn *next)
{
	tokenize(&c->left, next, &c->l);
	tokenize(&c->right, next, &c->r);
	c->l_end = c->l.n;
	c->r_end = c->r.n;
	while (c->head < c->l_end && c->head < c->r_end && same(&c->l.items[c->head], &c->r.items[c->head]))
		c->head++;
	while (c->l_end > c->head && c->r_end > c->head &&
	       same(&c->l.items[c->l_end - 1], &c->r.items[c->r_end - 1])) {
		c->l_end--;
		c->r_end--;
	}
	compare_middle(c);
	free(c->l.items);
	free(c->r.items);
}

static bool only_blanks(const char *text, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (!is_blank(text[i]))
			return false;
	return true;
}

static void add_hunk(struct text_diff *d, const struct part *left, const struct part *right)
{
	struct diff_hunk *last = d->n ? &d->hunks[d->n - 1] : NULL;
	if (last && only_blanks(left->text, last->left + last->left_len, left->begin)) {
		last->left_len = left->end - last->left;
		last->right_len = right->end - last->right;
		return;
	}
	struct diff_hunk h = {left->begin, left->end - left->begin, right->begin, right->end - right->begin};
	VEC_PUSH(d->hunks, d->n, h);
}

static void compare_words(struct text_diff *d, const struct part *left, const struct part *right)
{
	struct comparison c = {.left = *left, .right = *right, .hunk = add_hunk, .out = d};
	compare(&c, next_word);
}

void text_diff(const char *left, const char *right, struct text_diff *out)
{
	struct comparison c = {.left = {left, 0, strlen(left)},
	    .right = {right, 0, strlen(right)},
	    .hunk = compare_words,
	    .out = out};
	*out = (struct text_diff){0};
	compare(&c, next_line);
}

void text_diff_free(struct text_diff *d)
{
	free(d->hunks);
	*d = (struct text_diff){0};
}

bool text_diff_common(const struct text_diff *d, const char *left)
{
	size_t from = 0;
	for (size_t i = 0; i <= d->n; i++) {
		size_t end = i < d->n ? d->hunks[i].left : strlen(left);
		for (; from < end; from++)
			if (is_word(left[from]))
				return true;
		from = i < d->n ? end + d->hunks[i].left_len : end;
	}
	return false;
}

void text_diff_mark(
    const struct text_diff *d, const char *left, const char *right, bool on_right, struct buf *out)
{
	const char *text = on_right ? right : left;
	size_t from = 0;
	for (size_t i = 0; i < d->n; i++) {
		size_t begin = on_right ? d->hunks[i].right : d->hunks[i].left;
		size_t len = on_right ? d->hunks[i].right_len : d->hunks[i].left_len;
		buf_add(out, text + from, begin - from);
		from = begin + len;
		if (len)
			buf_printf(out, "%c%s%.*s%s%c", TEXT_BOLD, on_right ? "{+" : "[-", (int)len,
			    text + begin, on_right ? "+}" : "-]", TEXT_PLAIN);
	}
	buf_puts(out, text + from);
}

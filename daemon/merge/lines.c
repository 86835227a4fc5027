#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

/* Beyond these a text is not blended: the work stays bounded whatever arrives (schema/merge.md, "Lines"). */
#define LINES_MAX 4000
#define PAIRS_MAX 4000000

struct line {
	const char *text;
	size_t len;
};

struct lines {
	struct line *items;
	size_t n;
};

/* `count` lines of the base from `start` on become the lines `by`, which point into a side. */
struct hunk {
	size_t start, count;
	const struct line *by;
	size_t n;
};

struct hunks {
	struct hunk *items;
	size_t n;
};

/* Line ends part lines: a text ending in one has an empty last line. */
static bool split(const char *text, struct lines *out)
{
	for (;;) {
		size_t len = strcspn(text, "\n");
		struct line line = {text, len};
		if (out->n == LINES_MAX)
			return false;
		VEC_PUSH(out->items, out->n, line);
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* longest[i * (m + 1) + j]: common lines of base from i on and side from j on. */
static uint16_t *common_lengths(const struct line *base, size_t n, const struct line *side, size_t m)
{
	uint16_t *longest = mem_alloc((n + 1) * (m + 1) * sizeof *longest);
	for (size_t i = n; i-- > 0;) {
		uint16_t *row = longest + i * (m + 1), *below = row + m + 1;
		for (size_t j = m; j-- > 0;) {
			if (same(&base[i], &side[j]))
				row[j] = below[j + 1] + 1;
			else
				row[j] = below[j] >= row[j + 1] ? below[j] : row[j + 1];
		}
	}
	return longest;
}

static void add_hunk(struct hunks *out, size_t start, size_t count, const struct line *by, size_t n)
{
	struct hunk hunk = {start, count, by, n};
	if (count || n)
		VEC_PUSH(out->items, out->n, hunk);
}

/* The changed middle: equal lines pair as early as they can; else the base's line goes if that loses nothing. */
static void walk(
    const struct line *base, size_t n, const struct line *side, size_t m, size_t offset, struct hunks *out)
{
	uint16_t *longest = common_lengths(base, n, side, m);
	size_t i = 0, j = 0, i0 = 0, j0 = 0;
	while (i < n && j < m) {
		if (same(&base[i], &side[j])) {
			add_hunk(out, offset + i0, i - i0, side + j0, j - j0);
			i0 = ++i;
			j0 = ++j;
		} else if (longest[(i + 1) * (m + 1) + j] >= longest[i * (m + 1) + j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	add_hunk(out, offset + i0, n - i0, side + j0, m - j0);
	free(longest);
}

static bool compare(const struct lines *base, const struct lines *side, struct hunks *out)
{
	size_t n = base->n, m = side->n, head = 0;
	while (head < n && head < m && same(&base->items[head], &side->items[head]))
		head++;
	while (n > head && m > head && same(&base->items[n - 1], &side->items[m - 1])) {
		n--;
		m--;
	}
	if ((n - head + 1) * (m - head + 1) > PAIRS_MAX)
		return false;
	walk(base->items + head, n - head, side->items + head, m - head, head, out);
	return true;
}

static int hunk_cmp(const void *a, const void *b)
{
	const struct hunk *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return 0;
}

static bool hunk_same(const struct hunk *a, const struct hunk *b)
{
	if (a->start != b->start || a->count != b->count || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same(&a->by[i], &b->by[i]))
			return false;
	return true;
}

/* Sort, drop repetitions; false where two hunks leave no line of the base between them. */
static bool settle(struct hunks *hunks)
{
	if (hunks->n)
		qsort(hunks->items, hunks->n, sizeof *hunks->items, hunk_cmp);
	size_t kept = 0;
	for (size_t i = 0; i < hunks->n; i++) {
		const struct hunk *hunk = &hunks->items[i], *last = kept ? &hunks->items[kept - 1] : NULL;
		if (last && hunk_same(last, hunk))
			continue;
		if (last && hunk->start <= last->start + last->count)
			return false;
		hunks->items[kept++] = *hunk;
	}
	hunks->n = kept;
	return true;
}

static void put_line(struct buf *out, bool *first, const struct line *line)
{
	if (!*first)
		buf_putc(out, '\n');
	*first = false;
	buf_add(out, line->text, line->len);
}

static void apply(const struct lines *base, const struct hunks *hunks, struct buf *out)
{
	bool first = true;
	size_t at = 0;
	for (size_t i = 0; i < hunks->n; i++) {
		const struct hunk *hunk = &hunks->items[i];
		for (; at < hunk->start; at++)
			put_line(out, &first, &base->items[at]);
		for (size_t j = 0; j < hunk->n; j++)
			put_line(out, &first, &hunk->by[j]);
		at += hunk->count;
	}
	for (; at < base->n; at++)
		put_line(out, &first, &base->items[at]);
}

static bool all_equal(const char *const *sides, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!sides[i] || strcmp(sides[i], sides[0]) != 0)
			return false;
	return n > 0;
}

static bool blend(const char *base, const char *const *sides, size_t n, struct lines *lines, struct buf *out)
{
	struct hunks hunks = {0};
	bool ok = split(base, &lines[n]);
	for (size_t i = 0; ok && i < n; i++)
		ok = sides[i] && split(sides[i], &lines[i]) && compare(&lines[n], &lines[i], &hunks);
	ok = ok && settle(&hunks);
	if (ok)
		apply(&lines[n], &hunks, out);
	free(hunks.items);
	return ok;
}

bool merge_lines(const char *base, const char *const *sides, size_t n, struct buf *out)
{
	if (all_equal(sides, n)) {
		buf_puts(out, sides[0]);
		return true;
	}
	if (!base)
		return false;
	struct lines *lines = mem_alloc((n + 1) * sizeof *lines);
	bool ok = blend(base, sides, n, lines, out);
	for (size_t i = 0; i <= n; i++)
		free(lines[i].items);
	free(lines);
	return ok;
}

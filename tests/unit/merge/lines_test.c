#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

struct row {
	const char *base, *a, *b, *blend; /* blend NULL: they touch */
};

static const struct row rows[] = {
    /* other, not adjacent, lines */
    {"1\n2\n3", "x\n2\n3", "1\n2\ny", "x\n2\ny"},
    {"1\n2\n3", "x\n2\n3", "1\n2", "x\n2"},
    {"1\n2\n3", "1\n2\n3\n4", "0\n1\n2\n3", "0\n1\n2\n3\n4"},
    {"1\n2\n3\n4\n5", "1\n3\n4\n5", "1\n2\n3\n5", "1\n3\n5"},
    /* the same line, adjacent lines, one place */
    {"1\n2\n3", "x\n2\n3", "y\n2\n3", NULL},
    {"1\n2\n3", "x\n2\n3", "1\ny\n3", NULL},
    {"1\n2", "1\n2\nx", "1\n2\ny", NULL},
    {"1\n2", "1\nx\n2", "1\n2\ny", "1\nx\n2\ny"},
    {"1\n2", "x\n1\n2", "y\n2", NULL},
    /* the same edit on both sides counts once, alone or beside another */
    {"1\n2\n3", "x\n2\n3", "x\n2\n3", "x\n2\n3"},
    {"1\n2\n3", "x\n2\n3", "x\n2\ny", "x\n2\ny"},
    {"1\n2\n3", "x\n2\n3", "x\ny\n3", NULL},
    {"1", "1\n2", "1\n2", "1\n2"},
    /* one side alone */
    {"1\n2", "1\n2", "1\nx", "1\nx"},
    {"1\n2", "", "1\n2", ""},
    /* an empty last line is a line */
    {"1\n2\n", "x\n2\n", "1\n2\n3", "x\n2\n3"},
    {"1\n2", "1\n2\n", "x\n2", "x\n2\n"},
    /* which of equal lines pair: the ends first, then as early as can be */
    {"p\na", "a\nq\na", "p\na\nz", "a\nq\na\nz"},
    {"a\nb\na", "a", "a\nb\na\nz", NULL},
    {"a\nb\na", "a", "z\na\nb\na", "z\na"},
    /* no common text */
    {NULL, "a", "b", NULL},
    {NULL, "a", "a", "a"},
    {"a", NULL, "b", NULL},
};

static void check(const struct row *row, const char *a, const char *b)
{
	struct buf out = {0};
	bool ok = merge_lines(row->base, (const char *const[]){a, b}, 2, &out);
	assert_int_equal(ok, row->blend != NULL);
	if (ok)
		assert_string_equal(buf_str(&out), row->blend);
	else
		assert_int_equal(out.len, 0);
	buf_free(&out);
}

static void table_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		check(&rows[i], rows[i].a, rows[i].b);
		check(&rows[i], rows[i].b, rows[i].a);
	}
}

static void three_sides(void **state)
{
	(void)state;
	struct buf out = {0};
	assert_true(merge_lines("1\n2\n3\n4\n5",
	    (const char *const[]){"a\n2\n3\n4\n5", "1\n2\nc\n4\n5", "1\n2\n3\n4\ne"}, 3, &out));
	assert_string_equal(out.data, "a\n2\nc\n4\ne");
	buf_free(&out);
	assert_false(merge_lines("1\n2\n3\n4\n5",
	    (const char *const[]){"a\n2\n3\n4\n5", "1\n2\nc\n4\n5", "1\n2\n3\nd\n5"}, 3, &out));
	assert_int_equal(out.len, 0);
}

static char *many(size_t n, const char *line)
{
	struct buf text = {0};
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%s", i ? "\n" : "", line);
	return buf_take(&text);
}

/* Nobody has changed anything. */
static void no_sides(void **state)
{
	(void)state;
	struct buf out = {0};
	assert_true(merge_lines("a\nb", NULL, 0, &out));
	assert_string_equal(buf_str(&out), "a\nb");
	buf_free(&out);
}

static void too_long_is_not_blended(void **state)
{
	(void)state;
	struct buf out = {0};
	char *exact = many(4000, ""), *over = many(4001, ""), *a = many(2000, "a"), *b = many(2000, "b"),
	     *c = many(1990, "c");
	struct buf longer = {0};
	buf_printf(&longer, "x%s", exact);
	assert_true(merge_lines(exact, (const char *const[]){exact, longer.data}, 2, &out));
	buf_free(&out);
	buf_free(&longer);
	buf_printf(&longer, "x%s", over);
	assert_false(merge_lines(over, (const char *const[]){over, longer.data}, 2, &out));
	assert_false(merge_lines(exact, (const char *const[]){exact, over}, 2, &out));
	assert_false(merge_lines(a, (const char *const[]){a, b}, 2, &out));
	assert_true(merge_lines(a, (const char *const[]){a, c}, 2, &out));
	buf_free(&out);
	buf_free(&longer);
	free(exact);
	free(over);
	free(a);
	free(b);
	free(c);
}

/* ---- against the page: longest common lines by plain recursion, lines as letters ---- */

#define LETTERS 7

static size_t common(const char *a, const char *b)
{
	if (!*a || !*b)
		return 0;
	if (*a == *b)
		return 1 + common(a + 1, b + 1);
	size_t without = common(a + 1, b), with = common(a, b + 1);
	return without >= with ? without : with;
}

/* edit[i]: what stands before base line i in the side; gone[i]: base line i is not in the side. */
struct edits {
	char put[LETTERS + 1][2 * LETTERS + 1];
	bool gone[LETTERS + 1];
};

static void find_edits(const char *base, const char *side, struct edits *e)
{
	char b[LETTERS + 1], s[2 * LETTERS + 1];
	strcpy(b, base);
	strcpy(s, side);
	size_t head = 0, i, n, m;
	while (b[head] && b[head] == s[head])
		head++;
	n = strlen(b);
	m = strlen(s);
	while (n > head && m > head && b[n - 1] == s[m - 1])
		b[--n] = s[--m] = '\0';
	*e = (struct edits){0};
	for (i = head, m = head; b[i] || s[m];) {
		if (b[i] && b[i] == s[m])
			i++, m++;
		else if (b[i] && (!s[m] || common(b + i + 1, s + m) >= common(b + i, s + m + 1)))
			e->gone[i++] = true;
		else
			strncat(e->put[i], &s[m++], 1);
	}
}

/* Between two base lines that stay, all that goes and all that comes is one edit: place it before its first line. */
static void gather(struct edits *e, size_t n)
{
	for (size_t i = n; i-- > 0;)
		if (e->gone[i]) {
			strcat(e->put[i], e->put[i + 1]);
			e->put[i + 1][0] = '\0';
		}
}

static size_t end_of(const struct edits *e, size_t i)
{
	while (e->gone[i])
		i++;
	return i;
}

static bool starts(const struct edits *e, size_t i)
{
	return (i == 0 || !e->gone[i - 1]) && (e->gone[i] || e->put[i][0]);
}

static bool slow_blend(const char *base, const char *const sides[2], char *out)
{
	struct edits e[2];
	size_t n = strlen(base);
	for (int k = 0; k < 2; k++) {
		find_edits(base, sides[k], &e[k]);
		gather(&e[k], n);
	}
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= n; j++) {
			if (!starts(&e[0], i) || !starts(&e[1], j))
				continue;
			size_t iend = end_of(&e[0], i), jend = end_of(&e[1], j);
			if (i == j && iend == jend && !strcmp(e[0].put[i], e[1].put[j]))
				continue;
			if (!(iend < j || jend < i))
				return false;
		}
	*out = '\0';
	for (size_t i = 0; i <= n; i++) {
		strcat(out, e[0].put[i]);
		if (strcmp(e[0].put[i], e[1].put[i]) != 0)
			strcat(out, e[1].put[i]);
		if (i < n && !e[0].gone[i] && !e[1].gone[i])
			strncat(out, &base[i], 1);
	}
	return true;
}

static unsigned below(uint64_t *random, unsigned n)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*random >> 33) % n;
}

static void random_letters(uint64_t *random, char *out, size_t min)
{
	size_t n = min + below(random, LETTERS - (unsigned)min + 1);
	for (size_t i = 0; i < n; i++)
		out[i] = (char)('a' + below(random, 3));
	out[n] = '\0';
}

static void as_lines(const char *letters, struct buf *out)
{
	for (; *letters; letters++)
		buf_printf(out, "%s%c", out->len ? "\n" : "", *letters);
}

static void random_against_slow(void **state)
{
	(void)state;
	uint64_t random = 1;
	size_t blended = 0;
	for (int round = 0; round < 20000; round++) {
		char base[LETTERS + 1], a[LETTERS + 1], b[LETTERS + 1], want[4 * LETTERS + 1];
		struct buf texts[3] = {0}, out = {0}, expected = {0};
		random_letters(&random, base, 1);
		random_letters(&random, a, 1);
		random_letters(&random, b, 1);
		as_lines(base, &texts[0]);
		as_lines(a, &texts[1]);
		as_lines(b, &texts[2]);
		bool ok = slow_blend(base, (const char *const[]){a, b}, want) || !strcmp(a, b);
		if (!strcmp(a, b))
			strcpy(want, a);
		as_lines(want, &expected);
		bool got =
		    merge_lines(texts[0].data, (const char *const[]){texts[1].data, texts[2].data}, 2, &out);
		if (got != ok || (got && strcmp(buf_str(&out), buf_str(&expected)) != 0))
			fail_msg("%s: %s, %s: %s", base, a, b, ok ? want : "touch");
		blended += got;
		buf_free(&out);
		buf_free(&expected);
		for (int k = 0; k < 3; k++)
			buf_free(&texts[k]);
	}
	assert_true(blended > 1000 && blended < 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_both_ways),
	    cmocka_unit_test(three_sides),
	    cmocka_unit_test(no_sides),
	    cmocka_unit_test(too_long_is_not_blended),
	    cmocka_unit_test(random_against_slow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

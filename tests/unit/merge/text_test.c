/* Vietnamese texts, composed or not as keyboards give them: what blends keeps whole lines, so whole characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "merge/merge.h"

#define LEDGER "reports/31"
#define REPORT "reports/31/p/2026-06.yaml"
#define LINES 9

/* The same letters twice: one code point each, and a letter with its marks after it. */
static const char *const composed[] = {"ấ", "ệ", "ữ", "ợ", "ằ", "ỹ", "đ", "a"};
static const char *const apart[] = {
    "a\u0302\u0301", "e\u0323\u0302", "u\u031b\u0303", "o\u031b\u0323", "a\u0306\u0300", "y\u0303", "đ", "a"};
#define LETTERS (sizeof composed / sizeof *composed)

static unsigned below(uint64_t *random, unsigned n)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*random >> 33) % n;
}

/* As `record_set` takes what somebody typed. */
static const char *typed(struct arena *arena, const char *text)
{
	struct err err = {0};
	const char *value;
	assert_int_equal(
	    record_value(arena, type_field(type_by_name("report"), "note", NULL), text, &value, &err), 0);
	return value;
}

static void add(struct history *h, char name, const char *value)
{
	struct err err = {0};
	const struct write writes[] = {{.record = REPORT, .field = "", .value = "+"},
	    {.record = REPORT, .field = "note", .value = value}};
	struct history_change c = {.writer = name == 'b' ? "cong-an@31" : "31",
	    .unit = "31",
	    .rank = 1,
	    .claim = CLAIM_NONE,
	    .writes = writes,
	    .n_writes = 2};
	struct oid base;
	memset(c.id.b, name, OID_SIZE);
	memset(base.b, 'a', OID_SIZE);
	if (name != 'a')
		oids_add(&c.heads, &base);
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

/* What the note shows (NULL: nothing that can be read) when two change it at once; *n: records in the tree, so 1 + conflicts. */
static const char *together(struct arena *arena, const char *base, const char *a, const char *b, size_t *n)
{
	struct history *h = history_new();
	struct merge_result r;
	struct oids tips;
	struct record record;
	struct err err = {0};
	add(h, 'a', base);
	add(h, 'b', a);
	add(h, 'c', b);
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &(struct oids){0}, &tips, &r);
	*n = r.n;
	const char *text = arena_dup(arena, r.records[r.n - 1].text);
	bool whole = record_parse(&record, arena, type_by_name("report"), text, strlen(text), &err) == 0;
	merge_result_free(&r);
	oids_free(&tips);
	history_free(h);
	return whole ? record_get(&record, "note") : NULL;
}

static void both_ways_of_typing_are_one(void **state)
{
	(void)state;
	struct arena arena = {0};
	size_t n;
	for (size_t i = 0; i < LETTERS; i++) {
		assert_string_equal(typed(&arena, apart[i]), composed[i]);
		const char *shows =
		    together(&arena, "x", typed(&arena, apart[i]), typed(&arena, composed[i]), &n);
		assert_int_equal(n, 1);
		assert_string_equal(shows, composed[i]);
	}
	arena_free(&arena);
}

/* A tone mark is a change of its whole line: no half of a character is taken from each. */
static void marks_of_one_letter_do_not_blend(void **state)
{
	(void)state;
	static const char *const rows[][3] = {{"tuyen", "tuyên", "tuyến"},
	    {"một\nviec\nba", "một\nviêc\nba", "một\nviẹc\nba"}, {"a\nb", "á\nb", "a\nb\u0323"},
	    {"12,5 tỷ", "12,6 tỷ", "13,5 tỷ"}};
	struct arena arena = {0};
	size_t n;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *shows =
		    together(&arena, rows[i][0], typed(&arena, rows[i][1]), typed(&arena, rows[i][2]), &n);
		assert_int_equal(n, 2);
		assert_string_equal(shows, rows[i][0]);
	}
	arena_free(&arena);
}

/* What was never made canonical does not become so by blending; beside it, the same text as it should be. */
static void what_is_not_canonical_does_not_blend(void **state)
{
	(void)state;
	struct arena arena = {0};
	size_t n;
	together(&arena, "a\u0301\nhai\nba\nbốn\nnăm", "a\u0301\nhai\n3\nbốn\nnăm",
	    "a\u0301\nhai\nba\nbốn\n5", &n);
	assert_int_equal(n, 2);
	const char *shows =
	    together(&arena, "á\nhai\nba\nbốn\nnăm", "á\nhai\n3\nbốn\nnăm", "á\nhai\nba\nbốn\n5", &n);
	assert_int_equal(n, 1);
	assert_string_equal(shows, "á\nhai\n3\nbốn\n5");
	arena_free(&arena);
}

static const char *line(struct arena *arena, uint64_t *random)
{
	struct buf text = {0};
	for (unsigned n = 1 + below(random, 4); n > 0; n--) {
		unsigned letter = below(random, LETTERS);
		buf_puts(&text, below(random, 2) ? apart[letter] : composed[letter]);
	}
	char *copy = arena_dup(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static const char *joined(struct arena *arena, const char *const *lines)
{
	struct buf text = {0};
	for (size_t i = 0; i < LINES; i++)
		buf_printf(&text, "%s%s", i ? "\n" : "", lines[i]);
	const char *copy = typed(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static bool has_line(const char *text, const char *wanted, size_t len)
{
	for (;; text++) {
		size_t n = strcspn(text, "\n");
		if (n == len && memcmp(text, wanted, len) == 0)
			return true;
		text += n;
		if (!*text)
			return false;
	}
}

static void every_line_is_somebodys(void **state)
{
	(void)state;
	uint64_t random = 1;
	size_t blended = 0;
	for (int round = 0; round < 1500; round++) {
		struct arena arena = {0};
		const char *lines[3][LINES];
		size_t n;
		for (size_t i = 0; i < LINES; i++) {
			lines[0][i] = line(&arena, &random);
			for (size_t k = 1; k < 3; k++)
				lines[k][i] = below(&random, 6) ? lines[0][i] : line(&arena, &random);
		}
		const char *texts[3] = {
		    joined(&arena, lines[0]), joined(&arena, lines[1]), joined(&arena, lines[2])};
		const char *shows = together(&arena, texts[0], texts[1], texts[2], &n);
		blended += strcmp(shows, texts[0]) && strcmp(shows, texts[1]) && strcmp(shows, texts[2]);
		assert_string_equal(typed(&arena, shows), shows);
		for (const char *p = shows;; p++) {
			size_t len = strcspn(p, "\n");
			if (!has_line(texts[0], p, len) && !has_line(texts[1], p, len) &&
			    !has_line(texts[2], p, len))
				fail_msg("round %d: a line of nobody in\n%s", round, shows);
			p += len;
			if (!*p)
				break;
		}
		arena_free(&arena);
	}
	assert_true(blended > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_ways_of_typing_are_one),
	    cmocka_unit_test(marks_of_one_letter_do_not_blend),
	    cmocka_unit_test(what_is_not_canonical_does_not_blend),
	    cmocka_unit_test(every_line_is_somebodys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

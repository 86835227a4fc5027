/* What random histories do not come to: words on conflicts unheard of, deep ties, texts too long to blend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

#define LEDGER "reports/31"
#define REPORT "reports/31/p/2026-06.yaml"

static struct oid id_of(unsigned name)
{
	struct oid id = {{0}};
	id.b[0] = (unsigned char)(name >> 8);
	id.b[1] = (unsigned char)name;
	id.b[19] = 1;
	return id;
}

static void add(
    struct history *h, unsigned name, const unsigned *sees, int rank, const struct write *writes, size_t n)
{
	struct err err = {0};
	struct history_change c = {.id = id_of(name),
	    .writer = name % 2 ? "11383" : "31",
	    .unit = "31",
	    .rank = rank,
	    .claim = CLAIM_NONE,
	    .writes = writes,
	    .n_writes = n};
	for (; *sees; sees++) {
		struct oid id = id_of(*sees);
		oids_add(&c.heads, &id);
	}
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

static void add_value(
    struct history *h, unsigned name, const unsigned *sees, int rank, const char *field, const char *value)
{
	const struct write writes[] = {{.record = REPORT, .field = "", .value = "+"},
	    {.record = REPORT, .field = field, .value = value}};
	add(h, name, sees, rank, writes, 2);
}

#define SEES(...) ((const unsigned[]){__VA_ARGS__, 0})
#define NOBODY ((const unsigned[]){0})

static void whole_state(const struct history *h, struct merge_result *out)
{
	struct oids tips;
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &(struct oids){0}, &tips, out);
	oids_free(&tips);
}

static void assert_text(const struct merge_result *r, size_t i, const char *part)
{
	assert_true(i < r->n);
	if (!strstr(r->records[i].text, part))
		fail_msg("no '%s' in\n%s", part, r->records[i].text);
}

static void same_place_is_no_difference(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct merge_result r;
	struct oids none = {0}, tips;
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &none, &tips, &r);
	assert_int_equal(r.n, 0);
	merge_result_free(&r);
	add_value(h, 1, NOBODY, 1, "values.TT01", "1");
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &tips, &tips, &r);
	assert_int_equal(r.n, 0);
	merge_result_free(&r);
	merge_advance(h, LEDGER, &none, &tips, &r);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.records[0].path, REPORT);
	assert_string_equal(r.records[0].text, "values:\n  TT01: '1'\n");
	merge_result_free(&r);
	oids_free(&tips);
	history_free(h);
}

/* Such a word is not in its writer's own tree, so no valid change says it; but the state stays a function of the set. */
/* Settling and writing may both name a field: one change, one write, and the last value counts. */
static void a_field_named_twice_is_written_once(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct merge_result r;
	const struct write writes[] = {{.record = REPORT, .field = "", .value = "+"},
	    {.record = REPORT, .field = "values.TT01", .value = "1"},
	    {.record = REPORT, .field = "values.TT01", .value = "3"},
	    {.record = REPORT, .field = "values.TT01", .value = "2", .seal = true},
	    {.record = REPORT, .field = "values.TT01", .value = "2"}};
	add(h, 1, NOBODY, 1, writes, 5);
	add_value(h, 2, NOBODY, 3, "values.TT01", "7");
	whole_state(h, &r);
	assert_int_equal(r.n, 2);
	assert_text(&r, 1, "TT01: '2'");
	assert_text(&r, 0, "why: seal");
	merge_result_free(&r);
	history_drop_last(h);
	history_drop_last(h);
	whole_state(h, &r);
	assert_int_equal(r.n, 0);
	merge_result_free(&r);
	history_free(h);
}

static void a_word_before_its_conflict(void **state)
{
	(void)state;
	char id[41], path[64];
	struct oid losing = id_of(3);
	merge_conflict_id(REPORT, "values.TT01", &losing, id);
	merge_conflict_path(id, path);
	const struct write word = {.record = path, .field = "objections.x.reason", .value = "sai"};
	struct merge_result early, late;
	for (int first = 0; first < 2; first++) {
		struct history *h = history_new();
		add_value(h, 1, NOBODY, 2, "values.TT01", "1");
		if (first)
			add(h, 4, SEES(1), 2, &word, 1);
		whole_state(h, &early);
		assert_int_equal(early.n, 1);
		merge_result_free(&early);
		add_value(h, 2, SEES(1), 1, "values.TT01", "2");
		add_value(h, 3, SEES(1), 2, "values.TT01", "3");
		history_drop_last(h);
		add_value(h, 3, SEES(1), 2, "values.TT01", "3");
		if (!first)
			add(h, 4, SEES(1), 2, &word, 1);
		whole_state(h, &late);
		assert_int_equal(late.n, 2);
		assert_string_equal(late.records[0].path, path);
		assert_text(&late, 0, "state: objected\n");
		assert_text(&late, 0, "reason: sai\n");
		merge_result_free(&late);
		history_free(h);
	}
}

static void a_record_of_no_type_is_not_shown(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct merge_result r;
	const struct write writes[] = {{.record = "new/kind.yaml", .field = "", .value = "+"},
	    {.record = "new/kind.yaml", .field = "title", .value = "x"}};
	add(h, 1, NOBODY, 1, writes, 2);
	whole_state(h, &r);
	assert_int_equal(r.n, 0);
	merge_result_free(&r);
	history_free(h);
}

/* Two of one rank write past each other again and again and nobody settles. */
static void ties_on_ties(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct merge_result r;
	add_value(h, 1, NOBODY, 2, "values.TT01", "7");
	add_value(h, 2, SEES(1), 2, "values.TT01", "7");
	add_value(h, 3, SEES(1), 2, "values.TT01", "7");
	for (unsigned i = 4; i < 300; i += 2) {
		add_value(h, i, SEES(i - 2, i - 1), 2, "values.TT01", "8");
		add_value(h, i + 1, SEES(i - 2, i - 1), 2, "values.TT01", "9");
	}
	whole_state(h, &r);
	assert_int_equal(r.n, 2);
	assert_text(&r, 0, "base: '7'\n");
	assert_text(&r, 0, "state: disputed\n");
	assert_text(&r, 1, "TT01: '7'\n");
	merge_result_free(&r);
	history_free(h);
}

static char *lines(const char *first, size_t n, const char *last)
{
	struct buf text = {0};
	buf_puts(&text, first);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "\ndòng số %zu trong một bản dài", i);
	buf_printf(&text, "\n%s", last);
	return buf_take(&text);
}

static char *wide(size_t n)
{
	char *text = mem_alloc(n + 1);
	memset(text, 'x', n);
	return text;
}

static void check_blend(size_t extra, bool blends)
{
	struct history *h = history_new();
	struct merge_result r;
	char *x = wide(extra), *base = lines("a", 20, "z"), *one = lines(x, 20, "z"),
	     *two = lines("a", 20, x);
	add_value(h, 1, NOBODY, 2, "note", base);
	add_value(h, 2, SEES(1), 2, "note", one);
	add_value(h, 3, SEES(1), 2, "note", two);
	whole_state(h, &r);
	assert_int_equal(r.n, blends ? 1 : 2);
	merge_result_free(&r);
	history_free(h);
	free(x);
	free(base);
	free(one);
	free(two);
}

static void a_blend_must_fit_a_record(void **state)
{
	(void)state;
	check_blend(100, true);
	check_blend(31000, true);
	check_blend(33000, false);
}

/* Texts that stand in a store may begin and end with empty lines, which nobody could type. */
static void a_blend_must_be_canonical(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
	    {"a\n\nb", "\nb", "a\n"}, {"a\n\nb\nc\nd", "\nb\nc\nd", "a\n\nb\nc\nx"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct history *h = history_new();
		struct merge_result r;
		add_value(h, 1, NOBODY, 2, "note", rows[i][0]);
		add_value(h, 2, SEES(1), 2, "note", rows[i][1]);
		add_value(h, 3, SEES(1), 2, "note", rows[i][2]);
		whole_state(h, &r);
		assert_int_equal(r.n, 2);
		assert_text(&r, 0, "state: disputed\n");
		merge_result_free(&r);
		history_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_place_is_no_difference),
	    cmocka_unit_test(a_field_named_twice_is_written_once),
	    cmocka_unit_test(a_word_before_its_conflict),
	    cmocka_unit_test(a_record_of_no_type_is_not_shown),
	    cmocka_unit_test(ties_on_ties),
	    cmocka_unit_test(a_blend_must_fit_a_record),
	    cmocka_unit_test(a_blend_must_be_canonical),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

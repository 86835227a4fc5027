/* From the id of a conflict to the write that lost, in histories that grow and that take back; and logs made late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/blame.h"
#include "merge/merge.h"
#include "merge/trace.h"
#include "merge/words.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/p/2026-06.yaml"
#define TASK "progress/31/p/t1.yaml"

static struct oid id_of(unsigned name)
{
	struct oid id = {{0}};
	id.b[0] = (unsigned char)(name >> 8);
	id.b[1] = (unsigned char)name;
	id.b[19] = 1;
	return id;
}

static void add_writes(struct history *h, unsigned name, unsigned head, const char *writer, int rank,
    const struct write *writes, size_t n)
{
	struct err err = {0};
	struct history_change c = {.id = id_of(name),
	    .writer = writer,
	    .unit = writer,
	    .rank = rank,
	    .claim = CLAIM_NONE,
	    .writes = writes,
	    .n_writes = n};
	struct oid seen = id_of(head);
	if (head)
		oids_add(&c.heads, &seen);
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

static void add(struct history *h, unsigned name, unsigned head, const char *record, const char *field)
{
	const struct write writes[] = {
	    {.record = record, .field = "", .value = "+"}, {.record = record, .field = field, .value = "1"}};
	add_writes(h, name, head, "11383", 2, writes, 2);
}

static void id_in(const char *record, const char *field, unsigned losing, char id[41])
{
	struct oid change = id_of(losing);
	merge_conflict_id(record, field, &change, id);
}

static bool is_found(struct history *h, const char *on, const char *of, unsigned losing)
{
	char id[41];
	const char *record, *field;
	struct blame_write w;
	struct oid change = id_of(losing);
	id_in(on, of, losing, id);
	if (!blame_conflict(h, id, &record, &field, &w))
		return false;
	assert_string_equal(record, on);
	assert_string_equal(field, of);
	assert_memory_equal(w.change.b, change.b, OID_SIZE);
	return true;
}

static void among_many(void **state)
{
	(void)state;
	struct history *h = history_new();
	for (unsigned i = 1; i <= 600; i++) {
		add(h, i, i - 1, REPORT, "values.TT01");
		if (i == 100)
			assert_true(is_found(h, REPORT, "values.TT01", 1));
	}
	for (unsigned i = 1; i <= 600; i++)
		assert_true(is_found(h, REPORT, "values.TT01", i));
	assert_false(is_found(h, REPORT, "values.TT01", 601));
	assert_false(is_found(h, REPORT, "values.TT02", 1));
	history_free(h);
}

/* What was taken back is not found, whoever stands in its place. */
static void what_was_taken_back(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {TASK, "percent"}, {REPORT, "values.TT09"}, {REPORT, "values.TT01"}};
	for (unsigned i = 0; i < 3; i++) {
		struct history *h = history_new();
		add(h, 1, 0, REPORT, "values.TT01");
		assert_true(is_found(h, REPORT, "values.TT01", 1));
		add(h, 2, 1, rows[i][0], rows[i][1]);
		assert_true(is_found(h, rows[i][0], rows[i][1], 2));
		history_drop_last(h);
		assert_false(is_found(h, rows[i][0], rows[i][1], 2));
		add(h, 3, 1, REPORT, "values.TT01");
		assert_false(is_found(h, rows[i][0], rows[i][1], 2));
		assert_true(is_found(h, REPORT, "values.TT01", 3));
		history_free(h);
	}
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;
	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* One change objects to two conflicts about a record that nobody has looked at since. */
static void two_words_at_once(void **state)
{
	(void)state;
	char first[64], second[64], id[41];
	id_in(REPORT, "values.TT01", 2, id);
	merge_conflict_path(id, first);
	id_in(REPORT, "values.TT02", 2, id);
	merge_conflict_path(id, second);
	const struct write both[] = {{.record = REPORT, .field = "", .value = "+"},
	    {.record = REPORT, .field = "values.TT01", .value = "1"},
	    {.record = REPORT, .field = "values.TT02", .value = "2"},
	    {.record = REPORT, .field = "values.TT03", .value = "3"}},
			   other[] = {{.record = REPORT, .field = "", .value = "+"},
			       {.record = REPORT, .field = "values.TT01", .value = "4"},
			       {.record = REPORT, .field = "values.TT02", .value = "5"}},
			   words[] = {{.record = first, .field = "objections.x.reason", .value = "sai"},
			       {.record = second, .field = "objections.x.reason", .value = "sai"},
			       {.record = TASK, .field = "", .value = "+"},
			       {.record = "acks/31/D-1.yaml", .field = "", .value = "+"}};
	struct history *h = history_new();
	struct merge_result r;
	struct oids none = {0}, tips;
	add_writes(h, 1, 0, "31", 1, both, 4);
	add_writes(h, 2, 0, "11383", 2, other, 3);
	history_rest(h);
	add_writes(h, 3, 2, "11383", 2, words, 4);
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &none, &tips, &r);
	struct buf text = {0};
	for (size_t i = 0; i < r.n; i++)
		buf_puts(&text, r.records[i].text);
	assert_int_equal(count_of(buf_str(&text), "reason: sai\n"), 2);
	assert_int_equal(count_of(buf_str(&text), "state: objected\n"), 2);
	buf_free(&text);
	merge_result_free(&r);
	oids_free(&tips);
	history_free(h);
}

static void count(void *ctx, const struct trace_write *w)
{
	(void)w;
	++*(size_t *)ctx;
}

/* Of all the words of a history few are records. */
static void a_writer_is_no_record(void **state)
{
	(void)state;
	struct history *h = history_new();
	size_t n = 0;
	add(h, 1, 0, REPORT, "values.TT01");
	trace_field(h, "11383", "", count, &n);
	trace_field(h, "values.TT01", "", count, &n);
	assert_int_equal(n, 0);
	trace_field(h, REPORT, "", count, &n);
	assert_int_equal(n, 1);
	history_free(h);
}

/* Found by trying: these two have one hash. */
static void words_of_one_hash(void **state)
{
	(void)state;
	static const char *const texts[] = {"values.15869", "values.84019"};
	struct words w = {0};
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(words_find(&w, texts[i]), WORDS_NONE);
		words_add(&w, texts[i]);
		assert_int_equal(words_find(&w, texts[i]), i);
	}
	assert_int_equal(w.items[0].hash, w.items[1].hash);
	words_cut(&w, 1);
	assert_int_equal(words_find(&w, texts[1]), WORDS_NONE);
	assert_int_equal(words_find(&w, texts[0]), 0);
	words_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(among_many),
	    cmocka_unit_test(what_was_taken_back),
	    cmocka_unit_test(two_words_at_once),
	    cmocka_unit_test(a_writer_is_no_record),
	    cmocka_unit_test(words_of_one_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

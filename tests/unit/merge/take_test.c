/* Packed changes such as no program wrote, but a file may hold: each is told from a good one, or says something wrong and harms
 * nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "merge/pack.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/p/2026-06.yaml"
#define TASK "progress/31/p/t1.yaml"

static struct oid id_of(unsigned name)
{
	struct oid id;
	memset(id.b, (int)name, OID_SIZE);
	return id;
}

static const char *conflict_of(const char *record, const char *field, unsigned losing)
{
	static char path[64];
	char id[41];
	struct oid change = id_of(losing);
	merge_conflict_id(record, field, &change, id);
	merge_conflict_path(id, path);
	return path;
}

static int add(struct history *h, unsigned name, unsigned head, const char *writer, int rank,
    const char *record, const char *field, const char *value)
{
	const struct write writes[] = {{.record = record, .field = "", .value = "+"},
	    {.record = record, .field = field, .value = value}};
	struct err err = {0};
	struct history_change c = {.id = id_of(name),
	    .writer = writer,
	    .unit = writer,
	    .rank = rank,
	    .claim = CLAIM_NONE,
	    .writes = writes,
	    .n_writes = 2};
	struct oid seen = id_of(head);
	if (head)
		oids_add(&c.heads, &seen);
	int rc = history_add(h, &c, &err);
	oids_free(&c.heads);
	return rc;
}

/* ---- by hand ---- */

static void put_fresh(struct pack_out *out, unsigned word, const char *text)
{
	pack_put_number(out, word << 1 | 1);
	pack_put_number(out, (unsigned)strlen(text));
	buf_add(&out->bytes, text, strlen(text) + 1);
}

static void put_known(struct pack_out *out, const struct history *h, const char *text)
{
	unsigned word = words_find(&h->words, text);
	assert_int_not_equal(word, WORDS_NONE);
	pack_put_number(out, word << 1);
}

/* One that has seen nothing, by a writer in a chain of his own that is the newest. */
static void begin(struct pack_out *out, const struct history *h, unsigned name)
{
	struct oid id = id_of(name);
	*out = (struct pack_out){.words = &h->words, .known = h->words.n};
	pack_begin(out, &id, CLAIM_NONE, 1, 2);
}

static void put_place(struct pack_out *out, const struct history *h, unsigned records)
{
	pack_put_number(out, (unsigned)h->n_chains);
	pack_put_number(out, 0); /* generation */
	pack_put_number(out, 0); /* heads */
	pack_put_number(out, (unsigned)h->n_chains + 1);
	for (size_t c = 0; c < h->n_chains; c++)
		pack_put_number(out, 0);
	pack_put_number(out, 1);
	pack_put_number(out, records);
}

static bool take(struct history *h, struct pack_out *out)
{
	pack_end(out);
	unsigned char *bytes = (unsigned char *)mem_dup_len(out->bytes.data, out->bytes.len);
	history_rest(h);
	bool taken = take_packed(h, bytes, out->bytes.len);
	if (!taken)
		free(bytes);
	buf_free(&out->bytes);
	return taken;
}

static char *state_of(const struct history *h)
{
	struct oids none = {0}, tips;
	struct merge_result r;
	struct buf text = {0};
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &none, &tips, &r);
	for (size_t i = 0; i < r.n; i++)
		buf_printf(&text, "%s\n%s\n", r.records[i].path, r.records[i].text);
	merge_result_free(&r);
	oids_free(&tips);
	return buf_take(&text);
}

static bool says(const struct history *h, const char *what)
{
	char *text = state_of(h);
	bool found = strstr(text, what) != NULL;
	free(text);
	return found;
}

/* ---- */

static void numbers_have_an_end(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		bool bad;
		unsigned n;
	} rows[] = {{"\x07", 1, false, 7}, {"\x80\x01", 2, false, 128},
	    {"\xff\xff\xff\xff\x0f", 5, false, UINT32_MAX}, {"\xff\xff\xff\xff\x10", 5, true, 0},
	    {"\xff\xff\xff\xff\x7f", 5, true, 0}, {"\xff\xff\xff\xff\xff\x01", 6, true, 0},
	    {"\xff", 1, true, 0}, {"", 0, true, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const unsigned char *bytes = (const unsigned char *)rows[i].bytes;
		struct pack_in in = {.start = bytes, .at = bytes, .end = bytes + rows[i].len};
		assert_int_equal(pack_number(&in), rows[i].n);
		assert_int_equal(in.bad, rows[i].bad);
	}
}

static void a_word_is_new_once(void **state)
{
	(void)state;
	static const struct {
		const char *writer, *path;
		bool good;
	} rows[] = {{"31", REPORT, true}, {"31", "31", false}, {"11383", REPORT, false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct history *h = history_new();
		struct pack_out out;
		assert_int_equal(add(h, 1, 0, "11383", 2, TASK, "percent", "1"), 0);
		unsigned n = (unsigned)h->words.n;
		begin(&out, h, 2);
		put_fresh(&out, n, rows[i].writer);
		put_place(&out, h, 1);
		put_fresh(&out, n + 1, rows[i].path);
		for (int k = 0; k < 3; k++)
			pack_put_number(&out, 0); /* first words on it, not known of what, no fields */
		assert_int_equal(take(h, &out), rows[i].good);
		assert_int_equal(h->words.n, rows[i].good ? n + 2 : n);
		if (rows[i].good) { /* that on which nothing was written, written on and not */
			assert_int_equal(add(h, 3, 0, "31", 1, REPORT, "note", "x"), 0);
			assert_true(says(h, "note: x"));
			history_drop_last(h);
			assert_false(says(h, "note: x"));
		}
		history_free(h);
	}
}

static void a_writer_is_a_word_and_an_id_is_new(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		bool beyond = row == 1, again = row == 2;
		struct history *h = history_new();
		struct pack_out out;
		assert_int_equal(add(h, 1, 0, "11383", 2, TASK, "percent", "1"), 0);
		begin(&out, h, again ? 1 : 2);
		pack_put_number(&out, beyond ? (unsigned)h->words.n << 1 : 0);
		put_place(&out, h, 0);
		assert_int_equal(take(h, &out), row == 0);
		history_free(h);
	}
}

static void limits(void **state)
{
	(void)state;
	struct history *h = history_new();
	char *wide = mem_alloc(PACK_MAX + 1);
	memset(wide, 'x', PACK_MAX);
	assert_int_equal(add(h, 1, 0, "11383", 2, REPORT, "note", wide), ERR_INPUT);
	assert_int_equal(history_count(h), 0);
	assert_int_equal(h->words.n, 0);
	free(wide);
	assert_int_equal(add(h, 1, 0, "11383", 2, REPORT, "note", "x"), 0);
	const void *bytes;
	size_t len;
	struct history *full = history_new();
	history_packed(h, 0, &bytes, &len);
	full->n = full->n_lent = 1u << 30;
	assert_false(history_take(full, bytes, len));
	full->n = full->n_lent = 0;
	assert_true(history_take(full, bytes, len));
	history_free(full);
	history_free(h);
}

/* Lent memory comes first: what was added stays the history's own. */
static void nothing_is_lent_after_something_was_added(void **state)
{
	(void)state;
	struct history *h = history_new(), *other = history_new();
	const void *bytes;
	size_t len;
	assert_int_equal(add(h, 1, 0, "11383", 2, REPORT, "note", "x"), 0);
	assert_int_equal(add(other, 2, 0, "31", 1, TASK, "note", "y"), 0);
	history_packed(h, 0, &bytes, &len);
	assert_false(history_take(other, bytes, len));
	history_free(other);
	history_free(h);
}

/* The losing write is there, but the words on the conflict say that nobody knows it. */
static void words_that_do_not_say_on_what(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct pack_out out;
	assert_int_equal(add(h, 1, 0, "0", 0, REPORT, "values.TT01", "1"), 0);
	assert_int_equal(add(h, 2, 0, "11383", 2, REPORT, "values.TT01", "2"), 0);
	unsigned n = (unsigned)h->words.n;
	begin(&out, h, 3);
	put_known(&out, h, "11383");
	put_place(&out, h, 1);
	put_fresh(&out, n, conflict_of(REPORT, "values.TT01", 2));
	pack_put_number(&out, 0); /* the first words on it */
	pack_put_number(&out, 0); /* of what is not known */
	pack_put_number(&out, 1);
	put_fresh(&out, n + 1, "objections.x.reason");
	pack_put_value(&out, "sai", false);
	assert_true(take(h, &out));
	assert_true(says(h, "state: objected\n"));
	assert_true(says(h, "reason: sai\n"));
	history_free(h);
}

/* They name a change that did not write there. */
static void words_on_a_write_that_was_none(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct pack_out out;
	assert_int_equal(add(h, 1, 0, "0", 0, REPORT, "values.TT01", "1"), 0);
	assert_int_equal(add(h, 2, 0, "11383", 2, REPORT, "values.TT02", "2"), 0);
	unsigned n = (unsigned)h->words.n;
	begin(&out, h, 3);
	put_known(&out, h, "11383");
	put_place(&out, h, 1);
	put_fresh(&out, n, conflict_of(REPORT, "values.TT01", 2));
	pack_put_number(&out, 0);
	pack_put_number(&out, 1); /* the change before this one */
	put_known(&out, h, REPORT);
	put_known(&out, h, "values.TT01");
	pack_put_number(&out, 1);
	put_fresh(&out, n + 1, "objections.x.reason");
	pack_put_value(&out, "sai", false);
	assert_true(take(h, &out));
	assert_false(says(h, "conflicts/"));
	assert_true(says(h, "TT02: '2'"));
	history_free(h);
}

/* Words on a conflict that is not there yet, then the write itself, told twice; and a field of such a name. */
static void a_field_told_twice(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct pack_out out;
	char odd[64];
	strcpy(odd, conflict_of(REPORT, "values.TT01", 9));
	assert_int_equal(add(h, 1, 0, "0", 0, REPORT, "values.TT01", "1"), 0);
	assert_int_equal(
	    add(h, 2, 0, "31", 1, conflict_of(REPORT, "values.TT01", 3), "objections.x.reason", "a"), 0);
	assert_int_equal(
	    add(h, 4, 0, "31", 1, conflict_of(REPORT, "values.TT01", 8), "objections.x.reason", "b"), 0);
	assert_int_equal(add(h, 5, 0, "31", 1, TASK, odd, "c"), 0);
	assert_int_equal(h->n_orphans, 2);
	begin(&out, h, 3);
	put_known(&out, h, "31");
	put_place(&out, h, 1);
	put_known(&out, h, REPORT);
	pack_put_number(&out, 4); /* the last that wrote on it is so many changes back */
	pack_put_number(&out, h->words.items[words_find(&h->words, REPORT)].offset);
	pack_put_number(&out, 3);
	for (int k = 0; k < 2; k++) {
		put_known(&out, h, "values.TT01");
		pack_put_value(&out, "2", false);
	}
	put_known(&out, h, "");
	pack_put_value(&out, "+", false);
	assert_true(take(h, &out));
	assert_int_equal(h->n_orphans, 1);
	assert_true(says(h, "reason: a\n"));
	assert_false(says(h, "reason: b\n"));
	assert_int_equal(add(h, 9, 0, "31", 1, REPORT, "values.TT01", "2"), 0);
	assert_int_equal(h->n_orphans, 1);
	assert_true(says(h, "reason: a\n"));
	history_drop_last(h);
	assert_true(says(h, "reason: a\n"));
	assert_int_equal(h->n_orphans, 1);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_have_an_end),
	    cmocka_unit_test(a_word_is_new_once),
	    cmocka_unit_test(a_writer_is_a_word_and_an_id_is_new),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(nothing_is_lent_after_something_was_added),
	    cmocka_unit_test(words_that_do_not_say_on_what),
	    cmocka_unit_test(words_on_a_write_that_was_none),
	    cmocka_unit_test(a_field_told_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/history.h"

/* Change 'a' has the id 6161...61. */
static struct oid id_of(char name)
{
	struct oid id;
	memset(id.b, name, OID_SIZE);
	return id;
}

static void ids_of(const char *names, struct oids *out)
{
	*out = (struct oids){0};
	for (; *names; names++) {
		struct oid id = id_of(*names);
		oids_add(out, &id);
	}
}

static int add(struct history *h, char name, const char *sees, const char *writer, struct err *err)
{
	struct history_change c = {
	    .id = id_of(name), .writer = writer, .unit = writer, .rank = 2, .claim = CLAIM_NONE};
	ids_of(sees, &c.heads);
	int rc = history_add(h, &c, err);
	oids_free(&c.heads);
	return rc;
}

static bool seen(const struct history *h, char young, char old)
{
	struct oid a = id_of(young), b = id_of(old);
	return history_seen(h, &a, &b);
}

static void assert_names(const struct oids *list, const char *names)
{
	char got[32] = "";
	for (size_t i = 0; i < list->n && i < 31; i++)
		got[i] = (char)list->items[i].b[0];
	assert_string_equal(got, names);
}

/*
 * a - b - d - f      one writer: a b d; f by another who saw d and e
 *   \ c - e /
 */
static struct history *diamond(void)
{
	struct history *h = history_new();
	struct err err = {0};
	assert_int_equal(add(h, 'a', "", "31", &err), 0);
	assert_int_equal(add(h, 'b', "a", "31", &err), 0);
	assert_int_equal(add(h, 'c', "a", "11383", &err), 0);
	assert_int_equal(add(h, 'e', "c", "11383", &err), 0);
	assert_int_equal(add(h, 'd', "b", "31", &err), 0);
	assert_int_equal(add(h, 'f', "de", "0", &err), 0);
	return h;
}

static void who_saw_what(void **state)
{
	(void)state;
	static const char *const sees[] = {"a", "ab", "ac", "abd", "ace", "abcdef"};
	struct history *h = diamond();
	for (char young = 'a'; young <= 'f'; young++)
		for (char old = 'a'; old <= 'f'; old++)
			assert_int_equal(seen(h, young, old), strchr(sees[young - 'a'], old) != NULL);
	assert_false(seen(h, 'f', 'x'));
	assert_false(seen(h, 'x', 'a'));
	assert_int_equal(history_count(h), 6);
	history_free(h);
}

static void how_much_each_saw(void **state)
{
	(void)state;
	static const size_t counts[] = {1, 2, 2, 3, 3, 6};
	struct history *h = diamond();
	for (char name = 'a'; name <= 'f'; name++) {
		struct oid id = id_of(name);
		assert_int_equal(history_seen_count(h, &id), counts[name - 'a']);
	}
	struct oid e = id_of('e'), none = id_of('x');
	assert_string_equal(history_writer(h, &e), "11383");
	assert_int_equal(history_seen_count(h, &none), 0);
	assert_null(history_writer(h, &none));
	history_free(h);
}

static size_t ahead(const struct history *h, const char *from, const char *to)
{
	struct oids a, b;
	ids_of(from, &a);
	ids_of(to, &b);
	size_t n = history_ahead(h, &a, &b);
	oids_free(&a);
	oids_free(&b);
	return n;
}

static void how_much_more_was_seen(void **state)
{
	(void)state;
	struct history *h = diamond();
	assert_int_equal(ahead(h, "", "f"), 6);
	assert_int_equal(ahead(h, "d", "de"), 2);
	assert_int_equal(ahead(h, "de", "de"), 0);
	assert_int_equal(ahead(h, "bc", "de"), 2);
	assert_true(ahead(h, "d", "e") == SIZE_MAX);
	assert_true(ahead(h, "f", "de") == SIZE_MAX);
	assert_true(ahead(h, "ax", "f") == SIZE_MAX);
	history_free(h);
}

static void a_missing_head_parks(void **state)
{
	(void)state;
	struct history *h = diamond();
	struct err err = {0};
	assert_int_equal(add(h, 'g', "fx", "0", &err), ERR_PARKED);
	assert_non_null(err.hint);
	struct oid g = id_of('g');
	assert_false(history_has(h, &g));
	history_free(h);
}

static void adding_again_is_nothing(void **state)
{
	(void)state;
	struct history *h = diamond();
	struct err err = {0};
	assert_int_equal(add(h, 'c', "b", "somebody else", &err), 0);
	assert_int_equal(history_count(h), 6);
	assert_false(seen(h, 'c', 'b'));
	history_free(h);
}

static void maximal(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"", ""}, {"a", "a"}, {"edcba", "de"}, {"abcdef", "f"}, {"cbb", "bc"}, {"bx", "b"}};
	struct history *h = diamond();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct oids list;
		ids_of(rows[i][0], &list);
		history_maximal(h, &list);
		assert_names(&list, rows[i][1]);
		oids_free(&list);
	}
	history_free(h);
}

static void tips(void **state)
{
	(void)state;
	struct history *h = diamond();
	struct err err = {0};
	struct oids list;
	history_tips(h, &list);
	assert_names(&list, "f");
	oids_free(&list);
	assert_int_equal(add(h, 'g', "b", "31", &err), 0);
	history_tips(h, &list);
	assert_names(&list, "fg");
	oids_free(&list);
	history_free(h);
}

static void between(void **state)
{
	(void)state;
	static const char *const rows[][3] = {{"", "f", "abcdef"}, {"b", "f", "cdef"}, {"de", "f", "f"},
	    {"f", "f", ""}, {"", "de", "abcde"}, {"xb", "e", "ce"}, {"f", "a", ""}, {"", "", ""}};
	struct history *h = diamond();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct oids have, heads, out;
		ids_of(rows[i][0], &have);
		ids_of(rows[i][1], &heads);
		history_between(h, &have, &heads, &out);
		assert_names(&out, rows[i][2]);
		oids_free(&have);
		oids_free(&heads);
		oids_free(&out);
	}
	history_free(h);
}

/* A node restored from an old copy goes on under its name: two chains, and nothing else is different. */
static void a_forked_writer(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct err err = {0};
	struct oids list;
	assert_int_equal(add(h, 'a', "", "31", &err), 0);
	assert_int_equal(add(h, 'b', "a", "31", &err), 0);
	assert_int_equal(add(h, 'c', "a", "31", &err), 0);
	assert_int_equal(add(h, 'd', "c", "31", &err), 0);
	assert_int_equal(add(h, 'e', "b", "31", &err), 0);
	assert_false(seen(h, 'd', 'b'));
	assert_false(seen(h, 'e', 'c'));
	assert_true(seen(h, 'e', 'b'));
	history_tips(h, &list);
	assert_names(&list, "de");
	oids_free(&list);
	assert_int_equal(add(h, 'f', "de", "31", &err), 0);
	assert_true(seen(h, 'f', 'b') && seen(h, 'f', 'c'));
	history_free(h);
}

static void the_newest_taken_back(void **state)
{
	(void)state;
	struct history *h = diamond();
	struct err err = {0};
	struct oids list;
	struct oid g = id_of('g');
	for (int round = 0; round < 3; round++) {
		assert_int_equal(add(h, 'g', "f", round == 1 ? "0" : "01", &err), 0);
		history_drop_last(h);
		assert_false(history_has(h, &g));
		history_tips(h, &list);
		assert_names(&list, "f");
		oids_free(&list);
	}
	assert_int_equal(add(h, 'g', "f", "01", &err), 0);
	assert_true(seen(h, 'g', 'a'));
	history_free(h);
}

/* A change is the same in two histories when all that it says is. */
struct said {
	const char *sees, *writer;
	int rank;
	enum claim claim;
	struct write writes[3];
	size_t n;
};

#define WROTE(r, f, v)                                    \
	{                                                 \
		.record = (r), .field = (f), .value = (v) \
	}
static const struct said said = {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "2")}, 2};

static void add_said(struct history *h, const struct said *s)
{
	struct err err = {0};
	struct history_change c = {.id = id_of('x'),
	    .writer = s->writer,
	    .unit = s->writer,
	    .rank = s->rank,
	    .claim = s->claim,
	    .writes = s->writes,
	    .n_writes = s->n};
	ids_of(s->sees, &c.heads);
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

static bool is_same(const struct said *a, const struct said *b, const char *below)
{
	struct history *first = diamond(), *second = history_new();
	struct err err = {0};
	struct oid x = id_of('x');
	assert_int_equal(add(second, 'a', "", "31", &err), 0);
	assert_int_equal(add(second, 'b', below, "31", &err), 0);
	assert_int_equal(add(second, 'c', "a", "11383", &err), 0);
	add_said(first, a);
	if (b)
		add_said(second, b);
	bool same = history_same(first, second, &x);
	assert_int_equal(history_same(second, first, &x), same);
	history_free(first);
	history_free(second);
	return same;
}

static void the_same_in_both(void **state)
{
	(void)state;
	static const struct said others[] = {
	    {"bc", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "2")}, 2},
	    {"c", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "2")}, 2},
	    {"b", "11383", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "2")}, 2},
	    {"b", "31", 2, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "2")}, 2},
	    {"b", "31", 1, CLAIM_LEAD, {WROTE("r", "f", "1"), WROTE("s", "g", "2")}, 2},
	    {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1")}, 1},
	    {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("t", "g", "2")}, 2},
	    {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "h", "2")}, 2},
	    {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "3")}, 2},
	    {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", NULL)}, 2},
	    {"b", "31", 1, CLAIM_NONE,
		{WROTE("r", "f", "1"), {.record = "s", .field = "g", .value = "2", .seal = true}}, 2},
	    {"b", "31", 1, CLAIM_NONE, {WROTE("r", "f", "1"), WROTE("s", "g", "2"), WROTE("s", "h", "2")}, 3},
	};
	assert_true(is_same(&said, &said, "a"));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(is_same(&said, &others[i], "a"));
	assert_false(is_same(&said, &said, "")); /* what it had seen had seen less */
	assert_false(is_same(&said, NULL, "a"));
	struct history *h = diamond();
	struct oid unknown = id_of('y');
	assert_true(history_same(h, h, &unknown));
	history_free(h);
	history_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_saw_what),
	    cmocka_unit_test(how_much_each_saw),
	    cmocka_unit_test(how_much_more_was_seen),
	    cmocka_unit_test(a_missing_head_parks),
	    cmocka_unit_test(adding_again_is_nothing),
	    cmocka_unit_test(maximal),
	    cmocka_unit_test(tips),
	    cmocka_unit_test(between),
	    cmocka_unit_test(a_forked_writer),
	    cmocka_unit_test(the_newest_taken_back),
	    cmocka_unit_test(the_same_in_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tree.h"

static char *joined(struct strs *list, struct buf *out)
{
	buf_cut(out, 0);
	for (size_t i = 0; i < list->n; i++)
		buf_printf(out, "%s%s", i ? " " : "", list->items[i]);
	strs_free(list);
	return (char *)buf_str(out);
}

static void the_tree_is_walked_both_ways(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct strs list = {0};
	struct buf text = {0};
	registry_above(r, "11383", &list);
	assert_string_equal(joined(&list, &text), "0 31");
	registry_above(r, "cong-an@11383", &list);
	assert_string_equal(joined(&list, &text), "0 31 11383");
	registry_above(r, "0", &list);
	assert_string_equal(joined(&list, &text), "");
	registry_below(r, "31", false, &list);
	assert_string_equal(joined(&list, &text), "11050 11383");
	registry_below(r, "31", true, &list);
	assert_string_equal(joined(&list, &text), "11050 11383 cong-an@11383");
	registry_below(r, "0", false, &list);
	assert_string_equal(joined(&list, &text), "00004 01 11050 11383 31");
	registry_below(r, NULL, false, &list);
	assert_string_equal(joined(&list, &text), "0 00004 01 11050 11383 31");
	assert_true(registry_is_above(r, "0", "11383"));
	assert_true(registry_is_above(r, "11383", "cong-an@11383"));
	assert_false(registry_is_above(r, "01", "11383"));
	assert_false(registry_is_above(r, "31", "31"));
	assert_false(registry_is_above(r, "11383", "31"));
	assert_null(registry_unit(r, "0")->parent);
	assert_string_equal(registry_unit(r, "cong-an@11383")->parent, "11383");
	buf_free(&text);
	registry_free(r);
}

static void rings_end(void **state)
{
	(void)state;
	struct registry *r = registry_new();
	struct strs list = {0};
	tree_add(r, "b", 0, "a", "a", "commune", 3, "A");
	tree_add(r, "a", 0, "b", "b", "commune", 3, "B");
	registry_above(r, "a", &list);
	assert_true(list.n > 0);
	assert_false(registry_is_above(r, "c", "a"));
	strs_free(&list);
	registry_free(r);
}

static void a_key_is_granted_by_the_change_that_brought_it(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct oid change = tree_change(83), zero = {{0}};
	const struct registry_grant *g = registry_grant(r, &change, "11383", NULL);
	assert_non_null(g);
	assert_string_equal(g->ledger, "directives/31");
	assert_int_equal(g->rank, 3);
	assert_true(g->active);
	assert_ptr_equal(registry_by_key(r, tree_key(83)), g);
	assert_null(registry_grant(r, &change, "11050", NULL));
	assert_null(registry_grant(r, &change, "11383", "cong-an"));
	/* The same key in later records is the same grant. */
	tree_add(r, "31", 83, "11383", "11383", "commune", 3, "phường Lê Chân mới");
	change = tree_change(84);
	g = registry_grant(r, &change, "11383", "cong-an");
	assert_non_null(g);
	assert_string_equal(g->agency, "cong-an");
	/* The anchor's own. */
	g = registry_grant(r, &zero, "0", NULL);
	assert_non_null(g);
	assert_int_equal(g->rank, 0);
	assert_ptr_equal(registry_by_key(r, tree_key(9)), g);
	change = tree_change(9);
	assert_null(registry_grant(r, &change, "0", NULL));
	assert_false(registry_unit(r, "00004")->has_key);
	assert_true(registry_unit(r, "0")->has_key);
	registry_free(r);
}

static void feed_keys(struct registry *r, unsigned char change, const char *first, const char *second)
{
	char yaml[1024];
	snprintf(yaml, sizeof yaml,
	    "code: '11383'\nname: Lê Chân\nlevel: commune\nrank: 3\nkeys:\n  k1: {key: %s, state: "
	    "%s}\n%s%s%s%s%s",
	    tree_key_text(83), first, second ? "  k2: {key: " : "", second ? tree_key_text(85) : "",
	    second ? ", state: " : "", second ? second : "", second ? "}\n" : "");
	tree_feed(r, "31", change, "11383", yaml);
}

static void states_of_keys_only_narrow(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct oid first = tree_change(83), second = tree_change(101);
	feed_keys(r, 100, "retired", NULL);
	assert_false(registry_grant(r, &first, "11383", NULL)->active);
	assert_null(registry_by_key(r, tree_key(83)));
	assert_false(registry_unit(r, "11383")->has_key);
	feed_keys(r, 101, "retired", "active");
	assert_ptr_equal(registry_by_key(r, tree_key(85)), registry_grant(r, &second, "11383", NULL));
	assert_true(registry_unit(r, "11383")->has_key);
	/* A ledger that is read again from its start brings nothing back. */
	feed_keys(r, 83, "active", NULL);
	feed_keys(r, 101, "retired", "active");
	assert_null(registry_by_key(r, tree_key(83)));
	assert_non_null(registry_by_key(r, tree_key(85)));
	registry_free(r);
}

static void two_claims_to_one_id_do_not_depend_on_their_order(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct registry *r = tree_new();
		tree_add(r, turn ? "31" : "01", 70, "5", "5", "commune", 3, "năm");
		tree_add(r, turn ? "01" : "31", 71, "5", "5", "commune", 3, "năm");
		tree_add(r, "01", 72, "31", "31", "district", 2, "not Hải Phòng");
		assert_string_equal(registry_unit(r, "5")->parent, "01");
		struct oid loser = tree_change(turn ? 70 : 71), winner = tree_change(turn ? 71 : 70);
		assert_null(registry_by_key(r, tree_key(turn ? 70 : 71)));
		assert_null(registry_grant(r, &loser, "5", NULL));
		assert_non_null(registry_grant(r, &winner, "5", NULL));
		assert_string_equal(registry_unit(r, "31")->parent, "0");
		assert_null(registry_by_key(r, tree_key(72)));
		registry_free(r);
	}
}

static void what_cannot_be_a_unit_is_left_out(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct arena arena = {0};
	struct oid c = tree_change(1);
	static const struct {
		const char *issuer, *path, *yaml;
	} rows[] = {
	    {"31", "units/5.yaml", "code: '5'\nname: x\nlevel: commune\n"},
	    {"31", "units/5.yaml", "code: '5'\nname: x\nlevel: commune\nrank: 100000\n"},
	    {"31", "levels.yaml", "code: '5'\nname: x\nlevel: commune\nrank: 3\n"},
	    {"31", "units/a@5.yaml", "code: '5'\nstation: a\nname: x\nlevel: commune\nrank: 3\n"},
	    {"5", "units/5.yaml", "code: '5'\nname: x\nlevel: commune\nrank: 3\n"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = {0};
		struct record rec = tree_record(&arena, "unit", rows[i].yaml);
		assert_int_equal(registry_feed(r, &(struct registry_source){rows[i].issuer, c, NULL},
				     rows[i].path, &rec, &err),
		    ERR_INPUT);
	}
	assert_null(registry_unit(r, "5"));
	struct err err = {0};
	assert_int_equal(
	    registry_feed(r, &(struct registry_source){"31", c, NULL}, "units/11050.yaml", NULL, &err), 0);
	assert_null(registry_unit(r, "11050"));
	assert_null(registry_by_key(r, tree_key(50)));
	arena_free(&arena);
	registry_free(r);
}

static void the_anchor_is_pinned(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct err err = {0};
	const char *unit;
	const unsigned char *key;
	assert_true(registry_anchor(r, &unit, &key));
	assert_string_equal(unit, "0");
	assert_int_equal(registry_set_anchor(r, "0", tree_key(9), &err), 0);
	assert_int_equal(registry_set_anchor(r, "0", tree_key(8), &err), ERR_REFUSED);
	registry_free(r);
	r = registry_new();
	assert_false(registry_anchor(r, &unit, &key));
	registry_free(r);
}

static const char *on_day(struct registry *r, const char *typed, const char *date)
{
	struct err err = {0};
	const struct registry_unit *u;
	day_t day;
	assert_int_equal(date_parse(date, &day, &err), 0);
	return registry_resolve_on(r, typed, day, &u, &err) == 0 ? u->id : "";
}

static void a_reused_code_means_the_unit_of_the_day(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct err err = {0};
	const struct registry_unit *u;
	tree_feed(r, "01", 200, "777",
	    "code: '777'\nname: bảy\nlevel: commune\nrank: 3\nvalid_from: 2020-01-01\nvalid_to: "
	    "2025-06-30\n");
	tree_feed(r, "01", 200, "777.2",
	    "code: '777'\nname: bảy\nlevel: commune\nrank: 3\nvalid_from: 2025-07-01\n");
	assert_string_equal(on_day(r, "777", "2025-06-30"), "777");
	assert_string_equal(on_day(r, "777", "2025-07-01"), "777.2");
	assert_string_equal(on_day(r, "bay", "2025-06-30"), "777");
	assert_string_equal(on_day(r, "bay", "2025-07-01"), "777.2");
	assert_string_equal(on_day(r, "777", "2019-12-31"), "777");
	assert_string_equal(on_day(r, "cong-an@11383", "2025-07-01"), "cong-an@11383");
	assert_int_equal(registry_resolve(r, "bay", &u, &err), ERR_AMBIGUOUS);
	registry_free(r);
}

static void people_type_ids_codes_and_names(void **state)
{
	(void)state;
	static const struct {
		const char *typed, *id;
	} rows[] = {{"11383", "11383"}, {"cong-an@11383", "cong-an@11383"}, {"Phường Lê Chân", "11383"},
	    {"phuong le chan", "11383"}, {"HAI PHONG", "31"}, {"cong-an@phuong le chan", "cong-an@11383"},
	    {"ha noi", "01"}, {"00004.2", "00004.2"}, {"777", "777.2"}};
	struct registry *r = tree_new();
	tree_add(r, "01", 0, "00004.2", "00004", "commune", 3, "phường Ba Đình");
	tree_add(r, "01", 0, "777.2", "777", "commune", 3, "bảy");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = {0};
		const struct registry_unit *u;
		if (registry_resolve(r, rows[i].typed, &u, &err) < 0)
			tree_fail(&err);
		assert_string_equal(u->id, rows[i].id);
	}
	struct err err = {0};
	const struct registry_unit *u;
	assert_int_equal(registry_resolve(r, "ba dinh", &u, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(registry_resolve(r, "phuong ba dinh", &u, &err), ERR_AMBIGUOUS);
	assert_non_null(strstr(err.arg[1], "00004 (phường Ba Đình), 00004.2"));
	ERR_CLEAR(&err);
	assert_int_equal(registry_resolve(r, "11384", &u, &err), ERR_NOT_FOUND);
	assert_string_equal(err.arg[1], "11383");
	ERR_CLEAR(&err);
	assert_int_equal(registry_resolve(r, "phuong le chn", &u, &err), ERR_NOT_FOUND);
	assert_string_equal(err.arg[1], "11383");
	ERR_CLEAR(&err);
	assert_int_equal(registry_resolve(r, "qqqqqqqqqqqq", &u, &err), ERR_NOT_FOUND);
	assert_non_null(err.hint);
	registry_free(r);
}

static void units_are_valid_from_their_first_day_to_their_last(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct err err = {0};
	day_t last, next;
	tree_feed(r, "31", 201, "311",
	    "code: '311'\nname: quận Lê Chân\nlevel: district\nrank: 2\nvalid_from: '1961-01-05'\nvalid_to: "
	    "'2025-06-30'\n");
	date_parse("2025-06-30", &last, &err);
	date_parse("2025-07-01", &next, &err);
	const struct registry_unit *u = registry_unit(r, "311");
	assert_true(registry_valid_on(u, last));
	assert_false(registry_valid_on(u, next));
	assert_true(registry_valid_on(u, u->valid_from));
	assert_false(registry_valid_on(u, u->valid_from - 1));
	assert_true(registry_valid_on(registry_unit(r, "11383"), next));
	assert_string_equal(record_get(registry_record(r, "311"), "valid_to"), "2025-06-30");
	assert_null(registry_record(r, "312"));
	registry_free(r);
}

static void count_active(void *ctx, const struct registry_grant *g)
{
	*(int *)ctx += g->active;
}

static void every_grant_is_visited(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	int n = 0;
	registry_grants(r, count_active, &n);
	assert_int_equal(n, 6);
	registry_free(r);
	registry_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tree_is_walked_both_ways),
	    cmocka_unit_test(rings_end),
	    cmocka_unit_test(a_key_is_granted_by_the_change_that_brought_it),
	    cmocka_unit_test(states_of_keys_only_narrow),
	    cmocka_unit_test(two_claims_to_one_id_do_not_depend_on_their_order),
	    cmocka_unit_test(what_cannot_be_a_unit_is_left_out),
	    cmocka_unit_test(the_anchor_is_pinned),
	    cmocka_unit_test(people_type_ids_codes_and_names),
	    cmocka_unit_test(a_reused_code_means_the_unit_of_the_day),
	    cmocka_unit_test(units_are_valid_from_their_first_day_to_their_last),
	    cmocka_unit_test(every_grant_is_visited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

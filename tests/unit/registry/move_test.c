/* Units that go to another superior, as the centre, both superiors and strangers see it. 0 > 31 > d > c; 0 > 33. */
#include "tree.h"

#define OLD_C 40 /* the change by which d let c in */
#define OLD_D 41 /* by which 31 let d in */

static void feed_record(struct registry *r, const char *issuer, unsigned char change, const char *type,
    const char *path, const char *yaml)
{
	struct arena arena = {0};
	struct err err = {0};
	struct record rec = tree_record(&arena, type, yaml);
	struct oid id = tree_change(change);
	if (registry_feed(r, &(struct registry_source){issuer, id, NULL}, path, &rec, &err) < 0)
		tree_fail(&err);
	arena_free(&arena);
}

static const char *hex(unsigned char n)
{
	static char text[4][OID_HEX + 1];
	static int at;
	struct oid id = tree_change(n);
	at = (at + 1) % 4;
	oid_hex(&id, text[at]);
	return text[at];
}

static void feed_centre(struct registry *r)
{
	tree_add(r, "0", 9, "0", "0", "central", 0, "Trung ương");
	tree_add(r, "0", 31, "31", "31", "province", 1, "Hải Phòng");
	tree_add(r, "0", 33, "33", "33", "province", 1, "Hưng Yên");
}

static void feed_move(
    struct registry *r, const char *issuer, const char *unit, const char *from, const char *to)
{
	char yaml[2048], path[80];
	snprintf(path, sizeof path, "moves/%s.yaml", unit);
	snprintf(yaml, sizeof yaml,
	    "from: '%s'\nto: '%s'\ndate: '2026-07-01'\nformer: ['31']\nvouched: ['reports/%s %s']\ngrants:\n"
	    "  - '%s %s 3 - %s'\n  - '%s d 2 - %s'\n",
	    from, to, unit, hex(70), hex(OLD_C), unit, tree_key_text(OLD_C), hex(OLD_D),
	    tree_key_text(OLD_D));
	feed_record(r, issuer, 60, "move", path, yaml);
}

static void feed_old(struct registry *r)
{
	tree_add(r, "31", OLD_D, "d", "d", "district", 2, "Quận D");
	tree_add(r, "d", OLD_C, "c", "c", "commune", 3, "Phường C");
}

static struct registry *fresh(void)
{
	struct registry *r = registry_new();
	struct err err = {0};
	if (registry_set_anchor(r, "0", tree_key(9), &err) < 0)
		tree_fail(&err);
	return r;
}

/* ---- a past of which change 71 has seen 70, and 70 may be here ---- */

static bool head_here;

static bool has(void *ctx, const char *ledger, const struct oid *change)
{
	(void)ctx;
	(void)ledger;
	return change->b[0] != 70 || head_here;
}

static bool seen(void *ctx, const char *ledger, const struct oid *young, const struct oid *old)
{
	(void)ctx;
	(void)ledger;
	return head_here && young->b[0] == 70 && old->b[0] < 70;
}

static enum registry_trust trust(const struct registry_grant *g, unsigned char change, bool here)
{
	const struct registry_past past = {NULL, has, seen};
	struct oid id = tree_change(change);
	assert_non_null(g);
	head_here = here;
	return registry_trust(g, "reports/c", &id, &past);
}

static const struct registry_grant *grant(struct registry *r, unsigned char change, const char *unit)
{
	struct oid id = tree_change(change);
	return registry_grant(r, &id, unit, NULL);
}

static void assert_vouched(struct registry *r, const struct registry_grant *g)
{
	(void)r;
	assert_int_equal(trust(g, 70, true), TRUST_GOOD);
	assert_int_equal(trust(g, 69, true), TRUST_GOOD);
	assert_int_equal(trust(g, 71, true), TRUST_CONFIRM);
	assert_int_equal(trust(g, 71, false), TRUST_UNSURE);
}

/* The new superior sees directives of the centre and his own, no others. */
static void the_new_superior_can_judge_what_he_gets(void **state)
{
	(void)state;
	struct registry *r = fresh();
	feed_centre(r);
	feed_move(r, "0", "c", "d", "33");
	assert_null(registry_unit(r, "c"));
	assert_string_equal(registry_moved_here(r, "33", "c"), "c");
	assert_null(registry_moved_here(r, "31", "c"));
	tree_add(r, "33", 0, "c", "c", "commune", 3, "Phường C");
	assert_null(registry_moved_here(r, "33", "c"));
	assert_true(registry_is_above(r, "33", "c"));
	assert_false(registry_is_above(r, "31", "c"));
	assert_true(registry_was_above(r, "d", "c"));
	assert_true(registry_was_above(r, "31", "c"));
	assert_false(registry_was_above(r, "33", "d"));
	/* Grants that it cannot see itself open no line, and are good for what was taken over. */
	assert_null(registry_by_key(r, tree_key(OLD_C)));
	assert_null(registry_by_key(r, tree_key(OLD_D)));
	assert_int_equal(grant(r, OLD_D, "d")->rank, 2);
	assert_vouched(r, grant(r, OLD_C, "c"));
	assert_vouched(r, grant(r, OLD_D, "d"));
	/* What the province that was above wrote there; its grant stands at the centre. */
	assert_vouched(r, grant(r, 31, "31"));
	assert_int_equal(trust(grant(r, 33, "33"), 71, true), TRUST_GOOD);
	/* The same key, let in anew. */
	feed_record(r, "33", 80, "unit", "units/c.yaml",
	    "code: c\nname: Phường C\nlevel: commune\nrank: 3\nkeys: {k1: {key: ssh-ed25519 "
	    "AAAAC3NzaC1lZDI1NTE5AAAAICgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo, state: active}}\n");
	assert_non_null(registry_by_key(r, tree_key(OLD_C)));
	assert_int_equal(registry_by_key(r, tree_key(OLD_C))->change.b[0], 80);
	assert_true(registry_unit(r, "c")->has_key);
	registry_free(r);
}

/* In whatever order they are read. */
static void the_old_superior_knows_that_it_is_gone(void **state)
{
	(void)state;
	for (int order = 0; order < 3; order++) {
		struct registry *r = fresh();
		if (order == 1)
			feed_move(r, "0", "c", "d", "33");
		feed_centre(r);
		if (order == 0)
			feed_move(r, "0", "c", "d", "33");
		feed_old(r);
		if (order == 2)
			feed_move(r, "0", "c", "d", "33");
		assert_string_equal(registry_unit(r, "c")->parent, "33");
		assert_string_equal(registry_unit(r, "c")->name, "Phường C");
		assert_false(registry_is_above(r, "31", "c"));
		assert_true(registry_was_above(r, "31", "c"));
		assert_false(registry_unit(r, "c")->has_key);
		assert_null(registry_by_key(r, tree_key(OLD_C)));
		/* Its former superior goes on with all else. */
		assert_non_null(registry_by_key(r, tree_key(OLD_D)));
		assert_true(grant(r, OLD_D, "d")->active);
		assert_string_equal(grant(r, OLD_D, "d")->ledger, "directives/31");
		assert_vouched(r, grant(r, OLD_C, "c"));
		assert_vouched(r, grant(r, OLD_D, "d"));
		/* It may no longer be what decides. */
		tree_add(r, "d", OLD_C, "c", "c", "commune", 3, "Phường C khác");
		assert_string_equal(registry_unit(r, "c")->parent, "33");
		tree_add(r, "33", 0, "c", "c", "commune", 3, "Phường C mới");
		assert_string_equal(registry_unit(r, "c")->name, "Phường C mới");
		registry_free(r);
	}
}

static void nobody_takes_what_is_not_below_him(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct registry *r = fresh();
		feed_centre(r);
		if (order)
			feed_move(r, "33", "c", "d", "33");
		feed_old(r);
		if (!order)
			feed_move(r, "33", "c", "d", "33");
		assert_string_equal(registry_unit(r, "c")->parent, "d");
		assert_non_null(registry_by_key(r, tree_key(OLD_C)));
		assert_null(registry_moved_here(r, "33", "c"));
		assert_false(registry_was_above(r, "33", "c"));
		registry_free(r);
	}
	/* Nor does he make grants of others by it. */
	struct registry *r = fresh();
	feed_centre(r);
	tree_add(r, "31", 0, "c", "c", "commune", 3, "Phường C");
	feed_move(r, "33", "c", "31", "33");
	assert_null(grant(r, OLD_C, "c"));
	assert_null(grant(r, OLD_D, "d"));
	registry_free(r);
}

/* ---- admission ---- */

static int admit(struct registry *r, const char *unit, const char *path, const char *before,
    const char *after, const char *time, struct err *err)
{
	struct buf ledger = {0};
	buf_printf(&ledger, "directives/%s", unit);
	struct change c = {.ledger = buf_str(&ledger), .unit = unit};
	struct change_texts t = {.path = path,
	    .before = before,
	    .before_len = before ? strlen(before) : 0,
	    .after = after,
	    .after_len = after ? strlen(after) : 0};
	ERR_CLEAR(err);
	if (date_time_parse(time, &c.time, err) < 0)
		tree_fail(err);
	int rc = registry_admission(r, &c, &t, 1, err);
	buf_free(&ledger);
	return rc;
}

#define NOW "2026-07-01T00:00:00+07:00"
#define MOVE(from, to) "from: " from "\nto: " to "\n"

static void the_first_superior_asks_who_may(void **state)
{
	(void)state;
	struct registry *r = fresh();
	struct err err = {0};
	feed_centre(r);
	feed_old(r);
	assert_int_equal(admit(r, "0", "moves/c.yaml", NULL, MOVE("d", "'33'"), NOW, &err), 0);
	assert_int_equal(admit(r, "31", "moves/c.yaml", NULL, MOVE("d", "'31'"), NOW, &err), 0);
	assert_int_equal(admit(r, "31", "moves/c.yaml", NULL, MOVE("d", "'33'"), NOW, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "unit");
	assert_int_equal(admit(r, "33", "moves/c.yaml", NULL, MOVE("d", "'33'"), NOW, &err), ERR_REFUSED);
	assert_int_equal(
	    admit(r, "33", "units/c.yaml", NULL, "code: c\nname: C\nlevel: commune\nrank: '3'\n", NOW, &err),
	    ERR_REFUSED);
	assert_string_equal(err.rule, "unit");
	assert_int_equal(
	    admit(r, "33", "units/e.yaml", NULL, "code: e\nname: E\nlevel: commune\nrank: '3'\n", NOW, &err),
	    0);
	feed_move(r, "0", "c", "d", "33");
	assert_int_equal(
	    admit(r, "33", "units/c.yaml", NULL, "code: c\nname: C\nlevel: commune\nrank: '3'\n", NOW, &err),
	    0);
	registry_free(r);
}

static void what_has_ended_writes_no_more(void **state)
{
	(void)state;
	struct registry *r = fresh();
	struct err err = {0};
	feed_centre(r);
	feed_record(r, "0", 31, "unit", "units/31.yaml",
	    "code: '31'\nname: Hải Phòng\nlevel: province\nrank: 1\nvalid_to: '2026-06-30'\n");
	assert_int_equal(admit(r, "31", "calendars/x.yaml", NULL, "", "2026-06-30T23:59:59+07:00", &err), 0);
	assert_int_equal(
	    admit(r, "31", "calendars/x.yaml", NULL, "", "2026-07-01T00:00:00+07:00", &err), ERR_REFUSED);
	assert_string_equal(err.rule, "ended");
	assert_string_equal(err.arg[1], "2026-06-30");
	registry_free(r);
}

/* ---- successors ---- */

static void rights_go_on_through_successors(void **state)
{
	(void)state;
	struct registry *r = fresh();
	struct strs list = {0};
	feed_centre(r);
	static const char *const records[] = {"a",
	    "code: a\nname: A\nlevel: commune\nrank: 3\nreplaced_by: {b: whole}\n", "b",
	    "code: b\nname: B\nlevel: commune\nrank: 3\nreplaced_by: {c: whole}\n", "x",
	    "code: x\nname: X\nlevel: commune\nrank: 3\nreplaced_by: {c: part, e: part}\n", "z",
	    "code: z\nname: Z\nlevel: commune\nrank: 3\nreplaced_by: {z: whole}\n"};
	for (int i = 0; i < 4; i++) {
		char path[80];
		snprintf(path, sizeof path, "units/%s.yaml", records[2 * i]);
		feed_record(r, "31", (unsigned char)(100 + i), "unit", path, records[2 * i + 1]);
	}
	assert_true(registry_replaces(r, "b", "a"));
	assert_true(registry_replaces(r, "c", "a"));
	assert_false(registry_replaces(r, "a", "b"));
	assert_false(registry_replaces(r, "c", "x"));
	assert_false(registry_replaces(r, "z", "z"));
	registry_replaced_by(r, "c", &list);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.items[0], "a");
	assert_string_equal(list.items[1], "b");
	strs_free(&list);
	/* The word of another, whose unit it is not, gives nobody a right. */
	feed_record(r, "99", 120, "unit", "units/a.yaml",
	    "code: a\nname: X\nlevel: commune\nrank: 3\nreplaced_by: {thief: whole}\n");
	assert_false(registry_replaces(r, "thief", "a"));
	/* Nor does a web of successors keep anybody waiting. */
	for (unsigned char i = 0; i < 26; i++) {
		char path[80];
		struct buf yaml = {0};
		snprintf(path, sizeof path, "units/w%c.yaml", 'a' + i);
		buf_printf(&yaml, "code: w%c\nname: W\nlevel: commune\nrank: 3\nreplaced_by: {", 'a' + i);
		for (char to = 'a'; to <= 'z'; to++)
			buf_printf(&yaml, "%sw%c: whole", to == 'a' ? "" : ", ", to);
		buf_puts(&yaml, "}\n");
		feed_record(r, "31", (unsigned char)(130 + i), "unit", path, buf_str(&yaml));
		buf_free(&yaml);
	}
	assert_false(registry_replaces(r, "nobody", "wa"));
	assert_true(registry_replaces(r, "wz", "wa"));
	registry_free(r);
}

static void a_day_stands_beside_a_code(void **state)
{
	(void)state;
	struct registry *r = fresh();
	const struct registry_unit *u;
	struct err err = {0};
	feed_centre(r);
	feed_record(r, "31", 90, "unit", "units/a.yaml",
	    "code: a\nname: A\nlevel: commune\nrank: 3\nvalid_to: '2025-06-30'\n");
	feed_record(r, "31", 91, "unit", "units/a.2.yaml",
	    "code: a\nname: B\nlevel: commune\nrank: 3\nvalid_from: '2025-07-01'\n");
	day_t today;
	assert_int_equal(date_parse("2026-01-01", &today, &err), 0);
	assert_int_equal(registry_resolve_on(r, "a", today, &u, &err), 0);
	assert_string_equal(u->id, "a.2");
	assert_int_equal(registry_resolve_on(r, "a@2025-06-30", today, &u, &err), 0);
	assert_string_equal(u->id, "a");
	assert_int_equal(registry_resolve_on(r, "a@2025-02-30", today, &u, &err), ERR_NOT_FOUND);
	assert_int_equal(registry_resolve_on(r, "@2025-06-30", today, &u, &err), ERR_NOT_FOUND);
	registry_free(r);
}

static const char *parent_on(const struct registry *r, const char *unit, const char *day)
{
	day_t on;
	struct err err = {0};
	assert_int_equal(date_parse(day, &on, &err), 0);
	return registry_parent_on(r, unit, on);
}

static void where_it_stood_is_asked_for_a_day(void **state)
{
	(void)state;
	static const char *const steps[] = {"from: d\nto: '33'\ndate: '2026-07-01'\n",
	    "from: '33'\nto: d\ndate: '2026-08-01'\n", "from: d\nto: '33'\ndate: '2026-09-01'\n"};
	struct registry *r = fresh();
	feed_centre(r);
	feed_old(r);
	for (unsigned char i = 0; i < 3; i++)
		feed_record(r, "0", 60 + i, "move", "moves/c.yaml", steps[i]);
	feed_record(r, "0", 63, "move", "moves/c.yaml", steps[2]); /* edited, no other step */
	assert_string_equal(parent_on(r, "c", "2026-06-30"), "d");
	assert_string_equal(parent_on(r, "c", "2026-07-01"), "33");
	assert_string_equal(parent_on(r, "c", "2026-08-31"), "d");
	assert_string_equal(parent_on(r, "c", "2026-09-01"), "33");
	assert_string_equal(registry_parent_on(r, "c", REGISTRY_TODAY), "33");
	assert_true(registry_is_above_on(r, "31", "c", date_of_time(0)));
	assert_false(registry_is_above_on(r, "33", "c", date_of_time(0)));
	assert_true(registry_is_above_on(r, "0", "c", date_of_time(0)));
	assert_null(registry_parent_on(r, "nobody", 0));
	registry_free(r);
}

static void who_keeps_reports_from_whom(void **state)
{
	(void)state;
	struct registry *r = fresh();
	feed_centre(r);
	feed_old(r);
	assert_null(registry_relay_between(r, "0", "c", REGISTRY_TODAY));
	feed_record(r, "d", 80, "relay", "relays/31.yaml", "relay: totals\n");
	assert_string_equal(registry_relay_between(r, "0", "c", REGISTRY_TODAY), "d");
	assert_string_equal(registry_relay_between(r, "31", "c", REGISTRY_TODAY), "d");
	assert_null(registry_relay_between(r, "d", "c", REGISTRY_TODAY));
	assert_null(registry_relay_between(r, "31", "d", REGISTRY_TODAY));
	assert_null(registry_relay_between(r, "33", "c", REGISTRY_TODAY));
	feed_record(r, "31", 81, "relay", "relays/0.yaml", "relay: totals\n");
	assert_string_equal(registry_relay_between(r, "0", "c", REGISTRY_TODAY), "31");
	assert_string_equal(registry_relay_between(r, "0", "d", REGISTRY_TODAY), "31");
	/* It is said of the link to one superior, and of no other. */
	feed_record(r, "0", 60, "move", "moves/d.yaml", "from: '31'\nto: '33'\ndate: '2026-07-01'\n");
	assert_null(registry_relay_between(r, "33", "c", REGISTRY_TODAY));
	feed_record(r, "31", 82, "relay", "relays/0.yaml", "relay: whole\n");
	assert_false(registry_relays_totals(r, "31", REGISTRY_TODAY));
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_new_superior_can_judge_what_he_gets),
	    cmocka_unit_test(the_old_superior_knows_that_it_is_gone),
	    cmocka_unit_test(nobody_takes_what_is_not_below_him),
	    cmocka_unit_test(the_first_superior_asks_who_may),
	    cmocka_unit_test(what_has_ended_writes_no_more),
	    cmocka_unit_test(rights_go_on_through_successors),
	    cmocka_unit_test(a_day_stands_beside_a_code),
	    cmocka_unit_test(where_it_stood_is_asked_for_a_day),
	    cmocka_unit_test(who_keeps_reports_from_whom),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who is believed after a key was narrowed: tables over a past in which each change has seen those with smaller numbers. */
#include "tree.h"

/* ---- a past ---- */

#define THIEF \
	100 /* changes from here on were written beside the others: they have seen what came before FORK */
#define FORK 5
#define NOT_HERE 200 /* and from here on none has arrived */

static bool has(void *ctx, const char *ledger, const struct oid *change)
{
	(void)ctx, (void)ledger;
	return change->b[0] < NOT_HERE;
}

static bool seen(void *ctx, const char *ledger, const struct oid *young, const struct oid *old)
{
	unsigned char y = young->b[0], o = old->b[0];
	if (!has(ctx, ledger, young) || !has(ctx, ledger, old) || o > y)
		return false;
	return y < THIEF || o >= THIEF || o < FORK;
}

static const struct registry_past past = {NULL, has, seen};

/* ---- a tree in which every grant knows by whose word it was given ---- */

static void feed_by(struct registry *r, const char *issuer, unsigned char grant, unsigned char change,
    const char *id, const char *yaml)
{
	char path[80];
	struct arena arena = {0};
	struct err err = {0};
	struct oid by = tree_change(grant);
	struct record rec = tree_record(&arena, "unit", yaml);
	snprintf(path, sizeof path, "units/%s.yaml", id);
	const struct registry_source source = {issuer, tree_change(change), &by};
	if (registry_feed(r, &source, path, &rec, &err) < 0)
		tree_fail(&err);
	arena_free(&arena);
}

static char *hex_line(char *out, size_t size, const char *row, const char *ledger, unsigned char head)
{
	char hex[OID_HEX + 1];
	struct oid id = tree_change(head);
	oid_hex(&id, hex);
	snprintf(out, size, "%s %s %s", row, ledger, hex);
	return out;
}

struct vouch {
	const char *ledger; /* NULL: no more */
	unsigned char head;
};

static void unit_yaml(
    char *out, size_t size, const char *id, unsigned char key, const char *state, const struct vouch *vouched)
{
	char lines[1024] = "", line[128];
	const char *at = strchr(id, '@');
	bool city = strcmp(id, "31") == 0;
	for (size_t i = 0; i < 4 && vouched && vouched[i].ledger; i++) {
		size_t len = strlen(lines);
		snprintf(lines + len, sizeof lines - len, "%s  - %s\n", len ? "" : "vouched:\n",
		    hex_line(line, sizeof line, "k1", vouched[i].ledger, vouched[i].head));
	}
	snprintf(out, size,
	    "code: '%s'\n%s%.*s%sname: x\nlevel: %s\nrank: %d\nkeys: {k1: {key: %s, state: %s}}\n%s",
	    city ? "31" : "11383", at ? "station: " : "", at ? (int)(at - id) : 0, id, at ? "\n" : "",
	    city ? "province" : "commune", city ? 1 : 3, tree_key_text(key), state, lines);
}

static void feed_unit(struct registry *r, const char *issuer, unsigned char grant, unsigned char change,
    const char *id, unsigned char key, const char *state, const struct vouch *vouched)
{
	char yaml[2048];
	unit_yaml(yaml, sizeof yaml, id, key, state, vouched);
	feed_by(r, issuer, grant, change, id, yaml);
}

/* 0 > 31 (granted by change 11) > 11383 (12) > cong-an@11383 (3, in directives/11383). */
static struct registry *chain(void)
{
	struct registry *r = registry_new();
	struct err err = {0};
	if (registry_set_anchor(r, "0", tree_key(9), &err) < 0)
		tree_fail(&err);
	tree_add(r, "0", 9, "0", "0", "central", 0, "Trung ương");
	feed_unit(r, "0", 0, 11, "31", 31, "active", NULL);
	feed_unit(r, "31", 11, 12, "11383", 83, "active", NULL);
	feed_unit(r, "11383", 12, 3, "cong-an@11383", 84, "active", NULL);
	return r;
}

static const struct registry_grant *grant_of(struct registry *r, const char *who)
{
	bool station = strchr(who, '@') != NULL;
	struct oid c = tree_change(station ? 3 : strcmp(who, "31") == 0 ? 11 : 12);
	return registry_grant(r, &c, station ? "11383" : who, station ? "cong-an" : NULL);
}

/* ---- whose word is good ---- */

#define OWN "reports/11383"
#define DOWN "directives/11383"
#define CITY "directives/31"

static void what_an_act_vouches_for_is_good(void **state)
{
	(void)state;
	static const struct {
		const char *state; /* of the ward's key */
		struct vouch vouched[4];
		const char *who, *ledger;
		unsigned char change;
		enum registry_trust want;
	} rows[] = {
	    {"active", {{0}}, "11383", OWN, 7, TRUST_GOOD},
	    {"active", {{0}}, "11383", OWN, THIEF, TRUST_GOOD},
	    {"retired", {{OWN, 7}}, "11383", OWN, 7, TRUST_GOOD},
	    {"retired", {{OWN, 7}}, "11383", OWN, 4, TRUST_GOOD},
	    {"retired", {{OWN, 7}}, "11383", OWN, 8, TRUST_CONFIRM},
	    {"retired", {{OWN, 7}}, "11383", OWN, THIEF, TRUST_CONFIRM},
	    {"retired", {{OWN, 7}}, "11383", DOWN, 2, TRUST_CONFIRM},
	    {"suspended", {{0}}, "11383", OWN, 1, TRUST_CONFIRM},
	    {"suspended", {{OWN, 7}, {OWN, THIEF}}, "11383", OWN, THIEF, TRUST_GOOD},
	    {"suspended", {{OWN, 7}, {OWN, THIEF}}, "11383", OWN, THIEF + 1, TRUST_CONFIRM},
	    /* A head that has not come might have seen it. */
	    {"retired", {{OWN, NOT_HERE}}, "11383", OWN, 4, TRUST_UNSURE},
	    {"retired", {{OWN, 7}, {OWN, NOT_HERE}}, "11383", OWN, 4, TRUST_GOOD},
	    {"retired", {{OWN, 7}, {OWN, NOT_HERE}}, "11383", OWN, 8, TRUST_UNSURE},
	    {"retired", {{DOWN, NOT_HERE}}, "11383", OWN, 4, TRUST_CONFIRM},
	    /* What the ward let in. */
	    {"suspended", {{OWN, 7}, {DOWN, 4}}, "cong-an@11383", OWN, 9, TRUST_GOOD},
	    {"suspended", {{OWN, 7}, {DOWN, 2}}, "cong-an@11383", OWN, 6, TRUST_CONFIRM},
	    {"suspended", {{OWN, 7}}, "cong-an@11383", OWN, 6, TRUST_CONFIRM},
	    {"suspended", {{DOWN, NOT_HERE}}, "cong-an@11383", OWN, 6, TRUST_UNSURE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct registry *r = chain();
		struct oid change = tree_change(rows[i].change);
		feed_unit(r, "31", 11, 20, "11383", 83, rows[i].state, rows[i].vouched);
		enum registry_trust got =
		    registry_trust(grant_of(r, rows[i].who), rows[i].ledger, &change, &past);
		if (got != rows[i].want)
			fail_msg("row %zu: %d, not %d", i, got, rows[i].want);
		registry_free(r);
	}
}

static void the_doubt_names_the_act_and_the_change(void **state)
{
	(void)state;
	struct registry *r = chain();
	struct registry_doubt why;
	struct oid change = tree_change(6), granting = tree_change(3), ward = tree_change(12);
	feed_unit(r, "31", 11, 20, "11383", 83, "suspended", NULL);
	assert_int_equal(registry_trust_why(grant_of(r, "11383"), OWN, &change, &past, &why), TRUST_CONFIRM);
	assert_ptr_equal(why.grant, grant_of(r, "11383"));
	assert_string_equal(why.grant->narrower, "31");
	assert_true(oid_eq(&why.change, &change));
	/* Of the station it is the change that let it in. */
	assert_int_equal(
	    registry_trust_why(grant_of(r, "cong-an@11383"), OWN, &change, &past, &why), TRUST_CONFIRM);
	assert_ptr_equal(why.grant, grant_of(r, "11383"));
	assert_string_equal(why.ledger, DOWN);
	assert_true(oid_eq(&why.change, &granting));
	/* The centre narrows the city, but what it granted before stays good. */
	const struct vouch heads[] = {{CITY, 20}, {NULL, 0}};
	feed_unit(r, "0", 0, 30, "31", 31, "suspended", heads);
	assert_int_equal(registry_trust(grant_of(r, "31"), CITY, &ward, &past), TRUST_GOOD);
	assert_int_equal(registry_trust_why(grant_of(r, "11383"), OWN, &change, &past, &why), TRUST_CONFIRM);
	assert_string_equal(why.grant->narrower, "31");
	registry_free(r);
}

static void a_suspended_city_leaves_its_wards_good(void **state)
{
	(void)state;
	static const struct {
		struct vouch vouched[4];
		enum registry_trust want;
	} rows[] = {
	    {{{CITY, 12}}, TRUST_GOOD},
	    {{{CITY, 20}}, TRUST_GOOD},
	    {{{CITY, 11}}, TRUST_CONFIRM},
	    {{{CITY, NOT_HERE}}, TRUST_UNSURE},
	    {{{0}}, TRUST_CONFIRM},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct registry *r = chain();
		struct oid change = tree_change(7);
		feed_unit(r, "0", 0, 30, "31", 31, "suspended", rows[i].vouched);
		assert_int_equal(registry_trust(grant_of(r, "11383"), OWN, &change, &past), rows[i].want);
		assert_true(grant_of(r, "11383")->active);
		registry_free(r);
	}
}

static void the_most_restrictive_counts_in_any_order(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct registry *r = chain();
		const struct vouch one[] = {{OWN, 7}, {NULL, 0}}, other[] = {{OWN, THIEF}, {NULL, 0}};
		feed_unit(r, "31", 11, turn ? 21 : 20, "11383", 83, turn ? "suspended" : "retired",
		    turn ? other : one);
		feed_unit(r, "31", 11, turn ? 20 : 21, "11383", 83, turn ? "retired" : "suspended",
		    turn ? one : other);
		const struct registry_grant *g = grant_of(r, "11383");
		assert_int_equal(g->state, KEY_SUSPENDED);
		assert_int_equal(g->n_vouched, 2);
		assert_null(registry_by_key(r, tree_key(83)));
		/* A record written without knowing of it brings nothing back, and the merged one shows what counts. */
		feed_unit(r, "31", 11, 22, "11383", 83, "active", NULL);
		assert_int_equal(g->state, KEY_SUSPENDED);
		struct arena arena = {0};
		char yaml[2048];
		unit_yaml(yaml, sizeof yaml, "11383", 83, "active", NULL);
		struct record merged = tree_record(&arena, "unit", yaml);
		registry_show(r, "31", "units/11383.yaml", &merged);
		assert_string_equal(record_get(registry_record(r, "11383"), "keys.k1.state"), "suspended");
		arena_free(&arena);
		registry_free(r);
	}
}

/* ---- what may be written of it ---- */

static const char *text_of(struct arena *arena, const char *yaml, size_t *len)
{
	struct buf text = {0};
	struct record rec = tree_record(arena, "unit", yaml);
	record_print(&rec, &text);
	*len = text.len;
	const char *kept = arena_dup_len(arena, text.data, text.len);
	buf_free(&text);
	return kept;
}

static void what_was_vouched_for_stays(void **state)
{
	(void)state;
#define H7 "0707070707070707070707070707070707070707"
#define H8 "0808080808080808080808080808080808080808"
	static const struct {
		const char *before, *after, *rule;
	} rows[] = {
	    {"", "k1 reports/11383 " H7, ""},
	    {"k1 reports/11383 " H7, "k1 reports/11383 " H7, ""},
	    {"k1 reports/11383 " H7, "k1 reports/11383 " H7 "\n  - k1 reports/11383 " H8, ""},
	    {"", "k1 directives/11383 " H7, ""},
	    {"k1 reports/11383 " H7, "", "keys"},
	    {"k1 reports/11383 " H7, "k1 reports/11383 " H8, "keys"},
	    {"", "k2 reports/11383 " H7, "form"},
	    {"", "k1", "form"},
	    {"", "k1 reports/11383", "form"},
	    {"", "k1 reports/11383 07", "form"},
	    {"", "k1 reports/11383 " H7 "0", "form"},
	    {"", "k1 reports/11383  " H7, "form"},
	    {"", "k1 refs/heads/x " H7, "form"},
	    {"", "k1 reports/../x " H7, "form"},
	    {"", "reports/11383 " H7, "form"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct registry *r = chain();
		struct arena arena = {0};
		struct err err = {0};
		struct change_texts texts = {.path = "units/11383.yaml"};
		char unit[1024], yaml[2][2048];
		const char *const lines[] = {rows[i].before, rows[i].after};
		unit_yaml(unit, sizeof unit, "11383", 83, "retired", NULL);
		for (int k = 0; k < 2; k++)
			snprintf(yaml[k], sizeof yaml[k], "%s%s%s%s", unit, *lines[k] ? "vouched:\n  - " : "",
			    lines[k], *lines[k] ? "\n" : "");
		texts.before = text_of(&arena, yaml[0], &texts.before_len);
		texts.after = text_of(&arena, yaml[1], &texts.after_len);
		const struct registry_grant *g = grant_of(r, "31");
		struct change_record record = {texts.path, texts.after, texts.after_len};
		const struct change c = {.ledger = CITY,
		    .unit = "31",
		    .rank = 1,
		    .rule = 1,
		    .grant = g->change,
		    .claim = CLAIM_NONE,
		    .subject = "test",
		    .records = &record,
		    .n_records = 1};
		int rc = registry_check(r, g, &c, &texts, 1, &err);
		if (rc ? !err.rule || strcmp(err.rule, rows[i].rule) != 0 : *rows[i].rule != '\0')
			fail_msg("row %zu: '%s', not '%s'", i, err.rule ? err.rule : "", rows[i].rule);
		arena_free(&arena);
		registry_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_an_act_vouches_for_is_good),
	    cmocka_unit_test(the_doubt_names_the_act_and_the_change),
	    cmocka_unit_test(a_suspended_city_leaves_its_wards_good),
	    cmocka_unit_test(the_most_restrictive_counts_in_any_order),
	    cmocka_unit_test(what_was_vouched_for_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

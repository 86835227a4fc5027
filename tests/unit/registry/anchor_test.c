/* Where trust begins and how it changes hands: the reserve key, and an anchor put under another one. */
#include "tree.h"

#define ANCHOR_KEY 9 /* of "0" in tree_new */
#define RESERVE 90
#define THIEF 66

static const struct oid zero;

static void feed_record(struct registry *r, const char *type, const char *issuer, unsigned char change,
    const struct oid *grant, const char *path, const char *yaml)
{
	struct arena arena = {0};
	struct err err = {0};
	struct record rec = tree_record(&arena, type, yaml);
	struct oid c = tree_change(change);
	if (registry_feed(r, &(struct registry_source){issuer, c, grant}, path, &rec, &err) < 0)
		tree_fail(&err);
	arena_free(&arena);
}

static struct registry *anchored(void)
{
	struct registry *r = tree_new();
	registry_set_reserve(r, tree_key(RESERVE));
	tree_add(r, "0", ANCHOR_KEY, "0", "0", "central", 0, "Trung ương");
	return r;
}

#define OWN "code: '0'\nname: Trung ương\nlevel: central\nrank: 0\n"
#define HEAD "4141414141414141414141414141414141414141" /* tree_change('A') */
#define OTHER "4242424242424242424242424242424242424242"

/* The record of "0": the states of its first key and of number `key` in the row k2, and a line of `vouched`. */
static const char *own_record(
    const char *first, unsigned char key, const char *second, const char *vouched, char yaml[1024])
{
	snprintf(yaml, 1024, OWN "keys:\n  k1: {key: %s, state: %s}\n%s%s%s%s%s%s%s%s",
	    tree_key_text(ANCHOR_KEY), first, key ? "  k2: {key: " : "", key ? tree_key_text(key) : "",
	    key ? ", state: " : "", key ? second : "", key ? "}\n" : "", vouched ? "vouched: ['" : "",
	    vouched ? vouched : "", vouched ? "']\n" : "");
	return yaml;
}

static void the_reserve_key_lets_in_another(void **state)
{
	(void)state;
	struct registry *r = anchored();
	char yaml[1024];
	struct oid replaced = tree_change(100);
	feed_record(r, "unit", "0", 100, &registry_reserve, "units/0.yaml",
	    own_record("suspended", 7, "active", "k1 directives/0 " HEAD, yaml));
	const struct registry_grant *old = registry_grant(r, &zero, "0", NULL),
				    *now = registry_grant(r, &replaced, "0", NULL);
	assert_int_equal(old->state, KEY_SUSPENDED);
	assert_int_equal(old->n_vouched, 1);
	assert_ptr_equal(registry_by_key(r, tree_key(7)), now);
	assert_null(registry_by_key(r, tree_key(ANCHOR_KEY)));
	assert_int_equal(now->rank, 0);
	assert_ptr_equal(now->by, registry_grant(r, &registry_reserve, "0", NULL));
	/* The reserve key itself opens no line. */
	assert_null(registry_by_key(r, tree_key(RESERVE)));
	registry_free(r);
}

static void the_thief_cannot_end_the_new_key_nor_vouch_for_himself(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) { /* what he wrote comes first, or last */
		struct registry *r = anchored();
		char yaml[1024];
		struct oid replaced = tree_change(100);
		for (int i = 0; i < 2; i++)
			if (i == turn)
				feed_record(r, "unit", "0", 100, &registry_reserve, "units/0.yaml",
				    own_record("suspended", 7, "active", "k1 directives/0 " HEAD, yaml));
			else
				feed_record(r, "unit", "0", 101, &zero, "units/0.yaml",
				    own_record("active", 7, "suspended", "k1 directives/0 " OTHER, yaml));
		const struct registry_grant *old = registry_grant(r, &zero, "0", NULL),
					    *now = registry_grant(r, &replaced, "0", NULL);
		assert_int_equal(now->state, KEY_ACTIVE);
		assert_int_equal(old->state, KEY_SUSPENDED);
		assert_int_equal(old->n_vouched, 1);
		assert_true(old->vouched[0].head.b[0] == 0x41);
		/* The new key may confirm what it finds right after all. */
		feed_record(r, "unit", "0", 102, &replaced, "units/0.yaml",
		    own_record("suspended", 7, "active", "k1 directives/0 " OTHER, yaml));
		assert_int_equal(old->n_vouched, 2);
		registry_free(r);
	}
}

static void a_reserve_key_is_pinned_not_read(void **state)
{
	(void)state;
	struct registry *r = anchored(), *without = tree_new();
	char yaml[1024];
	snprintf(yaml, sizeof yaml, OWN "keys: {k1: {key: %s, state: active}}\nreserve: %s\n",
	    tree_key_text(ANCHOR_KEY), tree_key_text(THIEF));
	feed_record(r, "unit", "0", 101, &zero, "units/0.yaml", yaml);
	feed_record(without, "unit", "0", 101, &zero, "units/0.yaml", yaml);
	assert_memory_equal(
	    registry_grant(r, &registry_reserve, "0", NULL)->key, tree_key(RESERVE), KEY_PUBLIC_SIZE);
	assert_null(registry_grant(without, &registry_reserve, "0", NULL));
	registry_free(r);
	registry_free(without);
}

/* ---- what it may write ---- */

struct trial {
	const char *path, *before, *after, *rule;
};

static const char *canonical(struct arena *arena, const char *path, const char *yaml)
{
	struct buf text = {0};
	if (!yaml)
		return NULL;
	struct record rec = tree_record(arena, type_by_path("directives", path)->name, yaml);
	record_print(&rec, &text);
	const char *kept = arena_dup(arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

/* A change of directives/<ledger> under that grant: the rule that refuses it, "" if none does. */
static const char *rule_of(const struct registry *r, const struct registry_grant *g, const char *ledger,
    const struct trial *t, size_t n)
{
	static char rule[32];
	struct arena arena = {0};
	struct err err = {0};
	struct change_texts texts[4];
	struct change_record records[4];
	for (size_t i = 0; i < n; i++) {
		texts[i] = (struct change_texts){.path = t[i].path};
		texts[i].before = canonical(&arena, t[i].path, t[i].before);
		texts[i].after = canonical(&arena, t[i].path, t[i].after);
		texts[i].before_len = texts[i].before ? strlen(texts[i].before) : 0;
		texts[i].after_len = texts[i].after ? strlen(texts[i].after) : 0;
		records[i] = (struct change_record){t[i].path, texts[i].after, texts[i].after_len};
	}
	struct change c = {.ledger = arena_printf(&arena, "directives/%s", ledger),
	    .subject = "x",
	    .unit = g->unit,
	    .rank = g->rank,
	    .rule = 1,
	    .grant = g->change,
	    .records = records,
	    .n_records = n};
	int rc = registry_check(r, g, &c, texts, n, &err);
	snprintf(rule, sizeof rule, "%s", rc == 0 ? "" : err.rule ? err.rule : "parked");
	arena_free(&arena);
	return rule;
}

static void the_reserve_key_may_do_nothing_else(void **state)
{
	(void)state;
	struct registry *r = anchored();
	char is[1024], next[1024], vouched[1024], renamed[2048];
	own_record("active", 0, NULL, NULL, is);
	own_record("suspended", 7, "active", NULL, next);
	own_record("suspended", 7, "active", "k1 directives/0 " HEAD, vouched);
	snprintf(renamed, sizeof renamed, "%s", next);
	memcpy(strstr(renamed, "Trung"), "Khung", 5);
	const struct trial good[] = {{"units/0.yaml", is, next, ""}, {"units/0.yaml", is, vouched, ""}};
	const struct trial bad[] = {
	    {"units/0.yaml", is, renamed, "right"},
	    {"units/0.yaml", is, NULL, "right"},
	    {"units/0.yaml", next, is, "keys"},
	    {"units/02.yaml", NULL, "code: '02'\nname: x\nlevel: province\nrank: 1\n", "right"},
	    {"levels.yaml", NULL, "levels: {central: {rank: 0, name: x}}\n", "right"},
	    {"handovers/7.yaml", NULL,
		"key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n",
		"right"},
	    {"directives/D-1.yaml", NULL, "title: x\n", "right"},
	};
	const struct registry_grant *reserve = registry_grant(r, &registry_reserve, "0", NULL);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_string_equal(rule_of(r, reserve, "0", &good[i], 1), good[i].rule);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_string_equal(rule_of(r, reserve, "0", &bad[i], 1), bad[i].rule);
	const struct trial two[] = {good[0], bad[3]};
	assert_string_equal(rule_of(r, reserve, "0", two, 2), "right");
	assert_string_equal(rule_of(r, reserve, "31", good, 1), "ledger");
	registry_free(r);
}

/* ---- an anchor above ---- */

/* A city that was an anchor, with a ward, as it stands in its own ledger; and what the centre says of it. */
static void feed_city(struct registry *r)
{
	char yaml[1024];
	snprintf(yaml, sizeof yaml,
	    "code: '31'\nname: Hải Phòng\nlevel: province\nrank: 1\nkeys: {k1: {key: %s, state: active}}\n",
	    tree_key_text(31));
	feed_record(r, "unit", "31", 31, &zero, "units/31.yaml", yaml);
	snprintf(yaml, sizeof yaml,
	    "code: '11383'\nname: Lê Chân\nlevel: commune\nrank: 3\nkeys: {k1: {key: %s, state: active}}\n",
	    tree_key_text(83));
	feed_record(r, "unit", "31", 83, &zero, "units/11383.yaml", yaml);
}

static void feed_handover_to(
    struct registry *r, const char *issuer, unsigned char change, const char *above, unsigned char key)
{
	char yaml[1024], path[64];
	snprintf(path, sizeof path, "handovers/%s.yaml", above);
	snprintf(yaml, sizeof yaml, "key: %s\nreserve: %s\nvouched: ['reports/11383 " HEAD "']\n",
	    tree_key_text(key), tree_key_text(RESERVE));
	feed_record(r, "handover", issuer, change, &zero, path, yaml);
}

static void feed_centre(struct registry *r)
{
	char yaml[1024];
	snprintf(yaml, sizeof yaml, OWN "keys: {k1: {key: %s, state: active}}\n", tree_key_text(ANCHOR_KEY));
	feed_record(r, "unit", "0", 9, &zero, "units/0.yaml", yaml);
	snprintf(yaml, sizeof yaml,
	    "code: '31'\nname: Hải Phòng\nlevel: province\nrank: 1\nkeys: {k1: {key: %s, state: active}}\n"
	    "anchor_key: %s\n",
	    tree_key_text(31), tree_key_text(31));
	feed_record(r, "unit", "0", 131, &zero, "units/31.yaml", yaml);
}

static struct registry *pinned_to(const char *unit, unsigned char key)
{
	struct registry *r = registry_new();
	struct err err = {0};
	assert_int_equal(registry_set_anchor(r, unit, tree_key(key), &err), 0);
	return r;
}

static void check_put_under(const struct registry *r)
{
	struct oid ward = tree_change(83), row = tree_change(131), handover = tree_change(50);
	const struct registry_grant *first = registry_grant(r, &zero, "31", NULL);
	struct strs above = {0};
	assert_string_equal(registry_unit(r, "31")->parent, "0");
	assert_int_equal(registry_unit(r, "31")->rank, 1);
	registry_above(r, "11383", &above);
	assert_int_equal(above.n, 2);
	assert_string_equal(above.items[0], "0");
	strs_free(&above);
	assert_true(registry_was_above(r, "0", "11383"));
	assert_string_equal(registry_handed_to(r, "31"), "0");
	assert_true(registry_is_rooted(r, "31"));
	/* What it wrote as an anchor is good, and nothing more is written so. */
	assert_non_null(registry_grant(r, &ward, "11383", NULL));
	assert_ptr_equal(registry_grant(r, &ward, "11383", NULL)->by, first);
	assert_int_equal(first->rank, 1);
	assert_int_equal(first->state, KEY_RETIRED);
	assert_int_equal(first->n_vouched, 2);
	assert_true(oid_eq(&first->vouched[0].head, &handover));
	/* The line is opened by what the centre gave. */
	assert_ptr_equal(registry_by_key(r, tree_key(31)), registry_grant(r, &row, "31", NULL));
}

static void both_sides_see_a_handover_alike(void **state)
{
	(void)state;
	/* A ward, whose anchor is the city: its superior's ledger comes first. */
	struct registry *r = pinned_to("31", 31);
	feed_city(r);
	assert_null(registry_unit(r, "31")->parent);
	feed_handover_to(r, "31", 50, "0", ANCHOR_KEY);
	assert_string_equal(registry_unit(r, "31")->parent, "0");
	feed_centre(r);
	check_put_under(r);
	assert_memory_equal(
	    registry_grant(r, &registry_reserve, "0", NULL)->key, tree_key(RESERVE), KEY_PUBLIC_SIZE);
	registry_free(r);
	/* The centre: its own comes first. */
	r = pinned_to("0", ANCHOR_KEY);
	feed_centre(r);
	assert_string_equal(registry_unit(r, "31")->parent, "0");
	feed_city(r);
	assert_string_equal(registry_unit(r, "31")->parent, "0");
	assert_int_equal(registry_grant(r, &zero, "31", NULL)->state, KEY_ACTIVE);
	feed_handover_to(r, "31", 50, "0", ANCHOR_KEY);
	check_put_under(r);
	/* Nobody whom it does not trust can tell it of an anchor. */
	feed_handover_to(r, "31", 51, "6", THIEF);
	assert_null(registry_grant(r, &zero, "6", NULL));
	registry_free(r);
}

static void who_is_no_anchor_hands_nothing_over(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct oid city = tree_change(31);
	char key[256];
	snprintf(key, sizeof key, "key: %s\n", tree_key_text(THIEF));
	const struct trial t = {"handovers/6.yaml", NULL, key, ""},
			   again = {"handovers/6.yaml", key, key, ""};
	assert_string_equal(rule_of(r, registry_grant(r, &city, "31", NULL), "31", &t, 1), "anchor");
	assert_string_equal(rule_of(r, registry_grant(r, &zero, "0", NULL), "0", &t, 1), "");
	assert_string_equal(rule_of(r, registry_grant(r, &zero, "0", NULL), "0", &again, 1), "anchor");
	/* And where somebody took it in all the same, it says nothing. */
	feed_handover_to(r, "31", 50, "6", THIEF);
	assert_null(registry_grant(r, &zero, "6", NULL));
	assert_null(registry_handed_to(r, "31"));
	assert_string_equal(registry_unit(r, "31")->parent, "0");
	registry_free(r);
}

static void a_stranger_cannot_name_the_first_key_of_a_unit(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	char yaml[1024];
	/* A ward says it of a city that is not its own. */
	snprintf(yaml, sizeof yaml, "code: '31'\nname: x\nlevel: commune\nrank: 4\nanchor_key: %s\n",
	    tree_key_text(THIEF));
	feed_record(r, "unit", "11050", 60, NULL, "units/31.yaml", yaml);
	assert_null(registry_grant(r, &zero, "31", NULL));
	registry_free(r);
}

static void whose_key_ends_has_no_other_from_before(void **state)
{
	(void)state;
	struct registry *r = pinned_to("0", ANCHOR_KEY);
	char yaml[1024];
	feed_centre(r);
	assert_int_equal(registry_grant(r, &zero, "31", NULL)->state, KEY_ACTIVE);
	snprintf(yaml, sizeof yaml,
	    "code: '31'\nname: Hải Phòng\nlevel: province\nrank: 1\nkeys: {k1: {key: %s, state: suspended}}\n"
	    "anchor_key: %s\n",
	    tree_key_text(31), tree_key_text(31));
	feed_record(r, "unit", "0", 132, &zero, "units/31.yaml", yaml);
	assert_int_equal(registry_grant(r, &zero, "31", NULL)->state, KEY_SUSPENDED);
	assert_string_equal(registry_grant(r, &zero, "31", NULL)->narrower, "0");
	/* What it wrote before is good all the same, where its handover comes late. */
	feed_city(r);
	feed_handover_to(r, "31", 50, "0", ANCHOR_KEY);
	assert_int_equal(registry_grant(r, &zero, "31", NULL)->n_vouched, 2);
	assert_int_equal(registry_grant(r, &zero, "31", NULL)->state, KEY_SUSPENDED);
	registry_free(r);
}

static void a_grant_learns_of_the_one_it_was_given_under(void **state)
{
	(void)state;
	struct registry *r = pinned_to("0", ANCHOR_KEY);
	struct oid city = tree_change(31), ward = tree_change(83);
	char yaml[1024];
	snprintf(yaml, sizeof yaml,
	    "code: '11383'\nname: x\nlevel: commune\nrank: 3\nkeys: {k1: {key: %s, state: active}}\n",
	    tree_key_text(83));
	feed_record(r, "unit", "31", 83, &city, "units/11383.yaml", yaml);
	assert_null(registry_grant(r, &ward, "11383", NULL)->by);
	snprintf(yaml, sizeof yaml,
	    "code: '31'\nname: x\nlevel: province\nrank: 1\nkeys: {k1: {key: %s, state: active}}\n",
	    tree_key_text(31));
	feed_record(r, "unit", "0", 31, &zero, "units/31.yaml", yaml);
	assert_ptr_equal(registry_grant(r, &ward, "11383", NULL)->by, registry_grant(r, &city, "31", NULL));
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_reserve_key_lets_in_another),
	    cmocka_unit_test(the_thief_cannot_end_the_new_key_nor_vouch_for_himself),
	    cmocka_unit_test(a_reserve_key_is_pinned_not_read),
	    cmocka_unit_test(the_reserve_key_may_do_nothing_else),
	    cmocka_unit_test(both_sides_see_a_handover_alike),
	    cmocka_unit_test(who_is_no_anchor_hands_nothing_over),
	    cmocka_unit_test(a_stranger_cannot_name_the_first_key_of_a_unit),
	    cmocka_unit_test(whose_key_ends_has_no_other_from_before),
	    cmocka_unit_test(a_grant_learns_of_the_one_it_was_given_under),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

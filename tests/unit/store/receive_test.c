/* Two and three stores that exchange changes: whatever the order, the same commit. */
#include "sites.h"

static void a_change_is_rebuilt_bit_for_bit(void **state)
{
	struct world *w = *state;
	write_value(w, 1, 1, "{state: draft, values: {TT01: '42'}}");
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '42'}}");
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
	sync_one_way(w, 1, 0, false);
	assert_same(w, 0, 1);
}

static void concurrent_writers_end_with_one_commit(void **state)
{
	struct world *w = *state;
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '42'}}");
	sync_one_way(w, 1, 0, true);
	sync_one_way(w, 1, 2, true);
	write_value(w, 0, 0, "{state: submitted, values: {TT01: '43'}}");
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '44'}}");
	write_value(w, 2, 2, "{state: submitted, values: {TT01: '42'}, note: Không có vướng mắc}");
	sync_one_way(w, 0, 1, true);
	sync_one_way(w, 1, 2, true);
	sync_one_way(w, 2, 0, true);
	sync_one_way(w, 2, 1, true);
	assert_same(w, 0, 1);
	assert_same(w, 0, 2);
	/* The other way round, and piecewise. */
	char *text = kit_read(w->s[0], LEDGER, REPORT);
	assert_non_null(strstr(text, "TT01: '43'"));
	assert_non_null(strstr(text, "vướng"));
	free(text);
	struct oids heads = {0};
	struct err err = {0};
	assert_ok(store_ledger_heads(w->s[0], LEDGER, &heads, &err), err);
	assert_int_equal(heads.n, 3);
	oids_free(&heads);
	assert_int_equal(
	    kit_run(w->dir, "for s in a b c; do git -C $s.git fsck --strict || exit 1; done"), 0);
}

/* The conflict of the clash, its id in `id`; returns how many there are. */
static size_t conflicts(struct store *s, char id[41])
{
	struct err err = {0};
	struct strs paths = {0};
	assert_ok(store_list(s, LEDGER, NULL, "conflicts/", &paths, &err), err);
	size_t n = paths.n;
	if (n)
		snprintf(id, 41, "%.40s", strrchr(paths.items[0], '/') + 1);
	strs_free(&paths);
	return n;
}

static void settle(struct world *w, int site, int who, const char *conflict)
{
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	struct change edits = {.ledger = LEDGER,
	    .subject = "conflict: settle",
	    .claim = CLAIM_NONE,
	    .settles = &conflict,
	    .n_settles = 1};
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	assert_ok(tx_write(tx, &w->w[who], &edits, &id, &err), err);
	assert_false(oid_is_zero(&id));
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

static void a_settlement_travels(void **state)
{
	struct world *w = *state;
	char id[41];
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '42'}}");
	sync_one_way(w, 1, 0, true);
	write_value(w, 0, 0, "{state: submitted, values: {TT01: '43'}}");
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '44'}}");
	sync_one_way(w, 1, 0, true);
	assert_int_equal(conflicts(w->s[0], id), 1);
	settle(w, 0, 0, id);
	assert_int_equal(conflicts(w->s[0], id), 0);
	sync_one_way(w, 0, 1, true);
	assert_same(w, 0, 1);
	assert_int_equal(conflicts(w->s[1], id), 0);
	/* The same again out of the repository alone. */
	store_forget(w->s[1], NULL);
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '45'}}");
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
	assert_int_equal(conflicts(w->s[0], id), 0);
}

static void what_lacks_a_head_is_parked(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	bool known;
	write_value(w, 1, 1, "{state: draft}");
	write_value(w, 1, 1, "{state: submitted}");
	struct oid id = tip(w->s[1]);
	assert_ok(tx_begin(w->s[0], &tx, &err), err);
	assert_int_equal(pass(w, 1, tx, &id, true, &known, &err), ERR_PARKED);
	ERR_CLEAR(&err);
	assert_ok(tx_commit(tx, &err), err);
	assert_int_equal(tx_moved(tx)->n, 0);
	tx_destroy(tx);
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
}

static void what_is_there_is_known(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	bool known = false;
	write_value(w, 1, 1, "{state: draft}");
	struct oid id = tip(w->s[1]);
	sync_one_way(w, 1, 0, true);
	for (int bare = 0; bare < 2; bare++) {
		assert_ok(tx_begin(w->s[0], &tx, &err), err);
		assert_ok(pass(w, 1, tx, &id, bare, &known, &err), err);
		assert_true(known);
		assert_ok(tx_commit(tx, &err), err);
		assert_int_equal(tx_syncs(tx), 0);
		tx_destroy(tx);
	}
}

/* The walk's order is the history's, and a change read back is what was sent. */
struct walked {
	struct oids order;
};

static int walk(void *ctx, const struct change *c, struct err *err)
{
	struct walked *w = ctx;
	(void)err;
	oids_add(&w->order, &c->id);
	return 0;
}

static void walks_go_parents_first(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct history *h;
	struct oids tips = {0}, none = {0}, all = {0};
	struct walked walked = {0};
	for (int i = 0; i < 4; i++) {
		char yaml[80];
		for (int site = 0; site < SITES; site++) {
			snprintf(yaml, sizeof yaml, "{state: draft, values: {TT0%d: '%d'}}", site, i + 1);
			write_value(w, site, site, yaml);
		}
		sync_one_way(w, i % SITES, (i + 1) % SITES, true);
	}
	for (int from = 0; from < SITES; from++)
		for (int to = 0; to < SITES; to++)
			if (from != to)
				sync_one_way(w, from, to, true);
	for (int from = 0; from < SITES; from++)
		sync_one_way(w, from, (from + 1) % SITES, false);
	assert_same(w, 0, 1);
	assert_same(w, 0, 2);
	store_forget(w->s[0], NULL);
	assert_ok(store_history(w->s[0], LEDGER, &h, &err), err);
	history_tips(h, &tips);
	history_between(h, &none, &tips, &all);
	assert_ok(store_walk(w->s[0], LEDGER, false, walk, &walked, &err), err);
	assert_int_equal(all.n, 12);
	assert_true(oids_eq(&all, &walked.order));
	oids_free(&tips);
	oids_free(&all);
	oids_free(&walked.order);
}

/* One of a few texts for one of a few records; now and then none. */
static void write_anything(struct world *w, int site, unsigned dice)
{
	static const char *const reports[] = {
	    "{state: draft, values: {TT01: '1'}}",
	    "{state: submitted, values: {TT01: '2', TT02: '5'}, note: một}",
	    "{state: submitted, values: {TT01: '3'}, note: \"một\\nhai\\nba\"}",
	    "{state: accepted, values: {TT01: '3'}, note: \"một\\nhai\\nbốn\"}",
	    "{state: returned, values: {TT02: '7'}, returned: thiếu}",
	    NULL,
	};
	static const char *const progress[] = {
	    "{state: doing}", "{state: done, percent: '100'}", "{note: chậm}", NULL};
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	bool report = dice & 1;
	const char *path = report ? REPORT : "progress/31/hp.2026-06/1.yaml";
	const char *yaml = report ? reports[dice / 2 % 6] : progress[dice / 2 % 4];
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	assert_ok(kit_edit(tx, &w->w[site], LEDGER, path, yaml, &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

/* Object to a conflict: a row more in its record. */
static void object(struct world *w, int site, const char *id)
{
	struct err err = {0};
	struct arena arena = {0};
	struct record r;
	struct buf text = {0};
	struct tx *tx;
	struct oid made;
	char path[64], row[64];
	merge_conflict_path(id, path);
	assert_ok(store_record(w->s[site], LEDGER, NULL, path, &arena, &r, &err), err);
	snprintf(row, sizeof row, "objections.%d.reason", site);
	assert_ok(record_set(&r, row, "không đúng", &err), err);
	record_print(&r, &text);
	struct change_record edit = {path, text.data, text.len};
	struct change edits = {
	    .ledger = LEDGER, .subject = "conflict: object", .records = &edit, .n_records = 1};
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	assert_ok(tx_write(tx, &w->w[site], &edits, &made, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	buf_free(&text);
	arena_free(&arena);
}

static void anything(struct world *w)
{
	int site = rand() % SITES, other = (site + 1 + rand() % (SITES - 1)) % SITES;
	unsigned dice = (unsigned)rand();
	char id[41];
	switch (dice % 8) {
	case 0:
	case 1:
		sync_one_way(w, site, other, dice & 8);
		break;
	case 2:
		if (conflicts(w->s[site], id))
			settle(w, site, site, id);
		break;
	case 3:
		if (conflicts(w->s[site], id))
			object(w, site, id);
		break;
	case 4:
		store_forget(w->s[site], NULL);
		break;
	default:
		write_anything(w, site, dice / 8);
	}
}

/* Nobody's grant is known here, so of every change that alone is left to complain of. */
/* A registry that knows nobody; all else is right. */
static void only_grants_are_missing(void *ctx, const struct verify_problem *p)
{
	(void)ctx;
	if (strcmp(p->kind, "unit") != 0)
		assert_string_equal(p->kind, "grant");
}

static void random_exchanges_end_with_one_commit(void **state)
{
	struct world *w = *state;
	for (unsigned seed = 1; seed <= 4; seed++) {
		srand(seed);
		for (int step = 0; step < 60; step++)
			anything(w);
		for (int round = 0; round < 2; round++)
			for (int site = 0; site < SITES; site++)
				sync_one_way(w, site, (site + 1) % SITES, seed & 1);
		assert_same(w, 0, 1);
		assert_same(w, 0, 2);
	}
	struct err err = {0};
	struct verify_report report;
	struct registry *nobody = registry_new();
	const struct verify_options options = {.registry = nobody, .problem = only_grants_are_missing};
	assert_ok(verify_store(w->s[0], &options, &report, &err), err);
	assert_true(report.problems >= 2);
	assert_true(report.changes > 50 && report.merges > 20);
	registry_free(nobody);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_change_is_rebuilt_bit_for_bit),
	    TEST(concurrent_writers_end_with_one_commit),
	    TEST(a_settlement_travels),
	    TEST(what_lacks_a_head_is_parked),
	    TEST(what_is_there_is_known),
	    TEST(walks_go_parents_first),
	    TEST(random_exchanges_end_with_one_commit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

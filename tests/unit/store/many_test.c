/* Many conflicts: what a change, a settlement and a merge write does not grow with those that are there already. */
#include "sites.h"

#include "base/sys.h"

#define FIELDS 8

/* `n` reports, each by a change of its own and in one transaction; `salt` makes the figures. */
static void write_reports(struct world *w, int site, int n, int salt)
{
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	for (int i = 0; i < n; i++) {
		struct buf yaml = {0}, path = {0};
		buf_printf(&path, "reports/31/p.%d/2026-%02d.yaml", i / 12, i % 12 + 1);
		buf_puts(&yaml, "{state: draft, values: {");
		for (int k = 0; k < FIELDS; k++)
			buf_printf(&yaml, "I%d: '%d', ", k, 100 * i + 10 * k + salt);
		buf_puts(&yaml, "}}");
		assert_ok(kit_edit(tx, &w->w[site], LEDGER, buf_str(&path), buf_str(&yaml), &id, &err), err);
		buf_free(&yaml);
		buf_free(&path);
	}
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

/* City and ward write the same fields apart, then each hears of the other: n * FIELDS conflicts. */
static void disagree(struct world *w, int n)
{
	write_reports(w, 1, n, 0);
	sync_one_way(w, 1, 0, true);
	write_reports(w, 0, n, 1);
	write_reports(w, 1, n, 2);
	sync_one_way(w, 1, 0, true);
	sync_one_way(w, 0, 1, true);
	assert_same(w, 0, 1);
}

static long number(struct world *w, const char *command)
{
	struct buf text = {0};
	struct err err = {0};
	char *out = kit_path(w->dir, "out");
	assert_int_equal(kit_run(w->dir, command), 0);
	assert_ok(sys_read_file(out, 100, &text, &err), err);
	long n = strtol(buf_str(&text), NULL, 10);
	buf_free(&text);
	free(out);
	return n;
}

/* From here on, what is written to the ward's store, or written there once more, is counted. */
static void count_from_here(struct world *w)
{
	assert_int_equal(kit_run(w->dir, "find b.git/objects -type f -exec touch -d 2020-01-01 {} +"), 0);
}

static long counted(struct world *w)
{
	return number(w, "find b.git/objects -type f -newermt 2021-01-01 | wc -l");
}

static long open_conflicts(struct world *w)
{
	return number(w, "git -C b.git ls-tree -r --name-only " LEDGER " conflicts/ | wc -l");
}

static void settle_one(struct world *w)
{
	struct err err = {0};
	struct strs paths = {0};
	struct tx *tx;
	struct oid id;
	assert_ok(store_list(w->s[1], LEDGER, NULL, "conflicts/", &paths, &err), err);
	char conflict[41];
	snprintf(conflict, sizeof conflict, "%s", strrchr(paths.items[0], '/') + 1);
	const char *settles = conflict;
	struct change edits = {.ledger = LEDGER,
	    .subject = "conflict: settle",
	    .claim = CLAIM_NONE,
	    .settles = &settles,
	    .n_settles = 1};
	assert_ok(tx_begin(w->s[1], &tx, &err), err);
	assert_ok(tx_write(tx, &w->w[1], &edits, &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	strs_free(&paths);
}

/* What one settlement writes where `n` reports are in conflict. */
static long cost_of_settling(int n)
{
	void *state;
	set_up(&state);
	struct world *w = state;
	disagree(w, n);
	assert_int_equal(open_conflicts(w), n * FIELDS);
	count_from_here(w);
	settle_one(w);
	long cost = counted(w);
	assert_int_equal(open_conflicts(w), n * FIELDS - 1);
	tear_down(&state);
	return cost;
}

static void a_settlement_writes_its_own_shard(void **state)
{
	(void)state;
	/* The change, the tops of two trees, and a shard where others are left in it. */
	assert_true(cost_of_settling(2) <= 4);
	assert_true(cost_of_settling(60) <= 4);
}

/* The ward has heard nothing of the city's n changes, then of all but the last: what the last one writes. */
static long cost_of_one_more(int n)
{
	void *state;
	set_up(&state);
	struct world *w = state;
	write_reports(w, 1, n, 0);
	sync_one_way(w, 1, 0, true);
	write_reports(w, 0, n, 1);
	write_reports(w, 1, n, 2);
	sync_one_way(w, 0, 1, true);
	count_from_here(w);
	write_value(w, 0, 0, "{state: draft, values: {TT01: '1'}}");
	sync_one_way(w, 0, 1, true);
	long cost = counted(w);
	tear_down(&state);
	return cost;
}

static void a_merge_writes_what_came_since_the_last(void **state)
{
	(void)state;
	long few = cost_of_one_more(2), many = cost_of_one_more(60);
	/* A blob, two commits, and for each of these the four trees down to the report. */
	assert_true(few <= 11);
	assert_true(many <= 11);
}

static void a_batch_makes_one_merge(void **state)
{
	struct world *w = *state;
	disagree(w, 30);
	assert_int_equal(
	    number(w, "git -C b.git cat-file --batch-all-objects --batch-check | grep -c ' commit '"),
	    90 + 1);
	/* The next change stands on it as it is. */
	count_from_here(w);
	write_value(w, 1, 1, "{state: draft, values: {TT01: '1'}}");
	assert_true(counted(w) <= 6);
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
	struct oids heads = {0};
	struct err err = {0};
	assert_ok(store_ledger_heads(w->s[0], LEDGER, &heads, &err), err);
	assert_int_equal(heads.n, 1);
	oids_free(&heads);
}

/* From whichever state a merge sets out, it comes to the same tree. */
static void batches_of_any_size_end_with_one_commit(void **state)
{
	struct world *w = *state;
	write_reports(w, 1, 5, 0);
	sync_one_way(w, 1, 0, true);
	sync_one_way(w, 1, 2, true);
	for (int round = 0; round < 6; round++) {
		write_reports(w, 0, 3, 3 + round);
		write_reports(w, 1, 4, 4 + round);
		write_reports(w, 2, 2, 5 + round);
		sync_one_way(w, 0, 2, true);
		if (round % 2)
			sync_one_way(w, 2, 1, true);
	}
	for (int round = 0; round < 2; round++)
		for (int site = 0; site < SITES; site++)
			sync_one_way(w, site, (site + 1) % SITES, true);
	assert_same(w, 0, 1);
	assert_same(w, 0, 2);
	assert_true(open_conflicts(w) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_settlement_writes_its_own_shard),
	    cmocka_unit_test(a_merge_writes_what_came_since_the_last),
	    TEST(a_batch_makes_one_merge),
	    TEST(batches_of_any_size_end_with_one_commit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

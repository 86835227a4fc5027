/* A proof: stock git finds nothing to say about it, and it holds no more than it must. */
#include "store_kit.h"

#include "store/proof.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/p/2026-06.yaml"
#define RECEIPT "receipts/31/p/2026-06.yaml"

struct ground {
	char *dir;
	struct store *s;
	struct tx_writer ward, city;
	struct proof_item items[2];
};

static int prepare(void **state)
{
	struct ground *g = mem_alloc(sizeof *g);
	g->dir = kit_dir();
	g->s = kit_store(g->dir, "store.git");
	g->ward = kit_writer("11383", NULL, 3);
	g->city = kit_writer("31", NULL, 1);
	kit_write(g->s, &g->ward, LEDGER, "reports/31/p/2026-05.yaml", "state: submitted\nnote: SECRET\n");
	kit_write(g->s, &g->ward, LEDGER, "acks/31/D-1.yaml", "version: '1'\n");
	g->items[0] = (struct proof_item){"submission",
	    kit_write(g->s, &g->ward, LEDGER, REPORT, "state: submitted\nversion: '1'\nvalues: {A: '42'}\n"),
	    REPORT};
	kit_write(g->s, &g->ward, LEDGER, "reports/31/p/2026-07.yaml", "state: submitted\n");
	g->items[1] = (struct proof_item){"receipt",
	    kit_write(g->s, &g->city, LEDGER, RECEIPT, "versions: {'1': {late: 'no'}}\n"), RECEIPT};
	*state = g;
	return 0;
}

static int clear(void **state)
{
	struct ground *g = *state;
	store_close(g->s);
	kit_writer_free(&g->ward);
	kit_writer_free(&g->city);
	kit_remove(g->dir);
	free(g);
	return 0;
}

static void stock_git_takes_it(void **state)
{
	struct ground *g = *state;
	struct err err = {0};
	char *path = kit_path(g->dir, "proof.git");
	assert_ok(proof_write(g->s, path, g->items, 2, &err), err);
	assert_int_equal(
	    kit_run(g->dir, "test -z \"$(git -C proof.git fsck --strict --no-progress 2>&1)\" && "
			    "git -C proof.git fsck --strict --no-progress"),
	    0);
	assert_int_equal(
	    kit_run(g->dir, "git -C proof.git show submission:" REPORT " | grep \"A: '42'\""), 0);
	assert_int_equal(
	    kit_run(g->dir, "git -C proof.git show receipt:" RECEIPT " | grep \"late: 'no'\""), 0);
	/* Each is cut off from its past. */
	assert_int_equal(kit_run(g->dir, "test $(git -C proof.git rev-list --all | wc -l) = 2"), 0);
	assert_int_equal(
	    kit_run(g->dir,
		"for r in submission receipt; do git -C proof.git cat-file commit $r >a && "
		"git -C store.git cat-file commit $(git -C proof.git rev-parse $r) >b && cmp a b || "
		"exit 1; done"),
	    0);
	free(path);
}

static void it_tells_nothing_else(void **state)
{
	struct ground *g = *state;
	struct err err = {0};
	char *path = kit_path(g->dir, "proof.git");
	assert_ok(proof_write(g->s, path, g->items, 2, &err), err);
	/* Two commits; the trees ., reports, 31, p and ., receipts, 31, p; two records. */
	assert_int_equal(
	    kit_run(
		g->dir, "test $(git -C proof.git cat-file --batch-all-objects --batch-check | wc -l) = 12"),
	    0);
	assert_int_equal(
	    kit_run(g->dir, "git -C proof.git cat-file --batch-all-objects --batch | grep -a SECRET"), 1);
	assert_int_equal(kit_run(g->dir, "git -C proof.git show submission:reports/31/p/2026-05.yaml"), 128);
	free(path);
}

static void what_cannot_be_made_is_said(void **state)
{
	struct ground *g = *state;
	struct err err = {0};
	char *path = kit_path(g->dir, "store.git"), *other = kit_path(g->dir, "proof.git");
	assert_int_equal(proof_write(g->s, path, g->items, 2, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	g->items[1].path = "receipts/31/p/2026-07.yaml";
	assert_int_equal(proof_write(g->s, other, g->items, 2, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	g->items[1].path = "nowhere/at/all.yaml";
	assert_int_equal(proof_write(g->s, other, g->items, 2, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	g->items[1].change.b[0] ^= 1;
	assert_true(proof_write(g->s, other, g->items, 2, &err) < 0);
	assert_int_equal(access(other, F_OK), -1);
	free(path);
	free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, clear)
	const struct CMUnitTest tests[] = {
	    TEST(stock_git_takes_it),
	    TEST(it_tells_nothing_else),
	    TEST(what_cannot_be_made_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

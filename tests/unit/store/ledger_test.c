/* Ledgers as others find them: in git's own order, put back behind our back, and moved all or none. */
#include "store_kit.h"

#include "merge/history.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"

struct world {
	char *dir;
	struct store *s;
	struct tx_writer ward, other;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	w->dir = kit_dir();
	w->s = kit_store(w->dir, "a.git");
	w->ward = kit_writer("11383", NULL, 3);
	w->other = kit_writer("11050", NULL, 3);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	store_close(w->s);
	kit_remove(w->dir);
	kit_writer_free(&w->ward);
	kit_writer_free(&w->other);
	free(w);
	return 0;
}

/* "hp" and "hp.2026": as directories git sorts the longer name first, as file names the shorter. */
static void names_that_begin_alike_stand_in_gits_order(void **state)
{
	struct world *w = *state;
	static const char *const paths[] = {"reports/31/hp/2026-06.yaml", "reports/31/hp.2026/2026-06.yaml",
	    "reports/31/hp-2/2026-06.yaml", "reports/31/hp.2026/2026.yaml", "reports/31/h/2026-06.yaml"};
	struct err err = {0};
	struct strs list = {0};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		kit_write(w->s, &w->ward, LEDGER, paths[i], "state: draft\n");
	assert_int_equal(kit_run(w->dir, "git -C a.git fsck --strict"), 0);
	assert_ok(store_list(w->s, LEDGER, NULL, "reports/31/hp.", &list, &err), err);
	assert_int_equal(list.n, 2);
	strs_free(&list);
	kit_write(w->s, &w->ward, LEDGER, paths[0], NULL);
	assert_int_equal(kit_run(w->dir, "git -C a.git fsck --strict"), 0);
	char *text = kit_read(w->s, LEDGER, paths[1]);
	assert_string_equal(text, "state: draft\n");
	free(text);
}

static void assert_count(struct world *w, size_t n)
{
	struct err err = {0};
	struct history *h;
	assert_ok(store_history(w->s, LEDGER, &h, &err), err);
	assert_int_equal(history_count(h), n);
}

static void a_ledger_that_was_put_back_is_read_anew(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	char command[160], hex[OID_HEX + 1];
	struct oid first = kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: submitted\n");
	assert_count(w, 2);
	oid_hex(&first, hex);
	snprintf(command, sizeof command, "git -C a.git update-ref refs/heads/" LEDGER " %s", hex);
	assert_int_equal(kit_run(w->dir, command), 0);
	assert_count(w, 1);
	struct oid id = kit_write(w->s, &w->ward, LEDGER, REPORT, "state: returned\n");
	assert_ok(store_change(w->s, LEDGER, &id, &arena, &c, &err), err);
	assert_true(oid_eq(&c.parent, &first));
	assert_count(w, 2);
	arena_free(&arena);
}

/* The third ref cannot move: the first is put back where it was, the second is gone again. */
static void refs_move_all_or_none(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oid id, tip;
	struct oid before = kit_write(w->s, &w->other, "reports/11050", REPORT, "state: draft\n");
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(kit_edit(tx, &w->other, "reports/11050", REPORT, "state: submitted\n", &id, &err), err);
	assert_ok(kit_edit(tx, &w->other, "reports/11051", REPORT, "state: draft\n", &id, &err), err);
	assert_ok(kit_edit(tx, &w->ward, LEDGER, REPORT, "state: draft\n", &id, &err), err);
	assert_int_equal(kit_run(w->dir, "mkdir a.git/refs/heads/" LEDGER ".lock"), 0);
	assert_int_not_equal(tx_commit(tx, &err), 0);
	assert_true(err.code != 0);
	tx_destroy(tx);
	ERR_CLEAR(&err);
	assert_ok(store_tip(w->s, "reports/11050", &tip, &err), err);
	assert_true(oid_eq(&tip, &before));
	assert_int_equal(store_tip(w->s, "reports/11051", &tip, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(store_tip(w->s, LEDGER, &tip, &err), ERR_NOT_FOUND);
	assert_int_equal(kit_run(w->dir, "rmdir a.git/refs/heads/" LEDGER ".lock"), 0);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	kit_write(w->s, &w->other, "reports/11050", REPORT, "state: submitted\n");
	assert_count(w, 1);
}

/* What is not ours is told as damage, whoever put it there. */
static void a_strange_commit_is_damage(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct history *h;
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	assert_int_equal(
	    kit_run(w->dir, "cd a.git && git update-ref refs/heads/" LEDGER
			    " $(git -c user.name=x -c user.email=x@y commit-tree -m x " LEDGER "^{tree})"),
	    0);
	assert_int_equal(store_history(w->s, LEDGER, &h, &err), ERR_CORRUPT);
	assert_null(h);
	assert_non_null(err.hint);
	ERR_CLEAR(&err);
	struct tx *tx;
	struct oid id;
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_int_equal(
	    kit_edit(tx, &w->ward, LEDGER, REPORT, "state: submitted\n", &id, &err), ERR_CORRUPT);
	ERR_CLEAR(&err);
	assert_ok(kit_edit(tx, &w->other, "reports/11050", REPORT, "state: draft\n", &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_that_begin_alike_stand_in_gits_order),
	    TEST(a_ledger_that_was_put_back_is_read_anew),
	    TEST(refs_move_all_or_none),
	    TEST(a_strange_commit_is_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

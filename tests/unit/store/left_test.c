/* A ledger that is put aside leaves what totals of the past are made of, and nothing else; it may come back. */
#include "store_kit.h"

#include "store/left.h"
#include "store/maintain.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define TASK "progress/31/hp.2026-06/1.1.yaml"

struct world {
	char *dir;
	struct store *s;
	struct tx_writer ward;
	struct err err;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	w->dir = kit_dir();
	w->s = kit_store(w->dir, "a.git");
	w->ward = kit_writer("11383", NULL, 3);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "values:\n  TT01: '1'\n");
	kit_write(w->s, &w->ward, LEDGER, TASK, "state: doing\n");
	kit_write(w->s, &w->ward, LEDGER, REPORT, "values:\n  TT01: '2'\n");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	store_close(w->s);
	kit_remove(w->dir);
	kit_writer_free(&w->ward);
	free(w);
	return 0;
}

static const char *figure(struct world *w, struct arena *arena)
{
	struct oid left;
	struct record r;
	assert_true(store_left(w->s, LEDGER, &left));
	assert_ok(store_record(w->s, LEDGER, &left, REPORT, arena, &r, &w->err), w->err);
	return record_get(&r, "values.TT01");
}

static void reports_stay_and_the_rest_goes(void **state)
{
	struct world *w = *state;
	struct arena arena = {0};
	struct oid tip, left;
	struct record r;
	struct strs names = {0};
	struct maintain_report upkeep;
	assert_false(store_left(w->s, LEDGER, &left));
	assert_ok(store_leave(w->s, LEDGER, &w->err), w->err);
	assert_int_equal(store_tip(w->s, LEDGER, &tip, &w->err), ERR_NOT_FOUND);
	ERR_CLEAR(&w->err);
	assert_string_equal(figure(w, &arena), "2");
	assert_true(store_left(w->s, LEDGER, &left));
	assert_int_equal(store_record(w->s, LEDGER, &left, TASK, &arena, &r, &w->err), ERR_NOT_FOUND);
	ERR_CLEAR(&w->err);
	assert_ok(store_left_list(w->s, &names, &w->err), w->err);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.items[0], LEDGER);
	assert_ok(store_maintain(w->s, &(struct maintain_options){.full = true}, &upkeep, &w->err), w->err);
	assert_string_equal(figure(w, &arena), "2");
	assert_int_equal(
	    kit_run(w->dir,
		"git -C a.git fsck --strict && test $(git -C a.git rev-list --all --count) = 1 && "
		"git -C a.git count-objects -v | grep -q 'in-pack: 6'"),
	    0);
	strs_free(&names);
	arena_free(&arena);
}

static void it_comes_back(void **state)
{
	struct world *w = *state;
	struct oid left, tip;
	assert_ok(store_leave(w->s, LEDGER, &w->err), w->err);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "values:\n  TT01: '3'\n");
	assert_false(store_left(w->s, LEDGER, &left));
	assert_ok(store_left_drop(w->s, LEDGER, &w->err), w->err);
	assert_ok(store_left_drop(w->s, LEDGER, &w->err), w->err);
	assert_ok(store_tip(w->s, LEDGER, &tip, &w->err), w->err);
	assert_int_equal(kit_run(w->dir, "test -z \"$(git -C a.git for-each-ref refs/left)\""), 0);
	/* Put aside again it is what it is now. */
	struct arena arena = {0};
	assert_ok(store_leave(w->s, LEDGER, &w->err), w->err);
	assert_string_equal(figure(w, &arena), "3");
	arena_free(&arena);
}

static void what_is_not_here_is_not_put_aside(void **state)
{
	struct world *w = *state;
	assert_int_equal(store_leave(w->s, "reports/99999", &w->err), ERR_NOT_FOUND);
	ERR_CLEAR(&w->err);
	assert_ok(store_left_drop(w->s, "reports/99999", &w->err), w->err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(reports_stay_and_the_rest_goes),
	    TEST(it_comes_back),
	    TEST(what_is_not_here_is_not_put_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

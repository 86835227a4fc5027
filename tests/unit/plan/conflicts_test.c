/* Conflicts as people see them, settle them, object and answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/conflicts.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define RANK_ID "aa00000000000000000000000000000000000000"
#define TIE_ID "ab00000000000000000000000000000000000000"
#define TIE2_ID "ac00000000000000000000000000000000000000"
#define RANK_PATH "conflicts/aa/" RANK_ID ".yaml"

static int at_ward(void **state)
{
	struct memory *m = memory_country();
	memory_put(m, LEDGER, REPORT, "state: submitted\nversion: '2'\nvalues: {TT01: '43', MT05: 30/58}\n");
	memory_put(m, LEDGER, RANK_PATH,
	    "record: " REPORT "\nfield: values.TT01\nwhy: rank\nstate: overruled\nbase: '42'\n"
	    "kept: {value: '43', unit: '31', rank: '1'}\nother: {value: '44', unit: '11383', rank: '3'}\n");
	memory_put(m, LEDGER, "conflicts/ab/" TIE_ID ".yaml",
	    "record: " REPORT "\nfield: values.MT05\nwhy: equal\nstate: disputed\nbase: 30/58\n"
	    "kept: {value: 31/58, unit: '11383', rank: '3'}\nother: {value: 32/58, unit: cong-an@11383, "
	    "rank: '3'}\n");
	memory_put(m, LEDGER, "conflicts/ac/" TIE2_ID ".yaml",
	    "record: " REPORT "\nfield: values.MT05\nwhy: equal\nstate: disputed\nbase: 30/58\n"
	    "kept: {value: 31/58, unit: '11383', rank: '3'}\nother: {unit: y-te@11383, rank: '3'}\n");
	memory_at(m, "11383", NULL, NULL);
	*state = m;
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

static const char *field(struct memory *m, const char *name)
{
	const char *value = memory_field(m, LEDGER, REPORT, name);
	return value ? value : "-";
}

static void both_sides_are_listed(void **state)
{
	struct memory *m = *state;
	struct conflict_items all;
	const struct conflict_item *c;
	struct err err = {0};
	assert_int_equal(conflict_list(&m->view, NULL, &m->arena, &all, &err), 0);
	assert_int_equal(all.n, 3);
	assert_int_equal(conflict_find(&all, "aa", &c, &err), 0);
	assert_string_equal(c->base, "42");
	assert_string_equal(c->kept.value, "43");
	assert_int_equal(c->kept.rank, 1);
	assert_string_equal(c->other.unit, "11383");
	assert_false(conflict_waits(c));
	assert_int_equal(conflict_find(&all, "ac", &c, &err), 0);
	assert_false(c->other.present);
	assert_null(c->other.value);
	assert_true(conflict_waits(c) && conflict_is_dispute(c));
	assert_int_equal(conflict_find(&all, "a", &c, &err), ERR_AMBIGUOUS);
	ERR_CLEAR(&err);
	assert_int_equal(conflict_find(&all, "b", &c, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(conflict_find(&all, "", &c, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(conflict_list(&m->view, "reports/nobody", &m->arena, &all, &err), 0);
	assert_int_equal(all.n, 0);
}

static void nobody_settles_above_his_rank(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict settle", RANK_ID, "--take=other"), ERR_REFUSED);
	assert_non_null(strstr(memory_said(m), "conflict object"));
	assert_string_equal(field(m, "values.TT01"), "43");
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict settle", "aa0", "--take=other", "--reason=phường đúng"), 0);
	assert_string_equal(field(m, "values.TT01"), "44");
	const struct change *c = &m->last.changes[0];
	assert_int_equal(c->n_settles, 1);
	assert_string_equal(c->settles[0], RANK_ID);
	assert_string_equal(c->body, "phường đúng");
	assert_string_equal(c->ledger, LEDGER);
}

static void keeping_settles_too(void **state)
{
	struct memory *m = *state;
	memory_at(m, "0", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict settle", RANK_ID, "--take=superior"), 0);
	assert_string_equal(field(m, "values.TT01"), "43");
	assert_int_equal(m->last.changes[0].n_settles, 1);
}

static void equals_settle_all_that_stands_on_the_field(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict settle", TIE_ID, "--take=superior"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "conflict settle", TIE_ID, "--take=other"), 0);
	assert_string_equal(field(m, "values.MT05"), "32/58");
	assert_int_equal(m->last.changes[0].n_settles, 2);
	assert_string_equal(m->last.changes[0].settles[0], TIE_ID);
	assert_string_equal(m->last.changes[0].settles[1], TIE2_ID);
}

static void an_absent_side_and_the_base_can_be_taken(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict settle", "ac", "--take=other"), 0);
	assert_string_equal(field(m, "values.MT05"), "-");
	assert_int_equal(memory_do(m, "conflict settle", "ab", "--take=base"), 0);
	assert_string_equal(field(m, "values.MT05"), "30/58");
}

static void a_value_is_checked(void **state)
{
	struct memory *m = *state;
	assert_true(memory_do(m, "conflict settle", "ab", "--value=33") < 0);
	assert_non_null(strstr(memory_said(m), "31/58"));
	assert_int_equal(memory_do(m, "conflict settle", "ab", "--value=33/58"), 0);
	assert_string_equal(field(m, "values.MT05"), "33/58");
	assert_int_equal(memory_do(m, "conflict settle", "ab"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict settle", "ab", "--take=mine"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict settle", "ab", "--take=kept", "--value=1/2"), ERR_USAGE);
}

static void objections_are_answered_in_their_row(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict answer", "aa", "--reason=x"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "conflict object", "aa"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict object", "aa", "--reason=số của phường đúng"), 0);
	assert_string_equal(memory_field(m, LEDGER, RANK_PATH, "objections.11383-1.unit"), "11383");
	memory_at(m, "11383", "cong-an", NULL);
	assert_int_equal(memory_do(m, "conflict object", "aa", "--reason=đồng ý với phường"), 0);
	assert_string_equal(
	    memory_field(m, LEDGER, RANK_PATH, "objections.cong-an@11383-1.unit"), "cong-an@11383");
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict answer", "aa", "--reason=đã xem lại"), 0);
	assert_string_equal(memory_field(m, LEDGER, RANK_PATH, "answers.11383-1.unit"), "31");
	assert_string_equal(
	    memory_field(m, LEDGER, RANK_PATH, "answers.cong-an@11383-1.reason"), "đã xem lại");
	assert_int_equal(memory_do(m, "conflict answer", "aa", "--reason=lần nữa"), ERR_REFUSED);
	assert_string_equal(memory_field(m, LEDGER, RANK_PATH, "kept.value"), "43");
}

static void a_deletion_can_be_taken_but_not_undone(void **state)
{
	struct memory *m = *state;
	memory_put(m, LEDGER, "acks/31/D-1.yaml", "version: '1'\n");
	memory_put(m, LEDGER, "conflicts/ad/ad00000000000000000000000000000000000000.yaml",
	    "record: acks/31/D-1.yaml\nwhy: equal\nstate: disputed\nkept: {value: '+', unit: '11383', rank: "
	    "'3'}\n"
	    "other: {unit: cong-an@11383, rank: '3'}\n");
	assert_int_equal(memory_do(m, "conflict settle", "ad", "--value=x"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict settle", "ad", "--take=kept"), 0);
	assert_string_equal(memory_field(m, LEDGER, "acks/31/D-1.yaml", "version"), "1");
	assert_int_equal(memory_do(m, "conflict settle", "ad", "--take=other"), 0);
	assert_null(memory_field(m, LEDGER, "acks/31/D-1.yaml", "version"));
	assert_int_equal(memory_do(m, "conflict settle", "ad", "--take=kept"), ERR_REFUSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, at_ward, leave)
	const struct CMUnitTest tests[] = {
	    TEST(both_sides_are_listed),
	    TEST(nobody_settles_above_his_rank),
	    TEST(keeping_settles_too),
	    TEST(equals_settle_all_that_stands_on_the_field),
	    TEST(an_absent_side_and_the_base_can_be_taken),
	    TEST(a_value_is_checked),
	    TEST(objections_are_answered_in_their_row),
	    TEST(a_deletion_can_be_taken_but_not_undone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

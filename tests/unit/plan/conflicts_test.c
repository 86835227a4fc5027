/* Conflicts as people see them, settle them, object and answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/conflict_effect.h"
#include "plan/conflict_filter.h"
#include "plan/conflict_settle.h"
#include "plan/overruled.h"

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

static size_t fitting(struct memory *m, const char *where)
{
	struct conflict_filter f;
	struct conflict_items all;
	struct err err = {0};
	struct args a = {0};
	args_add_option(&a, "where", where);
	int rc = conflict_filter_read(&m->view, &a, &m->arena, &f, &err);
	if (rc == 0)
		rc = conflict_select(&m->view, &f, &m->arena, &all, &err);
	args_free(&a);
	return rc ? 100 : all.n;
}

static void filters_say_which_are_meant(void **state)
{
	struct memory *m = *state;
	static const struct {
		const char *where;
		size_t n; /* 100: no such filter */
	} cases[] = {{"state=open", 3}, {"state=disputed", 2}, {"state=settled", 0}, {"why=rank", 1},
	    {"unit=11383", 3}, {"unit=31", 3}, {"unit=11050", 0}, {"plan=hp.2026-06,why=equal", 2},
	    {"period=2026-06", 3}, {"period=2026-05", 0}, {"record=reports", 3}, {"record=reports/31/hp", 0},
	    {"record=reports/31/hp.2026-06/2026-06", 3}, {"record=" REPORT ",field=values.TT01", 1},
	    {"mine", 2}, {"older=0", 3}, {"older=100000", 0}, {"newer=0", 0}, {"colour=red", 100},
	    {"mine=no", 100}, {"state=odd", 100}, {"older=-1", 100}, {"older=x", 100}, {"unit", 100},
	    {"plan=none", 100}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (fitting(m, cases[i].where) != cases[i].n)
			fail_msg("%s: %zu", cases[i].where, fitting(m, cases[i].where));
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(fitting(m, "mine"), 2);
}

static void many_are_settled_by_a_rule(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict settle", "--where=state=open", "--value=1"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict settle", "--where=state=open", "--take=mine"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict settle", "aa", "--where=mine", "--take=kept"), ERR_USAGE);
	/* Of the ward: one is above it, and of the other field two others are named. */
	assert_int_equal(memory_do(m, "conflict settle", "--where=state=open", "--take=other"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "conflict settle", "--where=state=open", "--take=kept", "--json"), 0);
	assert_string_equal(buf_str(&m->last.output),
	    "{\"settled\": [\"" TIE_ID "\", \"" TIE2_ID "\"], \"changes\": 1, \"left\": [{\"id\": \"" RANK_ID
	    "\", \"why\": \"rank\"}]}\n");
	assert_string_equal(field(m, "values.MT05"), "31/58");
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict settle", "--where=state=open", "--take=base"), 0);
	assert_int_equal(m->last.n_changes, 1);
	assert_int_equal(m->last.changes[0].n_settles, 3);
	assert_string_equal(field(m, "values.TT01"), "42");
	assert_string_equal(field(m, "values.MT05"), "30/58");
	assert_int_equal(memory_do(m, "conflict settle", "--where=why=lead", "--take=base"), 0);
	assert_int_equal(m->last.n_changes, 0);
}

/* A change names at most as many conflicts as fit into its message; what stands on one record stays together. */
static void a_thousand_take_a_few_changes(void **state)
{
	struct memory *m = *state;
	memory_at(m, "31", NULL, NULL);
	for (int i = 0; i < 1000; i++) {
		char id[64], path[128], record[80], yaml[400];
		snprintf(id, sizeof id, "b%d%038d", i % 10, i);
		snprintf(path, sizeof path, "conflicts/%.2s/%s.yaml", id, id);
		snprintf(record, sizeof record, "acks/31/D-%d.yaml", i / 100);
		if (i % 100 == 0)
			memory_put(m, LEDGER, record, "version: '1'\n");
		snprintf(yaml, sizeof yaml,
		    "record: %s\nfield: x%d\nwhy: rank\nstate: overruled\n"
		    "kept: {unit: '31', rank: '1'}\nother: {unit: '11383', rank: '3'}\n",
		    record, i);
		memory_put(m, LEDGER, path, yaml);
	}
	assert_int_equal(memory_do(m, "conflict settle", "--where=record=acks", "--take=kept"), 0);
	size_t settled = 0;
	for (size_t i = 0; i < m->last.n_changes; i++) {
		const struct change *c = &m->last.changes[i];
		struct buf message = {0};
		change_message(c, &message);
		assert_true(message.len <= CHANGE_MESSAGE_MAX);
		buf_free(&message);
		settled += c->n_settles;
		assert_int_equal(c->n_settles, 100);
	}
	assert_int_equal(settled, 1000);
	assert_int_equal(m->last.n_changes, 10);
}

static void a_dry_run_says_what_the_totals_would_be(void **state)
{
	struct memory *m = *state;
	struct args a = {0};
	struct outcome o = {0};
	struct conflict_settling s;
	struct conflict_effects e;
	struct err err = {0};
	memory_at(m, "31", NULL, NULL);
	args_add_option(&a, "where", "state=open");
	args_add_option(&a, "take", "superior");
	assert_int_equal(conflict_settle_words(&m->view, &a, &o, &s, &err), 0);
	assert_int_equal(s.n_left, 2);
	assert_string_equal(s.left[0].code, "unclear");
	assert_int_equal(conflict_effects(&m->view, &o, &m->arena, &e, &err), 0);
	assert_int_equal(e.n, 0);
	outcome_free(&o);
	args_add_option(&a, "take", "base");
	assert_int_equal(conflict_settle_words(&m->view, &a, &o, &s, &err), 0);
	assert_int_equal(conflict_effects(&m->view, &o, &m->arena, &e, &err), 0);
	assert_int_equal(e.n, 2);
	assert_string_equal(e.items[0].indicator, "MT05");
	assert_int_equal(e.items[0].disputed_from, 1);
	assert_int_equal(e.items[0].disputed_to, 0);
	assert_string_equal(e.items[1].indicator, "TT01");
	assert_string_equal(e.items[1].period, "2026-06");
	assert_string_equal(e.items[1].from, "43");
	assert_string_equal(e.items[1].to, "42");
	assert_string_equal(field(m, "values.TT01"), "43");
	outcome_free(&o);
	args_free(&a);
}

static void what_was_settled_is_taken_back(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict undo"), ERR_NOT_FOUND);
	assert_int_equal(memory_do(m, "conflict settle", "ab", "--take=other"), 0);
	assert_string_equal(field(m, "values.MT05"), "32/58");
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict undo"), ERR_NOT_FOUND);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict undo", "ab"), 0);
	assert_string_equal(field(m, "values.MT05"), "30/58");
	assert_non_null(strstr(m->last.changes[0].body, "31/58"));
	assert_int_equal(memory_do(m, "conflict undo"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "conflict settle", "ab", "--take=base"), 0);
	assert_int_equal(memory_do(m, "conflict undo"), ERR_REFUSED);
	assert_non_null(strstr(memory_said(m), "left its value as it was"));
}

static void questions_go_to_the_other_side(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict ask", "ab", "--reason=theo sổ nào"), 0);
	assert_string_equal(memory_field(m, LEDGER, "conflicts/ab/" TIE_ID ".yaml", "objections.11383-1.to"),
	    "cong-an@11383");
	assert_int_equal(memory_do(m, "conflict ask", "ab", "--to=0", "--reason=x"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "conflict answer", "ab", "--reason=x"), ERR_REFUSED);
	memory_at(m, "11383", "y-te", NULL);
	assert_int_equal(memory_do(m, "conflict answer", "ab", "--reason=x"), ERR_REFUSED);
	assert_non_null(strstr(memory_said(m), "cong-an@11383"));
	memory_at(m, "11383", "cong-an", NULL);
	assert_int_equal(memory_do(m, "conflict answer", "ab", "--reason=sổ công an"), 0);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict ask", "ab", "--reason=ai đúng"), 0);
	assert_string_equal(
	    memory_field(m, LEDGER, "conflicts/ab/" TIE_ID ".yaml", "objections.31-2.to"), "cong-an@11383");
	assert_int_equal(memory_do(m, "conflict object", "ab", "--reason=x"), ERR_REFUSED);
}

static void an_objection_is_withdrawn(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "conflict object", "aa", "--withdraw"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "conflict object", "aa", "--reason=số của phường"), 0);
	assert_int_equal(memory_do(m, "conflict object", "aa", "--withdraw"), 0);
	assert_null(memory_field(m, LEDGER, RANK_PATH, "objections.11383-1.unit"));
}

static size_t told(struct memory *m)
{
	struct overruled list;
	struct err err = {0};
	assert_int_equal(overruled_read(&m->view, NULL, &m->arena, &list, &err), 0);
	return list.n;
}

static void who_lost_is_told_until_he_knows(void **state)
{
	struct memory *m = *state;
	assert_int_equal(told(m), 1);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(told(m), 0);
	memory_at(m, "11383", "cong-an", NULL);
	assert_int_equal(told(m), 0);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "conflict seen"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict seen", "aa", "--all"), ERR_USAGE);
	assert_int_equal(memory_do(m, "conflict seen", "bb"), ERR_NOT_FOUND);
	assert_int_equal(memory_do(m, "conflict object", "aa", "--reason=x"), 0);
	assert_int_equal(told(m), 0);
	assert_int_equal(memory_do(m, "conflict object", "aa", "--withdraw"), 0);
	assert_int_equal(told(m), 1);
	assert_int_equal(memory_do(m, "conflict seen", "aa"), 0);
	assert_non_null(memory_field(m, LEDGER, "seen/11383.yaml", "all"));
}

static void what_is_remembered_is_read_with_care(void **state)
{
	struct overruled_memory a = {0}, b = {0};
	struct buf one = {0}, two = {0};
	(void)state;
	overruled_memory_parse(&a, "tip x 3\n" RANK_ID "\n" RANK_ID " " TIE_ID "\n" RANK_ID " " TIE_ID
				   "0\nodd\n\n" RANK_ID "x" TIE_ID "\n" TIE_ID);
	assert_int_equal(a.heads.n, 2);
	assert_int_equal(a.found.n, 1);
	overruled_memory_print(&a, &one);
	overruled_memory_parse(&b, buf_str(&one));
	overruled_memory_print(&b, &two);
	assert_string_equal(buf_str(&one), buf_str(&two));
	buf_free(&one);
	buf_free(&two);
	overruled_memory_free(&a);
	overruled_memory_free(&b);
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
	    TEST(filters_say_which_are_meant),
	    TEST(many_are_settled_by_a_rule),
	    TEST(a_thousand_take_a_few_changes),
	    TEST(a_dry_run_says_what_the_totals_would_be),
	    TEST(what_was_settled_is_taken_back),
	    TEST(questions_go_to_the_other_side),
	    TEST(an_objection_is_withdrawn),
	    TEST(who_lost_is_told_until_he_knows),
	    TEST(what_is_remembered_is_read_with_care),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

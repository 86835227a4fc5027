/* The walk through conflicts: its order, its decisions, the last one taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/walk.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"

static void put(
    struct memory *m, const char *id, const char *field, const char *state, const char *why, const char *kept)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "conflicts/%.2s/%s00000000000000000000000000000000000000.yaml", id, id);
	snprintf(text, sizeof text,
	    "record: " REPORT "\nfield: %s\nwhy: %s\nstate: %s\nbase: '1'\nkept: {value: '2', unit: %s}\n"
	    "other: {value: '3', unit: y-te@11383, rank: '3'}\n",
	    field, why, state, kept);
	memory_put(m, LEDGER, path, text);
}

static int at_ward(void **state)
{
	struct memory *m = memory_country();
	memory_put(m, LEDGER, REPORT, "state: submitted\n");
	put(m, "a0", "values.TT01", "overruled", "rank", "'31', rank: '1'");
	put(m, "a1", "values.TT02", "disputed", "equal", "cong-an@11383, rank: '3'");
	put(m, "a2", "values.TT03", "objected", "rank", "'31', rank: '1'");
	put(m, "a3", "values.TT02", "disputed", "equal", "cong-an@11383, rank: '3'");
	put(m, "a4", "values.TT04", "settled", "equal", "cong-an@11383, rank: '3'");
	memory_at(m, "11383", NULL, NULL);
	*state = m;
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

static struct walk begin(struct memory *m)
{
	struct conflict_items all;
	struct walk w;
	struct err err = {0};
	assert_int_equal(conflict_list(&m->view, NULL, &m->arena, &all, &err), 0);
	walk_begin(&m->view, &all, &w);
	return w;
}

static void what_is_to_be_decided_comes_first(void **state)
{
	struct walk w = begin(*state);
	static const char *const order[] = {"a1", "a3", "a2", "a0"};
	assert_int_equal(w.n, 4);
	for (size_t i = 0; i < w.n; i++)
		assert_memory_equal(w.items[i]->id, order[i], 2);
	walk_free(&w);
}

static void a_settled_field_is_passed_over(void **state)
{
	struct walk w = begin(*state);
	assert_int_equal(walk_next(&w, 0), 0);
	walk_decide(&w, 0, WALK_KEEP, NULL, NULL);
	assert_int_equal(walk_next(&w, 0), 2);
	walk_decide(&w, 2, WALK_OBJECT, NULL, "sai");
	walk_decide(&w, 3, WALK_SKIP, NULL, NULL);
	assert_int_equal(walk_next(&w, 0), 4);
	assert_int_equal(walk_decided(&w), 2);
	walk_free(&w);
}

static void a_question_settles_nothing_of_its_field(void **state)
{
	struct walk w = begin(*state);
	walk_decide(&w, 0, WALK_ASK, NULL, "vì sao");
	assert_int_equal(walk_next(&w, 0), 1);
	walk_free(&w);
}

static void the_last_one_is_taken_back(void **state)
{
	struct walk w = begin(*state);
	size_t at = 9;
	assert_false(walk_undo(&w, &at));
	walk_decide(&w, 0, WALK_VALUE, "7", NULL);
	walk_decide(&w, 2, WALK_SKIP, NULL, NULL);
	assert_true(walk_undo(&w, &at));
	assert_int_equal(at, 2);
	assert_true(walk_undo(&w, &at));
	assert_int_equal(at, 0);
	assert_int_equal(walk_decided(&w), 0);
	assert_int_equal(walk_next(&w, 0), 0);
	assert_false(walk_undo(&w, &at));
	walk_free(&w);
}

static void becomes(
    enum walk_act act, const char *value, const char *reason, const char *want, struct walk *w)
{
	struct args args;
	struct buf line = {0};
	walk_decide(w, 0, act, value, reason);
	const char *command = walk_command(w, &w->decisions[w->n_decisions - 1], &args);
	buf_printf(&line, "%s %.2s", command ? command : "-", args_word(&args, 0));
	for (size_t i = 0; i < args.n_options; i++)
		buf_printf(&line, " --%s %s", args.options[i].name, args.options[i].value);
	assert_string_equal(buf_str(&line), want);
	buf_free(&line);
	args_free(&args);
}

static void a_decision_is_a_command(void **state)
{
	struct walk w = begin(*state);
	becomes(WALK_KEEP, NULL, "", "conflict settle a1 --take kept", &w);
	becomes(WALK_OTHER, NULL, "vì", "conflict settle a1 --take other --reason vì", &w);
	becomes(WALK_BASE, NULL, NULL, "conflict settle a1 --take base", &w);
	becomes(WALK_VALUE, "33/58", NULL, "conflict settle a1 --value 33/58", &w);
	becomes(WALK_OBJECT, NULL, "sai", "conflict object a1 --reason sai", &w);
	becomes(WALK_ASK, NULL, "ai?", "conflict ask a1 --reason ai?", &w);
	becomes(WALK_ANSWER, NULL, "đúng", "conflict answer a1 --reason đúng", &w);
	becomes(WALK_SKIP, NULL, NULL, "- a1", &w);
	walk_free(&w);
}

static void what_changed_meanwhile_is_noticed(void **state)
{
	struct walk w = begin(*state);
	struct conflict_item now = *w.items[0];
	assert_true(walk_unchanged(w.items[0], &now));
	now.kept.value = "9";
	assert_false(walk_unchanged(w.items[0], &now));
	now = *w.items[0];
	now.state = "settled";
	assert_false(walk_unchanged(w.items[0], &now));
	now = *w.items[0];
	now.other.change = "ab";
	assert_false(walk_unchanged(w.items[0], &now));
	now = *w.items[0];
	now.base = NULL;
	assert_false(walk_unchanged(w.items[0], &now));
	assert_false(walk_unchanged(w.items[0], w.items[3]));
	walk_free(&w);
}

static void nothing_to_walk_through(void **state)
{
	struct memory *m = *state;
	struct conflict_items none = {0};
	struct walk w;
	walk_begin(&m->view, &none, &w);
	assert_int_equal(w.n, 0);
	assert_int_equal(walk_next(&w, 0), 0);
	walk_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_to_be_decided_comes_first),
	    cmocka_unit_test(a_settled_field_is_passed_over),
	    cmocka_unit_test(a_question_settles_nothing_of_its_field),
	    cmocka_unit_test(the_last_one_is_taken_back),
	    cmocka_unit_test(a_decision_is_a_command),
	    cmocka_unit_test(what_changed_meanwhile_is_noticed),
	    cmocka_unit_test(nothing_to_walk_through),
	};
	return cmocka_run_group_tests(tests, at_ward, leave);
}

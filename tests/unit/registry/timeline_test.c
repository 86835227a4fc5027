#include "tree.h"

#include "registry/drafts.h"
#include "registry/timeline.h"

#define UNITS "code,parent,level,type,name\n"
#define MOVES "old_code,new_code,new_name,date,kind\n"

/* The two tables, read. */
struct tables {
	struct arena arena;
	struct unit_list units;
	struct reorg_list moves;
	struct enrol_tables both;
};

static void read_tables(struct tables *t, const char *units, const char *moves)
{
	struct err err = {0};
	*t = (struct tables){.arena = {0}};
	if (unit_list_read(&t->arena, "u.csv", units, strlen(units), UNIT_LIST_FULL, &t->units, &err) ||
	    reorg_list_read(&t->arena, "m.csv", moves, strlen(moves), &t->moves, &err))
		tree_fail(&err);
	t->both = (struct enrol_tables){&t->units, &t->moves};
}

static void print_day(struct buf *out, day_t day)
{
	char text[16];
	if (day == INT32_MIN || day == INT32_MAX)
		return;
	date_print(day, text);
	buf_puts(out, text);
}

/* "a<31 2025-07-01..: A; b<31 ..2025-06-30: - > a whole": code, superior, days, name, successors. */
static const char *told(const struct timeline *t, struct buf *out)
{
	buf_cut(out, 0);
	for (size_t i = 0; i < t->n; i++) {
		const struct span *s = t->spans[i];
		buf_printf(out, "%s%s<%s ", i ? "; " : "", s->code, s->superior);
		print_day(out, s->from);
		buf_puts(out, "..");
		print_day(out, s->to);
		buf_printf(out, ": %s", s->name ? s->name : "-");
		for (size_t k = 0; k < s->n_next; k++)
			buf_printf(out, " > %s %s", s->next[k].unit->code, reorg_kind_name(s->next[k].kind));
	}
	return buf_str(out);
}

static void assert_told(const char *units, const char *moves, const char *wanted)
{
	struct tables t;
	struct timeline line;
	struct buf out = {0};
	read_tables(&t, units, moves);
	timeline_make(&t.arena, &t.units, &t.moves, &line);
	assert_string_equal(told(&line, &out), wanted);
	for (size_t i = 0; i < line.n; i++)
		assert_int_equal(span_is_whole(line.spans[i]),
		    line.spans[i]->n_next == 1 && line.spans[i]->next[0].kind == REORG_WHOLE);
	buf_free(&out);
	arena_free(&t.arena);
}

static void what_was_before_is_told_back_in_time(void **state)
{
	(void)state;
	assert_told(UNITS "a,31,commune,xa,A\nb,31,commune,xa,B\n",
	    MOVES "a,a,Xã A,2025-07-01,whole\nc,a,Xã A,2025-07-01,part\nc,b,Xã B,2025-07-01,part\nb,b,Xã "
		  "B,2025-07-01,whole\n",
	    "a<31 2025-07-01..: A; b<31 2025-07-01..: B; a<31 ..2025-06-30: - > a whole; c<31 ..2025-06-30: "
	    "- > "
	    "a part > b part; b<31 ..2025-06-30: - > b whole");
}

static void one_that_nothing_else_went_into_goes_on(void **state)
{
	(void)state;
	assert_told(UNITS "a,31,commune,xa,A\n", MOVES "a,a,Xã A,2025-07-01,whole\n", "a<31 ..: A");
	assert_told(UNITS "a,31,commune,xa,A\n", MOVES "a,a,Phường A,2026-04-30,retype\n", "a<31 ..: A");
	/* But not under another code, nor where a part went elsewhere. */
	assert_told(UNITS "a,31,commune,xa,A\n", MOVES "b,a,Xã A,2025-07-01,whole\n",
	    "a<31 2025-07-01..: A; b<31 ..2025-06-30: - > a whole");
	assert_told(UNITS "a,31,commune,xa,A\nb,31,commune,xa,B\n",
	    MOVES "a,a,Xã A,2025-07-01,whole\na,b,Xã B,2025-07-01,part\n",
	    "a<31 2025-07-01..: A; b<31 2025-07-01..: B; a<31 ..2025-06-30: - > a whole > b part");
}

static void several_days_make_chains(void **state)
{
	(void)state;
	assert_told(UNITS "a,31,commune,xa,A\n",
	    MOVES "b,a,Xã A,2027-01-01,whole\nc,a,Xã A,2027-01-01,whole\nd,b,Xã B cũ,2025-07-01,whole\n",
	    "a<31 2027-01-01..: A; b<31 2025-07-01..2026-12-31: Xã B cũ > a whole; c<31 ..2026-12-31: - > a "
	    "whole; "
	    "d<31 ..2025-06-30: - > b whole");
}

/* A part of a unit that goes on: it does not end by that. Lines about what the table does not name: not ours to tell. */
static void what_tells_of_no_end_is_counted(void **state)
{
	(void)state;
	struct tables t;
	struct timeline line;
	read_tables(&t, UNITS "a,31,commune,xa,A\nb,31,commune,xa,B\n",
	    MOVES "a,b,Xã B,2025-07-01,part\nx,y,Y,2025-07-01,whole\n");
	timeline_make(&t.arena, &t.units, &t.moves, &line);
	assert_int_equal(line.n, 2);
	assert_int_equal(line.given, 1);
	assert_int_equal(line.foreign, 1);
	arena_free(&t.arena);
}

static void an_old_unit_stands_where_all_of_it_went(void **state)
{
	(void)state;
	assert_told(UNITS "a,31,commune,xa,A\nb,01,commune,xa,B\n",
	    MOVES
	    "c,a,A,2025-07-01,part\nc,b,B,2025-07-01,whole\nd,b,B,2025-07-01,part\nd,a,A,2025-07-01,part\n",
	    "a<31 2025-07-01..: A; b<01 2025-07-01..: B; c<01 ..2025-06-30: - > a part > b whole; d<01 "
	    "..2025-06-30: - > b part > a part");
}

static void assert_place(const char *moves, unsigned line, unsigned column)
{
	struct arena arena = {0};
	struct reorg_list list;
	struct err err = {0};
	assert_int_equal(reorg_list_read(&arena, "m.csv", moves, strlen(moves), &list, &err), ERR_INPUT);
	assert_int_equal(err.line, line);
	assert_int_equal(err.column, column);
	arena_free(&arena);
}

static void what_is_wrong_has_a_place(void **state)
{
	(void)state;
	assert_place("", 1, 1);
	assert_place("old_code,new_code,date\n", 1, 1);
	assert_place("old_code,new_code,date,kind,old_code\n", 1, 29);
	assert_place(MOVES "a,b,B,2025-07-01\n", 2, 7);
	assert_place(MOVES "a b,b,B,2025-07-01,whole\n", 2, 1);
	assert_place(MOVES "a,b@c,B,2025-07-01,whole\n", 2, 3);
	assert_place(MOVES "a,b,B,2025-02-29,whole\n", 2, 7);
	assert_place(MOVES "a,b,B,2025-07-01,all\n", 2, 18);
	assert_place(MOVES "a,b,B,2025-07-01,retype\n", 2, 18);
	assert_place(MOVES "a,b,B,2025-07-01,whole\na,b,B,2025-07-01,part\n", 3, 1);
}

static void each_superior_gets_his_own(void **state)
{
	(void)state;
	struct registry *r = tree_new();
	struct tables t;
	struct drafts d;
	read_tables(&t,
	    UNITS "31,0,province,tp,Hải Phòng\n01,0,province,tp,Hà Nội\na,31,commune,xa,\"A, "
		  "B\"\nb,01,commune,xa,B\n"
		  "x,99,commune,xa,X\n",
	    MOVES "c,a,A,2025-07-01,part\nc,b,B,2025-07-01,part\nd,b,B,2025-07-01,whole\n31,31,HP,2025-07-01,"
		  "whole\n"
		  "30,31,HP,2025-07-01,whole\n");
	drafts_make(r, "0", &t.both, &d);
	assert_int_equal(d.n, 2);
	assert_string_equal(d.items[0].superior, "31");
	assert_string_equal(
	    buf_str(&d.items[0].units), UNITS "a,31,commune,xa,\"A, B\"\nb,01,commune,xa,B\n");
	assert_string_equal(
	    buf_str(&d.items[0].moves), MOVES "c,a,A,2025-07-01,part\nc,b,B,2025-07-01,part\n");
	/* What of 31 went into b, 01 is told of; the rest is its own. */
	assert_string_equal(
	    buf_str(&d.items[1].units), UNITS "b,01,commune,xa,B\na,31,commune,xa,\"A, B\"\n");
	assert_string_equal(
	    buf_str(&d.items[1].moves), MOVES "c,b,B,2025-07-01,part\nd,b,B,2025-07-01,whole\n");
	drafts_free(&d);
	/* Nothing below a city that has no superiors below it. */
	drafts_make(r, "31", &t.both, &d);
	assert_int_equal(d.n, 0);
	drafts_free(&d);
	arena_free(&t.arena);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_before_is_told_back_in_time),
	    cmocka_unit_test(one_that_nothing_else_went_into_goes_on),
	    cmocka_unit_test(several_days_make_chains),
	    cmocka_unit_test(what_tells_of_no_end_is_counted),
	    cmocka_unit_test(an_old_unit_stands_where_all_of_it_went),
	    cmocka_unit_test(what_is_wrong_has_a_place),
	    cmocka_unit_test(each_superior_gets_his_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

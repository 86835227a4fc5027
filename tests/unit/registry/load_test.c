/* Tables of units and of what became of them, loaded into a city's registry; and units that change. */
#include "tree.h"

#include "registry/reorganise.h"

#define UNITS "code,parent,level,type,name\n"
#define MOVES "old_code,new_code,new_name,date,kind\n"

struct city {
	struct registry *r;
	struct config config;
	struct arena arena;
	unsigned char change;
};

static struct city city_new(void)
{
	struct city c = {.r = tree_new(), .change = 100};
	config_init(&c.config);
	c.config.unit = "31";
	c.config.level = "province";
	c.config.rank = 1;
	c.config.admitted = true;
	return c;
}

static void city_free(struct city *c)
{
	registry_free(c->r);
	config_free(&c->config);
	arena_free(&c->arena);
}

static day_t day_of(const char *text)
{
	day_t day = 0;
	struct err err = {0};
	if (date_parse(text, &day, &err) < 0)
		tree_fail(&err);
	return day;
}

static void feed(struct city *c, const struct enrol_edit *e)
{
	struct err err = {0};
	struct oid id = tree_change(++c->change);
	if (registry_feed(c->r, &(struct registry_source){"31", id, NULL}, e->path, &e->record, &err) < 0)
		tree_fail(&err);
}

/* "+a 2025-07-01.. A; +b ..2025-06-30 b > a whole; =c": what becomes of each; then it is so. */
static void tell(struct city *c, const struct enrol_loaded *l, struct buf *out)
{
	static const char fates[] = "?+*=";
	const char *from, *to, *next;
	if (l->fate == ENROL_OTHER)
		return;
	const struct record *r = &l->edit.record;
	buf_printf(out, "%s%c%s", out->len ? "; " : "", fates[l->fate], l->edit.id);
	if (l->fate == ENROL_SAME)
		return;
	from = record_get(r, "valid_from");
	to = record_get(r, "valid_to");
	buf_printf(out, " %s..%s %s", from ? from : "", to ? to : "", record_get(r, "name"));
	for (size_t i = 0; record_next_key(r, "replaced_by", &i, &next);)
		buf_printf(
		    out, " > %s %s", next, record_get(r, arena_printf(&c->arena, "replaced_by.%s", next)));
	feed(c, &l->edit);
}

static const char *load(struct city *c, const char *today, const char *units, const char *moves)
{
	struct arena arena = {0};
	struct unit_list list;
	struct reorg_list reorg;
	struct enrol_load l;
	struct err err = {0};
	struct buf out = {0};
	int rc = unit_list_read(&arena, "u.csv", units, strlen(units), UNIT_LIST_FULL, &list, &err);
	if (rc == 0)
		rc = reorg_list_read(&arena, "m.csv", moves, strlen(moves), &reorg, &err);
	if (rc == 0)
		rc = enrol_load(c->r, &c->config, NULL, &(struct enrol_tables){&list, &reorg}, day_of(today),
		    &arena, &l, &err);
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		tell(c, &l.rows[i], &out);
	for (size_t i = 0; rc == 0 && i < l.n_ended; i++)
		tell(c, &l.ended[i], &out);
	if (rc)
		buf_printf(&out, "%s:%u:%u", err.file, err.line, err.column);
	const char *text = arena_dup(&c->arena, buf_str(&out));
	buf_free(&out);
	arena_free(&arena);
	return text;
}

static const char now[] = UNITS "a,31,commune,xa,A\nb,31,commune,xa,B\nx,01,commune,xa,X\n";
static const char past[] =
    MOVES "a,a,Xã A,2025-07-01,whole\nc,a,Xã A,2025-07-01,part\nc,b,Xã B,2025-07-01,part\nd,b,Xã "
	  "B,2025-07-01,whole\ny,x,X,2025-07-01,whole\n";

static void what_was_is_registered_behind_what_is(void **state)
{
	(void)state;
	struct city c = city_new();
	assert_string_equal(load(&c, "2026-01-01", now, past),
	    "+a 2025-07-01.. A; +b 2025-07-01.. B; +a.2 ..2025-06-30 a > a whole; +c ..2025-06-30 c > a part "
	    "> b "
	    "part; +d ..2025-06-30 d > b whole");
	assert_string_equal(load(&c, "2026-01-01", now, past), "=a; =b; =a.2; =c; =d");
	assert_string_equal(load(&c, "2024-01-01", now, past), "=a; =b; =a.2; =c; =d");
	city_free(&c);
}

/* The table of units was loaded without the moves: those units are the ones of today, their keys stay theirs. */
static void a_registry_of_today_gets_its_past(void **state)
{
	(void)state;
	struct city c = city_new();
	assert_string_equal(load(&c, "2026-01-01", now, MOVES), "+a .. A; +b .. B");
	tree_add(c.r, "31", 83, "a", "a", "commune", 3, "A");
	assert_string_equal(load(&c, "2026-01-01", now, past),
	    "*a 2025-07-01.. A; *b 2025-07-01.. B; +a.2 ..2025-06-30 a > a whole; +c ..2025-06-30 c > a part "
	    "> b "
	    "part; +d ..2025-06-30 d > b whole");
	assert_true(registry_unit(c.r, "a")->has_key);
	city_free(&c);
}

/* It was loaded before the moves, with names of that time: those units end. */
static void a_registry_of_the_past_is_brought_to_today(void **state)
{
	(void)state;
	struct city c = city_new();
	assert_string_equal(
	    load(&c, "2025-01-01", UNITS "a,31,commune,xa,A cũ\nc,31,commune,xa,C cũ\nd,31,commune,xa,D cũ\n",
		MOVES),
	    "+a .. A cũ; +c .. C cũ; +d .. D cũ");
	assert_string_equal(load(&c, "2025-07-02", now, past),
	    "+a.2 2025-07-01.. A; +b 2025-07-01.. B; *a ..2025-06-30 A cũ > a.2 whole; *c ..2025-06-30 C cũ "
	    "> a.2 "
	    "part > b part; *d ..2025-06-30 D cũ > b whole");
	assert_string_equal(load(&c, "2025-07-02", now, past), "=a.2; =b; =a; =c; =d");
	city_free(&c);
	/* The same on the eve. */
	c = city_new();
	load(&c, "2025-01-01", UNITS "a,31,commune,xa,A\n", MOVES);
	assert_string_equal(load(&c, "2025-06-01", now, past),
	    "+a.2 2025-07-01.. A; +b 2025-07-01.. B; *a ..2025-06-30 A > a.2 whole; +c ..2025-06-30 c > a.2 "
	    "part > "
	    "b part; +d ..2025-06-30 d > b whole");
	city_free(&c);
}

static void what_was_said_before_stays(void **state)
{
	(void)state;
	struct city c = city_new();
	tree_feed(c.r, "31", 120, "d",
	    "code: d\nname: D\nlevel: commune\nrank: 3\nvalid_from: '2020-01-01'\nvalid_to: '2025-06-15'\n");
	assert_string_equal(load(&c, "2026-01-01", now, past),
	    "+a 2025-07-01.. A; +b 2025-07-01.. B; +a.2 ..2025-06-30 a > a whole; +c ..2025-06-30 c > a part "
	    "> b "
	    "part; *d 2020-01-01..2025-06-15 D > b whole");
	city_free(&c);
}

static void errors_have_their_place(void **state)
{
	(void)state;
	struct city c = city_new();
	assert_string_equal(
	    load(&c, "2026-01-01", UNITS "a,31,commune,xa,A\nb,31,commun,xa,B\n", past), "u.csv:3:6");
	assert_string_equal(load(&c, "2026-01-01", now, MOVES "a,b,x,2025-07-01,hole\n"), "m.csv:2:18");
	assert_null(registry_unit(c.r, "a"));
	city_free(&c);
}

/* ---- units that change ---- */

static const struct registry_unit *unit(struct city *c, const char *typed)
{
	const struct registry_unit *u;
	struct err err = {0};
	if (reorganise_find(c->r, &c->config, typed, day_of("2026-01-01"), &u, &err) < 0)
		tree_fail(&err);
	return u;
}

static int end(struct city *c, const char *typed, const char *last, const struct reorganise_next *next,
    size_t n, struct err *err)
{
	struct enrol_edit e;
	ERR_CLEAR(err);
	int rc = reorganise_end(c->r, unit(c, typed), day_of(last), next, n, &c->arena, &e, err);
	if (rc == 0 && e.changed)
		feed(c, &e);
	return rc;
}

static void a_unit_ends(void **state)
{
	(void)state;
	struct city c = city_new();
	struct err err = {0};
	const struct reorganise_next one[] = {{"11050", false, false}};
	const struct reorganise_next self[] = {{"11383", false, false}};
	const struct reorganise_next both[] = {{"11050", true, false}, {"x", false, false}};
	assert_int_equal(end(&c, "11383", "2026-06-30", self, 1, &err), ERR_REFUSED);
	assert_int_equal(end(&c, "11383", "2026-06-30", both, 2, &err), ERR_REFUSED);
	assert_int_equal(end(&c, "11383", "2026-06-30", one, 1, &err), 0);
	assert_int_equal(unit(&c, "11383")->valid_to, day_of("2026-06-30"));
	assert_true(registry_replaces(c.r, "11050", "11383"));
	assert_true(unit(&c, "11383")->has_key);
	/* Sooner is a correction, later would be another life. */
	assert_int_equal(end(&c, "11383", "2026-05-31", NULL, 0, &err), 0);
	assert_string_equal(record_get(registry_record(c.r, "11383"), "replaced_by.11050"), "whole");
	assert_int_equal(end(&c, "11383", "2026-12-31", NULL, 0, &err), ERR_REFUSED);
	city_free(&c);
}

static void only_its_superior_ends_it(void **state)
{
	(void)state;
	struct city c = city_new();
	const struct registry_unit *u;
	struct err err = {0};
	assert_int_equal(
	    reorganise_find(c.r, &c.config, "00004", day_of("2026-01-01"), &u, &err), ERR_REFUSED);
	assert_string_equal(err.arg[2], "01");
	ERR_CLEAR(&err);
	assert_int_equal(reorganise_find(c.r, &c.config, "0", day_of("2026-01-01"), &u, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	assert_int_equal(
	    reorganise_find(c.r, &c.config, "cong-an@11383", day_of("2026-01-01"), &u, &err), ERR_REFUSED);
	city_free(&c);
}

static void a_name_changes_but_no_rank(void **state)
{
	(void)state;
	struct city c = city_new();
	struct enrol_edit e;
	struct err err = {0};
	struct enrol_unit fresh = {.name = "Xã mới", .type = "xa"};
	assert_int_equal(
	    reorganise_rename(c.r, &c.config, NULL, unit(&c, "11050"), &fresh, &c.arena, &e, &err), 0);
	assert_true(e.changed);
	feed(&c, &e);
	assert_string_equal(unit(&c, "11050")->name, "Xã mới");
	assert_int_equal(
	    reorganise_rename(c.r, &c.config, NULL, unit(&c, "11050"), &fresh, &c.arena, &e, &err), 0);
	assert_false(e.changed);
	fresh.level = "district";
	assert_int_equal(
	    reorganise_rename(c.r, &c.config, NULL, unit(&c, "11050"), &fresh, &c.arena, &e, &err),
	    ERR_REFUSED);
	assert_string_equal(err.rule, "rank");
	city_free(&c);
}

static int move(struct city *c, const char *what, const char *to, struct enrol_edit *e, struct err *err)
{
	ERR_CLEAR(err);
	record_init(&e->record, &c->arena, type_by_name("move"));
	return reorganise_move(c->r, &c->config, registry_unit(c->r, what), registry_unit(c->r, to),
	    day_of("2026-01-01"), &c->arena, e, err);
}

static void the_common_superior_moves(void **state)
{
	(void)state;
	struct city c = city_new();
	struct enrol_edit e;
	struct err err = {0};
	assert_int_equal(move(&c, "11383", "01", &e, &err), ERR_REFUSED);
	c.config.unit = "0";
	c.config.rank = 0;
	assert_int_equal(move(&c, "11383", "01", &e, &err), 0);
	assert_string_equal(e.path, "moves/11383.yaml");
	assert_string_equal(record_get(&e.record, "from"), "31");
	assert_string_equal(record_get(&e.record, "to"), "01");
	assert_int_equal(move(&c, "11383", "31", &e, &err), ERR_REFUSED);
	assert_int_equal(move(&c, "11383", "11050", &e, &err), ERR_REFUSED);
	assert_int_equal(move(&c, "31", "11383", &e, &err), ERR_REFUSED);
	assert_int_equal(move(&c, "cong-an@11383", "01", &e, &err), ERR_REFUSED);
	assert_int_equal(move(&c, "0", "01", &e, &err), ERR_REFUSED);
	/* Who stood in between is named; grants that the new superior cannot see are carried. */
	tree_add(c.r, "31", 60, "d", "d", "district", 2, "D");
	tree_add(c.r, "d", 61, "e", "e", "commune", 3, "E");
	assert_int_equal(move(&c, "e", "01", &e, &err), 0);
	assert_string_equal(record_get(&e.record, "former.31"), "+");
	assert_null(record_get(&e.record, "former.0"));
	const struct registry_unit *moved = registry_unit(c.r, "e"), *to = registry_unit(c.r, "01");
	assert_true(reorganise_carries(c.r, &c.config, moved, to, registry_by_key(c.r, tree_key(61))));
	assert_true(reorganise_carries(c.r, &c.config, moved, to, registry_by_key(c.r, tree_key(60))));
	assert_false(reorganise_carries(c.r, &c.config, moved, to, registry_by_key(c.r, tree_key(31))));
	city_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_is_registered_behind_what_is),
	    cmocka_unit_test(a_registry_of_today_gets_its_past),
	    cmocka_unit_test(a_registry_of_the_past_is_brought_to_today),
	    cmocka_unit_test(what_was_said_before_stays),
	    cmocka_unit_test(errors_have_their_place),
	    cmocka_unit_test(a_unit_ends),
	    cmocka_unit_test(only_its_superior_ends_it),
	    cmocka_unit_test(a_name_changes_but_no_rank),
	    cmocka_unit_test(the_common_superior_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

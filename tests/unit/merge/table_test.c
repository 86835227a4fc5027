/* The tables of schema/merge.md, row by row: what stands there is what the rule and the oracle give, every row is needed and none
 * is missing. */
#include "merge/trace.h"
#include "page.h"
#include "table.h"

static void check_pair(struct page *pages, const struct relation *rel, enum act a, enum act b)
{
	const struct row *who = find(&pages[0], rel->name, NULL, NULL);
	const char *names[] = {act_names[a], act_names[b]}, *over = who ? who->cells[1] : "";
	struct row *row = find(&pages[1], names[0], names[1], "any");
	if (!row)
		row = find(&pages[1], names[0], names[1], over);
	if (!who || !row)
		fail_msg("no row for %s and %s where A is %s to B", names[0], names[1], rel->name);
	for (int common = 1; common >= 0; common--) {
		struct buf out = {0};
		struct over got;
		const char *what = arena_printf(&pages->arena, "%s, %s, %s, %s", names[0], names[1],
		    rel->name, common ? "common" : "none");
		play(a, b, rel, common, &pages->arena, &got, &out);
		must_say(row->cells[common ? 3 : 4], buf_str(&out), what);
		if (got.why) {
			bool seal = !strcmp(who->cells[2], "rank") && (*over == 'A' ? a : b) == SEAL;
			must_say(seal ? "seal" : who->cells[2], got.why, what);
			must_say(who->cells[3], got.settles, what);
		}
		buf_free(&out);
	}
}

static void every_pair_with_every_relation(void **state)
{
	(void)state;
	struct page pages[2];
	open_page(&pages[0], "\n### Who is over whom");
	open_page(&pages[1], "\n### What comes of it");
	for (size_t p = 0; p < PAIRS; p++)
		for (size_t r = 0; r < RELATIONS; r++)
			check_pair(pages, &relations[r], pairs[p].a, pairs[p].b);
	all_used(&pages[0]);
	all_used(&pages[1]);
	arena_free(&pages[0].arena);
	arena_free(&pages[1].arena);
}

/* ---- acts of the registry ---- */

static void go_to(struct game *g, size_t change)
{
	oids_free(&g->heads);
	oids_add(&g->heads, &g->o.changes[change].id);
}

static void must_show(struct game *g, const struct oids *heads, const char *shows, bool conflict)
{
	struct table tree;
	tree_of(g, heads, &tree);
	assert_string_equal(shown(g, table_get(&tree, REPORT)), shows);
	assert_int_equal(conflict_in(&tree) != NULL, conflict);
	table_free(&tree);
}

static void count(void *ctx, const struct trace_write *w)
{
	(void)w;
	++*(size_t *)ctx;
}

/* A write under a narrowed grant that nobody vouches for: held, it is in no set; confirmed, it counts as any; set aside, it is
 * written over, and stays in the history. */
static void held_confirmed_set_aside(void **state)
{
	(void)state;
	static const struct party superior = {"31", 1, CLAIM_NONE}, suspended = {"11383", 2, CLAIM_NONE};
	struct game g = {.history = history_new(), .common = true};
	struct oids both = {0}, held_out = {0};
	size_t writes = 0;
	g.o.ledger = LEDGER;
	change(&g, &suspended, report(&g, NULL, "0", NULL, NULL), false);
	change(&g, &superior, report(&g, NULL, "0", "values.TT02", "5"), false);
	go_to(&g, 0);
	change(&g, &suspended, report(&g, NULL, "2", NULL, NULL), false);
	oids_add(&held_out, &g.o.changes[1].id);
	oids_add(&both, &g.o.changes[1].id);
	oids_add(&both, &g.o.changes[2].id);
	must_show(&g, &held_out, "A's", false); /* only that the superior wrote another figure */
	struct table tree;
	tree_of(&g, &both, &tree);
	assert_non_null(strstr(table_get(&tree, REPORT), "TT01: '2'"));
	table_free(&tree);
	oids_free(&g.heads);
	oids_copy(&g.heads, &both);
	change(&g, &superior, report(&g, NULL, "0", NULL, NULL), false);
	must_show(&g, &g.heads, "common", false);
	trace_field(g.history, REPORT, FIGURE, count, &writes);
	assert_int_equal(writes, 3);
	oids_free(&both);
	oids_free(&held_out);
	game_free(&g);
}

/* What the page names is there, and no act is missing. */
static void every_act_of_the_registry(void **state)
{
	(void)state;
	static const char *const acts[][3] = {{"suspend a key", "unit", "keys.k.state"},
	    {"retire a key", "unit", "keys.k.state"}, {"move a unit", "move", "from"},
	    {"confirm", "unit", "vouched.x"}, {"set aside", "report", "values.x"},
	    {"end a unit", "unit", "valid_to"}, {"replace a unit", "unit", "replaced_by.x"},
	    {"give a grant", "unit", "keys.k.key"}};
	struct page page;
	open_page(&page, "\n### Acts of the registry");
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		assert_non_null(find(&page, acts[i][0], NULL, NULL));
		assert_non_null(type_field(type_by_name(acts[i][1]), acts[i][2], NULL));
	}
	all_used(&page);
	arena_free(&page.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_pair_with_every_relation),
	    cmocka_unit_test(held_confirmed_set_aside), cmocka_unit_test(every_act_of_the_registry)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every pair of acts on one record by two writers who do not know of each other, played through the rule and the oracle. */
#ifndef TUYEN_TESTS_MERGE_TABLE_H
#define TUYEN_TESTS_MERGE_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle_tree.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/p/2026-06.yaml"
#define FIGURE "values.TT01"

enum act { EDIT, ADD, DELETE, SEAL, SETTLE, ALIKE, ELSEWHERE, LINE, LINES, ACTS };
static const char *const act_names[ACTS] = {"edit", "add", "delete", "seal", "settle", "edit alike",
    "edit elsewhere", "edit one line", "edit other lines"};

/* The last four meet only themselves. */
static const struct {
	enum act a, b;
} pairs[] = {{EDIT, EDIT}, {EDIT, ADD}, {EDIT, DELETE}, {EDIT, SEAL}, {EDIT, SETTLE}, {ADD, ADD},
    {ADD, DELETE}, {ADD, SEAL}, {ADD, SETTLE}, {DELETE, DELETE}, {DELETE, SEAL}, {DELETE, SETTLE},
    {SEAL, SEAL}, {SEAL, SETTLE}, {SETTLE, SETTLE}, {ALIKE, ALIKE}, {ELSEWHERE, ELSEWHERE}, {LINE, LINE},
    {LINES, LINES}};
#define PAIRS (sizeof pairs / sizeof *pairs)

struct party {
	const char *writer;
	int rank;
	enum claim claim;
};
static const struct relation {
	const char *name; /* A is to B */
	struct party a, b;
} relations[] = {
    {"above", {"31", 1, CLAIM_NONE}, {"11383", 2, CLAIM_NONE}},
    {"owner", {"11383", 2, CLAIM_OWNER}, {"cong-an@11383", 2, CLAIM_NONE}},
    {"lead", {"11383", 2, CLAIM_LEAD}, {"cong-an@11383", 2, CLAIM_NONE}},
    {"owner, lead", {"11383", 2, CLAIM_OWNER}, {"cong-an@11383", 2, CLAIM_LEAD}},
    {"below", {"11383", 2, CLAIM_NONE}, {"31", 1, CLAIM_NONE}},
    {"owned", {"11383", 2, CLAIM_NONE}, {"cong-an@11383", 2, CLAIM_OWNER}},
    {"led", {"11383", 2, CLAIM_NONE}, {"cong-an@11383", 2, CLAIM_LEAD}},
    {"lead, owner", {"11383", 2, CLAIM_LEAD}, {"cong-an@11383", 2, CLAIM_OWNER}},
    {"equal", {"11383", 2, CLAIM_NONE}, {"11050", 2, CLAIM_NONE}},
    {"station", {"11383", 2, CLAIM_NONE}, {"cong-an@11383", 2, CLAIM_NONE}},
    {"forked", {"11383", 2, CLAIM_NONE}, {"11383", 2, CLAIM_NONE}},
    {"both own", {"11383", 2, CLAIM_OWNER}, {"cong-an@11383", 2, CLAIM_OWNER}},
};
#define RELATIONS (sizeof relations / sizeof *relations)

/* ---- playing ---- */

struct game {
	struct oracle o;
	struct history *history;
	struct oids heads; /* of who acts next */
	bool common; /* the figure has a value that both saw */
	size_t prepared, a_done; /* changes before A's, and with them */
};

static void must(int rc, const struct err *err)
{
	struct buf text = {0};
	if (rc)
		err_format(err, NULL, &text);
	if (rc)
		fail_msg("%s", buf_str(&text));
}

static void tree_of(struct game *g, const struct oids *heads, struct table *tree)
{
	struct merge_result r;
	*tree = (struct table){0};
	merge_advance(g->history, LEDGER, &(struct oids){0}, heads, &r);
	for (size_t i = 0; i < r.n; i++)
		*table_at(tree, arena_dup(&g->o.arena, r.records[i].path)) =
		    arena_dup(&g->o.arena, r.records[i].text);
	merge_result_free(&r);
}

static const char *conflict_in(const struct table *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		if (oracle_is_conflict(tree->rows[i].key))
			return tree->rows[i].key;
	return NULL;
}

/* One change on what its writer has seen: the report becomes `after`. */
static void change(struct game *g, const struct party *by, const char *after, bool settles)
{
	size_t i = g->o.n++;
	struct ochange *c = &g->o.changes[i];
	struct merge_writes writes;
	struct table tree;
	struct err err = {0};
	tree_of(g, &g->heads, &tree);
	const char *before = table_get(&tree, REPORT), *conflict = settles ? conflict_in(&tree) : NULL;
	*c = (struct ochange){.writer = by->writer, .rank = by->rank, .claim = by->claim};
	c->id.b[0] = (unsigned char)(i + 1);
	for (size_t k = 0; k < i; k++)
		if (oids_has(&g->heads, &g->o.changes[k].id))
			c->heads |= BIT(k);
	if (!oracle_same(before, after))
		c->texts[c->n_texts++] = (struct change_texts){
		    REPORT, before, after, before ? strlen(before) : 0, after ? strlen(after) : 0};
	must(merge_writes_of(&g->o.arena, LEDGER, c->texts, c->n_texts, &writes, &err), &err);
	if (conflict) {
		const char *text = table_get(&tree, conflict);
		c->settles[c->n_settles++] = (struct otarget){REPORT, FIGURE};
		must(merge_settlement(
			 &g->o.arena, LEDGER, text, strlen(text), after, strlen(after), &writes, &err),
		    &err);
	}
	oracle_write(&g->o, i, &before);
	struct history_change h = {.id = c->id,
	    .heads = g->heads,
	    .writer = by->writer,
	    .unit = by->writer,
	    .rank = by->rank,
	    .claim = by->claim,
	    .writes = writes.items,
	    .n_writes = writes.n};
	must(history_add(g->history, &h, &err), &err);
	oids_free(&g->heads);
	oids_add(&g->heads, &c->id);
	table_free(&tree);
}

static const char *report(
    struct game *g, const char *state, const char *figure, const char *field, const char *value)
{
	struct record r;
	struct buf text = {0};
	record_init(&r, &g->o.arena, type_by_name("report"));
	record_put(&r, "state", state);
	record_put(&r, FIGURE, figure);
	if (field)
		record_put(&r, field, value);
	record_print(&r, &text);
	const char *copy = arena_dup(&g->o.arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

#define LINES_COMMON "một\nhai\nba"

/* What was there before either acted. */
static void prepare(struct game *g, enum act a, enum act b)
{
	static const struct party clerk = {"11383", 2, CLAIM_NONE}, first = {"11383", 2, CLAIM_NONE},
				  second = {"cong-an@11383", 2, CLAIM_NONE};
	const char *figure = g->common ? "0" : NULL;
	bool settles = a == SETTLE || b == SETTLE;
	if ((a == ADD || b == ADD) && !g->common && !settles)
		return;
	if (a == LINE || a == LINES)
		change(g, &clerk, report(g, NULL, NULL, "note", g->common ? LINES_COMMON : NULL), false);
	else
		change(g, &clerk, report(g, NULL, figure, NULL, NULL), false);
	if (!settles)
		return;
	struct oids base = {0};
	oids_copy(&base, &g->heads);
	change(g, &first, report(g, NULL, "3", NULL, NULL), false);
	struct oids one = g->heads;
	g->heads = base;
	change(g, &second, report(g, NULL, "4", NULL, NULL), false);
	oids_add(&g->heads, &one.items[0]);
	oids_sort(&g->heads);
	oids_free(&one);
}

static void act(struct game *g, const struct party *by, enum act act, bool is_a)
{
	static const char *const lines[2][2] = {
	    {"một\nhai\ncon", "một A\nhai\nba"}, {"một\nhai\nbốn", "một\nhai\nba B"}};
	const char *figure = g->common ? "0" : NULL, *own = is_a ? "1" : "2";
	bool nothing = g->o.n == 0 || !g->heads.n;
	if (nothing && act != ADD)
		change(g, by, report(g, NULL, figure, NULL, NULL), false);
	if (act == ADD && !nothing)
		change(g, by, NULL, false);
	if (act == EDIT || act == ADD)
		change(g, by, report(g, NULL, own, NULL, NULL), false);
	else if (act == DELETE)
		change(g, by, NULL, false);
	else if (act == SEAL)
		change(g, by, report(g, "accepted", figure, NULL, NULL), false);
	else if (act == SETTLE)
		change(g, by, report(g, NULL, figure, NULL, NULL), true);
	else if (act == ALIKE)
		change(g, by, report(g, NULL, "1", NULL, NULL), false);
	else if (act == ELSEWHERE)
		change(g, by, report(g, NULL, figure, is_a ? "values.TT02" : "values.TT03", own), false);
	else
		change(g, by, report(g, NULL, NULL, "note", lines[!is_a][act == LINES]), false);
}

static void same_trees(const struct table *a, const struct table *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *one = a->rows[i].value, *other = table_get(b, a->rows[i].key);
		if (!oracle_same(one, other))
			fail_msg("%s\n--- one\n%s\n--- the other\n%s", a->rows[i].key, one ? one : "-",
			    other ? other : "-");
	}
}

static void game_free(struct game *g)
{
	oids_free(&g->heads);
	for (size_t i = 0; i < g->o.n; i++)
		free(g->o.changes[i].writes);
	history_free(g->history);
	arena_free(&g->o.arena);
}

/* ---- what came of it, in the words of the page ---- */

static bool is_by_a(const struct game *g, const char *change_hex)
{
	char hex[OID_HEX + 1];
	for (size_t i = 0; i < g->o.n; i++) {
		oid_hex(&g->o.changes[i].id, hex);
		if (!strcmp(hex, change_hex))
			return i >= g->prepared && i < g->a_done;
	}
	return false;
}

static const char *whose_text(const char *note)
{
	static const char *const said[][2] = {{LINES_COMMON, "common"}, {"một A\nhai\nba B", "both"},
	    {"một\nhai\ncon", "A's"}, {"một A\nhai\nba", "A's"}, {"một\nhai\nbốn", "B's"},
	    {"một\nhai\nba B", "B's"}};
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		if (!strcmp(note, said[i][0]))
			return said[i][1];
	return "neither's";
}

static const char *shown(struct game *g, const char *text)
{
	static const char *const figures[] = {"common", "A's", "B's"};
	if (!text)
		return "no record";
	const struct record *r = oracle_parse(&g->o, REPORT, text);
	const char *figure = record_get(r, FIGURE), *note = record_get(r, "note");
	const char *says = note ? whose_text(note) : figure ? figures[*figure - '0'] : "nothing";
	if (record_get(r, "values.TT02"))
		says = record_get(r, "values.TT03") ? "both" : "A's";
	return record_get(r, "state") ? arena_printf(&g->o.arena, "%s, sealed", says) : says;
}

/* What the page's first table says of a relation must be what the conflict says. */
struct over {
	const char *why, *settles;
};

static void say_conflict(struct game *g, const char *path, const char *text, const struct relation *rel,
    struct arena *names, struct over *over, struct buf *out)
{
	const struct record *k = oracle_parse(&g->o, path, text);
	const char *field = record_get(k, "field"), *why = record_get(k, "why");
	int needed = atoi(record_get(k, "kept.rank"));
	bool a = rel->a.rank <= needed, b = rel->b.rank <= needed,
	     by_a = is_by_a(g, record_get(k, "other.change"));
	field = !field ? "presence" : !strcmp(field, FIGURE) ? "figure" : "text";
	if (!strcmp(why, "equal"))
		buf_printf(out, "; %s disputed", field);
	else
		buf_printf(out, "; %s %s", by_a ? "A's" : "B's", field);
	over->why = arena_dup(names, why);
	over->settles = a && b ? "either" : a ? "A" : "B";
}

static void play(enum act a, enum act b, const struct relation *rel, bool common, struct arena *names,
    struct over *over, struct buf *out)
{
	struct game g = {.history = history_new(), .common = common};
	struct table tree, slow = {0};
	struct oids base = {0}, tips;
	*over = (struct over){0};
	g.o.ledger = LEDGER;
	prepare(&g, a, b);
	g.prepared = g.o.n;
	oids_copy(&base, &g.heads);
	act(&g, &rel->a, a, true);
	g.a_done = g.o.n;
	oids_free(&g.heads);
	g.heads = base;
	act(&g, &rel->b, b, false);
	history_tips(g.history, &tips);
	tree_of(&g, &tips, &tree);
	oracle_tree(&g.o, BIT(g.o.n) - 1, &slow);
	same_trees(&tree, &slow);
	same_trees(&slow, &tree);
	buf_puts(out, shown(&g, table_get(&tree, REPORT)));
	for (size_t i = 0; i < tree.n; i++)
		if (oracle_is_conflict(tree.rows[i].key))
			say_conflict(&g, tree.rows[i].key, tree.rows[i].value, rel, names, over, out);
	table_free(&tree);
	table_free(&slow);
	oids_free(&tips);
	game_free(&g);
}

#endif

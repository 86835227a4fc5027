/* What the small histories are made of: who writes, what was written, and the trees of it by the rule. One program includes it. */
#ifndef TUYEN_TESTS_PROOF_SMALL_H
#define TUYEN_TESTS_PROOF_SMALL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "unit/merge/oracle_tree.h"

#define WRITERS 3
#define PLACES 9 /* in a word at most */
#define SETS (1 << PLACES)
#define LEDGER "reports/31"
#define PATH "reports/31/p/2026-06.yaml"

static struct {
	const char *name;
	int rank;
	enum claim claim;
} writers[WRITERS] = {{"0", 0, CLAIM_NONE}, {"31", 1, CLAIM_NONE}, {"11383", 2, CLAIM_NONE}};

enum act { SET_FIRST, SET_SECOND, SET_OTHER, DELETE, SEAL, TAKE_OTHER, TAKE_KEPT, OBJECT, ANSWER, ACTS };
static const char *const act_names[ACTS] = {"sets the figure to 1", "sets the figure to 2",
    "sets the other figure", "deletes the report", "accepts the report", "settles for the other value",
    "settles for the value kept", "objects", "answers"};

/* What a word is at one of its places. */
struct place {
	size_t writer;
	set_t view; /* what he had seen */
	enum act act;
};

static struct {
	struct oracle o;
	struct place word[PLACES];
	struct history *history;
	struct merge_writes writes[PLACES];
	size_t left[WRITERS], wrote[WRITERS];
	bool figure_written;
	int acts; /* the first so many are done */
	const char *tiers;
	uint64_t seed;
	unsigned long part, parts, branch;
	uint64_t random;
} p;

static struct {
	unsigned long histories, whole, conflicts, disputed, sealed, settled, gone, objected, claimed;
} count;

/* Trees of the sets of changes looked at so far; those of a place are forgotten with it. */
struct trees {
	struct table *of[SETS];
};

/* ---- what is wrong ---- */

static void print_tree(const char *title, const struct table *t)
{
	printf("--- %s\n", title);
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].value)
			printf("%s\n%s", t->rows[i].key, (const char *)t->rows[i].value);
}

_Noreturn static void wrong(const char *what, const struct table *a, const struct table *b)
{
	printf("FAILED: %s (seed %llu)\n", what, (unsigned long long)p.seed);
	for (size_t i = 0; i < p.o.n; i++) {
		printf("%zu: %s, who has seen", i, writers[p.word[i].writer].name);
		for (EACH(k, p.word[i].view))
			printf(" %zu", k);
		printf("%s, %s\n", p.word[i].view ? "" : " nothing", act_names[p.word[i].act]);
	}
	if (a)
		print_tree("the rule", a);
	if (b)
		print_tree("the other", b);
	exit(1);
}

static void must(int rc, const struct err *err)
{
	struct buf text = {0};
	if (rc == 0)
		return;
	err_format(err, NULL, &text);
	wrong(buf_str(&text), NULL, NULL);
}

/* ---- trees ---- */

static bool same_rows(const struct table *a, const struct table *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!oracle_same(a->rows[i].value, table_get(b, a->rows[i].key)))
			return false;
	return true;
}

static void must_equal(const struct table *a, const struct table *b, const char *what)
{
	if (!same_rows(a, b) || !same_rows(b, a))
		wrong(what, a, b);
}

static void heads_of(set_t set, struct oids *out)
{
	*out = (struct oids){0};
	for (EACH(i, set)) {
		bool seen = false;
		for (EACH(j, set))
			seen = seen || (i != j && oracle_seen(&p.o, j, i));
		if (!seen)
			oids_add(out, &p.o.changes[i].id);
	}
	oids_sort(out);
}

/* Lay over a tree what changes in it between two sets. */
static void advance(const struct history *h, set_t from, set_t to, struct table *tree)
{
	struct oids a, b;
	struct merge_result r;
	heads_of(from, &a);
	heads_of(to, &b);
	merge_advance(h, LEDGER, &a, &b, &r);
	for (size_t i = 0; i < r.n; i++)
		*table_at(tree, arena_dup(&p.o.arena, r.records[i].path)) =
		    arena_dup(&p.o.arena, r.records[i].text);
	merge_result_free(&r);
	oids_free(&a);
	oids_free(&b);
}

static const struct table *tree_of(struct trees *trees, set_t set)
{
	if (!trees->of[set]) {
		trees->of[set] = arena_alloc(&p.o.arena, sizeof(struct table));
		advance(p.history, 0, set, trees->of[set]);
	}
	return trees->of[set];
}

static void add(struct history *h, size_t i)
{
	const struct ochange *c = &p.o.changes[i];
	struct err err = {0};
	struct history_change hc = {.id = c->id,
	    .writer = c->writer,
	    .unit = c->writer,
	    .rank = c->rank,
	    .claim = c->claim,
	    .writes = p.writes[i].items,
	    .n_writes = p.writes[i].n};
	for (EACH(k, c->heads))
		oids_add(&hc.heads, &p.o.changes[k].id);
	must(history_add(h, &hc, &err), &err);
	oids_free(&hc.heads);
}

#endif

/*
 * Random histories: nodes of three tiers and their stations write, exchange parts of what they have in any order and
 * grouping, and must agree with each other, with themselves by another way, and with the oracle. Seeds are fixed;
 * TUYEN_SEEDS=80001-90000 tries those, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "world.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEEDS 400
#endif
#endif
#ifndef SEEDS
#define SEEDS 2000
#endif

/* What the histories came across, so that a test of nothing is seen. */
enum met {
	DISPUTED,
	OVERRULED,
	OBJECTED,
	SETTLED,
	RANK,
	SEAL,
	OWNER,
	LEAD,
	EQUAL,
	PRESENCE,
	NESTED,
	BLENDED,
	MET
};
static const char *const met_names[MET] = {"disputed", "overruled", "objected", "settled", "rank", "seal",
    "owner", "lead", "equal", "presence", "nested", "blended"};
static size_t met[MET];

/* ---- what must hold ---- */

static void count(struct world *w, const struct site *s)
{
	for (size_t i = 0; i < s->tree.n; i++) {
		struct record k;
		if (!s->tree.rows[i].value || !oracle_is_conflict(s->tree.rows[i].key))
			continue;
		open_text(w, &k, s->tree.rows[i].key, s->tree.rows[i].value);
		for (size_t m = 0; m <= EQUAL; m++)
			met[m] += !strcmp(met_names[m], record_get(&k, m <= SETTLED ? "state" : "why"));
		met[PRESENCE] += !record_get(&k, "field");
		met[NESTED] += oracle_is_conflict(record_get(&k, "record"));
	}
}

static void check_site(struct world *w, const struct site *s)
{
	struct table all = {0}, slow = {0};
	struct merge_result r;
	merge_advance(s->history, LEDGER, &(struct oids){0}, &s->heads, &r);
	tree_apply(&all, &w->o.arena, &r);
	merge_result_free(&r);
	oracle_tree(&w->o, s->has, &slow);
	count(w, s);
	tree_equal(w, &s->tree, &all, "step by step, and at once");
	tree_equal(w, &all, &slow, "the rule, and the oracle");
	table_free(&all);
	table_free(&slow);
}

static bool shown(struct world *w, const struct site *s, const struct owrite *write)
{
	const char *text = table_get(&s->tree, write->record);
	struct record r;
	if (!*write->field)
		return !text == !write->value;
	if (!text)
		return true; /* gone with its record, whose presence is a field like any other */
	open_text(w, &r, write->record, text);
	return oracle_same(record_get(&r, write->field), write->value);
}

static bool in_conflict(struct world *w, const struct site *s, const struct owrite *write)
{
	for (size_t i = 0; i < s->tree.n; i++) {
		const char *text = s->tree.rows[i].value;
		struct record k;
		if (!text || !oracle_is_conflict(s->tree.rows[i].key))
			continue;
		open_text(w, &k, s->tree.rows[i].key, text);
		const char *field = record_get(&k, "field");
		if (strcmp(record_get(&k, "record"), write->record) ||
		    strcmp(field ? field : "", write->field))
			continue;
		if (oracle_same(record_get(&k, "kept.value"), write->value) ||
		    oracle_same(record_get(&k, "other.value"), write->value))
			return true;
	}
	return false;
}

static bool blended(struct world *w, const struct site *s, const struct otarget *f, size_t i)
{
	struct overdict v = oracle_resolve(&w->o, s->has, f);
	bool blend = oracle_is_text(&w->o, f) && !v.disputed && (v.left & BIT(i)) && (v.left & ~BIT(i));
	met[BLENDED] += blend;
	return blend;
}

static bool replaced(struct world *w, const struct site *s, const struct otarget *f, size_t i)
{
	for (EACH(j, s->has))
		if (i != j && oracle_of(&w->o, j, f) && oracle_seen(&w->o, j, i))
			return true;
	return false;
}

static void check_nothing_vanished(struct world *w, const struct site *s)
{
	for (EACH(i, s->has))
		for (size_t k = 0; k < w->o.changes[i].n_writes; k++) {
			const struct owrite *write = &w->o.changes[i].writes[k];
			struct otarget f = {write->record, write->field};
			CHECK(w,
			    replaced(w, s, &f, i) || shown(w, s, write) || in_conflict(w, s, write) ||
				blended(w, s, &f, i),
			    "%s %s = %s vanished\n", write->record, write->field,
			    write->value ? write->value : "(absent)");
		}
}

static void bring_together(struct world *w)
{
	for (size_t round = 0; round < w->n_sites; round++)
		for (size_t a = 0; a < w->n_sites; a++)
			for (size_t b = 0; b < w->n_sites; b++)
				if (linked(w, a, b))
					deliver(w, w->sites[a].has, &w->sites[b]);
	for (size_t a = 1; a < w->n_sites; a++) {
		CHECK(w, w->sites[a].has == w->sites[0].has, "not all have all\n");
		CHECK(w, oids_eq(&w->sites[a].heads, &w->sites[0].heads), "heads differ\n");
		tree_equal(w, &w->sites[a].tree, &w->sites[0].tree, "two nodes with the same changes");
	}
}

static void world_free(struct world *w)
{
	for (size_t i = 0; i < w->n_sites; i++) {
		history_free(w->sites[i].history);
		oids_free(&w->sites[i].heads);
		table_free(&w->sites[i].tree);
	}
	for (size_t i = 0; i < w->o.n; i++)
		free(w->o.changes[i].writes);
	arena_free(&w->o.arena);
}

/* Which writers: any neighbours of the list in histories of tiers, else ones of equal rank among them. */
static void set_up(struct world *w)
{
	size_t first = w->theme == TIERS ? below(w, SITES_MAX) : 1 + 2 * below(w, 2);
	w->shape = (enum shape)below(w, 3);
	w->n_sites = 2 + below(w, chance(w, 20) ? 5 : 3);
	for (size_t i = 0; i < w->n_sites; i++) {
		size_t k = (first + i) % SITES_MAX;
		w->sites[i] = (struct site){writers[k].name, writers[k].rank, history_new(), 0, {0}, {0}};
	}
}

static void run(uint64_t seed)
{
	struct world *w = &(struct world){.seed = seed, .random = seed * 0x2545f4914f6cdd1du};
	w->o.ledger = LEDGER;
	w->theme = (enum theme)(seed % 4);
	set_up(w);
	size_t changes = (w->theme == WORDS ? 10 : 4) + below(w, chance(w, 5) ? 40 : 10);
	while (w->o.n < changes) {
		size_t a = below(w, w->n_sites), b = below(w, w->n_sites);
		if (chance(w, 55))
			author(w, &w->sites[a]);
		else if (linked(w, a, b))
			deliver(w, some_of(w, &w->sites[a]), &w->sites[b]);
		if (chance(w, 4))
			check_site(w, &w->sites[a]);
	}
	bring_together(w);
	check_site(w, &w->sites[0]);
	check_nothing_vanished(w, &w->sites[0]);
	world_free(w);
}

static void fixed_seeds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
	if (getenv("TUYEN_SEEDS"))
		for (size_t m = 0; m < MET; m++)
			print_message("%s: %zu\n", met_names[m], met[m]);
	for (size_t m = 0; m < MET; m++)
		if (met[m] < 1 + SEEDS / 1000)
			fail_msg("only %zu times: %s", met[m], met_names[m]);
}

static void more_seeds(void **state)
{
	(void)state;
	const char *more = getenv("TUYEN_SEEDS");
	char *end = NULL;
	uint64_t first = more ? strtoull(more, &end, 10) : 1,
		 last = end && *end ? strtoull(end + 1, NULL, 10) : 0;
	for (uint64_t seed = first; seed <= last; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fixed_seeds), cmocka_unit_test(more_seeds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

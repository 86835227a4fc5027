#include "plan/walk.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *command, *take; /* NULL: none */
	bool settles;
} acts[] = {
    [WALK_KEEP] = {"conflict settle", "kept", true},
    [WALK_OTHER] = {"conflict settle", "other", true},
    [WALK_BASE] = {"conflict settle", "base", true},
    [WALK_VALUE] = {"conflict settle", NULL, true},
    [WALK_OBJECT] = {"conflict object", NULL, false},
    [WALK_ASK] = {"conflict ask", NULL, false},
    [WALK_ANSWER] = {"conflict answer", NULL, false},
    [WALK_SKIP] = {NULL, NULL, false},
};

/* ---- the order ---- */

struct place {
	const struct conflict_item *item;
	int group; /* of the field: 0 this node's to decide, 1 waits, 2 the rest */
};

static int by_field(const void *a, const void *b)
{
	const struct conflict_item *x = ((const struct place *)a)->item, *y = ((const struct place *)b)->item;
	int rc = strcmp(x->ledger, y->ledger);
	rc = rc ? rc : strcmp(x->record, y->record);
	rc = rc ? rc : strcmp(x->field, y->field);
	return rc ? rc : strcmp(x->id, y->id);
}

static int by_group(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->group != y->group ? (x->group < y->group ? -1 : 1) : by_field(a, b);
}

bool walk_same_field(const struct conflict_item *a, const struct conflict_item *b)
{
	return strcmp(a->ledger, b->ledger) == 0 && strcmp(a->record, b->record) == 0 &&
	       strcmp(a->field, b->field) == 0;
}

static void group_fields(struct place *places, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		int group = places[i].group;
		for (end = i; end < n && walk_same_field(places[i].item, places[end].item); end++)
			if (places[end].group < group)
				group = places[end].group;
		for (size_t k = i; k < end; k++)
			places[k].group = group;
	}
}

void walk_begin(const struct view *v, const struct conflict_items *all, struct walk *out)
{
	struct place *places = NULL;
	size_t n = 0;
	*out = (struct walk){0};
	for (size_t i = 0; i < all->n; i++) {
		const struct conflict_item *c = &all->items[i];
		bool mine = conflict_is_mine(v, c);
		if (mine || conflict_is_open(c))
			VEC_PUSH(places, n, ((struct place){c, mine ? 0 : conflict_waits(c) ? 1 : 2}));
	}
	if (n)
		qsort(places, n, sizeof *places, by_field);
	group_fields(places, n);
	if (n)
		qsort(places, n, sizeof *places, by_group);
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(out->items, out->n, places[i].item);
	free(places);
}

/* ---- decisions ---- */

static void drop(struct walk_decision *d)
{
	free(d->value);
	free(d->reason);
}

void walk_free(struct walk *w)
{
	for (size_t i = 0; i < w->n_decisions; i++)
		drop(&w->decisions[i]);
	free(w->decisions);
	free(w->items);
	*w = (struct walk){0};
}

void walk_decide(struct walk *w, size_t at, enum walk_act act, const char *value, const char *reason)
{
	struct walk_decision d = {at, act, mem_dup(value), mem_dup(reason)};
	VEC_PUSH(w->decisions, w->n_decisions, d);
}

bool walk_undo(struct walk *w, size_t *at)
{
	if (w->n_decisions == 0)
		return false;
	struct walk_decision *last = &w->decisions[--w->n_decisions];
	*at = last->at;
	drop(last);
	return true;
}

static bool is_done(const struct walk *w, size_t at)
{
	for (size_t i = 0; i < w->n_decisions; i++) {
		const struct walk_decision *d = &w->decisions[i];
		if (d->at == at || (acts[d->act].settles && walk_same_field(w->items[d->at], w->items[at])))
			return true;
	}
	return false;
}

size_t walk_next(const struct walk *w, size_t at)
{
	while (at < w->n && is_done(w, at))
		at++;
	return at < w->n ? at : w->n;
}

size_t walk_decided(const struct walk *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n_decisions; i++)
		n += w->decisions[i].act != WALK_SKIP;
	return n;
}

static bool same_side(const struct conflict_side *a, const struct conflict_side *b)
{
	return str_same(a->value, b->value) && str_same(a->unit, b->unit) && str_same(a->change, b->change);
}

bool walk_unchanged(const struct conflict_item *then, const struct conflict_item *now)
{
	return walk_same_field(then, now) && str_same(then->base, now->base) &&
	       strcmp(then->state, now->state) == 0 && strcmp(then->why, now->why) == 0 &&
	       same_side(&then->kept, &now->kept) && same_side(&then->other, &now->other);
}

const char *walk_command(const struct walk *w, const struct walk_decision *d, struct args *out)
{
	*out = (struct args){0};
	strs_add(&out->words, w->items[d->at]->id);
	if (acts[d->act].take)
		args_add_option(out, "take", acts[d->act].take);
	if (d->act == WALK_VALUE)
		args_add_option(out, "value", d->value);
	if (d->reason && *d->reason)
		args_add_option(out, "reason", d->reason);
	return acts[d->act].command;
}

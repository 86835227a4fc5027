/*
 * The rule of DESIGN 5 once more, slowly: sentence by sentence over the whole set of changes, "has seen" by walking
 * the graph. It shares no code with daemon/merge but the line blend, which has its own test and page
 * section, and knows nothing of chains, clocks or what was touched.
 */
#ifndef TUYEN_TESTS_MERGE_ORACLE_H
#define TUYEN_TESTS_MERGE_ORACLE_H

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "merge/merge.h"

#define ORACLE_MAX 64 /* changes: a set of them is one word */

typedef uint64_t set_t; /* of indices into the world */

struct owrite {
	const char *record, *field, *value;
	bool seal;
};

struct otarget {
	const char *record, *field;
};

struct ochange {
	struct oid id;
	set_t heads, past; /* past: all it has seen, itself included, found by walking; 0 = not yet */
	const char *writer;
	int rank;
	enum claim claim;
	struct change_texts texts[4];
	size_t n_texts;
	struct otarget settles[2];
	size_t n_settles;
	struct owrite *writes;
	size_t n_writes;
};

struct oracle {
	struct arena arena;
	const char *ledger;
	struct ochange changes[ORACLE_MAX]; /* parents before children */
	size_t n;
};

#define BIT(i) ((set_t)1 << (i))
static inline size_t set_next(set_t set, size_t i)
{
	while (i < ORACLE_MAX && !(set & BIT(i)))
		i++;
	return i;
}

/* for (EACH(i, set)): the members of a set. */
#define EACH(i, set)                 \
	size_t i = set_next(set, 0); \
	i < ORACLE_MAX;              \
	i = set_next(set, i + 1)

static inline set_t oracle_walk(const struct oracle *o, size_t i, set_t seen)
{
	if (seen & BIT(i))
		return seen;
	seen |= BIT(i);
	for (EACH(p, o->changes[i].heads))
		seen = oracle_walk(o, p, seen);
	return seen;
}

static inline set_t oracle_past(const struct oracle *o, size_t i)
{
	struct ochange *c = (struct ochange *)&o->changes[i];
	if (!c->past)
		c->past = oracle_walk(o, i, 0);
	return c->past;
}

static inline bool oracle_seen(const struct oracle *o, size_t young, size_t old)
{
	return (oracle_past(o, young) & BIT(old)) != 0;
}

static inline bool oracle_concurrent(const struct oracle *o, size_t a, size_t b)
{
	return !oracle_seen(o, a, b) && !oracle_seen(o, b, a);
}

static inline bool oracle_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* ---- what a change writes ---- */

static inline struct owrite *oracle_written(const struct ochange *c, const char *record, const char *field)
{
	for (size_t i = 0; i < c->n_writes; i++)
		if (!strcmp(c->writes[i].record, record) && !strcmp(c->writes[i].field, field))
			return &c->writes[i];
	return NULL;
}

static inline void oracle_put(
    struct ochange *c, const char *record, const char *field, const char *value, bool seal)
{
	struct owrite w = {record, field, value, seal};
	struct owrite *old = oracle_written(c, record, field);
	if (old)
		*old = w;
	else
		VEC_PUSH(c->writes, c->n_writes, w);
}

static inline bool oracle_is_conflict(const char *path)
{
	return !strncmp(path, "conflicts/", 10);
}

static inline const struct record *oracle_parse(struct oracle *o, const char *path, const char *text)
{
	if (!text)
		return NULL;
	struct record *r = arena_alloc(&o->arena, sizeof *r);
	struct err err = {0};
	if (record_parse(r, &o->arena, type_by_path(o->ledger, path), text, strlen(text), &err))
		abort();
	return r;
}

static inline const char *oracle_get(const struct record *r, const char *field)
{
	return r ? record_get(r, field) : NULL;
}

/* "It writes the fields that differ from that parent": all names of both, compared one by one. */
static inline void oracle_differences(struct ochange *c, const char *path, const struct record *a,
    const struct record *b, bool every, bool seal)
{
	const struct record *both[] = {a, b};
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; both[k] && i < both[k]->n; i++) {
			const char *field = both[k]->fields[i].path;
			bool authored = !strncmp(field, "objections.", 11) || !strncmp(field, "answers.", 8);
			if (oracle_is_conflict(path) && !authored)
				continue;
			if (every || !oracle_same(oracle_get(a, field), oracle_get(b, field)))
				oracle_put(c, path, field, oracle_get(b, field), seal);
		}
}

static inline void oracle_write_record(struct oracle *o, size_t index, const struct change_texts *t)
{
	struct ochange *c = &o->changes[index];
	const struct record *a = oracle_parse(o, t->path, t->before), *b = oracle_parse(o, t->path, t->after);
	if (oracle_same(t->before, t->after))
		return;
	if (oracle_is_conflict(t->path)) {
		if (b)
			oracle_differences(c, t->path, a, b, false, false);
		return;
	}
	oracle_put(c, t->path, "", b ? "+" : NULL, false);
	if (!b)
		return; /* "a deletion writes presence alone" */
	bool seal = oracle_same(oracle_get(b, "state"), "accepted") &&
		    !oracle_same(oracle_get(a, "state"), "accepted");
	bool every = !a || seal;
	oracle_put(c, t->path, "", "+", seal);
	oracle_differences(c, t->path, a, b, every, seal);
	if (!every)
		return;
	for (EACH(p, oracle_past(o, index) & ~BIT(index)))
		for (size_t i = 0; i < o->changes[p].n_writes; i++) {
			struct owrite *w = &o->changes[p].writes[i];
			if (!strcmp(w->record, t->path) && !oracle_written(c, w->record, w->field))
				oracle_put(c, w->record, w->field, NULL, seal);
		}
}

static inline const char *oracle_after(struct oracle *o, struct ochange *c, const char *state,
    const char *record, const char *field, bool *present)
{
	for (size_t i = 0; i < c->n_texts; i++)
		if (!strcmp(c->texts[i].path, record))
			state = c->texts[i].after;
	*present = state != NULL;
	return *field ? oracle_get(oracle_parse(o, record, state), field) : state ? "+" : NULL;
}

/* Fill the writes of the change just added; `parent_text` is the settled records' text in the parent's state. */
static inline void oracle_write(struct oracle *o, size_t index, const char *const *parent_text)
{
	struct ochange *c = &o->changes[index];
	for (size_t i = 0; i < c->n_texts; i++)
		oracle_write_record(o, index, &c->texts[i]);
	for (size_t i = 0; i < c->n_settles; i++) {
		struct otarget *t = &c->settles[i];
		bool present;
		const char *value = oracle_after(o, c, parent_text[i], t->record, t->field, &present);
		struct owrite *old = oracle_written(c, t->record, t->field);
		oracle_put(c, t->record, t->field, value, old && old->seal);
		old = oracle_written(c, t->record, "");
		if (present && !oracle_is_conflict(t->record))
			oracle_put(c, t->record, "", "+", old && old->seal);
	}
}

/* ---- the rule for one field ---- */

static inline struct owrite *oracle_of(const struct oracle *o, size_t i, const struct otarget *f)
{
	return oracle_written((struct ochange *)&o->changes[i], f->record, f->field);
}

static inline const char *oracle_value(const struct oracle *o, size_t i, const struct otarget *f)
{
	return oracle_of(o, i, f)->value;
}

struct overdict {
	const char *value;
	bool disputed;
	set_t maximal, ranked, left; /* after steps 1, 2 and 4 */
	bool alone; /* step 2 left none, so step 1's writes were counted against each other */
};

static inline bool oracle_agree(
    const struct oracle *o, set_t set, const struct otarget *f, const char **value)
{
	bool first = true;
	for (EACH(i, set)) {
		const char *v = oracle_value(o, i, f);
		if (!first && !oracle_same(v, *value))
			return false;
		*value = v;
		first = false;
	}
	return true;
}

static inline bool oracle_is_text(const struct oracle *o, const struct otarget *f)
{
	if (!*f->field)
		return false;
	const struct field_type *t = type_field(type_by_path(o->ledger, f->record), f->field, NULL);
	return t && t->kind == FIELD_TEXT;
}

static inline const char *oracle_blend(struct oracle *o, set_t set, const struct otarget *f, const char *base)
{
	const char *sides[ORACLE_MAX];
	size_t n = 0;
	for (EACH(i, set))
		sides[n++] = oracle_value(o, i, f);
	struct buf out = {0};
	const char *value = NULL;
	if (base && oracle_is_text(o, f) && merge_lines(base, sides, n, &out) && out.len) {
		struct err err = {0};
		const struct field_type *t = type_field(type_by_path(o->ledger, f->record), f->field, NULL);
		if (record_value(&o->arena, t, out.data, &value, &err) || !oracle_same(value, out.data))
			value = NULL;
	}
	buf_free(&out);
	return value;
}

static inline set_t oracle_common(const struct oracle *o, set_t set)
{
	set_t common = ~(set_t)0;
	for (EACH(i, set))
		common &= oracle_past(o, i);
	return common;
}

static inline set_t oracle_overrulers(const struct oracle *o, set_t among, size_t i)
{
	set_t found = 0;
	for (EACH(j, among))
		if (o->changes[j].rank < o->changes[i].rank && oracle_concurrent(o, i, j))
			found |= BIT(j);
	return found;
}

static inline struct overdict oracle_resolve(struct oracle *o, set_t set, const struct otarget *f)
{
	struct overdict v = {0};
	set_t writers = 0;
	for (EACH(i, set))
		if (oracle_of(o, i, f))
			writers |= BIT(i);
	for (EACH(i, writers)) { /* 1 */
		bool replaced = false;
		for (EACH(j, writers))
			replaced = replaced || (i != j && oracle_seen(o, j, i));
		if (!replaced)
			v.maximal |= BIT(i);
	}
	for (EACH(i, v.maximal)) /* 2 */
		if (!oracle_overrulers(o, writers, i))
			v.ranked |= BIT(i);
	v.alone = v.maximal && !v.ranked;
	if (v.alone)
		for (EACH(i, v.maximal))
			if (!oracle_overrulers(o, v.maximal, i))
				v.ranked |= BIT(i);
	v.left = v.ranked;
	if (oracle_agree(o, v.left, f, &v.value)) /* 3 */
		return v;
	enum claim best = CLAIM_NONE; /* 4 */
	for (EACH(i, v.ranked))
		best = o->changes[i].claim < best ? o->changes[i].claim : best;
	for (EACH(i, v.ranked))
		if (o->changes[i].claim != best)
			v.left &= ~BIT(i);
	if (oracle_agree(o, v.left, f, &v.value))
		return v;
	const char *base = oracle_resolve(o, oracle_common(o, v.left), f).value;
	v.value = oracle_blend(o, v.left, f, base); /* 5 */
	if (v.value)
		return v;
	v.disputed = true; /* 6 */
	v.value = base;
	return v;
}

#endif

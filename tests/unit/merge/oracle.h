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
#define EACH(i, set)                            \
	for (size_t i = 0; i < ORACLE_MAX; i++) \
		if ((set)&BIT(i))

static inline set_t oracle_walk(const struct oracle *o, size_t i, set_t seen)
{
	if (seen & BIT(i))
		return seen;
	seen |= BIT(i);
	EACH(p, o->changes[i].heads)
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
	EACH(p, oracle_past(o, index) & ~BIT(index))
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
	EACH(i, set)
	{
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
	EACH(i, set)
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
	EACH(i, set)
	common &= oracle_past(o, i);
	return common;
}

static inline set_t oracle_overrulers(const struct oracle *o, set_t among, size_t i)
{
	set_t found = 0;
	EACH(j, among)
	if (o->changes[j].rank < o->changes[i].rank && oracle_concurrent(o, i, j))
		found |= BIT(j);
	return found;
}

static inline struct overdict oracle_resolve(struct oracle *o, set_t set, const struct otarget *f)
{
	struct overdict v = {0};
	set_t writers = 0;
	EACH(i, set)
	if (oracle_of(o, i, f))
		writers |= BIT(i);
	EACH(i, writers)
	{ /* 1 */
		bool replaced = false;
		EACH(j, writers)
		replaced = replaced || (i != j && oracle_seen(o, j, i));
		if (!replaced)
			v.maximal |= BIT(i);
	}
	EACH(i, v.maximal) /* 2 */
	if (!oracle_overrulers(o, writers, i))
		v.ranked |= BIT(i);
	v.alone = v.maximal && !v.ranked;
	if (v.alone)
		EACH(i, v.maximal)
	if (!oracle_overrulers(o, v.maximal, i))
		v.ranked |= BIT(i);
	v.left = v.ranked;
	if (oracle_agree(o, v.left, f, &v.value)) /* 3 */
		return v;
	enum claim best = CLAIM_NONE; /* 4 */
	EACH(i, v.ranked)
	best = o->changes[i].claim < best ? o->changes[i].claim : best;
	EACH(i, v.ranked)
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

/* ---- conflicts ---- */

struct oconflict {
	struct otarget f;
	size_t losing, kept;
	const char *kept_value, *base, *why;
};

static inline size_t oracle_smallest(const struct oracle *o, set_t set)
{
	size_t best = ORACLE_MAX;
	EACH(i, set)
	if (best == ORACLE_MAX || oid_cmp(&o->changes[i].id, &o->changes[best].id) < 0)
		best = i;
	return best;
}

static inline set_t oracle_saying(
    const struct oracle *o, set_t set, const struct otarget *f, const char *value, bool same)
{
	set_t found = 0;
	EACH(i, set)
	if (oracle_same(oracle_value(o, i, f), value) == same)
		found |= BIT(i);
	return found;
}

static inline const char *oracle_why(
    const struct oracle *o, set_t set, const struct overdict *v, size_t i, const struct otarget *f)
{
	if (v->ranked & BIT(i)) {
		enum claim best = CLAIM_NONE;
		EACH(j, v->left)
		best = o->changes[j].claim;
		return best == CLAIM_OWNER ? "owner" : "lead";
	}
	EACH(j, oracle_overrulers(o, v->alone ? v->maximal : set, i))
	if (oracle_of(o, j, f) && oracle_of(o, j, f)->seal)
		return "seal";
	return "rank";
}

/* The conflict that a losing write has in a set; false if it has none. */
static inline bool oracle_conflict(
    struct oracle *o, set_t set, const struct otarget *f, size_t losing, struct oconflict *out)
{
	struct overdict v = oracle_resolve(o, set, f);
	const char *value = oracle_value(o, losing, f);
	*out = (struct oconflict){*f, losing, oracle_smallest(o, v.left), v.value, v.value, "equal"};
	if (!(v.maximal & BIT(losing)))
		return false;
	if (v.left & BIT(losing)) {
		out->kept_value = oracle_value(o, out->kept, f);
		return v.disputed && oracle_smallest(o, oracle_saying(o, v.left, f, value, true)) == losing &&
		       losing != out->kept;
	}
	if (oracle_same(value, v.value))
		return false;
	if (v.disputed) {
		out->kept = oracle_smallest(o, oracle_saying(o, v.left, f, value, false));
		out->kept_value = oracle_value(o, out->kept, f);
	}
	out->base = oracle_resolve(o, oracle_past(o, losing) & oracle_past(o, out->kept), f).value;
	out->why = oracle_why(o, set, &v, losing, f);
	return true;
}

/* As it would stand had nobody seen the losing write. */
static inline void oracle_closed(
    struct oracle *o, set_t set, const struct otarget *f, size_t losing, struct oconflict *out)
{
	set_t before = set;
	EACH(i, set)
	if (i != losing && oracle_seen(o, i, losing))
		before &= ~BIT(i);
	if (oracle_conflict(o, before, f, losing, out))
		return;
	struct overdict v = oracle_resolve(o, before, f);
	set_t other = oracle_saying(o, v.left, f, oracle_value(o, losing, f), false);
	size_t kept = oracle_smallest(o, v.disputed ? other : v.left);
	const char *why = o->changes[kept].rank < o->changes[losing].rank ? "rank" : "equal";
	*out =
	    (struct oconflict){*f, losing, kept, v.disputed ? oracle_value(o, kept, f) : v.value, NULL, why};
}

/* Is there a word on it by a change that no other has seen? */
static inline bool oracle_unseen_word(const struct oracle *o, set_t set, const char *path)
{
	EACH(i, set)
	{
		bool seen = false, wrote = false;
		EACH(j, set)
		seen = seen || (i != j && oracle_seen(o, j, i));
		for (size_t k = 0; k < o->changes[i].n_writes; k++)
			wrote = wrote || !strcmp(o->changes[i].writes[k].record, path);
		if (wrote && !seen)
			return true;
	}
	return false;
}

static inline bool oracle_unanswered(
    const struct oracle *o, set_t set, const char *path, const struct otarget *f)
{
	EACH(i, set)
	for (size_t k = 0; k < o->changes[i].n_writes; k++) {
		const struct owrite *w = &o->changes[i].writes[k];
		if (strcmp(w->record, path) || strncmp(w->field, "objections.", 11) || !w->value)
			continue;
		char row[200];
		strcpy(row, w->field + 11);
		*strrchr(row, '.') = '\0';
		bool done = false;
		EACH(j, set)
		{
			if (!oracle_seen(o, j, i))
				continue;
			struct otarget own = {path, w->field};
			done = done || oracle_of(o, j, f) || (i != j && oracle_of(o, j, &own));
			for (size_t l = 0; l < o->changes[j].n_writes; l++) {
				const struct owrite *a = &o->changes[j].writes[l];
				size_t len = strlen(row);
				done =
				    done || (!strcmp(a->record, path) && !strncmp(a->field, "answers.", 8) &&
						a->value && !strncmp(a->field + 8, row, len) &&
						a->field + 8 + len == strrchr(a->field, '.'));
			}
		}
		if (!done)
			return true;
	}
	return false;
}

/* ---- the whole tree ---- */

static inline void oracle_side(
    struct oracle *o, struct record *r, const char *side, size_t i, const char *value)
{
	char hex[41];
	oid_hex(&o->changes[i].id, hex);
	record_put(r, arena_printf(&o->arena, "%s.change", side), arena_dup(&o->arena, hex));
	record_put(
	    r, arena_printf(&o->arena, "%s.rank", side), arena_printf(&o->arena, "%d", o->changes[i].rank));
	record_put(r, arena_printf(&o->arena, "%s.unit", side), o->changes[i].writer);
	record_put(r, arena_printf(&o->arena, "%s.value", side), value);
}

static inline void oracle_fields(struct oracle *o, set_t set, const char *path, struct record *r)
{
	EACH(i, set)
	for (size_t k = 0; k < o->changes[i].n_writes; k++) {
		struct otarget f = {path, o->changes[i].writes[k].field};
		if (!strcmp(o->changes[i].writes[k].record, path) && *f.field)
			record_put(r, f.field, oracle_resolve(o, set, &f).value);
	}
}

static inline void oracle_print(
    struct oracle *o, const struct record *r, const char *path, struct table *tree)
{
	struct buf text = {0};
	record_print(r, &text);
	*table_at(tree, path) = arena_dup(&o->arena, buf_str(&text));
	buf_free(&text);
}

static inline const char *oracle_path(struct oracle *o, const struct otarget *f, size_t losing)
{
	char id[41], path[64];
	merge_conflict_id(f->record, f->field, &o->changes[losing].id, id);
	merge_conflict_path(id, path);
	return arena_dup(&o->arena, path);
}

/* Does something said on it, or on a conflict about what was said on it, keep it in the tree? */
static inline bool oracle_held(struct oracle *o, set_t set, const char *path, const struct otarget *f)
{
	if (oracle_unanswered(o, set, path, f) || oracle_unseen_word(o, set, path))
		return true;
	EACH(i, set)
	for (size_t k = 0; k < o->changes[i].n_writes; k++) {
		struct otarget on = {o->changes[i].writes[k].record, o->changes[i].writes[k].field};
		if (!strcmp(on.record, path) && oracle_held(o, set, oracle_path(o, &on, i), &on))
			return true;
	}
	return false;
}

/* Does it stand in the tree? Words on a conflict that does not stand are not in it either, nor their conflicts. */
static inline bool oracle_stands(struct oracle *o, set_t set, const struct otarget *f, size_t losing)
{
	struct oconflict c;
	const char *path = oracle_path(o, f, losing);
	if (!oracle_conflict(o, set, f, losing, &c) && !oracle_held(o, set, path, f))
		return false;
	if (!oracle_is_conflict(f->record))
		return true;
	EACH(i, set)
	for (size_t k = 0; k < o->changes[i].n_writes; k++) {
		struct otarget above = {o->changes[i].writes[k].record, o->changes[i].writes[k].field};
		if (!strcmp(oracle_path(o, &above, i), f->record))
			return oracle_stands(o, set, &above, i);
	}
	return false;
}

static inline void oracle_conflict_record(
    struct oracle *o, set_t set, const struct otarget *f, size_t losing, struct table *tree)
{
	struct oconflict c;
	struct record r;
	const char *path = oracle_path(o, f, losing);
	bool open = oracle_conflict(o, set, f, losing, &c), objected = oracle_unanswered(o, set, path, f);
	if (!oracle_stands(o, set, f, losing))
		return;
	if (!open)
		oracle_closed(o, set, f, losing, &c);
	record_init(&r, &o->arena, type_by_name("conflict"));
	oracle_fields(o, set, path, &r);
	record_put(&r, "record", f->record);
	record_put(&r, "field", *f->field ? f->field : NULL);
	record_put(&r, "why", c.why);
	record_put(&r, "state",
	    !open		      ? "settled"
	    : objected		      ? "objected"
	    : !strcmp(c.why, "equal") ? "disputed"
				      : "overruled");
	record_put(&r, "base", c.base);
	oracle_side(o, &r, "kept", c.kept, c.kept_value);
	oracle_side(o, &r, "other", losing, oracle_value(o, losing, f));
	oracle_print(o, &r, path, tree);
}

/* Every write may have a conflict; every record not of conflicts stands if its presence says so. */
static inline void oracle_tree(struct oracle *o, set_t set, struct table *tree)
{
	EACH(i, set)
	for (size_t k = 0; k < o->changes[i].n_writes; k++) {
		struct otarget f = {o->changes[i].writes[k].record, o->changes[i].writes[k].field};
		oracle_conflict_record(o, set, &f, i, tree);
		struct otarget presence = {f.record, ""};
		if (*f.field || oracle_is_conflict(f.record) || !oracle_resolve(o, set, &presence).value)
			continue;
		struct record r;
		record_init(&r, &o->arena, type_by_path(o->ledger, f.record));
		oracle_fields(o, set, f.record, &r);
		oracle_print(o, &r, f.record, tree);
	}
}

#endif

/* The oracle's second half: conflict records, and the whole tree of a set of changes. */
#ifndef TUYEN_TESTS_MERGE_ORACLE_TREE_H
#define TUYEN_TESTS_MERGE_ORACLE_TREE_H

#include "oracle.h"

/* ---- conflicts ---- */

struct oconflict {
	struct otarget f;
	size_t losing, kept;
	const char *kept_value, *base, *why;
};

static inline size_t oracle_smallest(const struct oracle *o, set_t set)
{
	size_t best = ORACLE_MAX;
	for (EACH(i, set))
		if (best == ORACLE_MAX || oid_cmp(&o->changes[i].id, &o->changes[best].id) < 0)
			best = i;
	return best;
}

static inline set_t oracle_saying(
    const struct oracle *o, set_t set, const struct otarget *f, const char *value, bool same)
{
	set_t found = 0;
	for (EACH(i, set))
		if (oracle_same(oracle_value(o, i, f), value) == same)
			found |= BIT(i);
	return found;
}

static inline const char *oracle_why(
    const struct oracle *o, set_t set, const struct overdict *v, size_t i, const struct otarget *f)
{
	if (v->ranked & BIT(i)) {
		enum claim best = CLAIM_NONE;
		for (EACH(j, v->left))
			best = o->changes[j].claim;
		return best == CLAIM_OWNER ? "owner" : "lead";
	}
	for (EACH(j, oracle_overrulers(o, v->alone ? v->maximal : set, i)))
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
	for (EACH(i, set))
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
	for (EACH(i, set)) {
		bool seen = false, wrote = false;
		for (EACH(j, set))
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
	for (EACH(i, set))
		for (size_t k = 0; k < o->changes[i].n_writes; k++) {
			const struct owrite *w = &o->changes[i].writes[k];
			if (strcmp(w->record, path) || strncmp(w->field, "objections.", 11) || !w->value)
				continue;
			char row[200];
			strcpy(row, w->field + 11);
			*strrchr(row, '.') = '\0';
			bool done = false;
			for (EACH(j, set)) {
				if (!oracle_seen(o, j, i))
					continue;
				struct otarget own = {path, w->field};
				done = done || oracle_of(o, j, f) || (i != j && oracle_of(o, j, &own));
				for (size_t l = 0; l < o->changes[j].n_writes; l++) {
					const struct owrite *a = &o->changes[j].writes[l];
					size_t len = strlen(row);
					done = done || (!strcmp(a->record, path) &&
							   !strncmp(a->field, "answers.", 8) && a->value &&
							   !strncmp(a->field + 8, row, len) &&
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
	for (EACH(i, set))
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

/* Does it stand in the tree? Words on a conflict that does not stand are not in it either, nor their conflicts. */
static inline bool oracle_stands(struct oracle *o, set_t set, const struct otarget *f, size_t losing)
{
	struct oconflict c;
	const char *path = oracle_path(o, f, losing);
	if (!oracle_conflict(o, set, f, losing, &c) && !oracle_unanswered(o, set, path, f) &&
	    !oracle_unseen_word(o, set, path))
		return false;
	if (!oracle_is_conflict(f->record))
		return true;
	for (EACH(i, set))
		for (size_t k = 0; k < o->changes[i].n_writes; k++) {
			struct otarget above = {
			    o->changes[i].writes[k].record, o->changes[i].writes[k].field};
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
	for (EACH(i, set))
		for (size_t k = 0; k < o->changes[i].n_writes; k++) {
			struct otarget f = {o->changes[i].writes[k].record, o->changes[i].writes[k].field};
			oracle_conflict_record(o, set, &f, i, tree);
			struct otarget presence = {f.record, ""};
			if (*f.field || oracle_is_conflict(f.record) ||
			    !oracle_resolve(o, set, &presence).value)
				continue;
			struct record r;
			record_init(&r, &o->arena, type_by_path(o->ledger, f.record));
			oracle_fields(o, set, f.record, &r);
			oracle_print(o, &r, f.record, tree);
		}
}

#endif

/*
 * The happy path: one maximal write, which is the value. Else judge() runs steps 1 to 4; if what stands differs, the
 * same is judged over what all of those had seen, and so on down to a past where it agrees (or is empty). Coming back
 * up from there each level shows its blend, or the value of the level below. A loop, not recursion: a tie may have a
 * tie under it as often as people cared to write.
 */
#include "merge/rule.h"

#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

bool rule_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int by_change(const void *a, const void *b)
{
	const struct stand *x = a, *y = b;
	return oid_cmp(&x->write->by->id, &y->write->by->id);
}

/* Step 1. Young writes come last, and what a maximal write has not replaced no older one has. */
static void find_maximal(
    struct arena *arena, const struct field *field, const struct past *past, struct verdict *v)
{
	struct stand *found = NULL;
	for (size_t i = field->n; i-- > 0;) {
		const struct entry *e = field->writes[i];
		bool replaced = !past_has(past, e->by);
		for (size_t j = 0; !replaced && j < v->n; j++)
			replaced = node_has_seen(found[j].write->by, e->by);
		struct stand stand = {e, FATE_STANDS};
		if (!replaced)
			VEC_PUSH(found, v->n, stand);
	}
	v->stands = arena_alloc(arena, v->n * sizeof *found);
	if (v->n) {
		memcpy(v->stands, found, v->n * sizeof *found);
		qsort(v->stands, v->n, sizeof *v->stands, by_change);
	}
	free(found);
}

static void overrule(struct stand *stand, const struct entry *by)
{
	if (by->by->rank < stand->write->by->rank && !node_has_seen(stand->write->by, by->by))
		stand->fate = by->seal || stand->fate == FATE_SEAL ? FATE_SEAL : FATE_RANK;
}

/* Step 2. Nothing has seen a maximal write, so what it has not seen is concurrent with it. */
static size_t by_rank(const struct field *field, const struct past *past, struct verdict *v)
{
	size_t left = 0;
	for (size_t i = 0; i < v->n; i++) {
		for (size_t j = 0; j < field->n; j++)
			if (past_has(past, field->writes[j]->by))
				overrule(&v->stands[i], field->writes[j]);
		left += v->stands[i].fate == FATE_STANDS;
	}
	return left;
}

static void by_rank_among_maximal(struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		v->stands[i].fate = FATE_STANDS;
		for (size_t j = 0; j < v->n; j++)
			overrule(&v->stands[i], v->stands[j].write);
	}
}

/* Steps 2 and 4 always leave one. */
static const struct entry *first_standing(const struct verdict *v)
{
	size_t i = 0;
	while (v->stands[i].fate != FATE_STANDS)
		i++;
	return v->stands[i].write;
}

/* Step 3. */
static bool agree(const struct verdict *v)
{
	const struct entry *first = first_standing(v);
	for (size_t i = 0; i < v->n; i++)
		if (v->stands[i].fate == FATE_STANDS && !rule_same(v->stands[i].write->value, first->value))
			return false;
	return true;
}

/* Step 4. */
static void by_claim(struct verdict *v)
{
	enum claim best = CLAIM_NONE;
	for (size_t i = 0; i < v->n; i++)
		if (v->stands[i].fate == FATE_STANDS && v->stands[i].write->by->claim < best)
			best = v->stands[i].write->by->claim;
	for (size_t i = 0; i < v->n; i++)
		if (v->stands[i].fate == FATE_STANDS && v->stands[i].write->by->claim > best)
			v->stands[i].fate = best == CLAIM_OWNER ? FATE_OWNER : FATE_LEAD;
}

/* Steps 1 to 4: true when what stands agrees, and v->value is it. */
static bool judge(struct arena *arena, const struct field *field, const struct past *past, struct verdict *v)
{
	*v = (struct verdict){.rule = past->rule};
	find_maximal(arena, field, past, v);
	if (v->n == 0)
		return true;
	if (v->n > 1 && by_rank(field, past, v) == 0)
		by_rank_among_maximal(v);
	if (!agree(v))
		by_claim(v);
	v->value = first_standing(v)->value;
	return agree(v);
}

/* What all that stand had seen. */
static struct past common(struct arena *arena, const struct verdict *v)
{
	struct past past = past_of_node(arena, first_standing(v)->by, v->rule);
	for (size_t i = 0; i < v->n; i++)
		if (v->stands[i].fate == FATE_STANDS)
			past = past_common(arena, &past, v->stands[i].write->by);
	return past;
}

/* A blend must be what the field's kind takes, in canonical form. */
static const char *canonical(struct arena *arena, const struct field_type *type, const struct buf *text)
{
	struct err err = {0};
	const char *value;
	if (text->len > YAML_RECORD_MAX || record_value(arena, type, buf_str(text), &value, &err) != 0)
		return NULL;
	return strcmp(value, buf_str(text)) == 0 ? value : NULL;
}

/* Step 5. */
static const char *blend(struct arena *arena, const struct record_type *type, const struct field *field,
    const struct verdict *v, const char *base)
{
	const struct field_type *text = *field->name ? type_field(type, field->name, NULL) : NULL;
	if (!text || text->kind != FIELD_TEXT || !base)
		return NULL;
	const char **sides = arena_alloc(arena, v->n * sizeof *sides);
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->stands[i].fate == FATE_STANDS)
			sides[n++] = v->stands[i].write->value;
	struct buf out = {0};
	const char *value = merge_lines(base, sides, n, &out) ? canonical(arena, text, &out) : NULL;
	buf_free(&out);
	return value;
}

/* Version 1: schema/merge.md. */
static struct verdict resolve(
    struct arena *arena, const struct record_type *type, const struct field *field, const struct past *past)
{
	struct verdict *levels = NULL, v;
	size_t n = 0;
	struct past at = *past;
	while (!judge(arena, field, &at, &v)) {
		at = common(arena, &v);
		VEC_PUSH(levels, n, v);
	}
	while (n > 0) {
		const char *base = v.value;
		v = levels[--n];
		v.value = blend(arena, type, field, &v, base);
		v.disputed = !v.value;
		if (v.disputed)
			v.value = base;
	}
	free(levels);
	return v;
}

#ifdef TUYEN_NEXT
/* What another version may be: what is disputed shows nothing. */
static struct verdict resolve_next(
    struct arena *arena, const struct record_type *type, const struct field *field, const struct past *past)
{
	struct verdict v = resolve(arena, type, field, past);
	if (v.disputed)
		v.value = NULL;
	return v;
}
#endif

/* Each version is a row for ever: ledgers keep theirs, and old states must come out as they did. */
static struct verdict (*const rules[MERGE_RULE])(
    struct arena *, const struct record_type *, const struct field *, const struct past *) = {
    resolve,
#ifdef TUYEN_NEXT
    resolve_next,
#endif
};

struct verdict rule_resolve(
    struct arena *arena, const struct record_type *type, const struct field *field, const struct past *past)
{
	return rules[past->rule - 1](arena, type, field, past);
}

#include "merge/conflict.h"

#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

void merge_conflict_id(const char *record, const char *field, const struct oid *losing, char id[41])
{
	struct buf text = {0};
	char hex[OID_HEX + 1];
	unsigned char hash[HASH_SIZE];
	oid_hex(losing, hex);
	buf_add(&text, record, strlen(record) + 1);
	buf_add(&text, field, strlen(field) + 1);
	buf_puts(&text, hex);
	hash_sha256(text.data, text.len, hash);
	hex_encode(hash, 20, id);
	buf_free(&text);
}

void merge_conflict_path(const char *id, char path[64])
{
	struct buf text = {0};
	buf_printf(&text, "conflicts/%.2s/%.40s.yaml", id, id);
	memcpy(path, text.data, text.len + 1);
	buf_free(&text);
}

bool conflict_id_of_path(const char *path, char id[41])
{
	static const char prefix[] = "conflicts/";
	const size_t at = sizeof prefix - 1 + 3;
	struct oid digits;
	if (strncmp(path, prefix, sizeof prefix - 1) != 0 || strlen(path) != at + 40 + 5)
		return false;
	memcpy(id, path + at, 40);
	id[40] = '\0';
	char again[64];
	merge_conflict_path(id, again);
	return oid_parse(&digits, id) && strcmp(path, again) == 0;
}

static struct past shared(struct arena *arena, const struct node *a, const struct node *b, int rule)
{
	struct past past = past_of_node(arena, a, rule);
	return past_common(arena, &past, b);
}

static const char *const why_of[] = {[FATE_STANDS] = "equal",
    [FATE_RANK] = "rank",
    [FATE_SEAL] = "seal",
    [FATE_OWNER] = "owner",
    [FATE_LEAD] = "lead"};

static bool stands(const struct verdict *v, size_t i)
{
	return v->stands[i].fate == FATE_STANDS;
}

/* The first by change id of those that stand; in a dispute the first that says something else than `other`. There is always
 * one: something stands wherever something was written, and parties to a dispute differ. */
static const struct entry *kept_against(const struct verdict *v, const struct entry *other)
{
	size_t i = 0;
	while (!stands(v, i) || (v->disputed && other && rule_same(v->stands[i].write->value, other->value)))
		i++;
	return v->stands[i].write;
}

/* Identical values are one party, spoken for by the smallest change id. */
static bool is_party(const struct verdict *v, size_t i)
{
	if (!stands(v, i))
		return false;
	for (size_t j = 0; j < i; j++)
		if (stands(v, j) && rule_same(v->stands[j].write->value, v->stands[i].write->value))
			return false;
	return true;
}

static struct conflict overruled(struct arena *arena, const struct record_type *type,
    const struct field *field, const struct verdict *v, const struct stand *lost)
{
	const struct entry *kept = kept_against(v, lost->write);
	struct past past = shared(arena, lost->write->by, kept->by, v->rule);
	return (struct conflict){
	    .losing = lost->write,
	    .kept = kept,
	    .kept_value = v->disputed ? kept->value : v->value,
	    .base = rule_resolve(arena, type, field, &past).value,
	    .why = why_of[lost->fate],
	};
}

void conflict_derive(struct arena *arena, const struct record_type *type, const struct field *field,
    const struct verdict *v, struct conflicts *out)
{
	const struct entry *kept = kept_against(v, NULL);
	for (size_t i = 0; i < v->n; i++) {
		const struct stand *stand = &v->stands[i];
		struct conflict c = {stand->write, kept, kept->value, v->value, why_of[FATE_STANDS]};
		if (!stands(v, i) && !rule_same(stand->write->value, v->value))
			c = overruled(arena, type, field, v, stand);
		else if (!v->disputed || stand->write == kept || !is_party(v, i))
			continue;
		VEC_PUSH(out->items, out->n, c);
	}
}

/* Never names a change that saw the losing write: a change that closes a conflict and answers in it would have to
 * name itself in its own tree. */
struct conflict conflict_closed(const struct history *h, struct arena *arena, const struct record_type *type,
    const struct entry *losing, const struct past *past)
{
	struct past before = past_before_known(h, arena, past, losing->by);
	struct verdict v = rule_resolve(arena, type, losing->field, &before);
	const struct entry *kept = kept_against(&v, losing);
	struct conflict c = {losing, kept, v.disputed ? kept->value : v.value, NULL, why_of[FATE_STANDS]};
	struct conflicts all = {0};
	if (kept->by->rank < losing->by->rank)
		c.why = why_of[FATE_RANK];
	conflict_derive(arena, type, losing->field, &v, &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].losing == losing)
			c = all.items[i];
	free(all.items);
	return c;
}

/* The row of "objections.<row>.<column>"; rows may hold dots. */
static bool row_of(const char *field, const char *table, const char **row, size_t *len)
{
	size_t n = strlen(table);
	if (strncmp(field, table, n) != 0 || field[n] != '.')
		return false;
	const char *end = strrchr(field, '.');
	*row = field + n + 1;
	if (end < *row)
		return false;
	*len = (size_t)(end - *row);
	return true;
}

static bool seen_by_write(
    const struct field *field, bool present, const struct node *node, const struct past *past)
{
	for (size_t i = 0; i < field->n; i++) {
		const struct entry *e = field->writes[i];
		if ((e->value || !present) && past_has(past, e->by) && node_has_seen(e->by, node))
			return true;
	}
	return false;
}

static bool answered(
    const struct log *conflict, const char *row, size_t len, const struct node *node, const struct past *past)
{
	if (conflict->losing && seen_by_write(conflict->losing->field, false, node, past))
		return true;
	for (size_t i = 0; i < conflict->n_fields; i++) {
		const struct field *field = conflict->fields[i];
		const char *its_row;
		size_t its_len;
		if (row_of(field->name, "answers", &its_row, &its_len) && its_len == len &&
		    memcmp(its_row, row, len) == 0 && seen_by_write(field, true, node, past))
			return true;
	}
	return false;
}

static bool replaced(const struct field *field, const struct entry *e, const struct past *past)
{
	for (size_t i = 0; i < field->n; i++)
		if (field->writes[i] != e && past_has(past, field->writes[i]->by) &&
		    node_has_seen(field->writes[i]->by, e->by))
			return true;
	return false;
}

bool conflict_unanswered(const struct log *conflict, const struct past *past)
{
	for (size_t i = 0; i < conflict->n_fields; i++) {
		const struct field *field = conflict->fields[i];
		const char *row;
		size_t len;
		if (!row_of(field->name, "objections", &row, &len))
			continue;
		for (size_t j = 0; j < field->n; j++) {
			const struct entry *e = field->writes[j];
			if (e->value && past_has(past, e->by) && !replaced(field, e, past) &&
			    !answered(conflict, row, len, e->by, past))
				return true;
		}
	}
	return false;
}

static void fill_side(struct record *r, const char *side, const struct entry *e, const char *value)
{
	char id[OID_HEX + 1];
	oid_hex(&e->by->id, id);
	record_put(r, arena_printf(r->arena, "%s.change", side), arena_dup(r->arena, id));
	record_put(r, arena_printf(r->arena, "%s.rank", side), arena_printf(r->arena, "%d", e->by->rank));
	record_put(r, arena_printf(r->arena, "%s.unit", side), e->by->writer);
	if (value)
		record_put(r, arena_printf(r->arena, "%s.value", side), value);
}

void conflict_fill(struct record *r, const struct conflict *c, const char *state)
{
	const struct field *field = c->losing->field;
	record_put(r, "record", field->log->path);
	if (*field->name)
		record_put(r, "field", field->name);
	record_put(r, "why", c->why);
	record_put(r, "state", state);
	if (c->base)
		record_put(r, "base", c->base);
	fill_side(r, "kept", c->kept, c->kept_value);
	fill_side(r, "other", c->losing, c->losing->value);
}

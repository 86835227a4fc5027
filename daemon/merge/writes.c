#include "merge/merge.h"

#include <string.h>

#include "merge/conflict.h"

struct collect {
	struct arena *arena;
	struct merge_writes *out;
	const char *record;
	const struct record_type *type;
	bool seal;
};

static struct write *add(struct arena *arena, struct merge_writes *out, const struct write *w)
{
	if ((out->n & (out->n - 1)) == 0) {
		struct write *wider = arena_alloc(arena, (out->n ? 2 * out->n : 1) * sizeof *wider);
		if (out->n)
			memcpy(wider, out->items, out->n * sizeof *wider);
		out->items = wider;
	}
	out->items[out->n] = *w;
	return &out->items[out->n++];
}

static void put(struct collect *c, const char *field, const char *value)
{
	struct write w = {.record = c->record,
	    .field = arena_dup(c->arena, field),
	    .value = arena_dup(c->arena, value),
	    .seal = c->seal};
	add(c->arena, c->out, &w);
}

static bool is_derived(const struct record_type *type, const char *field)
{
	const struct field_type *top = NULL;
	type_field(type, field, &top);
	return top && (top->writers & WRITER_RULE);
}

static void visit_difference(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct collect *c = ctx;
	(void)old_value;
	if (!is_derived(c->type, field))
		put(c, field, new_value);
}

/* A seal speaks for fields that did not change, too. */
static void put_all(struct collect *c, const struct record *before, const struct record *after)
{
	for (size_t i = 0; i < after->n; i++)
		put(c, after->fields[i].path, after->fields[i].value);
	for (size_t i = 0; before && i < before->n; i++)
		if (!record_get(after, before->fields[i].path))
			put(c, before->fields[i].path, NULL);
}

static bool seals(const struct record_type *type, const struct record *before, const struct record *after)
{
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct field_type *field = &type->fields[i];
		if (!field->seal)
			continue;
		const char *now = record_get(after, field->name),
			   *old = before ? record_get(before, field->name) : NULL;
		if (rule_same(now, field->seal) && !rule_same(old, field->seal))
			return true;
	}
	return false;
}

static void put_presence(struct collect *c, const char *value, bool all)
{
	struct write w = {.record = c->record, .field = "", .value = value, .seal = c->seal, .all = all};
	add(c->arena, c->out, &w);
}

static void collect_plain(struct collect *c, const struct record *before, const struct record *after)
{
	c->seal = seals(c->type, before, after);
	put_presence(c, "+", !before || c->seal);
	if (!before || c->seal)
		put_all(c, before, after);
	else
		record_diff(before, after, visit_difference, c);
}

static int refuse_word(const struct collect *c, const char *rule, struct err *err)
{
	err_rule(err, rule, c->record, NULL);
	return err->code;
}

/*
 * Of a conflict record people write objections and answers alone; that it is there or gone is the rule's word. Where
 * there was none nobody writes: its old words would come back as the writer's own. Nor on a conflict among words, else
 * there would be no end to conflicts about conflicts.
 */
static int collect_conflict(
    struct collect *c, const struct record *before, const struct record *after, struct err *err)
{
	size_t n = c->out->n;
	char id[41];
	record_diff(before, after, visit_difference, c);
	if (c->out->n == n)
		return 0;
	if (!before) {
		err_set(err, ERR_REFUSED, "there is no open conflict %1 to write on", c->record);
		err_hint(
		    err, "it may have been settled meanwhile; list what is open with: tuyen conflict list");
		return refuse_word(c, "state", err);
	}
	const char *about = record_get(before, "record");
	if (!about || !conflict_id_of_path(about, id))
		return 0;
	err_set(err, ERR_REFUSED, "%1 is about what was said on the conflict %2 and takes no word of its own",
	    c->record, about);
	err_hint(err, "settle it, or write on the other");
	return refuse_word(c, "nesting", err);
}

static int parse(struct collect *c, struct record *r, const char *text, size_t len, struct err *err)
{
	int rc = text ? record_parse(r, c->arena, c->type, text, len, err) : 0;
	if (rc)
		err_rule(err, "form", c->record, NULL);
	return rc;
}

static int type_of(const char *ledger, const char *path, const struct record_type **type, struct err *err)
{
	*type = type_by_path(ledger, path);
	if (*type)
		return 0;
	err_set(err, ERR_REFUSED, "no record may stand at %1 in ledger %2", path, ledger);
	err_hint(err, "the sender runs another version, or wrote into the wrong ledger");
	err_rule(err, "path", path, NULL);
	return ERR_REFUSED;
}

static bool unchanged(const struct change_texts *t)
{
	if (!t->before || !t->after)
		return t->before == t->after;
	return t->before_len == t->after_len && memcmp(t->before, t->after, t->after_len) == 0;
}

/* What goes is not read: a record that merging made too long can still be deleted. */
static int collect(struct collect *c, const struct change_texts *t, struct err *err)
{
	struct record before, after;
	char id[41];
	bool conflict = conflict_id_of_path(t->path, id);
	if (!t->after) {
		if (!conflict)
			put_presence(c, NULL, false);
		return 0;
	}
	int rc = parse(c, &before, t->before, t->before_len, err);
	if (!rc)
		rc = parse(c, &after, t->after, t->after_len, err);
	if (rc)
		return rc;
	if (conflict)
		return collect_conflict(c, t->before ? &before : NULL, &after, err);
	collect_plain(c, t->before ? &before : NULL, &after);
	return 0;
}

int merge_writes_of(struct arena *arena, const char *ledger, const struct change_texts *texts, size_t n_texts,
    struct merge_writes *out, struct err *err)
{
	*out = (struct merge_writes){0};
	for (size_t i = 0; i < n_texts; i++) {
		struct collect c = {.arena = arena, .out = out, .record = arena_dup(arena, texts[i].path)};
		if (unchanged(&texts[i]))
			continue;
		int rc = type_of(ledger, c.record, &c.type, err);
		if (!rc)
			rc = collect(&c, &texts[i], err);
		if (rc)
			return rc;
	}
	return 0;
}

/* The write of that field in the list, made if it is not there. */
static struct write *at(struct arena *arena, struct merge_writes *out, const char *record, const char *field)
{
	for (size_t i = 0; i < out->n; i++)
		if (!strcmp(out->items[i].record, record) && !strcmp(out->items[i].field, field))
			return &out->items[i];
	struct write w = {.record = record, .field = field};
	return add(arena, out, &w);
}

static int target_of(struct arena *arena, const char *ledger, const char *conflict, size_t len,
    const char **path, const char **field, struct err *err)
{
	struct record r;
	const struct record_type *type = type_by_name("conflict");
	int rc = record_parse(&r, arena, type, conflict, len, err);
	if (rc)
		return rc;
	*path = record_get(&r, "record");
	*field = record_get(&r, "field");
	if (!*field)
		*field = "";
	if (*path && type_by_path(ledger, *path))
		return 0;
	err_set(err, ERR_INPUT, "the conflict record names no record that may stand in ledger %1", ledger);
	err_hint(err, "list what is open with: tuyen conflict list");
	return ERR_INPUT;
}

int merge_settlement(struct arena *arena, const char *ledger, const char *conflict_before,
    size_t conflict_len, const char *record_after, size_t record_len, struct merge_writes *out,
    struct err *err)
{
	const char *path = NULL, *field = NULL, *value = record_after ? "+" : NULL;
	char id[41];
	int rc = target_of(arena, ledger, conflict_before, conflict_len, &path, &field, err);
	if (rc)
		return rc;
	if (record_after && *field) {
		struct record r;
		rc = record_parse(&r, arena, type_by_path(ledger, path), record_after, record_len, err);
		if (rc)
			return rc;
		value = record_get(&r, field);
	}
	struct write *w = at(arena, out, path, field);
	w->value = value;
	w->settles = true;
	if (*field && record_after && !conflict_id_of_path(path, id))
		at(arena, out, path, "")->value = "+";
	return 0;
}

/*
 * A state is looked at record by record: view_record() puts one record and all conflict records about it, and about
 * those, into a table. merge_advance() does that for each record touched on the way, under both pasts, and tells the
 * difference. What a record and its conflicts look like depends on nothing but the writes to it and to them, so
 * records not touched are the same in both.
 */
#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "merge/conflict.h"

struct view {
	const struct history *h;
	const char *ledger;
	struct arena *arena; /* of the texts */
	struct arena scratch;
	struct past past;
	struct oids tips; /* what nobody in the past has seen */
	struct table texts; /* path -> canonical text */
};

int merge_rule(const struct history *h, const struct oids *heads)
{
	struct arena arena = {0};
	int rule = h->n_raised ? past_of(h, &arena, heads).rule : 1;
	arena_free(&arena);
	return rule;
}

void merge_message(int rule, struct buf *out)
{
	buf_printf(out, "merge\n\nTuyen-Rule: %d\n", rule);
}

static const char *print(struct view *v, const struct record *r)
{
	struct buf text = {0};
	record_print(r, &text);
	char *copy = arena_dup_len(v->arena, buf_str(&text), text.len);
	buf_free(&text);
	return copy;
}

static void view_fields(struct view *v, const struct log *log, const struct record_type *type,
    struct record *into, bool *present);

/* A word on a conflict that nobody has seen yet: its record stays, or the change would not hold what it says. */
static bool has_unseen_word(const struct view *v, const struct log *log)
{
	for (size_t i = 0; i < v->tips.n; i++) {
		const struct node *tip = history_node(v->h, &v->tips.items[i]);
		for (size_t t = 0; t < tip->n_touched; t++)
			if (tip->touched[t] == log->word)
				return true;
	}
	return false;
}

/* A conflict record, and the conflicts among the words on it: those come and go with it. */
static void view_conflict(struct view *v, const struct conflict *c, const char *path, bool open)
{
	const struct record_type *type = type_by_name("conflict");
	const struct log *log = log_of(v->h, path); /* NULL: it is open, and nobody wrote on it */
	struct record r;
	bool present = false, objected = log && conflict_unanswered(log, &v->past);
	if (!open && !objected && !has_unseen_word(v, log))
		return;
	record_init(&r, &v->scratch, type);
	if (log)
		view_fields(v, log, type, &r, &present);
	const char *kind = strcmp(c->why, "equal") == 0 ? "disputed" : "overruled";
	conflict_fill(&r, c, !open ? "settled" : objected ? "objected" : kind);
	*table_at(&v->texts, path) = (void *)print(v, &r);
}

static void view_open(struct view *v, const struct conflicts *found)
{
	char id[41], path[64];
	for (size_t i = 0; i < found->n; i++) {
		const struct entry *losing = found->items[i].losing;
		merge_conflict_id(losing->field->log->path, losing->field->name, &losing->by->id, id);
		merge_conflict_path(id, path);
		view_conflict(v, &found->items[i], path, true);
	}
}

/* Conflicts that are over but were written on: some have an objection that nobody has answered, or words that nobody
 * has seen. */
static void view_closed(struct view *v, const struct log *log, const struct record_type *type)
{
	for (size_t i = 0; i < log->n_about; i++) {
		const struct log *about = log->about[i];
		if (!about->losing || !past_has(&v->past, about->losing->by) ||
		    table_get(&v->texts, about->path))
			continue;
		struct conflict c = conflict_closed(v->h, &v->scratch, type, about->losing, &v->past);
		view_conflict(v, &c, about->path, false);
	}
}

static void view_fields(
    struct view *v, const struct log *log, const struct record_type *type, struct record *into, bool *present)
{
	struct conflicts found = {0};
	for (size_t i = 0; i < log->n_fields; i++) {
		const struct field *field = log->fields[i];
		struct verdict verdict = rule_resolve(&v->scratch, type, field, &v->past);
		if (!*field->name)
			*present = verdict.value != NULL;
		else if (verdict.value)
			record_put(into, field->name, verdict.value);
		if (verdict.n > 1)
			conflict_derive(&v->scratch, type, field, &verdict, &found);
	}
	view_open(v, &found);
	free(found.items);
	view_closed(v, log, type);
}

static void view_record(struct view *v, const struct log *log)
{
	const struct record_type *type = type_by_path(v->ledger, log->path);
	struct record r;
	bool present = false;
	if (!type)
		return;
	record_init(&r, &v->scratch, type);
	view_fields(v, log, type, &r, &present);
	if (present)
		*table_at(&v->texts, log->path) = (void *)print(v, &r);
	arena_free(&v->scratch);
}

/* The plain record that a log is about in the end; NULL while its losing write is not there. */
static const struct log *root_of(const struct log *log)
{
	char id[41];
	while (log && conflict_id_of_path(log->path, id))
		log = log->losing ? log->losing->field->log : NULL;
	return log;
}

static void add_roots(const struct history *h, const struct node *node, bool words_alone, struct table *roots)
{
	char id[41];
	for (size_t t = 0; t < node->n_touched; t++) {
		if (words_alone && !conflict_id_of_path(h->words.items[node->touched[t]].text, id))
			continue;
		const struct log *root = root_of(log_at(h, node->touched[t]));
		if (root)
			*table_at(roots, root->path) = (void *)root;
	}
}

/* What is written between, and what the old tips said on conflicts, which may be seen now. Under another rule: everything. */
static void touched(const struct view *from, const struct view *to, struct table *roots)
{
	bool same_rule = from->past.rule == to->past.rule;
	for (size_t c = 0; c < to->past.n; c++)
		for (unsigned i = same_rule ? from->past.counts[c] : 0; i < to->past.counts[c]; i++)
			add_roots(to->h, node_at(to->h, to->h->chains[c].items[i]), false, roots);
	for (size_t i = 0; i < from->tips.n; i++)
		add_roots(from->h, history_node(from->h, &from->tips.items[i]), true, roots);
}

static void tell(struct merge_result *out, const char *path, const char *text)
{
	struct merge_record record = {arena_dup(&out->arena, path), text};
	VEC_PUSH(out->records, out->n, record);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct merge_record *)a)->path, ((const struct merge_record *)b)->path);
}

static void compare(const struct table *old, const struct table *now, struct merge_result *out)
{
	for (size_t i = 0; i < old->n; i++)
		if (!table_get(now, old->rows[i].key))
			tell(out, old->rows[i].key, NULL);
	for (size_t i = 0; i < now->n; i++) {
		const char *before = table_get(old, now->rows[i].key);
		if (!before || strcmp(before, now->rows[i].value) != 0)
			tell(out, now->rows[i].key, now->rows[i].value);
	}
	if (out->n)
		qsort(out->records, out->n, sizeof *out->records, by_path);
}

static void view_begin(struct view *v, const struct history *h, const char *ledger, const struct oids *heads,
    struct merge_result *out, struct arena *pasts)
{
	*v = (struct view){.h = h, .ledger = ledger, .arena = &out->arena, .past = past_of(h, pasts, heads)};
	oids_copy(&v->tips, heads);
	history_maximal(h, &v->tips);
}

static void view_end(struct view *v)
{
	oids_free(&v->tips);
	table_free(&v->texts);
}

void merge_advance(const struct history *h, const char *ledger, const struct oids *from,
    const struct oids *to, struct merge_result *out)
{
	struct view old, now;
	struct arena pasts = {0};
	struct table roots = {0};
	*out = (struct merge_result){0};
	view_begin(&old, h, ledger, from, out, &pasts);
	view_begin(&now, h, ledger, to, out, &pasts);
	touched(&old, &now, &roots);
	for (size_t i = 0; i < roots.n; i++) {
		view_record(&old, roots.rows[i].value);
		view_record(&now, roots.rows[i].value);
	}
	compare(&old.texts, &now.texts, out);
	view_end(&old);
	view_end(&now);
	table_free(&roots);
	arena_free(&pasts);
}

void merge_result_free(struct merge_result *r)
{
	free(r->records);
	arena_free(&r->arena);
	*r = (struct merge_result){0};
}

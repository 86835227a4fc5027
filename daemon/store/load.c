#include "store/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"

static int not_ours(const struct oid *id, const char *msg, struct err *err)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	err_set(err, ERR_CORRUPT, msg, hex);
	err_hint(err, N_("nothing but tuyen may write to its store; run 'tuyen verify'"));
	return ERR_CORRUPT;
}

int load_commit(
    struct store *s, const struct oid *id, struct arena *arena, struct commit *out, struct err *err)
{
	git_odb_object *object;
	int rc = repo_read(s, GIT_OBJECT_COMMIT, id, &object, err);
	if (rc)
		return rc;
	struct err why = {0};
	if (commit_parse(out, arena, git_odb_object_data(object), git_odb_object_size(object), &why))
		rc = not_ours(id, N_("commit %1 was not written by this program"), err);
	git_odb_object_free(object);
	return rc;
}

int load_tree(struct store *s, const struct oid *commit, struct oid *tree, struct err *err)
{
	*tree = (struct oid){0};
	if (oid_is_zero(commit))
		return 0;
	struct arena arena = {0};
	struct commit c;
	int rc = load_commit(s, commit, &arena, &c, err);
	if (rc == 0)
		*tree = c.tree;
	arena_free(&arena);
	return rc;
}

int load_heads(struct store *s, const struct oid *commit, struct oids *out, struct err *err)
{
	if (oid_is_zero(commit))
		return 0;
	struct arena arena = {0};
	struct commit c;
	int rc = load_commit(s, commit, &arena, &c, err);
	if (rc == 0 && c.n_parents > 1) {
		for (size_t i = 0; i < c.n_parents; i++)
			oids_add(out, &c.parents[i]);
		oids_sort(out);
	} else if (rc == 0) {
		oids_add(out, commit);
	}
	arena_free(&arena);
	return rc;
}

/* The role account that the words of a change imply. */
static bool right_author(const struct change *c, const struct commit *commit)
{
	struct buf author = {0};
	change_author(c, &author);
	bool right = strcmp(buf_str(&author), commit->identity) == 0;
	buf_free(&author);
	return right;
}

int load_change(struct store *s, const char *ledger, const struct oid *id, const struct commit *commit,
    struct arena *arena, struct change *out, struct err *err)
{
	struct err why = {0};
	*out = (struct change){0};
	if (!commit->is_signed || commit->n_parents > 1)
		return not_ours(id, N_("commit %1 is not a signed change"), err);
	if (change_parse_message(out, arena, commit->message, &why) || !right_author(out, commit))
		return not_ours(id, N_("commit %1 does not carry the words of a change"), err);
	out->ledger = arena_dup(arena, ledger);
	out->id = *id;
	out->time = commit->time;
	memcpy(out->signature, commit->signature, sizeof out->signature);
	if (!commit->n_parents)
		return 0;
	out->parent = commit->parents[0];
	struct oids heads = {0};
	int rc = load_heads(s, &out->parent, &heads, err);
	if (rc == 0) {
		out->heads.n = heads.n;
		out->heads.items = memcpy(arena_alloc(arena, heads.n * sizeof *heads.items), heads.items,
		    heads.n * sizeof *heads.items);
	}
	oids_free(&heads);
	return rc;
}

int load_record(struct store *s, const struct oid *tree, const char *path, struct arena *arena,
    const char **text, size_t *len, struct err *err)
{
	struct oid blob;
	bool found;
	*text = NULL;
	*len = 0;
	int rc = tree_find(s, tree, path, &blob, &found, err);
	return rc || !found ? rc : repo_blob(s, &blob, arena, text, len, err);
}

static int by_path(const void *a, const void *b)
{
	const struct change_texts *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int no_conflict(const char *id, const char *path, struct err *err)
{
	err_set(err, ERR_REFUSED, N_("there is no conflict %1 to settle"), id);
	err_hint(err, N_("list what is open with: tuyen conflict list"));
	err_rule(err, "settle", path, NULL);
	return ERR_REFUSED;
}

static const struct change_texts *find_text(const struct load_texts *texts, const char *path)
{
	for (size_t i = 0; i < texts->n; i++)
		if (strcmp(texts->items[i].path, path) == 0)
			return &texts->items[i];
	return NULL;
}

int load_settled(struct store *s, const struct change *c, const struct oid *tree, struct arena *arena,
    struct load_texts *out, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->n_settles; i++) {
		char path[64];
		struct oid digits;
		merge_conflict_path(c->settles[i], path);
		if (find_text(out, path))
			continue;
		struct change_texts t = {.path = arena_dup(arena, path)};
		rc = load_record(s, tree, path, arena, &t.before, &t.before_len, err);
		if (rc == 0 && (!t.before || !oid_parse(&digits, c->settles[i])))
			rc = no_conflict(c->settles[i], path, err);
		t.after = t.before;
		t.after_len = t.before_len;
		out->items[out->n++] = t;
	}
	if (out->n > 1)
		qsort(out->items, out->n, sizeof *out->items, by_path);
	return rc;
}

int load_texts(struct store *s, const struct change *c, const struct oid *before, const struct oid *after,
    struct arena *arena, struct load_texts *out, struct err *err)
{
	struct tree_differences differences;
	*out = (struct load_texts){0};
	int rc = tree_compare(s, before, after, arena, &differences, err);
	if (rc)
		return rc;
	out->items = arena_alloc(arena, (differences.n + c->n_settles) * sizeof *out->items);
	for (size_t i = 0; rc == 0 && i < differences.n; i++) {
		const struct tree_difference *d = &differences.items[i];
		struct change_texts *t = &out->items[out->n++];
		t->path = d->path;
		if (!oid_is_zero(&d->before))
			rc = repo_blob(s, &d->before, arena, &t->before, &t->before_len, err);
		if (rc == 0 && !oid_is_zero(&d->after))
			rc = repo_blob(s, &d->after, arena, &t->after, &t->after_len, err);
	}
	free(differences.items);
	out->n_touched = out->n;
	return rc ? rc : load_settled(s, c, before, arena, out, err);
}

void load_touched(struct change *c, const struct load_texts *texts, struct arena *arena)
{
	c->records = arena_alloc(arena, texts->n_touched * sizeof *c->records);
	c->n_records = 0;
	for (size_t i = 0; i < texts->n; i++) {
		const struct change_texts *t = &texts->items[i];
		if (t->before != t->after)
			c->records[c->n_records++] = (struct change_record){t->path, t->after, t->after_len};
	}
}

/* The record that a conflict is about, as it is in the change's own state. */
static int settled_target(struct store *s, const struct change_texts *conflict, const struct oid *tree,
    const struct load_texts *texts, struct arena *arena, const char **text, size_t *len, struct err *err)
{
	struct record r;
	int rc =
	    record_parse(&r, arena, type_by_name("conflict"), conflict->before, conflict->before_len, err);
	const char *path = rc ? NULL : record_get(&r, "record");
	if (rc || !path)
		return rc ? rc : err_set(err, ERR_INPUT, N_("%1 does not name a record"), conflict->path);
	const struct change_texts *touched = find_text(texts, path);
	if (!touched)
		return load_record(s, tree, path, arena, text, len, err);
	*text = touched->after;
	*len = touched->after_len;
	return 0;
}

int load_writes(struct store *s, const struct change *c, const struct oid *tree,
    const struct load_texts *texts, struct arena *arena, struct merge_writes *out, struct err *err)
{
	*out = (struct merge_writes){0};
	int rc = merge_writes_of(arena, c->ledger, texts->items, texts->n, out, err);
	for (size_t i = 0; rc == 0 && i < c->n_settles; i++) {
		char path[64];
		const char *text = NULL;
		size_t len = 0;
		merge_conflict_path(c->settles[i], path);
		const struct change_texts *conflict = find_text(texts, path);
		if (!conflict || !conflict->before)
			return no_conflict(c->settles[i], path, err);
		rc = settled_target(s, conflict, tree, texts, arena, &text, &len, err);
		if (rc == 0)
			rc = merge_settlement(
			    arena, c->ledger, conflict->before, conflict->before_len, text, len, out, err);
	}
	return rc;
}

int load_add(struct history *h, const struct change *c, const struct merge_writes *writes, struct err *err)
{
	char writer[136];
	change_writer(c, writer);
	struct history_change hc = {
	    .id = c->id,
	    .heads = c->heads,
	    .writer = writer,
	    .unit = c->unit,
	    .rank = c->rank,
	    .rule = c->rule,
	    .claim = c->claim,
	    .writes = writes->items,
	    .n_writes = writes->n,
	};
	return history_add(h, &hc, err);
}

static int add_one(struct store *s, const struct change *c, const struct oid *tree, struct history *h,
    struct arena *arena, struct err *err)
{
	struct oid before;
	struct load_texts texts;
	struct merge_writes writes;
	int rc = load_tree(s, &c->parent, &before, err);
	if (rc == 0)
		rc = load_texts(s, c, &before, tree, arena, &texts, err);
	if (rc == 0)
		rc = load_writes(s, c, &before, &texts, arena, &writes, err);
	if (rc == 0)
		rc = load_add(h, c, &writes, err);
	return rc;
}

/* A change met on the way back; generation 0 until it is placed. */
struct visit {
	struct oid id;
	unsigned generation;
};

struct order {
	struct store *s;
	const struct load_known *known;
	struct table visits; /* hex id -> struct visit */
	struct visit **placed;
	size_t n_placed;
};

static struct visit *visit_at(struct order *o, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	struct visit **place = (struct visit **)table_at(&o->visits, hex);
	if (!*place) {
		*place = mem_alloc(sizeof **place);
		(*place)->id = *id;
	}
	return *place;
}

/* Look at the change on top: push what it was built on and is not placed yet, or else place it. */
static int step(struct order *o, struct oids *stack, struct err *err)
{
	struct arena arena = {0};
	struct commit commit;
	struct oids heads = {0};
	struct oid id = stack->items[stack->n - 1];
	size_t depth = stack->n;
	unsigned generation = 1;
	int rc = load_commit(o->s, &id, &arena, &commit, err);
	if (rc == 0 && commit.n_parents)
		rc = load_heads(o->s, &commit.parents[0], &heads, err);
	for (size_t i = 0; rc == 0 && i < heads.n; i++) {
		if (o->known && o->known->has(o->known->ctx, &heads.items[i]))
			continue;
		struct visit *v = visit_at(o, &heads.items[i]);
		if (!v->generation)
			oids_add(stack, &v->id);
		if (v->generation >= generation)
			generation = v->generation + 1;
	}
	if (rc == 0 && stack->n == depth) {
		struct visit *v = visit_at(o, &id);
		v->generation = generation;
		VEC_PUSH(o->placed, o->n_placed, v);
	}
	oids_free(&heads);
	arena_free(&arena);
	return rc;
}

static int by_generation(const void *a, const void *b)
{
	const struct visit *x = *(struct visit *const *)a, *y = *(struct visit *const *)b;
	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return oid_cmp(&x->id, &y->id);
}

int load_order(struct store *s, const struct oids *heads, const struct load_known *known, struct oids *out,
    struct err *err)
{
	struct order o = {.s = s, .known = known};
	struct oids stack = {0};
	int rc = 0;
	for (size_t i = 0; i < heads->n; i++)
		if (!known || !known->has(known->ctx, &heads->items[i]))
			oids_add(&stack, &heads->items[i]);
	while (rc == 0 && stack.n) {
		if (visit_at(&o, &stack.items[stack.n - 1])->generation)
			stack.n--;
		else
			rc = step(&o, &stack, err);
	}
	if (rc == 0 && o.n_placed > 1)
		qsort(o.placed, o.n_placed, sizeof *o.placed, by_generation);
	for (size_t i = 0; rc == 0 && i < o.n_placed; i++)
		oids_add(out, &o.placed[i]->id);
	for (size_t i = 0; i < o.visits.n; i++)
		free(o.visits.rows[i].value);
	table_free(&o.visits);
	free(o.placed);
	oids_free(&stack);
	return rc;
}

static bool in_history(const void *ctx, const struct oid *id)
{
	return history_has(ctx, id);
}

int load_history(
    struct store *s, const char *ledger, const struct oids *heads, struct history *h, struct err *err)
{
	struct oids order = {0};
	const struct load_known known = {in_history, h};
	int rc = load_order(s, heads, &known, &order, err);
	for (size_t i = 0; rc == 0 && i < order.n; i++) {
		struct arena arena = {0};
		struct commit commit;
		struct change c;
		rc = load_commit(s, &order.items[i], &arena, &commit, err);
		if (rc == 0)
			rc = load_change(s, ledger, &order.items[i], &commit, &arena, &c, err);
		if (rc == 0)
			rc = add_one(s, &c, &commit.tree, h, &arena, err);
		arena_free(&arena);
	}
	oids_free(&order);
	return rc;
}

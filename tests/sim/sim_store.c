#include "sim_store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "record/record.h"

/* A tree: all records, by path. */
struct state {
	struct change_record *records;
	size_t n;
};

struct entry {
	struct change c;
	struct state state;
};

struct ledger {
	char *name;
	struct arena arena;
	struct history *history;
	struct table entries; /* hex id -> struct entry */
};

struct sim_store {
	struct table ledgers;
};

struct sim_store *sim_store_new(void)
{
	return mem_alloc(sizeof(struct sim_store));
}

void sim_store_free(struct sim_store *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->ledgers.n; i++) {
		struct ledger *l = st->ledgers.rows[i].value;
		history_free(l->history);
		table_free(&l->entries);
		arena_free(&l->arena);
		free(l->name);
		free(l);
	}
	table_free(&st->ledgers);
	free(st);
}

static struct ledger *find(const struct sim_store *st, const char *name)
{
	return table_get(&st->ledgers, name);
}

static struct ledger *make(struct sim_store *st, const char *name)
{
	void **slot = table_at(&st->ledgers, name);
	if (!*slot) {
		struct ledger *l = mem_alloc(sizeof *l);
		l->name = mem_dup(name);
		l->history = history_new();
		*slot = l;
	}
	return *slot;
}

static struct entry *entry_of(const struct ledger *l, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	return l ? table_get(&l->entries, hex) : NULL;
}

void sim_store_ledgers(const struct sim_store *st, struct strs *out)
{
	for (size_t i = 0; i < st->ledgers.n; i++)
		strs_add(out, st->ledgers.rows[i].key);
	strs_sort(out);
}

bool sim_store_has(const struct sim_store *st, const char *ledger, const struct oid *id)
{
	return entry_of(find(st, ledger), id) != NULL;
}

void sim_store_heads(const struct sim_store *st, const char *ledger, struct oids *out)
{
	const struct ledger *l = find(st, ledger);
	if (l)
		history_tips(l->history, out);
}

void sim_store_between(
    const struct sim_store *st, const char *ledger, const struct oids *have, struct oids *out)
{
	const struct ledger *l = find(st, ledger);
	struct oids tips = {0};
	if (!l)
		return;
	history_tips(l->history, &tips);
	history_between(l->history, have, &tips, out);
	oids_free(&tips);
}

const struct change *sim_store_change(const struct sim_store *st, const char *ledger, const struct oid *id)
{
	struct entry *e = entry_of(find(st, ledger), id);
	return e ? &e->c : NULL;
}

static const struct change_record *state_find(const struct state *s, const char *path)
{
	size_t low = 0, high = s->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(s->records[middle].path, path);
		if (order == 0)
			return &s->records[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *sim_store_text(
    const struct sim_store *st, const char *ledger, const struct oid *id, const char *path)
{
	struct entry *e = entry_of(find(st, ledger), id);
	const struct change_record *r = e ? state_find(&e->state, path) : NULL;
	return r ? r->text : NULL;
}

size_t sim_store_count(const struct sim_store *st, const char *ledger)
{
	const struct ledger *l = find(st, ledger);
	return l ? history_count(l->history) : 0;
}

/* ---- trees ---- */

/* `base` with `edits` (both sorted) laid over it. */
static void lay_over(struct arena *arena, const struct state *base, const struct change_record *edits,
    size_t n, struct state *out)
{
	struct state s = {arena_alloc(arena, (base->n + n + 1) * sizeof *s.records), 0};
	size_t i = 0, k = 0;
	while (i < base->n || k < n) {
		int order = i == base->n ? 1 : k == n ? -1 : strcmp(base->records[i].path, edits[k].path);
		if (order < 0) {
			s.records[s.n++] = base->records[i++];
			continue;
		}
		if (edits[k].text)
			s.records[s.n++] = edits[k];
		i += order == 0;
		k++;
	}
	*out = s;
}

static void take_result(
    struct arena *arena, const struct merge_result *result, struct change_record **records, size_t *n)
{
	*n = result->n;
	*records = arena_alloc(arena, (result->n + 1) * sizeof **records);
	for (size_t i = 0; i < result->n; i++) {
		const struct merge_record *m = &result->records[i];
		(*records)[i] = (struct change_record){
		    arena_dup(arena, m->path), arena_dup(arena, m->text), m->text ? strlen(m->text) : 0};
	}
}

/* The state that heads stand for, and the id of the commit that has it: the head, or the canonical merge. */
static void state_of(
    struct ledger *l, struct arena *arena, const struct oids *heads, struct state *state, struct oid *id)
{
	*state = (struct state){0};
	memset(id, 0, sizeof *id);
	if (heads->n == 0)
		return;
	*state = entry_of(l, &heads->items[0])->state;
	*id = heads->items[0];
	if (heads->n == 1)
		return;
	struct oids first = {heads->items, 1};
	struct merge_result result = {0};
	struct change_record *records;
	size_t n;
	merge_advance(l->history, l->name, &first, heads, &result);
	take_result(arena, &result, &records, &n);
	merge_result_free(&result);
	struct state base = *state;
	lay_over(arena, &base, records, n, state);
	struct buf all = {0};
	buf_puts(&all, MERGE_MESSAGE);
	buf_add(&all, heads->items, heads->n * OID_SIZE);
	for (size_t i = 0; i < state->n; i++) {
		buf_puts(&all, state->records[i].path);
		buf_add(&all, state->records[i].text, state->records[i].len);
	}
	hash_git_object("commit", buf_str(&all), all.len, id);
	buf_free(&all);
}

void sim_store_tip(struct sim_store *st, const char *ledger, struct oid *out)
{
	struct arena arena = {0};
	struct oids heads = {0};
	struct state state;
	memset(out, 0, sizeof *out);
	sim_store_heads(st, ledger, &heads);
	if (heads.n)
		state_of(find(st, ledger), &arena, &heads, &state, out);
	oids_free(&heads);
	arena_free(&arena);
}

size_t sim_store_conflicts(struct sim_store *st, const char *ledger)
{
	struct arena arena = {0};
	struct oids heads = {0};
	struct state state = {0};
	struct oid id;
	size_t n = 0;
	sim_store_heads(st, ledger, &heads);
	if (heads.n)
		state_of(find(st, ledger), &arena, &heads, &state, &id);
	for (size_t i = 0; i < state.n; i++)
		n += strncmp(state.records[i].path, "conflicts/", 10) == 0;
	oids_free(&heads);
	arena_free(&arena);
	return n;
}

/* ---- changes ---- */

/* Stands for the commit: parent, time, tree (by what it changes) and message. The signature is a hash of it. */
static void name_change(struct change *c, unsigned char signature[64])
{
	struct buf all = {0};
	buf_add(&all, c->parent.b, OID_SIZE);
	buf_printf(&all, "%lld\n", (long long)c->time);
	change_message(c, &all);
	for (size_t i = 0; i < c->n_records; i++) {
		buf_printf(&all, "%s %zu ", c->records[i].path, c->records[i].len);
		buf_add(&all, c->records[i].text, c->records[i].len);
	}
	hash_git_object("commit", buf_str(&all), all.len, &c->id);
	hash_sha256(buf_str(&all), all.len, signature);
	hash_sha256(signature, HASH_SIZE, signature + HASH_SIZE);
	buf_free(&all);
}

static int add_history(struct ledger *l, struct arena *arena, const struct change *c,
    const struct state *before, struct err *err)
{
	struct merge_writes writes = {0};
	struct change_texts *texts = arena_alloc(arena, (c->n_records + 1) * sizeof *texts);
	char writer[136];
	for (size_t i = 0; i < c->n_records; i++) {
		const struct change_record *old = state_find(before, c->records[i].path);
		texts[i] = (struct change_texts){c->records[i].path, old ? old->text : NULL,
		    c->records[i].text, old ? old->len : 0, c->records[i].len};
	}
	int rc = merge_writes_of(arena, l->name, texts, c->n_records, &writes, err);
	change_writer(c, writer);
	struct history_change hc = {.id = c->id,
	    .heads = c->heads,
	    .writer = writer,
	    .unit = c->unit,
	    .rank = c->rank,
	    .claim = c->claim,
	    .writes = writes.items,
	    .n_writes = writes.n};
	return rc ? rc : history_add(l->history, &hc, err);
}

static const char *dup(struct arena *a, const char *text)
{
	return text ? arena_dup(a, text) : NULL;
}

static void keep(struct ledger *l, const struct change *c, const struct state *before)
{
	struct arena *a = &l->arena;
	struct entry *e = arena_alloc(a, sizeof *e);
	char hex[OID_HEX + 1];
	e->c = *c;
	e->c.ledger = l->name;
	e->c.unit = dup(a, c->unit);
	e->c.station = dup(a, c->station);
	e->c.agency = dup(a, c->agency);
	e->c.subject = dup(a, c->subject);
	e->c.body = dup(a, c->body);
	e->c.heads.items = arena_alloc(a, (c->heads.n + 1) * sizeof(struct oid));
	for (size_t i = 0; i < c->heads.n; i++)
		e->c.heads.items[i] = c->heads.items[i];
	e->c.records = arena_alloc(a, (c->n_records + 1) * sizeof *e->c.records);
	for (size_t i = 0; i < c->n_records; i++) {
		const struct change_record *r = &c->records[i];
		e->c.records[i] = (struct change_record){dup(a, r->path),
		    r->text ? arena_dup_len(a, r->text, r->len) : NULL, r->text ? r->len : 0};
	}
	lay_over(a, before, e->c.records, c->n_records, &e->state);
	oid_hex(&c->id, hex);
	*table_at(&l->entries, hex) = e;
}

static void edit(struct arena *arena, const char *ledger, const struct change_record *old, const char *path,
    const char *field, const char *value, struct change_record *out)
{
	struct record record;
	struct buf text = {0};
	struct err err = {0};
	const struct record_type *type = type_by_path(ledger, path);
	assert(type);
	record_init(&record, arena, type);
	if (old && record_parse(&record, arena, type, old->text, old->len, &err))
		abort();
	record_put(&record, field, value);
	record_print(&record, &text);
	*out = (struct change_record){path, arena_dup_len(arena, buf_str(&text), text.len), text.len};
	buf_free(&text);
}

void sim_store_write(struct sim_store *st, const struct sim_writer *w, const char *ledger, const char *path,
    const char *field, const char *value, int64_t time, struct oid *id)
{
	struct ledger *l = make(st, ledger);
	struct arena arena = {0};
	struct err err = {0};
	struct state before;
	struct change_record record;
	struct change c = {.ledger = ledger,
	    .unit = w->unit,
	    .station = w->station,
	    .rank = w->rank,
	    .rule = 1,
	    .grant = w->grant,
	    .claim = CLAIM_NONE,
	    .subject = "report set",
	    .time = time,
	    .records = &record,
	    .n_records = 1};
	history_tips(l->history, &c.heads);
	state_of(l, &l->arena, &c.heads, &before, &c.parent); /* kept with the change */
	edit(&arena, ledger, state_find(&before, path), path, field, value, &record);
	/* Tried under no name: the rule says what conflict records come and go with it. */
	if (add_history(l, &arena, &c, &before, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
		abort();
	}
	struct oids self = {&c.id, 1};
	struct merge_result result = {0};
	merge_advance(l->history, ledger, &c.heads, &self, &result);
	take_result(&arena, &result, &c.records, &c.n_records);
	merge_result_free(&result);
	history_drop_last(l->history);
	name_change(&c, c.signature);
	if (add_history(l, &arena, &c, &before, &err))
		abort();
	keep(l, &c, &before);
	*id = c.id;
	oids_free(&c.heads);
	arena_free(&arena);
}

/* ---- receiving ---- */

static void copy_ledger(const struct ledger *from, struct ledger *to)
{
	for (size_t i = 0; i < from->entries.n; i++) {
		const struct entry *e = from->entries.rows[i].value;
		struct arena arena = {0};
		struct state before;
		struct oid parent;
		struct err err = {0};
		state_of(to, &to->arena, &e->c.heads, &before, &parent);
		if (add_history(to, &arena, &e->c, &before, &err))
			abort();
		keep(to, &e->c, &before);
		arena_free(&arena);
	}
}

struct sim_store *sim_store_copy(const struct sim_store *st)
{
	struct sim_store *copy = sim_store_new();
	for (size_t i = 0; i < st->ledgers.n; i++)
		copy_ledger(st->ledgers.rows[i].value, make(copy, st->ledgers.rows[i].key));
	return copy;
}

static bool is_state(const struct ledger *l, const struct change *c)
{
	struct oids self = {(struct oid *)&c->id, 1};
	struct merge_result result = {0};
	merge_advance(l->history, l->name, &c->heads, &self, &result);
	bool same = result.n == c->n_records;
	for (size_t i = 0; i < result.n && same; i++) {
		const char *a = result.records[i].text, *b = c->records[i].text;
		same = strcmp(result.records[i].path, c->records[i].path) == 0 &&
		       (a && b ? strcmp(a, b) == 0 : a == b);
	}
	merge_result_free(&result);
	return same;
}

static enum sync_status refuse(struct err *err, const char *rule, const struct change *c)
{
	err_set(err, ERR_REFUSED, "a change of %1 breaks the rule %2", c->unit, rule);
	err_rule(err, rule, c->n_records ? c->records[0].path : NULL, NULL);
	return SYNC_REFUSED;
}

static enum sync_status judge(
    struct ledger *l, struct arena *arena, struct change *c, const struct sync_received *r, struct err *err)
{
	struct state before;
	unsigned char signature[64];
	for (size_t i = 0; i < c->heads.n; i++)
		if (!entry_of(l, &c->heads.items[i]))
			return SYNC_PARKED;
	state_of(l, &l->arena, &c->heads, &before, &c->parent); /* kept with the change */
	if (r->has_parent_check && memcmp(r->parent_check, c->parent.b, SYNC_CHECK_SIZE) != 0)
		return refuse(err, "merge", c);
	name_change(c, signature);
	if (memcmp(signature, c->signature, sizeof signature) != 0)
		return refuse(err, "signature", c);
	if (entry_of(l, &c->id))
		return SYNC_KNOWN;
	if (add_history(l, arena, c, &before, err))
		return SYNC_REFUSED;
	if (!is_state(l, c)) {
		history_drop_last(l->history);
		return refuse(err, "state", c);
	}
	keep(l, c, &before);
	return SYNC_STORED;
}

enum sync_status sim_store_receive(struct sim_store *st, const struct sync_received *r,
    const struct sync_result *results, struct oid *id, struct err *err)
{
	struct ledger *l = make(st, r->change.ledger);
	struct arena arena = {0};
	struct change c = r->change;
	oids_copy(&c.heads, &r->change.heads);
	for (size_t i = 0; i < r->n_earlier; i++)
		oids_add(&c.heads, &results[r->earlier[i]].id);
	oids_sort(&c.heads);
	enum sync_status status = judge(l, &arena, &c, r, err);
	*id = c.id;
	oids_free(&c.heads);
	arena_free(&arena);
	return status;
}

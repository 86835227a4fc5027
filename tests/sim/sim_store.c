#include "sim_store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "merge/graph.h"
#include "record/record.h"

/* A tree: all records, by path. */
struct state {
	struct change_record *records;
	size_t n;
};

struct kept {
	struct change c;
	struct state state;
};

struct ledger {
	char *name;
	struct arena arena;
	struct history *history;
	struct table entries; /* hex id -> struct kept */
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

static struct kept *entry_of(const struct ledger *l, const struct oid *id)
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
	struct kept *e = entry_of(find(st, ledger), id);
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
	struct kept *e = entry_of(find(st, ledger), id);
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
	merge_message(1, &all);
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

static const struct change_record *touched(const struct change *c, const char *path)
{
	for (size_t i = 0; i < c->n_records; i++)
		if (strcmp(c->records[i].path, path) == 0)
			return &c->records[i];
	return NULL;
}

static int add_settlements(struct ledger *l, struct arena *arena, const struct change *c,
    const struct state *before, struct merge_writes *writes, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->n_settles; i++) {
		char path[64];
		struct record k;
		merge_conflict_path(c->settles[i], path);
		const struct change_record *conflict = state_find(before, path);
		if (!conflict)
			return err_set(err, ERR_REFUSED, "no conflict %1 stands there", path);
		rc = record_parse(&k, arena, type_by_name("conflict"), conflict->text, conflict->len, err);
		const char *target = rc ? "" : record_get(&k, "record");
		const struct change_record *after = touched(c, target);
		after = after ? after : state_find(before, target);
		if (rc == 0)
			rc = merge_settlement(arena, l->name, conflict->text, conflict->len,
			    after ? after->text : NULL, after ? after->len : 0, writes, err);
	}
	return rc;
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
	if (rc == 0)
		rc = add_settlements(l, arena, c, before, &writes, err);
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
	struct kept *e = arena_alloc(a, sizeof *e);
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
	const char **settles = arena_alloc(a, (c->n_settles + 1) * sizeof *settles);
	for (size_t i = 0; i < c->n_settles; i++)
		settles[i] = dup(a, c->settles[i]);
	e->c.settles = settles;
	lay_over(a, before, e->c.records, c->n_records, &e->state);
	oid_hex(&c->id, hex);
	*table_at(&l->entries, hex) = e;
}

/* The text of a record with one field put; the same text when nothing changes. */
static const char *with(struct arena *arena, const char *ledger, const struct change_record *old,
    const char *path, const char *field, const char *value)
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
	const char *copy = arena_dup_len(arena, buf_str(&text), text.len);
	buf_free(&text);
	return copy;
}

/* What a settlement leaves of the record that it is about. False: it cannot be made. */
static bool settled(struct arena *arena, const char *ledger, const struct state *before,
    const struct sim_edit *e, struct change *c, struct change_record *out)
{
	struct record k;
	struct err err = {0};
	const struct change_record *conflict = state_find(before, e->settle);
	if (!conflict ||
	    record_parse(&k, arena, type_by_name("conflict"), conflict->text, conflict->len, &err) != 0)
		return false;
	const char *path = record_get(&k, "record"), *field = record_get(&k, "field"),
		   *value = record_get(&k, arena_printf(arena, "%s.value", e->value)),
		   **ids = arena_alloc(arena, sizeof *ids);
	const struct change_record *old = state_find(before, path);
	if (!field && value && !old)
		return false;
	if (field && !old)
		return false;
	ids[0] = arena_dup_len(arena, strrchr(e->settle, '/') + 1, 40);
	c->settles = ids;
	c->n_settles = 1;
	const char *text = field ? with(arena, ledger, old, path, field, value) : value ? old->text : NULL;
	*out = (struct change_record){path, text, text ? strlen(text) : 0};
	return true;
}

static bool edited(struct arena *arena, const char *ledger, const struct state *before,
    const struct sim_edit *e, struct change *c, struct change_record *out)
{
	if (e->settle)
		return settled(arena, ledger, before, e, c, out);
	const struct change_record *old = state_find(before, e->path);
	const char *text = e->remove ? NULL : with(arena, ledger, old, e->path, e->field, e->value);
	*out = (struct change_record){e->path, text, text ? strlen(text) : 0};
	return old && text ? strcmp(old->text, text) != 0 : old || text;
}

bool sim_store_edit(struct sim_store *st, const struct sim_writer *w, const char *ledger,
    const struct sim_edit *e, int64_t time, struct oid *id)
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
	bool good = edited(&arena, ledger, &before, e, &c, &record);
	const struct change_record *old = good ? state_find(&before, record.path) : NULL;
	if (good && old && record.text && strcmp(old->text, record.text) == 0)
		c.n_records = 0;
	/* Tried under no name: the rule says what conflict records come and go with it. */
	if (good && add_history(l, &arena, &c, &before, &err)) {
		fprintf(stderr, "%s: %s\n", record.path, err.msg);
		abort();
	}
	if (good) {
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
	}
	oids_free(&c.heads);
	arena_free(&arena);
	return good;
}

void sim_store_write(struct sim_store *st, const struct sim_writer *w, const char *ledger, const char *path,
    const char *field, const char *value, int64_t time, struct oid *id)
{
	const struct sim_edit edit = {.path = path, .field = field, .value = value};
	sim_store_edit(st, w, ledger, &edit, time, id);
}

/* ---- looking ---- */

static void merged(struct sim_store *st, const char *ledger, struct arena *arena, struct state *out)
{
	struct oids heads = {0};
	struct oid id;
	*out = (struct state){0};
	sim_store_heads(st, ledger, &heads);
	if (heads.n)
		state_of(find(st, ledger), arena, &heads, out, &id);
	oids_free(&heads);
}

static bool is_conflict(const struct change_record *r)
{
	return strncmp(r->path, "conflicts/", 10) == 0;
}

const char *sim_store_conflict(struct sim_store *st, const char *ledger, size_t pick, struct arena *arena)
{
	struct state state;
	size_t n = 0;
	merged(st, ledger, arena, &state);
	for (size_t i = 0; i < state.n; i++)
		n += is_conflict(&state.records[i]);
	pick = n ? pick % n : 0;
	for (size_t i = 0; n && i < state.n; i++)
		if (is_conflict(&state.records[i]) && pick-- == 0)
			return arena_dup(arena, state.records[i].path);
	return NULL;
}

static const struct record *parsed(struct arena *arena, const char *ledger, const struct change_record *r)
{
	struct record *out = arena_alloc(arena, sizeof *out);
	struct err err = {0};
	if (record_parse(out, arena, type_by_path(ledger, r->path), r->text, r->len, &err))
		abort();
	return out;
}

bool sim_store_nested(struct sim_store *st, const char *ledger, const char *conflict)
{
	struct arena arena = {0};
	struct state state;
	merged(st, ledger, &arena, &state);
	const struct change_record *r = state_find(&state, conflict);
	const char *about = r ? record_get(parsed(&arena, ledger, r), "record") : NULL;
	bool nested = about && strncmp(about, "conflicts/", 10) == 0;
	arena_free(&arena);
	return nested;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Does some conflict of this field hold the value? */
static bool in_conflict(
    struct arena *arena, const char *ledger, const struct state *state, const struct entry *e)
{
	for (size_t i = 0; i < state->n; i++) {
		if (!is_conflict(&state->records[i]))
			continue;
		const struct record *k = parsed(arena, ledger, &state->records[i]);
		const char *field = record_get(k, "field");
		if (same(record_get(k, "record"), e->field->log->path) &&
		    same(field ? field : "", e->field->name) &&
		    (same(record_get(k, "kept.value"), e->value) ||
			same(record_get(k, "other.value"), e->value)))
			return true;
	}
	return false;
}

static bool stands(struct arena *arena, const char *ledger, const struct state *state, const struct entry *e)
{
	const struct change_record *r = state_find(state, e->field->log->path);
	if (!*e->field->name)
		return !r == !e->value;
	return !r || same(record_get(parsed(arena, ledger, r), e->field->name), e->value);
}

static bool is_replaced(const struct field *f, const struct entry *e)
{
	for (size_t i = f->n; i-- > 0;)
		if (f->writes[i] != e && node_has_seen(f->writes[i]->by, e->by))
			return true;
	return false;
}

/* The writes of one record; adds those that have vanished. */
static size_t vanished(
    const char *ledger, const struct state *state, const struct log *log, size_t *looked_at)
{
	size_t n = 0;
	for (size_t k = 0; k < log->n_fields; k++) {
		const struct field *f = log->fields[k];
		for (size_t w = 0; w < f->n; w++) {
			struct arena arena = {0};
			n += !is_replaced(f, f->writes[w]) && !stands(&arena, ledger, state, f->writes[w]) &&
			     !in_conflict(&arena, ledger, state, f->writes[w]);
			arena_free(&arena);
		}
		*looked_at += f->n;
	}
	return n;
}

size_t sim_store_vanished(struct sim_store *st, const char *ledger, size_t *looked_at)
{
	const struct ledger *l = find(st, ledger);
	struct arena all = {0};
	struct state state;
	size_t n = 0;
	merged(st, ledger, &all, &state);
	for (unsigned word = 0; l && word < l->history->words.n; word++) {
		const struct log *log = log_at(l->history, word);
		if (log && strncmp(log->path, "conflicts/", 10) != 0)
			n += vanished(ledger, &state, log, looked_at);
	}
	arena_free(&all);
	return n;
}

/* ---- receiving ---- */

static void copy_ledger(const struct ledger *from, struct ledger *to)
{
	for (size_t i = 0; i < from->entries.n; i++) {
		const struct kept *e = from->entries.rows[i].value;
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

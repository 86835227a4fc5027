#include "plan/overruled.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "plan/writing.h"
#include "record/date.h"

struct telling {
	const struct view *v;
	const char *me;
	struct arena *arena;
	const char *ledger;
	struct oids known; /* changes that wrote `all`: what they had seen is known */
	struct table single; /* conflicts that are known singly */
	struct overruled *out;
	struct err *err;
};

/* ---- what is known ---- */

static int read_seen(struct telling *t, const char *writer)
{
	const char *path = arena_printf(t->arena, "seen/%s.yaml", writer), *key;
	struct record r;
	struct view_write *writes;
	size_t n = 0, i = 0;
	bool exists;
	int rc = view_open(t->v, t->ledger, path, t->arena, &r, &exists, t->err);
	if (rc || !exists)
		return rc;
	while (record_next_key(&r, "conflicts", &i, &key))
		*table_at(&t->single, key) = t;
	if (!record_get(&r, "all"))
		return 0;
	rc = t->v->writes(t->v->ctx, t->ledger, path, "all", t->arena, &writes, &n, t->err);
	if (rc == 0 && n)
		oids_add(&t->known, &writes[n - 1].change);
	return rc;
}

static bool is_known(const struct telling *t, const char *change)
{
	struct oid id;
	struct err none = {0};
	if (!change || !oid_parse(&id, change))
		return false;
	for (size_t i = 0; i < t->known.n; i++) {
		size_t n;
		bool seen = false;
		if (t->v->seen(t->v->ctx, t->ledger, &t->known.items[i], &id, &n, &seen, &none) == 0 && seen)
			return true;
	}
	return false;
}

/* Is it this node's to be told, when `by` decides against what `writer` said? Its own word; and to the unit's own node
 * what its stations said, unless that was settled within the unit. */
static bool is_ours(const struct telling *t, const char *writer, const char *by)
{
	return str_is(writer, t->me) ||
	       (!t->v->station && conflict_is_of(writer, t->v->unit) && !conflict_is_of(by, t->v->unit));
}

/* ---- what stands open ---- */

/* Whoever objected has taken notice. */
static bool objected_by_us(const struct telling *t, const struct conflict_item *c)
{
	for (size_t i = 0; i < c->n_objections; i++)
		if (conflict_is_of(c->objections[i].unit, t->v->unit))
			return true;
	return false;
}

static void add(struct telling *t, const struct overruled_item *item)
{
	struct overruled *out = t->out;
	if ((out->n & (out->n - 1)) == 0) {
		struct overruled_item *wider =
		    arena_alloc(t->arena, (out->n ? 2 * out->n : 1) * sizeof *wider);
		if (out->n)
			memcpy(wider, out->items, out->n * sizeof *wider);
		out->items = wider;
	}
	out->items[out->n++] = *item;
}

static int add_open(struct telling *t)
{
	struct conflict_items all;
	int rc = conflict_list(t->v, t->ledger, t->arena, &all, t->err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct conflict_item *c = &all.items[i];
		if (!conflict_is_open(c) || conflict_is_dispute(c) ||
		    !is_ours(t, c->other.unit, c->kept.unit) || table_get(&t->single, c->id) ||
		    objected_by_us(t, c) || (is_known(t, c->kept.change) && is_known(t, c->other.change)))
			continue;
		struct overruled_item item = {.id = c->id,
		    .ledger = c->ledger,
		    .record = c->record,
		    .field = c->field,
		    .ours = c->other.value,
		    .writer = c->other.unit,
		    .now = c->kept.value,
		    .by = c->kept.unit,
		    .open = true};
		struct change by;
		struct oid id;
		struct err none = {0};
		if (c->kept.change && oid_parse(&id, c->kept.change) &&
		    t->v->change(t->v->ctx, t->ledger, &id, t->arena, &by, &none) == 0) {
			item.time = by.time;
			item.reason = by.body;
		}
		add(t, &item);
	}
	return rc;
}

/* ---- what somebody else has closed ---- */

static bool is_conflict(const char *path)
{
	return strncmp(path, "conflicts/", 10) == 0;
}

/* Was the conflict open under this change, and is it closed by it? */
static bool closes(
    struct telling *t, const struct change *c, const struct change_record *touched, struct conflict_item *out)
{
	struct record before, after;
	struct err none = {0};
	if (t->v->read_at(t->v->ctx, t->ledger, &c->parent, touched->path, t->arena, &before, &none) != 0 ||
	    !conflict_read(&before, t->arena, t->ledger, touched->path, out) || !conflict_is_open(out) ||
	    is_conflict(out->record))
		return false;
	if (!touched->text)
		return true;
	return record_parse(&after, t->arena, type_by_name("conflict"), touched->text, touched->len, &none) ==
		   0 &&
	       str_is(record_get(&after, "state"), "settled");
}

/* The side of it that is the unit's and does not say what the field says now; false if there is none. */
static bool lost(
    struct telling *t, const struct change *c, const struct conflict_item *k, struct overruled_item *out)
{
	const struct conflict_side *const sides[] = {&k->other, &k->kept};
	struct record r;
	struct err none = {0};
	int rc = t->v->read_at(t->v->ctx, t->ledger, &c->id, k->record, t->arena, &r, &none);
	const char *now = rc ? NULL : *k->field ? record_get(&r, k->field) : "+";
	char writer[136];
	if (rc && rc != ERR_NOT_FOUND)
		return false;
	change_writer(c, writer);
	for (size_t i = 0; i < 2; i++) {
		if (!is_ours(t, sides[i]->unit, writer) || str_same(sides[i]->value, now))
			continue;
		*out = (struct overruled_item){.id = k->id,
		    .ledger = t->ledger,
		    .record = k->record,
		    .field = k->field,
		    .ours = sides[i]->value,
		    .writer = sides[i]->unit,
		    .now = now,
		    .by = arena_dup(t->arena, writer),
		    .reason = c->body,
		    .time = c->time};
		return true;
	}
	return false;
}

/* The conflicts that this change closed against the unit; `only` (may be NULL): just that one. */
static int look_at(struct telling *t, const struct oid *id, const char *only, struct overruled_memory *memory)
{
	struct change c;
	int rc = t->v->change_whole(t->v->ctx, t->ledger, id, t->arena, &c, t->err);
	for (size_t i = 0; rc == 0 && i < c.n_records; i++) {
		struct conflict_item k;
		struct overruled_item item;
		if (!is_conflict(c.records[i].path) || (only && !strstr(c.records[i].path, only)) ||
		    !closes(t, &c, &c.records[i], &k) || !lost(t, &c, &k, &item))
			continue;
		if (memory) {
			char hex[OID_HEX + 1];
			oid_hex(id, hex);
			strs_add(&memory->found, arena_printf(t->arena, "%s %s", item.id, hex));
		}
		if (!table_get(&t->single, item.id))
			add(t, &item);
	}
	return rc;
}

/* What was found before and is not known yet; the rest is forgotten. */
static int add_remembered(struct telling *t, struct overruled_memory *memory)
{
	struct strs kept = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < memory->found.n; i++) {
		const char *line = memory->found.items[i];
		struct oid id;
		if (!oid_parse(&id, line + 41) || is_known(t, line + 41))
			continue;
		strs_add(&kept, line);
		rc = look_at(t, &id, arena_dup_len(t->arena, line, 40), NULL);
	}
	strs_free(&memory->found);
	memory->found = kept;
	return rc;
}

static bool seen_by_any(const struct telling *t, const struct oids *heads, const struct oid *id)
{
	for (size_t i = 0; i < heads->n; i++) {
		size_t n;
		bool seen = false;
		struct err none = {0};
		if (t->v->seen(t->v->ctx, t->ledger, &heads->items[i], id, &n, &seen, &none) == 0 && seen)
			return true;
	}
	return false;
}

/* Of what was looked at, the changes that none of the others had seen. Parents come before children. */
static void remember(
    const struct telling *t, struct overruled_memory *memory, const struct view_write *news, size_t n)
{
	struct oids heads = {0};
	while (n-- > 0)
		if (!seen_by_any(t, &heads, &news[n].change))
			oids_add(&heads, &news[n].change);
	for (size_t i = 0; i < memory->heads.n; i++)
		if (!seen_by_any(t, &heads, &memory->heads.items[i]))
			oids_add(&heads, &memory->heads.items[i]);
	oids_free(&memory->heads);
	memory->heads = heads;
}

static int add_closed(struct telling *t, struct overruled_memory *memory)
{
	struct oids looked = {0};
	struct view_write *news = NULL;
	size_t n = 0;
	int rc = memory ? add_remembered(t, memory) : 0;
	oids_copy(&looked, &t->known);
	for (size_t i = 0; memory && i < memory->heads.n; i++)
		oids_add(&looked, &memory->heads.items[i]);
	if (rc == 0)
		rc = t->v->news(t->v->ctx, t->ledger, &looked, t->arena, &news, &n, t->err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!str_is(news[i].writer, t->me))
			rc = look_at(t, &news[i].change, NULL, memory);
	if (rc == 0 && memory)
		remember(t, memory, news, n);
	oids_free(&looked);
	return rc;
}

static int by_time(const void *x, const void *y)
{
	const struct overruled_item *a = x, *b = y;
	return a->time != b->time ? (a->time < b->time ? -1 : 1) : strcmp(a->id, b->id);
}

static int begin(struct telling *t)
{
	t->ledger = arena_printf(t->arena, "reports/%s", t->v->unit);
	t->me = writing_name(t->v, t->arena);
	int rc = read_seen(t, t->v->unit);
	if (rc == 0 && t->v->station)
		rc = read_seen(t, t->me);
	return rc;
}

int overruled_read(const struct view *v, struct overruled_memory *memory, struct arena *arena,
    struct overruled *out, struct err *err)
{
	struct telling t = {.v = v, .arena = arena, .out = out, .err = err};
	*out = (struct overruled){0};
	int rc = begin(&t);
	if (rc == 0)
		rc = add_open(&t);
	if (rc == 0)
		rc = add_closed(&t, memory);
	if (out->n > 1)
		qsort(out->items, out->n, sizeof *out->items, by_time);
	oids_free(&t.known);
	table_free(&t.single);
	return rc;
}

/* ---- memory ---- */

void overruled_memory_parse(struct overruled_memory *m, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[2 * OID_HEX + 2];
		struct oid id, change;
		if (len < sizeof line) {
			memcpy(line, text, len);
			line[len] = '\0';
			if (len == OID_HEX && oid_parse(&id, line)) {
				oids_add(&m->heads, &id);
			} else if (len == 2 * OID_HEX + 1 && line[OID_HEX] == ' ' &&
				   oid_parse(&change, line + OID_HEX + 1)) {
				line[OID_HEX] = '\0';
				bool good = oid_parse(&id, line);
				line[OID_HEX] = ' ';
				if (good)
					strs_add(&m->found, line);
			}
		}
		text += len + (text[len] == '\n');
	}
}

void overruled_memory_print(const struct overruled_memory *m, struct buf *out)
{
	char hex[OID_HEX + 1];
	for (size_t i = 0; i < m->heads.n; i++) {
		oid_hex(&m->heads.items[i], hex);
		buf_printf(out, "%s\n", hex);
	}
	for (size_t i = 0; i < m->found.n; i++)
		buf_printf(out, "%s\n", m->found.items[i]);
}

void overruled_memory_free(struct overruled_memory *m)
{
	oids_free(&m->heads);
	strs_free(&m->found);
}

/* ---- `conflict seen` ---- */

static int pick(const struct overruled *all, const char *prefix, const char **id, struct err *err)
{
	size_t found = 0, len = strlen(prefix);
	for (size_t i = 0; i < all->n; i++) {
		if (strncmp(all->items[i].id, prefix, len) != 0)
			continue;
		*id = all->items[i].id;
		found++;
	}
	if (found == 1 && len)
		return 0;
	if (found > 1)
		err_set(err, ERR_AMBIGUOUS, N_("several conflicts begin with '%1': %2"), prefix, "");
	else
		err_set(err, ERR_NOT_FOUND, N_("nothing decided against this unit begins with '%1'"), prefix);
	err_hint(err, N_("'tuyen status' lists what waits to be acknowledged"));
	return err->code;
}

/* Later than what stood there: a word that is the same would be none. */
static const char *hour(const struct view *v, const struct record *r, struct arena *arena)
{
	struct err none = {0};
	int64_t now = v->now, before = 0;
	char text[32];
	const char *was = record_get(r, "all");
	if (was && date_time_parse(was, &before, &none) == 0 && before >= now)
		now = before + 1;
	date_time_print(now, text);
	return arena_dup(arena, text);
}

static void clear_singles(struct record *r, struct arena *arena)
{
	struct strs keys = {0};
	size_t i = 0;
	const char *key;
	while (record_next_key(r, "conflicts", &i, &key))
		strs_add(&keys, key);
	for (i = 0; i < keys.n; i++)
		record_put(r, arena_printf(arena, "conflicts.%s", keys.items[i]), NULL);
	strs_free(&keys);
}

static int mark(const struct view *v, const struct args *a, const struct overruled *all, struct record *r,
    struct arena *arena, size_t *n, struct err *err)
{
	int rc = 0;
	*n = 0;
	for (size_t i = 0; rc == 0 && i < a->words.n; i++) {
		const char *id = "";
		rc = pick(all, args_word(a, i), &id, err);
		const char *field = rc ? NULL : arena_printf(arena, "conflicts.%s", id);
		if (rc == 0 && !record_get(r, field)) {
			record_put(r, field, "+");
			++*n;
		}
	}
	if (rc == 0 && (args_has(a, "all") || *n == all->n)) {
		clear_singles(r, arena);
		record_put(r, "all", hour(v, r, arena));
		*n = all->n;
	}
	return rc;
}

int conflict_op_seen(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct arena *arena = &o->arena;
	struct overruled all;
	struct record r;
	bool exists;
	size_t n;
	if (!a->words.n == !args_has(a, "all")) {
		err_set(err, ERR_USAGE, N_("either the ids of conflicts or --all"));
		err_hint(err, N_("'tuyen status' lists what waits to be acknowledged"));
		return ERR_USAGE;
	}
	int rc = overruled_read(v, NULL, arena, &all, err);
	if (rc == 0 && all.n == 0 && !a->words.n) {
		outcome_note(o, N_("nothing waits to be acknowledged"));
		return 0;
	}
	const char *ledger = arena_printf(arena, "reports/%s", v->unit);
	const char *path = arena_printf(arena, "seen/%s.yaml", writing_name(v, arena));
	if (rc == 0)
		rc = view_open(v, ledger, path, arena, &r, &exists, err);
	if (rc == 0)
		rc = mark(v, a, &all, &r, arena, &n, err);
	if (rc)
		return rc;
	struct change *c = outcome_change(o, ledger, "conflict: seen", NULL);
	outcome_put(o, c, path, &r);
	if (args_has(a, "json"))
		buf_printf(&o->output, "{\"seen\": %zu}\n", n);
	outcome_note(o, N_("acknowledged: %1"), arena_printf(arena, "%zu", n));
	return 0;
}

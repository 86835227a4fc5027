/* A world of a few nodes that write and exchange changes at random, each keeping its tree up step by step, with the
 * oracle told of every change. */
#ifndef TUYEN_TESTS_MERGE_WORLD_H
#define TUYEN_TESTS_MERGE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle_tree.h"

#define LEDGER "reports/31"
#define SITES_MAX 6

enum shape { STAR, CHAIN, MESH };
/* What a history is mostly made of. */
enum theme { MIXED, TEXTS, WORDS, TIERS };

struct site {
	const char *writer;
	int rank;
	struct history *history;
	set_t has;
	struct oids heads;
	struct table tree; /* path -> text, kept up step by step */
};

struct world {
	struct oracle o;
	struct merge_writes writes[ORACLE_MAX];
	struct site sites[SITES_MAX];
	size_t n_sites;
	enum shape shape;
	enum theme theme;
	uint64_t seed, random;
};

static const struct {
	const char *name;
	int rank;
} writers[SITES_MAX] = {{"0", 0}, {"31", 1}, {"31.2", 1}, {"11383", 2}, {"cong-an@11383", 2}, {"11050", 2}};

static const char *const plain[] = {"reports/31/p/2026-06.yaml", "progress/31/p/t1.yaml"};

static uint64_t next(struct world *w)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(struct world *w, size_t n)
{
	return (size_t)(next(w) % n);
}

static bool chance(struct world *w, unsigned percent)
{
	return below(w, 100) < percent;
}

#define CHECK(w, ok, ...)                                                          \
	do {                                                                       \
		if (!(ok)) {                                                       \
			print_error("seed %llu: ", (unsigned long long)(w)->seed); \
			print_error(__VA_ARGS__);                                  \
			fail();                                                    \
		}                                                                  \
	} while (0)

static void must(struct world *w, int rc, const struct err *err)
{
	struct buf text = {0};
	if (rc)
		err_format(err, NULL, &text);
	CHECK(w, rc == 0, "%s\n", buf_str(&text));
	buf_free(&text);
}

/* ---- trees ---- */

static void tree_apply(struct table *tree, struct arena *arena, const struct merge_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		*table_at(tree, r->records[i].path) = arena_dup(arena, r->records[i].text);
}

static void tree_within(struct world *w, const struct table *a, const struct table *b, const char *what)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *x = a->rows[i].value, *y = table_get(b, a->rows[i].key);
		CHECK(w, oracle_same(x, y), "%s: %s\n--- one\n%s--- other\n%s", what, a->rows[i].key,
		    x ? x : "(absent)\n", y ? y : "(absent)\n");
	}
}

static void tree_equal(struct world *w, const struct table *a, const struct table *b, const char *what)
{
	tree_within(w, a, b, what);
	tree_within(w, b, a, what);
}

/* Some conflict record that stands in a tree, or NULL. */
static const char *tree_conflict(struct world *w, const struct table *tree)
{
	size_t start = tree->n ? below(w, tree->n) : 0;
	for (size_t k = 0; k < tree->n; k++) {
		const struct table_row *row = &tree->rows[(start + k) % tree->n];
		if (row->value && oracle_is_conflict(row->key))
			return row->key;
	}
	return NULL;
}

/* ---- exchange ---- */

static void give(struct world *w, struct site *s, size_t i)
{
	const struct ochange *c = &w->o.changes[i];
	struct err err = {0};
	struct history_change h = {.id = c->id,
	    .writer = c->writer,
	    .unit = c->writer,
	    .rank = c->rank,
	    .claim = c->claim,
	    .writes = w->writes[i].items,
	    .n_writes = w->writes[i].n};
	for (EACH(p, c->heads))
		oids_add(&h.heads, &w->o.changes[p].id);
	if (!(s->has & BIT(i)) && chance(w, 20)) { /* tried under another id and taken back */
		h.id.b[OID_SIZE - 1] ^= 1;
		must(w, history_add(s->history, &h, &err), &err);
		history_drop_last(s->history);
		h.id = c->id;
	}
	must(w, history_add(s->history, &h, &err), &err);
	oids_free(&h.heads);
	s->has |= BIT(i);
}

/* As after a pause, or as after a restart from the index: what was packed says all. */
static void begin_again(struct world *w, struct site *s)
{
	struct history *fresh = history_new();
	struct err err = {0};
	if (chance(w, 50)) {
		history_rest(s->history);
		history_free(fresh);
		return;
	}
	for (size_t i = 0; i < history_count(s->history); i++) {
		const void *bytes;
		size_t len;
		history_packed(s->history, i, &bytes, &len);
		must(w, history_take(fresh, arena_dup_len(&w->o.arena, bytes, len), len) ? 0 : ERR_CORRUPT,
		    &err);
	}
	for (size_t i = 0; i < w->o.n; i++)
		CHECK(w, history_same(s->history, fresh, &w->o.changes[i].id), "change %zu is another\n", i);
	history_free(s->history);
	s->history = fresh;
}

/* Bring the tree from its heads to what the site has now. */
static void step(struct world *w, struct site *s)
{
	struct oids tips;
	struct merge_result r;
	if (chance(w, 3))
		begin_again(w, s);
	history_tips(s->history, &tips);
	merge_advance(s->history, LEDGER, &s->heads, &tips, &r);
	tree_apply(&s->tree, &w->o.arena, &r);
	merge_result_free(&r);
	oids_free(&s->heads);
	s->heads = tips;
}

static bool ready(const struct world *w, const struct site *s, size_t i)
{
	return (w->o.changes[i].heads & ~s->has) == 0;
}

static void deliver(struct world *w, set_t what, struct site *to)
{
	set_t left = what & ~to->has;
	while (left) {
		size_t i = below(w, w->o.n);
		if (chance(w, 5) && (to->has & BIT(i)))
			give(w, to, i);
		if (!(left & BIT(i)) || !ready(w, to, i))
			continue;
		give(w, to, i);
		left &= ~BIT(i);
		if (chance(w, 25))
			step(w, to);
	}
	step(w, to);
}

static set_t some_of(struct world *w, const struct site *from)
{
	set_t what = 0;
	for (EACH(i, from->has))
		if (chance(w, 40))
			what |= oracle_past(&w->o, i);
	return what;
}

static bool linked(const struct world *w, size_t a, size_t b)
{
	if (w->shape == STAR)
		return a != b && (a == 0 || b == 0);
	return w->shape == CHAIN ? a + 1 == b || b + 1 == a : a != b;
}

/* ---- writing ---- */

static void edit_text(struct world *w, struct record *r, const char *field)
{
	static const char *const first = "một\nhai\nba\nbốn\nnăm\nsáu\nbảy";
	const char *old = record_get(r, field);
	struct buf text = {0};
	struct err err = {0};
	size_t line = below(w, 7), at = 0;
	if (!old)
		buf_puts(&text, first);
	for (const char *p = old; p && *p; at++) {
		size_t len = strcspn(p, "\n");
		if (at != line)
			buf_printf(&text, "%s%.*s", text.len ? "\n" : "", (int)len, p);
		else if (chance(w, 80))
			buf_printf(&text, "%sdòng %zu", text.len ? "\n" : "", below(w, 3));
		if (at == line && chance(w, 15))
			buf_printf(&text, "\nthêm %zu", below(w, 2));
		p += len + (p[len] == '\n');
	}
	must(w, record_set(r, field, chance(w, 3) ? NULL : buf_str(&text), &err), &err);
	buf_free(&text);
}

static void set(struct world *w, struct record *r, const char *field, const char *value)
{
	struct err err = {0};
	must(w, record_set(r, field, value, &err), &err);
}

static void edit_fields(struct world *w, struct record *r)
{
	static const char *const numbers[] = {"1", "2", "3", NULL};
	static const char *const states[] = {"draft", "submitted", "accepted"};
	static const char *const progress[] = {"doing", "done"};
	bool report = !strcmp(r->type->name, "report");
	size_t n = 1 + below(w, 2), texts = w->theme == TEXTS ? 80 : 30;
	while (n-- > 0) {
		size_t what = below(w, 100);
		if (what < texts)
			edit_text(w, r, report ? "note" : "result");
		else if (what < 85)
			set(w, r,
			    !report	    ? "percent"
			    : chance(w, 60) ? "values.TT01"
					    : "values.TT02",
			    numbers[below(w, 4)]);
		else if (report)
			set(w, r, "state", states[below(w, 3)]);
		else
			set(w, r, "state", progress[below(w, 2)]);
	}
}

static const char *print_text(struct world *w, const struct record *r)
{
	struct buf text = {0};
	record_print(r, &text);
	char *copy = arena_dup(&w->o.arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static void open_text(struct world *w, struct record *r, const char *path, const char *text)
{
	struct err err = {0};
	const struct record_type *type = type_by_path(LEDGER, path);
	record_init(r, &w->o.arena, type);
	if (text)
		must(w, record_parse(r, &w->o.arena, type, text, strlen(text), &err), &err);
}

static void add_text(struct ochange *c, const char *path, const char *before, const char *after)
{
	struct change_texts *t = &c->texts[c->n_texts++];
	*t = (struct change_texts){
	    path, before, after, before ? strlen(before) : 0, after ? strlen(after) : 0};
}

static void write_plain(struct world *w, struct site *s, struct ochange *c)
{
	const char *path = plain[chance(w, 25)], *before = table_get(&s->tree, path), *after = NULL;
	if (!before || !chance(w, 12)) {
		struct record r;
		open_text(w, &r, path, before);
		edit_fields(w, &r);
		after = print_text(w, &r);
	}
	add_text(c, path, before, after);
}

/* Objections share rows at times, so that they too collide. */
static void write_word(
    struct world *w, struct site *s, struct ochange *c, const char *path, const char *table)
{
	static const char *const words[] = {"sai", "đúng"};
	const char *before = table_get(&s->tree, path);
	const char *row = chance(w, 70) ? "a.b" : c->rank == 2 ? "x" : "y";
	struct record r;
	open_text(w, &r, path, before);
	set(w, &r, arena_printf(&w->o.arena, "%s.%s.reason", table, row),
	    chance(w, 12) ? NULL : words[below(w, 2)]);
	if (chance(w, 30))
		set(w, &r, arena_printf(&w->o.arena, "%s.%s.unit", table, row),
		    c->rank == 2 ? "11383" : "31");
	add_text(c, path, before, print_text(w, &r));
}

static void settle_presence(
    struct world *w, struct ochange *c, const char *path, const char *before, const char *value)
{
	struct record r;
	open_text(w, &r, path, before);
	if (value && !before)
		edit_fields(w, &r);
	if (!before != !value)
		add_text(c, path, before, value ? print_text(w, &r) : NULL);
}

/* Take what was overruled, or what is shown, or (in a dispute) the other party. */
static void write_settlement(struct world *w, struct site *s, struct ochange *c, const char *conflict)
{
	struct record k, r;
	open_text(w, &k, conflict, table_get(&s->tree, conflict));
	const char *path = record_get(&k, "record"), *field = record_get(&k, "field");
	const char *value = record_get(&k, chance(w, 60) ? "other.value" : "kept.value");
	const char *before = table_get(&s->tree, path);
	c->settles[c->n_settles++] = (struct otarget){path, field ? field : ""};
	if (!field) {
		settle_presence(w, c, path, before, value);
	} else if (before && chance(w, 80)) {
		open_text(w, &r, path, before);
		record_put(&r, field, value);
		add_text(c, path, before, print_text(w, &r));
	}
}

/* About what was said on another: takes no word of its own. */
static bool is_nested(struct world *w, const struct site *s, const char *conflict)
{
	struct record k;
	open_text(w, &k, conflict, table_get(&s->tree, conflict));
	return oracle_is_conflict(record_get(&k, "record"));
}

static void same_writes(struct world *w, const struct merge_writes *a, const struct merge_writes *b)
{
	for (size_t i = 0; i < a->n; i++) {
		bool found = false;
		for (size_t j = 0; j < b->n; j++)
			found = found || (!strcmp(a->items[i].record, b->items[j].record) &&
					     !strcmp(a->items[i].field, b->items[j].field) &&
					     oracle_same(a->items[i].value, b->items[j].value) &&
					     a->items[i].seal == b->items[j].seal &&
					     a->items[i].all == b->items[j].all);
		CHECK(w, found, "%s %s is written by one way of looking alone\n", a->items[i].record,
		    a->items[i].field);
	}
}

static void make_writes(struct world *w, struct site *s, size_t i, const char *conflict)
{
	struct ochange *c = &w->o.changes[i];
	struct err err = {0};
	must(w, merge_writes_of(&w->o.arena, LEDGER, c->texts, c->n_texts, &w->writes[i], &err), &err);
	if (!c->n_settles)
		return;
	const char *k = table_get(&s->tree, conflict);
	const char *after = c->n_texts ? c->texts[0].after : table_get(&s->tree, c->settles[0].record);
	must(w,
	    merge_settlement(
		&w->o.arena, LEDGER, k, strlen(k), after, after ? strlen(after) : 0, &w->writes[i], &err),
	    &err);
}

/* The tree of a signed change is the state of what it has seen: what its writer typed stands in it, and the writes
 * read off the two whole trees are those read off what he typed. */
static void check_own(
    struct world *w, struct site *s, size_t i, const char *conflict, const struct table *before)
{
	const struct ochange *c = &w->o.changes[i];
	struct change_texts texts[200];
	struct merge_writes again;
	struct err err = {0};
	size_t n = 0;
	for (size_t k = 0; k < c->n_texts; k++) {
		const char *now = table_get(&s->tree, c->texts[k].path);
		CHECK(w, oracle_is_conflict(c->texts[k].path) || oracle_same(now, c->texts[k].after),
		    "%s: typed\n%s--- stands\n%s", c->texts[k].path, c->texts[k].after,
		    now ? now : "(absent)\n");
	}
	for (size_t k = 0; k < s->tree.n && n < 200; k++) {
		const char *path = s->tree.rows[k].key, *old = table_get(before, path),
			   *now = s->tree.rows[k].value;
		struct change_texts t = {path, old, now, old ? strlen(old) : 0, now ? strlen(now) : 0};
		if (!oracle_same(old, now))
			texts[n++] = t;
	}
	must(w, merge_writes_of(&w->o.arena, LEDGER, texts, n, &again, &err), &err);
	if (c->n_settles) {
		const char *k = table_get(before, conflict), *now = table_get(&s->tree, c->settles[0].record);
		must(w,
		    merge_settlement(
			&w->o.arena, LEDGER, k, strlen(k), now, now ? strlen(now) : 0, &again, &err),
		    &err);
	}
	same_writes(w, &again, &w->writes[i]);
	same_writes(w, &w->writes[i], &again);
}

static void author(struct world *w, struct site *s)
{
	size_t i = w->o.n++;
	struct ochange *c = &w->o.changes[i];
	uint64_t id[3] = {next(w), next(w), next(w)};
	const char *conflict = tree_conflict(w, &s->tree), *parent[1] = {NULL};
	memcpy(c->id.b, id, OID_SIZE);
	c->writer = s->writer;
	c->rank = s->rank;
	c->claim = chance(w, 12) ? CLAIM_OWNER : chance(w, 12) ? CLAIM_LEAD : CLAIM_NONE;
	for (EACH(p, s->has))
		if (oids_has(&s->heads, &w->o.changes[p].id))
			c->heads |= BIT(p);
	size_t what = conflict ? below(w, 100) : 99, words = w->theme == WORDS ? 75 : 20;
	if (what < words + 15 && (what >= words || is_nested(w, s, conflict)))
		write_settlement(w, s, c, conflict);
	else if (what < words)
		write_word(w, s, c, conflict, what < words * 2 / 3 ? "objections" : "answers");
	else
		write_plain(w, s, c);
	make_writes(w, s, i, conflict);
	if (c->n_settles)
		parent[0] = table_get(&s->tree, c->settles[0].record);
	oracle_write(&w->o, i, parent);
	struct table before = {0};
	for (size_t k = 0; k < s->tree.n; k++)
		*table_at(&before, s->tree.rows[k].key) = s->tree.rows[k].value;
	give(w, s, i);
	step(w, s);
	check_own(w, s, i, conflict, &before);
	table_free(&before);
}

#endif

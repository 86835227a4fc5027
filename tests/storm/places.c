#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "storm.h"

#define CIVIL INT64_C(1782867600)
#define BATCH 500

static void must(int rc, const struct err *err)
{
	struct buf why = {0};
	if (rc == 0)
		return;
	err_format(err, NULL, &why);
	fprintf(stderr, "storm: %s\n", buf_str(&why));
	exit(1);
}

static struct store *make(const char *dir, const char *name)
{
	struct err err = {0};
	struct store *s;
	struct buf path = {0};
	buf_printf(&path, "%s/%s", dir, name);
	must(store_init(buf_str(&path), &err), &err);
	must(store_open(buf_str(&path), &s, &err), &err);
	buf_free(&path);
	return s;
}

void places_open(struct places *p, const char *dir)
{
	struct err err = {0};
	*p = (struct places){.above = make(dir, "above.git"), .below = make(dir, "below.git")};
	must(key_generate(&p->key, &err), &err);
}

void places_close(struct places *p)
{
	store_close(p->above);
	store_close(p->below);
	key_free(p->key);
	oids_free(&p->directives);
	free(p->signatures);
}

static void write_record(struct places *p, struct tx *tx, const char *unit, int rank, const char *ledger,
    const char *path, const char *field, const char *value, struct oid *id)
{
	struct arena arena = {0};
	struct err err = {0};
	struct record r;
	struct buf text = {0};
	record_init(&r, &arena, type_by_path(ledger, path));
	record_put(&r, "state", strncmp(path, "directives/", 11) == 0 ? "issued" : "draft");
	record_put(&r, field, value);
	record_print(&r, &text);
	struct change_record record = {path, buf_str(&text), text.len};
	struct change c = {.ledger = ledger, .subject = "report: set", .records = &record, .n_records = 1};
	struct tx_writer w = {.key = p->key, .unit = unit, .rank = rank, .now = CIVIL};
	c.claim = CLAIM_NONE;
	must(tx_write(tx, &w, &c, id, &err), &err);
	buf_free(&text);
	arena_free(&arena);
}

void places_write(struct places *p, struct line *lines, size_t n, const char *value)
{
	struct err err = {0};
	struct oid id;
	for (size_t i = 0; i < n;) {
		struct tx *tx;
		must(tx_begin(p->below, &tx, &err), &err);
		for (size_t end = i + BATCH; i < n && i < end; i++)
			write_record(p, tx, lines[i].unit, 3, lines[i].ledger, "reports/31/p/2026-06.yaml",
			    "values.I1", value, &id);
		must(tx_commit(tx, &err), &err);
		tx_destroy(tx);
	}
}

void places_direct(struct places *p, const char *id, size_t bytes)
{
	struct arena arena = {0};
	struct err err = {0};
	struct tx *tx;
	struct oid change_id;
	struct change c;
	struct buf text = {0};
	for (size_t i = 0; text.len < bytes; i++)
		buf_printf(
		    &text, "Xã, phường số %zu: %zu hộ, %zu lượt.\n", i, i * 7919 % 997, i * 104729 % 9973);
	must(tx_begin(p->above, &tx, &err), &err);
	write_record(p, tx, "31", 1, DIRECTIVES, arena_printf(&arena, "directives/%s.yaml", id), "text",
	    buf_str(&text), &change_id);
	must(tx_commit(tx, &err), &err);
	tx_destroy(tx);
	must(store_change(p->above, DIRECTIVES, &change_id, &arena, &c, &err), &err);
	oids_add(&p->directives, &change_id);
	p->signatures = mem_grow(p->signatures, p->directives.n, sizeof *p->signatures);
	memcpy(p->signatures[p->directives.n - 1].bytes, c.signature, KEY_SIGNATURE_SIZE);
	arena_free(&arena);
	buf_free(&text);
}

/* ---- what is stored ---- */

static void complete(struct change *c, const struct sync_received *r, const struct sync_result *results)
{
	for (size_t i = 0; i < r->n_earlier; i++)
		oids_add(&c->heads, &results[r->earlier[i]].id);
	oids_sort(&c->heads);
	if (c->heads.n == 1)
		c->parent = c->heads.items[0];
}

static size_t store_above(struct places *p, const struct sync_action *a, struct sync_result *results)
{
	struct err err = {0};
	struct tx *tx;
	size_t fresh = 0;
	must(tx_begin(p->above, &tx, &err), &err);
	for (size_t i = 0; i < a->n; i++) {
		struct change c = a->changes[i].change;
		bool known = false;
		oids_copy(&c.heads, &a->changes[i].change.heads);
		complete(&c, &a->changes[i], results);
		must(tx_receive(tx, &c, key_public(p->key), NULL, NULL, &results[i].id, &known, &err), &err);
		results[i].status = known ? SYNC_KNOWN : SYNC_STORED;
		fresh += !known;
		oids_free(&c.heads);
	}
	must(tx_commit(tx, &err), &err);
	tx_destroy(tx);
	return fresh;
}

static size_t store_below(
    struct places *p, struct line *l, const struct sync_action *a, struct sync_result *results)
{
	size_t fresh = 0;
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;
		while (k < p->directives.n && memcmp(p->signatures[k].bytes, a->changes[i].change.signature,
						  KEY_SIGNATURE_SIZE) != 0)
			k++;
		if (k == p->directives.n || k > l->n_directives) {
			fprintf(stderr, "storm: %s was sent what it has no use for\n", l->unit);
			exit(1);
		}
		results[i].id = p->directives.items[k];
		results[i].status = k < l->n_directives ? SYNC_KNOWN : SYNC_STORED;
		fresh += k == l->n_directives;
		l->n_directives += k == l->n_directives;
	}
	return fresh;
}

size_t places_store(struct places *p, struct end *e, const struct sync_action *a, struct sync_result *results)
{
	bool above = e == &e->line->ends[ABOVE];
	return above ? store_above(p, a, results) : store_below(p, e->line, a, results);
}

bool places_same(struct places *p, const struct line *l)
{
	struct err err = {0};
	struct oids a = {0}, b = {0};
	must(store_ledger_heads(p->above, l->ledger, &a, &err), &err);
	must(store_ledger_heads(p->below, l->ledger, &b, &err), &err);
	bool same = a.n && oids_eq(&a, &b) && l->n_directives == p->directives.n;
	oids_free(&a);
	oids_free(&b);
	return same;
}

/* ---- struct sync_world ---- */

static struct places *places_of(const struct end *e)
{
	return &e->line->storm->places;
}

static struct store *store_of(const struct end *e)
{
	return e == &e->line->ends[ABOVE] ? places_of(e)->above : places_of(e)->below;
}

/* The directives at a subordinate. */
static bool is_copy(const struct end *e, const char *ledger)
{
	return e != &e->line->ends[ABOVE] && strcmp(ledger, DIRECTIVES) == 0;
}

static void w_shared(void *ctx, struct strs *out)
{
	struct end *e = ctx;
	strs_add(out, DIRECTIVES);
	strs_add(out, e->line->ledger);
}

static bool w_accepts(void *ctx, const char *ledger)
{
	struct end *e = ctx;
	return strcmp(ledger, DIRECTIVES) == 0 || strcmp(ledger, e->line->ledger) == 0;
}

static void w_heads(void *ctx, const char *ledger, struct oids *out)
{
	struct end *e = ctx;
	struct err err = {0};
	if (!is_copy(e, ledger))
		must(store_ledger_heads(store_of(e), ledger, out, &err), &err);
	else if (e->line->n_directives)
		oids_add(out, &places_of(e)->directives.items[e->line->n_directives - 1]);
}

static void w_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	struct end *e = ctx;
	struct err err = {0};
	struct history *h;
	struct oids heads = {0};
	if (is_copy(e, ledger))
		return; /* nothing of it is the subordinate's to give */
	must(store_history(store_of(e), ledger, &h, &err), &err);
	must(store_ledger_heads(store_of(e), ledger, &heads, &err), &err);
	history_between(h, have, &heads, out);
	oids_free(&heads);
}

static bool w_has(void *ctx, const char *ledger, const struct oid *id)
{
	struct end *e = ctx;
	struct err err = {0};
	struct history *h;
	if (is_copy(e, ledger)) {
		for (size_t i = 0; i < e->line->n_directives; i++)
			if (oid_eq(&places_of(e)->directives.items[i], id))
				return true;
		return false;
	}
	must(store_history(store_of(e), ledger, &h, &err), &err);
	return history_has(h, id);
}

static int w_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	return store_change(store_of(ctx), ledger, id, arena, out, err);
}

static bool w_text(void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct end *e = ctx;
	struct err err = {0};
	struct store *s = is_copy(e, ledger) ? places_of(e)->above : store_of(e);
	return w_has(e, ledger, change) && store_read(s, ledger, change, path, out, &err) == 0;
}

void places_world(struct end *e, struct sync_world *out)
{
	*out = (struct sync_world){
	    e, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, NULL, NULL};
}

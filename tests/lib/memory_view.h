/*
 * memory_view.h - a view kept in memory, for tests of the plan room: all ledgers of a small country on one node that
 * may speak as any of its units. No merge: the last word stands.
 */
#ifndef TUYEN_TESTS_MEMORY_VIEW_H
#define TUYEN_TESTS_MEMORY_VIEW_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/ops.h"
#include "plan/view.h"
#include "record/date.h"

struct memory_record {
	char *ledger, *path, *text; /* text NULL: removed */
	unsigned change; /* number of the change that wrote it last */
	int64_t time;
	char *writer;
};

/* One change as it left one record. */
struct memory_past {
	char *ledger, *path, *text, *writer, *body, *subject;
	const char *const *settles; /* the arena's */
	size_t n_settles;
	unsigned change;
	int64_t time;
};

struct memory {
	struct view view;
	struct memory_past *past;
	size_t n_past;
	const struct change *writing; /* the change being written */
	struct registry *registry;
	struct memory_record *records;
	size_t n;
	unsigned changes;
	struct outcome last; /* of the last memory_do */
	struct err err;
	struct arena arena;
};

static inline struct memory_record *memory_find(struct memory *m, const char *ledger, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->records[i].ledger, ledger) == 0 && strcmp(m->records[i].path, path) == 0)
			return &m->records[i];
	return NULL;
}

static inline void memory_write(
    struct memory *m, const char *ledger, const char *path, const char *text, size_t len)
{
	struct memory_record *r = memory_find(m, ledger, path);
	if (!r) {
		struct memory_record new = {.ledger = mem_dup(ledger), .path = mem_dup(path)};
		VEC_PUSH(m->records, m->n, new);
		r = &m->records[m->n - 1];
	}
	free(r->text);
	r->text = text ? mem_dup_len(text, len) : NULL;
	r->change = m->changes;
	r->time = m->view.now;
	free(r->writer);
	r->writer = mem_alloc(strlen(m->view.unit) + (m->view.station ? strlen(m->view.station) : 0) + 2);
	sprintf(r->writer, "%s%s%s", m->view.station ? m->view.station : "", m->view.station ? "@" : "",
	    m->view.unit);
	const struct change *c = m->writing;
	struct memory_past past = {mem_dup(ledger), mem_dup(path), mem_dup(r->text), mem_dup(r->writer),
	    mem_dup(c ? c->body : NULL), mem_dup(c ? c->subject : NULL), NULL, 0, m->changes, m->view.now};
	if (c && c->n_settles) {
		const char **settles = arena_alloc(&m->arena, c->n_settles * sizeof *settles);
		for (size_t i = 0; i < c->n_settles; i++)
			settles[i] = arena_dup(&m->arena, c->settles[i]);
		past.settles = settles;
		past.n_settles = c->n_settles;
	}
	VEC_PUSH(m->past, m->n_past, past);
}

static inline struct oid memory_id(unsigned change)
{
	struct oid id = {{0}};
	id.b[0] = 0xc0;
	id.b[OID_SIZE - 2] = (unsigned char)(change >> 8);
	id.b[OID_SIZE - 1] = (unsigned char)change;
	return id;
}

static inline int memory_read(
    void *ctx, const char *ledger, const char *path, struct arena *arena, struct record *r, struct err *err)
{
	struct memory *m = ctx;
	struct memory_record *found = memory_find(m, ledger, path);
	const struct record_type *type = type_by_path(ledger, path);
	if (!found || !found->text || !type)
		return err_set(err, ERR_NOT_FOUND, "%1 has no %2", ledger, path);
	return record_parse(r, arena, type, found->text, strlen(found->text), err);
}

static inline int memory_list(
    void *ctx, const char *ledger, const char *prefix, struct strs *out, struct err *err)
{
	struct memory *m = ctx;
	(void)err;
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].text && strcmp(m->records[i].ledger, ledger) == 0 &&
		    strncmp(m->records[i].path, prefix, strlen(prefix)) == 0)
			strs_add(out, m->records[i].path);
	strs_sort(out);
	return 0;
}

static inline int memory_ledgers(void *ctx, struct strs *out, struct err *err)
{
	struct memory *m = ctx;
	(void)err;
	for (size_t i = 0; i < m->n; i++)
		strs_add(out, m->records[i].ledger);
	strs_sort(out);
	return 0;
}

static inline int memory_last_change(
    void *ctx, const char *ledger, const char *path, struct arena *arena, struct change *out, struct err *err)
{
	struct memory *m = ctx;
	struct memory_record *r = memory_find(m, ledger, path);
	if (!r)
		return err_set(err, ERR_NOT_FOUND, "no change of %1 touches %2", ledger, path);
	*out = (struct change){.ledger = r->ledger, .time = r->time, .unit = arena_dup(arena, r->writer)};
	out->id = memory_id(r->change);
	return 0;
}

static inline const struct memory_past *memory_past_at(
    const struct memory *m, const char *ledger, const char *path, unsigned change)
{
	for (size_t i = m->n_past; i-- > 0;)
		if (m->past[i].change <= change && strcmp(m->past[i].ledger, ledger) == 0 &&
		    strcmp(m->past[i].path, path) == 0)
			return &m->past[i];
	return NULL;
}

static inline int memory_read_at(void *ctx, const char *ledger, const struct oid *change, const char *path,
    struct arena *arena, struct record *r, struct err *err)
{
	struct memory *m = ctx;
	unsigned number = change->b[OID_SIZE - 2] * 256u + change->b[OID_SIZE - 1];
	const struct memory_past *p = memory_past_at(m, ledger, path, number);
	if (!p || !p->text)
		return err_set(err, ERR_NOT_FOUND, "%1 had no %2", ledger, path);
	return record_parse(r, arena, type_by_path(ledger, path), p->text, strlen(p->text), err);
}

static inline int memory_writes(void *ctx, const char *ledger, const char *path, const char *field,
    struct arena *arena, struct view_write **out, size_t *n, struct err *err)
{
	struct memory *m = ctx;
	const char *last = NULL;
	*n = 0;
	*out = arena_alloc(arena, (m->n_past + 1) * sizeof **out);
	for (size_t i = 0; i < m->n_past; i++) {
		const struct memory_past *p = &m->past[i];
		struct record r;
		if (strcmp(p->ledger, ledger) != 0 || strcmp(p->path, path) != 0)
			continue;
		const char *now = NULL;
		if (p->text &&
		    record_parse(&r, arena, type_by_path(ledger, path), p->text, strlen(p->text), err) == 0)
			now = record_get(&r, field);
		if (!str_same(now, last))
			(*out)[(*n)++] = (struct view_write){
			    memory_id(p->change), arena_dup(arena, p->writer), now, false};
		last = now;
	}
	return 0;
}

static inline int memory_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	struct memory *m = ctx;
	for (size_t i = 0; i < m->n_past; i++) {
		const struct memory_past *p = &m->past[i];
		struct oid one = memory_id(p->change);
		if (!oid_eq(&one, id) || strcmp(p->ledger, ledger) != 0)
			continue;
		*out = (struct change){.ledger = p->ledger,
		    .id = one,
		    .parent = memory_id(p->change - 1),
		    .time = p->time,
		    .unit = arena_dup(arena, p->writer),
		    .claim = CLAIM_NONE,
		    .subject = arena_dup(arena, p->subject),
		    .settles = p->settles,
		    .n_settles = p->n_settles,
		    .body = arena_dup(arena, p->body)};
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "no such change in %1", ledger);
}

static inline int memory_change_whole(void *ctx, const char *ledger, const struct oid *id,
    struct arena *arena, struct change *out, struct err *err)
{
	struct memory *m = ctx;
	int rc = memory_change(ctx, ledger, id, arena, out, err);
	out->records = arena_alloc(arena, (m->n_past + 1) * sizeof *out->records);
	for (size_t i = 0; rc == 0 && i < m->n_past; i++) {
		const struct memory_past *p = &m->past[i];
		struct oid one = memory_id(p->change);
		if (oid_eq(&one, id) && strcmp(p->ledger, ledger) == 0)
			out->records[out->n_records++] =
			    (struct change_record){p->path, p->text, p->text ? strlen(p->text) : 0};
	}
	return rc;
}

/* One after the other: each change has seen all before it. */
static inline int memory_seen(void *ctx, const char *ledger, const struct oid *change, const struct oid *old,
    size_t *n, bool *seen, struct err *err)
{
	(void)ctx, (void)ledger, (void)err;
	*n = change->b[OID_SIZE - 2] * 256u + change->b[OID_SIZE - 1];
	if (old)
		*seen = oid_cmp(change, old) >= 0;
	return 0;
}

static inline int memory_news(void *ctx, const char *ledger, const struct oids *known, struct arena *arena,
    struct view_write **out, size_t *n, struct err *err)
{
	struct memory *m = ctx;
	(void)err;
	*n = 0;
	*out = arena_alloc(arena, (m->n_past + 1) * sizeof **out);
	for (size_t i = 0; i < m->n_past; i++) {
		struct oid one = memory_id(m->past[i].change);
		bool old = *n && oid_eq(&(*out)[*n - 1].change, &one);
		for (size_t k = 0; k < known->n; k++)
			old = old || oid_cmp(&known->items[k], &one) >= 0;
		if (!old && strcmp(m->past[i].ledger, ledger) == 0)
			(*out)[(*n)++] = (struct view_write){one, m->past[i].writer, NULL, false};
	}
	return 0;
}

/* What a ledger stands at: the newest change of it. */
static inline int memory_tip(void *ctx, const char *ledger, struct oid *out, struct err *err)
{
	struct memory *m = ctx;
	*out = (struct oid){{0}};
	for (size_t i = 0; i < m->n_past; i++)
		if (strcmp(m->past[i].ledger, ledger) == 0)
			*out = memory_id(m->past[i].change);
	return oid_is_zero(out) ? err_set(err, ERR_NOT_FOUND, "no ledger %1", ledger) : 0;
}

/* Put a record as people write it. A test's own mistake ends the test. */
static inline void memory_put(struct memory *m, const char *ledger, const char *path, const char *yaml)
{
	struct record r;
	struct err err = {0};
	struct buf text = {0};
	const struct record_type *type = type_by_path(ledger, path);
	if (!type || record_read(&r, &m->arena, type, path, yaml, strlen(yaml), &err) != 0) {
		struct buf said = {0};
		err_format(&err, NULL, &said);
		fprintf(stderr, "%s: %s\n", path, buf_str(&said));
		abort();
	}
	record_print(&r, &text);
	m->changes++;
	memory_write(m, ledger, path, buf_str(&text), text.len);
	buf_free(&text);
}

/* Register a unit, or (id "x@y") a station, under `issuer`; `more` is further YAML lines, or "". */
static inline void memory_unit(
    struct memory *m, const char *issuer, const char *id, const char *level, int rank, const char *more)
{
	char ledger[128], path[128], yaml[512];
	const char *at = strchr(id, '@');
	struct record r;
	struct err err = {0};
	struct oid change = {{0}};
	char *code = mem_dup_len(at ? at + 1 : id, strcspn(at ? at + 1 : id, "."));
	snprintf(ledger, sizeof ledger, "directives/%s", issuer);
	snprintf(path, sizeof path, "units/%s.yaml", id);
	snprintf(yaml, sizeof yaml, "code: '%s'\n%s%.*s%sname: unit %s\nlevel: %s\nrank: %d\n%s", code,
	    at ? "station: " : "", at ? (int)(at - id) : 0, at ? id : "", at ? "\n" : "", id, level, rank,
	    more);
	free(code);
	memory_put(m, ledger, path, yaml);
	change.b[0] = 0xc0;
	change.b[OID_SIZE - 1] = (unsigned char)m->changes;
	if (memory_read(m, ledger, path, &m->arena, &r, &err) != 0 ||
	    registry_feed(m->registry, &(struct registry_source){issuer, change, NULL}, path, &r, &err) != 0)
		abort();
}

/* How `unit` relays to `superior`: "whole" or "totals". */
static inline void memory_relay(struct memory *m, const char *unit, const char *superior, const char *how)
{
	char ledger[128], path[128], yaml[64];
	struct record r;
	struct err err = {0};
	snprintf(ledger, sizeof ledger, "directives/%s", unit);
	snprintf(path, sizeof path, "relays/%s.yaml", superior);
	snprintf(yaml, sizeof yaml, "relay: %s\n", how);
	memory_put(m, ledger, path, yaml);
	const struct registry_source source = {unit, memory_id(m->changes), NULL};
	if (memory_read(m, ledger, path, &m->arena, &r, &err) != 0 ||
	    registry_feed(m->registry, &source, path, &r, &err) != 0)
		abort();
}

/* Speak as another node from now on. */
static inline void memory_at(struct memory *m, const char *unit, const char *station, const char *agency)
{
	const struct registry_unit *u = registry_unit(m->registry, unit);
	m->view.unit = unit;
	m->view.station = station;
	m->view.agency = agency;
	m->view.rank = u ? u->rank : 0;
}

static inline void memory_now(struct memory *m, const char *time)
{
	struct err err = {0};
	if (date_time_parse(time, &m->view.now, &err) != 0)
		abort();
}

static inline struct memory *memory_new(const char *root, const char *level, int rank)
{
	struct memory *m = mem_alloc(sizeof *m);
	unsigned char key[KEY_PUBLIC_SIZE] = {7};
	struct err err = {0};
	m->registry = registry_new();
	m->view = (struct view){.ctx = m,
	    .read = memory_read,
	    .list = memory_list,
	    .ledgers = memory_ledgers,
	    .last_change = memory_last_change,
	    .writes = memory_writes,
	    .read_at = memory_read_at,
	    .change = memory_change,
	    .change_whole = memory_change_whole,
	    .seen = memory_seen,
	    .news = memory_news,
	    .tip = memory_tip,
	    .registry = m->registry,
	    .unit = root,
	    .rank = rank};
	memory_now(m, "2026-06-20T08:00:00+07:00");
	if (registry_set_anchor(m->registry, root, key, &err) != 0)
		abort();
	memory_unit(m, root, root, level, rank, "");
	return m;
}

static inline void memory_free(struct memory *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->records[i].ledger);
		free(m->records[i].path);
		free(m->records[i].text);
		free(m->records[i].writer);
	}
	free(m->records);
	for (size_t i = 0; i < m->n_past; i++) {
		free(m->past[i].ledger);
		free(m->past[i].path);
		free(m->past[i].text);
		free(m->past[i].writer);
		free(m->past[i].body);
		free(m->past[i].subject);
	}
	free(m->past);
	outcome_free(&m->last);
	registry_free(m->registry);
	arena_free(&m->arena);
	free(m);
}

/* Write what an operation asked for. */
static inline void memory_apply(struct memory *m, const struct outcome *o)
{
	for (size_t i = 0; i < o->n_changes; i++) {
		const struct change *c = &o->changes[i];
		m->changes++;
		m->writing = c;
		for (size_t k = 0; k < c->n_records; k++)
			memory_write(m, c->ledger, c->records[k].path, c->records[k].text, c->records[k].len);
		m->writing = NULL;
	}
}

/* Run an operation; words that begin with "--" are options ("--unit=11383", "--nil"). m->last is its outcome, m->err
 * its error; what it asked for is written. NULL ends the words. */
static inline int memory_do_list(struct memory *m, const char *const *name_and_words)
{
	struct args a = {0};
	const struct op *op = op_find(name_and_words[0]);
	if (!op)
		abort();
	for (size_t i = 1; name_and_words[i]; i++) {
		const char *word = name_and_words[i], *equals = strchr(word, '=');
		if (strncmp(word, "--", 2) != 0) {
			strs_add(&a.words, word);
			continue;
		}
		char *option = mem_dup_len(word + 2, equals ? (size_t)(equals - word - 2) : strlen(word) - 2);
		args_add_option(&a, option, equals ? equals + 1 : "");
		free(option);
	}
	outcome_free(&m->last);
	ERR_CLEAR(&m->err);
	int rc = op->run(&m->view, &a, &m->last, &m->err);
	if (rc == 0)
		memory_apply(m, &m->last);
	args_free(&a);
	return rc;
}
#define memory_do(m, ...) memory_do_list((m), (const char *const[]){__VA_ARGS__, NULL})

/* A field of a record as it stands; NULL when absent. The memory's arena. */
static inline const char *memory_field(
    struct memory *m, const char *ledger, const char *path, const char *field)
{
	struct record r;
	struct err err = {0};
	return memory_read(m, ledger, path, &m->arena, &r, &err) == 0 ? record_get(&r, field) : NULL;
}

/* The sentence of the last error, with its hint. */
static inline const char *memory_said(struct memory *m)
{
	struct buf text = {0};
	err_format(&m->err, NULL, &text);
	const char *said = arena_dup(&m->arena, buf_str(&text));
	buf_free(&text);
	return said;
}

/* Centre 0; cities 31 and 01; communes 11383, 11050 (31) and 00004 (01); plan hp.2026-06 of 31 with two indicators and
 * tasks; plan tw of 0. */
static inline struct memory *memory_country(void)
{
	struct memory *m = memory_new("0", "central", 0);
	memory_unit(m, "0", "31", "province", 1, "");
	memory_unit(m, "0", "01", "province", 1, "");
	memory_unit(m, "31", "11383", "commune", 3, "");
	memory_unit(m, "31", "11050", "commune", 3, "");
	memory_unit(m, "01", "00004", "commune", 3, "");
	memory_put(m, "directives/31", "plans/hp.2026-06/plan.yaml",
	    "title: Tháng cao điểm\ncampaigns: {thang-6: {first: '2026-06-01', last: '2026-06-30'}}\n");
	memory_put(m, "directives/31", "plans/hp.2026-06/indicators/TT01.yaml",
	    "name: Số buổi tuyên truyền\nkind: count\nunit: buổi\naggregate: sum\nscope: commune\n");
	memory_put(m, "directives/31", "plans/hp.2026-06/indicators/MT05.yaml",
	    "name: Tổ dân phố không ma túy\nkind: ratio\naggregate: ratio_of_sums\nscope: commune\nowner: "
	    "cong-an\n");
	memory_put(m, "directives/31", "plans/hp.2026-06/tasks/NV01.yaml",
	    "title: Tuyên truyền\nmode: assign\nlead: [cong-an]\ndue: '2026-06-25'\n");
	memory_put(m, "directives/31", "plans/hp.2026-06/tasks/NV02.yaml",
	    "title: Phối hợp\nmode: request\ndue: '2026-06-01'\n");
	return m;
}

#endif

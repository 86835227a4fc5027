/*
 * A world in memory for the tests of sync: ledgers of changes whose state is a plain list of texts, and two nodes on
 * one line. Merging is the merge room's matter; here a later head simply overrides an earlier one.
 */
#ifndef TUYEN_TEST_WORLD_H
#define TUYEN_TEST_WORLD_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sync/sync.h"

#define WORLD_WAIT 1000 /* ms that converse lets pass, where somebody waits for that */

struct entry {
	struct arena arena;
	struct change c;
	struct change_record *state; /* every record after the change, by path */
	size_t n_state;
};

struct ledger {
	char *name;
	struct entry **entries; /* parents first */
	size_t n;
};

struct node {
	const char *unit;
	struct ledger **ledgers;
	size_t n;
	struct strs shared, accepts; /* with the one peer there is */
	struct strs refuses; /* subjects that the driver refuses */
	struct strs parks; /* subjects that it cannot judge yet */
	struct oids refused; /* by the peer */
	struct buf memory;
	unsigned char instance[SYNC_INSTANCE_SIZE];
	struct sync *sync;
	struct buf outbox;
	uint64_t sent; /* bytes over all lines */
	unsigned flights, stored, known, exchanges, equal, refusals;
	uint64_t token;
	struct err closed;
	bool deaf; /* leaves STORE unanswered */
	bool late; /* gives the memory when it has heard which instance calls */
	struct kept_part {
		struct sync_part part;
		struct buf bytes;
	} kept[2]; /* of batches in parts, for the next line */
	struct strs declined; /* from the start; where there are any, nothing is sent */
};

static inline struct ledger *ledger_of(struct node *n, const char *name, bool make)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->ledgers[i]->name, name) == 0)
			return n->ledgers[i];
	if (!make)
		return NULL;
	struct ledger *l = mem_alloc(sizeof *l);
	l->name = mem_dup(name);
	VEC_PUSH(n->ledgers, n->n, l);
	return l;
}

static inline struct entry *entry_of(struct node *n, const char *ledger, const struct oid *id)
{
	struct ledger *l = ledger_of(n, ledger, false);
	for (size_t i = 0; l && i < l->n; i++)
		if (oid_eq(&l->entries[i]->c.id, id))
			return l->entries[i];
	return NULL;
}

static inline void entry_free(struct entry *e)
{
	arena_free(&e->arena);
	free(e);
}

static inline void node_forget(struct node *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++) {
		struct ledger *l = n->ledgers[i];
		if (name && strcmp(l->name, name) != 0)
			continue;
		for (size_t k = 0; k < l->n; k++)
			entry_free(l->entries[k]);
		free(l->entries);
		l->entries = NULL;
		l->n = 0;
	}
}

static inline void node_free(struct node *n)
{
	node_forget(n, NULL);
	for (size_t i = 0; i < n->n; i++) {
		free(n->ledgers[i]->name);
		free(n->ledgers[i]);
	}
	free(n->ledgers);
	strs_free(&n->shared);
	strs_free(&n->accepts);
	strs_free(&n->refuses);
	strs_free(&n->parks);
	strs_free(&n->declined);
	oids_free(&n->refused);
	buf_free(&n->memory);
	buf_free(&n->outbox);
	for (int i = 0; i < 2; i++)
		buf_free(&n->kept[i].bytes);
	sync_free(n->sync);
	*n = (struct node){0};
}

/* ---- the state of a ledger ---- */

static inline void put_state(struct entry *e, const char *path, const char *text, size_t len)
{
	size_t i = 0;
	while (i < e->n_state && strcmp(e->state[i].path, path) != 0)
		i++;
	if (i == e->n_state) {
		struct change_record *grown = arena_alloc(&e->arena, (e->n_state + 1) * sizeof *grown);
		if (e->n_state)
			memcpy(grown, e->state, e->n_state * sizeof *grown);
		e->state = grown;
		e->n_state++;
	}
	e->state[i] = (struct change_record){
	    arena_dup(&e->arena, path), text ? arena_dup_len(&e->arena, text, len) : NULL, len};
}

static inline void merge_id(const struct oids *heads, struct oid *out)
{
	memset(out, 0, sizeof *out);
	if (heads->n == 1)
		*out = heads->items[0];
	else if (heads->n)
		hash_git_object("tree", heads->items, heads->n * OID_SIZE, out);
}

static inline void change_id(struct change *c)
{
	struct buf all = {0};
	buf_printf(&all, "%s %s %s %d %d %lld %d|", c->unit, c->station ? c->station : "",
	    c->agency ? c->agency : "", c->rank, c->rule, (long long)c->time, (int)c->claim);
	buf_add(&all, c->parent.b, OID_SIZE);
	buf_add(&all, c->grant.b, OID_SIZE);
	buf_add(&all, c->claim_basis.b, OID_SIZE);
	buf_printf(&all, "%s|%s|", c->subject, c->body ? c->body : "");
	for (size_t i = 0; i < c->n_settles; i++)
		buf_puts(&all, c->settles[i]);
	for (size_t i = 0; i < c->n_records; i++) {
		buf_printf(&all, "\n%s %s ", c->records[i].path, c->records[i].text ? "=" : "-");
		buf_add(&all, c->records[i].text, c->records[i].len);
	}
	hash_git_object("commit", all.data, all.len, &c->id);
	buf_free(&all);
}

/* A signature stands in for randomness: bytes that do not compress. */
static inline void sign(struct change *c)
{
	hash_sha256(c->id.b, OID_SIZE, c->signature);
	hash_sha256(c->signature, HASH_SIZE, c->signature + HASH_SIZE);
}

static inline const char *dup(struct arena *a, const char *text)
{
	return text ? arena_dup(a, text) : NULL;
}

/* Copy a change into a ledger and work out its state. */
static inline struct entry *add_entry(struct node *n, const struct change *c)
{
	struct ledger *l = ledger_of(n, c->ledger, true);
	struct entry *e = mem_alloc(sizeof *e);
	struct arena *a = &e->arena;
	e->c = *c;
	e->c.ledger = l->name;
	e->c.unit = dup(a, c->unit);
	e->c.station = dup(a, c->station);
	e->c.agency = dup(a, c->agency);
	e->c.subject = dup(a, c->subject);
	e->c.body = dup(a, c->body);
	e->c.heads.items = arena_alloc(a, (c->heads.n + 1) * sizeof(struct oid));
	memcpy(e->c.heads.items, c->heads.n ? c->heads.items : e->c.heads.items,
	    c->heads.n * sizeof(struct oid));
	const char **settles = arena_alloc(a, (c->n_settles + 1) * sizeof *settles);
	for (size_t i = 0; i < c->n_settles; i++)
		settles[i] = arena_dup(a, c->settles[i]);
	e->c.settles = settles;
	e->c.records = arena_alloc(a, (c->n_records + 1) * sizeof *e->c.records);
	for (size_t i = 0; i < c->heads.n; i++) {
		struct entry *head = entry_of(n, l->name, &c->heads.items[i]);
		for (size_t k = 0; head && k < head->n_state; k++)
			put_state(e, head->state[k].path, head->state[k].text, head->state[k].len);
	}
	for (size_t i = 0; i < c->n_records; i++) {
		const struct change_record *r = &c->records[i];
		e->c.records[i] = (struct change_record){
		    arena_dup(a, r->path), r->text ? arena_dup_len(a, r->text, r->len) : NULL, r->len};
		put_state(e, r->path, r->text, r->len);
	}
	merge_id(&e->c.heads, &e->c.parent);
	change_id(&e->c);
	VEC_PUSH(l->entries, l->n, e);
	return e;
}

/* ---- struct sync_world ---- */

static inline void w_shared(void *ctx, struct strs *out)
{
	struct node *n = ctx;
	for (size_t i = 0; i < n->shared.n; i++)
		strs_add(out, n->shared.items[i]);
}

static inline bool w_accepts(void *ctx, const char *ledger)
{
	struct node *n = ctx;
	return strs_has(&n->accepts, ledger);
}

static inline bool saw(struct node *n, const char *ledger, const struct oid *young, const struct oid *old)
{
	if (oid_eq(young, old))
		return true;
	struct entry *e = entry_of(n, ledger, young);
	for (size_t i = 0; e && i < e->c.heads.n; i++)
		if (saw(n, ledger, &e->c.heads.items[i], old))
			return true;
	return false;
}

/* What the peer refused, and what is built on it, is not spoken of. */
static inline bool is_refused(struct node *n, const char *ledger, const struct oid *id)
{
	for (size_t i = 0; i < n->refused.n; i++)
		if (saw(n, ledger, id, &n->refused.items[i]))
			return true;
	return false;
}

static inline void w_heads(void *ctx, const char *ledger, struct oids *out)
{
	struct node *n = ctx;
	struct ledger *l = ledger_of(n, ledger, false);
	for (size_t i = 0; l && i < l->n; i++) {
		bool tip = !is_refused(n, ledger, &l->entries[i]->c.id);
		for (size_t k = i + 1; k < l->n && tip; k++)
			if (oids_has(&l->entries[k]->c.heads, &l->entries[i]->c.id) &&
			    !is_refused(n, ledger, &l->entries[k]->c.id))
				tip = false;
		if (tip)
			oids_add(out, &l->entries[i]->c.id);
	}
	oids_sort(out);
}

static inline void w_between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	struct node *n = ctx;
	struct ledger *l = ledger_of(n, ledger, false);
	bool *had = mem_alloc((l ? l->n : 0) + 1);
	for (size_t i = l ? l->n : 0; i-- > 0;) {
		had[i] |= oids_has(have, &l->entries[i]->c.id);
		for (size_t k = 0; k < i && had[i]; k++)
			had[k] |= oids_has(&l->entries[i]->c.heads, &l->entries[k]->c.id);
	}
	for (size_t i = 0; l && i < l->n; i++)
		if (!had[i] && !is_refused(n, ledger, &l->entries[i]->c.id))
			oids_add(out, &l->entries[i]->c.id);
	free(had);
}

static inline bool w_has(void *ctx, const char *ledger, const struct oid *id)
{
	return entry_of(ctx, ledger, id) != NULL;
}

static inline int w_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	struct entry *e = entry_of(ctx, ledger, id);
	(void)arena;
	if (!e)
		return err_set(err, ERR_NOT_FOUND, "no such change");
	*out = e->c;
	return 0;
}

static inline bool w_text(
    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct entry *e = entry_of(ctx, ledger, change);
	for (size_t i = 0; e && i < e->n_state; i++)
		if (strcmp(e->state[i].path, path) == 0 && e->state[i].text) {
			buf_add(out, e->state[i].text, e->state[i].len);
			return true;
		}
	return false;
}

/* ---- writing ---- */

/* Write up to two records (path2 may be NULL) as the node's unit; text NULL removes. */
static inline struct oid node_write(struct node *n, const char *ledger, const char *subject, const char *path,
    const char *text, const char *path2, const char *text2)
{
	static int64_t clock = 1782000000;
	struct change_record records[2] = {
	    {path, text, text ? strlen(text) : 0}, {path2, text2, text2 ? strlen(text2) : 0}};
	struct change c = {.ledger = ledger,
	    .unit = n->unit,
	    .rank = 3,
	    .rule = 1,
	    .claim = CLAIM_NONE,
	    .subject = subject,
	    .records = records,
	    .n_records = path2 ? 2 : 1};
	hash_git_object("blob", n->unit, strlen(n->unit), &c.grant);
	c.time = clock += 97;
	w_heads(n, ledger, &c.heads);
	struct entry *e = add_entry(n, &c);
	sign(&e->c);
	oids_free(&c.heads);
	return e->c.id;
}

/* ---- driving ---- */

static inline void w_memory(void *ctx, const unsigned char instance[SYNC_INSTANCE_SIZE], struct buf *out)
{
	struct node *n = ctx;
	(void)instance; /* memory of another one is to be found out */
	if (n->late)
		buf_add(out, buf_str(&n->memory), n->memory.len);
}

static inline void w_kept(void *ctx, bool directives, size_t len, struct buf *out)
{
	struct node *n = ctx;
	assert_true(len <= n->kept[directives].bytes.len);
	buf_add(out, n->kept[directives].bytes.data, len);
}

static inline void node_open(struct node *n, enum sync_role role, int64_t now)
{
	struct sync_world world = {
	    n, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, w_memory, w_kept};
	struct sync_options o = {.role = role,
	    .unit = n->unit,
	    .memory = n->late ? NULL : n->memory.data,
	    .memory_len = n->late ? 0 : n->memory.len,
	    .declined = &n->declined,
	    .mute = n->declined.n != 0};
	memcpy(o.instance, n->instance, SYNC_INSTANCE_SIZE);
	for (int i = 0; i < 2; i++)
		o.kept[i] = (struct sync_kept){n->kept[i].part, n->kept[i].bytes.len};
	sync_free(n->sync);
	ERR_CLEAR(&n->closed);
	buf_cut(&n->outbox, 0);
	n->sync = sync_open(&world, &o, now);
}

static inline enum sync_status judge(struct node *n, const struct sync_received *r,
    const struct sync_result *results, struct oid *id, struct err *err)
{
	struct change c = r->change;
	struct oids heads;
	enum sync_status status = SYNC_STORED;
	oids_copy(&heads, &c.heads);
	for (size_t i = 0; i < r->n_earlier; i++) {
		if (results[r->earlier[i]].status > SYNC_KNOWN)
			status = SYNC_PARKED;
		oids_add(&heads, &results[r->earlier[i]].id);
	}
	oids_sort(&heads);
	c.heads = heads;
	struct oid parent;
	merge_id(&heads, &parent);
	if (!r->has_parent_check && r->n_earlier == 0)
		assert_memory_equal(parent.b, c.parent.b, OID_SIZE);
	if (r->has_parent_check)
		assert_memory_equal(parent.b, r->parent_check, SYNC_CHECK_SIZE);
	c.parent = parent;
	change_id(&c);
	struct change signed_again = c;
	sign(&signed_again);
	assert_memory_equal(signed_again.signature, c.signature, sizeof c.signature);
	*id = c.id;
	if (status == SYNC_STORED && strs_has(&n->parks, c.subject))
		status = SYNC_PARKED;
	if (strs_has(&n->refuses, c.subject)) {
		status = SYNC_REFUSED;
		err_set(err, ERR_REFUSED, "unit %1 may not write this", c.unit);
		err_rule(err, "right", c.n_records ? c.records[0].path : "", "values.TT01");
	}
	if (status == SYNC_STORED && entry_of(n, c.ledger, &c.id))
		status = SYNC_KNOWN;
	if (status == SYNC_STORED)
		add_entry(n, &c);
	oids_free(&heads);
	return status;
}

static inline void node_store(struct node *n, const struct sync_action *a, int64_t now)
{
	struct sync_result *results = mem_alloc(a->n * sizeof *results);
	struct err *errs = mem_alloc(a->n * sizeof *errs);
	for (size_t i = 0; i < a->n; i++) {
		results[i].err = &errs[i];
		results[i].status = judge(n, &a->changes[i], results, &results[i].id, &errs[i]);
		n->stored += results[i].status == SYNC_STORED;
		n->known += results[i].status == SYNC_KNOWN;
	}
	sync_stored(n->sync, results, a->n, now);
	free(errs);
	free(results);
}

static inline void node_keep_part(struct node *n, const struct sync_action *a)
{
	struct kept_part *k = &n->kept[a->part.directives];
	k->part = a->part;
	assert_true(a->part.at <= k->bytes.len);
	buf_cut(&k->bytes, a->part.at);
	buf_add(&k->bytes, a->bytes, a->len);
}

static inline void node_act(struct node *n, int64_t now)
{
	const struct sync_action *a;
	bool spoke = false;
	while (n->sync && (a = sync_next(n->sync)) != NULL) {
		switch (a->kind) {
		case SYNC_DO_SEND:
			buf_add(&n->outbox, a->bytes, a->len);
			n->sent += a->len;
			spoke = true;
			break;
		case SYNC_DO_STORE:
			if (!n->deaf)
				node_store(n, a, now);
			break;
		case SYNC_DO_CONFIRMED:
			buf_free(&n->memory);
			buf_add(&n->memory, a->bytes, a->len);
			break;
		case SYNC_DO_EXCHANGED:
			n->exchanges++;
			n->equal += a->equal;
			if (a->token)
				n->token = a->token;
			break;
		case SYNC_DO_REFUSED:
			n->refusals++;
			oids_add(&n->refused, &a->refusal.id);
			break;
		case SYNC_DO_PEER:
			break;
		case SYNC_DO_PIECE:
		case SYNC_DO_LATE:
		case SYNC_DO_STAND:
			break;
		case SYNC_DO_PART:
			node_keep_part(n, a);
			break;
		case SYNC_DO_CLOSE:
			n->closed = a->err;
			break;
		}
	}
	n->flights += spoke;
}

/* What waits for company has waited. */
static inline void node_wait(struct node *n, int64_t now)
{
	int64_t next = n->sync ? sync_next_tick(n->sync) : INT64_MAX;
	if (next > now + WORLD_WAIT)
		return;
	sync_tick(n->sync, next > now ? next : now);
	node_act(n, now);
}

/* Carry bytes to and fro until nothing moves. Returns how often something was carried. */
static inline unsigned talk(struct node *a, struct node *b, int64_t now)
{
	unsigned carried = 0;
	while (a->outbox.len || b->outbox.len) {
		struct node *from = a->outbox.len ? a : b, *to = from == a ? b : a;
		struct buf bytes = from->outbox;
		from->outbox = (struct buf){0};
		sync_receive(to->sync, bytes.data, bytes.len, now);
		buf_free(&bytes);
		node_act(to, now);
		assert_true(++carried < 1000);
	}
	return carried;
}

static inline unsigned converse(struct node *a, struct node *b, int64_t now)
{
	node_act(a, now);
	node_act(b, now);
	node_wait(a, now);
	node_wait(b, now);
	return talk(a, b, now);
}

static inline void assert_same(struct node *a, struct node *b)
{
	unsigned char x[SYNC_DIGEST_SIZE], y[SYNC_DIGEST_SIZE];
	sync_digest(a->sync, x);
	sync_digest(b->sync, y);
	assert_memory_equal(x, y, sizeof x);
}

static inline void share(struct node *a, struct node *b, const char *ledger)
{
	struct strs *lists[] = {&a->shared, &a->accepts, &b->shared, &b->accepts};
	for (size_t i = 0; i < 4; i++)
		strs_add(lists[i], ledger);
}

#endif

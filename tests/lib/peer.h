/* peer.h - the hostile node of peer_main.c: what it is, and how it greets, signs and sends. */
#ifndef TUYEN_TESTS_PEER_H
#define TUYEN_TESTS_PEER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/sys.h"
#include "net/line.h"
#include "registry/config.h"
#include "store/draft.h"
#include "sync/frame.h"
#include "sync/replay.h"

#define OWN "reports/11383"
#define OTHER "reports/11050"
#define REPORT "reports/31/hp.2026/2026-06.yaml"
#define DRAFT "reports/31/hp.2026/2026-05.yaml"
#define RECEIPT "receipts/31/hp.2026/2026-06.yaml"

struct peer {
	uv_loop_t loop;
	uv_timer_t timer;
	struct config config;
	struct key *key;
	struct store *store;
	struct net *net;
	struct net_line *line;
	struct arena arena;
	struct buf out, in;
	struct replay_session *session; /* of the batches of one line */
	struct oid other_grant;
	uint64_t number; /* of the ask that is waited for */
	size_t n_changes, n_open;
	const char *word; /* of the command line: a grant, a secret */
	const char *dir, *extra;
	char aside[64];
	struct change *replayed;
	size_t n_replayed;
	size_t count; /* how often, where an attack is one of numbers; 0: its own number */
	bool done, hold, in_vain, refuse, slow, enrol;
};

struct row {
	const char *name;
	void (*alone)(struct peer *p); /* does and reports all by itself */
	void (*raw)(struct peer *p); /* fills p->out; all else is for an attack by one change */
	const char *ledger, *path;
	const char *from, *to; /* edit; without `from` the text is `to` */
	void (*before)(struct peer *p, struct change *c); /* it is signed */
	void (*after)(struct peer *p, struct change *c);
};

static void die(const char *what, const struct err *err)
{
	struct buf why = {0};
	err_format(err, NULL, &why);
	fprintf(stderr, "peer: %s: %s\n", what, buf_str(&why));
	exit(2);
}

/* ---- what every attack begins and ends with ---- */

static void put_hello(struct peer *p, const char *unit, const char *station)
{
	struct frame_hello m = {.peer = {unit, station, {0}, SYNC_VERSION}};
	struct buf instance = {0};
	struct err err = {0};
	store_note_read(p->store, "instance", &instance, &err);
	memcpy(m.peer.instance, buf_str(&instance), instance.len < 8 ? instance.len : 8);
	buf_free(&instance);
	frame_put_hello(&p->out, &m);
}

static void hello(struct peer *p)
{
	put_hello(p, p->config.unit, p->config.station);
}

/* A digest that is nobody's, so that the answer is always "different". */
static void ask(struct peer *p)
{
	struct frame_summary m = {.number = ++p->number, .flags = FRAME_ASK, .digest = "HOSTILE"};
	frame_put_summary(&p->out, &m);
}

/* ---- changes ---- */

static bool io_text(
    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out)
{
	struct peer *p = ctx;
	struct err err = {0};
	return store_read(p->store, ledger, change, path, out, &err) == 0;
}

static bool io_no(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx, (void)ledger, (void)id;
	return false;
}

static void put_changes(struct peer *p, const struct change *changes, size_t n)
{
	struct replay_io io = {p, io_text, io_no, NULL, NULL};
	struct buf payload = {0};
	if (!p->session)
		p->session = replay_session_new();
	replay_encode(p->session, &io, changes, n, &payload);
	frame_put(&p->out, FRAME_CHANGES, &payload);
	buf_free(&payload);
	p->n_changes = n;
}

/* Its heads are set. Sign whatever its words are; where no tree can be made of them the signature is of nothing. */
static void sign(struct peer *p, struct change *c, const struct key *key)
{
	struct tx *tx;
	struct draft d;
	struct commit commit;
	struct err err = {0};
	if (tx_begin(p->store, &tx, &err))
		die("begin", &err);
	if (draft_begin(&d, tx, c->ledger, &c->heads, &err)) {
		draft_free(&d); /* no such ledger can be */
		tx_destroy(tx);
		return;
	}
	struct change words = *c;
	words.ledger = d.c.ledger;
	words.heads = d.c.heads;
	words.parent = d.c.parent;
	d.c = words;
	c->parent = d.c.parent;
	if (draft_commit(&d, c->records, c->n_records, &commit, &err) == 0) {
		commit_sign(&commit, key);
		draft_print(&d, &commit);
		memcpy(c->signature, commit.signature, sizeof c->signature);
		c->id = d.c.id;
	}
	draft_free(&d);
	tx_destroy(tx);
}

static const char *edited(struct peer *p, const struct row *row)
{
	struct buf old = {0}, fresh = {0};
	struct err err = {0};
	if (!row->from)
		return row->to;
	if (store_read(p->store, row->ledger, NULL, row->path, &old, &err))
		store_read(p->store, OWN, NULL, row->path, &old, &err);
	const char *at = strstr(buf_str(&old), row->from);
	if (!at) {
		fprintf(stderr, "peer: '%s' does not stand in %s\n", row->from, row->path);
		exit(2);
	}
	buf_add(&fresh, old.data, (size_t)(at - old.data));
	buf_puts(&fresh, row->to);
	buf_puts(&fresh, at + strlen(row->from));
	const char *text = arena_dup(&p->arena, buf_str(&fresh));
	buf_free(&old);
	buf_free(&fresh);
	return text;
}

static void make_change(struct peer *p, const struct row *row, struct change *c)
{
	struct err err = {0};
	*c = (struct change){.ledger = row->ledger,
	    .unit = p->config.unit,
	    .station = p->config.station,
	    .agency = p->config.agency,
	    .rank = p->config.rank,
	    .rule = MERGE_RULE,
	    .grant = p->config.grant,
	    .claim = CLAIM_NONE,
	    .time = sys_now(),
	    .subject = "HOSTILE",
	    .n_records = 1};
	struct oids heads = {0};
	store_ledger_heads(p->store, row->ledger, &heads, &err); /* none, where no such ledger can be */
	c->heads = (struct oids){arena_alloc(&p->arena, (heads.n + 1) * sizeof *heads.items), heads.n};
	for (size_t i = 0; i < heads.n; i++)
		c->heads.items[i] = heads.items[i];
	oids_free(&heads);
	c->records = arena_alloc(&p->arena, (CHANGE_RECORDS_MAX + 2) * sizeof *c->records);
	const char *text = edited(p, row);
	c->records[0] = (struct change_record){row->path, text, text ? strlen(text) : 0};
}

static void one_change(struct peer *p, const struct row *row)
{
	struct change c;
	make_change(p, row, &c);
	if (row->before)
		row->before(p, &c);
	sign(p, &c, p->key);
	if (row->after)
		row->after(p, &c);
	put_changes(p, &c, 1);
}

#endif

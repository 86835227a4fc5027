/* peer_floods.h - what is well formed in each part, and hostile by its number (peer_main.c). */
#ifndef TUYEN_TESTS_PEER_FLOODS_H
#define TUYEN_TESTS_PEER_FLOODS_H

#include "peer_tls.h"
#include "sync/wire.h"

#define BATCH 250

/* What became of many changes. */
struct tally {
	size_t n[4]; /* stored, parked, refused, declined */
	size_t lost;
};

static void count_ack(struct tally *tally, const struct frame_ack *m, size_t n_changes)
{
	if (m->lost)
		tally->lost += n_changes;
	for (size_t i = 0; !m->lost && i < m->n; i++)
		tally->n[m->exceptions[i].status]++;
	tally->n[0] += m->lost ? 0 : n_changes - m->n;
}

struct flood {
	struct talk talk;
	struct tally tally;
	size_t at, acked, n_batch[4096], n_batches; /* acked: batches */
};

/* All acks so far; enough when nothing is on its way. */
static bool all_acked(struct talk *t)
{
	struct flood *f = (struct flood *)t;
	const unsigned char *payload;
	size_t len, size;
	unsigned type;
	struct err err = {0};
	struct arena arena = {0};
	while (t->heard.len > f->at && frame_next(t->heard.data + f->at, t->heard.len - f->at, &type,
					   &payload, &len, &size, &err) == 1) {
		struct frame_ack m;
		f->at += size;
		if (type != FRAME_ACK)
			continue;
		if (frame_get_ack(payload, len, &arena, &m, &err))
			die("ack", &err);
		size_t n = 0;
		for (size_t i = 0; i < m.batches && f->acked < f->n_batches; i++)
			n += f->n_batch[f->acked++];
		count_ack(&f->tally, &m, n);
	}
	arena_free(&arena);
	return f->n_batches && f->acked == f->n_batches;
}

/* Say p->out, which has so many batches in it, on a line of its own. */
static void pour(struct peer *p, struct tally *tally, const size_t *n_batch, size_t n_batches)
{
	struct flood *f = mem_alloc(sizeof *f);
	f->talk = (struct talk){.say = &p->out, .enough = all_acked};
	f->n_batches = n_batches;
	memcpy(f->n_batch, n_batch, n_batches * sizeof *n_batch);
	talk(p, &f->talk);
	for (int i = 0; i < 4; i++)
		tally->n[i] += f->tally.n[i];
	tally->lost += f->tally.lost;
	if (*f->talk.why)
		puts(f->talk.why);
	buf_free(&f->talk.heard);
	buf_cut(&p->out, 0);
	replay_session_free(p->session);
	p->session = NULL;
	free(f);
}

static void print_tally(const struct tally *t)
{
	printf("stored %zu, parked %zu, refused %zu, lost %zu\n", t->n[0], t->n[1], t->n[2], t->lost);
}

static void one_realm(struct peer *p, size_t i, struct change *c);
/* `make` fills change number i; all go out, 40 batches a line. */
static void flood(struct peer *p, size_t n, void (*make)(struct peer *p, size_t i, struct change *c))
{
	struct tally tally = {0};
	struct change *list = mem_alloc(BATCH * sizeof *list);
	size_t n_batch[64], batches = 0;
	hello(p);
	for (size_t i = 0, many; i < n; i += many) {
		many = make == one_realm ? 1 : n - i < BATCH ? n - i : BATCH;
		for (size_t k = 0; k < many; k++)
			make(p, i + k, &list[k]);
		put_changes(p, list, many);
		n_batch[batches++] = many;
		arena_free(&p->arena);
		if (batches < 40 && i + many < n)
			continue;
		pour(p, &tally, n_batch, batches);
		batches = 0;
		if (i + many < n)
			hello(p);
	}
	print_tally(&tally);
	free(list);
}

/* Honest ones, none of which has seen another. */
static void one_head(struct peer *p, size_t i, struct change *c)
{
	static const struct row row = {.ledger = OWN, .path = DRAFT, .to = "note: x\n"};
	make_change(p, &row, c);
	c->subject = arena_printf(&p->arena, "one of many: %zu", i);
	c->heads.n = 0;
	sign(p, c, p->key);
}

static void heads_flood(struct peer *p)
{
	flood(p, p->count ? p->count : 2000, one_head);
}

/* Each on top of the one before it, which is stored here first. */
static void one_tiny(struct peer *p, size_t i, struct change *c)
{
	const struct row row = {
	    .ledger = OWN, .path = DRAFT, .to = arena_printf(&p->arena, "values:\n  TT01: '%zu'\n", i)};
	struct tx *tx;
	struct oid id;
	bool known;
	struct err err = {0};
	make_change(p, &row, c);
	c->subject = "tiny";
	sign(p, c, p->key);
	if (tx_begin(p->store, &tx, &err) ||
	    tx_receive(tx, c, key_public(p->key), NULL, NULL, &id, &known, &err) || tx_commit(tx, &err))
		die("tiny", &err);
	tx_destroy(tx);
}

static void tiny_flood(struct peer *p)
{
	flood(p, p->count ? p->count : 500, one_tiny);
}

/* A realm of one's own: units below oneself, all of which go from one to another. */
static void one_realm(struct peer *p, size_t i, struct change *c)
{
	static const struct row row = {.ledger = "directives/11383", .path = "units/1.yaml", .to = "x"};
	struct tx *tx;
	struct oid id;
	bool known;
	struct err err = {0};
	make_change(p, &row, c);
	c->subject = "realm";
	c->n_records = 256;
	for (size_t k = 0; k < c->n_records; k++) {
		size_t n = 100000 + i / 2 * 256 + k;
		const char *text =
		    i % 2
			? arena_printf(&p->arena, "from: '11383'\nto: '%zu'\n", n == 100000 ? n + 1 : 100000)
			: arena_printf(&p->arena, "code: '%zu'\nname: realm\nlevel: commune\nrank: '%zu'\n",
			      n, n == 100000 ? (size_t)4 : 5);
		c->records[k] = (struct change_record){
		    arena_printf(&p->arena, i % 2 ? "moves/%zu.yaml" : "units/%zu.yaml", n), text,
		    strlen(text)};
	}
	sign(p, c, p->key);
	if (tx_begin(p->store, &tx, &err) ||
	    tx_receive(tx, c, key_public(p->key), NULL, NULL, &id, &known, &err) || tx_commit(tx, &err))
		die("realm", &err);
	tx_destroy(tx);
}

static void realm(struct peer *p)
{
	flood(p, p->count ? p->count : 4, one_realm);
}

/* Under the key that was suspended, which lies beside the new one: siblings, so that each could be held. */
static struct key *old_key;
static void one_held(struct peer *p, size_t i, struct change *c)
{
	const struct row row = {
	    .ledger = OWN, .path = DRAFT, .to = arena_printf(&p->arena, "note: HOSTILE %zu\n", i)};
	make_change(p, &row, c);
	c->grant = p->other_grant;
	c->body = p->extra;
	sign(p, c, old_key);
	if (!p->extra) { /* the others say that they set the first aside */
		char hex[OID_HEX + 1];
		oid_hex(&c->id, hex);
		printf("first %s\n", hex);
		snprintf(p->aside, sizeof p->aside, "Sets-aside: %s", hex);
		p->extra = p->aside;
	}
}

static void held_flood(struct peer *p)
{
	struct err err = {0};
	char *path = arena_printf(&p->arena, "%s/key.old", p->dir);
	if (key_load(path, &old_key, &err))
		die(path, &err);
	flood(p, p->count ? p->count : 1000, one_held);
	key_free(old_key);
}

/* ---- an earlier session, once more ---- */

static int replay_one(void *ctx, const struct change *c, struct err *err)
{
	struct peer *p = ctx;
	struct change *all = p->replayed;
	(void)err;
	if (strcmp(c->unit, p->config.unit) == 0 && p->n_replayed < 100)
		return store_change(p->store, OWN, &c->id, &p->arena, &all[p->n_replayed++], err);
	return 0;
}

/* All that this unit ever wrote, as it was said when it was new. */
static void replay(struct peer *p)
{
	struct err err = {0};
	p->replayed = arena_alloc(&p->arena, 100 * sizeof *p->replayed);
	hello(p);
	if (store_walk(p->store, OWN, false, replay_one, p, &err) || p->n_replayed == 0)
		die("nothing to replay", &err);
	put_changes(p, p->replayed, p->n_replayed);
	ask(p);
}

/* ---- whatever it is sent, it refuses ---- */

static void refuse_all(struct peer *p)
{
	struct frame_hello m = {.peer = {p->config.unit, p->config.station, {0}, SYNC_VERSION}};
	struct frame_have none = {.flags = FRAME_HAVE_WANTED};
	sys_random(m.peer.instance, sizeof m.peer.instance);
	frame_put_hello(&p->out, &m);
	frame_put_have(&p->out, &none);
	ask(p);
	p->refuse = true;
	p->number++; /* no answer ends it: the far end is to give all that it has */
	p->in_vain = true;
}

static void refuse_batch(struct peer *p, const unsigned char *payload, size_t len)
{
	size_t n = len > 1 ? payload[1] & 127 : 0;
	if (len > 2 && payload[1] & 128)
		n |= (size_t)payload[2] << 7;
	struct frame_exception *all = arena_alloc(&p->arena, (n + 1) * sizeof *all);
	for (size_t i = 0; i < n; i++)
		all[i] = (struct frame_exception){i, FRAME_REFUSED, "form", "", "", "HOSTILE refusal"};
	struct buf out = {0};
	const struct frame_ack m = {.batches = 1, .exceptions = all, .n = n};
	frame_put_ack(&out, &m);
	net_line_send(p->line, out.data, out.len);
	buf_free(&out);
	printf("refuses all %zu that it is sent\n", n);
}

#endif

/*
 * The digest of all heads, and what the peer's tells: what has come of changes that were on their way when a line was cut
 * is a beginning of them, so a few digests tried find it, where a have would cost a flight and some hundred bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "sync/inside.h"
#include "sync/wire.h"

#define GUESSES 128 /* changes that it is looked for among */

bool sync_counts(const struct book_ledger *l)
{
	return (l->shared || (l->met && l->accepted)) && !l->declined_here && !l->declined_there;
}

static void put_heads(struct buf *all, const struct book_ledger *l, const struct oids *heads)
{
	if (!sync_counts(l) || heads->n == 0)
		return;
	wire_put_string(all, l->name);
	wire_put_number(all, heads->n);
	for (size_t i = 0; i < heads->n; i++)
		wire_put_oid(all, &heads->items[i]);
}

static void finish(struct buf *all, unsigned char out[SYNC_DIGEST_SIZE])
{
	unsigned char hash[HASH_SIZE];
	hash_sha256(buf_str(all), all->len, hash);
	memcpy(out, hash, SYNC_DIGEST_SIZE);
	buf_free(all);
}

void sync_digest(struct sync *s, unsigned char out[SYNC_DIGEST_SIZE])
{
	if (s->digest_old) {
		struct buf all = {0};
		for (size_t i = 0; i < s->book.n; i++)
			put_heads(&all, s->book.ledgers[i], &s->book.ledgers[i]->heads);
		finish(&all, s->digest);
		s->digest_old = false;
	}
	memcpy(out, s->digest, SYNC_DIGEST_SIZE);
}

bool sync_digest_is(struct sync *s, const unsigned char digest[SYNC_DIGEST_SIZE])
{
	unsigned char own[SYNC_DIGEST_SIZE];
	sync_digest(s, own);
	return memcmp(own, digest, SYNC_DIGEST_SIZE) == 0;
}

/* ---- what has come ---- */

/* `known` of every ledger, with as much of what is not known to have come as is supposed to have. */
struct guess {
	struct sync *s;
	const unsigned char *digest; /* the peer's */
	struct oids *heads; /* by ledger of the book */
	unsigned left;
};

static bool is_right(const struct guess *g)
{
	struct buf all = {0};
	unsigned char digest[SYNC_DIGEST_SIZE];
	for (size_t i = 0; i < g->s->book.n; i++) {
		oids_sort(&g->heads[i]);
		put_heads(&all, g->s->book.ledgers[i], &g->heads[i]);
	}
	finish(&all, digest);
	return memcmp(digest, g->digest, SYNC_DIGEST_SIZE) == 0;
}

bool digest_may_tell(const struct book_ledger *l)
{
	return l->unsure && !l->asked && !l->fresh && !l->doubted && l->shared;
}

static bool try_ledger(struct guess *g, const struct book_ledger *l, struct oids *heads)
{
	const struct sync_world *world = &g->s->world;
	struct oids ids = {0};
	struct arena arena = {0};
	struct change c = {0};
	struct err err = {0};
	bool right = false;
	world->between(world->ctx, l->name, &l->known, &ids);
	for (size_t i = 0; i < ids.n && !right && g->left; i++, g->left--) {
		if (world->change(world->ctx, l->name, &ids.items[i], &arena, &c, &err) != 0)
			break;
		book_saw(heads, &ids.items[i], &c.heads);
		arena_free(&arena);
		right = is_right(g);
	}
	oids_free(&ids);
	return right;
}

static bool try_all(struct guess *g)
{
	const struct book *b = &g->s->book;
	bool right = is_right(g);
	for (size_t k = 0; k < b->n_order && !right; k++)
		for (size_t i = 0; i < b->n && !right; i++)
			if (b->ledgers[i] == b->order[k] && digest_may_tell(b->order[k]))
				right = try_ledger(g, b->order[k], &g->heads[i]);
	return right;
}

bool digest_may_tell_any(const struct sync *s)
{
	for (size_t i = 0; i < s->book.n; i++)
		if (digest_may_tell(s->book.ledgers[i]))
			return true;
	return false;
}

void digest_heard(struct sync *s, const unsigned char digest[SYNC_DIGEST_SIZE])
{
	struct guess g = {.s = s, .digest = digest, .left = GUESSES};
	s->digest_heard = true;
	if (!s->book.acquainted || !digest_may_tell_any(s))
		return;
	g.heads = mem_alloc(s->book.n * sizeof *g.heads);
	for (size_t i = 0; i < s->book.n; i++)
		oids_copy(&g.heads[i], &s->book.ledgers[i]->known);
	bool right = try_all(&g);
	for (size_t i = 0; i < s->book.n; i++) {
		struct book_ledger *l = s->book.ledgers[i];
		if (right && digest_may_tell(l)) {
			book_set(&l->known, &g.heads[i]);
			book_set(&l->sent, &l->known);
			l->unsure = l->clean = false;
			s->memory_old = true;
		}
		oids_free(&g.heads[i]);
	}
	free(g.heads);
}

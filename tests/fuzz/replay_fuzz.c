/* room: sync */
/* Any bytes as a batch, twice in one session. What can be read must, coded again and read again, be the same. */
#include <assert.h>
#include <string.h>

#include "sync/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool old_text(void *ctx, const char *ledger, const struct oid *id, const char *path, struct buf *out)
{
	(void)ctx;
	(void)ledger;
	(void)path;
	if (id->b[0] & 1)
		buf_puts(out, "state: doing\npercent: '40'\n");
	return id->b[0] & 1;
}

static bool short_ok(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx;
	(void)ledger;
	return id->b[0] & 2 && id->b[4] == 0;
}

static bool find(void *ctx, const char *ledger, const unsigned char prefix[REPLAY_PREFIX], struct oid *out)
{
	(void)ctx;
	(void)ledger;
	memset(out, 0, sizeof *out);
	memcpy(out->b, prefix, REPLAY_PREFIX);
	return prefix[0] & 2;
}

static bool has(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx;
	(void)ledger;
	return id->b[0] != 0;
}

static const struct replay_io io = {NULL, old_text, short_ok, find, has};

static void same_text(const char *a, const char *b)
{
	assert(a && b ? strcmp(a, b) == 0 : a == b);
}

static void same_change(const struct change *a, const struct change *b)
{
	same_text(a->ledger, b->ledger);
	same_text(a->unit, b->unit);
	same_text(a->station, b->station);
	same_text(a->agency, b->agency);
	same_text(a->subject, b->subject);
	same_text(a->body, b->body);
	assert(a->time == b->time && a->rank == b->rank && a->rule == b->rule && a->claim == b->claim);
	assert(oid_eq(&a->grant, &b->grant) && a->n_settles == b->n_settles && a->n_records == b->n_records);
	assert(memcmp(a->signature, b->signature, sizeof a->signature) == 0);
	for (size_t i = 0; i < a->n_records; i++) {
		same_text(a->records[i].path, b->records[i].path);
		same_text(a->records[i].text, b->records[i].text);
	}
}

/* Give every change an id, and the heads that stood for positions. */
static void settle_heads(struct replay_batch *batch, struct arena *arena)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct change *c = &batch->changes[i].change;
		struct oids heads = {
		    arena_alloc(arena, (c->heads.n + batch->changes[i].n_earlier + 1) * sizeof(struct oid)),
		    0};
		for (size_t k = 0; k < c->heads.n; k++)
			heads.items[heads.n++] = c->heads.items[k];
		for (size_t k = 0; k < batch->changes[i].n_earlier; k++)
			heads.items[heads.n++] = batch->changes[batch->changes[i].earlier[k]].change.id;
		c->heads = heads;
		memset(&c->id, 0xEE, sizeof c->id);
		c->id.b[10] = (unsigned char)i;
	}
}

static void again(struct replay_batch *batch, struct arena *arena)
{
	struct replay_session *one = replay_session_new(), *other = replay_session_new();
	struct change *changes = arena_alloc(arena, batch->n * sizeof *changes);
	struct buf bytes = {0};
	struct replay_batch second;
	struct err err = {0};
	settle_heads(batch, arena);
	for (size_t i = 0; i < batch->n; i++) {
		changes[i] = batch->changes[i].change;
		if (replay_check(&changes[i], &err))
			goto out;
	}
	replay_encode(one, &io, changes, batch->n, &bytes);
	int rc = replay_decode(other, &io, bytes.data, bytes.len, arena, &second, &err);
	assert(rc == 0 && second.n == batch->n && !second.lost);
	for (size_t i = 0; i < second.n; i++)
		same_change(&changes[i], &second.changes[i].change);
out:
	buf_free(&bytes);
	replay_session_free(one);
	replay_session_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay_session *rs = replay_session_new();
	for (int i = 0; i < 2; i++) {
		struct arena arena = {0};
		struct err err = {0};
		struct replay_batch batch;
		if (replay_decode(rs, &io, data, size, &arena, &batch, &err) == 0 && !batch.lost)
			again(&batch, &arena);
		arena_free(&arena);
	}
	replay_session_free(rs);
	return 0;
}

/* room: sync */
/* One end of a line against any bytes. The first byte says which end, and how its driver judges what it is given; then
 * come a hello and whatever the input holds, in pieces. It must neither crash nor hang, nor speak without end. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sync/frame.h"
#include "sync/sync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct oid ids[3] = {{{1, 2, 3, 4, 5}}, {{9, 8, 7, 6, 5}}, {{0x55, 1, 1}}};
static const char *const text = "state: doing\npercent: '40'\n";

static void shared(void *ctx, struct strs *out)
{
	(void)ctx;
	strs_add(out, "directives/31");
	strs_add(out, "reports/11383");
}

static bool accepts(void *ctx, const char *ledger)
{
	(void)ctx;
	return strlen(ledger) > 2;
}

static void heads(void *ctx, const char *ledger, struct oids *out)
{
	(void)ctx;
	if (strcmp(ledger, "reports/11383") == 0)
		oids_add(out, &ids[2]);
}

static void between(void *ctx, const char *ledger, const struct oids *have, struct oids *out)
{
	(void)ctx;
	for (int i = 0; i < 3 && strcmp(ledger, "reports/11383") == 0; i++)
		if (!oids_has(have, &ids[i]) && !oids_has(have, &ids[2]))
			oids_add(out, &ids[i]);
}

static bool has(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx;
	(void)ledger;
	return oid_eq(id, &ids[0]) || oid_eq(id, &ids[1]) || oid_eq(id, &ids[2]);
}

static int change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	(void)ctx;
	(void)err;
	struct change_record *r = arena_alloc(arena, sizeof *r);
	*r = (struct change_record){"progress/31/p/t.yaml", text, strlen(text)};
	*out = (struct change){.ledger = ledger,
	    .id = *id,
	    .unit = "11383",
	    .rank = 3,
	    .rule = 1,
	    .claim = CLAIM_NONE,
	    .subject = "task set",
	    .records = r,
	    .n_records = 1,
	    .time = 1782000000};
	if (!oid_eq(id, &ids[0])) {
		out->heads.items = arena_alloc(arena, sizeof *out->heads.items);
		out->heads.items[0] = oid_eq(id, &ids[1]) ? ids[0] : ids[1];
		out->heads.n = 1;
	}
	return 0;
}

static bool old_text(void *ctx, const char *ledger, const struct oid *id, const char *path, struct buf *out)
{
	(void)path;
	if (!has(ctx, ledger, id))
		return false;
	buf_puts(out, text);
	return true;
}

/* One attachment is wanted, one may be had. */
static bool want(void *ctx, size_t i, struct sync_blob *out)
{
	(void)ctx;
	*out = (struct sync_blob){.id = {1}, .size = 50000, .have = 7};
	return i == 0;
}

static unsigned stand(void *ctx, const unsigned char id[SYNC_BLOB_ID])
{
	(void)ctx;
	return id[0] & 15;
}

static bool unsure(void *ctx, size_t i, unsigned char id[SYNC_BLOB_ID])
{
	(void)ctx;
	memset(id, (int)i, SYNC_BLOB_ID);
	return i < 2;
}

static bool blob_size(void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t *size)
{
	(void)ctx;
	*size = 300;
	return id[0] == 2;
}

static bool blob_read(
    void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t offset, size_t len, struct buf *out)
{
	static const char bytes[300];
	(void)ctx;
	assert(id[0] == 2 && len <= sizeof bytes && offset <= sizeof bytes - len);
	buf_add(out, bytes + offset, len);
	return true;
}

static bool room(void *ctx)
{
	(void)ctx;
	return true;
}

static void answer(struct sync *s, const struct sync_action *a, uint8_t how)
{
	struct sync_result *results = mem_alloc(a->n * sizeof *results);
	struct err err = {0};
	err_set(&err, ERR_REFUSED, "no");
	for (size_t i = 0; i < a->n; i++) {
		const struct sync_received *r = &a->changes[i];
		for (size_t k = 0; k < r->n_earlier; k++)
			assert(r->earlier[k] < i);
		for (size_t k = 0; k < r->change.n_records; k++)
			assert(strlen(r->change.records[k].path) > 0);
		assert(r->change.unit && r->change.subject);
		results[i] = (struct sync_result){(enum sync_status)((how + i) & 3), ids[i % 3], &err};
	}
	sync_stored(s, results, a->n, 5);
	free(results);
}

static bool run(struct sync *s, uint8_t how, size_t *spoken)
{
	const struct sync_action *a;
	unsigned n = 0;
	while ((a = sync_next(s)) != NULL) {
		assert(++n < 100000);
		if (a->kind == SYNC_DO_SEND)
			*spoken += a->len;
		if (a->kind == SYNC_DO_STORE)
			answer(s, a, how);
		if (a->kind == SYNC_DO_PIECE) {
			assert(a->len && a->piece.have + a->len <= 50000);
			sync_piece_kept(s, !(how & 1), 5);
		}
		if (a->kind == SYNC_DO_CLOSE)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct sync_world world = {NULL, shared, accepts, heads, between, has, change, old_text, NULL, NULL};
	const struct sync_blobs blobs = {NULL, want, blob_size, blob_read, room, stand, unsure};
	struct sync_options o = {
	    .role = data[0] & 1 ? SYNC_DIALER : SYNC_LISTENER, .unit = "31", .blobs = &blobs};
	uint8_t how = data[0] >> 1, piece = data[1];
	struct buf hello = {0};
	size_t spoken = 0;
	struct frame_hello m = {.peer = {"11383", "", {7}, 1}, .features = FRAME_PARTS};
	if (how & 64) { /* the rest is the memory of the peer */
		o.memory = data + 2;
		o.memory_len = size - 2;
	}
	struct sync *s = sync_open(&world, &o, 0);
	frame_put_hello(&hello, &m);
	sync_receive(s, hello.data, hello.len, 1);
	bool open = run(s, how, &spoken);
	for (size_t at = 2; open && at < size;) {
		size_t n = size - at < (size_t)piece + 1 ? size - at : (size_t)piece + 1;
		sync_receive(s, data + at, n, 2);
		open = run(s, how, &spoken);
		at += n;
	}
	sync_tick(s, 100000);
	run(s, how, &spoken);
	assert(spoken < 100000 + 4000 * size);
	sync_free(s);
	buf_free(&hello);
	return 0;
}

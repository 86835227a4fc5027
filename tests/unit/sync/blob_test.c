/* Attachments on the line: in pieces, cut anywhere and gone on with, behind all else, only what may be had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sync/frame.h"
#include "sync/sync.h"
#include "sync/wire.h"

#define BLOBS 4

/* One end: files by number, what is here of each, what it wants, what it gives. */
struct end {
	struct sync *sync;
	unsigned char *bytes[BLOBS];
	size_t have[BLOBS], size[BLOBS];
	bool wants[BLOBS], gives[BLOBS];
	struct buf outbox;
	size_t kept; /* bytes that came */
	struct err closed;
	bool stuck; /* its queue is full */
	unsigned stand[BLOBS], told[BLOBS]; /* besides being here; what the other end said of its own */
	bool unsure;
};

static struct end up, down;
static unsigned dice_state;

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * 1103515245 + 12345;
	return (dice_state >> 16) % sides;
}

static void name_of(size_t i, unsigned char id[SYNC_BLOB_ID])
{
	memset(id, (int)(0x40 + i), SYNC_BLOB_ID);
}

static size_t number_of(const unsigned char *id)
{
	return id[0] >= 0x40 && id[0] < 0x40 + BLOBS ? (size_t)id[0] - 0x40 : BLOBS;
}

static bool b_want(void *ctx, size_t i, struct sync_blob *out)
{
	const struct end *e = ctx;
	for (size_t k = 0; k < BLOBS; k++)
		if (e->wants[k] && e->have[k] < e->size[k] && i-- == 0) {
			name_of(k, out->id);
			out->size = e->size[k];
			out->have = e->have[k];
			return true;
		}
	return false;
}

static bool b_size(void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t *size)
{
	const struct end *e = ctx;
	size_t k = number_of(id);
	if (k == BLOBS || !e->gives[k] || e->have[k] < e->size[k])
		return false;
	*size = e->size[k];
	return true;
}

static bool b_read(
    void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t offset, size_t len, struct buf *out)
{
	const struct end *e = ctx;
	size_t k = number_of(id);
	assert_true(k < BLOBS && len <= SYNC_PIECE_MAX && offset + len <= e->size[k]);
	buf_add(out, e->bytes[k] + offset, len);
	return true;
}

static bool b_room(void *ctx)
{
	return !((const struct end *)ctx)->stuck;
}

static unsigned b_stand(void *ctx, const unsigned char id[SYNC_BLOB_ID])
{
	const struct end *e = ctx;
	size_t k = number_of(id);
	if (k == BLOBS)
		return 0;
	return e->stand[k] | (e->have[k] == e->size[k] ? SYNC_BLOB_HERE : 0);
}

static bool b_unsure(void *ctx, size_t i, unsigned char id[SYNC_BLOB_ID])
{
	const struct end *e = ctx;
	for (size_t k = 0; e->unsure && k < BLOBS; k++)
		if (e->have[k] == e->size[k] && !(e->told[k] & SYNC_BLOB_HERE) && i-- == 0) {
			name_of(k, id);
			return true;
		}
	return false;
}

static void w_shared(void *ctx, struct strs *out)
{
	(void)ctx, (void)out;
}

static bool w_accepts(void *ctx, const char *ledger)
{
	(void)ctx, (void)ledger;
	return false;
}

static void act(struct end *e, int64_t now)
{
	const struct sync_action *a;
	while (e->sync && (a = sync_next(e->sync)) != NULL) {
		if (a->kind == SYNC_DO_SEND) {
			buf_add(&e->outbox, a->bytes, a->len);
		} else if (a->kind == SYNC_DO_PIECE) {
			size_t k = number_of(a->piece.id);
			assert_true(k < BLOBS && a->piece.have == e->have[k]);
			assert_true(e->have[k] + a->len <= e->size[k]);
			memcpy(e->bytes[k] + e->have[k], a->bytes, a->len);
			e->have[k] += a->len;
			e->kept += a->len;
			sync_piece_kept(e->sync, true, now);
		} else if (a->kind == SYNC_DO_STAND) {
			if (number_of(a->piece.id) < BLOBS)
				e->told[number_of(a->piece.id)] = a->stand;
		} else if (a->kind == SYNC_DO_CLOSE) {
			e->closed = a->err;
		}
	}
}

static void open_end(struct end *e, enum sync_role role, const char *unit, bool blobs, int64_t now)
{
	struct sync_world world = {.ctx = e, .shared = w_shared, .accepts = w_accepts};
	const struct sync_blobs all = {e, b_want, b_size, b_read, b_room, b_stand, b_unsure};
	struct sync_options o = {.role = role, .unit = unit, .blobs = blobs ? &all : NULL};
	o.instance[0] = (unsigned char)*unit;
	sync_free(e->sync);
	buf_cut(&e->outbox, 0);
	ERR_CLEAR(&e->closed);
	e->sync = sync_open(&world, &o, now);
}

static void meet(int64_t now)
{
	open_end(&down, SYNC_DIALER, "11383", true, now);
	open_end(&up, SYNC_LISTENER, "31", true, now);
}

/* Carry up to `most` bytes from one end to the other. */
static size_t carry(struct end *from, struct end *to, size_t most, int64_t now)
{
	struct buf rest = {0};
	size_t n = from->outbox.len < most ? from->outbox.len : most;
	if (n == 0)
		return 0;
	sync_receive(to->sync, from->outbox.data, n, now);
	buf_add(&rest, from->outbox.data + n, from->outbox.len - n);
	buf_free(&from->outbox);
	from->outbox = rest;
	return n;
}

/* Until nobody says anything, or so many bytes went; how many went. */
static size_t talk(size_t most, int64_t *now, int64_t ms)
{
	size_t sum = 0, n;
	do {
		act(&up, *now);
		act(&down, *now);
		size_t piece = most - sum < 5000 ? most - sum : 1 + dice(5000);
		n = carry(&down, &up, piece, *now);
		act(&up, *now);
		n += carry(&up, &down, most - sum - n < piece ? most - sum - n : piece, *now);
		act(&down, *now);
		*now += ms;
		sum += n;
		if (n == 0 && sync_next_tick(up.sync) <= *now) {
			sync_tick(up.sync, *now);
			n = 1;
		}
	} while (n && sum < most && !up.closed.code && !down.closed.code);
	return sum;
}

static int begin(void **state)
{
	(void)state;
	dice_state = 7;
	for (size_t k = 0; k < BLOBS; k++) {
		size_t size = 100000 + 70000 * k;
		up.size[k] = down.size[k] = size;
		up.bytes[k] = mem_alloc(size);
		down.bytes[k] = mem_alloc(size);
		for (size_t i = 0; i < size; i++)
			down.bytes[k][i] = (unsigned char)dice(256);
		down.have[k] = size;
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	struct end *const ends[] = {&up, &down};
	for (size_t i = 0; i < 2; i++) {
		sync_free(ends[i]->sync);
		buf_free(&ends[i]->outbox);
		for (size_t k = 0; k < BLOBS; k++)
			free(ends[i]->bytes[k]);
		*ends[i] = (struct end){0};
	}
	return 0;
}

static void whole(size_t k)
{
	assert_int_equal(up.have[k], up.size[k]);
	assert_true(memcmp(up.bytes[k], down.bytes[k], up.size[k]) == 0);
}

static void comes_whole(void **state)
{
	int64_t now = 0;
	(void)state;
	up.wants[0] = up.wants[1] = down.gives[0] = down.gives[1] = true;
	meet(now);
	size_t went = talk(SIZE_MAX, &now, 10);
	whole(0);
	whole(1);
	assert_int_equal(up.have[2], 0);
	assert_true(went < (up.size[0] + up.size[1]) * 101 / 100 + 1000);
}

/* Cut anywhere, as often as one likes: what came is never sent again, and what was on its way is little. */
static void cuts(void **state)
{
	int64_t now = 0;
	(void)state;
	for (size_t k = 0; k < BLOBS; k++)
		up.wants[k] = down.gives[k] = true;
	size_t went = 0, all = 0, n_cuts = 0;
	for (size_t k = 0; k < BLOBS; k++)
		all += up.size[k];
	while (up.kept < all) {
		meet(now);
		went += talk(200 + dice(60000), &now, 10);
		n_cuts++;
		assert_true(n_cuts < 1000);
	}
	for (size_t k = 0; k < BLOBS; k++)
		whole(k);
	assert_int_equal(up.kept, all);
	assert_true(went < all * 102 / 100 + n_cuts * 25000);
}

/* What may not be had looks as if it were not there; when it is there it is said. */
static void absent(void **state)
{
	int64_t now = 0;
	(void)state;
	up.wants[0] = up.wants[1] = down.gives[1] = true;
	meet(now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(up.have[0], 0);
	whole(1);
	down.gives[0] = true;
	assert_int_equal(talk(SIZE_MAX, &now, 10), 0);
	sync_local(down.sync, now);
	talk(SIZE_MAX, &now, 10);
	whole(0);
}

static void not_wanted_any_more(void **state)
{
	int64_t now = 0;
	(void)state;
	up.wants[0] = up.wants[1] = down.gives[0] = down.gives[1] = true;
	meet(now);
	talk(40000, &now, 10);
	size_t had = up.have[0];
	assert_true(had > 0 && had < up.size[0]);
	up.wants[0] = false;
	sync_local(up.sync, now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(up.have[0], had);
	whole(1);
}

/* Who gave one learns that it has arrived. */
static void arrival_is_told(void **state)
{
	int64_t now = 0;
	(void)state;
	up.wants[0] = down.gives[0] = down.gives[1] = true;
	meet(now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(down.told[0], SYNC_BLOB_HERE);
	assert_int_equal(down.told[1], 0);
}

/* Once a line, and of those alone of which it is not known. */
static void questions(void **state)
{
	int64_t now = 0;
	(void)state;
	down.unsure = true;
	down.told[3] = SYNC_BLOB_HERE;
	up.have[0] = up.size[0];
	up.stand[1] = SYNC_BLOB_ON_DEMAND;
	up.stand[2] = SYNC_BLOB_TOO_LONG;
	up.stand[3] = SYNC_BLOB_ON_DEMAND;
	meet(now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(down.told[0], SYNC_BLOB_HERE);
	assert_int_equal(down.told[1], SYNC_BLOB_ON_DEMAND);
	assert_int_equal(down.told[2], SYNC_BLOB_TOO_LONG);
	assert_int_equal(down.told[3], SYNC_BLOB_HERE);
	sync_local(down.sync, now);
	assert_int_equal(talk(SIZE_MAX, &now, 10), 0);
	meet(now);
	size_t went = talk(SIZE_MAX, &now, 10);
	assert_true(went > 2 * 2 * 36 && went < 4 * 2 * 36);
}

/* What is not here, but is fetched from elsewhere: the asker knows. */
static void from_elsewhere(void **state)
{
	int64_t now = 0;
	(void)state;
	down.have[0] = 0;
	down.stand[0] = SYNC_BLOB_ASKED;
	up.wants[0] = down.gives[0] = true;
	meet(now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(up.told[0], SYNC_BLOB_ASKED);
	down.have[0] = down.size[0];
	sync_local(down.sync, now);
	talk(SIZE_MAX, &now, 10);
	whole(0);
}

/* On a slow line little is asked for at once. */
static void slow(void **state)
{
	int64_t now = 0;
	size_t most = 0;
	(void)state;
	up.wants[3] = down.gives[3] = true;
	meet(now);
	for (int i = 0; i < 400 && up.have[3] < up.size[3]; i++) {
		act(&up, now);
		act(&down, now);
		carry(&up, &down, SIZE_MAX, now);
		act(&down, now);
		if (down.outbox.len > most)
			most = down.outbox.len;
		now += 1000;
		carry(&down, &up, 4000, now); /* 32 kbit/s */
	}
	whole(3);
	assert_true(most < 13000);
}

static void queue_full(void **state)
{
	int64_t now = 0;
	(void)state;
	up.wants[0] = down.gives[0] = down.stuck = true;
	meet(now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(up.have[0], 0);
	down.stuck = false;
	assert_true(sync_next_tick(down.sync) <= now + 100);
	sync_tick(down.sync, now + 100);
	talk(SIZE_MAX, &now, 10);
	assert_true(up.have[0] > 0);
}

/* An end without attachments answers, and asks for nothing. */
static void without(void **state)
{
	int64_t now = 0;
	(void)state;
	up.wants[0] = down.wants[1] = true;
	up.have[1] = up.size[1];
	down.have[1] = 0;
	open_end(&down, SYNC_DIALER, "11383", false, now);
	open_end(&up, SYNC_LISTENER, "31", true, now);
	talk(SIZE_MAX, &now, 10);
	assert_int_equal(up.have[0] + down.have[1], 0);
	assert_int_equal(up.closed.code, 0);
	assert_int_equal(down.closed.code, 0);
}

static void say(struct end *to, unsigned type, const struct buf *payload, int64_t now)
{
	struct buf frame = {0};
	frame_put(&frame, (enum frame_type)type, payload);
	sync_receive(to->sync, frame.data, frame.len, now);
	buf_free(&frame);
	act(to, now);
}

static void put_range(struct buf *p, size_t k, uint64_t at, uint64_t len)
{
	unsigned char id[SYNC_BLOB_ID];
	name_of(k, id);
	buf_cut(p, 0);
	buf_add(p, id, sizeof id);
	wire_put_number(p, at);
	wire_put_number(p, len);
}

static void hostile(void **state)
{
	int64_t now = 0;
	struct buf p = {0};
	(void)state;
	down.gives[0] = true;
	meet(now);
	talk(SIZE_MAX, &now, 10);
	/* Past the end, and around it. */
	put_range(&p, 0, UINT64_MAX / 4, 100);
	say(&down, FRAME_WANT, &p, now);
	put_range(&p, 0, down.size[0] - 1, 1000);
	say(&down, FRAME_WANT, &p, now);
	assert_int_equal(down.closed.code, 0);
	/* A piece that nobody asked for is nothing. */
	put_range(&p, 1, 0, 7);
	say(&down, FRAME_PIECE, &p, now);
	assert_int_equal(down.closed.code, 0);
	put_range(&p, 0, 0, 100000000);
	say(&down, FRAME_WANT, &p, now);
	assert_int_equal(down.closed.code, ERR_PEER);
	meet(now);
	talk(SIZE_MAX, &now, 10);
	down.stuck = true;
	for (int i = 0; i < 65; i++) {
		put_range(&p, 0, 0, 100);
		say(&down, FRAME_WANT, &p, now);
	}
	assert_int_equal(down.closed.code, ERR_PEER);
	const unsigned types[] = {FRAME_WANT, FRAME_PIECE, FRAME_NOTICE};
	for (size_t i = 0; i < 3; i++) {
		meet(now);
		talk(SIZE_MAX, &now, 10);
		buf_cut(&p, 0);
		buf_add(&p, "short", 5);
		say(&down, types[i], &p, now);
		assert_int_equal(down.closed.code, ERR_PEER);
	}
	buf_free(&p);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {TEST(comes_whole), TEST(cuts), TEST(absent),
	    TEST(not_wanted_any_more), TEST(arrival_is_told), TEST(questions), TEST(from_elsewhere),
	    TEST(slow), TEST(queue_full), TEST(without), TEST(hostile)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

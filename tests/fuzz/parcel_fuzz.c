/* room: sync */
/* Any bytes as the inside of a parcel, in two portions, and as what is kept of its writer; what is kept and can be read
 * must read the same once printed. */
#include <assert.h>
#include <string.h>

#include "sync/parcel_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void shared(void *ctx, struct strs *out)
{
	(void)ctx, (void)out;
}

static bool accepts(void *ctx, const char *ledger)
{
	(void)ctx;
	return ledger[0] != 'x';
}

static bool has(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx, (void)ledger;
	return id->b[0] != 0;
}

static bool text(void *ctx, const char *ledger, const struct oid *id, const char *path, struct buf *out)
{
	(void)ctx, (void)ledger, (void)path;
	if (id->b[0] & 1)
		buf_puts(out, "state: doing\npercent: '40'\n");
	return id->b[0] & 1;
}

static void as_parcel(const uint8_t *data, size_t size)
{
	const struct sync_world world = {.shared = shared, .accepts = accepts, .has = has, .text = text};
	struct parcel_reader *r = parcel_reader_new(&world);
	struct book known = {0};
	struct err err = {0};
	int rc = 0;
	for (int half = 0; half < 2 && rc == 0; half++) {
		struct parcel_item item = {.event = PARCEL_CHANGES};
		parcel_reader_add(r, data + (half ? size / 2 : 0), half ? size - size / 2 : size / 2);
		while (rc == 0 && item.event != PARCEL_WAITS) {
			rc = parcel_reader_next(r, &item, &err);
			assert(rc || item.event == PARCEL_WAITS || item.event == PARCEL_ENDS ||
			       item.event == PARCEL_PIECE || item.n);
			assert(rc || item.event != PARCEL_PIECE ||
			       (item.piece.len && item.piece.len <= SYNC_PIECE_MAX));
		}
	}
	size_t n;
	assert(parcel_reader_refusals(r, &n) || n == 0);
	assert(parcel_reader_stands(r, &n) || n == 0);
	if (parcel_reader_learn(r, &known))
		assert(parcel_reader_peer(r) && known.has_instance);
	book_free(&known);
	parcel_reader_free(r);
}

static void as_note(const uint8_t *data, size_t size)
{
	struct parcel_note note, again;
	struct buf first = {0}, second = {0};
	parcel_note_read(&note, data, size);
	parcel_note_print(&note, &first);
	parcel_note_read(&again, first.data, first.len);
	parcel_note_print(&again, &second);
	assert(again.number == note.number && again.n_refusals == note.n_refusals);
	assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	parcel_note_free(&note);
	parcel_note_free(&again);
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_parcel(data, size);
	as_note(data, size);
	return 0;
}

/* Parcels between two nodes in memory. */
#include "world.h"

#include "base/sys.h"
#include "sync/parcel_note.h"

#define DOWN "directives/31"
#define UP "reports/11383"

static struct node city, ward;

static int begin(void **state)
{
	(void)state;
	city = (struct node){.unit = "31", .instance = "city 1"};
	ward = (struct node){.unit = "11383", .instance = "ward 1"};
	share(&city, &ward, DOWN);
	share(&city, &ward, UP);
	return 0;
}

static int end(void **state)
{
	(void)state;
	node_free(&city);
	node_free(&ward);
	return 0;
}

static struct sync_world world_of(struct node *n)
{
	return (struct sync_world){
	    n, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, NULL, NULL};
}

static struct parcel_written put(struct node *from, const struct book *known, size_t max,
    const struct sync_refusal *refusal, struct buf *out)
{
	struct sync_world world = world_of(from);
	struct parcel_options o = {.unit = from->unit,
	    .known = {known},
	    .bytes_max = max,
	    .refusals = refusal,
	    .n_refusals = refusal != NULL};
	struct parcel_written written;
	memcpy(o.instance, from->instance, sizeof o.instance);
	parcel_write(&world, &o, out, &written);
	strs_free(&written.ledgers);
	return written;
}

struct got {
	size_t stored, known, parked, refused, lost, declined;
	bool ended, more;
	struct err err;
};

static void store(struct node *to, const struct parcel_item *item, struct got *g)
{
	struct sync_result *results = mem_alloc(item->n * sizeof *results);
	for (size_t i = 0; i < item->n; i++) {
		struct err err = {0};
		results[i].status = judge(to, &item->changes[i], results, &results[i].id, &err);
		g->stored += results[i].status == SYNC_STORED;
		g->known += results[i].status == SYNC_KNOWN;
		g->parked += results[i].status == SYNC_PARKED;
		g->refused += results[i].status == SYNC_REFUSED;
	}
	free(results);
}

/* Read bytes in portions of `step`; learn what their writer has. */
static struct got take(struct node *to, const void *bytes, size_t len, size_t step, struct book *known)
{
	struct sync_world world = world_of(to);
	struct parcel_reader *r = parcel_reader_new(&world);
	struct got g = {0};
	struct parcel_item item;
	int rc = 0;
	for (size_t at = 0; rc == 0 && !g.ended; at += step) {
		if (at < len)
			parcel_reader_add(r, (const char *)bytes + at, len - at < step ? len - at : step);
		while ((rc = parcel_reader_next(r, &item, &g.err)) == 0 && item.event != PARCEL_WAITS &&
		       !g.ended) {
			if (item.event == PARCEL_CHANGES)
				store(to, &item, &g);
			g.lost += item.event == PARCEL_LOST ? item.n : 0;
			g.declined += item.event == PARCEL_DECLINED ? item.n : 0;
			g.ended = item.event == PARCEL_ENDS;
			g.more = item.more;
		}
		if (at >= len)
			break;
	}
	if (known)
		parcel_reader_learn(r, known);
	parcel_reader_free(r);
	return g;
}

static void write_some(struct node *n, const char *ledger, unsigned count)
{
	char path[40], text[4096];
	for (unsigned i = 0; i < count; i++) {
		size_t len = 0;
		snprintf(path, sizeof path, "plans/p/tasks/%u.yaml", i);
		for (unsigned k = 0; k < 60; k++)
			len += (size_t)snprintf(
			    text + len, sizeof text - len, "%x ", (i + 1) * 2654435761u * (k + 7));
		node_write(n, ledger, "some words", path, text, NULL, NULL);
	}
}

/* Down, up with the acknowledgement, down again with the rest only. */
static void by_stick_both_ways(void **state)
{
	struct buf first = {0}, up = {0}, second = {0}, full = {0};
	struct book at_city = {0}, at_ward = {0};
	(void)state;
	write_some(&city, DOWN, 20);
	assert_int_equal(put(&city, NULL, 0, NULL, &first).changes, 20);
	struct got g = take(&ward, first.data, first.len, 7, &at_ward);
	assert_int_equal(g.stored, 20);
	assert_true(g.ended && !g.more);
	node_write(&ward, UP, "a report", "reports/p/6.yaml", "TT01: '5'\n", NULL, NULL);
	assert_int_equal(put(&ward, &at_ward, 0, NULL, &up).changes, 1);
	g = take(&city, up.data, up.len, 4096, &at_city);
	assert_int_equal(g.stored, 1);
	node_write(&city, DOWN, "more", "plans/p/tasks/0.yaml", "state: done\n", NULL, NULL);
	assert_int_equal(put(&city, &at_city, 0, NULL, &second).changes, 1);
	assert_int_equal(put(&city, NULL, 0, NULL, &full).changes, 22);
	assert_true(second.len < 400);
	assert_true(full.len > 10 * second.len);
	/* Any order, any number of times. */
	g = take(&ward, second.data, second.len, 1, NULL);
	assert_int_equal(g.stored, 1);
	g = take(&ward, first.data, first.len, 4096, NULL);
	assert_int_equal(g.known, 20);
	assert_int_equal(g.stored + g.lost + g.parked, 0);
	g = take(&ward, full.data, full.len, 4096, NULL);
	assert_int_equal(g.known, 22);
	buf_free(&first);
	buf_free(&up);
	buf_free(&second);
	buf_free(&full);
	book_free(&at_city);
	book_free(&at_ward);
}

/* Wherever it is cut, what came before is stored, and the whole one brings the rest. */
static void cut_anywhere(void **state)
{
	struct buf bytes = {0};
	size_t most = 0;
	(void)state;
	write_some(&city, DOWN, 30);
	put(&city, NULL, 0, NULL, &bytes);
	for (size_t len = 0; len < bytes.len; len += 97) {
		struct got g = take(&ward, bytes.data, len, 512, NULL);
		assert_int_equal(g.err.code, 0);
		assert_false(g.ended);
		assert_int_equal(g.lost + g.parked, 0);
		most = g.stored + g.known;
	}
	assert_true(most > 20);
	struct got g = take(&ward, bytes.data, bytes.len, 512, NULL);
	assert_int_equal(g.stored + g.known, 30);
	assert_true(g.ended);
	buf_free(&bytes);
}

/* What rests on something that is not here is named, and holds nothing else up. */
static void lost_by_ledger(void **state)
{
	struct buf first = {0}, up = {0}, second = {0};
	struct book at_city = {0};
	(void)state;
	write_some(&city, DOWN, 3);
	node_write(&city, UP, "a receipt", "receipts/p/6.yaml", "late: 'no'\n", NULL, NULL);
	put(&city, NULL, 0, NULL, &first);
	take(&ward, first.data, first.len, 4096, NULL);
	put(&ward, NULL, 0, NULL, &up);
	take(&city, up.data, up.len, 4096, &at_city);
	write_some(&city, DOWN, 30);
	node_write(&city, UP, "another", "receipts/p/7.yaml", "late: 'no'\n", NULL, NULL);
	node_forget(&ward, DOWN); /* put back from an older copy */
	assert_int_equal(put(&city, &at_city, 0, NULL, &second).changes, 31);
	struct got g = take(&ward, second.data, second.len, 4096, NULL);
	assert_int_equal(g.lost, 30);
	assert_int_equal(g.stored, 1);
	buf_free(&first);
	buf_free(&up);
	buf_free(&second);
	book_free(&at_city);
}

static void what_is_not_taken(void **state)
{
	struct buf bytes = {0};
	(void)state;
	write_some(&city, DOWN, 2);
	strs_add(&city.shared, "reports/11050");
	node_write(&city, "reports/11050", "a neighbour's", "reports/p/6.yaml", "TT01: '5'\n", NULL, NULL);
	node_write(&city, UP, "forged", "reports/p/6.yaml", "TT01: '5'\n", NULL, NULL);
	strs_add(&ward.refuses, "forged");
	put(&city, NULL, 0, NULL, &bytes);
	struct got g = take(&ward, bytes.data, bytes.len, 4096, NULL);
	assert_int_equal(g.stored, 2);
	assert_int_equal(g.declined, 1);
	assert_int_equal(g.refused, 1);
	assert_true(g.ended);
	buf_free(&bytes);
}

/* More than fits goes with the next, when this one is confirmed. */
static void more_than_fits(void **state)
{
	struct buf bytes = {0};
	struct book at_city = {0};
	unsigned rounds = 0;
	(void)state;
	write_some(&city, DOWN, 40);
	for (bool more = true; more; rounds++) {
		buf_cut(&bytes, 0);
		struct parcel_written w = put(&city, &at_city, 6000, NULL, &bytes);
		more = w.more;
		assert_true(w.changes > 0 && bytes.len < 12000);
		struct got g = take(&ward, bytes.data, bytes.len, 4096, NULL);
		assert_int_equal(g.stored, w.changes);
		assert_int_equal(g.more, more);
		buf_cut(&bytes, 0);
		put(&ward, NULL, 0, NULL, &bytes);
		take(&city, bytes.data, bytes.len, 4096, &at_city);
		assert_true(rounds < 20);
	}
	assert_true(rounds > 1);
	buf_free(&bytes);
	book_free(&at_city);
}

/* What is said of the ward's refused change, and what is kept of the ward. */
static void refusals_and_notes(void **state)
{
	struct sync_refusal r = {
	    UP, {{1, 2}}, "right", "reports/p/6.yaml", "values.TT01", "may not write this"};
	struct parcel_note note = {.number = 12, .heard = 1782900000}, again;
	struct buf bytes = {0}, kept = {0};
	struct sync_world world = world_of(&ward);
	struct parcel_item item;
	struct err err = {0};
	size_t n;
	(void)state;
	put(&city, NULL, 0, &r, &bytes);
	struct parcel_reader *reader = parcel_reader_new(&world);
	parcel_reader_add(reader, bytes.data, bytes.len);
	assert_int_equal(parcel_reader_next(reader, &item, &err), 0);
	assert_int_equal(item.event, PARCEL_ENDS);
	const struct sync_refusal *got = parcel_reader_refusals(reader, &n);
	assert_int_equal(n, 1);
	assert_true(oid_eq(&got->id, &r.id));
	assert_string_equal(got->sentence, r.sentence);
	assert_string_equal(parcel_reader_peer(reader)->unit, "31");
	parcel_note_refuse(&note, got);
	parcel_reader_free(reader);
	for (int i = 0; i < 100; i++)
		parcel_note_refuse(&note, &r);
	assert_int_equal(note.n_refusals, PARCEL_REFUSALS_MAX);
	struct book_ledger *l = book_at(&note.known, DOWN);
	note.known.has_instance = true;
	l->fresh = false;
	oids_add(&l->known, &r.id);
	parcel_note_print(&note, &kept);
	parcel_note_read(&again, kept.data, kept.len);
	assert_int_equal(again.number, 12);
	assert_int_equal(again.heard, 1782900000);
	assert_int_equal(again.n_refusals, PARCEL_REFUSALS_MAX);
	assert_true(oids_has(&book_find(&again.known, DOWN)->known, &r.id));
	parcel_note_free(&again);
	for (size_t len = 0; len < kept.len; len += 13) {
		parcel_note_read(&again, kept.data, len);
		parcel_note_free(&again);
	}
	parcel_note_free(&note);
	buf_free(&bytes);
	buf_free(&kept);
}

/* A parcel of another instance of the ward: what was known of the one before does not count. */
static void another_instance(void **state)
{
	struct buf bytes = {0};
	struct book known = {0};
	(void)state;
	write_some(&city, DOWN, 2);
	put(&city, NULL, 0, NULL, &bytes);
	take(&ward, bytes.data, bytes.len, 4096, NULL);
	buf_cut(&bytes, 0);
	put(&ward, NULL, 0, NULL, &bytes);
	take(&city, bytes.data, bytes.len, 4096, &known);
	assert_int_equal(book_find(&known, DOWN)->known.n, 1);
	node_forget(&ward, NULL);
	memcpy(ward.instance, "ward 2", 7);
	buf_cut(&bytes, 0);
	put(&ward, NULL, 0, NULL, &bytes);
	take(&city, bytes.data, bytes.len, 4096, &known);
	assert_null(book_find(&known, DOWN));
	buf_free(&bytes);
	book_free(&known);
}

static void nonsense(void **state)
{
	static const char *const bad[] = {"\x02\x02x", "\xff\xff\xff\xff\x7f", "\x01\x21", "\x00"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct got g = take(&ward, bad[i], strlen(bad[i]) + 1, 1, NULL);
		assert_int_equal(g.err.code, ERR_PEER);
	}
}

/* What stands in the parcel of the first day (registry/cover_test.c opens it). The world here signs otherwise, so only its form
 * is read: nothing is stored, and what builds on it is lost. */
static void golden(void **state)
{
	struct sync_world world = world_of(&ward);
	struct parcel_reader *r = parcel_reader_new(&world);
	struct parcel_item item;
	struct buf inside = {0};
	struct err err = {0};
	size_t changes = 0, lost = 0;
	(void)state;
	assert_int_equal(sys_read_file("schema/vectors/parcel/inside.bin", 1 << 20, &inside, &err), 0);
	parcel_reader_add(r, inside.data, inside.len);
	do {
		assert_int_equal(parcel_reader_next(r, &item, &err), 0);
		changes += item.event == PARCEL_CHANGES ? item.n : 0;
		lost += item.event == PARCEL_LOST ? item.n : 0;
		if (item.event == PARCEL_CHANGES) {
			assert_string_equal(item.ledger, DOWN);
			assert_string_equal(item.changes[0].change.unit, "31");
			assert_true(item.changes[item.n - 1].change.n_records > 0);
		}
	} while (item.event != PARCEL_ENDS && item.event != PARCEL_WAITS);
	assert_int_equal(item.event, PARCEL_ENDS);
	assert_true(changes > 0 && lost > 0);
	assert_int_equal(changes + lost, 42);
	assert_string_equal(parcel_reader_peer(r)->unit, "31");
	parcel_reader_free(r);
	buf_free(&inside);
}

/* Appended behind the changes: pieces as long as was said before, in order, whatever could not be read. */
static void attachments(void **state)
{
	struct buf bytes = {0};
	struct sync_world world = world_of(&ward);
	struct parcel_stand told = {.id = {7}, .stand = SYNC_BLOB_TOO_LONG, .have = 12345};
	struct parcel_options o = {.unit = "31", .stands = &told, .n_stands = 1};
	struct sync_world from = world_of(&city);
	struct parcel_written written;
	static unsigned char content[40000];
	struct parcel_item item;
	struct err err = {0};
	size_t n, changes = 0, pieces = 0;
	(void)state;
	write_some(&city, DOWN, 2);
	parcel_write(&from, &o, &bytes, &written);
	const size_t before = bytes.len;
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (unsigned char)(i * 7);
	for (uint64_t at = 100; at < sizeof content;) {
		struct parcel_piece p = {{9}, at, content + at, parcel_piece_at(at, sizeof content)};
		if (at == 100 + SYNC_PIECE_MAX)
			p.bytes = NULL;
		parcel_put_piece(&bytes, &p);
		at += p.len;
	}
	assert_int_equal(bytes.len - before, parcel_pieces_size(100, sizeof content));
	struct parcel_reader *r = parcel_reader_new(&world);
	bool ended = false;
	for (size_t at = 0; at < bytes.len; at += 1000) {
		parcel_reader_add(r, bytes.data + at, bytes.len - at < 1000 ? bytes.len - at : 1000);
		while (parcel_reader_next(r, &item, &err) == 0 && item.event != PARCEL_WAITS) {
			changes += item.event == PARCEL_CHANGES ? item.n : 0;
			ended |= item.event == PARCEL_ENDS;
			if (item.event != PARCEL_PIECE)
				continue;
			assert_true(ended && item.piece.id[0] == 9);
			assert_memory_equal(item.piece.bytes, content + item.piece.at, item.piece.len);
			pieces += item.piece.len;
		}
	}
	assert_int_equal(err.code, 0);
	assert_int_equal(changes, 2);
	assert_int_equal(pieces, sizeof content - 100 - SYNC_PIECE_MAX);
	const struct parcel_stand *stands = parcel_reader_stands(r, &n);
	assert_int_equal(n, 1);
	assert_int_equal(stands->have, 12345);
	assert_int_equal(stands->stand, SYNC_BLOB_TOO_LONG);
	assert_int_equal(stands->id[0], 7);
	parcel_reader_free(r);
	strs_free(&written.ledgers);
	buf_free(&bytes);
}

/* They claim more than is there, or more than a parcel may say. */
static void broken_attachments(void **state)
{
	static const char *const bad[] = {"\x05\x22\x7f"
					  "abc",
	    "\x06\x22\xff\xff\xff\x7f"
	    "a",
	    "\x03\x22\x01"
	    "a"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sync_world world = world_of(&ward);
		struct parcel_reader *r = parcel_reader_new(&world);
		struct buf bytes = {0};
		struct parcel_item item;
		struct err err = {0};
		put(&city, NULL, 0, NULL, &bytes);
		size_t hello = (size_t)(unsigned char)bytes.data[0] + 1;
		parcel_reader_add(r, bytes.data, hello);
		assert_int_equal(parcel_reader_next(r, &item, &err), 0);
		parcel_reader_add(r, bad[i], strlen(bad[i]));
		assert_int_equal(parcel_reader_next(r, &item, &err), ERR_PEER);
		parcel_reader_free(r);
		buf_free(&bytes);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {TEST(by_stick_both_ways), TEST(cut_anywhere), TEST(lost_by_ledger),
	    TEST(what_is_not_taken), TEST(more_than_fits), TEST(refusals_and_notes), TEST(another_instance),
	    TEST(nonsense), TEST(attachments), TEST(broken_attachments), TEST(golden)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

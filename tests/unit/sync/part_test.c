/* Long changes, which go in parts: what is urgent passes them, and a cut loses nothing that has come. */
#include "world.h"

#include "sync/frame.h"
#include "sync/wire.h"

#define REPORTS "reports/11383"
#define DIRECTIVES "directives/31"
#define PART_MOST (16384 + 64)

static struct node ward, city;
static unsigned dice_state;

static int begin(void **state)
{
	(void)state;
	dice_state = 7;
	ward = (struct node){.unit = "11383"};
	city = (struct node){.unit = "31"};
	ward.instance[0] = 1;
	city.instance[0] = 2;
	share(&ward, &city, REPORTS);
	share(&ward, &city, DIRECTIVES);
	return 0;
}

static int end(void **state)
{
	(void)state;
	node_free(&ward);
	node_free(&city);
	return 0;
}

/* Text that hardly shrinks. */
static char *noise(size_t len)
{
	char *text = mem_alloc(len + 1);
	for (size_t i = 0; i < len; i++) {
		dice_state = dice_state * 1103515245 + 12345;
		text[i] = (char)('!' + (dice_state >> 16) % 90);
	}
	return text;
}

static struct oid write_long(struct node *n, const char *ledger, const char *path, size_t len)
{
	char *text = noise(len);
	struct oid id = node_write(n, ledger, "long", path, text, NULL, NULL);
	free(text);
	return id;
}

static void meet(void)
{
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
}

/* Frames of this type that stand in what a node is about to send; *longest of any. */
static unsigned frames_in(const struct node *n, unsigned wanted, size_t *longest)
{
	unsigned found = 0;
	for (size_t at = 0; at < n->outbox.len;) {
		const unsigned char *p;
		size_t len, size;
		unsigned type;
		struct err err = {0};
		assert_int_equal(
		    frame_next(n->outbox.data + at, n->outbox.len - at, &type, &p, &len, &size, &err), 1);
		found += type == wanted;
		if (longest && size > *longest)
			*longest = size;
		at += size;
	}
	return found;
}

/* Carry at most so many bytes from one to the other. */
static size_t carry(struct node *from, struct node *to, size_t most, int64_t now)
{
	node_act(from, now);
	size_t n = from->outbox.len < most ? from->outbox.len : most;
	struct buf rest = {0};
	buf_add(&rest, from->outbox.data + n, from->outbox.len - n);
	sync_receive(to->sync, from->outbox.data, n, now);
	buf_free(&from->outbox);
	from->outbox = rest;
	node_act(to, now);
	return n;
}

/* Until nobody says anything, or the ward has said so many bytes; how many it has. */
static size_t speak_until(size_t most, int64_t *now)
{
	size_t sum = 0, n;
	do {
		n = carry(&ward, &city, most - sum < 2000 ? most - sum : 2000, *now);
		sum += n;
		n += carry(&city, &ward, SIZE_MAX, *now);
		*now += 100;
	} while (n && sum < most);
	return sum;
}

static void a_long_change_goes_in_parts(void **state)
{
	(void)state;
	size_t longest = 0;
	unsigned parts = 0;
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 60000);
	meet();
	int64_t now = 0;
	node_act(&ward, now);
	assert_int_equal(
	    frames_in(&ward, FRAME_PART, NULL), 0); /* before the other has said that it knows them */
	for (size_t n = 1; n;) {
		node_act(&ward, now);
		parts += frames_in(&ward, FRAME_PART, &longest);
		n = carry(&ward, &city, SIZE_MAX, now);
		n += carry(&city, &ward, SIZE_MAX, now);
		now += 100;
	}
	assert_true(parts > 4 && longest <= PART_MOST);
	assert_int_equal(city.stored, 1);
	assert_same(&ward, &city);
	assert_int_equal(ward.equal, 1);
	assert_int_equal(city.kept[0].bytes.len, 0);
}

static void a_directive_passes_between(void **state)
{
	(void)state;
	int64_t now = 0;
	write_long(&city, REPORTS, "reports/31/p/2026-06.yaml", 60000);
	meet();
	carry(&ward, &city, SIZE_MAX, now);
	while (city.outbox.len == 0 || !frames_in(&city, FRAME_PART, NULL)) {
		carry(&city, &ward, SIZE_MAX, now);
		carry(&ward, &city, SIZE_MAX, now);
	}
	write_long(&city, DIRECTIVES, "directives/D-1.yaml", 9000);
	size_t before = city.sent, waiting = city.outbox.len;
	sync_local(city.sync, now);
	while (!entry_of(&ward, DIRECTIVES, &ledger_of(&city, DIRECTIVES, false)->entries[0]->c.id)) {
		assert_true(carry(&city, &ward, 1500, now += 300) > 0);
		carry(&ward, &city, SIZE_MAX, now);
	}
	assert_int_equal(ward.stored, 1);
	assert_true(city.sent - before < 9000 + waiting + 8192 + 1000);
	converse(&ward, &city, now);
	assert_int_equal(ward.stored, 2);
	assert_same(&ward, &city);
}

static void what_is_built_on_it_comes_after_it(void **state)
{
	(void)state;
	write_long(&ward, REPORTS, "reports/31/p/2026-05.yaml", 30000);
	meet();
	int64_t now = 0;
	carry(&ward, &city, SIZE_MAX, now);
	carry(&city, &ward, SIZE_MAX, now);
	node_write(&ward, REPORTS, "short", "progress/31/p/T1.yaml", "state: done\n", NULL, NULL);
	sync_local(ward.sync, now);
	node_act(&ward, now);
	assert_int_equal(frames_in(&ward, FRAME_CHANGES, NULL), 0);
	converse(&ward, &city, now);
	assert_int_equal(city.stored, 2);
	assert_int_equal(city.known, 0);
	assert_same(&ward, &city);
}

static void an_older_peer_gets_it_whole(void **state)
{
	(void)state;
	struct frame_hello old = {.peer = {"31", "", "INSTANCE", 1}};
	struct buf hello = {0};
	size_t longest = 0;
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 30000);
	node_open(&ward, SYNC_DIALER, 0);
	node_act(&ward, 0);
	buf_cut(&ward.outbox, 0);
	frame_put_hello(&hello, &old);
	sync_receive(ward.sync, hello.data, hello.len, 0);
	buf_cut(&hello, 0);
	frame_put_have(&hello, &(struct frame_have){0});
	sync_receive(ward.sync, hello.data, hello.len, 0);
	node_act(&ward, 0);
	assert_int_equal(frames_in(&ward, FRAME_PART, NULL), 0);
	assert_int_equal(frames_in(&ward, FRAME_CHANGES, &longest), 1);
	assert_true(longest > 20000);
	buf_free(&hello);
}

/* Cut again and again: each line goes on where the one before it stopped. */
static void a_cut_loses_only_what_was_on_its_way(void **state)
{
	(void)state;
	int64_t now = 0;
	size_t sum = 0;
	unsigned lines = 0;
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 400000);
	while (city.stored == 0) {
		meet();
		sum += speak_until(30000, &now);
		assert_true(++lines < 30);
	}
	speak_until(SIZE_MAX, &now);
	assert_same(&ward, &city);
	assert_true(lines > 8);
	assert_true(sum < 400000);
	print_message("%u lines, %zu bytes\n", lines, sum);
}

static void what_was_kept_and_is_damaged_begins_anew(void **state)
{
	(void)state;
	int64_t now = 0;
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 60000);
	meet();
	speak_until(30000, &now);
	assert_true(city.kept[0].bytes.len > 10000);
	city.kept[0].bytes.data[5000] ^= 1;
	meet();
	speak_until(SIZE_MAX, &now);
	assert_int_equal(city.closed.code, 0);
	assert_int_equal(ward.closed.code, 0);
	assert_int_equal(city.stored, 1);
	assert_same(&ward, &city);
}

static void another_change_takes_the_place_of_what_was_kept(void **state)
{
	(void)state;
	int64_t now = 0;
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 60000);
	meet();
	speak_until(30000, &now);
	node_forget(&ward, REPORTS);
	write_long(&ward, REPORTS, "reports/31/p/2026-07.yaml", 50000);
	meet();
	speak_until(SIZE_MAX, &now);
	assert_int_equal(city.stored, 1);
	assert_int_equal(city.kept[0].bytes.len, 0);
	assert_same(&ward, &city);
}

/* What it says comes by another way before all of it has come by this one. */
static void what_has_come_by_another_way_is_not_sent_on(void **state)
{
	(void)state;
	int64_t now = 0;
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 200000);
	meet();
	size_t sum = speak_until(30000, &now);
	add_entry(&city, &ledger_of(&ward, REPORTS, false)->entries[0]->c);
	sync_request(city.sync, 5, now);
	sum += speak_until(SIZE_MAX, &now);
	assert_same(&ward, &city);
	assert_int_equal(city.token, 5);
	print_message("%zu bytes\n", sum);
	assert_true(sum < 110000);
}

static void a_refused_one_is_refused(void **state)
{
	(void)state;
	int64_t now = 0;
	strs_add(&city.refuses, "long");
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 20000);
	meet();
	speak_until(SIZE_MAX, &now);
	assert_int_equal(ward.refusals, 1);
	assert_int_equal(city.kept[0].bytes.len, 0);
}

static void one_that_rests_on_what_is_lost_comes_later(void **state)
{
	(void)state;
	int64_t now = 0;
	node_write(&ward, REPORTS, "short", "progress/31/p/T1.yaml", "state: done\n", NULL, NULL);
	meet();
	speak_until(SIZE_MAX, &now);
	node_forget(&city, REPORTS);
	write_long(&ward, REPORTS, "reports/31/p/2026-06.yaml", 20000);
	meet();
	speak_until(SIZE_MAX, &now);
	assert_int_equal(ledger_of(&city, REPORTS, false)->n, 2);
	assert_same(&ward, &city);
}

/* ---- a peer that breaks the rules ---- */

static void say(const struct frame_part *m, int expected)
{
	struct buf b = {0};
	frame_put_part(&b, m);
	sync_receive(city.sync, b.data, b.len, 0);
	node_act(&city, 0);
	assert_int_equal(city.closed.code, expected);
	buf_free(&b);
}

static void met(void)
{
	struct frame_hello m = {.peer = {"11383", "", "instance", 1}, .features = FRAME_PARTS};
	struct buf b = {0};
	node_open(&city, SYNC_LISTENER, 0);
	frame_put_hello(&b, &m);
	sync_receive(city.sync, b.data, b.len, 0);
	node_act(&city, 0);
	buf_free(&b);
}

static const unsigned char bytes[200];

static void hostile(void **state)
{
	(void)state;
	const struct frame_part begins = {FRAME_PART_BEGIN, "abcdefghijk", 150, 0, bytes, 100};
	struct frame_part m = {0, "", 0, 0, bytes, 10};
	met();
	say(&m, ERR_PEER); /* of nothing */
	met();
	say(&begins, 0);
	m.len = 51;
	say(&m, ERR_PEER); /* more than was said */
	met();
	say(&begins, 0);
	m.flags = FRAME_PART_DIRECTIVES;
	say(&m, ERR_PEER); /* of the other kind */
	met();
	say(&begins, 0);
	say(&begins, 0); /* anew */
	struct frame_part on = begins;
	on.from = 100;
	on.len = 20;
	say(&on, 0); /* goes on where it was */
	on.from = 130;
	say(&on, ERR_PEER); /* where it was not */
	met();
	on.from = 100;
	on.digest[0] = 'z';
	say(&on, ERR_PEER); /* another one */
	met();
	m = begins;
	m.total = FRAME_BATCH_MAX + 1;
	say(&m, ERR_PEER); /* too long */
	met();
	m.total = m.from = 5;
	say(&m, ERR_PEER); /* nothing is left */
	met();
	m = begins;
	m.len = 0;
	say(&m, ERR_PEER); /* says nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	    T(a_long_change_goes_in_parts),
	    T(a_directive_passes_between),
	    T(what_is_built_on_it_comes_after_it),
	    T(an_older_peer_gets_it_whole),
	    T(a_cut_loses_only_what_was_on_its_way),
	    T(what_was_kept_and_is_damaged_begins_anew),
	    T(another_change_takes_the_place_of_what_was_kept),
	    T(what_has_come_by_another_way_is_not_sent_on),
	    T(a_refused_one_is_refused),
	    T(one_that_rests_on_what_is_lost_comes_later),
	    T(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

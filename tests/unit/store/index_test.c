/* The index of a ledger's history: nobody notices it but by what is not read, and no harm to it harms anything. */
#include "sites.h"

#include "base/sys.h"
#include "merge/history.h"

#define INDEX "tuyen/index-reports-11383"

static void write_some(struct world *w, int site, unsigned from, unsigned to)
{
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	for (unsigned i = from; i < to; i++) {
		char yaml[80];
		snprintf(yaml, sizeof yaml, "{state: draft, values: {TT%02u: '%u'}}", i % 7 + 1, i);
		assert_ok(kit_edit(tx, &w->w[i % 3], LEDGER, REPORT, yaml, &id, &err), err);
	}
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

static struct store *open_again(struct world *w, int site)
{
	struct err err = {0};
	char name[] = {(char)('a' + site), '.', 'g', 'i', 't', '\0'}, *path = kit_path(w->dir, name);
	store_close(w->s[site]);
	assert_ok(store_open(path, &w->s[site], &err), err);
	free(path);
	return w->s[site];
}

/* What is read of the objects until the history is there. */
static uint64_t reads(struct world *w, int site, size_t *n)
{
	struct err err = {0};
	struct history *h;
	struct store *s = open_again(w, site);
	assert_ok(store_history(s, LEDGER, &h, &err), err);
	*n = history_count(h);
	return store_reads(s);
}

/* The history as the objects have it, beside the one of the index. */
static void assert_true_to_objects(struct world *w, int site, size_t n)
{
	struct err err = {0};
	struct history *h, *own;
	struct oids tips = {0}, none = {0}, all = {0};
	struct store *s = open_again(w, site);
	assert_ok(store_history(s, LEDGER, &h, &err), err);
	assert_int_equal(history_count(h), n);
	char *path = kit_path(w->dir, "plain.git");
	char command[128];
	snprintf(command, sizeof command, "rm -rf plain.git; cp -r %c.git plain.git; rm -rf plain.git/" INDEX,
	    'a' + site);
	assert_int_equal(kit_run(w->dir, command), 0);
	struct store *plain;
	assert_ok(store_open(path, &plain, &err), err);
	assert_ok(store_history(plain, LEDGER, &own, &err), err);
	assert_int_equal(history_count(own), n);
	history_tips(own, &tips);
	history_between(own, &none, &tips, &all);
	assert_int_equal(all.n, n);
	for (size_t i = 0; i < all.n; i++)
		assert_true(history_same(h, own, &all.items[i]));
	store_close(plain);
	free(path);
	oids_free(&tips);
	oids_free(&all);
}

static void what_is_read_does_not_grow_with_the_history(void **state)
{
	struct world *w = *state;
	size_t few, many;
	write_some(w, 0, 0, 10);
	uint64_t at_first = reads(w, 0, &few);
	write_some(w, 0, 10, 300);
	uint64_t later = reads(w, 0, &many);
	assert_int_equal(few, 10);
	assert_int_equal(many, 300);
	assert_int_equal(later, at_first);
	assert_true(at_first <= 2);
	assert_true_to_objects(w, 0, 300);
}

/* Objects read at both ends to bring one change over, the stores being opened for it. */
static uint64_t reads_of_one(struct world *w, unsigned i)
{
	struct err err = {0};
	struct tx *tx;
	bool known;
	char yaml[80];
	snprintf(yaml, sizeof yaml, "{state: draft, note: 'n%u'}", i);
	struct oid id = kit_write(w->s[0], &w->w[1], LEDGER, REPORT, yaml);
	open_again(w, 0);
	open_again(w, 1);
	assert_ok(tx_begin(w->s[1], &tx, &err), err);
	assert_ok(pass(w, 0, tx, &id, true, &known, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	assert_same(w, 0, 1);
	return store_reads(w->s[0]) + store_reads(w->s[1]);
}

static void an_exchange_of_one_change_reads_as_little_as_ever(void **state)
{
	struct world *w = *state;
	write_some(w, 0, 0, 10);
	sync_one_way(w, 0, 1, false);
	uint64_t at_first = reads_of_one(w, 1);
	write_some(w, 0, 10, 200);
	sync_one_way(w, 0, 1, false);
	assert_int_equal(reads_of_one(w, 2), at_first);
}

/* Harmed, told nobody, and whole again after the next write. */
static void assert_survives(struct world *w, const char *harm, unsigned *n)
{
	size_t count;
	assert_int_equal(kit_run(w->dir, harm), 0);
	assert_true_to_objects(w, 0, *n);
	write_some(w, 0, *n, *n + 1);
	++*n;
	assert_true_to_objects(w, 0, *n);
	assert_true(reads(w, 0, &count) <= 2);
	assert_int_equal(count, *n);
}

static void no_harm_to_it_harms_anything(void **state)
{
	struct world *w = *state;
	static const char *const harms[] = {
	    "rm a.git/" INDEX,
	    ": >a.git/" INDEX,
	    "echo tuyen >a.git/" INDEX,
	    "printf 'tuyen index 2\\n' | dd of=a.git/" INDEX " conv=notrunc",
	    "printf x >>a.git/" INDEX,
	    "head -c 500 /dev/zero >>a.git/" INDEX,
	    "head -c 70 /dev/urandom | dd of=a.git/" INDEX " conv=notrunc seek=500 bs=1",
	    "truncate -s -3 a.git/" INDEX,
	    "truncate -s -700 a.git/" INDEX,
	    "cp a.git/tuyen/index-reports-11050 a.git/" INDEX,
	    "rm a.git/" INDEX " && mkfifo a.git/" INDEX,
	    "ln -sf /nowhere a.git/" INDEX,
	    "ln -sf /dev/zero a.git/" INDEX,
	    "printf '\\377\\377\\377\\177' >>a.git/" INDEX,
	};
	unsigned n = 40;
	write_some(w, 0, 0, n);
	kit_write(w->s[0], &w->w[0], "reports/11050", REPORT, "state: draft\n");
	for (size_t i = 0; i < sizeof harms / sizeof *harms; i++)
		assert_survives(w, harms[i], &n);
}

static void an_older_one_is_read_on(void **state)
{
	struct world *w = *state;
	unsigned n = 20;
	write_some(w, 0, 0, n);
	assert_int_equal(kit_run(w->dir, "cp a.git/" INDEX " old"), 0);
	write_some(w, 0, n, n + 5);
	n += 5;
	assert_survives(w, "cp old a.git/" INDEX, &n);
}

/* The ref was put back: what the index says beyond it is cut off. */
static void a_newer_one_is_cut_back(void **state)
{
	struct world *w = *state;
	size_t count;
	write_some(w, 0, 0, 20);
	struct oid before = tip(w->s[0]);
	char command[160], hex[OID_HEX + 1];
	oid_hex(&before, hex);
	kit_write(w->s[0], &w->w[1], LEDGER, REPORT, "{state: draft, note: gone-again}");
	snprintf(command, sizeof command, "git -C a.git update-ref refs/heads/" LEDGER " %s", hex);
	assert_int_equal(kit_run(w->dir, command), 0);
	assert_true_to_objects(w, 0, 20);
	assert_int_not_equal(kit_run(w->dir, "grep -q gone-again a.git/" INDEX), 0);
	assert_true(reads(w, 0, &count) <= 2);
}

static void of_a_bit_turned_anywhere_what_is_before_it_is_kept(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct buf whole = {0};
	char *path = kit_path(w->dir, "a.git/" INDEX);
	write_some(w, 0, 0, 6);
	assert_ok(sys_read_file(path, 1 << 20, &whole, &err), err);
	for (size_t at = 0; at < whole.len; at += 1 + at % 3) {
		size_t n;
		whole.data[at] ^= 0x10;
		assert_ok(sys_write_file(path, whole.data, whole.len, 0644, &err), err);
		whole.data[at] ^= 0x10;
		reads(w, 0, &n);
		assert_int_equal(n, 6);
	}
	assert_true_to_objects(w, 0, 6);
	buf_free(&whole);
	free(path);
}

/* Somebody reads while somebody else adds: each time all that was committed, from a file that only grows. */
static void readers_see_what_was_committed(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct store *reader;
	char *path = kit_path(w->dir, "a.git");
	write_some(w, 0, 0, 3);
	assert_ok(store_open(path, &reader, &err), err);
	for (unsigned n = 3; n < 40; n++) {
		struct history *h;
		struct store *fresh;
		write_some(w, 0, n, n + 1);
		assert_ok(store_history(reader, LEDGER, &h, &err), err);
		assert_int_equal(history_count(h), n + 1);
		assert_ok(store_open(path, &fresh, &err), err);
		assert_ok(store_history(fresh, LEDGER, &h, &err), err);
		assert_int_equal(history_count(h), n + 1);
		assert_true(store_reads(fresh) <= 2);
		store_rest(fresh);
		assert_ok(store_history(fresh, LEDGER, &h, &err), err);
		assert_int_equal(history_count(h), n + 1);
		store_close(fresh);
	}
	store_close(reader);
	free(path);
}

/* Two writers in turn, each with what it remembers of the file. */
static void two_stores_write_in_turn(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	char *path = kit_path(w->dir, "a.git");
	struct store *first = w->s[0], *second;
	assert_ok(store_open(path, &second, &err), err);
	for (unsigned n = 0; n < 20; n++) {
		w->s[0] = n % 3 ? second : first;
		write_some(w, 0, n, n + 1);
	}
	w->s[0] = first;
	store_close(second);
	assert_true_to_objects(w, 0, 20);
	free(path);
}

static void who_may_not_write_there_goes_on_without(void **state)
{
	struct world *w = *state;
	write_some(w, 0, 0, 3);
	assert_int_equal(kit_run(w->dir, "rm a.git/" INDEX " && mkdir a.git/" INDEX), 0);
	write_some(w, 0, 3, 6);
	assert_true_to_objects(w, 0, 6);
	assert_int_equal(kit_run(w->dir, "rmdir a.git/" INDEX), 0);
	write_some(w, 0, 6, 7);
	assert_true_to_objects(w, 0, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_read_does_not_grow_with_the_history),
	    TEST(an_exchange_of_one_change_reads_as_little_as_ever),
	    TEST(no_harm_to_it_harms_anything),
	    TEST(an_older_one_is_read_on),
	    TEST(a_newer_one_is_cut_back),
	    TEST(of_a_bit_turned_anywhere_what_is_before_it_is_kept),
	    TEST(readers_see_what_was_committed),
	    TEST(two_stores_write_in_turn),
	    TEST(who_may_not_write_there_goes_on_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

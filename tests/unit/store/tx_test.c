#include "store_kit.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "base/sys.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define NOTE "progress/31/hp.2026-06/1.yaml"

/* Counts what really happens: these stand before the C library's for libgit2, too. */
static unsigned syncs;

int fsync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
	syncs++;
	return (int)syscall(SYS_syncfs, fd);
}

struct world {
	char *dir;
	struct store *s;
	struct tx_writer ward, city;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	w->dir = kit_dir();
	w->s = kit_store(w->dir, "a.git");
	w->ward = kit_writer("11383", NULL, 3);
	w->city = kit_writer("31", NULL, 1);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	store_close(w->s);
	kit_remove(w->dir);
	kit_writer_free(&w->ward);
	kit_writer_free(&w->city);
	free(w);
	return 0;
}

static void what_is_written_is_read(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct strs paths = {0}, ledgers = {0};
	struct oids heads = {0};
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\nvalues: {TT01: '42'}\n");
	struct oid id = kit_write(w->s, &w->ward, LEDGER, NOTE, "state: doing\n");
	char *text = kit_read(w->s, LEDGER, REPORT);
	assert_string_equal(text, "state: draft\nvalues:\n  TT01: '42'\n");
	free(text);
	assert_ok(store_list(w->s, LEDGER, NULL, "", &paths, &err), err);
	assert_int_equal(paths.n, 2);
	assert_string_equal(paths.items[0], NOTE);
	strs_free(&paths);
	assert_ok(store_list(w->s, LEDGER, NULL, "reports/31/", &paths, &err), err);
	assert_int_equal(paths.n, 1);
	assert_ok(store_ledgers(w->s, &ledgers, &err), err);
	assert_int_equal(ledgers.n, 1);
	assert_string_equal(ledgers.items[0], LEDGER);
	assert_ok(store_ledger_heads(w->s, LEDGER, &heads, &err), err);
	assert_true(heads.n == 1 && oid_eq(&heads.items[0], &id));
	oids_free(&heads);
	strs_free(&paths);
	strs_free(&ledgers);
}

static void absent_things_are_told_apart(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct oid tip;
	struct buf out = {0};
	struct strs paths = {0};
	struct history *h;
	assert_int_equal(store_tip(w->s, LEDGER, &tip, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(store_tip(w->s, "reports/../x", &tip, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(store_tip(w->s, "reports/cong-an@11383", &tip, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_ok(store_list(w->s, LEDGER, NULL, "", &paths, &err), err);
	assert_int_equal(paths.n, 0);
	assert_ok(store_history(w->s, LEDGER, &h, &err), err);
	assert_int_equal(history_count(h), 0);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	assert_int_equal(store_read(w->s, LEDGER, NULL, NOTE, &out, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(store_read(w->s, LEDGER, NULL, "reports", &out, &err), ERR_NOT_FOUND);
}

static void writing_the_same_makes_no_change(void **state)
{
	struct world *w = *state;
	struct oid first = kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\nvalues: {TT01: '42'}\n"),
		   tip;
	struct oid second = kit_write(w->s, &w->ward, LEDGER, REPORT, "values: {TT01: '42'}\nstate: draft\n");
	struct err err = {0};
	assert_false(oid_is_zero(&first));
	assert_true(oid_is_zero(&second));
	assert_ok(store_tip(w->s, LEDGER, &tip, &err), err);
	assert_true(oid_eq(&tip, &first));
}

static void a_removed_record_is_gone(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	kit_write(w->s, &w->ward, LEDGER, REPORT, NULL);
	assert_null(kit_read(w->s, LEDGER, REPORT));
	assert_int_equal(kit_run(w->dir, "git -C a.git fsck --strict"), 0);
}

static void destroyed_transactions_leave_nothing(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oid before, id, tip;
	before = kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(kit_edit(tx, &w->ward, LEDGER, REPORT, "state: submitted\n", &id, &err), err);
	assert_ok(kit_edit(tx, &w->city, "directives/31", "units/11383.yaml",
		      "{code: '11383', name: Lê Chân, level: commune, rank: 3}", &id, &err),
	    err);
	tx_destroy(tx);
	assert_ok(store_tip(w->s, LEDGER, &tip, &err), err);
	assert_true(oid_eq(&tip, &before));
	assert_int_equal(store_tip(w->s, "directives/31", &tip, &err), ERR_NOT_FOUND);
	/* And the next change stands on what is there. */
	struct arena arena = {0};
	struct change c;
	ERR_CLEAR(&err);
	id = kit_write(w->s, &w->ward, LEDGER, NOTE, "state: doing\n");
	assert_ok(store_change(w->s, LEDGER, &id, &arena, &c, &err), err);
	assert_true(oid_eq(&c.parent, &before));
	arena_free(&arena);
	tx_destroy(NULL);
}

static void a_batch_is_one_transaction(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	assert_ok(tx_begin(w->s, &tx, &err), err);
	for (int i = 0; i < 10; i++) {
		char path[64];
		snprintf(path, sizeof path, "progress/31/hp.2026-06/%d.yaml", i);
		assert_ok(kit_edit(tx, &w->ward, LEDGER, path, "state: doing\n", &id, &err), err);
	}
	syncs = 0;
	assert_ok(tx_commit(tx, &err), err);
	assert_int_equal(syncs, 3);
	assert_int_equal(tx_syncs(tx), syncs);
	assert_int_equal(tx_moved(tx)->n, 1);
	assert_string_equal(tx_moved(tx)->items[0], LEDGER);
	tx_destroy(tx);
	struct history *h;
	assert_ok(store_history(w->s, LEDGER, &h, &err), err);
	assert_int_equal(history_count(h), 11);
}

static void syncs_are_counted_as_they_are(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(kit_edit(tx, &w->ward, LEDGER, REPORT, "state: draft\n", &id, &err), err);
	assert_ok(kit_edit(tx, &w->ward, "reports/31", REPORT, "state: draft\n", &id, &err), err);
	syncs = 0;
	assert_ok(tx_commit(tx, &err), err);
	assert_int_equal(tx_syncs(tx), syncs);
	tx_destroy(tx);
	assert_ok(tx_begin(w->s, &tx, &err), err);
	syncs = 0;
	assert_ok(tx_commit(tx, &err), err);
	assert_int_equal(syncs, 0);
	assert_int_equal(tx_syncs(tx), 0);
	tx_destroy(tx);
}

static void mad_clocks_do_not_count(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	static const struct {
		int64_t now, time;
	} steps[] = {{0, 1577836800}, {KIT_NOW, KIT_NOW}, {KIT_NOW - 5, KIT_NOW},
	    {INT64_C(99999999999), KIT_NOW}, {-7, KIT_NOW}, {KIT_NOW + 9, KIT_NOW + 9}};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char yaml[64];
		snprintf(yaml, sizeof yaml, "{state: draft, values: {TT01: '%zu'}}", i + 1);
		w->ward.now = steps[i].now;
		struct oid id = kit_write(w->s, &w->ward, LEDGER, REPORT, yaml);
		assert_ok(store_change(w->s, LEDGER, &id, &arena, &c, &err), err);
		assert_int_equal(c.time, steps[i].time);
	}
	arena_free(&arena);
}

static void stale_locks_and_litter_do_not_stop_a_writer(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	store_close(w->s);
	assert_int_equal(
	    kit_run(w->dir, "cd a.git && : >refs/heads/reports/11383.lock && : >HEAD.lock && "
			    ": >refs/heads/reports/11050 && echo x >objects/tmp_object_git2_1234 && "
			    ": >objects/aa/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	    0);
	struct err err = {0};
	char *path = kit_path(w->dir, "a.git");
	assert_ok(store_open(path, &w->s, &err), err);
	free(path);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: submitted\n");
	kit_write(w->s, &w->ward, "reports/11050", REPORT, "state: draft\n");
	assert_int_equal(
	    kit_run(w->dir, "cd a.git && ! find . -name '*.lock' -not -name tuyen.lock | grep . && "
			    "! find . -name 'tmp_object*' | grep . && git fsck --strict"),
	    0);
	/* A lock that appears while the store is open is as stale under the flock. */
	assert_int_equal(kit_run(w->dir, ": >a.git/refs/heads/reports/11383.lock"), 0);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
}

/* An error is told while nothing can be seen yet, HEAD's included. */
static void what_fails_is_not_seen(void **state)
{
	struct world *w = *state;
	struct err err = {0}, absent = {0};
	struct tx *tx;
	struct oid id, tip;
	assert_ok(tx_begin(w->s, &tx, &err), err);
	assert_ok(kit_edit(tx, &w->ward, LEDGER, REPORT, "state: draft\n", &id, &err), err);
	assert_int_equal(kit_run(w->dir, "mkdir a.git/HEAD.lock"), 0);
	assert_int_not_equal(tx_commit(tx, &err), 0);
	tx_destroy(tx);
	assert_int_equal(store_tip(w->s, LEDGER, &tip, &absent), ERR_NOT_FOUND);
	assert_int_equal(kit_run(w->dir, "rmdir a.git/HEAD.lock"), 0);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: submitted\n");
	assert_int_equal(kit_run(w->dir, "git -C a.git rev-parse --verify HEAD"), 0);
}

static void a_second_writer_gets_its_turn(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	int fd;
	char *path = kit_path(w->dir, "a.git/tuyen.lock");
	assert_ok(sys_lock(path, 0, &fd, &err), err);
	pid_t child = fork();
	if (child == 0) {
		close(fd); /* the child's copy of the open file: the lock stays with the parent's */
		struct tx *tx;
		char *store = kit_path(w->dir, "a.git");
		struct store *s;
		if (store_open(store, &s, &err) || tx_begin(s, &tx, &err))
			_exit(1);
		_exit(0);
	}
	/* It gets its turn as soon as the lock is free. */
	sys_unlock(fd);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(path);
}

static void readers_follow_a_writer(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct store *reader;
	struct history *h;
	char *path = kit_path(w->dir, "a.git");
	assert_ok(store_open(path, &reader, &err), err);
	free(path);
	for (int i = 1; i <= 5; i++) {
		char yaml[64];
		snprintf(yaml, sizeof yaml, "{state: draft, values: {TT01: '%d'}}", i);
		kit_write(w->s, &w->ward, LEDGER, REPORT, yaml);
		assert_ok(store_history(reader, LEDGER, &h, &err), err);
		assert_int_equal(history_count(h), i);
		char *a = kit_read(w->s, LEDGER, REPORT), *b = kit_read(reader, LEDGER, REPORT);
		assert_string_equal(a, b);
		free(a);
		free(b);
	}
	store_close(reader);
}

static int reads_whole_states(struct store *s)
{
	char *a = kit_read(s, LEDGER, REPORT);
	int good = !a || strncmp(a, "state: draft\n", 13) == 0;
	free(a);
	return good;
}

/* Another process reads all the while: never an error, never a torn state. */
static void a_reader_beside_a_writer(void **state)
{
	struct world *w = *state;
	char *path = kit_path(w->dir, "a.git");
	int stop[2];
	assert_int_equal(pipe(stop), 0);
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	pid_t child = fork();
	if (child == 0) {
		struct err err = {0};
		struct store *s;
		char c;
		close(stop[1]);
		fcntl(stop[0], F_SETFL, O_NONBLOCK);
		if (store_open(path, &s, &err))
			_exit(1);
		while (read(stop[0], &c, 1) < 0)
			if (!reads_whole_states(s))
				_exit(2);
		_exit(0);
	}
	close(stop[0]);
	for (int i = 1; i <= 30; i++) {
		char yaml[64];
		snprintf(yaml, sizeof yaml, "{state: draft, values: {TT01: '%d'}}", i);
		kit_write(w->s, &w->ward, LEDGER, REPORT, yaml);
	}
	close(stop[1]);
	int status;
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(path);
}

static void what_cannot_stand_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	struct change_record odd[] = {
	    {"reports/31/hp.2026-06/2026-06.txt", "state: draft\n", 13},
	    {REPORT, "state:   draft\n", 15},
	    {"units/1.yaml", "state: draft\n", 13},
	    {"../x", "{}\n", 3},
	};
	assert_ok(tx_begin(w->s, &tx, &err), err);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct change edits = {.ledger = LEDGER,
		    .subject = "x",
		    .claim = CLAIM_NONE,
		    .records = &odd[i],
		    .n_records = 1};
		ERR_CLEAR(&err);
		assert_int_equal(tx_write(tx, &w->ward, &edits, &id, &err), ERR_REFUSED);
		assert_string_equal(err.rule, "form");
	}
	ERR_CLEAR(&err);
	const char *none[] = {"0123456789012345678901234567890123456789"};
	struct change settle = {
	    .ledger = LEDGER, .subject = "x", .claim = CLAIM_NONE, .settles = none, .n_settles = 1};
	assert_int_equal(tx_write(tx, &w->ward, &settle, &id, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "settle");
	ERR_CLEAR(&err);
	/* The transaction goes on. */
	assert_ok(kit_edit(tx, &w->ward, LEDGER, REPORT, "state: draft\n", &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

static void only_changes_are_changes(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	struct oid id;
	static const char text[] = "state: draft\n";
	kit_write(w->s, &w->ward, LEDGER, REPORT, text);
	hash_git_object("blob", text, sizeof text - 1, &id);
	assert_int_equal(store_change(w->s, LEDGER, &id, &arena, &c, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	id.b[0] ^= 1;
	assert_int_equal(store_change(w->s, LEDGER, &id, &arena, &c, &err), ERR_NOT_FOUND);
	arena_free(&arena);
}

static void notes_stay_here(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct buf out = {0};
	assert_ok(store_note_read(w->s, "peer-31", &out, &err), err);
	assert_int_equal(out.len, 0);
	assert_ok(store_note_write(w->s, "peer-31", "tips\n", 5, &err), err);
	assert_ok(store_note_read(w->s, "peer-31", &out, &err), err);
	assert_string_equal(buf_str(&out), "tips\n");
	assert_int_equal(store_note_write(w->s, "../peer", "x", 1, &err), ERR_INPUT);
	buf_free(&out);
}

static void stores_are_not_made_twice(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct store *s;
	char *here = kit_path(w->dir, "a.git"), *nowhere = kit_path(w->dir, "b.git");
	assert_int_equal(store_init(here, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	assert_int_equal(store_init(w->dir, &err), ERR_REFUSED);
	ERR_CLEAR(&err);
	assert_int_equal(store_open(nowhere, &s, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(kit_run(w->dir, "mkdir b.git"), 0);
	assert_ok(store_init(nowhere, &err), err);
	free(here);
	free(nowhere);
}

static void stock_git_clones_it(void **state)
{
	struct world *w = *state;
	kit_write(w->s, &w->ward, LEDGER, REPORT, "state: draft\n");
	assert_int_equal(
	    kit_run(w->dir, "git clone -q a.git copy && test \"$(cat copy/" REPORT ")\" = 'state: draft' && "
			    "git -C copy log --format=%an%ae | grep -qx '1138311383@tuyen.invalid'"),
	    0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_written_is_read),
	    TEST(absent_things_are_told_apart),
	    TEST(writing_the_same_makes_no_change),
	    TEST(a_removed_record_is_gone),
	    TEST(destroyed_transactions_leave_nothing),
	    TEST(a_batch_is_one_transaction),
	    TEST(syncs_are_counted_as_they_are),
	    TEST(mad_clocks_do_not_count),
	    TEST(stale_locks_and_litter_do_not_stop_a_writer),
	    TEST(what_fails_is_not_seen),
	    TEST(a_second_writer_gets_its_turn),
	    TEST(readers_follow_a_writer),
	    TEST(a_reader_beside_a_writer),
	    TEST(what_cannot_stand_is_refused),
	    TEST(only_changes_are_changes),
	    TEST(notes_stay_here),
	    TEST(stores_are_not_made_twice),
	    TEST(stock_git_clones_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

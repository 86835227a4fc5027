/* Writers killed at every step of a transaction, and in the middle of many. */
#include "store_kit.h"

#include <signal.h>
#include <sys/syscall.h>

#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define KILLS 15

/* The calls by which a transaction becomes visible or durable; the writer dies before the n-th. */
static unsigned steps_left;

static void step(void)
{
	if (steps_left && --steps_left == 0)
		raise(SIGKILL);
}

int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
	step();
	return (int)syscall(SYS_syncfs, fd);
}

int link(const char *from, const char *to)
{
	step();
	return (int)syscall(SYS_link, from, to);
}

int rename(const char *from, const char *to)
{
	step();
	return (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
	step();
	return (int)syscall(SYS_unlink, path);
}

struct world {
	char *dir, *path;
	struct tx_writer ward;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	w->dir = kit_dir();
	w->path = kit_path(w->dir, "a.git");
	w->ward = kit_writer("11383", NULL, 3);
	store_close(kit_store(w->dir, "a.git"));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	kit_remove(w->dir);
	kit_writer_free(&w->ward);
	free(w->path);
	free(w);
	return 0;
}

static struct store *open_store(struct world *w)
{
	struct err err = {0};
	struct store *s;
	assert_ok(store_open(w->path, &s, &err), err);
	return s;
}

/* One transaction of two changes, one of them in a second ledger now and then. */
static int write_batch(struct store *s, const struct tx_writer *w, unsigned i, struct oid *id)
{
	struct err err = {0};
	struct tx *tx;
	struct oid other;
	char yaml[80];
	snprintf(yaml, sizeof yaml, "{state: draft, values: {TT01: '%u'}}", i);
	int rc = tx_begin(s, &tx, &err);
	if (rc)
		return rc;
	rc = kit_edit(tx, w, i % 3 ? "reports/11383" : "reports/11050", REPORT, yaml, &other, &err);
	if (rc == 0) {
		snprintf(yaml, sizeof yaml, "{state: doing, note: '%u'}", i);
		rc = kit_edit(tx, w, "reports/11383", "progress/31/hp.2026-06/1.yaml", yaml, id, &err);
	}
	if (rc == 0)
		rc = tx_commit(tx, &err);
	tx_destroy(tx);
	return rc;
}

/* What holds after any death: git finds nothing wrong, what was acknowledged is there, and one can go on. */
static void assert_sound(struct world *w, const struct oids *acknowledged, unsigned i)
{
	struct err err = {0};
	struct history *h;
	struct oid id;
	assert_int_equal(kit_run(w->dir, "git -C a.git fsck --strict"), 0);
	struct store *s = open_store(w);
	assert_ok(store_history(s, "reports/11383", &h, &err), err);
	for (size_t k = 0; k < acknowledged->n; k++)
		assert_true(history_has(h, &acknowledged->items[k]));
	assert_int_equal(write_batch(s, &w->ward, i, &id), 0);
	char *lock = kit_path(w->path, "refs/heads/reports/11383.lock");
	assert_int_equal(access(lock, F_OK), -1);
	free(lock);
	store_close(s);
}

static void every_step_may_be_the_last(void **state)
{
	struct world *w = *state;
	struct oids acknowledged = {0};
	bool killed = true;
	unsigned steps = 0;
	while (killed) {
		steps++;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct oid id;
			struct store *s = open_store(w);
			steps_left = steps;
			int rc = write_batch(s, &w->ward, 1000 + 3 * steps, &id);
			steps_left = 0;
			_exit(rc ? 1 : 0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		killed = WIFSIGNALED(status);
		assert_true(killed ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
		assert_sound(w, &acknowledged, steps);
	}
	/* Two ledgers: a dozen objects linked, one sync of all, two synced refs. */
	assert_true(steps > 20);
}

static void write_until_killed(struct world *w, int out, unsigned from)
{
	struct store *s = open_store(w);
	for (unsigned i = from;; i++) {
		struct oid id;
		if (write_batch(s, &w->ward, i, &id) || write(out, id.b, OID_SIZE) != OID_SIZE)
			_exit(1);
	}
}

/* What the writer reports until it is killed, after `after` reports. */
static void kill_writer(pid_t child, int in, unsigned after, struct oids *acknowledged)
{
	struct oid id;
	unsigned n = 0;
	while (read(in, id.b, OID_SIZE) == OID_SIZE) {
		oids_add(acknowledged, &id);
		if (++n < after)
			continue;
		for (unsigned spin = (unsigned)rand() % 4000; spin; spin--)
			getppid(); /* somewhere within the next transaction */
		kill(child, SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void killed_writers_lose_nothing_acknowledged(void **state)
{
	struct world *w = *state;
	struct oids acknowledged = {0};
	srand(20260701);
	for (unsigned i = 0; i < KILLS; i++) {
		int reports[2];
		assert_int_equal(pipe(reports), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			close(reports[0]);
			write_until_killed(w, reports[1], 1000 * (i + 1));
		}
		close(reports[1]);
		kill_writer(child, reports[0], 1 + (unsigned)rand() % 5, &acknowledged);
		close(reports[0]);
		assert_sound(w, &acknowledged, 1000 * (i + 1) + 999);
	}
	assert_true(acknowledged.n >= KILLS);
	oids_free(&acknowledged);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_step_may_be_the_last),
	    TEST(killed_writers_lose_nothing_acknowledged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Loose objects become packs, packs become one, and what nothing refers to goes; nothing else does, whoever is killed. */
#include "store_kit.h"

#include <signal.h>

#include "store/maintain.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"

struct world {
	char *dir;
	struct store *s;
	struct tx_writer ward;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	w->dir = kit_dir();
	w->s = kit_store(w->dir, "a.git");
	w->ward = kit_writer("11383", NULL, 3);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	store_close(w->s);
	kit_remove(w->dir);
	kit_writer_free(&w->ward);
	free(w);
	return 0;
}

static void write_some(struct world *w, int from, int n)
{
	for (int i = from; i < from + n; i++) {
		struct buf text = {0};
		buf_printf(&text, "values:\n  TT01: '%d'\n", i);
		kit_write(w->s, &w->ward, LEDGER, REPORT, buf_str(&text));
		buf_free(&text);
	}
}

static void maintain(struct world *w, bool full, struct maintain_report *r)
{
	struct err err = {0};
	assert_ok(store_maintain(w->s, full, r, &err), err);
}

/* Stock git finds nothing wrong, and so many changes. */
static void assert_sound(struct world *w, const char *changes)
{
	struct buf command = {0};
	buf_printf(&command, "git -C a.git fsck --strict && test $(git -C a.git rev-list --all --count) = %s",
	    changes);
	assert_int_equal(kit_run(w->dir, buf_str(&command)), 0);
	buf_free(&command);
}

static void loose_objects_become_a_pack(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 10);
	maintain(w, false, &r);
	assert_true(r.loose >= 30);
	assert_int_equal(r.removed, r.loose);
	assert_int_equal(r.packed, r.loose);
	assert_int_equal(kit_run(w->dir, "test $(find a.git/objects/?? -type f | wc -l) = 0"), 0);
	assert_sound(w, "10");
	char *text = kit_read(w->s, LEDGER, REPORT);
	assert_string_equal(text, "values:\n  TT01: '9'\n");
	free(text);
}

static void only_what_came_since_is_packed(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 20);
	maintain(w, false, &r);
	size_t first = r.packed;
	write_some(w, 20, 1);
	maintain(w, false, &r);
	assert_true(r.packed < first / 4);
	assert_int_equal(r.removed, r.loose);
	assert_int_equal(r.packs, 1);
	maintain(w, false, &r);
	assert_int_equal(r.packed, 0);
	assert_sound(w, "21");
}

static void packs_never_pile_up(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	for (int i = 0; i < MAINTAIN_PACKS; i++) {
		write_some(w, i, 1);
		maintain(w, false, &r);
		assert_false(r.full);
	}
	write_some(w, 100, 1);
	maintain(w, false, &r);
	assert_true(r.full);
	assert_int_equal(kit_run(w->dir, "test $(ls a.git/objects/pack/*.pack | wc -l) = 1"), 0);
	assert_int_equal(kit_run(w->dir, "test $(ls a.git/objects/pack | wc -l) = 2"), 0);
	assert_sound(w, "9");
	write_some(w, 101, 1);
	assert_sound(w, "10");
}

static void what_nothing_refers_to_goes_when_all_is_packed(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 3);
	assert_int_equal(kit_run(w->dir, "echo secret | git -C a.git hash-object -w --stdin"), 0);
	maintain(w, false, &r);
	assert_int_equal(r.pruned, 0);
	maintain(w, true, &r);
	assert_int_equal(r.pruned, 1);
	assert_int_equal(
	    kit_run(w->dir, "git -C a.git cat-file -e $(echo secret | git hash-object --stdin)"), 1);
	/* Also out of packs: a ledger put back leaves nothing behind. */
	write_some(w, 50, 1);
	maintain(w, true, &r);
	assert_int_equal(kit_run(w->dir, "git -C a.git update-ref refs/heads/" LEDGER
					 " $(git -C a.git rev-parse " LEDGER "~1)"),
	    0);
	maintain(w, true, &r);
	assert_int_equal(
	    kit_run(w->dir, "git -C a.git cat-file --batch-all-objects --batch | grep -q \"TT01: '50'\""), 1);
	assert_sound(w, "3");
}

static void other_refs_count_too(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 3);
	assert_int_equal(
	    kit_run(w->dir,
		"git -C a.git update-ref refs/held/x $(git -C a.git rev-parse " LEDGER ") && "
		"git -C a.git update-ref refs/heads/" LEDGER " $(git -C a.git rev-parse " LEDGER "~1) && "
		"git -C a.git update-ref refs/attachments/y $(echo pdf | git -C a.git hash-object -w "
		"--stdin)"),
	    0);
	maintain(w, true, &r);
	assert_int_equal(r.pruned, 0);
	assert_int_equal(kit_run(w->dir, "git -C a.git cat-file -e refs/attachments/y"), 0);
	assert_sound(w, "3");
}

/* Packs that were removed while this process has them open: their room on the disk is not free. */
static int gone_but_open(void)
{
	int n = 0;
	for (int fd = 0; fd < 256; fd++) {
		char name[32], file[4096];
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		ssize_t len = readlink(name, file, sizeof file - 1);
		if (len > 0) {
			file[len] = '\0';
			n += strstr(file, ".pack (deleted)") != NULL;
		}
	}
	return n;
}

/* Another process holds the store open, and goes on reading and writing. */
static void who_has_the_store_open_follows(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	struct err err = {0};
	struct store *other;
	char *path = kit_path(w->dir, "a.git");
	struct oid first;
	write_some(w, 0, 1);
	assert_ok(store_tip(w->s, LEDGER, &first, &err), err);
	write_some(w, 1, 4);
	maintain(w, false, &r);
	assert_ok(store_open(path, &other, &err), err);
	write_some(w, 5, 3);
	maintain(w, false, &r);
	for (int i = 0; i < 4; i++) {
		struct buf old = {0};
		free(kit_read(other, LEDGER, REPORT));
		write_some(w, 10 + i, 3);
		maintain(w, true, &r);
		store_close(w->s);
		assert_ok(store_open(path, &w->s, &err), err);
		free(kit_read(other, LEDGER, REPORT));
		/* In a pack that is gone, and which it has not looked into until now. */
		assert_ok(store_read(other, LEDGER, &first, REPORT, &old, &err), err);
		buf_free(&old);
		assert_int_equal(gone_but_open(), 0);
		kit_write(other, &w->ward, LEDGER, REPORT,
		    i % 2 ? "values:\n  TT01: '1'\n" : "values:\n  TT01: '2'\n");
	}
	store_close(other);
	free(path);
	assert_sound(w, "24");
}

/* Killed after any number of milliseconds: all is there, and the next one ends the work. */
static void killed_at_any_moment_nothing_is_lost(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 40);
	char *path = kit_path(w->dir, "a.git");
	for (useconds_t wait = 0; wait < 20000; wait += 1500) {
		pid_t child = fork();
		if (child == 0) {
			struct store *s;
			struct err err = {0};
			if (store_open(path, &s, &err) == 0)
				store_maintain(s, true, &r, &err);
			_exit(0);
		}
		usleep(wait);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		assert_sound(w, "40");
	}
	free(path);
	maintain(w, true, &r);
	assert_int_equal(kit_run(w->dir, "test $(ls a.git/objects/pack | wc -l) = 2"), 0);
	assert_sound(w, "40");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(loose_objects_become_a_pack),
	    T(only_what_came_since_is_packed),
	    T(packs_never_pile_up),
	    T(what_nothing_refers_to_goes_when_all_is_packed),
	    T(other_refs_count_too),
	    T(who_has_the_store_open_follows),
	    T(killed_at_any_moment_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

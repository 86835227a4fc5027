/* Loose objects become packs, packs become one, and what nothing refers to goes; nothing else does, whoever is killed. */
#include "store_kit.h"

#include <signal.h>
#include <sys/syscall.h>

#include "base/sys.h"
#include "store/maintain.h"
#include "store/pack.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"

/* The calls that change the disk; whoever has so many steps left dies before the last one. */
static unsigned steps_left;

static void step(void)
{
	if (steps_left && --steps_left == 0)
		raise(SIGKILL);
}

/* A killed process loses nothing by what was not synced; waiting for everybody's disk writes would be all of this test. */
int syncfs(int fd)
{
	(void)fd;
	step();
	return 0;
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

ssize_t write(int fd, const void *bytes, size_t len)
{
	step();
	return syscall(SYS_write, fd, bytes, len);
}

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
	assert_ok(store_maintain(w->s, &(struct maintain_options){.full = full}, r, &err), err);
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

/* Each pack is at least twice the next, or the two hold more together than one may. */
static void packs_never_pile_up(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	struct pack_files packs;
	struct err err = {0};
	size_t written = 0, objects = 0;
	for (int i = 0; i < 40; i++) {
		write_some(w, i, 1 + i * 7 % 4);
		assert_ok(store_maintain(w->s, &(struct maintain_options){.objects = 120}, &r, &err), err);
		assert_int_equal(r.removed, r.loose);
		objects += r.loose;
		written += r.packed;
		assert_ok(pack_list(w->s, &packs, &err), err);
		for (size_t k = 1; k < packs.n; k++)
			assert_true(packs.items[k].objects >= 2 * packs.items[k - 1].objects ||
				    packs.items[k].objects + packs.items[k - 1].objects > 120);
		assert_true(packs.n <= 3 + objects / 60);
		assert_true(r.packed <= 120);
		free(packs.items);
	}
	assert_true(written < 6 * objects);
	assert_int_equal(kit_run(w->dir, "git -C a.git fsck --strict"), 0);
}

static void all_packs_may_be_bounded(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	struct err err = {0};
	write_some(w, 0, 40);
	const struct maintain_options options = {.full = true, .objects = 50};
	assert_ok(store_maintain(w->s, &options, &r, &err), err);
	assert_int_equal(r.made, (r.packed + 49) / 50);
	assert_int_equal(r.removed, r.loose);
	assert_ok(store_maintain(w->s, &options, &r, &err), err);
	assert_int_equal(r.pruned, 0);
	assert_sound(w, "40");
}

/* Less room on the disk than the store takes: as much as there is room for, and if that is nothing, it is said. */
static void no_more_room_is_taken_than_there_is(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	struct err err = {0};
	write_some(w, 0, 30);
	maintain(w, false, &r);
	write_some(w, 30, 30);
	struct maintain_options options = {.room = 1};
	assert_int_equal(store_maintain(w->s, &options, &r, &err), ERR_REFUSED);
	options.full = true;
	err = (struct err){0};
	assert_int_equal(store_maintain(w->s, &options, &r, &err), ERR_REFUSED);
	assert_int_equal(kit_run(w->dir, "test $(find a.git/objects/?? -type f | wc -l) -gt 60"), 0);
	assert_int_equal(kit_run(w->dir, "test $(ls a.git/objects/pack | wc -l) = 2"), 0);
	options = (struct maintain_options){.room = 8000};
	err = (struct err){0};
	assert_ok(store_maintain(w->s, &options, &r, &err), err);
	assert_true(r.packed > 0 && r.removed < r.loose && r.merged == 0);
	for (int i = 0; i < 20 && r.loose; i++)
		assert_ok(store_maintain(w->s, &options, &r, &err), err);
	assert_int_equal(r.loose, 0);
	assert_sound(w, "60");
}

static void one_run_at_a_time(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	struct err err = {0};
	char *path = kit_path(w->dir, "a.git/tuyen.upkeep");
	int fd;
	assert_ok(sys_lock(path, 0, &fd, &err), err);
	assert_true(store_maintain_runs(w->s));
	assert_int_equal(store_maintain(w->s, &(struct maintain_options){0}, &r, &err), ERR_BUSY);
	sys_unlock(fd);
	assert_false(store_maintain_runs(w->s));
	maintain(w, false, &r);
	free(path);
}

static void a_purge_that_is_due_ends_with_a_full_run(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	struct err err = {0};
	write_some(w, 0, 3);
	assert_false(store_purge_due(w->s));
	assert_ok(store_purge_ask(w->s, &err), err);
	maintain(w, false, &r);
	assert_true(store_purge_due(w->s));
	maintain(w, true, &r);
	assert_false(store_purge_due(w->s));
}

static void leavings_of_killed_ones_go(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 3);
	maintain(w, false, &r);
	assert_int_equal(
	    kit_run(w->dir, "cd a.git/objects/pack && touch pack_git2_abc pack_git2_def.idx.lock && "
			    "cp pack-*.pack pack-1111111111111111111111111111111111111111.pack && "
			    "cp pack-*.idx pack-2222222222222222222222222222222222222222.idx"),
	    0);
	maintain(w, false, &r);
	assert_int_equal(kit_run(w->dir, "test $(ls a.git/objects/pack | wc -l) = 2"), 0);
	assert_sound(w, "3");
}

static void what_nothing_refers_to_goes_when_all_is_packed(void **state)
{
	struct world *w = *state;
	struct maintain_report r;
	write_some(w, 0, 3);
	assert_int_equal(kit_run(w->dir, "echo secret | git -C a.git hash-object -w --stdin"), 0);
	maintain(w, false, &r);
	assert_int_equal(r.pruned, 0);
	assert_int_equal(r.removed, r.loose);
	maintain(w, true, &r);
	assert_int_equal(r.pruned, 1);
	assert_int_equal(kit_run(w->dir, "echo secret | git -C a.git hash-object -w --stdin"), 0);
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

/* A run in a process of its own that dies at its n-th step; false: it did not live to see that many. */
static bool run_killed_at(const char *path, bool full, unsigned n)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct store *s;
		struct maintain_report r;
		struct err err = {0};
		const struct maintain_options options = {.full = full, .objects = 60};
		int rc = store_open(path, &s, &err);
		steps_left = n;
		if (rc == 0)
			rc = store_maintain(s, &options, &r, &err);
		_exit(rc ? 1 : 0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* Dead before any one thing that changes the disk: all is there, and the next one ends the work and clears up. */
static void killed_at_every_step(struct world *w, bool full)
{
	struct maintain_report r;
	struct err err = {0};
	char *path = kit_path(w->dir, "b.git");
	for (unsigned n = 1;; n += n < 40 ? 1 : 9) {
		assert_int_equal(kit_run(w->dir, "rm -rf b.git && cp -a a.git b.git"), 0);
		bool killed = run_killed_at(path, full, n);
		assert_int_equal(kit_run(w->dir, "git -C b.git fsck --full --strict"), 0);
		struct store *s;
		assert_ok(store_open(path, &s, &err), err);
		assert_ok(store_maintain(s, &(struct maintain_options){.full = true}, &r, &err), err);
		store_close(s);
		assert_int_equal(kit_run(w->dir, "test $(ls b.git/objects/pack | wc -l) = 2 && "
						 "test $(git -C b.git rev-list --all --count) = 14 && "
						 "test -z \"$(find b.git/objects/?? -type f)\""),
		    0);
		if (!killed)
			break;
	}
	free(path);
}

static void set_up_packs(struct world *w)
{
	struct maintain_report r;
	write_some(w, 0, 8);
	maintain(w, false, &r);
	write_some(w, 20, 1);
	maintain(w, false, &r);
	assert_int_equal(r.merged, 0);
	write_some(w, 30, 5);
}

static void killed_at_any_step_nothing_is_lost(void **state)
{
	set_up_packs(*state);
	killed_at_every_step(*state, false);
}

static void nor_when_all_is_packed(void **state)
{
	set_up_packs(*state);
	killed_at_every_step(*state, true);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(loose_objects_become_a_pack),
	    T(only_what_came_since_is_packed),
	    T(packs_never_pile_up),
	    T(all_packs_may_be_bounded),
	    T(no_more_room_is_taken_than_there_is),
	    T(one_run_at_a_time),
	    T(a_purge_that_is_due_ends_with_a_full_run),
	    T(leavings_of_killed_ones_go),
	    T(what_nothing_refers_to_goes_when_all_is_packed),
	    T(other_refs_count_too),
	    T(who_has_the_store_open_follows),
	    T(killed_at_any_step_nothing_is_lost),
	    T(nor_when_all_is_packed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

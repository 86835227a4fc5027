/* Files, directories, locks and the drill clock, on a real file system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/sys.h"

static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[2][128];
	static int turn;
	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tuyen-sys-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	char line[96];
	snprintf(line, sizeof line, "rm -rf %s", dir);
	return system(line);
}

static void assert_holds(const char *name, const char *text)
{
	struct buf out = {0};
	struct err err = {0};
	assert_int_equal(sys_read_file(in_dir(name), 1000, &out, &err), 0);
	assert_string_equal(buf_str(&out), text);
	buf_free(&out);
}

static void a_file_is_replaced_whole(void **state)
{
	(void)state;
	struct err err = {0};
	struct stat st;
	assert_int_equal(sys_write_file(in_dir("a"), "first", 5, 0644, &err), 0);
	assert_int_equal(sys_write_file(in_dir("a"), "second", 6, 0600, &err), 0);
	assert_holds("a", "second");
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(sys_exists(in_dir("a.new")));
}

static void what_cannot_be_written_leaves_what_was(void **state)
{
	(void)state;
	struct err err = {0};
	assert_int_equal(sys_make_dir(in_dir("d/below"), 0700, &err), 0);
	assert_int_equal(sys_write_file(in_dir("d"), "x", 1, 0600, &err), ERR_IO);
	assert_string_equal(err.arg[0], "write");
	assert_string_equal(err.arg[1], in_dir("d"));
	assert_false(sys_exists(in_dir("d.new")));
	ERR_CLEAR(&err);
	assert_int_equal(sys_write_file(in_dir("none/a"), "x", 1, 0600, &err), ERR_NOT_FOUND);
}

static void reading_has_a_limit(void **state)
{
	(void)state;
	struct err err = {0};
	struct buf out = {0};
	char bytes[20000];
	memset(bytes, 'x', sizeof bytes);
	assert_int_equal(sys_write_file(in_dir("a"), bytes, sizeof bytes, 0600, &err), 0);
	assert_int_equal(sys_read_file(in_dir("a"), sizeof bytes, &out, &err), 0);
	assert_int_equal(out.len, sizeof bytes);
	buf_free(&out);
	assert_int_equal(sys_read_file(in_dir("a"), sizeof bytes - 1, &out, &err), ERR_INPUT);
	assert_string_equal(err.arg[1], "19999");
	buf_free(&out);
	ERR_CLEAR(&err);
	assert_int_equal(sys_read_file(in_dir("none"), 10, &out, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(sys_read_file(dir, 10, &out, &err), ERR_IO);
}

static void directories_come_with_their_parents(void **state)
{
	(void)state;
	struct err err = {0};
	assert_int_equal(sys_make_dir(in_dir("a/b/c"), 0700, &err), 0);
	assert_int_equal(sys_make_dir(in_dir("a/b/c/"), 0700, &err), 0);
	assert_true(sys_exists(in_dir("a/b/c")));
	assert_int_equal(sys_sync_dir(in_dir("a/b"), &err), 0);
	assert_int_equal(sys_sync_dir(in_dir("none"), &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	/* A file in the way is no directory. */
	assert_int_equal(sys_write_file(in_dir("a/file"), "x", 1, 0600, &err), 0);
	assert_int_equal(sys_make_dir(in_dir("a/file"), 0700, &err), ERR_IO);
	assert_string_equal(err.arg[0], "create");
	assert_string_equal(err.arg[1], in_dir("a/file"));
	ERR_CLEAR(&err);
	assert_int_equal(sys_make_dir(in_dir("a/file/below"), 0700, &err), ERR_IO);
}

static void removing_twice_is_fine(void **state)
{
	(void)state;
	struct err err = {0};
	assert_int_equal(sys_write_file(in_dir("a"), "x", 1, 0600, &err), 0);
	assert_int_equal(sys_remove(in_dir("a"), &err), 0);
	assert_false(sys_exists(in_dir("a")));
	assert_int_equal(sys_remove(in_dir("a"), &err), 0);
	assert_int_equal(sys_remove(dir, &err), ERR_IO);
}

static void a_lock_is_one_holders(void **state)
{
	(void)state;
	struct err err = {0};
	int fd, other = 7;
	assert_int_equal(sys_lock(in_dir("lock"), 0, &fd, &err), 0);
	assert_int_equal(sys_lock(in_dir("lock"), 0, &other, &err), ERR_BUSY);
	assert_int_equal(other, -1);
	ERR_CLEAR(&err);
	assert_int_equal(sys_lock(in_dir("lock"), 3, &other, &err), ERR_BUSY);
	sys_unlock(fd);
	ERR_CLEAR(&err);
	assert_int_equal(sys_lock(in_dir("lock"), 0, &other, &err), 0);
	sys_unlock(other);
	sys_unlock(-1);
	assert_int_equal(sys_lock(in_dir("none/lock"), 0, &fd, &err), ERR_NOT_FOUND);
}

/* The clock is asked once a process. */
static int64_t now_with(const char *drill, bool *set)
{
	int pipe_fd[2], status;
	struct {
		int64_t now;
		bool set;
	} answer;
	assert_int_equal(pipe(pipe_fd), 0);
	pid_t child = fork();
	if (child == 0) {
		setenv("TUYEN_NOW", drill, 1);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		answer.set = sys_now_is_set();
		answer.now = sys_now();
		_exit(write(pipe_fd[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
	}
	close(pipe_fd[1]);
	assert_int_equal(read(pipe_fd[0], &answer, sizeof answer), sizeof answer);
	close(pipe_fd[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	*set = answer.set;
	return answer.now;
}

static void a_drill_sets_the_clock(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "", "2026-07-01", "2026-07-01T08:00:00", "2026-07-01T08:00:00+07:00x", "2026-07-01T08:00:00Z"};
	bool set;
	int64_t drilled = now_with("2026-07-01T08:00:00+07:00", &set);
	assert_true(set);
	assert_in_range(drilled, 1782867600, 1782867660);
	assert_in_range(now_with("2026-06-30T20:00:00-05:00", &set), 1782867600, 1782867660);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t now = now_with(bad[i], &set);
		assert_false(set);
		assert_in_range(now, time(NULL) - 60, time(NULL) + 60);
	}
}

static void random_bytes_differ(void **state)
{
	(void)state;
	unsigned char a[40], b[40];
	sys_random(a, sizeof a);
	sys_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(a_file_is_replaced_whole),
	    T(what_cannot_be_written_leaves_what_was),
	    T(reading_has_a_limit),
	    T(directories_come_with_their_parents),
	    T(removing_twice_is_fine),
	    T(a_lock_is_one_holders),
	    T(a_drill_sets_the_clock),
	    T(random_bytes_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int sys_error(struct err *err, const char *what, const char *path)
{
	int code = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	return err_set(err, code, N_("cannot %1 %2: %3"), what, path, strerror(errno));
}

int64_t sys_ticks(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool parse_drill(const char *text, int64_t *out)
{
	struct tm tm = {0};
	char sign;
	int hours, minutes, used = 0;
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%c%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		&tm.tm_hour, &tm.tm_min, &tm.tm_sec, &sign, &hours, &minutes, &used) != 9 ||
	    text[used] || (sign != '+' && sign != '-'))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	int64_t offset = hours * 3600 + minutes * 60;
	*out = (int64_t)timegm(&tm) - (sign == '+' ? offset : -offset);
	return true;
}

/* The drill clock: found out once, so that it runs on from where it was set. */
static struct {
	bool asked, set;
	int64_t start, ticks;
} drill;

static void ask_drill(void)
{
	const char *text = getenv("TUYEN_NOW");
	drill.asked = true;
	drill.set = text && *text && parse_drill(text, &drill.start);
	drill.ticks = sys_ticks();
	if (text && *text && !drill.set)
		fprintf(stderr, "TUYEN_NOW: '%s' is not a time such as 2026-07-01T08:00:00+07:00; not used\n",
		    text);
}

int64_t sys_now(void)
{
	if (!drill.asked)
		ask_drill();
	if (drill.set)
		return drill.start + (sys_ticks() - drill.ticks) / 1000;
	return (int64_t)time(NULL);
}

bool sys_now_is_set(void)
{
	if (!drill.asked)
		ask_drill();
	return drill.set;
}

void sys_random(void *bytes, size_t len)
{
	unsigned char *p = bytes;
	while (len) {
		ssize_t n = getrandom(p, len, 0);
		if (n < 0 && errno != EINTR)
			abort(); /* no entropy source: nothing may be signed or keyed */
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

int sys_read_file(const char *path, size_t limit, struct buf *out, struct err *err)
{
	bool standard_input = strcmp(path, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sys_error(err, "read", path);
	int rc = 0;
	char piece[16384];
	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = sys_error(err, "read", path);
		if (n <= 0)
			break;
		if ((size_t)n > limit - out->len) {
			char most[32];
			snprintf(most, sizeof most, "%zu", limit);
			rc = err_set(
			    err, ERR_INPUT, N_("%1 is larger than the limit of %2 bytes"), path, most);
			break;
		}
		buf_add(out, piece, (size_t)n);
	}
	if (!standard_input)
		close(fd);
	return rc;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd);
}

static int sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int sync_dir_of(const char *path)
{
	char *dir = mem_dup(path);
	char *slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	int rc = sync_dir(slash ? dir : ".");
	free(dir);
	return rc;
}

int sys_sync_dir(const char *path, struct err *err)
{
	return sync_dir(path) < 0 ? sys_error(err, "write", path) : 0;
}

int sys_write_file(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err)
{
	struct buf temp = {0};
	buf_printf(&temp, "%s.new", path);
	int rc = 0;
	unlink(buf_str(&temp)); /* of a dead writer */
	int fd = open(buf_str(&temp), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	/* A stick (FAT) knows no modes, and may say so. */
	if (fd < 0 || (fchmod(fd, mode) < 0 && errno != EPERM) || write_all(fd, bytes, len) < 0 ||
	    rename(buf_str(&temp), path) < 0 || sync_dir_of(path) < 0) {
		rc = sys_error(err, "write", path);
		unlink(buf_str(&temp));
	}
	if (fd >= 0)
		close(fd);
	buf_free(&temp);
	return rc;
}

/* False with errno: it is neither made nor there, or what is there is no directory. */
static bool make_one(const char *path, unsigned mode)
{
	struct stat st;
	if (mkdir(path, mode) == 0)
		return true;
	int why = errno;
	bool there = why == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	errno = why;
	return there;
}

int sys_make_dir(const char *path, unsigned mode, struct err *err)
{
	char *part = mem_dup(path);
	int rc = 0;
	for (char *p = part + (*part == '/'); rc == 0; p++) {
		if (*p && *p != '/')
			continue;
		char end = *p;
		*p = '\0';
		if (*part && !make_one(part, mode))
			rc = sys_error(err, "create", part);
		*p = end;
		if (!end)
			break;
	}
	free(part);
	return rc;
}

bool sys_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int sys_remove(const char *path, struct err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return sys_error(err, "remove", path);
	return 0;
}

int sys_lock(const char *path, int wait_ms, int *fd, struct err *err)
{
	int64_t until = sys_ticks() + wait_ms;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return sys_error(err, "open", path);
	while (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || sys_ticks() >= until) {
			int rc = errno == EWOULDBLOCK
				     ? err_set(err, ERR_BUSY, N_("%1 is locked by another process"), path)
				     : sys_error(err, "lock", path);
			close(*fd);
			*fd = -1;
			return rc;
		}
		nanosleep(&(struct timespec){0, 2000000}, NULL);
	}
	return 0;
}

void sys_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

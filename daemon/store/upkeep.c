#include "store/upkeep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"

#define TEMPORARY "tmp_object_git2_"
#define LOCK ".lock"
#define NOTES "tuyen"

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);
	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static bool begins_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

static bool is_litter(const char *name, bool empty)
{
	return empty || ends_with(name, LOCK) || begins_with(name, TEMPORARY);
}

/* Other notes are written without the lock: what seems to be left of one may be in use. */
static bool is_part_of_index(const char *name, bool empty)
{
	(void)empty;
	return begins_with(name, "index-") && ends_with(name, ".new");
}

/* Remove from a directory the files that are litter. */
static int sweep_dir(const char *path, bool (*litter)(const char *name, bool empty), struct err *err)
{
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : sys_error(err, "read", path);
	struct dirent *e;
	int rc = 0;
	while (rc == 0 && (e = readdir(dir))) {
		struct stat st;
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (!litter(e->d_name, st.st_size == 0))
			continue;
		struct buf file = {0};
		buf_printf(&file, "%s/%s", path, e->d_name);
		rc = sys_remove(buf_str(&file), err);
		buf_free(&file);
	}
	closedir(dir);
	return rc;
}

static int sweep_below(struct store *s, const char *name, struct err *err)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", s->path, name);
	bool notes = strcmp(name, NOTES) == 0;
	int rc = sweep_dir(buf_str(&path), notes ? is_part_of_index : is_litter, err);
	buf_free(&path);
	return rc;
}

int upkeep_sweep(struct store *s, struct err *err)
{
	static const char *const dirs[] = {
	    "objects", "refs/heads", "refs/heads/directives", "refs/heads/reports", NOTES};
	if (s->swept)
		return 0;
	int rc = upkeep_unlock(s, "HEAD", err);
	if (rc == 0)
		rc = upkeep_unlock(s, "packed-refs", err);
	for (size_t i = 0; rc == 0 && i < sizeof dirs / sizeof *dirs; i++)
		rc = sweep_below(s, dirs[i], err);
	for (unsigned i = 0; rc == 0 && i < 256; i++) {
		char fan[16];
		snprintf(fan, sizeof fan, "objects/%02x", i);
		rc = sweep_below(s, fan, err);
	}
	s->swept = rc == 0;
	return rc;
}

int upkeep_unlock(struct store *s, const char *file, struct err *err)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s" LOCK, s->path, file);
	int rc = sys_remove(buf_str(&path), err);
	buf_free(&path);
	return rc;
}

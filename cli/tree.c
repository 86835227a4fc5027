#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/oid.h"
#include "base/sys.h"
#include "registry/config.h"

#define STAGE ".making-"

/* What a node is made of; its settings last, for they say that it is whole. */
static const char *const parts[] = {"run", "spool", "store.git", "reserve.key", "key", CONFIG_FILE};
#define N_PARTS (sizeof parts / sizeof *parts)

static char *join(const char *dir, const char *name)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", dir, name);
	return buf_take(&path);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	remove(path);
	return 0;
}

static void remove_all(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What a killed `init` left behind. */
static void sweep(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (strncmp(e->d_name, STAGE, strlen(STAGE)) == 0) {
			char *path = join(dir, e->d_name);
			remove_all(path);
			free(path);
		}
	if (d)
		closedir(d);
}

static char *first_absent(const char *dir)
{
	char *path = mem_dup(dir);
	for (char *p = path + 1; *path; p++) {
		if (*p && *p != '/')
			continue;
		char end = *p;
		*p = '\0';
		if (!sys_exists(path))
			return path;
		*p = end;
		if (!end)
			break;
	}
	free(path);
	return NULL;
}

static int refuse_present(const char *dir, struct err *err)
{
	for (size_t i = N_PARTS; i-- > 0;) {
		char *path = join(dir, parts[i]);
		bool there = sys_exists(path);
		free(path);
		if (!there)
			continue;
		err_set(err, ERR_REFUSED, "%1 already holds a node (%2)", dir, parts[i]);
		err_hint(
		    err, N_("nothing was changed; name another directory with -C, or move this one away"));
		return ERR_REFUSED;
	}
	return 0;
}

int tree_begin(struct tree *t, const char *dir, struct err *err)
{
	*t = (struct tree){.dir = mem_dup(dir)};
	int rc = refuse_present(dir, err);
	if (rc != 0)
		return rc;
	t->top = first_absent(dir);
	rc = sys_make_dir(dir, 0750, err);
	if (rc != 0)
		return rc;
	sweep(dir);
	unsigned char random[4];
	char hex[2 * sizeof random + 1];
	struct buf stage = {0};
	sys_random(random, sizeof random);
	hex_encode(random, sizeof random, hex);
	buf_printf(&stage, "%s/" STAGE "%s", dir, hex);
	t->stage = buf_take(&stage);
	return sys_make_dir(t->stage, 0700, err);
}

char *tree_path(const struct tree *t, const char *name)
{
	return join(t->stage, name);
}

int tree_make_places(const struct tree *t, struct err *err)
{
	char *run = tree_path(t, "run"), *spool = tree_path(t, "spool");
	int rc = sys_make_dir(run, 0750, err);
	if (rc == 0)
		rc = sys_make_dir(spool, 0750, err);
	free(run);
	free(spool);
	return rc;
}

int tree_commit(struct tree *t, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < N_PARTS; i++) {
		char *from = join(t->stage, parts[i]), *to = join(t->dir, parts[i]);
		if (sys_exists(from) && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
			rc = sys_error(err, "create", to);
		free(from);
		free(to);
	}
	if (rc == 0)
		rc = sys_sync_dir(t->dir, err);
	if (rc == 0) {
		free(t->top);
		t->top = NULL;
	}
	return rc;
}

/* Remove DIR and its parents as far as tree_begin made them, while they are empty. */
static void remove_made(const char *dir, const char *top)
{
	char *path = mem_dup(dir);
	while (strlen(path) >= strlen(top) && (rmdir(path) == 0 || errno == ENOENT)) {
		char *slash = strrchr(path, '/');
		if (!slash || slash == path)
			break;
		*slash = '\0';
	}
	free(path);
}

void tree_end(struct tree *t)
{
	if (t->stage)
		remove_all(t->stage);
	if (t->top)
		remove_made(t->dir, t->top);
	free(t->dir);
	free(t->stage);
	free(t->top);
	*t = (struct tree){0};
}

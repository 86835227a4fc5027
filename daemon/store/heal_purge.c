/*
 * Mark and sweep: all that any ref of any kind reaches is marked, whatever else lies loose is removed. Not only the
 * refused change itself held its text: so did every merge that was ever made with it.
 */
#include "store/heal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "store/draft.h"
#include "store/maintain.h"
#include "store/reach.h"

struct marking {
	struct store *s;
	struct reach reach;
	struct err *err;
};

/* What of one directory of objects is not marked: removed, or with `look` only counted. */
static int sweep_fan(struct marking *m, const char *dir, unsigned fan, bool look, size_t *found)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;
	if (!d)
		return errno == ENOENT ? 0 : sys_error(m->err, "read", dir);
	while (rc == 0 && (e = readdir(d))) {
		struct buf hex = {0}, path = {0};
		struct oid id;
		buf_printf(&hex, "%02x%s", fan, e->d_name);
		buf_printf(&path, "%s/%s", dir, e->d_name);
		if (oid_parse(&id, buf_str(&hex)) && !idset_has(&m->reach.seen, &id)) {
			rc = look ? 0 : sys_remove(buf_str(&path), m->err);
			++*found;
		}
		buf_free(&hex);
		buf_free(&path);
	}
	closedir(d);
	return rc;
}

/* Writers hold the lock until their refs have moved: under it, what is reached now and was not is all that is new. */
static int sweep_locked(struct marking *m, const char *dir, unsigned fan, size_t *removed)
{
	struct tx *lock = NULL;
	int rc = tx_begin(m->s, &lock, m->err);
	if (rc == 0)
		rc = reach_all(m->s, &m->reach, m->err);
	if (rc == 0)
		rc = sweep_fan(m, dir, fan, false, removed);
	tx_destroy(lock);
	return rc;
}

static int sweep(struct marking *m, size_t *removed)
{
	int rc = 0;
	for (unsigned fan = 0; rc == 0 && fan < 256; fan++) {
		struct buf dir = {0};
		size_t found = 0;
		buf_printf(&dir, "%s/objects/%02x", m->s->path, fan);
		rc = sweep_fan(m, buf_str(&dir), fan, true, &found);
		if (rc == 0 && found)
			rc = sweep_locked(m, buf_str(&dir), fan, removed);
		buf_free(&dir);
	}
	return rc ? rc : repo_sync(m->s->path, m->err);
}

int heal_look_again(struct store *s, struct err *err)
{
	git_repository *git;
	git_odb *odb;
	int rc = repo_open(s->path, &git, &odb, err);
	if (rc)
		return rc;
	git_odb_free(s->odb);
	git_repository_free(s->git);
	s->git = git;
	s->odb = odb;
	return 0;
}

int heal_purge(struct store *s, const struct oids *gone, size_t *removed, bool *packed, struct err *err)
{
	struct marking m = {.s = s, .err = err};
	*removed = 0;
	*packed = false;
	int rc = reach_all(s, &m.reach, err);
	if (rc == 0)
		rc = sweep(&m, removed);
	if (rc == 0)
		rc = heal_look_again(s, err);
	for (size_t i = 0; rc == 0 && i < gone->n; i++)
		*packed |= repo_has_commit(s, &gone->items[i]);
	/* A run that began before may put into a pack what it read while it was there. */
	if (rc == 0 && (*packed || store_maintain_runs(s)))
		rc = store_purge_ask(s, err);
	reach_free(&m.reach);
	return rc;
}

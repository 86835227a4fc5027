#include "store/maintain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <git2/sys/odb_backend.h>

#include "base/sys.h"
#include "store/loose.h"
#include "store/maintain_note.h"
#include "store/pack.h"
#include "store/reach.h"
#include "store/upkeep.h"

#define LOCK "tuyen.upkeep"
#define WAIT_MS 5000
#define GUESSED 0x17 /* the directory that stands for all */
#define INDEX_BYTES 64 /* of an object in an index, and what a pack says of it before its bytes */
#define MB (UINT64_C(1) << 20)

struct upkeep {
	struct store *s;
	struct maintain_report *report;
	size_t most;
	uint64_t room, bytes; /* that may be taken; that all of `wanted` takes now */
	struct reach reach; /* of a full run */
	struct idset wanted; /* what is packed */
	struct idset attachments; /* loose ones: they stay as they are */
	struct pack_files packs; /* as found; the first n_old of them go */
	size_t n_old;
	struct strs made; /* base names of packs that were made now: "pack-…" */
	struct buf due; /* the note of a purge, as it was at the beginning */
	int run, lock; /* held: no other run; no writer */
};

/* ---- what lies there ---- */

static char *path_of(const struct store *s, const char *name)
{
	struct buf b = {0};
	buf_printf(&b, "%s/%s", s->path, name);
	return buf_take(&b);
}

static int count(void *ctx, const char *path, const struct oid *id, struct err *err)
{
	size_t *n = ctx;
	(void)path, (void)id, (void)err;
	++*n;
	return 0;
}

size_t store_loose_guess(const struct store *s)
{
	size_t n = 0;
	struct err none = {0};
	loose_each(s, GUESSED, 1, count, &n, &none);
	return n * LOOSE_DIRS;
}

/* An attachment is read piece by piece as long as it is loose, deflates no further, and is not worth packing again and
 * again. */
static int find_attachments(struct upkeep *u, struct err *err)
{
	git_reference_iterator *i = NULL;
	git_reference *ref;
	int rc = git_reference_iterator_glob_new(&i, u->s->git, "refs/attachments/*");
	while (rc == 0 && (rc = git_reference_next(&ref, i)) == 0) {
		if (git_reference_target(ref)) {
			struct oid id = repo_oid(git_reference_target(ref));
			struct buf file = {0};
			char hex[OID_HEX + 1];
			oid_hex(&id, hex);
			buf_printf(&file, "%s/objects/%.2s/%s", u->s->path, hex, hex + 2);
			if (sys_exists(buf_str(&file)))
				idset_add(&u->attachments, &id);
			buf_free(&file);
		}
		git_reference_free(ref);
	}
	git_reference_iterator_free(i);
	return rc == GIT_ITEROVER ? 0 : repo_fail(err, rc, "read", "refs");
}

/* ---- what is packed ---- */

/* Empty ones are left to upkeep_sweep. */
static int take_loose(void *ctx, const char *path, const struct oid *id, struct err *err)
{
	struct upkeep *u = ctx;
	struct stat st;
	(void)err;
	u->report->loose++;
	if (stat(path, &st) < 0 || st.st_size == 0 || idset_has(&u->attachments, id))
		return 0;
	uint64_t bytes = (uint64_t)st.st_size + INDEX_BYTES;
	if (u->report->full || (u->wanted.n < u->most && u->bytes + bytes <= u->room)) {
		u->bytes += bytes;
		idset_add(&u->wanted, id);
	}
	return 0;
}

/* From the smallest on, those that are not twice all before them. */
static int take_packs(struct upkeep *u, struct err *err)
{
	uint64_t n = u->wanted.n;
	int rc = 0;
	for (size_t i = 0; i < u->packs.n; i++) {
		const struct pack_file *p = &u->packs.items[i];
		if ((n && p->objects >= 2 * n) || n + p->objects > u->most || u->bytes + p->bytes > u->room)
			break;
		n += p->objects;
		u->bytes += p->bytes;
		u->n_old = i + 1;
	}
	if (u->wanted.n == 0 && u->n_old == 1)
		u->n_old = 0;
	for (size_t i = 0; rc == 0 && i < u->n_old; i++)
		rc = pack_objects(u->s, &u->packs.items[i], &u->wanted, err);
	return rc;
}

/* What is reached by now and was not packed yet, loose attachments left out. */
static int take_reached(struct upkeep *u, struct idset *out, struct err *err)
{
	int rc = reach_all(u->s, &u->reach, err);
	for (size_t i = 0; rc == 0 && i < u->reach.seen.room; i++) {
		const struct oid *id = &u->reach.seen.slots[i];
		if (!oid_is_zero(id) && !idset_has(&u->attachments, id) && !idset_has(&u->wanted, id))
			idset_add(out, id);
	}
	return rc;
}

static int no_room(const struct upkeep *u, struct err *err)
{
	char need[24], room[24];
	snprintf(need, sizeof need, "%llu", (unsigned long long)(u->bytes / MB + 1));
	snprintf(room, sizeof room, "%llu", (unsigned long long)(u->room / MB));
	err_set(err, ERR_REFUSED,
	    N_("no room to pack the store: for a while it takes up to %1 MB more, and %2 MB of the disk may "
	       "be "
	       "taken; nothing was changed"),
	    need, room);
	err_hint(err, N_("make room on the disk that holds the node, then run 'tuyen maintain'"));
	return ERR_REFUSED;
}

static int take_all(struct upkeep *u, struct err *err)
{
	struct idset reached = {0};
	u->n_old = u->packs.n;
	for (size_t i = 0; i < u->packs.n; i++)
		u->bytes += u->packs.items[i].bytes;
	if (u->bytes > u->room)
		return no_room(u, err);
	idset_free(&u->wanted);
	int rc = take_reached(u, &reached, err);
	u->wanted = reached;
	return rc;
}

static void find_room(struct upkeep *u, const struct maintain_options *o)
{
	struct statvfs fs;
	u->room = o->room;
	if (u->room || statvfs(u->s->path, &fs) < 0)
		return;
	uint64_t bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	u->room = bytes > MAINTAIN_SPARE ? bytes - MAINTAIN_SPARE : 0;
}

static int look(struct upkeep *u, struct err *err)
{
	int rc = pack_sweep(u->s, err);
	if (rc == 0)
		rc = find_attachments(u, err);
	if (rc == 0)
		rc = pack_list(u->s, &u->packs, err);
	u->report->packs = u->packs.n;
	if (rc == 0)
		rc = loose_each(u->s, 0, LOOSE_DIRS, take_loose, u, err);
	if (rc == 0 && u->report->full)
		return take_all(u, err);
	if (rc == 0 && u->wanted.n == 0 && u->report->loose > u->attachments.n)
		return no_room(u, err);
	return rc ? rc : take_packs(u, err);
}

/* ---- removing, under the lock ---- */

static int lock_store(struct upkeep *u, struct err *err)
{
	char *path = path_of(u->s, "tuyen.lock");
	int rc = sys_lock(path, WAIT_MS, &u->lock, err);
	free(path);
	return rc ? rc : upkeep_sweep(u->s, err);
}

static void unlock_store(struct upkeep *u)
{
	sys_unlock(u->lock);
	u->lock = -1;
}

struct removing {
	struct upkeep *u;
	git_odb *packs; /* nothing but packs */
};

static int remove_loose(void *ctx, const char *path, const struct oid *id, struct err *err)
{
	struct removing *r = ctx;
	git_oid key = repo_git_oid(id);
	bool packed = git_odb_exists(r->packs, &key);
	bool useless = r->u->report->full && !idset_has(&r->u->reach.seen, id);
	if (idset_has(&r->u->attachments, id) || (!packed && !useless))
		return 0;
	if (packed)
		r->u->report->removed++;
	else
		r->u->report->pruned++;
	return sys_remove(path, err);
}

/* Each object that an old pack holds and no new one: nothing refers to it. */
static int count_pruned(struct upkeep *u, const struct pack_file *pack, struct idset *seen, struct err *err)
{
	struct idset in = {0};
	int rc = pack_objects(u->s, pack, &in, err);
	for (size_t i = 0; i < in.room; i++)
		if (!oid_is_zero(&in.slots[i]) && !idset_has(&u->wanted, &in.slots[i]))
			u->report->pruned += idset_add(seen, &in.slots[i]);
	idset_free(&in);
	return rc;
}

static int remove_packs(struct upkeep *u, struct err *err)
{
	struct idset pruned = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < u->n_old; i++) {
		const struct pack_file *p = &u->packs.items[i];
		if (u->report->full)
			rc = count_pruned(u, p, &pruned, err);
		if (rc == 0 && !strs_has(&u->made, p->base))
			rc = pack_remove(u->s, p->base, err);
	}
	idset_free(&pruned);
	return rc;
}

/* The lock is had anew for each directory: at this priority, on a slow disk, all of them take longer than a writer waits. */
static int clear_dir(struct removing *r, unsigned fan, struct err *err)
{
	struct upkeep *u = r->u;
	size_t n = 0;
	int rc = loose_each(u->s, fan, 1, count, &n, err);
	if (rc || n == 0)
		return rc;
	rc = lock_store(u, err);
	if (rc == 0 && u->report->full)
		rc = reach_all(u->s, &u->reach, err);
	if (rc == 0)
		rc = loose_each(u->s, fan, 1, remove_loose, r, err);
	unlock_store(u);
	return rc;
}

static int clear_loose(struct upkeep *u, struct err *err)
{
	struct removing r = {u, NULL};
	git_odb_backend *backend = NULL;
	char *objects = path_of(u->s, "objects");
	int git_rc = git_odb_new(&r.packs);
	if (git_rc == 0)
		git_rc = git_odb_backend_pack(&backend, objects);
	if (git_rc == 0)
		git_rc = git_odb_add_backend(r.packs, backend, 1);
	int rc = git_rc ? repo_fail(err, git_rc, "open", objects) : 0;
	repo_follow(u->s); /* packs that it knew are gone */
	for (unsigned fan = 0; rc == 0 && fan < LOOSE_DIRS; fan++)
		rc = clear_dir(&r, fan, err);
	git_odb_free(r.packs);
	free(objects);
	return rc;
}

/* ---- a run ---- */

static int lock_run(const struct store *s, int *fd, struct err *err)
{
	char *path = path_of(s, LOCK);
	int rc = sys_lock(path, 0, fd, err);
	if (rc == ERR_BUSY)
		err_hint(err, N_("the store is being packed already; wait until that has ended"));
	free(path);
	return rc;
}

bool store_maintain_runs(const struct store *s)
{
	int fd = -1;
	struct err none = {0};
	bool runs = lock_run(s, &fd, &none) == ERR_BUSY;
	if (fd >= 0)
		sys_unlock(fd);
	return runs;
}

static int pack(struct upkeep *u, const struct idset *ids, struct err *err)
{
	u->report->packed += ids->n;
	return ids->n ? pack_write(u->s, ids, u->most, &u->made, err) : 0;
}

/* Under the lock: what somebody wrote meanwhile, on top of what he found in a pack that is about to go. */
static int pack_later(struct upkeep *u, struct err *err)
{
	struct idset later = {0};
	int rc = take_reached(u, &later, err);
	if (rc == 0)
		rc = pack(u, &later, err);
	for (size_t i = 0; i < later.room; i++)
		if (!oid_is_zero(&later.slots[i]))
			idset_add(&u->wanted, &later.slots[i]);
	idset_free(&later);
	return rc;
}

static int run(struct upkeep *u, struct err *err)
{
	int rc = maintain_purge_read(u->s, &u->due, err);
	if (rc == 0)
		rc = look(u, err);
	if (rc == 0)
		rc = pack(u, &u->wanted, err);
	if (rc == 0)
		rc = lock_store(u, err);
	if (rc == 0 && u->report->full)
		rc = pack_later(u, err);
	if (rc == 0)
		rc = remove_packs(u, err);
	unlock_store(u);
	if (rc == 0)
		rc = clear_loose(u, err);
	if (rc == 0 && u->report->full)
		rc = maintain_purge_done(u->s, &u->due, err);
	u->report->merged = u->n_old;
	u->report->made = u->made.n;
	return rc ? rc : maintain_last_write(u->s, u->report, err);
}

int store_maintain(
    struct store *s, const struct maintain_options *o, struct maintain_report *report, struct err *err)
{
	struct upkeep u = {.s = s, .report = report, .run = -1, .lock = -1};
	*report = (struct maintain_report){.full = o->full};
	u.most = o->objects ? o->objects : MAINTAIN_OBJECTS;
	int rc = lock_run(s, &u.run, err);
	if (rc == 0) {
		find_room(&u, o);
		rc = run(&u, err);
	}
	if (u.lock >= 0)
		sys_unlock(u.lock);
	if (u.run >= 0)
		sys_unlock(u.run);
	buf_free(&u.due);
	strs_free(&u.made);
	reach_free(&u.reach);
	idset_free(&u.wanted);
	idset_free(&u.attachments);
	free(u.packs.items);
	return rc;
}

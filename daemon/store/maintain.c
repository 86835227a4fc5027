#include "store/maintain.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/sys.h"
#include "store/repo.h"
#include "store/upkeep.h"

#define WAIT_MS 5000
#define NOTE "packed" /* the tips that were packed last, 20 bytes each */

struct upkeep {
	struct store *s;
	struct maintain_report *report;
	struct oids done; /* tips that packs hold with all behind them */
	struct oids attachments; /* loose ones: they stay as they are */
	struct strs packs; /* base names of packs that were made now: "pack-…" */
	int lock;
};

/* ---- what lies there ---- */

static char *path_of(const struct store *s, const char *name)
{
	struct buf b = {0};
	buf_printf(&b, "%s/%s", s->path, name);
	return buf_take(&b);
}

static bool is_hex(const char *name, size_t len)
{
	return strlen(name) == len && strspn(name, "0123456789abcdef") == len;
}

/* Call `each` for every file of a directory whose name it may want; a missing directory is empty. */
static int each_file(const char *path,
    int (*each)(void *ctx, const char *dir, const char *name, struct err *err), void *ctx, struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int rc = 0;
	if (!dir)
		return errno == ENOENT ? 0 : sys_error(err, "read", path);
	while (rc == 0 && (e = readdir(dir)))
		rc = each(ctx, path, e->d_name, err);
	closedir(dir);
	return rc;
}

static int each_loose(const struct store *s,
    int (*each)(void *ctx, const char *dir, const char *name, struct err *err), void *ctx, struct err *err)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < 256; i++) {
		char fan[16];
		snprintf(fan, sizeof fan, "objects/%02x", i);
		char *path = path_of(s, fan);
		rc = each_file(path, each, ctx, err);
		free(path);
	}
	return rc;
}

static int count_hex(void *ctx, const char *dir, const char *name, struct err *err)
{
	size_t *n = ctx;
	(void)dir, (void)err;
	*n += is_hex(name, OID_HEX - 2);
	return 0;
}

size_t store_loose_guess(const struct store *s)
{
	size_t n = 0;
	struct err none = {0};
	char *path = path_of(s, "objects/17");
	each_file(path, count_hex, &n, &none);
	free(path);
	return n * 256;
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static int count_pack(void *ctx, const char *dir, const char *name, struct err *err)
{
	size_t *n = ctx;
	(void)dir, (void)err;
	*n += ends_with(name, ".pack");
	return 0;
}

/* ---- packing ---- */

/* An attachment is read piece by piece as long as it is loose, deflates no further, and is not worth packing again
 * and again. */
static bool stays_loose(const struct upkeep *u, const char *ref, const struct oid *id)
{
	struct buf name = {0};
	char hex[OID_HEX + 1];
	if (strncmp(ref, "refs/attachments/", 17) != 0)
		return false;
	oid_hex(id, hex);
	buf_printf(&name, "%s/objects/%.2s/%s", u->s->path, hex, hex + 2);
	bool loose = sys_exists(buf_str(&name));
	buf_free(&name);
	return loose;
}

/* Every tip, of ledgers and of all else that is kept, sorted. */
static int read_tips(struct upkeep *u, struct oids *out, struct err *err)
{
	struct store *s = u->s;
	git_reference_iterator *i = NULL;
	git_reference *ref;
	int rc = git_reference_iterator_new(&i, s->git);
	while (rc == 0 && (rc = git_reference_next(&ref, i)) == 0) {
		if (git_reference_target(ref)) {
			struct oid id = repo_oid(git_reference_target(ref));
			oids_add(stays_loose(u, git_reference_name(ref), &id) ? &u->attachments : out, &id);
		}
		git_reference_free(ref);
	}
	git_reference_iterator_free(i);
	oids_sort(out);
	return rc == GIT_ITEROVER ? 0 : repo_fail(err, rc, "read", "refs");
}

static int add_tip(struct store *s, git_packbuilder *pack, git_revwalk *walk, const struct oid *tip)
{
	git_oid id = repo_git_oid(tip);
	size_t len;
	git_object_t kind;
	int rc = git_odb_read_header(&len, &kind, s->odb, &id);
	if (rc == 0)
		rc = kind == GIT_OBJECT_COMMIT ? git_revwalk_push(walk, &id)
					       : git_packbuilder_insert(pack, &id, NULL);
	return rc;
}

static int fill(struct upkeep *u, const struct oids *tips, git_packbuilder *pack)
{
	git_revwalk *walk = NULL;
	int rc = git_revwalk_new(&walk, u->s->git);
	for (size_t i = 0; rc == 0 && i < tips->n; i++)
		if (!oids_has(&u->done, &tips->items[i]))
			rc = add_tip(u->s, pack, walk, &tips->items[i]);
	for (size_t i = 0; rc == 0 && i < u->done.n; i++) {
		git_oid id = repo_git_oid(&u->done.items[i]);
		/* One that is gone, because its ledger was put back, hides nothing. */
		if (repo_has_commit(u->s, &u->done.items[i]))
			rc = git_revwalk_hide(walk, &id);
	}
	if (rc == 0)
		rc = git_packbuilder_insert_walk(pack, walk);
	git_revwalk_free(walk);
	return rc;
}

/* Pack what the tips stand on beyond u->done. Durable when it returns. */
static int pack_tips(struct upkeep *u, const struct oids *tips, struct err *err)
{
	git_packbuilder *pack = NULL;
	int rc = git_packbuilder_new(&pack, u->s->git);
	if (rc == 0) {
		git_packbuilder_set_threads(pack, 1);
		rc = fill(u, tips, pack);
	}
	size_t n = rc == 0 ? git_packbuilder_object_count(pack) : 0;
	if (n)
		rc = git_packbuilder_write(pack, NULL, 0444, NULL, NULL);
	if (rc == 0 && n) {
		struct buf name = {0};
		buf_printf(&name, "pack-%s", git_packbuilder_name(pack));
		strs_add(&u->packs, buf_str(&name));
		buf_free(&name);
		u->report->packed += n;
	}
	git_packbuilder_free(pack);
	if (rc)
		return repo_fail(err, rc, "pack", u->s->path);
	oids_free(&u->done);
	u->done = (struct oids){0};
	oids_copy(&u->done, tips);
	return n ? repo_sync(u->s->path, err) : 0;
}

/* ---- removing, under the lock ---- */

struct removing {
	struct upkeep *u;
	git_odb *packs; /* nothing but packs */
};

static int remove_file(const char *dir, const char *name, struct err *err)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", dir, name);
	int rc = sys_remove(buf_str(&path), err);
	buf_free(&path);
	return rc;
}

static int remove_loose(void *ctx, const char *dir, const char *name, struct err *err)
{
	struct removing *r = ctx;
	char hex[OID_HEX + 1];
	struct oid id;
	if (!is_hex(name, OID_HEX - 2))
		return 0;
	snprintf(hex, sizeof hex, "%s%s", dir + strlen(dir) - 2, name);
	if (!oid_parse(&id, hex))
		return 0;
	git_oid key = repo_git_oid(&id);
	bool packed = git_odb_exists(r->packs, &key);
	/* After a full pack everything that counts is in it, or an attachment. */
	if (oids_has(&r->u->attachments, &id) || (!packed && !r->u->report->full))
		return 0;
	if (packed)
		r->u->report->removed++;
	else
		r->u->report->pruned++;
	return remove_file(dir, name, err);
}

/* Packs from before a full one. The index goes first: without it nobody looks into the pack. */
static int remove_pack(void *ctx, const char *dir, const char *name, struct err *err)
{
	const struct upkeep *u = ctx;
	static const char *const ends[] = {".idx", ".pack"};
	bool ours = strncmp(name, "pack-", 5) == 0;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char base[64];
		if (!ours || !ends_with(name, ends[i]) || strlen(name) >= sizeof base)
			continue;
		snprintf(base, sizeof base, "%.*s", (int)(strlen(name) - strlen(ends[i])), name);
		if (strs_has(&u->packs, base))
			return 0;
		if (i == 1) {
			struct buf idx = {0};
			buf_printf(&idx, "%s.idx", base);
			int rc = remove_file(dir, buf_str(&idx), err);
			buf_free(&idx);
			if (rc)
				return rc;
		}
		return remove_file(dir, name, err);
	}
	if (strncmp(name, "pack_git2_", 10) == 0) /* of a killed one */
		return remove_file(dir, name, err);
	return 0;
}

static int clear(struct upkeep *u, struct err *err)
{
	struct removing r = {u, NULL};
	git_odb_backend *backend = NULL;
	char *objects = path_of(u->s, "objects"), *packs = path_of(u->s, "objects/pack");
	int rc = 0;
	if (u->report->full)
		rc = each_file(packs, remove_pack, u, err);
	int git_rc = rc == 0 ? git_odb_new(&r.packs) : 0;
	if (rc == 0 && git_rc == 0)
		git_rc = git_odb_backend_pack(&backend, objects);
	if (rc == 0 && git_rc == 0)
		git_rc = git_odb_add_backend(r.packs, backend, 1);
	if (git_rc)
		rc = repo_fail(err, git_rc, "open", packs);
	if (rc == 0)
		rc = each_loose(u->s, remove_loose, &r, err);
	git_odb_free(r.packs);
	free(objects);
	free(packs);
	return rc;
}

static int lock(struct upkeep *u, struct err *err)
{
	char *path = path_of(u->s, "tuyen.lock");
	int rc = sys_lock(path, WAIT_MS, &u->lock, err);
	free(path);
	return rc ? rc : upkeep_sweep(u->s, err);
}

/* Which tips were packed last time. */
static int read_note(struct upkeep *u, struct err *err)
{
	struct buf b = {0};
	int rc = store_note_read(u->s, NOTE, &b, err);
	for (size_t at = 0; rc == 0 && at + OID_SIZE <= b.len; at += OID_SIZE) {
		struct oid id;
		memcpy(id.b, b.data + at, OID_SIZE);
		oids_add(&u->done, &id);
	}
	buf_free(&b);
	return rc;
}

static int write_note(const struct upkeep *u, struct err *err)
{
	struct buf b = {0};
	for (size_t i = 0; i < u->done.n; i++)
		buf_add(&b, u->done.items[i].b, OID_SIZE);
	int rc = store_note_write(u->s, NOTE, b.data ? b.data : "", b.len, err);
	buf_free(&b);
	return rc;
}

static int look(struct upkeep *u, bool full, struct err *err)
{
	char *packs = path_of(u->s, "objects/pack");
	int rc = each_loose(u->s, count_hex, &u->report->loose, err);
	if (rc == 0)
		rc = each_file(packs, count_pack, &u->report->packs, err);
	free(packs);
	u->report->full = full || u->report->packs >= MAINTAIN_PACKS;
	if (rc == 0 && !u->report->full)
		rc = read_note(u, err);
	return rc;
}

int store_maintain(struct store *s, bool full, struct maintain_report *report, struct err *err)
{
	struct upkeep u = {.s = s, .report = report, .lock = -1};
	struct oids tips = {0}, later = {0};
	*report = (struct maintain_report){0};
	int rc = look(&u, full, err);
	if (rc == 0)
		rc = read_tips(&u, &tips, err);
	if (rc == 0)
		rc = pack_tips(&u, &tips, err);
	if (rc == 0)
		rc = lock(&u, err);
	if (rc == 0)
		rc = read_tips(&u, &later, err);
	if (rc == 0 && !oids_eq(&tips, &later)) /* somebody wrote meanwhile */
		rc = pack_tips(&u, &later, err);
	if (rc == 0)
		rc = clear(&u, err);
	if (rc == 0)
		rc = write_note(&u, err);
	if (u.lock >= 0)
		sys_unlock(u.lock);
	strs_free(&u.packs);
	oids_free(&u.done);
	oids_free(&u.attachments);
	oids_free(&tips);
	oids_free(&later);
	return rc;
}

#include "store/repair.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <git2/sys/odb_backend.h>

#include "base/sys.h"
#include "store/memory.h"
#include "store/repair_inside.h"
#include "store/upkeep.h"

#define WAIT_MS 5000
#define HEADS "refs/heads/"

/* ---- the frame ---- */

static char *path_in(const char *dir, const char *name)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", dir, name);
	return buf_take(&path);
}

static bool begins(const char *path, const char *with)
{
	struct buf text = {0};
	struct err none = {0};
	bool good =
	    sys_read_file(path, 65536, &text, &none) == 0 && strncmp(buf_str(&text), with, strlen(with)) == 0;
	buf_free(&text);
	return good;
}

static int make_file(const char *dir, const char *name, const char *begin, const char *text, struct err *err)
{
	char *path = path_in(dir, name);
	int rc = begins(path, begin) ? 0 : sys_write_file(path, text, strlen(text), 0644, err);
	free(path);
	return rc;
}

int repair_frame(const char *path, struct err *err)
{
	static const char *const dirs[] = {
	    "refs/heads/directives", "refs/heads/reports", "objects/pack", "objects/info"};
	char *objects = path_in(path, "objects");
	bool store = sys_exists(objects);
	int rc = 0;
	free(objects);
	if (!store)
		return err_set(err, ERR_NOT_FOUND, N_("there is no store in %1"), path);
	for (size_t i = 0; rc == 0 && i < sizeof dirs / sizeof *dirs; i++) {
		char *dir = path_in(path, dirs[i]);
		rc = sys_make_dir(dir, 0777, err);
		free(dir);
	}
	if (rc == 0)
		rc = make_file(path, "HEAD", "ref: refs/heads/", "ref: refs/heads/main\n", err);
	if (rc == 0)
		rc = make_file(path, "config", "[core]",
		    "[core]\n\tbare = true\n\trepositoryformatversion = 0\n\tfilemode = true\n[gc]\n\tauto = "
		    "0\n",
		    err);
	return rc;
}

/* ---- what is hurt ---- */

struct repair_ledger *repair_hurt(struct repair *r, const char *name)
{
	for (size_t i = 0; i < r->n_ledgers; i++)
		if (strcmp(r->ledgers[i].name, name) == 0)
			return &r->ledgers[i];
	struct repair_ledger fresh = {.name = arena_dup(&r->arena, name)};
	VEC_PUSH(r->ledgers, r->n_ledgers, fresh);
	return &r->ledgers[r->n_ledgers - 1];
}

struct looking {
	struct repair *r;
	size_t lost;
};

static void count_lost(void *ctx, const struct object *by, const struct object *lost)
{
	struct looking *l = ctx;
	(void)by;
	l->lost++;
	l->r->state.missing += lost->state == OBJECT_ABSENT;
	if (!oids_has(&l->r->lost, &lost->id))
		oids_add(&l->r->lost, &lost->id);
}

static void look_at(struct repair *r, const char *name, const struct oid *tip)
{
	struct object *x = objects_find(&r->objects, tip);
	struct looking l = {r, 0};
	if (x && objects_past(&r->objects, x))
		return;
	if (x) {
		objects_lost(&r->objects, x, count_lost, &l);
	} else {
		const struct object none = {.id = *tip};
		count_lost(&l, NULL, &none);
	}
	struct repair_ledger *hurt = repair_hurt(r, name);
	hurt->lost = l.lost;
	hurt->was = *tip;
}

/* Ref files that say nothing, of ledgers: libgit2 passes over them. */
static void look_for_bad_refs(struct repair *r, const char *kind, const struct strs *good)
{
	struct buf dir = {0};
	buf_printf(&dir, "%s/" HEADS "%s", r->s->path, kind);
	DIR *d = opendir(buf_str(&dir));
	struct dirent *e;
	while (d && (e = readdir(d))) {
		struct buf name = {0};
		buf_printf(&name, "%s/%s", kind, e->d_name);
		if (repo_ledger_name(buf_str(&name)) && !strs_has(good, buf_str(&name)))
			repair_hurt(r, buf_str(&name))->lost_ref = true;
		buf_free(&name);
	}
	if (d)
		closedir(d);
	buf_free(&dir);
}

static void count_rescued(struct repair *r)
{
	git_reference_iterator *it = NULL;
	const char *name;
	if (git_reference_iterator_glob_new(&it, r->s->git, RESCUE "*") == 0)
		while (git_reference_next_name(&name, it) == 0)
			r->state.rescued++;
	git_reference_iterator_free(it);
}

/* Everything anew, from what is known of the objects. */
static int look(struct repair *r, struct err *err)
{
	struct strs ledgers = {0};
	int rc = store_ledgers(r->s, &ledgers, err);
	r->state = (struct repair_state){.packs = r->objects.packs.n};
	r->n_ledgers = 0;
	oids_free(&r->lost);
	objects_unsettle(&r->objects);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
		struct oid tip;
		rc = store_tip(r->s, ledgers.items[i], &tip, err);
		if (rc == 0)
			look_at(r, ledgers.items[i], &tip);
	}
	objects_unmark(&r->objects);
	look_for_bad_refs(r, "directives", &ledgers);
	look_for_bad_refs(r, "reports", &ledgers);
	for (size_t i = 0; i < r->expected.n; i++)
		if (!strs_has(&ledgers, r->expected.items[i]))
			repair_hurt(r, r->expected.items[i])->lost_ref = true;
	for (size_t i = 0; i < r->objects.n; i++)
		r->state.damaged += r->objects.items[i].state == OBJECT_DAMAGED;
	count_rescued(r);
	r->state.ledgers = r->ledgers;
	r->state.n_ledgers = r->n_ledgers;
	strs_free(&ledgers);
	return rc;
}

void repair_expected_free(struct repair_expected *e)
{
	strs_free(&e->ledgers);
	strs_free(&e->own);
}

static void expect_own(const char *kind, const char *unit, struct repair_expected *out)
{
	struct buf name = {0};
	buf_printf(&name, "%s/%s", kind, unit);
	if (repo_ledger_name(buf_str(&name)))
		strs_add(&out->own, buf_str(&name));
	buf_free(&name);
}

void repair_expect(struct store *s, const struct registry *r, bool registry_is_partial, const struct key *key,
    const char *unit, struct repair_expected *out)
{
	struct memory m = {0};
	struct strs below = {0};
	const char *anchor;
	const unsigned char *anchor_key;
	if (registry_anchor(r, &anchor, &anchor_key))
		memory_read(&m, s, key, anchor, anchor_key);
	for (size_t i = 0; i < m.n; i++)
		strs_add(&out->ledgers, m.ledgers[i].name);
	expect_own("directives", unit, out);
	/* Who has subordinates writes in their reports too, and a change does not say in which. */
	registry_below(r, unit, true, &below);
	if (!below.n && !registry_is_partial)
		expect_own("reports", unit, out);
	strs_free(&below);
	memory_free(&m);
}

/* Of the unit's own ledgers those that are gone, and of which something is left. */
static int look_for_own(struct repair *r, const struct repair_expected *expected, struct err *err)
{
	bool any = false;
	for (size_t i = 0; i < expected->own.n; i++) {
		const char *name = expected->own.items[i];
		struct oid tip;
		struct err none = {0};
		if (store_tip(r->s, name, &tip, &none) == 0)
			continue;
		bool known = strs_has(&r->expected, name);
		if (!known && !repair_has_stray(r, name))
			continue;
		if (!known)
			strs_add(&r->expected, name);
		any = any || !known;
		if (strncmp(name, "directives/", 11) == 0)
			break; /* with it, who is below: whose reports the rest is of is not known yet */
	}
	return any ? look(r, err) : 0;
}

int repair_begin(
    struct store *s, const struct repair_expected *expected, struct repair **out, struct err *err)
{
	struct repair *r = mem_alloc(sizeof *r);
	char *lock = path_in(s->path, "tuyen.lock"), *objects = path_in(s->path, "objects");
	r->s = s;
	for (size_t i = 0; expected && i < expected->ledgers.n; i++)
		strs_add(&r->expected, expected->ledgers.items[i]);
	r->lock = -1;
	int rc = sys_lock(lock, WAIT_MS, &r->lock, err);
	if (rc == 0 && git_odb_backend_loose(&r->loose, objects, -1, 0, 0, 0) != 0)
		rc = repo_fail(err, -1, "open", s->path);
	if (rc == 0)
		rc = objects_read(s, NULL, NULL, &r->objects, err);
	if (rc == 0)
		rc = look(r, err);
	if (rc == 0 && expected)
		rc = look_for_own(r, expected, err);
	free(lock);
	free(objects);
	if (rc)
		repair_end(r);
	else
		*out = r;
	return rc;
}

const struct repair_state *repair_state(const struct repair *r)
{
	return &r->state;
}

void repair_unlock(struct repair *r)
{
	sys_unlock(r->lock);
	r->lock = -1;
}

void repair_end(struct repair *r)
{
	if (!r)
		return;
	repair_unlock(r);
	if (r->loose)
		r->loose->free(r->loose);
	objects_free(&r->objects);
	oids_free(&r->lost);
	strs_free(&r->expected);
	free(r->ledgers);
	arena_free(&r->arena);
	free(r);
}

/* ---- copying ---- */

static char *loose_path(const struct repair *r, const struct oid *id)
{
	struct buf path = {0};
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	buf_printf(&path, "%s/objects/%.2s/%s", r->s->path, hex, hex + 2);
	return buf_take(&path);
}

/* Straight into a file of its own: a database would take what is damaged for the object itself. */
int repair_write(struct repair *r, const struct oid *id, git_odb_object *object, struct err *err)
{
	char *path = loose_path(r, id);
	git_oid git_id = repo_git_oid(id);
	int rc = sys_remove(path, err);
	if (rc == 0 && r->loose->write(r->loose, &git_id, git_odb_object_data(object),
			   git_odb_object_size(object), git_odb_object_type(object)) != 0)
		rc = repo_fail(err, -1, "write to", r->s->path);
	if (rc == 0)
		objects_put(&r->objects, id, git_odb_object_type(object), git_odb_object_data(object),
		    git_odb_object_size(object));
	free(path);
	return rc;
}

/* What is wanted; and what that names in turn, where it is not here. */
static int copy_one(struct repair *r, struct store *from, const struct oid *id, struct oids *next,
    size_t *copied, struct err *err)
{
	git_odb_object *object = NULL;
	git_oid git_id = repo_git_oid(id);
	const struct object *known = objects_find(&r->objects, id);
	if ((known && known->state == OBJECT_GOOD) || git_odb_read(&object, from->odb, &git_id) != 0)
		return 0;
	int rc = repair_write(r, id, object, err);
	git_odb_object_free(object);
	if (rc)
		return rc;
	++*copied;
	const struct object *x = objects_find(&r->objects, id);
	for (unsigned i = 0; i < x->n; i++) {
		const struct object *child = objects_child(&r->objects, x, i);
		if (child->state != OBJECT_GOOD)
			oids_add(next, &child->id);
	}
	return 0;
}

/* The refs that are lost here, as they are there. */
static void lost_tips(struct repair *r, struct store *from, struct oids *out)
{
	for (size_t i = 0; i < r->n_ledgers; i++) {
		struct err none = {0};
		if (r->ledgers[i].lost_ref && oid_is_zero(&r->ledgers[i].was) &&
		    store_tip(from, r->ledgers[i].name, &r->ledgers[i].was, &none) == 0)
			oids_add(out, &r->ledgers[i].was);
	}
}

/* Lost refs whose past is whole now are written; not found out again by look(), they are remembered in a list. */
static int write_refs(struct repair *r, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->n_ledgers; i++) {
		struct repair_ledger *l = &r->ledgers[i];
		struct object *tip = oid_is_zero(&l->was) ? NULL : objects_find(&r->objects, &l->was);
		if (l->lost_ref && tip && objects_past(&r->objects, tip))
			rc = repair_set_ref(r->s, l->name, &l->was, err);
	}
	return rc;
}

int repair_copy(struct repair *r, struct store *from, size_t *copied, struct err *err)
{
	struct oids wanted = {0};
	int rc = 0;
	*copied = 0;
	lost_tips(r, from, &wanted);
	for (size_t i = 0; i < r->lost.n; i++)
		oids_add(&wanted, &r->lost.items[i]);
	for (size_t i = 0; i < r->objects.n; i++)
		if (r->objects.items[i].state == OBJECT_DAMAGED)
			oids_add(&wanted, &r->objects.items[i].id);
	for (size_t i = 0; rc == 0 && i < wanted.n; i++) {
		struct oid id = wanted.items[i];
		rc = copy_one(r, from, &id, &wanted, copied, err);
	}
	oids_free(&wanted);
	objects_unsettle(&r->objects);
	if (rc == 0)
		rc = repo_sync(r->s->path, err);
	if (rc == 0)
		rc = write_refs(r, err);
	return rc ? rc : look(r, err);
}

/* ---- off the disk ---- */

/* Out of a damaged pack what is still good, then the pack. */
static int empty_packs(struct repair *r, struct err *err)
{
	static const char *const ends[] = {"pack", "idx", "rev", "bitmap", "keep", "mtimes"};
	int rc = 0;
	for (size_t i = 0; rc == 0 && r->objects.packs.n && i < r->objects.n; i++) {
		struct oid id = r->objects.items[i].id;
		git_oid git_id = repo_git_oid(&id);
		git_odb_object *object = NULL;
		if (r->objects.items[i].state != OBJECT_GOOD || r->loose->exists(r->loose, &git_id) ||
		    git_odb_read(&object, r->s->odb, &git_id) != 0)
			continue;
		rc = repair_write(r, &id, object, err);
		git_odb_object_free(object);
	}
	if (rc == 0 && r->objects.packs.n)
		rc = repo_sync(r->s->path, err);
	for (size_t i = 0; rc == 0 && i < r->objects.packs.n; i++)
		for (size_t k = 0; rc == 0 && k < sizeof ends / sizeof *ends; k++) {
			const char *pack = r->objects.packs.items[i];
			struct buf path = {0};
			buf_printf(&path, "%s/objects/pack/%.*s%s", r->s->path,
			    (int)(strlen(pack) - strlen("pack")), pack, ends[k]);
			rc = sys_remove(buf_str(&path), err);
			buf_free(&path);
		}
	strs_free(&r->objects.packs);
	git_odb_refresh(r->s->odb);
	return rc;
}

int repair_settle(struct repair *r, struct err *err)
{
	int rc = empty_packs(r, err);
	for (size_t i = 0; rc == 0 && i < r->objects.n; i++) {
		struct object *x = &r->objects.items[i];
		if (x->state != OBJECT_DAMAGED)
			continue;
		char *path = loose_path(r, &x->id);
		rc = sys_remove(path, err);
		x->state = OBJECT_ABSENT;
		free(path);
	}
	if (rc == 0)
		rc = repo_sync(r->s->path, err);
	return rc ? rc : look(r, err);
}

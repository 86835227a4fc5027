/*
 * A ledger whose past has a hole stands on what is whole below the hole; what was above it stays under refs/rescue until
 * the hole is closed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "store/draft.h"
#include "store/repair_inside.h"

#define HEADS "refs/heads/"
#define WAIT_MS 5000

/* ---- refs ---- */

static int write_ref(struct store *s, const char *ref, const struct oid *id, struct err *err)
{
	git_reference *made = NULL;
	git_oid to = repo_git_oid(id);
	struct buf file = {0};
	struct oid none;
	git_oid now;
	int rc = 0;
	memset(&none, 0, sizeof none);
	/* A file that says nothing is no ref for libgit2, and in the way of one. */
	if (git_reference_name_to_id(&now, s->git, ref) != 0) {
		buf_printf(&file, "%s/%s", s->path, ref);
		rc = sys_remove(buf_str(&file), err);
	} else if (oid_is_zero(id) && git_reference_remove(s->git, ref) != 0) {
		rc = repo_fail(err, -1, "move ledger", ref);
	}
	if (rc == 0 && !oid_is_zero(id) && git_reference_create(&made, s->git, ref, &to, 1, NULL) != 0)
		rc = repo_fail(err, -1, "move ledger", ref);
	git_reference_free(made);
	buf_free(&file);
	return rc;
}

int repair_set_ref(struct store *s, const char *ledger, const struct oid *id, struct err *err)
{
	struct buf ref = {0};
	int rc = repo_ref(ledger, &ref, err);
	if (rc == 0)
		rc = write_ref(s, buf_str(&ref), id, err);
	buf_free(&ref);
	store_forget(s, ledger);
	return rc;
}

static int rescue(struct store *s, const char *ledger, const struct oid *id, struct err *err)
{
	struct buf ref = {0};
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	buf_printf(&ref, RESCUE "%s/%s", ledger, hex);
	int rc = write_ref(s, buf_str(&ref), id, err);
	buf_free(&ref);
	return rc;
}

/* The commit that these heads stand for; written where it is a merge. */
static int tip_of(
    struct store *s, const char *ledger, const struct oids *heads, struct oid *tip, struct err *err)
{
	struct history *h = NULL;
	struct stage stage = {0};
	*tip = heads->n ? heads->items[0] : (struct oid){{0}};
	if (heads->n < 2)
		return 0;
	h = history_new();
	int rc = load_history(s, ledger, heads, h, err);
	if (rc == 0)
		rc = draft_merge(s, h, ledger, heads, NULL, &stage, tip, err);
	if (rc == 0)
		rc = stage_write(s, &stage, err);
	if (rc == 0)
		rc = repo_sync(s->path, err);
	stage_free(&stage);
	history_free(h);
	return rc;
}

/* ---- back ---- */

/* The newest commits above the hole that are here. Where they share a lost record with what is below, they are not whole
 * either; when that comes back, they are. */
static int rescue_above(struct repair *r, const char *ledger, struct object *tip, struct err *err)
{
	unsigned *list = NULL;
	size_t n = 0;
	int rc = 0;
	objects_reach(&r->objects, tip, &list, &n);
	for (size_t i = 0; i < n; i++)
		r->objects.items[list[i]].mark = false;
	for (size_t i = 0; i < n; i++) {
		const struct object *x = &r->objects.items[list[i]];
		for (unsigned k = 1; x->state == OBJECT_GOOD && k < x->n; k++)
			objects_child(&r->objects, x, k)->mark = true;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct object *x = &r->objects.items[list[i]];
		if (!x->mark && x->state == OBJECT_GOOD && !objects_past(&r->objects, x))
			rc = rescue(r->s, ledger, &x->id, err);
	}
	objects_unmark(&r->objects);
	free(list);
	return rc;
}

static int take_back(struct repair *r, struct repair_ledger *l, struct err *err)
{
	struct object *tip = l->lost_ref ? NULL : objects_find(&r->objects, &l->was);
	struct oids heads = {0};
	int rc = tip ? rescue_above(r, l->name, tip, err) : 0;
	if (tip)
		objects_intact(&r->objects, tip, &heads);
	if (rc == 0)
		rc = tip_of(r->s, l->name, &heads, &l->now, err);
	if (rc == 0)
		rc = repair_set_ref(r->s, l->name, &l->now, err);
	l->taken_back = rc == 0;
	oids_free(&heads);
	return rc;
}

int repair_take_back(struct repair *r, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->n_ledgers; i++)
		rc = take_back(r, &r->ledgers[i], err);
	return rc;
}

bool repair_has_lost(struct store *s, const struct repair *r)
{
	git_odb_refresh(s->odb);
	for (size_t i = 0; i < r->lost.n; i++) {
		git_oid id = repo_git_oid(&r->lost.items[i]);
		if (!git_odb_exists(s->odb, &id))
			return false;
	}
	for (size_t i = 0; i < r->n_ledgers; i++) {
		struct oid tip;
		struct err none = {0};
		if (r->ledgers[i].lost_ref && store_tip(s, r->ledgers[i].name, &tip, &none) != 0)
			return false;
	}
	return true;
}

/* ---- and forth ---- */

struct back {
	struct store *s;
	const struct key *own;
	bool (*refused)(void *ctx, const struct oid *id);
	void *ctx;
	struct objects objects;
	struct strs *moved;
};

struct rescued {
	struct strs refs; /* that are done with when the ledger has moved */
	struct oids heads; /* changes to put back */
};

static bool is_own(struct back *b, const struct oid *id)
{
	struct arena arena = {0};
	struct commit commit;
	struct err none = {0};
	bool own =
	    load_commit(b->s, id, &arena, &commit, &none) == 0 && commit_verify(&commit, key_public(b->own));
	arena_free(&arena);
	return own && !(b->refused && b->refused(b->ctx, id));
}

static int put_back(struct back *b, const char *ledger, struct rescued *x, struct err *err)
{
	struct oid tip = {0}, now;
	struct err none = {0};
	struct history *h = history_new();
	struct oids heads = {0};
	int rc = 0;
	oids_copy(&heads, &x->heads);
	if (store_tip(b->s, ledger, &tip, &none) == 0) {
		struct object *there = objects_find(&b->objects, &tip);
		if (!there || !objects_past(&b->objects, there)) {
			oids_free(&heads);
			history_free(h);
			return 0; /* what is rescued waits until the ledger is whole */
		}
		objects_heads(&b->objects, there, &heads);
	}
	oids_sort(&heads);
	if (rc == 0)
		rc = load_history(b->s, ledger, &heads, h, err);
	if (rc == 0) {
		history_maximal(h, &heads);
		rc = tip_of(b->s, ledger, &heads, &now, err);
	}
	if (rc == 0 && !oid_eq(&now, &tip)) {
		rc = repair_set_ref(b->s, ledger, &now, err);
		strs_add(b->moved, ledger);
	}
	for (size_t i = 0; rc == 0 && i < x->refs.n; i++)
		rc = write_ref(b->s, x->refs.items[i], &(struct oid){{0}}, err);
	history_free(h);
	oids_free(&heads);
	return rc;
}

/* "refs/rescue/reports/11383/<id>" */
static bool ref_of(const char *ref, char ledger[256])
{
	const char *end = strrchr(ref, '/');
	size_t len = (size_t)(end - ref) - strlen(RESCUE);
	if (strncmp(ref, RESCUE, strlen(RESCUE)) != 0 || end < ref + strlen(RESCUE) || len >= 256)
		return false;
	memcpy(ledger, ref + strlen(RESCUE), len);
	ledger[len] = '\0';
	return repo_ledger_name(ledger);
}

static void add_rescued(struct back *b, struct table *found, const char *ref)
{
	char ledger[256];
	git_oid git_id;
	if (!ref_of(ref, ledger) || git_reference_name_to_id(&git_id, b->s->git, ref) != 0)
		return;
	struct oid id = repo_oid(&git_id);
	struct object *x = objects_find(&b->objects, &id);
	if (!x || !objects_past(&b->objects, x))
		return;
	struct rescued **at = (struct rescued **)table_at(found, ledger);
	if (!*at)
		*at = mem_alloc(sizeof **at);
	strs_add(&(*at)->refs, ref);
	objects_heads(&b->objects, x, &(*at)->heads);
}

static void find_rescued(struct back *b, struct table *found)
{
	git_reference_iterator *it = NULL;
	const char *name;
	if (git_reference_iterator_glob_new(&it, b->s->git, RESCUE "*") == 0)
		while (git_reference_next_name(&name, it) == 0)
			add_rescued(b, found, name);
	git_reference_iterator_free(it);
}

/* Everything that a ref of any kind reaches. */
static void mark_all(struct store *s, struct objects *o)
{
	git_reference_iterator *it = NULL;
	const char *name;
	unsigned *list = NULL;
	size_t n = 0;
	if (git_reference_iterator_new(&it, s->git) == 0)
		while (git_reference_next_name(&name, it) == 0) {
			git_oid git_id;
			if (git_reference_name_to_id(&git_id, s->git, name) != 0)
				continue;
			struct oid id = repo_oid(&git_id);
			struct object *x = objects_find(o, &id);
			if (x)
				objects_reach(o, x, &list, &n);
		}
	git_reference_iterator_free(it);
	free(list);
}

/* Is it of a ledger that nobody holds any more: does its unit write of itself, and the kind of records? */
static bool could_begin(struct store *s, const char *ledger, const struct object *x)
{
	struct arena arena = {0};
	struct commit commit;
	struct change c;
	struct err none = {0};
	struct strs paths = {0};
	bool fits = load_commit(s, &x->id, &arena, &commit, &none) == 0 &&
		    change_parse_message(&c, &arena, commit.message, &none) == 0 &&
		    strcmp(c.unit, strchr(ledger, '/') + 1) == 0 &&
		    tree_list(s, &commit.tree, "", &paths, &none) == 0;
	for (size_t i = 0; fits && i < paths.n; i++)
		fits = type_by_path(ledger, paths.items[i]) != NULL;
	strs_free(&paths);
	arena_free(&arena);
	return fits;
}

bool repair_has_stray(struct repair *r, const char *ledger)
{
	bool found = false;
	mark_all(r->s, &r->objects);
	for (size_t i = 0; !found && i < r->objects.n; i++) {
		struct object *x = &r->objects.items[i];
		found = x->kind == OBJECT_COMMIT && !x->mark && !object_is_merge(x) &&
			objects_past(&r->objects, x) && could_begin(r->s, ledger, x);
	}
	objects_unmark(&r->objects);
	return found;
}

/* Does a change that no ref reaches belong on top of this ledger: has it seen something of it, and all that this node
 * itself has in it? What a crash left behind long ago has not. */
static bool belongs(struct back *b, const char *ledger, struct object *x)
{
	unsigned *seen = NULL, *all = NULL;
	size_t n_seen = 0, n_all = 0;
	struct oid id;
	struct err none = {0};
	if (store_tip(b->s, ledger, &id, &none) != 0)
		return could_begin(b->s, ledger, x);
	struct object *tip = objects_find(&b->objects, &id);
	if (!tip || !objects_past(&b->objects, tip))
		return false;
	bool *mine = mem_alloc(b->objects.n);
	objects_unmark(&b->objects);
	objects_reach(&b->objects, x, &seen, &n_seen);
	for (size_t i = 0; i < n_seen; i++)
		mine[seen[i]] = true;
	objects_unmark(&b->objects);
	objects_reach(&b->objects, tip, &all, &n_all);
	bool any = false, fits = true;
	for (size_t i = 0; i < n_all; i++)
		any = any || mine[all[i]];
	for (size_t i = 0; any && b->refused && i < n_all; i++)
		b->objects.items[all[i]].mark = true;
	for (size_t i = 0; any && fits && b->refused && i < n_seen; i++)
		fits = b->objects.items[seen[i]].mark || !b->refused(b->ctx, &b->objects.items[seen[i]].id);
	for (size_t i = 0; any && fits && i < n_all; i++)
		fits = mine[all[i]] || object_is_merge(&b->objects.items[all[i]]) ||
		       !is_own(b, &b->objects.items[all[i]].id);
	objects_unmark(&b->objects);
	free(mine);
	free(seen);
	free(all);
	return any && fits;
}

/* What this node signed and no ref reaches, by generation. */
static void find_strays(struct back *b, struct oids *out)
{
	struct oids all = {0}, sorted = {0};
	objects_unmark(&b->objects);
	mark_all(b->s, &b->objects);
	for (size_t i = 0; i < b->objects.n; i++) {
		struct object *x = &b->objects.items[i];
		if (x->kind == OBJECT_COMMIT && !x->mark && !object_is_merge(x) &&
		    objects_past(&b->objects, x) && is_own(b, &x->id))
			oids_add(&all, &x->id);
	}
	objects_unmark(&b->objects);
	objects_order(&b->objects, &all, &sorted); /* and all that they have seen */
	objects_unmark(&b->objects);
	for (size_t i = 0; i < all.n; i++)
		objects_find(&b->objects, &all.items[i])->mark = true;
	for (size_t i = 0; i < sorted.n; i++)
		if (objects_find(&b->objects, &sorted.items[i])->mark)
			oids_add(out, &sorted.items[i]);
	objects_unmark(&b->objects);
	oids_free(&all);
	oids_free(&sorted);
}

/* The newest of them that belongs to the ledger goes back into it, with what it has seen. */
static void place_stray(struct back *b, const struct oids *strays, const char *ledger, struct table *found)
{
	for (size_t i = strays->n; i-- > 0;) {
		if (!belongs(b, ledger, objects_find(&b->objects, &strays->items[i])))
			continue;
		struct rescued **at = (struct rescued **)table_at(found, ledger);
		if (!*at)
			*at = mem_alloc(sizeof **at);
		oids_add(&(*at)->heads, &strays->items[i]);
		return;
	}
}

static int place_strays(struct back *b, const struct repair *hurt, struct table *found, struct err *err)
{
	struct strs names = {0};
	struct oids strays = {0};
	int rc = b->refused ? store_ledgers(b->s, &names, err) : 0;
	for (size_t i = 0; hurt && i < hurt->n_ledgers; i++)
		strs_add(&names, hurt->ledgers[i].name);
	strs_sort(&names);
	if (rc == 0 && names.n)
		find_strays(b, &strays);
	for (size_t i = 0; rc == 0 && strays.n && i < names.n; i++)
		place_stray(b, &strays, names.items[i], found);
	strs_free(&names);
	oids_free(&strays);
	return rc;
}

int repair_put_back(struct store *s, const struct repair *hurt, const struct key *own,
    bool (*refused)(void *ctx, const struct oid *id), void *ctx, struct strs *moved, struct err *err)
{
	struct back b = {.s = s, .own = own, .refused = refused, .ctx = ctx, .moved = moved};
	struct table found = {0};
	struct buf path = {0};
	int lock = -1;
	buf_printf(&path, "%s/tuyen.lock", s->path);
	int rc = sys_lock(buf_str(&path), WAIT_MS, &lock, err);
	if (rc == 0)
		rc = objects_read(s, NULL, NULL, &b.objects, err);
	if (rc == 0)
		find_rescued(&b, &found);
	if (rc == 0 && own)
		rc = place_strays(&b, hurt, &found, err);
	for (size_t i = 0; i < found.n; i++) {
		struct rescued *x = found.rows[i].value;
		if (rc == 0)
			rc = put_back(&b, found.rows[i].key, x, err);
		strs_free(&x->refs);
		oids_free(&x->heads);
		free(x);
	}
	table_free(&found);
	objects_free(&b.objects);
	sys_unlock(lock);
	buf_free(&path);
	return rc;
}

static void show_unit(
    struct store *s, struct registry *r, const char *ledger, const struct oid *id, const char *path)
{
	struct arena arena = {0};
	struct record unit;
	struct err none = {0};
	const struct registry_source source = {strchr(ledger, '/') + 1, *id, NULL};
	if (store_record(s, ledger, id, path, &arena, &unit, &none) == 0)
		registry_feed(r, &source, path, &unit, &none);
	arena_free(&arena);
}

void repair_show_rescued(struct store *s, struct registry *r)
{
	git_reference_iterator *it = NULL;
	const char *name;
	char ledger[256];
	git_oid git_id;
	if (git_reference_iterator_glob_new(&it, s->git, RESCUE "directives/*") == 0)
		while (git_reference_next_name(&name, it) == 0) {
			struct strs paths = {0};
			struct err none = {0};
			if (!ref_of(name, ledger) || git_reference_name_to_id(&git_id, s->git, name) != 0)
				continue;
			struct oid id = repo_oid(&git_id);
			int rc = store_list(s, ledger, &id, "units/", &paths, &none);
			for (size_t i = 0; rc == 0 && i < paths.n; i++)
				show_unit(s, r, ledger, &id, paths.items[i]);
			strs_free(&paths);
		}
	git_reference_iterator_free(it);
}

static void drop_rescued(struct store *s, const char *ledger)
{
	git_reference_iterator *it = NULL;
	struct strs refs = {0};
	const char *name;
	char of[256];
	if (git_reference_iterator_glob_new(&it, s->git, RESCUE "*") == 0)
		while (git_reference_next_name(&name, it) == 0)
			if (ref_of(name, of) && strcmp(of, ledger) == 0)
				strs_add(&refs, name);
	git_reference_iterator_free(it);
	for (size_t i = 0; i < refs.n; i++) {
		struct err none = {0};
		write_ref(s, refs.items[i], &(struct oid){{0}}, &none);
	}
	strs_free(&refs);
}

void repair_note(struct repair *r)
{
	for (size_t i = 0; i < r->n_ledgers; i++) {
		struct err absent = {0};
		r->ledgers[i].now = (struct oid){{0}};
		store_tip(r->s, r->ledgers[i].name, &r->ledgers[i].now, &absent);
	}
}

/* A ref to what is not here, which libgit2 does not write: without it nobody would know that there was a ledger. */
static void keep_ref(struct store *s, const char *ledger, const struct oid *id)
{
	struct buf path = {0}, text = {0};
	struct err none = {0};
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	buf_printf(&path, "%s/" HEADS "%.*s", s->path, (int)strcspn(ledger, "/"), ledger);
	buf_printf(&text, "%s\n", hex);
	if (sys_make_dir(buf_str(&path), 0755, &none) == 0) {
		buf_printf(&path, "%s", strchr(ledger, '/'));
		sys_write_file(buf_str(&path), text.data, text.len, 0644, &none);
	}
	store_forget(s, ledger);
	buf_free(&path);
	buf_free(&text);
}

void repair_undo(struct store *s, const struct repair *r)
{
	for (size_t i = 0; i < r->n_ledgers; i++) {
		const struct repair_ledger *l = &r->ledgers[i];
		struct oid tip = {0};
		struct err none = {0}, absent = {0};
		store_tip(s, l->name, &tip, &absent);
		if (!l->taken_back || !oid_eq(&tip, &l->now) || oid_is_zero(&l->was))
			continue;
		if (!repo_has_commit(s, &l->was)) {
			if (oid_is_zero(&tip))
				keep_ref(s, l->name, &l->was);
			continue;
		}
		if (repair_set_ref(s, l->name, &l->was, &none) == 0)
			drop_rescued(s, l->name);
	}
}

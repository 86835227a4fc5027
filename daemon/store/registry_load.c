#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "store/load.h"
#include "store/verify.h"

#define DIRECTIVES "directives/"

/* Where records stand that the registry is made of. */
static const char *const folders[] = {"units", "moves", "handovers", "relays"};

struct feeding {
	struct registry *r;
	struct store *s;
	const char *ledger;
	struct registry_source source;
	const char *folder;
	struct table *touched; /* paths */
};

static int feed(
    const struct feeding *f, const struct tree_difference *d, struct arena *arena, struct err *err)
{
	struct record now;
	const char *text = NULL;
	size_t len = 0;
	const char *path = arena_printf(arena, "%s/%s", f->folder, d->path);
	const struct record_type *type = type_by_path(f->ledger, path);
	if (!type)
		return 0;
	int rc = oid_is_zero(&d->after) ? 0 : repo_blob(f->s, &d->after, arena, &text, &len, err);
	if (rc == 0 && text)
		rc = record_parse(&now, arena, type, text, len, err);
	if (rc == 0)
		rc = registry_feed(f->r, &f->source, path, text ? &now : NULL, err);
	if (rc == 0)
		*table_at(f->touched, path) = f->touched;
	if (rc)
		err_at(err, path, 0, 0);
	return rc;
}

static int feed_folder(const struct feeding *f, const struct oid *parent, const struct oid *tree,
    struct arena *arena, struct err *err)
{
	struct oid before, after;
	struct tree_differences found = {0};
	int rc = tree_directory(f->s, parent, f->folder, &before, err);
	if (rc == 0)
		rc = tree_directory(f->s, tree, f->folder, &after, err);
	if (rc == 0)
		rc = tree_compare(f->s, &before, &after, arena, &found, err);
	for (size_t i = 0; rc == 0 && i < found.n; i++)
		rc = feed(f, &found.items[i], arena, err);
	free(found.items);
	return rc;
}

/* The records of the registry that one change touched. */
static int feed_change(struct registry *r, struct store *s, const char *ledger, const struct oid *id,
    struct table *touched, struct err *err)
{
	struct arena arena = {0};
	struct commit commit;
	struct change c;
	struct oid parent = {0};
	struct feeding f = {r, s, ledger, {ledger + strlen(DIRECTIVES), *id, NULL}, NULL, touched};
	int rc = load_commit(s, id, &arena, &commit, err);
	if (rc == 0)
		rc = change_parse_message(&c, &arena, commit.message, err);
	f.source.grant = &c.grant;
	if (rc == 0 && commit.n_parents)
		rc = load_tree(s, &commit.parents[0], &parent, err);
	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof *folders; i++) {
		f.folder = folders[i];
		rc = feed_folder(&f, &parent, &commit.tree, &arena, err);
	}
	arena_free(&arena);
	return rc;
}

/* Where changes were made apart, their order says nothing: what stands is what the merge rule gives. */
static int show_merged(
    struct registry *r, struct store *s, const char *ledger, const struct table *touched, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < touched->n; i++) {
		struct arena arena = {0};
		struct record now;
		const char *path = touched->rows[i].key;
		struct err absent = {0};
		rc = store_record(s, ledger, NULL, path, &arena, &now, &absent);
		if (rc == 0)
			registry_show(r, ledger + strlen(DIRECTIVES), path, &now);
		else if (rc == ERR_NOT_FOUND)
			rc = 0;
		else
			*err = absent;
		arena_free(&arena);
	}
	return rc;
}

static bool was_read(const void *ctx, const struct oid *id)
{
	return registry_has_read(ctx, id);
}

int registry_load_ledger(struct registry *r, struct store *s, const char *ledger, struct err *err)
{
	struct oids heads = {0}, order = {0};
	struct table touched = {0};
	const struct load_known known = {was_read, r};
	if (strncmp(ledger, DIRECTIVES, strlen(DIRECTIVES)) != 0)
		return 0;
	int rc = store_ledger_heads(s, ledger, &heads, err);
	if (rc == 0)
		rc = load_order(s, &heads, &known, &order, err);
	for (size_t i = 0; rc == 0 && i < order.n; i++) {
		rc = feed_change(r, s, ledger, &order.items[i], &touched, err);
		if (rc == 0)
			registry_read(r, &order.items[i]);
	}
	if (rc == 0 && heads.n > 1)
		rc = show_merged(r, s, ledger, &touched, err);
	registry_settle(r);
	table_free(&touched);
	oids_free(&heads);
	oids_free(&order);
	return rc;
}

struct loading {
	struct registry *r;
	struct store *s;
	struct strs ledgers;
	bool *fed;
};

/* Feed the ledgers of the anchor and of units known by now; or of strangers too. *any: one was fed. */
static int feed_ledgers(struct loading *l, bool strangers, bool *any, struct err *err)
{
	int rc = 0;
	*any = false;
	for (size_t i = 0; rc == 0 && i < l->ledgers.n; i++) {
		const char *unit = l->ledgers.items[i] + strcspn(l->ledgers.items[i], "/") + 1;
		if (l->fed[i] || !(strangers || registry_is_anchor(l->r, unit) || registry_unit(l->r, unit)))
			continue;
		l->fed[i] = *any = true;
		rc = registry_load_ledger(l->r, l->s, l->ledgers.items[i], err);
	}
	return rc;
}

/* Superiors before subordinates; what nobody has registered (yet) comes last. */
int registry_load(struct registry *r, struct store *s, struct err *err)
{
	struct loading l = {.r = r, .s = s};
	bool any;
	int rc = store_ledgers(s, &l.ledgers, err);
	l.fed = mem_alloc(l.ledgers.n);
	do {
		if (rc == 0)
			rc = feed_ledgers(&l, false, &any, err);
	} while (rc == 0 && any);
	if (rc == 0)
		rc = feed_ledgers(&l, true, &any, err);
	free(l.fed);
	strs_free(&l.ledgers);
	return rc;
}

#include "view_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "merge/trace.h"
#include "store/left.h"

/* A ledger that was put aside is read as it stood then. */
static int view_read(
    void *ctx, const char *ledger, const char *path, struct arena *arena, struct record *r, struct err *err)
{
	struct oid left;
	struct err absent = {0};
	int rc = store_record(ctx, ledger, NULL, path, arena, r, &absent);
	if (rc == ERR_NOT_FOUND && store_left(ctx, ledger, &left))
		return store_record(ctx, ledger, &left, path, arena, r, err);
	if (rc && !err->code)
		*err = absent;
	return rc;
}

static int view_list(void *ctx, const char *ledger, const char *prefix, struct strs *out, struct err *err)
{
	struct oid left;
	size_t before = out->n;
	int rc = store_list(ctx, ledger, NULL, prefix, out, err);
	if (rc == 0 && out->n == before && store_left(ctx, ledger, &left))
		rc = store_list(ctx, ledger, &left, prefix, out, err);
	return rc;
}

static int view_ledgers(void *ctx, struct strs *out, struct err *err)
{
	struct strs left = {0};
	int rc = store_ledgers(ctx, out, err);
	if (rc == 0)
		rc = store_left_list(ctx, &left, err);
	for (size_t i = 0; rc == 0 && i < left.n; i++)
		if (!strs_has(out, left.items[i]))
			strs_add(out, left.items[i]);
	if (left.n)
		strs_sort(out);
	strs_free(&left);
	return rc;
}

static int touches(
    struct store *s, const char *ledger, const struct oid *id, const char *path, bool *yes, struct err *err)
{
	struct arena arena = {0};
	struct change change;
	*yes = false;
	int rc = store_change(s, ledger, id, &arena, &change, err);
	for (size_t i = 0; rc == 0 && !*yes && i < change.n_records; i++)
		*yes = strcmp(change.records[i].path, path) == 0;
	arena_free(&arena);
	return rc;
}

/* Backward through "parents before children", an order that no clock has a part in. */
static int view_last_change(
    void *ctx, const char *ledger, const char *path, struct arena *arena, struct change *out, struct err *err)
{
	struct history *history;
	struct oids none = {0}, tips = {0}, all = {0};
	int rc = store_history(ctx, ledger, &history, err);
	if (rc != 0)
		return rc;
	history_tips(history, &tips);
	history_between(history, &none, &tips, &all);
	bool found = false;
	size_t i = all.n;
	while (rc == 0 && !found && i-- > 0)
		rc = touches(ctx, ledger, &all.items[i], path, &found, err);
	if (rc == 0 && found)
		rc = store_change(ctx, ledger, &all.items[i], arena, out, err);
	else if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no change of %1 touches %2", ledger, path);
	oids_free(&tips);
	oids_free(&all);
	return rc;
}

struct writes {
	struct arena *arena;
	struct view_write *items;
	size_t n;
};

static void keep_write(void *ctx, const struct trace_write *w)
{
	struct writes *all = ctx;
	struct view_write kept = {
	    w->change, arena_dup(all->arena, w->writer), arena_dup(all->arena, w->value), w->seal};
	VEC_PUSH(all->items, all->n, kept);
}

static int view_writes(void *ctx, const char *ledger, const char *path, const char *field,
    struct arena *arena, struct view_write **out, size_t *n, struct err *err)
{
	struct history *history;
	struct writes all = {.arena = arena};
	int rc = store_history(ctx, ledger, &history, err);
	if (rc)
		return rc;
	trace_field(history, path, field, keep_write, &all);
	*n = all.n;
	*out = arena_alloc(arena, (all.n + 1) * sizeof **out);
	if (all.n)
		memcpy(*out, all.items, all.n * sizeof **out);
	free(all.items);
	return 0;
}

static int view_read_at(void *ctx, const char *ledger, const struct oid *change, const char *path,
    struct arena *arena, struct record *r, struct err *err)
{
	return store_record(ctx, ledger, change, path, arena, r, err);
}

static int view_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	return store_change_words(ctx, ledger, id, arena, out, err);
}

static int view_change_whole(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	return store_change(ctx, ledger, id, arena, out, err);
}

static int view_seen(void *ctx, const char *ledger, const struct oid *change, const struct oid *old,
    size_t *n, bool *seen, struct err *err)
{
	struct history *history;
	int rc = store_history(ctx, ledger, &history, err);
	if (rc)
		return rc;
	*n = history_seen_count(history, change);
	if (old)
		*seen = history_seen(history, change, old);
	return 0;
}

static int view_news(void *ctx, const char *ledger, const struct oids *known, struct arena *arena,
    struct view_write **out, size_t *n, struct err *err)
{
	struct history *history;
	struct oids tips = {0}, ids = {0};
	int rc = store_history(ctx, ledger, &history, err);
	if (rc)
		return rc;
	history_tips(history, &tips);
	history_between(history, known, &tips, &ids);
	*n = ids.n;
	*out = arena_alloc(arena, (ids.n + 1) * sizeof **out);
	for (size_t i = 0; i < ids.n; i++)
		(*out)[i] = (struct view_write){
		    ids.items[i], arena_dup(arena, history_writer(history, &ids.items[i])), NULL, false};
	oids_free(&tips);
	oids_free(&ids);
	return 0;
}

static int view_tip(void *ctx, const char *ledger, struct oid *out, struct err *err)
{
	return store_left(ctx, ledger, out) ? 0 : store_tip(ctx, ledger, out, err);
}

int view_store_open(
    struct store *store, struct registry *registry, const struct config *config, struct view *out)
{
	*out = (struct view){
	    .ctx = store,
	    .read = view_read,
	    .list = view_list,
	    .ledgers = view_ledgers,
	    .last_change = view_last_change,
	    .writes = view_writes,
	    .read_at = view_read_at,
	    .change = view_change,
	    .change_whole = view_change_whole,
	    .seen = view_seen,
	    .news = view_news,
	    .tip = view_tip,
	    .registry = registry,
	    .unit = config->unit,
	    .station = config->station,
	    .agency = config->agency,
	    .rank = config->rank,
	    .now = sys_now(),
	};
	return 0;
}

#include "plan/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/writing.h"
#include "record/date.h"

#define ABOUT_DIGITS 12

/* "suspended-3fa2c1d04b7e": kind and what it is about. */
static const char *item_id(struct arena *arena, const char *kind, const char *about)
{
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	hash_sha256(about, strlen(about), hash);
	hex_encode(hash, sizeof hash, hex);
	return arena_printf(arena, "%s-%.*s", kind, ABOUT_DIGITS, hex);
}

static int set_all(struct record *r, const char *const *pairs, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && pairs[i]; i += 2)
		rc = record_set(r, pairs[i], pairs[i + 1], err);
	return rc;
}

int incident_open(const struct view *v, struct outcome *o, const char *unit, const char *kind,
    const char *about, const char *key, const char *reason, struct err *err)
{
	struct arena *arena = &o->arena;
	const char *ledger = arena_printf(arena, "reports/%s", unit);
	const char *path = arena_printf(arena, "incidents/%s.yaml", item_id(arena, kind, about));
	struct record r;
	bool exists;
	char now[32];
	date_time_print(v->now, now);
	int rc = view_open(v, ledger, path, arena, &r, &exists, err);
	if (rc || (exists && !record_get(&r, "closed")))
		return rc;
	const char *const pairs[] = {
	    "kind", kind, "key", key, "reason", reason, "opened", now, "closed", NULL, "note", NULL, NULL};
	rc = set_all(&r, pairs, err);
	if (rc == 0)
		rc = record_check(&r, err);
	if (rc == 0)
		outcome_put(
		    o, outcome_change(o, ledger, arena_printf(arena, "incident: %s", kind), NULL), path, &r);
	return rc;
}

/* ---- reading ---- */

static int read_ledger(const struct view *v, const char *ledger, bool closed_too, struct arena *arena,
    struct incident_items *out, struct err *err)
{
	struct strs paths = {0};
	const struct record_type *type = type_by_name("incident");
	int rc = v->list(v->ctx, ledger, "incidents/", &paths, err);
	struct incident_item *grown = arena_alloc(arena, (out->n + paths.n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	out->items = grown;
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		struct incident_item *item = &out->items[out->n];
		struct record r;
		char id[65];
		if (!type_path_part(type, paths.items[i], 0, id))
			continue;
		rc = v->read(v->ctx, ledger, paths.items[i], arena, &r, err);
		if (rc)
			break;
		*item =
		    (struct incident_item){arena_dup(arena, id), arena_dup(arena, strchr(ledger, '/') + 1),
			arena_dup(arena, ledger), arena_dup(arena, paths.items[i]), record_get(&r, "kind"),
			record_get(&r, "key"), record_get(&r, "reason"), record_get(&r, "opened"),
			record_get(&r, "closed"), record_get(&r, "note")};
		out->n += closed_too || !item->closed;
	}
	strs_free(&paths);
	return rc;
}

int incident_items_read(const struct view *v, const char *unit, bool closed_too, struct arena *arena,
    struct incident_items *out, struct err *err)
{
	struct strs ledgers = {0};
	*out = (struct incident_items){0};
	if (unit)
		return read_ledger(v, arena_printf(arena, "reports/%s", unit), closed_too, arena, out, err);
	int rc = v->ledgers(v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		if (strncmp(ledgers.items[i], "reports/", strlen("reports/")) == 0)
			rc = read_ledger(v, ledgers.items[i], closed_too, arena, out, err);
	strs_free(&ledgers);
	return rc;
}

int incident_items_find(
    const struct incident_items *all, const char *prefix, const struct incident_item **out, struct err *err)
{
	struct buf names = {0};
	size_t found = 0, len = strlen(prefix);
	int rc = 0;
	for (size_t i = 0; len && i < all->n; i++) {
		if (strncmp(all->items[i].id, prefix, len) != 0)
			continue;
		buf_printf(&names, "%s%s", found++ ? ", " : "", all->items[i].id);
		*out = &all->items[i];
	}
	if (found == 0) {
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no incident '%1'"), prefix);
		err_hint(err, N_("'tuyen incident list' shows what is open"));
	} else if (found > 1) {
		rc = err_set(
		    err, ERR_AMBIGUOUS, N_("several incidents begin with '%1': %2"), prefix, buf_str(&names));
		err_hint(err, N_("give more of it"));
	}
	buf_free(&names);
	return rc;
}

/* ---- closing ---- */

int incident_op_close(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct arena *arena = &o->arena;
	struct incident_items all;
	const struct incident_item *item = NULL;
	const char *prefix = args_word(a, 0), *note = args_get(a, "note");
	struct record r;
	char now[32];
	date_time_print(v->now, now);
	int rc = incident_items_read(v, NULL, false, arena, &all, err);
	if (rc == 0)
		rc = incident_items_find(&all, prefix ? prefix : "", &item, err);
	if (rc == 0 && !registry_is_above(v->registry, v->unit, item->unit)) {
		rc = err_set(err, ERR_REFUSED, N_("an incident of %1 is closed by its superior"), item->unit);
		err_hint(err, N_("ask the node of the superior to run `tuyen incident close`"));
	}
	if (rc == 0)
		rc = writing_no_station(v, err);
	if (rc == 0)
		rc = v->read(v->ctx, item->ledger, item->path, arena, &r, err);
	const char *const pairs[] = {"closed", now, "note", note, NULL};
	if (rc == 0)
		rc = set_all(&r, pairs, err);
	if (rc)
		return rc;
	outcome_put(o, outcome_change(o, item->ledger, "incident: close", NULL), item->path, &r);
	outcome_note(o, N_("incident %1 of %2 is closed"), item->id, item->unit);
	return 0;
}

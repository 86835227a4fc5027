#include "plan/conflicts.h"

#include <stdlib.h>
#include <string.h>

static void read_side(
    const struct record *r, struct arena *arena, const char *name, struct conflict_side *side)
{
	const char *rank = record_get(r, arena_printf(arena, "%s.rank", name));
	side->value = record_get(r, arena_printf(arena, "%s.value", name));
	side->unit = record_get(r, arena_printf(arena, "%s.unit", name));
	side->present = side->value != NULL;
	side->rank = rank ? atoi(rank) : -1;
}

static void read_words(
    const struct record *r, struct arena *arena, const char *table, struct conflict_word **out, size_t *n)
{
	size_t i = 0;
	const char *key;
	*out = arena_alloc(arena, (r->n + 1) * sizeof **out);
	*n = 0;
	while (record_next_key(r, table, &i, &key)) {
		struct conflict_word *w = &(*out)[(*n)++];
		w->id = key;
		w->unit = record_get(r, arena_printf(arena, "%s.%s.unit", table, key));
		w->reason = record_get(r, arena_printf(arena, "%s.%s.reason", table, key));
	}
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* A seal overrules the number of a version that a correction raised meanwhile. That is no second clash: the figure
 * itself has its own conflict. */
static bool is_numbering(const struct conflict_item *c)
{
	const struct record_type *type = type_by_path(c->ledger, c->record);
	return type && strcmp(type->name, "report") == 0 && strcmp(c->field, "version") == 0 &&
	       str_is(c->state, "overruled");
}

static int read_ledger(const struct view *v, const char *ledger, struct arena *arena,
    struct conflict_items *out, struct err *err)
{
	struct strs paths = {0};
	const struct record_type *type = type_by_name("conflict");
	int rc = v->list(v->ctx, ledger, "conflicts/", &paths, err);
	struct conflict_item *grown = arena_alloc(arena, (out->n + paths.n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	out->items = grown;
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		struct conflict_item *c = &out->items[out->n];
		struct record r;
		char id[65];
		if (!type_path_part(type, paths.items[i], 1, id))
			continue;
		rc = v->read(v->ctx, ledger, paths.items[i], arena, &r, err);
		if (rc)
			break;
		c->id = arena_dup(arena, id);
		c->ledger = arena_dup(arena, ledger);
		c->path = arena_dup(arena, paths.items[i]);
		c->record = or_empty(record_get(&r, "record"));
		c->field = or_empty(record_get(&r, "field"));
		c->base = record_get(&r, "base");
		c->why = or_empty(record_get(&r, "why"));
		c->state = or_empty(record_get(&r, "state"));
		read_side(&r, arena, "kept", &c->kept);
		read_side(&r, arena, "other", &c->other);
		read_words(&r, arena, "objections", &c->objections, &c->n_objections);
		read_words(&r, arena, "answers", &c->answers, &c->n_answers);
		out->n += !is_numbering(c);
	}
	strs_free(&paths);
	return rc;
}

/* What is here of a unit behind one that relays only totals is old: nobody waits for anybody there. */
static bool is_old(const struct view *v, const char *ledger)
{
	return strncmp(ledger, "reports/", 8) == 0 &&
	       registry_relay_between(v->registry, v->unit, ledger + 8, view_day(v));
}

int conflict_list(const struct view *v, const char *ledger, struct arena *arena, struct conflict_items *out,
    struct err *err)
{
	struct strs ledgers = {0};
	*out = (struct conflict_items){0};
	if (ledger)
		return read_ledger(v, ledger, arena, out, err);
	int rc = v->ledgers(v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		if (!is_old(v, ledgers.items[i]))
			rc = read_ledger(v, ledgers.items[i], arena, out, err);
	strs_free(&ledgers);
	return rc;
}

int conflict_find(
    const struct conflict_items *all, const char *prefix, const struct conflict_item **out, struct err *err)
{
	struct buf names = {0};
	size_t found = 0, len = strlen(prefix);
	int rc = 0;
	for (size_t i = 0; i < all->n; i++) {
		if (strncmp(all->items[i].id, prefix, len) != 0)
			continue;
		buf_printf(&names, "%s%.12s", found++ ? ", " : "", all->items[i].id);
		*out = &all->items[i];
	}
	if (found == 0 || len == 0) {
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no conflict '%1'"), prefix);
		err_hint(err, N_("'tuyen conflict list' shows what is open"));
	} else if (found > 1) {
		rc = err_set(
		    err, ERR_AMBIGUOUS, N_("several conflicts begin with '%1': %2"), prefix, buf_str(&names));
		err_hint(err, N_("give more digits"));
	}
	buf_free(&names);
	return rc;
}

bool conflict_is_open(const struct conflict_item *c)
{
	return !str_is(c->state, "settled");
}

bool conflict_waits(const struct conflict_item *c)
{
	return str_is(c->state, "disputed") || str_is(c->state, "objected");
}

bool conflict_is_dispute(const struct conflict_item *c)
{
	return str_is(c->state, "disputed") || (str_is(c->state, "objected") && str_is(c->why, "equal"));
}

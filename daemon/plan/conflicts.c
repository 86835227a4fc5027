#include "plan/conflicts.h"

#include <stdlib.h>
#include <string.h>

static void read_side(
    const struct record *r, struct arena *arena, const char *name, struct conflict_side *side)
{
	const char *rank = record_get(r, arena_printf(arena, "%s.rank", name));
	side->value = record_get(r, arena_printf(arena, "%s.value", name));
	side->unit = record_get(r, arena_printf(arena, "%s.unit", name));
	side->change = record_get(r, arena_printf(arena, "%s.change", name));
	side->present = side->value != NULL;
	side->rank = rank ? atoi(rank) : -1;
}

static void read_words(
    const struct record *r, struct arena *arena, const char *table, struct conflict_word **out, size_t *n)
{
	size_t i = 0;
	const char *key;
	*out = NULL;
	*n = 0;
	while (record_next_key(r, table, &i, &key)) {
		if (!*out)
			*out = arena_alloc(arena, (r->n + 1) * sizeof **out);
		struct conflict_word *w = &(*out)[(*n)++];
		w->id = key;
		w->unit = record_get(r, arena_printf(arena, "%s.%s.unit", table, key));
		w->reason = record_get(r, arena_printf(arena, "%s.%s.reason", table, key));
		w->to = record_get(r, arena_printf(arena, "%s.%s.to", table, key));
	}
}

static void mark_answered(struct conflict_item *c)
{
	for (size_t i = 0; i < c->n_objections; i++)
		for (size_t k = 0; k < c->n_answers; k++)
			if (strcmp(c->answers[k].id, c->objections[i].id) == 0)
				c->objections[i].answered = true;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* The id that the pattern of a type has at "<name>"; NULL where it has none. */
static const char *part_named(
    struct arena *arena, const struct record_type *type, const char *path, const char *name)
{
	size_t len = strlen(name), i = 0;
	for (const char *at = strchr(type->path, '<'); at; at = strchr(at + 1, '<'), i++) {
		char part[65];
		if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '>')
			return type_path_part(type, path, i, part) ? arena_dup(arena, part) : NULL;
	}
	return NULL;
}

/* What a plan's own records are about is a plan of the unit that issues it. */
static void read_about(struct conflict_item *c, const struct record_type *type, struct arena *arena)
{
	const char *slash = strchr(c->ledger, '/');
	c->issuer = part_named(arena, type, c->record, "issuer");
	c->plan = part_named(arena, type, c->record, "plan");
	c->period = part_named(arena, type, c->record, "period");
	if (c->plan && !c->issuer && slash)
		c->issuer = slash + 1;
}

/* A seal overrules the number of a version that a correction raised meanwhile. That is no second clash: the figure
 * itself has its own conflict. */
static bool is_numbering(const struct conflict_item *c, const struct record_type *type)
{
	return type && strcmp(type->name, "report") == 0 && strcmp(c->field, "version") == 0 &&
	       str_is(c->state, "overruled");
}

bool conflict_read(const struct record *r, struct arena *arena, const char *ledger, const char *path,
    struct conflict_item *c)
{
	char id[65] = "";
	*c = (struct conflict_item){0};
	type_path_part(type_by_name("conflict"), path, 1, id);
	c->id = arena_dup(arena, id);
	c->ledger = ledger;
	c->path = arena_dup(arena, path);
	c->record = or_empty(record_get(r, "record"));
	c->field = or_empty(record_get(r, "field"));
	c->base = record_get(r, "base");
	c->why = or_empty(record_get(r, "why"));
	c->state = or_empty(record_get(r, "state"));
	read_side(r, arena, "kept", &c->kept);
	read_side(r, arena, "other", &c->other);
	read_words(r, arena, "objections", &c->objections, &c->n_objections);
	read_words(r, arena, "answers", &c->answers, &c->n_answers);
	mark_answered(c);
	const struct record_type *type = type_by_path(ledger, c->record);
	if (type)
		read_about(c, type, arena);
	return !is_numbering(c, type);
}

static int read_ledger(const struct view *v, const char *ledger, struct arena *arena,
    struct conflict_items *out, struct err *err)
{
	struct strs paths = {0};
	const char *name = arena_dup(arena, ledger);
	int rc = v->list(v->ctx, ledger, "conflicts/", &paths, err);
	struct conflict_item *grown = arena_alloc(arena, (out->n + paths.n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	out->items = grown;
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		struct record r;
		rc = v->read(v->ctx, ledger, paths.items[i], arena, &r, err);
		if (rc == 0)
			out->n += conflict_read(&r, arena, name, paths.items[i], &out->items[out->n]);
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
		if (found < 5)
			buf_printf(&names, "%s%.12s", found ? ", " : "", all->items[i].id);
		found++;
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

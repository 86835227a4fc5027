#include "plan/directive.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

static const char **members(const struct record *r, const char *set, struct arena *arena, size_t *n)
{
	size_t i = 0;
	const char *key, **out;
	*n = 0;
	while (record_next_key(r, set, &i, &key))
		(*n)++;
	out = arena_alloc(arena, (*n + 1) * sizeof *out);
	i = *n = 0;
	while (record_next_key(r, set, &i, &key))
		out[(*n)++] = key;
	return out;
}

static const char *acknowledged(
    const struct view *v, const struct directive *d, const char *unit, struct arena *arena, struct record *r)
{
	struct err none = {0};
	const char *ledger = arena_printf(arena, "reports/%s", unit);
	const char *path = arena_printf(arena, "acks/%s/%s.yaml", d->issuer, d->id);
	if (v->read(v->ctx, ledger, path, arena, r, &none) != 0)
		return NULL;
	return record_get(r, "version");
}

static void from_record(
    const struct view *v, const struct record *r, struct arena *arena, struct directive *d)
{
	struct record ack;
	d->title = record_get(r, "title");
	d->state = record_get(r, "state");
	d->version = record_get(r, "version");
	d->number = record_get(r, "number");
	d->issued = record_get(r, "issued");
	d->due = record_get(r, "due");
	d->text = record_get(r, "text");
	d->revoked = record_get(r, "revoked");
	d->period = record_get(r, "period");
	d->plan = record_get(r, "plan");
	const char *slash = d->plan ? strchr(d->plan, '/') : NULL;
	d->plan_issuer = slash	   ? arena_dup_len(arena, d->plan, (size_t)(slash - d->plan))
			 : d->plan ? d->issuer
				   : NULL;
	d->plan = slash ? slash + 1 : d->plan;
	d->to = members(r, "to", arena, &d->n_to);
	d->tasks = members(r, "tasks", arena, &d->n_tasks);
	d->mine = strcmp(d->issuer, v->unit) != 0 && directive_is_to(v, d, v->unit);
	d->unread = d->mine && str_is(d->state, "issued") &&
		    !str_is(acknowledged(v, d, v->unit, arena, &ack), d->version);
}

static int read_ledger(
    const struct view *v, const char *ledger, struct arena *arena, struct directives *out, struct err *err)
{
	struct strs paths = {0};
	const struct record_type *type = type_by_name("directive");
	int rc = v->list(v->ctx, ledger, "directives/", &paths, err);
	struct directive *grown = arena_alloc(arena, (out->n + paths.n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	out->items = grown;
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		char id[65];
		struct record r;
		struct directive *d = &out->items[out->n];
		if (!type_path_part(type, paths.items[i], 0, id))
			continue;
		rc = v->read(v->ctx, ledger, paths.items[i], arena, &r, err);
		if (rc)
			break;
		d->ledger = arena_dup(arena, ledger);
		d->issuer = d->ledger + strlen("directives/");
		d->id = arena_dup(arena, id);
		d->path = arena_dup(arena, paths.items[i]);
		from_record(v, &r, arena, d);
		out->n++;
	}
	strs_free(&paths);
	return rc;
}

int directive_read(const struct view *v, struct arena *arena, struct directives *out, struct err *err)
{
	struct strs ledgers = {0};
	*out = (struct directives){0};
	int rc = v->ledgers(v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		if (strncmp(ledgers.items[i], "directives/", strlen("directives/")) == 0)
			rc = read_ledger(v, ledgers.items[i], arena, out, err);
	strs_free(&ledgers);
	return rc;
}

static bool exists_now(const struct view *v, const struct registry_unit *u)
{
	day_t today = date_of_time(v->now);
	return u && !u->station && u->valid_from <= today && today <= u->valid_to;
}

static void read_acks(const struct view *v, struct arena *arena, struct directive *d)
{
	struct strs units = {0};
	registry_below(v->registry, d->issuer, false, &units);
	d->acks = arena_alloc(arena, (units.n + 1) * sizeof *d->acks);
	for (size_t i = 0; i < units.n; i++) {
		const char *id = units.items[i];
		const struct registry_unit *u = registry_unit(v->registry, id);
		if (!directive_is_to(v, d, id) || !exists_now(v, u) ||
		    (strcmp(id, v->unit) != 0 && !view_is_above(v, v->unit, id)))
			continue;
		struct directive_ack *a = &d->acks[d->n_acks];
		struct record r;
		a->unit = arena_dup(arena, id);
		a->code = arena_dup(arena, u->code);
		a->name = arena_dup(arena, u->name);
		a->version = acknowledged(v, d, id, arena, &r);
		a->at = a->version ? record_get(&r, "at") : NULL;
		a->note = a->version ? record_get(&r, "note") : NULL;
		a->current = str_is(a->version, d->version);
		bool unseen = !a->current && registry_relay_between(v->registry, v->unit, id, view_day(v));
		d->unseen += unseen;
		d->n_acks += !unseen;
	}
	strs_free(&units);
}

int directive_list(const struct view *v, struct arena *arena, struct directives *out, struct err *err)
{
	int rc = directive_read(v, arena, out, err);
	for (size_t i = 0; rc == 0 && i < out->n; i++)
		read_acks(v, arena, &out->items[i]);
	return rc;
}

static bool named(const struct directive *d, const char *typed)
{
	const char *slash = strchr(typed, '/');
	if (!slash)
		return strcmp(d->id, typed) == 0;
	size_t len = (size_t)(slash - typed);
	return strlen(d->issuer) == len && strncmp(d->issuer, typed, len) == 0 &&
	       strcmp(d->id, slash + 1) == 0;
}

static int not_found(const struct directives *all, const char *typed, struct err *err)
{
	struct arena arena = {0};
	const char **known = arena_alloc(&arena, (all->n + 1) * sizeof *known);
	const char *slash = strchr(typed, '/');
	for (size_t i = 0; i < all->n; i++)
		known[i] = all->items[i].id;
	const char *near = nearest_word(slash ? slash + 1 : typed, known, all->n);
	int rc = err_set(err, ERR_NOT_FOUND, N_("there is no directive '%1' here"), typed, near);
	err_hint(err,
	    near ? N_("did you mean '%2'?") : N_("'tuyen directive list' shows those that have arrived"));
	arena_free(&arena);
	return rc;
}

static size_t matching(const struct directives *all, const char *typed, bool mine,
    const struct directive **out, struct buf *names)
{
	size_t n = 0;
	buf_cut(names, 0);
	for (size_t i = 0; i < all->n; i++) {
		const struct directive *d = &all->items[i];
		if (!named(d, typed) || (mine && !d->mine))
			continue;
		buf_printf(names, "%s%s/%s", n++ ? ", " : "", d->issuer, d->id);
		*out = d;
	}
	return n;
}

int directive_find(
    const struct directives *all, const char *typed, bool mine, const struct directive **out, struct err *err)
{
	struct buf names = {0};
	int rc = 0;
	size_t n = mine ? matching(all, typed, true, out, &names) : 0;
	if (n == 0)
		n = matching(all, typed, false, out, &names);
	if (n == 0)
		rc = not_found(all, typed, err);
	if (n > 1) {
		rc = err_set(err, ERR_AMBIGUOUS, N_("several units have issued a directive '%1': %2"), typed,
		    buf_str(&names));
		err_hint(err, N_("name one of them in full"));
	}
	buf_free(&names);
	return rc;
}

static bool to_all(const struct directive *d)
{
	for (size_t i = 0; i < d->n_to; i++)
		if (strcmp(d->to[i], "all") == 0)
			return true;
	return false;
}

static bool names_unit(const struct directive *d, const char *unit)
{
	for (size_t i = 0; i < d->n_to; i++)
		if (strcmp(d->to[i], unit) == 0)
			return true;
	return false;
}

bool directive_is_to(const struct view *v, const struct directive *d, const char *unit)
{
	return names_unit(d, unit) || (to_all(d) && view_is_above(v, d->issuer, unit));
}

/* What a directive can speak about at all: its issuer and those below it. */
static bool reaches(const struct view *v, const struct directive *d, const char *unit)
{
	return strcmp(d->issuer, unit) == 0 || view_is_above(v, d->issuer, unit);
}

bool directive_covers(const struct view *v, const struct directive *d, const char *unit)
{
	if (!reaches(v, d, unit))
		return false;
	if (names_unit(d, unit))
		return true;
	if (to_all(d) && (strcmp(d->issuer, unit) != 0 || view_is_lowest(v, unit)))
		return true;
	for (size_t i = 0; i < d->n_to; i++)
		if (view_is_above(v, d->to[i], unit))
			return true;
	return false;
}

bool directive_asks(const struct directive *d, const char *plan_issuer, const char *plan, const char *period)
{
	return str_is(d->state, "issued") && str_is(d->plan_issuer, plan_issuer) && str_is(d->plan, plan) &&
	       str_is(d->period, period);
}

const char *directive_due(const struct view *v, const struct directives *all, const char *plan_issuer,
    const char *plan, const char *period, const char *unit)
{
	const char *due = NULL;
	day_t earliest = INT32_MAX;
	for (size_t i = 0; i < all->n; i++) {
		const struct directive *d = &all->items[i];
		struct err none = {0};
		day_t day;
		if (!directive_asks(d, plan_issuer, plan, period) || !d->due ||
		    !directive_covers(v, d, unit) || date_parse_due(d->due, &day, &none) != 0 ||
		    (due && day >= earliest))
			continue;
		earliest = day;
		due = d->due;
	}
	return due;
}

bool directive_expects(const struct view *v, const struct directives *all, const char *plan_issuer,
    const char *plan, const char *period, const char *unit)
{
	bool reached = false;
	for (size_t i = 0; i < all->n; i++) {
		const struct directive *d = &all->items[i];
		if (!directive_asks(d, plan_issuer, plan, period) || !reaches(v, d, unit))
			continue;
		if (directive_covers(v, d, unit))
			return true;
		reached = true;
	}
	return !reached;
}

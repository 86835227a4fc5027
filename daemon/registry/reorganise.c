#include "registry/reorganise.h"

#include <stdio.h>
#include <string.h>

#include "registry/edit.h"

int reorganise_find(const struct registry *r, const struct config *me, const char *typed, day_t day,
    const struct registry_unit **out, struct err *err)
{
	int rc = registry_resolve_on(r, typed, day, out, err);
	if (rc < 0)
		return rc;
	const struct registry_unit *u = *out;
	if (!u->station && str_is(u->parent, me->unit))
		return 0;
	if (u->parent)
		err_set(err, ERR_REFUSED, N_("%1 (%2) is registered by %3, not by %4"), u->id, u->name,
		    u->parent, me->unit);
	else
		err_set(err, ERR_REFUSED, N_("%1 (%2) has no superior"), u->id, u->name);
	err_hint(err, u->parent ? N_("run it on the node of %3") : N_("nobody ends or renames a root"));
	err_rule(err, "unit", NULL, NULL);
	return ERR_REFUSED;
}

static bool is_changed(const struct record *before, const struct record *now)
{
	struct buf was = {0}, is = {0};
	record_print(before, &was);
	record_print(now, &is);
	bool changed = strcmp(buf_str(&was), buf_str(&is)) != 0;
	buf_free(&was);
	buf_free(&is);
	return changed;
}

static int check_level(const struct record *levels, const struct registry_unit *u, const char *level,
    struct arena *arena, struct err *err)
{
	int rank, rc = edit_rank(levels, arena, level, &rank, err);
	if (rc < 0 || rank == u->rank)
		return rc;
	err_set(err, ERR_REFUSED,
	    N_("%1 (%2) has the level %3; a level of another rank, such as %4, is for a new unit"), u->id,
	    u->name, u->level, level);
	err_hint(err, N_("what it wrote was judged by its rank, which is for ever: tuyen unit replace %1 "
			 "--by CODE --name "
			 "NAME --level %4 --on DATE"));
	err_rule(err, "rank", NULL, NULL);
	return ERR_REFUSED;
}

int reorganise_rename(const struct registry *r, const struct config *me, const struct record *levels,
    const struct registry_unit *u, const struct enrol_unit *now, struct arena *arena, struct enrol_edit *out,
    struct err *err)
{
	const char *const pairs[] = {
	    "name", now->name, "level", now->level, "type", now->type, "identifier", now->identifier};
	const struct record *before = registry_record(r, u->id);
	int rc = edit_allowed(me, err);
	if (rc == 0 && now->level)
		rc = check_level(levels, u, now->level, arena, err);
	edit_start(out, arena, u->id, before);
	for (size_t i = 0; rc == 0 && i < sizeof pairs / sizeof *pairs; i += 2)
		if (pairs[i + 1])
			rc = record_set(&out->record, pairs[i], pairs[i + 1], err);
	if (rc == 0)
		rc = record_check(&out->record, err);
	out->changed = rc == 0 && is_changed(before, &out->record);
	return rc;
}

static int check_next(
    const struct registry_unit *u, const struct reorganise_next *next, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(next[i].id, u->id) == 0)
			return err_set(err, ERR_REFUSED, N_("%1 cannot replace itself"), u->id);
		if (next[i].whole && n > 1) {
			err_set(err, ERR_REFUSED,
			    N_("all of %1 cannot be in %2 while others have a part of it"), u->id,
			    next[i].id);
			err_hint(err, N_("write part for each of them"));
			return ERR_REFUSED;
		}
	}
	return 0;
}

/* Told anew, they are others. */
static void clear_successors(struct record *rec)
{
	struct strs ids = {0};
	const char *id;
	for (size_t i = 0; record_next_key(rec, "replaced_by", &i, &id);)
		strs_add(&ids, id);
	for (size_t i = 0; i < ids.n; i++)
		record_put(rec, arena_printf(rec->arena, "replaced_by.%s", ids.items[i]), NULL);
	strs_free(&ids);
}

int reorganise_end(const struct registry *r, const struct registry_unit *u, day_t last,
    const struct reorganise_next *next, size_t n, struct arena *arena, struct enrol_edit *out,
    struct err *err)
{
	char day[16], first[16];
	const struct record *before = registry_record(r, u->id);
	int rc = check_next(u, next, n, err);
	if (rc < 0)
		return rc;
	date_print(last, day);
	if (last < u->valid_from) {
		date_print(u->valid_from, first);
		return err_set(
		    err, ERR_REFUSED, N_("%1 would end on %3, before it begins on %2"), u->id, first, day);
	}
	if (last > u->valid_to) {
		date_print(u->valid_to, first);
		return err_set(err, ERR_REFUSED, N_("%1 (%2) ended on %3"), u->id, u->name, first);
	}
	edit_start(out, arena, u->id, before);
	rc = record_set(&out->record, "valid_to", day, err);
	if (n)
		clear_successors(&out->record);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = record_set(&out->record, arena_printf(arena, "replaced_by.%s", next[i].id),
		    next[i].part || (n > 1 && !next[i].whole) ? "part" : "whole", err);
	out->changed = rc == 0 && is_changed(before, &out->record);
	return rc;
}

/* ---- moves ---- */

static bool is_mine(const struct registry *r, const struct config *me, const char *id)
{
	return strcmp(id, me->unit) == 0 || registry_is_above(r, me->unit, id);
}

static int refuse_move(const struct registry_unit *u, const struct registry_unit *to, const char *why,
    const char *hint, const char *third, struct err *err)
{
	err_set(err, ERR_REFUSED, why, u->id, to->id, third);
	err_hint(err, hint);
	err_rule(err, "unit", NULL, NULL);
	return ERR_REFUSED;
}

static int check_move_to(const struct registry *r, const struct config *me, const struct registry_unit *u,
    const struct registry_unit *to, day_t day, struct err *err)
{
	if (u->station || to->station)
		return refuse_move(
		    u, to, N_("%1 cannot go to %2: stations stay with their unit"), NULL, NULL, err);
	if (!u->parent || !registry_is_above(r, me->unit, u->id) || !is_mine(r, me, to->id))
		return refuse_move(u, to, N_("%3 is not above both %1 and %2"),
		    N_("the lowest unit above both moves it"), me->unit, err);
	if (str_is(u->parent, to->id))
		return refuse_move(u, to, N_("%1 stands under %2 already"), NULL, NULL, err);
	if (strcmp(u->id, to->id) == 0 || registry_is_above(r, u->id, to->id))
		return refuse_move(u, to, N_("%2 stands below %1"), NULL, NULL, err);
	if (to->rank >= u->rank)
		return refuse_move(u, to, N_("%2 has the level %3, which does not rank above that of %1"),
		    NULL, to->level, err);
	if (!registry_valid_on(to, day))
		return refuse_move(u, to, N_("%2 has ended, so %1 cannot go to it"), NULL, NULL, err);
	return 0;
}

int reorganise_move(const struct registry *r, const struct config *me, const struct registry_unit *u,
    const struct registry_unit *to, day_t day, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	char date[16];
	struct strs above = {0};
	int rc = edit_allowed(me, err);
	if (rc == 0)
		rc = check_move_to(r, me, u, to, day, err);
	if (rc < 0)
		return rc;
	date_print(day, date);
	out->id = arena_dup(arena, u->id);
	out->path = arena_printf(arena, "moves/%s.yaml", u->id);
	out->changed = true;
	const char *const pairs[] = {"from", u->parent, "to", to->id, "date", date, NULL};
	rc = edit_set(&out->record, pairs, err);
	registry_above(r, u->parent, &above);
	for (size_t i = 0; rc == 0 && i < above.n; i++)
		if (strcmp(above.items[i], me->unit) != 0 && !registry_is_above(r, above.items[i], me->unit))
			rc = record_set(
			    &out->record, arena_printf(arena, "former.%s", above.items[i]), "+", err);
	strs_free(&above);
	return rc;
}

bool reorganise_carries(const struct registry *r, const struct config *me, const struct registry_unit *u,
    const struct registry_unit *to, const struct registry_grant *g)
{
	const char *issuer = strchr(g->ledger, '/') + 1;
	bool seen = strcmp(issuer, me->unit) == 0 || registry_is_above(r, issuer, me->unit) ||
		    strcmp(issuer, to->id) == 0 || registry_is_above(r, issuer, to->id) ||
		    strcmp(issuer, u->id) == 0 || registry_is_above(r, u->id, issuer);
	bool named = !g->station && !oid_is_zero(&g->change) && !oid_eq(&g->change, &registry_reserve);
	return named && (!seen || strcmp(g->unit, u->id) == 0);
}

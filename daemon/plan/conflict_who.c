/* Who may do what with a conflict, whose turn it is, and since when. */
#include <string.h>

#include "plan/conflicts.h"
#include "plan/writing.h"

/* The rank that a settler needs: of the side that holds, or, where none does, of those who tie. */
int conflict_needed_rank(const struct conflict_item *c)
{
	bool tie = strcmp(c->state, "disputed") == 0;
	return (tie && c->other.rank >= 0) || c->kept.rank < 0 ? c->other.rank : c->kept.rank;
}

bool conflict_may_settle(const struct view *v, const struct conflict_item *c)
{
	return conflict_is_open(c) && v->rank <= conflict_needed_rank(c);
}

/* "31 and whoever stands above it" */
int conflict_check_settle(const struct view *v, const struct conflict_item *c, struct err *err)
{
	if (conflict_may_settle(v, c))
		return 0;
	if (!conflict_is_open(c)) {
		err_set(err, ERR_REFUSED, N_("the conflict %1 is settled already"), c->id);
		err_hint(err, N_("'tuyen conflict show %1' says how"));
		return ERR_REFUSED;
	}
	err_set(err, ERR_REFUSED,
	    N_("%1 may not settle what %2 decided: nobody settles above his own rank. %2 may, and who stands "
	       "above it"),
	    v->unit, c->kept.unit ? c->kept.unit : "", c->id);
	err_hint(err, N_("'tuyen conflict object %3 --reason TEXT' asks for it"));
	return ERR_REFUSED;
}

bool conflict_is_of(const char *writer, const char *unit)
{
	const char *at = writer ? strchr(writer, '@') : NULL;
	return str_is(at ? at + 1 : writer, unit);
}

/* Is the writer this very node? What is said to a unit, its own node hears. */
static bool is_here(const struct view *v, const char *writer)
{
	const char *at = writer ? strchr(writer, '@') : NULL;
	if (!conflict_is_of(writer, v->unit) || !at)
		return conflict_is_of(writer, v->unit) && !v->station;
	return v->station && strlen(v->station) == (size_t)(at - writer) &&
	       strncmp(writer, v->station, (size_t)(at - writer)) == 0;
}

bool conflict_waits_here(const struct view *v, const struct conflict_item *c, const struct conflict_word *w)
{
	return !w->answered && str_is(c->state, "objected") && !is_here(v, w->unit) &&
	       is_here(v, w->to ? w->to : c->kept.unit);
}

bool conflict_is_mine(const struct view *v, const struct conflict_item *c)
{
	if (conflict_is_dispute(c) && conflict_may_settle(v, c))
		return true;
	for (size_t i = 0; i < c->n_objections; i++)
		if (conflict_waits_here(v, c, &c->objections[i]))
			return true;
	return false;
}

static int64_t time_of(const struct view *v, const char *ledger, const struct oid *id)
{
	struct arena arena = {0};
	struct change c = {0};
	struct err none = {0};
	int64_t time = v->change(v->ctx, ledger, id, &arena, &c, &none) == 0 ? c.time : 0;
	arena_free(&arena);
	return time;
}

int64_t conflict_side_time(const struct view *v, const struct conflict_item *c, const struct conflict_side *s)
{
	struct oid id;
	return s->change && oid_parse(&id, s->change) ? time_of(v, c->ledger, &id) : 0;
}

int64_t conflict_since(const struct view *v, const struct conflict_item *c)
{
	int64_t kept = conflict_side_time(v, c, &c->kept), other = conflict_side_time(v, c, &c->other);
	return kept > other ? kept : other;
}

int64_t conflict_word_time(
    const struct view *v, const struct conflict_item *c, const char *table, const char *row)
{
	struct arena arena = {0};
	struct view_write *writes;
	size_t n = 0;
	struct err none = {0};
	int64_t time = 0;
	const char *field = arena_printf(&arena, "%s.%s.reason", table, row);
	if (v->writes(v->ctx, c->ledger, c->path, field, &arena, &writes, &n, &none) == 0 && n)
		time = time_of(v, c->ledger, &writes[n - 1].change);
	arena_free(&arena);
	return time;
}

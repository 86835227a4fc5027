/* The value that a rule takes of a conflict. */
#include <string.h>

#include "plan/conflict_settle.h"
#include "plan/outline.h"

struct taking {
	const struct view *v;
	const struct conflict_item *c;
	struct arena *arena;
	const char **value;
	struct err *err;
};

static int take_side(struct taking *t, const struct conflict_side *s)
{
	*t->value = s->value;
	return 0;
}

static int take_kept(struct taking *t)
{
	return take_side(t, &t->c->kept);
}

static int take_other(struct taking *t)
{
	return take_side(t, &t->c->other);
}

static int take_base(struct taking *t)
{
	*t->value = t->c->base;
	return 0;
}

static int take_superior(struct taking *t)
{
	const struct conflict_side *kept = &t->c->kept, *other = &t->c->other;
	if (kept->rank == other->rank || kept->rank < 0 || other->rank < 0)
		return err_set(t->err, ERR_REFUSED,
		    N_("neither side is the other's superior; take kept, other or base"));
	return take_side(t, kept->rank < other->rank ? kept : other);
}

static enum claim claim_of(const struct taking *t, const struct conflict_side *s)
{
	struct change c = {.claim = CLAIM_NONE};
	struct err none = {0};
	struct oid id;
	if (!s->change || !oid_parse(&id, s->change) ||
	    t->v->change(t->v->ctx, t->c->ledger, &id, t->arena, &c, &none) != 0)
		return CLAIM_NONE;
	return c.claim;
}

static int take_owner(struct taking *t)
{
	enum claim kept = claim_of(t, &t->c->kept), other = claim_of(t, &t->c->other);
	if (kept == other)
		return err_set(t->err, ERR_REFUSED,
		    N_("neither side alone wrote as the owner of the figure; take kept, other or base"));
	return take_side(t, kept < other ? &t->c->kept : &t->c->other);
}

static size_t seen_by(const struct taking *t, const struct conflict_side *s)
{
	struct err none = {0};
	struct oid id;
	size_t n = 0;
	bool seen;
	if (!s->change || !oid_parse(&id, s->change) ||
	    t->v->seen(t->v->ctx, t->c->ledger, &id, NULL, &n, &seen, &none) != 0)
		return 0;
	return n;
}

/* No clock is asked: whoever had seen more of what was written wrote later, as far as anybody can know. */
static int take_newest_seen(struct taking *t)
{
	size_t kept = seen_by(t, &t->c->kept), other = seen_by(t, &t->c->other);
	if (kept == other || !kept || !other)
		return err_set(t->err, ERR_REFUSED,
		    N_("neither side had seen more than the other; take kept, other or base"));
	return take_side(t, kept > other ? &t->c->kept : &t->c->other);
}

static const struct {
	const char *name;
	int (*take)(struct taking *t);
} takes[] = {
    {"kept", take_kept},
    {"other", take_other},
    {"base", take_base},
    {"superior", take_superior},
    {"owner", take_owner},
    {"newest-seen", take_newest_seen},
};

int conflict_no_take(const char *take, struct err *err)
{
	return err_set(err, ERR_USAGE,
	    N_("--take is kept, other, base, superior, owner or newest-seen, not '%1'"), take);
}

bool conflict_take_is(const char *take)
{
	for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
		if (strcmp(takes[i].name, take) == 0)
			return true;
	return false;
}

int conflict_take(const struct view *v, const struct conflict_item *c, const char *take, const char **value,
    struct arena *arena, struct err *err)
{
	struct taking t = {v, c, arena, value, err};
	for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
		if (strcmp(takes[i].name, take) == 0)
			return takes[i].take(&t);
	return conflict_no_take(take, err);
}

int conflict_typed(const struct view *v, const struct conflict_item *c, const char *typed, const char **value,
    struct arena *arena, struct err *err)
{
	const struct record_type *type = type_by_path(c->ledger, c->record);
	struct outline p;
	const struct indicator *i;
	const struct field_type *top;
	*value = NULL;
	if (!*c->field)
		return err_set(
		    err, ERR_USAGE, N_("whether a record is there is settled by --take, not by --value"));
	if (!*typed || !type)
		return 0;
	if (strcmp(type->name, "report") != 0 || strncmp(c->field, "values.", 7) != 0) {
		const struct field_type *field = type_field(type, c->field, &top);
		if (field && top->shape != SHAPE_SET)
			return record_value(arena, field, typed, value, err);
		*value = arena_dup(arena, typed);
		return !field || strcmp(typed, "+") == 0
			   ? 0
			   : err_set(
				 err, ERR_USAGE, N_("%1 is a member of a list: '+' or nothing"), c->field);
	}
	int rc = outline_load_of(v, c->issuer, c->plan, arena, &p, err);
	if (rc == 0)
		rc = outline_indicator(&p, c->field + 7, &i, err);
	return rc ? rc : indicator_value(i, arena, typed, value, NULL, err);
}

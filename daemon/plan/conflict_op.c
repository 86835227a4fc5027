#include <stdlib.h>
#include <string.h>

#include "plan/conflicts.h"
#include "plan/outline.h"
#include "plan/writing.h"

/* One conflict that an operation is about. */
struct settling {
	const struct view *v;
	struct outcome *o;
	struct arena *arena;
	struct conflict_items all;
	const struct conflict_item *c;
};

static int open_conflict(struct settling *s, const struct args *a, struct err *err)
{
	const char *prefix = args_word(a, 0);
	s->arena = &s->o->arena;
	if (!prefix) {
		err_set(err, ERR_USAGE, N_("the id of a conflict is needed"));
		err_hint(err, N_("'tuyen conflict list' shows what is open"));
		return ERR_USAGE;
	}
	int rc = conflict_list(s->v, NULL, s->arena, &s->all, err);
	return rc ? rc : conflict_find(&s->all, prefix, &s->c, err);
}

/* The rank that a settler needs: of the side that holds, or, where none does, of those who tie. */
static int needed_rank(const struct conflict_item *c)
{
	bool tie = strcmp(c->state, "disputed") == 0;
	return (tie && c->other.rank >= 0) || c->kept.rank < 0 ? c->other.rank : c->kept.rank;
}

static int may_settle(const struct settling *s, struct err *err)
{
	if (strcmp(s->c->state, "settled") == 0)
		return err_set(err, ERR_REFUSED, N_("the conflict is settled already"));
	if (s->v->rank <= needed_rank(s->c))
		return 0;
	err_set(err, ERR_REFUSED, N_("%1 may not settle what %2 decided: nobody settles above his own rank"),
	    s->v->unit, s->c->kept.unit ? s->c->kept.unit : "", s->c->id);
	err_hint(err, N_("'tuyen conflict object %3 --reason TEXT' asks for it"));
	return ERR_REFUSED;
}

/* The side that --take names. */
static int taken(const struct settling *s, const char *take, const char **value, struct err *err)
{
	const struct conflict_side *kept = &s->c->kept, *other = &s->c->other;
	if (strcmp(take, "kept") == 0) {
		*value = kept->value;
	} else if (strcmp(take, "other") == 0) {
		*value = other->value;
	} else if (strcmp(take, "base") == 0) {
		*value = s->c->base;
	} else if (strcmp(take, "superior") == 0) {
		if (kept->rank == other->rank || kept->rank < 0 || other->rank < 0)
			return err_set(err, ERR_REFUSED,
			    N_("neither side is the other's superior; take kept, other or base"));
		*value = kept->rank < other->rank ? kept->value : other->value;
	} else {
		return err_set(err, ERR_USAGE, N_("--take is kept, other, base or superior, not '%1'"), take);
	}
	return 0;
}

/* A figure of a report is checked as its indicator says. */
static int typed_value(const struct settling *s, const char *typed, const char **out, struct err *err)
{
	const struct record_type *type = type_by_path(s->c->ledger, s->c->record);
	char issuer[65], plan[65];
	struct outline p;
	const struct indicator *i;
	*out = *typed ? typed : NULL;
	if (!*typed || !type || strcmp(type->name, "report") != 0 ||
	    strncmp(s->c->field, "values.", 7) != 0 || !type_path_part(type, s->c->record, 0, issuer) ||
	    !type_path_part(type, s->c->record, 1, plan))
		return 0;
	int rc = outline_load_of(s->v, issuer, plan, s->arena, &p, err);
	if (rc == 0)
		rc = outline_indicator(&p, s->c->field + 7, &i, err);
	return rc ? rc : indicator_value(i, s->arena, typed, out, NULL, err);
}

/* Every conflict that stands on the same field is settled with it. */
static void name_settled(struct settling *s, struct change *c)
{
	struct strs ids = {0};
	for (size_t i = 0; i < s->all.n; i++) {
		const struct conflict_item *k = &s->all.items[i];
		if (strcmp(k->ledger, s->c->ledger) == 0 && strcmp(k->record, s->c->record) == 0 &&
		    strcmp(k->field, s->c->field) == 0 && conflict_is_open(k))
			strs_add(&ids, k->id);
	}
	strs_sort(&ids);
	const char **list = arena_alloc(s->arena, (ids.n + 1) * sizeof *list);
	for (size_t i = 0; i < ids.n; i++)
		list[i] = arena_dup(s->arena, ids.items[i]);
	c->settles = list;
	c->n_settles = ids.n;
	strs_free(&ids);
}

/* The target record with the chosen value; *removed when the choice is that there be none. */
static int choose(
    struct settling *s, const char *value, bool typed, struct record *r, bool *removed, struct err *err)
{
	bool exists;
	*removed = false;
	int rc = view_open(s->v, s->c->ledger, s->c->record, s->arena, r, &exists, err);
	if (rc)
		return rc;
	if (!*s->c->field) {
		*removed = !value;
		if (!value || exists)
			return 0;
		err_set(
		    err, ERR_REFUSED, N_("%1 is gone, and a settlement cannot write it anew"), s->c->record);
		err_hint(err, N_("write it again by its own command"));
		return ERR_REFUSED;
	}
	if (!exists) {
		err_set(
		    err, ERR_REFUSED, N_("%1 is gone: settle whether it is to be there first"), s->c->record);
		return ERR_REFUSED;
	}
	if (typed)
		return record_set(r, s->c->field, value, err);
	record_put(r, s->c->field, value);
	return 0;
}

static int choose_value(
    struct settling *s, const struct args *a, const char **value, bool *typed, struct err *err)
{
	const char *take = args_get(a, "take"), *given = args_get(a, "value");
	*typed = given != NULL;
	if (take && given)
		return err_set(err, ERR_USAGE, N_("--take and --value exclude each other"));
	if (take)
		return taken(s, take, value, err);
	if (!given) {
		err_set(err, ERR_USAGE, N_("which value is to stand?"));
		err_hint(err, N_("add --take kept, --take other, --take base or --value VALUE"));
		return ERR_USAGE;
	}
	if (!*s->c->field)
		return err_set(
		    err, ERR_USAGE, N_("whether a record is there is settled by --take, not by --value"));
	return typed_value(s, given, value, err);
}

/* A word in a row of its own; an answer stands in the row of the objection that it answers. */
static int put_word(struct settling *s, struct record *r, const char *table, const char *row,
    const char *reason, struct err *err)
{
	int rc = record_set(
	    r, arena_printf(s->arena, "%s.%s.unit", table, row), writing_name(s->v, s->arena), err);
	return rc ? rc : record_set(r, arena_printf(s->arena, "%s.%s.reason", table, row), reason, err);
}

static int commit_word(struct settling *s, const struct record *r, const char *verb, const char *reason)
{
	struct change *c = outcome_change(
	    s->o, s->c->ledger, arena_printf(s->arena, "conflict: %s %.12s", verb, s->c->id), reason);
	outcome_put(s->o, c, s->c->path, r);
	return 0;
}

int conflict_op_settle(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct settling s = {.v = v, .o = o};
	const char *value = NULL, *reason = NULL;
	bool typed = false, removed = false;
	struct record r;
	int rc = open_conflict(&s, a, err);
	if (rc == 0)
		rc = may_settle(&s, err);
	if (rc == 0)
		rc = choose_value(&s, a, &value, &typed, err);
	if (rc == 0 && args_has(a, "reason"))
		rc = writing_reason(a, s.arena, &reason, err);
	if (rc == 0)
		rc = choose(&s, value, typed, &r, &removed, err);
	if (rc)
		return rc;
	struct change *c =
	    outcome_change(o, s.c->ledger, arena_printf(s.arena, "conflict: settle %.12s", s.c->id), reason);
	outcome_put(o, c, s.c->record, removed ? NULL : &r);
	name_settled(&s, c);
	const char *now = *s.c->field && !removed ? record_get(&r, s.c->field) : removed ? NULL : "+";
	outcome_note(o, N_("settled: %1 of %2 is %3"), *s.c->field ? s.c->field : s.c->record, s.c->record,
	    now ? now : "-");
	return 0;
}

static int open_word(
    struct settling *s, const struct args *a, struct record *r, const char **reason, struct err *err)
{
	int rc = open_conflict(s, a, err);
	if (rc == 0)
		rc = writing_reason(a, s->arena, reason, err);
	return rc ? rc : s->v->read(s->v->ctx, s->c->ledger, s->c->path, s->arena, r, err);
}

int conflict_op_object(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct settling s = {.v = v, .o = o};
	const char *reason = NULL;
	struct record r;
	int rc = open_word(&s, a, &r, &reason, err);
	if (rc == 0)
		rc = put_word(&s, &r, "objections", writing_row(v, &r, "objections", s.arena), reason, err);
	if (rc == 0)
		rc = commit_word(&s, &r, "object to", reason);
	if (rc == 0)
		outcome_note(o, N_("objected to conflict %1: %2"), s.c->id, reason);
	return rc;
}

static bool is_answered(const struct conflict_item *c, const char *row)
{
	for (size_t i = 0; i < c->n_answers; i++)
		if (strcmp(c->answers[i].id, row) == 0)
			return true;
	return false;
}

int conflict_op_answer(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct settling s = {.v = v, .o = o};
	const char *reason = NULL;
	struct record r;
	size_t answered = 0;
	int rc = open_word(&s, a, &r, &reason, err);
	for (size_t i = 0; rc == 0 && i < s.c->n_objections; i++) {
		if (is_answered(s.c, s.c->objections[i].id))
			continue;
		rc = put_word(&s, &r, "answers", s.c->objections[i].id, reason, err);
		answered++;
	}
	if (rc == 0 && answered == 0) {
		err_set(err, ERR_REFUSED, N_("no objection to conflict %1 waits for an answer"), s.c->id);
		err_hint(err, N_("'tuyen conflict show %1' shows what was said"));
		rc = err->code;
	}
	if (rc == 0)
		rc = commit_word(&s, &r, "answer", reason);
	if (rc == 0)
		outcome_note(o, N_("answered the objection to conflict %1: %2"), s.c->id, reason);
	return rc;
}

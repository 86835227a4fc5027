/* Words on a conflict: objections and questions, and their answers, each in a row of its own. */
#include <string.h>

#include "plan/conflicts.h"
#include "plan/writing.h"

struct speaking {
	const struct view *v;
	struct outcome *o;
	struct arena *arena;
	struct conflict_items all;
	const struct conflict_item *c;
	struct record r;
	const char *me, *reason;
};

static int open_conflict(struct speaking *s, const struct args *a, bool reason, struct err *err)
{
	const char *prefix = args_word(a, 0);
	s->arena = &s->o->arena;
	s->me = writing_name(s->v, s->arena);
	if (!prefix) {
		err_set(err, ERR_USAGE, N_("the id of a conflict is needed"));
		err_hint(err, N_("'tuyen conflict list' shows what is open"));
		return ERR_USAGE;
	}
	int rc = conflict_list(s->v, NULL, s->arena, &s->all, err);
	if (rc == 0)
		rc = conflict_find(&s->all, prefix, &s->c, err);
	if (rc == 0 && reason)
		rc = writing_reason(a, s->arena, &s->reason, err);
	return rc ? rc : s->v->read(s->v->ctx, s->c->ledger, s->c->path, s->arena, &s->r, err);
}

static int put_word(struct speaking *s, const char *table, const char *row, const char *to, struct err *err)
{
	int rc = record_set(&s->r, arena_printf(s->arena, "%s.%s.unit", table, row), s->me, err);
	if (rc == 0)
		rc = record_set(&s->r, arena_printf(s->arena, "%s.%s.reason", table, row), s->reason, err);
	if (rc == 0 && to)
		rc = record_set(&s->r, arena_printf(s->arena, "%s.%s.to", table, row), to, err);
	return rc;
}

static void commit_word(struct speaking *s, const char *verb)
{
	struct change *c = outcome_change(
	    s->o, s->c->ledger, arena_printf(s->arena, "conflict: %s %.12s", verb, s->c->id), s->reason);
	outcome_put(s->o, c, s->c->path, &s->r);
}

static void print_json(struct speaking *s, const struct args *a, const char *key)
{
	if (args_has(a, "json"))
		buf_printf(&s->o->output, "{\"%s\": \"%s\"}\n", key, s->c->id);
}

/* ---- objecting ---- */

/* Who ranks high enough does not object: he decides, or asks. */
static int may_object(const struct speaking *s, struct err *err)
{
	if (!conflict_may_settle(s->v, s->c))
		return 0;
	err_set(err, ERR_REFUSED, N_("%1 may settle conflict %2 itself: nobody stands above it here"), s->me,
	    s->c->id);
	err_hint(err, N_("'tuyen conflict settle %2 --take kept|other|base', or 'tuyen conflict ask %2 "
			 "--reason TEXT'"));
	return ERR_REFUSED;
}

static int withdraw(struct speaking *s, struct err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < s->c->n_objections; i++) {
		const struct conflict_word *w = &s->c->objections[i];
		if (w->answered || !str_is(w->unit, s->me))
			continue;
		record_put(&s->r, arena_printf(s->arena, "objections.%s.unit", w->id), NULL);
		record_put(&s->r, arena_printf(s->arena, "objections.%s.reason", w->id), NULL);
		record_put(&s->r, arena_printf(s->arena, "objections.%s.to", w->id), NULL);
		n++;
	}
	if (n == 0)
		return err_set(err, ERR_REFUSED,
		    N_("%1 has said nothing on conflict %2 that waits for an answer"), s->me, s->c->id);
	commit_word(s, "withdraw from");
	outcome_note(
	    s->o, N_("withdrawn from conflict %1: what %2 said and nobody had answered"), s->c->id, s->me);
	return 0;
}

int conflict_op_object(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct speaking s = {.v = v, .o = o};
	bool back = args_has(a, "withdraw");
	int rc = open_conflict(&s, a, !back, err);
	if (rc == 0 && back) {
		rc = withdraw(&s, err);
		if (rc == 0)
			print_json(&s, a, "withdrawn");
		return rc;
	}
	if (rc == 0)
		rc = may_object(&s, err);
	if (rc == 0)
		rc = put_word(&s, "objections", writing_row(v, &s.r, "objections", s.arena), NULL, err);
	if (rc)
		return rc;
	commit_word(&s, "object to");
	print_json(&s, a, "objected");
	outcome_note(o, N_("objected to conflict %1: %2"), s.c->id, s.reason);
	return 0;
}

/* ---- asking ---- */

static bool is_me(const struct speaking *s, const struct conflict_side *side)
{
	return str_is(side->unit, s->me);
}

/* The other side; of two that are both others, both, or the one that --to names. */
static size_t choose_asked(const struct speaking *s, const char *to, const char *asked[2])
{
	const struct conflict_side *const sides[] = {&s->c->kept, &s->c->other};
	size_t n = 0;
	for (size_t i = 0; i < 2; i++) {
		const char *unit = sides[i]->unit;
		if (unit && !is_me(s, sides[i]) && (!to || str_is(unit, to)) &&
		    !(n && str_is(asked[0], unit)))
			asked[n++] = unit;
	}
	return n;
}

int conflict_op_ask(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct speaking s = {.v = v, .o = o};
	const char *asked[2] = {NULL, NULL};
	int rc = open_conflict(&s, a, true, err);
	size_t n = rc ? 0 : choose_asked(&s, args_get(a, "to"), asked);
	if (rc == 0 && n == 0) {
		rc = err_set(err, ERR_REFUSED, N_("conflict %1 has no such other side to ask"), s.c->id,
		    s.c->kept.unit ? s.c->kept.unit : "", s.c->other.unit ? s.c->other.unit : "");
		err_hint(err, N_("its sides are %2 and %3"));
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = put_word(&s, "objections", writing_row(v, &s.r, "objections", s.arena), asked[i], err);
	if (rc)
		return rc;
	commit_word(&s, "ask on");
	print_json(&s, a, "asked");
	outcome_note(o, N_("asked %1 on conflict %2: %3"),
	    n == 2 ? arena_printf(s.arena, "%s, %s", asked[0], asked[1]) : asked[0], s.c->id, s.reason);
	return 0;
}

/* ---- answering ---- */

/* A question is answered by whom it is put to, or who stands above; an objection by whoever ranks as high as he who
 * decided. Nobody answers himself. */
static bool may_answer(const struct speaking *s, const struct conflict_word *w)
{
	if (w->answered || str_is(w->unit, s->me))
		return false;
	if (!w->to)
		return s->v->rank <= s->c->kept.rank;
	const char *at = strchr(w->to, '@'), *unit = at ? at + 1 : w->to;
	return str_is(w->to, s->me) ||
	       (!s->v->station && (strcmp(unit, s->v->unit) == 0 || view_is_above(s->v, s->v->unit, unit)));
}

static int none_to_answer(const struct speaking *s, struct err *err)
{
	for (size_t i = 0; i < s->c->n_objections; i++) {
		const struct conflict_word *w = &s->c->objections[i];
		if (w->answered)
			continue;
		const char *who = w->to ? w->to : s->c->kept.unit;
		err_set(err, ERR_REFUSED, N_("what was said on conflict %1 is for %2 to answer"), s->c->id,
		    who ? who : "");
		err_hint(err, N_("'tuyen conflict show %1' shows what was said"));
		return ERR_REFUSED;
	}
	err_set(err, ERR_REFUSED, N_("no objection to conflict %1 waits for an answer"), s->c->id);
	err_hint(err, N_("'tuyen conflict show %1' shows what was said"));
	return ERR_REFUSED;
}

int conflict_op_answer(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct speaking s = {.v = v, .o = o};
	size_t answered = 0;
	int rc = open_conflict(&s, a, true, err);
	for (size_t i = 0; rc == 0 && i < s.c->n_objections; i++) {
		if (!may_answer(&s, &s.c->objections[i]))
			continue;
		rc = put_word(&s, "answers", s.c->objections[i].id, NULL, err);
		answered++;
	}
	if (rc == 0 && answered == 0)
		rc = none_to_answer(&s, err);
	if (rc)
		return rc;
	commit_word(&s, "answer");
	print_json(&s, a, "answered");
	outcome_note(o, N_("answered the objection to conflict %1: %2"), s.c->id, s.reason);
	return 0;
}

#include "conflict_words.h"

#include <string.h>

#include "plan/outline.h"
#include "record/text_columns.h"
#include "say.h"

#define BRIEF 110 /* columns that a value or a reason may take in a note */

struct wording {
	struct reader *r;
	const struct walk *walk;
	const struct conflict_item *c;
	struct conflict_page *page;
};

#define add(list, ...) add_list((list), (const char *const[]){__VA_ARGS__, NULL})
static void add_list(struct strs *list, const char *const *msg_and_args)
{
	struct buf line = {0};
	say_into_list(&line, msg_and_args);
	strs_add(list, buf_str(&line));
	buf_free(&line);
}

#define words(w, ...) words_list((w)->r, (const char *const[]){__VA_ARGS__, NULL})
static const char *words_list(struct reader *r, const char *const *msg_and_args)
{
	struct buf line = {0};
	say_into_list(&line, msg_and_args);
	const char *text = arena_dup(&r->arena, buf_str(&line));
	buf_free(&line);
	return text;
}

const char *conflict_words_value(const char *value)
{
	return value ? value : _(N_("(absent)"));
}

static const char *number(struct wording *w, size_t n)
{
	return arena_printf(&w->r->arena, "%zu", n);
}

/* The beginning of a text, on one line. */
static const char *brief(struct reader *r, const char *text)
{
	struct buf line = {0};
	char *one = arena_dup(&r->arena, text ? text : "");
	for (char *p = one; *p; p++)
		if (*p == '\n')
			*p = ' ';
	text_fit(one, BRIEF, &line);
	const char *out = arena_dup(&r->arena, buf_str(&line));
	buf_free(&line);
	return out;
}

const char *conflict_words_short(struct reader *r, const struct conflict_item *c)
{
	const char *unit = strchr(c->ledger, '/') + 1;
	const char *field = *c->field ? c->field : c->record;
	return arena_printf(&r->arena, "%s %s, %s: %s | %s", reader_unit_name(r, unit), field,
	    say_choice(c->state), brief(r, conflict_words_value(c->kept.value)),
	    brief(r, conflict_words_value(c->other.value)));
}

/* ---- what it is about ---- */

static void about_indicator(struct wording *w, const struct outline *p)
{
	const struct indicator *i;
	struct err none = {0};
	if (strncmp(w->c->field, "values.", 7) != 0 || outline_indicator(p, w->c->field + 7, &i, &none) != 0)
		return;
	const char *kind = say_choice(indicator_kind_name(i->kind));
	const char *measure = i->unit ? arena_printf(&w->r->arena, "%s, %s", kind, i->unit) : kind;
	add(&w->page->about, N_("Indicator %1: %2 (%3)"), i->id, i->name ? i->name : "", measure);
}

static void about_plan(struct wording *w, const struct record_type *type, const char *unit)
{
	struct record r = {0};
	struct outline p = {0};
	struct err none = {0};
	char issuer[65], plan[65], part[65];
	bool exists = false;
	if (!type_path_part(type, w->c->record, 0, issuer) || !type_path_part(type, w->c->record, 1, plan) ||
	    !type_path_part(type, w->c->record, 2, part))
		return;
	bool known = outline_load_of(&w->r->view, issuer, plan, &w->r->arena, &p, &none) == 0;
	ERR_CLEAR(&none);
	if (view_open(&w->r->view, w->c->ledger, w->c->record, &w->r->arena, &r, &exists, &none) != 0)
		exists = false;
	const char *state = exists ? record_get(&r, "state") : NULL;
	add(&w->page->about,
	    strcmp(type->name, "report") == 0 ? N_("Report %1, period %2, of %3: %4")
					      : N_("Plan %1, task %2, of %3: %4"),
	    plan, part, unit,
	    state    ? say_choice(state)
	    : exists ? say_choice("draft")
		     : _(N_("(absent)")));
	if (known && p.title)
		add(&w->page->about, "%1", p.title);
	if (known)
		about_indicator(w, &p);
}

static void about(struct wording *w)
{
	const struct record_type *type = type_by_path(w->c->ledger, w->c->record);
	const char *unit = reader_unit_name(w->r, strchr(w->c->ledger, '/') + 1);
	bool planned = type && (strcmp(type->name, "report") == 0 || strcmp(type->name, "progress") == 0);
	if (planned)
		about_plan(w, type, unit);
	else
		add(&w->page->about, N_("Record %1 of %2"), w->c->record, unit);
	if (!*w->c->field)
		add(&w->page->about, N_("Is the record to be there at all? '+' says yes."));
	else if (!planned || strncmp(w->c->field, "values.", 7) != 0)
		add(&w->page->about, N_("Field %1"), w->c->field);
}

/* ---- the sides ---- */

static void side(struct wording *w, const struct conflict_side *s, const char *title, struct page_side *out)
{
	struct change c = {0};
	struct err none = {0};
	struct oid id;
	struct reader *r = w->r;
	out->title = words(w, title, s->unit ? reader_unit_name(r, s->unit) : "?");
	out->value = conflict_words_value(s->value);
	bool known = s->change && oid_parse(&id, s->change) &&
		     r->view.change(r->view.ctx, w->c->ledger, &id, &r->arena, &c, &none) == 0;
	add(&out->facts, N_("rank %1; %2 by its clock"), s->rank >= 0 ? number(w, (size_t)s->rank) : "?",
	    known ? arena_printf(&r->arena, "%.10s %.5s", reader_time(r, c.time), reader_time(r, c.time) + 11)
		  : "?");
	if (known && c.body && *c.body)
		add(&out->facts, N_("reason: %1"), brief(r, c.body));
}

/* ---- what else is to be known ---- */

static void note_why(struct wording *w)
{
	static const struct {
		const char *why, *words;
	} whys[] = {
	    {"rank", N_("Why: written apart, and %1 ranks above %2.")},
	    {"seal", N_("Why: written apart, and %1 accepted or closed the record.")},
	    {"owner", N_("Why: written apart by equals, and %1 owns the figure.")},
	    {"lead", N_("Why: written apart by equals, and %1 leads the task.")},
	    {"equal", N_("Why: written apart by equals, %1 and %2: no rule decides.")},
	};
	const char *kept = w->c->kept.unit ? w->c->kept.unit : "?",
		   *other = w->c->other.unit ? w->c->other.unit : "?";
	for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
		if (strcmp(whys[i].why, w->c->why) == 0)
			add(&w->page->notes, whys[i].words, kept, other);
}

static void note_others(struct wording *w)
{
	for (size_t i = 0; i < w->walk->n; i++) {
		const struct conflict_item *o = w->walk->items[i];
		if (o != w->c && walk_same_field(o, w->c))
			add(&w->page->notes, N_("Settled with it: %1 of %2."),
			    brief(w->r, conflict_words_value(o->other.value)),
			    o->other.unit ? o->other.unit : "?");
	}
}

static const char *hour(struct wording *w, int64_t time)
{
	return time ? arena_printf(&w->r->arena, "%.10s", reader_time(w->r, time)) : "?";
}

static void note_words(struct wording *w)
{
	const struct conflict_item *c = w->c;
	for (size_t i = 0; i < c->n_objections; i++) {
		const struct conflict_word *o = &c->objections[i];
		const char *when = hour(w, conflict_word_time(&w->r->view, c, "objections", o->id));
		const char *who = reader_unit_name(w->r, o->unit);
		if (o->to)
			add(&w->page->notes, N_("Question of %1 to %2, %3: %4"), who, o->to, when,
			    brief(w->r, o->reason));
		else
			add(&w->page->notes, N_("Objection of %1, %2: %3"), who, when,
			    brief(w->r, o->reason));
	}
	for (size_t i = 0; i < c->n_answers; i++)
		add(&w->page->notes, N_("Answer of %1: %2"), reader_unit_name(w->r, c->answers[i].unit),
		    brief(w->r, c->answers[i].reason));
}

static void note_nobody(struct wording *w)
{
	const struct conflict_item *c = w->c;
	if (conflict_is_dispute(c) && c->base)
		add(&w->page->notes, N_("If nobody acts: what was before both stays shown and counted, as "
					"disputed in every total."));
	else if (conflict_is_dispute(c))
		add(&w->page->notes,
		    N_("If nobody acts: the field stays empty, counted as missing and disputed."));
	else if (strcmp(c->state, "settled") == 0)
		add(&w->page->notes,
		    N_("It is settled. If nobody acts: what was said waits for its answer."));
	else
		add(&w->page->notes,
		    N_("If nobody acts: what %1 wrote stands and is counted; %2's value is kept here."),
		    c->kept.unit ? c->kept.unit : "?", c->other.unit ? c->other.unit : "?");
}

/* The record as it is now, for the long form of the page. */
static const char *around(struct wording *w)
{
	struct record r = {0};
	struct err none = {0};
	struct buf text = {0};
	if (w->r->view.read(w->r->view.ctx, w->c->ledger, w->c->record, &w->r->arena, &r, &none) != 0)
		return NULL;
	record_print(&r, &text);
	const char *out =
	    arena_printf(&w->r->arena, "%s\n%s\n\n%s %s %s\n%s", words(w, N_("[b] before both: %1"), ""),
		conflict_words_value(w->c->base), w->c->id, w->c->ledger, w->c->record, buf_str(&text));
	buf_free(&text);
	return out;
}

void conflict_words(struct reader *r, const struct walk *walk, size_t at, struct conflict_page *out)
{
	struct wording w = {.r = r, .walk = walk, .c = walk->items[at], .page = out};
	bool tie = conflict_is_dispute(w.c);
	*out = (struct conflict_page){
	    .cut = _(N_("lines %1 to %2 of %3; m shows all")), .turn = _(N_("[page %1 of %2: Enter]"))};
	out->head = words(&w, N_("Conflict %1 of %2: %3  (decided: %4)"), number(&w, at + 1),
	    number(&w, walk->n), say_choice(w.c->state), number(&w, walk_decided(walk)));
	about(&w);
	side(&w, &w.c->kept, tie ? N_("[k] one side: %1") : N_("[k] stands: %1"), &out->left);
	side(&w, &w.c->other, tie ? N_("[t] other side: %1") : N_("[t] overruled: %1"), &out->right);
	add(&out->notes, N_("[b] before both: %1"), brief(r, conflict_words_value(w.c->base)));
	note_why(&w);
	note_others(&w);
	note_words(&w);
	note_nobody(&w);
	out->around = around(&w);
}

void conflict_words_free(struct conflict_page *p)
{
	strs_free(&p->about);
	strs_free(&p->left.facts);
	strs_free(&p->right.facts);
	strs_free(&p->notes);
	strs_free(&p->keys);
	*p = (struct conflict_page){0};
}

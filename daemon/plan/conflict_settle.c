#include "plan/conflict_settle.h"

#include <stdlib.h>
#include <string.h>

#include "plan/conflict_filter.h"
#include "plan/writing.h"

/* Of the trailers of one change: each settled conflict takes a line of its message. */
#define SETTLE_LINE 56
#define MESSAGE_REST 1024 /* subject and the other trailers */
#define TEXTS_MAX (CHANGE_BYTES_MAX / 2)

struct settling {
	const struct view *v;
	struct outcome *o;
	struct arena *arena;
	const struct conflict_choice *choice;
	struct conflict_settling *out;
	const struct conflict_item **open; /* all that are open, by field */
	size_t n_open;
	size_t room; /* how many one change may settle */
	const char *subject;
	bool one; /* one conflict that somebody named: what cannot be is an error */
	struct change *change; /* being filled */
	const char **settles;
	size_t bytes;
	struct record r; /* the record being written, as far as it is */
	const struct conflict_item *at; /* in which it stands; NULL: none yet */
	bool exists, dirty;
};

static const struct {
	const char *code, *why;
} lefts[] = {
    {"rank", N_("a higher rank decided them; object to them instead")},
    {"settled", N_("they are settled already")},
    {"several", N_("their field has several sides of which the rule names more than one value")},
    {"unclear", N_("the rule does not tell their sides apart")},
    {"gone", N_("their record is gone: settle whether it is to be there first")},
    {"words", N_("they are about what was said on another conflict: settle that one")},
};

const char *conflict_left_why(const char *code)
{
	for (size_t i = 0; i < sizeof lefts / sizeof *lefts; i++)
		if (strcmp(lefts[i].code, code) == 0)
			return lefts[i].why;
	return "";
}

static int same_place(const struct conflict_item *a, const struct conflict_item *b)
{
	int order = strcmp(a->ledger, b->ledger);
	return order ? order : strcmp(a->record, b->record);
}

static int same_field(const struct conflict_item *a, const struct conflict_item *b)
{
	int order = same_place(a, b);
	return order ? order : strcmp(a->field, b->field);
}

static int by_field(const void *x, const void *y)
{
	const struct conflict_item *a = *(const struct conflict_item *const *)x,
				   *b = *(const struct conflict_item *const *)y;
	int order = same_field(a, b);
	return order ? order : strcmp(a->id, b->id);
}

static const struct conflict_item **sorted(
    struct arena *arena, const struct conflict_items *all, bool open, size_t *n)
{
	const struct conflict_item **list = arena_alloc(arena, (all->n + 1) * sizeof *list);
	*n = 0;
	for (size_t i = 0; i < all->n; i++)
		if (!open || conflict_is_open(&all->items[i]))
			list[(*n)++] = &all->items[i];
	if (*n > 1)
		qsort(list, *n, sizeof *list, by_field);
	return list;
}

static void leave(struct settling *s, const struct conflict_item *c, const char *code)
{
	struct conflict_left *left = &s->out->left[s->out->n_left++];
	left->item = c;
	left->code = code;
}

static void put_record(struct settling *s)
{
	if (!s->dirty)
		return;
	outcome_put(s->o, s->change, s->at->record, s->exists ? &s->r : NULL);
	s->bytes += s->change->records[s->change->n_records - 1].len;
	s->dirty = false;
}

static void end_change(struct settling *s)
{
	if (!s->change)
		return;
	put_record(s);
	s->change->settles = s->settles;
	s->change = NULL;
}

/* Sorted, as a change names them. */
static void name_settled(struct settling *s, const struct conflict_item *c)
{
	size_t n = s->change->n_settles++;
	while (n > 0 && strcmp(s->settles[n - 1], c->id) > 0) {
		s->settles[n] = s->settles[n - 1];
		n--;
	}
	s->settles[n] = c->id;
}

/* A change of this ledger with room for `n` more, and, as far as one change can, for all that stands on the record. */
static void need_room(struct settling *s, const struct conflict_item *c, size_t n, size_t of_record)
{
	size_t left = s->change ? s->room - s->change->n_settles : 0;
	bool full = n > left || s->bytes > TEXTS_MAX || (of_record > left && of_record <= s->room);
	if (s->change && strcmp(s->change->ledger, c->ledger) == 0 && !full)
		return;
	end_change(s);
	s->change = outcome_change(s->o, c->ledger, s->subject, s->choice->reason);
	s->settles = arena_alloc(s->arena, (s->room + n) * sizeof *s->settles);
	s->bytes = 0;
}

static int open_record(struct settling *s, const struct conflict_item *c, struct err *err)
{
	if (s->at && same_place(s->at, c) == 0)
		return 0;
	if (s->change)
		put_record(s);
	s->at = c;
	return view_open(s->v, c->ledger, c->record, s->arena, &s->r, &s->exists, err);
}

static int gone(struct settling *s, const struct conflict_item *c, struct err *err)
{
	if (!s->one) {
		leave(s, c, "gone");
		return 0;
	}
	if (*c->field)
		return err_set(
		    err, ERR_REFUSED, N_("%1 is gone: settle whether it is to be there first"), c->record);
	err_set(err, ERR_REFUSED, N_("%1 is gone, and a settlement cannot write it anew"), c->record);
	err_hint(err, N_("write it again by its own command"));
	return ERR_REFUSED;
}

static int settle_field(struct settling *s, struct conflict_settled *f, size_t of_record, struct err *err)
{
	int rc = open_record(s, f->first, err);
	if (rc)
		return rc;
	if (*f->first->field ? !s->exists : f->value && !s->exists)
		return gone(s, f->first, err);
	f->shown = !*f->first->field ? (s->exists ? "+" : NULL) : record_get(&s->r, f->first->field);
	need_room(s, f->first, f->n, of_record);
	if (*f->first->field)
		record_put(&s->r, f->first->field, f->value);
	else
		s->exists = f->value != NULL;
	s->dirty = true;
	for (size_t i = 0; i < f->n; i++)
		name_settled(s, f->all[i]);
	s->out->n_conflicts += f->n;
	s->out->fields[s->out->n_fields++] = *f;
	return 0;
}

/* ---- what is to stand ---- */

/* The one value that the choice means for all that was picked of a field; a code where there is none. */
static const char *agree(
    struct settling *s, const struct conflict_item **picked, size_t n, const char **value, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *one = NULL;
		int rc = s->choice->take
			     ? conflict_take(s->v, picked[i], s->choice->take, &one, s->arena, err)
			     : conflict_typed(s->v, picked[i], s->choice->value, &one, s->arena, err);
		if (rc)
			return "unclear";
		if (i && !str_same(one, *value))
			return "several";
		*value = one;
	}
	return NULL;
}

static const char *why_not(struct settling *s, const struct conflict_settled *f, struct err *err)
{
	if (!conflict_is_open(f->first) || f->n == 0) {
		conflict_check_settle(s->v, f->first, err);
		return "settled";
	}
	if (!s->one && strncmp(f->first->record, "conflicts/", 10) == 0)
		return "words";
	for (size_t i = 0; i < f->n; i++)
		if (conflict_check_settle(s->v, f->all[i], err))
			return "rank";
	return NULL;
}

static int settle_run(struct settling *s, const struct conflict_item **picked, size_t n, size_t open,
    size_t n_here, size_t of_record, struct err *err)
{
	struct conflict_settled f = {.first = picked[0], .all = s->open + open, .n = n_here};
	struct err why = {0};
	const char *code = why_not(s, &f, &why);
	if (!code)
		code = agree(s, picked, n, &f.value, &why);
	if (!code)
		return settle_field(s, &f, of_record, err);
	if (s->one || why.code == ERR_USAGE) {
		*err = why;
		return why.code;
	}
	for (size_t i = 0; i < n; i++)
		leave(s, picked[i], code);
	return 0;
}

/* How many of the open ones from `i` on stand in the same record, or on the same field. */
static size_t run_of(const struct settling *s, size_t i, const struct conflict_item *c,
    int (*same)(const struct conflict_item *a, const struct conflict_item *b))
{
	size_t n = 0;
	while (i + n < s->n_open && same(s->open[i + n], c) == 0)
		n++;
	return n;
}

static int settle_all(struct settling *s, const struct conflict_item **picked, size_t n, struct err *err)
{
	size_t open = 0, of_record = 0;
	int rc = 0;
	for (size_t i = 0, next; rc == 0 && i < n; i = next) {
		for (next = i + 1; next < n && same_field(picked[i], picked[next]) == 0;)
			next++;
		while (open < s->n_open && same_field(s->open[open], picked[i]) < 0)
			open++;
		if (i == 0 || same_place(picked[i - 1], picked[i]) != 0)
			of_record = run_of(s, open, picked[i], same_place);
		else
			of_record = 0;
		rc = settle_run(
		    s, picked + i, next - i, open, run_of(s, open, picked[i], same_field), of_record, err);
	}
	if (rc == 0)
		end_change(s);
	return rc;
}

static size_t room_of(const char *reason)
{
	size_t used = MESSAGE_REST + (reason ? strlen(reason) : 0);
	return used + SETTLE_LINE < CHANGE_MESSAGE_MAX ? (CHANGE_MESSAGE_MAX - used) / SETTLE_LINE : 1;
}

int conflict_settle(const struct view *v, const struct conflict_items *all,
    const struct conflict_items *which, const struct conflict_choice *choice, struct outcome *o,
    struct conflict_settling *out, struct err *err)
{
	struct settling s = {.v = v, .o = o, .arena = &o->arena, .choice = choice, .out = out};
	size_t n;
	*out = (struct conflict_settling){0};
	out->fields = arena_alloc(s.arena, (which->n + 1) * sizeof *out->fields);
	out->left = arena_alloc(s.arena, (which->n + 1) * sizeof *out->left);
	s.one = which->n == 1;
	s.room = room_of(choice->reason);
	s.subject =
	    s.one ? arena_printf(s.arena, "conflict: settle %.12s", which->items[0].id)
		  : arena_printf(s.arena, "conflict: settle by %s", choice->take ? choice->take : "value");
	s.open = sorted(s.arena, all, true, &s.n_open);
	const struct conflict_item **picked = sorted(s.arena, which, false, &n);
	return settle_all(&s, picked, n, err);
}

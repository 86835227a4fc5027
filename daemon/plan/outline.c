#include "plan/outline.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "record/decimal.h"
#include "record/text.h"

#define DEFAULT_CALENDAR "nd09"

static const char *const kind_names[] = {
    [INDICATOR_COUNT] = "count",
    [INDICATOR_RATIO] = "ratio",
    [INDICATOR_AMOUNT] = "amount",
    [INDICATOR_YESNO] = "yesno",
};

const char *indicator_kind_name(enum indicator_kind kind)
{
	return kind_names[kind];
}

static enum indicator_kind kind_of(const struct record *r)
{
	const char *kind = record_get(r, "kind");
	for (size_t i = 0; kind && i < sizeof kind_names / sizeof *kind_names; i++)
		if (strcmp(kind, kind_names[i]) == 0)
			return (enum indicator_kind)i;
	return INDICATOR_AMOUNT;
}

static const char *or_else(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static void read_campaigns(struct outline *out, const struct record *plan, struct arena *arena)
{
	size_t i = 0;
	const char *key;
	struct err none = {0};
	struct period *list = NULL;
	while (record_next_key(plan, "campaigns", &i, &key)) {
		const char *first = record_get(plan, arena_printf(arena, "campaigns.%s.first", key));
		const char *last = record_get(plan, arena_printf(arena, "campaigns.%s.last", key));
		struct period p = {{0}, 0, 0};
		if (strlen(key) >= sizeof p.id || !first || !last ||
		    date_parse(first, &p.first, &none) != 0 || date_parse(last, &p.last, &none) != 0)
			continue;
		strcpy(p.id, key);
		struct period *grown = arena_alloc(arena, (out->n_campaigns + 1) * sizeof *grown);
		if (list)
			memcpy(grown, list, out->n_campaigns * sizeof *grown);
		list = grown;
		list[out->n_campaigns++] = p;
	}
	out->campaigns = list;
}

long outline_position(const struct record *r)
{
	const char *position = record_get(r, "position");
	return position ? strtol(position, NULL, 10) : LONG_MAX;
}

static int by_position(const void *x, const void *y)
{
	const struct indicator *a = x, *b = y;
	long first = outline_position(&a->record), second = outline_position(&b->record);
	return first != second ? (first < second ? -1 : 1) : strcmp(a->id, b->id);
}

static int read_indicators(const struct view *v, struct outline *out, struct arena *arena, struct err *err)
{
	struct strs paths = {0};
	const struct record_type *type = type_by_name("indicator");
	int rc =
	    v->list(v->ctx, out->ledger, arena_printf(arena, "plans/%s/indicators/", out->plan), &paths, err);
	out->indicators = arena_alloc(arena, (paths.n + 1) * sizeof *out->indicators);
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		struct indicator *n = &out->indicators[out->n_indicators];
		char id[65];
		if (!type || !type_path_part(type, paths.items[i], 1, id))
			continue;
		rc = v->read(v->ctx, out->ledger, paths.items[i], arena, &n->record, err);
		n->id = arena_dup(arena, id);
		n->path = arena_dup(arena, paths.items[i]);
		if (rc)
			break;
		n->name = or_else(record_get(&n->record, "name"), n->id);
		n->unit = record_get(&n->record, "unit");
		n->scope = or_else(record_get(&n->record, "scope"), "any");
		n->kind = kind_of(&n->record);
		out->n_indicators++;
	}
	qsort(out->indicators, out->n_indicators, sizeof *out->indicators, by_position);
	strs_free(&paths);
	return rc;
}

int outline_load_of(const struct view *v, const char *issuer, const char *plan, struct arena *arena,
    struct outline *out, struct err *err)
{
	struct record r;
	*out = (struct outline){.issuer = arena_dup(arena, issuer), .plan = arena_dup(arena, plan)};
	out->ledger = arena_printf(arena, "directives/%s", issuer);
	int rc =
	    v->read(v->ctx, out->ledger, arena_printf(arena, "plans/%s/plan.yaml", plan), arena, &r, err);
	if (rc)
		return rc;
	out->title = or_else(record_get(&r, "title"), out->plan);
	out->calendar = or_else(record_get(&r, "calendar"), DEFAULT_CALENDAR);
	read_campaigns(out, &r, arena);
	return read_indicators(v, out, arena, err);
}

int outline_load(
    const struct view *v, const char *typed, struct arena *arena, struct outline *out, struct err *err)
{
	const char *issuer, *plan;
	int rc = view_plan(v, typed, arena, &issuer, &plan, err);
	return rc ? rc : outline_load_of(v, issuer, plan, arena, out, err);
}

int outline_period(const struct outline *p, const char *typed, struct period *out, struct err *err)
{
	return period_parse(p->calendar, p->campaigns, p->n_campaigns, typed, out, err);
}

int outline_indicator(const struct outline *p, const char *id, const struct indicator **out, struct err *err)
{
	struct arena arena = {0};
	const char **known = arena_alloc(&arena, (p->n_indicators + 1) * sizeof *known);
	for (size_t i = 0; i < p->n_indicators; i++) {
		known[i] = p->indicators[i].id;
		if (strcmp(id, known[i]) == 0) {
			*out = &p->indicators[i];
			arena_free(&arena);
			return 0;
		}
	}
	const char *near = nearest_word(id, known, p->n_indicators);
	int rc = err_set(err, ERR_NOT_FOUND, N_("plan %2 has no indicator '%1'"), id, p->plan, near);
	err_hint(err, near ? N_("did you mean '%3'?") : N_("'tuyen indicator list %2' shows them"));
	arena_free(&arena);
	return rc;
}

static bool is_any(const char *scope)
{
	return strcmp(scope, "any") == 0 || strcmp(scope, "unit") == 0;
}

bool indicator_is_for(
    const struct view *v, const struct outline *p, const struct indicator *i, const char *unit)
{
	const struct registry_unit *u = registry_unit(v->registry, unit);
	if (!u || u->station)
		return false;
	if (strcmp(unit, p->issuer) == 0)
		return is_any(i->scope) ? view_is_lowest(v, unit)
					: u->level && strcmp(i->scope, u->level) == 0;
	if (!view_is_above(v, p->issuer, unit))
		return false;
	return is_any(i->scope) || (u->level && strcmp(i->scope, u->level) == 0);
}

bool indicator_owned_by(const struct indicator *i, const char *agency)
{
	const char *owner = record_get(&i->record, "owner");
	return agency && owner && strcmp(owner, agency) == 0;
}

/* A whole number, not negative; or, with `fraction`, any decimal that is not negative. */
static int number(
    const struct indicator *i, const char *typed, bool fraction, struct decimal *out, struct err *err)
{
	int rc = decimal_parse(typed, out, err);
	if (rc)
		return rc;
	if (out->coefficient < 0)
		return err_set(err, ERR_INPUT, N_("%1 cannot be below zero: '%2'"), i->id, typed);
	if (!fraction && out->scale > 0) {
		err_set(err, ERR_INPUT, N_("%1 is a count: '%2' is no whole number"), i->id, typed);
		err_hint(err, N_("write digits only, as in %1=1260"));
		return ERR_INPUT;
	}
	return 0;
}

static int ratio(const struct indicator *i, struct arena *arena, const char *typed, const char **out,
    bool *odd, struct err *err)
{
	const char *slash = strchr(typed, '/');
	struct decimal part, whole;
	char part_text[DECIMAL_TEXT], whole_text[DECIMAL_TEXT];
	if (!slash) {
		err_set(err, ERR_INPUT, N_("%1 is a ratio: '%2' lacks its denominator"), i->id, typed);
		err_hint(err, N_("write both numbers, as in %1=31/58"));
		return ERR_INPUT;
	}
	int rc = number(i, arena_dup_len(arena, typed, (size_t)(slash - typed)), true, &part, err);
	if (rc == 0)
		rc = number(i, slash + 1, true, &whole, err);
	if (rc)
		return rc;
	decimal_print(part, part_text);
	decimal_print(whole, whole_text);
	if (odd)
		*odd = decimal_cmp(part, whole) > 0;
	*out = arena_printf(arena, "%s/%s", part_text, whole_text);
	return 0;
}

static int yesno(const struct indicator *i, const char *typed, const char **out, struct err *err)
{
	static const char *const words[][2] = {{"yes", "yes"}, {"co", "yes"}, {"no", "no"}, {"khong", "no"}};
	struct buf folded = {0};
	int rc = ERR_INPUT;
	text_fold(typed, &folded);
	for (size_t n = 0; n < sizeof words / sizeof *words; n++) {
		if (strcmp(buf_str(&folded), words[n][0]) == 0) {
			*out = words[n][1];
			rc = 0;
		}
	}
	buf_free(&folded);
	if (rc)
		err_set(err, rc, N_("%1 is answered by yes or no, not by '%2'"), i->id, typed);
	return rc;
}

int indicator_value(const struct indicator *i, struct arena *arena, const char *typed, const char **out,
    bool *odd, struct err *err)
{
	struct decimal d;
	char text[DECIMAL_TEXT];
	int rc;
	if (odd)
		*odd = false;
	if (i->kind == INDICATOR_RATIO)
		return ratio(i, arena, typed, out, odd, err);
	if (i->kind == INDICATOR_YESNO)
		return yesno(i, typed, out, err);
	rc = i->kind == INDICATOR_COUNT ? number(i, typed, false, &d, err) : decimal_parse(typed, &d, err);
	if (rc)
		return rc;
	decimal_print(d, text);
	*out = arena_dup(arena, text);
	return 0;
}

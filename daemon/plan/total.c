#include "plan/total.h"

#include <stdlib.h>
#include <string.h>

#include "plan/conflicts.h"
#include "plan/receipt.h"
#include "plan/total_inside.h"

static bool within(const struct view *v, const char *top, const char *unit)
{
	return strcmp(top, unit) == 0 || view_is_above(v, top, unit);
}

/* Is the unit asked for this indicator, as far as scope goes? `row` NULL: for any of the rows. */
bool total_in_scope(const struct totalling *t, const struct total_row *row, const char *unit)
{
	for (size_t i = 0; i < t->plan.n_indicators; i++) {
		const struct indicator *n = &t->plan.indicators[i];
		bool counted = row ? row->indicator == n->id : false;
		for (size_t k = 0; !row && k < t->out->n_rows; k++)
			counted = counted || t->out->rows[k].indicator == n->id;
		if (counted && indicator_is_for(t->v, &t->plan, n, unit))
			return true;
	}
	return false;
}

static bool is_expected(const struct totalling *t, const struct registry_unit *u)
{
	const struct total *out = t->out;
	if (!u || u->station || u->valid_from > out->period.last || u->valid_to < out->period.last)
		return false;
	if (t->strictly && (strcmp(u->id, t->v->unit) == 0 || !within(t->v, t->v->unit, u->id)))
		return false;
	if ((out->below && !within(t->v, out->below, u->id)) || (t->only && !within(t->v, t->only, u->id)))
		return false;
	return total_in_scope(t, NULL, u->id) &&
	       directive_expects(t->v, &t->directives, out->issuer, out->plan, out->period.id, u->id);
}

/* An issuer asks those below it. It counts itself where it asks nobody else, or has a report. */
static bool issuer_counts(const struct totalling *t)
{
	struct record r;
	struct err none = {0};
	if (t->strictly)
		return false;
	if (t->out->n_units == 0 && t->out->n_relays == 0)
		return true;
	return t->v->read(t->v->ctx, arena_printf(t->arena, "reports/%s", t->out->issuer),
		   arena_printf(
		       t->arena, "reports/%s/%s/%s.yaml", t->out->issuer, t->out->plan, t->out->period.id),
		   t->arena, &r, &none) == 0;
}

const char *total_path(const struct totalling *t, const char *kind)
{
	return arena_printf(
	    t->arena, "%s/%s/%s/%s.yaml", kind, t->out->issuer, t->out->plan, t->out->period.id);
}

static void add_unit(struct totalling *t, const char *id)
{
	const struct registry_unit *u = registry_unit(t->v->registry, id);
	if (!is_expected(t, u) || total_relay_speaks(t, u))
		return;
	struct total_unit *n = &t->out->units[t->out->n_units++];
	n->id = arena_dup(t->arena, u->id);
	n->code = arena_dup(t->arena, u->code);
	n->name = arena_dup(t->arena, u->name);
	n->values = arena_alloc(t->arena, (t->out->n_rows + 1) * sizeof *n->values);
	n->disputed = arena_alloc(t->arena, (t->out->n_rows + 1) * sizeof *n->disputed);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct total_unit *)a)->id, ((const struct total_unit *)b)->id);
}

static void add_expected(struct totalling *t)
{
	struct strs ids = {0};
	registry_below(t->v->registry, NULL, false, &ids);
	t->out->units = arena_alloc(t->arena, (ids.n + 1) * sizeof *t->out->units);
	for (size_t i = 0; i < ids.n; i++)
		if (view_is_above(t->v, t->out->issuer, ids.items[i]))
			add_unit(t, ids.items[i]);
	if (issuer_counts(t))
		add_unit(t, t->out->issuer);
	qsort(t->out->units, t->out->n_units, sizeof *t->out->units, by_id);
	strs_free(&ids);
}

static int read_disputes(
    const struct totalling *t, struct total_unit *u, const char *ledger, const char *path, struct err *err)
{
	struct conflict_items all;
	int rc = conflict_list(t->v, ledger, t->arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct conflict_item *c = &all.items[i];
		if (!conflict_is_dispute(c) || strcmp(c->record, path) != 0 ||
		    strncmp(c->field, "values.", 7) != 0)
			continue;
		for (size_t k = 0; k < t->out->n_rows; k++)
			if (strcmp(c->field + 7, t->out->rows[k].indicator) == 0)
				u->disputed[k] = true;
	}
	return rc;
}

static int read_receipts(
    const struct totalling *t, struct total_unit *u, const char *ledger, const char *path, struct err *err)
{
	struct report_receipt *receipts;
	size_t n;
	int rc = receipt_read(t->v, ledger, path, t->arena, &receipts, &n, err);
	if (rc)
		return rc;
	const struct registry_unit *r = registry_unit(t->v->registry, u->id);
	u->due = directive_due(t->v, &t->directives, t->out->issuer, t->out->plan, t->out->period.id, u->id);
	u->received = n ? receipts[0].received : NULL;
	u->late = receipt_is_late(receipts, n);
	u->overdue = !u->reported && r && r->parent && receipt_is_overdue(t->v, u->due);
	return 0;
}

/* What a unit has said: its report's state, and its figures if it counts. */
static int read_unit(const struct totalling *t, struct total_unit *u, struct err *err)
{
	const char *ledger = arena_printf(t->arena, "reports/%s", u->id);
	const char *path =
	    arena_printf(t->arena, "reports/%s/%s/%s.yaml", t->out->issuer, t->out->plan, t->out->period.id);
	struct record r;
	struct err mine = {0};
	int rc = t->v->read(t->v->ctx, ledger, path, t->arena, &r, &mine);
	if (rc && rc != ERR_NOT_FOUND) {
		*err = mine;
		return rc;
	}
	if (rc == 0) {
		u->state = report_state(&r);
		u->reported = report_is_reported(&r);
		u->nil = report_is_nil(&r);
		u->partial = record_get(&r, "partial") != NULL;
		for (size_t k = 0; u->reported && k < t->out->n_rows; k++)
			if (total_in_scope(t, &t->out->rows[k], u->id))
				u->values[k] = record_get(
				    &r, arena_printf(t->arena, "values.%s", t->out->rows[k].indicator));
	}
	rc = read_receipts(t, u, ledger, path, err);
	return rc ? rc : read_disputes(t, u, ledger, path, err);
}

/* Add one figure as its kind says; false if it is not of that kind (kept and shown, but in no sum). */
static bool add_figure(enum indicator_kind kind, const char *value, struct arena *arena, struct sum *s)
{
	struct err none = {0};
	struct decimal a, b;
	const char *slash = strchr(value, '/');
	if (kind == INDICATOR_YESNO) {
		s->yes += strcmp(value, "yes") == 0;
		return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
	}
	if (kind == INDICATOR_RATIO) {
		if (!slash ||
		    decimal_parse_canonical(
			arena_dup_len(arena, value, (size_t)(slash - value)), &a, &none) ||
		    decimal_parse_canonical(slash + 1, &b, &none))
			return false;
		decimal_sum_add(&s->numerator, a);
		decimal_sum_add(&s->denominator, b);
		return true;
	}
	if (decimal_parse_canonical(value, &a, &none))
		return false;
	decimal_sum_add(&s->value, a);
	return true;
}

static const char *sum_text(const struct totalling *t, const struct decimal_sum *s)
{
	char text[DECIMAL_SUM_TEXT];
	decimal_sum_print(s, text);
	return arena_dup(t->arena, text);
}

/* NULL where nothing can be divided: by zero, or sums of more digits than anybody means. */
static const char *percent_text(const struct totalling *t, const struct sum *s)
{
	char text[DECIMAL_TEXT];
	struct decimal a, b;
	struct err none = {0};
	if (!decimal_sum_fits(&s->numerator, &a) || !decimal_sum_fits(&s->denominator, &b) ||
	    decimal_percent(a, b, 2, text, &none) != 0)
		return NULL;
	return arena_dup(t->arena, text);
}

static void print_sum(
    const struct totalling *t, enum indicator_kind kind, const struct sum *s, struct total_row *row)
{
	if (row->reported == 0)
		return;
	if (kind == INDICATOR_YESNO) {
		row->value = arena_printf(t->arena, "%zu", s->yes);
	} else if (kind == INDICATOR_RATIO) {
		row->numerator = sum_text(t, &s->numerator);
		row->denominator = sum_text(t, &s->denominator);
		row->value = percent_text(t, s);
	} else {
		row->value = sum_text(t, &s->value);
	}
}

static int fill_row(const struct totalling *t, size_t k, struct err *err)
{
	struct total_row *row = &t->out->rows[k];
	const struct indicator *n;
	struct sum s = {0};
	int rc = outline_indicator(&t->plan, row->indicator, &n, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < t->out->n_units; i++) {
		struct total_unit *u = &t->out->units[i];
		row->expected += total_in_scope(t, row, u->id);
		row->disputed += u->disputed[k];
		row->reported += u->values[k] && add_figure(n->kind, u->values[k], t->arena, &s);
	}
	for (size_t i = 0; i < t->out->n_relays; i++)
		total_relay_add(t, &t->out->relays[i], k, n->kind, &s);
	print_sum(t, n->kind, &s, row);
	return 0;
}

static int choose_rows(struct totalling *t, const char *only, struct err *err)
{
	const struct indicator *one = NULL;
	int rc = only ? outline_indicator(&t->plan, only, &one, err) : 0;
	if (rc)
		return rc;
	t->out->rows = arena_alloc(t->arena, (t->plan.n_indicators + 1) * sizeof *t->out->rows);
	for (size_t i = 0; i < t->plan.n_indicators; i++) {
		const struct indicator *n = &t->plan.indicators[i];
		if (one && one != n)
			continue;
		struct total_row *row = &t->out->rows[t->out->n_rows++];
		row->indicator = n->id;
		row->name = n->name;
		row->measure = n->unit;
		row->kind = indicator_kind_name(n->kind);
	}
	return 0;
}

static struct total_unit *unit_of(const struct totalling *t, const char *id)
{
	const struct total_unit key = {.id = id};
	return t->out->n_units ? bsearch(&key, t->out->units, t->out->n_units, sizeof key, by_id) : NULL;
}

static void add_past(const struct totalling *t, const char *ended, const char *next, const char *how)
{
	struct total_unit *u = unit_of(t, next);
	if (!u || !how)
		return;
	struct total_past *grown = arena_alloc(t->arena, (u->n_past + 1) * sizeof *grown);
	if (u->n_past)
		memcpy(grown, u->past, u->n_past * sizeof *grown);
	grown[u->n_past++] = (struct total_past){arena_dup(t->arena, ended), strcmp(how, "whole") == 0};
	u->past = grown;
	u->split |= strcmp(how, "whole") != 0;
}

/* What went into the units that are expected. */
static void add_pasts(const struct totalling *t)
{
	struct strs ids = {0};
	const char *next;
	registry_below(t->v->registry, NULL, false, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		const struct record *rec = registry_record(t->v->registry, ids.items[i]);
		for (size_t k = 0; record_next_key(rec, "replaced_by", &k, &next);)
			add_past(t, ids.items[i], next,
			    record_get(rec, arena_printf(t->arena, "replaced_by.%s", next)));
	}
	strs_free(&ids);
}

static int choose_units(struct totalling *t, const struct total_options *options, struct err *err)
{
	const struct registry_unit *u;
	if (view_is_above(t->v, t->out->issuer, t->v->unit))
		t->out->below = arena_dup(t->arena, t->v->unit);
	if (options && options->unit) {
		int rc = registry_resolve_on(t->v->registry, options->unit, t->out->period.last, &u, err);
		if (rc)
			return rc;
		t->only = arena_dup(t->arena, u->id);
		rc = total_relay_check(t, err);
		if (rc)
			return rc;
	}
	t->strictly = options && options->below;
	add_expected(t);
	add_pasts(t);
	return 0;
}

static int fill(struct totalling *t, struct err *err)
{
	struct total *out = t->out;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < out->n_units; i++) {
		struct total_unit *u = &out->units[i];
		rc = read_unit(t, u, err);
		out->expected++;
		out->reported += u->reported;
		if (!u->reported)
			strs_add(&out->missing, u->code);
		if (u->late)
			strs_add(&out->late, u->code);
	}
	total_relay_read(t);
	strs_sort(&out->missing);
	strs_sort(&out->late);
	for (size_t k = 0; rc == 0 && k < out->n_rows; k++)
		rc = fill_row(t, k, err);
	return rc;
}

int total_compute(const struct view *v, const char *plan, const char *period,
    const struct total_options *options, struct arena *arena, struct total *out, struct err *err)
{
	struct totalling t = {.view = *v, .arena = arena, .out = out};
	t.v = &t.view;
	*out = (struct total){0};
	int rc = outline_load(v, plan, arena, &t.plan, err);
	if (rc == 0)
		rc = outline_period(&t.plan, period, &out->period, err);
	if (rc == 0)
		rc = directive_read(v, arena, &t.directives, err);
	if (rc)
		return rc;
	t.view.past = true;
	t.view.on = out->period.last;
	out->issuer = t.plan.issuer;
	out->plan = t.plan.plan;
	out->title = t.plan.title;
	rc = choose_rows(&t, options ? options->indicator : NULL, err);
	if (rc == 0)
		rc = choose_units(&t, options, err);
	if (rc == 0)
		rc = fill(&t, err);
	if (rc)
		total_free(out);
	return rc;
}

void total_free(struct total *t)
{
	strs_free(&t->late);
	strs_free(&t->missing);
	for (size_t i = 0; i < t->n_relays; i++)
		strs_free(&t->relays[i].behind);
}

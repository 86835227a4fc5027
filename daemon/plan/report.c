#include "plan/report.h"

#include <stdlib.h>
#include <string.h>

#include "plan/conflicts.h"
#include "plan/directive.h"
#include "plan/receipt.h"

const char *report_state(const struct record *report)
{
	const char *state = record_get(report, "state");
	return state ? state : "draft";
}

bool report_is_reported(const struct record *report)
{
	const char *state = report ? record_get(report, "state") : NULL;
	return state && (strcmp(state, "submitted") == 0 || strcmp(state, "accepted") == 0);
}

bool report_is_nil(const struct record *report)
{
	size_t i = 0;
	const char *key;
	return record_get(report, "nil") && !record_next_key(report, "values", &i, &key);
}

static int name_unit(
    const struct view *v, const char *typed, struct arena *arena, struct report_form *out, struct err *err)
{
	const struct registry_unit *u = registry_unit(v->registry, v->unit);
	if (typed) {
		int rc = registry_resolve_on(v->registry, typed, out->period.last, &u, err);
		if (rc)
			return rc;
	}
	out->unit = arena_dup(arena, u ? u->id : v->unit);
	out->code = arena_dup(arena, u ? u->code : v->unit);
	out->unit_name = arena_dup(arena, u ? u->name : v->unit);
	return 0;
}

/* The figures of the period before, if there is such a period and a report. */
static int read_previous(const struct view *v, struct report_form *out, struct arena *arena, struct record *r,
    bool *exists, struct err *err)
{
	char id[65];
	*exists = false;
	if (!period_previous(out->period.id, id))
		return 0;
	out->previous = arena_dup(arena, id);
	const char *path = arena_printf(arena, "reports/%s/%s/%s.yaml", out->issuer, out->plan, id);
	return view_open(v, out->ledger, path, arena, r, exists, err);
}

static int mark_conflicts(const struct view *v, struct report_form *out, struct arena *arena, struct err *err)
{
	struct conflict_items all;
	int rc = conflict_list(v, out->ledger, arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct conflict_item *c = &all.items[i];
		if (!conflict_is_open(c) || strcmp(c->record, out->path) != 0 ||
		    strncmp(c->field, "values.", 7) != 0)
			continue;
		for (size_t k = 0; k < out->n_rows; k++) {
			if (strcmp(c->field + 7, out->rows[k].indicator) != 0)
				continue;
			out->rows[k].conflict = true;
			out->rows[k].disputed = out->rows[k].disputed || conflict_is_dispute(c);
		}
	}
	return rc;
}

static int fill_rows(const struct view *v, const struct outline *p, const struct record *r,
    struct report_form *out, struct arena *arena, struct err *err)
{
	struct record before;
	bool has_before;
	int rc = read_previous(v, out, arena, &before, &has_before, err);
	out->rows = arena_alloc(arena, (p->n_indicators + 1) * sizeof *out->rows);
	for (size_t i = 0; rc == 0 && i < p->n_indicators; i++) {
		const struct indicator *n = &p->indicators[i];
		const char *field = arena_printf(arena, "values.%s", n->id);
		if (!indicator_is_for(v, p, n, out->unit))
			continue;
		struct report_row *row = &out->rows[out->n_rows++];
		row->indicator = n->id;
		row->name = n->name;
		row->measure = n->unit;
		row->kind = indicator_kind_name(n->kind);
		row->value = out->exists ? record_get(r, field) : NULL;
		row->previous = has_before ? record_get(&before, field) : NULL;
		row->missing = !row->value && !out->nil;
		out->n_missing += row->missing;
	}
	return rc ? rc : mark_conflicts(v, out, arena, err);
}

static void fill_corrections(const struct record *r, struct report_form *out, struct arena *arena)
{
	size_t i = 0;
	const char *key;
	out->corrections = arena_alloc(arena, (r->n + 1) * sizeof *out->corrections);
	while (record_next_key(r, "corrections", &i, &key)) {
		struct report_correction *c = &out->corrections[out->n_corrections++];
		const char *dash = strrchr(key, '-');
		c->id = key;
		c->by = dash ? arena_dup_len(arena, key, (size_t)(dash - key)) : key;
		c->fields = record_get(r, arena_printf(arena, "corrections.%s.fields", key));
		c->reason = record_get(r, arena_printf(arena, "corrections.%s.reason", key));
	}
}

static void fill_state(const struct record *r, struct report_form *out, struct arena *arena)
{
	out->state = out->exists ? report_state(r) : NULL;
	out->version = record_get(r, "version");
	out->nil = report_is_nil(r);
	out->partial = record_get(r, "partial") != NULL;
	out->note = record_get(r, "note");
	out->reported = report_is_reported(r);
	if (out->state && strcmp(out->state, "returned") == 0)
		out->returned = record_get(r, "returned");
	fill_corrections(r, out, arena);
}

static int fill_due(const struct view *v, struct report_form *out, struct arena *arena, struct err *err)
{
	struct directives all;
	int rc = receipt_read(v, out->ledger, out->path, arena, &out->receipts, &out->n_receipts, err);
	if (rc == 0)
		rc = directive_read(v, arena, &all, err);
	if (rc)
		return rc;
	out->due = directive_due(v, &all, out->issuer, out->plan, out->period.id, out->unit);
	out->late = receipt_is_late(out->receipts, out->n_receipts);
	return 0;
}

int report_form(const struct view *v, const char *unit, const char *plan, const char *period,
    struct arena *arena, struct report_form *out, struct err *err)
{
	struct outline p;
	struct record r;
	*out = (struct report_form){0};
	int rc = outline_load(v, plan, arena, &p, err);
	if (rc == 0)
		rc = outline_period(&p, period, &out->period, err);
	if (rc == 0)
		rc = name_unit(v, unit, arena, out, err);
	if (rc)
		return rc;
	out->issuer = p.issuer;
	out->plan = p.plan;
	out->title = p.title;
	out->ledger = arena_printf(arena, "reports/%s", out->unit);
	out->path = arena_printf(arena, "reports/%s/%s/%s.yaml", p.issuer, p.plan, out->period.id);
	rc = view_open(v, out->ledger, out->path, arena, &r, &out->exists, err);
	if (rc)
		return rc;
	fill_state(&r, out, arena);
	rc = fill_rows(v, &p, &r, out, arena, err);
	return rc ? rc : fill_due(v, out, arena, err);
}

/* A listing's filter, resolved. */
struct wanted {
	const char *unit, *issuer, *plan, *period, *state;
};

static bool differs(const char *wanted, const char *is)
{
	return wanted && (!is || strcmp(wanted, is) != 0);
}

static int list_record(const struct view *v, const char *ledger, const char *path, const struct wanted *w,
    const struct directives *directives, struct arena *arena, struct report_item *item, struct err *err)
{
	const struct record_type *type = type_by_name("report");
	char issuer[65], plan[65], period[65];
	struct record r;
	struct report_receipt *receipts;
	size_t n;
	if (!type_path_part(type, path, 0, issuer) || !type_path_part(type, path, 1, plan) ||
	    !type_path_part(type, path, 2, period))
		return ERR_NOT_FOUND;
	if (differs(w->issuer, issuer) || differs(w->plan, plan) || differs(w->period, period))
		return ERR_NOT_FOUND;
	int rc = v->read(v->ctx, ledger, path, arena, &r, err);
	if (rc == 0)
		rc = receipt_read(v, ledger, path, arena, &receipts, &n, err);
	if (rc)
		return rc;
	const char *unit = ledger + strlen("reports/");
	const struct registry_unit *u = registry_unit(v->registry, unit);
	*item = (struct report_item){
	    .unit = arena_dup(arena, unit),
	    .code = arena_dup(arena, u ? u->code : unit),
	    .unit_name = arena_dup(arena, u ? u->name : unit),
	    .issuer = arena_dup(arena, issuer),
	    .plan = arena_dup(arena, plan),
	    .period = arena_dup(arena, period),
	    .state = report_state(&r),
	    .version = record_get(&r, "version"),
	    .received = n ? receipts[n - 1].received : NULL,
	    .due = directive_due(v, directives, issuer, plan, period, unit),
	    .reported = report_is_reported(&r),
	    .nil = report_is_nil(&r),
	    .partial = record_get(&r, "partial") != NULL,
	};
	item->late = receipt_is_late(receipts, n);
	return differs(w->state, item->state) ? ERR_NOT_FOUND : 0;
}

static int list_ledger(const struct view *v, const char *ledger, const struct wanted *w,
    const struct directives *directives, struct arena *arena, struct report_items *out, struct err *err)
{
	struct strs paths = {0};
	int rc = v->list(v->ctx, ledger, "reports/", &paths, err);
	struct report_item *grown = arena_alloc(arena, (out->n + paths.n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	out->items = grown;
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		rc = list_record(v, ledger, paths.items[i], w, directives, arena, &out->items[out->n], err);
		out->n += rc == 0;
		if (rc == ERR_NOT_FOUND && err->code == 0)
			rc = 0;
	}
	strs_free(&paths);
	return rc;
}

static int check_state(const char *state, struct arena *arena, struct err *err)
{
	const struct field_type *top;
	const char *out;
	if (record_value(arena, type_field(type_by_name("report"), "state", &top), state, &out, err) == 0)
		return 0;
	return err->code = ERR_USAGE;
}

static int resolve_filter(const struct view *v, const struct report_filter *f, struct arena *arena,
    struct wanted *w, struct err *err)
{
	const struct registry_unit *u;
	int rc = 0;
	*w = (struct wanted){.period = f->period, .state = f->state};
	if (f->plan)
		rc = view_plan(v, f->plan, arena, &w->issuer, &w->plan, err);
	if (rc == 0 && f->state)
		rc = check_state(f->state, arena, err);
	if (rc == 0 && f->unit &&
	    (rc = registry_resolve_on(v->registry, f->unit, date_of_time(v->now), &u, err)) == 0)
		w->unit = arena_dup(arena, u->id);
	return rc;
}

int report_list(const struct view *v, const struct report_filter *filter, struct arena *arena,
    struct report_items *out, struct err *err)
{
	static const struct report_filter all = {0};
	struct strs ledgers = {0};
	struct directives directives;
	struct wanted w;
	*out = (struct report_items){0};
	int rc = resolve_filter(v, filter ? filter : &all, arena, &w, err);
	if (rc == 0)
		rc = directive_read(v, arena, &directives, err);
	if (rc == 0)
		rc = v->ledgers(v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
		const char *ledger = ledgers.items[i];
		if (strncmp(ledger, "reports/", strlen("reports/")) == 0 &&
		    !differs(w.unit, ledger + strlen("reports/")))
			rc = list_ledger(v, ledger, &w, &directives, arena, out, err);
	}
	strs_free(&ledgers);
	return rc;
}

#include "plan/agenda.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "plan/outline.h"
#include "plan/receipt.h"
#include "plan/report.h"

struct asking {
	const struct view *v;
	struct arena *arena;
	const struct directives *all;
	struct agenda *out;
};

static bool listed(const struct agenda *t, const char *issuer, const char *plan, const char *period)
{
	for (size_t i = 0; i < t->n_reports; i++) {
		const struct agenda_report *r = &t->reports[i];
		if (strcmp(r->issuer, issuer) == 0 && strcmp(r->plan, plan) == 0 &&
		    strcmp(r->period, period) == 0)
			return true;
	}
	return false;
}

/* Does the plan ask this unit for any figure? A plan that has not arrived yet cannot say. */
static bool concerns(const struct asking *a, const struct directive *d)
{
	struct outline p;
	struct err none = {0};
	if (outline_load_of(a->v, d->plan_issuer, d->plan, a->arena, &p, &none) != 0)
		return false;
	for (size_t i = 0; i < p.n_indicators; i++)
		if (indicator_is_for(a->v, &p, &p.indicators[i], a->v->unit))
			return true;
	return false;
}

static void set_due(const struct view *v, struct agenda_report *r)
{
	struct err none = {0};
	day_t day;
	if (!r->due || date_parse_due(r->due, &day, &none) != 0)
		return;
	r->days_left = (int)(day - date_of_time(v->now));
	r->overdue = v->now >= date_end(day);
}

/* The directive whose due date holds, so that people find the words that asked. */
static const struct directive *directive_of(
    const struct asking *a, const struct agenda_report *r, const struct directive *first)
{
	for (size_t i = 0; r->due && i < a->all->n; i++) {
		const struct directive *d = &a->all->items[i];
		if (directive_asks(d, r->issuer, r->plan, r->period) &&
		    directive_covers(a->v, d, a->v->unit) && d->due && strcmp(d->due, r->due) == 0)
			return d;
	}
	return first;
}

static void ask_report(const struct asking *a, const struct directive *d)
{
	const struct view *v = a->v;
	struct record r;
	struct err none = {0};
	if (!d->plan || !d->period || !directive_asks(d, d->plan_issuer, d->plan, d->period) ||
	    !directive_covers(v, d, v->unit) || listed(a->out, d->plan_issuer, d->plan, d->period) ||
	    !concerns(a, d))
		return;
	const char *ledger = arena_printf(a->arena, "reports/%s", v->unit);
	const char *path =
	    arena_printf(a->arena, "reports/%s/%s/%s.yaml", d->plan_issuer, d->plan, d->period);
	bool exists = v->read(v->ctx, ledger, path, a->arena, &r, &none) == 0;
	if (exists && report_is_reported(&r))
		return;
	struct agenda_report *t = &a->out->reports[a->out->n_reports++];
	t->issuer = d->plan_issuer;
	t->plan = d->plan;
	t->period = d->period;
	t->state = exists ? report_state(&r) : NULL;
	t->due = directive_due(v, a->all, d->plan_issuer, d->plan, d->period, v->unit);
	const struct directive *asks = directive_of(a, t, d);
	t->directive = asks->id;
	t->directive_issuer = asks->issuer;
	set_due(v, t);
}

/* A report that was returned waits for this unit, whether or not a directive asks for it. */
static int add_returned(const struct asking *a, const struct strs *paths, struct err *err)
{
	const struct record_type *type = type_by_name("report");
	const char *ledger = arena_printf(a->arena, "reports/%s", a->v->unit);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < paths->n; i++) {
		char issuer[65], plan[65], period[65];
		struct record r;
		rc = a->v->read(a->v->ctx, ledger, paths->items[i], a->arena, &r, err);
		if (rc || strcmp(report_state(&r), "returned") != 0 ||
		    !type_path_part(type, paths->items[i], 0, issuer) ||
		    !type_path_part(type, paths->items[i], 1, plan) ||
		    !type_path_part(type, paths->items[i], 2, period) || listed(a->out, issuer, plan, period))
			continue;
		struct agenda_report *t = &a->out->reports[a->out->n_reports++];
		t->issuer = arena_dup(a->arena, issuer);
		t->plan = arena_dup(a->arena, plan);
		t->period = arena_dup(a->arena, period);
		t->state = report_state(&r);
	}
	return rc;
}

static int by_due(const void *x, const void *y)
{
	const struct agenda_report *a = x, *b = y;
	int left_a = a->due ? a->days_left : INT_MAX, left_b = b->due ? b->days_left : INT_MAX;
	if (left_a != left_b)
		return left_a < left_b ? -1 : 1;
	int c = strcmp(a->plan, b->plan);
	return c ? c : strcmp(a->period, b->period);
}

/* A report of this unit's that was submitted at some time. */
struct sent {
	const char *path, *state, *version;
	const char *received, *late; /* of its version */
};

static int read_sent(const struct view *v, const char *ledger, const char *path, struct arena *arena,
    struct sent *out, struct err *err)
{
	struct record r;
	struct report_receipt *receipts;
	size_t n;
	*out = (struct sent){.path = arena_dup(arena, path)};
	int rc = v->read(v->ctx, ledger, path, arena, &r, err);
	if (rc == 0)
		rc = receipt_read(v, ledger, path, arena, &receipts, &n, err);
	if (rc)
		return rc;
	out->state = report_state(&r);
	out->version = record_get(&r, "version");
	for (size_t i = 0; out->version && i < n; i++) {
		if (strcmp(receipts[i].version, out->version) != 0)
			continue;
		out->received = receipts[i].received;
		out->late = receipts[i].late;
	}
	return 0;
}

static int sent_time(const struct view *v, const char *ledger, const struct sent *s, struct arena *arena,
    int64_t *time, struct err *err)
{
	struct change c;
	int rc = v->last_change(v->ctx, ledger, s->path, arena, &c, err);
	*time = rc ? 0 : c.time;
	return rc;
}

/* What waits for its receipt comes before what has one; only between two that wait is history asked for their times. */
static int is_later(const struct view *v, const char *ledger, const struct sent *a, const struct sent *b,
    struct arena *arena, bool *later, struct err *err)
{
	int64_t x, y;
	if (!a->received != !b->received) {
		*later = !a->received;
		return 0;
	}
	if (a->received) {
		*later = strcmp(a->received, b->received) > 0;
		return 0;
	}
	int rc = sent_time(v, ledger, a, arena, &x, err);
	if (rc == 0)
		rc = sent_time(v, ledger, b, arena, &y, err);
	*later = rc == 0 && x > y;
	return rc;
}

static int keep_last(const struct view *v, const char *ledger, const struct sent *s, struct arena *arena,
    struct agenda *out, struct err *err)
{
	const struct record_type *type = type_by_name("report");
	char part[3][65];
	for (size_t i = 0; i < 3; i++)
		if (!type_path_part(type, s->path, i, part[i]))
			return 0;
	out->last.issuer = arena_dup(arena, part[0]);
	out->last.plan = arena_dup(arena, part[1]);
	out->last.period = arena_dup(arena, part[2]);
	out->last.state = s->state;
	out->last.version = s->version;
	out->last.received = s->received;
	out->last.late = s->late;
	return sent_time(v, ledger, s, arena, &out->last.sent, err);
}

static int find_last(const struct view *v, struct arena *arena, struct agenda *out, struct err *err)
{
	struct strs paths = {0};
	struct sent last = {0}, s;
	const char *ledger = arena_printf(arena, "reports/%s", v->unit);
	int rc = v->list(v->ctx, ledger, "reports/", &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		bool later = true;
		rc = read_sent(v, ledger, paths.items[i], arena, &s, err);
		if (rc || !s.version)
			continue;
		if (last.path)
			rc = is_later(v, ledger, &s, &last, arena, &later, err);
		if (rc == 0 && later)
			last = s;
	}
	strs_free(&paths);
	return rc || !last.path ? rc : keep_last(v, ledger, &last, arena, out, err);
}

static void count_words(const struct view *v, const struct conflict_item *c, struct agenda *out)
{
	for (size_t i = 0; i < c->n_objections; i++) {
		if (!conflict_waits_here(v, c, &c->objections[i]))
			continue;
		int64_t time = conflict_word_time(v, c, "objections", c->objections[i].id);
		if (time && (!out->oldest_word || time < out->oldest_word))
			out->oldest_word = time;
		out->n_words++;
	}
}

static int find_conflicts(const struct view *v, struct arena *arena, struct agenda *out, struct err *err)
{
	struct conflict_items all;
	int rc = conflict_list(v, NULL, arena, &all, err);
	out->conflicts.items = all.items;
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		if (!conflict_is_open(&all.items[i]))
			continue;
		out->n_waiting += conflict_waits(&all.items[i]);
		out->n_mine += conflict_is_mine(v, &all.items[i]);
		count_words(v, &all.items[i], out);
		out->conflicts.items[out->conflicts.n++] = all.items[i];
	}
	return rc;
}

/* ---- what those left whom this unit replaces ---- */

static bool in_its_time(const struct directive *d, const struct registry_unit *u)
{
	day_t day;
	struct err none = {0};
	return !d->issued || date_parse_due(d->issued, &day, &none) != 0 || day <= u->valid_to;
}

static int count_tasks(
    const struct view *v, const char *ledger, struct arena *arena, size_t *open, struct err *err)
{
	struct strs paths = {0};
	struct record r;
	int rc = v->list(v->ctx, ledger, "progress/", &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		rc = v->read(v->ctx, ledger, paths.items[i], arena, &r, err);
		*open += rc == 0 && !str_is(record_get(&r, "state"), "done");
	}
	strs_free(&paths);
	return rc;
}

static int inherit(const struct view *v, const struct registry_unit *u, struct arena *arena,
    struct agenda_inherited *out, struct err *err)
{
	struct view its = *v;
	struct directives all;
	struct agenda left = {0};
	struct asking a = {&its, arena, &all, &left};
	struct strs paths = {0};
	const char *ledger = arena_printf(arena, "reports/%s", u->id);
	its.unit = u->id;
	*out = (struct agenda_inherited){.unit = u->id};
	int rc = directive_read(&its, arena, &all, err);
	if (rc == 0)
		rc = v->list(v->ctx, ledger, "reports/", &paths, err);
	if (rc == 0)
		left.reports = arena_alloc(arena, (all.n + paths.n + 1) * sizeof *left.reports);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		if (!in_its_time(&all.items[i], u))
			continue;
		out->directives += all.items[i].unread;
		ask_report(&a, &all.items[i]);
	}
	if (rc == 0)
		rc = add_returned(&a, &paths, err);
	out->reports = left.n_reports;
	strs_free(&paths);
	return rc ? rc : count_tasks(v, ledger, arena, &out->tasks, err);
}

static int find_inherited(const struct view *v, struct arena *arena, struct agenda *out, struct err *err)
{
	struct strs ended = {0};
	int rc = 0;
	registry_replaced_by(v->registry, v->unit, &ended);
	out->inherited = arena_alloc(arena, (ended.n + 1) * sizeof *out->inherited);
	for (size_t i = 0; rc == 0 && i < ended.n; i++) {
		const struct registry_unit *u = registry_unit(v->registry, ended.items[i]);
		struct agenda_inherited *it = &out->inherited[out->n_inherited];
		if (!u || u->valid_to >= date_of_time(v->now))
			continue;
		rc = inherit(v, u, arena, it, err);
		out->n_inherited += it->directives + it->reports + it->tasks > 0;
	}
	strs_free(&ended);
	return rc;
}

int agenda_read(const struct view *v, struct arena *arena, struct agenda *out, struct err *err)
{
	struct directives *all = arena_alloc(arena, sizeof *all);
	*out = (struct agenda){0};
	int rc = directive_read(v, arena, all, err);
	if (rc)
		return rc;
	struct asking a = {v, arena, all, out};
	struct strs paths = {0};
	rc = v->list(v->ctx, arena_printf(arena, "reports/%s", v->unit), "reports/", &paths, err);
	out->directives = arena_alloc(arena, (all->n + 1) * sizeof *out->directives);
	out->reports = arena_alloc(arena, (all->n + paths.n + 1) * sizeof *out->reports);
	for (size_t i = 0; i < all->n; i++) {
		if (all->items[i].unread)
			out->directives[out->n_directives++] = &all->items[i];
		ask_report(&a, &all->items[i]);
	}
	if (rc == 0)
		rc = add_returned(&a, &paths, err);
	strs_free(&paths);
	if (rc)
		return rc;
	if (out->n_reports)
		qsort(out->reports, out->n_reports, sizeof *out->reports, by_due);
	if (!v->station)
		rc = find_inherited(v, arena, out, err);
	if (rc == 0)
		rc = find_conflicts(v, arena, out, err);
	return rc ? rc : find_last(v, arena, out, err);
}

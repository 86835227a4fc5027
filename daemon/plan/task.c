#include "plan/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "plan/writing.h"
#include "record/decimal.h"
#include "record/text.h"

static int find_plan(const struct view *v, const char *typed, struct arena *arena, const char **issuer,
    const char **plan, struct record *r, struct err *err)
{
	int rc = view_plan(v, typed, arena, issuer, plan, err);
	return rc ? rc
		  : v->read(v->ctx, arena_printf(arena, "directives/%s", *issuer),
			arena_printf(arena, "plans/%s/plan.yaml", *plan), arena, r, err);
}

static const char **members(const struct record *r, const char *set, struct arena *arena, size_t *n)
{
	size_t i = 0;
	const char *key, **out = arena_alloc(arena, (r->n + 1) * sizeof *out);
	*n = 0;
	while (record_next_key(r, set, &i, &key))
		out[(*n)++] = key;
	return out;
}

static int read_progress(const struct view *v, const struct task_items *plan, struct task_item *t,
    const struct strs *units, struct arena *arena, struct err *err)
{
	t->progress = arena_alloc(arena, (units->n + 1) * sizeof *t->progress);
	for (size_t i = 0; i < units->n; i++) {
		struct record r;
		bool exists;
		const char *ledger = arena_printf(arena, "reports/%s", units->items[i]);
		const char *path =
		    arena_printf(arena, "progress/%s/%s/%s.yaml", plan->issuer, plan->plan, t->id);
		int rc = view_open(v, ledger, path, arena, &r, &exists, err);
		if (rc)
			return rc;
		if (!exists)
			continue;
		const struct registry_unit *u = registry_unit(v->registry, units->items[i]);
		struct task_progress *p = &t->progress[t->n_progress++];
		p->unit = arena_dup(arena, units->items[i]);
		p->code = u ? arena_dup(arena, u->code) : p->unit;
		p->name = u ? arena_dup(arena, u->name) : p->unit;
		p->state = record_get(&r, "state");
		p->percent = record_get(&r, "percent");
		p->done_on = record_get(&r, "done_on");
		p->result = record_get(&r, "result");
		p->note = record_get(&r, "note");
		p->remark = record_get(&r, "remark");
		t->n_done += str_is(p->state, "done");
	}
	return 0;
}

/* Over its day, an assignment, and not done by everybody who has said something of it. */
static bool is_overdue(const struct view *v, const struct task_item *t)
{
	struct err none = {0};
	day_t day;
	if (!t->due || str_is(t->mode, "request") || str_is(t->mode, "general") ||
	    str_is(record_get(&t->record, "counted"), "no") || date_parse_due(t->due, &day, &none) != 0)
		return false;
	return v->now >= date_end(day) && (t->n_progress == 0 || t->n_done < t->n_progress);
}

static int read_task(const struct view *v, const struct task_items *plan, const char *path,
    const struct strs *units, struct arena *arena, struct task_item *t, struct err *err)
{
	char id[65];
	if (!type_path_part(type_by_name("task"), path, 1, id))
		return ERR_NOT_FOUND;
	int rc =
	    v->read(v->ctx, arena_printf(arena, "directives/%s", plan->issuer), path, arena, &t->record, err);
	if (rc)
		return rc;
	t->id = arena_dup(arena, id);
	t->path = arena_dup(arena, path);
	t->title = record_get(&t->record, "title");
	t->mode = record_get(&t->record, "mode");
	t->due = record_get(&t->record, "due");
	t->leads = members(&t->record, "lead", arena, &t->n_leads);
	rc = read_progress(v, plan, t, units, arena, err);
	t->overdue = rc == 0 && is_overdue(v, t);
	return rc;
}

/* Units whose reports ledgers are held here, or the one that was typed. */
static int choose_units(const struct view *v, const char *typed, struct strs *units, struct err *err)
{
	struct strs ledgers = {0};
	const struct registry_unit *u;
	if (typed) {
		int rc = registry_resolve_on(v->registry, typed, date_of_time(v->now), &u, err);
		if (rc == 0)
			strs_add(units, u->id);
		return rc;
	}
	int rc = v->ledgers(v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		if (strncmp(ledgers.items[i], "reports/", strlen("reports/")) == 0)
			strs_add(units, ledgers.items[i] + strlen("reports/"));
	strs_free(&ledgers);
	return rc;
}

static int by_position(const void *x, const void *y)
{
	const struct task_item *a = x, *b = y;
	long first = outline_position(&a->record), second = outline_position(&b->record);
	return first != second ? (first < second ? -1 : 1) : strcmp(a->id, b->id);
}

int task_list(const struct view *v, const char *plan, const char *unit, struct arena *arena,
    struct task_items *out, struct err *err)
{
	struct strs paths = {0}, units = {0};
	struct record r;
	*out = (struct task_items){0};
	int rc = find_plan(v, plan, arena, &out->issuer, &out->plan, &r, err);
	if (rc == 0)
		out->title = record_get(&r, "title");
	if (rc == 0)
		rc = choose_units(v, unit, &units, err);
	if (rc == 0)
		rc = v->list(v->ctx, arena_printf(arena, "directives/%s", out->issuer),
		    arena_printf(arena, "plans/%s/tasks/", out->plan), &paths, err);
	out->items = arena_alloc(arena, (paths.n + 1) * sizeof *out->items);
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		rc = read_task(v, out, paths.items[i], &units, arena, &out->items[out->n], err);
		out->n += rc == 0;
		if (rc == ERR_NOT_FOUND && err->code == 0)
			rc = 0;
	}
	qsort(out->items, out->n, sizeof *out->items, by_position);
	strs_free(&paths);
	strs_free(&units);
	return rc;
}

/* One progress record being written. */
struct setting {
	const struct view *v;
	struct arena *arena;
	const char *issuer, *plan, *task, *task_path;
	struct record plan_record, task_record, r;
	const char *unit;
	bool own;
};

static int no_task(const struct setting *s, const char *typed, struct err *err)
{
	struct strs paths = {0}, ids = {0};
	char id[65];
	int rc = s->v->list(s->v->ctx, arena_printf(s->arena, "directives/%s", s->issuer),
	    arena_printf(s->arena, "plans/%s/tasks/", s->plan), &paths, err);
	for (size_t i = 0; i < paths.n; i++)
		if (type_path_part(type_by_name("task"), paths.items[i], 1, id))
			strs_add(&ids, id);
	if (rc == 0) {
		const char *near = nearest_word(typed, (const char *const *)ids.items, ids.n);
		rc = err_set(err, ERR_NOT_FOUND, N_("plan %2 has no task '%1'"), typed, s->plan, near);
		err_hint(err, near ? N_("did you mean '%3'?") : N_("'tuyen task list %2' shows them"));
	}
	strs_free(&paths);
	strs_free(&ids);
	return rc;
}

static int open_task(struct setting *s, const struct args *a, struct err *err)
{
	const char *plan = args_word(a, 0), *task = args_word(a, 1);
	bool exists = false;
	if (!plan || !task)
		return err_set(err, ERR_USAGE, N_("a plan and a task are needed"));
	int rc = find_plan(s->v, plan, s->arena, &s->issuer, &s->plan, &s->plan_record, err);
	if (rc)
		return rc;
	s->task = arena_dup(s->arena, task);
	s->task_path = arena_printf(s->arena, "plans/%s/tasks/%s.yaml", s->plan, task);
	if (text_is_id(task))
		rc = view_open(s->v, arena_printf(s->arena, "directives/%s", s->issuer), s->task_path,
		    s->arena, &s->task_record, &exists, err);
	if (rc == 0 && !exists)
		rc = no_task(s, task, err);
	if (rc == 0)
		rc = writing_unit(s->v, a, date_of_time(s->v->now), s->arena, &s->unit, &s->own, err);
	if (rc == 0 && strcmp(s->unit, s->issuer) != 0 &&
	    !registry_is_above(s->v->registry, s->issuer, s->unit))
		rc =
		    err_set(err, ERR_REFUSED, N_("plan %1 of %2 is not for %3"), s->plan, s->issuer, s->unit);
	return rc;
}

static int check_percent(const struct record *r, struct err *err)
{
	const char *text = record_get(r, "percent");
	struct decimal d;
	if (!text)
		return 0;
	int rc = decimal_parse(text, &d, err);
	if (rc == 0 && (d.coefficient < 0 || decimal_cmp(d, decimal_from(100)) > 0))
		rc = err_set(err, ERR_INPUT, N_("percent is between 0 and 100, not %1"), text);
	return rc;
}

static int set_field(struct setting *s, const char *key, const char *value, struct err *err)
{
	static const char *const known[] = {"state", "percent", "done_on", "result", "note", "remark"};
	size_t n = sizeof known / sizeof *known;
	bool found = false;
	for (size_t i = 0; i < n; i++)
		found = found || strcmp(key, known[i]) == 0;
	if (!found) {
		const char *near = nearest_word(key, known, n);
		err_set(err, ERR_USAGE, N_("a task has no '%1'"), key, near);
		err_hint(err, near ? N_("did you mean '%2'?")
				   : N_("state, percent, done_on, result and note can be set"));
		return err->code;
	}
	if (s->own && strcmp(key, "remark") == 0)
		return err_set(err, ERR_REFUSED, N_("remark is the superior's word; use note"));
	return record_set(&s->r, key, value, err);
}

static int set_all(struct setting *s, const struct args *a, bool *remark_only, struct err *err)
{
	int rc = 0;
	*remark_only = !args_has(a, "note");
	for (size_t i = 2; rc == 0 && i < a->words.n; i++) {
		const char *key, *value;
		rc = writing_pair(args_word(a, i), s->arena, &key, &value, err);
		if (rc == 0)
			rc = set_field(s, key, value, err);
		if (rc == 0 && strcmp(key, "remark") != 0)
			*remark_only = false;
	}
	if (rc == 0 && args_has(a, "note"))
		rc = record_set(&s->r, "note", args_get(a, "note"), err);
	if (rc == 0 && a->words.n < 3 && !args_has(a, "note")) {
		rc = err_set(err, ERR_USAGE, N_("nothing to write is named"));
		err_hint(err, N_("add state=doing, percent=40, or --note TEXT"));
	}
	return rc ? rc : check_percent(&s->r, err);
}

/* A tie over progress goes to the agency that leads the task. */
static void claim(const struct setting *s, struct change *c)
{
	struct change basis;
	struct err none = {0};
	if (!s->own || !s->v->agency ||
	    !record_get(&s->task_record, arena_printf(s->arena, "lead.%s", s->v->agency)))
		return;
	if (s->v->last_change(s->v->ctx, arena_printf(s->arena, "directives/%s", s->issuer), s->task_path,
		s->arena, &basis, &none) != 0)
		return;
	c->claim = CLAIM_LEAD;
	c->claim_basis = basis.id;
}

int task_target(
    const struct view *v, const struct args *a, struct outcome *o, struct task_target *out, struct err *err)
{
	struct setting s = {.v = v, .arena = &o->arena};
	bool exists;
	int rc = open_task(&s, a, err);
	if (rc)
		return rc;
	out->plan = s.plan;
	out->task = s.task;
	out->ledger = arena_printf(s.arena, "reports/%s", s.unit);
	out->path = arena_printf(s.arena, "progress/%s/%s/%s.yaml", s.issuer, s.plan, s.task);
	return view_open(v, out->ledger, out->path, s.arena, &out->record, &exists, err);
}

int task_op_set(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct setting s = {.v = v, .arena = &o->arena};
	const char *reason = NULL;
	bool exists, remark_only;
	int rc = open_task(&s, a, err);
	if (rc)
		return rc;
	const char *ledger = arena_printf(s.arena, "reports/%s", s.unit);
	const char *path = arena_printf(s.arena, "progress/%s/%s/%s.yaml", s.issuer, s.plan, s.task);
	rc = view_open(v, ledger, path, s.arena, &s.r, &exists, err);
	if (rc == 0)
		rc = set_all(&s, a, &remark_only, err);
	if (rc == 0 && (args_has(a, "reason") || (!s.own && !remark_only)))
		rc = writing_reason(a, s.arena, &reason, err);
	if (rc)
		return rc;
	struct change *c =
	    outcome_change(o, ledger, arena_printf(s.arena, "task: set %s %s", s.plan, s.task), reason);
	outcome_put(o, c, path, &s.r);
	claim(&s, c);
	outcome_note(o, N_("task %1 of %2: %3"), s.task, s.plan,
	    record_get(&s.r, "state") ? record_get(&s.r, "state") : "-");
	return 0;
}

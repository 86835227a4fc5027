#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/directive.h"
#include "plan/outline.h"
#include "plan/writing.h"
#include "record/text.h"

struct issuing {
	const struct view *v;
	const struct args *a;
	struct outcome *o;
	struct arena *arena;
	const char *id, *ledger, *path;
	struct record r, before;
	bool exists;
};

static int usage(struct err *err, const char *what, const char *hint)
{
	err_set(err, ERR_USAGE, what);
	err_hint(err, hint);
	return ERR_USAGE;
}

/* The next of D-001, D-002, … that this unit has not used. */
static int free_id(struct issuing *d, struct err *err)
{
	struct strs paths = {0};
	unsigned long most = 0;
	int rc = d->v->list(d->v->ctx, d->ledger, "directives/", &paths, err);
	for (size_t i = 0; i < paths.n; i++) {
		const char *digits = paths.items[i] + strlen("directives/");
		char *end;
		if (strncmp(digits, "D-", 2) != 0)
			continue;
		unsigned long n = strtoul(digits + 2, &end, 10);
		if (end > digits + 2 && strcmp(end, ".yaml") == 0 && n > most && n < 1000000)
			most = n;
	}
	d->id = arena_printf(d->arena, "D-%03lu", most + 1);
	strs_free(&paths);
	return rc;
}

static int open_directive(struct issuing *d, struct err *err)
{
	const char *id = args_get(d->a, "id");
	d->ledger = arena_printf(d->arena, "directives/%s", d->v->unit);
	int rc = 0;
	if (!id || !*id) {
		rc = free_id(d, err);
	} else if (!text_is_id(id)) {
		err_set(err, ERR_INPUT,
		    N_("'%1' cannot be an id: letters without marks, digits and . _ - @ only"), id);
		rc = err->code;
	} else {
		d->id = arena_dup(d->arena, id);
	}
	if (rc)
		return rc;
	d->path = arena_printf(d->arena, "directives/%s.yaml", d->id);
	rc = view_open(d->v, d->ledger, d->path, d->arena, &d->r, &d->exists, err);
	const char *state = rc == 0 ? record_get(&d->r, "state") : NULL;
	if (state && strcmp(state, "revoked") == 0) {
		rc = err_set(err, ERR_REFUSED, N_("directive %1 was revoked, and stays so"), d->id);
		err_hint(err, N_("issue another one under a new id"));
	}
	return rc;
}

static void clear_set(struct record *r, const char *set, struct arena *arena)
{
	size_t i = 0;
	const char *key;
	while (record_next_key(r, set, &i, &key)) {
		record_put(r, arena_printf(arena, "%s.%s", set, key), NULL);
		i = 0;
	}
}

static int add_unit(struct issuing *d, const char *typed, struct err *err)
{
	const struct registry_unit *u;
	if (strcmp(typed, "all") == 0) {
		record_put(&d->r, "to.all", "+");
		return 0;
	}
	int rc = registry_resolve_on(d->v->registry, typed, date_of_time(d->v->now), &u, err);
	if (rc)
		return rc;
	if (u->station ||
	    (strcmp(u->id, d->v->unit) != 0 && !registry_is_above(d->v->registry, d->v->unit, u->id))) {
		err_set(err, ERR_REFUSED, N_("%1 is not a unit below %2"), u->id, d->v->unit);
		err_hint(err, N_("'tuyen unit list' shows the units below"));
		return ERR_REFUSED;
	}
	if (u->valid_to < date_of_time(d->v->now)) {
		char day[16];
		date_print(u->valid_to, day);
		return err_set(err, ERR_REFUSED, N_("%1 (%2) ended on %3"), u->id, u->name, day);
	}
	record_put(&d->r, arena_printf(d->arena, "to.%s", u->id), "+");
	return 0;
}

static int set_to(struct issuing *d, struct err *err)
{
	struct strs to = {0}, below = {0};
	int rc = 0;
	args_list(d->a, "to", &to);
	if (to.n)
		clear_set(&d->r, "to", d->arena);
	if (strs_has(&to, "all") && to.n > 1)
		rc = usage(err, N_("--to names 'all' and single units as well"), N_("give one or the other"));
	for (size_t i = 0; rc == 0 && i < to.n; i++)
		rc = add_unit(d, to.items[i], err);
	registry_below(d->v->registry, d->v->unit, false, &below);
	if (rc == 0 && record_get(&d->r, "to.all") && below.n == 0)
		outcome_warn(d->o, N_("no unit is registered below %1 yet"), d->v->unit);
	strs_free(&to);
	strs_free(&below);
	size_t i = 0;
	const char *key;
	if (rc == 0 && !record_next_key(&d->r, "to", &i, &key))
		rc = usage(err, N_("a directive needs units that it is meant for"),
		    N_("add --to all, or --to 11383,11050"));
	return rc;
}

/* "hp.2026-06" for a plan of this unit's own, "0/vn.2026" for one from above. */
static int set_plan(struct issuing *d, struct outline *plan, bool *has_plan, struct err *err)
{
	const char *typed = args_get(d->a, "plan");
	*has_plan = false;
	if (!typed) {
		const char *kept = record_get(&d->r, "plan");
		if (!kept)
			return 0;
		typed = strchr(kept, '/') ? kept : arena_printf(d->arena, "%s/%s", d->v->unit, kept);
	} else if (!*typed) {
		record_put(&d->r, "plan", NULL);
		return 0;
	}
	int rc = outline_load(d->v, typed, d->arena, plan, err);
	if (rc)
		return rc;
	*has_plan = true;
	bool own = strcmp(plan->issuer, d->v->unit) == 0;
	return record_set(
	    &d->r, "plan", own ? plan->plan : arena_printf(d->arena, "%s/%s", plan->issuer, plan->plan), err);
}

static int set_period(struct issuing *d, const struct outline *plan, bool has_plan, struct err *err)
{
	const char *typed = args_get(d->a, "period") ? args_get(d->a, "period") : record_get(&d->r, "period");
	struct period period;
	if (!typed || !*typed)
		return record_set(&d->r, "period", NULL, err);
	if (!has_plan)
		return usage(err, N_("a period needs the plan whose report it is"), N_("add --plan PLAN"));
	int rc = outline_period(plan, typed, &period, err);
	return rc ? rc : record_set(&d->r, "period", period.id, err);
}

static int known_task(struct issuing *d, const struct outline *plan, const char *task, struct err *err)
{
	struct record r;
	bool exists = false;
	const char *path = arena_printf(d->arena, "plans/%s/tasks/%s.yaml", plan->plan, task);
	int rc = text_is_id(task) ? view_open(d->v, plan->ledger, path, d->arena, &r, &exists, err) : 0;
	if (rc == 0 && !exists) {
		rc = err_set(err, ERR_NOT_FOUND, N_("plan %2 has no task '%1'"), task, plan->plan);
		err_hint(err, N_("'tuyen task list %2' shows them"));
	}
	return rc;
}

static int set_tasks(struct issuing *d, const struct outline *plan, bool has_plan, struct err *err)
{
	struct strs tasks = {0};
	int rc = 0;
	args_list(d->a, "tasks", &tasks);
	if (args_has(d->a, "tasks"))
		clear_set(&d->r, "tasks", d->arena);
	if (tasks.n && !has_plan)
		rc = usage(err, N_("tasks need the plan that they stand in"), N_("add --plan PLAN"));
	for (size_t i = 0; rc == 0 && i < tasks.n; i++) {
		rc = known_task(d, plan, tasks.items[i], err);
		if (rc == 0)
			record_put(&d->r, arena_printf(d->arena, "tasks.%s", tasks.items[i]), "+");
	}
	strs_free(&tasks);
	return rc;
}

static int set_words(struct issuing *d, struct err *err)
{
	static const char *const fields[] = {"title", "number", "due", "text"};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof fields / sizeof *fields; i++)
		if (args_has(d->a, fields[i]))
			rc = record_set(&d->r, fields[i], args_get(d->a, fields[i]), err);
	const char *title = rc == 0 ? record_get(&d->r, "title") : NULL;
	if (rc == 0 && !title)
		rc = usage(err, N_("a directive needs a title"), N_("add --title TEXT"));
	if (rc == 0 && text_mixed_script(title, NULL))
		outcome_warn(
		    d->o, N_("'%1' mixes letters of different scripts in one word of its title"), title);
	return rc;
}

static bool is_same(const struct record *a, const struct record *b)
{
	struct buf x = {0}, y = {0};
	record_print(a, &x);
	record_print(b, &y);
	bool eq = x.len == y.len && memcmp(buf_str(&x), buf_str(&y), x.len) == 0;
	buf_free(&x);
	buf_free(&y);
	return eq;
}

static int commit_issue(struct issuing *d, struct err *err)
{
	char now[32];
	const char *version = record_get(&d->r, "version");
	if (d->exists && is_same(&d->r, &d->before)) {
		outcome_note(d->o, N_("directive %1 says so already, in its version %2"), d->id, version);
		return 0;
	}
	date_time_print(d->v->now, now);
	record_put(&d->r, "state", "issued");
	record_put(&d->r, "issued", arena_dup(d->arena, now));
	record_put(&d->r, "version", arena_printf(d->arena, "%lld", version ? atoll(version) + 1 : 1));
	int rc = record_check(&d->r, err);
	if (rc)
		return rc;
	struct change *c =
	    outcome_change(d->o, d->ledger, arena_printf(d->arena, "directive: issue %s", d->id), NULL);
	outcome_put(d->o, c, d->path, &d->r);
	outcome_note(d->o, N_("directive %1 issued, version %2"), d->id, record_get(&d->r, "version"));
	return 0;
}

static void copy_record(const struct record *from, struct arena *arena, struct record *to)
{
	record_init(to, arena, from->type);
	for (size_t i = 0; i < from->n; i++)
		record_put(to, from->fields[i].path, from->fields[i].value);
}

int directive_op_issue(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct issuing d = {.v = v, .a = a, .o = o, .arena = &o->arena};
	struct outline plan = {0};
	bool has_plan = false;
	int rc = writing_no_station(v, err);
	if (rc == 0)
		rc = open_directive(&d, err);
	if (rc == 0)
		copy_record(&d.r, d.arena, &d.before);
	if (rc == 0)
		rc = set_words(&d, err);
	if (rc == 0)
		rc = set_plan(&d, &plan, &has_plan, err);
	if (rc == 0)
		rc = set_period(&d, &plan, has_plan, err);
	if (rc == 0)
		rc = set_to(&d, err);
	if (rc == 0)
		rc = set_tasks(&d, &plan, has_plan, err);
	if (rc == 0)
		rc = commit_issue(&d, err);
	if (rc == 0)
		buf_printf(&o->output, "%s\n", d.id);
	return rc;
}

static int find_typed(const struct view *v, const struct args *a, bool mine, struct arena *arena,
    const struct directive **out, struct err *err)
{
	struct directives *all = arena_alloc(arena, sizeof *all);
	const char *typed = args_word(a, 0);
	if (!typed)
		return usage(
		    err, N_("the id of a directive is needed"), N_("'tuyen directive list' shows them"));
	int rc = directive_read(v, arena, all, err);
	return rc ? rc : directive_find(all, typed, mine, out, err);
}

static int may_ack(const struct view *v, const struct directive *d, struct err *err)
{
	if (!d->mine)
		return err_set(err, ERR_REFUSED, N_("directive %1 of %2 is not addressed to %3"), d->id,
		    d->issuer, v->unit);
	if (strcmp(d->state, "issued") != 0)
		return err_set(err, ERR_REFUSED,
		    N_("directive %1 of %2 was revoked: there is nothing to acknowledge"), d->id, d->issuer);
	return 0;
}

/* Whoever replaces a unit as a whole acknowledges for it too. */
static int stand_for(const struct view *v, const struct args *a, struct view *out, struct err *err)
{
	const struct registry_unit *u;
	const char *typed = args_get(a, "unit");
	*out = *v;
	int rc = typed ? registry_resolve(v->registry, typed, &u, err) : 0;
	if (rc || !typed || strcmp(u->id, v->unit) == 0)
		return rc;
	if (v->station || !registry_replaces(v->registry, v->unit, u->id))
		return err_set(
		    err, ERR_REFUSED, N_("%1 is no unit that %2 replaces as a whole"), u->id, v->unit);
	out->unit = u->id;
	return 0;
}

int directive_op_ack(const struct view *asker, const struct args *a, struct outcome *o, struct err *err)
{
	struct view its;
	const struct view *v = &its;
	const struct directive *d = NULL;
	struct arena *arena = &o->arena;
	struct record r;
	bool exists;
	char now[32];
	int rc = stand_for(asker, a, &its, err);
	if (rc == 0)
		rc = find_typed(v, a, true, arena, &d, err);
	if (rc == 0)
		rc = may_ack(v, d, err);
	if (rc)
		return rc;
	if (!d->unread && !args_has(a, "note")) {
		outcome_note(o, N_("directive %1 is acknowledged already, version %2"), d->id, d->version);
		return 0;
	}
	const char *ledger = arena_printf(arena, "reports/%s", v->unit);
	const char *path = arena_printf(arena, "acks/%s/%s.yaml", d->issuer, d->id);
	rc = view_open(v, ledger, path, arena, &r, &exists, err);
	if (rc)
		return rc;
	if (d->unread) {
		date_time_print(v->now, now);
		record_put(&r, "at", arena_dup(arena, now));
		record_put(&r, "version", d->version);
	}
	if (args_has(a, "note"))
		rc = record_set(&r, "note", args_get(a, "note"), err);
	if (rc)
		return rc;
	struct change *c = outcome_change(
	    o, ledger, arena_printf(arena, "directive: acknowledge %s/%s", d->issuer, d->id), NULL);
	outcome_put(o, c, path, &r);
	outcome_note(o, N_("directive %1 of %2 acknowledged, version %3"), d->id, d->issuer, d->version);
	return 0;
}

int directive_op_revoke(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	const struct directive *d = NULL;
	const char *reason = NULL, *typed = args_word(a, 0);
	struct record r;
	bool exists;
	struct args own = {0};
	int rc = writing_no_station(v, err);
	if (typed)
		strs_add(&own.words,
		    strchr(typed, '/') ? typed : arena_printf(&o->arena, "%s/%s", v->unit, typed));
	if (rc == 0)
		rc = find_typed(v, &own, false, &o->arena, &d, err);
	args_free(&own);
	if (rc == 0 && strcmp(d->issuer, v->unit) != 0)
		rc = err_set(err, ERR_REFUSED, N_("directive %1 can be revoked only by %2, who issued it"),
		    d->id, d->issuer);
	if (rc == 0)
		rc = writing_reason(a, &o->arena, &reason, err);
	if (rc)
		return rc;
	if (strcmp(d->state, "revoked") == 0) {
		outcome_note(o, N_("directive %1 is revoked already"), d->id);
		return 0;
	}
	rc = view_open(v, d->ledger, d->path, &o->arena, &r, &exists, err);
	if (rc == 0)
		rc = record_set(&r, "revoked", reason, err);
	if (rc)
		return rc;
	record_put(&r, "state", "revoked");
	struct change *c =
	    outcome_change(o, d->ledger, arena_printf(&o->arena, "directive: revoke %s", d->id), reason);
	outcome_put(o, c, d->path, &r);
	outcome_note(o, N_("directive %1 revoked"), d->id);
	return 0;
}

#include "plan/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "record/text.h"

#define PLAN_END "/plan.yaml"

void outcome_free(struct outcome *o)
{
	free(o->changes);
	free(o->notes);
	buf_free(&o->output);
	arena_free(&o->arena);
	*o = (struct outcome){0};
}

struct change *outcome_change(struct outcome *o, const char *ledger, const char *subject, const char *body)
{
	struct change c = {
	    .ledger = arena_dup(&o->arena, ledger),
	    .subject = arena_dup(&o->arena, subject),
	    .body = body && *body ? arena_dup(&o->arena, body) : NULL,
	    .claim = CLAIM_NONE,
	};
	VEC_PUSH(o->changes, o->n_changes, c);
	return &o->changes[o->n_changes - 1];
}

void outcome_put(struct outcome *o, struct change *c, const char *path, const struct record *r)
{
	struct buf text = {0};
	struct change_record item = {.path = arena_dup(&o->arena, path)};
	if (r) {
		record_print(r, &text);
		item.text = arena_dup_len(&o->arena, buf_str(&text), text.len);
		item.len = text.len;
		buf_free(&text);
	}
	size_t at = 0;
	while (at < c->n_records && strcmp(c->records[at].path, path) < 0)
		at++;
	if (at < c->n_records && strcmp(c->records[at].path, path) == 0) {
		c->records[at] = item;
		return;
	}
	struct change_record *grown = arena_alloc(&o->arena, (c->n_records + 1) * sizeof *grown);
	for (size_t i = 0; i < c->n_records; i++)
		grown[i + (i >= at)] = c->records[i];
	grown[at] = item;
	c->records = grown;
	c->n_records++;
}

void outcome_note_list(struct outcome *o, bool warning, const char *const *msg_and_args)
{
	struct note note = {.warning = warning, .msg = msg_and_args[0]};
	while (note.n_args < ERR_ARGS && msg_and_args[note.n_args + 1]) {
		note.arg[note.n_args] = arena_dup(&o->arena, msg_and_args[note.n_args + 1]);
		note.n_args++;
	}
	VEC_PUSH(o->notes, o->n_notes, note);
}

/* The ids of all plans in a ledger. */
static int plans_in(const struct view *v, const char *ledger, struct strs *out, struct err *err)
{
	struct strs paths = {0};
	int rc = v->list(v->ctx, ledger, "plans/", &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		const char *id = paths.items[i] + strlen("plans/"), *slash = strchr(id, '/');
		if (!slash || strcmp(slash, PLAN_END) != 0)
			continue;
		char *name = mem_dup_len(id, (size_t)(slash - id));
		strs_add(out, name);
		free(name);
	}
	strs_free(&paths);
	return rc;
}

static int no_plan(const struct view *v, const char *typed, const struct strs *ledgers, struct err *err)
{
	struct strs known = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ledgers->n; i++)
		if (strncmp(ledgers->items[i], "directives/", strlen("directives/")) == 0)
			rc = plans_in(v, ledgers->items[i], &known, err);
	if (rc == 0) {
		const char *slash = strchr(typed, '/');
		const char *near =
		    nearest_word(slash ? slash + 1 : typed, (const char *const *)known.items, known.n);
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no plan '%1' here"), typed, near);
		err_hint(err, near ? N_("did you mean '%2'?")
				   : N_("'tuyen plan list' shows the plans that have arrived"));
	}
	strs_free(&known);
	return rc;
}

static bool has_plan(const struct view *v, const char *ledger, const char *plan)
{
	struct arena arena = {0};
	struct record r;
	struct err none = {0};
	char *path = arena_printf(&arena, "plans/%s" PLAN_END, plan);
	bool found = v->read(v->ctx, ledger, path, &arena, &r, &none) == 0;
	arena_free(&arena);
	return found;
}

int view_plan(const struct view *v, const char *typed, struct arena *arena, const char **issuer,
    const char **plan, struct err *err)
{
	struct strs ledgers = {0};
	struct buf issuers = {0};
	const char *slash = strchr(typed, '/'), *id = slash ? slash + 1 : typed;
	size_t prefix = strlen("directives/"), found = 0;
	int rc = v->ledgers(v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && text_is_id(id) && i < ledgers.n; i++) {
		const char *ledger = ledgers.items[i], *unit = ledger + prefix;
		if (strncmp(ledger, "directives/", prefix) != 0)
			continue;
		if (slash &&
		    (strlen(unit) != (size_t)(slash - typed) || strncmp(unit, typed, strlen(unit)) != 0))
			continue;
		if (!has_plan(v, ledger, id))
			continue;
		buf_printf(&issuers, "%s%s/%s", found ? ", " : "", unit, id);
		*issuer = arena_dup(arena, unit);
		*plan = arena_dup(arena, id);
		found++;
	}
	if (rc == 0 && found == 0)
		rc = no_plan(v, typed, &ledgers, err);
	if (rc == 0 && found > 1) {
		rc = err_set(err, ERR_AMBIGUOUS, N_("several units have issued a plan '%1': %2"), typed,
		    buf_str(&issuers));
		err_hint(err, N_("name one of them in full"));
	}
	buf_free(&issuers);
	strs_free(&ledgers);
	return rc;
}

int view_open(const struct view *v, const char *ledger, const char *path, struct arena *arena,
    struct record *r, bool *exists, struct err *err)
{
	struct err mine = {0};
	int rc = v->read(v->ctx, ledger, path, arena, r, &mine);
	*exists = rc == 0;
	if (rc == ERR_NOT_FOUND) {
		record_init(r, arena, type_by_path(ledger, path));
		return 0;
	}
	if (rc)
		*err = mine;
	return rc;
}

day_t view_day(const struct view *v)
{
	return v->past ? v->on : REGISTRY_TODAY;
}

bool view_is_above(const struct view *v, const char *upper, const char *lower)
{
	return registry_is_above_on(v->registry, upper, lower, view_day(v));
}

bool view_is_lowest(const struct view *v, const char *unit)
{
	struct strs below = {0};
	bool lowest = true;
	day_t today = date_of_time(v->now);
	registry_below(v->registry, unit, false, &below);
	for (size_t i = 0; lowest && i < below.n; i++)
		lowest = registry_unit(v->registry, below.items[i])->valid_to < today;
	strs_free(&below);
	return lowest;
}

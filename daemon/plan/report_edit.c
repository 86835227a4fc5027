#include "plan/report_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/report.h"

static bool is_asked(const struct report_edit *e, const struct indicator *i)
{
	return indicator_is_for(e->v, &e->plan, i, e->unit);
}

size_t report_edit_asked(const struct report_edit *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->plan.n_indicators; i++)
		n += is_asked(e, &e->plan.indicators[i]);
	return n;
}

int report_edit_open(struct report_edit *e, const struct view *v, const struct args *a, const char *plan,
    const char *period, struct outcome *o, struct err *err)
{
	struct arena *arena = &o->arena;
	e->v = v;
	e->o = o;
	int rc = outline_load(v, plan, arena, &e->plan, err);
	if (rc == 0)
		rc = outline_period(&e->plan, period, &e->period, err);
	if (rc == 0)
		rc = writing_unit(v, a, e->period.last, arena, &e->unit, &e->own, err);
	if (rc)
		return rc;
	if (report_edit_asked(e) == 0) {
		err_set(err, ERR_REFUSED, N_("plan %1 asks no figures of %2"), e->plan.plan, e->unit);
		err_hint(err, N_("'tuyen indicator list %1' shows whom it asks"));
		return ERR_REFUSED;
	}
	e->ledger = arena_printf(arena, "reports/%s", e->unit);
	e->path = arena_printf(arena, "reports/%s/%s/%s.yaml", e->plan.issuer, e->plan.plan, e->period.id);
	rc = view_open(v, e->ledger, e->path, arena, &e->r, &e->exists, err);
	e->state = rc == 0 && e->exists ? report_state(&e->r) : "";
	e->written = arena_alloc(arena, (e->plan.n_indicators + 1) * sizeof *e->written);
	return rc;
}

void report_edit_close(struct report_edit *e)
{
	buf_free(&e->fields);
}

static void changed(struct report_edit *e, const char *key, const char *old, const char *now)
{
	buf_printf(&e->fields, "%s%s=%s", e->n_changed++ ? ", " : "", key, now ? now : "");
	if (old)
		buf_printf(&e->fields, " (%s)", old);
}

int report_edit_figure(struct report_edit *e, const char *key, const char *value, struct err *err)
{
	struct arena *arena = &e->o->arena;
	const struct indicator *i;
	const char *now = NULL;
	bool odd = false;
	int rc = outline_indicator(&e->plan, key, &i, err);
	if (rc == 0 && !is_asked(e, i)) {
		rc = err_set(err, ERR_REFUSED, N_("indicator %1 is for units of level %2, not for %3"), key,
		    i->scope, e->unit);
		err_hint(err, N_("'tuyen report show' lists the figures that are asked of %3"));
	}
	if (rc == 0 && *value)
		rc = indicator_value(i, arena, value, &now, &odd, err);
	if (rc)
		return rc;
	if (odd)
		outcome_warn(e->o, N_("%1=%2: the part is above its whole; it is kept as written"), key, now);
	const char *field = arena_printf(arena, "values.%s", i->id), *old = record_get(&e->r, field);
	if (str_same(old, now))
		return 0;
	changed(e, i->id, old, now);
	e->written[e->n_written++] = i;
	return record_set(&e->r, field, now, err);
}

int report_edit_note(struct report_edit *e, const char *text, struct err *err)
{
	const char *old = record_get(&e->r, "note");
	bool had = old != NULL;
	int rc = record_set(&e->r, "note", text, err);
	const char *now = rc ? NULL : record_get(&e->r, "note");
	if (rc || (had ? str_same(old, now) : !now))
		return rc;
	buf_printf(&e->fields, "%snote", e->n_changed++ ? ", " : "");
	return 0;
}

int report_edit_correction(struct report_edit *e, const char *reason, struct err *err)
{
	struct arena *arena = &e->o->arena;
	const char *row = writing_row(e->v, &e->r, "corrections", arena);
	int rc =
	    record_set(&e->r, arena_printf(arena, "corrections.%s.fields", row), buf_str(&e->fields), err);
	if (rc == 0)
		rc = record_set(&e->r, arena_printf(arena, "corrections.%s.reason", row), reason, err);
	return rc;
}

void report_edit_state(struct report_edit *e, const char *state)
{
	record_put(&e->r, "state", state);
	e->state = state;
}

void report_edit_next_version(struct report_edit *e)
{
	const char *version = record_get(&e->r, "version");
	long long n = version ? atoll(version) : 0;
	record_put(&e->r, "version", arena_printf(&e->o->arena, "%lld", n + 1));
}

size_t report_edit_gaps(const struct report_edit *e, struct buf *names)
{
	size_t gaps = 0;
	for (size_t i = 0; i < e->plan.n_indicators; i++) {
		const struct indicator *n = &e->plan.indicators[i];
		char field[128];
		snprintf(field, sizeof field, "values.%s", n->id);
		if (is_asked(e, n) && !record_get(&e->r, field))
			buf_printf(names, "%s%s", gaps++ ? ", " : "", n->id);
	}
	return gaps;
}

/* A tie over figures goes to the agency that owns them: claim it where all that was written is this agency's. */
static void claim(const struct report_edit *e, struct change *c)
{
	struct change basis;
	struct err none = {0};
	if (!e->own || !e->v->agency || e->n_written == 0 || e->n_written != e->n_changed)
		return;
	for (size_t i = 0; i < e->n_written; i++)
		if (!indicator_owned_by(e->written[i], e->v->agency))
			return;
	if (e->v->last_change(e->v->ctx, e->plan.ledger, e->written[0]->path, &e->o->arena, &basis, &none) !=
	    0)
		return;
	c->claim = CLAIM_OWNER;
	c->claim_basis = basis.id;
}

int report_edit_commit(struct report_edit *e, const char *verb, const char *body, struct err *err)
{
	const char *state = record_get(&e->r, "state");
	record_put(&e->r, "state", report_state(&e->r));
	int rc = record_check(&e->r, err);
	record_put(&e->r, "state", state);
	if (rc)
		return rc;
	const char *subject =
	    arena_printf(&e->o->arena, "report: %s %s %s", verb, e->plan.plan, e->period.id);
	struct change *c = outcome_change(e->o, e->ledger, subject, body);
	outcome_put(e->o, c, e->path, &e->r);
	claim(e, c);
	return 0;
}

int report_edit_may_set(const struct report_edit *e, struct err *err)
{
	bool accepted = strcmp(e->state, "accepted") == 0, submitted = strcmp(e->state, "submitted") == 0;
	if (!accepted && !(submitted && e->own))
		return 0;
	err_set(err, ERR_REFUSED,
	    accepted ? N_("the report of %3 on %1 for %2 is accepted: it is changed only by a correction")
		     : N_("the report of %3 on %1 for %2 is submitted: it is changed only by a correction, "
			  "or once it is returned"),
	    e->plan.plan, e->period.id, e->unit);
	err_hint(err, e->own ? N_("use 'tuyen report correct %1 %2 KEY=VALUE --reason TEXT'")
			     : N_("use 'tuyen report correct --unit %3 %1 %2 KEY=VALUE --reason TEXT'"));
	return ERR_REFUSED;
}

static void say_how_far(const struct report_edit *e)
{
	struct buf gaps = {0};
	char given[24], asked[24];
	size_t all = report_edit_asked(e), missing = report_edit_gaps(e, &gaps);
	snprintf(given, sizeof given, "%zu", all - missing);
	snprintf(asked, sizeof asked, "%zu", all);
	if (missing)
		outcome_note(e->o, N_("draft of %1 for %2: %3 of %4 figures, still missing: %5"),
		    e->plan.plan, e->period.id, given, asked, buf_str(&gaps));
	else
		outcome_note(e->o,
		    N_("draft of %1 for %2: all %3 figures; 'tuyen report submit %1 %2' sends it"),
		    e->plan.plan, e->period.id, asked);
	buf_free(&gaps);
}

int report_edit_finish_set(struct report_edit *e, const struct args *a, struct err *err)
{
	const char *reason = NULL;
	int rc = 0;
	if (!e->own)
		rc = writing_reason(a, &e->o->arena, &reason, err);
	if (rc)
		return rc;
	if (e->own && e->n_written)
		record_put(&e->r, "nil", NULL);
	if (!e->own && e->n_changed)
		rc = report_edit_correction(e, reason, err);
	if (rc == 0 && (e->n_changed || !e->exists))
		rc = report_edit_commit(e, "set", args_has(a, "reason") ? args_get(a, "reason") : NULL, err);
	if (rc)
		return rc;
	if (e->own)
		say_how_far(e);
	else if (e->n_changed)
		outcome_note(e->o, N_("written into the report of %1 on %2 for %3: %4"), e->unit,
		    e->plan.plan, e->period.id, buf_str(&e->fields));
	else
		outcome_note(e->o, N_("nothing changed: the report of %1 says so already"), e->unit);
	return 0;
}

#include <stdio.h>
#include <string.h>

#include "plan/conflicts.h"
#include "plan/due.h"
#include "plan/report.h"
#include "plan/report_edit.h"
#include "record/yaml.h"

static int open_words(
    struct report_edit *e, const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	const char *plan = args_word(a, 0), *period = args_word(a, 1);
	if (!plan || !period) {
		err_set(err, ERR_USAGE, N_("a plan and a period are needed"));
		err_hint(err, N_("as in: tuyen report show hp.2026-06 2026-06"));
		return ERR_USAGE;
	}
	return report_edit_open(e, v, a, plan, period, o, err);
}

/* The figures among the words, each key once. */
static int write_words(struct report_edit *e, const struct args *a, struct err *err)
{
	struct strs seen = {0};
	int rc = 0;
	for (size_t i = 2; rc == 0 && i < a->words.n; i++) {
		const char *key, *value;
		rc = writing_pair(args_word(a, i), &e->o->arena, &key, &value, err);
		if (rc == 0 && strs_has(&seen, key))
			rc = err_set(err, ERR_USAGE, N_("'%1' is given twice"), key);
		if (rc == 0)
			rc = report_edit_figure(e, key, value, err);
		if (rc == ERR_INPUT)
			err_at(err, args_word(a, i), 0, 0);
		if (rc == 0)
			strs_add(&seen, key);
	}
	strs_free(&seen);
	if (rc == 0 && args_has(a, "note"))
		rc = report_edit_note(e, args_get(a, "note"), err);
	return rc;
}

int report_op_set(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct report_edit e = {0};
	int rc = open_words(&e, v, a, o, err);
	if (rc == 0)
		rc = report_edit_may_set(&e, err);
	if (rc == 0 && a->words.n < 3 && !args_has(a, "note")) {
		rc = err_set(err, ERR_USAGE, N_("nothing to write is named"));
		err_hint(err, N_("add KEY=VALUE, as in TT01=42, or --note TEXT"));
	}
	if (rc == 0)
		rc = write_words(&e, a, err);
	if (rc == 0)
		rc = report_edit_finish_set(&e, a, err);
	report_edit_close(&e);
	return rc;
}

/* The form that `report import` reads. */
static void print_form(const struct report_edit *e, struct buf *out)
{
	yaml_put_scalar(out, 0, "plan", arena_printf(&e->o->arena, "%s/%s", e->plan.issuer, e->plan.plan));
	yaml_put_scalar(out, 0, "period", e->period.id);
	yaml_put_open(out, 0, "values");
	for (size_t i = 0; i < e->plan.n_indicators; i++) {
		const struct indicator *n = &e->plan.indicators[i];
		if (!indicator_is_for(e->v, &e->plan, n, e->unit))
			continue;
		const char *value = record_get(&e->r, arena_printf(&e->o->arena, "values.%s", n->id));
		buf_printf(out, "  # %s%s%s%s\n", n->name, n->unit ? " (" : "", n->unit ? n->unit : "",
		    n->unit ? ")" : "");
		yaml_put_scalar(out, 1, n->id, value ? value : "");
	}
	yaml_put_scalar(out, 0, "note", record_get(&e->r, "note") ? record_get(&e->r, "note") : "");
}

int report_op_new(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct report_edit e = {0};
	int rc = open_words(&e, v, a, o, err);
	if (rc == 0 && !e.own) {
		rc = err_set(err, ERR_REFUSED, N_("a report is begun by its unit, %1"), e.unit);
		err_hint(err, N_("use 'tuyen report set --unit %1 --reason TEXT' to write figures for it"));
	}
	if (rc == 0 && e.exists)
		outcome_note(
		    o, N_("the report on %1 for %2 is there already: %3"), e.plan.plan, e.period.id, e.state);
	if (rc == 0 && !e.exists)
		rc = report_edit_commit(&e, "new", NULL, err);
	if (rc == 0)
		print_form(&e, &o->output);
	report_edit_close(&e);
	return rc;
}

static int check_nil(const struct report_edit *e, struct err *err)
{
	size_t i = 0;
	const char *key;
	if (!record_next_key(&e->r, "values", &i, &key))
		return 0;
	err_set(
	    err, ERR_REFUSED, N_("--nil says that nothing occurred, but the report has figures (%1)"), key);
	err_hint(err, N_("clear them first (%1=), or submit without --nil"));
	return ERR_REFUSED;
}

static int check_gaps(
    const struct report_edit *e, bool partial, size_t gaps, const char *names, struct err *err)
{
	if (gaps == 0 || (partial && gaps < report_edit_asked(e)))
		return 0;
	err_set(
	    err, ERR_REFUSED, N_("the report on %1 for %2 has gaps: %3"), e->plan.plan, e->period.id, names);
	err_hint(err, gaps < report_edit_asked(e)
			  ? N_("fill them in (0 is zero), or submit with --partial")
			  : N_("fill them in (0 is zero), or submit with --nil if nothing occurred"));
	return ERR_REFUSED;
}

/* A disputed figure is nobody's word yet: the report neither says it nor is it to be sealed. */
static int check_disputes(const struct report_edit *e, const char *hint, struct err *err)
{
	struct conflict_items all;
	struct buf names = {0};
	const char *first = NULL;
	int rc = conflict_list(e->v, e->ledger, &e->o->arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct conflict_item *c = &all.items[i];
		if (!conflict_is_dispute(c) || strcmp(c->record, e->path) != 0 ||
		    strncmp(c->field, "values.", 7) != 0)
			continue;
		buf_printf(&names, "%s%s (%.10s)", first ? ", " : "", c->field + 7, c->id);
		first = first ? first : arena_printf(&e->o->arena, "%.10s", c->id);
	}
	if (first) {
		rc = err_set(err, ERR_REFUSED, N_("the report on %1 for %2 has disputed figures: %3"),
		    e->plan.plan, e->period.id, buf_str(&names), first);
		err_hint(err, hint);
	}
	buf_free(&names);
	return rc;
}

/* The reason of a change that makes a version: what is given, and what asked for the report. */
static const char *with_statement(const struct report_edit *e, const char *reason)
{
	struct due_report report = {e->unit, e->plan.issuer, e->plan.plan, e->period.id};
	const char *said = due_statement(e->v, &report, &e->o->arena);
	return reason && said ? arena_printf(&e->o->arena, "%s\n\n%s", reason, said) : said ? said : reason;
}

static int submit(struct report_edit *e, const struct args *a, struct err *err)
{
	struct buf names = {0};
	bool nil = args_has(a, "nil"), partial = args_has(a, "partial");
	size_t gaps = report_edit_gaps(e, &names);
	int rc = nil ? check_nil(e, err) : check_gaps(e, partial, gaps, buf_str(&names), err);
	buf_free(&names);
	if (rc == 0 && !partial)
		rc = check_disputes(e,
		    N_("settle them: 'tuyen conflict settle %4 --take kept|other|base'; or submit with "
		       "--partial: they count at their last agreed value"),
		    err);
	if (rc)
		return rc;
	report_edit_state(e, "submitted");
	record_put(&e->r, "nil", nil ? "yes" : NULL);
	record_put(&e->r, "partial", !nil && gaps ? "yes" : NULL);
	report_edit_next_version(e);
	rc = report_edit_commit(e, "submit", with_statement(e, NULL), err);
	if (rc == 0)
		outcome_note(e->o,
		    N_("report on %1 for %2 submitted, version %3; 'tuyen status' says when it has arrived"),
		    e->plan.plan, e->period.id, record_get(&e->r, "version"));
	return rc;
}

int report_op_submit(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct report_edit e = {0};
	int rc = open_words(&e, v, a, o, err);
	if (rc == 0 && !e.own)
		rc = err_set(err, ERR_REFUSED, N_("only %1 itself submits its report"), e.unit);
	if (rc == 0 && args_has(a, "nil") && args_has(a, "partial"))
		rc = err_set(err, ERR_USAGE, N_("--nil and --partial exclude each other"));
	if (rc == 0 && report_is_reported(e.exists ? &e.r : NULL))
		outcome_note(
		    o, N_("the report on %1 for %2 is there already: %3"), e.plan.plan, e.period.id, e.state);
	else if (rc == 0)
		rc = submit(&e, a, err);
	report_edit_close(&e);
	return rc;
}

/* Open a report of a unit below, as its superior. */
static int open_below(
    struct report_edit *e, const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	int rc = open_words(e, v, a, o, err);
	if (rc || !e->own)
		return rc;
	if (args_has(a, "unit"))
		err_set(err, ERR_REFUSED, N_("nobody returns or accepts his own report"));
	else
		err_set(err, ERR_USAGE, N_("the unit whose report it is must be named"));
	err_hint(err, N_("add --unit UNIT, a unit below this one"));
	return err->code;
}

static int not_submitted(const struct report_edit *e, struct err *err)
{
	if (strcmp(e->state, "accepted") == 0) {
		err_set(err, ERR_REFUSED, N_("the report of %3 on %1 for %2 is accepted, and stays so"),
		    e->plan.plan, e->period.id, e->unit);
		err_hint(err, N_("use 'tuyen report correct --unit %3 %1 %2 KEY=VALUE --reason TEXT'"));
	} else {
		err_set(err, ERR_REFUSED, N_("the report of %3 on %1 for %2 is not submitted"), e->plan.plan,
		    e->period.id, e->unit);
	}
	return ERR_REFUSED;
}

int report_op_return(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct report_edit e = {0};
	const char *reason = NULL;
	int rc = open_below(&e, v, a, o, err);
	if (rc == 0)
		rc = writing_reason(a, &o->arena, &reason, err);
	if (rc == 0 && strcmp(e.state, "submitted") != 0)
		rc = not_submitted(&e, err);
	if (rc == 0)
		rc = record_set(&e.r, "returned", reason, err);
	if (rc == 0) {
		report_edit_state(&e, "returned");
		rc = report_edit_commit(&e, "return", reason, err);
	}
	if (rc == 0)
		outcome_note(o,
		    N_("the report of %1 on %2 for %3 is returned; it does not count until it is submitted "
		       "again"),
		    e.unit, e.plan.plan, e.period.id);
	report_edit_close(&e);
	return rc;
}

int report_op_accept(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct report_edit e = {0};
	int rc = open_below(&e, v, a, o, err);
	bool accepted = rc == 0 && strcmp(e.state, "accepted") == 0;
	if (rc == 0 && !accepted && strcmp(e.state, "submitted") != 0)
		rc = not_submitted(&e, err);
	if (rc == 0 && !accepted)
		rc = check_disputes(
		    &e, N_("settle them first: 'tuyen conflict settle %4 --take kept|other|base'"), err);
	if (rc == 0 && !accepted) {
		report_edit_state(&e, "accepted");
		rc = report_edit_commit(&e, "accept", NULL, err);
	}
	if (rc == 0)
		outcome_note(o,
		    N_("the report of %1 on %2 for %3 is accepted; only corrections with a reason change it "
		       "now"),
		    e.unit, e.plan.plan, e.period.id);
	report_edit_close(&e);
	return rc;
}

/* What the unit's own correction does besides: a new version, and flags that no longer hold. A station raises no
 * version: two nodes of one unit that count apart would meet in a tie over the number. */
static void renew(struct report_edit *e)
{
	struct buf names = {0};
	if (!e->v->station)
		report_edit_next_version(e);
	if (strcmp(e->state, "accepted") != 0) {
		size_t gaps = report_edit_gaps(e, &names);
		if (gaps < report_edit_asked(e) && record_get(&e->r, "nil")) {
			record_put(&e->r, "nil", NULL);
			record_put(&e->r, "partial", gaps ? "yes" : NULL);
		}
		if (gaps == 0)
			record_put(&e->r, "partial", NULL);
	}
	buf_free(&names);
}

static int may_correct(const struct report_edit *e, struct err *err)
{
	if (e->exists && strcmp(e->state, "draft") != 0)
		return 0;
	err_set(err, ERR_REFUSED,
	    N_("the report of %3 on %1 for %2 is not submitted yet: there is nothing to correct"),
	    e->plan.plan, e->period.id, e->unit);
	err_hint(err, e->own ? N_("use 'tuyen report set %1 %2 KEY=VALUE'")
			     : N_("use 'tuyen report set --unit %3 %1 %2 KEY=VALUE --reason TEXT'"));
	return ERR_REFUSED;
}

int report_op_correct(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct report_edit e = {0};
	const char *reason = NULL;
	int rc = open_words(&e, v, a, o, err);
	if (rc == 0)
		rc = writing_reason(a, &o->arena, &reason, err);
	if (rc == 0)
		rc = may_correct(&e, err);
	if (rc == 0)
		rc = write_words(&e, a, err);
	if (rc == 0 && e.n_changed == 0) {
		outcome_note(o, N_("nothing changed: the report of %1 says so already"), e.unit);
	} else if (rc == 0) {
		rc = report_edit_correction(&e, reason, err);
		if (rc == 0 && e.own)
			renew(&e);
		if (rc == 0)
			rc = report_edit_commit(
			    &e, "correct", e.own && !v->station ? with_statement(&e, reason) : reason, err);
		if (rc == 0)
			outcome_note(o, N_("corrected in the report of %1 on %2 for %3: %4"), e.unit,
			    e.plan.plan, e.period.id, buf_str(&e.fields));
	}
	report_edit_close(&e);
	return rc;
}

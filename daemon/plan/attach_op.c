#include "plan/attach_op.h"

#include <string.h>

#include "plan/directive.h"
#include "plan/report_edit.h"
#include "plan/task.h"

#define ROW 64 /* hexadecimal digits */

/* The record that is meant. */
struct target {
	const struct view *v;
	struct outcome *o;
	struct record r;
	const char *ledger, *path, *name; /* "report hp.2026 2026-06" */
	size_t words; /* that name it */
};

/* The words after the first, and the options. */
static void tail(const struct args *a, struct args *out)
{
	for (size_t i = 1; i < a->words.n; i++)
		strs_add(&out->words, a->words.items[i]);
	for (size_t i = 0; i < a->n_options; i++)
		args_add_option(out, a->options[i].name, a->options[i].value);
}

static int usage(struct err *err)
{
	err_set(err, ERR_USAGE, N_("to which record? report PLAN PERIOD, directive ID, or task PLAN TASK"));
	err_hint(err, N_("as in: tuyen attach add report hp.2026 2026-06 scan.pdf"));
	return ERR_USAGE;
}

static int open_report(struct target *t, const struct args *a, struct err *err)
{
	struct report_edit e = {0};
	const char *plan = args_word(a, 0), *period = args_word(a, 1);
	if (!plan || !period)
		return usage(err);
	int rc = report_edit_open(&e, t->v, a, plan, period, t->o, err);
	if (rc == 0 && !e.exists) {
		rc = err_set(
		    err, ERR_NOT_FOUND, N_("%1 has no report on %2 for %3 yet"), e.unit, plan, period);
		err_hint(err, N_("'tuyen report new %2 %3' begins it"));
	}
	if (rc == 0 && strcmp(e.state, "accepted") == 0) {
		rc = err_set(err, ERR_REFUSED,
		    N_("the report of %1 on %2 for %3 is accepted: it stays as it is"), e.unit, plan, period);
		err_hint(err, N_("attach the file to the next report, or to a task"));
	}
	t->ledger = e.ledger;
	t->path = e.path;
	t->r = e.r;
	t->words = 3;
	if (rc == 0)
		t->name = arena_printf(&t->o->arena, "report %s %s", e.plan.plan, e.period.id);
	report_edit_close(&e);
	return rc;
}

static int open_directive(struct target *t, const struct args *a, struct err *err)
{
	struct arena *arena = &t->o->arena;
	struct directives *all = arena_alloc(arena, sizeof *all);
	const struct directive *d = NULL;
	const char *typed = args_word(a, 0);
	bool exists;
	if (!typed)
		return usage(err);
	int rc = writing_no_station(t->v, err);
	if (rc == 0)
		rc = directive_read(t->v, arena, all, err);
	if (rc == 0)
		rc = directive_find(all,
		    strchr(typed, '/') ? typed : arena_printf(arena, "%s/%s", t->v->unit, typed), false, &d,
		    err);
	if (rc == 0 && strcmp(d->issuer, t->v->unit) != 0)
		rc = err_set(err, ERR_REFUSED,
		    N_("files are attached to directive %1 only by %2, who issued it"), d->id, d->issuer);
	if (rc)
		return rc;
	t->ledger = d->ledger;
	t->path = d->path;
	t->name = arena_printf(arena, "directive %s", d->id);
	t->words = 2;
	return view_open(t->v, d->ledger, d->path, arena, &t->r, &exists, err);
}

static int open_task(struct target *t, const struct args *a, struct err *err)
{
	struct task_target target;
	if (!args_word(a, 0) || !args_word(a, 1))
		return usage(err);
	int rc = task_target(t->v, a, t->o, &target, err);
	if (rc)
		return rc;
	t->ledger = target.ledger;
	t->path = target.path;
	t->r = target.record;
	t->name = arena_printf(&t->o->arena, "task %s %s", target.plan, target.task);
	t->words = 3;
	return 0;
}

static int open_target(struct target *t, const struct args *a, struct err *err)
{
	static const struct {
		const char *kind;
		int (*open)(struct target *t, const struct args *a, struct err *err);
	} kinds[] = {{"report", open_report}, {"directive", open_directive}, {"task", open_task}};
	const char *kind = args_word(a, 0);
	for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++) {
		struct args rest = {0};
		if (strcmp(kind, kinds[i].kind) != 0)
			continue;
		tail(a, &rest);
		int rc = kinds[i].open(t, &rest, err);
		args_free(&rest);
		return rc;
	}
	return usage(err);
}

static void put(struct target *t, const char *verb)
{
	struct change *c =
	    outcome_change(t->o, t->ledger, arena_printf(&t->o->arena, "attach: %s %s", verb, t->name), NULL);
	outcome_put(t->o, c, t->path, &t->r);
}

static const char *column(const struct target *t, const char *hex, const char *name)
{
	return arena_printf(&t->o->arena, "attachments.%s.%s", hex, name);
}

/* "<hex> <size> <type> <name>" */
static int add_row(struct target *t, const char *row, struct err *err)
{
	struct arena *arena = &t->o->arena;
	char *hex = arena_dup(arena, row), *size = strchr(hex, ' '), *type, *name;
	if (!size || !(type = strchr(size + 1, ' ')) || !(name = strchr(type + 1, ' ')) || size != hex + ROW)
		return usage(err);
	*size++ = *type++ = *name++ = '\0';
	if (record_get(&t->r, column(t, hex, "name"))) {
		outcome_note(t->o, N_("%1 is attached to %2 already"), name, t->name);
		return 0;
	}
	int rc = record_set(&t->r, column(t, hex, "name"), name, err);
	if (rc == 0)
		rc = record_set(&t->r, column(t, hex, "size"), size, err);
	if (rc == 0)
		rc = record_set(&t->r, column(t, hex, "type"), type, err);
	if (rc == 0)
		outcome_note(
		    t->o, N_("%1 attached to %2 as %3"), name, t->name, arena_dup_len(arena, hex, 12));
	return rc;
}

int attach_op_add(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct target t = {.v = v, .o = o};
	size_t rows = 0;
	int rc = open_target(&t, a, err);
	for (size_t i = 0; rc == 0 && i < a->n_options; i++)
		if (strcmp(a->options[i].name, "row") == 0) {
			rows++;
			rc = add_row(&t, a->options[i].value, err);
		}
	if (rc == 0 && rows == 0) {
		rc = err_set(err, ERR_USAGE, N_("a file is needed"));
		err_hint(err, N_("as in: tuyen attach add report hp.2026 2026-06 scan.pdf"));
	}
	if (rc == 0)
		put(&t, "add to");
	return rc;
}

static int find_row(const struct target *t, const char *typed, const char **hex, struct err *err)
{
	size_t i = 0, len = strlen(typed), found = 0;
	const char *key;
	while (record_next_key(&t->r, "attachments", &i, &key)) {
		const char *name = record_get(&t->r, column(t, key, "name"));
		if ((len < 4 || strncmp(key, typed, len) != 0) && !str_is(name, typed))
			continue;
		*hex = key;
		found++;
	}
	if (found == 1)
		return 0;
	err_set(err, found ? ERR_AMBIGUOUS : ERR_NOT_FOUND,
	    found ? N_("several files attached to %2 are meant by '%1'")
		  : N_("no file '%1' is attached to %2"),
	    typed, t->name);
	err_hint(err, N_("'tuyen attach list' shows names and ids"));
	return err->code;
}

int attach_op_remove(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	static const char *const columns[] = {"name", "size", "type"};
	struct target t = {.v = v, .o = o};
	const char *hex = NULL;
	int rc = open_target(&t, a, err);
	if (rc == 0 && a->words.n <= t.words) {
		rc = err_set(err, ERR_USAGE, N_("which file? its name or id"));
		err_hint(err, N_("'tuyen attach list' shows names and ids"));
	}
	for (size_t i = t.words; rc == 0 && i < a->words.n; i++) {
		rc = find_row(&t, args_word(a, i), &hex, err);
		for (size_t k = 0; rc == 0 && k < 3; k++)
			record_put(&t.r, column(&t, hex, columns[k]), NULL);
		if (rc == 0)
			outcome_note(o, N_("%1 is not attached to %2 any more"), args_word(a, i), t.name);
	}
	if (rc == 0)
		put(&t, "remove from");
	return rc;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "plan/outline.h"
#include "plan/plan_file.h"
#include "plan/task.h"
#include "reader.h"
#include "say.h"
#include "show.h"

static void say_notes(const struct outcome *o)
{
	for (size_t i = 0; i < o->n_notes; i++) {
		const struct note *n = &o->notes[i];
		say_note(n->warning, n->msg, (const char *const *)n->arg, n->n_args);
	}
}

/* Without a daemon or a node: only what the file itself says. */
static int dry_run(struct cli *cli, struct err *err)
{
	struct arena arena = {0};
	struct outcome notes = {0};
	struct plan_file f;
	char indicators[24], tasks[24];
	int rc = ask_take_file(cli, err);
	const char *text = args_word(&cli->args, 0);
	if (rc == 0)
		rc = plan_file_read(
		    &f, &arena, args_get(&cli->args, "source"), text, strlen(text), &notes, err);
	say_notes(&notes);
	if (rc == 0) {
		snprintf(indicators, sizeof indicators, "%zu", f.n_indicators);
		snprintf(tasks, sizeof tasks, "%zu", f.n_tasks);
		say(N_("%1: %2 tasks and %3 indicators; nothing was loaded"), f.id, tasks, indicators);
		printf("%s\n", f.id);
	}
	outcome_free(&notes);
	arena_free(&arena);
	return rc;
}

int cli_plan_load(struct cli *cli, struct err *err)
{
	return args_has(&cli->args, "dry-run") ? dry_run(cli, err) : ask_node(cli, err);
}

static size_t count_paths(const struct view *v, const char *ledger, const char *prefix)
{
	struct strs paths = {0};
	struct err unread = {0};
	size_t n = v->list(v->ctx, ledger, prefix, &paths, &unread) == 0 ? paths.n : 0;
	strs_free(&paths);
	return n;
}

static int list_plan(struct reader *r, const char *ledger, const char *plan, struct show_table *table,
    json_t *list, struct err *err)
{
	const struct view *v = &r->view;
	const char *issuer = strchr(ledger, '/') + 1;
	const char *dir = arena_printf(&r->arena, "plans/%s/", plan);
	struct record record;
	int rc =
	    v->read(v->ctx, ledger, arena_printf(&r->arena, "%splan.yaml", dir), &r->arena, &record, err);
	if (rc != 0)
		return rc;
	size_t tasks = count_paths(v, ledger, arena_printf(&r->arena, "%stasks/", dir));
	size_t indicators = count_paths(v, ledger, arena_printf(&r->arena, "%sindicators/", dir));
	show_row(table, issuer, plan, record_get(&record, "title"), arena_printf(&r->arena, "%zu", tasks),
	    arena_printf(&r->arena, "%zu", indicators));
	json_t *o = json_object();
	json_object_set_new(o, "issuer", json_string(issuer));
	json_object_set_new(o, "id", json_string(plan));
	json_object_set_new(o, "title", show_string(record_get(&record, "title")));
	json_object_set_new(o, "number", show_string(record_get(&record, "number")));
	json_object_set_new(o, "start", show_string(record_get(&record, "start")));
	json_object_set_new(o, "end", show_string(record_get(&record, "end")));
	json_object_set_new(o, "tasks", json_integer((json_int_t)tasks));
	json_object_set_new(o, "indicators", json_integer((json_int_t)indicators));
	json_array_append_new(list, o);
	return 0;
}

static int list_ledger(
    struct reader *r, const char *ledger, struct show_table *table, json_t *list, struct err *err)
{
	const struct record_type *type = type_by_name("plan");
	struct strs paths = {0};
	char plan[65];
	int rc = strncmp(ledger, "directives/", 11) == 0
		     ? r->view.list(r->view.ctx, ledger, "plans/", &paths, err)
		     : 0;
	for (size_t i = 0; rc == 0 && i < paths.n; i++)
		if (type_by_path(ledger, paths.items[i]) == type &&
		    type_path_part(type, paths.items[i], 0, plan))
			rc = list_plan(r, ledger, plan, table, list, err);
	strs_free(&paths);
	return rc;
}

int cli_plan_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct strs ledgers = {0};
	json_t *list = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("ISSUER"));
	show_column(table, SHOW_LEFT, N_("PLAN"));
	show_column(table, SHOW_WRAP, N_("TITLE"));
	show_column(table, SHOW_RIGHT, N_("TASKS"));
	show_column(table, SHOW_RIGHT, N_("INDICATORS"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = r.view.ledgers(r.view.ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		rc = list_ledger(&r, ledgers.items[i], table, list, err);
	show_listing(rc == 0, cli->json, "plans", list, table);
	strs_free(&ledgers);
	reader_close(&r);
	return rc;
}

static json_t *indicators_json(const struct outline *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->n_indicators; i++) {
		json_t *o = json_object(), *fields = show_record(&p->indicators[i].record);
		json_object_set_new(o, "id", json_string(p->indicators[i].id));
		json_object_update(o, fields);
		json_decref(fields);
		json_array_append_new(list, o);
	}
	return list;
}

static struct show_table *indicator_table(const struct outline *p)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("INDICATOR"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_LEFT, N_("KIND"));
	show_column(table, SHOW_LEFT, N_("UNIT OF MEASURE"));
	show_column(table, SHOW_LEFT, N_("SCOPE"));
	show_column(table, SHOW_LEFT, N_("TARGET"));
	for (size_t i = 0; i < p->n_indicators; i++) {
		const struct indicator *k = &p->indicators[i];
		const char *op = record_get(&k->record, "op"), *target = record_get(&k->record, "target");
		struct buf goal = {0};
		if (target)
			buf_printf(&goal, "%s%s%s", op ? op : "", op ? " " : "", target);
		show_row(table, k->id, k->name, say_choice(indicator_kind_name(k->kind)), k->unit,
		    say_choice(k->scope), buf_str(&goal));
		buf_free(&goal);
	}
	return table;
}

int cli_indicator_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct outline p;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = outline_load(&r.view, args_word(&cli->args, 0), &r.arena, &p, err);
	if (rc == 0 && cli->json) {
		json_t *all = json_object();
		json_object_set_new(all, "issuer", json_string(p.issuer));
		json_object_set_new(all, "plan", json_string(p.plan));
		json_object_set_new(all, "indicators", indicators_json(&p));
		show_json(all);
	} else if (rc == 0) {
		show_end(indicator_table(&p));
	}
	reader_close(&r);
	return rc;
}

static json_t *progress_json(const struct task_progress *p)
{
	json_t *o = json_object();
	json_object_set_new(o, "unit", show_string(p->unit));
	json_object_set_new(o, "code", show_string(p->code));
	json_object_set_new(o, "name", show_string(p->name));
	json_object_set_new(o, "state", show_string(p->state));
	json_object_set_new(o, "percent", show_string(p->percent));
	json_object_set_new(o, "done_on", show_string(p->done_on));
	json_object_set_new(o, "result", show_string(p->result));
	json_object_set_new(o, "note", show_string(p->note));
	json_object_set_new(o, "remark", show_string(p->remark));
	return o;
}

static json_t *tasks_json(const struct task_items *tasks)
{
	json_t *list = json_array();
	for (size_t i = 0; i < tasks->n; i++) {
		const struct task_item *t = &tasks->items[i];
		json_t *o = json_object(), *fields = show_record(&t->record), *progress = json_array();
		for (size_t k = 0; k < t->n_progress; k++)
			json_array_append_new(progress, progress_json(&t->progress[k]));
		json_object_set_new(o, "id", json_string(t->id));
		json_object_update(o, fields);
		json_object_set_new(o, "overdue", json_boolean(t->overdue));
		json_object_set_new(o, "done", json_integer((json_int_t)t->n_done));
		json_object_set_new(o, "progress", progress);
		json_decref(fields);
		json_array_append_new(list, o);
	}
	return list;
}

/* One unit's own words where there is only one, else how many of those who said something are done. */
static const char *progress_text(struct arena *arena, const struct task_item *t)
{
	if (t->n_progress == 0)
		return NULL;
	if (t->n_progress > 1)
		return arena_printf(arena, "%zu/%zu", t->n_done, t->n_progress);
	const char *state = say_choice(t->progress->state);
	return t->progress->percent ? arena_printf(arena, "%s %s%%", state, t->progress->percent) : state;
}

static struct show_table *task_table(struct arena *arena, const struct task_items *tasks)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("TASK"));
	show_column(table, SHOW_WRAP, N_("TITLE"));
	show_column(table, SHOW_LEFT, N_("LEAD"));
	show_column(table, SHOW_LEFT, N_("DUE"));
	show_column(table, SHOW_LEFT, N_("PROGRESS"));
	for (size_t i = 0; i < tasks->n; i++) {
		const struct task_item *t = &tasks->items[i];
		const char *late =
		    t->overdue ? arena_printf(arena, "%s %s", t->due, _(N_("overdue"))) : t->due;
		show_row(table, t->id, t->title,
		    show_joined(arena, (const char *const *)t->leads, t->n_leads), late,
		    progress_text(arena, t));
	}
	return table;
}

int cli_task_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct task_items tasks;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = task_list(
		    &r.view, args_word(&cli->args, 0), args_get(&cli->args, "unit"), &r.arena, &tasks, err);
	if (rc == 0 && cli->json) {
		json_t *all = json_object();
		json_object_set_new(all, "issuer", json_string(tasks.issuer));
		json_object_set_new(all, "plan", json_string(tasks.plan));
		json_object_set_new(all, "tasks", tasks_json(&tasks));
		show_json(all);
	} else if (rc == 0) {
		show_end(task_table(&r.arena, &tasks));
	}
	reader_close(&r);
	return rc;
}

static int show_plan(struct cli *cli, struct reader *r, const struct outline *p, struct err *err)
{
	struct record plan;
	struct task_items tasks;
	const char *path = arena_printf(&r->arena, "plans/%s/plan.yaml", p->plan);
	int rc = r->view.read(r->view.ctx, p->ledger, path, &r->arena, &plan, err);
	if (rc == 0)
		rc = task_list(&r->view, arena_printf(&r->arena, "%s/%s", p->issuer, p->plan), NULL,
		    &r->arena, &tasks, err);
	if (rc != 0)
		return rc;
	if (cli->json) {
		json_t *all = json_object(), *fields = show_record(&plan);
		json_object_set_new(all, "issuer", json_string(p->issuer));
		json_object_set_new(all, "id", json_string(p->plan));
		json_object_set_new(all, "plan", fields);
		json_object_set_new(all, "indicators", indicators_json(p));
		json_object_set_new(all, "tasks", tasks_json(&tasks));
		show_json(all);
		return 0;
	}
	const char *start = record_get(&plan, "start"), *end = record_get(&plan, "end");
	show_line(N_("Plan"), p->plan);
	show_line(N_("Title"), p->title);
	show_line(N_("Number"), record_get(&plan, "number"));
	show_line(N_("Issued"), record_get(&plan, "issue_date"));
	show_line(N_("Issuer"), reader_unit_name(r, p->issuer));
	show_line(N_("From"), start);
	show_line(N_("Until"), end);
	show_line(N_("Calendar"), p->calendar);
	show_line(N_("Standing agency"), record_get(&plan, "standing_agency"));
	printf("\n");
	show_end(indicator_table(p));
	printf("\n");
	show_end(task_table(&r->arena, &tasks));
	return 0;
}

int cli_plan_show(struct cli *cli, struct err *err)
{
	struct reader r;
	struct outline p;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = outline_load(&r.view, args_word(&cli->args, 0), &r.arena, &p, err);
	if (rc == 0)
		rc = show_plan(cli, &r, &p, err);
	reader_close(&r);
	return rc;
}

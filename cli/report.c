#include <stdio.h>

#include "ask.h"
#include "cli.h"
#include "plan/report.h"
#include "reader.h"
#include "receipt.h"
#include "say.h"
#include "show.h"

static json_t *row_json(const struct report_row *row)
{
	json_t *o = json_object();
	json_object_set_new(o, "indicator", show_string(row->indicator));
	json_object_set_new(o, "name", show_string(row->name));
	json_object_set_new(o, "measure", show_string(row->measure));
	json_object_set_new(o, "kind", show_string(row->kind));
	json_object_set_new(o, "value", show_string(row->value));
	json_object_set_new(o, "previous", show_string(row->previous));
	json_object_set_new(o, "missing", json_boolean(row->missing));
	json_object_set_new(o, "conflict", json_boolean(row->conflict));
	json_object_set_new(o, "disputed", json_boolean(row->disputed));
	return o;
}

static json_t *receipt_json(const struct report_receipt *p)
{
	json_t *o = json_object();
	json_object_set_new(o, "version", show_integer(p->version));
	json_object_set_new(o, "received", show_string(p->received));
	json_object_set_new(o, "by", show_string(p->by));
	json_object_set_new(o, "change", show_string(p->change));
	json_object_set_new(o, "due", show_string(p->due));
	json_object_set_new(o, "directive", show_string(p->directive));
	json_object_set_new(o, "directive_version", show_integer(p->directive_version));
	json_object_set_new(o, "late", show_yes_no(p->late));
	return o;
}

static json_t *correction_json(const struct report_correction *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", show_string(c->id));
	json_object_set_new(o, "by", show_string(c->by));
	json_object_set_new(o, "fields", show_string(c->fields));
	json_object_set_new(o, "reason", show_string(c->reason));
	return o;
}

static void put_period(struct reader *r, json_t *o, const struct period *p)
{
	json_object_set_new(o, "period", show_string(p->id));
	json_object_set_new(o, "first", show_string(reader_day(r, p->first)));
	json_object_set_new(o, "last", show_string(reader_day(r, p->last)));
}

static void form_json(struct reader *r, const struct report_form *f)
{
	json_t *o = json_object(), *values = json_object(), *missing = json_array();
	json_t *rows = json_array(), *receipts = json_array(), *corrections = json_array();
	for (size_t i = 0; i < f->n_rows; i++) {
		const struct report_row *row = &f->rows[i];
		json_array_append_new(rows, row_json(row));
		if (row->value)
			json_object_set_new(values, row->indicator, json_string(row->value));
		if (row->missing)
			json_array_append_new(missing, json_string(row->indicator));
	}
	for (size_t i = 0; i < f->n_receipts; i++)
		json_array_append_new(receipts, receipt_json(&f->receipts[i]));
	for (size_t i = 0; i < f->n_corrections; i++)
		json_array_append_new(corrections, correction_json(&f->corrections[i]));
	json_object_set_new(o, "unit", show_string(f->unit));
	json_object_set_new(o, "code", show_string(f->code));
	json_object_set_new(o, "name", show_string(f->unit_name));
	json_object_set_new(o, "issuer", show_string(f->issuer));
	json_object_set_new(o, "plan", show_string(f->plan));
	json_object_set_new(o, "title", show_string(f->title));
	put_period(r, o, &f->period);
	json_object_set_new(o, "previous_period", show_string(f->previous));
	json_object_set_new(o, "state", show_string(f->state));
	json_object_set_new(o, "version", show_integer(f->version));
	json_object_set_new(o, "reported", json_boolean(f->reported));
	json_object_set_new(o, "nil", json_boolean(f->nil));
	json_object_set_new(o, "partial", json_boolean(f->partial));
	json_object_set_new(o, "due", show_string(f->due));
	json_object_set_new(o, "late", json_boolean(f->late));
	json_object_set_new(o, "note", show_string(f->note));
	json_object_set_new(o, "returned", show_string(f->returned));
	json_object_set_new(o, "values", values);
	json_object_set_new(o, "missing", missing);
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "receipts", receipts);
	json_object_set_new(o, "corrections", corrections);
	show_json(o);
}

static const char *remark(const struct report_row *row)
{
	return row->disputed   ? _(N_("disputed"))
	       : row->conflict ? _(N_("overruled"))
	       : row->missing  ? _(N_("missing"))
			       : NULL;
}

static void print_rows(struct reader *r, const struct report_form *f)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("INDICATOR"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_LEFT, N_("UNIT OF MEASURE"));
	show_column(table, SHOW_RIGHT, f->previous ? f->previous : N_("BEFORE"));
	show_column(table, SHOW_RIGHT, f->period.id);
	show_column(table, SHOW_LEFT, N_("REMARK"));
	for (size_t i = 0; i < f->n_rows; i++) {
		const struct report_row *row = &f->rows[i];
		show_row(table, row->indicator, row->name, row->measure, row->previous,
		    row->value ? row->value : "____", remark(row));
	}
	show_end(table);
	if (f->n_missing)
		say_out(N_("%1 of %2 figures are missing"), arena_printf(&r->arena, "%zu", f->n_missing),
		    arena_printf(&r->arena, "%zu", f->n_rows));
}

static const char *state_text(struct reader *r, const struct report_form *f)
{
	if (!f->state)
		return _(N_("not begun"));
	return arena_printf(&r->arena, "%s%s%s%s%s", say_choice(f->state), f->nil ? ", " : "",
	    f->nil ? _(N_("nothing occurred")) : "", f->partial ? ", " : "",
	    f->partial ? _(N_("with gaps")) : "");
}

static void print_receipts(struct reader *r, const struct report_form *f)
{
	struct buf line = {0};
	bool waits = f->reported;
	for (size_t i = 0; i < f->n_receipts; i++) {
		const struct report_receipt *p = &f->receipts[i];
		buf_cut(&line, 0);
		say_into(&line,
		    !p->late ? N_("version %1 reached %2 at %3")
		    : *p->late == 'y'
			? N_("version %1 reached %2 at %3: late, it was due on %4 (%5 version %6)")
			: N_("version %1 reached %2 at %3: on time, it was due on %4 (%5 version %6)"),
		    p->version, reader_unit_name(r, p->by), receipt_hour(r, p->received),
		    p->due ? receipt_day(r, p->due) : "", p->directive ? p->directive : "-",
		    p->directive_version ? p->directive_version : "-");
		show_line(N_("Receipt"), buf_str(&line));
		waits = waits && !str_is(p->version, f->version);
	}
	if (waits) {
		buf_cut(&line, 0);
		say_into(&line,
		    N_("none yet for version %1: is the line up? See 'tuyen status', then 'tuyen sync "
		       "--wait'"),
		    f->version);
		show_line(N_("Receipt"), buf_str(&line));
	}
	buf_free(&line);
}

static void print_form(struct reader *r, const struct report_form *f)
{
	show_line(N_("Report"), arena_printf(&r->arena, "%s, %s", f->plan, f->title));
	show_line(N_("Unit"), reader_unit_name(r, f->unit));
	show_line(N_("Period"), arena_printf(&r->arena, "%s (%s - %s)", f->period.id,
				    reader_day(r, f->period.first), reader_day(r, f->period.last)));
	show_line(N_("State"), state_text(r, f));
	show_line(N_("Version"), f->version);
	show_line(
	    N_("Due"), f->due && f->late ? arena_printf(&r->arena, "%s, %s", f->due, _(N_("late"))) : f->due);
	show_line(N_("Returned because"), f->returned);
	print_receipts(r, f);
	printf("\n");
	print_rows(r, f);
	if (f->note)
		printf("\n%s\n", f->note);
	for (size_t i = 0; i < f->n_corrections; i++) {
		const struct report_correction *c = &f->corrections[i];
		if (i == 0)
			printf("\n");
		say_out(N_("%1 corrected %2: %3"), c->by ? c->by : c->id, c->fields ? c->fields : "",
		    c->reason ? c->reason : "");
	}
}

int cli_report_show(struct cli *cli, struct err *err)
{
	struct reader r;
	struct report_form form;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = report_form(&r.view, args_get(&cli->args, "unit"), args_word(&cli->args, 0),
		    args_word(&cli->args, 1), &r.arena, &form, err);
	if (rc == 0 && cli->json)
		form_json(&r, &form);
	else if (rc == 0)
		print_form(&r, &form);
	reader_close(&r);
	return rc;
}

static json_t *item_json(const struct report_item *i)
{
	json_t *o = json_object();
	json_object_set_new(o, "unit", show_string(i->unit));
	json_object_set_new(o, "code", show_string(i->code));
	json_object_set_new(o, "name", show_string(i->unit_name));
	json_object_set_new(o, "issuer", show_string(i->issuer));
	json_object_set_new(o, "plan", show_string(i->plan));
	json_object_set_new(o, "period", show_string(i->period));
	json_object_set_new(o, "state", show_string(i->state));
	json_object_set_new(o, "version", show_integer(i->version));
	json_object_set_new(o, "reported", json_boolean(i->reported));
	json_object_set_new(o, "nil", json_boolean(i->nil));
	json_object_set_new(o, "partial", json_boolean(i->partial));
	json_object_set_new(o, "received", show_string(i->received));
	json_object_set_new(o, "due", show_string(i->due));
	json_object_set_new(o, "late", json_boolean(i->late));
	return o;
}

int cli_report_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct report_items items = {0};
	struct report_filter filter = {args_get(&cli->args, "unit"), args_word(&cli->args, 0),
	    args_get(&cli->args, "period"), args_get(&cli->args, "state")};
	json_t *list = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("CODE"));
	show_column(table, SHOW_WRAP, N_("UNIT"));
	show_column(table, SHOW_LEFT, N_("PLAN"));
	show_column(table, SHOW_LEFT, N_("PERIOD"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_RIGHT, N_("VERSION"));
	show_column(table, SHOW_LEFT, N_("RECEIVED"));
	show_column(table, SHOW_LEFT, N_("LATE"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = report_list(&r.view, &filter, &r.arena, &items, err);
	for (size_t i = 0; rc == 0 && i < items.n; i++) {
		const struct report_item *p = &items.items[i];
		show_row(table, p->code, p->unit_name, p->plan, p->period, say_choice(p->state), p->version,
		    p->received, p->late ? _(N_("late")) : NULL);
		json_array_append_new(list, item_json(p));
	}
	show_listing(rc == 0, cli->json, "reports", list, table);
	reader_close(&r);
	return rc;
}

/* A form that names its plan and period itself stands alone. */
int cli_report_import(struct cli *cli, struct err *err)
{
	if (cli->args.words.n != 2)
		return ask_node(cli, err);
	err_set(err, ERR_USAGE, "'%1' takes a form that names its plan and period, or PLAN PERIOD FILE",
	    cli->command->name);
	return ERR_USAGE;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "plan/total.h"
#include "reader.h"
#include "say.h"
#include "show.h"
#include "total_relay.h"

static json_t *row_json(const struct total_row *row)
{
	json_t *o = json_object();
	json_object_set_new(o, "indicator", show_string(row->indicator));
	json_object_set_new(o, "value", show_string(row->value));
	json_object_set_new(o, "numerator", show_string(row->numerator));
	json_object_set_new(o, "denominator", show_string(row->denominator));
	json_object_set_new(o, "reported", json_integer((json_int_t)row->reported));
	json_object_set_new(o, "disputed", json_integer((json_int_t)row->disputed));
	return o;
}

static json_t *unit_json(const struct total *t, const struct total_unit *u)
{
	json_t *o = json_object(), *values = json_object(), *disputed = json_array();
	for (size_t i = 0; i < t->n_rows; i++) {
		json_object_set_new(values, t->rows[i].indicator, show_string(u->values[i]));
		if (u->disputed[i])
			json_array_append_new(disputed, json_string(t->rows[i].indicator));
	}
	json_object_set_new(o, "unit", show_string(u->id));
	json_object_set_new(o, "code", show_string(u->code));
	json_object_set_new(o, "name", show_string(u->name));
	json_object_set_new(o, "state", show_string(u->state));
	json_object_set_new(o, "reported", json_boolean(u->reported));
	json_object_set_new(o, "late", json_boolean(u->late));
	json_object_set_new(o, "nil", json_boolean(u->nil));
	json_object_set_new(o, "partial", json_boolean(u->partial));
	json_object_set_new(o, "received", show_string(u->received));
	json_object_set_new(o, "due", show_string(u->due));
	json_object_set_new(o, "values", values);
	json_object_set_new(o, "disputed", disputed);
	json_t *past = json_object();
	for (size_t i = 0; i < u->n_past; i++)
		json_object_set_new(past, u->past[i].unit, json_string(u->past[i].whole ? "whole" : "part"));
	json_object_set_new(o, "predecessors", past);
	return o;
}

/* Units that came of parts of others: what they say cannot be set beside what those said. */
static json_t *split_json(const struct total *t)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->n_units; i++)
		if (t->units[i].split)
			json_array_append_new(list, json_string(t->units[i].code));
	return list;
}

/* What `total` and `missing` both begin with. */
static json_t *head_json(const struct total *t)
{
	json_t *o = json_object();
	json_object_set_new(o, "plan", show_string(t->plan));
	json_object_set_new(o, "period", show_string(t->period.id));
	json_object_set_new(o, "expected", json_integer((json_int_t)t->expected));
	json_object_set_new(o, "reported", json_integer((json_int_t)t->reported));
	json_object_set_new(o, "late", show_strings(&t->late));
	json_object_set_new(o, "missing", show_strings(&t->missing));
	json_object_set_new(o, "relays", total_relays_json(t));
	return o;
}

static void print_json(const struct total *t, bool by_unit)
{
	json_t *o = head_json(t), *rows = json_array(), *units = json_array();
	for (size_t i = 0; i < t->n_rows; i++)
		json_array_append_new(rows, row_json(&t->rows[i]));
	for (size_t i = 0; by_unit && i < t->n_units; i++)
		json_array_append_new(units, unit_json(t, &t->units[i]));
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "split", split_json(t));
	if (by_unit)
		json_object_set(o, "units", units);
	json_decref(units);
	show_json(o);
}

/* One cell of RFC 4180, after the first with a comma. */
static void csv(bool first, const char *text)
{
	if (!first)
		putchar(',');
	if (!text)
		return;
	bool quote = strpbrk(text, ",\"\r\n") != NULL;
	if (quote)
		putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	if (quote)
		putchar('"');
}

static void csv_end(void)
{
	fputs("\r\n", stdout);
}

static void csv_words(const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		csv(i == 0, words[i]);
	csv_end();
}

static void csv_number(size_t n)
{
	printf(",%zu", n);
}

static void print_csv(const struct total *t)
{
	static const char *const head[] = {"indicator", "name", "measure", "value", "numerator",
	    "denominator", "expected", "reported", "disputed"};
	csv_words(head, sizeof head / sizeof *head);
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct total_row *row = &t->rows[i];
		csv(true, row->indicator);
		csv(false, row->name);
		csv(false, row->measure);
		csv(false, row->value);
		csv(false, row->numerator);
		csv(false, row->denominator);
		csv_number(row->expected);
		csv_number(row->reported);
		csv_number(row->disputed);
		csv_end();
	}
}

static void print_csv_units(const struct total *t)
{
	static const char *const head[] = {"code", "name", "state", "received", "late"};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		csv(i == 0, head[i]);
	for (size_t i = 0; i < t->n_rows; i++)
		csv(false, t->rows[i].indicator);
	csv_end();
	for (size_t k = 0; k < t->n_units; k++) {
		const struct total_unit *u = &t->units[k];
		csv(true, u->code);
		csv(false, u->name);
		csv(false, u->state);
		csv(false, u->received);
		csv(false, u->late ? "yes" : "no");
		for (size_t i = 0; i < t->n_rows; i++)
			csv(false, u->values[i]);
		csv_end();
	}
	for (size_t k = 0; k < t->n_relays; k++) {
		const struct total_relay *one = &t->relays[k];
		const char *const cells[] = {
		    one->code, one->name, one->sent ? "totals" : NULL, one->taken, NULL};
		for (size_t i = 0; i < 5; i++)
			csv(i == 0, cells[i]);
		for (size_t i = 0; i < t->n_rows; i++)
			csv(false, one->values[i]);
		csv_end();
	}
}

static const char *count(struct reader *r, size_t n)
{
	return arena_printf(&r->arena, "%zu", n);
}

static const char *joined(struct reader *r, const struct strs *list)
{
	return show_joined(&r->arena, (const char *const *)list->items, list->n);
}

static void print_head(struct reader *r, const struct total *t)
{
	show_line(N_("Plan"), arena_printf(&r->arena, "%s, %s", t->plan, t->title));
	show_line(N_("Period"), arena_printf(&r->arena, "%s (%s - %s)", t->period.id,
				    reader_day(r, t->period.first), reader_day(r, t->period.last)));
	if (t->below)
		show_line(N_("Only"), reader_unit_name(r, t->below));
	say_out(N_("reported %1 of %2"), count(r, t->reported), count(r, t->expected));
	show_line(N_("Late"), joined(r, &t->late));
	show_line(N_("Missing"), joined(r, &t->missing));
	total_relays_print(r, t);
}

static void print_units(struct reader *r, const struct total *t)
{
	struct show_table *table = show_table();
	const char **cells = mem_alloc((t->n_rows + 3) * sizeof *cells);
	show_column(table, SHOW_LEFT, N_("CODE"));
	show_column(table, SHOW_WRAP, N_("UNIT"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	for (size_t i = 0; i < t->n_rows; i++)
		show_column(table, SHOW_RIGHT, t->rows[i].indicator);
	for (size_t k = 0; k < t->n_units; k++) {
		const struct total_unit *u = &t->units[k];
		struct buf state = {0};
		buf_printf(&state, "%s%s%s", u->state ? say_choice(u->state) : "-", u->late ? ", " : "",
		    u->late ? _(N_("late")) : "");
		cells[0] = u->code;
		cells[1] = u->name;
		cells[2] = buf_str(&state);
		for (size_t i = 0; i < t->n_rows; i++)
			cells[3 + i] = u->disputed[i] ? "?" : u->values[i];
		show_cells(table, cells, t->n_rows + 3);
		buf_free(&state);
	}
	for (size_t k = 0; k < t->n_relays; k++) {
		cells[0] = t->relays[k].code;
		cells[1] = t->relays[k].name;
		cells[2] = total_relay_state(r, &t->relays[k]);
		for (size_t i = 0; i < t->n_rows; i++)
			cells[3 + i] = t->relays[k].values[i];
		show_cells(table, cells, t->n_rows + 3);
	}
	show_end(table);
	printf("\n");
	free(cells);
}

static void print_table(struct reader *r, const struct total *t, bool by_unit)
{
	struct show_table *table = show_table();
	print_head(r, t);
	printf("\n");
	if (by_unit)
		print_units(r, t);
	show_column(table, SHOW_LEFT, N_("INDICATOR"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_RIGHT, N_("TOTAL"));
	show_column(table, SHOW_LEFT, N_("UNIT OF MEASURE"));
	show_column(table, SHOW_RIGHT, N_("SUMS"));
	show_column(table, SHOW_RIGHT, N_("REPORTED"));
	show_column(table, SHOW_RIGHT, N_("DISPUTED"));
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct total_row *row = &t->rows[i];
		bool ratio = row->numerator && row->denominator;
		show_row(table, row->indicator, row->name, row->value ? row->value : "-",
		    ratio && row->value ? "%" : row->measure,
		    ratio ? arena_printf(&r->arena, "%s/%s", row->numerator, row->denominator) : NULL,
		    arena_printf(&r->arena, "%zu/%zu", row->reported, row->expected),
		    row->disputed ? count(r, row->disputed) : NULL);
	}
	show_end(table);
}

static int check_format(const struct cli *cli, const char **format, struct err *err)
{
	const char *by = args_get(&cli->args, "by");
	*format = cli->json ? "json" : args_get(&cli->args, "format");
	if (!*format)
		*format = "table";
	if (by && strcmp(by, "unit") != 0)
		return err_set(err, ERR_USAGE, "--by takes the word unit, not '%1'", by);
	if (strcmp(*format, "table") != 0 && strcmp(*format, "csv") != 0 && strcmp(*format, "json") != 0)
		return err_set(err, ERR_USAGE, "--format takes table, csv or json, not '%1'", *format);
	return 0;
}

int cli_total(struct cli *cli, struct err *err)
{
	struct reader r = {0};
	struct total t = {0};
	const char *period, *format;
	struct total_options options = {
	    .unit = args_get(&cli->args, "unit"), .indicator = args_get(&cli->args, "indicator")};
	bool by_unit = args_has(&cli->args, "by");
	int rc = check_format(cli, &format, err);
	if (rc == 0)
		rc = reader_period(cli, &period, err);
	if (rc == 0)
		rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = total_compute(&r.view, args_word(&cli->args, 0), period, &options, &r.arena, &t, err);
	if (rc == 0 && *format == 'j')
		print_json(&t, by_unit);
	else if (rc == 0 && *format == 'c')
		by_unit ? print_csv_units(&t) : print_csv(&t);
	else if (rc == 0)
		print_table(&r, &t, by_unit);
	total_free(&t);
	reader_close(&r);
	return rc;
}

static json_t *missing_json(const struct total_unit *u)
{
	json_t *o = json_object();
	json_object_set_new(o, "unit", show_string(u->id));
	json_object_set_new(o, "code", show_string(u->code));
	json_object_set_new(o, "name", show_string(u->name));
	json_object_set_new(o, "state", show_string(u->state));
	json_object_set_new(o, "due", show_string(u->due));
	json_object_set_new(o, "late", json_boolean(u->late));
	json_object_set_new(o, "overdue", json_boolean(u->overdue));
	return o;
}

static void print_missing(struct reader *r, const struct total *t, bool json)
{
	json_t *units = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("CODE"));
	show_column(table, SHOW_WRAP, N_("UNIT"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("DUE"));
	show_column(table, SHOW_LEFT, N_("LATE"));
	for (size_t i = 0; i < t->n_units; i++) {
		const struct total_unit *u = &t->units[i];
		if (u->reported)
			continue;
		json_array_append_new(units, missing_json(u));
		show_row(table, u->code, u->name, u->state ? say_choice(u->state) : _(N_("not begun")),
		    u->due, u->overdue ? _(N_("late")) : NULL);
	}
	for (size_t i = 0; i < t->n_relays; i++) {
		const struct total_relay *one = &t->relays[i];
		if (one->reported < one->expected)
			show_row(table, one->code, one->name, total_relay_state(r, one), one->due,
			    one->overdue ? _(N_("late")) : NULL);
	}
	if (json) {
		json_t *o = head_json(t);
		json_object_set(o, "units", units);
		show_json(o);
		show_drop(table);
	} else {
		say_out(N_("reported %1 of %2"), count(r, t->reported), count(r, t->expected));
		show_end(table);
	}
	json_decref(units);
}

int cli_missing(struct cli *cli, struct err *err)
{
	struct reader r = {0};
	struct total t = {0};
	const char *period;
	int rc = reader_period(cli, &period, err);
	if (rc == 0)
		rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = total_compute(&r.view, args_word(&cli->args, 0), period, NULL, &r.arena, &t, err);
	if (rc == 0)
		print_missing(&r, &t, cli->json);
	total_free(&t);
	reader_close(&r);
	return rc;
}

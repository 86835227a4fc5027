#include <stdio.h>

#include "cli.h"
#include "plan/directive.h"
#include "reader.h"
#include "say.h"
#include "show.h"

static json_t *ack_json(const struct directive_ack *a)
{
	json_t *o = json_object();
	json_object_set_new(o, "unit", show_string(a->unit));
	json_object_set_new(o, "code", show_string(a->code));
	json_object_set_new(o, "name", show_string(a->name));
	json_object_set_new(o, "version", show_integer(a->version));
	json_object_set_new(o, "at", show_string(a->at));
	json_object_set_new(o, "note", show_string(a->note));
	json_object_set_new(o, "current", json_boolean(a->current));
	return o;
}

static json_t *directive_json(const struct directive *d)
{
	json_t *o = json_object(), *acks = json_array();
	for (size_t i = 0; i < d->n_acks; i++)
		json_array_append_new(acks, ack_json(&d->acks[i]));
	json_object_set_new(o, "id", show_string(d->id));
	json_object_set_new(o, "issuer", show_string(d->issuer));
	json_object_set_new(o, "title", show_string(d->title));
	json_object_set_new(o, "state", show_string(d->state));
	json_object_set_new(o, "version", show_integer(d->version));
	json_object_set_new(o, "number", show_string(d->number));
	json_object_set_new(o, "issued", show_string(d->issued));
	json_object_set_new(o, "due", show_string(d->due));
	json_object_set_new(o, "plan", show_string(d->plan));
	json_object_set_new(o, "plan_issuer", show_string(d->plan_issuer));
	json_object_set_new(o, "period", show_string(d->period));
	json_object_set_new(o, "to", show_texts((const char *const *)d->to, d->n_to));
	json_object_set_new(o, "tasks", show_texts((const char *const *)d->tasks, d->n_tasks));
	json_object_set_new(o, "text", show_string(d->text));
	json_object_set_new(o, "revoked", show_string(d->revoked));
	json_object_set_new(o, "mine", json_boolean(d->mine));
	json_object_set_new(o, "to_acknowledge", json_boolean(d->unread));
	json_object_set_new(o, "acks", acks);
	json_object_set_new(o, "unseen", json_integer((json_int_t)d->unseen));
	return o;
}

static size_t count_acks(const struct directive *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n_acks; i++)
		n += d->acks[i].current;
	return n;
}

int cli_directive_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct directives all = {0};
	json_t *list = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("DIRECTIVE"));
	show_column(table, SHOW_LEFT, N_("ISSUER"));
	show_column(table, SHOW_WRAP, N_("TITLE"));
	show_column(table, SHOW_LEFT, N_("DUE"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("HERE"));
	show_column(table, SHOW_RIGHT, N_("ACKNOWLEDGED"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = directive_list(&r.view, &r.arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct directive *d = &all.items[i];
		const char *here = d->unread ? _(N_("to acknowledge"))
				   : d->mine ? _(N_("acknowledged"))
					     : NULL;
		show_row(table, d->id, d->issuer, d->title, d->due, say_choice(d->state), here,
		    d->n_acks ? arena_printf(&r.arena, "%zu/%zu", count_acks(d), d->n_acks) : NULL);
		json_array_append_new(list, directive_json(d));
	}
	show_listing(rc == 0, cli->json, "directives", list, table);
	reader_close(&r);
	return rc;
}

static void print_acks(const struct directive *d)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("CODE"));
	show_column(table, SHOW_WRAP, N_("UNIT"));
	show_column(table, SHOW_RIGHT, N_("VERSION"));
	show_column(table, SHOW_LEFT, N_("ACKNOWLEDGED"));
	show_column(table, SHOW_WRAP, N_("NOTE"));
	for (size_t i = 0; i < d->n_acks; i++) {
		const struct directive_ack *a = &d->acks[i];
		const char *at = a->current   ? a->at
				 : a->version ? _(N_("an older version"))
					      : _(N_("not yet"));
		show_row(table, a->code, a->name, a->version, at, a->note);
	}
	show_end(table);
}

static void print_directive(struct reader *r, const struct directive *d)
{
	show_line(N_("Directive"), d->id);
	show_line(N_("Title"), d->title);
	show_line(N_("Number"), d->number);
	show_line(N_("Issuer"), reader_unit_name(r, d->issuer));
	show_line(N_("State"), say_choice(d->state));
	show_line(N_("Version"), d->version);
	show_line(N_("Issued"), d->issued);
	show_line(N_("Plan"), d->plan);
	show_line(N_("Period"), d->period);
	show_line(N_("Due"), d->due);
	show_line(N_("To"), show_joined(&r->arena, (const char *const *)d->to, d->n_to));
	show_line(N_("Tasks"), show_joined(&r->arena, (const char *const *)d->tasks, d->n_tasks));
	show_line(N_("Revoked"), d->revoked);
	if (d->unread)
		show_line(N_("Here"), _(N_("to acknowledge")));
	if (d->text)
		printf("\n%s\n", d->text);
	if (d->n_acks)
		printf("\n");
	if (d->unseen)
		say_out(N_("of %1 units more nothing is known: those above them relay only totals"),
		    arena_printf(&r->arena, "%zu", d->unseen));
	print_acks(d);
}

int cli_directive_show(struct cli *cli, struct err *err)
{
	struct reader r;
	struct directives all = {0};
	const struct directive *d;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = directive_list(&r.view, &r.arena, &all, err);
	if (rc == 0)
		rc = directive_find(&all, args_word(&cli->args, 0), false, &d, err);
	if (rc == 0 && cli->json)
		show_json(directive_json(d));
	else if (rc == 0)
		print_directive(&r, d);
	reader_close(&r);
	return rc;
}

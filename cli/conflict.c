#include <stdio.h>

#include "cli.h"
#include "plan/conflicts.h"
#include "reader.h"
#include "say.h"
#include "show.h"

#define ID_SHOWN 10 /* digits of an id in tables; any prefix that names one conflict will do */

static json_t *side_json(const struct conflict_side *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "value", show_string(s->present ? s->value : NULL));
	json_object_set_new(o, "unit", show_string(s->unit));
	json_object_set_new(o, "rank", json_integer(s->rank));
	return o;
}

static json_t *conflict_json(const struct conflict_item *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", show_string(c->id));
	json_object_set_new(o, "ledger", show_string(c->ledger));
	json_object_set_new(o, "record", show_string(c->record));
	json_object_set_new(o, "field", show_string(c->field));
	json_object_set_new(o, "base", show_string(c->base));
	json_object_set_new(o, "kept", side_json(&c->kept));
	json_object_set_new(o, "other", side_json(&c->other));
	json_object_set_new(o, "why", show_string(c->why));
	json_object_set_new(o, "state", show_string(c->state));
	return o;
}

static json_t *words_json(const struct conflict_word *words, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();
		json_object_set_new(o, "id", show_string(words[i].id));
		json_object_set_new(o, "unit", show_string(words[i].unit));
		json_object_set_new(o, "reason", show_string(words[i].reason));
		json_array_append_new(list, o);
	}
	return list;
}

static const char *value_text(const char *value)
{
	return value ? value : _(N_("(absent)"));
}

/* "43 (31)" */
static const char *side_text(struct reader *r, const struct conflict_side *s)
{
	return arena_printf(
	    &r->arena, "%s (%s)", value_text(s->present ? s->value : NULL), s->unit ? s->unit : "");
}

int cli_conflict_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct conflict_items all = {0};
	json_t *list = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("CONFLICT"));
	show_column(table, SHOW_LEFT, N_("LEDGER"));
	show_column(table, SHOW_WRAP, N_("RECORD"));
	show_column(table, SHOW_LEFT, N_("FIELD"));
	show_column(table, SHOW_WRAP, N_("KEPT"));
	show_column(table, SHOW_WRAP, N_("OTHER"));
	show_column(table, SHOW_LEFT, N_("WHY"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = conflict_list(&r.view, NULL, &r.arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct conflict_item *c = &all.items[i];
		show_row(table, arena_printf(&r.arena, "%.*s", ID_SHOWN, c->id), c->ledger, c->record,
		    c->field, side_text(&r, &c->kept), side_text(&r, &c->other), say_choice(c->why),
		    say_choice(c->state));
		json_array_append_new(list, conflict_json(c));
	}
	show_listing(rc == 0, cli->json, "conflicts", list, table);
	reader_close(&r);
	return rc;
}

static void print_side(struct reader *r, const char *title, const struct conflict_side *s)
{
	show_line(title, arena_printf(&r->arena, "%s - %s", value_text(s->present ? s->value : NULL),
			     reader_unit_name(r, s->unit)));
}

static void print_words(struct reader *r, const char *title, const struct conflict_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		show_line(title, arena_printf(&r->arena, "%s: %s", reader_unit_name(r, words[i].unit),
				     words[i].reason ? words[i].reason : ""));
}

static void print_conflict(struct reader *r, const struct conflict_item *c)
{
	show_line(N_("Conflict"), c->id);
	show_line(N_("Ledger"), c->ledger);
	show_line(N_("Record"), c->record);
	show_line(N_("Field"), c->field && *c->field ? c->field : _(N_("(the record itself)")));
	show_line(N_("State"), say_choice(c->state));
	show_line(N_("Why"), say_choice(c->why));
	show_line(N_("Before"), value_text(c->base));
	print_side(r, N_("Kept"), &c->kept);
	print_side(r, N_("Other"), &c->other);
	print_words(r, N_("Objection"), c->objections, c->n_objections);
	print_words(r, N_("Answer"), c->answers, c->n_answers);
}

int cli_conflict_show(struct cli *cli, struct err *err)
{
	struct reader r;
	struct conflict_items all = {0};
	const struct conflict_item *c;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = conflict_list(&r.view, NULL, &r.arena, &all, err);
	if (rc == 0)
		rc = conflict_find(&all, args_word(&cli->args, 0), &c, err);
	if (rc == 0 && cli->json) {
		json_t *o = conflict_json(c);
		json_object_set_new(o, "objections", words_json(c->objections, c->n_objections));
		json_object_set_new(o, "answers", words_json(c->answers, c->n_answers));
		show_json(o);
	} else if (rc == 0) {
		print_conflict(&r, c);
	}
	reader_close(&r);
	return rc;
}

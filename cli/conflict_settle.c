/* `conflict settle --dry-run`: what would change, and in which totals. Without it the daemon settles. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "conflicts.h"
#include "say.h"
#include "show.h"

struct trial {
	struct reader *r;
	struct outcome outcome;
	struct conflict_settling settling;
	struct conflict_effects effects;
};

static json_t *field_json(const struct conflict_settled *f)
{
	json_t *o = json_object(), *ids = json_array();
	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(ids, show_string(f->all[i]->id));
	json_object_set_new(o, "ledger", show_string(f->first->ledger));
	json_object_set_new(o, "record", show_string(f->first->record));
	json_object_set_new(o, "field", show_string(f->first->field));
	json_object_set_new(o, "from", show_string(f->shown));
	json_object_set_new(o, "to", show_string(f->value));
	json_object_set_new(o, "conflicts", ids);
	return o;
}

static void trial_json(const struct trial *t)
{
	json_t *o = json_object(), *fields = json_array(), *totals = json_array(), *left = json_array();
	for (size_t i = 0; i < t->settling.n_fields; i++)
		json_array_append_new(fields, field_json(&t->settling.fields[i]));
	for (size_t i = 0; i < t->effects.n; i++)
		json_array_append_new(totals, conflict_effect_json(&t->effects.items[i]));
	for (size_t i = 0; i < t->settling.n_left; i++) {
		json_t *one = json_object();
		json_object_set_new(one, "id", show_string(t->settling.left[i].item->id));
		json_object_set_new(one, "why", json_string(t->settling.left[i].code));
		json_array_append_new(left, one);
	}
	json_object_set_new(o, "fields", fields);
	json_object_set_new(o, "totals", totals);
	json_object_set_new(o, "left", left);
	json_object_set_new(o, "changes", json_integer((json_int_t)t->outcome.n_changes));
	show_json(o);
}

static void print_fields(const struct trial *t)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("LEDGER"));
	show_column(table, SHOW_WRAP, N_("RECORD"));
	show_column(table, SHOW_LEFT, N_("FIELD"));
	show_column(table, SHOW_WRAP, N_("FROM"));
	show_column(table, SHOW_WRAP, N_("TO"));
	for (size_t i = 0; i < t->settling.n_fields; i++) {
		const struct conflict_settled *f = &t->settling.fields[i];
		show_row(table, f->first->ledger, f->first->record, conflict_field_text(f->first),
		    conflict_value_text(f->shown), conflict_value_text(f->value));
	}
	show_end(table);
}

static void print_effects(const struct trial *t)
{
	struct reader *r = t->r;
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("PLAN"));
	show_column(table, SHOW_LEFT, N_("PERIOD"));
	show_column(table, SHOW_LEFT, N_("INDICATOR"));
	show_column(table, SHOW_RIGHT, N_("FROM"));
	show_column(table, SHOW_RIGHT, N_("TO"));
	show_column(table, SHOW_RIGHT, N_("DISPUTED"));
	for (size_t i = 0; i < t->effects.n; i++) {
		const struct conflict_effect *e = &t->effects.items[i];
		show_row(table, arena_printf(&r->arena, "%s/%s", e->issuer, e->plan), e->period, e->indicator,
		    conflict_value_text(e->from), conflict_value_text(e->to),
		    arena_printf(&r->arena, "%zu -> %zu", e->disputed_from, e->disputed_to));
	}
	show_end(table);
}

static void print_left(const struct trial *t)
{
	for (size_t i = 0; i < t->settling.n_left; i++) {
		const struct conflict_left *l = &t->settling.left[i];
		printf("%.*s: %s\n", CONFLICT_ID_SHOWN, l->item->id, _(conflict_left_why(l->code)));
	}
}

static void trial_print(const struct trial *t)
{
	struct reader *r = t->r;
	say_out(N_("Nothing is changed yet. This would settle %1 conflicts, by %2 signed changes:"),
	    arena_printf(&r->arena, "%zu", t->settling.n_conflicts),
	    arena_printf(&r->arena, "%zu", t->outcome.n_changes));
	print_fields(t);
	printf("\n");
	if (t->effects.n == 0)
		say_out(N_("No total would change."));
	else
		say_out(N_("Totals that would change:"));
	print_effects(t);
	if (t->settling.n_left) {
		printf("\n");
		say_out(N_("These would be left as they are:"));
		print_left(t);
	}
}

static int dry_run(struct cli *cli, struct err *err)
{
	struct reader r;
	struct trial t = {.r = &r};
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = conflict_settle_words(&r.view, &cli->args, &t.outcome, &t.settling, err);
	if (rc == 0)
		rc = conflict_effects(&r.view, &t.outcome, &r.arena, &t.effects, err);
	if (rc == 0 && cli->json)
		trial_json(&t);
	else if (rc == 0)
		trial_print(&t);
	outcome_free(&t.outcome);
	reader_close(&r);
	return rc;
}

int cli_conflict_settle(struct cli *cli, struct err *err)
{
	return args_has(&cli->args, "dry-run") ? dry_run(cli, err) : ask_node(cli, err);
}

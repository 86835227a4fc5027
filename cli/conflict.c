#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "conflicts.h"
#include "plan/conflict_filter.h"
#include "say.h"
#include "show.h"

#define DAY 86400

/* ---- in words ---- */

const char *conflict_value_text(const char *value)
{
	return value ? value : _(N_("(absent)"));
}

const char *conflict_field_text(const struct conflict_item *c)
{
	return c->field && *c->field ? c->field : _(N_("(the record itself)"));
}

const char *conflict_state_text(const struct conflict_item *c)
{
	bool asked = false;
	for (size_t i = 0; i < c->n_objections; i++) {
		const struct conflict_word *w = &c->objections[i];
		if (!w->answered && !w->to)
			return say_choice(c->state);
		asked = asked || !w->answered;
	}
	return say_choice(asked && str_is(c->state, "objected") ? "asked" : c->state);
}

int64_t conflict_age_days(struct reader *r, int64_t since)
{
	return since && since < r->view.now ? (r->view.now - since) / DAY : 0;
}

static const char *sentence(struct reader *r, const char *msg, const char *a, const char *b)
{
	struct buf line = {0};
	say_into(&line, msg, a ? a : "", b ? b : "");
	const char *text = arena_dup(&r->arena, buf_str(&line));
	buf_free(&line);
	return text;
}

static const struct {
	const char *why, *text; /* %1: whose value stands, %2: the other's */
} whys[] = {
    {"rank", N_("%1 ranks above %2; they wrote without knowing of each other")},
    {"seal", N_("%1 accepted the record without knowing of what %2 wrote")},
    {"owner", N_("both are of one rank, and %1 wrote as the owner of the figure")},
    {"lead", N_("both are of one rank, and %1 wrote as the agency that leads the task")},
    {"equal", N_("%1 and %2 are of one rank: nobody's value stands before the other's")},
};

const char *conflict_why_text(struct reader *r, const struct conflict_item *c)
{
	for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
		if (str_is(c->why, whys[i].why))
			return sentence(r, whys[i].text, c->kept.unit, c->other.unit);
	return c->why;
}

const char *conflict_outlook_text(struct reader *r, const struct conflict_item *c)
{
	if (!conflict_is_open(c))
		return _(N_("it is settled; it stays listed until what was said on it has been read"));
	if (conflict_is_dispute(c))
		return sentence(r,
		    N_("the last agreed value stays, %1, counts in totals and is marked disputed, until "
		       "somebody settles it or writes the field anew"),
		    conflict_value_text(c->base), NULL);
	return sentence(r,
	    N_("%1 of %2 stands; the other value stays here and can be objected to, until somebody settles "
	       "it or writes the field anew"),
	    conflict_value_text(c->kept.value), c->kept.unit);
}

/* ---- for scripts ---- */

static json_t *side_json(const struct conflict_side *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "value", show_string(s->present ? s->value : NULL));
	json_object_set_new(o, "unit", show_string(s->unit));
	json_object_set_new(o, "rank", json_integer(s->rank));
	json_object_set_new(o, "change", show_string(s->change));
	return o;
}

static json_t *time_json(struct reader *r, int64_t time)
{
	return time ? json_string(reader_time(r, time)) : json_null();
}

static json_t *conflict_json(struct reader *r, const struct conflict_item *c, int64_t since)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", show_string(c->id));
	json_object_set_new(o, "ledger", show_string(c->ledger));
	json_object_set_new(o, "record", show_string(c->record));
	json_object_set_new(o, "field", show_string(c->field));
	json_object_set_new(o, "issuer", show_string(c->issuer));
	json_object_set_new(o, "plan", show_string(c->plan));
	json_object_set_new(o, "period", show_string(c->period));
	json_object_set_new(o, "base", show_string(c->base));
	json_object_set_new(o, "kept", side_json(&c->kept));
	json_object_set_new(o, "other", side_json(&c->other));
	json_object_set_new(o, "why", show_string(c->why));
	json_object_set_new(o, "state", show_string(c->state));
	json_object_set_new(o, "since", time_json(r, since));
	json_object_set_new(o, "days", since ? json_integer(conflict_age_days(r, since)) : json_null());
	json_object_set_new(o, "mine", json_boolean(conflict_is_mine(&r->view, c)));
	json_object_set_new(o, "may_settle", json_boolean(conflict_may_settle(&r->view, c)));
	return o;
}

static json_t *words_json(struct reader *r, const struct conflict_item *c, const char *table,
    const struct conflict_word *words, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();
		json_object_set_new(o, "id", show_string(words[i].id));
		json_object_set_new(o, "unit", show_string(words[i].unit));
		json_object_set_new(o, "to", show_string(words[i].to));
		json_object_set_new(o, "reason", show_string(words[i].reason));
		json_object_set_new(
		    o, "time", time_json(r, conflict_word_time(&r->view, c, table, words[i].id)));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *conflict_effect_json(const struct conflict_effect *e)
{
	json_t *o = json_object();
	json_object_set_new(o, "issuer", show_string(e->issuer));
	json_object_set_new(o, "plan", show_string(e->plan));
	json_object_set_new(o, "period", show_string(e->period));
	json_object_set_new(o, "indicator", show_string(e->indicator));
	json_object_set_new(o, "name", show_string(e->name));
	json_object_set_new(o, "from", show_string(e->from));
	json_object_set_new(o, "to", show_string(e->to));
	json_object_set_new(o, "disputed_from", json_integer((json_int_t)e->disputed_from));
	json_object_set_new(o, "disputed_to", json_integer((json_int_t)e->disputed_to));
	return o;
}

/* ---- list ---- */

/* "43 (31)" */
static const char *side_text(struct reader *r, const struct conflict_side *s)
{
	return arena_printf(
	    &r->arena, "%s (%s)", conflict_value_text(s->present ? s->value : NULL), s->unit ? s->unit : "");
}

static struct show_table *list_table(void)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("CONFLICT"));
	show_column(table, SHOW_LEFT, N_("LEDGER"));
	show_column(table, SHOW_WRAP, N_("RECORD"));
	show_column(table, SHOW_LEFT, N_("FIELD"));
	show_column(table, SHOW_WRAP, N_("KEPT"));
	show_column(table, SHOW_WRAP, N_("OTHER"));
	show_column(table, SHOW_LEFT, N_("WHY"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_RIGHT, N_("DAYS"));
	return table;
}

static void list_row(struct reader *r, const struct conflict_item *c, int64_t since, struct show_table *table)
{
	const char *days =
	    since ? arena_printf(&r->arena, "%lld", (long long)conflict_age_days(r, since)) : NULL;
	show_row(table, arena_printf(&r->arena, "%.*s", CONFLICT_ID_SHOWN, c->id), c->ledger, c->record,
	    c->field, side_text(r, &c->kept), side_text(r, &c->other), say_choice(c->why),
	    conflict_state_text(c), days);
}

int cli_conflict_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct conflict_items all = {0};
	struct conflict_filter filter;
	json_t *list = json_array();
	struct show_table *table = list_table();
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = conflict_filter_read(&r.view, &cli->args, &r.arena, &filter, err);
	if (rc == 0)
		rc = conflict_select(&r.view, &filter, &r.arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		int64_t since = conflict_since(&r.view, &all.items[i]);
		if (cli->json)
			json_array_append_new(list, conflict_json(&r, &all.items[i], since));
		else
			list_row(&r, &all.items[i], since, table);
	}
	show_listing(rc == 0, cli->json, "conflicts", list, table);
	reader_close(&r);
	return rc;
}

/* ---- show ---- */

/* The total that each choice would make. */
struct if_taken {
	const char *take, *value, *title;
	struct conflict_effect total;
	bool of; /* there is such a total */
};

struct shown {
	struct reader *r;
	const struct conflict_item *c;
	struct if_taken ifs[3];
};

static int read_totals(struct shown *s, struct err *err)
{
	const struct conflict_item *c = s->c;
	const struct if_taken ifs[] = {{.take = "kept", .value = c->kept.value, .title = N_("if kept")},
	    {.take = "other", .value = c->other.value, .title = N_("if the other")},
	    {.take = "base", .value = c->base, .title = N_("if as before")}};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < 3; i++) {
		s->ifs[i] = ifs[i];
		if (conflict_is_open(c))
			rc = conflict_total_if(
			    &s->r->view, c, ifs[i].value, &s->r->arena, &s->ifs[i].total, &s->ifs[i].of, err);
	}
	return rc;
}

static json_t *totals_json(const struct shown *s)
{
	json_t *list = json_array();
	for (size_t i = 0; i < 3; i++) {
		if (!s->ifs[i].of)
			continue;
		json_t *o = conflict_effect_json(&s->ifs[i].total);
		json_object_set_new(o, "take", json_string(s->ifs[i].take));
		json_array_append_new(list, o);
	}
	return list;
}

/* The words of the change in which a side wrote; false where they are not here. */
static bool side_change(struct shown *s, const struct conflict_side *side, struct change *out)
{
	struct err none = {0};
	struct oid id;
	return side->change && oid_parse(&id, side->change) &&
	       s->r->view.change(s->r->view.ctx, s->c->ledger, &id, &s->r->arena, out, &none) == 0;
}

static void side_more_json(struct shown *s, json_t *o, const struct conflict_side *side)
{
	struct change c;
	bool known = side_change(s, side, &c);
	json_object_set_new(o, "time", known ? json_string(reader_time(s->r, c.time)) : json_null());
	json_object_set_new(o, "subject", known ? show_string(c.subject) : json_null());
	json_object_set_new(o, "reason", known ? show_string(c.body) : json_null());
}

static void show_all_json(struct shown *s)
{
	const struct conflict_item *c = s->c;
	json_t *o = conflict_json(s->r, c, conflict_since(&s->r->view, c));
	side_more_json(s, json_object_get(o, "kept"), &c->kept);
	side_more_json(s, json_object_get(o, "other"), &c->other);
	json_object_set_new(o, "needed_rank", json_integer(conflict_needed_rank(c)));
	json_object_set_new(o, "totals", totals_json(s));
	json_object_set_new(
	    o, "objections", words_json(s->r, c, "objections", c->objections, c->n_objections));
	json_object_set_new(o, "answers", words_json(s->r, c, "answers", c->answers, c->n_answers));
	show_json(o);
}

static void print_side(struct shown *s, const char *title, const struct conflict_side *side)
{
	struct reader *r = s->r;
	struct change c;
	struct buf line = {0};
	show_line(title, arena_printf(&r->arena, "%s - %s", conflict_value_text(side->value),
			     reader_unit_name(r, side->unit)));
	bool known = side_change(s, side, &c);
	say_into(&line, N_("rank %1, change %2"), arena_printf(&r->arena, "%d", side->rank),
	    side->change ? arena_printf(&r->arena, "%.12s", side->change) : "?");
	if (known) {
		buf_puts(&line, ", ");
		say_into(&line, N_("%1 by the clock of %2"), reader_time(r, c.time), side->unit);
	}
	printf("  %s\n", buf_str(&line));
	if (known && c.body)
		printf("  %s\n", c.body);
	buf_free(&line);
}

static void print_words(struct shown *s, const char *table, const struct conflict_word *words, size_t n)
{
	struct reader *r = s->r;
	for (size_t i = 0; i < n; i++) {
		const struct conflict_word *w = &words[i];
		const char *title = *table == 'a' ? N_("Answer") : w->to ? N_("Question") : N_("Objection");
		int64_t time = conflict_word_time(&r->view, s->c, table, w->id);
		show_line(title,
		    arena_printf(&r->arena, "%s%s%s: %s%s%s", reader_unit_name(r, w->unit),
			w->to ? " -> " : "", w->to ? reader_unit_name(r, w->to) : "",
			w->reason ? w->reason : "", time ? ", " : "", time ? reader_time(r, time) : ""));
	}
}

static void print_totals(const struct shown *s)
{
	struct reader *r = s->r;
	struct show_table *table = show_table();
	const struct conflict_effect *e = &s->ifs[0].total;
	if (!s->ifs[0].of) {
		show_drop(table);
		return;
	}
	printf("\n");
	show_line(N_("Total"), arena_printf(&r->arena, "%s/%s %s %s (%s)", e->issuer, e->plan, e->period,
				   e->indicator, e->name));
	show_column(table, SHOW_LEFT, N_("SETTLED"));
	show_column(table, SHOW_RIGHT, N_("VALUE"));
	show_column(table, SHOW_RIGHT, N_("TOTAL"));
	show_column(table, SHOW_RIGHT, N_("DISPUTED"));
	show_row(table, _(N_("as it is")), NULL, conflict_value_text(e->from),
	    arena_printf(&r->arena, "%zu", e->disputed_from));
	for (size_t i = 0; i < 3; i++)
		if (s->ifs[i].of)
			show_row(table, _(s->ifs[i].title), conflict_value_text(s->ifs[i].value),
			    conflict_value_text(s->ifs[i].total.to),
			    arena_printf(&r->arena, "%zu", s->ifs[i].total.disputed_to));
	show_end(table);
}

static void print_conflict(struct shown *s)
{
	const struct conflict_item *c = s->c;
	struct reader *r = s->r;
	int64_t since = conflict_since(&r->view, c);
	struct err why = {0};
	show_line(N_("Conflict"), c->id);
	show_line(N_("Ledger"), c->ledger);
	show_line(N_("Record"), c->record);
	show_line(N_("Field"), conflict_field_text(c));
	show_line(N_("State"), conflict_state_text(c));
	show_line(N_("Why"), conflict_why_text(r, c));
	if (since)
		show_line(
		    N_("For days"), arena_printf(&r->arena, "%lld", (long long)conflict_age_days(r, since)));
	show_line(N_("Before"), conflict_value_text(c->base));
	print_side(s, N_("Kept"), &c->kept);
	print_side(s, N_("Other"), &c->other);
	print_words(s, "objections", c->objections, c->n_objections);
	print_words(s, "answers", c->answers, c->n_answers);
	show_line(N_("If nobody acts"), conflict_outlook_text(r, c));
	if (conflict_check_settle(&r->view, c, &why) == 0)
		show_line(N_("To be done"),
		    sentence(r, N_("tuyen conflict settle %1 --take kept|other|base, or --value VALUE"),
			arena_printf(&r->arena, "%.*s", CONFLICT_ID_SHOWN, c->id), NULL));
	else if (conflict_is_open(c))
		show_line(N_("To be done"),
		    sentence(r,
			N_("tuyen conflict object %1 --reason TEXT; %2 may settle it, and who stands above "
			   "it"),
			arena_printf(&r->arena, "%.*s", CONFLICT_ID_SHOWN, c->id), c->kept.unit));
	print_totals(s);
}

int cli_conflict_show(struct cli *cli, struct err *err)
{
	struct reader r;
	struct conflict_items all = {0};
	struct shown s = {.r = &r};
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = conflict_list(&r.view, NULL, &r.arena, &all, err);
	if (rc == 0)
		rc = conflict_find(&all, args_word(&cli->args, 0), &s.c, err);
	if (rc == 0)
		rc = read_totals(&s, err);
	if (rc == 0 && cli->json)
		show_all_json(&s);
	else if (rc == 0)
		print_conflict(&s);
	reader_close(&r);
	return rc;
}

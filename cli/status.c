#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "attach_way.h"
#include "base/sys.h"
#include "cli.h"
#include "conflicts.h"
#include "held_work.h"
#include "incidents.h"
#include "lines.h"
#include "maintain.h"
#include "node.h"
#include "overruled.h"
#include "pending.h"
#include "plan/agenda.h"
#include "reader.h"
#include "say.h"
#include "show.h"

#define ASIDE_TIMEOUT_MS 2000
#define INCIDENTS_SHOWN 3
#define ATTACHMENTS_SHOWN 5
#define CONFLICTS_SHOWN 5

/* What `status` has found out; the JSON is borrowed by both ways of showing it. */
struct status {
	struct agenda agenda;
	struct incidents_shown incidents;
	struct held_work held;
	struct overruled overruled;
	bool daemon;
	json_t *lines; /* a list, empty without a daemon */
	json_t *coming; /* attachments on their way (cli/attach_way.h); NULL without a daemon */
	json_t *ledgers; /* [{"name","tip","heads"}] */
	int64_t now; /* of the daemon, else of this command */
	bool clock_set; /* by TUYEN_NOW */
	bool damaged; /* a ledger cannot be read: what is to be done cannot be told */
	const char *reserve; /* where a root's reserve key still lies beside the active one; or NULL */
};

static int read_ledger(struct reader *r, const char *name, json_t *o, struct err *err)
{
	struct oid tip;
	struct oids heads = {0};
	char hex[OID_HEX + 1] = "";
	int rc = store_tip(r->store, name, &tip, err);
	if (rc == 0)
		rc = store_heads(r->store, &tip, &heads, err);
	if (rc == 0)
		oid_hex(&tip, hex);
	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "tip", *hex ? json_string(hex) : json_null());
	json_object_set_new(o, "heads", json_integer((json_int_t)heads.n));
	oids_free(&heads);
	return rc;
}

/* All of them, also those that cannot be read; the first error is kept. */
static int read_ledgers(struct reader *r, json_t *list, struct err *err)
{
	struct strs names = {0};
	int rc = store_ledgers(r->store, &names, err);
	for (size_t i = 0; i < names.n; i++) {
		json_t *o = json_object();
		int bad = read_ledger(r, names.items[i], o, err);
		json_array_append_new(list, o);
		rc = rc ? rc : bad;
	}
	strs_free(&names);
	return rc;
}

static json_t *ask_json(const struct cli *cli, const char *question)
{
	struct buf text = {0};
	json_t *answer = NULL;
	if (ask_aside(cli, question, ASIDE_TIMEOUT_MS, &text))
		answer = json_loadb(buf_str(&text), text.len, 0, NULL);
	buf_free(&text);
	return answer;
}

/* Of all attachments those that are to come or go by themselves. */
static json_t *moving(json_t *all)
{
	json_t *list = json_array(), *way;
	size_t i;
	json_array_foreach(all, i, way)
	{
		if (attach_way_moves(way))
			json_array_append(list, way);
	}
	json_decref(all);
	return list;
}

static void ask_daemon(const struct cli *cli, struct status *s)
{
	s->now = sys_now();
	s->clock_set = sys_now_is_set();
	s->lines = ask_json(cli, "lines");
	s->daemon = s->lines != NULL;
	if (!s->daemon) {
		s->lines = json_array();
		return;
	}
	s->coming = moving(attach_ways(cli));
	json_t *clock = ask_json(cli, "clock");
	if (json_is_true(json_object_get(clock, "set"))) {
		s->now = json_integer_value(json_object_get(clock, "now"));
		s->clock_set = true;
	}
	json_decref(clock);
}

static json_t *work(const char *kind)
{
	json_t *o = json_object();
	json_object_set_new(o, "kind", json_string(kind));
	return o;
}

static json_t *report_json(const struct agenda_report *t)
{
	json_t *o = work("report");
	json_object_set_new(o, "issuer", show_string(t->issuer));
	json_object_set_new(o, "plan", show_string(t->plan));
	json_object_set_new(o, "period", show_string(t->period));
	json_object_set_new(o, "directive", show_string(t->directive));
	json_object_set_new(o, "state", show_string(t->state));
	json_object_set_new(o, "due", show_string(t->due));
	json_object_set_new(o, "days_left", t->due ? json_integer(t->days_left) : json_null());
	json_object_set_new(o, "overdue", json_boolean(t->overdue));
	return o;
}

static json_t *directive_work(const struct directive *d)
{
	json_t *o = work("directive");
	json_object_set_new(o, "id", show_string(d->id));
	json_object_set_new(o, "issuer", show_string(d->issuer));
	json_object_set_new(o, "title", show_string(d->title));
	json_object_set_new(o, "version", show_integer(d->version));
	return o;
}

static json_t *inherited_work(const struct agenda_inherited *t)
{
	json_t *o = work("inherited");
	json_object_set_new(o, "unit", show_string(t->unit));
	json_object_set_new(o, "directives", json_integer((json_int_t)t->directives));
	json_object_set_new(o, "reports", json_integer((json_int_t)t->reports));
	json_object_set_new(o, "tasks", json_integer((json_int_t)t->tasks));
	return o;
}

static json_t *conflict_work(const struct conflict_item *c)
{
	json_t *o = work("conflict");
	json_object_set_new(o, "id", show_string(c->id));
	json_object_set_new(o, "ledger", show_string(c->ledger));
	json_object_set_new(o, "record", show_string(c->record));
	json_object_set_new(o, "field", show_string(c->field));
	json_object_set_new(o, "state", show_string(c->state));
	return o;
}

static json_t *conflicts_json(struct reader *r, const struct agenda *t)
{
	json_t *o = json_object();
	json_object_set_new(o, "open", json_integer((json_int_t)t->conflicts.n));
	json_object_set_new(o, "waiting", json_integer((json_int_t)t->n_waiting));
	json_object_set_new(o, "mine", json_integer((json_int_t)t->n_mine));
	json_object_set_new(o, "objections", json_integer((json_int_t)t->n_words));
	json_object_set_new(o, "oldest_days",
	    t->oldest_word ? json_integer(conflict_age_days(r, t->oldest_word)) : json_null());
	return o;
}

/* What was refused above and must be entered again. */
static bool is_lost(const struct incident_shown *s)
{
	return str_is(s->kind, "lost");
}

static json_t *lost_work(const struct incident_shown *s)
{
	json_t *o = work("lost");
	json_object_set_new(o, "id", show_string(s->id));
	json_object_set_new(o, "ledger", show_string(s->ledger));
	json_object_set_new(o, "record", show_string(s->record));
	json_object_set_new(o, "field", show_string(s->field));
	return o;
}

static json_t *agenda_json(struct reader *r, const struct status *s)
{
	const struct agenda *t = &s->agenda;
	const struct incidents_shown *incidents = &s->incidents;
	json_t *list = json_array();
	held_work_json(&s->held, list);
	pending_json(r, list);
	for (size_t i = 0; i < incidents->n; i++)
		if (is_lost(&incidents->items[i]))
			json_array_append_new(list, lost_work(&incidents->items[i]));
	for (size_t i = 0; i < t->n_directives; i++)
		json_array_append_new(list, directive_work(t->directives[i]));
	for (size_t i = 0; i < t->n_reports; i++)
		json_array_append_new(list, report_json(&t->reports[i]));
	for (size_t i = 0; i < t->n_inherited; i++)
		json_array_append_new(list, inherited_work(&t->inherited[i]));
	json_t *told = overruled_json(r, &s->overruled);
	json_array_extend(list, told);
	json_decref(told);
	for (size_t i = 0; i < t->conflicts.n; i++)
		if (conflict_is_mine(&r->view, &t->conflicts.items[i]))
			json_array_append_new(list, conflict_work(&t->conflicts.items[i]));
	return list;
}

static json_t *last_json(struct reader *r, const struct agenda *t)
{
	if (!t->last.issuer)
		return json_null();
	json_t *o = json_object();
	json_object_set_new(o, "issuer", show_string(t->last.issuer));
	json_object_set_new(o, "plan", show_string(t->last.plan));
	json_object_set_new(o, "period", show_string(t->last.period));
	json_object_set_new(o, "state", show_string(t->last.state));
	json_object_set_new(o, "version", show_integer(t->last.version));
	json_object_set_new(o, "sent", show_string(reader_time(r, t->last.sent)));
	json_object_set_new(o, "arrived", json_boolean(t->last.received != NULL));
	json_object_set_new(o, "received", show_string(t->last.received));
	json_object_set_new(o, "late", show_yes_no(t->last.late));
	return o;
}

static void status_json(struct reader *r, const struct status *s)
{
	json_t *o = json_object(), *reports = json_array(), *clock = json_object();
	json_t *line;
	size_t i;
	for (i = 0; i < s->agenda.n_reports; i++)
		json_array_append_new(reports, report_json(&s->agenda.reports[i]));
	json_object_set_new(clock, "now", json_string(reader_time(r, s->now)));
	json_object_set_new(clock, "set", json_boolean(s->clock_set));
	json_object_set_new(o, "unit", show_string(r->config.unit));
	json_object_set_new(o, "station", show_string(r->config.station));
	json_object_set_new(o, "name", show_string(r->config.name));
	json_object_set_new(o, "rank", r->config.rank < 0 ? json_null() : json_integer(r->config.rank));
	json_object_set_new(o, "admitted", json_boolean(r->config.admitted));
	json_object_set_new(o, "superior", show_string(r->config.superior.unit));
	json_object_set_new(o, "reserve_key", show_string(s->reserve));
	json_object_set_new(o, "to_do", agenda_json(r, s));
	json_object_set_new(o, "reports_due", reports);
	json_object_set_new(o, "last_report", last_json(r, &s->agenda));
	json_object_set_new(o, "conflicts", conflicts_json(r, &s->agenda));
	json_object_set_new(o, "waits_above", held_work_waits_json(&s->held));
	json_object_set_new(o, "incidents", incidents_json(&s->incidents));
	json_object_set_new(o, "daemon", json_boolean(s->daemon));
	json_object_set_new(o, "paused", json_boolean(r->config.paused));
	json_array_foreach(s->lines, i, line)
	{
		json_object_del(line, "trouble"); /* the same in parts, for the table */
	}
	json_object_set(o, "lines", s->lines);
	json_object_set_new(o, "attachments", s->coming ? json_incref(s->coming) : json_array());
	json_object_set(o, "ledgers", s->ledgers);
	json_object_set_new(o, "upkeep", maintain_last_json(r));
	json_object_set_new(o, "clock", clock);
	show_json(o);
}

/* "D-017", or "31/D-017" where two issuers use one id: what `directive ack` takes. */
static const char *directive_name(
    struct reader *r, const struct agenda *t, const char *issuer, const char *id)
{
	bool twice = false;
	for (size_t i = 0; i < t->n_directives; i++)
		twice |=
		    strcmp(t->directives[i]->id, id) == 0 && strcmp(t->directives[i]->issuer, issuer) != 0;
	return twice ? arena_printf(&r->arena, "%s/%s", issuer, id) : id;
}

static void print_report(struct reader *r, const struct agenda *all, const struct agenda_report *t)
{
	const char *days = arena_printf(&r->arena, "%d", t->days_left < 0 ? -t->days_left : t->days_left);
	bool returned = t->state && strcmp(t->state, "returned") == 0;
	const char *asks = t->directive ? directive_name(r, all, t->directive_issuer, t->directive) : NULL;
	if (!asks)
		say_out(N_("- mend and submit the returned report %1 for %2"), t->plan, t->period);
	else if (!t->due)
		say_out(N_("- report %1 for %2 (directive %3)"), t->plan, t->period, asks);
	else if (t->overdue)
		say_out(N_("- report %1 for %2 (directive %3): due on %4, days over: %5"), t->plan, t->period,
		    asks, t->due, days);
	else
		say_out(N_("- report %1 for %2 (directive %3): due on %4, days left: %5"), t->plan, t->period,
		    asks, t->due, days);
	if (asks && returned)
		say_out(N_("  it was returned: 'tuyen report show %1 %2' says why"), t->plan, t->period);
}

static size_t print_lost(const struct incidents_shown *list, bool print)
{
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++) {
		const struct incident_shown *s = &list->items[i];
		n += is_lost(s);
		if (is_lost(s) && print)
			say_out(N_("- %1 (when it is done: tuyen incident close %2)"), s->text ? s->text : "",
			    s->id);
	}
	return n;
}

/* What is done of it is done by --unit. */
static void print_inherited(struct reader *r, const struct agenda_inherited *t)
{
	say_out(N_("- left by %1, which ended and is replaced by this unit: directives to acknowledge %2, "
		   "reports "
		   "due %3, tasks open %4"),
	    t->unit, arena_printf(&r->arena, "%zu", t->directives),
	    arena_printf(&r->arena, "%zu", t->reports), arena_printf(&r->arena, "%zu", t->tasks));
}

static void print_conflicts(struct reader *r, const struct agenda *t)
{
	size_t shown = 0;
	if (t->n_words)
		say_out(N_("- objections waiting for you: %1, the oldest for %2 days: tuyen conflict list "
			   "--mine"),
		    arena_printf(&r->arena, "%zu", t->n_words),
		    arena_printf(&r->arena, "%lld", (long long)conflict_age_days(r, t->oldest_word)));
	for (size_t i = 0; i < t->conflicts.n && shown < CONFLICTS_SHOWN; i++) {
		const struct conflict_item *c = &t->conflicts.items[i];
		if (!conflict_is_mine(&r->view, c))
			continue;
		say_out(N_("- conflict %1 (%2): %3 of %4"), arena_printf(&r->arena, "%.10s", c->id),
		    conflict_state_text(c), c->field && *c->field ? c->field : c->record, c->ledger);
		shown++;
	}
	if (t->n_mine > shown)
		say_out(N_("- and %1 more conflicts: tuyen conflict list --mine"),
		    arena_printf(&r->arena, "%zu", t->n_mine - shown));
}

static void print_agenda(struct reader *r, const struct status *s)
{
	const struct agenda *t = &s->agenda;
	const struct incidents_shown *incidents = &s->incidents;
	size_t others = print_lost(incidents, false) + held_work_count(&s->held) + pending_print(r, false);
	if (s->damaged)
		say_out(N_("A ledger here cannot be read; 'tuyen verify' says what is wrong. What is known "
			   "without it:"));
	else if (t->n_directives + t->n_reports + t->n_inherited + t->n_mine + s->overruled.n + others == 0)
		say_out(N_("Nothing is to be done here."));
	else
		say_out(N_("To be done here:"));
	print_lost(incidents, true);
	held_work_print(r, &s->held);
	pending_print(r, true);
	for (size_t i = 0; i < t->n_directives; i++)
		say_out(N_("- acknowledge directive %1: %2"),
		    directive_name(r, t, t->directives[i]->issuer, t->directives[i]->id),
		    t->directives[i]->title);
	for (size_t i = 0; i < t->n_reports; i++)
		print_report(r, t, &t->reports[i]);
	for (size_t i = 0; i < t->n_inherited; i++)
		print_inherited(r, &t->inherited[i]);
	overruled_print(r, &s->overruled, CONFLICTS_SHOWN, false);
	print_conflicts(r, t);
	printf("\n");
}

static void print_last(struct reader *r, const struct agenda *t)
{
	struct buf line = {0};
	if (!t->last.issuer)
		return;
	say_into(&line,
	    t->last.received ? N_("%1 for %2, version %3: arrived %4")
			     : N_("%1 for %2, version %3: no receipt has arrived yet"),
	    t->last.plan, t->last.period, t->last.version ? t->last.version : "1",
	    t->last.received ? t->last.received : "");
	if (t->last.late && strcmp(t->last.late, "yes") == 0)
		buf_printf(&line, " (%s)", _(N_("late")));
	show_line(N_("Last report"), buf_str(&line));
	buf_free(&line);
	(void)r;
}

static void print_incidents(struct reader *r, const struct incidents_shown *list)
{
	size_t shown = 0;
	if (!list->n)
		return;
	show_line(N_("Open incidents"), arena_printf(&r->arena, "%zu", list->n));
	for (size_t i = 0; i < list->n && shown < INCIDENTS_SHOWN; i++) {
		const struct incident_shown *s = &list->items[i];
		if (is_lost(s))
			continue; /* stands among what is to be done */
		printf("  %s  %s  %s  %s\n", s->last ? s->last : "", s->unit ? s->unit : "-",
		    say_choice(s->kind), s->text ? s->text : "");
		shown++;
	}
	if (list->n > shown)
		say_out(N_("  'tuyen incident list' shows all"));
}

static void print_attachments(struct reader *r, const struct status *s)
{
	size_t i, n = json_array_size(s->coming);
	json_t *one;
	json_array_foreach(s->coming, i, one)
	{
		bool comes = str_is(json_string_value(json_object_get(one, "way")), "in");
		if (i == ATTACHMENTS_SHOWN)
			break;
		show_line(comes ? N_("On its way") : N_("To be sent"),
		    arena_printf(&r->arena, "%s, %s", json_string_value(json_object_get(one, "name")),
			attach_way_text(r, one)));
	}
	if (n > ATTACHMENTS_SHOWN)
		say_out(N_("  and %1 more; 'tuyen attach list' shows all"),
		    arena_printf(&r->arena, "%zu", n - ATTACHMENTS_SHOWN));
}

/* "12 (5 wait for others)" */
static const char *open_conflicts(struct reader *r, const struct agenda *t)
{
	struct buf line = {0};
	buf_printf(&line, "%zu", t->conflicts.n);
	if (t->n_waiting > t->n_mine) {
		buf_puts(&line, " (");
		say_into(&line, N_("%1 wait for others"),
		    arena_printf(&r->arena, "%zu", t->n_waiting - t->n_mine));
		buf_puts(&line, ")");
	}
	const char *text = arena_dup(&r->arena, buf_str(&line));
	buf_free(&line);
	return text;
}

static void status_print(struct reader *r, const struct status *s)
{
	struct show_table *table = show_table();
	size_t i;
	json_t *ledger;
	char node[136];
	print_agenda(r, s);
	config_node(&r->config, node);
	show_line(N_("Node"), arena_printf(&r->arena, "%s, %s", node, r->config.name));
	if (r->config.superior.unit)
		show_line(N_("Superior"), reader_unit_name(r, r->config.superior.unit));
	else if (!r->config.root)
		show_line(N_("Superior"), _(N_("not joined yet; next: tuyen join --request")));
	if (s->reserve)
		say_out(N_("The reserve key lies in %1: move it to a stick and keep that in the safe."),
		    s->reserve);
	print_last(r, &s->agenda);
	show_line(N_("Open conflicts"), open_conflicts(r, &s->agenda));
	print_incidents(r, &s->incidents);
	if (s->clock_set)
		show_line(N_("Clock"),
		    arena_printf(&r->arena, "%s (%s)", reader_time(r, s->now), _(N_("set by TUYEN_NOW"))));
	if (!s->daemon)
		say_out(N_("The daemon of this node is not running: nothing is sent or received."));
	else if (r->config.paused)
		say_out(N_("The lines are paused; 'tuyen sync --resume' opens them again."));
	lines_print(r, s->lines, s->now);
	print_attachments(r, s);
	show_column(table, SHOW_LEFT, N_("LEDGER"));
	show_column(table, SHOW_LEFT, N_("AT"));
	show_column(table, SHOW_RIGHT, N_("HEADS"));
	json_array_foreach(s->ledgers, i, ledger)
	{
		const json_t *tip = json_object_get(ledger, "tip");
		show_row(table, json_string_value(json_object_get(ledger, "name")),
		    json_is_string(tip) ? arena_printf(&r->arena, "%.12s", json_string_value(tip)) : "?",
		    arena_printf(&r->arena, "%d", (int)json_integer_value(json_object_get(ledger, "heads"))));
	}
	printf("\n");
	show_end(table);
}

int cli_status(struct cli *cli, struct err *err)
{
	struct reader r;
	struct status s = {.ledgers = json_array()};
	char *reserve = cli_path(cli, NODE_RESERVE);
	s.reserve = sys_exists(reserve) ? reserve : NULL;
	int rc = reader_open(cli, &r, err);
	bool opened = rc == 0;
	if (opened)
		rc = agenda_read(&r.view, &r.arena, &s.agenda, err);
	if (opened && read_ledgers(&r, s.ledgers, err) != 0)
		rc = err->code;
	if (opened && incidents_read(cli, &r, NULL, false, &s.incidents, err) != 0)
		rc = err->code;
	if (opened && held_work_read(&r, &s.held, err) != 0)
		rc = err->code;
	if (opened && overruled_load(&r, &s.overruled, err) != 0)
		rc = err->code;
	if (opened) {
		s.damaged = rc != 0;
		ask_daemon(cli, &s);
		if (cli->json)
			status_json(&r, &s);
		else
			status_print(&r, &s);
	}
	json_decref(s.lines);
	json_decref(s.coming);
	json_decref(s.ledgers);
	free(reserve);
	reader_close(&r);
	return rc;
}

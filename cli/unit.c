#include <string.h>

#include "ask.h"
#include "cli.h"
#include "reader.h"
#include "say.h"
#include "show.h"
#include "unit_keys.h"

/* What a unit went into: id and "whole" or "part"; NULL when there is nothing. */
static json_t *successors_json(struct reader *r, const struct registry_unit *u)
{
	const struct record *rec = registry_record(r->registry, u->id);
	json_t *o = json_object();
	const char *id;
	for (size_t i = 0; rec && record_next_key(rec, "replaced_by", &i, &id);)
		json_object_set_new(
		    o, id, show_string(record_get(rec, arena_printf(&r->arena, "replaced_by.%s", id))));
	return o;
}

/* Units that went into this one. */
static json_t *predecessors_json(struct reader *r, const struct registry_unit *u)
{
	struct strs all = {0};
	json_t *o = json_object();
	const char *field = arena_printf(&r->arena, "replaced_by.%s", u->id);
	registry_below(r->registry, NULL, false, &all);
	for (size_t i = 0; i < all.n; i++) {
		const char *how = record_get(registry_record(r->registry, all.items[i]), field);
		if (how)
			json_object_set_new(o, all.items[i], show_string(how));
	}
	strs_free(&all);
	return o;
}

/* "11383 (whole), 11050 (part)" */
static const char *with_shares(struct reader *r, json_t *shares)
{
	struct buf text = {0};
	const char *id;
	json_t *how;
	json_object_foreach(shares, id, how) buf_printf(&text, "%s%s (%s)", text.len ? ", " : "", id,
	    strcmp(json_string_value(how), "whole") == 0 ? _(N_("whole")) : _(N_("part")));
	const char *out = text.len ? arena_dup(&r->arena, buf_str(&text)) : NULL;
	buf_free(&text);
	json_decref(shares);
	return out;
}

static const char *successors(struct reader *r, const struct registry_unit *u)
{
	return with_shares(r, successors_json(r, u));
}

static json_t *unit_json(struct reader *r, const struct registry_unit *u)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", show_string(u->id));
	json_object_set_new(o, "code", show_string(u->code));
	json_object_set_new(o, "station", show_string(u->station));
	json_object_set_new(o, "name", show_string(u->name));
	json_object_set_new(o, "level", show_string(u->level));
	json_object_set_new(o, "rank", json_integer(u->rank));
	json_object_set_new(o, "parent", show_string(u->parent));
	json_object_set_new(o, "agency", show_string(u->agency));
	json_object_set_new(o, "valid_from", show_string(reader_day(r, u->valid_from)));
	json_object_set_new(o, "valid_to", show_string(reader_day(r, u->valid_to)));
	json_object_set_new(o, "node", json_boolean(u->has_key));
	json_object_set_new(o, "address", show_string(u->address));
	json_object_set_new(o, "replaced_by", successors_json(r, u));
	return o;
}

static void list_units(struct reader *r, const struct strs *ids, bool ended, bool json)
{
	json_t *units = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("ID"));
	show_column(table, SHOW_WRAP, N_("NAME"));
	show_column(table, SHOW_LEFT, N_("LEVEL"));
	show_column(table, SHOW_LEFT, N_("UNDER"));
	show_column(table, SHOW_LEFT, N_("NODE"));
	if (ended) {
		show_column(table, SHOW_LEFT, N_("UNTIL"));
		show_column(table, SHOW_WRAP, N_("REPLACED BY"));
	}
	for (size_t i = 0; i < ids->n; i++) {
		const struct registry_unit *u = registry_unit(r->registry, ids->items[i]);
		if (!u)
			continue;
		if (json)
			json_array_append_new(units, unit_json(r, u));
		const char *const cells[] = {u->id, u->name, say_choice(u->level), u->parent,
		    u->has_key ? _(N_("yes")) : _(N_("no")), reader_day(r, u->valid_to), successors(r, u)};
		show_cells(table, cells, ended ? 7 : 5);
	}
	show_listing(true, json, "units", units, table);
}

/* --on DATE, else today. */
static int read_day(struct reader *r, const struct cli *cli, day_t *day, struct err *err)
{
	const char *typed = args_get(&cli->args, "on");
	*day = date_of_time(r->view.now);
	return typed ? date_parse(typed, day, err) : 0;
}

/* Stations are there as long as their unit is. */
static bool is_there(const struct reader *r, const struct registry_unit *u, day_t day)
{
	const struct registry_unit *home = u->station ? registry_unit(r->registry, u->parent) : NULL;
	return registry_valid_on(u, day) && (!home || registry_valid_on(home, day));
}

static void keep(const struct reader *r, const struct strs *all, day_t day, bool ended, struct strs *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct registry_unit *u = registry_unit(r->registry, all->items[i]);
		if (u && (ended ? u->valid_to < day : is_there(r, u, day)))
			strs_add(out, u->id);
	}
}

int cli_unit_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct strs all = {0}, ids = {0};
	const char *below;
	day_t day;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_day(&r, cli, &day, err);
	if (rc == 0)
		rc = reader_unit(&r, args_get(&cli->args, "below"), &below, err);
	if (rc == 0) {
		registry_below(r.registry, below, args_has(&cli->args, "stations"), &all);
		keep(&r, &all, day, args_has(&cli->args, "ended"), &ids);
		list_units(&r, &ids, args_has(&cli->args, "ended"), cli->json);
	}
	strs_free(&all);
	strs_free(&ids);
	reader_close(&r);
	return rc;
}

static void print_unit(struct reader *r, const struct registry_unit *u)
{
	show_line(N_("Unit"), u->id);
	show_line(N_("Name"), u->name);
	show_line(N_("Code"), u->code);
	show_line(N_("Level"), say_choice(u->level));
	show_line(N_("Under"), reader_unit_name(r, u->parent));
	show_line(N_("Agency"), u->agency);
	show_line(N_("From"), reader_day(r, u->valid_from));
	show_line(N_("Until"), reader_day(r, u->valid_to));
	show_line(N_("Replaced by"), successors(r, u));
	show_line(N_("Replaces"), with_shares(r, predecessors_json(r, u)));
	show_line(N_("Address"), u->address);
	show_line(N_("Node"), u->has_key ? _(N_("yes")) : _(N_("no")));
}

int cli_unit_show(struct cli *cli, struct err *err)
{
	struct reader r;
	const struct registry_unit *u;
	day_t day;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_day(&r, cli, &day, err);
	if (rc == 0)
		rc = registry_resolve_on(r.registry, args_word(&cli->args, 0), day, &u, err);
	if (rc != 0)
		goto out;
	struct show_table *table = show_table();
	json_t *keys = unit_keys(&r, u, table);
	if (cli->json) {
		json_t *o = unit_json(&r, u);
		json_object_set_new(o, "replaces", predecessors_json(&r, u));
		json_object_set(o, "keys", keys);
		show_json(o);
		show_drop(table);
	} else {
		print_unit(&r, u);
		show_end(table);
	}
	json_decref(keys);
out:
	reader_close(&r);
	return rc;
}

int cli_unit_add(struct cli *cli, struct err *err)
{
	static const char *const needed[] = {"level", "name"};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!args_has(&cli->args, needed[i]))
			return err_set(err, ERR_USAGE, "'%1' needs --%2", cli->command->name, needed[i]);
	return ask_node(cli, err);
}

#include "cli.h"
#include "reader.h"
#include "say.h"
#include "show.h"
#include "store/held.h"

#include <string.h>

#define ID_SHOWN 12

/* ---- what a change writes ---- */

struct field {
	const char *record, *field, *before, *after;
};

struct fields {
	struct arena *arena;
	const char *record;
	struct field *items;
	size_t n;
};

static void add_field(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct fields *f = ctx;
	if ((f->n & (f->n - 1)) == 0) {
		struct field *grown = arena_alloc(f->arena, (f->n ? 2 * f->n : 1) * sizeof *grown);
		if (f->n)
			memcpy(grown, f->items, f->n * sizeof *grown);
		f->items = grown;
	}
	f->items[f->n++] = (struct field){f->record, arena_dup(f->arena, field),
	    arena_dup(f->arena, old_value), arena_dup(f->arena, new_value)};
}

static int read_fields(struct reader *r, const struct held_change *h, struct fields *out, struct err *err)
{
	struct arena *arena = &r->arena;
	struct change c;
	*out = (struct fields){.arena = arena};
	int rc = store_change(r->store, h->ledger, &h->change, arena, &c, err);
	for (size_t i = 0; rc == 0 && i < c.n_records; i++) {
		struct record before, after;
		const char *path = c.records[i].path;
		struct err none = {0};
		bool was = !oid_is_zero(&c.parent) &&
			   store_record(r->store, h->ledger, &c.parent, path, arena, &before, &none) == 0;
		bool is = c.records[i].text &&
			  store_record(r->store, h->ledger, &c.id, path, arena, &after, &none) == 0;
		if (strncmp(path, "conflicts/", 10) == 0)
			continue;
		out->record = arena_dup(arena, path);
		if (was || is)
			record_diff(was ? &before : NULL, is ? &after : NULL, add_field, out);
	}
	return rc;
}

static json_t *fields_json(const struct fields *f)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->n; i++) {
		json_t *o = json_object();
		json_object_set_new(o, "record", show_string(f->items[i].record));
		json_object_set_new(o, "field", show_string(f->items[i].field));
		json_object_set_new(o, "before", show_string(f->items[i].before));
		json_object_set_new(o, "value", show_string(f->items[i].after));
		json_array_append_new(list, o);
	}
	return list;
}

/* "reports/31/hp/2026-06.yaml: values.TT01 = 12 người, …" */
static const char *in_short(struct reader *r, const struct fields *f)
{
	struct buf text = {0};
	for (size_t i = 0; i < f->n; i++) {
		bool first = i == 0 || strcmp(f->items[i].record, f->items[i - 1].record) != 0;
		if (first)
			buf_printf(&text, "%s%s:", i ? "; " : "", f->items[i].record);
		else
			buf_putc(&text, ',');
		buf_printf(&text, " %s = %s", f->items[i].field, f->items[i].after ? f->items[i].after : "-");
	}
	const char *copy = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

/* ---- listing ---- */

static const char *hex_of(struct reader *r, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	return arena_dup(&r->arena, hex);
}

static const char *state_of(const struct registry_grant *g)
{
	return g->state == KEY_SUSPENDED ? "suspended" : g->state == KEY_RETIRED ? "retired" : "active";
}

static json_t *held_json(struct reader *r, const struct held_change *h, const struct fields *f)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", show_string(hex_of(r, &h->change)));
	json_object_set_new(o, "ledger", show_string(h->ledger));
	json_object_set_new(o, "writer", show_string(h->writer));
	json_object_set_new(o, "time", show_string(reader_time(r, h->time)));
	json_object_set_new(o, "subject", show_string(h->subject));
	json_object_set_new(o, "taken", json_boolean(h->taken));
	json_object_set_new(o, "decider", show_string(h->why.grant->narrower));
	json_object_set_new(o, "key", show_string(state_of(h->why.grant)));
	json_object_set_new(o, "because_of", show_string(hex_of(r, &h->why.change)));
	json_object_set_new(o, "fields", fields_json(f));
	return o;
}

/* What this node decides on, and what of its own unit waits for others. */
static int read_all(struct reader *r, struct held_changes *out, struct err *err)
{
	const struct held_asked all = {0};
	struct held_changes list;
	int rc = held_list(r->store, r->registry, &all, &r->arena, &list, err);
	*out = (struct held_changes){0};
	out->items = arena_alloc(&r->arena, (list.n + 1) * sizeof *out->items);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const char *at = strchr(list.items[i].writer, '@');
		const char *unit = at ? at + 1 : list.items[i].writer;
		if (str_is(list.items[i].why.grant->narrower, r->config.unit) || str_is(unit, r->config.unit))
			out->items[out->n++] = list.items[i];
	}
	return rc;
}

int cli_held_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct held_changes list = {0};
	json_t *all = json_array();
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("CHANGE"));
	show_column(table, SHOW_LEFT, N_("IS"));
	show_column(table, SHOW_LEFT, N_("WRITER"));
	show_column(table, SHOW_LEFT, N_("HOUR"));
	show_column(table, SHOW_LEFT, N_("LEDGER"));
	show_column(table, SHOW_LEFT, N_("DECIDES"));
	show_column(table, SHOW_WRAP, N_("WHAT"));
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_all(&r, &list, err);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const struct held_change *h = &list.items[i];
		struct fields f;
		rc = read_fields(&r, h, &f, err);
		if (rc)
			break;
		json_array_append_new(all, held_json(&r, h, &f));
		show_row(table, arena_printf(&r.arena, "%.*s", ID_SHOWN, hex_of(&r, &h->change)),
		    h->taken ? _(N_("taken in")) : _(N_("held")), h->writer, reader_time(&r, h->time),
		    h->ledger, h->why.grant->narrower, in_short(&r, &f));
	}
	show_listing(rc == 0, cli->json, "held", all, table);
	reader_close(&r);
	return rc;
}

/* ---- one ---- */

static void print_one(struct reader *r, const struct held_change *h, const struct fields *f)
{
	struct show_table *table = show_table();
	show_line(N_("Change"), hex_of(r, &h->change));
	show_line(N_("Subject"), h->subject);
	show_line(N_("Ledger"), h->ledger);
	show_line(N_("Writer"), h->writer);
	show_line(N_("Hour"), reader_time(r, h->time));
	show_line(N_("Key"), say_choice(state_of(h->why.grant)));
	show_line(N_("Is"), h->taken ? _(N_("taken in")) : _(N_("held")));
	show_line(N_("Decides"), reader_unit_name(r, h->why.grant->narrower));
	if (!oid_eq(&h->change, &h->why.change))
		show_line(N_("Because of"), hex_of(r, &h->why.change));
	show_column(table, SHOW_WRAP, N_("RECORD"));
	show_column(table, SHOW_LEFT, N_("FIELD"));
	show_column(table, SHOW_WRAP, N_("BEFORE"));
	show_column(table, SHOW_WRAP, N_("VALUE"));
	for (size_t i = 0; i < f->n; i++)
		show_row(table, f->items[i].record, f->items[i].field, f->items[i].before, f->items[i].after);
	show_end(table);
}

int cli_held_show(struct cli *cli, struct err *err)
{
	struct reader r;
	struct held_changes list = {0};
	const struct held_change *h = NULL;
	struct fields f;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = read_all(&r, &list, err);
	if (rc == 0)
		rc = held_pick(&list, args_word(&cli->args, 0), &h, err);
	if (rc == 0)
		rc = read_fields(&r, h, &f, err);
	if (rc == 0 && cli->json)
		show_json(held_json(&r, h, &f));
	else if (rc == 0)
		print_one(&r, h, &f);
	reader_close(&r);
	return rc;
}

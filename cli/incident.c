#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "incidents.h"
#include "record/date.h"
#include "say.h"
#include "show.h"

#define ASIDE_TIMEOUT_MS 2000
#define ID_SHOWN 22 /* of a signed one: enough to tell it from others */

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static const char *kept(struct reader *r, struct buf *text)
{
	const char *copy = or_null(buf_str(text)) ? arena_dup(&r->arena, buf_str(text)) : NULL;
	buf_free(text);
	return copy;
}

static const char *word(struct reader *r, const struct incident_entry *e, enum incident_word which)
{
	return or_null(e->word[which]) ? arena_dup(&r->arena, e->word[which]) : NULL;
}

static void add(struct reader *r, struct incidents_shown *out, const struct incident_shown *item)
{
	struct incident_shown *grown = arena_alloc(&r->arena, (out->n + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	grown[out->n++] = *item;
	out->items = grown;
}

static void add_local(struct reader *r, struct incidents_shown *out, const struct incident_entry *e)
{
	struct err sentence;
	struct buf english = {0}, text = {0};
	char hex[OID_HEX + 1];
	struct incident_shown item = {.id = arena_dup(&r->arena, e->id),
	    .kind = word(r, e, INCIDENT_KIND),
	    .unit = word(r, e, INCIDENT_UNIT),
	    .rule = word(r, e, INCIDENT_RULE),
	    .ledger = word(r, e, INCIDENT_LEDGER),
	    .record = word(r, e, INCIDENT_RECORD),
	    .field = word(r, e, INCIDENT_FIELD),
	    .first = reader_time(r, e->first),
	    .last = reader_time(r, e->last),
	    .count = e->count,
	    .time = e->last};
	oid_hex(&e->change, hex);
	item.change = oid_is_zero(&e->change) ? NULL : arena_dup(&r->arena, hex);
	incident_list_sentence(e, &sentence);
	if (sentence.msg) {
		err_format(&sentence, NULL, &english);
		say_format(&sentence, &text);
	}
	item.english = kept(r, &english);
	item.text = kept(r, &text);
	add(r, out, &item);
}

/* The record says what it is, not what to do. */
static void say_twin(struct reader *r, struct incident_shown *item)
{
	struct err sentence = {0};
	struct buf english = {0}, text = {0};
	err_set(&sentence, ERR_REFUSED, N_("two nodes are at work with the key of %1"), item->unit);
	err_hint(&sentence, N_("if one of them is not yours, the superior runs `tuyen unit suspend %1`"));
	err_format(&sentence, NULL, &english);
	say_format(&sentence, &text);
	item->english = kept(r, &english);
	item->text = kept(r, &text);
}

static void add_signed(struct reader *r, struct incidents_shown *out, const struct incident_item *i)
{
	struct err none = {0};
	struct incident_shown item = {.id = i->id,
	    .kind = i->kind,
	    .unit = i->unit,
	    .ledger = i->ledger,
	    .record = i->path,
	    .key = i->key,
	    .first = i->opened,
	    .last = i->opened,
	    .closed = i->closed,
	    .note = i->note,
	    .english = i->reason,
	    .text = i->reason,
	    .count = 1,
	    .is_signed = true};
	if (i->opened)
		date_time_parse(i->opened, &item.time, &none);
	if (!i->reason && str_is(i->kind, "twin"))
		say_twin(r, &item);
	add(r, out, &item);
}

static bool is_of(const struct incident_entry *e, const char *unit)
{
	const char *of = e->word[INCIDENT_UNIT], *at = strchr(of, '@');
	return !unit || strcmp(of, unit) == 0 || (at && strcmp(at + 1, unit) == 0);
}

static int read_local(
    const struct cli *cli, struct reader *r, const char *unit, struct incidents_shown *out, struct err *err)
{
	struct buf text = {0};
	struct incident_list list = {0};
	int rc = 0;
	if (!ask_aside(cli, "incidents", ASIDE_TIMEOUT_MS, &text)) {
		buf_free(&text);
		rc = store_note_read(r->store, "incidents", &text, err);
	}
	if (rc == 0)
		incident_list_read(&list, buf_str(&text), text.len);
	for (size_t i = 0; i < list.n; i++)
		if (is_of(&list.items[i], unit))
			add_local(r, out, &list.items[i]);
	incident_list_free(&list);
	buf_free(&text);
	return rc;
}

static int newest_first(const void *a, const void *b)
{
	const struct incident_shown *x = a, *y = b;
	return x->time != y->time ? (x->time < y->time ? 1 : -1) : strcmp(x->id, y->id);
}

int incidents_read(const struct cli *cli, struct reader *r, const char *unit, bool all,
    struct incidents_shown *out, struct err *err)
{
	struct incident_items items;
	*out = (struct incidents_shown){0};
	int rc = incident_items_read(&r->view, unit, all, &r->arena, &items, err);
	for (size_t i = 0; rc == 0 && i < items.n; i++)
		add_signed(r, out, &items.items[i]);
	if (rc == 0)
		rc = read_local(cli, r, unit, out, err);
	if (out->n > 1)
		qsort(out->items, out->n, sizeof *out->items, newest_first);
	return rc;
}

json_t *incidents_json(const struct incidents_shown *list)
{
	json_t *all = json_array();
	for (size_t i = 0; i < list->n; i++) {
		const struct incident_shown *s = &list->items[i];
		json_t *o = json_object();
		json_object_set_new(o, "id", show_string(s->id));
		json_object_set_new(o, "kind", show_string(s->kind));
		json_object_set_new(o, "unit", show_string(s->unit));
		json_object_set_new(o, "rule", show_string(s->rule));
		json_object_set_new(o, "ledger", show_string(s->ledger));
		json_object_set_new(o, "record", show_string(s->record));
		json_object_set_new(o, "field", show_string(s->field));
		json_object_set_new(o, "change", show_string(s->change));
		json_object_set_new(o, "key", show_string(s->key));
		json_object_set_new(o, "first", show_string(s->first));
		json_object_set_new(o, "last", show_string(s->last));
		json_object_set_new(o, "count", json_integer((json_int_t)s->count));
		json_object_set_new(o, "what", show_string(s->english));
		json_object_set_new(o, "signed", json_boolean(s->is_signed));
		json_object_set_new(o, "closed", show_string(s->closed));
		json_object_set_new(o, "note", show_string(s->note));
		json_array_append_new(all, o);
	}
	return all;
}

static struct show_table *incidents_table(struct reader *r, const struct incidents_shown *list)
{
	struct show_table *table = show_table();
	show_column(table, SHOW_LEFT, N_("INCIDENT"));
	show_column(table, SHOW_LEFT, N_("LAST TIME"));
	show_column(table, SHOW_LEFT, N_("KIND"));
	show_column(table, SHOW_LEFT, N_("UNIT"));
	show_column(table, SHOW_LEFT, N_("RULE"));
	show_column(table, SHOW_WRAP, N_("RECORD"));
	show_column(table, SHOW_LEFT, N_("FIELD"));
	show_column(table, SHOW_RIGHT, N_("TIMES"));
	show_column(table, SHOW_WRAP, N_("WHAT"));
	for (size_t i = 0; i < list->n; i++) {
		const struct incident_shown *s = &list->items[i];
		const char *what = s->closed ? arena_printf(&r->arena, "%s%s(%s %s)", s->text ? s->text : "",
						   s->text ? " " : "", _(N_("closed")), s->closed)
					     : s->text;
		show_row(table, arena_printf(&r->arena, "%.*s", ID_SHOWN, s->id), s->last,
		    say_choice(s->kind), s->unit, s->rule, s->record ? s->record : s->ledger, s->field,
		    arena_printf(&r->arena, "%llu", (unsigned long long)s->count), what);
	}
	return table;
}

int cli_incident_list(struct cli *cli, struct err *err)
{
	struct reader r;
	struct incidents_shown list = {0};
	const char *unit = NULL;
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = reader_unit(&r, args_get(&cli->args, "unit"), &unit, err);
	if (rc == 0)
		rc = incidents_read(cli, &r, unit, args_has(&cli->args, "all"), &list, err);
	show_listing(rc == 0, cli->json, "incidents", incidents_json(&list), incidents_table(&r, &list));
	reader_close(&r);
	return rc;
}

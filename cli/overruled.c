#include "overruled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conflicts.h"
#include "say.h"
#include "show.h"

#define NOTE "overruled"

static const char *own_ledger(struct arena *arena, const struct config *config)
{
	return arena_printf(arena, "reports/%s", config->unit);
}

/* "<tip> <count>": what was told of the ledger when it stood there. */
static bool note_says(const struct buf *note, const struct oid *tip, size_t *n)
{
	char hex[OID_HEX + 1];
	oid_hex(tip, hex);
	if (strncmp(buf_str(note), "tip ", 4) != 0 || strncmp(buf_str(note) + 4, hex, OID_HEX) != 0)
		return false;
	*n = strtoul(buf_str(note) + 4 + OID_HEX, NULL, 10);
	return true;
}

/* Best effort: who may only read looks again next time. */
static void keep(struct reader *r, const struct oid *tip, const struct overruled_memory *memory, size_t n,
    const struct buf *before)
{
	struct buf note = {0};
	struct err none = {0};
	char hex[OID_HEX + 1];
	oid_hex(tip, hex);
	buf_printf(&note, "tip %s %zu\n", hex, n);
	overruled_memory_print(memory, &note);
	if (strcmp(buf_str(&note), buf_str(before)) != 0)
		store_note_write(r->store, NOTE, note.data, note.len, &none);
	buf_free(&note);
}

int overruled_load(struct reader *r, struct overruled *out, struct err *err)
{
	struct overruled_memory memory = {0};
	struct buf note = {0};
	struct oid tip;
	struct err none = {0};
	*out = (struct overruled){0};
	if (store_tip(r->store, own_ledger(&r->arena, &r->config), &tip, &none) != 0)
		return 0;
	if (store_note_read(r->store, NOTE, &note, &none) == 0)
		overruled_memory_parse(&memory, buf_str(&note));
	int rc = overruled_read(&r->view, &memory, &r->arena, out, err);
	if (rc == 0)
		keep(r, &tip, &memory, out->n, &note);
	overruled_memory_free(&memory);
	buf_free(&note);
	return rc;
}

static const char *field_text(const struct overruled_item *i)
{
	return i->field && *i->field ? i->field : _(N_("(the record itself)"));
}

static void print_one(struct reader *r, const struct overruled_item *i, bool aside)
{
	const char *const words[] = {
	    i->open
		? N_("- overruled: %1 of %2: %3 of %4 stands, not %5; know it: tuyen conflict seen %6")
		: N_("- decided otherwise: %1 of %2 is %3 by %4, not %5; know it: tuyen conflict seen %6"),
	    field_text(i), i->record, conflict_value_text(i->now), i->by ? i->by : "?",
	    conflict_value_text(i->ours), arena_printf(&r->arena, "%.*s", CONFLICT_ID_SHOWN, i->id), NULL};
	say_words(aside, words);
}

void overruled_print(struct reader *r, const struct overruled *list, size_t limit, bool aside)
{
	for (size_t i = 0; i < list->n && i < limit; i++)
		print_one(r, &list->items[i], aside);
	if (list->n <= limit)
		return;
	const char *const words[] = {
	    N_("- and %1 more were decided against this unit; know them all: tuyen conflict seen --all"),
	    arena_printf(&r->arena, "%zu", list->n - limit), NULL};
	say_words(aside, words);
}

json_t *overruled_json(struct reader *r, const struct overruled *list)
{
	json_t *all = json_array();
	for (size_t i = 0; i < list->n; i++) {
		const struct overruled_item *item = &list->items[i];
		json_t *o = json_object();
		json_object_set_new(o, "kind", json_string("overruled"));
		json_object_set_new(o, "id", show_string(item->id));
		json_object_set_new(o, "ledger", show_string(item->ledger));
		json_object_set_new(o, "record", show_string(item->record));
		json_object_set_new(o, "field", show_string(item->field));
		json_object_set_new(o, "ours", show_string(item->ours));
		json_object_set_new(o, "writer", show_string(item->writer));
		json_object_set_new(o, "now", show_string(item->now));
		json_object_set_new(o, "by", show_string(item->by));
		json_object_set_new(o, "reason", show_string(item->reason));
		json_object_set_new(
		    o, "time", item->time ? show_string(reader_time(r, item->time)) : json_null());
		json_object_set_new(o, "open", json_boolean(item->open));
		json_array_append_new(all, o);
	}
	return all;
}

/* How many wait, without reading more than a ref and a note where nothing has come since. */
static size_t count(const struct cli *cli)
{
	struct config config = {0};
	struct store *store = NULL;
	struct arena arena = {0};
	struct buf note = {0};
	struct err none = {0};
	struct oid tip;
	size_t n = 0;
	char *path = cli_path(cli, "store.git");
	bool here = config_load(cli->dir, &config, &none) == 0 && store_open(path, &store, &none) == 0 &&
		    store_tip(store, own_ledger(&arena, &config), &tip, &none) == 0;
	if (here)
		here = store_note_read(store, NOTE, &note, &none) != 0 || !note_says(&note, &tip, &n);
	store_close(store);
	if (here) {
		struct reader r;
		struct overruled list = {0};
		if (reader_open(cli, &r, &none) == 0 && overruled_load(&r, &list, &none) == 0)
			n = list.n;
		reader_close(&r);
	}
	free(path);
	config_free(&config);
	buf_free(&note);
	arena_free(&arena);
	return n;
}

void overruled_remind(const struct cli *cli)
{
	static const char *const silent[] = {"init", "join", "status", "log", "conflict seen", "merge-record",
	    "restore", "backup", "repair", "verify"};
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strcmp(silent[i], cli->command->name) == 0)
			return;
	size_t n = cli->json ? 0 : count(cli);
	char text[24];
	snprintf(text, sizeof text, "%zu", n);
	if (n)
		say(N_("decided against this unit and not yet acknowledged: %1; 'tuyen status' says what"),
		    text);
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "cli.h"
#include "graph.h"
#include "overruled.h"
#include "reader.h"
#include "refused.h"
#include "say.h"
#include "show.h"
#include "store/store.h"

#define OVERRULED_SHOWN 5

/* The changes of one ledger, oldest first: the order in which they had seen each other. */
struct ledger_log {
	const char *name;
	struct entry {
		struct oid id;
		struct oids heads; /* the arena's */
		int64_t time;
		const char *subject, *body, *agency, *unit, *station;
		const char *writer;
		int rank;
		const char **settles;
		size_t n_settles;
	} * entries;
	size_t n;
	struct arena *arena;
};

static int keep_entry(void *ctx, const struct change *c, struct err *err)
{
	struct ledger_log *log = ctx;
	struct entry e = {.id = c->id, .time = c->time, .rank = c->rank, .n_settles = c->n_settles};
	char writer[136];
	(void)err;
	change_writer(c, writer);
	e.heads.n = c->heads.n;
	e.heads.items = arena_alloc(log->arena, (c->heads.n + 1) * sizeof *e.heads.items);
	for (size_t i = 0; i < c->heads.n; i++)
		e.heads.items[i] = c->heads.items[i];
	e.writer = arena_dup(log->arena, writer);
	e.subject = arena_dup(log->arena, c->subject);
	e.body = arena_dup(log->arena, c->body);
	e.unit = arena_dup(log->arena, c->unit);
	e.station = arena_dup(log->arena, c->station);
	e.agency = arena_dup(log->arena, c->agency);
	e.settles = arena_alloc(log->arena, (c->n_settles + 1) * sizeof *e.settles);
	for (size_t i = 0; i < c->n_settles; i++)
		e.settles[i] = arena_dup(log->arena, c->settles[i]);
	VEC_PUSH(log->entries, log->n, e);
	return 0;
}

static json_t *entry_json(struct reader *r, const char *ledger, const struct entry *e)
{
	char hex[OID_HEX + 1];
	json_t *o = json_object();
	oid_hex(&e->id, hex);
	json_object_set_new(o, "id", json_string(hex));
	json_object_set_new(o, "ledger", json_string(ledger));
	json_object_set_new(o, "writer", show_string(e->writer));
	json_object_set_new(o, "unit", show_string(e->unit));
	json_object_set_new(o, "station", show_string(e->station));
	json_object_set_new(o, "agency", show_string(e->agency));
	json_object_set_new(o, "rank", json_integer(e->rank));
	json_object_set_new(o, "time", show_string(reader_time(r, e->time)));
	json_object_set_new(o, "subject", show_string(e->subject));
	json_object_set_new(o, "body", show_string(e->body));
	json_t *heads = json_array();
	for (size_t i = 0; i < e->heads.n; i++) {
		oid_hex(&e->heads.items[i], hex);
		json_array_append_new(heads, json_string(hex));
	}
	json_object_set_new(o, "heads", heads);
	json_object_set_new(o, "settles", show_texts(e->settles, e->n_settles));
	return o;
}

/* The ledger whose newest change not yet shown is the latest: within a ledger the order never depends on a date. */
static struct ledger_log *latest(struct ledger_log *logs, size_t n)
{
	struct ledger_log *best = NULL;
	for (size_t i = 0; i < n; i++)
		if (logs[i].n &&
		    (!best || logs[i].entries[logs[i].n - 1].time > best->entries[best->n - 1].time))
			best = &logs[i];
	return best;
}

static int read_logs(struct reader *r, const struct strs *names, struct ledger_log *logs, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < names->n; i++) {
		logs[i] = (struct ledger_log){.name = names->items[i], .arena = &r->arena};
		rc = store_walk(r->store, names->items[i], false, keep_entry, &logs[i], err);
	}
	return rc;
}

/* The refusals since `time` that were not shown yet; *left of them are older. */
static void show_refused(
    struct reader *r, const struct refusals *refused, size_t *left, int64_t time, struct show_table *table)
{
	for (; *left && refused->items[*left - 1].time >= time; --*left)
		refused_row(r, &refused->items[*left - 1], table);
}

static void show_logs(struct reader *r, struct ledger_log *logs, size_t n, const struct refusals *refused,
    const struct overruled *told, long limit, bool json)
{
	struct ledger_log *log;
	json_t *list = json_array();
	struct show_table *table = show_table();
	size_t left = refused->n;
	char hex[OID_HEX + 1];
	show_column(table, SHOW_LEFT, N_("CHANGE"));
	show_column(table, SHOW_LEFT, N_("TIME"));
	show_column(table, SHOW_LEFT, N_("WRITER"));
	show_column(table, SHOW_LEFT, N_("LEDGER"));
	show_column(table, SHOW_WRAP, N_("SUBJECT"));
	while (limit-- != 0 && (log = latest(logs, n))) {
		const struct entry *e = &log->entries[--log->n];
		oid_hex(&e->id, hex);
		hex[12] = '\0';
		show_refused(r, refused, &left, e->time, table);
		show_row(table, hex, reader_time(r, e->time), e->writer, log->name, e->subject);
		if (json)
			json_array_append_new(list, entry_json(r, log->name, e));
	}
	if (limit < 0)
		show_refused(r, refused, &left, INT64_MIN, table);
	if (json) {
		json_t *o = json_object();
		json_object_set(o, "changes", list);
		json_object_set_new(o, "refused", refused_json(r, refused));
		json_object_set_new(o, "overruled", overruled_json(r, told));
		show_json(o);
		show_drop(table);
		json_decref(list);
		return;
	}
	show_listing(true, false, "changes", list, table);
}

static void draw_logs(struct reader *r, const struct ledger_log *logs, size_t n, long limit)
{
	char hex[OID_HEX + 1];
	for (size_t i = 0; i < n; i++) {
		struct graph_change *changes = mem_alloc((logs[i].n + 1) * sizeof *changes);
		for (size_t k = 0; k < logs[i].n; k++) {
			const struct entry *e = &logs[i].entries[k];
			oid_hex(&e->id, hex);
			changes[k] = (struct graph_change){e->id, e->heads,
			    arena_printf(&r->arena, "%.12s %s %s: %s", hex, reader_time(r, e->time),
				e->writer, e->subject)};
		}
		if (n > 1)
			say_out("%1", logs[i].name);
		graph_draw(changes, logs[i].n, limit);
		free(changes);
	}
}

static int choose_ledgers(struct cli *cli, struct reader *r, struct strs *names, struct err *err)
{
	const char *wanted = args_word(&cli->args, 0);
	int rc = store_ledgers(r->store, names, err);
	if (rc != 0 || !wanted)
		return rc;
	bool there = strs_has(names, wanted);
	strs_free(names);
	strs_add(names, wanted);
	if (there)
		return 0;
	err_set(err, ERR_NOT_FOUND, "this node holds no ledger '%1'", wanted);
	err_hint(err, N_("'tuyen status' lists the ledgers"));
	return ERR_NOT_FOUND;
}

int cli_log(struct cli *cli, struct err *err)
{
	struct reader r;
	struct strs names = {0};
	struct ledger_log *logs = NULL;
	struct refusals refused = {0};
	struct overruled told = {0};
	const char *typed = args_get(&cli->args, "limit");
	char *end = NULL;
	long limit = typed ? strtol(typed, &end, 10) : -1;
	bool graph = args_has(&cli->args, "graph");
	if (graph && cli->json)
		return err_set(
		    err, ERR_USAGE, N_("--graph is for people; --json says the heads of each change"));
	if (typed && (end == typed || *end || limit < 0))
		return err_set(err, ERR_USAGE, "--limit takes a whole number, not '%1'", typed);
	int rc = reader_open(cli, &r, err);
	if (rc == 0)
		rc = choose_ledgers(cli, &r, &names, err);
	if (rc == 0) {
		logs = mem_alloc((names.n + 1) * sizeof *logs);
		rc = read_logs(&r, &names, logs, err);
	}
	if (rc == 0 && !graph)
		rc = refused_read(&r, &names, &refused, err);
	if (rc == 0)
		rc = overruled_load(&r, &told, err);
	if (rc == 0 && graph)
		draw_logs(&r, logs, names.n, limit);
	else if (rc == 0)
		show_logs(&r, logs, names.n, &refused, &told, limit, cli->json);
	if (rc == 0 && !cli->json)
		overruled_print(&r, &told, OVERRULED_SHOWN, true);
	refusals_free(&refused);
	for (size_t i = 0; logs && i < names.n; i++)
		free(logs[i].entries);
	free(logs);
	strs_free(&names);
	reader_close(&r);
	return rc;
}

/* `tuyen blame RECORD`: of each field who wrote what it shows, when, under which rank, and whom that overruled. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "merge/blame.h"
#include "reader.h"
#include "say.h"
#include "show.h"

struct blaming {
	struct reader *r;
	const char *ledger, *record;
	struct history *history;
	struct show_table *table;
	json_t *fields;
	int rc;
	struct err *err;
};

/* ---- which record ---- */

/* "2026-06", "p/2026-06", "reports/31/p/2026-06.yaml": whole names from the end of the path. */
static bool is_named(const char *path, const char *typed)
{
	size_t len = strlen(path), n = strlen(typed), tail = strlen(".yaml");
	if (len >= tail && strcmp(path + len - tail, ".yaml") == 0 &&
	    (n < tail || strcmp(typed + n - tail, ".yaml") != 0))
		len -= tail;
	return n && n <= len && memcmp(path + len - n, typed, n) == 0 &&
	       (n == len || path[len - n - 1] == '/');
}

struct search {
	const char *typed;
	struct strs found; /* ledger, path, ledger, path */
};

static int search_ledger(struct reader *r, struct search *s, const char *ledger, struct err *err)
{
	struct strs paths = {0};
	int rc = store_list(r->store, ledger, NULL, "", &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.n; i++) {
		if (strncmp(paths.items[i], "conflicts/", 10) == 0 || !is_named(paths.items[i], s->typed))
			continue;
		strs_add(&s->found, ledger);
		strs_add(&s->found, paths.items[i]);
	}
	strs_free(&paths);
	return rc;
}

static int found_none(const struct search *s, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, N_("no record here is called '%1'"), s->typed);
	err_hint(err,
	    N_("write PLAN/PERIOD for a report, PLAN/TASK for a task, or a path; --unit for another unit's"));
	return ERR_NOT_FOUND;
}

static int found_many(const struct search *s, struct err *err)
{
	struct buf names = {0};
	for (size_t i = 0; i < s->found.n && i < 12; i += 2)
		buf_printf(&names, "%s%s %s", i ? ", " : "", s->found.items[i], s->found.items[i + 1]);
	if (s->found.n > 12)
		buf_puts(&names, ", ...");
	err_set(err, ERR_AMBIGUOUS, N_("several records are called '%1': %2"), s->typed, buf_str(&names));
	err_hint(err, N_("write more of the path, and --unit for whose it is"));
	buf_free(&names);
	return ERR_AMBIGUOUS;
}

/* In the unit's own two ledgers, else wherever it stands alone. */
static int search_all(struct reader *r, struct search *s, const char *unit, struct err *err)
{
	struct strs ledgers = {0};
	int rc = store_ledgers(r->store, &ledgers, err);
	const char *own = unit ? unit : r->config.unit;
	for (int all = 0; rc == 0 && s->found.n == 0 && all < (unit ? 1 : 2); all++)
		for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
			if (all || str_is(strchr(ledgers.items[i], '/') + 1, own))
				rc = search_ledger(r, s, ledgers.items[i], err);
	strs_free(&ledgers);
	return rc;
}

static int choose_record(struct cli *cli, struct blaming *b, struct err *err)
{
	struct search s = {.typed = args_word(&cli->args, 0)};
	const char *unit;
	int rc = reader_unit(b->r, args_get(&cli->args, "unit"), &unit, err);
	if (rc == 0)
		rc = search_all(b->r, &s, unit, err);
	if (rc == 0 && s.found.n == 0)
		rc = found_none(&s, err);
	else if (rc == 0 && s.found.n > 2)
		rc = found_many(&s, err);
	if (rc == 0) {
		b->ledger = arena_dup(&b->r->arena, s.found.items[0]);
		b->record = arena_dup(&b->r->arena, s.found.items[1]);
	}
	strs_free(&s.found);
	return rc;
}

/* ---- what is told of a field ---- */

static const char *value_text(const char *value)
{
	return value ? value : _(N_("(absent)"));
}

static json_t *write_json(
    struct blaming *b, const struct blame_write *w, const struct change *c, const char *lost)
{
	char hex[OID_HEX + 1];
	json_t *o = json_object();
	oid_hex(&w->change, hex);
	json_object_set_new(o, "change", json_string(hex));
	json_object_set_new(o, "writer", show_string(w->writer));
	json_object_set_new(o, "rank", json_integer(w->rank));
	json_object_set_new(o, "value", show_string(w->value));
	json_object_set_new(o, "time", c ? show_string(reader_time(b->r, c->time)) : json_null());
	json_object_set_new(o, "subject", c ? show_string(c->subject) : json_null());
	json_object_set_new(o, "reason", c ? show_string(c->body) : json_null());
	json_object_set_new(o, "sealed", json_boolean(w->seal));
	if (lost)
		json_object_set_new(o, "why", json_string(lost));
	return o;
}

struct overruled {
	const char *text; /* for the table */
	json_t *list;
};

static void add_overruled(
    struct blaming *b, struct overruled *out, const struct blame_write *w, const char *why)
{
	const char *one =
	    arena_printf(&b->r->arena, "%s (%s, %s)", value_text(w->value), w->writer, say_choice(why));
	struct change c;
	struct err none = {0};
	bool known = store_change(b->r->store, b->ledger, &w->change, &b->r->arena, &c, &none) == 0;
	out->text = out->text ? arena_printf(&b->r->arena, "%s; %s", out->text, one) : one;
	json_array_append_new(out->list, write_json(b, w, known ? &c : NULL, why));
}

/* A settlement names the conflicts it settles, also those of other fields. */
static void add_settled(
    struct blaming *b, struct overruled *out, const struct change *c, const struct blame_field *f)
{
	for (size_t i = 0; i < c->n_settles; i++) {
		const char *record, *field = NULL;
		struct blame_write w;
		if (blame_conflict(b->history, c->settles[i], &record, &field, &w) && field &&
		    str_is(record, b->record) && str_is(field, f->name) && !str_is(w.value, f->value))
			add_overruled(b, out, &w, "settled");
	}
}

static void show_write(struct blaming *b, const struct blame_field *f, const struct blame_write *w,
    const struct change *c, const char *overruled)
{
	char hex[OID_HEX + 1];
	oid_hex(&w->change, hex);
	hex[12] = '\0';
	const char *value =
	    f->disputed ? arena_printf(&b->r->arena, "%s: %s", say_choice("disputed"), value_text(w->value))
			: value_text(w->value);
	show_row(b->table, *f->name ? f->name : _(N_("(the record itself)")), value,
	    reader_unit_name(b->r, w->writer), arena_printf(&b->r->arena, "%d", w->rank),
	    reader_time(b->r, c->time), hex, overruled);
}

static void visit(void *ctx, const struct blame_field *f)
{
	struct blaming *b = ctx;
	struct overruled lost = {NULL, json_array()};
	json_t *field = json_object(), *writes = json_array();
	for (size_t i = 0; i < f->n; i++)
		if (f->writes[i].lost)
			add_overruled(b, &lost, &f->writes[i], f->writes[i].lost);
	for (size_t i = 0; i < f->n && b->rc == 0; i++) {
		struct change c;
		if (f->writes[i].lost)
			continue;
		b->rc = store_change(b->r->store, b->ledger, &f->writes[i].change, &b->r->arena, &c, b->err);
		if (b->rc)
			break;
		add_settled(b, &lost, &c, f);
		if (*f->name || f->n > 1 || !f->value)
			show_write(b, f, &f->writes[i], &c, lost.text);
		json_array_append_new(writes, write_json(b, &f->writes[i], &c, NULL));
	}
	json_object_set_new(field, "field", json_string(f->name));
	json_object_set_new(field, "value", show_string(f->value));
	json_object_set_new(field, "disputed", json_boolean(f->disputed));
	json_object_set_new(field, "writes", writes);
	json_object_set_new(field, "overruled", lost.list);
	json_array_append_new(b->fields, field);
}

static void show_all(struct blaming *b, bool json)
{
	if (b->rc == 0 && json) {
		json_t *o = json_object();
		json_object_set_new(o, "ledger", json_string(b->ledger));
		json_object_set_new(o, "record", json_string(b->record));
		json_object_set(o, "fields", b->fields);
		show_json(o);
	}
	if (b->rc == 0 && !json) {
		say_out("%1 %2", b->ledger, b->record);
		show_end(b->table);
	} else {
		show_drop(b->table);
	}
	json_decref(b->fields);
}

int cli_blame(struct cli *cli, struct err *err)
{
	struct reader r;
	struct blaming b = {.r = &r, .err = err};
	b.rc = reader_open(cli, &r, err);
	if (b.rc == 0)
		b.rc = choose_record(cli, &b, err);
	if (b.rc == 0)
		b.rc = store_history(r.store, b.ledger, &b.history, err);
	if (b.rc == 0) {
		b.table = show_table();
		b.fields = json_array();
		show_column(b.table, SHOW_LEFT, N_("FIELD"));
		show_column(b.table, SHOW_WRAP, N_("VALUE"));
		show_column(b.table, SHOW_WRAP, N_("WRITER"));
		show_column(b.table, SHOW_LEFT, N_("RANK"));
		show_column(b.table, SHOW_LEFT, N_("TIME"));
		show_column(b.table, SHOW_LEFT, N_("CHANGE"));
		show_column(b.table, SHOW_WRAP, N_("OVERRULED"));
		blame_record(b.history, b.ledger, b.record, visit, &b);
		show_all(&b, cli->json);
	}
	reader_close(&r);
	return b.rc;
}

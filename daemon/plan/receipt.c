#include "plan/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "plan/due.h"

#define ROWS_AT_ONCE 16 /* versions of one report that were made before it was ever sent */
#define RECORDS_AT_ONCE 256 /* of one change: what the rule closes by it needs room, too */

const char *receipt_path(struct arena *arena, const char *report_path)
{
	return arena_printf(arena, "receipts/%s", report_path + strlen("reports/"));
}

static const char *column(const struct record *r, struct arena *arena, const char *row, const char *name)
{
	return record_get(r, arena_printf(arena, "versions.%s.%s", row, name));
}

static int by_version(const void *a, const void *b)
{
	const struct report_receipt *x = a, *y = b;
	long long m = atoll(x->version), n = atoll(y->version);
	if (m == n)
		return strcmp(x->row, y->row);
	return m < n ? -1 : 1;
}

static void fill(const struct record *r, struct arena *arena, const char *row, struct report_receipt *out)
{
	out->row = row;
	out->version = arena_dup_len(arena, row, strspn(row, "0123456789"));
	out->received = column(r, arena, row, "received");
	out->by = column(r, arena, row, "by");
	out->change = column(r, arena, row, "change");
	out->due = column(r, arena, row, "due");
	out->directive = column(r, arena, row, "directive");
	out->directive_version = column(r, arena, row, "directive_version");
	out->late = column(r, arena, row, "late");
}

int receipt_read(const struct view *v, const char *ledger, const char *report_path, struct arena *arena,
    struct report_receipt **out, size_t *n, struct err *err)
{
	struct record r;
	struct err mine = {0};
	size_t i = 0;
	const char *row;
	*n = 0;
	*out = NULL;
	int rc = v->read(v->ctx, ledger, receipt_path(arena, report_path), arena, &r, &mine);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc) {
		*err = mine;
		return rc;
	}
	*out = arena_alloc(arena, (r.n + 1) * sizeof **out);
	while (record_next_key(&r, "versions", &i, &row))
		fill(&r, arena, row, &(*out)[(*n)++]);
	qsort(*out, *n, sizeof **out, by_version);
	return 0;
}

bool receipt_is_late(const struct report_receipt *receipts, size_t n)
{
	return n && receipts[0].late && strcmp(receipts[0].late, "yes") == 0;
}

bool receipt_is_overdue(const struct view *v, const char *due)
{
	struct err none = {0};
	day_t day;
	return due && date_parse_due(due, &day, &none) == 0 && v->now >= date_end(day);
}

static bool is_mine_to_receive(const struct view *v, const char *ledger, const char *path)
{
	const struct record_type *type = type_by_path(ledger, path);
	if (strncmp(ledger, "reports/", strlen("reports/")) != 0 || v->station || !type ||
	    strcmp(type->name, "report") != 0)
		return false;
	const struct registry_unit *u = registry_unit(v->registry, ledger + strlen("reports/"));
	return u && !u->station && u->parent && strcmp(u->parent, v->unit) == 0;
}

bool receipt_is_wanted(const struct view *v, const char *ledger, const char *report_path)
{
	struct arena arena = {0};
	struct record report;
	struct err none = {0};
	struct report_receipt *receipts;
	size_t n = 0;
	bool wanted = is_mine_to_receive(v, ledger, report_path) &&
		      v->read(v->ctx, ledger, report_path, &arena, &report, &none) == 0 &&
		      report_is_reported(&report) && record_get(&report, "version");
	if (wanted && receipt_read(v, ledger, report_path, &arena, &receipts, &n, &none) == 0)
		for (size_t i = 0; wanted && i < n; i++)
			wanted = strcmp(receipts[i].version, record_get(&report, "version")) != 0;
	arena_free(&arena);
	return wanted;
}

/* One report whose versions are looked through. */
struct receiving {
	const struct view *v;
	const char *ledger, *path;
	struct due_report report;
	struct arena *arena;
	struct view_write *writes; /* of its version */
	size_t n_writes;
	struct record r; /* its receipts */
	struct report_receipt *rows;
	size_t n_rows;
	const char *added; /* the version of the newest row put in; NULL: none */
};

static int open_report(struct receiving *w, struct err *err)
{
	const struct record_type *type = type_by_name("report");
	char issuer[65], plan[65], period[65];
	bool exists;
	if (!type_path_part(type, w->path, 0, issuer) || !type_path_part(type, w->path, 1, plan) ||
	    !type_path_part(type, w->path, 2, period))
		return 0;
	w->report.unit = w->ledger + strlen("reports/");
	w->report.issuer = arena_dup(w->arena, issuer);
	w->report.plan = arena_dup(w->arena, plan);
	w->report.period = arena_dup(w->arena, period);
	int rc =
	    w->v->writes(w->v->ctx, w->ledger, w->path, "version", w->arena, &w->writes, &w->n_writes, err);
	if (rc == 0)
		rc = view_open(
		    w->v, w->ledger, receipt_path(w->arena, w->path), w->arena, &w->r, &exists, err);
	return rc ? rc : receipt_read(w->v, w->ledger, w->path, w->arena, &w->rows, &w->n_rows, err);
}

static bool made(const struct receiving *w, const char *version, const char *change)
{
	char hex[OID_HEX + 1];
	for (size_t i = 0; i < w->n_writes; i++) {
		oid_hex(&w->writes[i].change, hex);
		if (str_is(w->writes[i].value, version) && str_is(change, hex))
			return true;
	}
	return false;
}

/* Is there a receipt of this version and this change? What was taken down before under the name of another change that
 * made no version is one, too. */
static bool has_row(const struct receiving *w, const char *version, const struct oid *change)
{
	char hex[OID_HEX + 1];
	oid_hex(change, hex);
	for (size_t i = 0; i < w->n_rows; i++)
		if (strcmp(w->rows[i].version, version) == 0 &&
		    (str_is(w->rows[i].change, hex) || !made(w, version, w->rows[i].change)))
			return true;
	return false;
}

/* "2"; "2-2" where another change was received as version 2 before: the node was restored from an old copy. */
static const char *row_key(const struct receiving *w, const char *version)
{
	const char *key = version;
	for (unsigned n = 2; column(&w->r, w->arena, key, "change"); n++)
		key = arena_printf(w->arena, "%s-%u", version, n);
	return key;
}

static void put(struct receiving *w, const char *row, const char *name, const char *value)
{
	record_put(&w->r, arena_printf(w->arena, "versions.%s.%s", row, name), arena_dup(w->arena, value));
}

static int put_row(struct receiving *w, const char *version, const struct oid *change, struct err *err)
{
	struct change sent;
	struct due due = {0};
	char received[32], hex[OID_HEX + 1];
	day_t day;
	int rc = w->v->change(w->v->ctx, w->ledger, change, w->arena, &sent, err);
	if (rc == 0)
		rc = due_known(w->v, &w->report, &sent, w->arena, &due, err);
	if (rc)
		return rc;
	const char *row = row_key(w, version);
	oid_hex(change, hex);
	date_time_print(w->v->now, received);
	put(w, row, "change", hex);
	put(w, row, "received", received);
	put(w, row, "by", w->v->unit);
	w->added = version;
	if (!due.date || date_parse_due(due.date, &day, err) != 0)
		return err->code;
	put(w, row, "due", due.date);
	put(w, row, "directive", due.directive);
	put(w, row, "directive_version", due.version);
	put(w, row, "late", w->v->now >= date_end(day) ? "yes" : "no");
	return 0;
}

/* Did the i-th write of the version make one that stands, or stood? Not a seal, which only repeats it; not where the
 * same version was made again later; not one that a superior has overruled. */
static bool is_version(const struct receiving *w, size_t i, long long newest)
{
	const struct view_write *one = &w->writes[i];
	if (one->seal || !one->value || strtoll(one->value, NULL, 10) > newest)
		return false;
	for (size_t k = i + 1; k < w->n_writes; k++)
		if (!w->writes[k].seal && str_is(w->writes[k].value, one->value))
			return false;
	return true;
}

static int put_rows(struct receiving *w, long long newest, struct err *err)
{
	size_t first = w->n_writes > ROWS_AT_ONCE ? w->n_writes - ROWS_AT_ONCE : 0;
	int rc = 0;
	for (size_t i = first; rc == 0 && i < w->n_writes; i++) {
		const struct view_write *one = &w->writes[i];
		struct record then;
		if (!is_version(w, i, newest) || has_row(w, one->value, &one->change))
			continue;
		rc = w->v->read_at(w->v->ctx, w->ledger, &one->change, w->path, w->arena, &then, err);
		if (rc == 0 && report_is_reported(&then))
			rc = put_row(w, one->value, &one->change, err);
	}
	return rc;
}

static bool is_in(const struct outcome *o, const char *ledger, const char *path)
{
	for (size_t i = 0; i < o->n_changes; i++)
		for (size_t k = 0; k < o->changes[i].n_records; k++)
			if (strcmp(o->changes[i].ledger, ledger) == 0 &&
			    strcmp(o->changes[i].records[k].path, path) == 0)
				return true;
	return false;
}

static void hand_over(struct receiving *w, struct outcome *o, const char *path)
{
	struct change *last = o->n_changes ? &o->changes[o->n_changes - 1] : NULL;
	if (last && strcmp(last->ledger, w->ledger) == 0 && last->n_records < RECORDS_AT_ONCE)
		last->subject = arena_printf(&o->arena, "receipt: %zu reports", last->n_records + 1);
	else
		last = outcome_change(
		    o, w->ledger, arena_printf(&o->arena, "receipt: %s version %s", w->path, w->added), NULL);
	outcome_put(o, last, path, &w->r);
}

int receipt_for(
    const struct view *v, const char *ledger, const char *report_path, struct outcome *o, struct err *err)
{
	struct receiving w = {.v = v, .ledger = ledger, .path = report_path, .arena = &o->arena};
	struct record now;
	struct err none = {0};
	if (!is_mine_to_receive(v, ledger, report_path))
		return 0;
	const char *path = receipt_path(w.arena, report_path);
	if (is_in(o, ledger, path) || v->read(v->ctx, ledger, report_path, w.arena, &now, &none) != 0)
		return 0;
	const char *version = record_get(&now, "version");
	if (!version)
		return 0;
	int rc = open_report(&w, err);
	if (rc == 0)
		rc = put_rows(&w, strtoll(version, NULL, 10), err);
	if (rc == 0 && w.added)
		hand_over(&w, o, path);
	return rc;
}

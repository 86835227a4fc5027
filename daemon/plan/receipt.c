#include "plan/receipt.h"

#include <stdlib.h>
#include <string.h>

/* "reports/31/p/2026-06.yaml" -> "receipts/31/p/2026-06.yaml". */
static const char *receipt_path(struct arena *arena, const char *report_path)
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
	return m < n ? -1 : m > n;
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
	while (record_next_key(&r, "versions", &i, &row)) {
		struct report_receipt *t = &(*out)[*n];
		t->version = row;
		t->received = column(&r, arena, row, "received");
		t->by = column(&r, arena, row, "by");
		t->change = column(&r, arena, row, "change");
		t->due = column(&r, arena, row, "due");
		t->late = column(&r, arena, row, "late");
		(*n)++;
	}
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

/* The due date that holds for a report record. */
static int due_of(const struct view *v, const char *unit, const char *path, struct arena *arena,
    const char **due, struct err *err)
{
	const struct record_type *type = type_by_name("report");
	struct directives all;
	char issuer[65], plan[65], period[65];
	*due = NULL;
	if (!type_path_part(type, path, 0, issuer) || !type_path_part(type, path, 1, plan) ||
	    !type_path_part(type, path, 2, period))
		return 0;
	int rc = directive_read(v, arena, &all, err);
	if (rc == 0)
		*due = directive_due(v, &all, issuer, plan, period, unit);
	return rc;
}

static int write_row(const struct view *v, const char *ledger, const char *path, const char *version,
    struct outcome *o, struct err *err)
{
	struct arena *arena = &o->arena;
	const char *unit = ledger + strlen("reports/"), *receipts = receipt_path(arena, path), *due;
	struct change sent;
	struct record r;
	struct err none = {0};
	char received[32], hex[OID_HEX + 1];
	day_t day;
	int rc = due_of(v, unit, path, arena, &due, err);
	if (rc == 0)
		rc = v->last_change(v->ctx, ledger, path, arena, &sent, err);
	if (rc)
		return rc;
	if (v->read(v->ctx, ledger, receipts, arena, &r, &none) != 0)
		record_init(&r, arena, type_by_name("receipt"));
	oid_hex(&sent.id, hex);
	date_time_print(v->now, received);
	record_put(&r, arena_printf(arena, "versions.%s.change", version), arena_dup(arena, hex));
	record_put(&r, arena_printf(arena, "versions.%s.received", version), arena_dup(arena, received));
	record_put(&r, arena_printf(arena, "versions.%s.by", version), arena_dup(arena, v->unit));
	if (due && date_parse_due(due, &day, err) == 0) {
		record_put(&r, arena_printf(arena, "versions.%s.due", version), due);
		record_put(&r, arena_printf(arena, "versions.%s.late", version),
		    v->now >= date_end(day) ? "yes" : "no");
	}
	struct change *c =
	    outcome_change(o, ledger, arena_printf(arena, "receipt: %s version %s", path, version), NULL);
	outcome_put(o, c, receipts, &r);
	return err->code;
}

int receipt_for(
    const struct view *v, const char *ledger, const char *report_path, struct outcome *o, struct err *err)
{
	struct record report;
	struct err none = {0};
	struct report_receipt *receipts;
	size_t n;
	if (!is_mine_to_receive(v, ledger, report_path))
		return 0;
	if (v->read(v->ctx, ledger, report_path, &o->arena, &report, &none) != 0 ||
	    !report_is_reported(&report))
		return 0;
	const char *version = record_get(&report, "version");
	if (!version)
		return 0;
	int rc = receipt_read(v, ledger, report_path, &o->arena, &receipts, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (strcmp(receipts[i].version, version) == 0)
			return 0;
	return rc ? rc : write_row(v, ledger, report_path, version, o, err);
}

#include "plan/receipt_check.h"

#include <string.h>

#include "plan/report.h"

#define RECEIPTS "receipts/"

struct checking {
	const struct receipt_source *source;
	const struct change_texts *texts;
	const struct record *before, *after;
	const char *report; /* its path */
	struct arena *arena;
	struct err *err;
};

static int refuse(struct checking *k, const char *msg, const char *row, const char *change)
{
	ERR_CLEAR(k->err);
	err_set(k->err, ERR_REFUSED, msg, row, k->report, change);
	err_rule(k->err, "receipt", k->texts->path, arena_printf(k->arena, "versions.%s.change", row));
	return ERR_REFUSED;
}

/* "2", and "2-2" where that version was made twice. */
static bool is_version(const char *row, const char *version)
{
	size_t len = version ? strlen(version) : 0;
	return len && strncmp(row, version, len) == 0 && (!row[len] || row[len] == '-');
}

static int check_row(struct checking *k, const char *row)
{
	const char *field = arena_printf(k->arena, "versions.%s.change", row);
	const char *now = record_get(k->after, field);
	struct oid change;
	struct record report;
	if (!now || (k->before && str_is(record_get(k->before, field), now)))
		return 0;
	if (!oid_parse(&change, now) || !k->source->seen(k->source->ctx, &change))
		return refuse(k,
		    N_("the receipt for version %1 of %2 names the change %3, which its writer had not seen"),
		    row, now);
	int rc = k->source->read(k->source->ctx, &change, k->report, k->arena, &report, k->err);
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	if (rc || !report_is_reported(&report) || !is_version(row, record_get(&report, "version")))
		return refuse(k,
		    N_("the receipt for version %1 of %2 names the change %3, which did not submit it"), row,
		    now);
	return 0;
}

static int check_rows(struct checking *k)
{
	const struct change_texts *t = k->texts;
	struct record before, after;
	const char *row;
	size_t i = 0;
	int rc = record_parse(&after, k->arena, type_by_name("receipt"), t->after, t->after_len, k->err);
	if (rc == 0 && t->before)
		rc = record_parse(
		    &before, k->arena, type_by_name("receipt"), t->before, t->before_len, k->err);
	k->after = &after;
	k->before = t->before ? &before : NULL;
	k->report = arena_printf(k->arena, "reports/%s", t->path + strlen(RECEIPTS));
	while (rc == 0 && record_next_key(&after, "versions", &i, &row))
		rc = check_row(k, row);
	return rc;
}

int receipt_check(const struct receipt_source *source, const struct change *c,
    const struct change_texts *texts, size_t n, struct err *err)
{
	struct arena arena = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct checking k = {.source = source, .texts = &texts[i], .arena = &arena, .err = err};
		const struct record_type *type = type_by_path(c->ledger, texts[i].path);
		if (type && strcmp(type->name, "receipt") == 0 && texts[i].after &&
		    texts[i].before != texts[i].after)
			rc = check_rows(&k);
	}
	arena_free(&arena);
	return rc;
}

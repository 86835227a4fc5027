/*
 * `report fill`: the totals of all units below this one, written into its own ledger, for a superior to whom it relays
 * only totals (schema/wire.md, "Totals").
 */
#include <stdlib.h>
#include <string.h>

#include "plan/report.h"
#include "plan/total.h"
#include "plan/writing.h"

struct filling {
	const struct view *v;
	struct outcome *o;
	struct total total;
	const char *ledger, *path;
	struct record was, now;
	bool exists;
	struct buf changed; /* "TT01=59 (42), reported=3 (2)" */
};

static int may_fill(const struct view *v, struct err *err)
{
	const struct registry_unit *u = registry_unit(v->registry, v->unit);
	int rc = writing_no_station(v, err);
	if (rc || (u && u->parent && registry_relays_totals(v->registry, v->unit, REGISTRY_TODAY)))
		return rc;
	if (u && u->parent) {
		err_set(err, ERR_REFUSED, N_("%1 relays whole ledgers to %2, which makes the totals itself"),
		    v->unit, u->parent);
		err_hint(err, N_("to relay only totals: tuyen config relay totals"));
	} else {
		err_set(err, ERR_REFUSED, N_("%1 has no superior who could want its totals"), v->unit);
	}
	return ERR_REFUSED;
}

/* The SHA-256 over what the ledgers below stand at, in the order of their names. */
static int put_state(struct filling *f, struct err *err)
{
	struct strs ledgers = {0};
	struct buf lines = {0};
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	int rc = f->v->ledgers(f->v->ctx, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
		const char *name = ledgers.items[i];
		struct oid tip;
		char id[OID_HEX + 1];
		if (strncmp(name, "reports/", 8) != 0 || strcmp(name + 8, f->v->unit) == 0)
			continue;
		rc = f->v->tip(f->v->ctx, name, &tip, err);
		oid_hex(&tip, id);
		buf_printf(&lines, "%s %s\n", name, id);
	}
	hash_sha256(buf_str(&lines), lines.len, hash);
	hex_encode(hash, OID_SIZE, hex);
	if (rc == 0)
		rc = record_set(&f->now, "state", hex, err);
	strs_free(&ledgers);
	buf_free(&lines);
	return rc;
}

static int put_number(struct filling *f, const char *field, size_t n, struct err *err)
{
	return record_set(&f->now, field, arena_printf(&f->o->arena, "%zu", n), err);
}

static int put_row(struct filling *f, const struct total_row *row, struct err *err)
{
	struct arena *arena = &f->o->arena;
	const char *at = arena_printf(arena, "figures.%s", row->indicator);
	const struct {
		const char *column, *text;
	} texts[] = {{"value", row->numerator ? NULL : row->value}, {"numerator", row->numerator},
	    {"denominator", row->denominator}};
	const struct {
		const char *column;
		size_t n;
	} numbers[] = {{"expected", row->expected}, {"reported", row->reported}, {"disputed", row->disputed}};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < 3; i++)
		if (texts[i].text)
			rc = record_set(
			    &f->now, arena_printf(arena, "%s.%s", at, texts[i].column), texts[i].text, err);
	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = put_number(f, arena_printf(arena, "%s.%s", at, numbers[i].column), numbers[i].n, err);
	return rc;
}

static int put_all(struct filling *f, struct err *err)
{
	size_t late = f->total.late.n;
	int rc = 0;
	record_init(&f->now, &f->o->arena, type_by_name("total"));
	for (size_t i = 0; i < f->total.n_relays; i++)
		late += f->total.relays[i].late;
	rc = put_number(f, "expected", f->total.expected, err);
	if (rc == 0)
		rc = put_number(f, "reported", f->total.reported, err);
	if (rc == 0)
		rc = put_number(f, "late", late, err);
	for (size_t i = 0; rc == 0 && i < f->total.n_rows; i++)
		if (f->total.rows[i].expected)
			rc = put_row(f, &f->total.rows[i], err);
	return rc;
}

static void note_change(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct filling *f = ctx;
	const char *name = strncmp(field, "figures.", 8) == 0 ? field + 8 : field;
	bool figure = name != field;
	if (!figure && strcmp(field, "expected") != 0 && strcmp(field, "reported") != 0 &&
	    strcmp(field, "late") != 0)
		return;
	size_t len = strlen(name);
	if (figure && len > 6 && strcmp(name + len - 6, ".value") == 0)
		len -= 6;
	buf_printf(
	    &f->changed, "%s%.*s=%s", f->changed.len ? ", " : "", (int)len, name, new_value ? new_value : "");
	if (old_value)
		buf_printf(&f->changed, " (%s)", old_value);
}

/* Earlier corrections stay; what differs from the version before is the next one. */
static int put_version(struct filling *f, const struct args *a, struct err *err)
{
	struct arena *arena = &f->o->arena;
	const char *version = record_get(&f->was, "version"), *reason = NULL, *key;
	long long n = version ? strtoll(version, NULL, 10) + 1 : 1;
	static const char *const columns[] = {"fields", "reason"};
	int rc = f->exists ? writing_reason(a, arena, &reason, err) : 0;
	for (size_t i = 0; rc == 0 && record_next_key(&f->was, "corrections", &i, &key);)
		for (size_t k = 0; k < 2; k++) {
			const char *field = arena_printf(arena, "corrections.%s.%s", key, columns[k]);
			record_put(&f->now, field, record_get(&f->was, field));
		}
	if (rc == 0 && f->exists)
		rc = record_set(
		    &f->now, arena_printf(arena, "corrections.%lld.fields", n), buf_str(&f->changed), err);
	if (rc == 0 && f->exists)
		rc = record_set(&f->now, arena_printf(arena, "corrections.%lld.reason", n), reason, err);
	if (rc == 0)
		rc = record_set(&f->now, "version", arena_printf(arena, "%lld", n), err);
	return rc;
}

static int commit(struct filling *f, const struct args *a, struct err *err)
{
	char taken[32];
	struct arena *arena = &f->o->arena;
	date_time_print(f->v->now, taken);
	int rc = put_version(f, a, err);
	if (rc == 0)
		rc = record_set(&f->now, "taken", taken, err);
	if (rc == 0)
		rc = put_state(f, err);
	if (rc == 0)
		rc = record_check(&f->now, err);
	if (rc)
		return rc;
	struct change *c = outcome_change(f->o, f->ledger,
	    arena_printf(arena, "report: fill %s %s", f->total.plan, f->total.period.id),
	    f->exists ? args_get(a, "reason") : NULL);
	outcome_put(f->o, c, f->path, &f->now);
	outcome_note(f->o, N_("totals of %1 for %2 written, version %3: %4 of %5 units have reported"),
	    f->total.plan, f->total.period.id, record_get(&f->now, "version"),
	    record_get(&f->now, "reported"), record_get(&f->now, "expected"));
	return 0;
}

static int open_record(struct filling *f, const struct args *a, struct err *err)
{
	const struct total_options options = {.below = true};
	struct arena *arena = &f->o->arena;
	int rc = total_compute(f->v, args_word(a, 0), args_word(a, 1), &options, arena, &f->total, err);
	if (rc)
		return rc;
	if (f->total.expected == 0) {
		err_set(err, ERR_REFUSED, N_("plan %1 asks no figures of units below %2"), f->total.plan,
		    f->v->unit);
		err_hint(err, N_("'tuyen indicator list %1' shows whom it asks"));
		return ERR_REFUSED;
	}
	f->ledger = arena_printf(arena, "reports/%s", f->v->unit);
	f->path =
	    arena_printf(arena, "totals/%s/%s/%s.yaml", f->total.issuer, f->total.plan, f->total.period.id);
	return view_open(f->v, f->ledger, f->path, arena, &f->was, &f->exists, err);
}

int report_op_fill(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct filling f = {.v = v, .o = o};
	int rc = may_fill(v, err);
	if (rc == 0)
		rc = open_record(&f, a, err);
	if (rc == 0)
		rc = put_all(&f, err);
	if (rc == 0)
		record_diff(&f.was, &f.now, note_change, &f);
	if (rc == 0 && f.exists && f.changed.len == 0)
		outcome_note(o, N_("nothing changed: the totals of %1 for %2 say so already, version %3"),
		    f.total.plan, f.total.period.id, record_get(&f.was, "version"));
	else if (rc == 0)
		rc = commit(&f, a, err);
	total_free(&f.total);
	buf_free(&f.changed);
	return rc;
}

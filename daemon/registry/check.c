#include "registry/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/text.h"

#define SUBJECT_MAX 200 /* characters */

int check_refuse_list(
    struct check *k, const char *rule, const char *record, const char *field, const char *const *msg_and_args)
{
	int rc = err_set_list(k->err, ERR_REFUSED, msg_and_args);
	err_rule(k->err, rule, record, field);
	return rc;
}

int check_parse(struct check *k, const struct record_type *type, const char *path, const char *text,
    size_t len, const struct record **out)
{
	*out = NULL;
	if (!text)
		return 0;
	struct record *rec = arena_alloc(&k->arena, sizeof *rec);
	if (record_parse(rec, &k->arena, type, text, len, k->err) < 0) {
		k->err->code = ERR_REFUSED;
		err_rule(k->err, "form", path, NULL);
		return ERR_REFUSED;
	}
	*out = rec;
	return 0;
}

int check_right(struct check *k, const struct record_type *type, const char *path, const char *field)
{
	const struct field_type *top = NULL;
	/* A field of a newer version: the default rights (schema/types.md). */
	unsigned writers = WRITER_UNIT | WRITER_SUPERIOR;
	if (type_field(type, field, &top) && top)
		writers = top->writers;
	if (writers & k->role)
		return 0;
	return check_refuse(k, "right", path, field, N_("%1 may not write %2 of %3 in the ledger %4"),
	    k->writer, field, path, k->change->ledger);
}

bool check_settles(const struct check *k, const char *record, const char *field)
{
	for (size_t i = 0; i < k->n_settled; i++)
		if (strcmp(k->settled[i].record, record) == 0 && strcmp(k->settled[i].field, field) == 0)
			return true;
	return false;
}

const char *check_column(struct check *k, const struct record *rec, const char *row, const char *column)
{
	return rec ? record_get(rec, arena_printf(&k->arena, "%s.%s", row, column)) : NULL;
}

const char *check_row(struct check *k, const char *field)
{
	const char *dot = strrchr(field, '.');
	return dot ? arena_dup_len(&k->arena, field, (size_t)(dot - field)) : field;
}

static int park(struct check *k, const char *msg, const char *unit)
{
	err_set(k->err, ERR_PARKED, msg, unit);
	err_hint(k->err, N_("a sync with the superior brings the registry"));
	return ERR_PARKED;
}

/* The anchor's rank stands in the record of its unit, which its own first change brings. */
static int writer_rank(struct check *k)
{
	k->rank = k->grant->rank;
	char *path = arena_printf(&k->arena, "units/%s.yaml", k->grant->unit);
	for (size_t i = 0; k->rank < 0 && i < k->n_texts; i++) {
		const struct change_texts *t = &k->texts[i];
		const struct record *rec;
		if (strcmp(t->path, path) != 0)
			continue;
		int rc = check_parse(k, type_by_name("unit"), path, t->after, t->after_len, &rec);
		if (rc < 0)
			return rc;
		k->rank = rec ? registry_rank(record_get(rec, "rank")) : -1;
	}
	if (k->rank < 0)
		return park(k, N_("the record of unit %1, the anchor, has not arrived yet"), k->grant->unit);
	return 0;
}

static int check_grant(struct check *k)
{
	const struct change *c = k->change;
	const struct registry_grant *g = k->grant;
	int rc = writer_rank(k);
	if (rc < 0)
		return rc;
	const char *what = NULL;
	if (!oid_eq(&c->grant, &g->change))
		what = "Tuyen-Grant";
	else if (!str_same(c->unit, g->unit))
		what = "Tuyen-Unit";
	else if (!str_same(c->station, g->station))
		what = "Tuyen-Station";
	else if (!str_same(c->agency, g->agency))
		what = "Tuyen-Agency";
	else if (c->rank != k->rank)
		what = "Tuyen-Rank";
	if (!what)
		return 0;
	return check_refuse(k, "grant", NULL, what,
	    N_("what the change of %1 says of its writer in %2 is not what its grant says"), k->writer, what);
}

static int check_size(struct check *k)
{
	const struct change *c = k->change;
	size_t total = 0;
	if (!c->subject || !*c->subject || strchr(c->subject, '\n') || text_chars(c->subject) > SUBJECT_MAX)
		return check_refuse(k, "size", NULL, NULL,
		    N_("the change of %1 needs a subject of one line, at most 200 characters"), k->writer);
	if (c->body && strlen(c->body) > CHANGE_MESSAGE_MAX)
		return check_refuse(k, "size", NULL, NULL,
		    N_("the reason that %1 gives is longer than 8192 bytes"), k->writer);
	if (c->n_records > CHANGE_RECORDS_MAX)
		return check_refuse(
		    k, "size", NULL, NULL, N_("the change of %1 touches more than 512 records"), k->writer);
	for (size_t i = 0; i < c->n_records; i++)
		total += c->records[i].text ? c->records[i].len : 0;
	if (total > CHANGE_BYTES_MAX)
		return check_refuse(
		    k, "size", NULL, NULL, N_("the change of %1 is longer than 6 MB"), k->writer);
	return 0;
}

/* Whose ledger it is, and what the writer is to that unit. */
static int check_ledger(struct check *k)
{
	const struct change *c = k->change;
	const char *slash = c->ledger ? strchr(c->ledger, '/') : NULL;
	bool down = slash && strncmp(c->ledger, "directives/", 11) == 0;
	bool up = slash && strncmp(c->ledger, "reports/", 8) == 0;
	if ((!down && !up) || !text_is_id(slash + 1))
		return check_refuse(k, "ledger", NULL, NULL, N_("there is no ledger of the name %1"),
		    c->ledger ? c->ledger : "");
	snprintf(k->owner, sizeof k->owner, "%s", slash + 1);
	const struct registry_unit *owner = registry_unit(k->r, k->owner);
	if (strcmp(c->unit, k->owner) == 0) {
		k->role = c->station ? WRITER_STATION : WRITER_UNIT;
		if (up || !c->station)
			return 0;
	} else if (up && !c->station) {
		k->role = WRITER_SUPERIOR;
		if (!owner)
			return park(k, N_("the record of unit %1 has not arrived yet"), k->owner);
		if (registry_was_above(k->r, c->unit, k->owner) && k->rank < owner->rank)
			return 0;
		k->role = WRITER_UNIT;
		if (registry_replaces(k->r, c->unit, k->owner))
			return 0;
	}
	return check_refuse(
	    k, "ledger", NULL, NULL, N_("%1 may not write to the ledger %2"), k->writer, c->ledger);
}

struct fields {
	struct check *k;
	const struct check_record *rec;
	int rc;
};

static void visit_field(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct fields *f = ctx;
	(void)old_value;
	(void)new_value;
	if (f->rc == 0)
		f->rc = check_right(f->k, f->rec->type, f->rec->path, field);
}

static int check_fields(struct check *k, const struct check_record *rec)
{
	struct fields f = {k, rec, 0};
	record_diff(rec->before, rec->after, visit_field, &f);
	return f.rc;
}

static int check_levels(struct check *k, const struct check_record *rec)
{
	if (check_is_anchor(k))
		return 0;
	return check_refuse(k, "right", rec->path, NULL,
	    N_("%1 may not write %2: only the anchor names the levels"), k->writer, rec->path);
}

/* What a type asks beyond the rights to its fields. */
static const struct {
	const char *type;
	int (*check)(struct check *k, const struct check_record *rec);
} special[] = {
    {"levels", check_levels},
    {"unit", check_unit},
    {"unit", check_vouched},
    {"move", check_move},
    {"handover", check_handover},
    {"handover", check_vouched},
};

/* Nobody writes a record longer than 64 KB, or makes one longer that merging made so; conflict records are derived. */
static int check_length(struct check *k, const struct change_texts *t)
{
	size_t limit = t->before && t->before_len > YAML_RECORD_MAX ? t->before_len : YAML_RECORD_MAX;
	if (!t->after || t->after_len <= limit || strncmp(t->path, "conflicts/", 10) == 0)
		return 0;
	return check_refuse(
	    k, "size", t->path, NULL, N_("%1 writes %2 longer than 64 KB"), k->writer, t->path);
}

static int check_text(struct check *k, const struct change_texts *t)
{
	struct check_record rec = {.path = t->path, .type = type_by_path(k->change->ledger, t->path)};
	if (!rec.type)
		return check_refuse(k, "path", t->path, NULL,
		    N_("%1 may not write %2: no record of the ledger %3 has that name"), k->writer, t->path,
		    k->change->ledger);
	int rc = check_parse(k, rec.type, t->path, t->before, t->before_len, &rec.before);
	if (rc == 0)
		rc = check_parse(k, rec.type, t->path, t->after, t->after_len, &rec.after);
	if (rc == 0 && strcmp(rec.type->name, "conflict") == 0)
		return check_conflict(k, &rec);
	if (rc == 0)
		rc = check_fields(k, &rec);
	if (rc == 0)
		rc = check_seal(k, &rec);
	for (size_t i = 0; rc == 0 && i < sizeof special / sizeof *special; i++)
		if (strcmp(rec.type->name, special[i].type) == 0)
			rc = special[i].check(k, &rec);
	return rc;
}

int registry_check(const struct registry *r, const struct registry_grant *grant, const struct change *c,
    const struct change_texts *texts, size_t n_texts, struct err *err)
{
	struct check k = {
	    .r = r, .grant = grant, .change = c, .texts = texts, .n_texts = n_texts, .err = err};
	change_writer(c, k.writer);
	int rc = check_grant(&k);
	if (rc == 0)
		rc = check_size(&k);
	if (rc == 0)
		rc = check_ledger(&k);
	if (rc == 0)
		rc = check_reserve(&k);
	for (size_t i = 0; rc == 0 && i < c->n_settles; i++)
		rc = check_settle(&k, c->settles[i]);
	for (size_t i = 0; rc == 0 && i < n_texts; i++)
		if ((rc = check_length(&k, &texts[i])) == 0)
			rc = check_text(&k, &texts[i]);
	free(k.settled);
	arena_free(&k.arena);
	return rc;
}

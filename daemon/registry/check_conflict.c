/*
 * Conflict records are derived by the merge rule, which the store checks by computing them again. Authored in them are
 * only objections and answers; and settling is a right that follows rank: nobody settles above his own.
 */
#include "registry/inside.h"

#include <string.h>

#define CONFLICT_ID 40

struct rows {
	struct check *k;
	const struct check_record *rec;
	int rc;
};

static bool is_writer(const struct check *k, const char *unit)
{
	return strcmp(unit, k->change->unit) == 0 || strcmp(unit, k->writer) == 0;
}

/* Each row of objections and answers is its writer's alone. */
static void visit_row(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct rows *s = ctx;
	const struct field_type *top = NULL;
	(void)old_value;
	(void)new_value;
	if (s->rc < 0)
		return;
	type_field(s->rec->type, field, &top);
	if (top && (top->writers & WRITER_RULE))
		return;
	s->rc = check_right(s->k, s->rec->type, s->rec->path, field);
	if (s->rc < 0 || !top || top->shape != SHAPE_TABLE)
		return;
	const char *row = check_row(s->k, field);
	const char *old = check_column(s->k, s->rec->before, row, "unit");
	const char *now = check_column(s->k, s->rec->after, row, "unit");
	if ((old && !is_writer(s->k, old)) || (now && !is_writer(s->k, now)) || (!now && new_value))
		s->rc = check_refuse(s->k, "right", s->rec->path, field,
		    N_("%1 may not write %2 of %3: a row stands in the name of whoever writes it"),
		    s->k->writer, field, s->rec->path);
}

/* That the record is gone is the rule's word, not the writer's. */
int check_conflict(struct check *k, const struct check_record *rec)
{
	struct rows s = {k, rec, 0};
	if (rec->after)
		record_diff(rec->before, rec->after, visit_row, &s);
	return s.rc;
}

/* The rank that a settler must have at least: of the side that won; where none did, of those who tie. */
static int needed_rank(const struct record *conflict)
{
	const char *state = record_get(conflict, "state");
	const char *kept = record_get(conflict, "kept.rank"), *other = record_get(conflict, "other.rank");
	bool tie = state && strcmp(state, "disputed") == 0;
	return registry_rank((tie && other) || !kept ? other : kept);
}

int check_settle(struct check *k, const char *conflict)
{
	const struct change_texts *t = NULL;
	const struct record *rec = NULL;
	int rc = 0;
	for (size_t i = 0; i < k->n_texts && !t; i++) {
		const char *slash = strrchr(k->texts[i].path, '/');
		if (strncmp(k->texts[i].path, "conflicts/", 10) == 0 && slash &&
		    strlen(conflict) == CONFLICT_ID && strncmp(slash + 1, conflict, CONFLICT_ID) == 0 &&
		    strcmp(slash + 1 + CONFLICT_ID, ".yaml") == 0)
			t = &k->texts[i];
	}
	if (t)
		rc = check_parse(k, type_by_name("conflict"), t->path, t->before, t->before_len, &rec);
	if (rc < 0)
		return rc;
	const char *record = rec ? record_get(rec, "record") : NULL,
		   *field = rec ? record_get(rec, "field") : NULL;
	if (!field)
		field = ""; /* the presence of the record */
	if (!record)
		return check_refuse(k, "settle", t ? t->path : NULL, NULL,
		    N_("%1 settles the conflict %2, which is not open in what it has seen"), k->writer,
		    conflict);
	int needed = needed_rank(rec);
	if (k->rank > needed)
		return check_refuse(k, "settle", record, field,
		    N_("%1 may not settle %2 of %3: nobody settles above his own rank"), k->writer, field,
		    record);
	struct check_settled settled = {record, field};
	VEC_PUSH(k->settled, k->n_settled, settled);
	const struct record_type *type = type_by_path(k->change->ledger, record);
	return type && *field ? check_right(k, type, record, field) : 0;
}

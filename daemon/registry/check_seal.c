/*
 * Sealed records (schema/types.md). A seal is set and lifted by the highest of those who may write its field: in
 * reports the superior, in directives the unit itself. While it stands, only fields marked `reseal` change, and only
 * together with a new row of `corrections` that says why; rows that are there stay as they are.
 */
#include "registry/inside.h"

#include <string.h>

struct seal {
	struct check *k;
	const struct check_record *rec;
	const struct field_type *field;
	bool may_seal;
	const char *corrected; /* a field that needs a correction row */
	bool row; /* and there is a new one, with its reason */
	int rc;
};

static bool sealed(const struct seal *s, const struct record *rec)
{
	const char *value = rec ? record_get(rec, s->field->name) : NULL;
	return value && strcmp(value, s->field->seal) == 0;
}

static bool row_exists(const struct record *rec, const char *row)
{
	size_t len = strlen(row);
	for (size_t i = 0; i < rec->n; i++)
		if (strncmp(rec->fields[i].path, row, len) == 0 && rec->fields[i].path[len] == '.' &&
		    !strchr(rec->fields[i].path + len + 1, '.'))
			return true;
	return false;
}

static void visit_correction(struct seal *s, const char *field)
{
	const char *row = check_row(s->k, field);
	if (row_exists(s->rec->before, row))
		s->rc = check_refuse(s->k, "sealed", s->rec->path, field,
		    N_("%1 may not change %2 of %3: a correction that was written stays"), s->k->writer,
		    field, s->rec->path);
	else if (check_column(s->k, s->rec->after, row, "reason"))
		s->row = true;
}

static void visit_sealed(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct seal *s = ctx;
	const struct field_type *top = NULL;
	(void)old_value;
	(void)new_value;
	if (s->rc < 0 || (s->may_seal && check_settles(s->k, s->rec->path, field)))
		return;
	type_field(s->rec->type, field, &top);
	if (!top || !top->reseal)
		s->rc = check_refuse(s->k, "sealed", s->rec->path, field,
		    N_("%1 may not write %2 of %3, which is %4"), s->k->writer, field, s->rec->path,
		    s->field->seal);
	else if (strcmp(top->name, "corrections") == 0)
		visit_correction(s, field);
	else if (!check_settles(s->k, s->rec->path, field))
		s->corrected = field;
}

static int check_standing(struct seal *s)
{
	record_diff(s->rec->before, s->rec->after, visit_sealed, s);
	if (s->rc == 0 && s->corrected && !s->row)
		s->rc = check_refuse(s->k, "sealed", s->rec->path, s->corrected,
		    N_("%1 writes %2 of %3, which is %4, without a correction that says why"), s->k->writer,
		    s->corrected, s->rec->path, s->field->seal);
	return s->rc;
}

int check_seal(struct check *k, const struct check_record *rec)
{
	struct seal s = {.k = k, .rec = rec};
	for (size_t i = 0; i < rec->type->n_fields && !s.field; i++)
		if (rec->type->fields[i].seal)
			s.field = &rec->type->fields[i];
	if (!s.field)
		return 0;
	bool was = sealed(&s, rec->before), is = sealed(&s, rec->after);
	s.may_seal = k->role == (s.field->writers & WRITER_SUPERIOR ? WRITER_SUPERIOR : WRITER_UNIT);
	if (was && is)
		return check_standing(&s);
	if (was && !rec->after)
		return check_refuse(k, "sealed", rec->path, s.field->name,
		    N_("%1 may not remove %2, which is %3"), k->writer, rec->path, s.field->seal);
	if (was != is && !s.may_seal)
		return check_refuse(k, "sealed", rec->path, s.field->name,
		    was ? N_("%1 may not write %2 of %3, which is %4")
			: N_("%1 may not make %2 of %3 %4; that is for its superior"),
		    k->writer, s.field->name, rec->path, s.field->seal);
	return 0;
}

#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "record/record_parts.h"

void record_init(struct record *r, struct arena *arena, const struct record_type *type)
{
	*r = (struct record){.type = type, .arena = arena};
}

/* Room for one more: it doubles at powers of two, as VEC_PUSH does. */
static void reserve(struct record *r)
{
	if (r->n & (r->n - 1))
		return;
	struct record_field *wider = arena_alloc(r->arena, (r->n ? 2 * r->n : 1) * sizeof *wider);
	if (r->n)
		memcpy(wider, r->fields, r->n * sizeof *wider);
	r->fields = wider;
}

void record_append(struct record *r, const char *path, const char *value)
{
	reserve(r);
	r->fields[r->n++] = (struct record_field){path, value};
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct record_field *)a)->path, ((const struct record_field *)b)->path);
}

void record_sort(struct record *r)
{
	size_t kept = 0;
	if (r->n > 1)
		qsort(r->fields, r->n, sizeof *r->fields, by_path);
	for (size_t i = 0; i < r->n; i++)
		if (!kept || strcmp(r->fields[kept - 1].path, r->fields[i].path) != 0)
			r->fields[kept++] = r->fields[i];
	r->n = kept;
}

/* The first field whose path is not below this one. */
static size_t lower_bound(const struct record *r, const char *path)
{
	size_t low = 0, high = r->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(r->fields[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool stands_at(const struct record *r, size_t i, const char *path)
{
	return i < r->n && strcmp(r->fields[i].path, path) == 0;
}

const char *record_get(const struct record *r, const char *field)
{
	size_t i = lower_bound(r, field);
	return stands_at(r, i, field) ? r->fields[i].value : NULL;
}

void record_put(struct record *r, const char *field, const char *value)
{
	size_t i = lower_bound(r, field);
	bool there = stands_at(r, i, field);
	if (!value) {
		if (there)
			memmove(&r->fields[i], &r->fields[i + 1], (--r->n - i) * sizeof *r->fields);
		return;
	}
	if (!there) {
		reserve(r);
		memmove(&r->fields[i + 1], &r->fields[i], (r->n++ - i) * sizeof *r->fields);
		r->fields[i].path = arena_dup(r->arena, field);
	}
	r->fields[i].value = arena_dup(r->arena, value);
}

static int refuse_top(const struct record *r, const char *field, struct err *err)
{
	const char *names[64], *nearest;
	size_t n = 0;
	for (; n < r->type->n_fields && n < sizeof names / sizeof *names; n++)
		names[n] = r->type->fields[n].name;
	nearest = nearest_word(field, names, n);
	err_set(err, ERR_INPUT, N_("a record of type %1 has no field '%2'"), r->type->name, field, nearest);
	if (nearest)
		err_hint(err, N_("did you mean '%3'?"));
	return err->code;
}

/* Why type_field does not know a field whose top-level name it knows. */
static int refuse_field(
    const struct record *r, const struct field_type *top, const char *field, struct err *err)
{
	const char *rest = strchr(field, '.');
	const char *dot = rest ? strrchr(rest + 1, '.') : NULL;
	if (top->shape == SHAPE_ONE)
		return err_set(err, ERR_INPUT, N_("'%1' has one value and no parts"), top->name);
	if (!rest || !rest[1])
		return err_set(err, ERR_INPUT, N_("'%1' has parts; one must be named"), top->name);
	if (top->shape != SHAPE_TABLE)
		return record_key_check(rest + 1, err);
	const char *row = dot ? arena_dup_len(r->arena, rest + 1, (size_t)(dot - rest - 1)) : rest + 1;
	int rc = record_key_check(row, err);
	return rc ? rc
		  : err_set(err, ERR_INPUT, N_("a row of '%1' has no column '%2'"), top->name,
			dot ? dot + 1 : "");
}

static bool is_blank(const char *value)
{
	return !value || value[strspn(value, " \t\r\n")] == '\0';
}

int record_set(struct record *r, const char *field, const char *value, struct err *err)
{
	const struct field_type *top, *type = type_field(r->type, field, &top);
	const char *path = field, *canonical = "+";
	int rc = 0;
	if (!type)
		rc = top ? refuse_field(r, top, field, err) : refuse_top(r, field, err);
	else if (top->shape == SHAPE_SET) {
		const char *member;
		rc = record_value(r->arena, top, strchr(field, '.') + 1, &member, err);
		if (rc == 0)
			path = arena_printf(r->arena, "%s.%s", top->name, member);
		if (rc == 0 && !is_blank(value) && strcmp(value, "+") != 0)
			rc = err_set(err, ERR_INPUT, N_("'%1' is a set: its members have no value but '+'"),
			    top->name);
	} else if (!is_blank(value))
		rc = record_value(r->arena, type, value, &canonical, err);
	if (rc == 0)
		record_put(r, path, is_blank(value) ? NULL : canonical);
	else
		err_rule(err, NULL, NULL, field);
	return rc;
}

/* Does the field belong to this top-level name? */
static bool is_under(const struct record *r, size_t i, const char *top, size_t len)
{
	return i < r->n && strncmp(r->fields[i].path, top, len) == 0 &&
	       (r->fields[i].path[len] == '.' || r->fields[i].path[len] == '\0');
}

static bool is_present(const struct record *r, const struct field_type *f)
{
	if (f->shape == SHAPE_ONE)
		return record_get(r, f->name);
	const char *prefix = arena_printf(r->arena, "%s.", f->name);
	return is_under(r, lower_bound(r, prefix), f->name, strlen(f->name));
}

int record_check(const struct record *r, struct err *err)
{
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field_type *f = &r->type->fields[i];
		if (!f->required || is_present(r, f))
			continue;
		err_set(err, ERR_INPUT, N_("a record of type %1 needs '%2'"), r->type->name, f->name);
		err_rule(err, NULL, NULL, f->name);
		return err->code;
	}
	struct buf text = {0};
	record_print(r, &text);
	size_t len = text.len;
	buf_free(&text);
	return len > YAML_RECORD_MAX ? err_set(err, ERR_INPUT, N_("the record is longer than 64 KB")) : 0;
}

static const struct field_type *top_type(const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->type->n_fields; i++)
		if (strcmp(r->type->fields[i].name, name) == 0)
			return &r->type->fields[i];
	return NULL;
}

static int compare_rows(const char *a, size_t n, const char *b, size_t m)
{
	int c = memcmp(a, b, n < m ? n : m);
	return c ? c : n < m ? -1 : n > m;
}

/* The row of a table field: what stands between the top-level name and the last dot. */
static size_t row_of(const struct record_field *f, size_t top_len, const char **row)
{
	const char *dot = strrchr(f->path, '.');
	*row = f->path + top_len + 1;
	return dot > *row ? (size_t)(dot - *row) : 0;
}

/* Rows are not in the order of paths ("a.b.x" < "a.x" < "a.y.x"): find the least row above the last one.
 * *i is 1 + the place of a field of that last row, 0 at the start. */
static bool next_row(const struct record *r, const char *top, size_t first, size_t *i, const char **key)
{
	size_t len = strlen(top), n_last = 0, n_best = 0, at = 0;
	const char *last = NULL, *best = NULL;
	if (*i)
		n_last = row_of(&r->fields[first + *i - 1], len, &last);
	for (size_t k = first; is_under(r, k, top, len); k++) {
		const char *row;
		size_t n = row_of(&r->fields[k], len, &row);
		if ((last && compare_rows(row, n, last, n_last) <= 0) ||
		    (best && compare_rows(row, n, best, n_best) >= 0))
			continue;
		best = row;
		n_best = n;
		at = k;
	}
	if (!best)
		return false;
	*i = at - first + 1;
	*key = arena_dup_len(r->arena, best, n_best);
	return true;
}

bool record_next_key(const struct record *r, const char *top, size_t *i, const char **key)
{
	const struct field_type *type = top_type(r, top);
	if (!type || type->shape == SHAPE_ONE)
		return false;
	char *prefix = arena_printf(r->arena, "%s.", top);
	size_t len = strlen(top), first = lower_bound(r, prefix);
	if (type->shape == SHAPE_TABLE)
		return next_row(r, top, first, i, key);
	if (!is_under(r, first + *i, top, len))
		return false;
	*key = r->fields[first + (*i)++].path + len + 1;
	return true;
}

void record_diff(const struct record *old, const struct record *now,
    void (*visit)(void *ctx, const char *field, const char *old_value, const char *new_value), void *ctx)
{
	size_t i = 0, j = 0, n = old ? old->n : 0, m = now ? now->n : 0;
	while (i < n || j < m) {
		int c = i == n ? 1 : j == m ? -1 : strcmp(old->fields[i].path, now->fields[j].path);
		if (c < 0) {
			visit(ctx, old->fields[i].path, old->fields[i].value, NULL);
			i++;
		} else if (c > 0) {
			visit(ctx, now->fields[j].path, NULL, now->fields[j].value);
			j++;
		} else {
			if (strcmp(old->fields[i].value, now->fields[j].value) != 0)
				visit(ctx, old->fields[i].path, old->fields[i].value, now->fields[j].value);
			i++;
			j++;
		}
	}
}

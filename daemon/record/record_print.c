#include <stdlib.h>
#include <string.h>

#include "record/record_parts.h"

/* One field of a table, taken apart. */
struct cell {
	const char *row;
	size_t n_row;
	const char *column, *value;
	size_t order; /* of the column in the type */
};

static int by_row(const void *va, const void *vb)
{
	const struct cell *a = va, *b = vb;
	int c = memcmp(a->row, b->row, a->n_row < b->n_row ? a->n_row : b->n_row);
	if (c == 0)
		c = a->n_row < b->n_row ? -1 : a->n_row > b->n_row;
	return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

static struct cell take_apart(const struct field_type *type, const char *rest, const char *value)
{
	const char *dot = strrchr(rest, '.');
	struct cell c = {rest, dot ? (size_t)(dot - rest) : strlen(rest), dot ? dot + 1 : "", value, 0};
	while (c.order < type->n_columns && strcmp(type->columns[c.order].name, c.column) != 0)
		c.order++;
	return c;
}

static void print_table(
    const struct field_type *type, const struct record_field *fields, size_t n, size_t skip, struct buf *out)
{
	struct cell *cells = mem_alloc(n * sizeof *cells);
	for (size_t i = 0; i < n; i++)
		cells[i] = take_apart(type, fields[i].path + skip, fields[i].value);
	qsort(cells, n, sizeof *cells, by_row);
	for (size_t i = 0; i < n; i++) {
		const struct cell *c = &cells[i], *above = i ? c - 1 : NULL;
		if (!above || above->n_row != c->n_row || memcmp(above->row, c->row, c->n_row) != 0) {
			char *row = mem_dup_len(c->row, c->n_row);
			yaml_put_open(out, 1, row);
			free(row);
		}
		yaml_put_scalar(out, 2, c->column, c->value);
	}
	free(cells);
}

/* Print the fields of one top-level key, of which there is at least one. */
static void print_field(
    const struct field_type *type, const struct record_field *fields, size_t n, struct buf *out)
{
	size_t skip = strlen(type->name) + 1;
	if (type->shape == SHAPE_ONE) {
		yaml_put_scalar(out, 0, type->name, fields[0].value);
		return;
	}
	yaml_put_open(out, 0, type->name);
	if (type->shape == SHAPE_TABLE) {
		print_table(type, fields, n, skip, out);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (type->shape == SHAPE_SET)
			yaml_put_item(out, 1, fields[i].path + skip);
		else
			yaml_put_scalar(out, 1, fields[i].path + skip, fields[i].value);
}

static bool is_under(const struct record_field *f, const struct field_type *type)
{
	size_t len = strlen(type->name);
	return strncmp(f->path, type->name, len) == 0 &&
	       f->path[len] == (type->shape == SHAPE_ONE ? '\0' : '.');
}

void record_print(const struct record *r, struct buf *out)
{
	const struct record_type *type = r->type;
	size_t *first = mem_alloc((type->n_fields + 1) * sizeof *first),
	       *count = mem_alloc((type->n_fields + 1) * sizeof *count);
	struct buf opaque = {0};
	if (!r->n)
		buf_puts(out, "{}\n");
	for (size_t i = 0; i < r->n; i++) {
		size_t k = 0;
		while (k < type->n_fields && !is_under(&r->fields[i], &type->fields[k]))
			k++;
		if (k == type->n_fields)
			yaml_put_scalar(&opaque, 0, r->fields[i].path, r->fields[i].value);
		else if (count[k]++ == 0)
			first[k] = i;
	}
	for (size_t k = 0; k < type->n_fields; k++)
		if (count[k])
			print_field(&type->fields[k], r->fields + first[k], count[k], out);
	buf_add(out, buf_str(&opaque), opaque.len);
	buf_free(&opaque);
	free(first);
	free(count);
}

#include <stdlib.h>
#include <string.h>

#include "record/record_parts.h"
#include "record/text.h"

struct reading {
	struct record *r;
	const char *file;
	bool stored; /* what the store keeps, not what people wrote */
	struct err *err;
};

static int at_value(const struct reading *g, const struct yaml_node *node)
{
	err_at(g->err, g->file, node->line, node->column);
	return g->err->code;
}

static int at_key(const struct reading *g, const struct yaml_node *node)
{
	err_at(g->err, g->file, node->key_line, node->key_column);
	return g->err->code;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* A scalar's value in its stored form; NULL when it is empty, which people may write for "absent". */
static int read_value(
    const struct reading *g, const struct field_type *type, const struct yaml_node *node, const char **out)
{
	*out = NULL;
	if (node->kind != YAML_SCALAR) {
		err_set(g->err, ERR_INPUT, N_("one value is wanted here, not a list or a map"));
		return at_value(g, node);
	}
	if (g->stored) {
		*out = node->text;
		if (!record_value_is_canonical(type, node->text))
			err_set(g->err, ERR_INPUT, N_("'%1' is not in its stored form"), node->text);
	} else if (!is_blank(node->text)) {
		if (!node->plain || record_value_plain(type, node->text, g->err) == 0)
			record_value(g->r->arena, type, node->text, out, g->err);
	}
	return g->err->code ? at_value(g, node) : 0;
}

static int read_one(const struct reading *g, const struct field_type *type, const struct yaml_node *node)
{
	const char *value;
	int rc = read_value(g, type, node, &value);
	if (rc == 0 && value)
		record_append(g->r, type->name, value);
	return rc;
}

/* "key:" with nothing behind it stands for an empty list or map. */
static bool is_nothing(const struct reading *g, const struct yaml_node *node)
{
	return !g->stored && node->kind == YAML_SCALAR && is_blank(node->text);
}

static int read_set(const struct reading *g, const struct field_type *type, const struct yaml_node *node)
{
	if (is_nothing(g, node))
		return 0;
	if (node->kind != YAML_LIST) {
		err_set(g->err, ERR_INPUT, N_("'%1' wants a list, such as [a, b]"), type->name);
		return at_value(g, node);
	}
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		const char *member;
		int rc = read_value(g, type, item, &member);
		if (rc)
			return rc;
		if (member)
			record_append(g->r, arena_printf(g->r->arena, "%s.%s", type->name, member), "+");
	}
	return 0;
}

static int want_map(const struct reading *g, const char *name, const struct yaml_node *node)
{
	if (node->kind == YAML_MAP)
		return 0;
	err_set(g->err, ERR_INPUT, N_("'%1' wants keys with values, such as {a: 1}"), name);
	return at_value(g, node);
}

static int read_map(const struct reading *g, const struct field_type *type, const struct yaml_node *node)
{
	if (is_nothing(g, node))
		return 0;
	int rc = want_map(g, type->name, node);
	for (const struct yaml_node *child = node->first; child && rc == 0; child = child->next) {
		const char *value;
		if (record_key_check(child->key, g->err) != 0)
			return at_key(g, child);
		rc = read_value(g, type, child, &value);
		if (rc == 0 && value)
			record_append(
			    g->r, arena_printf(g->r->arena, "%s.%s", type->name, child->key), value);
	}
	return rc;
}

static const struct field_type *find(const struct field_type *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static int unknown(
    const struct reading *g, const struct field_type *fields, size_t n, const struct yaml_node *node)
{
	const char **names = arena_alloc(g->r->arena, (n + 1) * sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	return yaml_unknown(node, g->file, names, n, g->err);
}

static int read_row(const struct reading *g, const struct field_type *type, const struct yaml_node *row)
{
	if (record_key_check(row->key, g->err) != 0)
		return at_key(g, row);
	if (is_nothing(g, row))
		return 0;
	int rc = want_map(g, row->key, row);
	for (const struct yaml_node *cell = row->first; cell && rc == 0; cell = cell->next) {
		const struct field_type *column = find(type->columns, type->n_columns, cell->key);
		const char *value;
		if (!column)
			return unknown(g, type->columns, type->n_columns, cell);
		rc = read_value(g, column, cell, &value);
		if (rc == 0 && value)
			record_append(g->r,
			    arena_printf(g->r->arena, "%s.%s.%s", type->name, row->key, cell->key), value);
	}
	return rc;
}

static int read_table(const struct reading *g, const struct field_type *type, const struct yaml_node *node)
{
	if (is_nothing(g, node))
		return 0;
	int rc = want_map(g, type->name, node);
	for (const struct yaml_node *row = node->first; row && rc == 0; row = row->next)
		rc = read_row(g, type, row);
	return rc;
}

static int read_field(const struct reading *g, const struct field_type *type, const struct yaml_node *node)
{
	switch (type->shape) {
	case SHAPE_ONE:
		return read_one(g, type, node);
	case SHAPE_SET:
		return read_set(g, type, node);
	case SHAPE_MAP:
		return read_map(g, type, node);
	case SHAPE_TABLE:
		return read_table(g, type, node);
	}
	return 0;
}

/* A key of a newer version: one text, kept as it is. */
static int read_opaque(const struct reading *g, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || !node->text[0] || strchr(node->key, '.') || !text_is_id(node->key)) {
		err_set(g->err, ERR_INPUT, N_("'%1' is not in its stored form"), node->key);
		return at_key(g, node);
	}
	record_append(g->r, node->key, node->text);
	return 0;
}

static int read_record(const struct reading *g, const struct yaml_node *map)
{
	const struct record_type *type = g->r->type;
	int rc = 0;
	if (map->kind != YAML_MAP) {
		err_set(g->err, ERR_INPUT, N_("a record of type %1 is keys with values"), type->name);
		return at_value(g, map);
	}
	for (const struct yaml_node *node = map->first; node && rc == 0; node = node->next) {
		const struct field_type *f = find(type->fields, type->n_fields, node->key);
		if (f)
			rc = read_field(g, f, node);
		else
			rc =
			    g->stored ? read_opaque(g, node) : unknown(g, type->fields, type->n_fields, node);
	}
	record_sort(g->r);
	return rc;
}

int record_from_yaml(struct record *r, struct arena *arena, const struct record_type *type, const char *file,
    const struct yaml_node *map, struct err *err)
{
	struct reading g = {r, file, false, err};
	record_init(r, arena, type);
	return read_record(&g, map);
}

int record_read(struct record *r, struct arena *arena, const struct record_type *type, const char *file,
    const char *bytes, size_t len, struct err *err)
{
	struct yaml_node *map;
	record_init(r, arena, type);
	if (len > YAML_RECORD_MAX) {
		err_set(err, ERR_INPUT, N_("the record is longer than 64 KB"));
		err_at(err, file, 0, 0);
		return err->code;
	}
	int rc = yaml_parse(arena, file, bytes, len, &map, err);
	return rc ? rc : record_from_yaml(r, arena, type, file, map, err);
}

/* Is it what record_print writes? If not, the first line that differs is named. */
static int check_form(const struct record *r, const char *bytes, size_t len, struct err *err)
{
	struct buf again = {0};
	record_print(r, &again);
	if (again.len != len || memcmp(again.data, bytes, len) != 0) {
		unsigned line = 1;
		for (size_t i = 0; i < len && i < again.len && bytes[i] == again.data[i]; i++)
			line += bytes[i] == '\n';
		err_set(err, ERR_INPUT, N_("the record is not in its canonical form"));
		err_at(err, NULL, line, 1);
	}
	buf_free(&again);
	return err->code;
}

int record_parse(struct record *r, struct arena *arena, const struct record_type *type, const char *bytes,
    size_t len, struct err *err)
{
	struct reading g = {r, NULL, true, err};
	struct yaml_node *map;
	record_init(r, arena, type);
	int rc = 0;
	if (len > YAML_STORED_MAX)
		rc = err_set(err, ERR_INPUT, N_("%1 is longer than 1 MB"), type->name);
	if (rc == 0)
		rc = yaml_parse(arena, NULL, bytes, len, &map, err);
	if (rc == 0)
		rc = read_record(&g, map);
	if (rc == 0)
		rc = check_form(r, bytes, len, err);
	if (rc)
		err_rule(err, "form", NULL, NULL);
	return rc;
}

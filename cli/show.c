#include "show.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "record/text.h"

#define TITLE_WIDTH 18

struct show_table {
	struct libscols_table *cols;
	size_t n_rows;
};

struct show_table *show_table(void)
{
	struct show_table *t = mem_alloc(sizeof *t);
	t->cols = scols_new_table();
	if (!t->cols)
		abort();
	return t;
}

void show_column(struct show_table *t, enum show_align align, const char *title)
{
	int flags = align == SHOW_RIGHT ? SCOLS_FL_RIGHT : align == SHOW_WRAP ? SCOLS_FL_WRAP : 0;
	struct libscols_column *column = scols_table_new_column(t->cols, say_translate(title), 0, flags);
	if (!column)
		abort();
	if (align == SHOW_WRAP)
		scols_column_set_safechars(column, "\n");
}

void show_cells(struct show_table *t, const char *const *cells, size_t n)
{
	struct libscols_line *line = scols_table_new_line(t->cols, NULL);
	if (!line)
		abort();
	t->n_rows++;
	for (size_t i = 0; i < n; i++)
		if (cells[i] && scols_line_set_data(line, i, cells[i]) < 0)
			abort();
}

void show_end(struct show_table *t)
{
	if (t->n_rows)
		scols_print_table(t->cols);
	show_drop(t);
}

void show_drop(struct show_table *t)
{
	scols_unref_table(t->cols);
	free(t);
}

void show_listing(bool done, bool json, const char *key, json_t *list, struct show_table *t)
{
	if (done && json) {
		json_t *all = json_object();
		json_object_set(all, key, list);
		show_json(all);
	}
	if (done && !json)
		show_end(t);
	else
		show_drop(t);
	json_decref(list);
}

void show_line(const char *title, const char *text)
{
	if (!text || !*text)
		return;
	const char *head = say_translate(title);
	size_t width = text_width(head) + 1;
	printf("%s:%*s%s\n", head, width < TITLE_WIDTH ? (int)(TITLE_WIDTH - width) : 1, "", text);
}

void show_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}

json_t *show_string(const char *text)
{
	return text ? json_string(text) : json_null();
}

json_t *show_yes_no(const char *text)
{
	return text ? json_boolean(*text == 'y') : json_null();
}

json_t *show_strings(const struct strs *list)
{
	json_t *array = json_array();
	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->items[i]));
	return array;
}

json_t *show_texts(const char *const *texts, size_t n)
{
	json_t *array = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

json_t *show_integer(const char *text)
{
	return text ? json_integer(strtoll(text, NULL, 10)) : json_null();
}

/* The object or list that stands under `key`, made if it is not there. */
static json_t *child(json_t *object, const char *key, bool list)
{
	json_t *found = json_object_get(object, key);
	if (!found) {
		found = list ? json_array() : json_object();
		json_object_set_new(object, key, found);
	}
	return found;
}

static void put_field(
    struct arena *arena, json_t *object, const struct record *r, const struct record_field *f)
{
	const struct field_type *top = NULL;
	type_field(r->type, f->path, &top);
	const char *dot = strchr(f->path, '.'), *last = strrchr(f->path, '.');
	if (!top || top->shape == SHAPE_ONE || !dot) {
		json_object_set_new(object, f->path, json_string(f->value));
		return;
	}
	const char *name = arena_dup_len(arena, f->path, (size_t)(dot - f->path));
	json_t *under = child(object, name, top->shape == SHAPE_SET);
	if (top->shape == SHAPE_SET) {
		json_array_append_new(under, json_string(dot + 1));
	} else if (top->shape == SHAPE_MAP || last == dot) {
		json_object_set_new(under, dot + 1, json_string(f->value));
	} else {
		const char *row = arena_dup_len(arena, dot + 1, (size_t)(last - dot - 1));
		json_object_set_new(child(under, row, false), last + 1, json_string(f->value));
	}
}

json_t *show_record(const struct record *r)
{
	struct arena arena = {0};
	json_t *object = json_object();
	for (size_t i = 0; i < r->n; i++)
		put_field(&arena, object, r, &r->fields[i]);
	arena_free(&arena);
	return object;
}

const char *show_joined(struct arena *arena, const char *const *texts, size_t n)
{
	struct buf joined = {0};
	for (size_t i = 0; i < n; i++)
		buf_printf(&joined, "%s%s", i ? ", " : "", texts[i]);
	const char *text = arena_dup(arena, buf_str(&joined));
	buf_free(&joined);
	return text;
}

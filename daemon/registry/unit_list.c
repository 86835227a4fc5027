#include "registry/unit_list.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "record/text.h"

static const char *const names[UNIT_COLUMNS] = {"code", "parent", "level", "type", "name"};

/* Which column of the table is which of ours; -1: none. */
struct layout {
	int at[UNIT_COLUMNS];
	size_t n;
};

static int read_head(
    const struct csv *csv, const struct csv_row *row, unsigned needed, struct layout *out, struct err *err)
{
	out->n = row->n;
	for (int c = 0; c < UNIT_COLUMNS; c++) {
		out->at[c] = -1;
		for (size_t i = 0; i < row->n; i++) {
			if (strcmp(row->fields[i].text, names[c]) != 0)
				continue;
			if (out->at[c] >= 0) {
				err_set(err, ERR_INPUT, N_("the column '%1' stands twice"), names[c]);
				csv_at(csv, &row->fields[i], err);
				return ERR_INPUT;
			}
			out->at[c] = (int)i;
		}
		if (out->at[c] < 0 && needed & 1u << c) {
			err_set(err, ERR_INPUT, N_("the column '%1' is missing"), names[c]);
			err_hint(err, N_("the first line names the columns: code,parent,level,type,name"));
			csv_at(csv, &row->fields[0], err);
			return ERR_INPUT;
		}
	}
	return 0;
}

static int check_row(const struct csv *csv, const struct csv_row *row, const struct unit_row *unit,
    size_t columns, struct err *err)
{
	const struct csv_field *code = &unit->cell[UNIT_CODE];
	char has[24], wanted[24];
	if (row->n != columns) {
		snprintf(has, sizeof has, "%zu", row->n);
		snprintf(wanted, sizeof wanted, "%zu", columns);
		err_set(err, ERR_INPUT, N_("this line has %1 columns, the first line has %2"), has, wanted);
		err_hint(err, N_("a field with a separator in it stands in quotation marks"));
		csv_at(csv, &row->fields[row->n < columns ? row->n - 1 : columns], err);
		return ERR_INPUT;
	}
	if (text_is_id(code->text))
		return 0;
	err_set(err, ERR_INPUT, N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"), "code",
	    code->text);
	csv_at(csv, code, err);
	return ERR_INPUT;
}

static int check_new(const struct csv *csv, struct table *seen, const struct csv_field *code, struct err *err)
{
	void **place = table_at(seen, code->text);
	if (!*place) {
		*place = (void *)(uintptr_t)code->line;
		return 0;
	}
	char line[24];
	snprintf(line, sizeof line, "%u", (unsigned)(uintptr_t)*place);
	err_set(err, ERR_INPUT, N_("the code %1 stands in line %2 already"), code->text, line);
	csv_at(csv, code, err);
	return ERR_INPUT;
}

static int take_row(struct csv *csv, const struct csv_row *row, const struct layout *layout,
    struct table *seen, struct unit_row *out, struct err *err)
{
	for (int c = 0; c < UNIT_COLUMNS; c++) {
		bool there = layout->at[c] >= 0 && (size_t)layout->at[c] < row->n;
		out->cell[c] = there ? row->fields[layout->at[c]] : row->fields[0];
		if (!there)
			out->cell[c].text = "";
	}
	int rc = check_row(csv, row, out, layout->n, err);
	return rc ? rc : check_new(csv, seen, &out->cell[UNIT_CODE], err);
}

int unit_list_read(struct arena *arena, const char *file, const char *bytes, size_t len, unsigned needed,
    struct unit_list *out, struct err *err)
{
	struct csv csv;
	struct csv_row row;
	struct layout layout = {.n = 0};
	struct table seen = {0};
	size_t room = 0;
	*out = (struct unit_list){.file = arena_dup(arena, file)};
	int rc = csv_open(&csv, arena, out->file, bytes, len, err);
	if (rc == 0)
		rc = csv_next(&csv, &row, err);
	if (rc == 0 && !err->code) {
		rc = err_set(err, ERR_INPUT, N_("%1 is empty"), file);
		err_hint(err, N_("the first line names the columns: code,parent,level,type,name"));
		err_at(err, file, 1, 1);
	}
	if (rc > 0)
		rc = read_head(&csv, &row, needed, &layout, err);
	while (rc == 0 && (rc = csv_next(&csv, &row, err)) > 0) {
		if (out->n == room) {
			room = room ? 2 * room : 64;
			struct unit_row *grown = arena_alloc(arena, room * sizeof *grown);
			if (out->n)
				memcpy(grown, out->rows, out->n * sizeof *grown);
			out->rows = grown;
		}
		rc = take_row(&csv, &row, &layout, &seen, &out->rows[out->n++], err);
	}
	table_free(&seen);
	return rc;
}

const struct unit_row *unit_list_find(const struct unit_list *list, const char *code)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->rows[i].cell[UNIT_CODE].text, code) == 0)
			return &list->rows[i];
	return NULL;
}

void unit_list_at(
    const struct unit_list *list, const struct unit_row *row, enum unit_column column, struct err *err)
{
	err_at(err, list->file, row->cell[column].line, row->cell[column].column);
}

#include "registry/unit_list.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "record/text.h"
#include "registry/columns.h"

static const char *const names[UNIT_COLUMNS] = {"code", "parent", "level", "type", "name"};

static int check_code(const struct csv *csv, const struct csv_field *code, struct err *err)
{
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

int unit_list_read(struct arena *arena, const char *file, const char *bytes, size_t len, unsigned needed,
    struct unit_list *out, struct err *err)
{
	struct csv csv;
	struct csv_field cells[UNIT_COLUMNS];
	struct columns columns = {names, UNIT_COLUMNS, needed,
	    N_("the first line names the columns: code,parent,level,type,name"), {0}, 0};
	struct table seen = {0};
	size_t room = 0;
	*out = (struct unit_list){.file = arena_dup(arena, file)};
	int rc = csv_open(&csv, arena, out->file, bytes, len, err);
	if (rc == 0)
		rc = columns_open(&columns, &csv, err);
	while (rc == 0 && (rc = columns_next(&columns, &csv, cells, err)) > 0) {
		if (out->n == room) {
			room = room ? 2 * room : 64;
			struct unit_row *grown = arena_alloc(arena, room * sizeof *grown);
			if (out->n)
				memcpy(grown, out->rows, out->n * sizeof *grown);
			out->rows = grown;
		}
		memcpy(out->rows[out->n++].cell, cells, sizeof cells);
		rc = check_code(&csv, &cells[UNIT_CODE], err);
		if (rc == 0)
			rc = check_new(&csv, &seen, &cells[UNIT_CODE], err);
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

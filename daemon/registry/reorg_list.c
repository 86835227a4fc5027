#include "registry/reorg_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "record/text.h"
#include "registry/columns.h"

static const char *const names[REORG_COLUMNS] = {"old_code", "new_code", "new_name", "date", "kind"};
static const char *const kinds[] = {"whole", "part", "retype"};

#define NEEDED (1u << REORG_OLD | 1u << REORG_NEW | 1u << REORG_DATE | 1u << REORG_KIND)

const char *reorg_kind_name(enum reorg_kind kind)
{
	return kinds[kind];
}

static int check_code(const struct csv *csv, const char *name, const struct csv_field *cell, struct err *err)
{
	if (text_is_id(cell->text) && !strchr(cell->text, '@'))
		return 0;
	err_set(err, ERR_INPUT, N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"), name,
	    cell->text);
	csv_at(csv, cell, err);
	return ERR_INPUT;
}

static int read_kind(const struct csv *csv, struct reorg_row *row, struct err *err)
{
	const struct csv_field *cell = &row->cell[REORG_KIND];
	for (int i = 0; i < 3; i++) {
		row->kind = (enum reorg_kind)i;
		if (strcmp(cell->text, kinds[i]) == 0)
			break;
	}
	if (strcmp(cell->text, kinds[row->kind]) != 0) {
		err_set(err, ERR_INPUT, N_("kind is whole, part or retype, not '%1'"), cell->text);
		csv_at(csv, cell, err);
		return ERR_INPUT;
	}
	if (row->kind != REORG_RETYPE || strcmp(row->cell[REORG_OLD].text, row->cell[REORG_NEW].text) == 0)
		return 0;
	err_set(err, ERR_INPUT, N_("retype says that a unit goes on, so %1 cannot become %2"),
	    row->cell[REORG_OLD].text, row->cell[REORG_NEW].text);
	csv_at(csv, cell, err);
	return ERR_INPUT;
}

static int check_row(const struct csv *csv, struct reorg_row *row, struct err *err)
{
	int rc = check_code(csv, names[REORG_OLD], &row->cell[REORG_OLD], err);
	if (rc == 0)
		rc = check_code(csv, names[REORG_NEW], &row->cell[REORG_NEW], err);
	if (rc == 0 && (rc = date_parse(row->cell[REORG_DATE].text, &row->date, err)) < 0) {
		csv_at(csv, &row->cell[REORG_DATE], err);
		return rc;
	}
	return rc == 0 ? read_kind(csv, row, err) : rc;
}

static int check_new(const struct csv *csv, struct table *seen, const struct reorg_row *row,
    struct arena *arena, struct err *err)
{
	char line[24];
	void **place = table_at(seen, arena_printf(arena, "%s %s %s", row->cell[REORG_OLD].text,
					  row->cell[REORG_NEW].text, row->cell[REORG_DATE].text));
	if (!*place) {
		*place = (void *)(uintptr_t)row->cell[REORG_OLD].line;
		return 0;
	}
	snprintf(line, sizeof line, "%u", (unsigned)(uintptr_t)*place);
	err_set(err, ERR_INPUT, N_("what became of %1 on that day stands in line %2 already"),
	    row->cell[REORG_OLD].text, line);
	csv_at(csv, &row->cell[REORG_OLD], err);
	return ERR_INPUT;
}

static int by_date(const void *a, const void *b)
{
	const struct reorg_row *x = a, *y = b;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return (x->cell[0].line > y->cell[0].line) - (x->cell[0].line < y->cell[0].line);
}

int reorg_list_read(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct reorg_list *out, struct err *err)
{
	struct csv csv;
	struct columns columns = {names, REORG_COLUMNS, NEEDED,
	    N_("the first line names the columns: old_code,new_code,new_name,date,kind"), {0}, 0};
	struct table seen = {0};
	struct reorg_row row;
	size_t room = 0;
	*out = (struct reorg_list){.file = arena_dup(arena, file)};
	int rc = csv_open(&csv, arena, out->file, bytes, len, err);
	if (rc == 0)
		rc = columns_open(&columns, &csv, err);
	while (rc == 0 && (rc = columns_next(&columns, &csv, row.cell, err)) > 0) {
		if (out->n == room) {
			room = room ? 2 * room : 64;
			struct reorg_row *grown = arena_alloc(arena, room * sizeof *grown);
			if (out->n)
				memcpy(grown, out->rows, out->n * sizeof *grown);
			out->rows = grown;
		}
		rc = check_row(&csv, &row, err);
		if (rc == 0)
			rc = check_new(&csv, &seen, &row, arena, err);
		out->rows[out->n++] = row;
	}
	if (rc == 0 && out->n)
		qsort(out->rows, out->n, sizeof *out->rows, by_date);
	table_free(&seen);
	return rc;
}

/* room: record */
/* A table, as any program saves it: rows with fields in order of the file, or one error with its place. */
#include <stdlib.h>
#include <string.h>

#include "record/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct csv_row *row, unsigned *line)
{
	if (row->n == 0 || row->n > CSV_COLUMNS_MAX || row->line < *line)
		abort();
	for (size_t i = 0; i < row->n; i++) {
		const struct csv_field *f = &row->fields[i];
		if (!f->text || f->line < row->line || !f->column || f->rest > row->end)
			abort();
		*line = f->line;
	}
	(*line)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct err err = {0};
	struct csv csv;
	struct csv_row row;
	unsigned line = 1;
	if (size < 1 || size > 65536)
		return 0;
	int rc = csv_open(&csv, &arena, "x.csv", (const char *)data + 1, size - 1, &err);
	csv.each_row = data[0] & 1;
	for (size_t rows = 0; rc == 0 && (rc = csv_next(&csv, &row, &err)) > 0; rc = 0) {
		if (++rows > size)
			abort();
		check_row(&row, &line);
	}
	if (rc > 0 || (rc < 0) != (err.code != 0) || (rc < 0 && (!err.msg || !err.line || !err.column)))
		abort();
	arena_free(&arena);
	return 0;
}

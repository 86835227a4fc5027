/* registry/columns.h - tables whose first line names their columns, in any order; others beside them are passed over. */
#ifndef TUYEN_REGISTRY_COLUMNS_H
#define TUYEN_REGISTRY_COLUMNS_H

#include "record/csv.h"

#define COLUMNS_MAX 8

struct columns {
	const char *const *names;
	int n; /* at most COLUMNS_MAX */
	unsigned needed; /* bit i: column i must be there */
	const char *hint; /* N_(): what the first line should be */
	int at[COLUMNS_MAX]; /* filled by columns_open: which field of a row; -1: none */
	size_t width;
};

/* Read the first line. ERR_INPUT with its place: the table is empty, a needed column is missing or stands twice. */
int columns_open(struct columns *c, struct csv *csv, struct err *err);
/* The next row, by column (text "" where the table has no such column): 1, or 0 at the end, or ERR_INPUT. */
int columns_next(struct columns *c, struct csv *csv, struct csv_field *cells, struct err *err);

#endif

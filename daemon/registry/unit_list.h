/*
 * registry/unit_list.h - a table of units as offices pass it round: CSV whose first line names the columns, one unit a
 * line. Pure.
 *
 *   code,parent,level,type,name
 *   31,0,province,thanh_pho,Hải Phòng
 *   11383,31,commune,phuong,Lê Chân
 *
 * The columns may stand in any order, others beside them are passed over.
 */
#ifndef TUYEN_REGISTRY_UNIT_LIST_H
#define TUYEN_REGISTRY_UNIT_LIST_H

#include "record/csv.h"

enum unit_column { UNIT_CODE, UNIT_PARENT, UNIT_LEVEL, UNIT_TYPE, UNIT_NAME, UNIT_COLUMNS };

/* What somebody needs of a table, for unit_list_read. */
#define UNIT_LIST_CODES (1u << UNIT_CODE)
#define UNIT_LIST_FULL (1u << UNIT_CODE | 1u << UNIT_PARENT | 1u << UNIT_LEVEL | 1u << UNIT_NAME)

struct unit_row {
	struct csv_field cell[UNIT_COLUMNS]; /* text "" where the table has no such column */
};

struct unit_list {
	const char *file;
	struct unit_row *rows;
	size_t n;
};

/* All memory is the arena's. ERR_INPUT with its place: no CSV, a needed column is missing or stands twice, a row is
 * longer or shorter than the first, a code that cannot be an id or stands twice. */
int unit_list_read(struct arena *arena, const char *file, const char *bytes, size_t len, unsigned needed,
    struct unit_list *out, struct err *err);
/* The row of this code, or NULL. */
const struct unit_row *unit_list_find(const struct unit_list *list, const char *code);
/* Say that an error lies in this cell. */
void unit_list_at(
    const struct unit_list *list, const struct unit_row *row, enum unit_column column, struct err *err);

#endif

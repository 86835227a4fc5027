/*
 * registry/reorg_list.h - a table of what became of units: CSV whose first line names the columns, one line for every
 * old unit and every new one that has something of it. Pure.
 *
 *   old_code,new_code,new_name,date,kind
 *   11371,11383,Phường Lê Chân,2025-07-01,whole
 *   11377,11383,Phường Lê Chân,2025-07-01,part
 *   25270,25270,Phường Lộc Ninh,2026-04-30,retype
 *
 * whole, part: from that day on all of the old unit, or a part of it, is in the new one, which begins on that day.
 * retype: the unit goes on, with another name or kind.
 * The columns may stand in any order, others beside them are passed over, new_name may be missing.
 */
#ifndef TUYEN_REGISTRY_REORG_LIST_H
#define TUYEN_REGISTRY_REORG_LIST_H

#include "record/csv.h"
#include "record/date.h"

enum reorg_column { REORG_OLD, REORG_NEW, REORG_NAME, REORG_DATE, REORG_KIND, REORG_COLUMNS };
enum reorg_kind { REORG_WHOLE, REORG_PART, REORG_RETYPE };

struct reorg_row {
	struct csv_field cell[REORG_COLUMNS];
	day_t date;
	enum reorg_kind kind;
};

/* In order of dates, rows of one day as they stand in the table. */
struct reorg_list {
	const char *file;
	struct reorg_row *rows;
	size_t n;
};

/* All memory is the arena's. ERR_INPUT with its place: no CSV, a column is missing, a code, date or kind that is none, a
 * line that says again what another says of the same day. */
int reorg_list_read(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct reorg_list *out, struct err *err);
const char *reorg_kind_name(enum reorg_kind kind); /* "whole" */

#endif

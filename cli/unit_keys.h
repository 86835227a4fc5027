/* cli/unit_keys.h - the keys of a unit or station, as `unit show` tells of them. */
#ifndef TUYEN_CLI_UNIT_KEYS_H
#define TUYEN_CLI_UNIT_KEYS_H

#include "reader.h"
#include "show.h"

/* Adds columns and rows to the table (which it may print or drop), and returns a list for JSON. */
json_t *unit_keys(struct reader *r, const struct registry_unit *u, struct show_table *table);

#endif

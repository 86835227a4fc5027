/* cli/lines.h - the lines of a node as `status` shows them: the daemon's JSON as a table for people. */
#ifndef TUYEN_CLI_LINES_H
#define TUYEN_CLI_LINES_H

#include <jansson.h>

#include "reader.h"

void lines_print(struct reader *r, const json_t *lines, int64_t now); /* of the daemon */
const char *lines_span(struct reader *r, json_int_t seconds); /* "40 s", "12 min" */

#endif

/* cli/refused.h - what a superior refused and this node took out again, as `log` shows it. */
#ifndef TUYEN_CLI_REFUSED_H
#define TUYEN_CLI_REFUSED_H

#include <jansson.h>

#include "plan/refusals.h"
#include "reader.h"
#include "show.h"

/* Those of the ledgers named; the caller frees them. */
int refused_read(struct reader *r, const struct strs *ledgers, struct refusals *out, struct err *err);
json_t *refused_json(struct reader *r, const struct refusals *list);
/* A row of the table of `log`. */
void refused_row(struct reader *r, const struct refusal *f, struct show_table *table);

#endif

/* cli/pending.h - requests that came over a line and wait for the clerk of this node, as `status` tells of them. */
#ifndef TUYEN_CLI_PENDING_H
#define TUYEN_CLI_PENDING_H

#include <jansson.h>

#include "reader.h"

/* How many wait; says so when asked to. */
size_t pending_print(struct reader *r, bool print);
/* Add them to the list of what is to be done. */
void pending_json(struct reader *r, json_t *to_do);

#endif

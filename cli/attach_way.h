/* cli/attach_way.h - how far an attachment is on its way, and why it does not move: the daemon's JSON for people. */
#ifndef TUYEN_CLI_ATTACH_WAY_H
#define TUYEN_CLI_ATTACH_WAY_H

#include <jansson.h>

#include "cli.h"
#include "reader.h"

/* What the daemon says of all attachments; NULL without one. The caller's. */
json_t *attach_ways(const struct cli *cli);
/* Is it one that `status` names: not one that waits for somebody to ask, nor one that has arrived? */
bool attach_way_moves(const json_t *way);
/* "45 % has come, about 2 min"; "45 % has gone to 31". Memory of the reader. */
const char *attach_way_text(struct reader *r, const json_t *way);
/* Of one attachment in one ledger: of each way a text, joined; NULL: nothing is known. */
const char *attach_way_of(struct reader *r, const json_t *ways, const char *id, const char *ledger);
/* The same as JSON: those entries, without what stands beside them anyway. */
json_t *attach_way_json(const json_t *ways, const char *id, const char *ledger);

#endif

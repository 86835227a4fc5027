/* cli/total_relay.h - units that relay only totals, in what `total` and `missing` print. */
#ifndef TUYEN_CLI_TOTAL_RELAY_H
#define TUYEN_CLI_TOTAL_RELAY_H

#include "plan/total.h"
#include "reader.h"
#include "show.h"

json_t *total_relays_json(const struct total *t);
/* A line each, with the corrections made since they were sent first. */
void total_relays_print(struct reader *r, const struct total *t);
/* "totals 2/3", "not sent": what stands where a unit has its state. */
const char *total_relay_state(struct reader *r, const struct total_relay *one);

#endif

/* cli/overruled.h - telling people what was decided against their unit, until they say that they know (plan/overruled.h). */
#ifndef TUYEN_CLI_OVERRULED_H
#define TUYEN_CLI_OVERRULED_H

#include <jansson.h>

#include "plan/overruled.h"
#include "reader.h"

/* What waits to be acknowledged. What was looked at is remembered in a note of the store, so that the next command looks
 * at nothing but what is new. */
int overruled_load(struct reader *r, struct overruled *out, struct err *err);
/* At most `limit` lines, on standard output or (aside) standard error, and how many more. */
void overruled_print(struct reader *r, const struct overruled *list, size_t limit, bool aside);
json_t *overruled_json(struct reader *r, const struct overruled *list);
/* After any command of a node: one line on standard error where something waits. Says nothing of what goes wrong. */
void overruled_remind(const struct cli *cli);

#endif

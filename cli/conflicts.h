/* cli/conflicts.h - what the verbs about conflicts share: how values, sides and reasons are put into words. */
#ifndef TUYEN_CLI_CONFLICTS_H
#define TUYEN_CLI_CONFLICTS_H

#include <jansson.h>

#include "plan/conflict_effect.h"
#include "plan/conflict_settle.h"
#include "reader.h"

#define CONFLICT_ID_SHOWN 10 /* digits of an id in tables; any prefix that names one conflict will do */

/* The value, or "(absent)" in the language of this process. */
const char *conflict_value_text(const char *value);
/* "values.TT01", or that it is about the record itself. */
const char *conflict_field_text(const struct conflict_item *c);
/* The state in words: an objection that only asks is a question. */
const char *conflict_state_text(const struct conflict_item *c);
/* Why one value stands, in a sentence; what happens if nobody does anything. The arena's. */
const char *conflict_why_text(struct reader *r, const struct conflict_item *c);
const char *conflict_outlook_text(struct reader *r, const struct conflict_item *c);
/* How many days ago that was, by this node's clock. */
int64_t conflict_age_days(struct reader *r, int64_t since);

json_t *conflict_effect_json(const struct conflict_effect *e);

#endif

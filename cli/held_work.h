/* cli/held_work.h - what `status` says of keys: what waits for a word of this node, and what of it waits for another's. */
#ifndef TUYEN_CLI_HELD_WORK_H
#define TUYEN_CLI_HELD_WORK_H

#include <jansson.h>

#include "plan/key_request.h"
#include "reader.h"

struct held_work {
	size_t decide; /* changes that this node confirms or sets aside */
	size_t waits; /* changes from here that another node decides on */
	const char *decider; /* which; NULL: none waits */
	struct key_requests requests; /* to be approved here */
};

int held_work_read(struct reader *r, struct held_work *out, struct err *err);
size_t held_work_count(const struct held_work *w); /* of things to be done here */
void held_work_print(struct reader *r, const struct held_work *w);
/* Add to the list of what is to be done; and what waits elsewhere, null if nothing does. */
void held_work_json(const struct held_work *w, json_t *to_do);
json_t *held_work_waits_json(const struct held_work *w);

#endif

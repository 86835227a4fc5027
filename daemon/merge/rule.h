/*
 * merge/rule.h - the rule for one field (DESIGN 5, steps 1 to 6): the writes that count in; the value, and what
 * became of each write, out.
 */
#ifndef TUYEN_MERGE_RULE_H
#define TUYEN_MERGE_RULE_H

#include "merge/past.h"
#include "record/record.h"

enum fate {
	FATE_STANDS, /* remains after step 4: it is the value, part of a blend, or party to a dispute */
	FATE_RANK, /* overruled by a higher rank */
	FATE_SEAL, /* overruled by a higher rank, and a seal was among what overruled it */
	FATE_OWNER, /* an owner of the figure said otherwise */
	FATE_LEAD, /* a lead agency of the task said otherwise */
};

struct stand {
	const struct entry *write;
	enum fate fate;
};

struct verdict {
	const char *value; /* what the field shows; NULL = absent */
	bool disputed; /* those that stand differ, and the field shows the last common value */
	struct stand *stands; /* the writes of step 1, sorted by change id */
	size_t n;
	int rule; /* the version by which it was found */
};

/* By the version of the rule that the past follows. Memory is the arena's; `type` is the record's. */
struct verdict rule_resolve(
    struct arena *arena, const struct record_type *type, const struct field *field, const struct past *past);
bool rule_same(const char *a, const char *b); /* values; NULL is absent */

#endif

/* merge/conflict.h - what a verdict leaves for people to look at, and how it stands in a conflict record. */
#ifndef TUYEN_MERGE_CONFLICT_H
#define TUYEN_MERGE_CONFLICT_H

#include "merge/rule.h"

struct conflict {
	const struct entry *losing;
	const struct entry *kept; /* what stands against it */
	const char *kept_value; /* the value shown; in a dispute kept's own */
	const char *base; /* last common value of the two, in a dispute of all parties; NULL = none */
	const char *why; /* rank, seal, owner, lead, equal */
};

struct conflicts {
	struct conflict *items;
	size_t n;
};

/* Appends what `v`, the verdict on `field` with a write at least, leaves; the items are freed by the caller. */
void conflict_derive(struct arena *arena, const struct record_type *type, const struct field *field,
    const struct verdict *v, struct conflicts *out);
/* The same conflict after it closed: as it would stand in `past` had nobody seen the losing write. */
struct conflict conflict_closed(const struct history *h, struct arena *arena, const struct record_type *type,
    const struct entry *losing, const struct past *past);
/* Has somebody objected whom neither an answer nor a later write of the field has seen? */
bool conflict_unanswered(const struct log *conflict, const struct past *past);
/* The fields that the rule derives. `state` is one of overruled, disputed, objected, settled. */
void conflict_fill(struct record *r, const struct conflict *c, const char *state);

/* The id in a conflict record's path; false for other paths. */
bool conflict_id_of_path(const char *path, char id[41]);

#endif

/* merge/past.h - a set of changes that holds with each change all that it has seen: one number a chain. */
#ifndef TUYEN_MERGE_PAST_H
#define TUYEN_MERGE_PAST_H

#include "merge/graph.h"

/* Memory is the arena's given. Zero-initialised it is the empty set. */
struct past {
	unsigned *counts; /* how many changes of each chain are in it */
	size_t n;
	int rule; /* the version that its state follows */
};

bool past_has(const struct past *p, const struct node *node);
/* All that any of the ids has seen; unknown ids are ignored. */
struct past past_of(const struct history *h, struct arena *arena, const struct oids *ids);
/* What both have seen; neither of them unless one has seen the other. Under the rule of `a`: last common values are those
 * of the state that asks for them. */
struct past past_common(struct arena *arena, const struct past *a, const struct node *b);
struct past past_of_node(struct arena *arena, const struct node *node, int rule);
/* `p` without what has seen `node`, save node itself: as things stood before anybody knew of it. */
struct past past_before_known(
    const struct history *h, struct arena *arena, const struct past *p, const struct node *node);

#endif

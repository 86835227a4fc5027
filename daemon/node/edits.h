/* daemon/node/edits.h - records of the registry on their way into this unit's directives. */
#ifndef TUYEN_NODE_EDITS_H
#define TUYEN_NODE_EDITS_H

#include "node.h"
#include "registry/enrol.h"

/* As few changes as the limits allow, in one transaction. */
struct node_edits {
	struct outcome o;
	const char *ledger, *subject, *reason;
	struct change *change;
	size_t bytes;
};

/* levels.yaml of the anchor, as enrol_* take it: NULL while it has not arrived. */
const struct record *node_edits_levels(struct node *n, struct arena *arena, struct record *levels);

/* The subject is kept, not copied (e->o.arena lives as long); a reason (may be NULL) goes into each change. Ends with
 * node_edits_end, or node_edits_drop. */
void node_edits_begin(struct node_edits *e, const struct node *n, const char *subject);
void node_edits_put(struct node_edits *e, const struct enrol_edit *edit); /* nothing if it changes nothing */
int node_edits_end(struct node_edits *e, struct node *n, struct err *err);
void node_edits_drop(struct node_edits *e);

#endif

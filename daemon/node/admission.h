/* daemon/node/admission.h - what is asked once, of a change that comes from below (schema/trust.md). */
#ifndef TUYEN_NODE_ADMISSION_H
#define TUYEN_NODE_ADMISSION_H

#include "node.h"

/*
 * A valid change has come. Where this node is the first superior of its writer (of a station: the node of its unit),
 * it is refused by the rules of registry_admission, or by "personal-data" (record/screen.h); what was written here
 * was screened before it was signed (node_write). All others take the change as it is, for validity never depends
 * on this, and have personal data in their list of incidents ("flagged"). ERR_REFUSED.
 */
int node_admission(struct node *n, bool from_above, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err);

#endif

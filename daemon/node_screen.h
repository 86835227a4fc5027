/* daemon/node_screen.h - admission: nothing about persons (DESIGN 4 and 8, record/screen.h). */
#ifndef TUYEN_NODE_SCREEN_H
#define TUYEN_NODE_SCREEN_H

#include "node.h"

/*
 * Screens a change that a line from below brought, where this node is the first superior of its writer (of a station:
 * the node of its unit). What was written here was screened before it was signed (node_write). All others take the
 * change as it is: validity never depends on this. ERR_REFUSED, rule "personal-data".
 */
int node_screen(const struct node *n, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err);

#endif

/* cli/node.h - making a node, for the verbs that may have to. */
#ifndef TUYEN_CLI_NODE_H
#define TUYEN_CLI_NODE_H

#include "registry/config.h"

#define NODE_RESERVE "reserve.key" /* in a root's directory, until somebody takes it to the safe */

/* A new node in `dir` with a key and a store of its own; says so. ERR_REFUSED where something of a node stands. */
int node_make(const char *dir, struct config *config, bool root, struct err *err);
/* ERR_INPUT unless the value of --option is an id, or host:port. NULL is fine. */
int node_check_id(const char *option, const char *value, struct err *err);
int node_check_address(const char *option, const char *value, struct err *err);
/* What people give as a name, as it is kept: NFC, one line, nothing about persons. */
int node_take_name(struct config *config, const char *name, struct err *err);

#endif

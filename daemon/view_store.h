/*
 * view_store.h - the plan room's view (plan/view.h) over a store, a registry and the node's settings. The daemon and
 * the command share it. It reads the ledgers as they are at each call.
 */
#ifndef TUYEN_VIEW_STORE_H
#define TUYEN_VIEW_STORE_H

#include "plan/view.h"
#include "registry/config.h"
#include "store/store.h"

/* All three are borrowed and must outlive the view; nothing is to be closed. `now` is the node's civil clock. */
int view_store_open(
    struct store *store, struct registry *registry, const struct config *config, struct view *out);

#endif

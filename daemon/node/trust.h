/*
 * daemon/node/trust.h - whose word counts here (schema/trust.md): the registry's questions answered out of the store, and
 * the acts that narrow a key.
 */
#ifndef TUYEN_NODE_TRUST_H
#define TUYEN_NODE_TRUST_H

#include "node.h"

/* The active grant of a key that may open a line: itself given by a change that is vouched for. NULL: not welcome. */
const struct registry_grant *node_trust_welcome(struct node *n, const unsigned char key[KEY_PUBLIC_SIZE]);

/* The grant that this unit gave `id` ("11383", "cong-an@11383") by that row of `keys` in `rec`; NULL if there is none. */
const struct registry_grant *node_trust_of_row(
    struct node *n, const char *id, const struct record *rec, const char *row);

/*
 * Set keys.<row>.state of the record of `id` in this unit's directives (row NULL: of every key that is active) and
 * vouch, where the key was active until now, for all it has written here: per ledger a line of `vouched` for each
 * newest change under its grant. `since` (NULL: none): neither these changes nor what has seen one are vouched for.
 * Nothing is written. ERR_NOT_FOUND: no such row. ERR_REFUSED: no key to narrow; the record would grow too long.
 */
int node_trust_narrow(struct node *n, const char *id, const char *row, enum registry_key_state state,
    const struct oids *since, struct record *rec, struct err *err);

/* Has the holder of this grant asked for the key that took its place (`tuyen key rotate`)? */
bool node_trust_asked(struct node *n, const struct registry_grant *g);

/* How a state is called in records. */
const char *node_trust_state(enum registry_key_state state);

#endif

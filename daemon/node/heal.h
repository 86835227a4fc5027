/*
 * daemon/node/heal.h - what our superior refused goes out of our ledgers again, and the rest goes on (schema/trust.md,
 * "Refusals"; store/heal.h).
 *
 * The order: the refusal is remembered on disk; when the loop next turns, one transaction takes the change and all that
 * was built on it out and writes the rest of this node's own work again; then the disk is purged, people are told, and the
 * lines that share the ledger begin anew. A crash at any point is made good at the next start.
 */
#ifndef TUYEN_NODE_HEAL_H
#define TUYEN_NODE_HEAL_H

#include "node.h"

struct heal;

struct node_refusal {
	const char *by; /* "31" */
	struct oid id;
	const char *ledger, *rule, *record, *field, *sentence;
};

enum heal_answer {
	HEAL_SOON, /* it will be taken out when the loop next turns */
	HEAL_UNWANTED, /* the peer took back what it wrote itself, in a ledger that is not ours: never offer it again */
	HEAL_NOT, /* it stays here, refused: people are told why */
};

int node_heal_open(struct node *n, struct err *err); /* and finish what a crash left */
void node_heal_close(struct node *n); /* accepts a node without */

/*
 * Our superior refused a change. It is taken out where it is this unit's own (of its node or a station), or one that a unit
 * above wrote into this unit's own ledgers and took back; but not what the superiors have built on, nor what others' grants
 * stand on, nor where the two programs disagree about a merge. `said`: the refusal as it is told to people.
 */
enum heal_answer node_heal(struct node *n, const struct node_refusal *r, const struct err *said);

/* Was this change refused before, and taken out here? Then it is refused by the same rule, whoever brings it. */
int node_heal_check(const struct node *n, const struct oid *id, struct err *err);
/* What that peer will never want. Added to `out`. */
void node_heal_unwanted(const struct node *n, const char *peer, struct oids *out);

#endif

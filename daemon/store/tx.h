/*
 * store/tx.h - writing: one transaction adds signed changes, own or received, to any number of ledgers.
 *
 * begin, then any number of adds, then commit or not, then destroy; destroy is always legal and undoes what was not
 * committed. After tx_commit returns 0 everything is on disk: objects first (one syncfs), then refs (each synced),
 * each ref moved by compare-and-swap under the store's flock. A *.lock of libgit2 met under the flock is stale and is
 * removed. Refs of a ledger move to the canonical merge of all its heads. One writer at a time; a second waits at
 * tx_begin up to 5 s, then ERR_BUSY.
 */
#ifndef TUYEN_STORE_TX_H
#define TUYEN_STORE_TX_H

#include "store/store.h"

struct tx;

/* Under whose name own changes are written. */
struct tx_writer {
	const struct key *key;
	const char *unit, *station, *agency; /* station and agency may be NULL */
	int rank;
	struct oid grant; /* zero: this node is the anchor */
	int64_t now;
};

#define TX_HELD 1

int tx_begin(struct store *s, struct tx **out, struct err *err);

/* Add an own change on top of the ledger's present state (this transaction's earlier adds included). `edits` holds
 * ledger, subject, body, claim, claim_basis, settles and records (full new canonical texts; text NULL removes).
 * Without a claim_basis there is no claim.
 * Records equal to what is there are dropped; if nothing is left and nothing is settled, no change is made and *id is
 * zero. Conflict records that the rule closes or opens thereby are added by merge_advance. Its time is
 * max(now, parent's time), or the parent's time if now is outside 2020-2100. */
int tx_write(struct tx *tx, const struct tx_writer *writer, const struct change *edits, struct oid *id,
    struct err *err);

/* Add a received change. Rebuilds trees and commit, checks the signature by `public_key`, that its id (when not
 * zero) is right, that its parent is the canonical merge of its heads, and that its tree is the state the rule gives.
 * Rights are the registry's matter: `judge` (may be NULL) is called when form is right and before anything is added.
 * Where judge gives TX_HELD the rest is checked too, and the change is kept at once, but out of its ledger
 * (store/held.h): the result is TX_HELD.
 * ERR_PARKED: a head is missing. ERR_REFUSED: with err->rule = "signature", "form", "size", "merge", "state".
 * A change that is already there: 0 with *known true. *id is the change's id as computed, zero while it cannot be. */
int tx_receive(struct tx *tx, const struct change *c, const unsigned char public_key[KEY_PUBLIC_SIZE],
    int (*judge)(
	void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err),
    void *ctx, struct oid *id, bool *known, struct err *err);

/* Merge, sync, move refs. On error nothing of the transaction is visible and tx_destroy is all that remains. */
int tx_commit(struct tx *tx, struct err *err);
void tx_destroy(struct tx *tx); /* accepts NULL */

/* Ledgers that this transaction moved, valid after tx_commit; borrowed. */
const struct strs *tx_moved(const struct tx *tx);
/* How many times tx_commit called fsync or syncfs, for tests. */
unsigned tx_syncs(const struct tx *tx);

#endif

/*
 * store/heal.h - taking refused changes out of a ledger again, and off the disk (schema/trust.md, "Refusals").
 *
 * In one transaction (tx.h): heal_take_out, then heal_again for each own change among what was taken out, then
 * tx_commit: the ref moves once, from the ledger with them to the ledger without. heal_purge afterwards. Each step may
 * be done again after a crash: what is out already is not taken out twice, and purging begins anew.
 */
#ifndef TUYEN_STORE_HEAL_H
#define TUYEN_STORE_HEAL_H

#include "store/tx.h"

/* All that stands in a ledger and has seen one of `refused` (themselves included), parents before children. Ids that
 * are not there are ignored. */
int heal_tainted(
    struct store *s, const char *ledger, const struct oids *refused, struct oids *out, struct err *err);

/* Take these out, as heal_tainted gave them, in a transaction that has not touched the ledger yet. Other changes stay
 * as they are. */
int heal_take_out(struct tx *tx, const char *ledger, const struct oids *tainted, struct err *err);

/* A change that was taken out, and what it became: itself written again, or nothing. */
struct heal_step {
	struct oid was;
	struct oid now; /* zero: it was not written again */
	struct oids base; /* what stands now for what it had seen, itself included; the caller frees it */
};

struct heal_again {
	const char *ledger;
	/* Of those taken out: the steps before this one, in their order. */
	const struct heal_step *steps;
	size_t n_steps;
	/* What was refused: never filled in where a record has to be begun anew. "" or NULL: nothing in particular. */
	const char *record, *field;
	bool no_claim; /* leave its claim out */
	bool no_reason; /* leave its reason out: the message would be too long */
	/* As for tx_receive; may be NULL. */
	int (*judge)(
	    void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err);
	void *ctx;
};

/* Fill step->base for step->was, from what it had seen. What it was is read from the store. */
int heal_base(struct store *s, const struct heal_again *how, struct heal_step *step, struct err *err);
/*
 * Write step->was again on step->base: the fields that it wrote, the settlements that still stand, at its own hour, with
 * a reason that begins with "Reissue-of: <id>". A record that is gone is begun anew with what it must have. step->now
 * and step->base are set; where nothing is left of it step->now is zero, and it is no error. ERR_REFUSED and ERR_INPUT
 * say why it cannot be written as it was; nothing has happened then.
 */
int heal_again(struct tx *tx, const struct tx_writer *writer, const struct heal_again *how,
    struct heal_step *step, struct err *err);

/*
 * Remove from the disk what no ref of any kind reaches. This reads the whole store: let another thread do it, with a
 * store of its own. Writers wait for milliseconds, for the lock is held for one directory of objects at a time. Packs are left
 * alone: *packed says that one of `gone` still stands in one. Where an object is missing nothing is removed (ERR_CORRUPT).
 */
int heal_purge(struct store *s, const struct oids *gone, size_t *removed, bool *packed, struct err *err);
/* After another one has purged: forget what this one holds in memory of objects. */
int heal_look_again(struct store *s, struct err *err);

#endif

/*
 * store/verify.h - check a store from the outside in: every object read and hashed, every signed change's signature
 * against its grant's key, every grant up to the anchor, every merge recomputed, every record's form, every tree the state
 * that the rule gives, rights by the registry.
 *
 * What was proved once is remembered (memory.h) and not computed again: its signatures, rights, merges and states. Its
 * objects are read and hashed all the same, so damage on the disk is found wherever it is.
 */
#ifndef TUYEN_STORE_VERIFY_H
#define TUYEN_STORE_VERIFY_H

#include "merge/history.h"
#include "registry/registry.h"
#include "store/store.h"

/* Number of the set of checks that verify_store makes. Raise it with every check that becomes stricter: what was proved by
 * fewer checks is then proved anew. */
#define VERIFY_CHECKS 1

struct verify_report {
	size_t objects, ledgers, changes, merges, records;
	size_t remembered; /* of the changes: proved before */
	size_t problems;
};

/* Kinds, for programs: "missing" and "corrupt" (an object), "ref" (a name in the store that is no ledger, or points
 * nowhere), "unit" (a ledger of nobody), "commit" (not written as a change), "merge", "signature", "grant", "right",
 * "form", "state", "settle", "claim", "receipt". */
struct verify_problem {
	const char *kind;
	const char *ledger; /* or NULL */
	const struct oid *commit; /* or NULL */
	const struct err *what; /* the sentence; rule, record and field where there are such */
};

enum verify_stage { VERIFY_OBJECTS, VERIFY_CHANGES };

struct verify_options {
	const struct registry *registry;
	bool registry_is_partial; /* it could not be read whole: what it does not know is nobody's fault */
	const struct key *key; /* the node's own, which seals what is remembered; NULL: nothing is */
	bool full; /* prove everything anew */
	/* What only the plan room can judge (claims, receipts) of a change that is right otherwise; it stands in the
	 * history already. May be NULL. ERR_REFUSED with a rule. */
	int (*judge)(void *ctx, const struct history *h, const struct change *c,
	    const struct change_texts *texts, size_t n, struct err *err);
	void (*problem)(void *ctx, const struct verify_problem *p); /* may be NULL */
	void (*progress)(void *ctx, enum verify_stage stage, size_t done, size_t total); /* may be NULL */
	void *ctx;
};

/* Returns 0 when the walk ended, whatever it found; an error when the store cannot be read at all. */
int verify_store(
    struct store *s, const struct verify_options *options, struct verify_report *report, struct err *err);

/* The allowed-signers file for stock git (gpg.ssh.allowedSignersFile): one line a key of the registry,
 * "<author e-mail> namespaces=\"git\" ssh-ed25519 AAAA…". */
void verify_allowed_signers(const struct registry *r, struct buf *out);

/* Fill a registry from the store: the units and grants of every directives ledger, in history order. */
int registry_load(struct registry *r, struct store *s, struct err *err);
/* The same for one directives ledger that has moved. */
int registry_load_ledger(struct registry *r, struct store *s, const char *ledger, struct err *err);
/* For a store that may be damaged: registry_load, and where that fails each ledger for itself. False: not all of it could
 * be read; `why` (may be NULL) says what not. */
bool registry_load_partly(struct registry *r, struct store *s, struct err *why);

#endif

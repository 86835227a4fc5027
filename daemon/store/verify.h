/*
 * store/verify.h - check a store from the outside in: every signed change's signature against its grant's key, every
 * merge recomputed, every record's form, every tree the state that the rule gives, rights by the registry.
 */
#ifndef TUYEN_STORE_VERIFY_H
#define TUYEN_STORE_VERIFY_H

#include "registry/registry.h"
#include "store/store.h"

struct verify_report {
	size_t ledgers, changes, merges, records;
	size_t problems;
};

/* Each problem is told to `problem` (ledger, commit, and the sentence). Returns 0 when the walk ended, whatever it
 * found; an error when the store cannot be read. */
int verify_store(struct store *s, const struct registry *r, struct verify_report *report,
    void (*problem)(void *ctx, const char *ledger, const struct oid *commit, const struct err *what),
    void *ctx, struct err *err);

/* The allowed-signers file for stock git (gpg.ssh.allowedSignersFile): one line a key of the registry,
 * "<author e-mail> namespaces=\"git\" ssh-ed25519 AAAA…". */
void verify_allowed_signers(const struct registry *r, struct buf *out);

/* Fill a registry from the store: the units and grants of every directives ledger, in history order. */
int registry_load(struct registry *r, struct store *s, struct err *err);
/* The same for one directives ledger that has moved. */
int registry_load_ledger(struct registry *r, struct store *s, const char *ledger, struct err *err);

#endif

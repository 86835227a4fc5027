/*
 * sim_store.h - ledgers in memory: the real merge rule, the real records, no git. Ids are hashes of the same things
 * that a commit holds, so two stores that disagree about a merge notice it as the real ones do.
 */
#ifndef TUYEN_TESTS_SIM_STORE_H
#define TUYEN_TESTS_SIM_STORE_H

#include "merge/merge.h"
#include "sync/sync.h"

struct sim_store;

struct sim_store *sim_store_new(void);
void sim_store_free(struct sim_store *st);
struct sim_store *sim_store_copy(const struct sim_store *st);

/* Names of the ledgers that have changes, sorted. */
void sim_store_ledgers(const struct sim_store *st, struct strs *out);
bool sim_store_has(const struct sim_store *st, const char *ledger, const struct oid *id);
void sim_store_heads(const struct sim_store *st, const char *ledger, struct oids *out);
void sim_store_between(
    const struct sim_store *st, const char *ledger, const struct oids *have, struct oids *out);
const struct change *sim_store_change(const struct sim_store *st, const char *ledger, const struct oid *id);
/* Text of a record in a change's tree; NULL when absent. */
const char *sim_store_text(
    const struct sim_store *st, const char *ledger, const struct oid *id, const char *path);
/* The id that the ledger's ref would have: its one head, or the canonical merge of its heads. */
void sim_store_tip(struct sim_store *st, const char *ledger, struct oid *out);
/* How many conflict records stand in the merged state. */
size_t sim_store_conflicts(struct sim_store *st, const char *ledger);
size_t sim_store_count(const struct sim_store *st, const char *ledger);

struct sim_writer {
	const char *unit, *station;
	int rank;
	struct oid grant;
};

/* What somebody does on top of all that is there. */
struct sim_edit {
	const char *path, *field, *value; /* value NULL removes the field */
	bool remove; /* the record instead */
	const char *settle; /* path of an open conflict; for the side "other" or "kept" that `value` names */
};
/* Set one field of a record. */
void sim_store_write(struct sim_store *st, const struct sim_writer *w, const char *ledger, const char *path,
    const char *field, const char *value, int64_t time, struct oid *id);
/* False: it would change nothing. */
bool sim_store_edit(struct sim_store *st, const struct sim_writer *w, const char *ledger,
    const struct sim_edit *edit, int64_t time, struct oid *id);
/* The pick-th conflict record that stands in the merged state; NULL if there is none. Copied into the arena. */
const char *sim_store_conflict(struct sim_store *st, const char *ledger, size_t pick, struct arena *arena);
/* Is the conflict about what was said on another? It takes no words. */
bool sim_store_nested(struct sim_store *st, const char *ledger, const char *conflict);
/* Values that somebody wrote, that nobody who saw them has written over, and that neither stand in the merged state nor in
 * a conflict: there must be none. */
size_t sim_store_vanished(struct sim_store *st, const char *ledger, size_t *looked_at);
/* Take a received change: SYNC_STORED, KNOWN, PARKED or REFUSED (rule "merge", "state", "signature"). The ids of its
 * `earlier` are in `results`. */
enum sync_status sim_store_receive(struct sim_store *st, const struct sync_received *r,
    const struct sync_result *results, struct oid *id, struct err *err);

#endif

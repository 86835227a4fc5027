/*
 * store/store.h - ledgers in one bare git repository (DESIGN 3), through libgit2. Reading half.
 *
 * Any number of readers, also from other processes, without locks; they see each ledger at some committed state.
 * Errors of libgit2 are translated here; none of its types leaves this room. Not thread safe: one struct store a
 * thread.
 */
#ifndef TUYEN_STORE_STORE_H
#define TUYEN_STORE_STORE_H

#include "base/err.h"
#include "base/key.h"
#include "base/oid.h"
#include "merge/merge.h"
#include "record/change.h"
#include "record/record.h"

struct store;

/* Make an empty store (the directory must not exist or be empty). Durable when it returns. */
int store_init(const char *path, struct err *err);
int store_open(const char *path, struct store **out, struct err *err);
void store_close(struct store *s);

/* Names of all ledgers ("directives/31", "reports/11383"), sorted. */
int store_ledgers(struct store *s, struct strs *out, struct err *err);
/* The commit a ledger's ref points to; ERR_NOT_FOUND when there is no such ledger. */
int store_tip(struct store *s, const char *ledger, struct oid *out, struct err *err);
/* The signed changes that a commit stands for: itself, or a merge's parents. Sorted. */
int store_heads(struct store *s, const struct oid *commit, struct oids *out, struct err *err);
/* tip and heads in one; an absent ledger has none (0). */
int store_ledger_heads(struct store *s, const char *ledger, struct oids *out, struct err *err);

/* Text of a record at a commit (NULL commit: the ledger's tip). ERR_NOT_FOUND if ledger or record is absent. */
int store_read(struct store *s, const char *ledger, const struct oid *commit, const char *path,
    struct buf *out, struct err *err);
/* store_read and record_parse. */
int store_record(struct store *s, const char *ledger, const struct oid *commit, const char *path,
    struct arena *arena, struct record *out, struct err *err);
/* All paths under `prefix` ("plans/", "" for all) at a commit (NULL: the tip), sorted. Absent ledger: none. */
int store_list(struct store *s, const char *ledger, const struct oid *commit, const char *prefix,
    struct strs *out, struct err *err);

/* A signed change as it stands in the store, with the texts of the records it touched. ERR_NOT_FOUND if there is none
 * of that id. Whether it belongs to the ledger is the history's to say. */
int store_change(struct store *s, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err);
/* The same without its records: costs the reading of one commit. */
int store_change_words(struct store *s, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err);
/* Visit the signed changes of a ledger, parents before children, in the order of history_between; stop when visit
 * returns non-zero (returned). `records` says whether their record texts are needed (costly). The change lives only during the call. */
int store_walk(struct store *s, const char *ledger, bool records,
    int (*visit)(void *ctx, const struct change *c, struct err *err), void *ctx, struct err *err);
/* The history of a ledger, loaded at need and kept current: with this store's own transactions, and with what others
 * wrote at each call. Dropped by store_forget, and by tx_destroy where a ledger's changes were not committed.
 * Borrowed. An absent ledger has an empty history. */
int store_history(struct store *s, const char *ledger, struct history **out, struct err *err);
void store_forget(struct store *s, const char *ledger); /* frees the history; NULL: of all ledgers */
/* Nothing was asked for a while: give back memory that can be had again. Histories stay, small. */
void store_rest(struct store *s);
/* How many objects were read since the opening. */
uint64_t store_reads(const struct store *s);

/* Attach facts about a ledger that are not shared: small local files store.git/tuyen/<name>, durable. For what a
 * node remembers of its peers. */
int store_note_read(struct store *s, const char *name, struct buf *out, struct err *err); /* absent: empty */
int store_note_write(struct store *s, const char *name, const void *bytes, size_t len, struct err *err);

#endif

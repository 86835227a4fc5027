/*
 * merge/history.h - the signed changes of one ledger: who saw what, and what each wrote. Pure; no I/O.
 *
 * The order between changes is "has seen" (is reachable from), never a date. Answered in constant time by one
 * counter per chain of changes (a writer's changes mostly form one chain).
 */
#ifndef TUYEN_MERGE_HISTORY_H
#define TUYEN_MERGE_HISTORY_H

#include "base/err.h"
#include "base/oid.h"
#include "record/change.h"

/* One write of one field (schema/merge.md: what counts as a write). */
struct write {
	const char *record; /* path */
	const char *field; /* field path; "" is the presence of the record */
	const char *value; /* canonical; NULL = absent. Presence: "+" or NULL */
	bool seal; /* written by a seal, not by hand */
	bool settles; /* written by settling a conflict (even where no byte changed) */
	bool all; /* presence only: adding and sealing speak for every field of the record; history_add makes
			     * them write absent whatever else the writer had seen written there */
};

/* What history needs of a change; everything is copied. */
struct history_change {
	struct oid id;
	struct oids heads; /* signed changes its parent stands for; all must be in the history already */
	const char *writer; /* "11383", "cong-an@11383" */
	const char *unit;
	int rank;
	int rule; /* version of the merge rule; 0: the first. No lower than those of its heads */
	enum claim claim;
	const struct write *writes;
	size_t n_writes;
};

struct history;

struct history *history_new(void);
void history_free(struct history *h);

/* Add a change. Adding one that is there is fine (0, nothing happens). ERR_PARKED if a head is missing or the rule is newer
 * than this code. */
int history_add(struct history *h, const struct history_change *c, struct err *err);
/* Undo the newest history_add: a change that was tried and not kept. */
void history_drop_last(struct history *h);
/*
 * What a change is kept as (merge/pack.h), to be kept in a file: `history_packed` gives that of the i-th change, in the
 * order of adding; `history_take` adds it again to a history that holds those before it and nothing else. The bytes
 * are borrowed for as long as the history lives. False: these bytes are no such change, nothing has happened. Bytes
 * that were altered so that they still fit give wrong answers, but never reach beyond what is there.
 */
void history_packed(const struct history *h, size_t i, const void **bytes, size_t *len);
bool history_take(struct history *h, const void *bytes, size_t len);
/* Free what was made for answers and can be made again. */
void history_rest(struct history *h);
/* Is this change the same in both: what it had seen, who wrote it, what it wrote? */
bool history_same(const struct history *a, const struct history *b, const struct oid *id);
bool history_has(const struct history *h, const struct oid *id);
size_t history_count(const struct history *h);

/* Is `old` among what `young` has seen? A change has seen itself. False if one is not in the history. */
bool history_seen(const struct history *h, const struct oid *young, const struct oid *old);
/* How many changes this one has seen, itself included; 0 if it is not in the history. */
size_t history_seen_count(const struct history *h, const struct oid *id);
/* Who wrote it; NULL if it is not in the history. Lives as long as that. */
const char *history_writer(const struct history *h, const struct oid *id);
/* Reduce to the maximal ones (seen by no other of the list), sorted by id. Unknown ids are dropped. */
void history_maximal(const struct history *h, struct oids *list);
/* How many changes `to` have seen that `from` have not; SIZE_MAX where `from` are unknown or have seen
 * what `to` have not. */
size_t history_ahead(const struct history *h, const struct oids *from, const struct oids *to);
/* The maximal changes of the whole history. */
void history_tips(const struct history *h, struct oids *out);
/* All changes seen by any of `heads` and by none of `have` (unknown ids in `have` are ignored), parents before
 * children, in an order that depends on the set alone. */
void history_between(
    const struct history *h, const struct oids *have, const struct oids *heads, struct oids *out);

#endif

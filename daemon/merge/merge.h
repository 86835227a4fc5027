/*
 * merge/merge.h - the rule (DESIGN 5, schema/merge.md): the state of a ledger as a function of the set of its changes.
 *
 * The invariant that everything else leans on: the tree of EVERY commit, signed or merge, is the state of what it
 * has seen. So a signed change's tree is checked, and a merge's tree is made, by the same function, merge_advance().
 */
#ifndef TUYEN_MERGE_MERGE_H
#define TUYEN_MERGE_MERGE_H

#include "merge/history.h"
#include "record/record.h"

/*
 * The newest version of the rule that this code knows (the table in rule.c). A state follows the highest version among the
 * changes in it, so old states come out as they ever did. TUYEN_NEXT: what a next version may be, for tests alone.
 */
#ifdef TUYEN_NEXT
#define MERGE_RULE 2
#else
#define MERGE_RULE 1
#endif
int merge_rule(const struct history *h, const struct oids *heads); /* of the state of what these have seen */

/* A record that differs between two states. */
struct merge_record {
	const char *path;
	const char *text; /* canonical; NULL = absent */
};

struct merge_result {
	struct arena arena;
	struct merge_record *records; /* sorted by path */
	size_t n;
};

/*
 * What changes in the tree on the way from the state of what `from` has seen to the state of what `to` has seen.
 * Every id must be in the history, and `to` must have seen all of `from`. `from` may be empty (n = 0). Covers plain
 * records and conflict records alike; records equal in both states are left out. Cost: what was written between.
 * Merging heads h1..hk: from = {h1}, to = {h1..hk}. Checking a signed change c: from = its heads, to = {c}.
 */
void merge_advance(const struct history *h, const char *ledger, const struct oids *from,
    const struct oids *to, struct merge_result *out);
void merge_result_free(struct merge_result *r);

/*
 * The writes of a change: from each record's text before (NULL = absent) and after. Applies what DESIGN 5 says of
 * deletion, adding again and seals. Derived fields are no writes, so the two whole trees may be given: the writes are
 * the same with or without the conflict records that the rule changed.
 * ERR_REFUSED with err->rule "path" (no record may stand there), "state" (words on a conflict that is gone) or
 * "nesting" (words on a conflict among words); ERR_INPUT with "form". The writes point into `arena`.
 */
struct merge_writes {
	struct write *items;
	size_t n;
};
int merge_writes_of(struct arena *arena, const char *ledger, const struct change_texts *texts, size_t n_texts,
    struct merge_writes *out, struct err *err);
/* Add to the writes above those that settling makes: the conflict's field at the value it has in `record_after` (the
 * target record's text in the change's own state; NULL = absent), and presence. `conflict_before` is the conflict
 * record in the parent's state, where it must stand. */
int merge_settlement(struct arena *arena, const char *ledger, const char *conflict_before,
    size_t conflict_len, const char *record_after, size_t record_len, struct merge_writes *out,
    struct err *err);

/* The canonical merge commit (DESIGN 5): message and identity are fixed, parents are the heads sorted by id, time is
 * the latest of theirs. The message names the rule. */
#define MERGE_IDENTITY "tuyen <merge@tuyen.invalid>"
void merge_message(int rule, struct buf *out);

/* "conflicts/<2 hex>/<id>.yaml" from a conflict id of 40 hex digits. */
void merge_conflict_path(const char *id, char path[64]);
/* The id: first 40 hex digits of SHA-256 over ledger-independent "record\0field\0losing change hex". */
void merge_conflict_id(const char *record, const char *field, const struct oid *losing, char id[41]);

/* Line merge of step 5, pure: true and the blended text, or false if edits touch the same or adjacent lines.
 * `base` may be NULL (then false unless all are equal). */
bool merge_lines(const char *base, const char *const *sides, size_t n, struct buf *out);

#endif

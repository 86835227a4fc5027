/*
 * store/load.h - from commits and trees back to changes, and a ledger's history out of them. For this room alone.
 */
#ifndef TUYEN_STORE_LOAD_H
#define TUYEN_STORE_LOAD_H

#include "store/commit.h"
#include "store/tree.h"

/* A commit that must be there. ERR_CORRUPT if it is missing or not one of ours. */
int load_commit(
    struct store *s, const struct oid *id, struct arena *arena, struct commit *out, struct err *err);
/* The tree of a commit; a zero commit has the empty tree (zero). */
int load_tree(struct store *s, const struct oid *commit, struct oid *tree, struct err *err);
/* The signed changes a commit stands for, sorted; a zero commit stands for none. */
int load_heads(struct store *s, const struct oid *commit, struct oids *out, struct err *err);

/* The words of a signed change, without its records: all but records and n_records. */
int load_change(struct store *s, const char *ledger, const struct oid *id, const struct commit *commit,
    struct arena *arena, struct change *out, struct err *err);
/* What a change touched, with the texts before and after, sorted by path: where its tree differs from its parent's, and
 * the conflict records it settles. */
struct load_texts {
	struct change_texts *items; /* all memory is the arena's */
	size_t n, n_touched; /* n_touched of them differ */
};
int load_texts(struct store *s, const struct change *c, const struct oid *before, const struct oid *after,
    struct arena *arena, struct load_texts *out, struct err *err);
/* Add the conflicts of c->settles that are not among the texts, as they are in the parent's tree (the list has room for
 * them), and sort. ERR_REFUSED ("settle") if there is no such conflict. */
int load_settled(struct store *s, const struct change *c, const struct oid *tree, struct arena *arena,
    struct load_texts *out, struct err *err);
/* c->records from what it touched. */
void load_touched(struct change *c, const struct load_texts *texts, struct arena *arena);
/* The text of a record in a tree; NULL if it is not there. */
int load_record(struct store *s, const struct oid *tree, const char *path, struct arena *arena,
    const char **text, size_t *len, struct err *err);

/* The writes of a change, settlements included: `texts` from load_texts; `tree`, the parent's, for target records that
 * the change left alone. */
int load_writes(struct store *s, const struct change *c, const struct oid *tree,
    const struct load_texts *texts, struct arena *arena, struct merge_writes *out, struct err *err);
/* Add a change to a history. */
int load_add(struct history *h, const struct change *c, const struct merge_writes *writes, struct err *err);
/* Which changes the caller has already. */
struct load_known {
	bool (*has)(const void *ctx, const struct oid *id);
	const void *ctx;
};
/* What `heads` have seen, themselves included, and `known` (may be NULL) lacks: parents before children, by generation
 * and id, which is the order of history_between. Reads commits alone. */
int load_order(struct store *s, const struct oids *heads, const struct load_known *known, struct oids *out,
    struct err *err);
/* Add all that `heads` have seen and the history lacks. */
int load_history(
    struct store *s, const char *ledger, const struct oids *heads, struct history *h, struct err *err);

#endif

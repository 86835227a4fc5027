/*
 * store/draft.h - one change on its way into a transaction, written here or received: what it stands on, what it
 * touches, the objects it will add. For this room alone.
 *
 * A draft has written nothing until draft_keep; draft_free undoes all else, the history included.
 */
#ifndef TUYEN_STORE_DRAFT_H
#define TUYEN_STORE_DRAFT_H

#include "store/load.h"
#include "store/tx.h"

/* The times that a change may bear: 2020-2100, UTC. */
#define DRAFT_TIME_FIRST INT64_C(1577836800)
#define DRAFT_TIME_END INT64_C(4133980800)

#define DRAFT_REFUSE(err, rule, record, ...) \
	(err_set(err, ERR_REFUSED, __VA_ARGS__), err_rule(err, rule, record, NULL), (err)->code)

/* A commit that is written, and the signed changes that it stands for. */
struct merged {
	struct oid id;
	struct oids heads;
};

/* What a transaction knows of a ledger that it touches. */
struct tx_ledger {
	char *name;
	struct oid tip; /* as the ref was found; zero: no ledger yet */
	struct merged last; /* the tip, or the merge that was made last */
	struct oids heads; /* with this transaction's changes */
	bool changed;
};

struct tx {
	struct store *s;
	int lock;
	struct tx_ledger *ledgers;
	size_t n_ledgers;
	struct strs moved;
	unsigned syncs;
	bool committed;
};

/* The ledger's state in this transaction, read at first use. The pointer is good until the next call. */
int tx_ledger_at(struct tx *tx, const char *name, struct tx_ledger **out, struct err *err);

typedef int judge_fn(
    void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err);

/* Where an own change is written. Zero: on the ledger's present state, unasked. */
struct tx_place {
	const struct oids *heads; /* what it has seen: maximal changes of the ledger */
	judge_fn *judge; /* asked when form is right and before anything is added */
	void *ctx;
};
int tx_write_at(struct tx *tx, const struct tx_writer *writer, const struct change *edits,
    const struct tx_place *place, struct oid *id, struct err *err);

struct draft {
	struct store *s;
	struct history *history; /* the ledger's; borrowed */
	struct arena arena;
	struct stage stage;
	struct change c; /* its words, as its message says them */
	struct oid before; /* the parent's tree */
	int64_t parent_time; /* INT64_MIN: no parent */
	struct load_texts texts;
	bool in_history;
};

/* Begin, on top of the canonical merge of these heads (which is made if it is not there). */
int draft_begin(
    struct draft *d, struct tx *tx, const char *ledger, const struct oids *heads, struct err *err);
/* Take the words from `c`, check that its message carries them, and the form and size of its records. */
int draft_words(struct draft *d, const struct change *c, struct err *err);
/* The texts before and after of c.records and of the conflicts it settles. */
int draft_texts(struct draft *d, struct err *err);
/* Put it into the history as d->c.id. */
int draft_into_history(struct draft *d, struct err *err);
void draft_out_of_history(struct draft *d);
/* The records by which the rule's state of a change in the history differs from its parent's. */
void draft_state(const struct history *h, const struct change *c, struct merge_result *out);
/* Are those the records that the change carries? ERR_REFUSED ("state") names the first that is not. */
int draft_check_state(const struct history *h, const struct change *c, struct err *err);
/* Commit without signature: the tree is d->before with these records. Staged: blobs and trees. */
int draft_commit(
    struct draft *d, const struct change_record *records, size_t n, struct commit *out, struct err *err);
/* The commit object is staged; its id is d->c.id. */
void draft_print(struct draft *d, const struct commit *commit);
/* Write what is staged; the change is the ledger's. */
int draft_keep(struct draft *d, struct tx_ledger *ledger, struct err *err);
/* Write what is staged, and a ref that keeps it out of the ledger; on the disk when it returns (store/held.h). */
int draft_hold(struct draft *d, struct err *err);
void draft_free(struct draft *d);

/* The canonical merge of two or more heads: staged, with its tree. It costs what they have seen beyond the nearest of them
 * and of `last` (may be NULL), and nothing where that is their merge. */
int draft_merge(struct store *s, struct history *h, const char *ledger, const struct oids *heads,
    const struct merged *last, struct stage *st, struct oid *id, struct err *err);
/* The same, and it is written; the ledger remembers it. */
int draft_merge_write(
    struct tx *tx, struct tx_ledger *ledger, const struct oids *heads, struct oid *id, struct err *err);

#endif

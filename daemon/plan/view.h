/*
 * plan/view.h - what the plan room may see and what it may ask for. Pure: records in, edits out.
 *
 * The daemon and the command both implement `struct view` over the store; tests do so in memory.
 */
#ifndef TUYEN_PLAN_VIEW_H
#define TUYEN_PLAN_VIEW_H

#include "base/args.h"
#include "record/change.h"
#include "registry/registry.h"

/* A signed change that wrote a field. */
struct view_write {
	struct oid change;
	const char *writer; /* "11383", "cong-an@11383" */
	const char *value; /* NULL: made absent */
	bool seal; /* by sealing the record */
};

/* Read-only view of all ledgers this node holds, as of one moment. */
struct view {
	void *ctx;
	/* Parse the record into r (arena's memory). ERR_NOT_FOUND if absent. */
	int (*read)(void *ctx, const char *ledger, const char *path, struct arena *arena, struct record *r,
	    struct err *err);
	/* Paths under a prefix, sorted; none for an absent ledger. */
	int (*list)(void *ctx, const char *ledger, const char *prefix, struct strs *out, struct err *err);
	/* Names of all ledgers, sorted. */
	int (*ledgers)(void *ctx, struct strs *out, struct err *err);
	/* The newest signed change that touched this record (its id, writer, time), for receipts and traces.
	 * ERR_NOT_FOUND if none. */
	int (*last_change)(void *ctx, const char *ledger, const char *path, struct arena *arena,
	    struct change *out, struct err *err);
	/* All that ever wrote the field, what has seen another after it. None is fine. */
	int (*writes)(void *ctx, const char *ledger, const char *path, const char *field, struct arena *arena,
	    struct view_write **out, size_t *n, struct err *err);
	/* A record as a change left it; ERR_NOT_FOUND if it was absent then. */
	int (*read_at)(void *ctx, const char *ledger, const struct oid *change, const char *path,
	    struct arena *arena, struct record *r, struct err *err);
	/* The words of a change, without its records. */
	int (*change)(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
	    struct change *out, struct err *err);
	/* The same with the records that it touched. */
	int (*change_whole)(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
	    struct change *out, struct err *err);
	/* How many changes this one has seen, itself included (0: it is not here), and, where `old` is not NULL,
	 * whether that is one of them (*seen). */
	int (*seen)(void *ctx, const char *ledger, const struct oid *change, const struct oid *old, size_t *n,
	    bool *seen, struct err *err);
	/* The changes that none of `known` has seen, parents before children: id and writer. */
	int (*news)(void *ctx, const char *ledger, const struct oids *known, struct arena *arena,
	    struct view_write **out, size_t *n, struct err *err);
	/* The commit that a ledger stands at: the same for the same set of changes. ERR_NOT_FOUND if it has none. */
	int (*tip)(void *ctx, const char *ledger, struct oid *out, struct err *err);
	const struct registry *registry;
	/* Who this node is. */
	const char *unit, *station, *agency; /* station and agency may be NULL */
	int rank;
	int64_t now;
	bool past; /* ask who stood above whom on the day `on`, not today */
	day_t on;
};

/* Something to tell the person: a template with arguments (see base/err.h). */
struct note {
	bool warning;
	const char *msg;
	int n_args;
	char *arg[ERR_ARGS];
};

/* What a writing operation wants done: changes to sign, words to say, bytes for standard output. */
struct outcome {
	struct arena arena; /* owns everything below */
	struct change *changes; /* ledger, subject, body, claim, claim_basis, settles, records are set */
	size_t n_changes;
	struct note *notes;
	size_t n_notes;
	struct buf output; /* printed as it is (an id, a file) */
};

void outcome_free(struct outcome *o);
/* A new, empty change in this ledger; borrowed from the outcome until the next outcome_change. */
struct change *outcome_change(struct outcome *o, const char *ledger, const char *subject, const char *body);
/* Add a record's new text (printed from r) or, with r NULL, its removal. */
void outcome_put(struct outcome *o, struct change *c, const char *path, const struct record *r);
#define outcome_note(o, ...) outcome_note_list((o), false, (const char *const[]){__VA_ARGS__, NULL})
#define outcome_warn(o, ...) outcome_note_list((o), true, (const char *const[]){__VA_ARGS__, NULL})
void outcome_note_list(struct outcome *o, bool warning, const char *const *msg_and_args);

/* Resolve a plan id that people typed to its issuer: looks in every directives ledger. ERR_NOT_FOUND with the nearest,
 * ERR_AMBIGUOUS with the issuers ("31/hp.2026-06" names one). */
int view_plan(const struct view *v, const char *typed, struct arena *arena, const char **issuer,
    const char **plan, struct err *err);

/* The record, or an empty one of its type where there is none. */
int view_open(const struct view *v, const char *ledger, const char *path, struct arena *arena,
    struct record *r, bool *exists, struct err *err);
/* Who stands above whom, on the day that the view looks at. */
bool view_is_above(const struct view *v, const char *upper, const char *lower);
day_t view_day(const struct view *v); /* that day; REGISTRY_TODAY */
/* Is no unit below this one, but such as have ended? */
bool view_is_lowest(const struct view *v, const char *unit);

#endif

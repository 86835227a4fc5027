/*
 * plan/conflicts.h - conflicts as people see and settle them. The records are derived by the merge rule.
 *
 * Who may settle: a writer whose rank is at least that of the higher side; others object, and are answered. A
 * settlement writes the field by one who has seen all sides, and names every conflict that stands on that field.
 */
#ifndef TUYEN_PLAN_CONFLICTS_H
#define TUYEN_PLAN_CONFLICTS_H

#include "plan/view.h"

struct conflict_side {
	bool present; /* false: this side says that there is no value */
	const char *value; /* NULL when not present */
	const char *unit; /* "31", "cong-an@11383" */
	int rank;
};

/* An objection or an answer. */
struct conflict_word {
	const char *id, *unit, *reason;
};

struct conflict_item {
	const char *id; /* 40 hex digits */
	const char *ledger, *path; /* where the conflict record stands */
	const char *record, *field; /* field "": whether the record is there at all */
	const char *base; /* the last common value, NULL when absent */
	struct conflict_side kept, other;
	const char *why; /* "rank", "equal", "seal", "owner", "lead" */
	const char *state; /* "overruled", "disputed", "objected", "settled" */
	struct conflict_word *objections, *answers;
	size_t n_objections, n_answers;
};

struct conflict_items {
	struct conflict_item *items; /* by ledger, then id */
	size_t n;
};

/* Every conflict record this node holds, of all ledgers or (not NULL) of one, but for overruled version numbers of
 * reports. All of it is the arena's. */
int conflict_list(const struct view *v, const char *ledger, struct arena *arena, struct conflict_items *out,
    struct err *err);
/* By any unambiguous prefix. ERR_NOT_FOUND, ERR_AMBIGUOUS with the candidates. */
int conflict_find(
    const struct conflict_items *all, const char *prefix, const struct conflict_item **out, struct err *err);
/* It is not settled: overruled ones stay open to objection until somebody settles or writes anew. */
bool conflict_is_open(const struct conflict_item *c);
/* Does it wait for a person: disputed, or objected to. */
bool conflict_waits(const struct conflict_item *c);
/* Is the field's value itself open: a tie that nobody has settled. */
bool conflict_is_dispute(const struct conflict_item *c);

/* Operations. */
int conflict_op_settle(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_object(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_answer(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

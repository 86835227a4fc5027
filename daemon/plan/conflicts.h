/*
 * plan/conflicts.h - conflicts as people see and settle them. The records are derived by the merge rule.
 *
 * Who may settle: a writer whose rank is at least that of the higher side; others object, and are answered. Whoever may
 * see a conflict may ask one of its sides for its reasons. A settlement writes the field by one who has seen all sides,
 * and names every conflict that stands on that field.
 */
#ifndef TUYEN_PLAN_CONFLICTS_H
#define TUYEN_PLAN_CONFLICTS_H

#include "plan/view.h"

struct conflict_side {
	bool present; /* false: this side says that there is no value */
	const char *value; /* NULL when not present */
	const char *unit; /* "31", "cong-an@11383" */
	const char *change; /* 40 hex digits, or NULL */
	int rank;
};

/* An objection, a question or an answer. */
struct conflict_word {
	const char *id, *unit, *reason;
	const char *to; /* of a question: the writer who is asked; of an objection NULL */
	bool answered; /* of the first two */
};

struct conflict_item {
	const char *id; /* 40 hex digits */
	const char *ledger, *path; /* where the conflict record stands */
	const char *record, *field; /* field "": whether the record is there at all */
	const char *issuer, *plan, *period; /* what the record is about; NULL where it is about none */
	const char *base; /* the last common value, NULL when absent */
	struct conflict_side kept, other;
	const char *why; /* "rank", "equal", "seal", "owner", "lead" */
	const char *state; /* "overruled", "disputed", "objected", "settled" */
	struct conflict_word *objections, *answers; /* questions stand among the objections */
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
/* Of what is already read as a record; false: it is such a version number. */
bool conflict_read(const struct record *r, struct arena *arena, const char *ledger, const char *path,
    struct conflict_item *out);
/* By any unambiguous prefix. ERR_NOT_FOUND, ERR_AMBIGUOUS with the candidates. */
int conflict_find(
    const struct conflict_items *all, const char *prefix, const struct conflict_item **out, struct err *err);
/* It is not settled: overruled ones stay open to objection until somebody settles or writes anew. */
bool conflict_is_open(const struct conflict_item *c);
/* Does it wait for a person: disputed, or objected to, or one of the sides asked. */
bool conflict_waits(const struct conflict_item *c);
/* Is the field's value itself open: a tie that nobody has settled. */
bool conflict_is_dispute(const struct conflict_item *c);
/* The smaller number is higher; -1: the record does not say. Who settles it must rank no lower. */
int conflict_needed_rank(const struct conflict_item *c);
/* Does this node rank high enough to settle it, and is it open? */
bool conflict_may_settle(const struct view *v, const struct conflict_item *c);
/* 0, or ERR_REFUSED that says who may, and what this node may do instead. */
int conflict_check_settle(const struct view *v, const struct conflict_item *c, struct err *err);
/* Is it this node's word that is awaited in this row: an objection to what it decided, a question put to it? */
bool conflict_waits_here(const struct view *v, const struct conflict_item *c, const struct conflict_word *w);
/* Is it this node's to deal with: disputed and its rank suffices, or a word waits for its answer? */
bool conflict_is_mine(const struct view *v, const struct conflict_item *c);
/* Is the writer ("cong-an@11383") a node of the unit? */
bool conflict_is_of(const char *writer, const char *unit);

/* When a side was written, by its writer's clock; since when both were there; when a word was said. 0: not known. */
int64_t conflict_side_time(
    const struct view *v, const struct conflict_item *c, const struct conflict_side *s);
int64_t conflict_since(const struct view *v, const struct conflict_item *c);
int64_t conflict_word_time(
    const struct view *v, const struct conflict_item *c, const char *table, const char *row);

/* Operations on the words of a command; those that change something ask the daemon. */
int conflict_op_settle(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_undo(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_object(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_ask(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_answer(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int conflict_op_seen(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

/*
 * plan/conflict_settle.h - settling: which value a rule takes of a conflict, and the changes that settle one or many.
 * Both `conflict settle` and the walk on a terminal stand on it.
 */
#ifndef TUYEN_PLAN_CONFLICT_SETTLE_H
#define TUYEN_PLAN_CONFLICT_SETTLE_H

#include "plan/conflicts.h"

/*
 * The value that `take` means, NULL: absent. One of
 *   kept, other, base     as the conflict says
 *   superior              of the side of the higher rank
 *   owner                 of the side that wrote as owner of the figure or lead of the task
 *   newest-seen           of the side that had seen more of the ledger when it wrote; no clock is asked
 * ERR_REFUSED where it does not tell the two sides apart; ERR_USAGE: there is no such word.
 */
int conflict_take(const struct view *v, const struct conflict_item *c, const char *take, const char **value,
    struct arena *arena, struct err *err);
bool conflict_take_is(const char *take); /* is it one of those words */
int conflict_no_take(const char *take, struct err *err); /* ERR_USAGE that says which there are */
/* A value that people typed, checked as the figure's indicator or the field says; "" is absent. */
int conflict_typed(const struct view *v, const struct conflict_item *c, const char *typed, const char **value,
    struct arena *arena, struct err *err);

/* One field, with all the conflicts that stand on it. */
struct conflict_settled {
	const struct conflict_item *first;
	const char *value; /* that is to stand */
	const char *shown; /* that stands now */
	const struct conflict_item **all; /* that are settled with it */
	size_t n;
};

/* One that is left as it is, and why. */
struct conflict_left {
	const struct conflict_item *item;
	const char *code; /* "rank", "several", "unclear", "gone", "words", "settled" */
};

struct conflict_settling {
	struct conflict_settled *fields;
	size_t n_fields, n_conflicts;
	struct conflict_left *left;
	size_t n_left;
};

/* The sentence of such a code; a template without arguments. */
const char *conflict_left_why(const char *code);

/* What to settle, as plain words; zero is the default. */
struct conflict_choice {
	const char *take; /* or NULL */
	const char *value; /* as typed, or NULL */
	const char *reason; /* or NULL */
};

/*
 * Settle `which` of `all` (conflict_list of all ledgers): as few changes as the limits of a change allow are put into
 * the outcome, in the order of ledgers and records. What cannot be settled so is left, with the reason. All memory is
 * the outcome's.
 */
int conflict_settle(const struct view *v, const struct conflict_items *all,
    const struct conflict_items *which, const struct conflict_choice *choice, struct outcome *o,
    struct conflict_settling *out, struct err *err);
/* The same for the words of `conflict settle`: an id, or --where with a rule. */
int conflict_settle_words(const struct view *v, const struct args *a, struct outcome *o,
    struct conflict_settling *out, struct err *err);

#endif

/*
 * plan/directive.h - what a unit asks of those below it, and who has acknowledged which version.
 *
 * A directive is addressed to all below its issuer or to units named; for totals and due dates a unit named stands
 * for all below it too. Issuing an id again makes its next version, in which what is not given stays as it was; the
 * units acknowledge anew. A revoked directive asks nothing any more.
 */
#ifndef TUYEN_PLAN_DIRECTIVE_H
#define TUYEN_PLAN_DIRECTIVE_H

#include "plan/view.h"
#include "record/date.h"

struct directive_ack {
	const char *unit, *code, *name;
	const char *version; /* the one acknowledged, NULL: none */
	const char *at, *note;
	bool current; /* it is the directive's version */
};

struct directive {
	const char *issuer, *id;
	const char *ledger, *path;
	const char *title, *state, *version; /* state "issued" or "revoked" */
	const char *number, *issued, *due, *text, *revoked; /* NULL when not given; revoked: the reason */
	const char *plan_issuer, *plan, *period; /* NULL when not given */
	const char **to; /* unit ids, or the single word "all" */
	size_t n_to;
	const char **tasks;
	size_t n_tasks;
	bool mine; /* addressed to this node's unit */
	bool unread; /* and not acknowledged in this version */
	/* One for each unit addressed whose reports ledger this node may hold (itself and those below it). */
	struct directive_ack *acks;
	size_t n_acks;
	size_t
	    unseen; /* more units addressed, behind such as relay only totals: whether they have is not known here */
};

struct directives {
	struct directive *items; /* by issuer, then id */
	size_t n;
};

/* All directives this node holds. All of it is the arena's. */
int directive_list(const struct view *v, struct arena *arena, struct directives *out, struct err *err);
/* The same without `acks`, at the cost of this ledger's own records alone. */
int directive_read(const struct view *v, struct arena *arena, struct directives *out, struct err *err);
/* The one that people typed: "D-017", "31/D-017". ERR_NOT_FOUND with the nearest, ERR_AMBIGUOUS with the candidates.
 * With `mine`, those addressed to this unit are preferred where several have the id. */
int directive_find(const struct directives *all, const char *typed, bool mine, const struct directive **out,
    struct err *err);

/* Is the unit addressed: named or, with "all", any below the issuer. */
bool directive_is_to(const struct view *v, const struct directive *d, const char *unit);
/* Is the unit addressed, or below one that is. "all" are those below the issuer; the issuer itself only where there
 * are none. */
bool directive_covers(const struct view *v, const struct directive *d, const char *unit);
/* Is it in force, and about this plan and period? */
bool directive_asks(const struct directive *d, const char *plan_issuer, const char *plan, const char *period);
/* The due date that holds for a unit's report: the earliest one of the directives in force for that plan and period
 * that cover it. NULL if none sets one. Borrowed from `all`. */
const char *directive_due(const struct view *v, const struct directives *all, const char *plan_issuer,
    const char *plan, const char *period, const char *unit);
/* Is the unit expected to report, as far as directives say: none for this plan and period reaches it, or one covers
 * it. */
bool directive_expects(const struct view *v, const struct directives *all, const char *plan_issuer,
    const char *plan, const char *period, const char *unit);

/* Operations. */
int directive_op_issue(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int directive_op_ack(const struct view *v, const struct args *a, struct outcome *o, struct err *err);
int directive_op_revoke(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

/*
 * plan/walk.h - a walk through conflicts: in what order, what was decided, and the last decision taken back. Nothing is
 * written by it: at the end each decision is the words of a command. Pure.
 */
#ifndef TUYEN_PLAN_WALK_H
#define TUYEN_PLAN_WALK_H

#include "plan/conflicts.h"

enum walk_act {
	WALK_KEEP,
	WALK_OTHER,
	WALK_BASE,
	WALK_VALUE,
	WALK_OBJECT,
	WALK_ASK,
	WALK_ANSWER,
	WALK_SKIP,
};

struct walk_decision {
	size_t at; /* which conflict */
	enum walk_act act;
	char *value; /* WALK_VALUE: as it is to be; "" absent */
	char *reason; /* of objections, questions and answers */
};

struct walk {
	const struct conflict_item *
	    *items; /* what this node should decide first, then what waits, then the rest; those on
					       one field beside each other */
	size_t n;
	struct walk_decision *decisions; /* in the order in which they were made */
	size_t n_decisions;
};

/* Of all conflicts those that are open, or wait for a word of this node. The items stay the caller's. */
void walk_begin(const struct view *v, const struct conflict_items *all, struct walk *out);
void walk_free(struct walk *w);

void walk_decide(struct walk *w, size_t at, enum walk_act act, const char *value, const char *reason);
/* Take the last one back; its conflict in *at. false: there is none. */
bool walk_undo(struct walk *w, size_t *at);
/* The first conflict from `at` on that nothing was decided about, and whose field nothing was settled of; n at the end. */
size_t walk_next(const struct walk *w, size_t at);
/* How many decisions change something. */
size_t walk_decided(const struct walk *w);

bool walk_same_field(const struct conflict_item *a, const struct conflict_item *b);
/* Is it still what was shown: the same sides, saying the same? */
bool walk_unchanged(const struct conflict_item *then, const struct conflict_item *now);

/* The command of a decision, its words in `out`; NULL for one that changes nothing. */
const char *walk_command(const struct walk *w, const struct walk_decision *d, struct args *out);

#endif

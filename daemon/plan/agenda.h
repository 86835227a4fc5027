/*
 * plan/agenda.h - what `status` begins with: what is to be done here, and whether the last report has arrived.
 */
#ifndef TUYEN_PLAN_AGENDA_H
#define TUYEN_PLAN_AGENDA_H

#include "plan/conflicts.h"
#include "plan/directive.h"

/* A report that a directive in force asks of this unit and that is not submitted. */
struct agenda_report {
	const char *issuer, *plan, *period;
	/* The one whose due date holds (or the first, if none sets one); NULL: none asks, but the report was returned. */
	const char *directive, *directive_issuer;
	const char *state; /* "draft", "returned"; NULL: not begun */
	const char *due; /* NULL: no day was set */
	int days_left; /* 0: today; below 0: so many days over */
	bool overdue;
};

/* What a unit left that ended and that this one replaces as a whole. Only what it was asked before its last day. */
struct agenda_inherited {
	const char *unit; /* id */
	size_t directives; /* not acknowledged in their version */
	size_t reports; /* asked for, or returned, and not submitted */
	size_t tasks; /* begun and not done */
};

struct agenda {
	const struct directive **directives; /* not acknowledged here in their version */
	size_t n_directives;
	struct agenda_report *reports; /* by due date, those without last */
	size_t n_reports;
	struct agenda_inherited *inherited; /* those of whom anything is left */
	size_t n_inherited;
	struct conflict_items conflicts; /* all that are not settled */
	size_t n_waiting; /* of these, such that wait for a person */
	size_t n_mine; /* of these, such that this node is to settle or to answer */
	size_t n_words; /* objections and questions that wait for this node's answer */
	int64_t
	    oldest_word; /* when the oldest of them was said, by its writer's clock; 0: not known, or none */
	/* The report this unit submitted or corrected last (one that waits for its receipt, if any does); NULL issuer:
	 * none yet. */
	struct {
		const char *issuer, *plan, *period, *state, *version;
		int64_t sent; /* time of the newest change to it */
		const char *received; /* the receipt of this version, NULL: none has arrived here */
		const char *late; /* "yes", "no"; NULL: no due date or no receipt */
	} last;
};

/* All of it is the arena's. */
int agenda_read(const struct view *v, struct arena *arena, struct agenda *out, struct err *err);

#endif

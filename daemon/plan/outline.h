/*
 * plan/outline.h - a plan as its records say, read once: title, calendar, campaign periods, indicators, tasks' ids.
 *
 * Everything lives in the arena given. A plan is named by issuer and id; it stands in directives/<issuer>.
 */
#ifndef TUYEN_PLAN_OUTLINE_H
#define TUYEN_PLAN_OUTLINE_H

#include "plan/view.h"
#include "record/period.h"

enum indicator_kind { INDICATOR_COUNT, INDICATOR_RATIO, INDICATOR_AMOUNT, INDICATOR_YESNO };

struct indicator {
	const char *id, *name;
	const char *unit; /* of measure, or NULL */
	const char *scope; /* a level ("commune"), or "any" */
	const char *path; /* of its record */
	enum indicator_kind kind;
	struct record record;
};

struct outline {
	const char *issuer, *plan;
	const char *ledger; /* "directives/<issuer>" */
	const char *title, *calendar;
	struct period *campaigns;
	size_t n_campaigns;
	struct indicator *indicators; /* in the order of the plan's file */
	size_t n_indicators;
};

/* Read the plan that people typed (view_plan). */
int outline_load(
    const struct view *v, const char *typed, struct arena *arena, struct outline *out, struct err *err);
/* The same for a plan named by its issuer and id. */
int outline_load_of(const struct view *v, const char *issuer, const char *plan, struct arena *arena,
    struct outline *out, struct err *err);
/* A period in the plan's calendar, or one of its campaign periods. */
int outline_period(const struct outline *p, const char *typed, struct period *out, struct err *err);
/* ERR_NOT_FOUND with the nearest one. */
int outline_indicator(const struct outline *p, const char *id, const struct indicator **out, struct err *err);

const char *indicator_kind_name(enum indicator_kind kind); /* "count", … */
/* Does a unit report this indicator? Units below the issuer of the scope's level, and the issuer itself when the
 * scope names its own level (or names none, and it has no unit below it). */
bool indicator_is_for(
    const struct view *v, const struct outline *p, const struct indicator *i, const char *unit);
/* Check a figure by the indicator's kind and give its canonical text (the arena's); "có" and "không" are taken for
 * yes and no. *odd (may be NULL) is set when the figure is possible but surprising: a part above its whole. */
int indicator_value(const struct indicator *i, struct arena *arena, const char *typed, const char **out,
    bool *odd, struct err *err);
/* Does this agency own the indicator's figures? */
bool indicator_owned_by(const struct indicator *i, const char *agency);

/* The place of an indicator or a task in its plan's file; those without one come last. */
long outline_position(const struct record *r);

#endif

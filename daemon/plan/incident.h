/*
 * plan/incident.h - incidents that all concerned must see: records incidents/<id>.yaml in the reports of the unit, written by
 * its superiors alone (schema/trust.md).
 *
 * One record stands for one kind of thing that befell one key, or one other thing it is about: when it happens again
 * after it was closed, the record is opened again.
 */
#ifndef TUYEN_PLAN_INCIDENT_H
#define TUYEN_PLAN_INCIDENT_H

#include "plan/view.h"

struct incident_item {
	const char *id, *unit, *ledger, *path;
	const char *kind; /* suspended, retired, twin, recovered, moved */
	const char *key, *reason, *opened, *closed, *note; /* NULL where there is none */
};

struct incident_items {
	struct incident_item *items; /* the arena's */
	size_t n;
};

/* Open an incident of a unit: a change of its reports ledger is added to the outcome, none if it is open already.
 * `about`: the text of the key, else what tells it from others of its kind; `key`, `reason` may be NULL. */
int incident_open(const struct view *v, struct outcome *o, const char *unit, const char *kind,
    const char *about, const char *key, const char *reason, struct err *err);

/* The incidents of `unit` (NULL: of all whose reports are here), sorted by ledger and id. */
int incident_items_read(const struct view *v, const char *unit, bool closed_too, struct arena *arena,
    struct incident_items *out, struct err *err);
/* The open one whose id begins so. ERR_NOT_FOUND, ERR_AMBIGUOUS. */
int incident_items_find(
    const struct incident_items *all, const char *prefix, const struct incident_item **out, struct err *err);

/* `incident close ID [--note TEXT]`: see plan/ops.h. */
int incident_op_close(const struct view *v, const struct args *a, struct outcome *o, struct err *err);

#endif

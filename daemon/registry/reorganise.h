/*
 * registry/reorganise.h - units that change their name, end, are replaced, or go to another superior: what that makes of
 * a record. Pure.
 */
#ifndef TUYEN_REGISTRY_REORGANISE_H
#define TUYEN_REGISTRY_REORGANISE_H

#include "registry/enrol.h"

/* The direct subordinate (no station) that people call so, as of that day. Beyond registry_resolve_on: ERR_REFUSED names
 * whose unit it is. */
int reorganise_find(const struct registry *r, const struct config *me, const char *typed, day_t day,
    const struct registry_unit **out, struct err *err);

/* Give it what `now` says, NULL staying as it is; its code, and with it validity, are not looked at. ERR_REFUSED: a level
 * of another rank. */
int reorganise_rename(const struct registry *r, const struct config *me, const struct record *levels,
    const struct registry_unit *u, const struct enrol_unit *now, struct arena *arena, struct enrol_edit *out,
    struct err *err);

struct reorganise_next {
	const char *id;
	bool whole, part; /* as people said; neither: the whole if it is the only one, else a part */
};

/* `last` is its last day. ERR_REFUSED: before its first; it replaces itself; one whole and others. */
int reorganise_end(const struct registry *r, const struct registry_unit *u, day_t last,
    const struct reorganise_next *next, size_t n, struct arena *arena, struct enrol_edit *out,
    struct err *err);

/*
 * The record moves/<unit>.yaml by which `me`, who is above both superiors, gives the unit to `to`. The caller begins
 * out->record (as it was, if there is one: what was vouched for stays) and adds what is vouched for and carried along. ERR_REFUSED: this node is not above both, or `to` cannot have the unit.
 */
int reorganise_move(const struct registry *r, const struct config *me, const struct registry_unit *u,
    const struct registry_unit *to, day_t day, struct arena *arena, struct enrol_edit *out, struct err *err);
/* Does the move carry this grant? The unit's own, which it narrows; of others used in what is moved, those out of sight
 * for the new superior. */
bool reorganise_carries(const struct registry *r, const struct config *me, const struct registry_unit *u,
    const struct registry_unit *to, const struct registry_grant *g);

#endif

/* registry/edit.h - what admission, registration and genesis share. For this room alone. */
#ifndef TUYEN_REGISTRY_EDIT_H
#define TUYEN_REGISTRY_EDIT_H

#include "base/table.h"
#include "registry/enrol.h"

/* Set fields from a list of path and value, ended by a NULL path; a NULL value leaves its field out. */
int edit_set(struct record *rec, const char *const *pairs, struct err *err);
/* The levels that a root begins with. */
int edit_levels(struct arena *arena, struct record *out, struct err *err);
/* The rank of a level by levels.yaml (NULL: by edit_levels). ERR_INPUT names the nearest, or all. */
int edit_rank(
    const struct record *levels, struct arena *arena, const char *level, int *rank, struct err *err);
/* May this node have anybody below it? */
int edit_allowed(const struct config *me, struct err *err);
/* Begin the record of unit `id`, from what it was (or NULL). */
void edit_start(struct enrol_edit *out, struct arena *arena, const char *id, const struct record *old);
/* Ids are given once and for ever: the code, or the code and the next number; to a unit that a move brings to `me`, the
 * one it has. `taken` (may be NULL) remembers what is given before it is fed. NULL and ERR_INPUT if none is left. */
const char *edit_free_id(const struct registry *r, const char *me, struct arena *arena, const char *code,
    struct table *taken, struct err *err);
/* Another row of `keys`, active. */
int edit_add_key(
    struct record *rec, struct arena *arena, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err);
/* ERR_REFUSED: the level of `who` does not rank below this node. */
int edit_refuse_level(const struct config *me, const char *who, const char *level, struct err *err);

#endif

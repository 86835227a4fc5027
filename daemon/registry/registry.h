/*
 * registry/registry.h - units, levels, keys and grants; who may write what (DESIGN 4). Pure.
 *
 * Fed with the `unit` records of directives ledgers as they stood after each signed change, in history order.
 * A grant is (change, unit or station): the change whose tree first holds that key as active.
 */
#ifndef TUYEN_REGISTRY_REGISTRY_H
#define TUYEN_REGISTRY_REGISTRY_H

#include "base/key.h"
#include "record/change.h"
#include "record/date.h"
#include "record/record.h"

struct registry;

/* A unit or a station as its latest record says. Borrowed; valid until the registry is fed again. */
struct registry_unit {
	const char *id; /* "11383"; a station: "cong-an@11383" */
	const char *code; /* official code: "11383"; a station: its unit's */
	const char *station; /* "cong-an", NULL for a unit */
	const char *name;
	const char *level; /* "commune" */
	int rank;
	const char *parent; /* id of the unit above; NULL for the root; a station's unit */
	const char *agency; /* what a station speaks for, or NULL */
	day_t valid_from, valid_to; /* INT32_MIN / INT32_MAX when not given; valid_to is its last day */
	bool has_key; /* a node was admitted (it has an active key) */
	const char *address; /* where it listens, or NULL */
};

/* What a change is written under. */
struct registry_grant {
	struct oid change; /* zero: the anchor's own */
	const char *ledger; /* where that change stands */
	const char *unit, *station, *agency; /* station, agency may be NULL */
	int rank;
	unsigned char key[KEY_PUBLIC_SIZE];
	bool active;
};

struct registry *registry_new(void);
void registry_free(struct registry *r);

/* The anchor: the root unit and its key, pinned at init or by the welcome. */
int registry_set_anchor(
    struct registry *r, const char *unit, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err);
bool registry_anchor(const struct registry *r, const char **unit, const unsigned char **key);
/* A change of a directives ledger that touched a unit record, with the record after it (NULL = removed). In history
 * order. */
int registry_feed(struct registry *r, const char *issuer, const struct oid *change, const char *path,
    const struct record *now, struct err *err);

const struct registry_unit *registry_unit(const struct registry *r, const char *id); /* NULL if unknown */
/* Resolve what people type: an id, a code, "cong-an@11383", or a name through the folding key. ERR_NOT_FOUND with the
 * nearest, ERR_AMBIGUOUS with the candidates. */
int registry_resolve(
    const struct registry *r, const char *text, const struct registry_unit **out, struct err *err);
/* The same, where a code or name that several units have had means the one that is valid on the day: codes are reused
 * over time. */
int registry_resolve_on(
    const struct registry *r, const char *text, day_t day, const struct registry_unit **out, struct err *err);
/* All units (and stations when asked) below `top`, top excluded, sorted by id. NULL top: all. */
void registry_below(const struct registry *r, const char *top, bool stations, struct strs *out);
/* Its ancestors: root first, its superior last; `unit` itself is left out. Of a station: its unit is the last. */
void registry_above(const struct registry *r, const char *unit, struct strs *out);
bool registry_is_above(const struct registry *r, const char *upper, const char *lower); /* strictly */
/* The unit record as it was last fed (removed ones: NULL). Borrowed like registry_unit. */
const struct record *registry_record(const struct registry *r, const char *id);
bool registry_valid_on(const struct registry_unit *u, day_t day); /* valid_from <= day <= valid_to */

/* The grant that a change names, or NULL if it has not arrived. */
const struct registry_grant *registry_grant(
    const struct registry *r, const struct oid *change, const char *unit, const char *station);
/* By key, for TLS: the grant of an active key; NULL if none. */
const struct registry_grant *registry_by_key(
    const struct registry *r, const unsigned char key[KEY_PUBLIC_SIZE]);
/* Visit every grant, for allowed signers. */
void registry_grants(
    const struct registry *r, void (*visit)(void *ctx, const struct registry_grant *g), void *ctx);

/*
 * Validity (DESIGN 4): a fixed function of a change, what it was built on, and its grant. Checks that trailers agree
 * with the grant; that ledger and paths are ones this writer may touch; the right to every field written, by the
 * record types' tables; sealed records; sizes; for unit records, that they hand out only ranks below the writer's
 * (stations: its own). ERR_REFUSED with err->rule = "grant", "ledger", "path", "right", "sealed", "size", "rank",
 * "settle", "keys" (of a unit record), "form". ERR_PARKED: the unit of the ledger, or the anchor's own record, is not
 * known yet. `texts` are the records before and after, those of the settled conflicts included.
 */
int registry_check(const struct registry *r, const struct registry_grant *grant, const struct change *c,
    const struct change_texts *texts, size_t n_texts, struct err *err);

#endif

/*
 * registry/registry.h - units, levels, keys and grants over time; who may write what (schema/trust.md). Pure.
 *
 * Fed with the records of units, moves and handovers of directives ledgers as they stood after each signed change,
 * parents before children. What was fed once is gathered: feeding it again changes nothing, and of states the most
 * restrictive one counts, in whatever order they come.
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

enum registry_key_state { KEY_ACTIVE, KEY_RETIRED, KEY_SUSPENDED };

/* A head up to which a narrowed grant is vouched for. */
struct registry_vouch {
	const char *ledger;
	struct oid head;
};

/* What a change is written under. */
struct registry_grant {
	struct oid change; /* zero: an anchor's own; REGISTRY_RESERVE: an anchor's reserve key */
	const char *ledger; /* where that change stands */
	const char *unit, *station, *agency; /* station, agency may be NULL */
	int rank;
	unsigned char key[KEY_PUBLIC_SIZE];
	bool active; /* state is KEY_ACTIVE */
	enum registry_key_state state;
	const struct registry_vouch *vouched; /* once it is narrowed */
	size_t n_vouched;
	const char
	    *narrower; /* the unit whose act narrowed it: it decides what is to be confirmed; or NULL */
	const struct registry_grant
	    *by; /* that under which it was granted; NULL of an anchor, or not known */
};

/* What a change names as its grant when it was signed with the anchor's reserve key: forty times f. */
extern const struct oid registry_reserve;

struct registry *registry_new(void);
void registry_free(struct registry *r);

/* The anchor: the root unit and its first key, pinned at init or by the welcome. */
int registry_set_anchor(
    struct registry *r, const char *unit, const unsigned char key[KEY_PUBLIC_SIZE], struct err *err);
/* The highest anchor: the pinned one, or the one that it handed over to. */
bool registry_anchor(const struct registry *r, const char **unit, const unsigned char **key);
bool registry_is_anchor(const struct registry *r, const char *unit); /* the pinned one, or one above it */
/* The same, or one that was put under such a one: its superior says under what it wrote as an anchor. */
bool registry_is_rooted(const struct registry *r, const char *unit);
/* Its reserve key, pinned with it: who holds the active one could write another into the record. */
void registry_set_reserve(struct registry *r, const unsigned char key[KEY_PUBLIC_SIZE]);
/* Whom this anchor, or former one, handed over to; NULL: nobody. Of several the one whose unit it is. */
const char *registry_handed_to(const struct registry *r, const char *anchor);

/* A signed change of directives/<issuer>. */
struct registry_source {
	const char *issuer;
	struct oid change;
	const struct oid *grant; /* under which it was written; NULL: nobody asks how it came about */
};
/* It touched the record of a unit, a move or a handover; `now` is the record after it (NULL = removed). */
int registry_feed(struct registry *r, const struct registry_source *source, const char *path,
    const struct record *now, struct err *err);

/* All that was to be fed for now has been. Until then, of a registry where many units are claimed by several or were
 * moved, it may show them as they stood before. */
void registry_settle(struct registry *r);

/* Of what was made apart the order says nothing: show the unit as the merged record says. Changes no grant. */
void registry_show(struct registry *r, const char *issuer, const char *path, const struct record *merged);
/* Which changes were fed, so that a ledger need not be read twice. */
void registry_read(struct registry *r, const struct oid *change);
bool registry_has_read(const struct registry *r, const struct oid *change);

const struct registry_unit *registry_unit(const struct registry *r, const char *id); /* NULL if unknown */
/* Resolve what people type: an id, a code, "cong-an@11383", or a name through the folding key. ERR_NOT_FOUND with the
 * nearest, ERR_AMBIGUOUS with the candidates. */
int registry_resolve(
    const struct registry *r, const char *text, const struct registry_unit **out, struct err *err);
/* The same, where a code or name that several units have had means the one that is valid on the day: codes are reused
 * over time. "11383@2025-06-30" names the day itself. */
int registry_resolve_on(
    const struct registry *r, const char *text, day_t day, const struct registry_unit **out, struct err *err);
/* All units (and stations when asked) below `top`, top excluded, sorted by id. NULL top: all. */
void registry_below(const struct registry *r, const char *top, bool stations, struct strs *out);
/* Its ancestors: root first, its superior last; `unit` itself is left out. Of a station: its unit is the last. */
void registry_above(const struct registry *r, const char *unit, struct strs *out);
bool registry_is_above(const struct registry *r, const char *upper, const char *lower); /* strictly */
/* The same at any time up to now: rights of superiors never shrink. */
bool registry_was_above(const struct registry *r, const char *upper, const char *lower);
/* As it was on that day: a unit that has moved since stood under its former superior. */
const char *registry_parent_on(const struct registry *r, const char *unit, day_t day);
bool registry_is_above_on(const struct registry *r, const char *upper, const char *lower, day_t day);

/* Does the unit relay to its superior of that day only totals of what stands below it? By its own word of today. */
bool registry_relays_totals(const struct registry *r, const char *unit, day_t day);
/* Who keeps the reports of `lower` from `upper`: of the units strictly between them the highest that relays only
 * totals; NULL: nobody. */
const char *registry_relay_between(const struct registry *r, const char *upper, const char *lower, day_t day);
#define REGISTRY_TODAY INT32_MAX /* as a day of these: as the registry stands */

/* Ledgers' heads that the moves of this unit, and of those it stood below, took over. */
void registry_taken_over(const struct registry *r, const char *unit, const char *ledger, struct oids *heads);

/* Does `unit` replace the one that ended as a whole? Then it has its rights in its reports. */
bool registry_replaces(const struct registry *r, const char *unit, const char *ended);
/* All that it replaces as a whole, sorted. */
void registry_replaced_by(const struct registry *r, const char *unit, struct strs *out);
/* The id of a unit that a move brought to this superior, who has not registered it yet, by its id or code; NULL. */
const char *registry_moved_here(const struct registry *r, const char *superior, const char *typed);
/* The unit record as it was last fed (removed ones: NULL). Borrowed like registry_unit. */
const struct record *registry_record(const struct registry *r, const char *id);
bool registry_valid_on(const struct registry_unit *u, day_t day); /* valid_from <= day <= valid_to */

/* The grant that a change names, or NULL if it has not arrived. */
const struct registry_grant *registry_grant(
    const struct registry *r, const struct oid *change, const char *unit, const char *station);
/* By key, for TLS: the grant of an active key; NULL if none. Never a reserve key. */
const struct registry_grant *registry_by_key(
    const struct registry *r, const unsigned char key[KEY_PUBLIC_SIZE]);
/* Visit every grant, for allowed signers. */
void registry_grants(
    const struct registry *r, void (*visit)(void *ctx, const struct registry_grant *g), void *ctx);

/* What a node knows of the past of its ledgers. */
struct registry_past {
	void *ctx;
	bool (*has)(void *ctx, const char *ledger, const struct oid *change);
	bool (*seen)(void *ctx, const char *ledger, const struct oid *young, const struct oid *old);
};

enum registry_trust {
	TRUST_GOOD, /* the grant is not narrowed, or its act vouches for the change */
	TRUST_UNSURE, /* a head that the act vouches for is not here yet: nothing can be told */
	TRUST_CONFIRM, /* to be confirmed by the superior */
};
/* Is this change, written under the grant, vouched for? And was the grant itself given by a change that is? */
enum registry_trust registry_trust(const struct registry_grant *g, const char *ledger,
    const struct oid *change, const struct registry_past *past);

/* What keeps a change from being good: a narrowed grant, and what was written under it and not vouched for, which is the
 * change itself or one that gave a grant. */
struct registry_doubt {
	const struct registry_grant *grant; /* NULL: it is good */
	const char *ledger;
	struct oid change;
};
/* The same, and why: the worst doubt, the nearest of several. */
enum registry_trust registry_trust_why(const struct registry_grant *g, const char *ledger,
    const struct oid *change, const struct registry_past *past, struct registry_doubt *why);

/*
 * Admission by the first superior (schema/trust.md), beyond validity: nobody registers a unit that belongs to
 * another (rule "unit"), nobody writes after his end (rule "ended"). ERR_REFUSED.
 */
int registry_admission(const struct registry *r, const struct change *c, const struct change_texts *texts,
    size_t n_texts, struct err *err);

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

/*
 * store/held.h - what is to be confirmed (schema/trust.md): changes that are kept out of every ledger until a superior has
 * decided on them, and changes of ledgers that no act vouches for.
 *
 * A held change has passed every check. It stands under refs/held/<ledger>/<change> with all its objects, so stock git
 * keeps it, and no ledger shows it.
 */
#ifndef TUYEN_STORE_HELD_H
#define TUYEN_STORE_HELD_H

#include "registry/registry.h"
#include "store/tx.h"

/* Of one ledger, in number and in texts; what would be more waits with its sender. Of small ones, up to 64 KB, the
 * number is all that is asked. */
#define HELD_MAX 256
#define HELD_BYTES_MAX (16 << 20)
#define HELD_SETS_ASIDE "Sets-aside: " /* begins the reason of a change that sets another aside */

struct held_change {
	const char *ledger;
	struct oid change;
	bool taken; /* it is in its ledger already, and counts */
	const char *writer; /* "11383" */
	int64_t time; /* as it says of itself */
	const char *subject;
	struct registry_doubt why;
};

struct held_changes {
	struct held_change *items; /* the arena's; by ledger, what has seen another after it */
	size_t n;
};

struct held_asked {
	const char *decider; /* only what this unit's act narrowed; NULL: whoever's */
	const char *unit; /* only changes of this unit and its stations; NULL: of all */
	bool
	    quick; /* of ledgers only what suspended keys wrote: retired ones are many, and seldom leave anything */
};

/* What this node knows of the past of its ledgers, for registry_trust. Good as long as the store. */
struct registry_past held_past(struct store *s);
/* Has the holder of the grant ever had a right to write there? */
bool held_may_write(const struct registry *r, const struct registry_grant *g, const char *ledger);
/* Everything that is to be confirmed, what was set aside left out. */
int held_list(struct store *s, const struct registry *r, const struct held_asked *asked, struct arena *arena,
    struct held_changes *out, struct err *err);

/* The one whose id begins so, with four digits at least. ERR_NOT_FOUND, ERR_AMBIGUOUS. */
int held_pick(
    const struct held_changes *list, const char *typed, const struct held_change **out, struct err *err);
/* The refs alone: cheap. Without writer, time, subject and why. */
int held_refs(struct store *s, struct arena *arena, struct held_changes *out, struct err *err);
bool held_has(struct store *s, const char *ledger, const struct oid *change);
/* The change is in its ledger, or nobody asks for it any more. */
int held_drop(struct tx *tx, const char *ledger, const struct oid *change, struct err *err);

#endif

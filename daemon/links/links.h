/*
 * daemon/links/links.h - the lines of a node: one dialled to its superior, any number that come in from below.
 *
 * The subordinate dials, with back-off and jitter; the superior listens. A second line of one instance of a node replaces
 * the first, which is then most likely dead; lines of two instances both go on, and both are told that they are two.
 * A superior with a key that nobody has vouched for yet may bring news of it, and nothing else passes (schema/trust.md).
 */
#ifndef TUYEN_LINKS_H
#define TUYEN_LINKS_H

#include "node.h"
#include "sync/sync.h"

int links_start(struct node *n, struct links **out, struct err *err);
/* Ends all waits with ERR_TIMEOUT and closes everything. Accepts NULL. */
void links_stop(struct links *s);
int links_reload(struct links *s, struct err *err); /* the configuration has changed */
/* A ledger here has lost changes (node/heal.h): the lines that share it begin anew, so that nothing is said of it from a
 * memory that does not hold any more. */
void links_restart(struct links *s, const char *ledger);
void links_rekey(struct links *s); /* the node has another key (node/keys.h); accepts NULL */
void links_retry(struct links *s); /* what was parked may be welcome now; accepts NULL */
void links_moved(struct links *s); /* ledgers or units have changed: everybody looks again, soon */

/*
 * `sync --wait`: call `done` once, when an exchange begun from now on has ended with equal signed heads on the line to
 * the superior and on every subordinate line connected now (`with`: only that node's): err->code 0; ERR_REFUSED when
 * something was refused; ERR_TIMEOUT after timeout_ms. Never called before this returns. The handle ends with `done`
 * or with links_forget.
 */
struct wait;
struct wait *links_wait(struct links *s, const char *with, int64_t timeout_ms,
    void (*done)(void *ctx, const struct err *err), void *ctx);
void links_forget(struct wait *w); /* the asker has gone; no callback */
void links_exchange(struct links *s); /* begin an exchange everywhere, dial at once; nobody waits */

/* What the instance of that node which was heard last is known to have, as book_load takes it, and when it was heard
 * (seconds). False: nothing is known. */
bool links_recall(struct links *s, const char *id, struct buf *memory, int64_t *last);
/* The same, amended: by what a parcel put on its way, or confirmed. The next line begins with it. */
void links_amend(struct links *s, const char *id, const struct buf *memory);

/* One line, for `status`. */
struct link_state {
	const char *peer; /* "31" */
	const unsigned char *instance; /* eight bytes; NULL: it has not said which one it is */
	bool up; /* to the superior */
	bool open, equal;
	const char *address;
	uint64_t bytes_in, bytes_out, changes_in, changes_out;
	int64_t last_contact; /* seconds; 0: never */
	struct sync_load waiting; /* what the peer is not known to have */
	bool told; /* `coming` is known */
	struct sync_load coming; /* what the peer has told to be waiting there */
	uint64_t pace_out, pace_in; /* bytes a second when there was much to do; 0: not known */
	int64_t seconds; /* that all this takes; -1: not known */
	int64_t closed_until; /* seconds since 1970; 0: it may be open, as far as hours and budget go */
	const char *closed_by; /* "window", "budget"; NULL: it may be open */
	uint64_t rate; /* bytes a second that it may carry each way; 0: no limit */
	uint64_t budget, spent; /* bytes of this day; 0: no budget */
	int64_t next_try; /* seconds from now until the next dial; 0: none due */
	const struct err *error; /* why the last line ended or could not be had; code 0: none */
	struct err late; /* what waits for another day; code 0: nothing */
	const struct err *refused; /* the last refusal of a change of ours; code 0: none */
};
/* The superior, the open lines from below, then those below that have called before and are not there now. */
void links_states(struct links *s, void (*visit)(void *ctx, const struct link_state *state), void *ctx);

#endif

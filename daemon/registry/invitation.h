/*
 * registry/invitation.h - a paper that lets one unit in without a person at the other end, and what its issuer
 * remembers of those he gave out. Pure.
 *
 * The paper names the superior with address and key, so that whoever holds it knows whom it dials, and carries a
 * secret that is good once and until a day. The superior keeps the hash of the secret alone; what was used, revoked
 * or has expired is remembered for some weeks, to say so by its name.
 */
#ifndef TUYEN_REGISTRY_INVITATION_H
#define TUYEN_REGISTRY_INVITATION_H

#include "base/key.h"
#include "base/oid.h"
#include "record/date.h"
#include "registry/config.h"

#define INVITATION_FORMAT "tuyen-invitation/1"
#define INVITATION_SECRET_SIZE 16
#define INVITATION_DAYS 7 /* if not said otherwise */
#define INVITATION_DAYS_MAX 366

struct invitation {
	const char *unit, *level, *name; /* unit: its code */
	const char *station, *agency; /* or NULL */
	bool recover; /* for a unit whose old machine is lost */
	struct config_peer superior; /* address never NULL */
	day_t expires; /* the last day on which it is good */
	unsigned char secret[INVITATION_SECRET_SIZE];
};

void invitation_print(const struct invitation *inv, const struct key *superior, struct buf *out);
/* ERR_INPUT with its place; ERR_REFUSED "signature". Strings are the arena's. */
int invitation_read(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct invitation *out, struct err *err);

/* ---- what the superior remembers ---- */

#define INVITED_MAX 1024 /* rows; the oldest of those that are not open any more goes first */
#define INVITED_KEEP 30 /* days for which one that is over is remembered */
#define INVITED_NOTE "invitations"
#define INVITED_SIZE_MAX (1024 * 1024)

enum invited_state { INVITED_OPEN, INVITED_USED, INVITED_REVOKED };

struct invited {
	const char *unit, *level, *name; /* unit: "11383", "cong-an@11383" */
	const char *agency; /* of a station, or NULL */
	const char *lost; /* the state that the old key of the unit gets; NULL: not to recover */
	day_t expires;
	enum invited_state state;
	unsigned char hash[HASH_SIZE]; /* of the secret */
};

/* Zero-initialise; invited_free when done. */
struct invited_list {
	struct arena arena;
	struct invited *rows; /* oldest first */
	size_t n;
};

/* From and to the bytes of the note. Lines that say nothing are dropped. */
void invited_read(struct invited_list *list, const char *bytes, size_t len);
void invited_print(const struct invited_list *list, struct buf *out);
void invited_free(struct invited_list *list);

void invited_hash(const unsigned char secret[INVITATION_SECRET_SIZE], unsigned char hash[HASH_SIZE]);
/* Another one; an open one for the same unit is revoked by it (true). ERR_BUSY: INVITED_MAX are open. */
int invited_add(
    struct invited_list *list, const struct invited *one, day_t today, bool *replaced, struct err *err);
/* Revoke the open one for a unit; false if there is none. */
bool invited_revoke(struct invited_list *list, const char *unit);
/* The open row of this secret, if the paper is good today and for that unit; else ERR_REFUSED "invitation". */
int invited_find(struct invited_list *list, const unsigned char secret[INVITATION_SECRET_SIZE],
    const char *unit, day_t today, struct invited **out, struct err *err);
/* "open", "expired", "used", "revoked". */
const char *invited_word(const struct invited *one, day_t today);

#endif

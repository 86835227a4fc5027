/*
 * plan/refusals.h - what a node remembers of its changes that were refused: so that they never come back, and so that its
 * people can see what became of what was built on them. Pure; of this node's memory alone (daemon/node/heal.h).
 */
#ifndef TUYEN_PLAN_REFUSALS_H
#define TUYEN_PLAN_REFUSALS_H

#include <stdint.h>

#include "base/err.h"
#include "base/oid.h"

#define REFUSALS_MAX 500 /* the oldest is forgotten: it would be judged anew */
#define REFUSALS_AGAIN_MAX 2000 /* pairs told of one */

enum refusal_state {
	REFUSAL_OPEN, /* to be taken out here */
	REFUSAL_HEALED, /* it is out, and never taken in again */
	REFUSAL_UNWANTED, /* it stays here; that peer does not want it */
};

/* A change that was built on a refused one, and what it is now; zero: it was not written again. */
struct refusal_again {
	struct oid was, now;
};

enum refusal_word {
	REFUSAL_LEDGER,
	REFUSAL_BY, /* who refused it: "31" */
	REFUSAL_RULE,
	REFUSAL_RECORD,
	REFUSAL_FIELD,
	REFUSAL_SENTENCE, /* as the peer said it, in English */
	REFUSAL_WORDS
};

struct refusal {
	struct oid id;
	enum refusal_state state;
	int64_t time; /* seconds */
	char *word[REFUSAL_WORDS]; /* "" where there is none */
	struct refusal_again *again;
	size_t n_again;
};

/* Zero-initialise; the oldest first. Pointers into it are good until the next refusals_add. */
struct refusals {
	struct refusal *items;
	size_t n;
};
void refusals_free(struct refusals *l);

struct refusal *refusals_find(const struct refusals *l, const struct oid *id);
/* The entry of that change, made if there is none; words are copied, NULL is "". */
struct refusal *refusals_add(
    struct refusals *l, const struct oid *id, const char *const words[REFUSAL_WORDS]);
void refusals_again(struct refusal *r, const struct oid *was, const struct oid *now);

void refusals_print(const struct refusals *l, struct buf *out);
void refusals_read(struct refusals *l, const char *bytes, size_t len);

#endif

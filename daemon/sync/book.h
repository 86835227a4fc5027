/*
 * sync/book.h - what one end of a line knows of the ledgers it may share with the other, and what it keeps of that
 * between two lines (the peer's memory of sync.h).
 */
#ifndef TUYEN_SYNC_BOOK_H
#define TUYEN_SYNC_BOOK_H

#include "sync/sync.h"

#define BOOK_RECENT 32 /* ids of a ledger kept for finding short ids */
#define BOOK_RECENT_SAFE \
	16 /* of which the newest are used: the two ends forget in slightly different order */

struct book_ledger {
	char *name;
	struct oids heads; /* ours, as last read */
	struct oids base; /* of both ends, when they were last equal */
	struct oids known; /* what the peer has, as far as we know; not minimal */
	struct oids sent; /* known, and what is on its way to the peer */
	struct oids given; /* by the peer on this line: whatever it says it has, it has these */
	struct oids recent; /* a ring of changes that were on the line */
	size_t recent_at;
	bool shared; /* by our registry */
	bool met; /* the peer has spoken of it */
	bool accepted; /* met, and we take it from this peer */
	bool declined_here; /* we do not take it from this peer */
	bool declined_there; /* the peer does not take it from us */
	bool unsure; /* what the peer has is not known: send nothing before its have */
	bool fresh; /* never spoken of with this peer */
	bool asked; /* we asked for a have of it */
	bool reply; /* we owe a have of it */
	bool doubted; /* on this line it was asked once more what it has */
	bool wary; /* the peer did not find a short id: use none */
	bool flying; /* changes are on their way unacknowledged */
	bool clean; /* nothing is to be sent */
	bool parked_here; /* changes of it that came from this peer were parked, in this session */
	bool mark; /* scratch */
};

/* Zero-initialise. */
struct book {
	struct book_ledger **ledgers; /* by name */
	size_t n;
	struct book_ledger **order; /* the shared ones as they are to be sent: directives (keys) first */
	size_t n_order;
	bool acquainted; /* there is a memory of this peer, or it has said what it has */
	bool has_instance;
	unsigned char instance[SYNC_INSTANCE_SIZE]; /* the peer's */
};

void book_free(struct book *b);
struct book_ledger *book_find(const struct book *b, const char *name); /* NULL when absent */
struct book_ledger *book_at(struct book *b, const char *name); /* made when absent */
/* Forget all that was known of the peer: it is another instance now. */
void book_forget(struct book *b);
/* Of one ledger: what was remembered does not hold any more. */
void book_doubt(struct book_ledger *l);

/* `set` now includes a change whose parents are `heads`, which need not stand in it any longer. */
void book_saw(struct oids *set, const struct oid *id, const struct oids *heads);
void book_note(struct book_ledger *l, const struct oid *id); /* for finding short ids */
/* The id known in this ledger that begins so; false if there is none, or several. */
bool book_find_short(const struct book_ledger *l, const unsigned char *prefix, size_t len, struct oid *out);
/* May we expect that the peer's book_find_short finds it? */
bool book_short_ok(const struct book_ledger *l, const struct oid *id);
void book_set(struct oids *to, const struct oids *from); /* replace the contents */

/* The memory to keep, and back, also into a book that has ledgers already. Damaged memory is forgotten (false). */
void book_save(const struct book *b, struct buf *out);
bool book_load(struct book *b, const void *bytes, size_t len);
/* The instance that memory is of; NULL when there is none in it. */
const unsigned char *book_instance(const void *bytes, size_t len);

#endif

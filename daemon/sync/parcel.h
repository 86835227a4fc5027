/*
 * sync/parcel.h - what is inside a parcel (schema/wire.md, "Parcels"): the frames of a line, said by one end alone. Pure;
 * sealing, files and the world are the caller's.
 *
 * A parcel says who writes it, what it has (which acknowledges what came before), what it refused, and the changes that its
 * addressee is not known to have. A batch speaks of one ledger, and the first of a ledger stands for itself, so that where
 * something rests on what the reader lacks no other ledger is held up. Attachments follow behind the end of the changes, so
 * that none of them can be in the way of a change; they are written piece by piece by whoever reads them.
 */
#ifndef TUYEN_SYNC_PARCEL_H
#define TUYEN_SYNC_PARCEL_H

#include "sync/book.h"
#include "sync/sync.h"

#define PARCEL_BYTES_MAX (32u << 20) /* of frames in one parcel; what does not fit goes with the next */
#define PARCEL_REFUSALS_MAX 64
#define PARCEL_STANDS_MAX 16384

/* How the writer stands to an attachment that comes from the addressee. */
struct parcel_stand {
	unsigned char id[SYNC_BLOB_ID];
	unsigned stand; /* enum sync_stand; 0: it is wanted */
	uint64_t have; /* bytes of one that is not here whole */
};

struct parcel_options {
	const char *unit, *station; /* ours; station may be NULL */
	unsigned char instance[SYNC_INSTANCE_SIZE];
	/* What the addressee is known to have, from two sources; NULL: nothing. Only `known` of the ledgers is read. */
	const struct book *known[2];
	const struct sync_refusal *refusals; /* of what the addressee wrote */
	size_t n_refusals;
	const struct parcel_stand *stands;
	size_t n_stands; /* PARCEL_STANDS_MAX of them go in */
	size_t bytes_max; /* 0: PARCEL_BYTES_MAX */
};

struct parcel_written {
	size_t changes;
	bool more; /* not all went in */
	size_t unreadable; /* ledgers of which something cannot be read here: `verify` names it */
	struct strs ledgers; /* of which changes went in; the caller's to free */
};

/* Append all frames but those of attachments. */
void parcel_write(const struct sync_world *world, const struct parcel_options *options, struct buf *out,
    struct parcel_written *written);

/* Bytes of an attachment. They are appended behind all else, in order. */
struct parcel_piece {
	unsigned char id[SYNC_BLOB_ID];
	uint64_t at;
	const void *
	    bytes; /* NULL when written: they cannot be read, and as many bytes that say nothing take their place */
	size_t len;
};
size_t parcel_piece_at(uint64_t from, uint64_t upto); /* how long the one is that begins there */
uint64_t parcel_pieces_size(uint64_t from, uint64_t upto); /* bytes of all frames from there on */
void parcel_put_piece(struct buf *out, const struct parcel_piece *p);

/* ---- reading ---- */

struct parcel_reader;
struct parcel_reader *parcel_reader_new(const struct sync_world *world);
void parcel_reader_free(struct parcel_reader *r); /* accepts NULL */
/* Frames, in any pieces. */
void parcel_reader_add(struct parcel_reader *r, const void *bytes, size_t len);

enum parcel_event {
	PARCEL_WAITS, /* more bytes are needed */
	PARCEL_CHANGES, /* changes[n], as in a STORE of sync.h; all must be stored before the next call */
	PARCEL_LOST, /* n changes of a ledger rest on something that is not here */
	PARCEL_DECLINED, /* n changes of a ledger that we do not take from this peer */
	PARCEL_ENDS, /* that were all changes; only attachments follow */
	PARCEL_PIECE, /* of an attachment */
};
struct parcel_item {
	enum parcel_event event;
	const char *ledger; /* of the first change */
	const struct sync_received *changes;
	size_t n;
	bool more; /* ENDS: the writer had more than went in */
	struct parcel_piece piece; /* PIECE */
};
/* The next thing; borrowed until the next call. ERR_PEER: it is malformed, and nothing more can be had from it. */
int parcel_reader_next(struct parcel_reader *r, struct parcel_item *out, struct err *err);

/* What has been read so far; borrowed. */
const struct sync_peer *parcel_reader_peer(const struct parcel_reader *r); /* NULL: not yet */
const struct sync_refusal *parcel_reader_refusals(const struct parcel_reader *r, size_t *n);
const struct parcel_stand *parcel_reader_stands(const struct parcel_reader *r, size_t *n);
/* The writer has said what it has: note in `known` those of it that are here. A book of another instance is forgotten
 * first. False: it has not said it. */
bool parcel_reader_learn(const struct parcel_reader *r, struct book *known);

#endif

/*
 * sync/sync.h - the protocol between two nodes over one line, as a pure step (DESIGN 6, schema/wire.md).
 *
 * One `struct sync` is one line to one peer, from the moment its stream is open and both keys are proved until it
 * ends. Events go in by the functions below, each with the time where it matters; what is to be done comes out as an
 * ordered list of actions. There is no socket, clock, random source, git or disk inside: the world is read through
 * `struct sync_world`, and changed only by the driver when it carries out actions.
 *
 * Happy path, one round trip (dialer left, listener right; both remember their last meeting):
 *
 *     sync_open                                         sync_open
 *     SEND hello, changes, summary      ------------>   sync_receive; STORE; sync_stored
 *                                       <------------   SEND hello, ack, changes, summary
 *     sync_receive; STORE; sync_stored
 *     SEND ack, summary; CONFIRMED; EXCHANGED  ------>  CONFIRMED; EXCHANGED
 *
 * What goes wrong, and what happens then:
 * - the line is cut: the driver frees the sync; what was stored is stored; the next line goes on from there;
 * - one side lost its memory, or was restored from an older copy: the digests differ, both say what they have;
 * - a change is refused: REFUSED tells its sender's driver; it and what is built on it is not sent again; the exchange
 *   ends unequal, everything else goes on;
 * - a change is parked (its grant has not come yet): it stays unconfirmed and comes again at a later exchange;
 * - the peer breaks the protocol, or says nothing for 45 s when an answer is due: CLOSE with a sentence.
 *
 * The driver's order of work, which is what makes this safe: take the actions one by one with sync_next() and finish
 * each before taking the next. STORE is finished when the batch is durable; only then sync_stored() is called, and the
 * acknowledgement is among the actions after that. The driver may answer a STORE at once (inside its loop) or later;
 * no other STORE comes before it is answered.
 */
#ifndef TUYEN_SYNC_SYNC_H
#define TUYEN_SYNC_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/oid.h"
#include "record/change.h"

#define SYNC_VERSION 1
#define SYNC_INSTANCE_SIZE 8
#define SYNC_CHECK_SIZE 4
#define SYNC_BLOB_ID 32 /* SHA-256 of an attachment */
#define SYNC_DIGEST_SIZE 12
#define SYNC_PIECE_MAX 16384 /* bytes of an attachment in one message */

#define SYNC_PING_BUSY \
	20000 /* ms of silence, something being awaited, before we ask whether the peer is there */
#define SYNC_PING_IDLE 40000 /* the same when nothing is awaited; it is for the dialer to ask first */
#define SYNC_PING_LATER 4000 /* a listener waits so much longer, and so much shorter for the pong */
#define SYNC_DEAD 45000 /* ms without any byte while an answer is due: give up */
#define SYNC_DEAD_IDLE 18000 /* the same when it is only a pong that is due */
#define SYNC_DEAD_MOST \
	59000 /* and since the last byte, whatever is due, if it has been due for as long as a pong */

struct sync;

/*
 * What the step reads of the world, for this one peer. Every function is called only from inside the functions of this
 * header, must not call back, and answers from what is durable (or will be before the next SEND leaves).
 */
struct sync_world {
	void *ctx;
	/* Ledgers shared with this peer by today's registry; names that do not exist yet are fine. Directives are sent
	 * first; among themselves they, and the others, go in the order given here. From the top tier down is best: a
	 * grant then comes before what is written under it. */
	void (*shared)(void *ctx, struct strs *out);
	/* Would we take changes of this ledger from this peer? Also for ledgers that do not exist here yet. */
	bool (*accepts)(void *ctx, const char *ledger);
	/* The maximal signed changes of a ledger, sorted; none when it does not exist. What this peer has refused, and what
	 * is built on it, is left out here and in `between`: else the digests could not agree any more. */
	void (*heads)(void *ctx, const char *ledger, struct oids *out);
	/* Signed changes of the ledger that none of `have` has seen, parents before children. Ids in `have` that are
	 * unknown here are ignored. */
	void (*between)(void *ctx, const char *ledger, const struct oids *have, struct oids *out);
	/* Is this signed change stored here? (Parked ones are not.) */
	bool (*has)(void *ctx, const char *ledger, const struct oid *id);
	/* A stored change with heads, new texts and message. The arena is the step's. */
	int (*change)(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
	    struct change *out, struct err *err);
	/* Text of a record in the tree of a stored signed change; false when the record or the change is absent.
	 * Both ends use it as the dictionary of the deflate stream, so it must be those very bytes. */
	bool (*text)(
	    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out);
	/* What the last CONFIRMED held of this instance of the peer, asked when its hello has named another instance than
	 * `memory` of the options was of. May be NULL: nothing is remembered then. */
	void (*memory)(void *ctx, const unsigned char instance[SYNC_INSTANCE_SIZE], struct buf *out);
	/* The first bytes of what SYNC_DO_PART has kept of a batch, on this line or earlier. Not trusted: they are hashed
	 * with the rest. May be NULL: then nothing is gone on with. */
	void (*kept)(void *ctx, bool directives, size_t len, struct buf *out);
};

/* An attachment that is to come: how long it is, and how much of it is here. */
struct sync_blob {
	unsigned char id[SYNC_BLOB_ID];
	uint64_t size, have;
};

/* How an end stands to an attachment, as a notice says it. */
enum sync_stand {
	SYNC_BLOB_HERE = 1,
	SYNC_BLOB_ASKED = 2, /* not here; it has been asked for where it may be */
	SYNC_BLOB_ON_DEMAND = 4, /* not fetched before somebody asks */
	SYNC_BLOB_TOO_LONG = 8, /* never fetched */
};

/* What the step reads of attachments. They travel after everything else: whoever wants one asks for a range of it, as
 * much as the line carries in about a second, so that whatever is to be said meanwhile has little before it. */
struct sync_blobs {
	void *ctx;
	/* The i-th of those that are wanted from this peer, the most wanted first; false when there are no more. */
	bool (*want)(void *ctx, size_t i, struct sync_blob *out);
	/* Is it here, and may this peer have it? */
	bool (*size)(void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t *size);
	/* Append these bytes of it; they are inside. False when they cannot be read. */
	bool (*read)(
	    void *ctx, const unsigned char id[SYNC_BLOB_ID], uint64_t offset, size_t len, struct buf *out);
	/* May more be sent now? False while much waits to leave; call sync_tick when it has left. */
	bool (*room)(void *ctx);
	/* How this end stands to it; 0 where the peer may not know, and where it is wanted. It is asked after `size` has
	 * said no: whoever can get it from elsewhere asks for it there. */
	unsigned (*stand)(void *ctx, const unsigned char id[SYNC_BLOB_ID]);
	/* The i-th of those that are here of which it is not known whether the peer has them; it is asked once a line. */
	bool (*unsure)(void *ctx, size_t i, unsigned char id[SYNC_BLOB_ID]);
};

/* What has come of a batch that goes in parts, when the line was cut: the next one goes on there. */
struct sync_part {
	bool directives; /* of the two that may be under way at a time it is that of the directives */
	unsigned char digest[SYNC_DIGEST_SIZE]; /* names it */
	size_t total, at; /* its bytes; where those that come with it belong */
};
struct sync_kept {
	struct sync_part part; /* total 0: nothing is kept */
	size_t len; /* bytes from the beginning */
};

enum sync_role { SYNC_DIALER, SYNC_LISTENER };

struct sync_options {
	enum sync_role role;
	unsigned char
	    instance[SYNC_INSTANCE_SIZE]; /* ours: random, made with the store, new after a restore */
	const char *unit, *station; /* ours; station may be NULL */
	/* What the last CONFIRMED of this peer held; NULL and 0 for a first meeting. Not trusted: damaged or outdated
	 * memory costs bytes, never correctness. */
	const void *memory;
	size_t memory_len;
	const struct strs *declined; /* ledgers declined from the start, if they are not shared; NULL: none */
	bool mute; /* no changes are sent */
	const struct sync_blobs *blobs; /* copied; NULL: no attachments pass */
	struct sync_kept kept[2]; /* what SYNC_DO_PART has left of earlier lines */
	size_t window; /* most bytes on their way unacknowledged; 0: by the step, 8 kB growing to 512 kB */
};

/* `world` is copied; its ctx must outlive the sync. Strings are copied. Nothing is sent before the dialer's first
 * actions are taken; a listener speaks when it has heard the dialer's hello. */
struct sync *sync_open(const struct sync_world *world, const struct sync_options *options, int64_t now);
/* Cancels everything; no action is left. Accepts NULL. */
void sync_free(struct sync *s);

/* What a listener that has no turn for a dialer says instead of everything else, before it closes the line. */
#define SYNC_AGAIN_MOST 300 /* seconds; what is said beyond that counts as that */
void sync_busy(unsigned seconds, struct buf *out);

/* ---- events ---- */

/* Bytes of the peer, in any pieces. */
void sync_receive(struct sync *s, const void *bytes, size_t len, int64_t now);
/* Ledgers may have moved, or the registry changed who shares what. Cheap; call it after every commit. Directives go out
 * at once; other changes wait 0.4 s for more of them, at most 2 s, and go with anything that is said meanwhile. */
void sync_local(struct sync *s, int64_t now);
/* What was parked here may be welcome now, for another reason than that something has come: the peer is asked for it. */
void sync_retry(struct sync *s, int64_t now);
/* Somebody waits for an exchange that begins now: EXCHANGED with this token follows when it has ended. */
void sync_request(struct sync *s, uint64_t token, int64_t now);
/* Time has passed. Call it at sync_next_tick(), or whenever. */
void sync_tick(struct sync *s, int64_t now);
/* When sync_tick wants to be called next (the scale of `now`), INT64_MAX for never. */
int64_t sync_next_tick(const struct sync *s);

enum sync_status {
	SYNC_STORED, /* durable here now */
	SYNC_KNOWN, /* was here already */
	SYNC_PARKED, /* cannot be judged yet; not stored as a change */
	SYNC_REFUSED, /* breaks a rule; `err` says which */
};

/* Why what was parked waits: its writer has written more than is taken in a day (schema/trust.md). */
struct sync_late {
	const char *writer;
	uint64_t most; /* a day */
	bool bytes; /* else changes */
};

/* The driver's word on one change of a STORE. `id` is the change's id as computed here; for REFUSED and PARKED it may
 * be zero when it could not be computed. */
struct sync_result {
	enum sync_status status;
	struct oid id;
	const struct err *err; /* for REFUSED; borrowed during the call */
	const struct sync_late *late; /* for PARKED, where that is why; the peer is told. Borrowed likewise */
};

/* The answer to the STORE that was taken last: as many results as it had changes. */
void sync_stored(struct sync *s, const struct sync_result *results, size_t n, int64_t now);

/* The oldest SYNC_DO_PIECE not yet answered was kept, or not: then the rest of it is not asked for, unless it is
 * still wanted. */
void sync_piece_kept(struct sync *s, bool kept, int64_t now);

/* ---- actions ---- */

enum sync_action_kind {
	SYNC_DO_SEND, /* bytes, in order, to the peer */
	SYNC_DO_STORE, /* changes[n]: judge, store durably, answer by sync_stored */
	SYNC_DO_CONFIRMED, /* bytes: what to remember of this peer, replaces what was remembered before */
	SYNC_DO_EXCHANGED, /* token, equal, refused */
	SYNC_DO_REFUSED, /* refusal: the peer refused a change of ours; remember not to send it to this peer */
	SYNC_DO_PEER, /* peer: its hello has come; the driver compares unit and station with the proved key */
	SYNC_DO_LATE, /* late: the peer has parked changes of ours for that */
	SYNC_DO_PIECE, /* piece, bytes: of an attachment; keep it, answer by sync_piece_kept */
	SYNC_DO_STAND, /* piece.id, stand: how the peer stands to an attachment */
	SYNC_DO_PART, /* part, bytes: keep them for the next line, need not be durable; no bytes: keep nothing of that kind */
	SYNC_DO_CLOSE, /* err: the line is over; close the stream and free the sync. Always the last action */
};

/*
 * A received change. `change` is complete but for what only the store can compute:
 * - change.id is zero;
 * - heads that stand earlier in the same batch are not in change.heads: their positions are `earlier` (ascending,
 *   each smaller than this change's own); the driver adds the ids it got by storing them, and sorts. A change one of
 *   whose `earlier` was refused or parked is parked.
 * - change.parent is right when there is exactly one head and it is in change.heads, or there is none at all; else
 *   it is zero. Where there are several heads, parent_check is the beginning of the canonical merge's id at the
 *   author's side: if the store's own merge has another beginning the ends disagree about a merge (rule "merge"), and
 *   only if it is the same a bad signature is a forgery (rule "signature").
 */
struct sync_received {
	struct change change;
	const unsigned *earlier;
	size_t n_earlier;
	bool has_parent_check;
	unsigned char parent_check[SYNC_CHECK_SIZE];
};

struct sync_refusal {
	const char *ledger;
	struct oid id;
	const char *rule, *record, *field; /* "" where not known */
	const char *sentence; /* rendered, in English, by the peer */
};

struct sync_peer {
	const char *unit, *station; /* station "" for the unit's own node */
	unsigned char instance[SYNC_INSTANCE_SIZE];
	unsigned version;
};

struct sync_action {
	enum sync_action_kind kind;
	/* SEND, CONFIRMED, PIECE, PART */
	const void *bytes;
	size_t len;
	bool
	    durable; /* CONFIRMED: write it to disk; else keep it in memory for the next line (nothing depends on it) */
	/* STORE */
	const struct sync_received *changes;
	size_t n;
	/* EXCHANGED */
	uint64_t token; /* of sync_request; 0 when nobody asked */
	bool equal; /* both ends had the same signed heads in all ledgers they share */
	unsigned refused; /* changes refused by either end since the exchange began */
	/* REFUSED, PEER, CLOSE */
	struct sync_refusal refusal;
	struct sync_peer peer;
	struct err err;
	unsigned again; /* CLOSE with ERR_BUSY: seconds after which to call again; else 0 */
	struct sync_late late;
	struct sync_part part;
	/* PIECE: what was there before it stands in `have` */
	struct sync_blob piece;
	unsigned stand; /* enum sync_stand */
};

/* Bytes of a SEND up to the end of the first message in them: what a line should not tear apart. */
size_t sync_message(const void *bytes, size_t len);

/* The next thing to do, NULL when there is none now. Borrowed until the next call of sync_next; the changes of a
 * STORE live until its sync_stored has returned. */
const struct sync_action *sync_next(struct sync *s);

/* ---- for status ---- */

struct sync_load {
	uint64_t changes, bytes; /* on the wire, estimated */
};
/* How fast bytes of changes went, while there were any to go: the last minute or two. 0 ms: not known. */
struct sync_pace {
	uint64_t bytes, ms;
};

struct sync_state {
	bool greeted; /* the peer's hello has come */
	bool equal; /* the last digests exchanged were the same, and nothing has moved here since */
	bool storing; /* a STORE is not answered yet */
	size_t unacknowledged; /* bytes of changes on their way */
	size_t piece; /* bytes that are good to be cut into at the pace of this line */
	size_t buffered; /* received bytes not yet looked at; stop reading the stream above SYNC_BUFFER_MAX */
	uint64_t bytes_in, bytes_out, changes_in, changes_out;
	bool told; /* the peer has said what waits there, or that nothing does by being equal */
	struct sync_load coming; /* what is left of it */
	struct sync_pace in, out;
};
#define SYNC_BUFFER_MAX (1024 * 1024)
void sync_state(const struct sync *s, struct sync_state *out);
/* What the peer is not known to have of what it is to get. Reads the world. */
void sync_waiting(const struct sync *s, struct sync_load *out);
/* The same without a line, by what the last CONFIRMED held. */
void sync_waiting_by(const struct sync_world *world, const void *memory, size_t len, struct sync_load *out);

/* The digest of all shared ledgers here, as it would stand in a summary now: for tests and traces. */
void sync_digest(struct sync *s, unsigned char out[SYNC_DIGEST_SIZE]);

#endif

/*
 * sync/frame.h - the messages of a line, to bytes and back (schema/wire.md, "Messages").
 *
 * A frame is a length, a type and a payload. An unknown type is skipped by the receiver, unknown flag bits and what
 * stands after the known fields of a payload are ignored: so a newer peer can say more.
 */
#ifndef TUYEN_SYNC_FRAME_H
#define TUYEN_SYNC_FRAME_H

#include "sync/sync.h"

#define FRAME_MAX (8 * 1024 * 1024) /* bytes of a frame after its length */
#define FRAME_BATCH_MAX (FRAME_MAX - 1) /* bytes of a batch, whole or in parts */
#define FRAME_PART_MAX 16384 /* bytes of a batch in one part */
#define FRAME_LEDGERS_MAX 20000 /* ledgers in one have or decline */
#define FRAME_HEADS_MAX 1024 /* ids in one list */
#define FRAME_EXCEPTIONS_MAX 65536 /* in one ack */
#define FRAME_TEXT_MAX 1024 /* bytes of a sentence */

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_CHANGES = 2, /* the payload is a batch of sync/replay.h */
	FRAME_ACK = 3,
	FRAME_SUMMARY = 4,
	FRAME_HAVE = 5,
	FRAME_DECLINE = 6,
	FRAME_PING = 7,
	FRAME_PONG = 8,
	FRAME_WAITING = 9,
	FRAME_BUSY = 10, /* alone may come before hello */
	FRAME_PART = 11, /* a batch in parts: sync/part.c */
	FRAME_WANT = 16, /* these three are of attachments: sync/blob.c */
	FRAME_PIECE = 17,
	FRAME_NOTICE = 18,
};

/* Kinds of batches in parts: one of each may be under way. */
enum part_kind { PART_REST = 0, PART_DIRECTIVES = 1, PART_KINDS = 2 };

/* How much its sender keeps of an unfinished batch in parts. */
struct frame_kept {
	unsigned kind;
	unsigned char digest[SYNC_DIGEST_SIZE]; /* the beginning of the SHA-256 of the whole batch */
	uint64_t bytes;
};

enum frame_feature { FRAME_PARTS = 1 };

/* TUYEN_NEXT builds what the next version may be, for tests to run beside this one (tests/system/63-versions.t): it says all
 * that a receiver of this version is to pass over. */
#ifdef TUYEN_NEXT
#define FRAME_VERSION 2
#define FRAME_NEXT_FEATURES ((uint64_t)1 << 40)
#define FRAME_NEXT_FLAGS 0x3f00u
#define FRAME_NEXT_TYPE 77
#else
#define FRAME_VERSION SYNC_VERSION
#define FRAME_NEXT_FEATURES 0
#define FRAME_NEXT_FLAGS 0
#define FRAME_NEXT_TYPE 0
#endif

struct frame_hello {
	struct sync_peer peer;
	uint64_t features;
	struct frame_kept kept[PART_KINDS];
	size_t n_kept;
};

/* BEGIN: digest, total and from are said; else it goes on. */
enum frame_part_flag { FRAME_PART_DIRECTIVES = 1, FRAME_PART_BEGIN = 2 };
struct frame_part {
	unsigned flags;
	unsigned char digest[SYNC_DIGEST_SIZE];
	size_t total, from;
	const unsigned char *bytes;
	size_t len;
};

/* Why a change of an acknowledged batch is not stored. */
enum frame_status { FRAME_PARKED = 1, FRAME_REFUSED = 2, FRAME_DECLINED = 3 };

struct frame_exception {
	size_t position; /* counted over the changes of all the batches that the ack covers */
	unsigned status;
	const char *rule, *record, *field, *sentence; /* of FRAME_REFUSED alone; "" where not known */
};

/* What the peer has parked waits for another day, for its writer has written much. */
struct frame_late {
	const char *writer; /* NULL: nothing is said of it */
	uint64_t most; /* a day */
	bool bytes; /* else changes */
};

enum frame_ack_flag { FRAME_ACK_LOST = 1, FRAME_ACK_LATE = 2 };
struct frame_ack {
	size_t batches;
	bool lost; /* the batches could not be read for want of what they build on; a have follows */
	struct frame_exception *exceptions;
	size_t n;
	struct frame_late late;
};

/* RETRY: what was parked may be welcome now, send it again. */
enum frame_summary_flag { FRAME_ASK = 1, FRAME_ANSWER = 2, FRAME_RETRY = 4 };
struct frame_summary {
	uint64_t number; /* of an ask, by its sender; an answer repeats it */
	unsigned flags;
	unsigned char digest[SYNC_DIGEST_SIZE];
};

enum frame_have_flag { FRAME_HAVE_WANTED = 1, FRAME_HAVE_PARTIAL = 2 };
struct frame_ledger {
	const char *name;
	struct oids ids; /* heads, then some of what they have seen; memory of whoever filled it */
};
struct frame_have {
	unsigned flags; /* the peer's have is wanted; only these ledgers are spoken of */
	struct frame_ledger *ledgers;
	size_t n;
};

struct frame_decline {
	const char **names;
	size_t n;
};

struct frame_waiting {
	struct sync_load load;
};

#define FRAME_WANT_MAX (256 * 1024) /* bytes of a range */
struct frame_want {
	unsigned char id[SYNC_BLOB_ID];
	uint64_t at;
	size_t len;
};

struct frame_piece {
	unsigned char id[SYNC_BLOB_ID];
	uint64_t at;
	const void *bytes; /* of the payload */
	size_t len;
};

/* Beside the flags of enum sync_stand. */
enum frame_notice_flag { FRAME_NOTICE_QUESTION = 16, FRAME_NOTICE_KNOWN = 31 };
struct frame_notice {
	unsigned char id[SYNC_BLOB_ID];
	unsigned flags;
};

void frame_put(struct buf *out, enum frame_type type, const struct buf *payload);
/* Look at the first frame of `bytes`: 1 with *type, *payload, *payload_len and *size (of the whole frame); 0 when it
 * is not complete yet; ERR_PEER when it is too long. */
int frame_next(const void *bytes, size_t len, unsigned *type, const unsigned char **payload,
    size_t *payload_len, size_t *size, struct err *err);

void frame_put_hello(struct buf *out, const struct frame_hello *m);
void frame_put_ack(struct buf *out, const struct frame_ack *m);
void frame_put_summary(struct buf *out, const struct frame_summary *m);
void frame_put_have(struct buf *out, const struct frame_have *m);
void frame_put_decline(struct buf *out, const struct frame_decline *m);
void frame_put_busy(struct buf *out, unsigned seconds);
void frame_put_waiting(struct buf *out, const struct frame_waiting *m);
void frame_put_want(struct buf *out, const struct frame_want *m);
void frame_put_piece(struct buf *out, const struct frame_piece *m);
void frame_put_notice(struct buf *out, const struct frame_notice *m);
void frame_put_part(struct buf *out, const struct frame_part *m);

/* Payloads. ERR_PEER when malformed. All memory is the arena's. */
int frame_get_hello(const void *p, size_t len, struct arena *arena, struct frame_hello *out, struct err *err);
int frame_get_ack(const void *p, size_t len, struct arena *arena, struct frame_ack *out, struct err *err);
int frame_get_summary(const void *p, size_t len, struct frame_summary *out, struct err *err);
int frame_get_have(const void *p, size_t len, struct arena *arena, struct frame_have *out, struct err *err);
int frame_get_decline(
    const void *p, size_t len, struct arena *arena, struct frame_decline *out, struct err *err);
int frame_get_busy(const void *p, size_t len, uint64_t *seconds, struct err *err);
int frame_get_waiting(const void *p, size_t len, struct frame_waiting *out, struct err *err);
int frame_get_want(const void *p, size_t len, struct frame_want *out, struct err *err);
int frame_get_piece(const void *p, size_t len, struct frame_piece *out, struct err *err);
int frame_get_notice(const void *p, size_t len, struct frame_notice *out, struct err *err);
int frame_get_part(const void *p, size_t len, struct frame_part *out, struct err *err); /* borrows p */

#endif

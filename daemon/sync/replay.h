/*
 * sync/replay.h - changes as their authors' words, small (schema/wire.md, "Replay").
 *
 * A batch of changes is coded against what both ends of a line have: words used before on this line, the texts that
 * the touched records had, the texts that went before. Each direction of a line has one session at either end; the
 * two stay alike because every batch is coded and decoded exactly once, in order.
 */
#ifndef TUYEN_SYNC_REPLAY_H
#define TUYEN_SYNC_REPLAY_H

#include "sync/sync.h"

#define REPLAY_CHANGES_MAX 256 /* changes in a batch */
#define REPLAY_PLAIN_MAX (CHANGE_BYTES_MAX + 1024 * 1024) /* bytes that a batch may inflate to */
#define REPLAY_NAME_MAX 255 /* bytes of a ledger's name, a path, a word */
#define REPLAY_HISTORY 12288 /* bytes of earlier batches kept as dictionary */
#define REPLAY_OLD_TEXTS 16384 /* bytes of old record texts used as dictionary */
#define REPLAY_OLD_RECORDS 256 /* old texts looked up for a batch */
#define REPLAY_PREFIX 4 /* bytes of an id that stand for it where the peer must know it */

/* The beginning of every dictionary: words that records hold. Fixed by schema/wire.md. */
extern const char replay_preamble[];

struct replay_session;
struct replay_session *replay_session_new(void);
void replay_session_free(struct replay_session *rs); /* accepts NULL */
/* Encoder: the next batch is coded without the texts that went before. Needed after the peer has lost a batch. */
void replay_session_refresh(struct replay_session *rs);

/* What coding reads of the world. */
struct replay_io {
	void *ctx;
	bool (*text)(
	    void *ctx, const char *ledger, const struct oid *change, const char *path, struct buf *out);
	/* Encoder: can the peer find this id from its first REPLAY_PREFIX bytes? */
	bool (*short_ok)(void *ctx, const char *ledger, const struct oid *id);
	/* Decoder: the id in this ledger that begins so, if there is exactly one among those that count. */
	bool (*find)(
	    void *ctx, const char *ledger, const unsigned char prefix[REPLAY_PREFIX], struct oid *out);
	/* Decoder: is this change stored here? */
	bool (*has)(void *ctx, const char *ledger, const struct oid *id);
};

/* Can this change be coded at all? ERR_CORRUPT if not: then what is stored here is damaged. */
int replay_check(const struct change *c, struct err *err);
/* About how many bytes it takes in a batch, for choosing how many changes to send together. */
size_t replay_estimate(const struct change *c);

/* Append a batch. Changes have passed replay_check, stand parents first and are 1 to REPLAY_CHANGES_MAX. */
void replay_encode(struct replay_session *rs, const struct replay_io *io, const struct change *changes,
    size_t n, struct buf *out);

struct replay_batch {
	struct sync_received *changes;
	size_t n;
	/* A parent or dictionary is not here, or an earlier batch was lost: only change.ledger of each is set. */
	bool lost;
	bool waiting; /* lost because an earlier one was */
};

/* Decode a batch into the arena. ERR_PEER if it is malformed or too large; the line is then over. */
int replay_decode(struct replay_session *rs, const struct replay_io *io, const void *bytes, size_t len,
    struct arena *arena, struct replay_batch *out, struct err *err);

#endif

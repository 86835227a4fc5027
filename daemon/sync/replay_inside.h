/*
 * sync/replay_inside.h - what encoder and decoder of batches share. Not for other files.
 */
#ifndef TUYEN_SYNC_REPLAY_INSIDE_H
#define TUYEN_SYNC_REPLAY_INSIDE_H

#include <limits.h>

#include "sync/recent.h"
#include "sync/replay.h"

enum batch_flag { BATCH_FRESH = 1, BATCH_KNOWN = 1 };
enum head_flag {
	HEAD_SAME_LEDGER = 1,
	HEAD_FOLLOWS = 2,
	HEAD_BODY = 4,
	HEAD_CLAIM = 8,
	HEAD_SETTLES = 16,
	HEAD_KNOWN = 31,
};
enum {
	LEDGERS_RECENT = 128,
	WRITERS_RECENT = 128,
	BASES_RECENT = 64,
	PATHS_RECENT = 512,
	WORDS_RECENT = 256
};
enum { WORD_NEW = 0, WORD_HEX = 1 };
#define EPOCH 1767225600 /* 2026-01-01: the time before the first change of a session */
#define HEADS_MAX 1024
#define SETTLES_MAX CHANGE_RECORDS_MAX
#define RANK_MAX 255
#define RULE_MAX 65535
#define NOT_EARLIER UINT_MAX
#define YAML ".yaml"

struct replay_session {
	struct recent ledgers, writers, bases, paths, words;
	struct buf history; /* the end of the plain texts of earlier batches */
	int64_t last_time;
	bool fresh; /* encoder: say so; decoder: wait for it */
};

/* Which commit a change's old texts are taken from: its first head outside the batch, else what its first head uses. */
struct replay_base {
	bool some;
	struct oid id;
};

/* The plain texts of a batch have gone over: they are dictionary for the next. */
void replay_remember(struct replay_session *rs, const struct buf *plain);
void replay_dictionary(const struct replay_session *rs, const struct replay_io *io,
    const struct change *const *changes, const struct replay_base *bases, size_t n, struct buf *out);
/* A writer as the recent words keep it. */
void replay_writer_key(const struct change *c, struct buf *key);

#endif

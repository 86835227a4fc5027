/*
 * store/attach.h - attachments: files beside records, each a blob under refs/attachments/<SHA-256> (schema/store.md).
 *
 * A record names them in its table `attachments`; the row is the SHA-256 of the content. The content is kept once,
 * however many records name it, and comes after everything else: a record may name what is not here yet.
 */
#ifndef TUYEN_STORE_ATTACH_H
#define TUYEN_STORE_ATTACH_H

#include "store/store.h"

#define ATTACH_HEX (2 * HASH_SIZE)

bool attach_name_ok(const char *hex); /* 64 lower-case hexadecimal digits */
/* Is it here, and how long is it? `hex` names it. */
bool attach_here(struct store *s, const char *hex, uint64_t *size);
/* Keep the content of a file, durable when it returns; read in pieces. ERR_CORRUPT where the content does not give the
 * name. */
int attach_keep(struct store *s, const char *hex, const char *path, struct err *err);
/* Forget it: nothing names it any more. Fine if it is not here. */
int attach_drop(struct store *s, const char *hex, struct err *err);

/* Its content, from any place on: opened once, then read in order without holding more than a piece in memory. Where
 * it lies in a pack it is held whole as long as it is open. */
struct attach_reader;
int attach_open(struct store *s, const char *hex, struct attach_reader **out, struct err *err);
uint64_t attach_size(const struct attach_reader *r);
int attach_read(struct attach_reader *r, uint64_t offset, size_t len, struct buf *out, struct err *err);
void attach_close(struct attach_reader *r); /* accepts NULL */

/* Visit each record of a ledger that may name attachments and is not the same in two commits (`before` zero: all of
 * `now`). `r` is NULL where it is gone, or names none. */
int attach_walk(struct store *s, const char *ledger, const struct oid *before, const struct oid *now,
    void (*visit)(void *ctx, const char *path, const struct record *r), void *ctx, struct err *err);

/* Forget those that no ledger names and of which that was seen first ATTACH_KEEP ago or longer; *gone counts them.
 * `now` in seconds. It reads all records that may name any. */
#define ATTACH_KEEP (90 * 24 * 3600) /* seconds */
int attach_sweep(struct store *s, int64_t now, size_t *gone, struct err *err);

#endif

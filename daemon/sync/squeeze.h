/*
 * sync/squeeze.h - raw deflate (RFC 1951) against a dictionary. The only file that knows zlib.
 */
#ifndef TUYEN_SYNC_SQUEEZE_H
#define TUYEN_SYNC_SQUEEZE_H

#include <stdbool.h>
#include "base/buf.h"

#define SQUEEZE_DICTIONARY_MAX 32768 /* of a longer dictionary only the end counts */

void squeeze(const struct buf *dictionary, const struct buf *plain, struct buf *out);
/* False if the bytes are not exactly one whole stream, or hold more than `max`. `plain` is then unspecified. */
bool squeeze_undo(const struct buf *dictionary, const void *bytes, size_t len, size_t max, struct buf *plain);

#endif

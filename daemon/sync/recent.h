/*
 * sync/recent.h - words used lately, so that a small number can stand for them (schema/wire.md, "Recent words").
 *
 * 1 is the word used last. Using a word moves it to the front; a new one goes to the front; beyond `max` the last is
 * forgotten. Encoder and decoder do the same and so stay alike.
 */
#ifndef TUYEN_SYNC_RECENT_H
#define TUYEN_SYNC_RECENT_H

#include "base/buf.h"

struct recent {
	struct buf *items;
	size_t n, max;
};

void recent_init(struct recent *r, size_t max);
void recent_free(struct recent *r);
/* The word's number, moved to the front; 0 if it is new, and it is now in front. */
size_t recent_use(struct recent *r, const void *bytes, size_t len);
/* The word of a number (from 1), moved to the front; NULL if there is none. Borrowed until the next call. */
const struct buf *recent_take(struct recent *r, size_t number);

#endif

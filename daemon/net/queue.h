/*
 * net/queue.h - what waits to be sent: bytes, and where each message ends. Pure.
 *
 * What has come of a TLS record is worth nothing before its last byte. So a record holds whole messages where it can: a cut
 * then costs the one that it went through, and not what stood around it.
 */
#ifndef TUYEN_NET_QUEUE_H
#define TUYEN_NET_QUEUE_H

#include "base/buf.h"

/* Zero-initialise. */
struct queue {
	struct buf bytes;
	size_t at; /* of them, taken already */
	size_t *ends; /* of messages, in `bytes` */
	size_t n_ends, end_at; /* the first that is not taken */
};

void queue_free(struct queue *q); /* back to zero */
void queue_add(struct queue *q, const void *bytes, size_t len); /* one message; copied */
size_t queue_left(const struct queue *q);
/* The next record: as many whole messages as fit into `most` bytes, else the beginning of one. 0: nothing is left.
 * Borrowed until the queue is changed. */
size_t queue_next(const struct queue *q, size_t most, const char **bytes);
void queue_take(struct queue *q, size_t len); /* the first bytes are done with */

#endif

#include "net/queue.h"

#include <stdlib.h>
#include <string.h>

void queue_free(struct queue *q)
{
	buf_free(&q->bytes);
	free(q->ends);
	*q = (struct queue){0};
}

/* Forget what is taken once it is the greater part, so that a queue never copies more than it carries. */
static void compact(struct queue *q)
{
	if (q->at <= q->bytes.len / 2)
		return;
	memmove(q->bytes.data, q->bytes.data + q->at, q->bytes.len - q->at);
	buf_cut(&q->bytes, q->bytes.len - q->at);
	q->n_ends -= q->end_at;
	for (size_t i = 0; i < q->n_ends; i++)
		q->ends[i] = q->ends[q->end_at + i] - q->at;
	q->at = q->end_at = 0;
}

void queue_add(struct queue *q, const void *bytes, size_t len)
{
	compact(q);
	buf_add(&q->bytes, bytes, len);
	VEC_PUSH(q->ends, q->n_ends, q->bytes.len);
}

size_t queue_left(const struct queue *q)
{
	return q->bytes.len - q->at;
}

size_t queue_next(const struct queue *q, size_t most, const char **bytes)
{
	size_t left = queue_left(q), len = 0;
	for (size_t i = q->end_at; i < q->n_ends && q->ends[i] - q->at <= most; i++)
		len = q->ends[i] - q->at;
	*bytes = buf_str(&q->bytes) + q->at;
	return len ? len : left < most ? left : most;
}

void queue_take(struct queue *q, size_t len)
{
	q->at += len;
	while (q->end_at < q->n_ends && q->ends[q->end_at] <= q->at)
		q->end_at++;
	if (q->at == q->bytes.len)
		queue_free(q);
}

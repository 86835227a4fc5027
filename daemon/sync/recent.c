#include "sync/recent.h"

#include <stdlib.h>
#include <string.h>

void recent_init(struct recent *r, size_t max)
{
	*r = (struct recent){.max = max};
}

void recent_free(struct recent *r)
{
	for (size_t i = 0; i < r->n; i++)
		buf_free(&r->items[i]);
	free(r->items);
	recent_init(r, r->max);
}

static void to_front(struct recent *r, size_t i)
{
	struct buf item = r->items[i];
	memmove(r->items + 1, r->items, i * sizeof *r->items);
	r->items[0] = item;
}

size_t recent_use(struct recent *r, const void *bytes, size_t len)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->items[i].len != len || memcmp(r->items[i].data, bytes, len) != 0)
			continue;
		to_front(r, i);
		return i + 1;
	}
	struct buf item = {0};
	buf_add(&item, bytes, len);
	if (r->n == r->max)
		buf_free(&r->items[--r->n]);
	VEC_PUSH(r->items, r->n, item);
	to_front(r, r->n - 1);
	return 0;
}

const struct buf *recent_take(struct recent *r, size_t number)
{
	if (number == 0 || number > r->n)
		return NULL;
	to_front(r, number - 1);
	return &r->items[0];
}

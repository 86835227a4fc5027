#include "sync/instances.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/oid.h"

void instances_free(struct instances *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].peer);
	free(l->items);
	*l = (struct instances){0};
}

static struct instance *find(const struct instances *l, const char *peer, const void *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].peer, peer) == 0 && memcmp(l->items[i].id, id, INSTANCE_SIZE) == 0)
			return &l->items[i];
	return NULL;
}

const struct instance *instances_find(const struct instances *l, const char *peer, const void *id)
{
	return find(l, peer, id);
}

const struct instance *instances_last(const struct instances *l, const char *peer)
{
	const struct instance *last = NULL;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].peer, peer) == 0 && (!last || l->items[i].last >= last->last))
			last = &l->items[i];
	return last;
}

/* A new entry, in the place of the peer's oldest where there are enough. */
static struct instance *make(struct instances *l, const char *peer, const void *id, int64_t now)
{
	struct instance *oldest = NULL;
	unsigned n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->items[i].peer, peer) != 0)
			continue;
		n++;
		if (!oldest || l->items[i].last < oldest->last)
			oldest = &l->items[i];
	}
	if (n == INSTANCES_MAX) {
		oldest->first = now;
		memcpy(oldest->id, id, INSTANCE_SIZE);
		return oldest;
	}
	struct instance new = {.peer = mem_dup(peer), .slot = n, .first = now};
	memcpy(new.id, id, INSTANCE_SIZE);
	VEC_PUSH(l->items, l->n, new);
	return &l->items[l->n - 1];
}

enum instance_news instances_saw(
    struct instances *l, const char *peer, const void *id, int64_t now, const struct instance **out)
{
	const struct instance *last = instances_last(l, peer);
	struct instance *it = find(l, peer, id);
	enum instance_news news = !last	       ? INSTANCE_FIRST
				  : !it	       ? INSTANCE_NEW
				  : it == last ? INSTANCE_SAME
					       : INSTANCE_BACK;
	/* The clock may have been set back: the one that speaks is the last all the same. */
	int64_t at = last && last->last >= now ? last->last + (it != last) : now;
	if (!it)
		it = make(l, peer, id, now);
	it->last = at;
	*out = it;
	return news;
}

bool instances_heard(struct instances *l, const char *peer, const void *id, int64_t then)
{
	const struct instance *before = instances_last(l, peer);
	struct instance *it = find(l, peer, id);
	if (!it || then <= it->last)
		return false;
	it->last = then;
	return instances_last(l, peer) != before;
}

void instances_print(const struct instances *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct instance *it = &l->items[i];
		char hex[2 * INSTANCE_SIZE + 1];
		hex_encode(it->id, INSTANCE_SIZE, hex);
		buf_printf(out, "%s %s %u %lld %lld\n", it->peer, hex, it->slot, (long long)it->first,
		    (long long)it->last);
	}
}

static void read_line(struct instances *l, const char *line)
{
	char peer[136], hex[2 * INSTANCE_SIZE + 1];
	struct instance it = {0};
	long long first, last;
	bool taken = false;
	if (sscanf(line, "%135s %16s %u %lld %lld", peer, hex, &it.slot, &first, &last) != 5 ||
	    it.slot >= INSTANCES_MAX || !hex_decode(hex, it.id, INSTANCE_SIZE))
		return;
	/* A peer's slots are taken from 0 on, so that `make` finds the next one by counting. */
	unsigned n = 0;
	for (size_t i = 0; i < l->n; i++) {
		bool same = strcmp(l->items[i].peer, peer) == 0;
		n += same;
		taken |= same && l->items[i].slot == it.slot;
	}
	if (taken || it.slot != n || find(l, peer, it.id))
		return;
	it.peer = mem_dup(peer);
	it.first = first;
	it.last = last;
	VEC_PUSH(l->items, l->n, it);
}

void instances_read(struct instances *l, const char *bytes, size_t len)
{
	char *text = mem_dup_len(bytes, len), *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(l, line);
	free(text);
}

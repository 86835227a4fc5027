/*
 * sync/instances.h - which instances of each peer have called, the last few (schema/trust.md, "Which node"). Pure.
 *
 * An instance is a store in one place. A key whose store is moved, copied or restored comes back as another instance.
 * One that was seen, was followed by another, and is seen again: then two nodes are at work with one key.
 */
#ifndef TUYEN_SYNC_INSTANCES_H
#define TUYEN_SYNC_INSTANCES_H

#include <stdint.h>

#include "base/buf.h"

#define INSTANCE_SIZE 8
#define INSTANCES_MAX 4 /* of one peer; the one that was silent longest is forgotten */

struct instance {
	char *peer; /* "11383", "cong-an@11383" */
	unsigned char id[INSTANCE_SIZE];
	unsigned slot; /* 0 to INSTANCES_MAX - 1: where what is remembered of it is kept */
	int64_t first, last; /* seconds: first seen, last heard */
};

/* Zero-initialise. */
struct instances {
	struct instance *items;
	size_t n;
};
void instances_free(struct instances *l);

enum instance_news {
	INSTANCE_SAME, /* the one that was heard last */
	INSTANCE_FIRST, /* the first of this peer */
	INSTANCE_NEW, /* another than the one before it */
	INSTANCE_BACK, /* seen before another one was */
};

const struct instance *instances_find(const struct instances *l, const char *peer, const void *id);
const struct instance *instances_last(const struct instances *l, const char *peer); /* NULL: none */
/* It speaks now. *out is borrowed until the next call; where it took the slot of another one, that is forgotten. */
enum instance_news instances_saw(
    struct instances *l, const char *peer, const void *id, int64_t now, const struct instance **out);
/* It was last heard then, as its line has ended; true when it is the last one now and was not before. */
bool instances_heard(struct instances *l, const char *peer, const void *id, int64_t then);

/* As it is kept on disk, and back; lines that make no sense are left out. */
void instances_print(const struct instances *l, struct buf *out);
void instances_read(struct instances *l, const char *bytes, size_t len);

#endif

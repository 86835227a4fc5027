/*
 * store/loose.h - one loose object read from its file. For this room alone.
 *
 * libgit2 1.5 never comes back from a loose object whose file was cut short: it waits for the rest of the stream in a
 * circle. So every loose object is read here; that the bytes give the name is checked as well.
 */
#ifndef TUYEN_STORE_LOOSE_H
#define TUYEN_STORE_LOOSE_H

#include <git2.h>

#include "base/oid.h"

struct loose_reader; /* keeps its memory from one object to the next */

struct loose_reader *loose_new(void);
void loose_free(struct loose_reader *r); /* accepts NULL */

struct loose {
	git_object_t kind;
	const char *bytes; /* borrowed until the next read */
	size_t len;
};
/* The object in objects/<2>/<38> below `objects`: 0, GIT_ENOTFOUND, or GIT_EMISMATCH when it is damaged. */
int loose_read(struct loose_reader *r, const char *objects, const struct oid *id, struct loose *out);

/* A backend for an object database: libgit2's own for loose objects, but for reading. */
int loose_backend(git_odb_backend **out, const char *objects);

#endif

/*
 * store/loose.h - one loose object read from its file. For this room alone.
 *
 * libgit2 1.5 never comes back from a loose object whose file was cut short: it waits for the rest of the stream in a
 * circle. So every loose object is read here; that the bytes give the name is checked as well.
 */
#ifndef TUYEN_STORE_LOOSE_H
#define TUYEN_STORE_LOOSE_H

#include <git2.h>

#include "base/err.h"
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

/* Kind and length alone. A small file is read whole and must be right; of a larger one, such as an attachment, only the first
 * bytes are looked at. */
int loose_head(struct loose_reader *r, const char *objects, const struct oid *id, struct loose *out);

#define LOOSE_DIRS 256
/* Every file that is named like an object, in `n` of the directories from `first` on; one that is missing is empty. */
typedef int loose_visit(void *ctx, const char *path, const struct oid *id, struct err *err);
struct store;
int loose_each(
    const struct store *s, unsigned first, unsigned n, loose_visit *visit, void *ctx, struct err *err);

/* A backend for an object database: libgit2's own for loose objects, but for reading. */
int loose_backend(git_odb_backend **out, const char *objects);

#endif

/* cli/parcels.h - parcels among the files of a stick: which there are, and their pieces put together (parcels.c). */
#ifndef TUYEN_CLI_PARCELS_H
#define TUYEN_CLI_PARCELS_H

#include "registry/cover.h"

/* One parcel, as far as its pieces are there. */
struct parcel {
	char id[COVER_ID_HEX + 1];
	unsigned of, there; /* pieces, and how many of them are there */
	char **pieces; /* [of] paths; NULL: missing */
	bool covered; /* its cover could be read: it stands in the first piece */
	struct cover cover;
	struct err err; /* why not */
};

/* Zero-initialise; parcels_free when done. */
struct parcels {
	struct parcel *items; /* by writer, number and id */
	size_t n;
	struct strs foreign; /* files that are no parcels */
	struct strs broken; /* the same, though they are named like one */
};
void parcels_free(struct parcels *all);

/* Look at these files, and at all files in these folders (not deeper). */
int parcels_find(struct parcels *all, const struct strs *paths, struct err *err);
/* The first piece that is missing, 0: none. */
unsigned parcel_lacks(const struct parcel *p);
/* Its cover and content, up to the first piece that is missing. */
int parcel_join(const struct parcel *p, struct buf *out, struct err *err);
/* Write it in pieces of at most `split` bytes (0: in one) into the folder, under its own name, or into that very file.
 * No file is written over. Names of the files are added to `names`. */
int parcel_save(const struct cover *cover, const struct buf *bytes, const char *path, bool folder,
    size_t split, struct strs *names, struct err *err);

/* ERR_REFUSED: another file has that name. */
int parcel_taken(const char *path, struct err *err);

#endif

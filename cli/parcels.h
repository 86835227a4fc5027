/* cli/parcels.h - parcels among the files of a stick: which there are, and their pieces put together (parcels.c); and how
 * one is written there (parcel_files.c). */
#ifndef TUYEN_CLI_PARCELS_H
#define TUYEN_CLI_PARCELS_H

#include <stdio.h>

#include "cli.h"
#include "registry/cover.h"

#define PARCEL_WAIT "600" /* seconds, for a daemon that is at work */
/* A daemon that is not there is not waited for as long as one that works. */
int parcel_reach(struct cli *cli, struct err *err);

struct parcel_file {
	char *path;
	unsigned at; /* which piece it is, from 1 */
	size_t size;
};

/* One parcel, as far as its pieces are there. */
struct parcel {
	char id[COVER_ID_HEX + 1];
	unsigned of; /* pieces */
	struct parcel_file *files; /* by piece, of copies of one piece the largest first */
	size_t n_files;
	unsigned copies; /* of the piece that is there most often */
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
	size_t unreadable; /* files and folders; it was said which, and why */
};
void parcels_free(struct parcels *all);

/* Look at these files, and at all files in these folders (not deeper). */
void parcels_find(struct parcels *all, const struct strs *paths);
/* How many of its pieces are there, copies counted once. */
unsigned parcel_there(const struct parcel *p);
/* The first piece that is missing, 0: none. */
unsigned parcel_lacks(const struct parcel *p);
/* The file of a piece, from 1; of its copies the one at `copy`, from 0, or where there are fewer the last; NULL: missing. */
const struct parcel_file *parcel_piece(const struct parcel *p, unsigned at, unsigned copy);
/* Its cover and content by those files, up to the first piece that is missing, portion by portion. Zero-initialise with
 * parcel and copy. */
struct parcel_stream {
	const struct parcel *parcel;
	unsigned copy;
	unsigned at; /* the piece that is read, from 1 */
	FILE *file;
};
/* Fewer than `len` bytes only at its end. */
int parcel_stream_read(struct parcel_stream *s, size_t len, struct buf *out, struct err *err);
void parcel_stream_close(struct parcel_stream *s);

/* Writing one, of `size` bytes, in pieces of at most `split` bytes (0: in one) into the folder, under its own name, or into
 * that very file. No file is written over; where one of them fails none is left. */
struct parcel_saving {
	const struct cover *cover;
	const char *path;
	bool folder, taken;
	unsigned at, of; /* pieces, from 1 */
	size_t room; /* in one */
	size_t left; /* in this one */
	int fd;
	struct strs names; /* of the files */
};
int parcel_save_begin(struct parcel_saving *s, uint64_t size, size_t split, struct err *err);
int parcel_save_add(struct parcel_saving *s, const void *bytes, size_t len, struct err *err);
/* rc: what went wrong before, and is the answer then. The names are the caller's to free. */
int parcel_save_end(struct parcel_saving *s, int rc, struct err *err);

/* ERR_REFUSED: another file has that name. */
int parcel_taken(const char *path, struct err *err);

#endif

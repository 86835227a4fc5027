/*
 * registry/cover.h - what stands on the outside of a parcel (schema/wire.md, "Parcels"): which parcel and which piece of it,
 * from whom, to whom, and the boxes with the key of what is inside. Pure.
 *
 * Every file begins with the line of its piece; what follows, of all pieces in their order, is one cover and the sealed
 * content. The cover is signed by its writer, whose key it shows: whether that is the key of the unit it names is for
 * the registry to say.
 */
#ifndef TUYEN_REGISTRY_COVER_H
#define TUYEN_REGISTRY_COVER_H

#include "base/key.h"
#include "base/oid.h"
#include "base/seal.h"

#define COVER_ID_SIZE 16
#define COVER_ID_HEX (2 * COVER_ID_SIZE)
#define COVER_PIECES_MAX 9999
#define COVER_PIECE_LINE_MAX 64 /* bytes of the line that a piece begins with, its LF included */
#define COVER_BOXES_MAX 8
#define COVER_NAME_MAX 135 /* "cong-an@11383" */
#define COVER_SIZE_MAX 4096
#define COVER_INSTANCE_SIZE 8

struct cover_piece {
	char id[COVER_ID_HEX + 1]; /* of the parcel */
	unsigned at, of; /* 1 to of */
	size_t size; /* of the line */
};
void cover_piece_print(const struct cover_piece *piece, struct buf *out);
/* False: this is no piece of a parcel. */
bool cover_piece_read(const void *bytes, size_t len, struct cover_piece *out);

struct cover {
	char id[COVER_ID_HEX + 1];
	unsigned number; /* for people: counted by the writer for each addressee, from 1 */
	char from[COVER_NAME_MAX + 1], to[COVER_NAME_MAX + 1];
	unsigned char instance[COVER_INSTANCE_SIZE]; /* of the writer */
	int64_t at; /* seconds, by the writer's clock: for people */
	bool whole; /* it rests on nothing: all from the first change on */
	unsigned char key[KEY_PUBLIC_SIZE]; /* of the writer */
	unsigned char boxes[COVER_BOXES_MAX][SEAL_BOX_SIZE]; /* for each key of the addressee */
	size_t n_boxes;
	unsigned char context[SEAL_CONTEXT_SIZE]; /* of the content: a hash of the cover; by print and read */
	size_t size; /* in bytes; by print and read */
};
/* What boxes are sealed in. */
void cover_context(const struct cover *c, unsigned char out[SEAL_CONTEXT_SIZE]);
/* Signs it. */
void cover_print(struct cover *c, const struct key *key, struct buf *out);
/* The bytes after the lines of its pieces. ERR_INPUT: it ends too early, is malformed, or was altered. */
int cover_read(const char *id, const void *bytes, size_t len, struct cover *out, struct err *err);

/* "tuyen-31-11383-0007.par", of pieces "tuyen-31-11383-0007.par.1of3"; with `sure` the beginning of its id as well, for
 * where that name is taken. Good on any file system. */
void cover_name(const struct cover *c, bool sure, unsigned at, unsigned of, struct buf *out);
/* Is a file named as if it were a parcel? */
bool cover_is_named(const char *name);

#endif

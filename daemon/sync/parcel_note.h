/*
 * sync/parcel_note.h - what a node keeps of one other that it exchanges parcels with. Pure; the note is the caller's.
 */
#ifndef TUYEN_SYNC_PARCEL_NOTE_H
#define TUYEN_SYNC_PARCEL_NOTE_H

#include "sync/parcel.h"
#include "sync/wire.h"

/* Zero-initialise; parcel_note_free when done. */
struct parcel_note {
	uint64_t number; /* of the last parcel written for it */
	int64_t heard; /* seconds: when its last word was read; 0: never */
	struct book known; /* what it said it has */
	struct arena arena;
	struct sync_refusal *refusals; /* of its changes, in the last parcel read; strings are the arena's */
	size_t n_refusals;
};

/* Of damaged bytes as much as can be told; then the number alone counts. */
void parcel_note_read(struct parcel_note *note, const void *bytes, size_t len);
void parcel_note_print(const struct parcel_note *note, struct buf *out);
void parcel_note_free(struct parcel_note *note);
/* Add a refusal, copied; past PARCEL_REFUSALS_MAX it is left out. */
void parcel_note_refuse(struct parcel_note *note, const struct sync_refusal *r);

/* As they stand in a parcel, too. */
void parcel_put_refusals(const struct sync_refusal *refusals, size_t n, struct buf *out);
struct sync_refusal *parcel_get_refusals(struct wire_reader *in, struct arena *arena, size_t *n);

#endif

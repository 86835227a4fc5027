/* sync/parcel_blob.h - the frames of a parcel that are of attachments, to bytes and back; for sync/parcel.c and whoever
 * writes what follows the changes. */
#ifndef TUYEN_SYNC_PARCEL_BLOB_H
#define TUYEN_SYNC_PARCEL_BLOB_H

#include "sync/parcel.h"
#include "sync/wire.h"

enum parcel_frame {
	PARCEL_FRAME_REFUSED = 32,
	PARCEL_FRAME_END = 33,
	PARCEL_FRAME_STANDS = 34,
	PARCEL_FRAME_NOTHING = 35, /* in the place of what could not be read: passed over */
};
enum { PARCEL_STAND_KNOWN = 15 }; /* enum sync_stand */

void parcel_put_stands(struct buf *out, const struct parcel_stand *stands, size_t n);
int parcel_get_stands(const void *bytes, size_t len, struct arena *arena, struct parcel_stand **out,
    size_t *n, struct err *err);
int parcel_get_piece(const void *bytes, size_t len, struct parcel_piece *out, struct err *err);

#endif

/* daemon/node/parcel_taking.h - a parcel that is being read: node/parcel_take.c; and what is said of it: node/parcel_tell.c. */
#ifndef TUYEN_NODE_PARCEL_TAKING_H
#define TUYEN_NODE_PARCEL_TAKING_H

#include <uv.h>

#include "node/parcel_inside.h"

struct taking {
	struct node *node;
	struct control_request *req; /* NULL: the next portion is awaited */
	char *name; /* of what is handed over */
	bool more; /* that was not the last portion */
	uv_timer_t *timer;
	struct buf bytes;
	struct parcel_opened from;
	size_t at; /* in bytes: of the next sealed piece */
	size_t gone; /* bytes before those */
	struct seal_piece piece;
	struct parcel_reader *reader;
	bool greeted, news, ended, learned;
	struct parcel_blobs blobs;
	struct parcel_note note;
	size_t taken, here, held, parked, refused, lost, declined, came_back;
	struct err parked_why;
};

void parcel_take_tell(const struct taking *t, const struct err *err);

#endif

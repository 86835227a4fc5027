/*
 * sync/turns.h - who may begin an exchange now, and when the others come back: after a power cut a whole province calls at
 * once. Pure.
 *
 * At most `max` are in their first exchange at a time. Who finds no place is given a time of its own, one after the other,
 * as fast as exchanges have been ending; it hangs up until then, and costs nothing here.
 */
#ifndef TUYEN_SYNC_TURNS_H
#define TUYEN_SYNC_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#define TURNS_WAIT_MOST 300 /* seconds that anybody is sent away for */

/* Zero-initialise, and set max. */
struct turns {
	unsigned max, busy;
	int64_t every; /* ms from one end to the next, while there are some; 0: not known */
	int64_t ended; /* ms; the last one */
	int64_t slot; /* the latest time that was given away */
};

/* 0: come in, and turns_end will be called. Else the seconds after which to come back. */
unsigned turns_ask(struct turns *t, int64_t now);
/* `done`: an exchange has ended; else a line that had come in has gone. */
void turns_end(struct turns *t, bool done, int64_t now);

#endif

/*
 * net/redial.h - how long to wait before a far end is dialled again. Pure.
 *
 * What failed says what another try costs. Where nothing answers, it is one packet: the pause stays short, so that a line that
 * is back is in use within ten seconds. Where somebody answers and turns us away, each try costs both ends a handshake, and
 * nothing will be different a moment later.
 */
#ifndef TUYEN_NET_REDIAL_H
#define TUYEN_NET_REDIAL_H

#include <stdbool.h>
#include <stdint.h>

enum redial_why {
	REDIAL_UNANSWERED, /* by nobody of ours: no way there, no such name, refused, hung up, silent; or by the sign-in page of a
			    * network, which says nothing of the far end behind it, and is gone when the line is back */
	REDIAL_CUT, /* an open line broke, or fell silent */
	REDIAL_TURNED_AWAY, /* it answered, and then refused us or hung up */
	REDIAL_KINDS
};

/* On a metered line every packet counts: where nothing answers the pause may grow to a minute. `tries` have failed so before
 * this one; `dice` is random, so that many do not come at once. In ms. */
int64_t redial_pause(enum redial_why why, bool metered, unsigned tries, uint32_t dice);

/* How long one try goes unanswered until another begins beside it. The kernel repeats its packet after 1, 3, 7 and 15
 * seconds, and what connects may still be a far end that is not there; but a slow line answers late, so the older try goes on. */
int64_t redial_beside(uint32_t dice);

#endif

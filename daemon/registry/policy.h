/*
 * registry/policy.h - what a line may cost: hours, pace, bytes a day, how many lines at once, and how much one writer
 * may write a day. The words of tuyen.conf (window, rate, budget, lines.max, rate.changes, rate.bytes) as figures. Pure.
 */
#ifndef TUYEN_REGISTRY_POLICY_H
#define TUYEN_REGISTRY_POLICY_H

#include "registry/config.h"
#include "registry/rate.h"

#define POLICY_WINDOWS_MAX 8
#define POLICY_LINES 256 /* in their first exchange at once, unless set */

/* Minutes of the day in Vietnam; `to` may be smaller: over midnight. Never equal. */
struct policy_window {
	int from, to;
};

struct policy {
	struct policy_window windows[POLICY_WINDOWS_MAX];
	size_t n; /* 0: always open */
	uint64_t rate; /* bytes a second each way; 0: no limit */
	uint64_t budget; /* bytes a day; 0: no limit */
	unsigned lines_max;
	struct rate_limit daily; /* of one writer */
};

/* "22:00-05:00,12:00-13:00"; "64k" bits a second; "20M" bytes; "256". NULL is fine. ERR_INPUT says what is meant. */
int policy_of(const struct config *c, struct policy *out, struct err *err);

bool policy_open(const struct policy *p, int64_t now);
/* The next moment at which policy_open gives another answer; 0: never. */
int64_t policy_turn(const struct policy *p, int64_t now);

#endif

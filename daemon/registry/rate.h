/*
 * registry/rate.h - how much one writer may write in a day (schema/trust.md, "How much in a day"): who has written how much of
 * it, by the day of whoever counts. Pure.
 */
#ifndef TUYEN_REGISTRY_RATE_H
#define TUYEN_REGISTRY_RATE_H

#include "base/buf.h"
#include "record/date.h"

#define RATE_CHANGES 2000 /* a day, unless set */
#define RATE_BYTES ((uint64_t)64000000)
#define RATE_DAYS 31 /* of silence that count; as many are given to whom nobody has heard of */
#define RATE_PART 20 /* each unit below a writer gives it one part in so many more */
#define RATE_UNITS 1000 /* of these count at most */
#define RATE_WRITER 136 /* bytes of a writer's name: "11383", "cong-an@11383", "*@11383" */

struct rate_limit {
	uint64_t changes, bytes;
};

/* What a writer has written on the last day on which anything of it came. */
struct rate_row {
	char *writer;
	day_t day, lifted; /* lifted: the day on which a person took all; 0: none */
	uint64_t days; /* whose share that day has: since the one before it, at least 1 */
	uint64_t changes, bytes;
};

struct rate {
	struct rate_row *rows; /* by writer */
	size_t n;
};

enum rate_over { RATE_WITHIN, RATE_TOO_MANY, RATE_TOO_LONG };

/* What waits, and why. */
struct rate_late {
	enum rate_over why;
	char writer[RATE_WRITER];
	uint64_t most; /* changes, or bytes, a day */
};

void rate_free(struct rate *r);
/* With so many units below it. */
struct rate_limit rate_scaled(const struct rate_limit *daily, size_t units);
/* May that much more be taken today? A single change passes however long it is. `saved`: shares of days of silence count. */
enum rate_over rate_ask(const struct rate *r, const char *writer, day_t today, const struct rate_limit *daily,
    const struct rate_limit *more, bool saved);
void rate_count(struct rate *r, const char *writer, day_t today, const struct rate_limit *more);
void rate_lift(struct rate *r, const char *writer, day_t today); /* no limit on this day */

/* As text, a line for each writer: "WRITER DAY LIFTED DAYS CHANGES BYTES". Rows that say no more than none are left out. */
void rate_print(const struct rate *r, day_t today, struct buf *out);
void rate_read(struct rate *r, const char *text, size_t len); /* what cannot be read is left out */

#endif

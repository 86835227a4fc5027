/*
 * record/decimal_sum.h - an exact sum of any number of decimals, which one figure too long for a decimal cannot stop.
 *
 * A decimal holds 36 digits; the sum of many may hold more, and is still printed to the last digit. Zero-initialise.
 */
#ifndef TUYEN_RECORD_DECIMAL_SUM_H
#define TUYEN_RECORD_DECIMAL_SUM_H

#include "record/decimal.h"

#define DECIMAL_SUM_TEXT 64

/* The value is high * 10^18 + low + billionths / 10^9; the parts may carry signs and overflow into one another. */
struct decimal_sum {
	__int128 high, low, billionths;
};

/* Exact for up to 2^60 decimals. */
void decimal_sum_add(struct decimal_sum *s, struct decimal d);
/* As decimal_print: no trailing zeros after the point. */
void decimal_sum_print(const struct decimal_sum *s, char text[DECIMAL_SUM_TEXT]);
/* The sum as a decimal; false if it has more digits than one holds. */
bool decimal_sum_fits(const struct decimal_sum *s, struct decimal *out);

#endif

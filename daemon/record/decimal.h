/*
 * record/decimal.h - exact decimals. No floating point anywhere.
 *
 * A decimal is at most DECIMAL_DIGITS digits in all, at most 9 of them after the point. Text form: optional '-',
 * digits without leading zeros, optionally '.' and digits. Input takes a decimal comma too ("58,14", Vietnamese
 * writing); "1.260" and "1,260" (three digits after one mark and at most three before it, no zero in front: thousands
 * or decimals?) and "1.234.567" are refused with a hint to write 1260 or 1.26; "1e2", "+1", "NaN", blanks, other
 * scripts' digits likewise.
 */
#ifndef TUYEN_RECORD_DECIMAL_H
#define TUYEN_RECORD_DECIMAL_H

#include <stdint.h>
#include "base/err.h"

#define DECIMAL_DIGITS 36
#define DECIMAL_TEXT 48

/* value = coefficient / 10^scale; canonical: scale as small as it can be. */
struct decimal {
	__int128 coefficient;
	unsigned scale;
};

/* People's input. */
int decimal_parse(const char *text, struct decimal *out, struct err *err);
/* The stored form only; takes "1.234", which nobody may type. */
int decimal_parse_canonical(const char *text, struct decimal *out, struct err *err);
/* Canonical: no trailing zeros after the point. */
void decimal_print(struct decimal d, char text[DECIMAL_TEXT]);
struct decimal decimal_from(int64_t n);
int decimal_cmp(struct decimal a, struct decimal b);
bool decimal_is_zero(struct decimal d);
/* 100 * a / b, rounded half up (away from zero) to `places`, all places printed: 31/58 -> "53.45".
 * b zero is ERR_INPUT. */
int decimal_percent(
    struct decimal a, struct decimal b, unsigned places, char text[DECIMAL_TEXT], struct err *err);

#endif

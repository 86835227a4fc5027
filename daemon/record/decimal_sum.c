#include "record/decimal_sum.h"

#include <stdio.h>
#include <string.h>

#define BILLION ((__int128)1000000000)
#define QUINTILLION (BILLION * BILLION)

void decimal_sum_add(struct decimal_sum *s, struct decimal d)
{
	__int128 unit = 1, part;
	for (unsigned i = 0; i < d.scale; i++)
		unit *= 10;
	part = d.coefficient % unit * (BILLION / unit);
	s->high += d.coefficient / unit / QUINTILLION;
	s->low += d.coefficient / unit % QUINTILLION;
	s->billionths += part;
}

/* Bring *part into 0..limit-1, and what is beyond that into *next. */
static void carry(__int128 *part, __int128 limit, __int128 *next)
{
	__int128 over = *part / limit;
	if (*part % limit < 0)
		over--;
	*part -= over * limit;
	*next += over;
}

/* The absolute value with each part in its range; true if the value is negative. */
static bool settle(struct decimal_sum *s)
{
	carry(&s->billionths, BILLION, &s->low);
	carry(&s->low, QUINTILLION, &s->high);
	if (s->high >= 0)
		return false;
	*s = (struct decimal_sum){-s->high, -s->low, -s->billionths};
	carry(&s->billionths, BILLION, &s->low);
	carry(&s->low, QUINTILLION, &s->high);
	return true;
}

void decimal_sum_print(const struct decimal_sum *s, char text[DECIMAL_SUM_TEXT])
{
	struct decimal_sum p = *s;
	bool minus = settle(&p);
	unsigned long long top = (unsigned long long)(p.high / QUINTILLION);
	unsigned long long high = (unsigned long long)(p.high % QUINTILLION), low = (unsigned long long)p.low;
	char digits[80];
	snprintf(digits, sizeof digits, "%018llu%018llu%018llu.%09u", top, high, low, (unsigned)p.billionths);
	size_t from = strspn(digits, "0"), end = strlen(digits);
	if (digits[from] == '.')
		from--;
	while (digits[end - 1] == '0')
		end--;
	end -= digits[end - 1] == '.';
	snprintf(text, DECIMAL_SUM_TEXT, "%s%.*s", minus ? "-" : "", (int)(end - from), digits + from);
}

bool decimal_sum_fits(const struct decimal_sum *s, struct decimal *out)
{
	char text[DECIMAL_SUM_TEXT];
	struct err none = {0};
	decimal_sum_print(s, text);
	return decimal_parse_canonical(text, out, &none) == 0;
}

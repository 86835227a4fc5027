#include "record/decimal.h"

#include <stdio.h>
#include <string.h>

#define SCALE_MAX 9

static __int128 power(unsigned n)
{
	__int128 p = 1;
	while (n--)
		p *= 10;
	return p;
}

static struct decimal canonical(__int128 coefficient, unsigned scale)
{
	while (scale && coefficient % 10 == 0) {
		coefficient /= 10;
		scale--;
	}
	return (struct decimal){coefficient, scale};
}

/* A number taken apart as it was written. */
struct written {
	const char *whole; /* digits before the mark */
	size_t n_whole;
	const char *part; /* digits after it */
	size_t n_part;
	char mark; /* '.', ',' or 0 */
	bool minus;
};

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* False unless the text is: optional '-', digits, optionally a mark and digits, nothing else. */
static bool take_apart(const char *text, struct written *w)
{
	*w = (struct written){0};
	w->minus = *text == '-';
	w->whole = text + w->minus;
	w->n_whole = digits(w->whole);
	const char *rest = w->whole + w->n_whole;
	if (*rest == '.' || *rest == ',') {
		w->mark = *rest++;
		w->part = rest;
		w->n_part = digits(rest);
		rest += w->n_part;
		if (!w->n_part)
			return false;
	}
	return w->n_whole && *rest == '\0';
}

static struct decimal put_together(const struct written *w)
{
	__int128 c = 0;
	for (size_t i = 0; i < w->n_whole; i++)
		c = c * 10 + (w->whole[i] - '0');
	for (size_t i = 0; i < w->n_part; i++)
		c = c * 10 + (w->part[i] - '0');
	return canonical(w->minus ? -c : c, (unsigned)w->n_part);
}

/* The digits of a grouped number ("1.234.567", "1.234,56") with its last mark as the point where it is one. */
static void without_groups(const char *text, char out[DECIMAL_TEXT])
{
	const char *last = NULL;
	size_t n = 0, marks = 0, points = 0, commas = 0;
	for (const char *p = text; *p; p++)
		if (*p == '.' || *p == ',') {
			last = p;
			marks++;
			points += *p == '.';
			commas += *p == ',';
		}
	bool decimals = marks > 1 && points && commas;
	for (const char *p = text; *p && n < DECIMAL_TEXT - 1; p++)
		if (*p != '.' && *p != ',')
			out[n++] = *p;
		else if (decimals && p == last)
			out[n++] = '.';
	out[n] = '\0';
}

static int refuse_shape(const char *text, struct err *err)
{
	char plain[DECIMAL_TEXT];
	const char *from = text + (text[0] == '-');
	if (digits(from) && from[strspn(from, "0123456789.,")] == '\0' && digits(from + strlen(from) - 1)) {
		without_groups(text, plain);
		err_set(err, ERR_INPUT, N_("'%1' has several marks; a number has no marks between thousands"),
		    text, plain);
		err_hint(err, N_("write %2"));
		return err->code;
	}
	err_set(err, ERR_INPUT, N_("'%1' is not a number"), text);
	err_hint(err, N_("write digits with one decimal point at most, such as 1260 or 58.14"));
	return err->code;
}

/* Three digits after one mark, at most three before it: 1.260 may be 1260 or 1.26. */
static bool is_ambiguous(const struct written *w)
{
	return w->mark && w->n_part == 3 && w->n_whole <= 3 && w->whole[0] != '0';
}

static int refuse_ambiguous(const char *text, const struct written *w, struct err *err)
{
	char thousands[16], decimals[16];
	const char *sign = w->minus ? "-" : "";
	snprintf(thousands, sizeof thousands, "%s%.*s%.3s", sign, (int)w->n_whole, w->whole, w->part);
	int kept = w->part[2] != '0' ? 3 : w->part[1] != '0' ? 2 : 1;
	snprintf(decimals, sizeof decimals, "%s%.*s.%.*s%s", sign, (int)w->n_whole, w->whole, kept, w->part,
	    kept == 3 ? "0" : "");
	err_set(err, ERR_INPUT, N_("'%1' may be thousands or decimals"), text, thousands, decimals);
	err_hint(err, N_("write %2 or %3"));
	return err->code;
}

int decimal_parse(const char *text, struct decimal *out, struct err *err)
{
	struct written w;
	if (!take_apart(text, &w))
		return refuse_shape(text, err);
	if (w.n_whole > 1 && w.whole[0] == '0') {
		err_set(err, ERR_INPUT, N_("'%1' begins with a zero"), text);
		err_hint(err, N_("write the number without zeros in front; put a code in quotes"));
		return err->code;
	}
	if (w.n_whole + w.n_part > DECIMAL_DIGITS || w.n_part > SCALE_MAX)
		return err_set(
		    err, ERR_INPUT, N_("'%1' is too long: at most 36 digits, 9 of them decimals"), text);
	if (is_ambiguous(&w))
		return refuse_ambiguous(text, &w, err);
	*out = put_together(&w);
	return 0;
}

int decimal_parse_canonical(const char *text, struct decimal *out, struct err *err)
{
	struct written w;
	char again[DECIMAL_TEXT];
	if (!take_apart(text, &w) || w.n_whole + w.n_part > DECIMAL_DIGITS || w.n_part > SCALE_MAX)
		return err_set(err, ERR_INPUT, N_("'%1' is not a number in its stored form"), text);
	struct decimal d = put_together(&w);
	decimal_print(d, again);
	if (strcmp(again, text) != 0)
		return err_set(err, ERR_INPUT, N_("'%1' is not a number in its stored form"), text);
	*out = d;
	return 0;
}

/* All `scale` places are printed. |c| < 10^38. */
static void print_scaled(__int128 c, unsigned scale, char text[DECIMAL_TEXT])
{
	char reversed[DECIMAL_TEXT];
	size_t n = 0, at = 0;
	bool minus = c < 0;
	unsigned __int128 rest = minus ? -(unsigned __int128)c : (unsigned __int128)c;
	for (unsigned place = 0; rest || place <= scale; place++) {
		if (scale && place == scale)
			reversed[n++] = '.';
		reversed[n++] = (char)('0' + (int)(rest % 10));
		rest /= 10;
	}
	if (minus)
		text[at++] = '-';
	while (n)
		text[at++] = reversed[--n];
	text[at] = '\0';
}

void decimal_print(struct decimal d, char text[DECIMAL_TEXT])
{
	struct decimal c = canonical(d.coefficient, d.scale);
	print_scaled(c.coefficient, c.scale, text);
}

struct decimal decimal_from(int64_t n)
{
	return (struct decimal){n, 0};
}

static int too_long(struct err *err)
{
	return err_set(err, ERR_INPUT, N_("the result is longer than 36 digits"));
}

static bool scale_up(__int128 *c, unsigned from, unsigned to)
{
	return from >= to || !__builtin_mul_overflow(*c, power(to - from), c);
}

int decimal_cmp(struct decimal a, struct decimal b)
{
	__int128 whole_a = a.coefficient / power(a.scale), whole_b = b.coefficient / power(b.scale);
	if (whole_a != whole_b)
		return whole_a < whole_b ? -1 : 1;
	__int128 part_a = a.coefficient % power(a.scale) * power(SCALE_MAX - a.scale);
	__int128 part_b = b.coefficient % power(b.scale) * power(SCALE_MAX - b.scale);
	return part_a < part_b ? -1 : part_a > part_b;
}

bool decimal_is_zero(struct decimal d)
{
	return d.coefficient == 0;
}

/* 10^places * a / b in whole numbers, rounded half up; the long division keeps the remainder below b. */
static bool divide(__int128 a, __int128 b, unsigned places, __int128 *out)
{
	__int128 quotient = a / b, rest = a % b;
	for (unsigned i = 0; i < places; i++) {
		rest *= 10;
		if (quotient > power(DECIMAL_DIGITS))
			return false;
		quotient = quotient * 10 + rest / b;
		rest %= b;
	}
	*out = quotient + (rest >= b - rest);
	return *out < power(DECIMAL_DIGITS);
}

int decimal_percent(
    struct decimal a, struct decimal b, unsigned places, char text[DECIMAL_TEXT], struct err *err)
{
	bool minus = (a.coefficient < 0) != (b.coefficient < 0);
	unsigned scale = a.scale > b.scale ? a.scale : b.scale;
	__int128 result;
	if (b.coefficient == 0)
		return err_set(err, ERR_INPUT, N_("nothing can be divided by zero"));
	if (places > SCALE_MAX || !scale_up(&a.coefficient, a.scale, scale) ||
	    !scale_up(&b.coefficient, b.scale, scale))
		return too_long(err);
	__int128 n = a.coefficient < 0 ? -a.coefficient : a.coefficient;
	__int128 m = b.coefficient < 0 ? -b.coefficient : b.coefficient;
	if (m > power(DECIMAL_DIGITS + 1) || !divide(n, m, places + 2, &result))
		return too_long(err);
	print_scaled(minus ? -result : result, places, text);
	return 0;
}

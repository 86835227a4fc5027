#include "registry/policy.h"

#include <string.h>

#include "record/date.h"

#define DAY_MINUTES (24 * 60)
#define RATE_MIN 8000 /* bits a second; with less a batch would take longer than silence is borne */
#define BUDGET_MIN 100000 /* bytes; some exchanges, whatever they bring */
#define AMOUNT_MAX ((uint64_t)1000000000000)

static const char *digits(const char *at, size_t most, int *out)
{
	size_t n = strspn(at, "0123456789");
	if (n == 0 || n > most)
		return NULL;
	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out = *out * 10 + at[i] - '0';
	return at + n;
}

/* "22:00" as minutes; "24:00" is the end of the day. */
static const char *time_of_day(const char *at, int *minutes)
{
	int hours = 0, rest = 0;
	at = digits(at, 2, &hours);
	if (!at || *at != ':' || strspn(at + 1, "0123456789") != 2 || !(at = digits(at + 1, 2, &rest)))
		return NULL;
	*minutes = hours * 60 + rest;
	return rest > 59 || *minutes > DAY_MINUTES ? NULL : at;
}

static bool read_windows(const char *at, struct policy *p)
{
	for (;;) {
		struct policy_window w;
		if (p->n == POLICY_WINDOWS_MAX || !(at = time_of_day(at, &w.from)) || *at != '-' ||
		    !(at = time_of_day(at + 1, &w.to)))
			return false;
		w.from %= DAY_MINUTES;
		w.to %= DAY_MINUTES;
		if (w.from == w.to)
			return false;
		p->windows[p->n++] = w;
		if (*at == '\0')
			return true;
		if (*at != ',')
			return false;
		at += 1 + strspn(at + 1, " ");
	}
}

/* A whole number with k, M or G after it: thousands, as the sellers of lines count. */
static bool read_amount(const char *text, uint64_t least, uint64_t *out)
{
	static const char units[] = "kMG";
	uint64_t n = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && n < AMOUNT_MAX; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	if (at == text)
		return false;
	const char *unit = *at ? strchr(units, *at) : NULL;
	for (int i = 0; unit && i <= unit - units && n < AMOUNT_MAX; i++)
		n *= 1000;
	at += unit != NULL;
	*out = n;
	return *at == '\0' && n >= least && n <= AMOUNT_MAX;
}

int policy_of(const struct config *c, struct policy *out, struct err *err)
{
	uint64_t bits = 0, lines = POLICY_LINES;
	*out = (struct policy){.daily = {RATE_CHANGES, RATE_BYTES}};
	if (c->window && !read_windows(c->window, out))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be hours such as 22:00-05:00, at most 8 with commas between, not '%2'"),
		    "window", c->window);
	if (c->rate && !read_amount(c->rate, RATE_MIN, &bits))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be bits a second, such as 64k or 2M and at least 8k, not '%2'"), "rate",
		    c->rate);
	if (c->budget && !read_amount(c->budget, BUDGET_MIN, &out->budget))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be bytes a day, such as 20M and at least 100k, not '%2'"), "budget",
		    c->budget);
	if (c->lines_max && (!read_amount(c->lines_max, 1, &lines) || lines > 65535))
		return err_set(err, ERR_INPUT, N_("%1 must be a whole number from 1 to 65535, not '%2'"),
		    "lines.max", c->lines_max);
	if (c->rate_changes && !read_amount(c->rate_changes, 1, &out->daily.changes))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be how many changes a day one writer may write, such as 2000, not '%2'"),
		    "rate.changes", c->rate_changes);
	if (c->rate_bytes && !read_amount(c->rate_bytes, 1, &out->daily.bytes))
		return err_set(err, ERR_INPUT, N_("%1 must be bytes a day, such as 64M, not '%2'"),
		    "rate.bytes", c->rate_bytes);
	out->rate = bits / 8;
	out->lines_max = (unsigned)lines;
	return 0;
}

/* Seconds since midnight in Vietnam. */
static int64_t second_of_day(int64_t now)
{
	return now - date_end(date_of_time(now) - 1);
}

bool policy_open(const struct policy *p, int64_t now)
{
	int64_t minute = second_of_day(now) / 60;
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_window *w = &p->windows[i];
		bool inside = w->from < w->to ? minute >= w->from && minute < w->to
					      : minute >= w->from || minute < w->to;
		if (inside)
			return true;
	}
	return p->n == 0;
}

int64_t policy_turn(const struct policy *p, int64_t now)
{
	bool open = policy_open(p, now);
	int64_t start = now - second_of_day(now), best = 0;
	for (size_t i = 0; i < 2 * p->n; i++) {
		const struct policy_window *w = &p->windows[i / 2];
		for (int day = 0; day < 2; day++) {
			int64_t at = start + (i % 2 ? w->to : w->from) * 60 + day * DAY_MINUTES * 60;
			if (at > now && policy_open(p, at) != open && (best == 0 || at < best))
				best = at;
		}
	}
	return best;
}

#include "registry/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 65536
#define COUNT_MAX ((unsigned long long)1000000000000000)

void rate_free(struct rate *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->rows[i].writer);
	free(r->rows);
	*r = (struct rate){0};
}

/* Where a writer stands, or would stand. */
static size_t place(const struct rate *r, const char *writer)
{
	size_t from = 0, to = r->n;
	while (from < to) {
		size_t at = from + (to - from) / 2;
		if (strcmp(r->rows[at].writer, writer) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

static const struct rate_row *find(const struct rate *r, const char *writer)
{
	size_t at = place(r, writer);
	return at < r->n && strcmp(r->rows[at].writer, writer) == 0 ? &r->rows[at] : NULL;
}

static struct rate_row *row(struct rate *r, const char *writer)
{
	size_t at = place(r, writer);
	if (at == r->n || strcmp(r->rows[at].writer, writer) != 0) {
		struct rate_row fresh = {.writer = mem_dup(writer), .days = 1};
		VEC_PUSH(r->rows, r->n, fresh);
		memmove(&r->rows[at + 1], &r->rows[at], (r->n - 1 - at) * sizeof *r->rows);
		r->rows[at] = fresh;
	}
	return &r->rows[at];
}

/* Days whose share this one has. A clock that was set back gives no more than one. */
static uint64_t days_of(const struct rate_row *it, day_t today)
{
	if (!it || !it->day)
		return RATE_DAYS;
	if (it->day == today)
		return it->days;
	int64_t silent = (int64_t)today - it->day;
	return silent < 1 ? 1 : silent > RATE_DAYS ? RATE_DAYS : (uint64_t)silent;
}

struct rate_limit rate_scaled(const struct rate_limit *daily, size_t units)
{
	uint64_t n = units < RATE_UNITS ? units : RATE_UNITS;
	return (struct rate_limit){
	    daily->changes + daily->changes * n / RATE_PART, daily->bytes + daily->bytes * n / RATE_PART};
}

enum rate_over rate_ask(const struct rate *r, const char *writer, day_t today, const struct rate_limit *daily,
    const struct rate_limit *more, bool saved)
{
	const struct rate_row *it = find(r, writer);
	uint64_t days = saved ? days_of(it, today) : 1;
	bool begun = it && it->day == today;
	if (it && it->lifted == today)
		return RATE_WITHIN;
	if ((begun ? it->changes : 0) + more->changes > daily->changes * days)
		return RATE_TOO_MANY;
	if (begun && it->bytes && it->bytes + more->bytes > daily->bytes * days)
		return RATE_TOO_LONG;
	return RATE_WITHIN;
}

void rate_count(struct rate *r, const char *writer, day_t today, const struct rate_limit *more)
{
	struct rate_row *it = row(r, writer);
	if (it->day != today) {
		it->days = days_of(it, today);
		it->day = today;
		it->changes = it->bytes = 0;
	}
	it->changes += more->changes;
	it->bytes += more->bytes;
}

void rate_lift(struct rate *r, const char *writer, day_t today)
{
	row(r, writer)->lifted = today;
}

void rate_print(const struct rate *r, day_t today, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct rate_row *it = &r->rows[i];
		if (it->lifted == today || (it->day && it->day + RATE_DAYS > today))
			buf_printf(out, "%s %d %d %llu %llu %llu\n", it->writer, (int)it->day,
			    (int)it->lifted, (unsigned long long)it->days, (unsigned long long)it->changes,
			    (unsigned long long)it->bytes);
	}
}

static void read_line(struct rate *r, const char *line)
{
	char writer[RATE_WRITER];
	int day, lifted;
	unsigned long long days, changes, bytes;
	if (sscanf(line, "%135s %9d %9d %4llu %18llu %18llu", writer, &day, &lifted, &days, &changes,
		&bytes) != 6 ||
	    days < 1 || days > RATE_DAYS || changes > COUNT_MAX || bytes > COUNT_MAX || r->n == ROWS_MAX)
		return;
	struct rate_row *it = row(r, writer);
	it->day = day;
	it->lifted = lifted;
	it->days = days;
	it->changes = changes;
	it->bytes = bytes;
}

void rate_read(struct rate *r, const char *text, size_t len)
{
	for (const char *end = text + len; text < end;) {
		const char *to = memchr(text, '\n', (size_t)(end - text));
		char line[256];
		size_t n = (size_t)((to ? to : end) - text);
		if (to && n < sizeof line) {
			memcpy(line, text, n);
			line[n] = '\0';
			read_line(r, line);
		}
		text += n + 1;
	}
}

#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "show.h"

#define TROUBLES_SHOWN 10

/* What is wrong with a line, in the language of this process. */
static const char *trouble(struct reader *r, const json_t *line)
{
	const json_t *said = json_object_get(line, "trouble"), *args = json_object_get(said, "args");
	struct err err = {.msg = json_string_value(json_object_get(said, "msg")),
	    .hint = json_string_value(json_object_get(said, "hint"))};
	struct buf text = {0};
	if (!err.msg)
		return NULL;
	for (size_t i = 0; i < json_array_size(args) && i < ERR_ARGS; i++, err.n_args++)
		snprintf(err.arg[i], ERR_ARG_SIZE, "%s", json_string_value(json_array_get(args, i)));
	say_format(&err, &text);
	const char *kept = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

/* Two nodes with one key have a line each: the beginning of the instance tells them apart. */
static const char *line_name(struct reader *r, const json_t *lines, const json_t *line)
{
	const char *peer = json_string_value(json_object_get(line, "peer"));
	const char *instance = json_string_value(json_object_get(line, "instance"));
	size_t i, same = 0;
	json_t *other;
	json_array_foreach(lines, i, other) same +=
	    str_is(json_string_value(json_object_get(other, "peer")), peer);
	return same > 1 && instance ? arena_printf(&r->arena, "%s (%.4s)", peer, instance) : peer;
}

/* ---- how long, how much ---- */

static const char *number(struct reader *r, json_int_t n)
{
	return arena_printf(&r->arena, "%lld", (long long)n);
}

static const char *said(struct reader *r, const char *msg, const char *one, const char *two)
{
	struct buf text = {0};
	say_into(&text, msg, one, two);
	const char *kept = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

const char *lines_span(struct reader *r, json_int_t seconds)
{
	if (seconds < 120)
		return said(r, N_("%1 s"), number(r, seconds < 0 ? 0 : seconds), "");
	if (seconds < 7200)
		return said(r, N_("%1 min"), number(r, seconds / 60), "");
	if (seconds < 48 * 3600)
		return said(r, N_("%1 h"), number(r, seconds / 3600), "");
	return said(r, N_("%1 days"), number(r, seconds / 86400), "");
}

static const char *weight(struct reader *r, json_int_t bytes)
{
	if (bytes < 10000)
		return said(r, N_("%1 bytes"), number(r, bytes), "");
	if (bytes < 10000000)
		return said(r, N_("%1 kB"), number(r, bytes / 1000), "");
	return said(r, N_("%1 MB"), number(r, bytes / 1000000), "");
}

/* ---- the cells ---- */

/* Changes, and about how much that is. */
static const char *load(struct reader *r, const json_t *line, const char *which)
{
	const json_t *of = json_object_get(line, which), *changes = json_object_get(of, "changes");
	if (!json_is_integer(changes))
		return "?";
	if (json_integer_value(changes) == 0)
		return "0";
	return arena_printf(&r->arena, "%s (%s)", number(r, json_integer_value(changes)),
	    weight(r, json_integer_value(json_object_get(of, "bytes"))));
}

static bool waits(const json_t *line)
{
	return json_integer_value(json_object_get(json_object_get(line, "waiting"), "changes")) > 0 ||
	       json_integer_value(json_object_get(json_object_get(line, "coming"), "changes")) > 0;
}

static bool is_open(const json_t *line)
{
	return json_is_true(json_object_get(line, "open"));
}

static const char *hour(struct reader *r, json_int_t at, int64_t now)
{
	const char *when = reader_time(r, at);
	bool today = strncmp(when, reader_time(r, now), 10) == 0;
	return today ? arena_printf(&r->arena, "%.5s", when + 11)
		     : arena_printf(&r->arena, "%.5s %.10s", when + 11, when);
}

static const char *state(struct reader *r, const json_t *line, int64_t now)
{
	const json_t *next = json_object_get(line, "next_try"),
		     *until = json_object_get(line, "closed_until");
	if (is_open(line))
		return json_is_true(json_object_get(line, "equal")) ? _(N_("open")) : _(N_("open, at work"));
	if (json_is_integer(until) && !r->config.paused)
		return said(r, N_("closed until %1"), hour(r, json_integer_value(until), now), "");
	if (json_is_integer(next))
		return said(r, N_("closed, tries in %1"), lines_span(r, json_integer_value(next)), "");
	if (json_is_true(json_object_get(line, "superior")) && !r->config.paused)
		return _(N_("closed, tries now"));
	return _(N_("closed"));
}

static const char *contact(struct reader *r, const json_t *line)
{
	const json_t *age = json_object_get(line, "age");
	return json_is_integer(age) ? said(r, N_("%1 ago"), lines_span(r, json_integer_value(age)), "")
				    : NULL;
}

static const char *takes(struct reader *r, const json_t *line)
{
	const json_t *seconds = json_object_get(line, "seconds");
	if (!waits(line))
		return NULL;
	return json_integer_value(seconds) > 0 ? lines_span(r, json_integer_value(seconds)) : "?";
}

/* ---- which first ---- */

enum turn { ABOVE, REFUSED, TROUBLED_AND_WAITING, TROUBLED, CLOSED, AT_WORK, WELL };

static enum turn turn_of(const json_t *line)
{
	bool troubled = json_is_object(json_object_get(line, "trouble"));
	if (json_is_true(json_object_get(line, "superior")))
		return ABOVE;
	if (json_is_string(json_object_get(line, "refused")))
		return REFUSED;
	if (is_open(line))
		return json_is_true(json_object_get(line, "equal")) ? WELL : AT_WORK;
	return troubled && waits(line) ? TROUBLED_AND_WAITING : troubled ? TROUBLED : CLOSED;
}

static int by_turn(const void *one, const void *other)
{
	const json_t *a = *(json_t *const *)one, *b = *(json_t *const *)other;
	int order = (int)turn_of(a) - (int)turn_of(b);
	return order ? order
		     : strcmp(json_string_value(json_object_get(a, "peer")),
			   json_string_value(json_object_get(b, "peer")));
}

/* ---- in sentences ---- */

/* Hours and budget are those of the line upwards. */
static void print_limits(struct reader *r, const json_t *line, int64_t now)
{
	const char *peer = json_string_value(json_object_get(line, "peer"));
	const char *by = json_string_value(json_object_get(line, "closed_by"));
	const json_t *budget = json_object_get(line, "budget"), *rate = json_object_get(line, "rate");
	const char *at = hour(r, json_integer_value(json_object_get(line, "closed_until")), now);
	if (json_is_integer(budget))
		say_out(N_("The line to %1 has carried %2 of the %3 of this day."), peer,
		    weight(r, json_integer_value(json_object_get(line, "spent"))),
		    weight(r, json_integer_value(budget)));
	if (str_is(by, "window"))
		say_out(
		    N_("The line to %1 has its hours (%2): it goes on at %3, or at once by 'tuyen sync'."),
		    peer, r->config.window ? r->config.window : "", at);
	else if (str_is(by, "budget"))
		say_out(N_("What it may carry in a day is used up: it goes on at %1, or at once by 'tuyen "
			   "sync'."),
		    at);
	if (json_is_integer(rate) && waits(line) && is_open(line))
		say_out(
		    N_("The line to %1 is held to %2 a second."), peer, weight(r, json_integer_value(rate)));
}

static void print_troubles(struct reader *r, const json_t *lines, json_t *const *sorted, size_t n)
{
	size_t shown = 0, all = 0;
	for (size_t i = 0; i < n; i++) {
		const char *what = trouble(r, sorted[i]);
		if (!what)
			continue;
		if (all++ < TROUBLES_SHOWN) {
			say_out("- %1: %2", line_name(r, lines, sorted[i]), what);
			shown++;
		}
	}
	if (all > shown)
		say_out(N_("- and %1 more; 'tuyen status --json' has them all"),
		    number(r, (json_int_t)(all - shown)));
}

static void print_count(struct reader *r, json_t *const *sorted, size_t n)
{
	json_int_t below = 0, open = 0;
	for (size_t i = 0; i < n; i++) {
		below += turn_of(sorted[i]) != ABOVE;
		open += turn_of(sorted[i]) != ABOVE && is_open(sorted[i]);
	}
	if (below > 1)
		say_out(N_("Lines from below: %1, of which open: %2"), number(r, below), number(r, open));
}

void lines_print(struct reader *r, const json_t *lines, int64_t now)
{
	struct show_table *table = show_table();
	size_t n = json_array_size(lines);
	json_t **sorted = mem_alloc((n + 1) * sizeof(json_t *));
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_array_get(lines, i);
	qsort(sorted, n, sizeof(json_t *), by_turn);
	show_column(table, SHOW_LEFT, N_("LINE TO"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("CONTACT"));
	show_column(table, SHOW_LEFT, N_("WAITS HERE"));
	show_column(table, SHOW_LEFT, N_("WAITS THERE"));
	show_column(table, SHOW_LEFT, N_("TAKES"));
	for (size_t i = 0; i < n; i++)
		show_row(table, line_name(r, lines, sorted[i]), state(r, sorted[i], now),
		    contact(r, sorted[i]), load(r, sorted[i], "waiting"), load(r, sorted[i], "coming"),
		    takes(r, sorted[i]));
	print_count(r, sorted, n);
	show_end(table);
	print_troubles(r, lines, sorted, n);
	if (n && turn_of(sorted[0]) == ABOVE && !r->config.paused)
		print_limits(r, sorted[0], now);
	free(sorted);
}

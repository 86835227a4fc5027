#include "lines.h"

#include <stdio.h>
#include <string.h>

#include "say.h"
#include "show.h"

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

static const char *load(struct reader *r, const json_t *line, const char *which)
{
	const json_t *of = json_object_get(line, which), *changes = json_object_get(of, "changes");
	if (!json_is_integer(changes))
		return "?";
	if (json_integer_value(changes) == 0)
		return "0";
	return said(r, N_("changes: %1, about %2"), number(r, json_integer_value(changes)),
	    weight(r, json_integer_value(json_object_get(of, "bytes"))));
}

static const char *state(struct reader *r, const json_t *line, int64_t now)
{
	const json_t *next = json_object_get(line, "next_try");
	if (json_is_true(json_object_get(line, "open")))
		return _(N_("open"));
	const json_t *until = json_object_get(line, "closed_until");
	if (json_is_integer(until)) {
		const char *at = reader_time(r, json_integer_value(until));
		bool today = strncmp(at, reader_time(r, now), 10) == 0;
		return said(r, N_("closed until %1"),
		    today ? arena_printf(&r->arena, "%.5s", at + 11) : arena_printf(&r->arena, "%.16s", at),
		    "");
	}
	if (json_is_integer(next))
		return said(r, N_("closed, tries in %1"), lines_span(r, json_integer_value(next)), "");
	return _(N_("closed"));
}

static const char *contact(struct reader *r, const json_t *line)
{
	const json_t *at = json_object_get(line, "last_contact");
	if (!json_is_integer(at))
		return NULL;
	return said(r, N_("%1 (%2 ago)"), reader_time(r, json_integer_value(at)),
	    lines_span(r, json_integer_value(json_object_get(line, "age"))));
}

static const char *takes(struct reader *r, const json_t *line)
{
	const json_t *seconds = json_object_get(line, "seconds");
	bool any = json_integer_value(seconds) > 0;
	return any ? said(r, N_("about %1"), lines_span(r, json_integer_value(seconds)), "") : NULL;
}

/* Of the one line that has a budget. */
static void print_budget(struct reader *r, const json_t *lines)
{
	size_t i;
	json_t *line;
	json_array_foreach(lines, i, line)
	{
		const json_t *budget = json_object_get(line, "budget");
		if (json_is_integer(budget))
			say_out(N_("The line to %1 has carried %2 of the %3 of this day."),
			    json_string_value(json_object_get(line, "peer")),
			    weight(r, json_integer_value(json_object_get(line, "spent"))),
			    weight(r, json_integer_value(budget)));
	}
}

void lines_print(struct reader *r, const json_t *lines, int64_t now)
{
	struct show_table *table = show_table();
	size_t i;
	json_t *line;
	show_column(table, SHOW_LEFT, N_("LINE TO"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("SAME"));
	show_column(table, SHOW_LEFT, N_("ADDRESS"));
	show_column(table, SHOW_LEFT, N_("LAST CONTACT"));
	show_column(table, SHOW_LEFT, N_("WAITS HERE"));
	show_column(table, SHOW_LEFT, N_("WAITS THERE"));
	show_column(table, SHOW_LEFT, N_("TAKES"));
	show_column(table, SHOW_WRAP, N_("TROUBLE"));
	json_array_foreach(lines, i, line)
	{
		show_row(table, line_name(r, lines, line), state(r, line, now),
		    json_is_true(json_object_get(line, "equal")) ? _(N_("yes")) : _(N_("no")),
		    json_string_value(json_object_get(line, "address")), contact(r, line),
		    load(r, line, "waiting"), load(r, line, "coming"), takes(r, line), trouble(r, line));
	}
	show_end(table);
	print_budget(r, lines);
}

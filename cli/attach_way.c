#include "attach_way.h"

#include <string.h>

#include "ask.h"
#include "lines.h"
#include "say.h"
#include "show.h"

#define ASIDE_TIMEOUT_MS 2000

json_t *attach_ways(const struct cli *cli)
{
	struct buf text = {0};
	json_t *answer = NULL;
	if (ask_aside(cli, "attachments", ASIDE_TIMEOUT_MS, &text))
		answer = json_loadb(buf_str(&text), text.len, 0, NULL);
	buf_free(&text);
	return answer;
}

static const char *word(const json_t *way, const char *key)
{
	const char *text = json_string_value(json_object_get(way, key));
	return text ? text : "";
}

static bool state_is(const json_t *way, const char *state)
{
	return strcmp(word(way, "state"), state) == 0;
}

bool attach_way_moves(const json_t *way)
{
	return !state_is(way, "arrived") &&
	       !(state_is(way, "on-demand") && strcmp(word(way, "way"), "in") == 0);
}

/* Why it is where it is. %1 is the peer. */
static const struct {
	const char *way, *state, *msg;
} reasons[] = {
    {"in", "queued", N_("waits for its turn")},
    {"in", "no-line", N_("waits for a line")},
    {"in", "asked-on", N_("%1 does not have it yet, and has asked for it further on")},
    {"in", "lacking", N_("%1 does not have it")},
    {"in", "too-long-there", N_("too long for %1, by which it would come")},
    {"in", "too-long", N_("longer than is taken here: see attachment.max")},
    {"in", "damaged", N_("came damaged three times; 'tuyen attach fetch' begins again")},
    {"in", "disk-full", N_("the disk is full; it goes on when there is room")},
    {"in", "on-demand", N_("comes when somebody asks: 'tuyen attach get'")},
    {"out", "arrived", N_("%1 has it")},
    {"out", "queued", N_("%1 has not asked for it yet")},
    {"out", "no-line", N_("to %1 when there is a line")},
    {"out", "on-demand", N_("%1 takes it when somebody there asks")},
    {"out", "too-long-there", N_("too long for %1")},
};

static void reason(struct buf *out, const json_t *way)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(reasons[i].way, word(way, "way")) == 0 && state_is(way, reasons[i].state))
			say_into(out, reasons[i].msg, word(way, "peer"));
}

const char *attach_way_text(struct reader *r, const json_t *way)
{
	json_int_t size = json_integer_value(json_object_get(way, "size"));
	json_int_t have = json_integer_value(json_object_get(way, "have"));
	const json_t *seconds = json_object_get(way, "seconds"), *until = json_object_get(way, "until");
	char part[8];
	struct buf text = {0};
	snprintf(part, sizeof part, "%d", size > 0 ? (int)(have * 100 / size) : 0);
	if (state_is(way, "going"))
		say_into(&text, N_("%2 % has gone to %1"), word(way, "peer"), part);
	else if (state_is(way, "coming") || (have > 0 && strcmp(word(way, "way"), "in") == 0))
		say_into(&text, N_("%1 % has come"), part);
	size_t before = text.len;
	reason(&text, way);
	if (before && text.len > before) {
		struct buf why = {0};
		buf_puts(&why, buf_str(&text) + before);
		buf_cut(&text, before);
		buf_printf(&text, "; %s", buf_str(&why));
		buf_free(&why);
	}
	if (json_is_integer(seconds)) {
		buf_puts(&text, ", ");
		say_into(&text, N_("about %1"), lines_span(r, json_integer_value(seconds)));
	}
	if (json_is_integer(until)) {
		buf_puts(&text, ", ");
		say_into(&text, N_("at %1"), reader_time(r, json_integer_value(until)));
	}
	const char *kept = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

static bool is_of(const json_t *way, const char *id, const char *ledger)
{
	return strcmp(word(way, "id"), id) == 0 && strcmp(word(way, "ledger"), ledger) == 0;
}

const char *attach_way_of(struct reader *r, const json_t *ways, const char *id, const char *ledger)
{
	struct buf all = {0};
	size_t i;
	json_t *way;
	json_array_foreach(ways, i, way)
	{
		if (is_of(way, id, ledger))
			buf_printf(&all, "%s%s", all.len ? "; " : "", attach_way_text(r, way));
	}
	const char *kept = all.len ? arena_dup(&r->arena, buf_str(&all)) : NULL;
	buf_free(&all);
	return kept;
}

json_t *attach_way_json(const json_t *ways, const char *id, const char *ledger)
{
	static const char *const kept[] = {"way", "peer", "state", "have", "seconds", "until"};
	json_t *list = json_array(), *way;
	size_t i;
	json_array_foreach(ways, i, way)
	{
		if (!is_of(way, id, ledger))
			continue;
		json_t *o = json_object();
		for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
			json_object_set(o, kept[k], json_object_get(way, kept[k]));
		json_array_append_new(list, o);
	}
	return list;
}

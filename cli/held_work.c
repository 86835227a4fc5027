#include "held_work.h"

#include <string.h>

#include "say.h"
#include "show.h"
#include "store/held.h"

int held_work_read(struct reader *r, struct held_work *out, struct err *err)
{
	const struct held_asked decides = {.decider = r->config.unit, .quick = true};
	const struct held_asked own = {
	    .unit = r->config.unit, .quick = !view_is_lowest(&r->view, r->config.unit)};
	struct held_changes list;
	int rc = 0;
	*out = (struct held_work){0};
	if (!r->config.station)
		rc = held_list(r->store, r->registry, &decides, &r->arena, &list, err);
	if (rc == 0 && !r->config.station)
		out->decide = list.n;
	if (rc == 0)
		rc = held_list(r->store, r->registry, &own, &r->arena, &list, err);
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const char *decider = list.items[i].why.grant->narrower;
		if (str_is(decider, r->config.unit))
			continue;
		out->waits++;
		out->decider = decider;
	}
	return rc ? rc : key_requests_read(&r->view, NULL, &r->arena, &out->requests, err);
}

size_t held_work_count(const struct held_work *w)
{
	return (w->decide > 0) + w->requests.n;
}

static const char *spoken(struct reader *r, const unsigned char *key)
{
	struct buf text = {0};
	key_spoken(key, &text);
	const char *copy = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

void held_work_print(struct reader *r, const struct held_work *w)
{
	if (w->decide)
		say_out(N_("- changes to be confirmed or set aside: %1 ('tuyen held list' shows them)"),
		    arena_printf(&r->arena, "%zu", w->decide));
	for (size_t i = 0; i < w->requests.n; i++)
		say_out(N_("- %1 asks for a new key; let its people read it out (%2), then: tuyen unit "
			   "rotate %1"),
		    w->requests.items[i].id, spoken(r, w->requests.items[i].key));
	if (w->waits)
		say_out(N_("Changes from here wait for the word of %1: %2 ('tuyen held list' shows them)"),
		    reader_unit_name(r, w->decider), arena_printf(&r->arena, "%zu", w->waits));
}

void held_work_json(const struct held_work *w, json_t *to_do)
{
	if (w->decide)
		json_array_append_new(
		    to_do, json_pack("{s:s, s:I}", "kind", "held", "count", (json_int_t)w->decide));
	for (size_t i = 0; i < w->requests.n; i++) {
		struct buf text = {0};
		json_t *o = json_object();
		key_spoken(w->requests.items[i].key, &text);
		json_object_set_new(o, "kind", json_string("key_request"));
		json_object_set_new(o, "unit", show_string(w->requests.items[i].id));
		json_object_set_new(o, "asked", show_string(w->requests.items[i].asked));
		json_object_set_new(o, "spoken", json_string(buf_str(&text)));
		json_array_append_new(to_do, o);
		buf_free(&text);
	}
}

json_t *held_work_waits_json(const struct held_work *w)
{
	if (!w->waits)
		return json_null();
	return json_pack("{s:s, s:I}", "decider", w->decider, "count", (json_int_t)w->waits);
}

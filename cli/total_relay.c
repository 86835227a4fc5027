#include "total_relay.h"

#include "say.h"

static json_t *corrections_json(const struct total_relay *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->n_corrections; i++) {
		json_t *o = json_object();
		json_object_set_new(o, "version", show_integer(r->corrections[i].id));
		json_object_set_new(o, "fields", show_string(r->corrections[i].fields));
		json_object_set_new(o, "reason", show_string(r->corrections[i].reason));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *relay_json(const struct total *t, const struct total_relay *r)
{
	json_t *o = json_object(), *values = json_object();
	for (size_t i = 0; i < t->n_rows; i++)
		json_object_set_new(values, t->rows[i].indicator, show_string(r->values[i]));
	json_object_set_new(o, "unit", show_string(r->id));
	json_object_set_new(o, "code", show_string(r->code));
	json_object_set_new(o, "name", show_string(r->name));
	json_object_set_new(o, "sent", json_boolean(r->sent));
	json_object_set_new(o, "expected", json_integer((json_int_t)r->expected));
	json_object_set_new(o, "reported", json_integer((json_int_t)r->reported));
	json_object_set_new(o, "late", json_integer((json_int_t)r->late));
	json_object_set_new(o, "version", show_integer(r->version));
	json_object_set_new(o, "taken", show_string(r->taken));
	json_object_set_new(o, "state", show_string(r->state));
	json_object_set_new(o, "due", show_string(r->due));
	json_object_set_new(o, "overdue", json_boolean(r->overdue));
	json_object_set_new(o, "values", values);
	json_object_set_new(o, "corrections", corrections_json(r));
	return o;
}

json_t *total_relays_json(const struct total *t)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->n_relays; i++)
		json_array_append_new(list, relay_json(t, &t->relays[i]));
	return list;
}

static const char *number(struct reader *r, size_t n)
{
	return arena_printf(&r->arena, "%zu", n);
}

static void print_sent(struct reader *r, const struct total_relay *one)
{
	say_out(N_("Totals of %1: reported %2 of %3, late %4; version %5, as of %6"),
	    reader_unit_name(r, one->id), number(r, one->reported), number(r, one->expected),
	    number(r, one->late), one->version, one->taken);
	for (size_t i = 0; i < one->n_corrections; i++) {
		const struct report_correction *c = &one->corrections[i];
		say_out(N_("  corrected by version %1: %2 (%3)"), c->id, c->fields ? c->fields : "",
		    c->reason ? c->reason : "");
	}
}

void total_relays_print(struct reader *r, const struct total *t)
{
	for (size_t i = 0; i < t->n_relays; i++) {
		const struct total_relay *one = &t->relays[i];
		if (one->sent)
			print_sent(r, one);
		else if (one->expected)
			say_out(N_("%1 relays only totals, and has sent none: of %2 units nothing is known"),
			    reader_unit_name(r, one->id), number(r, one->expected));
		else
			say_out(N_("%1 relays only totals, and has sent none: its units are here as they "
				   "stood before"),
			    reader_unit_name(r, one->id));
	}
}

const char *total_relay_state(struct reader *r, const struct total_relay *one)
{
	struct buf text = {0};
	if (one->sent)
		say_into(&text, N_("totals %1/%2"), number(r, one->reported), number(r, one->expected));
	else
		say_into(&text, N_("no totals sent"));
	const char *out = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return out;
}

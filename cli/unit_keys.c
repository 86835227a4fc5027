#include "unit_keys.h"

#include <string.h>

#include "say.h"

#define ID_SHOWN 12

struct key_row {
	const char *row, *text, *state, *since;
	const struct registry_grant *grant; /* NULL: it was never active */
};

struct seeking {
	const char *id, *ledger;
	unsigned char key[KEY_PUBLIC_SIZE];
	const struct registry_grant *found;
};

static void seek(void *ctx, const struct registry_grant *g)
{
	struct seeking *s = ctx;
	const char *at = strchr(s->id, '@');
	bool same = g->station ? at && strlen(g->station) == (size_t)(at - s->id) &&
				     strncmp(g->station, s->id, strlen(g->station)) == 0 &&
				     strcmp(g->unit, at + 1) == 0
			       : strcmp(g->unit, s->id) == 0;
	if (same && memcmp(g->key, s->key, KEY_PUBLIC_SIZE) == 0 && str_is(g->ledger, s->ledger) &&
	    !oid_eq(&g->change, &registry_reserve))
		s->found = g;
}

/* When the row got the state that it has. */
static const char *since(
    struct reader *r, const char *ledger, const char *path, const char *row, const char *state)
{
	struct view_write *writes = NULL;
	struct change c;
	struct err none = {0};
	size_t n = 0;
	const char *field = arena_printf(&r->arena, "keys.%s.state", row), *when = NULL;
	if (r->view.writes(r->view.ctx, ledger, path, field, &r->arena, &writes, &n, &none) != 0)
		return NULL;
	for (size_t i = 0; !when && i < n; i++)
		if (str_is(writes[i].value, state) &&
		    r->view.change(r->view.ctx, ledger, &writes[i].change, &r->arena, &c, &none) == 0)
			when = reader_time(r, c.time);
	return when;
}

static const char *word_of(enum registry_key_state state)
{
	static const char *const words[] = {"active", "retired", "suspended"};
	return words[state];
}

static void read_row(
    struct reader *r, const char *id, const char *ledger, const struct record *rec, struct key_row *k)
{
	struct seeking s = {.id = id, .ledger = ledger};
	k->text = record_get(rec, arena_printf(&r->arena, "keys.%s.key", k->row));
	k->state = record_get(rec, arena_printf(&r->arena, "keys.%s.state", k->row));
	if (k->text && key_parse(k->text, s.key))
		registry_grants(r->registry, seek, &s);
	k->grant = s.found;
	/* Of what was written at the same time the most restrictive counts, whatever the record says. */
	if (k->grant)
		k->state = word_of(k->grant->state);
	k->since = since(r, ledger, arena_printf(&r->arena, "units/%s.yaml", id), k->row, k->state);
}

static const char *short_id(struct reader *r, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	return arena_printf(&r->arena, "%.*s", ID_SHOWN, hex);
}

static json_t *vouched_json(const struct registry_grant *g)
{
	json_t *list = json_array();
	for (size_t i = 0; g && i < g->n_vouched; i++) {
		char hex[OID_HEX + 1];
		oid_hex(&g->vouched[i].head, hex);
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "ledger", g->vouched[i].ledger, "change", hex));
	}
	return list;
}

static const char *vouched_text(struct reader *r, const struct registry_grant *g)
{
	struct buf text = {0};
	for (size_t i = 0; g && i < g->n_vouched; i++)
		buf_printf(
		    &text, "%s%s %s", i ? ", " : "", g->vouched[i].ledger, short_id(r, &g->vouched[i].head));
	const char *copy = arena_dup(&r->arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static void show_key(struct reader *r, const struct key_row *k, struct show_table *table, json_t *list)
{
	unsigned char key[KEY_PUBLIC_SIZE];
	struct buf fingerprint = {0}, spoken = {0};
	json_t *o = json_object();
	if (k->text && key_parse(k->text, key)) {
		key_fingerprint(key, &fingerprint);
		key_spoken(key, &spoken);
	}
	json_object_set_new(o, "row", show_string(k->row));
	json_object_set_new(o, "key", show_string(k->text));
	json_object_set_new(o, "state", show_string(k->state));
	json_object_set_new(o, "since", show_string(k->since));
	json_object_set_new(o, "fingerprint", json_string(buf_str(&fingerprint)));
	json_object_set_new(o, "spoken", json_string(buf_str(&spoken)));
	json_object_set_new(o, "vouched", vouched_json(k->grant));
	json_array_append_new(list, o);
	show_row(table, k->row, say_choice(k->state), k->since, buf_str(&spoken), buf_str(&fingerprint),
	    vouched_text(r, k->grant));
	buf_free(&fingerprint);
	buf_free(&spoken);
}

json_t *unit_keys(struct reader *r, const struct registry_unit *u, struct show_table *table)
{
	const char *ledger = arena_printf(&r->arena, "directives/%s", u->parent ? u->parent : u->id);
	const char *path = arena_printf(&r->arena, "units/%s.yaml", u->id), *row;
	json_t *list = json_array();
	struct record record;
	struct err absent = {0};
	show_column(table, SHOW_LEFT, N_("KEY"));
	show_column(table, SHOW_LEFT, N_("STATE"));
	show_column(table, SHOW_LEFT, N_("SINCE"));
	show_column(table, SHOW_LEFT, N_("SPOKEN"));
	show_column(table, SHOW_WRAP, N_("FINGERPRINT"));
	show_column(table, SHOW_WRAP, N_("VOUCHED FOR"));
	if (r->view.read(r->view.ctx, ledger, path, &r->arena, &record, &absent) != 0)
		return list;
	for (size_t i = 0; record_next_key(&record, "keys", &i, &row);) {
		struct key_row k = {.row = row};
		read_row(r, u->id, ledger, &record, &k);
		show_key(r, &k, table, list);
	}
	return list;
}

#include "refused.h"

#include <string.h>

#include "say.h"

#define ID_SHOWN 12
#define AGAIN_SHOWN 8

int refused_read(struct reader *r, const struct strs *ledgers, struct refusals *out, struct err *err)
{
	struct buf text = {0};
	struct refusals all = {0};
	int rc = store_note_read(r->store, "refused", &text, err);
	if (rc == 0)
		refusals_read(&all, buf_str(&text), text.len);
	for (size_t i = 0; i < all.n; i++) {
		const struct refusal *f = &all.items[i];
		if (f->state == REFUSAL_UNWANTED || !strs_has(ledgers, f->word[REFUSAL_LEDGER]))
			continue;
		struct refusal *kept = refusals_add(out, &f->id, (const char *const *)f->word);
		kept->state = f->state;
		kept->time = f->time;
		for (size_t k = 0; k < f->n_again; k++)
			refusals_again(kept, &f->again[k].was, &f->again[k].now);
	}
	refusals_free(&all);
	buf_free(&text);
	return rc;
}

static json_t *id_json(const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	return oid_is_zero(id) ? json_null() : json_string(hex);
}

static json_t *again_json(const struct refusal *f)
{
	json_t *list = json_array();
	for (size_t i = 0; i < f->n_again; i++) {
		json_t *o = json_object();
		json_object_set_new(o, "was", id_json(&f->again[i].was));
		json_object_set_new(o, "now", id_json(&f->again[i].now));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *word_json(const struct refusal *f, enum refusal_word which)
{
	return show_string(*f->word[which] ? f->word[which] : NULL);
}

json_t *refused_json(struct reader *r, const struct refusals *list)
{
	json_t *all = json_array();
	for (size_t i = list->n; i-- > 0;) {
		const struct refusal *f = &list->items[i];
		json_t *o = json_object();
		json_object_set_new(o, "id", id_json(&f->id));
		json_object_set_new(o, "ledger", word_json(f, REFUSAL_LEDGER));
		json_object_set_new(o, "by", word_json(f, REFUSAL_BY));
		json_object_set_new(o, "time", show_string(reader_time(r, f->time)));
		json_object_set_new(o, "rule", word_json(f, REFUSAL_RULE));
		json_object_set_new(o, "record", word_json(f, REFUSAL_RECORD));
		json_object_set_new(o, "field", word_json(f, REFUSAL_FIELD));
		json_object_set_new(o, "sentence", word_json(f, REFUSAL_SENTENCE));
		json_object_set_new(o, "again", again_json(f));
		json_array_append_new(all, o);
	}
	return all;
}

/* "1a2b3c4d5e6f -> 0f1e2d3c4b5a, ..." */
static void list_again(const struct refusal *f, struct buf *out)
{
	size_t shown = 0;
	for (size_t i = 0; i < f->n_again; i++) {
		char was[OID_HEX + 1], now[OID_HEX + 1];
		if (oid_is_zero(&f->again[i].now))
			continue;
		if (shown++ == AGAIN_SHOWN) {
			buf_puts(out, ", …");
			return;
		}
		oid_hex(&f->again[i].was, was);
		oid_hex(&f->again[i].now, now);
		buf_printf(out, "%s%.*s -> %.*s", out->len ? ", " : "", ID_SHOWN, was, ID_SHOWN, now);
	}
}

void refused_row(struct reader *r, const struct refusal *f, struct show_table *table)
{
	struct buf again = {0}, what = {0};
	char hex[OID_HEX + 1];
	oid_hex(&f->id, hex);
	hex[ID_SHOWN] = '\0';
	list_again(f, &again);
	if (again.len)
		say_into(&what, N_("refused by %1 (rule %2) and taken out; issued again: %3"),
		    f->word[REFUSAL_BY], f->word[REFUSAL_RULE], buf_str(&again));
	else
		say_into(&what, N_("refused by %1 (rule %2) and taken out"), f->word[REFUSAL_BY],
		    f->word[REFUSAL_RULE]);
	show_row(table, hex, reader_time(r, f->time), f->word[REFUSAL_BY], f->word[REFUSAL_LEDGER],
	    buf_str(&what));
	buf_free(&again);
	buf_free(&what);
}

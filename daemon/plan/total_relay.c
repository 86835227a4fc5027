/* Units that relay only totals (schema/wire.md, "Totals"): whom they speak for, and what they say. */
#include "plan/total_inside.h"

#include <stdlib.h>
#include <string.h>

#include "plan/receipt.h"

static struct total_relay *relay_at(struct totalling *t, const char *id)
{
	struct total *out = t->out;
	for (size_t i = 0; i < out->n_relays; i++)
		if (strcmp(out->relays[i].id, id) == 0)
			return &out->relays[i];
	struct total_relay *grown = arena_alloc(t->arena, (out->n_relays + 1) * sizeof *grown);
	if (out->n_relays)
		memcpy(grown, out->relays, out->n_relays * sizeof *grown);
	out->relays = grown;
	const struct registry_unit *u = registry_unit(t->v->registry, id);
	struct total_relay *r = &grown[out->n_relays++];
	struct err none = {0};
	*r = (struct total_relay){.id = arena_dup(t->arena, id),
	    .code = arena_dup(t->arena, u ? u->code : id),
	    .name = arena_dup(t->arena, u ? u->name : id)};
	r->sent = t->v->read(t->v->ctx, arena_printf(t->arena, "reports/%s", id), total_path(t, "totals"),
		      t->arena, &r->record, &none) == 0;
	return r;
}

bool total_relay_speaks(struct totalling *t, const struct registry_unit *u)
{
	const char *relay = registry_relay_between(t->v->registry, t->v->unit, u->id, view_day(t->v));
	struct record r;
	struct err none = {0};
	if (!relay)
		return false;
	struct total_relay *by = relay_at(t, relay);
	if (by->sent)
		return true;
	if (t->v->read(t->v->ctx, arena_printf(t->arena, "reports/%s", u->id), total_path(t, "reports"),
		t->arena, &r, &none) == 0)
		return false;
	strs_add(&by->behind, u->id);
	return true;
}

static const char *figure_of(
    const struct totalling *t, const struct total_relay *r, size_t k, const char *column)
{
	return record_get(
	    &r->record, arena_printf(t->arena, "figures.%s.%s", t->out->rows[k].indicator, column));
}

static size_t number_of(const char *text)
{
	return text ? (size_t)strtoull(text, NULL, 10) : 0;
}

static bool add_sum(struct decimal_sum *to, const char *text)
{
	struct decimal d;
	struct err none = {0};
	if (!text || decimal_parse_canonical(text, &d, &none))
		return false;
	decimal_sum_add(to, d);
	return true;
}

void total_relay_add(
    const struct totalling *t, struct total_relay *r, size_t k, enum indicator_kind kind, struct sum *s)
{
	struct total_row *row = &t->out->rows[k];
	for (size_t i = 0; i < r->behind.n; i++)
		row->expected += total_in_scope(t, row, r->behind.items[i]);
	if (!r->sent)
		return;
	row->expected += number_of(figure_of(t, r, k, "expected"));
	row->disputed += number_of(figure_of(t, r, k, "disputed"));
	const char *value = figure_of(t, r, k, "value"), *whole = figure_of(t, r, k, "denominator");
	const char *part = figure_of(t, r, k, "numerator");
	bool given = false;
	if (kind == INDICATOR_RATIO) {
		given = whole && add_sum(&s->numerator, part) && add_sum(&s->denominator, whole);
		value = given ? arena_printf(t->arena, "%s/%s", part, whole) : NULL;
	} else if (kind == INDICATOR_YESNO) {
		given = value != NULL;
		s->yes += number_of(value);
	} else {
		given = add_sum(&s->value, value);
	}
	r->values[k] = given ? value : NULL;
	row->reported += given ? number_of(figure_of(t, r, k, "reported")) : 0;
}

static int by_relay(const void *a, const void *b)
{
	return strcmp(((const struct total_relay *)a)->id, ((const struct total_relay *)b)->id);
}

static int by_version(const void *a, const void *b)
{
	const struct report_correction *x = a, *y = b;
	long m = strtol(x->id, NULL, 10), n = strtol(y->id, NULL, 10);
	return m < n ? -1 : m > n;
}

static void read_corrections(const struct totalling *t, struct total_relay *r)
{
	struct report_correction *list = arena_alloc(t->arena, (r->record.n + 1) * sizeof *list);
	const char *key;
	for (size_t i = 0; record_next_key(&r->record, "corrections", &i, &key);)
		list[r->n_corrections++] = (struct report_correction){.id = key,
		    .by = r->id,
		    .fields = record_get(&r->record, arena_printf(t->arena, "corrections.%s.fields", key)),
		    .reason = record_get(&r->record, arena_printf(t->arena, "corrections.%s.reason", key))};
	if (r->n_corrections)
		qsort(list, r->n_corrections, sizeof *list, by_version);
	r->corrections = list;
}

static void read_one(const struct totalling *t, struct total_relay *r)
{
	const struct total *out = t->out;
	r->values = arena_alloc(t->arena, (out->n_rows + 1) * sizeof *r->values);
	r->due = directive_due(t->v, &t->directives, out->issuer, out->plan, out->period.id, r->id);
	r->overdue = !r->sent && r->behind.n && receipt_is_overdue(t->v, r->due);
	r->expected = r->behind.n;
	if (!r->sent)
		return;
	r->expected = number_of(record_get(&r->record, "expected"));
	r->reported = number_of(record_get(&r->record, "reported"));
	r->late = number_of(record_get(&r->record, "late"));
	r->version = record_get(&r->record, "version");
	r->taken = record_get(&r->record, "taken");
	r->state = record_get(&r->record, "state");
	read_corrections(t, r);
}

void total_relay_read(const struct totalling *t)
{
	struct total *out = t->out;
	if (out->n_relays)
		qsort(out->relays, out->n_relays, sizeof *out->relays, by_relay);
	for (size_t i = 0; i < out->n_relays; i++) {
		struct total_relay *r = &out->relays[i];
		read_one(t, r);
		out->expected += r->expected;
		out->reported += r->reported;
		if (r->behind.n)
			strs_add(&out->missing, r->code);
	}
}

/* Of units below one that relays only totals nothing is known one by one. */
int total_relay_check(const struct totalling *t, struct err *err)
{
	const char *relay = registry_relay_between(t->v->registry, t->v->unit, t->only, view_day(t->v));
	if (!relay)
		return 0;
	err_set(err, ERR_REFUSED, N_("%1 relays only totals: what %2 reported stands there"), relay, t->only);
	err_hint(err, N_("ask %1, or leave out --unit"));
	return ERR_REFUSED;
}

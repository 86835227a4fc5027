#include "plan/conflict_effect.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "plan/total.h"

/* A view in which changes are made that nobody has made: their records, and without the conflicts that they settle. */
struct overlay {
	struct view view;
	const struct view *under;
	struct table records; /* "<ledger> <path>" -> struct change_record */
	struct table closed; /* "<ledger> <path of a conflict>" */
	struct arena arena;
};

static const char *key_of(struct overlay *o, const char *ledger, const char *path)
{
	return arena_printf(&o->arena, "%s %s", ledger, path);
}

static int overlay_read(
    void *ctx, const char *ledger, const char *path, struct arena *arena, struct record *r, struct err *err)
{
	struct overlay *o = ctx;
	const char *key = key_of(o, ledger, path);
	const struct change_record *put = table_get(&o->records, key);
	if (table_get(&o->closed, key) || (put && !put->text))
		return err_set(err, ERR_NOT_FOUND, N_("there is no record %1 in ledger %2"), path, ledger);
	if (put)
		return record_parse(r, arena, type_by_path(ledger, path), put->text, put->len, err);
	return o->under->read(o->under->ctx, ledger, path, arena, r, err);
}

static int overlay_list(void *ctx, const char *ledger, const char *prefix, struct strs *out, struct err *err)
{
	struct overlay *o = ctx;
	struct strs all = {0};
	int rc = o->under->list(o->under->ctx, ledger, prefix, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++)
		if (!table_get(&o->closed, key_of(o, ledger, all.items[i])))
			strs_add(out, all.items[i]);
	strs_free(&all);
	return rc;
}

static int overlay_ledgers(void *ctx, struct strs *out, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->ledgers(v->ctx, out, err);
}

static int overlay_last_change(
    void *ctx, const char *ledger, const char *path, struct arena *arena, struct change *out, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->last_change(v->ctx, ledger, path, arena, out, err);
}

static int overlay_writes(void *ctx, const char *ledger, const char *path, const char *field,
    struct arena *arena, struct view_write **out, size_t *n, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->writes(v->ctx, ledger, path, field, arena, out, n, err);
}

static int overlay_read_at(void *ctx, const char *ledger, const struct oid *change, const char *path,
    struct arena *arena, struct record *r, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->read_at(v->ctx, ledger, change, path, arena, r, err);
}

static int overlay_change(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->change(v->ctx, ledger, id, arena, out, err);
}

static int overlay_change_whole(void *ctx, const char *ledger, const struct oid *id, struct arena *arena,
    struct change *out, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->change_whole(v->ctx, ledger, id, arena, out, err);
}

static int overlay_seen(void *ctx, const char *ledger, const struct oid *change, const struct oid *old,
    size_t *n, bool *seen, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->seen(v->ctx, ledger, change, old, n, seen, err);
}

static int overlay_news(void *ctx, const char *ledger, const struct oids *known, struct arena *arena,
    struct view_write **out, size_t *n, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->news(v->ctx, ledger, known, arena, out, n, err);
}

static int overlay_tip(void *ctx, const char *ledger, struct oid *out, struct err *err)
{
	const struct view *v = ((struct overlay *)ctx)->under;
	return v->tip(v->ctx, ledger, out, err);
}

static void overlay_begin(struct overlay *o, const struct view *v)
{
	*o = (struct overlay){.view = *v, .under = v};
	o->view.ctx = o;
	o->view.read = overlay_read;
	o->view.list = overlay_list;
	o->view.ledgers = overlay_ledgers;
	o->view.last_change = overlay_last_change;
	o->view.writes = overlay_writes;
	o->view.read_at = overlay_read_at;
	o->view.change = overlay_change;
	o->view.change_whole = overlay_change_whole;
	o->view.seen = overlay_seen;
	o->view.news = overlay_news;
	o->view.tip = overlay_tip;
}

static void overlay_close(struct overlay *o, const char *ledger, const char *id)
{
	*table_at(&o->closed, key_of(o, ledger, arena_printf(&o->arena, "conflicts/%.2s/%s.yaml", id, id))) =
	    o;
}

static void overlay_put(struct overlay *o, const char *ledger, const struct change_record *r)
{
	*table_at(&o->records, key_of(o, ledger, r->path)) = (void *)r;
}

static void overlay_end(struct overlay *o)
{
	table_free(&o->records);
	table_free(&o->closed);
	arena_free(&o->arena);
}

/* ---- totals before and after ---- */

static const char *figure(struct arena *arena, const struct total_row *row)
{
	if (!row->numerator)
		return row->value;
	return row->value ? arena_printf(arena, "%s/%s (%s%%)", row->numerator, row->denominator, row->value)
			  : arena_printf(arena, "%s/%s", row->numerator, row->denominator);
}

static void set_effect(struct arena *arena, const struct total *t, const struct total_row *from,
    const struct total_row *to, struct conflict_effect *e)
{
	*e = (struct conflict_effect){.issuer = t->issuer,
	    .plan = t->plan,
	    .period = arena_dup(arena, t->period.id),
	    .indicator = from->indicator,
	    .name = from->name,
	    .from = figure(arena, from),
	    .to = figure(arena, to),
	    .disputed_from = from->disputed,
	    .disputed_to = to->disputed};
}

static int compare_totals(struct overlay *o, const char *plan, const char *period, struct arena *arena,
    struct conflict_effects *out, struct err *err)
{
	struct total from, to;
	int rc = total_compute(o->under, plan, period, NULL, arena, &from, err);
	if (rc)
		return rc;
	rc = total_compute(&o->view, plan, period, NULL, arena, &to, err);
	struct conflict_effect *grown = arena_alloc(arena, (out->n + from.n_rows + 1) * sizeof *grown);
	if (out->n)
		memcpy(grown, out->items, out->n * sizeof *grown);
	out->items = grown;
	for (size_t i = 0; rc == 0 && i < from.n_rows && i < to.n_rows; i++) {
		struct conflict_effect *e = &out->items[out->n];
		set_effect(arena, &from, &from.rows[i], &to.rows[i], e);
		out->n += !str_same(e->from, e->to) || e->disputed_from != e->disputed_to;
	}
	if (rc == 0)
		total_free(&to);
	total_free(&from);
	return rc;
}

/* "31/hp 2026-06" of each report touched. */
static void touched(const struct outcome *o, struct strs *out)
{
	const struct record_type *type = type_by_name("report");
	for (size_t i = 0; i < o->n_changes; i++)
		for (size_t k = 0; k < o->changes[i].n_records; k++) {
			char part[3][65];
			const char *path = o->changes[i].records[k].path;
			struct buf one = {0};
			if (type_by_path(o->changes[i].ledger, path) != type ||
			    !type_path_part(type, path, 0, part[0]) ||
			    !type_path_part(type, path, 1, part[1]) ||
			    !type_path_part(type, path, 2, part[2]))
				continue;
			buf_printf(&one, "%s/%s %s", part[0], part[1], part[2]);
			strs_add(out, buf_str(&one));
			buf_free(&one);
		}
	strs_sort(out);
}

int conflict_effects(const struct view *v, const struct outcome *o, struct arena *arena,
    struct conflict_effects *out, struct err *err)
{
	struct overlay overlay;
	struct strs plans = {0};
	int rc = 0;
	*out = (struct conflict_effects){0};
	overlay_begin(&overlay, v);
	for (size_t i = 0; i < o->n_changes; i++) {
		const struct change *c = &o->changes[i];
		for (size_t k = 0; k < c->n_settles; k++)
			overlay_close(&overlay, c->ledger, c->settles[k]);
		for (size_t k = 0; k < c->n_records; k++)
			overlay_put(&overlay, c->ledger, &c->records[k]);
	}
	touched(o, &plans);
	for (size_t i = 0; rc == 0 && i < plans.n; i++) {
		char *period = strchr(plans.items[i], ' ');
		struct err mine = {0};
		*period++ = '\0';
		rc = compare_totals(&overlay, plans.items[i], period, arena, out, &mine);
		if (rc == ERR_NOT_FOUND)
			rc = 0; /* a plan that has not arrived adds nothing up here */
		else if (rc)
			*err = mine;
	}
	strs_free(&plans);
	overlay_end(&overlay);
	return rc;
}

static int total_of(const struct view *v, const struct conflict_item *c, struct arena *arena,
    struct total *out, struct err *err)
{
	const struct total_options one = {.indicator = c->field + 7};
	return total_compute(
	    v, arena_printf(arena, "%s/%s", c->issuer, c->plan), c->period, &one, arena, out, err);
}

int conflict_total_if(const struct view *v, const struct conflict_item *c, const char *value,
    struct arena *arena, struct conflict_effect *out, bool *of, struct err *err)
{
	const struct record_type *type = type_by_path(c->ledger, c->record);
	struct overlay overlay;
	struct record r;
	struct buf text = {0};
	struct total from = {0}, to = {0};
	bool exists = false;
	*of = type && strcmp(type->name, "report") == 0 && strncmp(c->field, "values.", 7) == 0;
	if (!*of)
		return 0;
	int rc = view_open(v, c->ledger, c->record, arena, &r, &exists, err);
	if (rc || !exists) {
		*of = false;
		return rc;
	}
	record_put(&r, c->field, value);
	record_print(&r, &text);
	const struct change_record put = {c->record, buf_str(&text), text.len};
	overlay_begin(&overlay, v);
	overlay_put(&overlay, c->ledger, &put);
	overlay_close(&overlay, c->ledger, c->id);
	struct err mine = {0};
	rc = total_of(v, c, arena, &from, &mine);
	if (rc == 0)
		rc = total_of(&overlay.view, c, arena, &to, &mine);
	*of = rc == 0 && from.n_rows == 1 && to.n_rows == 1;
	if (*of)
		set_effect(arena, &from, &from.rows[0], &to.rows[0], out);
	if (rc && rc != ERR_NOT_FOUND)
		*err = mine;
	total_free(&to);
	total_free(&from);
	overlay_end(&overlay);
	buf_free(&text);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

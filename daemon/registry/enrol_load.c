/* A table of units, row by row. */
#include "registry/edit.h"

#include <string.h>

#include "record/text.h"
#include "registry/inside.h"

struct loading {
	const struct registry *r;
	const struct config *me;
	const struct record *levels;
	const struct unit_list *list;
	const char *code; /* this unit's */
	day_t today;
	struct arena *arena;
	struct table
	    by_code; /* direct subordinates: code -> the one that has not ended, else the one that ended last */
	struct table ids; /* given to rows of this table */
	struct err *err;
};

static int wrong(const struct loading *l, const struct unit_row *row, enum unit_column column)
{
	unit_list_at(l->list, row, column, l->err);
	return l->err->code;
}

static void index_subordinates(struct loading *l)
{
	struct strs all = {0};
	registry_below(l->r, l->me->unit, false, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct registry_unit *u = registry_unit(l->r, all.items[i]);
		if (strcmp(u->parent, l->me->unit) != 0)
			continue;
		void **place = table_at(&l->by_code, u->code);
		const struct registry_unit *other = *place;
		if (!other || registry_valid_on(u, l->today) ||
		    (!registry_valid_on(other, l->today) && other->valid_to < u->valid_to))
			*place = (void *)u;
	}
	strs_free(&all);
}

/* Name and type as the table has them; *changed if one of them differs. */
static int bring_up_to_date(struct loading *l, const struct unit_row *row, struct enrol_loaded *out)
{
	static const enum unit_column columns[] = {UNIT_NAME, UNIT_TYPE};
	static const char *const fields[] = {"name", "type"};
	out->edit.changed = false;
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		const char *said = row->cell[columns[i]].text;
		const char *old = record_get(out->before, fields[i]);
		if (!*said)
			continue;
		if (record_set(&out->edit.record, fields[i], said, l->err) < 0)
			return wrong(l, row, columns[i]);
		const char *now = record_get(&out->edit.record, fields[i]);
		out->edit.changed |= !old || strcmp(old, now) != 0;
	}
	out->fate = out->edit.changed ? ENROL_CHANGED : ENROL_SAME;
	return 0;
}

static int load_known(
    struct loading *l, const struct unit_row *row, const struct registry_unit *u, struct enrol_loaded *out)
{
	const char *level = row->cell[UNIT_LEVEL].text;
	if (u->valid_to < l->today) {
		char day[16];
		date_print(u->valid_to, day);
		err_set(l->err, ERR_REFUSED, N_("%1 (%2) ended on %3"), u->id, u->name, day);
		err_hint(
		    l->err, N_("register the unit that has its code now by `tuyen unit add --valid-from`, "
			       "then load the table again"));
		return wrong(l, row, UNIT_CODE);
	}
	if (strcmp(u->level, level) != 0) {
		err_set(l->err, ERR_REFUSED, N_("%1 (%2) is registered at the level %3, not %4"), u->id,
		    u->name, u->level, level);
		err_rule(l->err, "rank", NULL, NULL);
		return wrong(l, row, UNIT_LEVEL);
	}
	struct enrol_edit *before = arena_alloc(l->arena, sizeof *before);
	edit_start(before, l->arena, u->id, registry_record(l->r, u->id));
	edit_start(&out->edit, l->arena, u->id, &before->record);
	out->before = &before->record;
	return bring_up_to_date(l, row, out);
}

static int load_new(struct loading *l, const struct unit_row *row, int rank, struct enrol_loaded *out)
{
	const char *code = row->cell[UNIT_CODE].text, *level = row->cell[UNIT_LEVEL].text;
	const char *type = row->cell[UNIT_TYPE].text;
	if (strchr(code, '@')) {
		err_set(l->err, ERR_INPUT, N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"),
		    "code", code);
		return wrong(l, row, UNIT_CODE);
	}
	const char *id = edit_free_id(l->r, l->arena, code, l->err);
	void **taken = id ? table_at(&l->ids, id) : NULL;
	if (taken && *taken)
		err_set(l->err, ERR_INPUT, N_("there is no id left for the code %1"), code);
	if (!taken || *taken)
		return wrong(l, row, UNIT_CODE);
	*taken = (void *)row;
	edit_start(&out->edit, l->arena, id, NULL);
	const char *const pairs[] = {
	    "code", code, "level", level, "rank", arena_printf(l->arena, "%d", rank), NULL};
	if (edit_set(&out->edit.record, pairs, l->err) < 0)
		return wrong(l, row, UNIT_CODE);
	if (record_set(&out->edit.record, "name", row->cell[UNIT_NAME].text, l->err) < 0)
		return wrong(l, row, UNIT_NAME);
	if (*type && record_set(&out->edit.record, "type", type, l->err) < 0)
		return wrong(l, row, UNIT_TYPE);
	out->fate = ENROL_ADDED;
	return record_check(&out->edit.record, l->err) < 0 ? wrong(l, row, UNIT_CODE) : 0;
}

static int load_row(struct loading *l, const struct unit_row *row, struct enrol_loaded *out)
{
	const char *code = row->cell[UNIT_CODE].text, *parent = row->cell[UNIT_PARENT].text;
	int rank;
	*out = (struct enrol_loaded){.row = row};
	if (edit_rank(l->levels, l->arena, row->cell[UNIT_LEVEL].text, &rank, l->err) < 0)
		return wrong(l, row, UNIT_LEVEL);
	if (!*row->cell[UNIT_NAME].text) {
		err_set(l->err, ERR_INPUT, N_("the unit %1 has no name here"), code);
		return wrong(l, row, UNIT_NAME);
	}
	if (strcmp(parent, l->code) != 0 && strcmp(parent, l->me->unit) != 0)
		return 0;
	if (rank <= l->me->rank) {
		edit_refuse_level(l->me, code, row->cell[UNIT_LEVEL].text, l->err);
		return wrong(l, row, UNIT_LEVEL);
	}
	const struct registry_unit *u = table_get(&l->by_code, code);
	return u ? load_known(l, row, u, out) : load_new(l, row, rank, out);
}

int enrol_load(const struct registry *r, const struct config *me, const struct record *levels,
    const struct unit_list *list, day_t today, struct arena *arena, struct enrol_load *out, struct err *err)
{
	const struct registry_unit *own = registry_unit(r, me->unit);
	struct record first_levels;
	struct loading l = {.r = r,
	    .me = me,
	    .levels = levels,
	    .list = list,
	    .code = own ? own->code : me->unit,
	    .today = today,
	    .arena = arena,
	    .err = err};
	*out = (struct enrol_load){.n = list->n};
	out->rows = arena_alloc(arena, (list->n + 1) * sizeof *out->rows);
	int rc = edit_allowed(me, err);
	if (rc == 0 && !levels) {
		rc = edit_levels(arena, &first_levels, err);
		l.levels = &first_levels;
	}
	if (rc == 0)
		index_subordinates(&l);
	for (size_t i = 0; rc == 0 && i < list->n; i++) {
		rc = load_row(&l, &list->rows[i], &out->rows[i]);
		out->count[out->rows[i].fate]++;
	}
	table_free(&l.by_code);
	table_free(&l.ids);
	return rc;
}

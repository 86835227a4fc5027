/* Tables of units and of what became of them, unit by unit. */
#include "registry/edit.h"

#include <string.h>

#include "record/text.h"
#include "registry/inside.h"
#include "registry/timeline.h"

/* A unit of this superior, as the tables have it and as the registry has it. */
struct loading_unit {
	const struct span *span;
	const struct registry_unit *known; /* NULL: it is new */
	const char *id;
};

struct loading {
	const struct registry *r;
	const struct config *me;
	const struct record *levels;
	const struct enrol_tables *tables;
	const char *code; /* this unit's */
	day_t today, first_move;
	struct arena *arena;
	struct timeline line;
	struct loading_unit *units; /* beside line.spans; of those that are ours */
	struct table spans; /* code -> position of its newest span + 1 */
	size_t *older; /* beside line.spans: position of the next span of that code + 1, 0: none */
	struct table ids; /* given to new units */
	bool before; /* the registry still shows what was there before the moves */
	struct err *err;
};

static int wrong(const struct loading *l, const struct unit_row *row, enum unit_column column)
{
	unit_list_at(l->tables->units, row, column, l->err);
	return l->err->code;
}

/* Where a unit that has ended is told of. */
static int wrong_move(const struct loading *l, const struct span *s)
{
	const struct csv_field *cell = &s->last->cell[REORG_OLD];
	err_at(l->err, l->tables->moves->file, cell->line, cell->column);
	return l->err->code;
}

static bool is_ours(const struct loading *l, const struct span *s)
{
	return strcmp(s->superior, l->code) == 0 || strcmp(s->superior, l->me->unit) == 0;
}

/* ---- which unit of the registry is which of the tables ---- */

static void index_spans(struct loading *l)
{
	l->units = arena_alloc(l->arena, (l->line.n + 1) * sizeof *l->units);
	l->older = arena_alloc(l->arena, (l->line.n + 1) * sizeof *l->older);
	for (size_t i = 0; i < l->line.n; i++) {
		if (!is_ours(l, l->line.spans[i]))
			continue;
		l->units[i].span = l->line.spans[i];
		void **place = table_at(&l->spans, l->line.spans[i]->code);
		l->older[i] = (size_t)(uintptr_t)*place;
		*place = (void *)(uintptr_t)(i + 1);
	}
}

static bool is_undated(const struct registry_unit *u)
{
	return u->valid_from == INT32_MIN && u->valid_to == INT32_MAX;
}

/* The day on which a unit of the registry surely was there. */
static day_t known_day(const struct loading *l, const struct registry_unit *u)
{
	if (u->valid_to != INT32_MAX)
		return u->valid_to;
	if (u->valid_from != INT32_MIN)
		return u->valid_from;
	return l->before ? l->first_move - 1 : l->today;
}

/* The unit of the tables that it is; else, if it has not ended, the one that is still there. */
static struct loading_unit *find_span(const struct loading *l, const struct registry_unit *u)
{
	size_t at = (size_t)(uintptr_t)table_get(&l->spans, u->code);
	day_t day = known_day(l, u);
	struct loading_unit *open = NULL;
	for (; at; at = l->older[at - 1]) {
		struct loading_unit *unit = &l->units[at - 1];
		if (unit->span->from <= day && day <= unit->span->to)
			return unit;
		if (unit->span->to == INT32_MAX)
			open = unit;
	}
	return u->valid_to == INT32_MAX || l->line.n_rows == 0 ? open : NULL;
}

/* Is there somebody who, by the tables, ended long ago, and the registry has not heard of it? Then it is from before. */
static bool shows_ended(const struct loading *l, const struct registry_unit *u)
{
	size_t at = (size_t)(uintptr_t)table_get(&l->spans, u->code);
	bool still = false;
	for (size_t i = at; i; i = l->older[i - 1])
		still |= l->units[i - 1].span->to == INT32_MAX;
	return at && !still && is_undated(u);
}

static void match(struct loading *l)
{
	struct strs all = {0};
	registry_below(l->r, l->me->unit, false, &all);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < all.n; i++) {
			const struct registry_unit *u = registry_unit(l->r, all.items[i]);
			if (strcmp(u->parent, l->me->unit) != 0 ||
			    registry_moved_here(l->r, l->me->unit, u->id))
				continue;
			if (pass == 0) {
				l->before |= shows_ended(l, u);
				continue;
			}
			struct loading_unit *unit = find_span(l, u);
			if (unit && (!unit->known || registry_valid_on(u, l->today) ||
					(!registry_valid_on(unit->known, l->today) &&
					    unit->known->valid_to < u->valid_to)))
				unit->known = u;
		}
	strs_free(&all);
}

static int give_id(struct loading *l, struct loading_unit *u)
{
	if (u->known) {
		u->id = u->known->id;
		return 0;
	}
	u->id = edit_free_id(l->r, l->me->unit, l->arena, u->span->code, &l->ids, l->err);
	if (!u->id)
		return u->span->row ? wrong(l, u->span->row, UNIT_CODE) : wrong_move(l, u->span);
	return 0;
}

/* ---- what is said of them ---- */

static void set_day(struct record *rec, const char *field, day_t day)
{
	char text[16];
	if (day == INT32_MIN || day == INT32_MAX || record_get(rec, field))
		return;
	date_print(day, text);
	record_put(rec, field, arena_dup(rec->arena, text));
}

/* Of another superior's unit only the code is known here; its id is that, unless the code was used before. */
static void set_successors(const struct loading *l, const struct span *s, struct record *rec)
{
	for (size_t i = 0; i < s->n_next; i++) {
		const struct span *next = s->next[i].unit;
		const char *id = next->code;
		for (size_t at = (size_t)(uintptr_t)table_get(&l->spans, next->code); at;
		     at = l->older[at - 1])
			if (l->units[at - 1].span == next)
				id = l->units[at - 1].id;
		const char *field = arena_printf(l->arena, "replaced_by.%s", id);
		if (!record_get(rec, field))
			record_put(rec, field, reorg_kind_name(s->next[i].kind));
	}
}

static bool is_changed(const struct record *before, const struct record *now)
{
	struct buf was = {0}, is = {0};
	record_print(before, &was);
	record_print(now, &is);
	bool changed = strcmp(buf_str(&was), buf_str(&is)) != 0;
	buf_free(&was);
	buf_free(&is);
	return changed;
}

static void start_known(struct loading *l, const struct loading_unit *u, struct enrol_loaded *out)
{
	struct enrol_edit *before = arena_alloc(l->arena, sizeof *before);
	edit_start(before, l->arena, u->id, registry_record(l->r, u->id));
	edit_start(&out->edit, l->arena, u->id, &before->record);
	out->before = &before->record;
}

static void end_known(struct enrol_loaded *out)
{
	out->edit.changed = is_changed(out->before, &out->edit.record);
	out->fate = out->edit.changed ? ENROL_CHANGED : ENROL_SAME;
}

static int load_known(struct loading *l, const struct loading_unit *u, struct enrol_loaded *out)
{
	static const enum unit_column columns[] = {UNIT_NAME, UNIT_TYPE};
	static const char *const fields[] = {"name", "type"};
	const struct unit_row *row = u->span->row;
	const char *level = row->cell[UNIT_LEVEL].text;
	if (u->known->valid_to < l->today) {
		char day[16];
		date_print(u->known->valid_to, day);
		err_set(l->err, ERR_REFUSED, N_("%1 (%2) ended on %3"), u->id, u->known->name, day);
		err_hint(
		    l->err, N_("register the unit that has its code now by `tuyen unit add --valid-from`, "
			       "then load the table again"));
		return wrong(l, row, UNIT_CODE);
	}
	if (strcmp(u->known->level, level) != 0) {
		err_set(l->err, ERR_REFUSED, N_("%1 (%2) is registered at the level %3, not %4"), u->id,
		    u->known->name, u->known->level, level);
		err_rule(l->err, "rank", NULL, NULL);
		return wrong(l, row, UNIT_LEVEL);
	}
	start_known(l, u, out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		const char *said = row->cell[columns[i]].text;
		if (*said && record_set(&out->edit.record, fields[i], said, l->err) < 0)
			return wrong(l, row, columns[i]);
	}
	set_day(&out->edit.record, "valid_from", u->span->from);
	end_known(out);
	return 0;
}

static int load_new(struct loading *l, const struct loading_unit *u, int rank, struct enrol_loaded *out)
{
	const struct unit_row *row = u->span->row;
	const char *code = u->span->code, *type = row->cell[UNIT_TYPE].text;
	edit_start(&out->edit, l->arena, u->id, NULL);
	const char *const pairs[] = {
	    "code", code, "level", u->span->level, "rank", arena_printf(l->arena, "%d", rank), NULL};
	if (edit_set(&out->edit.record, pairs, l->err) < 0)
		return wrong(l, row, UNIT_CODE);
	if (record_set(&out->edit.record, "name", row->cell[UNIT_NAME].text, l->err) < 0)
		return wrong(l, row, UNIT_NAME);
	if (*type && record_set(&out->edit.record, "type", type, l->err) < 0)
		return wrong(l, row, UNIT_TYPE);
	set_day(&out->edit.record, "valid_from", u->span->from);
	out->fate = ENROL_ADDED;
	return record_check(&out->edit.record, l->err) < 0 ? wrong(l, row, UNIT_CODE) : 0;
}

static int check_table_row(struct loading *l, const struct unit_row *row, bool ours, int *rank)
{
	const char *code = row->cell[UNIT_CODE].text;
	if (edit_rank(l->levels, l->arena, row->cell[UNIT_LEVEL].text, rank, l->err) < 0)
		return wrong(l, row, UNIT_LEVEL);
	if (!*row->cell[UNIT_NAME].text) {
		err_set(l->err, ERR_INPUT, N_("the unit %1 has no name here"), code);
		return wrong(l, row, UNIT_NAME);
	}
	if (ours && strchr(code, '@')) {
		err_set(l->err, ERR_INPUT, N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"),
		    "code", code);
		return wrong(l, row, UNIT_CODE);
	}
	if (ours && *rank <= l->me->rank) {
		edit_refuse_level(l->me, code, row->cell[UNIT_LEVEL].text, l->err);
		return wrong(l, row, UNIT_LEVEL);
	}
	return 0;
}

static int load_row(struct loading *l, size_t i, struct enrol_loaded *out)
{
	const struct span *s = l->line.spans[i];
	const struct loading_unit *u = &l->units[i];
	int rank;
	*out = (struct enrol_loaded){.row = s->row};
	int rc = check_table_row(l, s->row, u->span != NULL, &rank);
	if (rc < 0 || !u->span)
		return rc;
	return u->known ? load_known(l, u, out) : load_new(l, u, rank, out);
}

static int load_ended(struct loading *l, const struct loading_unit *u, struct enrol_loaded *out)
{
	const struct span *s = u->span;
	const char *name = s->name ? s->name : s->code;
	int rank, rc = edit_rank(l->levels, l->arena, s->level, &rank, l->err);
	*out = (struct enrol_loaded){.fate = ENROL_ADDED};
	if (rc < 0)
		return wrong_move(l, s);
	const char *const pairs[] = {"code", s->code, "name", name, "level", s->level, "rank",
	    arena_printf(l->arena, "%d", rank), NULL};
	if (u->known)
		start_known(l, u, out);
	else
		edit_start(&out->edit, l->arena, u->id, NULL);
	if (!u->known && edit_set(&out->edit.record, pairs, l->err) < 0)
		return wrong_move(l, s);
	set_day(&out->edit.record, "valid_from", s->from);
	set_day(&out->edit.record, "valid_to", s->to);
	set_successors(l, s, &out->edit.record);
	if (u->known)
		end_known(out);
	return record_check(&out->edit.record, l->err) < 0 ? wrong_move(l, s) : 0;
}

static void count_moves(const struct loading *l, struct enrol_load *out)
{
	out->foreign = l->line.foreign;
	for (size_t i = 0; i < l->line.n_rows; i++) {
		const struct span *s = l->line.of[i];
		if (!is_ours(l, s))
			out->foreign++;
		else if (l->line.rows[i]->kind == REORG_RETYPE)
			out->retyped++;
		else if (s->last != l->line.rows[i] && s->to != l->line.rows[i]->date - 1 &&
			 strcmp(l->line.rows[i]->cell[REORG_OLD].text,
			     l->line.rows[i]->cell[REORG_NEW].text) != 0)
			out->given++;
	}
}

static int load_all(struct loading *l, struct enrol_load *out)
{
	size_t n = l->tables->units->n;
	int rc = 0;
	out->n = n;
	out->rows = arena_alloc(l->arena, (n + 1) * sizeof *out->rows);
	out->ended = arena_alloc(l->arena, (l->line.n - n + 1) * sizeof *out->ended);
	for (size_t i = 0; rc == 0 && i < l->line.n; i++)
		if (l->units[i].span)
			rc = give_id(l, &l->units[i]);
	for (size_t i = 0; rc == 0 && i < l->line.n; i++) {
		if (i < n) {
			rc = load_row(l, i, &out->rows[i]);
			out->count[out->rows[i].fate]++;
		} else if (l->units[i].span) {
			struct enrol_loaded *e = &out->ended[out->n_ended++];
			rc = load_ended(l, &l->units[i], e);
			out->ended_count[e->fate]++;
		}
	}
	count_moves(l, out);
	return rc;
}

int enrol_load(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_tables *tables, day_t today, struct arena *arena, struct enrol_load *out,
    struct err *err)
{
	const struct registry_unit *own = registry_unit(r, me->unit);
	struct record first_levels;
	struct loading l = {.r = r,
	    .me = me,
	    .levels = levels,
	    .tables = tables,
	    .code = own ? own->code : me->unit,
	    .today = today,
	    .first_move = tables->moves && tables->moves->n ? tables->moves->rows[0].date : today,
	    .arena = arena,
	    .err = err};
	*out = (struct enrol_load){0};
	int rc = edit_allowed(me, err);
	if (rc == 0 && !levels) {
		rc = edit_levels(arena, &first_levels, err);
		l.levels = &first_levels;
	}
	if (rc == 0) {
		timeline_make(arena, tables->units, tables->moves, &l.line);
		index_spans(&l);
		match(&l);
		rc = load_all(&l, out);
	}
	table_free(&l.spans);
	table_free(&l.ids);
	return rc;
}

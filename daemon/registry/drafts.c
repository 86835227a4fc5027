#include "registry/drafts.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "registry/timeline.h"

#define DEPTH_MAX 64 /* tiers of a table */

struct parting {
	const struct registry *r;
	const char *me, *code;
	const struct enrol_tables *tables;
	struct table rows; /* code -> struct unit_row */
	struct table of; /* superior's code -> position of his draft + 1; absent: not asked yet */
	struct table shown; /* "<superior> <code>": foreign rows that a draft has */
	struct arena arena;
	struct drafts *out;
};

static void put_cell(struct buf *out, const char *text)
{
	if (!strpbrk(text, ",;\"\r\n#")) {
		buf_puts(out, text);
		return;
	}
	buf_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_putc(out, '"');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void put_cells(struct buf *out, const struct csv_field *cells, int n)
{
	for (int i = 0; i < n; i++) {
		if (i)
			buf_putc(out, ',');
		put_cell(out, cells[i].text);
	}
	buf_putc(out, '\n');
}

static bool is_me(const struct parting *p, const char *code)
{
	return strcmp(code, p->code) == 0 || strcmp(code, p->me) == 0;
}

static bool is_below(const struct parting *p, const char *code)
{
	for (int depth = 0; *code && depth < DEPTH_MAX; depth++) {
		const struct unit_row *row = table_get(&p->rows, code);
		const struct registry_unit *u = registry_unit(p->r, code);
		if (u && registry_is_above(p->r, p->me, u->id))
			return true;
		if (!row)
			return false;
		code = row->cell[UNIT_PARENT].text;
		if (is_me(p, code))
			return true;
	}
	return false;
}

/* The draft of a superior; NULL: none of ours. Borrowed until the next call. */
static struct draft *draft_of(struct parting *p, const char *superior)
{
	static const char none;
	if (is_me(p, superior))
		return NULL;
	void **place = table_at(&p->of, superior);
	if (*place == &none)
		return NULL;
	if (*place)
		return &p->out->items[(uintptr_t)*place - 1];
	if (!is_below(p, superior)) {
		*place = (void *)&none;
		return NULL;
	}
	struct draft fresh = {.superior = mem_dup(superior)};
	buf_puts(&fresh.units, "code,parent,level,type,name\n");
	buf_puts(&fresh.moves, "old_code,new_code,new_name,date,kind\n");
	VEC_PUSH(p->out->items, p->out->n, fresh);
	*place = (void *)(uintptr_t)p->out->n;
	return &p->out->items[p->out->n - 1];
}

static void part_units(struct parting *p)
{
	for (size_t i = 0; i < p->tables->units->n; i++) {
		const struct unit_row *row = &p->tables->units->rows[i];
		struct draft *d = draft_of(p, row->cell[UNIT_PARENT].text);
		if (!d)
			continue;
		put_cells(&d->units, row->cell, UNIT_COLUMNS);
		d->n_units++;
	}
}

/* A unit of another superior: only the row tells the reader whose it is. */
static void show_foreign(struct parting *p, struct draft *d, const struct span *s)
{
	if (!s->row || strcmp(s->superior, d->superior) == 0)
		return;
	void **place = table_at(&p->shown, arena_printf(&p->arena, "%s %s", d->superior, s->code));
	if (!*place)
		put_cells(&d->units, s->row->cell, UNIT_COLUMNS);
	*place = p;
}

static void put_move(
    struct parting *p, const char *superior, const struct reorg_row *row, const struct span *s)
{
	struct draft *d = draft_of(p, superior);
	if (!d)
		return;
	put_cells(&d->moves, row->cell, REORG_COLUMNS);
	d->n_moves++;
	show_foreign(p, d, s);
	for (size_t i = 0; i < s->n_next; i++)
		show_foreign(p, d, s->next[i].unit);
}

/* A line concerns whose unit it ends, and whose unit it begins. */
static void part_moves(struct parting *p)
{
	struct timeline line;
	timeline_make(&p->arena, p->tables->units, p->tables->moves, &line);
	for (size_t k = 0; k < line.n_rows; k++) {
		const struct reorg_row *row = line.rows[k];
		const struct span *s = line.of[k];
		put_move(p, s->superior, row, s);
		for (size_t i = 0; i < s->n_next; i++) {
			const struct span *next = s->next[i].unit;
			if (strcmp(next->code, row->cell[REORG_NEW].text) == 0 &&
			    strcmp(next->superior, s->superior) != 0)
				put_move(p, next->superior, row, s);
		}
	}
}

void drafts_make(
    const struct registry *r, const char *me, const struct enrol_tables *tables, struct drafts *out)
{
	const struct registry_unit *own = registry_unit(r, me);
	struct parting p = {.r = r, .me = me, .code = own ? own->code : me, .tables = tables, .out = out};
	*out = (struct drafts){0};
	for (size_t i = 0; i < tables->units->n; i++)
		*table_at(&p.rows, tables->units->rows[i].cell[UNIT_CODE].text) = &tables->units->rows[i];
	part_units(&p);
	if (tables->moves)
		part_moves(&p);
	table_free(&p.rows);
	table_free(&p.of);
	table_free(&p.shown);
	arena_free(&p.arena);
}

void drafts_free(struct drafts *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free((char *)d->items[i].superior);
		buf_free(&d->items[i].units);
		buf_free(&d->items[i].moves);
	}
	free(d->items);
	*d = (struct drafts){0};
}

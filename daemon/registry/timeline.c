#include "registry/timeline.h"

#include <string.h>

#include "base/table.h"

struct making {
	struct arena *arena;
	struct timeline *out;
	struct table now; /* code -> struct span, as of the day that was reached going back */
	size_t room, rows_room;
	/* The lines of one day. */
	const struct reorg_row *rows;
	size_t n;
	struct span **after; /* beside each: its new unit, from that day on; NULL: not in the table */
	struct table news, olds; /* code -> how many lines name it */
};

static const char *old_code(const struct reorg_row *row)
{
	return row->cell[REORG_OLD].text;
}

static const char *new_code(const struct reorg_row *row)
{
	return row->cell[REORG_NEW].text;
}

static struct span *add_span(struct making *m, const char *code)
{
	struct timeline *t = m->out;
	if (t->n == m->room) {
		m->room = m->room ? 2 * m->room : 256;
		struct span **grown = arena_alloc(m->arena, m->room * sizeof(struct span *));
		if (t->n)
			memcpy(grown, t->spans, t->n * sizeof(struct span *));
		t->spans = grown;
	}
	struct span *s = arena_alloc(m->arena, sizeof *s);
	*s = (struct span){.code = code, .from = INT32_MIN, .to = INT32_MAX};
	t->spans[t->n++] = s;
	return s;
}

static void add_row(struct making *m, const struct reorg_row *row, struct span *s)
{
	struct timeline *t = m->out;
	t->rows[t->n_rows] = row;
	t->of[t->n_rows++] = s;
}

static void add_next(struct making *m, struct span *s, struct span *unit, enum reorg_kind kind)
{
	struct span_next *grown = arena_alloc(m->arena, (s->n_next + 1) * sizeof *grown);
	if (s->n_next)
		memcpy(grown, s->next, s->n_next * sizeof *grown);
	grown[s->n_next++] = (struct span_next){unit, kind};
	s->next = grown;
}

static void count(struct table *t, const char *code)
{
	void **place = table_at(t, code);
	*place = (void *)((uintptr_t)*place + 1);
}

static size_t counted(const struct table *t, const char *code)
{
	return (size_t)(uintptr_t)table_get(t, code);
}

/* All of the old unit, and of no other, under the same code: it is the same unit. */
static bool goes_on(const struct making *m, const struct reorg_row *row)
{
	return row->kind == REORG_WHOLE && strcmp(old_code(row), new_code(row)) == 0 &&
	       counted(&m->news, new_code(row)) == 1 && counted(&m->olds, old_code(row)) == 1;
}

/* The new units of the day begin on it, and before it there are none of that code. */
static void begin_new(struct making *m)
{
	for (size_t i = 0; i < m->n; i++)
		m->after[i] = table_get(&m->now, new_code(&m->rows[i]));
	for (size_t i = 0; i < m->n; i++) {
		const struct reorg_row *row = &m->rows[i];
		struct span *s = m->after[i];
		if (!s || row->kind == REORG_RETYPE || goes_on(m, row))
			continue;
		s->from = row->date;
		s->first = row;
		if (!s->name && *row->cell[REORG_NAME].text)
			s->name = row->cell[REORG_NAME].text;
		*table_at(&m->now, s->code) = NULL;
	}
}

/* It stands where the first unit stands that all of it went into, else the first that has a part of it. */
static void settle(struct span *s)
{
	const struct span *heir = s->next[0].unit;
	for (size_t i = s->n_next; i-- > 0;)
		if (s->next[i].kind == REORG_WHOLE)
			heir = s->next[i].unit;
	s->level = heir->level;
	s->superior = heir->superior;
}

static void end_old(struct making *m)
{
	size_t before = m->out->n;
	for (size_t i = 0; i < m->n; i++) {
		const struct reorg_row *row = &m->rows[i];
		struct span *s = table_get(&m->now, old_code(row));
		if (!m->after[i]) {
			m->out->foreign++;
			continue;
		}
		if (row->kind == REORG_RETYPE || goes_on(m, row)) {
			add_row(m, row, m->after[i]);
			continue;
		}
		if (s && s->to != row->date - 1) {
			m->out->given++;
			add_row(m, row, s);
			continue;
		}
		if (!s) {
			s = add_span(m, old_code(row));
			s->to = row->date - 1;
			s->last = row;
			*table_at(&m->now, s->code) = s;
		}
		add_next(m, s, m->after[i], row->kind);
		add_row(m, row, s);
	}
	for (size_t i = before; i < m->out->n; i++)
		settle(m->out->spans[i]);
}

static void go_back_over(struct making *m)
{
	m->after = arena_alloc(m->arena, m->n * sizeof(struct span *));
	for (size_t i = 0; i < m->n; i++) {
		if (m->rows[i].kind == REORG_RETYPE)
			continue;
		count(&m->news, new_code(&m->rows[i]));
		count(&m->olds, old_code(&m->rows[i]));
	}
	begin_new(m);
	end_old(m);
	table_free(&m->news);
	table_free(&m->olds);
}

void timeline_make(
    struct arena *arena, const struct unit_list *units, const struct reorg_list *moves, struct timeline *out)
{
	struct making m = {.arena = arena, .out = out};
	size_t n = moves ? moves->n : 0;
	*out = (struct timeline){0};
	out->rows = arena_alloc(arena, (n + 1) * sizeof *out->rows);
	out->of = arena_alloc(arena, (n + 1) * sizeof(struct span *));
	for (size_t i = 0; i < units->n; i++) {
		const struct unit_row *row = &units->rows[i];
		struct span *s = add_span(&m, row->cell[UNIT_CODE].text);
		s->row = row;
		s->level = row->cell[UNIT_LEVEL].text;
		s->name = row->cell[UNIT_NAME].text;
		s->superior = row->cell[UNIT_PARENT].text;
		*table_at(&m.now, s->code) = s;
	}
	for (size_t end = n; end > 0; end -= m.n) {
		size_t first = end;
		while (first > 0 && moves->rows[first - 1].date == moves->rows[end - 1].date)
			first--;
		m.rows = &moves->rows[first];
		m.n = end - first;
		go_back_over(&m);
	}
	table_free(&m.now);
}

bool span_is_whole(const struct span *s)
{
	return s->n_next == 1 && s->next[0].kind == REORG_WHOLE;
}

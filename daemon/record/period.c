#include "record/period.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/schema.h"
#include "record/text.h"
#include "record/yaml.h"

enum kind { KIND_MONTH, KIND_QUARTER, KIND_HALF, KIND_NINE, KIND_YEAR, KINDS };

static const char *const kind_names[KINDS] = {"month", "quarter", "half", "nine-months", "year"};

/* A period's name taken apart: "2026-Q2" is kind quarter, year 2026, number 2. */
struct standard {
	enum kind kind;
	int year, number;
};

struct edge {
	int month; /* counted from the first month that the period is named after */
	int day; /* 31: the last */
};

struct calendar {
	const char *id;
	struct edge first[KINDS], last[KINDS];
};

/* Made by the first who asks, kept as long as the process. Of two threads that ask at once one throws its own away. */
struct calendars {
	struct arena arena;
	struct calendar *items;
	size_t n;
};
static _Atomic(struct calendars *) loaded;

/* Calendars are compiled in: what is wrong with them is our own mistake. */
_Noreturn static void broken(const char *file, const char *what)
{
	fprintf(stderr, "tuyen: schema/%s: %s\n", file, what);
	abort();
}

static struct edge read_edge(const struct yaml_node *map, const char *file)
{
	const char *month = yaml_text(map, "month"), *day = yaml_text(map, "day");
	if (!month || !day)
		broken(file, "an edge without month or day");
	struct edge e = {atoi(month), strcmp(day, "end") == 0 ? 31 : atoi(day)};
	if (e.day < 1 || e.day > 31 || e.month < -12 || e.month > 12)
		broken(file, "an edge that is no day");
	return e;
}

static struct calendar read_calendar(struct arena *arena, const struct schema_file *file)
{
	struct err err = {0};
	struct yaml_node *map;
	if (yaml_parse(arena, file->name, file->text, strlen(file->text), &map, &err) != 0)
		broken(file->name, err.msg);
	struct calendar c = {.id = yaml_text(map, "calendar")};
	if (!c.id)
		broken(file->name, "no calendar");
	for (int k = 0; k < KINDS; k++) {
		const struct yaml_node *period = yaml_get(yaml_get(map, "periods"), kind_names[k]);
		c.first[k] = read_edge(yaml_get(period, "first"), file->name);
		c.last[k] = read_edge(yaml_get(period, "last"), file->name);
	}
	return c;
}

static struct calendars *read_calendars(void)
{
	struct calendars *all = mem_alloc(sizeof *all);
	size_t n = 0;
	while (schema_files[n].name)
		n++;
	all->items = arena_alloc(&all->arena, (n + 1) * sizeof *all->items);
	for (size_t i = 0; i < n; i++)
		if (strncmp(schema_files[i].name, "calendars/", 10) == 0)
			all->items[all->n++] = read_calendar(&all->arena, &schema_files[i]);
	return all;
}

static const struct calendars *calendars(void)
{
	struct calendars *there = atomic_load(&loaded);
	if (there)
		return there;
	struct calendars *mine = read_calendars();
	if (atomic_compare_exchange_strong(&loaded, &there, mine))
		return mine;
	arena_free(&mine->arena);
	free(mine);
	return there;
}

static const struct calendar *find(const char *id)
{
	const struct calendars *all = calendars();
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->items[i].id, id) == 0)
			return &all->items[i];
	return NULL;
}

bool period_calendar_exists(const char *calendar)
{
	return find(calendar) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_apart(const char *id, struct standard *out)
{
	size_t len = strlen(id);
	if (len < 4 || !is_digit(id[0]) || !is_digit(id[1]) || !is_digit(id[2]) || !is_digit(id[3]))
		return false;
	*out = (struct standard){KIND_YEAR, atoi(id), 1};
	if (out->year < 1000 || (len > 4 && (len != 7 || id[4] != '-')))
		return false;
	if (len == 4)
		return true;
	const char *rest = id + 5;
	if (strcmp(rest, "9M") == 0) {
		out->kind = KIND_NINE;
		return true;
	}
	out->number = rest[1] - '0';
	if (rest[0] == 'Q' || rest[0] == 'H') {
		out->kind = rest[0] == 'Q' ? KIND_QUARTER : KIND_HALF;
		return out->number >= 1 && out->number <= (rest[0] == 'Q' ? 4 : 2);
	}
	out->kind = KIND_MONTH;
	out->number += 10 * (rest[0] - '0');
	return is_digit(rest[0]) && is_digit(rest[1]) && out->number >= 1 && out->number <= 12;
}

bool period_is_standard(const char *id)
{
	struct standard s;
	return take_apart(id, &s);
}

static day_t edge_day(const struct standard *s, struct edge edge)
{
	static const int months[KINDS] = {1, 3, 6, 9, 12};
	int month = s->year * 12 + (s->number - 1) * months[s->kind] + edge.month;
	return date_make(month / 12, month % 12 + 1, edge.day);
}

static int refuse(const char *id, struct err *err)
{
	err_set(err, ERR_INPUT, N_("'%1' is not a period"), id);
	err_hint(err, N_("write 2026-06, 2026-Q2, 2026-H1, 2026-9M, 2026 or a campaign period of the plan"));
	return err->code;
}

int period_parse(const char *calendar, const struct period *campaigns, size_t n_campaigns, const char *id,
    struct period *out, struct err *err)
{
	struct standard s;
	const struct calendar *c = find(calendar ? calendar : "nd09");
	for (size_t i = 0; i < n_campaigns; i++)
		if (strcmp(campaigns[i].id, id) == 0) {
			*out = campaigns[i];
			return 0;
		}
	if (!c)
		return err_set(err, ERR_INPUT, N_("there is no calendar '%1'"), calendar);
	if (!text_is_id(id) || !take_apart(id, &s))
		return refuse(id, err);
	*out =
	    (struct period){.first = edge_day(&s, c->first[s.kind]), .last = edge_day(&s, c->last[s.kind])};
	snprintf(out->id, sizeof out->id, "%s", id);
	return 0;
}

bool period_previous(const char *id, char out[65])
{
	static const int numbers[KINDS] = {12, 4, 2, 1, 1};
	static const char *const forms[KINDS] = {"%04d-%02d", "%04d-Q%d", "%04d-H%d", "%04d-9M", "%04d"};
	struct standard s;
	if (!take_apart(id, &s) || s.year <= 1000)
		return false;
	if (--s.number == 0) {
		s.number = numbers[s.kind];
		s.year--;
	}
	snprintf(out, 65, forms[s.kind], s.year, s.number);
	return true;
}

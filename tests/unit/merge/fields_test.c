/* Every field of every type of record: the table of schema/merge.md names it, and two who change it at once get what the page says
 * of its kind and shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/sys.h"
#include "merge/merge.h"
#include "record/type.h"

static const char *const kinds[] = {[FIELD_LINE] = "line",
    [FIELD_TEXT] = "text",
    [FIELD_ID] = "id",
    [FIELD_DATE] = "date",
    [FIELD_DUE] = "due",
    [FIELD_TIME] = "time",
    [FIELD_DECIMAL] = "decimal",
    [FIELD_INTEGER] = "integer",
    [FIELD_FIGURE] = "figure",
    [FIELD_CHOICE] = "choice",
    [FIELD_KEY] = "key",
    [FIELD_CHANGE] = "change"};
static const char *writers_of(struct arena *arena, unsigned set)
{
	static const char *const names[] = {"unit", "station", "superior", "rule"};
	const char *out = "";
	for (unsigned i = 0; i < 4; i++)
		if (set & 1u << i)
			out = arena_printf(arena, "%s%s%s", out, *out ? ", " : "", names[i]);
	return out;
}

static const char *seal_of(const struct record_type *type, const struct field_type *f)
{
	bool sealed = false;
	for (size_t i = 0; i < type->n_fields; i++)
		sealed = sealed || type->fields[i].seal;
	return f->seal ? f->seal : !sealed ? "" : f->reseal ? "open after" : "closes";
}

/* ---- the table of the page ---- */

struct said {
	const char *field, *kind, *writers, *seal;
};

/* Columns of a table are fields of their own. */
static struct said say(
    struct arena *arena, const struct record_type *type, const struct field_type *f, size_t column)
{
	bool table = f->shape == SHAPE_TABLE;
	const char *name = f->shape == SHAPE_ONE ? f->name
			   : table ? arena_printf(arena, "%s.<row>.%s", f->name, f->columns[column].name)
			   : f->shape == SHAPE_SET ? arena_printf(arena, "%s.<member>", f->name)
						   : arena_printf(arena, "%s.<key>", f->name);
	return (struct said){name, kinds[table ? f->columns[column].kind : f->kind],
	    writers_of(arena, f->writers), seal_of(type, f)};
}

static bool alike(const struct said *a, const struct said *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->writers, b->writers) && !strcmp(a->seal, b->seal);
}

static void print_row(struct buf *out, const char *type, const struct said *s)
{
	buf_printf(out, "| %s | %s | %s | %s |%s%s |\n", type, s->field, s->kind, s->writers,
	    *s->seal ? " " : "", s->seal);
}

#define ROWS_MAX 64

/* Those that differ in nothing but their name stand in one row. */
static void print_type(struct arena *arena, const struct record_type *type, struct buf *out)
{
	struct said rows[ROWS_MAX];
	size_t n = 0, k;
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct field_type *f = &type->fields[i];
		for (size_t c = 0; c < (f->shape == SHAPE_TABLE ? f->n_columns : 1); c++) {
			struct said next = say(arena, type, f, c);
			for (k = 0; k < n && !alike(&rows[k], &next); k++)
				;
			assert_true(k < ROWS_MAX);
			if (k == n)
				rows[n++] = next;
			else
				rows[k].field = arena_printf(arena, "%s, %s", rows[k].field, next.field);
		}
	}
	for (k = 0; k < n; k++)
		print_row(out, type->name, &rows[k]);
}

static void the_page_names_every_field(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct buf page = {0}, rows = {0};
	struct err err = {0};
	for (size_t i = 0; type_at(i); i++)
		print_type(&arena, type_at(i), &rows);
	assert_int_equal(sys_read_file("schema/merge.md", 1 << 20, &page, &err), 0);
	const char *there = strstr(buf_str(&page), buf_str(&rows));
	if (!there || there[rows.len] != '\n') {
		char *line, *rest = rows.data;
		while ((line = strsep(&rest, "\n")))
			print_message("%s\n", line);
		fail_msg("schema/merge.md, \"Every field\", must have these rows and no more");
	}
	buf_free(&page);
	buf_free(&rows);
	arena_free(&arena);
}

/* ---- two who change it at once ---- */

struct side {
	const char *field, *value;
};

static void add(
    struct history *h, char name, bool after, int rank, const char *record, const struct side *side)
{
	struct err err = {0};
	struct write writes[] = {{.record = record, .field = "", .value = "+"},
	    {.record = record, .field = side->field, .value = side->value}};
	struct history_change c = {.writer = rank == 1 ? "31" : "11383",
	    .rank = rank,
	    .claim = CLAIM_NONE,
	    .writes = writes,
	    .n_writes = 2};
	struct oid base;
	memset(c.id.b, name, OID_SIZE);
	memset(base.b, 'a', OID_SIZE);
	c.unit = c.writer;
	if (after)
		oids_add(&c.heads, &base);
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

/* The record, and the state of its only conflict. */
static const char *together(
    struct arena *arena, const char *record, const struct side sides[3], int rank, const char **conflict)
{
	const char *ledger = type_by_path("reports", record) ? "reports/31" : "directives/31", *text = NULL;
	struct history *h = history_new();
	struct merge_result r;
	struct oids tips;
	for (int i = 0; i < 3; i++)
		add(h, (char)('a' + i), i > 0, i == 1 ? rank : 2, record, &sides[i]);
	history_tips(h, &tips);
	merge_advance(h, ledger, &(struct oids){0}, &tips, &r);
	*conflict = NULL;
	for (size_t i = 0; i < r.n; i++)
		if (!strcmp(r.records[i].path, record))
			text = arena_dup(arena, r.records[i].text);
		else
			*conflict = strstr(arena_dup(arena, r.records[i].text), "state: ");
	assert_true(r.n == 1 + (*conflict != NULL));
	merge_result_free(&r);
	oids_free(&tips);
	history_free(h);
	return text;
}

static const char *record_of(struct arena *arena, const struct record_type *type)
{
	struct buf path = {0};
	for (const char *p = type->path; *p; p++) {
		if (*p == '<')
			p += strcspn(p, ">"), buf_puts(&path, "x1");
		else
			buf_putc(&path, *p);
	}
	const char *copy = arena_dup(arena, buf_str(&path));
	buf_free(&path);
	return copy;
}

/* Other lines of one base: what may blend does, what may not does not, be it a figure with line ends in it. */
#define BASE "bà\nbả\nbã"
#define ONE "bá\nbả\nbã"
#define OTHER "bà\nbả\nbạ"

static void check_one(struct arena *arena, const char *record, const char *field, bool text)
{
	const struct side sides[3] = {{field, BASE}, {field, ONE}, {field, OTHER}};
	const char *conflict, *shows = together(arena, record, sides, 2, &conflict);
	bool blends = strstr(shows, "bá") && strstr(shows, "bạ"), common = strstr(shows, "bã") != NULL;
	if (blends != text || common == text || !conflict != text)
		fail_msg("%s of %s blends: %d\n%s", field, record, blends, shows);
	if (conflict)
		assert_true(!strncmp(conflict, "state: disputed", 15));
	shows = together(arena, record, sides, 1, &conflict);
	if (!conflict || strncmp(conflict, "state: overruled", 16) != 0 || !strstr(shows, "bá") ||
	    strstr(shows, "bạ"))
		fail_msg("%s of %s: rank does not decide\n%s", field, record, shows);
}

static void check_apart(
    struct arena *arena, const char *record, const char *a, const char *b, const char *value)
{
	const struct side sides[3] = {{"", "+"}, {a, value}, {b, value}};
	const char *conflict, *shows = together(arena, record, sides, 2, &conflict);
	if (conflict || !strstr(shows, strrchr(a, '.') + 1) || !strstr(shows, strrchr(b, '.') + 1))
		fail_msg("%s and %s of %s do not stand together\n%s", a, b, record, shows);
}

static void check_field(struct arena *arena, const char *record, const struct field_type *f)
{
	const char *top = f->name;
	if (f->shape == SHAPE_ONE)
		check_one(arena, record, top, f->kind == FIELD_TEXT);
	if (f->shape == SHAPE_MAP)
		check_one(arena, record, arena_printf(arena, "%s.k1", top), f->kind == FIELD_TEXT);
	if (f->shape == SHAPE_SET || f->shape == SHAPE_MAP)
		check_apart(
		    arena, record, arena_printf(arena, "%s.k1", top), arena_printf(arena, "%s.k2", top), "+");
	for (size_t c = 0; c < f->n_columns; c++) {
		const char *column = f->columns[c].name;
		check_one(arena, record, arena_printf(arena, "%s.r.1.%s", top, column),
		    f->columns[c].kind == FIELD_TEXT);
		for (size_t d = 0; d < c; d++)
			check_apart(arena, record, arena_printf(arena, "%s.r.1.%s", top, column),
			    arena_printf(arena, "%s.r.1.%s", top, f->columns[d].name), "1");
	}
}

static void every_field_alone(void **state)
{
	(void)state;
	for (size_t i = 0; type_at(i); i++) {
		struct arena arena = {0};
		const struct record_type *type = type_at(i);
		const char *record = record_of(&arena, type);
		for (size_t k = 0; k < type->n_fields; k++)
			if (strcmp(type->name, "conflict") != 0)
				check_field(&arena, record, &type->fields[k]);
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_page_names_every_field), cmocka_unit_test(every_field_alone)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

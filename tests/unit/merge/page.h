/* Reads the tables of schema/merge.md. Run from the top of the tree. */
#ifndef TUYEN_TESTS_MERGE_PAGE_H
#define TUYEN_TESTS_MERGE_PAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/sys.h"

#define CELLS 6
#define ROWS_MAX 200

struct row {
	const char *cells[CELLS];
	bool used;
};
struct page {
	struct arena arena;
	struct row rows[ROWS_MAX];
	size_t n;
};

static char *trimmed(char *cell)
{
	while (*cell == ' ')
		cell++;
	for (size_t n = strlen(cell); n && cell[n - 1] == ' ';)
		cell[--n] = '\0';
	return cell;
}

static void add_row(struct page *page, char *line)
{
	struct row *row = &page->rows[page->n++];
	size_t n = 0;
	assert_true(page->n < ROWS_MAX);
	for (char *end; (end = strchr(line, '|')) && n < CELLS; line = end + 1) {
		*end = '\0';
		row->cells[n++] = trimmed(line);
	}
	while (n < CELLS)
		row->cells[n++] = "";
}

/* The rows of the table under a heading, without its head. */
static void open_page(struct page *page, const char *heading)
{
	struct buf text = {0};
	struct err err = {0};
	*page = (struct page){0};
	assert_int_equal(sys_read_file("schema/merge.md", 1 << 20, &text, &err), 0);
	char *copy = arena_dup(&page->arena, buf_str(&text)), *at = strstr(copy, heading), *line;
	size_t skip = 2;
	buf_free(&text);
	assert_non_null(at);
	at = strchr(at + 1, '\n');
	while ((line = strsep(&at, "\n"))) {
		if (*line == '#')
			break;
		if (*line == '|' && skip)
			skip--;
		else if (*line == '|')
			add_row(page, line + 1);
	}
}

static struct row *find(struct page *page, const char *a, const char *b, const char *c)
{
	for (size_t i = 0; i < page->n; i++) {
		struct row *row = &page->rows[i];
		if (strcmp(row->cells[0], a) || (b && strcmp(row->cells[1], b)) ||
		    (c && strcmp(row->cells[2], c)))
			continue;
		row->used = true;
		return row;
	}
	return NULL;
}

static void all_used(const struct page *page)
{
	for (size_t i = 0; i < page->n; i++)
		if (!page->rows[i].used)
			fail_msg("row '%s | %s | %s' is of nothing", page->rows[i].cells[0],
			    page->rows[i].cells[1], page->rows[i].cells[2]);
}

static void must_say(const char *page, const char *is, const char *what)
{
	if (strcmp(page, is) != 0)
		fail_msg("%s: the page says '%s', the rule '%s'", what, page, is);
}

#endif

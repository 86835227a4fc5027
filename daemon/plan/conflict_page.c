#include "plan/conflict_page.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "record/text_columns.h"
#include "record/text_diff.h"

#define NARROW 60 /* columns, below which the sides do not stand side by side */
#define VALUE_LINES 3 /* of a cut value, at least */

static void add_rule(size_t columns, const char *words, struct strs *out)
{
	struct buf line = {0}, fitted = {0};
	buf_puts(&line, *words ? "-- " : "");
	buf_puts(&line, words);
	buf_puts(&line, *words ? " " : "");
	text_fit(buf_str(&line), columns, &fitted);
	buf_cut(&line, 0);
	text_pad(buf_str(&fitted), columns, &line);
	for (size_t i = fitted.len; i < line.len; i++)
		line.data[i] = '-';
	strs_add(out, buf_str(&line));
	buf_free(&line);
	buf_free(&fitted);
}

static void add_bold(const char *text, size_t columns, struct strs *out)
{
	struct buf line = {0};
	buf_putc(&line, TEXT_BOLD);
	text_fit(text, columns, &line);
	buf_putc(&line, TEXT_PLAIN);
	strs_add(out, buf_str(&line));
	buf_free(&line);
}

static void wrap_all(const struct strs *texts, size_t columns, struct strs *out)
{
	for (size_t i = 0; i < texts->n; i++)
		text_wrap(texts->items[i], columns, out);
}

/* "12 to 15 of 40" into a template. */
static void expand(const char *msg, size_t a, size_t b, size_t c, struct buf *out)
{
	char text[3][24];
	const char *args[] = {text[0], text[1], text[2]};
	size_t numbers[] = {a, b, c};
	for (int i = 0; i < 3; i++)
		snprintf(text[i], sizeof text[i], "%zu", numbers[i]);
	err_expand(msg, args, 3, out);
}

static void side_lines(const struct page_side *s, size_t columns, struct strs *out)
{
	add_bold(s->title, columns, out);
	wrap_all(&s->facts, columns, out);
}

static void add_titles(const struct conflict_page *p, size_t columns, struct strs *out)
{
	struct strs left = {0}, right = {0};
	size_t each = (columns - 3) / 2;
	side_lines(&p->left, each, &left);
	side_lines(&p->right, each, &right);
	for (size_t i = 0; i < left.n || i < right.n; i++) {
		struct buf line = {0};
		text_pad(i < left.n ? left.items[i] : "", each, &line);
		buf_printf(&line, " | %s", i < right.n ? right.items[i] : "");
		strs_add(out, buf_str(&line));
		buf_free(&line);
	}
	strs_free(&left);
	strs_free(&right);
}

/* What is around the first difference, in so many lines; the rule below says which of how many. */
static void add_values(
    const struct conflict_page *p, size_t columns, size_t room, size_t *n_all, struct strs *out)
{
	struct text_beside b;
	struct buf words = {0};
	text_beside(p->left.value, p->right.value, columns, &b);
	size_t n = b.lines.n, begin = 0;
	if (n > room) {
		begin = b.first < n && b.first > 0 ? b.first - 1 : 0;
		begin = begin + room > n ? n - room : begin;
		expand(p->cut, begin + 1, begin + room, n, &words);
		n = room;
	}
	for (size_t i = begin; i < begin + n; i++)
		strs_add(out, b.lines.items[i]);
	add_rule(columns, buf_str(&words), out);
	*n_all = b.lines.n;
	buf_free(&words);
	text_beside_free(&b);
}

static void add_wide(
    const struct conflict_page *p, size_t columns, size_t room, size_t *n_values, struct strs *out)
{
	add_titles(p, columns, out);
	add_rule(columns, "", out);
	add_values(p, columns, room, n_values, out);
}

static void add_narrow(const struct conflict_page *p, size_t columns, struct strs *out)
{
	for (int right = 0; right < 2; right++) {
		side_lines(right ? &p->right : &p->left, columns, out);
		text_beside_one(p->left.value, p->right.value, right, columns, out);
		add_rule(columns, "", out);
	}
}

static void make_body(
    const struct conflict_page *p, size_t columns, size_t room, size_t *n_values, struct strs *out)
{
	*n_values = 0;
	add_bold(p->head, columns, out);
	wrap_all(&p->about, columns, out);
	add_rule(columns, "", out);
	if (columns >= NARROW)
		add_wide(p, columns, room, n_values, out);
	else
		add_narrow(p, columns, out);
	wrap_all(&p->notes, columns, out);
	if (p->whole && p->around) {
		add_rule(columns, "", out);
		text_wrap(p->around, columns, out);
	}
}

/* The keys with their words, or, where these would take half of the screen, the letters alone. */
static void make_foot(const struct conflict_page *p, size_t columns, size_t rows, struct strs *out)
{
	struct strs letters = {0};
	add_rule(columns, "", out);
	text_flow((const char *const *)p->keys.items, p->keys.n, 2, columns, out);
	if (out->n > rows / 3) {
		strs_free(out);
		for (size_t i = 0; i < p->keys.n; i++) {
			char letter[2] = {p->keys.items[i][0], '\0'};
			strs_add(&letters, letter);
		}
		text_flow((const char *const *)letters.items, letters.n, 1, columns, out);
	}
	strs_free(&letters);
}

static void add_prompt(
    const struct conflict_page *p, size_t page, size_t pages, size_t columns, struct strs *out)
{
	struct buf words = {0}, line = {0};
	if (pages > 1) {
		expand(p->turn, page + 1, pages, 0, &words);
		buf_puts(&words, "  ");
	}
	buf_puts(&words, p->prompt);
	text_fit(buf_str(&words), columns > 2 ? columns - 2 : columns, &line);
	buf_putc(&line, ' ');
	strs_add(out, buf_str(&line));
	buf_free(&words);
	buf_free(&line);
}

void conflict_page_lay(
    const struct conflict_page *p, size_t columns, size_t rows, size_t *page, struct strs *out)
{
	struct strs body = {0}, foot = {0};
	size_t n_values;
	make_foot(p, columns, rows, &foot);
	size_t room = rows > foot.n + 2 ? rows - foot.n - 1 : 1;
	make_body(p, columns, SIZE_MAX, &n_values, &body);
	size_t others = body.n - n_values;
	if (!p->whole && body.n > room && n_values > VALUE_LINES && others + VALUE_LINES <= room) {
		strs_free(&body);
		make_body(p, columns, room - others, &n_values, &body);
	}
	size_t pages = (body.n + room - 1) / room;
	*page = *page % pages;
	for (size_t i = *page * room; i < body.n && i < (*page + 1) * room; i++)
		strs_add(out, body.items[i]);
	for (size_t i = 0; i < foot.n; i++)
		strs_add(out, foot.items[i]);
	add_prompt(p, *page, pages, columns, out);
	strs_free(&body);
	strs_free(&foot);
}

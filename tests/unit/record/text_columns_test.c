/* Text in the columns of a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/text.h"
#include "record/text_columns.h"

/* Lines joined by "|". */
static void joined(const struct strs *lines, const char *want)
{
	struct buf all = {0};
	for (size_t i = 0; i < lines->n; i++)
		buf_printf(&all, "%s%s", i ? "|" : "", lines->items[i]);
	assert_string_equal(buf_str(&all), want);
	buf_free(&all);
}

static void wraps(const char *text, size_t width, const char *want)
{
	struct strs lines = {0};
	text_wrap(text, width, &lines);
	for (size_t i = 0; i < lines.n; i++)
		assert_true(text_width(lines.items[i]) <= width);
	joined(&lines, want);
	strs_free(&lines);
}

static void words_stay_whole_where_they_fit(void **state)
{
	(void)state;
	wraps("", 10, "");
	wraps("a\n\nb", 10, "a||b");
	wraps("một hai ba bốn", 8, "một hai|ba bốn");
	wraps("một hai ba", 7, "một hai|ba");
	wraps("Nguyễnnnnnnn x", 6, "Nguyễn|nnnnnn|x");
	wraps("ab  cd", 4, "ab|cd");
}

static void columns_count_as_a_terminal_counts(void **state)
{
	(void)state;
	wraps("e\xCC\x82\xCC\x81n ngh", 6, "e\xCC\x82\xCC\x81n ngh");
	wraps("日本語x", 4, "日本|語x");
}

static void nothing_steers_the_terminal(void **state)
{
	(void)state;
	wraps("a\033[2Jb\tc\x7F", 20, "a?[2Jb c?");
	wraps("a\xC2\x9B"
	      "b\xE2\x80\xAE"
	      "c\xE2\x81\xA6"
	      "d\xE2\x80\x93",
	    20, "a?b?c?d–");
	wraps("x\xFFy\x80", 20, "x?y?");
}

static void bold_lines_are_whole(void **state)
{
	(void)state;
	wraps("aa \001bb cc\002 d", 5, "aa \001bb\002|\001cc\002 d");
	wraps("\001a\nb\002", 5, "\001a\002|\001b\002");
}

static void what_does_not_fit_is_cut_and_says_so(void **state)
{
	struct buf out = {0};
	(void)state;
	text_fit("Tuyên truyền", 20, &out);
	assert_string_equal(buf_str(&out), "Tuyên truyền");
	buf_cut(&out, 0);
	text_fit("Tuyên truyền", 8, &out);
	assert_string_equal(buf_str(&out), "Tuyên...");
	buf_cut(&out, 0);
	text_pad("ễ", 3, &out);
	assert_string_equal(buf_str(&out), "ễ  ");
	buf_free(&out);
}

static void items_flow(void **state)
{
	static const char *const items[] = {"k giữ", "t lấy bên kia", "q thôi"};
	struct strs lines = {0};
	(void)state;
	text_flow(items, 3, 2, 20, &lines);
	joined(&lines, "k giữ  t lấy bên kia|q thôi");
	strs_free(&lines);
	text_flow(items, 3, 2, 8, &lines);
	joined(&lines, "k giữ|t lấy...|q thôi");
	strs_free(&lines);
	text_flow(items, 0, 2, 8, &lines);
	assert_int_equal(lines.n, 0);
}

static void beside(const char *left, const char *right, size_t width, const char *want, size_t first)
{
	struct text_beside b;
	text_beside(left, right, width, &b);
	joined(&b.lines, want);
	assert_int_equal(b.first, first);
	for (size_t i = 0; i < b.lines.n; i++)
		assert_true(text_width(b.lines.items[i]) <= width);
	text_beside_free(&b);
}

static void two_texts_stand_side_by_side(void **state)
{
	(void)state;
	beside("42", "44", 13, "42    | 44", 0);
	beside("ễ", "", 13, "ễ     | ", 0);
	beside("x", "x", 13, "x     | x", 1);
	beside("một\nhai a\nba", "một\nhai b\nba", 21,
	    "một       | một|hai \001[-a-]\002 | hai \001{+b+}\002|ba        | ba", 1);
}

static void what_both_have_stands_on_one_line(void **state)
{
	(void)state;
	beside("a b c d e f g h\nz", "x\nz", 21,
	    "\001[-a b c d\002 | \001{+x+}\002|\001e f g h-]\002 | |z         | z", 0);
}

static void alone_on_a_narrow_screen(void **state)
{
	struct strs lines = {0};
	(void)state;
	text_beside_one("a b", "a c", true, 20, &lines);
	joined(&lines, "a \001{+c+}\002");
	strs_free(&lines);
	text_beside_one("42", "44", false, 20, &lines);
	joined(&lines, "42");
	strs_free(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_stay_whole_where_they_fit),
	    cmocka_unit_test(columns_count_as_a_terminal_counts),
	    cmocka_unit_test(nothing_steers_the_terminal),
	    cmocka_unit_test(bold_lines_are_whole),
	    cmocka_unit_test(what_does_not_fit_is_cut_and_says_so),
	    cmocka_unit_test(items_flow),
	    cmocka_unit_test(two_texts_stand_side_by_side),
	    cmocka_unit_test(what_both_have_stands_on_one_line),
	    cmocka_unit_test(alone_on_a_narrow_screen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

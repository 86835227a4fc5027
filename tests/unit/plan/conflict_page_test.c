/* A conflict on a terminal of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "plan/conflict_page.h"
#include "record/text.h"
#include "record/text_diff.h"

static struct conflict_page page(const char *left, const char *right)
{
	struct conflict_page p = {.head = "Xung đột 1 / 5: đang tranh chấp",
	    .left = {.title = "[k] một bên: Công an", .value = left},
	    .right = {.title = "[t] bên kia: phường", .value = right},
	    .cut = "%1-%2/%3",
	    .turn = "[%1/%2]",
	    .prompt = "Chọn:"};
	strs_add(&p.about, "Chỉ tiêu TT01: Số buổi tuyên truyền");
	strs_add(&p.left.facts, "cấp 3");
	strs_add(&p.right.facts, "cấp 3");
	strs_add(&p.notes, "[b] trước: 40");
	strs_add(&p.keys, "k giữ");
	strs_add(&p.keys, "t lấy bên kia");
	return p;
}

static void drop(struct conflict_page *p)
{
	strs_free(&p->about);
	strs_free(&p->left.facts);
	strs_free(&p->right.facts);
	strs_free(&p->notes);
	strs_free(&p->keys);
}

/* Without marks, lines parted by LF. */
static char *laid(const struct conflict_page *p, size_t columns, size_t rows, size_t *at)
{
	struct strs lines = {0};
	struct buf all = {0};
	conflict_page_lay(p, columns, rows, at, &lines);
	assert_true(lines.n <= rows);
	for (size_t i = 0; i < lines.n; i++) {
		assert_true(text_width(lines.items[i]) <= columns);
		for (const char *c = lines.items[i]; *c; c++)
			if (*c != TEXT_BOLD && *c != TEXT_PLAIN)
				buf_putc(&all, *c);
		buf_putc(&all, '\n');
	}
	strs_free(&lines);
	return buf_take(&all);
}

static void shows(const struct conflict_page *p, size_t columns, size_t rows, size_t at, const char *want)
{
	char *got = laid(p, columns, rows, &at);
	assert_string_equal(got, want);
	free(got);
}

#define RULE60 "------------------------------------------------------------\n"

static void two_figures_stand_side_by_side(void **state)
{
	struct conflict_page p = page("42", "44");
	(void)state;
	shows(&p, 60, 24, 0,
	    "Xung đột 1 / 5: đang tranh chấp\n"
	    "Chỉ tiêu TT01: Số buổi tuyên truyền\n" RULE60
	    "[k] một bên: Công an         | [t] bên kia: phường\n"
	    "cấp 3                        | cấp 3\n" RULE60 "42                           | 44\n" RULE60
	    "[b] trước: 40\n" RULE60 "k giữ  t lấy bên kia\nChọn: \n");
	drop(&p);
}

static void a_narrow_screen_has_them_one_below_the_other(void **state)
{
	struct conflict_page p = page("42", "44");
	size_t at = 1;
	(void)state;
	char *first = laid(&p, 30, 10, &(size_t){0}), *second = laid(&p, 30, 10, &at);
	assert_non_null(strstr(first, "42"));
	assert_non_null(strstr(first, "[1/2]  Chọn:"));
	assert_non_null(strstr(second, "44"));
	assert_null(strstr(second, "42\n"));
	free(first);
	free(second);
	drop(&p);
}

static void pages_turn_round(void **state)
{
	struct conflict_page p = page("42", "44");
	size_t at = 2;
	(void)state;
	free(laid(&p, 30, 10, &at));
	assert_int_equal(at, 0);
	drop(&p);
}

static void a_long_value_is_cut_to_where_it_differs(void **state)
{
	struct buf left = {0}, right = {0};
	(void)state;
	for (int i = 0; i < 40; i++) {
		buf_printf(&left, "%sdòng %d", i ? "\n" : "", i);
		buf_printf(&right, "%sdòng %d%s", i ? "\n" : "", i, i == 20 ? " khác" : "");
	}
	struct conflict_page p = page(left.data, right.data);
	size_t at = 0;
	char *cut = laid(&p, 80, 24, &at);
	assert_non_null(strstr(cut, "{+ khác+}"));
	assert_non_null(strstr(cut, "dòng 19 "));
	assert_null(strstr(cut, "dòng 18 "));
	assert_non_null(strstr(cut, "-- 20-"));
	assert_null(strstr(cut, "[1/"));
	free(cut);
	p.whole = true;
	p.around = "state: draft";
	size_t pages = 0;
	for (bool ended = false; !ended; pages++) {
		at = pages;
		char *one = laid(&p, 80, 24, &at);
		ended = strstr(one, "state: draft") != NULL;
		assert_int_equal(at, pages);
		free(one);
	}
	assert_int_equal(pages, 3);
	drop(&p);
	buf_free(&left);
	buf_free(&right);
}

static void letters_alone_where_words_would_take_the_screen(void **state)
{
	struct conflict_page p = page("42", "44");
	(void)state;
	for (int i = 0; i < 8; i++)
		strs_add(&p.keys, "x một lựa chọn dài");
	char *small = laid(&p, 40, 8, &(size_t){0}), *large = laid(&p, 40, 60, &(size_t){0});
	assert_non_null(strstr(small, "k t x x x x x x x x\n"));
	assert_non_null(strstr(large, "x một lựa chọn dài"));
	free(small);
	free(large);
	drop(&p);
}

static void no_size_is_too_small(void **state)
{
	struct conflict_page p = page("một giá trị rất dài và còn dài hơn nữa", "44");
	(void)state;
	for (size_t columns = 4; columns < 90; columns += 3)
		for (size_t rows = 5; rows < 30; rows += 4) {
			size_t at = rows;
			free(laid(&p, columns, rows, &at));
		}
	drop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_figures_stand_side_by_side),
	    cmocka_unit_test(a_narrow_screen_has_them_one_below_the_other),
	    cmocka_unit_test(pages_turn_round),
	    cmocka_unit_test(a_long_value_is_cut_to_where_it_differs),
	    cmocka_unit_test(letters_alone_where_words_would_take_the_screen),
	    cmocka_unit_test(no_size_is_too_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

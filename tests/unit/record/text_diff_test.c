/* What differs between two texts, word by word, in whole characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/text_diff.h"

static void marked(const char *left, const char *right, const char *want_left, const char *want_right)
{
	struct text_diff d;
	struct buf l = {0}, r = {0};
	text_diff(left, right, &d);
	text_diff_mark(&d, left, right, false, &l);
	text_diff_mark(&d, left, right, true, &r);
	char *shown_l = buf_take(&l), *shown_r = buf_take(&r);
	for (char *shown = shown_l; shown; shown = shown == shown_l ? shown_r : NULL) {
		char *to = shown;
		for (char *p = shown; *p; p++)
			if (*p != TEXT_BOLD && *p != TEXT_PLAIN)
				*to++ = *p;
		*to = '\0';
	}
	assert_string_equal(shown_l, want_left);
	assert_string_equal(shown_r, want_right);
	free(shown_l);
	free(shown_r);
	text_diff_free(&d);
}

static void what_is_the_same_is_not_marked(void **state)
{
	(void)state;
	marked("", "", "", "");
	marked("một hai", "một hai", "một hai", "một hai");
	marked("a\nb\n", "a\nb\n", "a\nb\n", "a\nb\n");
}

static void words_differ_as_wholes(void **state)
{
	(void)state;
	marked("tổ dân phố số 4", "tổ dân phố số 14", "tổ dân phố số [-4-]", "tổ dân phố số {+14+}");
	marked("đạt 31/58 tổ", "đạt 32/58 tổ", "đạt [-31/58-] tổ", "đạt {+32/58+} tổ");
	marked("1.250,5 triệu", "1.251,5 triệu", "[-1.250,5-] triệu", "{+1.251,5+} triệu");
	marked("xong, tốt", "xong; tốt", "xong[-,-] tốt", "xong{+;+} tốt");
	marked("một ba", "một hai ba", "một ba", "một {+hai +}ba");
}

static void letters_are_never_cut(void **state)
{
	(void)state;
	marked("người", "ngưởi", "[-người-]", "{+ngưởi+}");
	marked("e\xCC\x82 a", "e\xCC\x81 a", "[-e\xCC\x82-] a", "{+e\xCC\x81+} a");
	marked("( a", "(\xCC\x81 a", "[-(-] a", "{+(\xCC\x81+} a");
}

static void blanks_do_not_part_what_differs(void **state)
{
	(void)state;
	marked("có hai buổi nhỏ nữa", "có ba lần to nữa", "có [-hai buổi nhỏ-] nữa", "có {+ba lần to+} nữa");
	marked("a\nx\nc", "a\ny\nc", "a\n[-x-]\nc", "a\n{+y+}\nc");
}

static void lines_come_before_words(void **state)
{
	(void)state;
	marked("một\nhai ba\nbốn", "một\nbốn", "một\n[-hai ba\n-]bốn", "một\nbốn");
	marked("m\nđã làm xong\nn", "m\nđã làm dở\nn\nthêm", "m\nđã làm [-xong-]\nn",
	    "m\nđã làm {+dở+}\nn{+\nthêm+}");
}

/* What stands between the hunks is the same in both, in order, within the texts. */
static void hold(const char *left, const char *right)
{
	struct text_diff d;
	size_t l = 0, r = 0;
	text_diff(left, right, &d);
	for (size_t i = 0; i <= d.n; i++) {
		size_t l_end = i < d.n ? d.hunks[i].left : strlen(left);
		size_t r_end = i < d.n ? d.hunks[i].right : strlen(right);
		assert_true(l_end >= l && l_end - l == r_end - r);
		assert_memory_equal(left + l, right + r, l_end - l);
		l = i < d.n ? l_end + d.hunks[i].left_len : l_end;
		r = i < d.n ? r_end + d.hunks[i].right_len : r_end;
	}
	text_diff_free(&d);
}

static void any_texts_hold_together(void **state)
{
	static const char *const words[] = {
	    "a", " ", "ế", "\n", "12", "/", ".", "  ", "\xCC\x81", "\xE2\x80\x8D", "\r"};
	unsigned seed = 1;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[2][64] = {"", ""};
		for (int k = 0; k < 24; k++) {
			seed = seed * 1103515245u + 12345u;
			strcat(text[k % 2], words[(seed >> 16) % (sizeof words / sizeof *words)]);
		}
		hold(text[0], text[1]);
	}
}

static void what_is_too_long_differs_as_a_whole(void **state)
{
	struct buf left = {0}, right = {0};
	struct text_diff d;
	(void)state;
	for (int i = 0; i < 30000; i++) {
		buf_printf(&left, "%d ", i);
		buf_printf(&right, "%d ", i + 7);
	}
	text_diff(left.data, right.data, &d);
	assert_int_equal(d.n, 1);
	text_diff_free(&d);
	hold(left.data, right.data);
	buf_free(&left);
	buf_free(&right);
}

static void common_words(void **state)
{
	struct text_diff d;
	(void)state;
	text_diff("42", "44", &d);
	assert_false(text_diff_common(&d, "42"));
	text_diff_free(&d);
	text_diff("a - b", "c - d", &d);
	assert_false(text_diff_common(&d, "a - b"));
	text_diff_free(&d);
	text_diff("a b", "c b", &d);
	assert_true(text_diff_common(&d, "a b"));
	text_diff_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_the_same_is_not_marked),
	    cmocka_unit_test(words_differ_as_wholes),
	    cmocka_unit_test(letters_are_never_cut),
	    cmocka_unit_test(blanks_do_not_part_what_differs),
	    cmocka_unit_test(lines_come_before_words),
	    cmocka_unit_test(any_texts_hold_together),
	    cmocka_unit_test(what_is_too_long_differs_as_a_whole),
	    cmocka_unit_test(common_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

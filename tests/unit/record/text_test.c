#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/text.h"

static void nfc_is(const char *raw, const char *nfc)
{
	struct buf b = {0};
	assert_true(text_nfc(raw, strlen(raw), &b));
	assert_string_equal(buf_str(&b), nfc);
	buf_free(&b);
}

static void decomposed_letters_are_composed(void **state)
{
	(void)state;
	nfc_is("", "");
	nfc_is("Le\xCC\x82 Cha\xCC\x82n", "Lê Chân");
	nfc_is("e\xCC\x82\xCC\x81", "ế");
	nfc_is("e\xCC\x81\xCC\x82", "é\xCC\x82");
	nfc_is("o\xCC\xA3\xCC\x82", "ộ");
	nfc_is("o\xCC\x82\xCC\xA3", "ộ");
	nfc_is("tuý túy", "tuý túy");
}

static void what_is_no_text_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE1\xBB"};
	struct buf b = {0};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_nfc(bad[i], strlen(bad[i]), &b));
	assert_false(text_nfc("a\0b", 3, &b));
	assert_int_equal(b.len, 0);
}

static void a_heap_of_marks_costs_nothing(void **state)
{
	(void)state;
	struct buf raw = {0}, b = {0};
	buf_putc(&raw, 'a');
	for (int i = 0; i < 15; i++)
		buf_puts(&raw, "\xCC\x81\xCC\xA3");
	assert_true(text_nfc(raw.data, raw.len, &b));
	for (int i = 0; i < 500000; i++)
		buf_puts(&raw, "\xCC\x81\xCC\xA3");
	assert_false(text_nfc(raw.data, raw.len, &b));
	buf_free(&raw);
	buf_free(&b);
}

static void fold_is(const char *text, const char *key)
{
	struct buf b = {0};
	text_fold(text, &b);
	assert_string_equal(buf_str(&b), key);
	buf_free(&b);
}

static void searching_knows_no_tones(void **state)
{
	(void)state;
	fold_is("Đề Nghị", "de nghi");
	fold_is("  Công \t\n an  phường\xC2\xA0Lê Chân ", "cong an phuong le chan");
	fold_is("", "");
	fold_is("\xFF\xFEx", "\xFF\xFEx");
	assert_true(text_fold_eq("ma tuý", "Ma túy"));
	assert_true(text_fold_eq("uỷ ban", "Ủy ban"));
	assert_true(text_fold_eq("Hoà", "HÒA"));
	assert_false(text_fold_eq("Hòa", "Hóc"));
}

static void letters_that_look_alike_are_noticed(void **state)
{
	(void)state;
	const char *title = "Kế hoạch t\xD0\xBE\xC3\xA1n"; /* a Cyrillic о */
	size_t at = 99;
	assert_true(text_mixed_script(title, &at));
	assert_int_equal(at, strlen("Kế hoạch "));
	assert_true(text_mixed_script("\xCE\x91"
				      "BC",
	    NULL)); /* a Greek Α */
	assert_true(text_mixed_script("\xCE\x91\xCC\x81"
				      "B",
	    NULL));
	assert_false(text_mixed_script("Москва Hà Nội", NULL));
	assert_false(text_mixed_script("\xCE\xB1-a", NULL));
	assert_false(text_mixed_script("Ủy ban 11383", NULL));
	assert_false(text_mixed_script("", NULL));
}

static void ids_are_names_of_files_and_refs(void **state)
{
	(void)state;
	static const char *const good[] = {
	    "11383", "hp.2026-06", "a", "cong-an@11383", "A_1", "31-1", "lock"};
	static const char *const bad[] = {"", ".a", "-a", "_a", "@a", "a..b", "a.", "a.lock", "a/b", "a b",
	    "Lê", "a:b", "a~", "a^", "a\\b", "a\n"};
	char longest[66];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(text_is_id(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_is_id(bad[i]));
	memset(longest, 'a', sizeof longest);
	longest[64] = '\0';
	assert_true(text_is_id(longest));
	longest[64] = 'a';
	longest[65] = '\0';
	assert_false(text_is_id(longest));
}

static void tables_know_how_wide_a_text_is(void **state)
{
	(void)state;
	assert_int_equal(text_width("Lê Chân"), 7);
	assert_int_equal(text_width("Le\xCC\x82"), 2);
	assert_int_equal(text_width("漢字"), 4);
	assert_int_equal(text_width("a\xFF"), 1);
	assert_int_equal(text_chars("Lê Chân"), 7);
	assert_int_equal(text_chars(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decomposed_letters_are_composed),
	    cmocka_unit_test(what_is_no_text_is_refused),
	    cmocka_unit_test(a_heap_of_marks_costs_nothing),
	    cmocka_unit_test(searching_knows_no_tones),
	    cmocka_unit_test(letters_that_look_alike_are_noticed),
	    cmocka_unit_test(ids_are_names_of_files_and_refs),
	    cmocka_unit_test(tables_know_how_wide_a_text_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which word was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/nearest.h"

static void the_nearest_word_is_found(void **state)
{
	(void)state;
	static const char *const words[] = {"report", "total", "status", "list", "missing"};
	assert_string_equal(nearest_word("stauts", words, 5), "status");
	assert_string_equal(nearest_word("totl", words, 5), "total");
	assert_string_equal(nearest_word("lsit", words, 5), "list");
	assert_string_equal(nearest_word("reports", words, 5), "report");
	assert_string_equal(nearest_word("STATUS", words, 5), "status");
	assert_null(nearest_word("x", words, 5));
	assert_null(nearest_word("", words, 5));
	assert_null(nearest_word("ledger", words, 5));
	assert_null(nearest_word("report", words, 0));
}

static void long_words_have_no_near_ones(void **state)
{
	(void)state;
	char word[200], candidate[200];
	memset(word, 'a', sizeof word);
	memset(candidate, 'a', sizeof candidate);
	const char *const words[] = {candidate};
	word[128] = candidate[127] = '\0';
	assert_ptr_equal(nearest_word(word, words, 1), candidate);
	word[128] = 'a';
	word[129] = '\0';
	assert_null(nearest_word(word, words, 1));
	candidate[127] = 'a';
	candidate[129] = '\0';
	assert_null(nearest_word("aaa", words, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_nearest_word_is_found),
	    cmocka_unit_test(long_words_have_no_near_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

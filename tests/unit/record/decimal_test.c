#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/decimal.h"

static struct decimal number(const char *text)
{
	struct decimal d = {0};
	struct err err = {0};
	if (decimal_parse_canonical(text, &d, &err) != 0)
		fail_msg("refused: %s", text);
	return d;
}

static void read_is(const char *text, const char *canonical)
{
	struct decimal d;
	struct err err = {0};
	char out[DECIMAL_TEXT];
	if (decimal_parse(text, &d, &err) != 0)
		fail_msg("refused: %s", text);
	decimal_print(d, out);
	assert_string_equal(out, canonical);
	assert_int_equal(decimal_parse_canonical(canonical, &d, &err), 0);
}

static void refused(const char *text, const char *words)
{
	struct decimal d;
	struct err err = {0};
	struct buf b = {0};
	assert_int_equal(decimal_parse(text, &d, &err), ERR_INPUT);
	err_format(&err, NULL, &b);
	assert_string_equal(buf_str(&b), words);
	buf_free(&b);
}

static void people_write_numbers(void **state)
{
	(void)state;
	read_is("0", "0");
	read_is("-0", "0");
	read_is("42", "42");
	read_is("-42", "-42");
	read_is("58,14", "58.14");
	read_is("58.1400", "58.14");
	read_is("1.2600", "1.26");
	read_is("0.125", "0.125");
	read_is("0,125", "0.125");
	read_is("1260.125", "1260.125");
	read_is("5.0", "5");
	read_is("-0.5", "-0.5");
	read_is("0.000000001", "0.000000001");
	read_is("999999999999999999999999999999999999", "999999999999999999999999999999999999");
	read_is("-999999999999999999999999999.999999999", "-999999999999999999999999999.999999999");
}

static void what_may_be_thousands_is_refused(void **state)
{
	(void)state;
	refused("1.260", "'1.260' may be thousands or decimals; write 1260 or 1.26");
	refused("1,260", "'1,260' may be thousands or decimals; write 1260 or 1.26");
	refused("-12.345", "'-12.345' may be thousands or decimals; write -12345 or -12.3450");
	refused("120.000", "'120.000' may be thousands or decimals; write 120000 or 120.0");
	refused("1.234.567",
	    "'1.234.567' has several marks; a number has no marks between thousands; write 1234567");
	refused("1.234,56",
	    "'1.234,56' has several marks; a number has no marks between thousands; write 1234.56");
	refused("-1,234.5",
	    "'-1,234.5' has several marks; a number has no marks between thousands; write -1234.5");
}

static void what_is_no_number_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", " ", "-", "+1", "1e2", "1E2", "NaN", "inf", ".5", "5.", "0x1F",
	    "1_000", "12:30", " 1", "1 ", "1 000", "--1", "1-", "٤٢", "４２", "½", "1/2", "1.", "-.5", "1.2.",
	    "a"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct decimal d;
		struct err err = {0};
		assert_int_equal(decimal_parse(bad[i], &d, &err), ERR_INPUT);
		assert_non_null(err.hint);
	}
	refused("1e2",
	    "'1e2' is not a number; write digits with one decimal point at most, such as 1260 or 58.14");
	refused(
	    "007", "'007' begins with a zero; write the number without zeros in front; put a code in quotes");
	refused("0.1234567891", "'0.1234567891' is too long: at most 36 digits, 9 of them decimals");
	refused("1234567890123456789012345678901234567",
	    "'1234567890123456789012345678901234567' is too long: at most 36 digits, 9 of them decimals");
}

static void the_stored_form_is_one(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "-0", "00", "01", "1.0", "1,5", "1.50", "+1", ".5", "1e2", "-",
	    "0.1234567891", "1234567890123456789012345678901234567"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct decimal d;
		struct err err = {0};
		assert_int_equal(decimal_parse_canonical(bad[i], &d, &err), ERR_INPUT);
	}
	assert_int_equal(decimal_cmp(number("1.234"), number("1.234")), 0);
}

static void order_is_by_value(void **state)
{
	(void)state;
	static const char *const rising[] = {"-999999999999999999999999999999999999", "-2", "-1.5", "-1.49",
	    "-0.000000001", "0", "0.000000001", "0.1", "1", "1.000000001", "58.14",
	    "999999999999999999999999999999999999"};
	size_t n = sizeof rising / sizeof *rising;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			assert_int_equal(
			    decimal_cmp(number(rising[i]), number(rising[j])), i < j ? -1 : i > j);
	assert_true(decimal_is_zero(number("0")));
	assert_false(decimal_is_zero(number("0.1")));
}

static void percent_is(const char *a, const char *b, unsigned places, const char *percent)
{
	char text[DECIMAL_TEXT];
	struct err err = {0};
	assert_int_equal(decimal_percent(number(a), number(b), places, text, &err), 0);
	assert_string_equal(text, percent);
}

static void percents_round_half_up(void **state)
{
	(void)state;
	struct err err = {0};
	char text[DECIMAL_TEXT];
	percent_is("31", "58", 2, "53.45");
	percent_is("65", "129", 2, "50.39");
	percent_is("1", "3", 2, "33.33");
	percent_is("2", "3", 2, "66.67");
	percent_is("1", "8", 1, "12.5");
	percent_is("1", "8", 0, "13");
	percent_is("-1", "8", 0, "-13");
	percent_is("1", "-8", 0, "-13");
	percent_is("1", "200000", 2, "0.00");
	percent_is("1", "20000", 2, "0.01");
	percent_is("0", "58", 2, "0.00");
	percent_is("58", "58", 2, "100.00");
	percent_is("0.5", "2", 2, "25.00");
	percent_is("5", "0.25", 2, "2000.00");
	percent_is("1", "3", 9, "33.333333333");
	percent_is("1", "999999999999999999999999999999999999", 2, "0.00");
	assert_int_equal(decimal_percent(number("1"), number("0"), 2, text, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	assert_int_equal(decimal_percent(number("999999999999999999999999999999999999"),
			     number("0.000000001"), 2, text, &err),
	    ERR_INPUT);
	ERR_CLEAR(&err);
	assert_int_equal(decimal_percent(number("1"), number("1"), 10, text, &err), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(people_write_numbers),
	    cmocka_unit_test(what_may_be_thousands_is_refused),
	    cmocka_unit_test(what_is_no_number_is_refused),
	    cmocka_unit_test(the_stored_form_is_one),
	    cmocka_unit_test(order_is_by_value),
	    cmocka_unit_test(percents_round_half_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

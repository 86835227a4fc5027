#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "record/decimal_sum.h"

static const char *sum(const char *const *terms)
{
	static char text[DECIMAL_SUM_TEXT];
	struct decimal_sum s = {0};
	struct err err = {0};
	struct decimal d;
	for (; *terms; terms++) {
		assert_int_equal(decimal_parse_canonical(*terms, &d, &err), 0);
		decimal_sum_add(&s, d);
	}
	decimal_sum_print(&s, text);
	return text;
}

#define SUM(...) sum((const char *const[]){__VA_ARGS__, NULL})
#define NINES "999999999999999999999999999999999999"

static void sums_are_exact(void **state)
{
	(void)state;
	assert_string_equal(SUM("0"), "0");
	assert_string_equal(SUM("1", "2"), "3");
	assert_string_equal(SUM("0.1", "0.2"), "0.3");
	assert_string_equal(SUM("0.5", "0.5"), "1");
	assert_string_equal(SUM("58.14", "41.86", "0.000000001"), "100.000000001");
	assert_string_equal(SUM("10", "20"), "30");
	assert_string_equal(SUM("999999999999999999", "1"), "1000000000000000000");
}

static void signs_carry(void **state)
{
	(void)state;
	assert_string_equal(SUM("1", "-0.1"), "0.9");
	assert_string_equal(SUM("-1", "0.1"), "-0.9");
	assert_string_equal(SUM("-0.5", "0.5"), "0");
	assert_string_equal(SUM("1000000000000000000", "-1"), "999999999999999999");
	assert_string_equal(SUM("-1000000000000000000", "1"), "-999999999999999999");
	assert_string_equal(SUM("-5", "-7.25"), "-12.25");
}

static void longer_than_one_decimal(void **state)
{
	(void)state;
	assert_string_equal(SUM(NINES, "1"), "1000000000000000000000000000000000000");
	assert_string_equal(SUM(NINES, "0.5"), NINES ".5");
	assert_string_equal(SUM(NINES, NINES, "999999999999999999999999999.999999999"),
	    "2000000000999999999999999999999999997.999999999");
	struct decimal_sum s = {0};
	char text[DECIMAL_SUM_TEXT];
	struct decimal d;
	struct err err = {0};
	assert_int_equal(decimal_parse_canonical(NINES, &d, &err), 0);
	for (int i = 0; i < 4000; i++)
		decimal_sum_add(&s, d);
	decimal_sum_print(&s, text);
	assert_string_equal(text, "3999999999999999999999999999999999996000");
}

static void what_fits_is_a_decimal(void **state)
{
	struct decimal_sum s = {0};
	struct decimal d;
	struct err err = {0};
	(void)state;
	assert_int_equal(decimal_parse_canonical(NINES, &d, &err), 0);
	decimal_sum_add(&s, d);
	assert_true(decimal_sum_fits(&s, &d));
	decimal_sum_add(&s, decimal_from(1));
	assert_false(decimal_sum_fits(&s, &d));
	decimal_sum_add(&s, decimal_from(-2));
	assert_true(decimal_sum_fits(&s, &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_are_exact),
	    cmocka_unit_test(signs_carry),
	    cmocka_unit_test(longer_than_one_decimal),
	    cmocka_unit_test(what_fits_is_a_decimal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/change.h"

#define HEX "0123456789abcdef0123456789abcdef01234567"
#define TAIL "Tuyen-Unit: 11383\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: anchor\n"

static struct arena arena;

static int end_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void message_is(const struct change *c, const char *text)
{
	struct buf b = {0}, again = {0};
	struct change back = {0};
	struct err err = {0};
	change_message(c, &b);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(change_parse_message(&back, &arena, buf_str(&b), &err), 0);
	change_message(&back, &again);
	assert_string_equal(buf_str(&again), text);
	assert_int_equal(back.claim, c->claim);
	assert_int_equal(back.n_settles, c->n_settles);
	assert_true(oid_eq(&back.grant, &c->grant));
	buf_free(&b);
	buf_free(&again);
}

static void a_message_ends_in_its_trailers(void **state)
{
	(void)state;
	struct change c = {
	    .unit = "11383", .rank = 3, .rule = 1, .claim = CLAIM_NONE, .subject = "nộp báo cáo"};
	message_is(&c, "nộp báo cáo\n\n" TAIL);
	const char *const settles[] = {"ab12", "cd34"};
	c.station = "cong-an";
	c.agency = "hp.ca";
	c.claim = CLAIM_OWNER;
	c.body = "đối chiếu\n\nbiên bản";
	c.settles = settles;
	c.n_settles = 2;
	assert_true(oid_parse(&c.grant, HEX));
	assert_true(oid_parse(&c.claim_basis, HEX));
	message_is(&c, "nộp báo cáo\n\nđối chiếu\n\nbiên bản\n\nTuyen-Unit: 11383\nTuyen-Station: cong-an\n"
		       "Tuyen-Agency: hp.ca\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: " HEX "\n"
		       "Tuyen-Claim: owner " HEX "\nTuyen-Settles: ab12\nTuyen-Settles: cd34\n");
	c.claim = CLAIM_LEAD;
	c.body = "Tuyen-Unit: 31\n\nTuyen-Rank: 0";
	c.n_settles = 0;
	message_is(&c,
	    "nộp báo cáo\n\nTuyen-Unit: 31\n\nTuyen-Rank: 0\n\nTuyen-Unit: 11383\nTuyen-Station: cong-an\n"
	    "Tuyen-Agency: hp.ca\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: " HEX "\n"
	    "Tuyen-Claim: lead " HEX "\n");
}

static void other_messages_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "\n\n", "x", "x\n\n", "x\n\n\n", "\n\n" TAIL, "x\n" TAIL,
	    "x\ny\n\n" TAIL, "x\n\n\n\n" TAIL, "x\n\n\ny\n\n" TAIL, "x\n\ny\n\n\n" TAIL, "x\n\n" TAIL "\n",
	    "x\n\n" TAIL "Tuyen-Other: 1\n", "x\x1b[31m\n\n" TAIL, "x\xFF\n\n" TAIL, "x\n\ny\rz\n\n" TAIL,
	    "x\n\nTuyen-Unit: a/b\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Unit: \nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rank: 03\nTuyen-Rule: 1\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rank: -3\nTuyen-Rule: 1\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rank: 3000\nTuyen-Rule: 1\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rule: 1\nTuyen-Rank: 3\nTuyen-Grant: anchor\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: 12\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: "
	    "0000000000000000000000000000000000000000\n",
	    "x\n\nTuyen-Unit: 1\nTuyen-Rank: 3\nTuyen-Rule: 1\nTuyen-Grant: anchor",
	    "x\n\n" TAIL "Tuyen-Claim: none\n", "x\n\n" TAIL "Tuyen-Claim: owner 12\n",
	    "x\n\n" TAIL "Tuyen-Claim: own " HEX "\n",
	    "x\n\n" TAIL "Tuyen-Claim: owner 0000000000000000000000000000000000000000\n",
	    "x\n\n" TAIL "Tuyen-Settles: b\nTuyen-Settles: a\n",
	    "x\n\n" TAIL "Tuyen-Settles: a\nTuyen-Settles: a\n", "x\n\n" TAIL "Tuyen-Settles: \n",
	    "x\n\n" TAIL "Tuyen-Settles: a\nTuyen-Claim: owner " HEX "\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct change c;
		struct err err = {0};
		if (change_parse_message(&c, &arena, bad[i], &err) != ERR_INPUT)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(err.rule, "form");
	}
}

static void a_message_has_a_bound(void **state)
{
	(void)state;
	struct change c;
	struct err err = {0};
	struct buf b = {0};
	for (size_t i = strlen("\n\n" TAIL); i < CHANGE_MESSAGE_MAX; i++)
		buf_putc(&b, 'x');
	buf_puts(&b, "\n\n" TAIL);
	assert_int_equal(change_parse_message(&c, &arena, b.data, &err), 0);
	assert_int_equal(
	    change_parse_message(&c, &arena, arena_printf(&arena, "x%s", b.data), &err), ERR_INPUT);
	buf_free(&b);
}

static void a_writer_is_a_role(void **state)
{
	(void)state;
	struct change c = {.unit = "11383"};
	char out[136];
	struct buf b = {0};
	change_writer(&c, out);
	assert_string_equal(out, "11383");
	change_author(&c, &b);
	assert_string_equal(buf_str(&b), "11383 <11383@tuyen.invalid>");
	buf_cut(&b, 0);
	c.station = "cong-an";
	change_writer(&c, out);
	assert_string_equal(out, "cong-an@11383");
	change_author(&c, &b);
	assert_string_equal(buf_str(&b), "cong-an@11383 <cong-an.11383@tuyen.invalid>");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_message_ends_in_its_trailers, end_arena),
	    cmocka_unit_test_teardown(other_messages_are_refused, end_arena),
	    cmocka_unit_test_teardown(a_message_has_a_bound, end_arena),
	    cmocka_unit_test(a_writer_is_a_role),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

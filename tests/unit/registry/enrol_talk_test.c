/* Goal: the two frames of an enrolment line carry what they must, and nothing else is taken for one. */
#include "tree.h"

#include "registry/enrol_talk.h"

static struct enrol_talk round_trip(struct arena *arena, const struct enrol_talk *t)
{
	struct buf out = {0};
	struct err err = {0};
	struct enrol_talk back;
	size_t whole;
	enrol_talk_write(t, &out);
	for (size_t i = 0; i < out.len; i++) {
		assert_int_equal(enrol_talk_length(out.data, i, ENROL_ANSWER_MAX, &whole, &err), 0);
		assert_true(whole == 0 || whole == out.len);
	}
	assert_int_equal(enrol_talk_length(out.data, out.len, ENROL_ANSWER_MAX, &whole, &err), 0);
	assert_int_equal(whole, out.len);
	char *kept = arena_dup_len(arena, out.data, out.len);
	if (enrol_talk_read(arena, kept, out.len, &back, &err) < 0)
		tree_fail(&err);
	assert_int_equal(back.kind, t->kind);
	buf_free(&out);
	return back;
}

static void a_request_with_and_without_a_secret(void **state)
{
	(void)state;
	struct arena arena = {0};
	static const unsigned char secret[16] = {0, 1, 2};
	struct enrol_talk t = {.kind = ENROL_ASK, .text = "format: x\n", .len = 10};
	struct enrol_talk back = round_trip(&arena, &t);
	assert_int_equal(back.len, 10);
	assert_memory_equal(back.text, "format: x\n", 10);
	assert_int_equal(back.secret_len, 0);
	t.secret = secret;
	t.secret_len = sizeof secret;
	back = round_trip(&arena, &t);
	assert_int_equal(back.secret_len, sizeof secret);
	assert_memory_equal(back.secret, secret, sizeof secret);
	arena_free(&arena);
}

static void the_answers(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct enrol_talk t = {.kind = ENROL_WELCOME, .text = "welcome", .len = 7};
	struct enrol_talk back = round_trip(&arena, &t);
	assert_memory_equal(back.text, "welcome", 7);
	t = (struct enrol_talk){.kind = ENROL_PENDING};
	round_trip(&arena, &t);
	t = (struct enrol_talk){.kind = ENROL_REFUSED};
	err_set(&t.err, ERR_NOT_FOUND, "%1 is not for %2", "phường Lê Chân", "11383");
	err_hint(&t.err, "ask %2");
	err_rule(&t.err, "invitation", NULL, NULL);
	back = round_trip(&arena, &t);
	assert_int_equal(back.err.code, ERR_REFUSED);
	assert_string_equal(back.err.msg, "%1 is not for %2");
	assert_string_equal(back.err.arg[0], "phường Lê Chân");
	assert_string_equal(back.err.hint, "ask %2");
	assert_string_equal(back.err.rule, "invitation");
	t.err.code = ERR_BUSY;
	back = round_trip(&arena, &t);
	assert_int_equal(back.err.code, ERR_BUSY);
	arena_free(&arena);
}

static void not_a_frame(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
	    {"", 0}, {"\0", 1}, {"\1\5", 2}, {"\1\0", 2}, {"\2\1", 2}, {"\3\1\2\0", 4}, {"\4\1\1\0\5", 5},
	    {"\5\1\0\0\0x", 6}, {"\2\3", 2}, {"\6\4\0\0\0\0\0", 7}, /* a refusal that says nothing */
	    {"\10\4\0\0\2%\33\0\0", 9}, /* that moves the cursor */
	    {"\10\4\0\0\1x\0\7\0", 9}, /* that has seven arguments */
	    {"\10\4\0\0\2\303x\0\0", 9}, /* that is no text */
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena arena = {0};
		struct enrol_talk out;
		struct err err = {0};
		if (enrol_talk_read(&arena, bad[i].bytes, bad[i].len, &out, &err) != ERR_PEER)
			fail_msg("row %zu was taken", i);
		arena_free(&arena);
	}
}

/* What a newer version says behind is passed over, and its number taken. */
static void of_a_newer_version(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		enum enrol_talk_kind kind;
	} good[] = {
	    {"\7\1\2\0\1rxy", 8, ENROL_ASK}, {"\5\2\1wxy", 6, ENROL_WELCOME}, {"\3\3xy", 4, ENROL_PENDING}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct arena arena = {0};
		struct enrol_talk out;
		struct err err = {0};
		assert_int_equal(enrol_talk_read(&arena, good[i].bytes, good[i].len, &out, &err), 0);
		assert_int_equal(out.kind, good[i].kind);
		assert_int_equal(out.len, good[i].kind != ENROL_PENDING);
		arena_free(&arena);
	}
}

/* As schema/wire.md has it, byte for byte. */
static void the_bytes_are_these(void **state)
{
	(void)state;
	static const unsigned char secret[2] = {0xab, 0xcd};
	struct enrol_talk said[] = {
	    {.kind = ENROL_ASK, .text = "r", .len = 1, .secret = secret, .secret_len = 2},
	    {.kind = ENROL_WELCOME, .text = "w", .len = 1},
	    {.kind = ENROL_PENDING},
	    {.kind = ENROL_REFUSED},
	};
	static const struct {
		const char *bytes;
		size_t len;
	} wanted[] = {
	    {"\7\1\1\2\253\315\1r", 8},
	    {"\3\2\1w", 4},
	    {"\1\3", 2},
	    {"\15\4\0\1u\2%1\1h\1\2xy", 14},
	};
	err_set(&said[3].err, ERR_REFUSED, "%1", "xy");
	err_hint(&said[3].err, "h");
	err_rule(&said[3].err, "u", NULL, NULL);
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct buf out = {0};
		enrol_talk_write(&said[i], &out);
		assert_int_equal(out.len, wanted[i].len);
		assert_memory_equal(out.data, wanted[i].bytes, out.len);
		buf_free(&out);
	}
}

static void lengths_are_bounded(void **state)
{
	(void)state;
	struct err err = {0};
	size_t whole;
	assert_int_equal(enrol_talk_length("\377\377\377\377", 4, ENROL_ASK_MAX, &whole, &err), ERR_PEER);
	ERR_CLEAR(&err);
	assert_int_equal(enrol_talk_length("\0", 1, ENROL_ASK_MAX, &whole, &err), ERR_PEER);
	ERR_CLEAR(&err);
	assert_int_equal(enrol_talk_length("\377\377\1", 3, ENROL_ASK_MAX, &whole, &err), ERR_PEER);
	ERR_CLEAR(&err);
	assert_int_equal(enrol_talk_length("\377\1", 2, ENROL_ASK_MAX, &whole, &err), 0);
	assert_int_equal(whole, 2 + 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_with_and_without_a_secret),
	    cmocka_unit_test(the_answers),
	    cmocka_unit_test(not_a_frame),
	    cmocka_unit_test(of_a_newer_version),
	    cmocka_unit_test(the_bytes_are_these),
	    cmocka_unit_test(lengths_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

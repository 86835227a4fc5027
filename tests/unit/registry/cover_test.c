#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/sys.h"
#include "registry/cover.h"

#define VECTORS "schema/vectors/parcel/"
#define CUT (4096 + SEAL_TAG_SIZE)

#define ID "00112233445566778899aabbccddeeff"

static struct key *key;

static int begin(void **state)
{
	struct err err = {0};
	(void)state;
	return key_generate(&key, &err);
}

static int end(void **state)
{
	(void)state;
	key_free(key);
	return 0;
}

static struct cover some_cover(void)
{
	struct cover c = {
	    .id = ID, .number = 7, .from = "31", .to = "cong-an@11383", .at = 1782900000, .n_boxes = 2};
	memset(c.instance, 0xab, sizeof c.instance);
	memset(c.boxes, 0x5c, sizeof c.boxes);
	return c;
}

static void pieces(void **state)
{
	static const char *const wrong[] = {"", "tuyen-parcel/1 " ID " 1/3", "tuyen-parcel/1 " ID " 0/3\n",
	    "tuyen-parcel/1 " ID " 4/3\n", "tuyen-parcel/1 " ID " 01/3\n", "tuyen-parcel/1 " ID " 1/3 \n",
	    "tuyen-parcel/1 " ID " -1/3\n", "tuyen-parcel/1 " ID " 1/99999\n", "tuyen-parcel/2 " ID " 1/3\n",
	    "tuyen-parcel/1 00112233445566778899AABBCCDDEEFF 1/3\n", "tuyen-parcel/1 0011 1/3\n",
	    "tuyen-parcel/1  " ID " 1/3\n", "PK\x03\x04\n"};
	struct cover_piece p = {.id = ID, .at = 2, .of = 3}, got;
	struct buf out = {0};
	(void)state;
	cover_piece_print(&p, &out);
	buf_puts(&out, "rest");
	assert_true(cover_piece_read(out.data, out.len, &got));
	assert_string_equal(got.id, ID);
	assert_int_equal(got.at, 2);
	assert_int_equal(got.of, 3);
	assert_string_equal(out.data + got.size, "rest");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(cover_piece_read(wrong[i], strlen(wrong[i]), &got));
	buf_free(&out);
}

static void there_and_back(void **state)
{
	struct cover c = some_cover(), got;
	struct buf out = {0};
	struct err err = {0};
	unsigned char context[SEAL_CONTEXT_SIZE], same[SEAL_CONTEXT_SIZE];
	(void)state;
	cover_print(&c, key, &out);
	assert_int_equal(out.len, c.size);
	buf_puts(&out, "sealed bytes");
	assert_int_equal(cover_read(ID, out.data, out.len, &got, &err), 0);
	assert_int_equal(got.size, c.size);
	assert_int_equal(got.number, 7);
	assert_string_equal(got.from, "31");
	assert_string_equal(got.to, "cong-an@11383");
	assert_int_equal(got.at, 1782900000);
	assert_false(got.whole);
	assert_int_equal(got.n_boxes, 2);
	assert_memory_equal(got.boxes, c.boxes, 2 * SEAL_BOX_SIZE);
	assert_memory_equal(got.instance, c.instance, sizeof c.instance);
	assert_memory_equal(got.key, key_public(key), KEY_PUBLIC_SIZE);
	assert_memory_equal(got.context, c.context, sizeof c.context);
	cover_context(&c, context);
	cover_context(&got, same);
	assert_memory_equal(context, same, sizeof same);
	buf_free(&out);
}

/* Every bit of it is signed, and so is the id in the line before it. */
static void nothing_can_be_altered(void **state)
{
	struct cover c = some_cover(), got;
	struct buf out = {0};
	struct err err = {0};
	(void)state;
	cover_print(&c, key, &out);
	for (size_t i = 0; i < out.len; i++) {
		out.data[i] ^= 1;
		ERR_CLEAR(&err);
		assert_int_equal(cover_read(ID, out.data, out.len, &got, &err), ERR_INPUT);
		out.data[i] ^= 1;
	}
	for (size_t len = 0; len < out.len; len++) {
		ERR_CLEAR(&err);
		assert_int_equal(cover_read(ID, out.data, len, &got, &err), ERR_INPUT);
	}
	assert_int_equal(
	    cover_read("ff112233445566778899aabbccddeeff", out.data, out.len, &got, &err), ERR_INPUT);
	buf_free(&out);
}

/* What its writer may say of itself is bounded, even when well signed. */
static void names_are_safe(void **state)
{
	static const char *const names[] = {"../../etc", ".hidden", "a b", "", "a/b", "x\ny"};
	struct err err = {0};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct cover c = some_cover(), got;
		struct buf out = {0};
		strcpy(c.from, names[i]);
		cover_print(&c, key, &out);
		assert_int_equal(cover_read(ID, out.data, out.len, &got, &err), ERR_INPUT);
		ERR_CLEAR(&err);
		buf_free(&out);
	}
}

static void file_names(void **state)
{
	struct cover c = some_cover();
	struct buf out = {0};
	(void)state;
	cover_name(&c, false, 1, 1, &out);
	assert_string_equal(out.data, "tuyen-31-cong-an@11383-0007.par");
	buf_cut(&out, 0);
	cover_name(&c, true, 2, 3, &out);
	assert_string_equal(out.data, "tuyen-31-cong-an@11383-0007-00112233.par.2of3");
	assert_true(cover_is_named(out.data));
	assert_false(cover_is_named("ngan sach.pdf"));
	buf_free(&out);
}

/* A parcel of the first day: what could be read then is read for ever. (The addressee's key was made for it.) */
static void golden(void **state)
{
	struct buf file = {0}, inside = {0}, plain = {0};
	struct key *reader;
	struct cover_piece piece;
	struct cover c;
	struct err err = {0};
	unsigned char context[SEAL_CONTEXT_SIZE], secret[SEAL_SECRET_SIZE];
	(void)state;
	assert_int_equal(sys_read_file(VECTORS "one.par", 1 << 20, &file, &err), 0);
	assert_int_equal(sys_read_file(VECTORS "inside.bin", 1 << 20, &inside, &err), 0);
	assert_int_equal(key_load(VECTORS "addressee.key", &reader, &err), 0);
	assert_true(cover_piece_read(file.data, file.len, &piece));
	assert_int_equal(piece.at * 100 + piece.of, 101);
	assert_int_equal(cover_read(piece.id, file.data + piece.size, file.len - piece.size, &c, &err), 0);
	assert_string_equal(c.from, "31");
	assert_string_equal(c.to, "11383");
	assert_int_equal(c.number, 1);
	assert_true(c.whole);
	cover_context(&c, context);
	assert_true(seal_unbox(reader, c.boxes[0], context, secret));
	struct seal_piece cut = {secret, c.context, 0, false};
	for (size_t at = piece.size + c.size; at < file.len; at += CUT, cut.number++) {
		cut.last = file.len - at <= CUT;
		assert_true(seal_open(&cut, file.data + at, cut.last ? file.len - at : CUT, &plain));
	}
	assert_true(cut.number > 1);
	assert_int_equal(plain.len, inside.len);
	assert_memory_equal(plain.data, inside.data, inside.len);
	key_free(reader);
	buf_free(&file);
	buf_free(&inside);
	buf_free(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pieces), cmocka_unit_test(there_and_back),
	    cmocka_unit_test(nothing_can_be_altered), cmocka_unit_test(names_are_safe),
	    cmocka_unit_test(file_names), cmocka_unit_test(golden)};
	return cmocka_run_group_tests(tests, begin, end);
}

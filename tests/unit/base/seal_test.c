#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/oid.h"
#include "base/seal.h"

static struct key *some_key(void)
{
	struct key *key;
	struct err err = {0};
	assert_int_equal(key_generate(&key, &err), 0);
	return key;
}

/* A box opens by the key it is for, in its own context, and with every byte as it was. */
static void box_is_for_one(void **state)
{
	unsigned char secret[SEAL_SECRET_SIZE], context[SEAL_CONTEXT_SIZE] = "about this",
						other[SEAL_CONTEXT_SIZE] = "else";
	unsigned char box[SEAL_BOX_SIZE], again[SEAL_BOX_SIZE], got[SEAL_SECRET_SIZE];
	struct err err = {0};
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct key *a = some_key(), *b = some_key();
		memset(secret, round, sizeof secret);
		assert_int_equal(seal_box(key_public(a), secret, context, box, &err), 0);
		assert_int_equal(seal_box(key_public(a), secret, context, again, &err), 0);
		assert_memory_not_equal(box, again, sizeof box);
		assert_true(seal_unbox(a, box, context, got));
		assert_memory_equal(got, secret, sizeof secret);
		assert_false(seal_unbox(b, box, context, got));
		assert_false(seal_unbox(a, box, other, got));
		for (size_t i = 0; round == 0 && i < sizeof box; i++) {
			box[i] ^= 1;
			assert_false(seal_unbox(a, box, context, got));
			box[i] ^= 1;
		}
		key_free(a);
		key_free(b);
	}
}

/* Points of small order give everybody the same secret; y = 1 has no image at all. */
static void weak_keys(void **state)
{
	unsigned char to[KEY_PUBLIC_SIZE] = {1}, secret[SEAL_SECRET_SIZE] = {0},
		      context[SEAL_CONTEXT_SIZE] = {0};
	unsigned char box[SEAL_BOX_SIZE] = {0};
	struct err err = {0};
	(void)state;
	assert_int_equal(seal_box(to, secret, context, box, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	memset(to, 0, sizeof to);
	to[0] = 0xec, to[31] = 0x7f;
	memset(to + 1, 0xff, 30); /* y = -1: u = 0 */
	assert_int_equal(seal_box(to, secret, context, box, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	memset(to, 0xff, sizeof to); /* y beyond the field */
	assert_int_equal(seal_box(to, secret, context, box, &err), ERR_INPUT);
	struct key *a = some_key();
	assert_false(seal_unbox(a, box, context, secret)); /* a fresh key of zeros */
	key_free(a);
}

static void pieces(void **state)
{
	unsigned char secret[SEAL_SECRET_SIZE] = {7}, context[SEAL_CONTEXT_SIZE] = {9};
	struct seal_piece p = {secret, context, 3, false};
	struct buf sealed = {0}, plain = {0};
	(void)state;
	seal_close(&p, "Hải Phòng", 11, &sealed);
	assert_int_equal(sealed.len, 11 + SEAL_TAG_SIZE);
	assert_true(seal_open(&p, sealed.data, sealed.len, &plain));
	assert_memory_equal(plain.data, "Hải Phòng", 11);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 0x40;
		assert_false(seal_open(&p, sealed.data, sealed.len, &plain));
		sealed.data[i] ^= 0x40;
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_false(seal_open(&p, sealed.data, len, &plain));
	p.last = true;
	assert_false(seal_open(&p, sealed.data, sealed.len, &plain));
	p.last = false;
	p.number = 4;
	assert_false(seal_open(&p, sealed.data, sealed.len, &plain));
	assert_int_equal(plain.len, 11);
	buf_cut(&sealed, 0);
	seal_close(&p, "", 0, &sealed);
	assert_int_equal(sealed.len, SEAL_TAG_SIZE);
	assert_true(seal_open(&p, sealed.data, sealed.len, &plain));
	buf_free(&sealed);
	buf_free(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(box_is_for_one), cmocka_unit_test(weak_keys), cmocka_unit_test(pieces)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

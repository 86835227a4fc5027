/* A history in the form in which it is kept: the same again, byte for byte, and damage of any kind is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/p/2026-06.yaml"
#define TASK "progress/31/p/t1.yaml"
#define CHANGES 5

static struct oid id_of(unsigned name)
{
	struct oid id;
	memset(id.b, (int)name, OID_SIZE);
	return id;
}

static void conflict_of(const char *record, const char *field, unsigned losing, char path[64])
{
	char id[41];
	struct oid change = id_of(losing);
	merge_conflict_id(record, field, &change, id);
	merge_conflict_path(id, path);
}

/*
 * 1 - 2 ------- 5    the ward adds a report, sets a figure, then objects to what became of it
 *   \ 3 - 4 --/      the city sets the same figure, then removes and seals
 */
static void add_all(struct history *h)
{
	char conflict[64];
	conflict_of(REPORT, "values.TT01", 2, conflict);
	const struct write writes[CHANGES][3] = {
	    {{.record = REPORT, .field = "", .value = "+", .all = true},
		{.record = REPORT, .field = "state", .value = "draft"},
		{.record = REPORT, .field = "values.TT01", .value = "4"}},
	    {{.record = REPORT, .field = "", .value = "+"},
		{.record = REPORT, .field = "values.TT01", .value = "5"},
		{.record = TASK, .field = "", .value = NULL}},
	    {{.record = REPORT, .field = "", .value = "+"},
		{.record = REPORT, .field = "values.TT01", .value = "6"},
		{.record = REPORT, .field = "note", .value = ""}},
	    {{.record = REPORT, .field = "", .value = "+", .seal = true, .all = true},
		{.record = REPORT, .field = "state", .value = "accepted", .seal = true},
		{.record = TASK, .field = "", .value = "+", .all = true}},
	    {{.record = conflict, .field = "objections.11383.text", .value = "no"},
		{.record = REPORT, .field = "", .value = "+"},
		{.record = REPORT, .field = "values.TT02", .value = "1"}},
	};
	static const unsigned seen[CHANGES][2] = {{0}, {1}, {1}, {3}, {2, 4}};
	for (unsigned i = 0; i < CHANGES; i++) {
		bool city = i == 2 || i == 3;
		struct err err = {0};
		struct history_change c = {.id = id_of(i + 1),
		    .writer = city ? "31" : "11383",
		    .unit = city ? "31" : "11383",
		    .rank = city ? 1 : 3,
		    .claim = city ? CLAIM_OWNER : CLAIM_NONE,
		    .writes = writes[i],
		    .n_writes = 3};
		for (int k = 0; k < 2; k++) {
			struct oid head = id_of(seen[i][k]);
			if (seen[i][k])
				oids_add(&c.heads, &head);
		}
		assert_int_equal(history_add(h, &c, &err), 0);
		oids_free(&c.heads);
	}
}

static char *state_of(const struct history *h)
{
	struct oids none = {0}, tips;
	struct merge_result r;
	struct buf text = {0};
	history_tips(h, &tips);
	merge_advance(h, LEDGER, &none, &tips, &r);
	for (size_t i = 0; i < r.n; i++)
		buf_printf(&text, "%s\n%s\n", r.records[i].path, r.records[i].text);
	merge_result_free(&r);
	oids_free(&tips);
	return buf_take(&text);
}

/* Copies of their own, so that a sanitizer sees who reads beyond. */
struct copy {
	unsigned char *bytes[CHANGES];
	size_t len[CHANGES];
};

static struct copy copy_of(const struct history *h)
{
	struct copy c;
	for (size_t i = 0; i < CHANGES; i++) {
		const void *bytes;
		history_packed(h, i, &bytes, &c.len[i]);
		c.bytes[i] = mem_alloc(c.len[i]);
		memcpy(c.bytes[i], bytes, c.len[i]);
	}
	return c;
}

static void copy_free(struct copy *c)
{
	for (size_t i = 0; i < CHANGES; i++)
		free(c->bytes[i]);
}

static struct history *taken(const struct copy *c, size_t n)
{
	struct history *h = history_new();
	for (size_t i = 0; i < n; i++)
		assert_true(history_take(h, c->bytes[i], c->len[i]));
	return h;
}

static void what_was_kept_says_the_same(void **state)
{
	(void)state;
	struct history *h = history_new();
	add_all(h);
	char *before = state_of(h);
	assert_non_null(strstr(before, "objections:"));
	struct copy copy = copy_of(h);
	struct history *again = taken(&copy, CHANGES);
	char *after = state_of(again);
	assert_string_equal(before, after);
	for (unsigned i = 1; i <= CHANGES; i++) {
		struct oid id = id_of(i);
		assert_true(history_same(h, again, &id));
	}
	assert_false(history_take(again, copy.bytes[0], copy.len[0])); /* it is there */
	history_rest(h);
	free(after);
	after = state_of(h);
	assert_string_equal(before, after);
	free(before);
	free(after);
	history_free(h);
	history_free(again);
	copy_free(&copy);
}

static void what_is_added_to_it_goes_on_from_there(void **state)
{
	(void)state;
	struct history *h = history_new();
	add_all(h);
	struct copy copy = copy_of(h);
	struct history *again = taken(&copy, CHANGES - 2);
	add_all(again); /* what is there is passed over */
	for (unsigned i = 1; i <= CHANGES; i++) {
		struct oid id = id_of(i);
		assert_true(history_same(h, again, &id));
	}
	history_drop_last(again);
	history_drop_last(again);
	history_drop_last(again);
	assert_int_equal(history_count(again), CHANGES - 3);
	add_all(again);
	char *before = state_of(h), *after = state_of(again);
	assert_string_equal(before, after);
	free(before);
	free(after);
	history_free(h);
	history_free(again);
	copy_free(&copy);
}

/* schema/store.md, "The index": an entry of each kind of part. */
static void golden_bytes(void **state)
{
	(void)state;
	static const char *const golden[CHANGES] = {
	    "6d00000001010101010101010101010101010101010101010203010531313338330000000001010103197265706f7274"
	    "732f33312f702f323032362d30362e79616d6c00000003050000042b0007057374617465000c647261667400090b7661"
	    "6c7565732e5454303100043400",
	    "4b0000000202020202020202020202020202020202020202020300000101010102020201280204042b00080435000b15"
	    "70726f67726573732f33312f702f74312e79616d6c000000010400",
	    "3c000000030303030303030303030303030303030303030300010d0233310001010102020101010201220304042b0008"
	    "0436000f046e6f7465000200",
	    "42000000040404040404040404040404040404040404040400010c01020101020102020201270404052b000613616363"
	    "65707465640008010e010a022e0104042b00",
	    "9b0000000505050505050505050505050505050505050505020300000302030102030202113a636f6e666c696374732f"
	    "61352f613537636336653630616136326134333131353661663131656362333361653036386462633838632e79616d6c"
	    "00000302080113156f626a656374696f6e732e31313338332e7465787400066e6f000201230204042b00150b76616c75"
	    "65732e5454303200043100"};
	struct history *h = history_new();
	add_all(h);
	for (size_t i = 0; i < CHANGES; i++) {
		const void *bytes;
		size_t len;
		history_packed(h, i, &bytes, &len);
		char *hex = mem_alloc(2 * len + 1);
		hex_encode(bytes, len, hex);
		assert_string_equal(hex, golden[i]);
		free(hex);
	}
	history_free(h);
}

static bool take_copy(struct history *h, const unsigned char *bytes, size_t len, size_t at, unsigned flip)
{
	unsigned char *own = mem_alloc(len + 1);
	memcpy(own, bytes, len);
	if (at < len)
		own[at] ^= (unsigned char)flip;
	bool taken = history_take(h, own, len);
	if (taken)
		free(state_of(h)); /* whatever it says, it can be asked */
	if (taken)
		history_drop_last(h);
	free(own);
	return taken;
}

static void cut_off_anywhere_it_is_not_taken(void **state)
{
	(void)state;
	struct history *h = history_new();
	add_all(h);
	struct copy copy = copy_of(h);
	for (size_t i = 0; i < CHANGES; i++) {
		struct history *again = taken(&copy, i);
		for (size_t len = 0; len < copy.len[i]; len++)
			assert_false(take_copy(again, copy.bytes[i], len, len, 0));
		assert_true(history_take(again, copy.bytes[i], copy.len[i]));
		history_free(again);
	}
	history_free(h);
	copy_free(&copy);
}

/* A value may become another one; what can be asked is answered. */
static void a_bit_turned_anywhere_harms_nobody(void **state)
{
	(void)state;
	struct history *h = history_new();
	add_all(h);
	struct copy copy = copy_of(h);
	for (size_t i = 0; i < CHANGES; i++) {
		struct history *again = taken(&copy, i);
		for (size_t at = 0; at < copy.len[i]; at++)
			for (unsigned bit = 0; bit < 8; bit++)
				take_copy(again, copy.bytes[i], copy.len[i], at, 1u << bit);
		assert_true(history_take(again, copy.bytes[i], copy.len[i]));
		history_free(again);
	}
	history_free(h);
	copy_free(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_kept_says_the_same),
	    cmocka_unit_test(what_is_added_to_it_goes_on_from_there),
	    cmocka_unit_test(golden_bytes),
	    cmocka_unit_test(cut_off_anywhere_it_is_not_taken),
	    cmocka_unit_test(a_bit_turned_anywhere_harms_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

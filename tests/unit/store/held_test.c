/* A change that is held: checked like any other, durable, out of every ledger, and let in by its own judge later. */
#include "sites.h"
#include "store/held.h"

static int hold(
    void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err)
{
	(void)ctx, (void)c, (void)texts, (void)n, (void)err;
	return TX_HELD;
}

/* Offer a change of store 1 to store 0; `spoil` alters its signature. */
static int offer(struct world *w, const struct oid *id, bool held, bool spoil, bool *known, struct err *err)
{
	struct arena arena = {0};
	struct change c;
	struct oid got;
	struct tx *tx;
	assert_ok(store_change(w->s[1], LEDGER, id, &arena, &c, err), *err);
	c.id = c.parent = (struct oid){0};
	c.signature[0] ^= spoil;
	assert_ok(tx_begin(w->s[0], &tx, err), *err);
	int rc = tx_receive(tx, &c, key_of(w, &c), held ? hold : NULL, NULL, &got, known, err);
	if (rc >= 0) {
		assert_true(oid_eq(&got, id));
		struct err none = {0};
		assert_ok(tx_commit(tx, &none), none);
	}
	tx_destroy(tx);
	arena_free(&arena);
	return rc;
}

static size_t count(struct world *w)
{
	struct arena arena = {0};
	struct held_changes held;
	struct err err = {0};
	assert_ok(held_refs(w->s[0], &arena, &held, &err), err);
	size_t n = held.n;
	for (size_t i = 0; i < n; i++)
		assert_string_equal(held.items[i].ledger, LEDGER);
	arena_free(&arena);
	return n;
}

static void a_held_change_stands_in_no_ledger(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct history *h;
	bool known;
	write_value(w, 1, 1, "{state: draft, values: {TT01: '1'}}");
	sync_one_way(w, 1, 0, true);
	struct oid before = tip(w->s[0]);
	write_value(w, 1, 1, "{state: draft, values: {TT01: '2'}}");
	struct oid second = tip(w->s[1]);
	write_value(w, 1, 1, "{state: draft, values: {TT01: '3'}}");
	struct oid third = tip(w->s[1]);
	assert_int_equal(offer(w, &second, true, false, &known, &err), TX_HELD);
	assert_true(held_has(w->s[0], LEDGER, &second));
	assert_int_equal(count(w), 1);
	struct oid after = tip(w->s[0]);
	assert_true(oid_eq(&before, &after));
	assert_ok(store_history(w->s[0], LEDGER, &h, &err), err);
	assert_false(history_has(h, &second));
	/* Once more is once; what was built on it waits. */
	assert_int_equal(offer(w, &second, true, false, &known, &err), TX_HELD);
	assert_int_equal(count(w), 1);
	assert_int_equal(offer(w, &third, true, false, &known, &err), ERR_PARKED);
	ERR_CLEAR(&err);
	assert_int_equal(
	    kit_run(
		w->dir, "git -C a.git fsck --strict && git -C a.git for-each-ref refs/held | grep -q commit"),
	    0);
	/* Another process, too, finds it, and its words are whole. */
	store_forget(w->s[0], NULL);
	struct arena arena = {0};
	struct change c;
	assert_ok(store_change(w->s[0], LEDGER, &second, &arena, &c, &err), err);
	assert_non_null(strstr(c.records[0].text, "TT01: '2'"));
	arena_free(&arena);
	/* Let in. */
	assert_int_equal(offer(w, &second, false, false, &known, &err), 0);
	struct tx *tx;
	assert_ok(tx_begin(w->s[0], &tx, &err), err);
	assert_ok(held_drop(tx, LEDGER, &second, &err), err);
	assert_ok(held_drop(tx, LEDGER, &second, &err), err);
	tx_destroy(tx);
	assert_int_equal(count(w), 0);
	assert_int_equal(offer(w, &third, false, false, &known, &err), 0);
	assert_same(w, 0, 1);
}

static void what_breaks_a_rule_is_not_held(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	bool known;
	write_value(w, 1, 1, "{state: draft, values: {TT01: '1'}}");
	struct oid first = tip(w->s[1]);
	assert_int_equal(offer(w, &first, true, true, &known, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "signature");
	assert_int_equal(count(w), 0);
}

static void no_more_than_so_many_are_held(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	bool known;
	/* Each the first of its ledger, as its writer saw it: none is ever committed at the sender. */
	for (int i = 0; i <= HELD_MAX; i++) {
		char yaml[64];
		struct tx *tx;
		struct oid id;
		snprintf(yaml, sizeof yaml, "{state: draft, values: {TT01: '%d'}}", i);
		assert_ok(tx_begin(w->s[1], &tx, &err), err);
		assert_ok(kit_edit(tx, &w->w[1], LEDGER, REPORT, yaml, &id, &err), err);
		tx_destroy(tx);
		assert_int_equal(offer(w, &id, true, false, &known, &err), TX_HELD);
		assert_int_equal(held_has(w->s[0], LEDGER, &id), i < HELD_MAX);
	}
	assert_int_equal(count(w), HELD_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_held_change_stands_in_no_ledger),
	    TEST(what_breaks_a_rule_is_not_held),
	    TEST(no_more_than_so_many_are_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

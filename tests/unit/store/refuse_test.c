/* What a store does not take from another: spoiled on the way, forged, or not allowed. */
#include "sites.h"

/* A change that a writer of ours would not make: the fields that `spoil` sets, signed well unless it spoils that. */
struct spoiled {
	const char *rule;
	void (*spoil)(struct change *c, struct arena *arena);
};

static void spoil_signature(struct change *c, struct arena *arena)
{
	(void)arena;
	c->signature[9] ^= 1;
}

static void spoil_id(struct change *c, struct arena *arena)
{
	(void)arena;
	c->id.b[0] ^= 1;
}

static void spoil_parent(struct change *c, struct arena *arena)
{
	(void)arena;
	c->parent.b[0] ^= 1;
}

static void spoil_text(struct change *c, struct arena *arena)
{
	c->records[0].text = arena_dup(arena, "state: accepted\n");
	c->records[0].len = 16;
}

static void spoil_form(struct change *c, struct arena *arena)
{
	c->records[0].text = arena_dup(arena, "state:  accepted\n");
	c->records[0].len = 17;
}

static void spoil_path(struct change *c, struct arena *arena)
{
	c->records[0].path = arena_dup(arena, "units/31.yaml");
}

static void spoil_size(struct change *c, struct arena *arena)
{
	struct buf text = {0};
	buf_puts(&text, "state: draft\nnote: ");
	while (text.len <= YAML_STORED_MAX)
		buf_puts(&text, "aaaaaaaaaaaaaaaa");
	buf_putc(&text, '\n');
	c->records[0].text = arena_dup(arena, buf_str(&text));
	c->records[0].len = text.len;
	buf_free(&text);
}

static void spoil_time(struct change *c, struct arena *arena)
{
	(void)arena;
	c->time = 12;
}

static void spoil_subject(struct change *c, struct arena *arena)
{
	c->subject = arena_dup(arena, "x\n\nTuyen-Rank: 0");
}

static void spoil_rule(struct change *c, struct arena *arena)
{
	(void)arena;
	c->rule = 0;
}

static void spoil_ledger(struct change *c, struct arena *arena)
{
	c->ledger = arena_dup(arena, "reports/../HEAD");
}

static void spoil_body(struct change *c, struct arena *arena)
{
	char *body = arena_alloc(arena, CHANGE_MESSAGE_MAX + 1);
	memset(body, 'x', CHANGE_MESSAGE_MAX);
	c->body = body;
}

static void spoil_unit(struct change *c, struct arena *arena)
{
	(void)arena;
	c->unit = NULL;
}

static void spoil_order(struct change *c, struct arena *arena)
{
	struct change_record *twice = arena_alloc(arena, 2 * sizeof *twice);
	twice[0] = twice[1] = c->records[0];
	c->records = twice;
	c->n_records = 2;
}

static void spoil_number(struct change *c, struct arena *arena)
{
	(void)arena;
	c->n_records = CHANGE_RECORDS_MAX + 1;
}

static void spoil_nothing_new(struct change *c, struct arena *arena)
{
	c->records[0].text = arena_dup(arena, "state: draft\n");
	c->records[0].len = 13;
}

static void nothing_spoiled_gets_in(void **state)
{
	struct world *w = *state;
	static const struct spoiled ways[] = {
	    {"signature", spoil_signature},
	    {"signature", spoil_id},
	    {"merge", spoil_parent},
	    {"signature", spoil_text},
	    {"form", spoil_form},
	    {"form", spoil_path},
	    {"size", spoil_size},
	    {"form", spoil_time},
	    {"form", spoil_subject},
	    {"form", spoil_rule},
	    {"ledger", spoil_ledger},
	    {"size", spoil_body},
	    {"form", spoil_unit},
	    {"form", spoil_order},
	    {"size", spoil_number},
	    {"form", spoil_nothing_new},
	};
	write_value(w, 1, 1, "{state: draft}");
	sync_one_way(w, 1, 0, true);
	struct oid before = tip(w->s[0]);
	write_value(w, 1, 1, "{state: submitted}");
	struct oid id = tip(w->s[1]);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct err err = {0};
		struct arena arena = {0};
		struct change c;
		struct tx *tx;
		struct oid got;
		bool known;
		assert_ok(store_change(w->s[1], LEDGER, &id, &arena, &c, &err), err);
		const unsigned char *key = key_of(w, &c);
		ways[i].spoil(&c, &arena);
		assert_ok(tx_begin(w->s[0], &tx, &err), err);
		assert_int_equal(tx_receive(tx, &c, key, NULL, NULL, &got, &known, &err), ERR_REFUSED);
		assert_string_equal(err.rule, ways[i].rule);
		ERR_CLEAR(&err);
		assert_ok(tx_commit(tx, &err), err);
		tx_destroy(tx);
		struct oid now = tip(w->s[0]);
		assert_true(oid_eq(&now, &before));
		arena_free(&arena);
	}
	assert_int_equal(kit_run(w->dir, "test $(git -C a.git count-objects | cut -d' ' -f1) = "
					 "$(git -C a.git rev-list --objects --all | wc -l)"),
	    0);
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
}

static void a_newer_rule_waits(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	struct tx *tx;
	struct oid got;
	bool known;
	write_value(w, 1, 1, "{state: draft}");
	struct oid id = tip(w->s[1]);
	assert_ok(store_change(w->s[1], LEDGER, &id, &arena, &c, &err), err);
	c.rule = MERGE_RULE + 1;
	assert_ok(tx_begin(w->s[0], &tx, &err), err);
	assert_int_equal(tx_receive(tx, &c, key_of(w, &c), NULL, NULL, &got, &known, &err), ERR_PARKED);
	assert_non_null(err.hint);
	tx_destroy(tx);
	arena_free(&arena);
}

/* Signed well by its writer, but its tree is not the state: it carries a conflict that there is not. */
static void a_forged_state_is_refused(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	struct oid got, tree, blob;
	bool known;
	struct buf text = {0};
	static const char conflict[] =
	    "record: " REPORT "\nfield: values.TT01\nwhy: rank\nstate: overruled\n";
	struct change_record r = {
	    "conflicts/01/0123456789012345678901234567890123456789.yaml", conflict, sizeof conflict - 1};
	struct change c = {.ledger = LEDGER,
	    .time = KIT_NOW,
	    .unit = "11383",
	    .rank = 3,
	    .rule = MERGE_RULE,
	    .claim = CLAIM_NONE,
	    .subject = "x",
	    .records = &r,
	    .n_records = 1};
	/* The trees of that one path, by hand. */
	hash_git_object("blob", conflict, sizeof conflict - 1, &blob);
	static const char *const names[] = {
	    "100644 0123456789012345678901234567890123456789.yaml", "40000 01", "40000 conflicts"};
	tree = blob;
	for (int i = 0; i < 3; i++) {
		buf_cut(&text, 0);
		buf_add(&text, names[i], strlen(names[i]) + 1);
		buf_add(&text, tree.b, OID_SIZE);
		hash_git_object("tree", text.data, text.len, &tree);
	}
	struct buf message = {0}, author = {0};
	change_message(&c, &message);
	change_author(&c, &author);
	struct commit commit = {
	    .tree = tree, .identity = buf_str(&author), .time = KIT_NOW, .message = buf_str(&message)};
	commit_sign(&commit, w->w[1].key);
	memcpy(c.signature, commit.signature, sizeof c.signature);
	assert_ok(tx_begin(w->s[0], &tx, &err), err);
	assert_int_equal(
	    tx_receive(tx, &c, key_public(w->w[1].key), NULL, NULL, &got, &known, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "state");
	assert_string_equal(err.record, r.path);
	ERR_CLEAR(&err);
	/* The history has forgotten it, and goes on within the same transaction. */
	assert_ok(kit_edit(tx, &w->w[0], LEDGER, REPORT, "state: draft\n", &got, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	struct history *h;
	assert_ok(store_history(w->s[0], LEDGER, &h, &err), err);
	assert_int_equal(history_count(h), 1);
	buf_free(&text);
	buf_free(&message);
	buf_free(&author);
}

static int refuse_all(
    void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err)
{
	struct oid *seen = ctx;
	*seen = c->id;
	assert_int_equal(n, 1);
	assert_string_equal(texts[0].path, REPORT);
	assert_string_equal(texts[0].before, "state: draft\n");
	assert_string_equal(texts[0].after, "state: submitted\n");
	err_set(err, ERR_REFUSED, "no");
	err_rule(err, "right", texts[0].path, "state");
	return ERR_REFUSED;
}

static void the_judge_has_the_last_word(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct arena arena = {0};
	struct change c;
	struct tx *tx;
	struct oid got, judged;
	bool known;
	write_value(w, 1, 1, "{state: draft}");
	sync_one_way(w, 1, 0, true);
	write_value(w, 1, 1, "{state: submitted}");
	struct oid id = tip(w->s[1]);
	assert_ok(store_change(w->s[1], LEDGER, &id, &arena, &c, &err), err);
	assert_ok(tx_begin(w->s[0], &tx, &err), err);
	assert_int_equal(
	    tx_receive(tx, &c, key_of(w, &c), refuse_all, &judged, &got, &known, &err), ERR_REFUSED);
	assert_string_equal(err.rule, "right");
	assert_true(oid_eq(&judged, &id) && oid_eq(&got, &id));
	tx_destroy(tx);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_spoiled_gets_in),
	    TEST(a_newer_rule_waits),
	    TEST(a_forged_state_is_refused),
	    TEST(the_judge_has_the_last_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Two and three stores that exchange changes: whatever the order, the same commit. */
#include "store_kit.h"
#include "store/commit.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define SITES 3

struct world {
	char *dir;
	struct store *s[SITES];
	struct tx_writer w[SITES]; /* city, ward, and the ward's station */
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	static const char *const names[SITES] = {"a.git", "b.git", "c.git"};
	w->dir = kit_dir();
	for (int i = 0; i < SITES; i++)
		w->s[i] = kit_store(w->dir, names[i]);
	w->w[0] = kit_writer("31", NULL, 1);
	w->w[1] = kit_writer("11383", NULL, 3);
	w->w[2] = kit_writer("11383", "cong-an", 3);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < SITES; i++) {
		store_close(w->s[i]);
		kit_writer_free(&w->w[i]);
	}
	kit_remove(w->dir);
	free(w);
	return 0;
}

static const unsigned char *key_of(const struct world *w, const struct change *c)
{
	return key_public(w->w[c->rank == 1 ? 0 : c->station ? 2 : 1].key);
}

/* One change from store to store; `from` must hold it. */
static int pass(
    struct world *w, int from, struct tx *tx, const struct oid *id, bool bare, bool *known, struct err *err)
{
	struct arena arena = {0};
	struct change c;
	struct oid got;
	assert_ok(store_change(w->s[from], LEDGER, id, &arena, &c, err), *err);
	const unsigned char *key = key_of(w, &c);
	if (bare) { /* as replays come: without ids of its own and of the merge under it */
		c.id = (struct oid){0};
		c.parent = (struct oid){0};
	}
	int rc = tx_receive(tx, &c, key, NULL, NULL, &got, known, err);
	if (rc == 0)
		assert_true(oid_eq(&got, id));
	arena_free(&arena);
	return rc;
}

/* All that `from` has, in one transaction. */
static void sync_one_way(struct world *w, int from, int to, bool bare)
{
	struct err err = {0};
	struct history *h;
	struct oids tips = {0}, none = {0}, all = {0};
	struct tx *tx;
	bool known;
	assert_ok(store_history(w->s[from], LEDGER, &h, &err), err);
	history_tips(h, &tips);
	history_between(h, &none, &tips, &all);
	assert_ok(tx_begin(w->s[to], &tx, &err), err);
	for (size_t i = 0; i < all.n; i++)
		assert_ok(pass(w, from, tx, &all.items[i], bare, &known, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	oids_free(&tips);
	oids_free(&all);
}

static struct oid tip(struct store *s)
{
	struct err err = {0};
	struct oid id;
	assert_ok(store_tip(s, LEDGER, &id, &err), err);
	return id;
}

static void assert_same(struct world *w, int a, int b)
{
	struct oid x = tip(w->s[a]), y = tip(w->s[b]);
	assert_true(oid_eq(&x, &y));
}

static void write_value(struct world *w, int site, int who, const char *yaml)
{
	kit_write(w->s[site], &w->w[who], LEDGER, REPORT, yaml);
}

static void a_change_is_rebuilt_bit_for_bit(void **state)
{
	struct world *w = *state;
	write_value(w, 1, 1, "{state: draft, values: {TT01: '42'}}");
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '42'}}");
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
	sync_one_way(w, 1, 0, false);
	assert_same(w, 0, 1);
}

static void concurrent_writers_end_with_one_commit(void **state)
{
	struct world *w = *state;
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '42'}}");
	sync_one_way(w, 1, 0, true);
	sync_one_way(w, 1, 2, true);
	write_value(w, 0, 0, "{state: submitted, values: {TT01: '43'}}");
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '44'}}");
	write_value(w, 2, 2, "{state: submitted, values: {TT01: '42'}, note: Không có vướng mắc}");
	sync_one_way(w, 0, 1, true);
	sync_one_way(w, 1, 2, true);
	sync_one_way(w, 2, 0, true);
	sync_one_way(w, 2, 1, true);
	assert_same(w, 0, 1);
	assert_same(w, 0, 2);
	/* The other way round, and piecewise. */
	char *text = kit_read(w->s[0], LEDGER, REPORT);
	assert_non_null(strstr(text, "TT01: '43'"));
	assert_non_null(strstr(text, "vướng"));
	free(text);
	struct oids heads = {0};
	struct err err = {0};
	assert_ok(store_ledger_heads(w->s[0], LEDGER, &heads, &err), err);
	assert_int_equal(heads.n, 3);
	oids_free(&heads);
	assert_int_equal(
	    kit_run(w->dir, "for s in a b c; do git -C $s.git fsck --strict || exit 1; done"), 0);
}

/* The conflict of the clash, its id in `id`; returns how many there are. */
static size_t conflicts(struct store *s, char id[41])
{
	struct err err = {0};
	struct strs paths = {0};
	assert_ok(store_list(s, LEDGER, NULL, "conflicts/", &paths, &err), err);
	size_t n = paths.n;
	if (n)
		snprintf(id, 41, "%.40s", strrchr(paths.items[0], '/') + 1);
	strs_free(&paths);
	return n;
}

static void settle(struct world *w, int site, int who, const char *conflict)
{
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	struct change edits = {.ledger = LEDGER,
	    .subject = "conflict: settle",
	    .claim = CLAIM_NONE,
	    .settles = &conflict,
	    .n_settles = 1};
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	assert_ok(tx_write(tx, &w->w[who], &edits, &id, &err), err);
	assert_false(oid_is_zero(&id));
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

static void a_settlement_travels(void **state)
{
	struct world *w = *state;
	char id[41];
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '42'}}");
	sync_one_way(w, 1, 0, true);
	write_value(w, 0, 0, "{state: submitted, values: {TT01: '43'}}");
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '44'}}");
	sync_one_way(w, 1, 0, true);
	assert_int_equal(conflicts(w->s[0], id), 1);
	settle(w, 0, 0, id);
	assert_int_equal(conflicts(w->s[0], id), 0);
	sync_one_way(w, 0, 1, true);
	assert_same(w, 0, 1);
	assert_int_equal(conflicts(w->s[1], id), 0);
	/* The same again out of the repository alone. */
	store_forget(w->s[1], NULL);
	write_value(w, 1, 1, "{state: submitted, values: {TT01: '45'}}");
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
	assert_int_equal(conflicts(w->s[0], id), 0);
}

static void what_lacks_a_head_is_parked(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	bool known;
	write_value(w, 1, 1, "{state: draft}");
	write_value(w, 1, 1, "{state: submitted}");
	struct oid id = tip(w->s[1]);
	assert_ok(tx_begin(w->s[0], &tx, &err), err);
	assert_int_equal(pass(w, 1, tx, &id, true, &known, &err), ERR_PARKED);
	ERR_CLEAR(&err);
	assert_ok(tx_commit(tx, &err), err);
	assert_int_equal(tx_moved(tx)->n, 0);
	tx_destroy(tx);
	sync_one_way(w, 1, 0, true);
	assert_same(w, 0, 1);
}

static void what_is_there_is_known(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct tx *tx;
	bool known = false;
	write_value(w, 1, 1, "{state: draft}");
	struct oid id = tip(w->s[1]);
	sync_one_way(w, 1, 0, true);
	for (int bare = 0; bare < 2; bare++) {
		assert_ok(tx_begin(w->s[0], &tx, &err), err);
		assert_ok(pass(w, 1, tx, &id, bare, &known, &err), err);
		assert_true(known);
		assert_ok(tx_commit(tx, &err), err);
		assert_int_equal(tx_syncs(tx), 0);
		tx_destroy(tx);
	}
}

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

/* The walk's order is the history's, and a change read back is what was sent. */
struct walked {
	struct oids order;
};

static int walk(void *ctx, const struct change *c, struct err *err)
{
	struct walked *w = ctx;
	(void)err;
	oids_add(&w->order, &c->id);
	return 0;
}

static void walks_go_parents_first(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	struct history *h;
	struct oids tips = {0}, none = {0}, all = {0};
	struct walked walked = {0};
	for (int i = 0; i < 4; i++) {
		char yaml[80];
		for (int site = 0; site < SITES; site++) {
			snprintf(yaml, sizeof yaml, "{state: draft, values: {TT0%d: '%d'}}", site, i + 1);
			write_value(w, site, site, yaml);
		}
		sync_one_way(w, i % SITES, (i + 1) % SITES, true);
	}
	for (int from = 0; from < SITES; from++)
		for (int to = 0; to < SITES; to++)
			if (from != to)
				sync_one_way(w, from, to, true);
	for (int from = 0; from < SITES; from++)
		sync_one_way(w, from, (from + 1) % SITES, false);
	assert_same(w, 0, 1);
	assert_same(w, 0, 2);
	store_forget(w->s[0], NULL);
	assert_ok(store_history(w->s[0], LEDGER, &h, &err), err);
	history_tips(h, &tips);
	history_between(h, &none, &tips, &all);
	assert_ok(store_walk(w->s[0], LEDGER, false, walk, &walked, &err), err);
	assert_int_equal(all.n, 12);
	assert_true(oids_eq(&all, &walked.order));
	oids_free(&tips);
	oids_free(&all);
	oids_free(&walked.order);
}

/* One of a few texts for one of a few records; now and then none. */
static void write_anything(struct world *w, int site, unsigned dice)
{
	static const char *const reports[] = {
	    "{state: draft, values: {TT01: '1'}}",
	    "{state: submitted, values: {TT01: '2', TT02: '5'}, note: một}",
	    "{state: submitted, values: {TT01: '3'}, note: \"một\\nhai\\nba\"}",
	    "{state: accepted, values: {TT01: '3'}, note: \"một\\nhai\\nbốn\"}",
	    "{state: returned, values: {TT02: '7'}, returned: thiếu}",
	    NULL,
	};
	static const char *const progress[] = {
	    "{state: doing}", "{state: done, percent: '100'}", "{note: chậm}", NULL};
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	bool report = dice & 1;
	const char *path = report ? REPORT : "progress/31/hp.2026-06/1.yaml";
	const char *yaml = report ? reports[dice / 2 % 6] : progress[dice / 2 % 4];
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	assert_ok(kit_edit(tx, &w->w[site], LEDGER, path, yaml, &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
}

/* Object to a conflict: a row more in its record. */
static void object(struct world *w, int site, const char *id)
{
	struct err err = {0};
	struct arena arena = {0};
	struct record r;
	struct buf text = {0};
	struct tx *tx;
	struct oid made;
	char path[64], row[64];
	merge_conflict_path(id, path);
	assert_ok(store_record(w->s[site], LEDGER, NULL, path, &arena, &r, &err), err);
	snprintf(row, sizeof row, "objections.%d.reason", site);
	assert_ok(record_set(&r, row, "không đúng", &err), err);
	record_print(&r, &text);
	struct change_record edit = {path, text.data, text.len};
	struct change edits = {
	    .ledger = LEDGER, .subject = "conflict: object", .records = &edit, .n_records = 1};
	assert_ok(tx_begin(w->s[site], &tx, &err), err);
	assert_ok(tx_write(tx, &w->w[site], &edits, &made, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	buf_free(&text);
	arena_free(&arena);
}

static void anything(struct world *w)
{
	int site = rand() % SITES, other = (site + 1 + rand() % (SITES - 1)) % SITES;
	unsigned dice = (unsigned)rand();
	char id[41];
	switch (dice % 8) {
	case 0:
	case 1:
		sync_one_way(w, site, other, dice & 8);
		break;
	case 2:
		if (conflicts(w->s[site], id))
			settle(w, site, site, id);
		break;
	case 3:
		if (conflicts(w->s[site], id))
			object(w, site, id);
		break;
	case 4:
		store_forget(w->s[site], NULL);
		break;
	default:
		write_anything(w, site, dice / 8);
	}
}

/* Nobody's grant is known here, so of every change that alone is left to complain of. */
static void only_grants_are_missing(
    void *ctx, const char *ledger, const struct oid *commit, const struct err *what)
{
	(void)ctx;
	(void)ledger;
	(void)commit;
	assert_int_equal(what->code, ERR_PARKED);
}

static void random_exchanges_end_with_one_commit(void **state)
{
	struct world *w = *state;
	for (unsigned seed = 1; seed <= 4; seed++) {
		srand(seed);
		for (int step = 0; step < 60; step++)
			anything(w);
		for (int round = 0; round < 2; round++)
			for (int site = 0; site < SITES; site++)
				sync_one_way(w, site, (site + 1) % SITES, seed & 1);
		assert_same(w, 0, 1);
		assert_same(w, 0, 2);
	}
	struct err err = {0};
	struct verify_report report;
	struct registry *nobody = registry_new();
	assert_ok(verify_store(w->s[0], nobody, &report, only_grants_are_missing, NULL, &err), err);
	assert_int_equal(report.problems, report.changes);
	assert_true(report.changes > 50 && report.merges > 20);
	registry_free(nobody);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_change_is_rebuilt_bit_for_bit),
	    TEST(concurrent_writers_end_with_one_commit),
	    TEST(a_settlement_travels),
	    TEST(what_lacks_a_head_is_parked),
	    TEST(what_is_there_is_known),
	    TEST(nothing_spoiled_gets_in),
	    TEST(a_forged_state_is_refused),
	    TEST(the_judge_has_the_last_word),
	    TEST(walks_go_parents_first),
	    TEST(random_exchanges_end_with_one_commit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

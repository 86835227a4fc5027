/* tests/unit/store/sites.h - two and three stores that exchange changes. */
#ifndef TUYEN_TESTS_SITES_H
#define TUYEN_TESTS_SITES_H

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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline const unsigned char *key_of(const struct world *w, const struct change *c)
{
	return key_public(w->w[c->rank == 1 ? 0 : c->station ? 2 : 1].key);
}

/* One change from store to store; `from` must hold it. */
static inline int pass(
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
static inline void sync_one_way(struct world *w, int from, int to, bool bare)
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

static inline struct oid tip(struct store *s)
{
	struct err err = {0};
	struct oid id;
	assert_ok(store_tip(s, LEDGER, &id, &err), err);
	return id;
}

static inline void assert_same(struct world *w, int a, int b)
{
	struct oid x = tip(w->s[a]), y = tip(w->s[b]);
	assert_true(oid_eq(&x, &y));
}

static inline void write_value(struct world *w, int site, int who, const char *yaml)
{
	kit_write(w->s[site], &w->w[who], LEDGER, REPORT, yaml);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif

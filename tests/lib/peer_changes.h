/* peer_changes.h - what is wrong with one change of the hostile node (peer_main.c). */
#ifndef TUYEN_TESTS_PEER_CHANGES_H
#define TUYEN_TESTS_PEER_CHANGES_H

#include "peer.h"

static void as_other(struct peer *p, struct change *c)
{
	(void)p;
	c->unit = "11050";
}
static void as_other_granted(struct peer *p, struct change *c)
{
	c->unit = "11050";
	c->grant = p->other_grant;
}
static void other_grant(struct peer *p, struct change *c)
{
	c->grant = p->other_grant;
}
static void future_grant(struct peer *p, struct change *c)
{
	(void)p;
	sys_random(&c->grant, sizeof c->grant);
}
static void as_anchor(struct peer *p, struct change *c)
{
	c->unit = p->config.anchor.unit;
	c->rank = 0;
	c->grant = (struct oid){{0}};
}
static void as_station(struct peer *p, struct change *c)
{
	(void)p;
	c->station = c->agency = "cong-an";
}
static void as_agency(struct peer *p, struct change *c)
{
	(void)p;
	c->agency = "cong-an";
}
static void raise_rank(struct peer *p, struct change *c)
{
	(void)p;
	c->rank = 1;
}
static void late_rule(struct peer *p, struct change *c)
{
	(void)p;
	c->rule = MERGE_RULE + 7;
}
static void claim_owner(struct peer *p, struct change *c)
{
	(void)p;
	c->claim = CLAIM_OWNER;
	c->claim_basis = c->heads.items[0];
}
static void far_future(struct peer *p, struct change *c)
{
	(void)p;
	c->time = INT64_C(1) << 50;
}
static void long_past(struct peer *p, struct change *c)
{
	(void)p;
	c->time = DRAFT_TIME_FIRST;
}
static void settle_nothing(struct peer *p, struct change *c)
{
	static const char *const ids[] = {"0123456789012345678901234567890123456789"};
	(void)p;
	c->settles = ids;
	c->n_settles = 1;
}
static void two_lines(struct peer *p, struct change *c)
{
	(void)p;
	c->subject = "HOSTILE\n\nTuyen-Unit: 31";
}
static void move_to_deep(struct peer *p, struct change *c)
{
	struct buf path = {0};
	while (path.len < 240)
		buf_puts(&path, "a/");
	buf_puts(&path, "b.yaml");
	c->records[0].path = arena_dup(&p->arena, buf_str(&path));
	buf_free(&path);
}
/* The note of the report, so many lines of 64 bytes long. */
static void put_note(struct peer *p, struct change *c, size_t lines)
{
	struct buf text = {0};
	buf_puts(&text, c->records[0].text);
	buf_puts(&text, "note: |\n");
	for (size_t i = 0; i < lines; i++)
		buf_puts(&text, "  HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE HOSTI\n");
	c->records[0].len = text.len;
	c->records[0].text = arena_dup(&p->arena, buf_str(&text));
	buf_free(&text);
}
static void big_record(struct peer *p, struct change *c)
{
	put_note(p, c, 1100);
}
static void huge_record(struct peer *p, struct change *c)
{
	put_note(p, c, 20000);
}
static void many_records(struct peer *p, struct change *c, size_t n)
{
	struct change_record first = c->records[0];
	for (size_t i = 0; i < n; i++) {
		c->records[i] = first;
		c->records[i].path =
		    arena_printf(&p->arena, "reports/31/hp.2026/%04zu-%02zu.yaml", 2000 + i / 12, i % 12 + 1);
	}
	c->n_records = n;
}
/* As much as one change may carry. */
static void fat_change(struct peer *p, struct change *c)
{
	put_note(p, c, 15000);
	many_records(p, c, 6);
}
static void million_keys(struct peer *p, struct change *c)
{
	struct buf text = {0};
	buf_puts(&text, "values:\n");
	for (int i = 0; text.len < 1000000; i++)
		buf_printf(&text, "  A%d: '1'\n", i);
	c->records[0].len = text.len;
	c->records[0].text = arena_dup(&p->arena, buf_str(&text));
	buf_free(&text);
}
static void full_of_records(struct peer *p, struct change *c)
{
	many_records(p, c, CHANGE_RECORDS_MAX);
}
static void too_many_records(struct peer *p, struct change *c)
{
	many_records(p, c, CHANGE_RECORDS_MAX + 1);
}
/* A conflict that the rule does not open. */
static void forge_conflict(struct peer *p, struct change *c)
{
	static const char text[] = "record: " REPORT "\nfield: values.TT01\nwhy: rank\nstate: overruled\n"
				   "base: '1'\nkept:\n  value: HOSTILE\n";
	(void)p;
	c->records[0] = (struct change_record){
	    "conflicts/01/0123456789012345678901234567890123456789.yaml", text, sizeof text - 1};
}
static void break_signature(struct peer *p, struct change *c)
{
	(void)p;
	c->signature[7] ^= 1;
}
static void sign_with_another(struct peer *p, struct change *c)
{
	struct key *key;
	struct err err = {0};
	if (key_generate(&key, &err))
		die("key", &err);
	sign(p, c, key);
	key_free(key);
}
static void unknown_head(struct peer *p, struct change *c)
{
	(void)p;
	memset(&c->heads.items[0], 0x5a, OID_SIZE);
}

/* Two honest ones that do not know of each other, stored here, and one that has seen both. */
static void clash(struct peer *p, struct change three[3])
{
	static const struct row rows[] = {
	    {.ledger = OWN, .path = "reports/31/hp.2026/2026-07.yaml", .to = "values:\n  TT01: '1'\n"},
	    {.ledger = OWN, .path = "reports/31/hp.2026/2026-07.yaml", .to = "values:\n  TT01: '2'\n"},
	    {.ledger = OWN, .path = "reports/31/hp.2026/2026-08.yaml", .to = "note: HOSTILE\n"}};
	struct err err = {0};
	struct tx *tx;
	for (int i = 0; i < 2; i++) {
		make_change(p, &rows[i], &three[i]);
		three[i].subject = "clash";
		sign(p, &three[i], p->key);
	}
	if (tx_begin(p->store, &tx, &err))
		die("begin", &err);
	for (int i = 0; i < 2; i++) {
		struct oid id;
		bool known;
		if (tx_receive(tx, &three[i], key_public(p->key), NULL, NULL, &id, &known, &err))
			die("clash", &err);
	}
	if (tx_commit(tx, &err))
		die("commit", &err);
	tx_destroy(tx);
	make_change(p, &rows[2], &three[2]);
}

static void other_merge(struct peer *p)
{
	struct change three[3];
	hello(p);
	clash(p, three);
	sign(p, &three[2], p->key);
	three[2].parent.b[0] ^= 1;
	put_changes(p, three, 3);
	ask(p);
}

/* A conflict that the rule has opened goes without having been settled. */
static void hide_conflict(struct peer *p)
{
	struct change three[3];
	struct strs paths = {0};
	struct err err = {0};
	hello(p);
	clash(p, three);
	if (store_list(p->store, OWN, NULL, "conflicts/", &paths, &err) || paths.n == 0)
		die("no conflict", &err);
	three[2].records[0] = (struct change_record){arena_dup(&p->arena, paths.items[0]), NULL, 0};
	sign(p, &three[2], p->key);
	put_changes(p, three, 3);
	ask(p);
	strs_free(&paths);
}

#endif

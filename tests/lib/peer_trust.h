/* peer_trust.h - records that hand trust on, as a hostile commune or a hostile city writes them (peer_main.c). */
#ifndef TUYEN_TESTS_PEER_TRUST_H
#define TUYEN_TESTS_PEER_TRUST_H

#include "peer_changes.h"
#include "peer_tls.h"

#define BELOW "directives/11383"
#define CITY "directives/31"
#define CENTRE "directives/00"

/* "KEY" in its text becomes a public key: a fresh one, or our own, or that of another unit. */
static void put_key(struct peer *p, struct change *c, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct buf text = {0};
	char word[KEY_TEXT_SIZE];
	const char *at = c->records[0].text, *here;
	key_text(key, word);
	while ((here = strstr(at, "KEY"))) {
		buf_add(&text, at, (size_t)(here - at));
		buf_puts(&text, word);
		at = here + 3;
	}
	buf_puts(&text, at);
	c->records[0].len = text.len;
	c->records[0].text = arena_dup(&p->arena, buf_str(&text));
	buf_free(&text);
}

static void with_key(struct peer *p, struct change *c)
{
	struct key *key = fresh_key();
	put_key(p, c, key_public(key));
	key_free(key);
}

static void with_own_key(struct peer *p, struct change *c)
{
	put_key(p, c, key_public(p->key));
}

static void with_neighbours_key(struct peer *p, struct change *c)
{
	unsigned char key[KEY_PUBLIC_SIZE];
	registered_key(p, strcmp(p->config.unit, "31") == 0 ? "units/01.yaml" : "units/11050.yaml", key);
	put_key(p, c, key);
}

/* The key of another, one byte short. */
static void with_short_key(struct peer *p, struct change *c)
{
	unsigned char blob[50] = {0, 0, 0, 11};
	struct buf text = {0};
	memcpy(blob + 4, "ssh-ed25519", 11);
	blob[18] = 31;
	buf_puts(&text,
	    "code: '11383'\nstation: a\nname: HOSTILE\nlevel: commune\nrank: '3'\nkeys:\n  k1:\n    key: "
	    "ssh-ed25519 ");
	base64_encode(blob, sizeof blob, &text);
	buf_puts(&text, "\n    state: active\n");
	c->records[0].len = text.len;
	c->records[0].text = arena_dup(&p->arena, buf_str(&text));
	buf_free(&text);
}

static void body_reissue(struct peer *p, struct change *c)
{
	char hex[OID_HEX + 1];
	oid_hex(&p->config.grant, hex);
	c->body = arena_printf(&p->arena, "Reissue-of: %s\nSets-aside: %s\nAsked-by: nobody", hex, hex);
}

/* The report that was accepted, as if it were submitted now: for another month, or on top of nothing. */
static void as_submitted(struct peer *p, struct change *c, const char *figure)
{
	struct buf old = {0}, text = {0};
	struct err err = {0};
	if (store_read(p->store, OWN, NULL, REPORT, &old, &err))
		die(REPORT, &err);
	char *state = strstr(old.data, "state: accepted"), *value = strstr(old.data, "'42'");
	if (!state || !value)
		die("the report", &err);
	buf_add(&text, old.data, (size_t)(state - old.data));
	buf_puts(&text, "state: submitted");
	buf_add(&text, state + 15, (size_t)(value - state - 15));
	buf_printf(&text, "'%s'%s", figure, value + 4);
	c->records[0].len = text.len;
	c->records[0].text = arena_dup(&p->arena, buf_str(&text));
	buf_free(&old);
	buf_free(&text);
}

static void asked_by_nobody(struct peer *p, struct change *c)
{
	as_submitted(p, c, "7");
	c->body = "Asked-by: nobody";
	c->subject = "late";
}

static void as_if_first(struct peer *p, struct change *c)
{
	as_submitted(p, c, "99");
	c->heads.n = 0;
	c->subject = "rewrite";
}

/* By the plan as it stands, which names no owner. */
static void claim_by_plan(struct peer *p, struct change *c)
{
	struct oids heads = {0};
	struct err err = {0};
	if (store_ledger_heads(p->store, CITY, &heads, &err) || heads.n == 0)
		die(CITY, &err);
	c->claim = CLAIM_OWNER;
	c->claim_basis = heads.items[0];
	oids_free(&heads);
}

#define A_STATION "code: '11383'\nstation: a\nname: HOSTILE\nlevel: commune\n"
#define ITS_KEYS "keys:\n  k1:\n    key: KEY\n    state: active\n"
#define A_UNIT(code, level, rank) "code: '" code "'\nname: HOSTILE\nlevel: " level "\nrank: '" rank "'\n"
#define A_MOVE(from, to) "from: '" from "'\nto: '" to "'\ndate: '2026-06-01'\n"

/* A commune in its own ledger of directives and in its reports; then a city in its own. */
#define PEER_TRUST_ROWS                                                                                      \
	{"incident", .ledger = OWN, .path = "incidents/twin-0123456789ab.yaml",                              \
	    .to = "kind: twin\nreason: |\n  HOSTILE\nopened: '2026-06-01T08:00:00+07:00'\n"},                \
	    {"claim-without-agency", .ledger = OWN, .path = DRAFT, .to = "values:\n  TT01: '7'\n",           \
		.before = claim_owner},                                                                      \
	    {"claim-not-held", .ledger = OWN, .path = DRAFT, .to = "values:\n  TT01: '7'\n",                 \
		.before = claim_by_plan},                                                                    \
	    {"path-other-ledger", .ledger = OWN, .path = "units/11383.yaml",                                 \
		.to = A_UNIT("11383", "commune", "3")},                                                      \
	    {"asked-by-nobody", .ledger = OWN, .path = "reports/31/hp.2026/2026-04.yaml", .to = "",          \
		.before = asked_by_nobody},                                                                  \
	    {"rewrite-history", .ledger = OWN, .path = REPORT, .to = "", .before = as_if_first},             \
	    {"key-request-blob", .ledger = OWN, .path = "keys/k2.yaml", .to = "key: ssh-ed25519 AAAA\n"},    \
	    {"levels-own", .ledger = BELOW, .path = "levels.yaml",                                           \
		.to = "levels:\n  '0':\n    rank: '0'\n    name: HOSTILE\n"},                                \
	    {"own-record", .ledger = BELOW, .path = "units/11383.yaml",                                      \
		.to = A_UNIT("11383", "central", "0") ITS_KEYS, .before = with_own_key},                     \
	    {"registers-neighbour", .ledger = BELOW, .path = "units/11050.yaml",                             \
		.to = A_UNIT("11050", "commune", "4") ITS_KEYS, .before = with_key},                         \
	    {"registers-equal", .ledger = BELOW, .path = "units/11998.yaml",                                 \
		.to = A_UNIT("11998", "commune", "3") ITS_KEYS, .before = with_key},                         \
	    {"registers-superior", .ledger = BELOW, .path = "units/31.yaml",                                 \
		.to = A_UNIT("31", "commune", "4") ITS_KEYS, .before = with_key},                            \
	    {"station-of-another", .ledger = BELOW, .path = "units/a@11050.yaml",                            \
		.to = "code: '11050'\nstation: a\nname: HOSTILE\nlevel: commune\nrank: '3'\n" ITS_KEYS,      \
		.before = with_key},                                                                         \
	    {"station-rank", .ledger = BELOW, .path = "units/a@11383.yaml",                                  \
		.to = A_STATION "rank: '1'\n" ITS_KEYS, .before = with_key},                                 \
	    {"station-two-keys", .ledger = BELOW, .path = "units/a@11383.yaml",                              \
		.to = A_STATION "rank: '3'\n" ITS_KEYS "  k2:\n    key: KEY\n    state: active\n",           \
		.before = with_key},                                                                         \
	    {"key-blob", .ledger = BELOW, .path = "units/a@11383.yaml", .to = "", .before = with_short_key}, \
	    {"key-rsa", .ledger = BELOW, .path = "units/a@11383.yaml",                                       \
		.to = A_STATION "rank: '3'\nkeys:\n  k1:\n    key: ssh-rsa "                                 \
				"AAAAB3NzaC1yc2EAAAADAQABAAAAQQ==\n    state: active\n"},                    \
	    {"vouched-nothing", .ledger = BELOW, .path = "units/a@11383.yaml",                               \
		.to = A_STATION                                                                              \
		"rank: '3'\nvouched:\n  - k9 reports/11050 0123456789012345678901234567890123456789\n"},     \
	    {"move-neighbour", .ledger = BELOW, .path = "moves/11050.yaml", .to = A_MOVE("31", "11383")},    \
	    {"move-itself", .ledger = BELOW, .path = "moves/11383.yaml", .to = A_MOVE("31", "00")},          \
	    {"handover", .ledger = BELOW, .path = "handovers/99.yaml", .to = "key: KEY\n",                   \
		.before = with_own_key},                                                                     \
	    {"body-forged", .ledger = OWN, .path = REPORT, .from = "'42'", .to = "'99'",                     \
		.before = body_reissue},                                                                     \
	    {"key-squat", .ledger = BELOW, .path = "units/a@11383.yaml",                                     \
		.to = A_STATION "rank: '3'\n" ITS_KEYS, .before = with_neighbours_key},                      \
	    {"city-registers", .ledger = CITY, .path = "units/02001.yaml",                                   \
		.to = A_UNIT("02001", "commune", "3") ITS_KEYS, .before = with_key},                         \
	    {"city-moves", .ledger = CITY, .path = "moves/02001.yaml", .to = A_MOVE("01", "31")},            \
	    {"city-moves-away", .ledger = CITY, .path = "moves/11050.yaml", .to = A_MOVE("31", "01")},       \
	    {"city-moves-grants", .ledger = CITY, .path = "moves/11050.yaml",                                \
		.to = A_MOVE(                                                                                \
		    "31", "11383") "grants:\n  - abcdef6789012345678901234567890123456789 01 1 - KEY\n",     \
		.before = with_own_key},                                                                     \
	    {"city-hands-over", .ledger = CITY, .path = "handovers/99.yaml", .to = "key: KEY\n",             \
		.before = with_own_key},                                                                     \
	    {"city-narrows", .ledger = CITY, .path = "units/01.yaml",                                        \
		.to = A_UNIT("01", "province", "1") "keys:\n  k1:\n    key: KEY\n    state: suspended\n",    \
		.before = with_neighbours_key},                                                              \
	    {"city-grants-itself", .ledger = CITY, .path = "units/31.yaml",                                  \
		.to = A_UNIT("31", "province", "1") ITS_KEYS, .before = with_key},                           \
	    {"city-rank", .ledger = CITY, .path = "units/11050.yaml", .from = "rank: '3'",                   \
		.to = "rank: '0'"},                                                                          \
	    {"city-new-rank", .ledger = CITY, .path = "units/11997.yaml",                                    \
		.to = A_UNIT("11997", "central", "0") ITS_KEYS, .before = with_key},                         \
	    {"city-reactivates", .ledger = CITY, .path = "units/11383.yaml", .from = "state: suspended",     \
		.to = "state: active"},                                                                      \
	    {"city-unvouches", .ledger = CITY, .path = "units/11383.yaml", .from = "  - k1 reports/11383 ",  \
		.to = "  - k1 reports/11050 "},                                                              \
	    {"city-other-key", .ledger = CITY, .path = "units/11050.yaml", .from = "state: active",          \
		.to = "state: active\n  k2:\n    key: ssh-ed25519 AAAA\n    state: active"},                 \
	    {"city-removes", .ledger = CITY, .path = "units/11050.yaml", .to = NULL},                        \
	    {"city-levels", .ledger = CITY, .path = "levels.yaml",                                           \
		.to = "levels:\n  '0':\n    rank: '0'\n    name: HOSTILE\n"},                                \
	    {"city-reserve", .ledger = CENTRE, .path = "units/00.yaml", .from = "reserve: ssh-ed25519 ",     \
		.to = "reserve: ssh-ed25519 ", .before = as_reserve},                                        \
	    {"city-centre-keys", .ledger = CENTRE, .path = "units/00.yaml", .from = "state: active",         \
		.to = "state: suspended"},                                                                   \
	    {"city-reports-of-other", .ledger = "reports/02001", .path = REPORT, .to = "note: HOSTILE\n"},   \
	{                                                                                                    \
		"city-key-squat", .ledger = CITY, .path = "units/11996.yaml",                                \
				  .to = A_UNIT("11996", "commune", "3") ITS_KEYS,                            \
				  .before = with_neighbours_key                                              \
	}

/* Under the reserve key of the centre, which it does not have. */
static void as_reserve(struct peer *p, struct change *c)
{
	struct key *key = fresh_key();
	struct buf text = {0};
	char word[KEY_TEXT_SIZE];
	as_anchor(p, c);
	memset(&c->grant, 0xff, sizeof c->grant);
	key_text(key_public(key), word);
	const char *keys = strstr(c->records[0].text, "reserve: ");
	buf_add(&text, c->records[0].text, (size_t)(keys - c->records[0].text));
	buf_printf(&text, "  k2:\n    key: %s\n    state: active\n%s", word, keys);
	c->records[0].len = text.len;
	c->records[0].text = arena_dup(&p->arena, buf_str(&text));
	buf_free(&text);
	key_free(key);
}

#endif

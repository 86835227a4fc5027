/*
 * peer - a hostile node: it holds the key and the store of an admitted unit, and says what no honest node would.
 *
 *   peer NODE_DIR ATTACK [WORD [COUNT]]
 *   peer --stick NODE_DIR ATTACK [WORD [COUNT]]
 *
 * With --stick it writes a parcel for the superior to standard output, which holds what it would have said; the attacks of
 * peer_stick.h go by stick alone. `peer --stick --list` prints those and all others that can go so.
 *
 * It dials the superior of NODE_DIR (whose daemon is down), greets, carries out one attack of the table below and prints
 * what comes back, one line each: "stored", "parked", "declined", "lost", "refused RULE RECORD: SENTENCE", "answered",
 * "closed: WHY", "silent". "half-open" and its like hold 200 connections until the program is ended. WORD is the grant of
 * another unit, or the secret of an invitation; COUNT how often, where numbers are the attack. `peer --list` prints the
 * attacks. Nothing is written into NODE_DIR but what an honest node would have written before.
 *
 * All that is hostile carries the word HOSTILE, so that a search can tell whether any of it was kept.
 */
#include "peer_bytes.h"
#include "peer_changes.h"
#include "peer_enrol.h"
#include "peer_floods.h"
#include "peer_parts.h"
#include "peer_stick.h"
#include "peer_tls.h"
#include "peer_trust.h"

#define PATIENCE_MS 120000
#define PATIENCE_SHORT_MS 2000 /* where silence is the right answer */
#define LINES 200

static void nothing(struct peer *p)
{
	(void)p;
}

/* ---- the table ---- */

#define DIRECTIVES "directives/31"
#define AT_REPORT .ledger = OWN, .path = REPORT, .from = "'42'", .to = "'99'"
static const struct row rows[] = {
    PEER_TRUST_ROWS,
    PEER_PARTS_ROWS,
    {"garbage", .raw = garbage},
    {"no-hello", .raw = no_hello},
    {"hello-of-another", .raw = hello_of_another},
    {"hello-of-station", .raw = hello_of_station},
    {"hello-twice", .raw = hello_twice},
    {"endless", .raw = endless},
    {"too-long", .raw = too_long},
    {"longest-number", .raw = longest_number},
    {"no-length", .raw = no_length},
    {"bomb", .raw = bomb},
    {"truncated", .raw = truncated},
    {"unknown-types", .raw = unknown_types},
    {"ack-unsent", .raw = ack_unsent},
    {"many-exceptions", .raw = many_exceptions},
    {"ask-flood", .raw = ask_flood},
    {"ping-flood", .raw = ping_flood},
    {"many-ledgers", .raw = many_ledgers},
    {"have-flood", .raw = have_flood},
    {"decline-all", .raw = decline_all},
    {"report-of-another", .ledger = OTHER, .path = REPORT, .from = "'42'", .to = "'99'"},
    {"ack-of-another", .ledger = OTHER, .path = "acks/31/D-7.yaml", .from = "'1'", .to = "'2'"},
    {"report-of-superior", .ledger = "reports/31", .path = REPORT, .from = "'42'", .to = "'99'"},
    {"no-ledger", .ledger = "tags/HOSTILE", .path = REPORT, .to = "note: HOSTILE\n"},
    {"ledger-with-dots", .ledger = "reports/../11383", .path = REPORT, .to = "note: HOSTILE\n"},
    {"as-another", AT_REPORT, .before = as_other},
    {"as-another-with-grant", AT_REPORT, .before = as_other_granted},
    {"grant-of-another", AT_REPORT, .before = other_grant},
    {"grant-from-future", AT_REPORT, .before = future_grant},
    {"as-anchor", AT_REPORT, .before = as_anchor},
    {"as-station", AT_REPORT, .before = as_station},
    {"as-agency", AT_REPORT, .before = as_agency},
    {"rank", AT_REPORT, .before = raise_rank},
    {"rule-from-future", AT_REPORT, .before = late_rule},
    {"claim", AT_REPORT, .before = claim_owner},
    {"sealed", AT_REPORT},
    {"accepts-itself", .ledger = OWN, .path = DRAFT, .to = "state: accepted\nnote: HOSTILE\n"},
    {"receipt", .ledger = OWN, .path = RECEIPT, .from = "late: 'yes'", .to = "late: 'no'"},
    {"receipt-date", .ledger = OWN, .path = RECEIPT, .from = "received: '20", .to = "received: '19"},
    {"directive", .ledger = DIRECTIVES, .path = "directives/D-7.yaml", .from = "cáo", .to = "cáo HOSTILE"},
    {"due-date", .ledger = DIRECTIVES, .path = "directives/D-7.yaml", .from = "'2026-07-05'",
	.to = "'2036-07-05'"},
    {"plan", .ledger = DIRECTIVES, .path = "plans/hp.2026/plan.yaml", .from = "hoạch", .to = "HOSTILE"},
    {"own-unit-record", .ledger = DIRECTIVES, .path = "units/11383.yaml", .from = "rank: '3'",
	.to = "rank: '0'"},
    {"unit-record", .ledger = DIRECTIVES, .path = "units/11050.yaml", .from = "active", .to = "retired"},
    {"levels", .ledger = "directives/00", .path = "levels.yaml", .from = "'0'", .to = "'1'"},
    {"path-dots", .ledger = OWN, .path = "reports/../31/HOSTILE.yaml", .to = "note: HOSTILE\n"},
    {"path-up", .ledger = OWN, .path = "../../HOSTILE.yaml", .to = "note: HOSTILE\n"},
    {"path-root", .ledger = OWN, .path = "/tmp/HOSTILE.yaml", .to = "note: HOSTILE\n"},
    {"path-git", .ledger = OWN, .path = ".git/hooks/HOSTILE.yaml", .to = "note: HOSTILE\n"},
    {"path-blank", .ledger = OWN, .path = "reports/31/hp 2026/2026-06.yaml", .to = "note: HOSTILE\n"},
    {"path-case", .ledger = OWN, .path = "Reports/31/hp.2026/2026-06.yaml", .to = "note: HOSTILE\n"},
    {"path-ending", .ledger = OWN, .path = "reports/31/hp.2026/2026-06.YAML", .to = "note: HOSTILE\n"},
    {"path-nfd", .ledger = OWN, .path = "reports/31/ke\xcc\x82/2026-06.yaml", .to = "note: HOSTILE\n"},
    {"path-control", .ledger = OWN, .path = "reports/31/a\nb/2026-06.yaml", .to = "note: HOSTILE\n"},
    {"path-deep", .ledger = OWN, .path = "b.yaml", .to = "note: HOSTILE\n", .before = move_to_deep},
    {"text-nfd", .ledger = OWN, .path = REPORT, .to = "note: HOSTILE ke\xcc\x82\n"},
    {"text-not-utf8", .ledger = OWN, .path = REPORT, .to = "note: HOSTILE \xff\xfe\n"},
    {"text-alias", .ledger = OWN, .path = REPORT, .to = "note: &a HOSTILE\nstate: *a\n"},
    {"big-record", AT_REPORT, .before = big_record},
    {"huge-record", AT_REPORT, .before = huge_record},
    {"fat-change", .ledger = OWN, .path = DRAFT, .to = "", .before = fat_change},
    {"million-keys", AT_REPORT, .before = million_keys},
    {"records-512", .ledger = OWN, .path = DRAFT, .to = "note: |\n", .before = full_of_records},
    {"records-513", .ledger = OWN, .path = REPORT, .to = "note: HOSTILE\n", .before = too_many_records},
    {"two-messages", AT_REPORT, .before = two_lines},
    {"far-future", AT_REPORT, .before = far_future},
    {"long-past", AT_REPORT, .before = long_past},
    {"settles-nothing", AT_REPORT, .before = settle_nothing},
    {"forged-conflict", AT_REPORT, .before = forge_conflict},
    {"bad-signature", AT_REPORT, .after = break_signature},
    {"key-of-another", AT_REPORT, .after = sign_with_another},
    {"unknown-head", AT_REPORT, .after = unknown_head},
    {"other-merge", .raw = other_merge},
    {"hide-conflict", .raw = hide_conflict},
    {"many-heads", .raw = many_heads},
    {"replay", .raw = replay},
    {"refuse-all", .raw = refuse_all},
    {"heads-flood", .alone = heads_flood},
    {"tiny-flood", .alone = tiny_flood},
    {"realm", .alone = realm},
    {"held-flood", .alone = held_flood},
    {"instances", .alone = instances},
    {"tls-no-key", .alone = tls_no_key},
    {"tls-foreign", .alone = tls_foreign},
    {"tls-own", .alone = tls_own},
    {"tls-rsa", .alone = tls_rsa},
    {"tls-ecdsa", .alone = tls_ecdsa},
    {"tls-chain", .alone = tls_chain},
    {"tls-stolen-name", .alone = tls_stolen_name},
    {"tls-old-version", .alone = tls_old_version},
    {"tls-other-protocol", .alone = tls_other_protocol},
    {"tls-no-protocol", .alone = tls_no_protocol},
    {"tls-replayed", .alone = tls_replayed},
    {"psk-forged", .alone = psk_forged},
    {"psk-overheard", .alone = psk_overheard},
    {"enrol-garbage", .alone = enrol_garbage},
    {"enrol-no-request", .alone = enrol_no_request},
    {"enrol-endless", .alone = enrol_endless},
    {"enrol-changes", .alone = enrol_changes},
    {"enrol-two-frames", .alone = enrol_two_frames},
    {"enrol-of-another", .alone = enrol_of_another},
    {"enrol-altered", .alone = enrol_altered},
    {"enrol-as-another", .alone = enrol_as_another},
    {"enrol-as-superior", .alone = enrol_as_superior},
    {"enrol-recover", .alone = enrol_recover},
    {"enrol-guess", .alone = enrol_guess},
    {"enrol-used", .alone = enrol_used},
    {"enrol-flood", .alone = enrol_flood},
    {"half-open", .raw = nothing},
    {"slow", .raw = nothing},
    {"idle", .raw = nothing},
    {"enrol-idle", .raw = nothing},
};

/* ---- what comes back ---- */

static void finish(struct peer *p)
{
	if (p->done)
		return;
	p->done = true;
	net_line_close(p->line);
	net_free(p->net);
	uv_close((uv_handle_t *)&p->timer, NULL);
}

static void print_ack(struct peer *p, const unsigned char *payload, size_t len)
{
	struct frame_ack m;
	struct err err = {0};
	static const char *const words[] = {"stored", "parked", "refused", "declined"};
	if (frame_get_ack(payload, len, &p->arena, &m, &err))
		die("ack", &err);
	for (size_t i = 0, k = 0; i < p->n_changes; i++) {
		const struct frame_exception *e =
		    k < m.n && m.exceptions[k].position == i ? &m.exceptions[k++] : NULL;
		printf("%s", m.lost ? "lost" : words[e ? e->status : 0]);
		if (e && e->status == FRAME_REFUSED)
			printf(" %s %s: %s", e->rule, e->record, e->sentence);
		putchar('\n');
	}
}

static void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	struct peer *p = ctx;
	const unsigned char *payload;
	size_t payload_len, size, at = 0;
	unsigned type;
	struct err err = {0};
	(void)line;
	buf_add(&p->in, bytes, len);
	while (!p->done &&
	       frame_next(p->in.data + at, p->in.len - at, &type, &payload, &payload_len, &size, &err) == 1) {
		struct frame_summary m;
		at += size;
		if (type == FRAME_ACK)
			print_ack(p, payload, payload_len);
		if (type == FRAME_CHANGES && p->refuse)
			refuse_batch(p, payload, payload_len);
		if (type == FRAME_SUMMARY && frame_get_summary(payload, payload_len, &m, &err) == 0 &&
		    m.flags & FRAME_ANSWER && m.number == p->number && !p->hold) {
			puts("answered");
			finish(p);
		}
	}
	struct buf rest = {0};
	buf_add(&rest, p->in.data + at, p->in.len - at);
	buf_free(&p->in);
	p->in = rest;
}

static void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	struct peer *p = ctx;
	struct buf text = {0};
	(void)line;
	if (p->hold)
		return;
	p->line = NULL;
	err_format(why, NULL, &text);
	printf("closed: %s\n", buf_str(&text));
	buf_free(&text);
	finish(p);
}

static void holding(struct peer *p)
{
	if (++p->n_open < LINES)
		return;
	puts("holding");
	fflush(stdout);
}

static void on_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct peer *p = ctx;
	(void)key;
	if (p->hold)
		holding(p);
	else
		net_line_send(line, p->out.data, p->out.len);
}

static bool admit(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct peer *p = ctx;
	return memcmp(key, p->config.superior.key, KEY_PUBLIC_SIZE) == 0;
}

static const struct net_calls calls = {admit, on_open, on_bytes, NULL, on_close};

static void on_timer(uv_timer_t *timer)
{
	puts("silent");
	finish(timer->data);
}

/* A byte a second, of a first message of TLS that would be 16 KB long. */
static void on_drip(uv_timer_t *timer)
{
	static const char first[] = {0x16, 3, 1, 0x3f, (char)0xff, 1, 0, 0x3f, (char)0xfb};
	uv_stream_t *to = timer->data;
	uintptr_t at = (uintptr_t)to->data;
	uv_buf_t byte = uv_buf_init((char *)&first[at < sizeof first ? at : 7], 1);
	uv_try_write(to, &byte, 1);
	to->data = (void *)(at + 1);
}

static void start_drip(struct peer *p, uv_stream_t *to)
{
	uv_timer_t *timer = mem_alloc(sizeof *timer);
	uv_timer_init(&p->loop, timer);
	timer->data = to;
	uv_timer_start(timer, on_drip, 0, 1000);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct peer *p = connect->data;
	if (status == 0 && p->slow)
		start_drip(p, connect->handle);
	if (status == 0)
		holding(p);
}

static void connect_only(struct peer *p)
{
	char host[256], port[6];
	struct sockaddr_in to;
	config_address(p->config.superior.address, host, port);
	uv_ip4_addr(host, atoi(port), &to);
	for (int i = 0; i < LINES; i++) {
		uv_tcp_t *tcp = mem_alloc(sizeof *tcp);
		uv_connect_t *connect = mem_alloc(sizeof *connect);
		connect->data = p;
		uv_tcp_init(&p->loop, tcp);
		uv_tcp_connect(connect, tcp, (struct sockaddr *)&to, on_connected);
	}
}

static void dial(struct peer *p)
{
	struct err err = {0};
	p->line = (p->enrol ? net_dial_enrol : net_dial)(p->net, p->config.superior.address, &calls, p, &err);
	if (!p->line)
		die("dial", &err);
}

static void open_node(struct peer *p, const char *dir)
{
	struct err err = {0};
	p->dir = dir;
	char *key = arena_printf(&p->arena, "%s/key", dir),
	     *store = arena_printf(&p->arena, "%s/store.git", dir);
	if (config_load(dir, &p->config, &err) || key_load(key, &p->key, &err) ||
	    store_open(store, &p->store, &err) || net_new(&p->loop, p->key, NULL, &p->net, &err))
		die(dir, &err);
}

static void attack(struct peer *p, const struct row *row)
{
	p->slow = strcmp(row->name, "slow") == 0;
	bool half = p->slow || strcmp(row->name, "half-open") == 0;
	p->enrol = strcmp(row->name, "enrol-idle") == 0;
	p->hold = half || p->enrol || strcmp(row->name, "idle") == 0;
	if (row->alone) {
		row->alone(p);
		net_free(p->net);
		uv_close((uv_handle_t *)&p->timer, NULL);
		uv_run(&p->loop, UV_RUN_DEFAULT);
		return;
	}
	if (row->raw) {
		row->raw(p);
	} else {
		hello(p);
		one_change(p, row);
		ask(p);
	}
	for (int i = 0; i < (half ? 0 : p->hold ? LINES : 1); i++)
		dial(p);
	if (half)
		connect_only(p);
	if (!p->hold)
		uv_timer_start(&p->timer, on_timer, p->in_vain ? PATIENCE_SHORT_MS : PATIENCE_MS, 0);
	uv_run(&p->loop, UV_RUN_DEFAULT);
}

static void by_stick(struct peer *p, const struct row *row)
{
	if (row->raw) {
		row->raw(p);
	} else if (!row->alone) {
		hello(p);
		one_change(p, row);
		stick_end(p, 1);
	}
	stick_put(p, NULL);
}

static void list(bool stick)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!stick || (!rows[i].alone && rows[i].raw != nothing))
			puts(rows[i].name);
	for (size_t i = 0; stick && i < STICK_ROWS; i++)
		puts(stick_rows[i].name);
}

static int usage(void)
{
	fputs(
	    "usage: peer [--stick] NODE_DIR ATTACK [WORD [COUNT]]; attacks: peer [--stick] --list\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct peer p = {0};
	size_t i = 0, k = 0;
	bool stick = argc > 1 && strcmp(argv[1], "--stick") == 0;
	argc -= stick;
	argv += stick;
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list(stick);
		return 0;
	}
	if (argc < 3)
		return usage();
	while (i < sizeof rows / sizeof *rows && strcmp(rows[i].name, argv[2]) != 0)
		i++;
	while (stick && k < STICK_ROWS && strcmp(stick_rows[k].name, argv[2]) != 0)
		k++;
	if (i == sizeof rows / sizeof *rows && (!stick || k == STICK_ROWS))
		return usage();
	uv_loop_init(&p.loop);
	uv_timer_init(&p.loop, &p.timer);
	p.timer.data = &p;
	open_node(&p, argv[1]);
	if (argc > 3)
		oid_parse(&p.other_grant, p.word = argv[3]);
	if (argc > 4)
		p.count = strtoul(argv[4], NULL, 10);
	if (stick && k < STICK_ROWS)
		stick_put(&p, &stick_rows[k]);
	else if (stick)
		by_stick(&p, &rows[i]);
	else
		attack(&p, &rows[i]);
	if (stick) {
		net_free(p.net);
		uv_close((uv_handle_t *)&p.timer, NULL);
		uv_run(&p.loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&p.loop);
	replay_session_free(p.session);
	store_close(p.store);
	key_free(p.key);
	config_free(&p.config);
	buf_free(&p.out);
	buf_free(&p.in);
	arena_free(&p.arena);
	return 0;
}

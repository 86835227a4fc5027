/* The golden bytes of schema/wire.md, and its preamble. Run with WIRE_VECTORS=print to see what the code would write. */
#include "world.h"

#include "sync/frame.h"
#include "sync/replay.h"

#define MESSAGES "schema/vectors/wire/messages.txt"
#define BATCHES "schema/vectors/wire/batches.txt"

static char *slurp(const char *path)
{
	struct buf all = {0};
	struct err err = {0};
	FILE *f = fopen(path, "r");
	char piece[4096];
	size_t n;
	if (!f)
		fail_msg("%s is missing; run from the top of the tree", path);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(&all, piece, n);
	fclose(f);
	(void)err;
	return buf_take(&all);
}

static void to_hex(const struct buf *bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes->len; i++)
		buf_printf(out, "%02x", (unsigned char)bytes->data[i]);
}

static void from_hex(const char *hex, size_t len, struct buf *out)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned byte;
		assert_int_equal(sscanf(hex + i, "%2x", &byte), 1);
		buf_putc(out, (char)byte);
	}
}

/* ---- messages ---- */

static void line(struct buf *all, const char *what, struct buf *bytes)
{
	buf_printf(all, "%s\n  ", what);
	to_hex(bytes, all);
	buf_puts(all, "\n");
	buf_cut(bytes, 0);
}

static const struct oid one = {{0x11, 0x22, 0x33, 0x44}}, two = {{0xAA, 0xBB, 0xCC, 0xDD}};

#define BLOB "the SHA-256 of it is 32 bytes here"

static void write_blobs(struct buf *all, struct buf *b)
{
	struct frame_want want = {.at = 65536, .len = 49152};
	struct frame_piece piece = {.at = 65536, .bytes = "%PDF-1.7", .len = 8};
	struct frame_notice notice = {.flags = 0};
	memcpy(want.id, BLOB, SYNC_BLOB_ID);
	memcpy(piece.id, BLOB, SYNC_BLOB_ID);
	memcpy(notice.id, BLOB, SYNC_BLOB_ID);
	frame_put_want(b, &want);
	line(all, "want of 49152 bytes from 65536 on", b);
	frame_put_piece(b, &piece);
	line(all, "piece of it, \"%PDF-1.7\"", b);
	frame_put_notice(b, &notice);
	line(all, "notice: it is not here", b);
	notice.flags = SYNC_BLOB_HERE;
	frame_put_notice(b, &notice);
	line(all, "notice: it is here", b);
	notice.flags = SYNC_BLOB_HERE | FRAME_NOTICE_QUESTION;
	frame_put_notice(b, &notice);
	line(all, "notice: it is here; how does the receiver stand to it", b);
	notice.flags = SYNC_BLOB_ON_DEMAND;
	frame_put_notice(b, &notice);
	line(all, "notice: not fetched before somebody asks", b);
}

static void write_messages(struct buf *all)
{
	struct buf b = {0}, none = {0};
	frame_put_hello(&b, &(struct frame_hello){.peer = {"11383", NULL, "instance", 1}});
	line(all, "hello of 11383's own node, version 1, instance \"instance\"", &b);
	frame_put_hello(
	    &b, &(struct frame_hello){.peer = {"11383", "cong-an", "INSTANCE", 2}, .features = 300});
	line(all, "hello of cong-an@11383, version 2, features 300", &b);
	frame_put_ack(&b, &(struct frame_ack){.batches = 3});
	line(all, "ack of 3 batches, all stored", &b);
	struct frame_exception e[] = {{2, FRAME_PARKED, NULL, NULL, NULL, NULL},
	    {130, FRAME_REFUSED, "right", "acks/31/D-1.yaml", "note", "unit 1 may not write this"},
	    {131, FRAME_DECLINED, NULL, NULL, NULL, NULL}};
	frame_put_ack(&b, &(struct frame_ack){.batches = 200, .exceptions = e, .n = 3});
	line(all, "ack of 200 batches; change 2 parked, 130 refused, 131 declined", &b);
	frame_put_ack(&b, &(struct frame_ack){.batches = 1, .lost = true});
	line(all, "ack of one lost batch", &b);
	struct frame_exception late = {4, FRAME_PARKED, NULL, NULL, NULL, NULL};
	frame_put_ack(
	    &b, &(struct frame_ack){
		    .batches = 1, .exceptions = &late, .n = 1, .late = {"cong-an@11383", 2000, false}});
	line(all, "ack of a batch; change 4 parked, late: its writer has written 2,000 changes today", &b);
	frame_put_summary(&b, &(struct frame_summary){5, FRAME_ASK, "digest......"});
	line(all, "summary, ask 5", &b);
	frame_put_summary(&b, &(struct frame_summary){300, FRAME_ANSWER | FRAME_RETRY, "digest......"});
	line(all, "summary, answer 300, retry", &b);
	struct oid ids[] = {one, two};
	struct frame_ledger l[] = {{"directives/31", {ids, 2}}, {"reports/11383", {NULL, 0}}};
	frame_put_have(&b, &(struct frame_have){FRAME_HAVE_WANTED | FRAME_HAVE_PARTIAL, l, 2});
	line(all, "have, wanted, partial: two ids of directives/31, none of reports/11383", &b);
	const char *names[] = {"reports/11050"};
	frame_put_decline(&b, &(struct frame_decline){names, 1});
	line(all, "decline of reports/11050", &b);
	frame_put(&b, FRAME_PING, &none);
	line(all, "ping", &b);
	frame_put(&b, FRAME_PONG, &none);
	line(all, "pong", &b);
	write_blobs(all, &b);
	struct frame_hello going_on = {.peer = {"11383", NULL, "instance", 1}, .features = FRAME_PARTS};
	going_on.kept[0] = (struct frame_kept){PART_REST, "digest......", 200000};
	going_on.n_kept = 1;
	frame_put_hello(&b, &going_on);
	line(all, "hello that knows parts and has 200000 bytes of a batch of reports", &b);
	frame_put_part(&b, &(struct frame_part){FRAME_PART_DIRECTIVES | FRAME_PART_BEGIN, "digest......",
			       5000, 300, (const unsigned char *)"bytes", 5});
	line(all, "part, the first here of a batch of directives of 5000 bytes, from byte 300 on", &b);
	frame_put_part(&b, &(struct frame_part){.bytes = (const unsigned char *)"and more", .len = 8});
	line(all, "part that goes on with a batch of reports", &b);
	buf_free(&b);
}

static void messages_are_these_bytes(void **state)
{
	(void)state;
	struct buf all = {0};
	write_messages(&all);
	if (getenv("WIRE_VECTORS"))
		fputs(buf_str(&all), stdout);
	char *golden = slurp(MESSAGES);
	assert_string_equal(golden, buf_str(&all));
	free(golden);
	buf_free(&all);
}

/* Decode and encode again: the same bytes. */
static void again(unsigned type, const unsigned char *p, size_t len, struct buf *out)
{
	struct arena arena = {0};
	struct err err = {0};
	struct frame_hello hello;
	struct frame_ack ack;
	struct frame_summary summary;
	struct frame_have have;
	struct frame_decline decline;
	struct frame_want want;
	struct frame_piece piece;
	struct frame_notice notice;
	struct frame_part part;
	struct buf none = {0};
	int rc = 0;
	if (type == FRAME_HELLO && (rc = frame_get_hello(p, len, &arena, &hello, &err)) == 0)
		frame_put_hello(out, &hello);
	else if (type == FRAME_ACK && (rc = frame_get_ack(p, len, &arena, &ack, &err)) == 0)
		frame_put_ack(out, &ack);
	else if (type == FRAME_SUMMARY && (rc = frame_get_summary(p, len, &summary, &err)) == 0)
		frame_put_summary(out, &summary);
	else if (type == FRAME_HAVE && (rc = frame_get_have(p, len, &arena, &have, &err)) == 0)
		frame_put_have(out, &have);
	else if (type == FRAME_DECLINE && (rc = frame_get_decline(p, len, &arena, &decline, &err)) == 0)
		frame_put_decline(out, &decline);
	else if (type == FRAME_WANT && (rc = frame_get_want(p, len, &want, &err)) == 0)
		frame_put_want(out, &want);
	else if (type == FRAME_PIECE && (rc = frame_get_piece(p, len, &piece, &err)) == 0)
		frame_put_piece(out, &piece);
	else if (type == FRAME_NOTICE && (rc = frame_get_notice(p, len, &notice, &err)) == 0)
		frame_put_notice(out, &notice);
	else if (type == FRAME_PART && (rc = frame_get_part(p, len, &part, &err)) == 0)
		frame_put_part(out, &part);
	else if (type == FRAME_PING || type == FRAME_PONG)
		frame_put(out, (enum frame_type)type, &none);
	assert_int_equal(rc, 0);
	arena_free(&arena);
}

static void messages_are_read_as_they_were_meant(void **state)
{
	(void)state;
	char *golden = slurp(MESSAGES);
	unsigned n = 0;
	for (char *at = strstr(golden, "\n  "); at; at = strstr(at, "\n  ")) {
		at += 3;
		struct buf bytes = {0}, back = {0};
		const unsigned char *p;
		size_t len, size;
		unsigned type;
		struct err err = {0};
		from_hex(at, strcspn(at, "\n"), &bytes);
		assert_int_equal(frame_next(bytes.data, bytes.len, &type, &p, &len, &size, &err), 1);
		assert_int_equal(size, bytes.len);
		again(type, p, len, &back);
		assert_int_equal(back.len, bytes.len);
		assert_memory_equal(back.data, bytes.data, bytes.len);
		for (size_t cut = 0; cut < bytes.len; cut++)
			assert_int_equal(frame_next(bytes.data, cut, &type, &p, &len, &size, &err), 0);
		buf_free(&bytes);
		buf_free(&back);
		n++;
	}
	assert_int_equal(n, 21);
	free(golden);
}

/* ---- batches ---- */

static struct node from, to;

static bool no_short(void *ctx, const char *ledger, const struct oid *id)
{
	(void)ctx;
	(void)ledger;
	return id->b[0] & 1;
}

static bool find(void *ctx, const char *ledger, const unsigned char prefix[REPLAY_PREFIX], struct oid *out)
{
	struct ledger *l = ledger_of(ctx, ledger, false);
	for (size_t i = 0; l && i < l->n; i++)
		if (memcmp(l->entries[i]->c.id.b, prefix, REPLAY_PREFIX) == 0) {
			*out = l->entries[i]->c.id;
			return true;
		}
	return false;
}

static void show_heads(const struct sync_received *r, struct buf *out)
{
	char hex[OID_HEX + 1];
	for (size_t i = 0; i < r->change.heads.n; i++) {
		oid_hex(&r->change.heads.items[i], hex);
		buf_printf(out, "head %s\n", hex);
	}
	for (size_t i = 0; i < r->n_earlier; i++)
		buf_printf(out, "head: change %u of this batch\n", r->earlier[i] + 1);
	if (r->has_parent_check)
		buf_printf(out, "parent %02x%02x%02x%02x…\n", r->parent_check[0], r->parent_check[1],
		    r->parent_check[2], r->parent_check[3]);
}

static void show(const struct sync_received *r, struct buf *out)
{
	const struct change *c = &r->change;
	char hex[OID_HEX + 1];
	oid_hex(&c->grant, hex);
	buf_printf(out, "ledger %s\n", c->ledger);
	show_heads(r, out);
	buf_printf(out, "time %lld\nunit %s\nstation %s\nagency %s\nrank %d\nrule %d\ngrant %s\n",
	    (long long)c->time, c->unit, c->station ? c->station : "-", c->agency ? c->agency : "-", c->rank,
	    c->rule, hex);
	if (c->claim != CLAIM_NONE) {
		oid_hex(&c->claim_basis, hex);
		buf_printf(out, "claim %s %s\n", c->claim == CLAIM_OWNER ? "owner" : "lead", hex);
	}
	for (size_t i = 0; i < c->n_settles; i++)
		buf_printf(out, "settles %s\n", c->settles[i]);
	buf_printf(out, "subject %s\n", c->subject);
	if (c->body)
		buf_printf(out, "body %s\n", c->body);
	for (size_t i = 0; i < c->n_records; i++) {
		buf_printf(out, "%s %s\n", c->records[i].text ? "record" : "removes", c->records[i].path);
		for (const char *at = c->records[i].text; at && *at; at = strchr(at, '\n') + 1)
			buf_printf(out, "| %.*s\n", (int)strcspn(at, "\n"), at);
	}
}

static void code_one(struct replay_session *out, struct replay_session *in, const struct change *changes,
    size_t n, struct buf *all)
{
	struct replay_io write = {&from, w_text, no_short, find, w_has},
			 read = {&to, w_text, no_short, find, w_has};
	struct buf bytes = {0};
	struct arena arena = {0};
	struct replay_batch batch;
	struct err err = {0};
	char hex[OID_HEX + 1];
	replay_encode(out, &write, changes, n, &bytes);
	buf_puts(all, "batch ");
	to_hex(&bytes, all);
	buf_puts(all, "\n");
	assert_int_equal(replay_decode(in, &read, bytes.data, bytes.len, &arena, &batch, &err), 0);
	assert_int_equal(batch.n, n);
	assert_false(batch.lost);
	for (size_t i = 0; i < n; i++) {
		oid_hex(&changes[i].id, hex);
		buf_printf(all, "change %zu, whose id is %s\n", i + 1, hex);
		show(&batch.changes[i], all);
		assert_memory_equal(batch.changes[i].change.signature, changes[i].signature, 64);
		add_entry(&to, &changes[i]);
	}
	buf_puts(all, "\n");
	arena_free(&arena);
	buf_free(&bytes);
}

static struct change *changes_of(struct node *n, size_t first, size_t count)
{
	struct ledger *l = ledger_of(n, "reports/11383", false);
	struct change *list = mem_alloc(count * sizeof *list);
	for (size_t i = 0; i < count; i++)
		list[i] = l->entries[first + i]->c;
	return list;
}

static void add_special(void)
{
	struct change c = {.ledger = "reports/11383",
	    .unit = "31",
	    .agency = "cong-an",
	    .rank = 1,
	    .rule = 2,
	    .claim = CLAIM_LEAD,
	    .claim_basis = one,
	    .subject = "settle",
	    .body = "đối chiếu biên bản",
	    .time = 1700000000};
	static const char *settles[] = {
	    "00112233445566778899aabbccddeeff00112233", "ff112233445566778899aabbccddeeff00112233"};
	struct change_record records[] = {
	    {"conflicts/00/00112233445566778899aabbccddeeff00112233.yaml", NULL, 0},
	    {"reports/31/hp.2026-06/2026-06.yaml", "state: draft\n", 13}};
	struct ledger *l = ledger_of(&from, "reports/11383", false);
	struct oid heads[] = {l->entries[0]->c.id, l->entries[2]->c.id};
	c.heads = (struct oids){heads, 2};
	if (oid_cmp(&heads[0], &heads[1]) > 0) {
		heads[0] = l->entries[2]->c.id;
		heads[1] = l->entries[0]->c.id;
	}
	c.settles = settles;
	c.n_settles = 2;
	c.records = records;
	c.n_records = 2;
	struct entry *e = add_entry(&from, &c);
	sign(&e->c);
}

static void write_batches(struct buf *all)
{
	static const char report[] = "state: draft\nversion: '1'\nvalues:\n  MT05: '31/58'\n  TT01: '42'\n";
	static const char edited[] =
	    "state: submitted\nversion: '1'\nvalues:\n  MT05: '31/58'\n  TT01: '44'\n";
	struct replay_session *out = replay_session_new(), *in = replay_session_new();
	from = (struct node){.unit = "11383"};
	to = (struct node){.unit = "31"};
	node_write(
	    &from, "reports/11383", "report set", "reports/31/hp.2026-06/2026-06.yaml", report, NULL, NULL);
	node_write(&from, "reports/11383", "task set", "progress/31/hp.2026-06/nv01.yaml", "state: doing\n",
	    NULL, NULL);
	node_write(&from, "reports/11383", "report submit", "progress/31/hp.2026-06/nv01.yaml",
	    "state: done\n", "reports/31/hp.2026-06/2026-06.yaml", edited);
	add_special();
	size_t parts[][2] = {{0, 2}, {2, 1}, {3, 1}};
	for (size_t i = 0; i < 3; i++) {
		struct change *list = changes_of(&from, parts[i][0], parts[i][1]);
		code_one(out, in, list, parts[i][1], all);
		free(list);
	}
	replay_session_free(out);
	replay_session_free(in);
	node_free(&from);
	node_free(&to);
}

static void batches_are_these_bytes(void **state)
{
	(void)state;
	struct buf all = {0};
	write_batches(&all);
	if (getenv("WIRE_VECTORS"))
		fputs(buf_str(&all), stdout);
	char *golden = slurp(BATCHES);
	assert_string_equal(golden, buf_str(&all));
	free(golden);
	buf_free(&all);
}

static void the_preamble_is_the_page_s(void **state)
{
	(void)state;
	char *page = slurp("schema/wire.md");
	char *at = strstr(page, "### Preamble\n\n```\n");
	assert_non_null(at);
	at += strlen("### Preamble\n\n```\n");
	size_t len = (size_t)(strstr(at, "```") - at);
	assert_int_equal(len, strlen(replay_preamble));
	assert_memory_equal(at, replay_preamble, len);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_are_these_bytes),
	    cmocka_unit_test(messages_are_read_as_they_were_meant),
	    cmocka_unit_test(batches_are_these_bytes),
	    cmocka_unit_test(the_preamble_is_the_page_s),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

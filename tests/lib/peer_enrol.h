/* peer_enrol.h - what the hostile node (peer_main.c) says on an enrolment line. */
#ifndef TUYEN_TESTS_PEER_ENROL_H
#define TUYEN_TESTS_PEER_ENROL_H

#include "peer_tls.h"
#include "registry/enrol.h"
#include "registry/enrol_talk.h"
#include "sync/wire.h"

static void report_refusal(const struct err *why)
{
	struct buf text = {0};
	err_format(why, NULL, &text);
	printf("refused %s: %s\n", why->rule ? why->rule : "-", buf_str(&text));
	buf_free(&text);
}

static void report_enrol(const struct talk *t)
{
	struct arena arena = {0};
	struct enrol_talk said;
	struct err err = {0};
	if (!t->heard.len || enrol_talk_read(&arena, t->heard.data, t->heard.len, &said, &err) != 0)
		puts(*t->why ? t->why : "answered by no frame");
	else if (said.kind == ENROL_REFUSED)
		report_refusal(&said.err);
	else
		puts(said.kind == ENROL_WELCOME ? "welcome" : "pending");
	arena_free(&arena);
}

static bool one_frame(struct talk *t)
{
	size_t whole;
	struct err err = {0};
	return t->heard.len &&
	       enrol_talk_length(t->heard.data, t->heard.len, ENROL_ANSWER_MAX, &whole, &err) == 0 && whole &&
	       t->heard.len >= whole;
}

/* What one enrolment line hears for these bytes. */
static void ring(struct peer *p, const struct key *key, const struct buf *say)
{
	struct talk t = {.key = key, .enrol = true, .say = say, .enough = one_frame};
	talk(p, &t);
	report_enrol(&t);
	buf_free(&t.heard);
}

static void ask_text(const char *text, size_t len, const void *secret, size_t secret_len, struct buf *out)
{
	const struct enrol_talk t = {
	    .kind = ENROL_ASK, .text = text, .len = len, .secret = secret, .secret_len = secret_len};
	enrol_talk_write(&t, out);
}

/* A good request for a unit, by this key. */
static void request_of(struct peer *p, const char *unit, bool recover, const struct key *key, struct buf *out)
{
	struct config me = p->config;
	struct err err = {0};
	me.unit = unit;
	me.name = "xa la";
	me.station = me.agency = NULL;
	me.level = "commune";
	me.admitted = false;
	me.listen = me.address = NULL;
	if (enrol_request(&me, key, recover, out, &err))
		die("request", &err);
}

static void enrol_with(struct peer *p, const char *unit, bool recover, const void *secret, size_t secret_len)
{
	struct key *key = fresh_key();
	struct buf request = {0}, frame = {0};
	request_of(p, unit, recover, key, &request);
	ask_text(request.data, request.len, secret, secret_len, &frame);
	ring(p, key, &frame);
	buf_free(&request);
	buf_free(&frame);
	key_free(key);
}

static void enrol_garbage(struct peer *p)
{
	struct buf say = {0};
	for (int i = 0; i < 300; i++)
		buf_putc(&say, (char)(i * 37 + 11));
	ring(p, NULL, &say);
	buf_free(&say);
}

static void enrol_no_request(struct peer *p)
{
	struct buf say = {0};
	ask_text("HOSTILE: yes\n", 13, NULL, 0, &say);
	ring(p, NULL, &say);
	buf_free(&say);
}

static void enrol_endless(struct peer *p)
{
	struct buf say = {0};
	wire_put_number(&say, 1u << 30);
	for (int i = 0; i < 1 << 20; i++)
		buf_putc(&say, 1);
	ring(p, NULL, &say);
	buf_free(&say);
}

/* The words of the ordinary line, on this one. */
static void enrol_changes(struct peer *p)
{
	greeting(p);
	ring(p, NULL, &p->out);
}

static void enrol_two_frames(struct peer *p)
{
	struct buf request = {0}, say = {0};
	request_of(p, "11999", false, p->key, &request);
	ask_text(request.data, request.len, NULL, 0, &say);
	ask_text(request.data, request.len, NULL, 0, &say);
	ring(p, NULL, &say);
	buf_free(&request);
	buf_free(&say);
}

/* A request that somebody else has made, shown by us. */
static void enrol_of_another(struct peer *p)
{
	struct key *key = fresh_key();
	struct buf request = {0}, say = {0};
	request_of(p, "11999", false, key, &request);
	ask_text(request.data, request.len, NULL, 0, &say);
	ring(p, NULL, &say);
	buf_free(&request);
	buf_free(&say);
	key_free(key);
}

static void enrol_altered(struct peer *p)
{
	struct buf request = {0}, say = {0};
	request_of(p, "11999", false, p->key, &request);
	memcpy(strstr(request.data, "11999"), "11050", 5);
	ask_text(request.data, request.len, NULL, 0, &say);
	ring(p, NULL, &say);
	buf_free(&request);
	buf_free(&say);
}

/* As another unit that has a node; as the city; as a unit that lost its machine. None of them says so. */
static void enrol_as_another(struct peer *p)
{
	enrol_with(p, "11050", false, NULL, 0);
}

static void enrol_as_superior(struct peer *p)
{
	enrol_with(p, p->config.superior.unit, false, NULL, 0);
}

static void enrol_recover(struct peer *p)
{
	enrol_with(p, "11050", true, NULL, 0);
}

static void enrol_guess(struct peer *p)
{
	unsigned char secret[16];
	for (size_t i = 0; i < (p->count ? p->count : 100); i++) {
		sys_random(secret, sizeof secret);
		enrol_with(p, "11999", false, secret, i % 4 ? sizeof secret : i % 16 + 1);
	}
}

/* An invitation that was used, by its secret: the word after the attack. */
static void enrol_used(struct peer *p)
{
	unsigned char secret[16];
	if (!p->word || !hex_decode(p->word, secret, sizeof secret))
		die("no secret", &(struct err){0});
	enrol_with(p, "11060", false, secret, sizeof secret);
	enrol_with(p, "11050", true, secret, sizeof secret);
}

/* Each time another unit and another key. */
static void enrol_flood(struct peer *p)
{
	for (size_t i = 0; i < (p->count ? p->count : 200); i++) {
		char unit[16];
		snprintf(unit, sizeof unit, "%05zu", 20000 + i);
		enrol_with(p, unit, false, NULL, 0);
	}
}

#endif

#include "node/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "control/control.h"
#include "net/line.h"
#include "node.h"
#include "registry/enrol_talk.h"
#include "registry/invitation.h"
#include "registry/waiting.h"

#define WAIT_MS 60000
#define CALL_MS 15000 /* to connect, and again to shake hands */
#define ANSWER_MS 10000
#define AGAIN_FIRST 500
#define AGAIN_MOST 5000

/* One `join` that is going on. */
struct joining {
	struct node *node;
	struct control_request *req;
	struct net *net;
	struct net_line *line; /* NULL between two calls */
	uv_timer_t *timer; /* to ring again, or until the answer must be there */
	int64_t deadline, again;
	char *address, *named; /* named: the key that is wanted, or NULL */
	struct buf request, in;
	unsigned char secret[INVITATION_SECRET_SIZE];
	bool has_secret, recover;
	bool met, told; /* its key has been seen; the person has been told that we wait */
	unsigned char key[KEY_PUBLIC_SIZE]; /* of the superior, once met */
	bool stranger; /* the last line was to another key: */
	unsigned char other[KEY_PUBLIC_SIZE];
	struct err last; /* why the last call came to nothing */
};

static void ring(struct joining *j);

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

/* No callback comes after this. */
static void drop(struct joining *j)
{
	j->node->joining = NULL;
	net_line_close(j->line);
	net_free(j->net);
	uv_close((uv_handle_t *)j->timer, free_timer);
	buf_free(&j->request);
	buf_free(&j->in);
	free(j->address);
	free(j->named);
	free(j);
}

static void finish(struct joining *j, const struct err *err)
{
	struct control_request *req = j->req;
	struct err copy = *err;
	drop(j);
	control_finish(req, &copy);
}

static void asker_gone(void *ctx, struct control_request *req)
{
	drop(ctx);
	control_finish(req, NULL);
}

/* ---- between two calls ---- */

static void give_up(struct joining *j)
{
	struct err err = {0};
	if (j->told) {
		err_set(&err, ERR_TIMEOUT, N_("the superior at %1 has not admitted %2 yet"), j->address,
		    j->node->config.unit);
		err_hint(&err,
		    j->recover
			? N_("its clerk does so with: tuyen unit admit --pending %2 --recover; then run the "
			     "same command again")
			: N_("its clerk does so with: tuyen unit admit --pending %2; then run the same "
			     "command again"));
	} else if (j->last.code) {
		err = j->last;
	} else {
		err_set(&err, ERR_TIMEOUT, N_("no answer from the superior at %1 in time"), j->address);
	}
	finish(j, &err);
}

static void ring_now(uv_timer_t *timer)
{
	ring(timer->data);
}

/* Twice as long each time, at random between half and whole. */
static void ring_later(struct joining *j)
{
	uint32_t dice;
	sys_random(&dice, sizeof dice);
	int64_t pause = j->again / 2 + (int64_t)(dice % (uint32_t)(j->again / 2 + 1));
	j->again = j->again * 2 > AGAIN_MOST ? AGAIN_MOST : j->again * 2;
	if (sys_ticks() + pause >= j->deadline)
		give_up(j);
	else
		uv_timer_start(j->timer, ring_now, (uint64_t)pause, 0);
}

static void not_answered(uv_timer_t *timer)
{
	struct joining *j = timer->data;
	net_line_close(j->line);
	j->line = NULL;
	ring_later(j);
}

/* ---- what is answered ---- */

static int take_welcome(struct joining *j, const struct enrol_talk *t, struct err *err)
{
	struct node *n = j->node;
	struct arena arena = {0};
	struct enrol_welcome w;
	struct config fresh;
	config_init(&fresh);
	int rc = enrol_read_welcome(&arena, "welcome", t->text, t->len, &w, err);
	if (rc == 0 && memcmp(w.superior.key, j->key, KEY_PUBLIC_SIZE) != 0)
		rc = err_set(
		    err, ERR_PEER, N_("the welcome from %1 is by another key than the line"), j->address);
	if (rc == 0)
		rc = config_load(n->dir, &fresh, err);
	if (rc == 0)
		enrol_know_anchor(n->registry, &fresh, &w);
	if (rc == 0)
		rc = enrol_take(&fresh, &w, key_public(n->key), j->address, err);
	if (rc == 0)
		rc = config_save(&fresh, n->dir, err);
	config_free(&fresh);
	arena_free(&arena);
	return rc == 0 ? node_reload(n, err) : rc;
}

static void say_joined(struct joining *j)
{
	struct buf print = {0};
	char node[136];
	config_node(&j->node->config, node);
	enrol_fingerprint(j->key, &print);
	control_say(j->req, N_("%1 has joined %2, whose fingerprint is: %3"), node,
	    j->node->config.superior.unit, buf_str(&print));
	buf_free(&print);
}

static void say_waiting(struct joining *j)
{
	struct buf theirs = {0}, ours = {0};
	if (j->told)
		return;
	j->told = true;
	enrol_fingerprint(j->key, &theirs);
	enrol_fingerprint(key_public(j->node->key), &ours);
	control_say(j->req, N_("fingerprint of the superior at %1, to be compared with its people: %2"),
	    j->address, buf_str(&theirs));
	control_say(
	    j->req, N_("fingerprint of this node, to be read out to the superior: %1"), buf_str(&ours));
	control_say(j->req,
	    j->recover
		? N_("the request waits there; its clerk admits it with: tuyen unit admit --pending %1 "
		     "--recover")
		: N_("the request waits there; its clerk admits it with: tuyen unit admit --pending %1"),
	    j->node->config.unit);
	buf_free(&theirs);
	buf_free(&ours);
}

static void heard(struct joining *j, size_t len)
{
	struct arena arena = {0};
	struct enrol_talk t;
	struct err err = {0};
	struct net_line *line = j->line;
	bool more = j->in.len > len, over = true;
	j->line = NULL;
	net_line_close(line);
	uv_timer_stop(j->timer);
	int rc = enrol_talk_read(&arena, j->in.data, len, &t, &err);
	if (rc == 0 && (more || t.kind == ENROL_ASK))
		rc = err_set(
		    &err, ERR_PEER, N_("the far end at %1 does not answer as a superior does"), j->address);
	if (rc == 0 && t.kind == ENROL_WELCOME && (rc = take_welcome(j, &t, &err)) == 0)
		say_joined(j);
	if (rc == 0 && t.kind == ENROL_PENDING)
		say_waiting(j);
	if (rc == 0 && t.kind == ENROL_REFUSED) {
		err = t.err;
		ERR_CLEAR(&j->last);
		err_set(&j->last, ERR_TIMEOUT, N_("the superior at %1 is busy; try again later"), j->address);
	}
	if (rc == 0 && (t.kind == ENROL_PENDING || t.err.code == ERR_BUSY))
		over = false;
	if (over)
		finish(j, &err);
	else
		ring_later(j);
	arena_free(&arena);
}

/* ---- a call ---- */

static bool admit(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct joining *j = ctx;
	j->stranger = (j->named && !waiting_is_key(key, j->named)) ||
		      (j->met && memcmp(key, j->key, KEY_PUBLIC_SIZE) != 0);
	memcpy(j->other, key, KEY_PUBLIC_SIZE);
	return !j->stranger;
}

static void on_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct joining *j = ctx;
	struct buf out = {0};
	const struct enrol_talk ask = {.kind = ENROL_ASK,
	    .text = buf_str(&j->request),
	    .len = j->request.len,
	    .secret = j->secret,
	    .secret_len = j->has_secret ? sizeof j->secret : 0};
	memcpy(j->key, key, KEY_PUBLIC_SIZE);
	j->met = true;
	enrol_talk_write(&ask, &out);
	net_line_send(line, out.data, out.len);
	uv_timer_start(j->timer, not_answered, ANSWER_MS, 0);
	buf_free(&out);
}

static void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	struct joining *j = ctx;
	struct err err = {0};
	size_t whole;
	(void)line;
	buf_add(&j->in, bytes, len);
	if (enrol_talk_length(j->in.data, j->in.len, ENROL_ANSWER_MAX, &whole, &err) != 0)
		finish(j, &err);
	else if (whole && j->in.len >= whole)
		heard(j, whole);
}

static void refuse_stranger(struct joining *j, struct err *err)
{
	struct buf print = {0};
	enrol_fingerprint(j->other, &print);
	err_set(err, ERR_REFUSED, N_("at %1 there is the key %2, not the one that was named"), j->address,
	    buf_str(&print));
	err_hint(
	    err, N_("check the address; if the superior has another key now, ask it for its fingerprint"));
	buf_free(&print);
}

static void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	struct joining *j = ctx;
	(void)line;
	j->line = NULL;
	uv_timer_stop(j->timer);
	j->last = *why;
	if (j->stranger) {
		struct err err = {0};
		refuse_stranger(j, &err);
		finish(j, &err);
	} else if (why->code == ERR_TIMEOUT) {
		ring_later(j);
	} else {
		finish(j, why);
	}
}

static const struct net_calls calls = {
    .admit = admit, .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close};

static void ring(struct joining *j)
{
	struct err err = {0};
	buf_cut(&j->in, 0);
	j->line = net_dial_enrol(j->net, j->address, &calls, j, &err);
	if (!j->line)
		finish(j, &err);
}

/* ---- the whole ---- */

static int read_secret(struct joining *j, const char *text, struct err *err)
{
	j->has_secret = text != NULL;
	if (text && !hex_decode(text, j->secret, sizeof j->secret))
		return err_set(err, ERR_INPUT, N_("%1 must be 32 hexadecimal digits"), "secret");
	return 0;
}

static int prepare(struct joining *j, const struct args *a, struct err *err)
{
	struct node *n = j->node;
	const char *timeout = args_get(a, "timeout");
	long seconds = timeout ? strtol(timeout, NULL, 10) : 0;
	j->address = mem_dup(args_get(a, "superior"));
	j->named = mem_dup(args_get(a, "superior-key"));
	int64_t left = seconds > 0 ? (int64_t)seconds * 1000 : WAIT_MS;
	j->deadline = sys_ticks() + left;
	j->again = AGAIN_FIRST;
	j->recover = args_has(a, "recover");
	if (!j->address)
		return err_set(err, ERR_USAGE, N_("%1 is missing"), "superior");
	int rc = read_secret(j, args_get(a, "secret"), err);
	if (rc == 0)
		rc = enrol_request(&n->config, n->key, j->recover, &j->request, err);
	int wait = left < CALL_MS ? (int)left : CALL_MS;
	const struct net_options options = {.connect_ms = wait, .handshake_ms = wait};
	return rc == 0 ? net_new(n->loop, n->key, &options, &j->net, err) : rc;
}

bool node_join(struct node *n, struct control_request *req, struct err *err)
{
	if (n->joining) {
		err_set(err, ERR_BUSY, N_("another join is going on here"));
		return false;
	}
	struct joining *j = mem_alloc(sizeof *j);
	j->node = n;
	j->req = req;
	j->timer = mem_alloc(sizeof *j->timer);
	uv_timer_init(n->loop, j->timer);
	j->timer->data = j;
	if (prepare(j, &req->args, err) != 0) {
		drop(j);
		return false;
	}
	n->joining = j;
	control_on_gone(req, asker_gone, j);
	uv_timer_start(j->timer, ring_now, 0, 0);
	return true;
}

void node_join_stop(struct node *n)
{
	struct err err = {0};
	err_set(&err, ERR_TIMEOUT, N_("the daemon is stopping"));
	if (n->joining)
		finish(n->joining, &err);
}

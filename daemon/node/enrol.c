#include "node/enrol.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/line.h"
#include "node.h"
#include "node/incidents.h"
#include "node/invite.h"
#include "node/units.h"
#include "record/screen.h"
#include "registry/enrol_talk.h"

#define CALLERS_MAX 16
#define CALL_MS 10000 /* from the end of the handshake to our answer */

/* One open enrolment line. */
struct caller {
	struct caller *next;
	struct node_enrol *desk;
	struct net_line *line;
	uv_timer_t *timer;
	unsigned char key[KEY_PUBLIC_SIZE];
	struct buf in;
};

struct node_enrol {
	struct node *node;
	struct caller *callers; /* newest first */
	unsigned n_callers;
	int64_t full_at; /* of node_invite_wait */
};

/* ---- who is let in ---- */

/* What one caller asked, judged. */
struct asked {
	struct arena arena;
	struct enrol_request request;
	const char *text;
	struct buf welcome;
	bool pending;
};

static int judge(struct node_enrol *desk, const struct caller *c, const struct enrol_talk *ask,
    struct asked *a, struct err *err)
{
	struct node *n = desk->node;
	struct enrol_edit edit;
	struct err why = {0}, first = {0};
	a->text = arena_dup_len(&a->arena, (char *)ask->text, ask->len);
	int rc = enrol_read_request(&a->arena, "request", a->text, ask->len, &a->request, err);
	if (rc < 0)
		return rc;
	if (memcmp(a->request.key, c->key, KEY_PUBLIC_SIZE) != 0)
		return err_set(
		    err, ERR_REFUSED, N_("this request was made by another node than the one that shows it"));
	if ((rc = screen_value("request", "name", a->request.name, err)) != 0)
		return rc;
	/* Who was let in already and did not hear of it gets his welcome again. */
	int fits = node_units_judge(n, &a->request, NULL, &a->arena, &edit, &first);
	if (fits == 0 && registry_by_key(n->registry, a->request.key)) {
		node_invite_forget(n, a->request.key);
		return enrol_welcome(n->registry, &n->config, n->key, &a->request, &a->welcome, err);
	}
	if (ask->secret_len) {
		rc = node_invite_use(
		    n, &a->request, ask->secret, ask->secret_len, &a->arena, &a->welcome, err);
		if (rc == 0)
			node_invite_forget(n, a->request.key);
		return rc;
	}
	if (fits != 0 && a->request.recover)
		fits = node_units_judge(n, &a->request, "retired", &a->arena, &edit, &why);
	if (fits != 0) {
		*err = why.code ? why : first;
		return fits;
	}
	rc = node_invite_wait(n, &a->request, a->text, net_line_far(c->line), &desk->full_at, err);
	a->pending = rc == 0;
	return rc;
}

/* ---- lines ---- */

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void drop(struct caller *c)
{
	struct caller **p = &c->desk->callers;
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->desk->n_callers--;
	uv_close((uv_handle_t *)c->timer, free_timer);
	buf_free(&c->in);
	free(c);
}

static void hang_up(struct caller *c)
{
	net_line_close(c->line);
	drop(c);
}

static struct caller *oldest(struct node_enrol *desk)
{
	struct caller *c = desk->callers;
	while (c->next)
		c = c->next;
	return c;
}

static void too_slow(uv_timer_t *timer)
{
	hang_up(timer->data);
}

/* Somebody who comes with a paper that is not good may have found it, or be guessing: people should know. */
static void report(struct caller *c, const struct err *why)
{
	const struct incident i = {.kind = "stranger", .rule = why->rule, .err = why};
	log_err(LOG_NOTICE, net_line_far(c->line), why);
	if (str_is(why->rule, "invitation"))
		node_incident(c->desk->node, &i);
}

static void answer(struct caller *c, size_t len)
{
	struct enrol_talk ask, said = {.kind = ENROL_REFUSED};
	struct asked a = {0};
	struct buf out = {0};
	struct err broken = {0};
	int rc = enrol_talk_read(&a.arena, c->in.data, len, &ask, &broken);
	if (rc != 0 || ask.kind != ENROL_ASK || c->in.len > len) {
		log_line(LOG_NOTICE, "enrolment line from %s: no request", net_line_far(c->line));
		goto out;
	}
	rc = judge(c->desk, c, &ask, &a, &said.err);
	if (rc == 0)
		said.kind = a.pending ? ENROL_PENDING : ENROL_WELCOME;
	else
		report(c, &said.err);
	said.text = buf_str(&a.welcome);
	said.len = a.welcome.len;
	enrol_talk_write(&said, &out);
	net_line_send(c->line, out.data, out.len);
out:
	buf_free(&out);
	buf_free(&a.welcome);
	arena_free(&a.arena);
	hang_up(c);
}

static bool admit_anybody(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct node_enrol *desk = ctx;
	(void)key;
	return !desk->node->config.paused;
}

static void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	struct caller *c = ctx;
	struct err err = {0};
	size_t whole;
	(void)line;
	buf_add(&c->in, bytes, len);
	if (enrol_talk_length(c->in.data, c->in.len, ENROL_ASK_MAX, &whole, &err) != 0)
		hang_up(c);
	else if (whole && c->in.len >= whole)
		answer(c, whole);
}

static void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	(void)line;
	(void)why;
	drop(ctx);
}

static void not_open(void *ctx, struct net_line *line, const struct err *why)
{
	(void)ctx;
	(void)line;
	(void)why;
}

static void no_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	(void)ctx;
	(void)line;
	(void)bytes;
	(void)len;
}

static const struct net_calls open_calls = {
    .admit = admit_anybody, .on_bytes = on_bytes, .on_close = on_close};

static void on_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct node_enrol *desk = ctx;
	if (desk->n_callers >= CALLERS_MAX)
		hang_up(oldest(desk)); /* who rings to ask has asked by then */
	struct caller *c = mem_alloc(sizeof *c);
	*c = (struct caller){.next = desk->callers, .desk = desk, .line = line};
	memcpy(c->key, key, KEY_PUBLIC_SIZE);
	c->timer = mem_alloc(sizeof *c->timer);
	uv_timer_init(desk->node->loop, c->timer);
	c->timer->data = c;
	uv_timer_start(c->timer, too_slow, CALL_MS, 0);
	desk->callers = c;
	desk->n_callers++;
	net_line_set(line, &open_calls, c);
}

static const struct net_calls listen_calls = {
    .admit = admit_anybody, .on_open = on_open, .on_bytes = no_bytes, .on_close = not_open};

void node_enrol_listen(struct node_enrol *desk, struct net_listener *listener)
{
	if (desk && listener)
		net_listener_enrol(listener, &listen_calls, desk);
}

struct node_enrol *node_enrol_start(struct node *n)
{
	struct node_enrol *desk = mem_alloc(sizeof *desk);
	desk->node = n;
	return desk;
}

void node_enrol_stop(struct node_enrol *desk)
{
	while (desk && desk->callers)
		hang_up(desk->callers);
	free(desk);
}

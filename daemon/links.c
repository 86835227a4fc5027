#include "links.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "link.h"
#include "net/line.h"
#include "node_enrol.h"
#include "node_trust.h"

#define BACKOFF_FIRST 500 /* ms until the second try; doubles */
#define BACKOFF_MOST 120000 /* no pause is ever longer, jitter included */
#define ASK_AGAIN 200 /* ms after an exchange that ended unequal, while somebody waits */
#define QUEUE_LIMIT (16 << 20) /* bytes to a peer that takes in nothing, before it is given up */

struct links {
	struct node *node;
	struct net *net;
	struct net_listener *listener;
	struct link **open;
	size_t n_open;
	struct table peers; /* id -> struct link_peer */
	struct wait *waits;
	uint64_t next_token;
	/* Upwards. */
	struct net_line *dialling;
	uv_timer_t *redial;
	int64_t backoff, next_dial; /* ms; sys_ticks of the next try, 0: none due */
	/* Ledgers have moved: tell every line when the loop next turns. */
	uv_timer_t *wake;
	uv_timer_t *again; /* exchanges that somebody waits for ended unequal */
};

struct wait {
	struct wait *next;
	struct links *links;
	uv_timer_t *timer;
	uint64_t token;
	char *with; /* NULL: all */
	/* Lines that must still end an exchange equal; ids of peers. */
	struct strs open;
	void (*done)(void *ctx, const struct err *err);
	void *ctx;
};

static void dial(struct links *s);

/* ---- peers ---- */

static struct link_peer *peer_of(struct links *s, const char *id)
{
	void **at = table_at(&s->peers, id);
	if (*at)
		return *at;
	struct link_peer *p = mem_alloc(sizeof *p);
	struct buf name = {0};
	struct err err = {0};
	p->id = mem_dup(id);
	buf_printf(&name, "peer-%s", id);
	if (store_note_read(s->node->store, buf_str(&name), &p->memory, &err) != 0)
		log_err(LOG_WARNING, "peer", &err);
	buf_free(&name);
	*at = p;
	return p;
}

static struct link *link_of(const struct links *s, const char *id)
{
	for (size_t i = 0; i < s->n_open; i++)
		if (strcmp(link_peer(s->open[i])->id, id) == 0)
			return s->open[i];
	return NULL;
}

static const char *superior_id(const struct links *s)
{
	return s->node->config.superior.unit;
}

/* ---- waiting for an exchange ---- */

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void drop_wait(struct wait *w)
{
	struct wait **p = &w->links->waits;
	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	uv_close((uv_handle_t *)w->timer, free_timer);
	strs_free(&w->open);
	free(w->with);
	free(w);
}

static void end_wait(struct wait *w, const struct err *err)
{
	void (*done)(void *, const struct err *) = w->done;
	void *ctx = w->ctx;
	drop_wait(w);
	done(ctx, err);
}

static void remove_open(struct wait *w, const char *id)
{
	for (size_t i = 0; i < w->open.n; i++) {
		if (strcmp(w->open.items[i], id) != 0)
			continue;
		free(w->open.items[i]);
		w->open.items[i] = w->open.items[--w->open.n];
		return;
	}
}

static void wait_expired(uv_timer_t *timer)
{
	struct wait *w = timer->data;
	struct err err = {0};
	const char *id = w->open.n ? w->open.items[0] : "";
	const struct link_peer *p = *id ? table_get(&w->links->peers, id) : NULL;
	if (p && p->error.code) {
		struct buf why = {0};
		err_format(&p->error, NULL, &why);
		err_set(&err, ERR_TIMEOUT, N_("no exchange with %1 in time: %2"), id, buf_str(&why));
		buf_free(&why);
	} else {
		err_set(&err, ERR_TIMEOUT, N_("no complete exchange with %1 in time"), id);
		err_hint(
		    &err, N_("what was typed is safe here; it goes out by itself when the line is there"));
	}
	end_wait(w, &err);
}

static void no_line_left(uv_timer_t *timer)
{
	struct err none = {0};
	end_wait(timer->data, &none);
}

struct wait *links_wait(struct links *s, const char *with, int64_t timeout_ms,
    void (*done)(void *, const struct err *), void *ctx)
{
	struct wait *w = mem_alloc(sizeof *w);
	*w = (struct wait){.next = s->waits, .links = s, .done = done, .ctx = ctx, .with = mem_dup(with)};
	w->token = ++s->next_token;
	s->waits = w;
	const char *up = superior_id(s);
	if (up && (!with || strcmp(with, up) == 0))
		strs_add(&w->open, up);
	for (size_t i = 0; i < s->n_open; i++) {
		const char *id = link_peer(s->open[i])->id;
		if (!link_is_up(s->open[i]) && (!with || strcmp(with, id) == 0))
			strs_add(&w->open, id);
	}
	if (with && w->open.n == 0)
		strs_add(&w->open, with);
	w->timer = mem_alloc(sizeof *w->timer);
	uv_timer_init(s->node->loop, w->timer);
	w->timer->data = w;
	if (w->open.n == 0)
		uv_timer_start(w->timer, no_line_left, 0, 0);
	else
		uv_timer_start(w->timer, wait_expired, (uint64_t)timeout_ms, 0);
	struct strs ask = {0};
	for (size_t i = 0; i < w->open.n; i++)
		strs_add(&ask, w->open.items[i]);
	uint64_t token = w->token;
	for (size_t i = 0; i < ask.n; i++) {
		struct link *l = link_of(s, ask.items[i]);
		if (l)
			link_request(l, token);
	}
	strs_free(&ask);
	if (!link_of(s, up ? up : ""))
		dial(s);
	return w;
}

void links_forget(struct wait *w)
{
	drop_wait(w);
}

void links_exchange(struct links *s)
{
	for (size_t i = s->n_open; i-- > 0;) /* backwards: a link that ends gives its place to the last */
		link_request(s->open[i], 0);
	dial(s);
}

/* Two ends that do not agree must not ask each other as fast as the line goes. */
static void ask_again(uv_timer_t *timer)
{
	struct links *s = timer->data;
	for (struct wait *w = s->waits; w; w = w->next)
		for (size_t i = s->n_open; i-- > 0;)
			if (strs_has(&w->open, link_peer(s->open[i])->id))
				link_request(s->open[i], w->token);
}

static struct wait *wait_of(struct links *s, uint64_t token)
{
	struct wait *w = s->waits;
	while (w && w->token != token)
		w = w->next;
	return w;
}

static void exchanged(void *ctx, struct link *l, uint64_t token, bool equal, unsigned refused)
{
	struct links *s = ctx;
	const struct link_peer *peer = link_peer(l);
	s->backoff = link_is_up(l) ? BACKOFF_FIRST : s->backoff;
	struct wait *w = token ? wait_of(s, token) : NULL;
	if (!w || !strs_has(&w->open, peer->id))
		return;
	struct err err = {0};
	if (equal && !refused && peer->refused.n == 0) {
		remove_open(w, peer->id);
		if (w->open.n == 0)
			end_wait(w, &err);
	} else if (refused || peer->refused.n) {
		if (peer->refusal.code)
			err = peer->refusal;
		else
			err_set(&err, ERR_REFUSED,
			    N_("a change of %1 was refused here; see the log of the daemon"), peer->id);
		end_wait(w, &err);
	} else {
		/* Something moved meanwhile, or is parked: once more, until the time is over. */
		if (!uv_is_active((uv_handle_t *)s->again))
			uv_timer_start(s->again, ask_again, ASK_AGAIN, 0);
	}
}

/* ---- lines that end, lines that begin ---- */

static void redial_later(struct links *s);

static void ended(void *ctx, struct link *l, const struct err *why)
{
	struct links *s = ctx;
	bool up = link_is_up(l);
	log_err(LOG_NOTICE, link_peer(l)->id, why);
	for (size_t i = 0; i < s->n_open; i++)
		if (s->open[i] == l)
			s->open[i] = s->open[--s->n_open];
	link_close(l);
	if (up)
		redial_later(s);
}

static const struct link_calls link_calls = {exchanged, ended};

static void begin(struct links *s, const char *id, bool up, struct net_line *line)
{
	struct link *old = link_of(s, id);
	for (size_t i = 0; old && i < s->n_open; i++)
		if (s->open[i] == old)
			s->open[i] = s->open[--s->n_open];
	link_close(old);
	struct link *l = link_open(s->node, peer_of(s, id), up, line, &link_calls, s);
	VEC_PUSH(s->open, s->n_open, l);
	log_line(LOG_NOTICE, "line to %s is open", id);
	for (struct wait *w = s->waits; w; w = w->next)
		if (strs_has(&w->open, id))
			link_request(l, w->token);
}

/* Upwards. */

static bool admit_superior(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct links *s = ctx;
	return memcmp(key, s->node->config.superior.key, KEY_PUBLIC_SIZE) == 0;
}

static void dialled(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct links *s = ctx;
	(void)key;
	s->dialling = NULL;
	begin(s, superior_id(s), true, line);
}

static void early_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	(void)ctx;
	(void)line;
	(void)bytes;
	(void)len;
}

static void dial_failed(void *ctx, struct net_line *line, const struct err *why)
{
	struct links *s = ctx;
	(void)line;
	s->dialling = NULL;
	peer_of(s, superior_id(s))->error = *why;
	log_err(LOG_DEBUG, "dial", why);
	redial_later(s);
}

static const struct net_calls dial_calls = {admit_superior, dialled, early_bytes, NULL, dial_failed};

static void dial(struct links *s)
{
	const struct config *c = &s->node->config;
	if (!c->superior.unit || !c->superior.address || !c->admitted || c->paused || s->dialling ||
	    link_of(s, c->superior.unit))
		return;
	uv_timer_stop(s->redial);
	s->next_dial = 0;
	struct err err = {0};
	s->dialling = net_dial(s->net, c->superior.address, &dial_calls, s, &err);
	if (!s->dialling) {
		peer_of(s, c->superior.unit)->error = err;
		log_err(LOG_ERROR, "superior", &err);
	}
}

static void redial(uv_timer_t *timer)
{
	dial(timer->data);
}

/* Twice as long each time, at random between half and whole, so that many do not come at once. While somebody waits
 * for an exchange the pause stays short. */
static void redial_later(struct links *s)
{
	uint32_t dice;
	sys_random(&dice, sizeof dice);
	if (s->waits && s->backoff > BACKOFF_FIRST)
		s->backoff = BACKOFF_FIRST;
	int64_t pause = s->backoff / 2 + (int64_t)(dice % (uint32_t)(s->backoff / 2 + 1));
	s->backoff = s->backoff * 2 > BACKOFF_MOST ? BACKOFF_MOST : s->backoff * 2;
	s->next_dial = sys_ticks() + pause;
	uv_timer_start(s->redial, redial, (uint64_t)pause, 0);
}

/* From below. */

/* The node behind a key, if it is a direct subordinate of ours or a station of our unit. */
static const struct registry_grant *subordinate(
    const struct links *s, const unsigned char key[KEY_PUBLIC_SIZE], char id[136])
{
	const struct registry_grant *g = node_trust_welcome(s->node, key);
	if (!g || s->node->config.station)
		return NULL;
	struct buf name = {0};
	buf_printf(&name, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	const struct registry_unit *u = registry_unit(s->node->registry, buf_str(&name));
	bool ours = u && u->parent && strcmp(u->parent, s->node->config.unit) == 0 && name.len < 136;
	if (ours)
		memcpy(id, name.data, name.len + 1);
	buf_free(&name);
	return ours ? g : NULL;
}

static bool admit_subordinate(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct links *s = ctx;
	char id[136];
	return !s->node->config.paused && subordinate(s, key, id) != NULL;
}

static void came_in(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct links *s = ctx;
	char id[136];
	if (subordinate(s, key, id) && !s->node->config.paused)
		begin(s, id, false, line);
	else
		net_line_close(line);
}

static void nobody_closed(void *ctx, struct net_line *line, const struct err *why)
{
	(void)ctx;
	(void)line;
	(void)why;
}

static const struct net_calls listen_calls = {admit_subordinate, came_in, early_bytes, NULL, nobody_closed};

/* ---- the whole ---- */

static void wake_all(uv_timer_t *timer)
{
	struct links *s = timer->data;
	for (size_t i = s->n_open; i-- > 0;) /* backwards: a link that ends gives its place to the last */
		link_moved(s->open[i]);
}

void links_moved(struct links *s)
{
	if (s)
		uv_timer_start(s->wake, wake_all, 0, 0);
}

static uv_timer_t *new_timer(struct links *s)
{
	uv_timer_t *t = mem_alloc(sizeof *t);
	uv_timer_init(s->node->loop, t);
	t->data = s;
	return t;
}

static void close_all(struct links *s)
{
	while (s->n_open)
		link_close(s->open[--s->n_open]);
	if (s->dialling)
		net_line_close(s->dialling);
	s->dialling = NULL;
	uv_timer_stop(s->redial);
	s->next_dial = 0;
}

int links_reload(struct links *s, struct err *err)
{
	const struct config *c = &s->node->config;
	close_all(s);
	net_listener_close(s->listener);
	s->listener = NULL;
	s->backoff = BACKOFF_FIRST;
	if (c->paused)
		return 0;
	int rc = c->listen ? net_listen(s->net, c->listen, &listen_calls, s, &s->listener, err) : 0;
	node_enrol_listen(s->node->desk, s->listener);
	dial(s); /* also when nobody can call here: that is no reason to fall silent upwards */
	return rc;
}

int links_start(struct node *n, struct links **out, struct err *err)
{
	struct links *s = mem_alloc(sizeof *s);
	s->node = n;
	s->backoff = BACKOFF_FIRST;
	s->redial = new_timer(s);
	s->wake = new_timer(s);
	s->again = new_timer(s);
	*out = s;
	const struct net_options options = {.queue_limit = QUEUE_LIMIT};
	int rc = net_new(n->loop, n->key, &options, &s->net, err);
	return rc ? rc : links_reload(s, err);
}

void links_stop(struct links *s)
{
	if (!s)
		return;
	struct err stopping = {0};
	err_set(&stopping, ERR_TIMEOUT, N_("the daemon is stopping"));
	while (s->waits)
		end_wait(s->waits, &stopping);
	close_all(s);
	net_listener_close(s->listener);
	net_free(s->net);
	uv_close((uv_handle_t *)s->redial, free_timer);
	uv_close((uv_handle_t *)s->wake, free_timer);
	uv_close((uv_handle_t *)s->again, free_timer);
	for (size_t i = 0; i < s->peers.n; i++) {
		struct link_peer *p = s->peers.rows[i].value;
		buf_free(&p->memory);
		oids_free(&p->refused);
		free(p->id);
		free(p);
	}
	table_free(&s->peers);
	free(s->open);
	free(s);
}

static void state_of(const struct links *s, const char *id, bool up, struct link_state *out)
{
	const struct link_peer *p = peer_of((struct links *)s, id);
	const struct link *l = link_of(s, id);
	*out = (struct link_state){.peer = id, .up = up, .open = l != NULL, .last_contact = p->last_contact};
	out->changes_in = p->changes_in;
	out->changes_out = p->changes_out;
	out->address = l ? link_far(l) : up ? s->node->config.superior.address : NULL;
	if (l)
		link_traffic(l, &out->bytes_in, &out->bytes_out, &out->equal);
	if (up && !l && s->next_dial)
		out->next_try = (s->next_dial - sys_ticks() + 999) / 1000;
	out->error = &p->error;
	out->refused = &p->refusal;
}

void links_states(const struct links *s, void (*visit)(void *ctx, const struct link_state *state), void *ctx)
{
	struct link_state state;
	if (superior_id(s)) {
		state_of(s, superior_id(s), true, &state);
		visit(ctx, &state);
	}
	for (size_t i = 0; i < s->n_open; i++) {
		if (link_is_up(s->open[i]))
			continue;
		state_of(s, link_peer(s->open[i])->id, false, &state);
		visit(ctx, &state);
	}
}

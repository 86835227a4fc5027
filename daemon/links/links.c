#include "links/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/inside.h"
#include "node/enrol.h"
#include "node/instance.h"
#include "node/shared.h"
#include "node/trust.h"

#define QUEUE_LIMIT (16 << 20) /* bytes to a peer that takes in nothing, before it is given up */

const char *links_superior(const struct links *s)
{
	return s->node->config.superior.unit;
}

struct line *links_line(const struct links *s, const struct link *l)
{
	for (size_t i = 0; i < s->n_open; i++)
		if (s->open[i].link == l)
			return &s->open[i];
	return NULL;
}

struct line *links_named(const struct links *s, const char *name)
{
	for (size_t i = 0; i < s->n_open; i++)
		if (!s->open[i].leftover && strcmp(link_peer(s->open[i].link)->name, name) == 0)
			return &s->open[i];
	return NULL;
}

struct line *links_upward(const struct links *s)
{
	for (size_t i = 0; i < s->n_open; i++)
		if (link_is_up(s->open[i].link))
			return &s->open[i];
	return NULL;
}

/* ---- timers ---- */

uv_timer_t *links_timer(struct links *s)
{
	uv_timer_t *t = mem_alloc(sizeof *t);
	uv_timer_init(s->node->loop, t);
	t->data = s;
	return t;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

void links_free_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, free_timer);
}

/* ---- lines that end, lines that begin ---- */

static struct line take_out(struct links *s, struct line *line)
{
	struct line it = *line;
	if (it.in_turn)
		turns_end(&s->turns, false, sys_ticks());
	*line = s->open[--s->n_open];
	return it;
}

void links_drop(struct links *s, struct line *line)
{
	links_heard(s, line);
	links_count(s, line);
	link_close(take_out(s, line).link);
}

static void ended(void *ctx, struct link *l, const struct err *why)
{
	struct links *s = ctx;
	struct link_peer *p = link_peer(l);
	bool up = link_is_up(l);
	unsigned again = p->again;
	enum redial_why end = link_end(l);
	log_err(LOG_NOTICE, p->id, why);
	if (p->unproven)
		links_not_superior(s);
	if (links_line(s, l)->leftover)
		ERR_CLEAR(&p->error); /* the line that came after it is well */
	links_drop(s, links_line(s, l));
	if (up && again) {
		links_redial_in(s, again);
	} else if (up) {
		links_refused(s, why);
		links_redial_later(s, end);
	}
}

/* Changes of our own have come back: once an exchange, what all brought since we began. */
static void tell_came_back(struct links *s, struct link_peer *p)
{
	if (!p->came_back)
		return;
	s->came_back += p->came_back;
	p->came_back = 0;
	node_instance_came_back(s->node, p->id, s->came_back);
}

static void exchanged(void *ctx, struct link *l, uint64_t token, bool equal, unsigned refused)
{
	struct links *s = ctx;
	struct line *line = links_line(s, l);
	struct link_peer *p = link_peer(l);
	tell_came_back(s, p);
	if (line->in_turn)
		turns_end(&s->turns, true, sys_ticks());
	line->in_turn = false;
	if (p->unproven && !equal && s->proof_asks++ < PROOF_ASKS) {
		link_request(l, 0);
		return;
	}
	if (p->unproven) {
		links_proof_over(s);
		return;
	}
	if (token && token == line->probe)
		links_probed(s, line);
	bool up = link_is_up(l);
	if (up)
		links_forgive(s);
	links_wait_exchanged(s, l, token, equal, refused);
	if (up)
		links_policy_exchanged(s);
}

/* A budget ends within a window of its end, not when somebody next looks. */
static void heard(void *ctx, struct link *l)
{
	struct links *s = ctx;
	if (s->policy.budget && link_is_up(l))
		links_count(s, links_line(s, l));
}

static const struct link_calls link_calls = {links_memory, links_met, exchanged, heard, ended};

/* One line of a node may wait to say which instance it is; one more, and the older one is a leftover. */
static void drop_unmet(struct links *s, const char *id)
{
	for (size_t i = s->n_open; i-- > 0;)
		if (!s->open[i].met && !link_is_up(s->open[i].link) &&
		    strcmp(link_peer(s->open[i].link)->id, id) == 0)
			links_drop(s, &s->open[i]);
}

void links_begin(struct links *s, struct link_peer *peer, bool up, struct net_line *line,
    const unsigned char key[KEY_PUBLIC_SIZE])
{
	if (!up)
		drop_unmet(s, peer->id);
	struct line it = {.in_turn = !up, .link = link_open(s->node, peer, up, line, &link_calls, s)};
	memcpy(it.key, key, KEY_PUBLIC_SIZE);
	VEC_PUSH(s->open, s->n_open, it);
	log_line(
	    LOG_NOTICE, "line to %s is open%s", peer->id, peer->unproven ? "; its key is not known" : "");
	if (up) {
		s->spent.counted = 0;
		net_line_limit(line, s->policy.rate);
		links_policy_later(s);
	}
	if (up && !peer->unproven)
		links_wait_begun(s, &s->open[s->n_open - 1]);
}

void links_exchange(struct links *s)
{
	for (size_t i = s->n_open; i-- > 0;) /* backwards: a link that ends gives its place to the last */
		link_request(s->open[i].link, 0);
	links_asked(s);
	links_dial_now(s);
}

/* ---- from below ---- */

bool links_is_below(const struct links *s, const char *id)
{
	const struct registry_unit *u = registry_unit(s->node->registry, id);
	return u && u->parent && strcmp(u->parent, s->node->config.unit) == 0;
}

/* The node behind a key, if it is a direct subordinate of ours or a station of our unit. */
static const struct registry_grant *subordinate(
    const struct links *s, const unsigned char key[KEY_PUBLIC_SIZE], char id[136])
{
	const struct registry_grant *g = node_trust_welcome(s->node, key);
	if (!g || s->node->config.station)
		return NULL;
	struct buf name = {0};
	buf_printf(&name, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	bool ours = name.len < 136 && links_is_below(s, buf_str(&name));
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

struct seeking {
	const unsigned char *key;
	bool found;
};

static void seek(void *ctx, const struct registry_grant *g)
{
	struct seeking *k = ctx;
	k->found |= memcmp(g->key, k->key, KEY_PUBLIC_SIZE) == 0;
}

static bool was_subordinate(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct links *s = ctx;
	struct seeking k = {key, false};
	registry_grants(s->node->registry, seek, &k);
	return k.found;
}

static void send_away(const char *id, struct net_line *line, unsigned seconds)
{
	struct buf said = {0};
	sync_busy(seconds, &said);
	net_line_send(line, said.data, said.len);
	net_line_close(line);
	buf_free(&said);
	log_line(LOG_DEBUG, "%s is to call again in %u s", id, seconds);
}

static void came_in(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct links *s = ctx;
	char id[136];
	if (!subordinate(s, key, id) || s->node->config.paused) {
		net_line_close(line);
		return;
	}
	links_tls_keep(s, line, false);
	unsigned seconds = turns_ask(&s->turns, sys_ticks());
	if (seconds)
		send_away(id, line, seconds);
	else
		links_begin(s, links_peer(s, id), false, line, key);
}

static void early_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	(void)ctx;
	(void)line;
	(void)bytes;
	(void)len;
}

static void nobody_closed(void *ctx, struct net_line *line, const struct err *why)
{
	(void)ctx;
	(void)line;
	(void)why;
}

static const struct net_calls listen_calls = {admit_subordinate, came_in, early_bytes, NULL, nobody_closed};

/* A key that was suspended, or a unit that went elsewhere, keeps no line. */
static bool check_below(struct links *s, struct line *line)
{
	char id[136];
	const char *peer = link_peer(line->link)->id;
	if (subordinate(s, line->key, id) && strcmp(id, peer) == 0)
		return true;
	log_line(LOG_NOTICE, "line to %s is closed: its key is admitted no longer", peer);
	char *name = mem_dup(link_peer(line->link)->name);
	links_drop(s, line);
	links_wait_lost(s, name);
	free(name);
	return false;
}

/* ---- the whole ---- */

static void rekey(struct links *s);

static void wake_all(uv_timer_t *timer)
{
	struct links *s = timer->data;
	if (s->rekey) {
		rekey(s);
		return;
	}
	for (size_t i = s->n_open; i-- > 0;) { /* backwards: a link that ends gives its place to the last */
		struct line *line = &s->open[i];
		if (link_is_up(line->link) ? links_check_up(s, line) : check_below(s, line))
			link_moved(line->link);
	}
}

void links_wake(struct links *s)
{
	uv_timer_start(s->wake, wake_all, 0, 0);
}

void links_moved(struct links *s)
{
	if (s)
		links_wake(s);
}

void links_retry(struct links *s)
{
	for (size_t i = s ? s->n_open : 0;
	     i-- > 0;) /* backwards: a link that ends gives its place to the last */
		link_retry(s->open[i].link);
}

static void close_all(struct links *s)
{
	while (s->n_open)
		links_drop(s, &s->open[s->n_open - 1]);
	links_dial_stop(s);
	uv_timer_stop(s->proof);
}

void links_restart(struct links *s, const char *ledger)
{
	for (size_t i = s->n_open; i-- > 0;) { /* backwards: the last takes the place of one that goes */
		struct link *l = s->open[i].link;
		struct strs shared = {0};
		node_shared(s->node, link_peer(l)->id, link_is_up(l), &shared);
		if (strs_has(&shared, ledger))
			links_drop(s, &s->open[i]);
		strs_free(&shared);
	}
	links_dial(s);
}

int links_reload(struct links *s, struct err *err)
{
	const struct config *c = &s->node->config;
	close_all(s);
	net_listener_close(s->listener);
	s->listener = NULL;
	links_forgive(s);
	if (links_policy_load(s, err) != 0 || c->paused)
		return err->code;
	int rc = c->listen ? net_listen(s->net, c->listen, &listen_calls, s, &s->listener, err) : 0;
	if (s->listener) {
		net_listener_ended(s->listener, was_subordinate);
		net_listener_recall(s->listener, links_tls_recall, s);
	}
	node_enrol_listen(s->node->desk, s->listener);
	links_dial(s); /* also when nobody can call here: that is no reason to fall silent upwards */
	return rc;
}

int links_net(struct links *s, const struct key *key, struct net **out, struct err *err)
{
	const struct net_options options = {.queue_limit = QUEUE_LIMIT};
	return net_new(s->node->loop, key, &options, out, err);
}

static void rekey(struct links *s)
{
	struct net *net;
	struct err err = {0};
	s->rekey = false;
	int rc = links_net(s, s->node->key, &net, &err);
	if (rc == 0) {
		close_all(s);
		net_listener_close(s->listener);
		s->listener = NULL;
		VEC_PUSH(s->former, s->n_former, s->net);
		s->net = net;
		net_free(s->fresh);
		s->fresh = NULL;
		s->dial_fresh = false;
		rc = links_reload(s, &err);
	}
	if (rc)
		log_err(LOG_ERROR, "key", &err);
}

void links_rekey(struct links *s)
{
	if (!s)
		return;
	s->rekey = true;
	links_asked(s); /* news of keys wait for no hour */
	links_wake(s);
}

int links_start(struct node *n, struct links **out, struct err *err)
{
	struct links *s = mem_alloc(sizeof *s);
	s->node = n;
	s->redial = links_timer(s);
	s->proof = links_timer(s);
	s->life = links_timer(s);
	s->wake = links_timer(s);
	s->again = links_timer(s);
	s->turn = links_timer(s);
	*out = s;
	int rc = links_net(s, n->key, &s->net, err);
	if (rc == 0)
		rc = links_peers_load(s, err);
	s->watch = net_watch_start(n->loop, links_changed, s);
	return rc ? rc : links_reload(s, err);
}

void links_stop(struct links *s)
{
	if (!s)
		return;
	struct err stopping = {0};
	err_set(&stopping, ERR_TIMEOUT, N_("the daemon is stopping"));
	links_wait_end_all(s, &stopping);
	net_watch_stop(s->watch);
	close_all(s);
	net_listener_close(s->listener);
	net_free(s->net);
	net_free(s->fresh);
	for (size_t i = 0; i < s->n_former; i++)
		net_free(s->former[i]);
	free(s->former);
	links_free_timer(s->redial);
	links_free_timer(s->proof);
	links_free_timer(s->life);
	links_free_timer(s->wake);
	links_free_timer(s->again);
	links_free_timer(s->turn);
	links_peers_free(s);
	free(s->open);
	free(s);
}

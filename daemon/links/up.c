#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/inside.h"
#include "node/keys.h"
#include "node/trust.h"

#define PROOF_MS 600000 /* for the directives of some months, over a slow line */

/* ---- whose key it is ---- */

enum standing {
	PROVEN, /* the superior's, by the registry, or pinned where the registry does not know better */
	UNPROVEN, /* nobody's that is known here, or the superior's no longer */
	FOREIGN, /* somebody else's */
};

struct asked {
	const unsigned char *key;
	const char *unit;
	bool ended;
};

static void look_for_ended(void *ctx, const struct registry_grant *g)
{
	struct asked *a = ctx;
	a->ended |= !g->station && str_is(g->unit, a->unit) && memcmp(g->key, a->key, KEY_PUBLIC_SIZE) == 0;
}

static enum standing standing(const struct links *s, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct node *n = s->node;
	const struct registry_grant *g = node_trust_welcome(n, key);
	struct asked asked = {key, links_superior(s), false};
	if (g)
		return !g->station && str_is(g->unit, links_superior(s)) ? PROVEN : FOREIGN;
	registry_grants(n->registry, look_for_ended, &asked);
	bool pinned = memcmp(key, n->config.superior.key, KEY_PUBLIC_SIZE) == 0;
	return pinned && !asked.ended ? PROVEN : UNPROVEN;
}

static bool admit(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	return standing(ctx, key) != FOREIGN;
}

/* The registry names another key of the superior: that one is dialled from now on. */
static void pin(struct links *s, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct config *c = &s->node->config;
	struct err err = {0};
	if (memcmp(c->superior.key, key, KEY_PUBLIC_SIZE) == 0)
		return;
	memcpy(c->superior.key, key, KEY_PUBLIC_SIZE);
	log_line(LOG_NOTICE, "the superior %s has a new key, which the registry names", c->superior.unit);
	if (config_save(c, s->node->dir, &err) != 0)
		log_err(LOG_ERROR, "superior", &err);
}

/* ---- dialling ---- */

static void time_over(uv_timer_t *timer)
{
	links_proof_over(timer->data);
}

static void dialled(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct links *s = ctx;
	s->dialling = NULL;
	if (standing(s, key) == PROVEN) {
		pin(s, key);
		if (!s->dial_fresh)
			links_tls_keep(s, line, true);
		links_begin(s, links_peer(s, links_superior(s)), true, line, key);
		return;
	}
	s->proof_over = false;
	s->proof_asks = 0;
	uv_timer_start(s->proof, time_over, PROOF_MS, 0);
	links_begin(s, links_unproven(s), true, line, key);
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
	links_peer(s, links_superior(s))->error = *why;
	log_err(LOG_DEBUG, "dial", why);
	links_refused(s, why);
	links_redial_later(s);
}

static const struct net_calls dial_calls = {admit, dialled, early_bytes, NULL, dial_failed};

static char *new_key(const struct links *s)
{
	struct buf path = {0};
	buf_printf(&path, "%s/" NODE_KEY_NEW, s->node->dir);
	return buf_take(&path);
}

/* A rotation that the superior has approved without our knowing yet: the old key opens no line any more, so the
 * new one must, to bring the news. */
void links_refused(struct links *s, const struct err *why)
{
	char *path = new_key(s);
	if (why->code == ERR_REFUSED && s->dial_fresh) {
		s->dial_fresh = false;
		links_peer(s, links_superior(s))->error = s->refusal;
	} else if (why->code == ERR_REFUSED && sys_exists(path)) {
		s->dial_fresh = true;
		s->refusal = *why;
	}
	free(path);
}

static struct net *net_of(struct links *s)
{
	char *path = new_key(s);
	struct key *key = NULL;
	struct err err = {0};
	if (s->dial_fresh && !s->fresh &&
	    (key_load(path, &key, &err) != 0 || links_net(s, key, &s->fresh, &err) != 0))
		log_err(LOG_ERROR, "key", &err);
	key_free(key);
	free(path);
	return s->dial_fresh && s->fresh ? s->fresh : s->net;
}

void links_dial(struct links *s)
{
	const struct config *c = &s->node->config;
	if (!c->superior.unit || !c->superior.address || !c->admitted || c->paused || s->dialling ||
	    links_upward(s) || !links_may(s))
		return;
	uv_timer_stop(s->redial);
	s->next_dial = 0;
	struct err err = {0};
	s->dialling = net_dial(net_of(s), c->superior.address, &dial_calls, s, &err);
	if (s->dialling && !s->dial_fresh)
		links_tls_offer(s, s->dialling);
	if (!s->dialling) {
		links_peer(s, c->superior.unit)->error = err;
		log_err(LOG_ERROR, "superior", &err);
	}
}

static void redial(uv_timer_t *timer)
{
	links_dial(timer->data);
}

/* Twice as long each time, at random between half and whole, so that many do not come at once. While somebody waits
 * for an exchange the pause stays short. */
void links_redial_later(struct links *s)
{
	uint32_t dice;
	if (!links_may(s))
		return;
	sys_random(&dice, sizeof dice);
	if (s->waits && s->backoff > BACKOFF_FIRST)
		s->backoff = BACKOFF_FIRST;
	int64_t pause = s->backoff / 2 + (int64_t)(dice % (uint32_t)(s->backoff / 2 + 1));
	s->backoff = s->backoff * 2 > BACKOFF_MOST ? BACKOFF_MOST : s->backoff * 2;
	s->next_dial = sys_ticks() + pause;
	uv_timer_start(s->redial, redial, (uint64_t)pause, 0);
}

/* Not at the same moment as others who were told the same; and it is no failure. */
void links_redial_in(struct links *s, unsigned seconds)
{
	uint32_t dice;
	if (!links_may(s))
		return;
	sys_random(&dice, sizeof dice);
	int64_t pause = (int64_t)seconds * 1000 + (int64_t)(dice % (seconds * 250 + 500));
	pause = pause > BUSY_MOST ? BUSY_MOST : pause;
	s->next_dial = sys_ticks() + pause;
	uv_timer_start(s->redial, redial, (uint64_t)pause, 0);
}

void links_dial_now(struct links *s)
{
	s->backoff = BACKOFF_FIRST;
	links_dial(s);
}

/* A dial that began before may wait in vain for the way it went; and an open line, which may have no far end any more, is
 * asked whether it lives: an exchange that is not answered ends it. */
void links_changed(void *ctx, enum net_change what)
{
	struct links *s = ctx;
	struct line *up = links_upward(s);
	log_line(LOG_NOTICE, what == NET_CHANGE_CLOCK ? "the clock was set, or the machine has slept"
						      : "the network of this machine has changed");
	if (s->dialling)
		net_line_close(s->dialling);
	s->dialling = NULL;
	links_policy_later(s);
	if (up)
		link_request(up->link, 0);
	else
		links_dial_now(s);
}

/* ---- a superior with another key ---- */

void links_not_superior(struct links *s)
{
	struct err *err = &links_peer(s, links_superior(s))->error;
	ERR_CLEAR(err);
	err_set(err, ERR_REFUSED, N_("the far end at %1 does not hold the key that the registry names"),
	    s->node->config.superior.address);
	log_err(LOG_NOTICE, "superior", err);
}

/* It has shown what it has. Were there the change that grants it this key, the registry would name it now. */
static void give_up(struct links *s, struct line *line)
{
	links_not_superior(s);
	links_drop(s, line);
	links_redial_later(s);
}

bool links_check_up(struct links *s, struct line *line)
{
	bool unproven = link_peer(line->link)->unproven, proven = standing(s, line->key) == PROVEN;
	if (proven && !unproven)
		return true;
	if (proven) {
		links_drop(s, line);
		s->backoff = BACKOFF_FIRST;
		links_dial(s);
	} else if (!unproven || s->proof_over) {
		give_up(s, line);
	} else {
		return true;
	}
	return false;
}

void links_proof_over(struct links *s)
{
	s->proof_over = true;
	links_wake(s);
}

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/inside.h"
#include "node/keys.h"

#define LIFE_MS 10000 /* for an open line to say something after a change */

/* ---- the tries that are under way ---- */

void links_dial_stop(struct links *s)
{
	for (size_t i = 0; i < s->n_tries; i++)
		net_line_close(s->tries[i]);
	s->n_tries = 0;
	uv_timer_stop(s->redial);
	s->next_dial = 0;
}

static void forget_try(struct links *s, size_t i)
{
	memmove(&s->tries[i], &s->tries[i + 1], (s->n_tries - i - 1) * sizeof s->tries[0]);
	s->n_tries--;
}

static size_t place_of(const struct links *s, const struct net_line *line)
{
	size_t i = 0;
	while (s->tries[i] != line)
		i++;
	return i;
}

static bool is_answered(const struct links *s)
{
	for (size_t i = 0; i < s->n_tries; i++)
		if (net_line_answered(s->tries[i]))
			return true;
	return false;
}

static void dialled(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	struct links *s = ctx;
	forget_try(s, place_of(s, line));
	links_dial_stop(s);
	links_answered(s, line, key);
}

static void early_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	(void)ctx;
	(void)line;
	(void)bytes;
	(void)len;
}

/* Of several tries the newest knows best how it is; but a refusal is an answer, whichever hears it. */
static void dial_failed(void *ctx, struct net_line *line, const struct err *why)
{
	struct links *s = ctx;
	enum redial_why end = net_line_end(line);
	size_t i = place_of(s, line);
	forget_try(s, i);
	links_peer(s, links_superior(s))->error = *why;
	log_err(LOG_DEBUG, "dial", why);
	if (i < s->n_tries && end == REDIAL_UNANSWERED)
		return;
	links_dial_stop(s);
	links_refused(s, why);
	links_redial_later(s, end);
}

static const struct net_calls dial_calls = {links_may_answer, dialled, early_bytes, NULL, dial_failed};

/* ---- with which key ---- */

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

/* ---- dialling ---- */

static bool is_metered(const struct links *s)
{
	return s->policy.budget && !s->waits;
}

static void beside(uv_timer_t *timer);

static void look_later(struct links *s)
{
	uint32_t dice;
	sys_random(&dice, sizeof dice);
	uv_timer_start(s->redial, beside, (uint64_t)redial_beside(dice), 0);
}

static void try_now(struct links *s)
{
	const struct config *c = &s->node->config;
	struct err err = {0};
	struct net_line *line = net_dial(net_of(s), c->superior.address, &dial_calls, s, &err);
	if (!line) {
		links_peer(s, c->superior.unit)->error = err;
		log_err(LOG_ERROR, "superior", &err);
		return;
	}
	if (!s->dial_fresh)
		links_tls_offer(s, line);
	s->tries[s->n_tries++] = line;
	look_later(s);
}

/* Nothing has answered yet: what was sent may have been lost. Who is answering, however slowly, is left to finish, and
 * a name that is being looked up is asked for once. */
static void beside(uv_timer_t *timer)
{
	struct links *s = timer->data;
	if (s->n_tries == 0)
		return;
	if (is_answered(s) || is_metered(s) || net_line_resolving(s->tries[s->n_tries - 1])) {
		look_later(s);
		return;
	}
	if (s->n_tries == DIAL_TRIES) {
		net_line_close(s->tries[0]);
		forget_try(s, 0);
	}
	try_now(s);
}

void links_dial(struct links *s)
{
	const struct config *c = &s->node->config;
	if (!c->superior.unit || !c->superior.address || !c->admitted || c->paused || s->n_tries ||
	    links_upward(s) || !links_may(s))
		return;
	links_dial_stop(s);
	try_now(s);
}

static void redial(uv_timer_t *timer)
{
	links_dial(timer->data);
}

static void dial_in(struct links *s, int64_t pause)
{
	s->next_dial = sys_ticks() + pause;
	uv_timer_start(s->redial, redial, (uint64_t)pause, 0);
}

/* While somebody waits for an exchange the pause stays short. */
void links_redial_later(struct links *s, enum redial_why why)
{
	uint32_t dice;
	if (!links_may(s))
		return;
	sys_random(&dice, sizeof dice);
	dial_in(s, redial_pause(why, is_metered(s), s->waits ? 0 : s->failed[why], dice));
	s->failed[why] += s->failed[why] < UINT_MAX;
}

/* Not at the same moment as others who were told the same; and it is no failure. */
void links_redial_in(struct links *s, unsigned seconds)
{
	uint32_t dice;
	if (!links_may(s))
		return;
	sys_random(&dice, sizeof dice);
	int64_t pause = (int64_t)seconds * 1000 + (int64_t)(dice % (seconds * 250 + 500));
	dial_in(s, pause > BUSY_MOST ? BUSY_MOST : pause);
}

void links_forgive(struct links *s)
{
	memset(s->failed, 0, sizeof s->failed);
}

void links_dial_now(struct links *s)
{
	links_forgive(s);
	links_dial(s);
}

/* ---- what makes waiting pointless ---- */

static uint64_t heard(const struct line *line)
{
	uint64_t in, out;
	bool equal;
	link_traffic(line->link, &in, &out, &equal);
	return in;
}

static void life_over(uv_timer_t *timer)
{
	struct links *s = timer->data;
	struct line *up = links_upward(s);
	struct err err = {0};
	if (!up || up->link != s->doubted || heard(up) != s->heard)
		return;
	err_set(&err, ERR_TIMEOUT,
	    N_("the line to %1 was given up: nothing has come since this machine's network changed or it "
	       "slept"),
	    link_peer(up->link)->id);
	err_hint(&err, N_("the line is tried again by itself"));
	log_err(LOG_NOTICE, link_peer(up->link)->id, &err);
	link_peer(up->link)->error = err;
	links_drop(s, up);
	links_dial_now(s);
}

/* An open line may have no far end any more: an exchange shows it, and sooner than the silence would. */
static void doubt(struct links *s, struct line *up)
{
	s->doubted = up->link;
	s->heard = heard(up);
	uv_timer_start(s->life, life_over, LIFE_MS, 0);
	link_request(up->link, 0);
}

/* A dial that began before may wait in vain for the way it went. */
void links_changed(void *ctx, enum net_change what)
{
	struct links *s = ctx;
	struct line *up = links_upward(s);
	log_line(LOG_NOTICE, what == NET_CHANGE_CLOCK ? "the clock was set, or the machine has slept"
						      : "the network of this machine has changed");
	links_dial_stop(s);
	links_policy_later(s);
	if (up)
		doubt(s, up);
	else
		links_dial_now(s);
}

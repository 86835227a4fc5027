#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/inside.h"
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

bool links_may_answer(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
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

static void time_over(uv_timer_t *timer)
{
	links_proof_over(timer->data);
}

void links_answered(struct links *s, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
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
	links_redial_later(s, REDIAL_TURNED_AWAY);
}

bool links_check_up(struct links *s, struct line *line)
{
	bool unproven = link_peer(line->link)->unproven, proven = standing(s, line->key) == PROVEN;
	if (proven && !unproven)
		return true;
	if (proven) {
		links_drop(s, line);
		links_dial_now(s);
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

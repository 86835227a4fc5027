#include <stdlib.h>
#include <string.h>

#include "links/inside.h"
#include "node/held.h"
#include "node/rate.h"

#define ASK_AGAIN 200 /* ms after an exchange that ended unequal, while somebody waits */
#define UNEQUAL_HELD 3 /* exchanges that ended so before it is asked whether something is held */

struct wait {
	struct wait *next;
	struct links *links;
	uv_timer_t *timer;
	uint64_t token;
	unsigned unequal; /* exchanges that ended so */
	/* Lines that must still end an exchange equal; names of peers. */
	struct strs open;
	void (*done)(void *ctx, const struct err *err);
	void *ctx;
};

static void drop_wait(struct wait *w)
{
	struct wait **p = &w->links->waits;
	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	links_free_timer(w->timer);
	strs_free(&w->open);
	free(w);
}

static void end_wait(struct wait *w, const struct err *err)
{
	void (*done)(void *, const struct err *) = w->done;
	void *ctx = w->ctx;
	drop_wait(w);
	done(ctx, err);
}

static void remove_open(struct wait *w, const char *name)
{
	for (size_t i = 0; i < w->open.n; i++) {
		if (strcmp(w->open.items[i], name) != 0)
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
	const char *name = w->open.n ? w->open.items[0] : "";
	const struct link_peer *p = *name ? table_get(&w->links->peers, name) : NULL;
	const char *id = p ? p->id : name;
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

static void choose_lines(struct wait *w, const char *with)
{
	const struct links *s = w->links;
	const char *up = links_superior(s);
	if (up && (!with || strcmp(with, up) == 0))
		strs_add(&w->open, up);
	for (size_t i = 0; i < s->n_open; i++) {
		const struct link_peer *p = link_peer(s->open[i].link);
		if (s->open[i].leftover || strs_has(&w->open, p->name))
			continue;
		if (!link_is_up(s->open[i].link) && (!with || strcmp(with, p->id) == 0))
			strs_add(&w->open, p->name);
	}
	if (with && w->open.n == 0)
		strs_add(&w->open, with);
}

struct wait *links_wait(struct links *s, const char *with, int64_t timeout_ms,
    void (*done)(void *, const struct err *), void *ctx)
{
	struct wait *w = mem_alloc(sizeof *w);
	*w = (struct wait){.next = s->waits, .links = s, .done = done, .ctx = ctx};
	w->token = ++s->next_token;
	s->waits = w;
	choose_lines(w, with);
	w->timer = links_timer(s);
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
		struct line *line = links_named(s, ask.items[i]);
		if (line)
			link_request(line->link, token);
	}
	strs_free(&ask);
	links_asked(s);
	links_dial_now(s);
	return w;
}

void links_wait_lost(struct links *s, const char *name)
{
	const struct err none = {0};
	for (struct wait *w = s->waits, *next; w; w = next) {
		next = w->next;
		if (!strs_has(&w->open, name))
			continue;
		remove_open(w, name);
		if (w->open.n == 0)
			end_wait(w, &none);
	}
}

void links_forget(struct wait *w)
{
	drop_wait(w);
}

/* One waits for a line by the name it had. A line that has just said which instance it is takes that place, if nobody else
 * has it. */
static void rename_open(struct wait *w, const struct link_peer *p)
{
	if (strs_has(&w->open, p->name))
		return;
	for (size_t i = 0; i < w->open.n; i++) {
		const struct link_peer *of = table_get(&w->links->peers, w->open.items[i]);
		bool same = strcmp(of ? of->id : w->open.items[i], p->id) == 0;
		if (!same || links_named(w->links, w->open.items[i]))
			continue;
		free(w->open.items[i]);
		w->open.items[i] = mem_dup(p->name);
		return;
	}
}

void links_wait_begun(struct links *s, struct line *line)
{
	struct link *l = line->link;
	const struct link_peer *p = link_peer(l);
	for (struct wait *w = s->waits; w; w = w->next) {
		rename_open(w, p);
		if (strs_has(&w->open, p->name))
			link_request(l, w->token);
	}
}

/* Two ends that do not agree must not ask each other as fast as the line goes. */
void links_wait_again(uv_timer_t *timer)
{
	struct links *s = timer->data;
	for (struct wait *w = s->waits; w; w = w->next)
		for (size_t i = s->n_open; i-- > 0;)
			if (!s->open[i].leftover && strs_has(&w->open, link_peer(s->open[i].link)->name))
				link_request(s->open[i].link, w->token);
}

static struct wait *wait_of(struct links *s, uint64_t token)
{
	struct wait *w = s->waits;
	while (w && w->token != token)
		w = w->next;
	return w;
}

/* Does something wait that no exchange brings now? */
static bool is_put_off(struct links *s, struct link *l, struct err *err)
{
	const struct link_peer *peer = link_peer(l);
	struct link_load load;
	bool up = link_is_up(l);
	if (node_held_between(s->node, peer->id, up, err))
		return true;
	if (peer->late.why == RATE_WITHIN)
		return false;
	link_load(s->node, link_peer(l), up, l, &load);
	node_rate_tell(&peer->late, up ? load.waiting.changes : load.coming.changes, peer->id, up, err);
	return true;
}

void links_wait_exchanged(struct links *s, struct link *l, uint64_t token, bool equal, unsigned refused)
{
	struct link_peer *peer = link_peer(l);
	struct wait *w = token ? wait_of(s, token) : NULL;
	if (!w || !strs_has(&w->open, peer->name))
		return;
	struct err err = {0};
	if (equal && !refused && peer->refused.n == 0 && !peer->untold) {
		remove_open(w, peer->name);
		if (w->open.n == 0)
			end_wait(w, &err);
	} else if (refused || peer->refused.n || peer->untold) {
		peer->untold = false;
		if (peer->refusal.code)
			err = peer->refusal;
		else
			err_set(&err, ERR_REFUSED,
			    N_("a change of %1 was refused here; see the log of the daemon"), peer->id);
		end_wait(w, &err);
	} else {
		/* Something moved meanwhile, or is parked: once more, until the time is over. What waits for a
		 * person's word does not come by waiting. */
		if (++w->unequal >= UNEQUAL_HELD && is_put_off(s, l, &err)) {
			end_wait(w, &err);
			return;
		}
		if (!uv_is_active((uv_handle_t *)s->again))
			uv_timer_start(s->again, links_wait_again, ASK_AGAIN, 0);
	}
}

void links_wait_end_all(struct links *s, const struct err *err)
{
	while (s->waits)
		end_wait(s->waits, err);
}

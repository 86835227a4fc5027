#include <string.h>

#include "base/sys.h"
#include "links/inside.h"
#include "node/rate.h"

/* Rounded up: what waits takes at least a second. */
static int64_t seconds_of(const struct sync_load *load, const struct sync_pace *pace)
{
	if (load->bytes == 0)
		return 0;
	if (pace->bytes == 0 || pace->ms == 0)
		return -1;
	return (int64_t)(load->bytes / pace->bytes * pace->ms / 1000 +
			 load->bytes % pace->bytes * pace->ms / pace->bytes / 1000 + 1);
}

static uint64_t a_second(const struct sync_pace *p)
{
	return p->ms ? p->bytes * 1000 / p->ms : 0;
}

static void load_of(
    struct links *s, struct link_peer *p, bool up, const struct line *line, struct link_state *out)
{
	struct link_load load;
	link_load(s->node, p, up, line ? line->link : NULL, &load);
	out->waiting = load.waiting;
	out->told = load.told;
	out->coming = load.coming;
	out->pace_out = a_second(&load.out);
	out->pace_in = a_second(&load.in);
	int64_t there = seconds_of(&load.waiting, &load.out), here = seconds_of(&load.coming, &load.in);
	out->seconds = there < 0 || here < 0 || !load.told ? -1 : there + here;
	if (!load.told && there > 0)
		out->seconds = there;
}

static void state_of(
    struct links *s, struct link_peer *p, bool up, const struct line *line, struct link_state *out)
{
	*out = (struct link_state){
	    .peer = p->id, .up = up, .open = line != NULL, .last_contact = p->last_contact};
	out->changes_in = p->changes_in;
	out->changes_out = p->changes_out;
	out->error = &p->error;
	out->refused = &p->refusal;
	load_of(s, p, up, line, out);
	node_rate_tell(&p->late, up ? out->waiting.changes : out->coming.changes, p->id, up, &out->late);
	if (!line)
		return;
	out->instance = line->met ? p->instance : NULL;
	out->address = link_far(line->link);
	link_traffic(line->link, &out->bytes_in, &out->bytes_out, &out->equal);
	uint64_t in, sent;
	link_changes(line->link, &in, &sent);
	out->changes_in += in;
	out->changes_out += sent;
}

static void state_up(struct links *s, struct link_state *out)
{
	const struct line *line = links_upward(s);
	struct link_peer *p = links_peer(s, links_superior(s));
	const struct instance *last = instances_last(&s->instances, p->id);
	if (last && !p->last_contact)
		p->last_contact = last->last;
	if (line && link_peer(line->link)->unproven)
		line = NULL;
	state_of(s, p, true, line, out);
	out->closed_until = links_closed_until(s);
	if (out->closed_until)
		out->closed_by = policy_open(&s->policy, sys_now()) ? "budget" : "window";
	out->rate = s->policy.rate;
	if (s->policy.budget) {
		if (line)
			links_count(s, links_upward(s));
		out->budget = s->policy.budget;
		out->spent = s->spent.bytes;
	}
	if (!line) {
		out->address = s->node->config.superior.address;
		out->next_try = s->next_dial ? (s->next_dial - sys_ticks() + 999) / 1000 : 0;
	}
}

static bool has_line(const struct links *s, const char *id)
{
	for (size_t i = 0; i < s->n_open; i++)
		if (!link_is_up(s->open[i].link) && strcmp(link_peer(s->open[i].link)->id, id) == 0)
			return true;
	return false;
}

void links_states(struct links *s, void (*visit)(void *ctx, const struct link_state *state), void *ctx)
{
	struct link_state state;
	if (links_superior(s)) {
		state_up(s, &state);
		visit(ctx, &state);
	}
	for (size_t i = 0; i < s->n_open; i++) {
		if (link_is_up(s->open[i].link) || s->open[i].leftover)
			continue;
		state_of(s, link_peer(s->open[i].link), false, &s->open[i], &state);
		visit(ctx, &state);
	}
	for (size_t i = 0; i < s->instances.n; i++) {
		const struct instance *it = &s->instances.items[i];
		if (!links_is_below(s, it->peer) || has_line(s, it->peer) ||
		    it != instances_last(&s->instances, it->peer))
			continue;
		state_of(s, links_known(s, it), false, NULL, &state);
		visit(ctx, &state);
	}
}

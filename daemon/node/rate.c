#include "node/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "registry/policy.h"

#define NOTE "rate"
#define WRITE_MS 1000
#define LOOK_MS 60000 /* whether the day is over, while something waits */

struct rate_desk {
	struct node *node;
	struct rate rate;
	uv_timer_t *write; /* active while the disk does not know all */
	uv_timer_t *look; /* active while something waits */
	day_t waits_since;
};

/* ---- keeping ---- */

static void write_note(uv_timer_t *timer)
{
	struct rate_desk *d = timer->data;
	struct buf text = {0};
	struct err err = {0};
	rate_print(&d->rate, date_of_time(sys_now()), &text);
	if (store_note_write(d->node->store, NOTE, buf_str(&text), text.len, &err) != 0)
		log_err(LOG_WARNING, "rate", &err);
	buf_free(&text);
}

static void write_soon(struct rate_desk *d)
{
	if (!uv_is_active((uv_handle_t *)d->write))
		uv_timer_start(d->write, write_note, WRITE_MS, 0);
}

static uv_timer_t *new_timer(struct rate_desk *d)
{
	uv_timer_t *t = mem_alloc(sizeof *t);
	uv_timer_init(d->node->loop, t);
	t->data = d;
	return t;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

int node_rate_open(struct node *n, struct err *err)
{
	struct rate_desk *d = mem_alloc(sizeof *d);
	struct buf text = {0};
	d->node = n;
	d->write = new_timer(d);
	d->look = new_timer(d);
	n->rate = d;
	int rc = store_note_read(n->store, NOTE, &text, err);
	if (rc == 0)
		rate_read(&d->rate, buf_str(&text), text.len);
	buf_free(&text);
	return rc;
}

void node_rate_close(struct node *n)
{
	struct rate_desk *d = n->rate;
	if (!d)
		return;
	if (uv_is_active((uv_handle_t *)d->write))
		write_note(d->write);
	uv_close((uv_handle_t *)d->write, free_timer);
	uv_close((uv_handle_t *)d->look, free_timer);
	rate_free(&d->rate);
	free(d);
	n->rate = NULL;
}

/* ---- counting ---- */

/* Whose share it takes, where we are the first to judge its writer. Stations of a unit below were judged by it: here they
 * have one share together, or whoever holds its key would have one more with each station that he registers. */
static const struct registry_unit *counted_as(
    const struct node *n, const struct change *c, char writer[RATE_WRITER])
{
	const struct registry_unit *unit = registry_unit(n->registry, c->unit);
	bool own = str_is(c->unit, n->config.unit), below = unit && str_is(unit->parent, n->config.unit);
	if (n->config.station || !unit || !(c->station ? own || below : below))
		return NULL;
	snprintf(writer, RATE_WRITER, "%s%s%s",
	    !c->station ? ""
	    : own	? c->station
			: "*",
	    c->station ? "@" : "", c->unit);
	return unit;
}

static void add_weight(const struct change *c, struct rate_limit *to)
{
	to->changes++;
	to->bytes += strlen(c->subject ? c->subject : "") + strlen(c->body ? c->body : "");
	for (size_t i = 0; i < c->n_records; i++)
		to->bytes += strlen(c->records[i].path) + (c->records[i].text ? c->records[i].len : 0);
}

/* The units below are counted only where the limit without them is reached. */
static enum rate_over ask(struct node *n, const char *writer, const char *unit, const struct rate_limit *more,
    bool saved, struct rate_limit *limit)
{
	struct policy policy;
	struct err none = {0};
	day_t today = date_of_time(sys_now());
	policy_of(&n->config, &policy, &none);
	*limit = policy.daily;
	enum rate_over over = rate_ask(&n->rate->rate, writer, today, limit, more, saved);
	if (over == RATE_WITHIN || strchr(writer, '@'))
		return over;
	struct strs below = {0};
	registry_below(n->registry, unit, false, &below);
	*limit = rate_scaled(&policy.daily, below.n);
	strs_free(&below);
	return rate_ask(&n->rate->rate, writer, today, limit, more, saved);
}

/* ---- what comes in ---- */

static void look(uv_timer_t *timer)
{
	struct rate_desk *d = timer->data;
	if (date_of_time(sys_now()) == d->waits_since)
		return;
	uv_timer_stop(timer);
	links_retry(d->node->links);
}

static void wait_for_tomorrow(struct rate_desk *d, const struct err *err)
{
	if (uv_is_active((uv_handle_t *)d->look))
		return;
	log_err(LOG_NOTICE, "rate", err);
	d->waits_since = date_of_time(sys_now());
	uv_timer_start(d->look, look, LOOK_MS, LOOK_MS);
}

int node_rate_arrival(struct node *n, const struct change *c, struct rate_late *late, struct err *err)
{
	struct rate_limit more = {0}, limit;
	char most[24];
	*late = (struct rate_late){0};
	const struct registry_unit *unit = counted_as(n, c, late->writer);
	if (!unit)
		return 0;
	add_weight(c, &more);
	late->why = ask(n, late->writer, unit->id, &more, true, &limit);
	if (late->why == RATE_WITHIN)
		return 0;
	late->most = late->why == RATE_TOO_LONG ? limit.bytes : limit.changes;
	snprintf(most, sizeof most, "%llu", (unsigned long long)late->most);
	err_set(err, ERR_PARKED,
	    late->why == RATE_TOO_LONG
		? N_("%1 has written as much as is taken in a day (%2 bytes); the rest waits until tomorrow")
		: N_("%1 has written as much as is taken in a day (%2 changes); the rest waits until "
		     "tomorrow"),
	    late->writer, most);
	err_hint(err, N_("`tuyen held allow %1` takes it in today"));
	wait_for_tomorrow(n->rate, err);
	return ERR_PARKED;
}

void node_rate_taken(struct node *n, const struct change *c)
{
	struct rate_limit more = {0};
	char writer[RATE_WRITER];
	if (!counted_as(n, c, writer))
		return;
	add_weight(c, &more);
	rate_count(&n->rate->rate, writer, date_of_time(sys_now()), &more);
	write_soon(n->rate);
}

/* ---- what is entered here ---- */

static void weigh(const struct outcome *o, struct rate_limit *out)
{
	*out = (struct rate_limit){0};
	for (size_t i = 0; i < o->n_changes; i++)
		add_weight(&o->changes[i], out);
}

int node_rate_entry(struct node *n, const struct outcome *o, struct err *err)
{
	struct rate_limit more, limit;
	char writer[136], most[24];
	weigh(o, &more);
	if (!o->n_changes)
		return 0;
	config_node(&n->config, writer);
	enum rate_over over = ask(n, writer, n->config.unit, &more, false, &limit);
	if (over == RATE_WITHIN)
		return 0;
	bool bytes = over == RATE_TOO_LONG;
	snprintf(most, sizeof most, "%llu", (unsigned long long)(bytes ? limit.bytes : limit.changes));
	err_set(err, ERR_REFUSED,
	    bytes ? N_("this node has written as much as is allowed in a day (%1 bytes); nothing was entered")
		  : N_("this node has written as much as is allowed in a day (%1 changes); nothing was "
		       "entered"),
	    most);
	err_hint(err, bytes ? N_("see by `tuyen log` whether a program repeats itself; enter it tomorrow, or "
				 "allow more by "
				 "`tuyen config rate.bytes`")
			    : N_("see by `tuyen log` whether a program repeats itself; enter it tomorrow, or "
				 "allow more by "
				 "`tuyen config rate.changes`"));
	err_rule(err, "rate", NULL, NULL);
	return ERR_REFUSED;
}

void node_rate_written(struct node *n, const struct outcome *o)
{
	struct rate_limit more;
	char writer[136];
	if (!n->rate)
		return;
	weigh(o, &more);
	config_node(&n->config, writer);
	rate_count(&n->rate->rate, writer, date_of_time(sys_now()), &more);
	write_soon(n->rate);
}

/* ---- for people ---- */

void node_rate_tell(
    const struct rate_late *late, uint64_t changes, const char *peer, bool up, struct err *err)
{
	char count[24], most[24];
	if (late->why == RATE_WITHIN)
		return;
	snprintf(count, sizeof count, "%llu", (unsigned long long)changes);
	snprintf(most, sizeof most, "%llu", (unsigned long long)late->most);
	ERR_CLEAR(err);
	err_set(err, ERR_REFUSED,
	    late->why == RATE_TOO_LONG ? N_("%1 changes of %2 wait until tomorrow: more than %3 bytes a day")
				       : N_("%1 changes of %2 wait until tomorrow: more than %3 a day"),
	    changes ? count : "?", late->writer, most, peer);
	err_hint(err, up ? N_("a person at %4 can take them in today: `tuyen held allow %2`")
			 : N_("see what they are before `tuyen held allow %2` takes them in today"));
}

int node_rate_allow(struct node *n, struct control_request *req, struct err *err)
{
	const struct registry_unit *u;
	char stations[RATE_WRITER];
	day_t today = date_of_time(sys_now());
	int rc = registry_resolve_on(n->registry, args_word(&req->args, 0), today, &u, err);
	if (rc == 0 && (n->config.station || !str_is(u->parent, n->config.unit)))
		rc = err_set(err, ERR_REFUSED, N_("%1 does not stand directly below this node"), u->id);
	if (rc)
		return rc;
	rate_lift(&n->rate->rate, u->id, today);
	snprintf(stations, sizeof stations, "*@%s", u->id);
	if (!strchr(u->id, '@'))
		rate_lift(&n->rate->rate, stations, today);
	write_note(n->rate->write);
	links_retry(n->links);
	control_say(req, N_("what %1 has written is taken in today, however much it is"), u->id);
	return 0;
}

#include "node/repair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node/heal.h"
#include "store/repair.h"
#include "store/verify.h"

#define LOOK_MS 200 /* between two looks at what has come */
#define WAIT_MS 60000

struct mending {
	struct node *n;
	struct control_request *req;
	struct repair *repair;
	struct strs peers; /* that were connected when it began, and the superior */
	uv_timer_t *timer;
	int64_t until;
	unsigned quiet; /* looks at which all of them had nothing more to send */
	bool began; /* the lines have been heard of since */
};

int node_repair_registry(struct node *n, struct err *err)
{
	struct err why = {0};
	struct registry *before = n->registry;
	n->registry = NULL;
	n->registry_is_partial = node_load_registry(n, &why) != 0;
	if (!n->registry_is_partial) {
		registry_free(before);
		repair_show_rescued(n->store, n->registry);
		return 0;
	}
	log_err(LOG_ERROR, "registry", &why);
	log_line(LOG_ERROR, "the store is damaged: run 'tuyen repair'");
	registry_free(n->registry);
	n->registry = before; /* it was read before the damage, and knows more than the disk */
	if (before)
		return 0;
	n->registry = registry_new();
	int rc = config_pin(&n->config, n->registry, err);
	if (rc == 0) {
		registry_load_partly(n->registry, n->store, NULL);
		repair_show_rescued(n->store, n->registry);
	}
	return rc;
}

static int look(struct node *n, struct repair **out, struct err *err)
{
	struct repair_expected expected = {0};
	repair_expect(n->store, n->registry, n->registry_is_partial, n->key, n->config.unit, &expected);
	int rc = repair_begin(n->store, &expected, out, err);
	repair_expected_free(&expected);
	return rc;
}

static bool was_refused(void *ctx, const struct oid *id)
{
	struct err none = {0};
	return node_heal_check(ctx, id, &none) != 0;
}

static const char *number(char *text, size_t n)
{
	snprintf(text, 24, "%zu", n);
	return text;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void end(struct mending *m)
{
	repair_end(m->repair);
	strs_free(&m->peers);
	if (m->timer)
		uv_close((uv_handle_t *)m->timer, free_timer);
	free(m);
}

/* What is whole by now goes back in; then everything is looked at again. */
static int finish(struct mending *m, struct err *err)
{
	struct node *n = m->n;
	struct strs moved = {0};
	struct repair *after = NULL;
	char text[24];
	int rc = repair_put_back(n->store, m->repair, n->key, was_refused, n, &moved, err);
	if (rc == 0) {
		repair_undo(n->store, m->repair);
		store_forget(n->store, NULL);
		struct err none = {0};
		node_repair_registry(n, &none);
		node_moved(n, &moved);
		links_moved(n->links);
		rc = look(n, &after, err);
	}
	for (size_t i = 0; i < moved.n; i++)
		control_say(m->req, N_("%1: what only this node had is in it again"), moved.items[i]);
	if (rc == 0 && !repair_is_whole(repair_state(after))) {
		const struct repair_state *s = repair_state(after);
		for (size_t i = 0; i < s->n_ledgers; i++)
			control_warn(m->req, N_("%1 still lacks %2 objects"), s->ledgers[i].name,
			    number(text, s->ledgers[i].lost));
		rc = err_set(
		    err, ERR_REFUSED, N_("not everything came back from the superior and the subordinates"));
		err_hint(err,
		    N_("bring a backup or the store of another node on a stick: tuyen repair --from PATH"));
	}
	repair_end(after);
	strs_free(&moved);
	return rc;
}

static void conclude(struct mending *m)
{
	struct err err = {0};
	finish(m, &err);
	control_finish(m->req, &err);
	end(m);
}

struct hearing {
	struct mending *m;
	size_t equal;
};

static void hear(void *ctx, const struct link_state *s)
{
	struct hearing *h = ctx;
	h->equal += s->open && s->equal && strs_has(&h->m->peers, s->peer);
}

/* Have all who were there said all that they know? */
static bool nobody_has_more(struct mending *m)
{
	struct hearing h = {m, 0};
	if (!m->peers.n)
		return false;
	links_states(m->n->links, hear, &h);
	m->quiet = h.equal >= m->peers.n ? m->quiet + 1 : 0;
	return m->quiet > 5;
}

static void on_timer(uv_timer_t *timer)
{
	struct mending *m = timer->data;
	if (repair_has_lost(m->n->store, m->repair) || nobody_has_more(m) || sys_ticks() >= m->until)
		conclude(m);
}

static void asker_gone(void *ctx, struct control_request *req)
{
	struct mending *m = ctx;
	control_finish(req, NULL);
	m->req = NULL;
	end(m);
}

static void note_peer(void *ctx, const struct link_state *s)
{
	struct mending *m = ctx;
	if ((s->open || s->up) && !strs_has(&m->peers, s->peer))
		strs_add(&m->peers, s->peer);
}

/* Let the lines begin anew, on what is whole. */
static int ask_peers(struct mending *m, struct err *err)
{
	struct node *n = m->n;
	const char *seconds = args_get(&m->req->args, "timeout");
	long wait = seconds ? strtol(seconds, NULL, 10) : 0;
	links_states(n->links, note_peer, m);
	store_forget(n->store, NULL);
	int rc = node_repair_registry(n, err);
	if (rc == 0)
		rc = links_reload(n->links, err);
	if (rc)
		return rc;
	m->until = sys_ticks() + (wait > 0 ? wait * 1000 : WAIT_MS);
	m->timer = mem_alloc(sizeof *m->timer);
	uv_timer_init(n->loop, m->timer);
	m->timer->data = m;
	uv_timer_start(m->timer, on_timer, LOOK_MS, LOOK_MS);
	control_on_gone(m->req, asker_gone, m);
	return 0;
}

bool node_repair(struct node *n, struct control_request *req, struct err *err)
{
	struct mending *m = mem_alloc(sizeof *m);
	struct strs moved = {0};
	m->n = n;
	m->req = req;
	int rc = look(n, &m->repair, err);
	if (rc == 0)
		rc = repair_settle(m->repair, err);
	if (rc == 0)
		rc = repair_take_back(m->repair, err);
	if (m->repair)
		repair_unlock(m->repair);
	/* What this node signed itself, and nothing refers to any more, is the best to begin from. */
	if (rc == 0)
		rc = repair_put_back(n->store, m->repair, n->key, was_refused, n, &moved, err);
	if (m->repair)
		repair_note(m->repair);
	strs_free(&moved);
	bool later = rc == 0 && repair_state(m->repair)->n_ledgers > 0;
	if (rc == 0 && later)
		rc = ask_peers(m, err);
	else if (rc == 0)
		finish(m, err);
	if (rc == 0 && later)
		return true;
	end(m);
	return false;
}

#include "node/left.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node.h"
#include "store/left.h"

#define REPORTS "reports/"

static bool is_gone(const struct node *n, const char *unit)
{
	const char *me = n->config.unit;
	return strcmp(unit, me) != 0 && !registry_is_above(n->registry, me, unit) &&
	       registry_was_above(n->registry, me, unit) && !registry_replaces(n->registry, me, unit);
}

/* Is every change here among what the move took over? */
static bool is_taken_over(struct node *n, const char *ledger, struct err *err)
{
	struct history *h;
	struct oids heads = {0}, tips = {0};
	registry_taken_over(n->registry, ledger + strlen(REPORTS), ledger, &heads);
	bool all = store_history(n->store, ledger, &h, err) == 0;
	if (all)
		history_tips(h, &tips);
	for (size_t i = 0; all && i < tips.n; i++) {
		bool seen = false;
		for (size_t k = 0; !seen && k < heads.n; k++)
			seen = history_has(h, &heads.items[k]) &&
			       (oid_eq(&heads.items[k], &tips.items[i]) ||
				   history_seen(h, &heads.items[k], &tips.items[i]));
		all = seen;
	}
	oids_free(&heads);
	oids_free(&tips);
	return all;
}

static void look_at(struct node *n, const char *ledger)
{
	struct err err = {0};
	if (!is_gone(n, ledger + strlen(REPORTS)) || !is_taken_over(n, ledger, &err))
		return;
	if (store_leave(n->store, ledger, &err) == 0)
		log_line(LOG_NOTICE, "%s: its unit stands below another superior now; put aside", ledger);
	else
		log_err(LOG_WARNING, ledger, &err);
}

static void forget(struct node *n, const struct strs *here)
{
	struct strs left = {0};
	struct err err = {0};
	int rc = store_left_list(n->store, &left, &err);
	for (size_t i = 0; rc == 0 && i < left.n; i++)
		if (strs_has(here, left.items[i]) &&
		    registry_is_above(n->registry, n->config.unit, left.items[i] + strlen(REPORTS)))
			rc = store_left_drop(n->store, left.items[i], &err);
	if (rc)
		log_err(LOG_WARNING, "left", &err);
	strs_free(&left);
}

static void look(uv_timer_t *timer)
{
	struct node *n = timer->data;
	struct strs ledgers = {0};
	struct err err = {0};
	if (n->config.station || !n->config.admitted || n->registry_is_partial)
		return;
	if (store_ledgers(n->store, &ledgers, &err) != 0)
		log_err(LOG_WARNING, "left", &err);
	forget(n, &ledgers);
	for (size_t i = 0; i < ledgers.n; i++)
		if (strncmp(ledgers.items[i], REPORTS, strlen(REPORTS)) == 0)
			look_at(n, ledgers.items[i]);
	strs_free(&ledgers);
}

void node_left_look(struct node *n)
{
	if (!n->left) {
		n->left = mem_alloc(sizeof *n->left);
		uv_timer_init(n->loop, n->left);
		n->left->data = n;
	}
	uv_timer_start(n->left, look, 0, 0);
}

static void timer_gone(uv_handle_t *handle)
{
	free(handle);
}

void node_left_stop(struct node *n)
{
	if (n->left)
		uv_close((uv_handle_t *)n->left, timer_gone);
	n->left = NULL;
}

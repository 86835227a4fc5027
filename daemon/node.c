#include "node.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node/anchor.h"
#include "node/arrival.h"
#include "node/attach.h"
#include "node/part.h"
#include "node/enrol.h"
#include "node/heal.h"
#include "node/held.h"
#include "node/incidents.h"
#include "node/instance.h"
#include "node/join.h"
#include "node/keys.h"
#include "node/left.h"
#include "node/parcel.h"
#include "node/rate.h"
#include "node/relay.h"
#include "node/repair.h"
#include "node/requests.h"
#include "node/upkeep.h"
#include "plan/claim.h"
#include "record/screen.h"
#include "store/verify.h"
#include "view_store.h"

static char *path_in(const struct node *n, const char *name)
{
	struct buf b = {0};
	buf_printf(&b, "%s/%s", n->dir, name);
	return buf_take(&b);
}

int node_load_registry(struct node *n, struct err *err)
{
	registry_free(n->registry);
	n->registry = registry_new();
	int rc = config_pin(&n->config, n->registry, err);
	return rc ? rc : registry_load(n->registry, n->store, err);
}

static int open_files(struct node *n, struct err *err)
{
	char *key = path_in(n, "key"), *store = path_in(n, "store.git"), *run = path_in(n, "run");
	int rc = config_load(n->dir, &n->config, err);
	if (rc == 0)
		rc = key_load(key, &n->key, err);
	if (rc == 0)
		rc = store_open(store, &n->store, err);
	if (rc == 0)
		rc = sys_make_dir(run, 0750, err);
	if (rc == 0)
		rc = node_instance_load(n, err);
	if (rc == 0)
		rc = node_repair_registry(n, err);
	free(key);
	free(store);
	free(run);
	return rc;
}

int node_open(const char *dir, uv_loop_t *loop, struct node **out, struct err *err)
{
	struct node *n = mem_alloc(sizeof *n);
	n->dir = mem_dup(dir);
	n->loop = loop;
	char *socket = path_in(n, "run/tuyend.sock");
	bool other_key;
	int rc = open_files(n, err);
	if (rc == 0)
		rc = node_incidents_open(n, err);
	if (rc == 0)
		rc = node_rate_open(n, err);
	if (rc == 0)
		rc = node_attach_open(n, err);
	if (rc == 0)
		rc = node_part_open(n, err);
	if (rc == 0)
		rc = node_heal_open(n, err);
	if (rc == 0)
		rc = node_keys_follow(n, &other_key, err);
	if (rc == 0)
		node_held_release(n);
	struct err unfinished = {0};
	if (rc == 0 && node_anchor_settle(n, &unfinished) != 0)
		log_err(LOG_ERROR, "anchor", &unfinished);
	if (rc == 0)
		node_arrival_catch_up(n);
	n->desk = node_enrol_start(n);
	if (rc == 0)
		rc = links_start(n, &n->links, err);
	if (rc == 0)
		rc = control_server_start(loop, socket, node_request, n, &n->control, err);
	if (rc == 0 && node_relay_settle(n, &unfinished) != 0)
		log_err(LOG_ERROR, "relay", &unfinished);
	if (rc == 0)
		node_left_look(n);
	if (rc == 0)
		node_upkeep_start(n);
	free(socket);
	if (rc) {
		node_close(n);
		return rc;
	}
	*out = n;
	return 0;
}

void node_close(struct node *n)
{
	if (!n)
		return;
	node_join_stop(n);
	node_parcels_close(n);
	node_enrol_stop(n->desk);
	node_upkeep_stop(n);
	node_left_stop(n);
	links_stop(n->links); /* answers those who wait for an exchange */
	control_server_stop(n->control);
	node_attach_close(n);
	node_heal_close(n);
	node_rate_close(n);
	node_incidents_close(n);
	registry_free(n->registry);
	store_close(n->store);
	key_free(n->key);
	config_free(&n->config);
	free(n->dir);
	free(n);
}

int node_reload(struct node *n, struct err *err)
{
	struct config fresh;
	int rc = config_load(n->dir, &fresh, err);
	if (rc)
		return rc;
	config_free(&n->config);
	n->config = fresh;
	rc = node_load_registry(n, err);
	if (rc == 0)
		rc = node_anchor_settle(n, err);
	if (rc == 0)
		rc = links_reload(n->links, err);
	return rc ? rc : node_relay_settle(n, err);
}

void node_view(struct node *n, struct view *out)
{
	view_store_open(n->store, n->registry, &n->config, out);
}

int node_admitted(const struct node *n, struct err *err)
{
	if (n->config.admitted)
		return 0;
	err_set(err, ERR_REFUSED, N_("this node has not been admitted by its superior yet"));
	err_hint(err, N_("run `tuyen join --request`, let the superior run `tuyen unit admit` on it, then "
			 "`tuyen join` the answer"));
	return err->code;
}

static int read_at(void *ctx, const char *ledger, const struct oid *change, const char *path,
    struct arena *arena, struct record *out, struct err *err)
{
	struct node *n = ctx;
	struct history *h;
	int rc = store_history(n->store, ledger, &h, err);
	if (rc == 0 && !history_has(h, change))
		rc = err_set(
		    err, ERR_PARKED, N_("a change of %1 on which a claim rests has not arrived yet"), ledger);
	return rc ? rc : store_record(n->store, ledger, change, path, arena, out, err);
}

int node_check_claim(
    struct node *n, const struct change *c, const struct change_texts *texts, size_t count, struct err *err)
{
	struct claim_source source = {n, read_at, n->registry};
	return claim_check(&source, c, texts, count, err);
}

/* The records of an own change as they stand and as it will leave them, with the conflicts it settles. */
static int own_texts(struct node *n, const struct change *c, struct arena *arena, struct change_texts *texts,
    size_t *n_texts, struct err *err)
{
	int rc = 0;
	*n_texts = c->n_records + c->n_settles;
	for (size_t i = 0; rc == 0 && i < *n_texts; i++) {
		bool settled = i >= c->n_records;
		char conflict[64];
		if (settled)
			merge_conflict_path(c->settles[i - c->n_records], conflict);
		const char *path = settled ? conflict : c->records[i].path;
		struct buf old = {0};
		struct err absent = {0};
		rc = store_read(n->store, c->ledger, NULL, path, &old, &absent);
		struct change_texts *t = &texts[i];
		t->path = arena_dup(arena, path);
		t->before = rc == 0 ? arena_dup_len(arena, buf_str(&old), old.len) : NULL;
		t->before_len = old.len;
		t->after = settled ? NULL : c->records[i].text;
		t->after_len = settled ? 0 : c->records[i].len;
		buf_free(&old);
		if (rc == ERR_NOT_FOUND)
			rc = 0;
		else if (rc)
			*err = absent;
	}
	return rc;
}

/* The same judgement that every other node will pass on arrival, before anything is signed; and what is not admitted. */
static int judge_own(struct node *n, struct change *edits, struct err *err)
{
	const struct registry_grant *grant =
	    registry_grant(n->registry, &n->config.grant, n->config.unit, n->config.station);
	struct change c = *edits;
	c.unit = n->config.unit;
	c.station = n->config.station;
	c.agency = n->config.agency;
	c.rank = n->config.rank;
	c.rule = MERGE_RULE;
	c.grant = n->config.grant;
	c.time = sys_now();
	struct arena arena = {0};
	struct change_texts *texts = arena_alloc(&arena, (c.n_records + c.n_settles + 1) * sizeof *texts);
	size_t n_texts = 0;
	int rc = own_texts(n, &c, &arena, texts, &n_texts, err);
	if (rc == 0)
		rc = screen_change(&c, texts, n_texts, err);
	if (rc == 0)
		rc = registry_admission(n->registry, &c, texts, n_texts, err);
	if (rc == 0 && grant) /* ours may still be on its way to us; it came with the welcome */
		rc = registry_check(n->registry, grant, &c, texts, n_texts, err);
	/* A claim that would not hold (the plan has just changed) is no claim; the figures are written all the same. */
	struct err none = {0};
	if (rc == 0 && grant && node_check_claim(n, &c, texts, n_texts, &none) != 0) {
		edits->claim = CLAIM_NONE;
		edits->claim_basis = (struct oid){{0}};
	}
	arena_free(&arena);
	return rc;
}

int node_write(struct node *n, struct outcome *o, struct err *err)
{
	if (o->n_changes == 0)
		return 0;
	int rc = node_admitted(n, err);
	struct tx *tx = NULL;
	struct tx_writer writer = {n->key, n->config.unit, n->config.station, n->config.agency,
	    n->config.rank, n->config.grant, sys_now()};
	for (size_t i = 0; rc == 0 && i < o->n_changes; i++)
		rc = judge_own(n, &o->changes[i], err);
	if (rc == 0)
		rc = tx_begin(n->store, &tx, err);
	for (size_t i = 0; rc == 0 && i < o->n_changes; i++) {
		struct oid id;
		rc = tx_write(tx, &writer, &o->changes[i], &id, err);
	}
	if (rc == 0)
		rc = tx_commit(tx, err);
	if (rc == 0)
		node_rate_written(n, o);
	for (size_t i = 0; rc == 0 && i < o->n_changes; i++)
		node_incidents_entered(n, &o->changes[i]);
	if (rc == 0)
		node_moved(n, tx_moved(tx));
	tx_destroy(tx);
	return rc;
}

/* What has come may be our superior's word on our own key. */
static void follow_keys(struct node *n)
{
	struct err err = {0};
	bool other_key = false;
	if (node_keys_follow(n, &other_key, &err) != 0)
		log_err(LOG_ERROR, "key", &err);
	if (other_key)
		links_rekey(n->links);
}

void node_moved(struct node *n, const struct strs *ledgers)
{
	bool registry = false;
	for (size_t i = 0; i < ledgers->n; i++) {
		struct err err = {0};
		if (strncmp(ledgers->items[i], "directives/", 11) != 0)
			continue;
		if (registry_load_ledger(n->registry, n->store, ledgers->items[i], &err) != 0)
			log_err(LOG_ERROR, "registry", &err);
		registry = true;
	}
	if (registry) {
		follow_keys(n);
		node_left_look(n);
	}
	if (ledgers->n) {
		node_attach_moved(n);
		node_upkeep_moved(n);
		links_moved(n->links);
	}
}

#include "node/anchor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node/trust.h"
#include "registry/enrol.h"

#define NEW_KEY "key.new"

static char *path_in(const struct node *n, const char *name)
{
	struct buf b = {0};
	buf_printf(&b, "%s/%s", n->dir, name);
	return buf_take(&b);
}

/* ---- writing under another key or grant than the node's present one ---- */

struct hand {
	const struct key *key;
	const struct registry_grant *grant;
};

static int judge(struct node *n, const struct hand *hand, struct change c, const char *before,
    size_t before_len, struct err *err)
{
	struct change_texts texts = {.path = c.records[0].path,
	    .before = before,
	    .before_len = before_len,
	    .after = c.records[0].text,
	    .after_len = c.records[0].len};
	c.unit = hand->grant->unit;
	c.rank = n->config.rank;
	c.rule = MERGE_RULE;
	c.grant = hand->grant->change;
	return registry_check(n->registry, hand->grant, &c, &texts, 1, err);
}

/* One record of this unit's directives, signed by that hand. */
static int write_by(struct node *n, const struct hand *hand, const char *subject, const char *path,
    const struct record *rec, struct err *err)
{
	struct buf ledger = {0}, old = {0}, text = {0};
	struct err absent = {0};
	struct tx *tx = NULL;
	struct oid id;
	buf_printf(&ledger, "directives/%s", n->config.unit);
	record_print(rec, &text);
	struct change_record record = {path, buf_str(&text), text.len};
	struct change c = {.ledger = buf_str(&ledger),
	    .subject = subject,
	    .claim = CLAIM_NONE,
	    .records = &record,
	    .n_records = 1};
	struct tx_writer writer = {.key = hand->key,
	    .unit = n->config.unit,
	    .rank = n->config.rank,
	    .grant = hand->grant->change,
	    .now = sys_now()};
	bool there = store_read(n->store, c.ledger, NULL, path, &old, &absent) == 0;
	int rc = judge(n, hand, c, there ? buf_str(&old) : NULL, old.len, err);
	if (rc == 0)
		rc = tx_begin(n->store, &tx, err);
	if (rc == 0)
		rc = tx_write(tx, &writer, &c, &id, err);
	if (rc == 0)
		rc = tx_commit(tx, err);
	if (rc == 0)
		node_moved(n, tx_moved(tx));
	tx_destroy(tx);
	buf_free(&ledger);
	buf_free(&old);
	buf_free(&text);
	return rc;
}

/* ---- what this node may write under as an anchor ---- */

struct finding {
	const struct node *node;
	const unsigned char *key;
	const struct registry_grant *found;
};

static void find(void *ctx, const struct registry_grant *g)
{
	struct finding *f = ctx;
	if (g->active && !g->station && strcmp(g->unit, f->node->config.unit) == 0 &&
	    strcmp(strchr(g->ledger, '/') + 1, f->node->config.unit) == 0 &&
	    !oid_eq(&g->change, &registry_reserve) && memcmp(g->key, f->key, KEY_PUBLIC_SIZE) == 0)
		f->found = g;
}

static const struct registry_grant *own_grant(const struct node *n, const struct key *key)
{
	struct finding f = {n, key_public(key), NULL};
	registry_grants(n->registry, find, &f);
	return f.found;
}

static int own_record(struct node *n, struct arena *arena, struct record *out, struct err *err)
{
	const struct record *rec = registry_record(n->registry, n->config.unit);
	record_init(out, arena, type_by_name("unit"));
	for (size_t i = 0; rec && i < rec->n; i++)
		record_put(
		    out, arena_dup(arena, rec->fields[i].path), arena_dup(arena, rec->fields[i].value));
	return rec ? 0
		   : err_set(err, ERR_NOT_FOUND, N_("the record of %1 is not in its own ledger here"),
			 n->config.unit);
}

/* ---- the handover ---- */

/* What was written under the keys that are active until now, by the heads known here. */
static int vouch(struct node *n, struct arena *arena, struct record *handover, struct err *err)
{
	struct record rec;
	struct strs rows = {0};
	const char *row, *line;
	int rc = own_record(n, arena, &rec, err);
	for (size_t i = 0; rc == 0 && record_next_key(&rec, "keys", &i, &row);) {
		const struct registry_grant *g = node_trust_of_row(n, n->config.unit, &rec, row);
		if (g && g->active)
			strs_add(&rows, row);
	}
	if (rc == 0)
		rc = node_trust_narrow(n, n->config.unit, NULL, KEY_RETIRED, NULL, &rec, err);
	for (size_t i = 0; rc == 0 && record_next_key(&rec, "vouched", &i, &line);) {
		size_t len = strcspn(line, " ");
		if (line[len] && strs_has(&rows, arena_dup_len(arena, line, len)))
			record_put(handover, arena_printf(arena, "vouched.%s", line + len + 1), "+");
	}
	strs_free(&rows);
	return rc;
}

static int hand_over(struct node *n, struct err *err)
{
	struct arena arena = {0};
	struct enrol_edit edit;
	struct hand hand = {n->key, own_grant(n, n->key)};
	int rc = enrol_handover(&n->config, &arena, &edit, err);
	if (rc == 0 && !hand.grant)
		rc = err_set(err, ERR_REFUSED,
		    N_("%1 cannot hand over to %2: its key is not one that it wrote under as an anchor"),
		    n->config.unit, n->config.handover.unit);
	if (rc == 0)
		rc = vouch(n, &arena, &edit.record, err);
	if (rc == 0)
		rc = write_by(n, &hand, arena_printf(&arena, "anchor: hand over to %s", edit.id), edit.path,
		    &edit.record, err);
	if (rc == 0)
		log_line(LOG_NOTICE, "%s has handed over to %s", n->config.unit, edit.id);
	arena_free(&arena);
	return rc;
}

static bool has_handed_over(const struct node *n)
{
	return !n->config.handover.unit || n->config.station ||
	       registry_handed_to(n->registry, n->config.unit) != NULL;
}

/* ---- another key ---- */

static int take_new_key(struct node *n, struct err *err)
{
	char *old = path_in(n, "key"), *path = path_in(n, NEW_KEY);
	struct key *key = NULL;
	int rc = sys_exists(path) ? key_load(path, &key, err) : 0;
	const struct registry_grant *g = key ? own_grant(n, key) : NULL;
	if (rc == 0 && g) {
		n->config.grant = g->change;
		rc = config_save(&n->config, n->dir, err);
		if (rc == 0 && rename(path, old) < 0)
			rc = sys_error(err, "replace", old);
		if (rc == 0)
			rc = sys_sync_dir(n->dir, err);
	}
	if (rc == 0 && g) {
		key_free(n->key);
		n->key = key;
		key = NULL;
	}
	key_free(key);
	free(old);
	free(path);
	return rc;
}

int node_anchor_settle(struct node *n, struct err *err)
{
	int rc = n->config.root ? take_new_key(n, err) : 0;
	return rc == 0 && !has_handed_over(n) ? hand_over(n, err) : rc;
}

static int open_reserve(
    struct node *n, const char *text, struct key **out, const struct registry_grant **grant, struct err *err)
{
	*grant = registry_grant(n->registry, &registry_reserve, n->config.unit, NULL);
	if (!n->config.root || n->config.station) {
		err_set(
		    err, ERR_REFUSED, N_("%1 is no root: its superior gives it another key"), n->config.unit);
		err_hint(
		    err, N_("make a new node with `tuyen join --recover`, and let the superior admit it"));
		return err->code;
	}
	if (!*grant)
		return err_set(err, ERR_REFUSED, N_("%1 has no reserve key"), n->config.unit);
	int rc = text ? key_read(text, strlen(text), "--reserve", out, err)
		      : err_set(err, ERR_USAGE, N_("'%1' needs --%2"), "key replace", "reserve");
	if (rc == 0 && memcmp(key_public(*out), (*grant)->key, KEY_PUBLIC_SIZE) != 0) {
		struct buf is = {0}, wanted = {0};
		enrol_fingerprint(key_public(*out), &is);
		enrol_fingerprint((*grant)->key, &wanted);
		rc = err_set(err, ERR_REFUSED, N_("this is the key %1; the reserve key of %2 is %3"),
		    buf_str(&is), n->config.unit, buf_str(&wanted));
		buf_free(&is);
		buf_free(&wanted);
	}
	return rc;
}

/* One that was made before a crash is used. */
static int new_key(struct node *n, struct key **out, struct err *err)
{
	char *path = path_in(n, NEW_KEY);
	int rc = sys_exists(path) ? key_load(path, out, err) : key_generate(out, err);
	if (rc == 0 && !sys_exists(path))
		rc = key_save(*out, path, err);
	free(path);
	return rc;
}

static int lines_anew(struct node *n, struct err *err)
{
	links_stop(n->links);
	n->links = NULL;
	return links_start(n, &n->links, err);
}

/* Two machines that ended one key apart, in different words, left the record saying neither. */
static void say_ended(struct node *n, struct record *rec)
{
	struct strs rows = {0};
	const char *row;
	for (size_t i = 0; record_next_key(rec, "keys", &i, &row);)
		strs_add(&rows, row);
	for (size_t i = 0; i < rows.n; i++) {
		const struct registry_grant *g = node_trust_of_row(n, n->config.unit, rec, rows.items[i]);
		if (g && g->state != KEY_ACTIVE)
			record_put(rec, arena_printf(rec->arena, "keys.%s.state", rows.items[i]),
			    node_trust_state(g->state));
	}
	strs_free(&rows);
}

static int replace(struct node *n, const struct hand *reserve, enum registry_key_state state, struct err *err)
{
	struct arena arena = {0};
	struct record rec;
	struct key *key = NULL;
	const char *path = arena_printf(&arena, "units/%s.yaml", n->config.unit);
	int rc = own_record(n, &arena, &rec, err);
	if (rc == 0)
		rc = node_trust_narrow(n, n->config.unit, NULL, state, NULL, &rec, err);
	if (rc == 0)
		say_ended(n, &rec);
	if (rc == 0)
		rc = new_key(n, &key, err);
	if (rc == 0)
		rc = enrol_let_in(&rec, &arena, key_public(key), err);
	if (rc == 0)
		rc = write_by(n, reserve, "key: replace by the reserve key", path, &rec, err);
	if (rc == 0)
		rc = take_new_key(n, err);
	if (rc == 0)
		rc = lines_anew(n, err);
	key_free(key);
	arena_free(&arena);
	return rc;
}

int node_key_replace(struct node *n, struct control_request *req, struct err *err)
{
	struct key *reserve = NULL;
	struct buf spoken = {0};
	struct hand hand;
	int rc = open_reserve(n, args_get(&req->args, "reserve"), &reserve, &hand.grant, err);
	hand.key = reserve;
	if (rc == 0)
		rc = replace(n, &hand, args_has(&req->args, "suspend") ? KEY_SUSPENDED : KEY_RETIRED, err);
	if (rc == 0) {
		enrol_fingerprint(key_public(n->key), &spoken);
		control_say(req, N_("%1 has a new key: %2"), n->config.unit, buf_str(&spoken));
		control_say(req,
		    N_("the nodes below learn it from this one; put the reserve key back into the safe"));
	}
	key_free(reserve);
	buf_free(&spoken);
	return rc;
}

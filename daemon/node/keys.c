#include "node/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "control/control.h"
#include "links/links.h"
#include "node/incidents.h"
#include "node/trust.h"
#include "plan/incident.h"
#include "plan/key_request.h"
#include "registry/enrol.h"
#include "store/held.h"

#define KEY_BYTES_MAX 4096
#define PREFIX_LEAST 4

/* ---- a unit's record, being edited ---- */

struct editing {
	struct node *node;
	struct view view;
	struct outcome o;
	const char *id, *path, *ledger;
	struct record was, rec;
};

static int find_unit(struct node *n, const char *typed, const char **id, struct err *err)
{
	const struct registry_unit *u;
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = registry_resolve_on(n->registry, typed, date_of_time(sys_now()), &u, err);
	if (rc)
		return rc;
	*id = u->id;
	if (!n->config.station && u->parent && strcmp(u->parent, n->config.unit) == 0)
		return 0;
	err_set(err, ERR_REFUSED, N_("the keys of %1 are for %2 to decide on, not for this node"), u->id,
	    u->parent ? u->parent : u->id);
	err_rule(err, "right", NULL, NULL);
	return err->code;
}

/* As it stands now, all that was written at the same time merged. */
static int open_unit(struct editing *e, struct node *n, const char *typed, struct err *err)
{
	struct arena *arena = &e->o.arena;
	*e = (struct editing){.node = n};
	int rc = find_unit(n, typed, &e->id, err);
	if (rc)
		return rc;
	node_view(n, &e->view);
	e->id = arena_dup(arena, e->id);
	e->ledger = arena_printf(arena, "directives/%s", n->config.unit);
	e->path = arena_printf(arena, "units/%s.yaml", e->id);
	rc = store_record(n->store, e->ledger, NULL, e->path, arena, &e->was, err);
	return rc ? rc : store_record(n->store, e->ledger, NULL, e->path, arena, &e->rec, err);
}

static int write_unit(struct editing *e, const char *subject, struct err *err)
{
	struct change *c = outcome_change(&e->o, e->ledger, subject, NULL);
	outcome_put(&e->o, c, e->path, &e->rec);
	return node_write(e->node, &e->o, err);
}

/* ---- suspending and retiring ---- */

struct seeking {
	struct node *node;
	const char *id, *typed;
	struct oids *out;
	size_t found;
};

static int seek(void *ctx, const struct change *c, struct err *err)
{
	struct seeking *s = ctx;
	char hex[OID_HEX + 1], writer[136];
	(void)err;
	oid_hex(&c->id, hex);
	change_writer(c, writer);
	if (strcmp(writer, s->id) == 0 && strncmp(hex, s->typed, strlen(s->typed)) == 0) {
		oids_add(s->out, &c->id);
		s->found++;
	}
	return 0;
}

/* What --since names: changes of that writer, by the beginning of their ids. */
static int find_change(struct node *n, const char *id, const char *typed, struct oids *out, struct err *err)
{
	struct strs ledgers = {0};
	struct seeking s = {n, id, typed, out, 0};
	int rc = store_ledgers(n->store, &ledgers, err);
	for (size_t i = 0; strlen(typed) >= PREFIX_LEAST && rc == 0 && i < ledgers.n; i++)
		rc = store_walk(n->store, ledgers.items[i], false, seek, &s, err);
	strs_free(&ledgers);
	if (rc || s.found == 1)
		return rc;
	if (s.found)
		err_set(err, ERR_AMBIGUOUS, N_("several changes of %1 begin with '%2'"), id, typed);
	else
		err_set(err, ERR_NOT_FOUND, N_("no change of %1 begins with '%2'"), id, typed);
	err_hint(
	    err, s.found ? N_("give more of it") : N_("`tuyen log LEDGER` lists changes with their ids"));
	return err->code;
}

static int find_since(struct node *n, const char *id, const struct args *a, struct oids *out, struct err *err)
{
	struct strs words = {0};
	int rc = 0;
	args_list(a, "since", &words);
	for (size_t i = 0; rc == 0 && i < words.n; i++)
		rc = find_change(n, id, words.items[i], out, err);
	strs_free(&words);
	return rc;
}

static bool was_narrowed(const struct editing *e, struct arena *arena, const char *row)
{
	const char *field = arena_printf(arena, "keys.%s.state", row);
	return !str_same(record_get(&e->was, field), record_get(&e->rec, field));
}

/* Why, where the neighbours do not read. Of a station the list of this node has it: nobody stands above the two. */
static int record_reason(
    struct editing *e, const char *row, const char *state, const char *reason, struct err *err)
{
	struct arena *arena = &e->o.arena;
	const char *key = record_get(&e->rec, arena_printf(arena, "keys.%s.key", row));
	if (!strchr(e->id, '@'))
		return incident_open(&e->view, &e->o, e->id, state, key ? key : row, key, reason, err);
	struct err said = {0};
	err_set(&said, ERR_REFUSED,
	    strcmp(state, "suspended") == 0 ? N_("the key %1 of %2 was suspended: %3")
					    : N_("the key %1 of %2 was retired: %3"),
	    row, e->id, reason ? reason : "-");
	node_incident(e->node, &(struct incident){.kind = state, .unit = e->id, .err = &said});
	return 0;
}

static int record_reasons(struct editing *e, const char *state, const char *reason, struct err *err)
{
	const char *row;
	int rc = 0;
	for (size_t i = 0; rc == 0 && record_next_key(&e->rec, "keys", &i, &row);)
		if (was_narrowed(e, &e->o.arena, row))
			rc = record_reason(e, row, state, reason, err);
	return rc;
}

static void tell_narrowed(struct editing *e, struct control_request *req, enum registry_key_state state)
{
	struct arena *arena = &e->o.arena;
	struct held_changes list;
	const struct held_asked asked = {.decider = e->node->config.unit};
	struct err none = {0};
	const char *row;
	bool active = false;
	size_t count = 0;
	for (size_t i = 0; record_next_key(&e->rec, "keys", &i, &row);) {
		active |= str_is(record_get(&e->rec, arena_printf(arena, "keys.%s.state", row)), "active");
		if (was_narrowed(e, arena, row))
			control_say(req,
			    state == KEY_SUSPENDED
				? N_("the key %1 of %2 is suspended from now on; its line is closed")
				: N_("the key %1 of %2 is retired from now on; its line is closed"),
			    row, e->id);
	}
	if (held_list(e->node->store, e->node->registry, &asked, arena, &list, &none) == 0)
		for (size_t i = 0; i < list.n; i++)
			count += strcmp(list.items[i].writer, e->id) == 0;
	if (count)
		control_say(req, N_("changes of %1 to be confirmed: %2; `tuyen held list` shows them"), e->id,
		    arena_printf(arena, "%zu", count));
	if (!active)
		control_say(
		    req, N_("%1 has no key any more; `tuyen unit admit` lets its new node in"), e->id);
}

static int narrow(struct node *n, struct control_request *req, enum registry_key_state state, struct err *err)
{
	const char *word = node_trust_state(state);
	struct editing e;
	struct oids since = {0};
	int rc = open_unit(&e, n, args_word(&req->args, 0), err);
	if (rc == 0)
		rc = find_since(n, e.id, &req->args, &since, err);
	if (rc == 0)
		rc = node_trust_narrow(
		    n, e.id, args_get(&req->args, "key"), state, since.n ? &since : NULL, &e.rec, err);
	if (rc == 0)
		rc = record_reasons(&e, word, args_get(&req->args, "reason"), err);
	if (rc == 0)
		rc = write_unit(&e,
		    arena_printf(
			&e.o.arena, "unit: %s %s", state == KEY_RETIRED ? "retire" : "suspend", e.id),
		    err);
	if (rc == 0)
		tell_narrowed(&e, req, state);
	outcome_free(&e.o);
	oids_free(&since);
	return rc;
}

int node_unit_suspend(struct node *n, struct control_request *req, struct err *err)
{
	return narrow(n, req, KEY_SUSPENDED, err);
}

int node_unit_retire(struct node *n, struct control_request *req, struct err *err)
{
	return narrow(n, req, KEY_RETIRED, err);
}

/* ---- rotation, at the superior ---- */

static const char *row_of_key(struct editing *e, const unsigned char *key)
{
	char text[KEY_TEXT_SIZE];
	const char *row;
	key_text(key, text);
	for (size_t i = 0; record_next_key(&e->rec, "keys", &i, &row);)
		if (str_is(record_get(&e->rec, arena_printf(&e->o.arena, "keys.%s.key", row)), text))
			return row;
	return NULL;
}

static void add_key(struct editing *e, const unsigned char *key)
{
	struct arena *arena = &e->o.arena;
	char text[KEY_TEXT_SIZE];
	int i = 1;
	while (record_get(&e->rec, arena_printf(arena, "keys.k%d.key", i)))
		i++;
	key_text(key, text);
	record_put(&e->rec, arena_printf(arena, "keys.k%d.key", i), arena_dup(arena, text));
	record_put(&e->rec, arena_printf(arena, "keys.k%d.state", i), "active");
}

int node_unit_rotate(struct node *n, struct control_request *req, struct err *err)
{
	struct editing e;
	struct key_requests all = {0};
	const char *row = NULL;
	int rc = open_unit(&e, n, args_word(&req->args, 0), err);
	if (rc == 0)
		rc = key_requests_read(&e.view, e.id, &e.o.arena, &all, err);
	if (rc == 0 && all.n)
		row = row_of_key(&e, all.items[all.n - 1].grant->key);
	if (rc == 0 && !row) {
		err_set(
		    err, ERR_REFUSED, N_("%1 has not asked for a new key under the one it has now"), e.id);
		err_hint(err, N_("its node asks by `tuyen key rotate`; of a lost machine, `tuyen unit admit "
				 "--recover` admits the new one"));
		rc = err->code;
	}
	if (rc == 0)
		rc = node_trust_narrow(n, e.id, row, KEY_RETIRED, NULL, &e.rec, err);
	if (rc == 0) {
		add_key(&e, all.items[all.n - 1].key);
		rc = write_unit(&e, arena_printf(&e.o.arena, "unit: rotate the key of %s", e.id), err);
	}
	if (rc == 0) {
		struct buf spoken = {0};
		enrol_fingerprint(all.items[all.n - 1].key, &spoken);
		control_say(
		    req, N_("%1 has a new key; let its people read it out: %2"), e.id, buf_str(&spoken));
		buf_free(&spoken);
	}
	outcome_free(&e.o);
	return rc;
}

/* ---- rotation, at the node itself ---- */

static char *path_in(const struct node *n, const char *name)
{
	struct buf b = {0};
	buf_printf(&b, "%s/%s", n->dir, name);
	return buf_take(&b);
}

/* The key that waits beside ours; NULL if there is none. */
static int load_new(const struct node *n, struct key **out, struct err *err)
{
	char *path = path_in(n, NODE_KEY_NEW);
	*out = NULL;
	int rc = sys_exists(path) ? key_load(path, out, err) : 0;
	free(path);
	return rc;
}

static int make_new(const struct node *n, struct key **out, struct err *err)
{
	char *path = path_in(n, NODE_KEY_NEW);
	int rc = key_generate(out, err);
	if (rc == 0)
		rc = key_save(*out, path, err);
	free(path);
	return rc;
}

int node_key_rotate(struct node *n, struct control_request *req, struct err *err)
{
	struct key *fresh = NULL;
	struct outcome o = {0};
	struct view v;
	struct buf spoken = {0};
	int rc = node_admitted(n, err);
	if (rc == 0 && n->config.root) {
		rc = err_set(
		    err, ERR_REFUSED, N_("%1 has no superior who could approve another key"), n->config.unit);
		err_hint(err, N_("the key of an anchor is replaced by its reserve key"));
	}
	if (rc == 0)
		rc = load_new(n, &fresh, err);
	if (rc == 0 && !fresh)
		rc = make_new(n, &fresh, err);
	node_view(n, &v);
	if (rc == 0)
		rc = key_request_write(&v, &o, key_public(fresh), err);
	if (rc == 0)
		rc = node_write(n, &o, err);
	if (rc == 0) {
		enrol_fingerprint(key_public(fresh), &spoken);
		control_say(req, N_("%1 is asked to approve the new key by `tuyen unit rotate`: %2"),
		    n->config.superior.unit, buf_str(&spoken));
	}
	buf_free(&spoken);
	outcome_free(&o);
	key_free(fresh);
	return rc;
}

static bool is_us(const struct node *n, const struct registry_grant *g)
{
	return g && str_same(g->unit, n->config.unit) && str_same(g->station, n->config.station);
}

/* key.new over key. */
static int install(const struct node *n, struct err *err)
{
	char *from = path_in(n, NODE_KEY_NEW), *to = path_in(n, NODE_KEY);
	struct buf pem = {0};
	int rc = sys_read_file(from, KEY_BYTES_MAX, &pem, err);
	if (rc == 0)
		rc = sys_write_file(to, pem.data, pem.len, 0600, err);
	if (pem.data)
		explicit_bzero(pem.data, pem.len);
	buf_free(&pem);
	free(from);
	free(to);
	return rc;
}

static int drop_new(const struct node *n, struct err *err)
{
	char *path = path_in(n, NODE_KEY_NEW);
	int rc = sys_remove(path, err);
	free(path);
	return rc;
}

static int take_grant(struct node *n, const struct registry_grant *g, struct err *err)
{
	if (oid_eq(&n->config.grant, &g->change))
		return 0;
	n->config.grant = g->change;
	return config_save(&n->config, n->dir, err);
}

int node_keys_follow(struct node *n, bool *changed, struct err *err)
{
	struct key *fresh = NULL;
	*changed = false;
	if (!n->config.admitted || n->config.root)
		return 0;
	int rc = load_new(n, &fresh, err);
	const struct registry_grant *next = fresh ? node_trust_welcome(n, key_public(fresh)) : NULL;
	bool same = fresh && memcmp(key_public(fresh), key_public(n->key), KEY_PUBLIC_SIZE) == 0;
	if (rc == 0 && is_us(n, next)) {
		rc = same ? 0 : install(n, err);
		if (rc == 0 && !same) {
			key_free(n->key);
			n->key = fresh;
			fresh = NULL;
			*changed = true;
			log_line(LOG_NOTICE, "this node has a new key");
		}
		if (rc == 0)
			rc = take_grant(n, next, err);
		if (rc == 0)
			rc = drop_new(n, err);
	} else if (rc == 0) {
		/* Another grant for the same key: the unit has another superior now. */
		const struct registry_grant *now = node_trust_welcome(n, key_public(n->key));
		rc = is_us(n, now) ? take_grant(n, now, err) : 0;
	}
	key_free(fresh);
	return rc;
}

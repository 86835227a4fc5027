#include "node/trust.h"

#include <string.h>

#include "store/held.h"

const struct registry_grant *node_trust_welcome(struct node *n, const unsigned char key[KEY_PUBLIC_SIZE])
{
	const struct registry_grant *g = registry_by_key(n->registry, key);
	struct registry_past past = held_past(n->store);
	/* It is active, so all that is asked is how it was given. */
	return g && registry_trust(g, g->ledger, &g->change, &past) == TRUST_GOOD ? g : NULL;
}

const char *node_trust_state(enum registry_key_state state)
{
	static const char *const names[] = {"active", "retired", "suspended"};
	return names[state];
}

/* ---- the grant of a row ---- */

struct finding {
	const char *id, *ledger;
	unsigned char key[KEY_PUBLIC_SIZE];
	const struct registry_grant *found;
};

static bool is_of(const struct registry_grant *g, const char *id)
{
	struct buf name = {0};
	buf_printf(&name, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	bool same = strcmp(buf_str(&name), id) == 0;
	buf_free(&name);
	return same;
}

static void find(void *ctx, const struct registry_grant *g)
{
	struct finding *f = ctx;
	if (!f->found && memcmp(g->key, f->key, KEY_PUBLIC_SIZE) == 0 && strcmp(g->ledger, f->ledger) == 0 &&
	    !oid_eq(&g->change, &registry_reserve) && is_of(g, f->id))
		f->found = g;
}

const struct registry_grant *node_trust_of_row(
    struct node *n, const char *id, const struct record *rec, const char *row)
{
	struct buf ledger = {0}, field = {0};
	buf_printf(&ledger, "directives/%s", n->config.unit);
	buf_printf(&field, "keys.%s.key", row);
	struct finding f = {.id = id, .ledger = buf_str(&ledger)};
	const char *text = record_get(rec, buf_str(&field));
	if (text && key_parse(text, f.key))
		registry_grants(n->registry, find, &f);
	buf_free(&ledger);
	buf_free(&field);
	return f.found;
}

/* ---- what it has written ---- */

struct written {
	const struct registry_grant *grant;
	const struct history *history;
	const struct oids *since;
	struct oids out;
};

static bool is_tainted(const struct written *w, const struct oid *change)
{
	for (size_t i = 0; w->since && i < w->since->n; i++)
		if (history_seen(w->history, change, &w->since->items[i]))
			return true;
	return false;
}

static int visit_change(void *ctx, const struct change *c, struct err *err)
{
	struct written *w = ctx;
	(void)err;
	if (oid_eq(&c->grant, &w->grant->change) && str_same(c->unit, w->grant->unit) &&
	    str_same(c->station, w->grant->station) && !is_tainted(w, &c->id))
		oids_add(&w->out, &c->id);
	return 0;
}

static int vouch_ledger(struct node *n, const struct registry_grant *g, const char *ledger, const char *row,
    const struct oids *since, struct record *rec, struct err *err)
{
	struct history *h;
	int rc = store_history(n->store, ledger, &h, err);
	struct written w = {.grant = g, .history = h, .since = since};
	if (rc == 0)
		rc = store_walk(n->store, ledger, false, visit_change, &w, err);
	if (rc == 0)
		history_maximal(h, &w.out);
	for (size_t i = 0; rc == 0 && i < w.out.n; i++) {
		char hex[OID_HEX + 1];
		oid_hex(&w.out.items[i], hex);
		record_put(rec, arena_printf(rec->arena, "vouched.%s %s %s", row, ledger, hex), "+");
	}
	oids_free(&w.out);
	return rc;
}

static int vouch(struct node *n, const struct registry_grant *g, const char *row, const struct oids *since,
    struct record *rec, struct err *err)
{
	struct strs ledgers = {0};
	int rc = store_ledgers(n->store, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		if (held_may_write(n->registry, g, ledgers.items[i]))
			rc = vouch_ledger(n, g, ledgers.items[i], row, since, rec, err);
	strs_free(&ledgers);
	return rc;
}

/* ---- narrowing ---- */

static int narrow_row(struct node *n, const struct registry_grant *g, const char *row,
    enum registry_key_state state, const struct oids *since, struct record *rec, struct err *err)
{
	enum registry_key_state now = g->state > state ? g->state : state;
	record_put(rec, arena_printf(rec->arena, "keys.%s.state", row), node_trust_state(now));
	/* What was vouched for when it was narrowed first stays, and nothing else is. */
	return g->active ? vouch(n, g, row, since, rec, err) : 0;
}

static int check_fits(const char *id, const struct record *rec, struct err *err)
{
	struct buf text = {0};
	record_print(rec, &text);
	bool fits = text.len <= YAML_RECORD_MAX;
	buf_free(&text);
	if (fits)
		return 0;
	err_set(err, ERR_REFUSED,
	    N_("the record of %1 would be longer than 64 KB with all that is to be vouched for"), id);
	err_hint(err,
	    N_("it wrote in too many ledgers under too many keys: register it anew, with an id of its own"));
	err_rule(err, "size", arena_printf(rec->arena, "units/%s.yaml", id), "vouched");
	return err->code;
}

static int refuse_state(const char *id, const char *row, enum registry_key_state state, struct err *err)
{
	return err_set(err, ERR_REFUSED,
	    state == KEY_SUSPENDED ? N_("the key %2 of %1 is suspended already")
				   : N_("the key %2 of %1 is retired already"),
	    id, row);
}

static int narrow_one(struct node *n, const char *id, const char *row, enum registry_key_state state,
    const struct oids *since, struct record *rec, struct err *err)
{
	const struct registry_grant *g = node_trust_of_row(n, id, rec, row);
	if (!g) {
		err_set(err, ERR_NOT_FOUND, N_("%1 has no key %2"), id, row);
		err_hint(err, N_("`tuyen unit show %1` lists its keys"));
		return err->code;
	}
	if (g->state >= state)
		return refuse_state(id, row, g->state, err);
	return narrow_row(n, g, row, state, since, rec, err);
}

static int narrow_all(struct node *n, const char *id, enum registry_key_state state, const struct oids *since,
    struct record *rec, struct err *err)
{
	struct strs rows = {0};
	const char *row;
	size_t narrowed = 0;
	int rc = 0;
	for (size_t i = 0; record_next_key(rec, "keys", &i, &row);)
		strs_add(&rows, row);
	for (size_t i = 0; rc == 0 && i < rows.n; i++) {
		const struct registry_grant *g = node_trust_of_row(n, id, rec, rows.items[i]);
		if (!g || !g->active)
			continue;
		rc = narrow_row(n, g, rows.items[i], state, since, rec, err);
		narrowed++;
	}
	if (rc == 0 && narrowed == 0)
		rc = err_set(err, ERR_REFUSED, N_("%1 has no key that is active"), id);
	strs_free(&rows);
	return rc;
}

int node_trust_narrow(struct node *n, const char *id, const char *row, enum registry_key_state state,
    const struct oids *since, struct record *rec, struct err *err)
{
	int rc =
	    row ? narrow_one(n, id, row, state, since, rec, err) : narrow_all(n, id, state, since, rec, err);
	return rc ? rc : check_fits(id, rec, err);
}

/* ---- rotation ---- */

/* Did its holder, while we trusted him, write there that this key is to follow his? */
static bool asks(struct node *n, const struct registry_grant *g, const char *ledger, const char *path)
{
	struct arena arena = {0};
	struct view v;
	struct record rec;
	struct view_write *writes;
	struct change c;
	struct err none = {0};
	size_t count = 0;
	unsigned char key[KEY_PUBLIC_SIZE];
	bool good = false;
	struct registry_past past = held_past(n->store);
	node_view(n, &v);
	if (v.read(v.ctx, ledger, path, &arena, &rec, &none) != 0 || !record_get(&rec, "key") ||
	    !key_parse(record_get(&rec, "key"), key))
		goto out;
	const struct registry_grant *now = registry_by_key(n->registry, key);
	if (!now || !str_same(now->unit, g->unit) || !str_same(now->station, g->station) ||
	    v.writes(v.ctx, ledger, path, "key", &arena, &writes, &count, &none) != 0)
		goto out;
	for (size_t i = 0; !good && i < count; i++)
		good = v.change(v.ctx, ledger, &writes[i].change, &arena, &c, &none) == 0 &&
		       oid_eq(&c.grant, &g->change) && str_same(c.station, g->station) &&
		       registry_trust(g, ledger, &c.id, &past) == TRUST_GOOD;
out:
	arena_free(&arena);
	return good;
}

bool node_trust_asked(struct node *n, const struct registry_grant *g)
{
	struct buf ledger = {0};
	struct strs paths = {0};
	struct err none = {0};
	bool asked = false;
	buf_printf(&ledger, "reports/%s", g->unit);
	if (store_list(n->store, buf_str(&ledger), NULL, "keys/", &paths, &none) == 0)
		for (size_t i = 0; !asked && i < paths.n; i++)
			asked = asks(n, g, buf_str(&ledger), paths.items[i]);
	strs_free(&paths);
	buf_free(&ledger);
	return asked;
}

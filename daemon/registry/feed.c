/*
 * What signed changes say of units, gathered. Claims of several superiors to one unit stand side by side; which of
 * them counts depends on the set of all, never on the order in which they came.
 */
#include "registry/inside.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define KEYS_ROW "keys.%s.%s"

/* ---- whose unit it is ---- */

int registry_rank_of(const struct registry *r, const char *id)
{
	const struct registry_unit *u = registry_unit(r, id);
	return u && u->rank >= 0 ? u->rank : INT_MAX;
}

/* An anchor is its own until it hands over, and what only was one elsewhere never is; else the higher superior, between
 * equals the smaller id. */
static bool beats(const struct registry *r, const struct unit *u, const struct registration *a,
    const struct registration *b)
{
	bool own = strcmp(a->issuer, u->id) == 0;
	if (own || strcmp(b->issuer, u->id) == 0) {
		bool handed =
		    !registry_is_anchor(r, u->id) || anchor_handed(r, u->id, own ? b->issuer : a->issuer);
		return own ? !handed : handed;
	}
	int ra = registry_rank_of(r, a->issuer), rb = registry_rank_of(r, b->issuer);
	return ra != rb ? ra < rb : strcmp(a->issuer, b->issuer) < 0;
}

static struct registration *owner_of(const struct registry *r, const struct unit *u)
{
	struct registration *best = NULL;
	for (size_t i = 0; i < u->n_claims; i++) {
		struct registration *c = u->claims[i];
		if (u->moved_to && strcmp(c->issuer, u->moved_to) == 0)
			return c;
		if (u->moved_to && !registry_moved_by(u, c->issuer))
			continue;
		if (!best || beats(r, u, c, best))
			best = c;
	}
	return best;
}

/* Where it was moved to a superior whose ledger is out of sight here, it shows what was said of it last. */
static const char *parent_of(const struct registry *r, const struct unit *u, const struct registration *c)
{
	if (strcmp(c->issuer, u->id) == 0)
		return registry_handed_to(r, u->id);
	return u->moved_to && !strchr(u->id, '@') ? u->moved_to : c->issuer;
}

static void show(const struct registry *r, struct unit *u, const struct registration *c)
{
	const struct record *rec = &c->record;
	const char *from = record_get(rec, "valid_from"), *to = record_get(rec, "valid_to");
	struct registry_unit *v = &u->view;
	struct err ignored = {0};
	*v = (struct registry_unit){
	    .id = u->id,
	    .code = record_get(rec, "code"),
	    .station = record_get(rec, "station"),
	    .name = record_get(rec, "name"),
	    .level = record_get(rec, "level"),
	    .rank = registry_rank(record_get(rec, "rank")),
	    .parent = parent_of(r, u, c),
	    .agency = record_get(rec, "agency"),
	    .valid_from = INT32_MIN,
	    .valid_to = INT32_MAX,
	    .address = record_get(rec, "address"),
	};
	if (from)
		date_parse(from, &v->valid_from, &ignored);
	if (to)
		date_parse(to, &v->valid_to, &ignored);
	for (size_t i = 0; i < u->n_grants; i++)
		v->has_key |= u->grants[i]->view.active &&
			      (!u->grants[i]->issuer || strcmp(u->grants[i]->issuer, c->issuer) == 0);
}

void registry_choose(struct registry *r, struct unit *u)
{
	if (u->n_moves)
		registry_choose_move(r, u);
	u->owner = owner_of(r, u);
	u->present = u->owner && !u->owner->removed ? u->owner : NULL;
	anchor_look(r, u);
	if (u->present)
		show(r, u, u->present);
}

#define CONTESTED_FEW 64

static void choose_contested(struct registry *r)
{
	for (size_t i = 0; i < r->n_contested; i++)
		registry_choose(r, r->contested[i]);
	r->unsettled = false;
}

/* Who beats whom, and whose move counts, may depend on what was learned of another unit. Where many units are contested
 * that waits until a ledger is read, or somebody could make the reading of his own take for ever. */
static void contested_later(struct registry *r)
{
	if (r->n_contested <= CONTESTED_FEW)
		choose_contested(r);
	else
		r->unsettled = true;
}

void registry_settle(struct registry *r)
{
	if (r->unsettled)
		choose_contested(r);
}

void registry_contest(struct registry *r, struct unit *u)
{
	if (u->contested)
		return;
	u->contested = true;
	VEC_PUSH(r->contested, r->n_contested, u);
}

static struct registration *claim_of(struct unit *u, const char *issuer, bool make)
{
	for (size_t i = 0; i < u->n_claims; i++)
		if (strcmp(u->claims[i]->issuer, issuer) == 0)
			return u->claims[i];
	if (!make)
		return NULL;
	struct registration *c = mem_alloc(sizeof *c);
	c->issuer = mem_dup(issuer);
	VEC_PUSH(u->claims, u->n_claims, c);
	return c;
}

static void copy_record(struct registration *c, const struct record *now)
{
	arena_free(&c->arena);
	record_init(&c->record, &c->arena, now->type);
	for (size_t i = 0; i < now->n; i++)
		record_put(&c->record, arena_dup(&c->arena, now->fields[i].path),
		    arena_dup(&c->arena, now->fields[i].value));
}

/* ---- keys ---- */

struct feeding {
	struct registry *r;
	const struct registry_source *source;
	const struct registry_grant *by;
	struct unit *unit;
	struct registration *claim;
};

static const char *field(const struct feeding *f, const char *row, const char *column)
{
	return record_get(&f->claim->record, arena_printf(&f->claim->arena, KEYS_ROW, row, column));
}

/* The grant that this issuer gave by the key of that row, or the anchor's own; NULL if there is none. */
static struct grant *grant_of_row(const struct feeding *f, const char *row, const unsigned char *key)
{
	const struct unit *u = f->unit;
	bool self = strcmp(u->id, f->claim->issuer) == 0;
	for (size_t i = 0; i < u->n_grants; i++) {
		struct grant *g = u->grants[i];
		bool his = g->issuer ? strcmp(g->issuer, f->claim->issuer) == 0 : self;
		if (his && (!g->row || strcmp(g->row, row) == 0) &&
		    memcmp(g->view.key, key, KEY_PUBLIC_SIZE) == 0)
			return g;
	}
	return NULL;
}

/* Those which were given under this grant before it arrived. */
static void give_to_waiting(struct registry *r, const struct grant *by)
{
	for (size_t i = 0; r->n_waiting && i < r->grants.n; i++) {
		struct grant *g = r->grants.rows[i].value;
		if (g->view.by || !g->issuer || oid_is_zero(&g->under) || by->view.station ||
		    !oid_eq(&g->under, &by->view.change) || strcmp(g->issuer, by->view.unit) != 0)
			continue;
		g->view.by = &by->view;
		r->n_waiting--;
	}
}

static struct grant *new_grant(const struct feeding *f, const unsigned char *key)
{
	const struct record *rec = &f->claim->record;
	const char *station = record_get(rec, "station"), *at = strchr(f->unit->id, '@');
	struct grant *g =
	    registry_grant_at(f->r, &f->source->change, station && at ? at + 1 : f->unit->id, station);
	if (g->view.ledger && !g->embedded)
		return NULL; /* one change, one key of a unit: the first counts */
	g->embedded = NULL;
	g->view.state = KEY_ACTIVE;
	g->issuer = arena_dup(&f->r->arena, f->claim->issuer);
	g->view.ledger = arena_printf(&f->r->arena, "directives/%s", f->claim->issuer);
	g->view.agency = arena_dup(&f->r->arena, record_get(rec, "agency"));
	g->view.rank = registry_rank(record_get(rec, "rank"));
	g->view.active = true;
	g->view.by = f->by;
	if (!f->by && f->source->grant) {
		g->under = *f->source->grant;
		f->r->n_waiting++;
	}
	memcpy(g->view.key, key, KEY_PUBLIC_SIZE);
	registry_own(f->unit, g);
	give_to_waiting(f->r, g);
	return g;
}

static enum registry_key_state state_of(const char *text)
{
	if (text && strcmp(text, "active") == 0)
		return KEY_ACTIVE;
	return text && strcmp(text, "suspended") == 0 ? KEY_SUSPENDED : KEY_RETIRED;
}

/* One that is active for the first time is a grant by this change; one that is active no longer narrows its grant. */
static void take_key(const struct feeding *f, const char *row)
{
	const char *text = field(f, row, "key");
	enum registry_key_state state = state_of(field(f, row, "state"));
	unsigned char key[KEY_PUBLIC_SIZE];
	if (!text || !key_parse(text, key))
		return;
	struct grant *g = grant_of_row(f, row, key);
	if (!g && state == KEY_ACTIVE)
		g = new_grant(f, key);
	if (!g)
		return;
	if (!g->row)
		g->row = arena_dup(&f->r->arena, row);
	if (anchor_may_narrow(g, f->by))
		registry_narrow(f->r, g, state, f->claim->issuer);
	if (state == KEY_ACTIVE)
		return;
	anchor_replaced(g, f->by);
	anchor_key_ended(f->r, f->unit, f->claim, state);
}

/* "k1 reports/11383 <40 hex>" */
static void take_vouched(const struct feeding *f, const char *line)
{
	size_t len = strcspn(line, " ");
	struct registry_vouch v;
	if (!line[len] || !registry_vouch_read(&f->claim->arena, line + len + 1, &v))
		return;
	for (size_t i = 0; i < f->unit->n_grants; i++) {
		struct grant *g = f->unit->grants[i];
		bool his = g->issuer ? strcmp(g->issuer, f->claim->issuer) == 0
				     : strcmp(f->unit->id, f->claim->issuer) == 0;
		if (his && g->row && strlen(g->row) == len && strncmp(g->row, line, len) == 0 &&
		    anchor_may_vouch(g, f->by))
			registry_vouch_add(f->r, g, v.ledger, &v.head);
	}
}

/* ---- records ---- */

/* What registry_check makes sure of; here it only keeps a damaged store from doing harm. */
static int usable(
    const struct registry *r, const char *issuer, const char *id, const struct record *now, struct err *err)
{
	const char *station = record_get(now, "station");
	bool good = registry_rank(record_get(now, "rank")) >= 0 && record_get(now, "code") &&
		    record_get(now, "name") && record_get(now, "level");
	if (good && station) {
		char whole[136];
		snprintf(whole, sizeof whole, "%s@%s", station, issuer);
		good = strcmp(whole, id) == 0;
	} else if (good && strcmp(issuer, id) == 0) {
		/* An anchor's own, also of one that has handed over to an anchor not known here. */
		good = r->anchors.n == 0 || registry_is_anchor(r, id) || registry_unit(r, id);
	}
	if (good)
		return 0;
	err_set(err, ERR_INPUT, N_("the record of unit %1 by %2 is not one that can be used"), id, issuer);
	err_rule(err, "form", NULL, NULL);
	return ERR_INPUT;
}

const struct registry_grant *registry_granted_by(
    const struct registry *r, const struct registry_source *source)
{
	return source->grant ? registry_grant(r, source->grant, source->issuer, NULL) : NULL;
}

static void take_successors(struct registration *c, const struct record *now)
{
	const char *id;
	for (size_t i = 0; record_next_key(now, "replaced_by", &i, &id);) {
		const char *how = record_get(now, arena_printf(now->arena, "replaced_by.%s", id));
		if (how && strcmp(how, "whole") == 0 && !strs_has(&c->whole, id))
			strs_add(&c->whole, id);
	}
}

static int feed_unit(struct registry *r, const struct registry_source *source, const char *id,
    const struct record *now, struct err *err)
{
	struct feeding f = {.r = r, .source = source, .by = registry_granted_by(r, source)};
	const char *row;
	int rc = usable(r, source->issuer, id, now, err);
	if (rc < 0)
		return rc;
	f.unit = registry_unit_at(r, id);
	size_t before = f.unit->n_claims;
	f.claim = claim_of(f.unit, source->issuer, true);
	f.claim->removed = false;
	if (f.unit->n_claims > 1)
		registry_contest(r, f.unit);
	copy_record(f.claim, now);
	take_successors(f.claim, &f.claim->record);
	anchor_rank(r, f.unit, f.claim);
	for (size_t i = 0; record_next_key(&f.claim->record, "keys", &i, &row);)
		take_key(&f, row);
	for (size_t i = 0; record_next_key(&f.claim->record, "vouched", &i, &row);)
		take_vouched(&f, row);
	registry_choose(r, f.unit);
	if (f.unit->n_claims != before)
		contested_later(r);
	return 0;
}

static void remove_unit(struct registry *r, const char *issuer, const char *id)
{
	struct unit *u = table_get(&r->units, id);
	struct registration *c = u ? claim_of(u, issuer, false) : NULL;
	if (!c)
		return;
	c->removed = true;
	for (size_t i = 0; i < u->n_grants; i++)
		if (u->grants[i]->issuer && strcmp(u->grants[i]->issuer, issuer) == 0)
			registry_narrow(r, u->grants[i], KEY_RETIRED, issuer);
	registry_choose(r, u);
}

static void feed_handover(
    struct registry *r, const struct registry_source *source, const char *id, const struct record *now)
{
	struct unit *u = table_get(&r->units, source->issuer);
	anchor_handover(r, source, id, now);
	if (u)
		registry_choose(r, u);
	choose_contested(r);
}

int registry_feed(struct registry *r, const struct registry_source *source, const char *path,
    const struct record *now, struct err *err)
{
	const struct record_type *type = type_by_path("directives", path);
	char id[65];
	if (!type || !type_path_part(type, path, 0, id))
		return err_set(err, ERR_INPUT, N_("%1 is not the record of a unit"), path);
	if (strcmp(type->name, "unit") == 0) {
		if (now)
			return feed_unit(r, source, id, now, err);
		remove_unit(r, source->issuer, id);
	} else if (strcmp(type->name, "move") == 0) {
		if (now)
			registry_feed_move(r, source, id, now);
	} else if (strcmp(type->name, "handover") == 0) {
		if (now)
			feed_handover(r, source, id, now);
	} else if (strcmp(type->name, "relay") == 0) {
		registry_feed_relay(r, source->issuer, id, now);
	} else {
		return err_set(err, ERR_INPUT, N_("%1 is not the record of a unit"), path);
	}
	return 0;
}

/* Whoever edits a merged record goes on from the states that count, not from those that a merge left in doubt. */
static void show_states(struct registry *r, struct unit *u, struct registration *c)
{
	static const char *const words[] = {"active", "retired", "suspended"};
	const struct feeding f = {.r = r, .unit = u, .claim = c};
	const char *row;
	for (size_t i = 0; record_next_key(&c->record, "keys", &i, &row);) {
		const char *text = field(&f, row, "key");
		unsigned char key[KEY_PUBLIC_SIZE];
		const struct grant *g = text && key_parse(text, key) ? grant_of_row(&f, row, key) : NULL;
		if (g && g->view.state > state_of(field(&f, row, "state")))
			record_put(&c->record, arena_printf(&c->arena, KEYS_ROW, row, "state"),
			    words[g->view.state]);
	}
}

void registry_show(struct registry *r, const char *issuer, const char *path, const struct record *merged)
{
	const struct record_type *type = type_by_path("directives", path);
	char id[65];
	struct err none = {0};
	if (type && strcmp(type->name, "relay") == 0 && type_path_part(type, path, 0, id))
		registry_feed_relay(r, issuer, id, merged);
	if (!type || strcmp(type->name, "unit") != 0 || !type_path_part(type, path, 0, id) ||
	    usable(r, issuer, id, merged, &none) != 0)
		return;
	struct unit *u = table_get(&r->units, id);
	struct registration *c = u ? claim_of(u, issuer, false) : NULL;
	if (!c)
		return;
	copy_record(c, merged);
	show_states(r, u, c);
	registry_choose(r, u);
}

void registry_read(struct registry *r, const struct oid *change)
{
	char hex[OID_HEX + 1];
	oid_hex(change, hex);
	*table_at(&r->read, hex) = r;
}

bool registry_has_read(const struct registry *r, const struct oid *change)
{
	char hex[OID_HEX + 1];
	oid_hex(change, hex);
	return table_get(&r->read, hex) != NULL;
}

/* What a request makes of the registry. */
#include "registry/edit.h"

#include <stdio.h>
#include <string.h>

#include "record/text.h"
#include "registry/inside.h"

/* A direct subordinate with this code or id that has not ended. */
static int find_unit(const struct registry *r, const char *me, const char *typed, day_t today,
    const struct registry_unit **out, struct err *err)
{
	struct strs all = {0};
	struct buf names = {0};
	size_t n = 0;
	*out = NULL;
	registry_below(r, me, false, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct registry_unit *u = registry_unit(r, all.items[i]);
		if (strcmp(u->parent, me) != 0 || u->valid_to < today ||
		    (strcmp(u->code, typed) != 0 && strcmp(u->id, typed) != 0))
			continue;
		buf_printf(&names, "%s%s (%s)", n++ ? ", " : "", u->id, u->name);
		*out = u;
	}
	int rc = 0;
	if (n > 1) {
		rc = err_set(err, ERR_AMBIGUOUS, N_("'%1' fits several units: %2"), typed, buf_str(&names));
		err_hint(err, N_("make the node with the id of one of them: `tuyen init --unit ID`"));
	}
	buf_free(&names);
	strs_free(&all);
	return rc;
}

static int refuse_key(
    const struct registry_unit *u, const char *old, const unsigned char *key, struct err *err)
{
	struct buf has = {0}, asks = {0};
	unsigned char old_key[KEY_PUBLIC_SIZE];
	if (key_parse(old, old_key))
		enrol_fingerprint(old_key, &has);
	enrol_fingerprint(key, &asks);
	err_set(err, ERR_REFUSED, N_("%1 has a node with the key %2 already; the request is by the key %3"),
	    u->id, buf_str(&has), buf_str(&asks));
	err_hint(err, N_("one unit has one node; if its old node is lost, restore it from its backup"));
	err_rule(err, "keys", NULL, NULL);
	buf_free(&has);
	buf_free(&asks);
	return ERR_REFUSED;
}

/* Look through the rows of `keys`: *known when this key is active there; *rows how many there are. */
static int look_at_keys(const struct registry_unit *u, const struct record *rec,
    const struct enrol_request *req, struct arena *arena, bool *known, struct err *err)
{
	char mine[KEY_TEXT_SIZE];
	const char *row;
	key_text(req->key, mine);
	*known = false;
	for (size_t i = 0; record_next_key(rec, "keys", &i, &row);) {
		const char *text = record_get(rec, arena_printf(arena, "keys.%s.key", row));
		const char *state = record_get(rec, arena_printf(arena, "keys.%s.state", row));
		bool same = text && strcmp(text, mine) == 0, active = state && strcmp(state, "active") == 0;
		if (active && !same)
			return refuse_key(u, text ? text : "", req->key, err);
		if (same && !active) {
			err_set(err, ERR_REFUSED, N_("the key of this request by %1 is %2 here"), u->id,
			    state ? state : "");
			err_hint(err, N_("make a new node with a new key"));
			return ERR_REFUSED;
		}
		*known |= same;
	}
	return 0;
}

static int admit_old(const struct registry *r, const struct registry_unit *u, const struct enrol_request *req,
    int rank, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	const struct record *old = registry_record(r, u->id);
	bool known;
	if (u->rank != rank || strcmp(u->level, req->level) != 0) {
		err_set(err, ERR_REFUSED, N_("%1 (%2) is registered at the level %3, not %4"), u->id, u->name,
		    u->level, req->level);
		err_hint(err, N_("make the node again with `tuyen init --level %3`"));
		err_rule(err, "rank", NULL, NULL);
		return ERR_REFUSED;
	}
	int rc = look_at_keys(u, old, req, arena, &known, err);
	if (rc < 0)
		return rc;
	edit_start(out, arena, u->id, old);
	if (req->agency && u->station)
		rc = record_set(&out->record, "agency", req->agency, err);
	if (rc == 0 && req->address)
		rc = record_set(&out->record, "address", req->address, err);
	if (rc == 0 && !known)
		rc = edit_add_key(&out->record, arena, req->key, err);
	struct buf was = {0}, is = {0};
	record_print(old, &was);
	record_print(&out->record, &is);
	out->changed = strcmp(buf_str(&was), buf_str(&is)) != 0;
	buf_free(&was);
	buf_free(&is);
	return rc;
}

static int admit_new(const char *id, const char *code, int rank, const struct enrol_request *req,
    struct arena *arena, struct enrol_edit *out, struct err *err)
{
	const char *const pairs[] = {"code", code, "station", req->station, "name", req->name, "level",
	    req->level, "rank", arena_printf(arena, "%d", rank), "agency", req->agency, "address",
	    req->address, NULL};
	edit_start(out, arena, id, NULL);
	int rc = edit_set(&out->record, pairs, err);
	return rc == 0 ? edit_add_key(&out->record, arena, req->key, err) : rc;
}

static int admit_station(const struct registry *r, const struct config *me, int rank,
    const struct enrol_request *req, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	const struct registry_unit *own = registry_unit(r, me->unit);
	const char *code = own ? own->code : me->unit;
	if (strcmp(req->unit, me->unit) != 0 && strcmp(req->unit, code) != 0) {
		err_set(err, ERR_REFUSED, N_("%1 is a station of %2, and this is %3"), req->station,
		    req->unit, me->unit);
		err_hint(err, N_("the node of %2 admits it"));
		return ERR_REFUSED;
	}
	if (rank != me->rank) {
		err_set(err, ERR_REFUSED,
		    N_("the station %1 asks for the level %2; a station has the level of its unit, %3"),
		    req->station, req->level, me->level);
		err_hint(err, N_("make the node again with `tuyen init --level %3`"));
		err_rule(err, "rank", NULL, NULL);
		return ERR_REFUSED;
	}
	const char *id = arena_printf(arena, "%s@%s", req->station, me->unit);
	if (!text_is_id(id))
		return err_set(
		    err, ERR_INPUT, N_("%1@%2 is longer than 64 characters"), req->station, me->unit);
	const struct registry_unit *u = registry_unit(r, id);
	return u ? admit_old(r, u, req, rank, arena, out, err)
		 : admit_new(id, code, rank, req, arena, out, err);
}

static int admit(const struct registry *r, const struct config *me, int rank, const struct enrol_request *req,
    day_t today, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	const struct registry_unit *u;
	if (req->station)
		return admit_station(r, me, rank, req, arena, out, err);
	if (rank <= me->rank)
		return edit_refuse_level(me, req->unit, req->level, err);
	int rc = find_unit(r, me->unit, req->unit, today, &u, err);
	if (rc < 0)
		return rc;
	if (u)
		return admit_old(r, u, req, rank, arena, out, err);
	const char *id = edit_free_id(r, arena, req->unit, err);
	return id ? admit_new(id, req->unit, rank, req, arena, out, err) : ERR_INPUT;
}

int enrol_admit(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_request *req, day_t today, struct arena *arena, struct enrol_edit *out,
    struct err *err)
{
	const struct registry_grant *g = registry_by_key(r, req->key);
	int rank, rc = edit_allowed(me, err);
	if (rc == 0)
		rc = edit_rank(levels, arena, req->level, &rank, err);
	if (rc == 0)
		rc = admit(r, me, rank, req, today, arena, out, err);
	if (rc < 0 || !g)
		return rc;
	/* The key is known: then as this very node. */
	char whole[136];
	snprintf(whole, sizeof whole, "%s%s%s", g->station ? g->station : "", g->station ? "@" : "", g->unit);
	if (strcmp(whole, out->id) == 0)
		return 0;
	err_set(err, ERR_REFUSED, N_("the key of this request by %1 belongs to %2"), out->id, whole);
	err_hint(err, N_("each node makes a key of its own with `tuyen init`; never copy one"));
	err_rule(err, "keys", NULL, NULL);
	return ERR_REFUSED;
}

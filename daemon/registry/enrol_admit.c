/* What a request makes of the registry. */
#include "registry/edit.h"

#include <stdio.h>
#include <string.h>

#include "record/text.h"
#include "registry/inside.h"

int enrol_find(const struct registry *r, const char *me, const char *typed, day_t today,
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
	err_hint(err,
	    N_("one unit has one node; if its old machine is lost or stolen, admit the new one with: tuyen "
	       "unit admit --recover"));
	err_rule(err, "keys", NULL, NULL);
	buf_free(&has);
	buf_free(&asks);
	return ERR_REFUSED;
}

/* A request being judged. */
struct judging {
	const struct registry *r;
	const struct config *me;
	const struct enrol_request *req;
	int rank;
	day_t today;
	const char *lost; /* the state that other active keys get, NULL: they are in the way */
	struct arena *arena;
	struct enrol_edit *out;
	struct err *err;
};

static void lose(struct judging *j, const char *row)
{
	const char **rows = arena_alloc(j->arena, (j->out->n_lost + 1) * sizeof *rows);
	for (size_t i = 0; i < j->out->n_lost; i++)
		rows[i] = j->out->lost[i];
	rows[j->out->n_lost++] = arena_dup(j->arena, row);
	j->out->lost = rows;
}

/* Look through the rows of `keys`: *known when this key is active there; others that are active are lost, or in the
 * way. */
static int look_at_keys(
    struct judging *j, const struct registry_unit *u, const struct record *rec, bool *known)
{
	const struct enrol_request *req = j->req;
	struct arena *arena = j->arena;
	struct err *err = j->err;
	char mine[KEY_TEXT_SIZE];
	const char *row;
	key_text(req->key, mine);
	*known = false;
	for (size_t i = 0; record_next_key(rec, "keys", &i, &row);) {
		const char *text = record_get(rec, arena_printf(arena, "keys.%s.key", row));
		const char *state = record_get(rec, arena_printf(arena, "keys.%s.state", row));
		bool same = text && strcmp(text, mine) == 0, active = state && strcmp(state, "active") == 0;
		if (active && !same && !j->lost)
			return refuse_key(u, text ? text : "", req->key, err);
		if (active && !same)
			lose(j, row);
		if (same && !active) {
			err_set(err, ERR_REFUSED, N_("the key of this request by %1 is %2 here"), u->id,
			    state ? state : "");
			err_hint(err, N_("make a new node with a new key"));
			return ERR_REFUSED;
		}
		/* A key whose grant a move has narrowed is let in anew when the unit comes back. */
		*known |= same && registry_by_key(j->r, req->key) != NULL;
	}
	return 0;
}

static int narrow(struct judging *j)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < j->out->n_lost; i++)
		rc = record_set(&j->out->record, arena_printf(j->arena, "keys.%s.state", j->out->lost[i]),
		    j->lost, j->err);
	return rc;
}

/* What a root has written stands under its id and its rank, so it keeps both. */
static int take_anchor(struct judging *j, int rank)
{
	const struct enrol_request *req = j->req;
	char has[16], gets[16], first[KEY_TEXT_SIZE], reserve[KEY_TEXT_SIZE];
	if (!req->anchor)
		return 0;
	snprintf(has, sizeof has, "%d", req->rank);
	snprintf(gets, sizeof gets, "%d", rank);
	if (strcmp(req->unit, j->out->id) != 0 || req->rank != rank) {
		err_set(j->err, ERR_REFUSED,
		    N_("%1 was a root with the rank %2 until now; here it would be %3 with the rank %4"),
		    req->unit, has, j->out->id, gets);
		err_hint(
		    j->err, N_("a root keeps its id and its rank: levels must rank here as they do there"));
		err_rule(j->err, "anchor", NULL, NULL);
		return ERR_REFUSED;
	}
	key_text(req->anchor_key, first);
	key_text(req->reserve, reserve);
	const char *const pairs[] = {"anchor_key", first, req->has_reserve ? "reserve" : NULL, reserve, NULL};
	return edit_set(&j->out->record, pairs, j->err);
}

static int admit_old(struct judging *j, const struct registry_unit *u)
{
	const struct enrol_request *req = j->req;
	struct enrol_edit *out = j->out;
	const struct record *old = registry_record(j->r, u->id);
	bool known, told = !req->recover || strcmp(req->level, ENROL_UNKNOWN) != 0;
	if (told && (u->rank != j->rank || strcmp(u->level, req->level) != 0)) {
		err_set(j->err, ERR_REFUSED, N_("%1 (%2) is registered at the level %3, not %4"), u->id,
		    u->name, u->level, req->level);
		err_hint(j->err, N_("make the node again with `tuyen init --level %3`"));
		err_rule(j->err, "rank", NULL, NULL);
		return ERR_REFUSED;
	}
	edit_start(out, j->arena, u->id, old);
	int rc = look_at_keys(j, u, old, &known);
	if (rc == 0 && req->agency && u->station)
		rc = record_set(&out->record, "agency", req->agency, j->err);
	if (rc == 0 && req->address)
		rc = record_set(&out->record, "address", req->address, j->err);
	if (rc == 0)
		rc = take_anchor(j, u->rank);
	if (rc == 0)
		rc = narrow(j);
	if (rc == 0 && !known)
		rc = edit_add_key(&out->record, j->arena, req->key, j->err);
	struct buf was = {0}, is = {0};
	record_print(old, &was);
	record_print(&out->record, &is);
	out->changed = strcmp(buf_str(&was), buf_str(&is)) != 0;
	buf_free(&was);
	buf_free(&is);
	return rc;
}

static int admit_new(struct judging *j, const char *id, const char *code)
{
	const struct enrol_request *req = j->req;
	if (req->recover) {
		err_set(
		    j->err, ERR_REFUSED, N_("%1 is not registered here, so there is nothing to recover"), id);
		err_hint(j->err, N_("a new unit joins without --recover"));
		return ERR_REFUSED;
	}
	const char *const pairs[] = {"code", code, "station", req->station, "name", req->name, "level",
	    req->level, "rank", arena_printf(j->arena, "%d", j->rank), "agency", req->agency, "address",
	    req->address, NULL};
	edit_start(j->out, j->arena, id, NULL);
	int rc = edit_set(&j->out->record, pairs, j->err);
	if (rc == 0)
		rc = take_anchor(j, j->rank);
	return rc == 0 ? edit_add_key(&j->out->record, j->arena, req->key, j->err) : rc;
}

static int admit_station(struct judging *j)
{
	const struct config *me = j->me;
	const struct enrol_request *req = j->req;
	const struct registry_unit *own = registry_unit(j->r, me->unit);
	const char *code = own ? own->code : me->unit;
	if (strcmp(req->unit, me->unit) != 0 && strcmp(req->unit, code) != 0) {
		err_set(j->err, ERR_REFUSED, N_("%1 is a station of %2, and this is %3"), req->station,
		    req->unit, me->unit);
		err_hint(j->err, N_("the node of %2 admits it"));
		return ERR_REFUSED;
	}
	if (j->rank != me->rank && j->rank >= 0) {
		err_set(j->err, ERR_REFUSED,
		    N_("the station %1 asks for the level %2; a station has the level of its unit, %3"),
		    req->station, req->level, me->level);
		err_hint(j->err, N_("make the node again with `tuyen init --level %3`"));
		err_rule(j->err, "rank", NULL, NULL);
		return ERR_REFUSED;
	}
	const char *id = arena_printf(j->arena, "%s@%s", req->station, me->unit);
	if (!text_is_id(id))
		return err_set(
		    j->err, ERR_INPUT, N_("%1@%2 is longer than 64 characters"), req->station, me->unit);
	const struct registry_unit *u = registry_unit(j->r, id);
	return u ? admit_old(j, u) : admit_new(j, id, code);
}

static int admit(struct judging *j)
{
	const struct enrol_request *req = j->req;
	const struct registry_unit *u;
	if (req->station)
		return admit_station(j);
	if (j->rank <= j->me->rank && j->rank >= 0)
		return edit_refuse_level(j->me, req->unit, req->level, j->err);
	int rc = enrol_find(j->r, j->me->unit, req->unit, j->today, &u, j->err);
	if (rc < 0)
		return rc;
	if (u)
		return admit_old(j, u);
	const char *id =
	    req->recover ? req->unit : edit_free_id(j->r, j->me->unit, j->arena, req->unit, NULL, j->err);
	return id ? admit_new(j, id, req->unit) : ERR_INPUT;
}

int enrol_readmit(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_request *req, day_t today, const char *state, struct arena *arena,
    struct enrol_edit *out, struct err *err)
{
	const struct registry_grant *g = registry_by_key(r, req->key);
	struct judging j = {r, me, req, -1, today, state, arena, out, err};
	bool told = !req->recover || strcmp(req->level, ENROL_UNKNOWN) != 0;
	*out = (struct enrol_edit){0};
	int rc = edit_allowed(me, err);
	if (rc == 0 && told)
		rc = edit_rank(levels, arena, req->level, &j.rank, err);
	if (rc == 0)
		rc = admit(&j);
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

int enrol_admit(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_request *req, day_t today, struct arena *arena, struct enrol_edit *out,
    struct err *err)
{
	return enrol_readmit(r, me, levels, req, today, NULL, arena, out, err);
}

/* The records that enrolment leads to: genesis, admission, units without a node. */
#include "registry/enrol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/text.h"
#include "registry/inside.h"

#define IDS_TRIED 1000 /* "11383.2" to "11383.1000" */

/* What genesis writes into levels.yaml, from which the root may go on. */
static const struct {
	const char *id, *rank, *name;
} first_levels[] = {
    {"central", "0", "Trung ương"},
    {"province", "1", "Tỉnh, thành phố trực thuộc trung ương"},
    {"district", "2", "Quận, huyện, thị xã, thành phố thuộc tỉnh"},
    {"commune", "3", "Xã, phường, đặc khu"},
};
#define N_LEVELS (sizeof first_levels / sizeof *first_levels)

static int set_all(struct record *rec, const char *const *pairs, struct err *err)
{
	for (; *pairs; pairs += 2) {
		int rc = record_set(rec, pairs[0], pairs[1], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int make_levels(struct arena *arena, struct record *out, struct err *err)
{
	record_init(out, arena, type_by_name("levels"));
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < N_LEVELS; i++) {
		const char *const pairs[] = {arena_printf(arena, "levels.%s.rank", first_levels[i].id),
		    first_levels[i].rank, arena_printf(arena, "levels.%s.name", first_levels[i].id),
		    first_levels[i].name, NULL};
		rc = set_all(out, pairs, err);
	}
	return rc;
}

static int no_level(const struct record *levels, const char *level, struct err *err)
{
	struct strs names = {0};
	struct buf all = {0};
	const char *name;
	for (size_t i = 0; record_next_key(levels, "levels", &i, &name);) {
		buf_printf(&all, "%s%s", names.n ? ", " : "", name);
		strs_add(&names, name);
	}
	const char *near = text_nearest(level, (const char *const *)names.items, names.n);
	err_set(err, ERR_INPUT,
	    near ? N_("there is no level '%1'; did you mean %2?")
		 : N_("there is no level '%1'; there are %2"),
	    level, near ? near : buf_str(&all));
	buf_free(&all);
	strs_free(&names);
	return ERR_INPUT;
}

static int find_rank(
    const struct record *levels, struct arena *arena, const char *level, int *rank, struct err *err)
{
	struct record own;
	int rc = 0;
	if (!levels) {
		rc = make_levels(arena, &own, err);
		levels = &own;
	}
	if (rc < 0)
		return rc;
	*rank = registry_rank(record_get(levels, arena_printf(arena, "levels.%s.rank", level)));
	if (*rank >= 0)
		return 0;
	return no_level(levels, level, err);
}

static int check_me(const struct config *me, struct err *err)
{
	char node[136];
	config_node(me, node);
	if (me->station) {
		err_set(err, ERR_REFUSED, N_("%1 is a station; it has nobody below it"), node);
		err_hint(err, N_("the node of the unit itself admits units and stations"));
		return ERR_REFUSED;
	}
	if (!me->admitted || me->rank < 0) {
		err_set(err, ERR_REFUSED, N_("%1 has no superior yet, so it cannot admit anybody"), node);
		err_hint(err, N_("take its own welcome first with `tuyen join`"));
		return ERR_REFUSED;
	}
	return 0;
}

static void edit_start(struct enrol_edit *out, struct arena *arena, const char *id, const struct record *old)
{
	out->id = arena_dup(arena, id);
	out->path = arena_printf(arena, "units/%s.yaml", id);
	out->changed = true;
	record_init(&out->record, arena, type_by_name("unit"));
	for (size_t i = 0; old && i < old->n; i++)
		record_put(&out->record, arena_dup(arena, old->fields[i].path),
		    arena_dup(arena, old->fields[i].value));
}

/* Ids are given once and for ever: the code, or the code and the next number. */
static const char *free_id(const struct registry *r, struct arena *arena, const char *code)
{
	const char *id = code;
	for (int i = 2; i <= IDS_TRIED && registry_unit(r, id); i++)
		id = arena_printf(arena, "%s.%d", code, i);
	return text_is_id(id) && !registry_unit(r, id) ? id : NULL;
}

static int no_id(const char *code, struct err *err)
{
	return err_set(err, ERR_INPUT, N_("there is no id left for the code %1"), code);
}

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

static int add_key(struct record *rec, struct arena *arena, const unsigned char *key, struct err *err)
{
	char text[KEY_TEXT_SIZE];
	int n = 1;
	while (record_get(rec, arena_printf(arena, "keys.k%d.key", n)))
		n++;
	key_text(key, text);
	const char *const pairs[] = {arena_printf(arena, "keys.k%d.key", n), text,
	    arena_printf(arena, "keys.k%d.state", n), "active", NULL};
	return set_all(rec, pairs, err);
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
		rc = add_key(&out->record, arena, req->key, err);
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
	int rc = set_all(&out->record, pairs, err);
	return rc == 0 ? add_key(&out->record, arena, req->key, err) : rc;
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

static int refuse_level(const struct config *me, const char *who, const char *level, struct err *err)
{
	err_set(err, ERR_REFUSED, N_("%1 has the level %2, which does not rank below %3 (%4)"), who, level,
	    me->unit, me->level);
	err_hint(err, N_("a unit admits only units of lower levels, and its own stations"));
	err_rule(err, "rank", NULL, NULL);
	return ERR_REFUSED;
}

int enrol_admit(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_request *req, day_t today, struct arena *arena, struct enrol_edit *out,
    struct err *err)
{
	const struct registry_grant *g = registry_by_key(r, req->key);
	const struct registry_unit *u;
	int rank, rc = check_me(me, err);
	if (rc == 0)
		rc = find_rank(levels, arena, req->level, &rank, err);
	if (rc < 0)
		return rc;
	if (req->station)
		rc = admit_station(r, me, rank, req, arena, out, err);
	else if (rank <= me->rank)
		rc = refuse_level(me, req->unit, req->level, err);
	else if ((rc = find_unit(r, me->unit, req->unit, today, &u, err)) == 0 && u)
		rc = admit_old(r, u, req, rank, arena, out, err);
	else if (rc == 0) {
		const char *id = free_id(r, arena, req->unit);
		rc = id ? admit_new(id, req->unit, rank, req, arena, out, err) : no_id(req->unit, err);
	}
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

static void validity(const struct record *rec, day_t *from, day_t *to)
{
	const char *first = record_get(rec, "valid_from"), *last = record_get(rec, "valid_to");
	struct err ignored = {0};
	*from = INT32_MIN;
	*to = INT32_MAX;
	if (first)
		date_parse(first, from, &ignored);
	if (last)
		date_parse(last, to, &ignored);
}

static bool says_the_same(const struct record *a, const struct record *b)
{
	static const char *const fields[] = {
	    "code", "name", "level", "rank", "type", "identifier", "valid_from", "valid_to"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *x = record_get(a, fields[i]), *y = record_get(b, fields[i]);
		if (!x != !y || (x && strcmp(x, y) != 0))
			return false;
	}
	return true;
}

/* A direct subordinate of the same code whose time overlaps, or NULL. */
static const struct registry_unit *overlapping(
    const struct registry *r, const char *me, const char *code, day_t from, day_t to)
{
	const struct registry_unit *hit = NULL;
	struct strs all = {0};
	registry_below(r, me, false, &all);
	for (size_t i = 0; i < all.n && !hit; i++) {
		const struct registry_unit *u = registry_unit(r, all.items[i]);
		if (strcmp(u->parent, me) == 0 && strcmp(u->code, code) == 0 && u->valid_from <= to &&
		    from <= u->valid_to)
			hit = u;
	}
	strs_free(&all);
	return hit;
}

int enrol_add(const struct registry *r, const struct config *me, const struct record *levels,
    const struct enrol_unit *unit, struct arena *arena, struct enrol_edit *out, struct err *err)
{
	int rank, rc = check_me(me, err);
	day_t from, to;
	if (rc == 0)
		rc = find_rank(levels, arena, unit->level, &rank, err);
	if (rc < 0)
		return rc;
	if (rank <= me->rank)
		return refuse_level(me, unit->code, unit->level, err);
	const char *const pairs[] = {"code", unit->code, "name", unit->name, "level", unit->level, "rank",
	    arena_printf(arena, "%d", rank), "type", unit->type, "identifier", unit->identifier, "valid_from",
	    unit->valid_from, "valid_to", unit->valid_to, NULL};
	if (!text_is_id(unit->code) || strchr(unit->code, '@'))
		return err_set(err, ERR_INPUT,
		    N_("%1 must be an id: letters a-z, digits and . _ -, not '%2'"), "code", unit->code);
	edit_start(out, arena, unit->code, NULL);
	if ((rc = set_all(&out->record, pairs, err)) < 0 || (rc = record_check(&out->record, err)) < 0)
		return rc;
	validity(&out->record, &from, &to);
	if (from > to)
		return err_set(err, ERR_INPUT, N_("%1 would end on %3, before it begins on %2"), unit->code,
		    unit->valid_from, unit->valid_to);
	const struct registry_unit *u = overlapping(r, me->unit, unit->code, from, to);
	if (u) {
		const struct record *old = registry_record(r, u->id);
		if (!says_the_same(old, &out->record)) {
			err_set(err, ERR_REFUSED, N_("%1 (%2) is registered already, with other particulars"),
			    u->id, u->name);
			err_hint(err, N_("`tuyen unit show %1` shows them"));
			return ERR_REFUSED;
		}
		edit_start(out, arena, u->id, old);
		out->changed = false;
		return 0;
	}
	const char *id = free_id(r, arena, unit->code);
	if (!id)
		return no_id(unit->code, err);
	out->id = arena_dup(arena, id);
	out->path = arena_printf(arena, "units/%s.yaml", id);
	return 0;
}

int enrol_genesis(struct config *me, const unsigned char key[KEY_PUBLIC_SIZE], struct arena *arena,
    struct enrol_edit *levels, struct enrol_edit *unit, struct err *err)
{
	int rank, rc = config_check(me, err);
	if (rc < 0)
		return rc;
	if (me->station) {
		err_set(err, ERR_USAGE, N_("the station %1 cannot be a root"), me->station);
		err_hint(err, N_("leave out --root or --station"));
		return ERR_USAGE;
	}
	levels->id = "levels";
	levels->path = "levels.yaml";
	levels->changed = true;
	rc = make_levels(arena, &levels->record, err);
	if (rc == 0)
		rc = find_rank(&levels->record, arena, me->level, &rank, err);
	if (rc < 0)
		return rc;
	edit_start(unit, arena, me->unit, NULL);
	const char *const pairs[] = {"code", me->unit, "name", me->name, "level", me->level, "rank",
	    arena_printf(arena, "%d", rank), "address", config_reach(me), NULL};
	rc = set_all(&unit->record, pairs, err);
	if (rc == 0)
		rc = add_key(&unit->record, arena, key, err);
	if (rc < 0)
		return rc;
	me->rank = rank;
	me->root = me->admitted = true;
	me->grant = (struct oid){{0}};
	me->superior = (struct config_peer){0};
	me->anchor = (struct config_peer){.unit = me->unit};
	memcpy(me->anchor.key, key, KEY_PUBLIC_SIZE);
	return 0;
}

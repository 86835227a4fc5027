#include "registry/enrol.h"

#include <stdio.h>
#include <string.h>

#include "record/text.h"
#include "registry/form.h"
#include "registry/inside.h"

void enrol_fingerprint(const unsigned char key[KEY_PUBLIC_SIZE], struct buf *out)
{
	key_spoken(key, out);
	buf_puts(out, " (");
	key_fingerprint(key, out);
	buf_puts(out, ")");
}

static void print_request(const struct enrol_request *req, struct buf *out)
{
	form_put(out, 0, "format", ENROL_REQUEST_FORMAT);
	form_put(out, 0, "unit", req->unit);
	form_put(out, 0, "station", req->station);
	form_put(out, 0, "agency", req->agency);
	form_put(out, 0, "level", req->level);
	form_put(out, 0, "name", req->name);
	form_put(out, 0, "address", req->address);
	form_put(out, 0, "recover", req->recover ? "yes" : NULL);
	form_put_key(out, 0, "key", req->key);
	if (!req->anchor)
		return;
	form_put(out, 0, "anchor", "yes");
	form_put_rank(out, req->rank);
	form_put_key(out, 0, "anchor_key", req->anchor_key);
	if (req->has_reserve)
		form_put_key(out, 0, "reserve", req->reserve);
}

/* A root, or one that was a root and has not handed over yet, says what it wrote under. */
static void say_anchor(const struct config *me, struct enrol_request *req)
{
	req->anchor = me->root || me->handover.unit;
	req->rank = me->rank;
	memcpy(req->anchor_key, me->anchor.key, KEY_PUBLIC_SIZE);
	req->has_reserve = me->anchor.has_reserve;
	memcpy(req->reserve, me->anchor.reserve, KEY_PUBLIC_SIZE);
}

int enrol_request(
    const struct config *me, const struct key *key, bool recover, struct buf *out, struct err *err)
{
	int rc = config_check(me, err);
	if (rc < 0)
		return rc;
	struct enrol_request req = {.unit = me->unit,
	    .station = me->station,
	    .agency = me->agency,
	    .level = me->level,
	    .name = me->name,
	    .address = config_reach(me),
	    .recover = recover};
	say_anchor(me, &req);
	memcpy(req.key, key_public(key), KEY_PUBLIC_SIZE);
	print_request(&req, out);
	form_sign(out, key);
	return 0;
}

int enrol_read_request(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct enrol_request *out, struct err *err)
{
	static const char *const known[] = {"format", "unit", "station", "agency", "level", "name", "address",
	    "recover", "key", "anchor", "rank", "anchor_key", "reserve", "signature", NULL};
	unsigned char sig[KEY_SIGNATURE_SIZE];
	struct form f;
	*out = (struct enrol_request){0};
	form_open(&f, arena, file, bytes, len, ENROL_REQUEST_FORMAT, known, err);
	out->unit = form_id(&f, "unit", true);
	out->station = form_id(&f, "station", false);
	out->agency = form_id(&f, "agency", false);
	out->level = form_id(&f, "level", true);
	out->name = form_line(&f, "name", true);
	out->address = form_address(&f, "address");
	out->recover = form_yes(&f, "recover");
	form_key(&f, "key", true, out->key);
	out->anchor = form_yes(&f, "anchor");
	if (out->anchor) {
		out->rank = form_rank(&f, "rank", true);
		form_key(&f, "anchor_key", true, out->anchor_key);
		out->has_reserve = form_key(&f, "reserve", false, out->reserve);
	}
	form_signature(&f, sig);
	if (f.rc < 0)
		return f.rc;
	const struct config form = {.unit = out->unit,
	    .station = out->station,
	    .agency = out->agency,
	    .level = out->level,
	    .name = out->name};
	if (config_check(&form, err) < 0) {
		err_at(err, file, f.map->line, f.map->column);
		return err->code;
	}
	struct buf text = {0};
	print_request(out, &text);
	if (!key_verify(out->key, buf_str(&text), text.len, sig)) {
		f.rc = err_set(err, ERR_REFUSED,
		    N_("the signature of this request is wrong: it was changed after it was made"));
		err_hint(err, N_("make it again with `tuyen join --request` on the node that asks"));
		err_rule(err, "signature", NULL, NULL);
		err_at(err, file, yaml_get(f.map, "signature")->line, yaml_get(f.map, "signature")->column);
	}
	buf_free(&text);
	return f.rc;
}

static void print_welcome(const struct enrol_welcome *w, struct buf *out)
{
	form_put(out, 0, "format", ENROL_WELCOME_FORMAT);
	form_put(out, 0, "code", w->code);
	form_put(out, 0, "unit", w->unit);
	form_put(out, 0, "station", w->station);
	form_put(out, 0, "level", w->level);
	form_put(out, 0, "name", w->name);
	form_put_key(out, 0, "key", w->key);
	form_put_change(out, "grant", &w->grant);
	form_put_rank(out, w->rank);
	form_put_peer(out, "superior", &w->superior);
	form_put_peer(out, "anchor", &w->anchor);
	form_put_ids(out, "above", w->above, w->n_above);
}

int enrol_welcome(const struct registry *r, const struct config *me, const struct key *my_key,
    const struct enrol_request *request, struct buf *out, struct err *err)
{
	const struct registry_grant *g = registry_by_key(r, request->key);
	const char *issuer = g ? strchr(g->ledger, '/') + 1 : NULL;
	if (!g || strcmp(issuer, me->unit) != 0 || oid_is_zero(&g->change))
		return err_set(err, ERR_NOT_FOUND,
		    N_("the key of this request by %1 has not been admitted here"), request->unit);
	struct arena arena = {0};
	struct enrol_welcome w = {.code = request->unit,
	    .unit = g->unit,
	    .station = g->station,
	    .grant = g->change,
	    .rank = g->rank,
	    .superior = {.unit = me->unit, .address = config_reach(me)},
	    .anchor = me->handover.unit ? me->handover : me->anchor,
	    .n_above = me->n_above + 1};
	memcpy(w.key, request->key, KEY_PUBLIC_SIZE);
	memcpy(w.superior.key, key_public(my_key), KEY_PUBLIC_SIZE);
	w.anchor.address = NULL;
	if (request->recover) {
		const struct registry_unit *u = registry_unit(
		    r, g->station ? arena_printf(&arena, "%s@%s", g->station, g->unit) : g->unit);
		w.level = u ? u->level : NULL;
		w.name = u ? u->name : NULL;
	}
	const char **above = arena_alloc(&arena, w.n_above * sizeof *above);
	for (size_t i = 0; i < me->n_above; i++)
		above[i] = me->above[i];
	above[me->n_above] = me->unit;
	w.above = above;
	print_welcome(&w, out);
	form_sign(out, my_key);
	arena_free(&arena);
	return 0;
}

int enrol_read_welcome(struct arena *arena, const char *file, const char *bytes, size_t len,
    struct enrol_welcome *out, struct err *err)
{
	static const char *const known[] = {"format", "code", "unit", "station", "level", "name", "key",
	    "grant", "rank", "superior", "anchor", "above", "signature", NULL};
	unsigned char sig[KEY_SIGNATURE_SIZE];
	struct form f;
	*out = (struct enrol_welcome){0};
	form_open(&f, arena, file, bytes, len, ENROL_WELCOME_FORMAT, known, err);
	out->code = form_id(&f, "code", true);
	out->unit = form_id(&f, "unit", true);
	out->station = form_id(&f, "station", false);
	out->level = form_id(&f, "level", false);
	out->name = form_line(&f, "name", false);
	form_key(&f, "key", true, out->key);
	form_change(&f, "grant", true, &out->grant);
	out->rank = form_rank(&f, "rank", true);
	form_peer(&f, "superior", true, &out->superior);
	form_peer(&f, "anchor", true, &out->anchor);
	out->above = form_ids(&f, arena, "above", &out->n_above);
	form_signature(&f, sig);
	if (f.rc < 0)
		return f.rc;
	struct buf text = {0};
	print_welcome(out, &text);
	if (!key_verify(out->superior.key, buf_str(&text), text.len, sig)) {
		f.rc = err_set(err, ERR_REFUSED,
		    N_("the signature of this welcome by %1 is wrong: it was changed after it was made"),
		    out->superior.unit);
		err_hint(err, N_("let %1 write it again with `tuyen unit admit`"));
		err_rule(err, "signature", NULL, NULL);
		err_at(err, file, yaml_get(f.map, "signature")->line, yaml_get(f.map, "signature")->column);
	}
	buf_free(&text);
	return f.rc;
}

/* A reserve key that was not known may be learned; another one than is known may not. */
static bool same_anchor(const struct config_peer *pinned, const struct config_peer *named)
{
	return str_same(pinned->unit, named->unit) && memcmp(pinned->key, named->key, KEY_PUBLIC_SIZE) == 0 &&
	       (!pinned->has_reserve ||
		   (named->has_reserve && memcmp(pinned->reserve, named->reserve, KEY_PUBLIC_SIZE) == 0));
}

/* What a root has written stands under its id and its rank, so it keeps both. */
static int check_root(const struct config *me, const struct enrol_welcome *w, struct err *err)
{
	char mine[16], theirs[16];
	snprintf(mine, sizeof mine, "%d", me->rank);
	snprintf(theirs, sizeof theirs, "%d", w->rank);
	if (!str_same(w->unit, me->unit) || w->rank != me->rank)
		err_set(err, ERR_REFUSED,
		    N_("%1 is a root with the rank %2; this welcome makes it %3 with the rank %4"), me->unit,
		    mine, w->unit, theirs);
	else if (str_same(w->anchor.unit, me->unit) || str_same(w->superior.unit, me->unit))
		err_set(err, ERR_REFUSED, N_("this welcome puts the root %1 under itself"), me->unit);
	else
		return 0;
	err_hint(err, N_("a root is put under a centre that gives it the id and the rank that it has"));
	err_rule(err, "anchor", NULL, NULL);
	return ERR_REFUSED;
}

/* Is it for this node, and does it agree with what is pinned here? */
static int check_welcome(const struct config *me, const struct enrol_welcome *w,
    const unsigned char my_key[KEY_PUBLIC_SIZE], struct err *err)
{
	char node[136];
	config_node(me, node);
	if ((!str_same(w->code, me->unit) && !str_same(w->unit, me->unit)) ||
	    !str_same(w->station, me->station)) {
		err_set(err, ERR_REFUSED, N_("this welcome is for %2%3%4, not for %1"), node,
		    w->station ? w->station : "", w->station ? "@" : "", w->unit);
		err_hint(err, N_("take the welcome that was written for %1"));
		return ERR_REFUSED;
	}
	if (memcmp(w->key, my_key, KEY_PUBLIC_SIZE) != 0) {
		struct buf theirs = {0}, mine = {0};
		enrol_fingerprint(w->key, &theirs);
		enrol_fingerprint(my_key, &mine);
		err_set(err, ERR_REFUSED, N_("this welcome is for the key %1; this node has the key %2"),
		    buf_str(&theirs), buf_str(&mine));
		err_hint(err, N_("let the superior admit the request that this node makes with `tuyen join "
				 "--request`"));
		buf_free(&theirs);
		buf_free(&mine);
		return ERR_REFUSED;
	}
	const struct config_peer *pinned = me->handover.unit ? &me->handover : &me->anchor;
	if (me->root)
		return check_root(me, w, err);
	if (pinned->unit && !same_anchor(pinned, &w->anchor)) {
		err_set(err, ERR_REFUSED,
		    N_("%1 trusts the anchor %2 already; this welcome names %3 with another key or unit"),
		    node, pinned->unit, w->anchor.unit);
		err_rule(err, "anchor", NULL, NULL);
		return ERR_REFUSED;
	}
	return 0;
}

void enrol_know_anchor(const struct registry *r, const struct config *me, struct enrol_welcome *w)
{
	const struct oid zero = {{0}};
	const struct registry_grant *g =
	    w->anchor.unit ? registry_grant(r, &zero, w->anchor.unit, NULL) : NULL;
	if (!me->root && me->anchor.unit && g && memcmp(g->key, w->anchor.key, KEY_PUBLIC_SIZE) == 0)
		w->anchor = me->handover.unit ? me->handover : me->anchor;
}

int enrol_take(struct config *me, const struct enrol_welcome *w, const unsigned char my_key[KEY_PUBLIC_SIZE],
    const char *address, struct err *err)
{
	int rc = check_welcome(me, w, my_key, err);
	if (rc < 0)
		return rc;
	if (address && !config_address(address, NULL, NULL))
		return err_set(err, ERR_INPUT, N_("%1 must be host:port, such as 10.31.0.2:7031, not '%2'"),
		    "superior", address);
	if (!address)
		address = w->superior.address;
	if (!address && str_same(me->superior.unit, w->superior.unit))
		address = me->superior.address;
	me->unit = config_keep(me, w->unit);
	if (w->level)
		me->level = config_keep(me, w->level);
	if (w->name)
		me->name = config_keep(me, w->name);
	me->rank = w->rank;
	me->grant = w->grant;
	me->admitted = true;
	me->superior = config_keep_peer(me, &w->superior);
	me->superior.address = config_keep(me, address);
	struct config_peer *anchor = me->root || me->handover.unit ? &me->handover : &me->anchor;
	*anchor = config_keep_peer(me, &w->anchor);
	anchor->address = NULL;
	me->root = false;
	const char **above = arena_alloc(&me->arena, (w->n_above + 1) * sizeof *above);
	for (size_t i = 0; i < w->n_above; i++)
		above[i] = config_keep(me, w->above[i]);
	me->above = above;
	me->n_above = w->n_above;
	return 0;
}

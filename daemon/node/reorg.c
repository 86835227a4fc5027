#include "node/reorg.h"

#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "base/table.h"
#include "control/control.h"
#include "node/edits.h"
#include "registry/reorganise.h"

#define NEXT_MAX 64 /* successors that one command names */

static int needs(const struct args *a, const char *option, const char *hint, struct err *err)
{
	if (args_has(a, option) && *args_get(a, option))
		return 0;
	err_set(err, ERR_USAGE, N_("--%1 is needed"), option);
	err_hint(err, hint);
	return ERR_USAGE;
}

/* An act on a direct subordinate, on its way. */
struct act {
	struct node *n;
	struct control_request *req;
	const struct args *a;
	struct node_edits e;
	const struct registry_unit *u; /* borrowed until something is written */
	const char *id, *name;
	const struct record *levels;
	struct record own_levels;
};

static int begin(struct act *t, struct node *n, struct control_request *req, struct err *err)
{
	*t = (struct act){.n = n, .req = req, .a = &req->args};
	node_edits_begin(&t->e, n, "");
	t->e.reason = args_get(t->a, "reason");
	t->levels = node_edits_levels(n, &t->e.o.arena, &t->own_levels);
	return node_admitted(n, err);
}

static void take(struct act *t, const struct registry_unit *u, const char *verb)
{
	t->u = u;
	t->id = arena_dup(&t->e.o.arena, u->id);
	t->name = arena_dup(&t->e.o.arena, u->name);
	t->e.subject = arena_printf(&t->e.o.arena, "unit: %s %s", verb, u->id);
}

static int find(struct act *t, const char *verb, day_t day, struct err *err)
{
	const struct registry_unit *u;
	int rc = reorganise_find(t->n->registry, &t->n->config, args_word(t->a, 0), day, &u, err);
	if (rc == 0)
		take(t, u, verb);
	return rc;
}

static int finish(struct act *t, int rc, struct err *err)
{
	if (rc == 0)
		rc = node_write(t->n, &t->e.o, err);
	return rc;
}

int node_unit_rename(struct node *n, struct control_request *req, struct err *err)
{
	struct act t;
	struct enrol_edit edit;
	int rc = begin(&t, n, req, err);
	struct enrol_unit now = {.name = args_get(t.a, "name"),
	    .level = args_get(t.a, "level"),
	    .type = args_get(t.a, "type"),
	    .identifier = args_get(t.a, "identifier")};
	if (rc == 0 && !now.name && !now.level && !now.type && !now.identifier)
		rc = err_set(err, ERR_USAGE,
		    N_("nothing is named that should change: --name, --type, --level or "
		       "--identifier"));
	if (rc == 0)
		rc = find(&t, "rename", date_of_time(sys_now()), err);
	if (rc == 0)
		rc =
		    reorganise_rename(n->registry, &n->config, t.levels, t.u, &now, &t.e.o.arena, &edit, err);
	if (rc == 0)
		node_edits_put(&t.e, &edit);
	rc = finish(&t, rc, err);
	if (rc == 0 && !edit.changed)
		control_say(req, N_("nothing changed: %1 (%2) is registered so already"), t.id, t.name);
	else if (rc == 0)
		control_say(req, N_("%1 (%2) is now %3"), t.id, t.name, record_get(&edit.record, "name"));
	node_edits_drop(&t.e);
	return rc;
}

/* ---- successors ---- */

struct next_list {
	struct reorganise_next items[NEXT_MAX];
	size_t n;
};

/* "11383:part": its code or name, and how much went into it. */
static const char *read_next(
    struct arena *arena, const char *word, struct reorganise_next *out, struct err *err)
{
	size_t len = strcspn(word, ":");
	const char *how = word[len] ? word + len + 1 : "";
	*out = (struct reorganise_next){.whole = strcmp(how, "whole") == 0, .part = strcmp(how, "part") == 0};
	if (len && (!word[len] || out->whole || out->part))
		return arena_dup_len(arena, word, len);
	err_set(err, ERR_USAGE, N_("'%1' names no successor: write CODE, CODE:whole or CODE:part"), word);
	return NULL;
}

static int resolve_next(
    struct act *t, const char *typed, day_t day, struct reorganise_next *out, struct err *err)
{
	const struct registry_unit *u;
	char text[16];
	int rc = registry_resolve_on(t->n->registry, typed, day, &u, err);
	if (rc < 0)
		return rc;
	out->id = arena_dup(&t->e.o.arena, u->id);
	if (u->station)
		return err_set(err, ERR_REFUSED, N_("%1 is a station; units are replaced by units"), u->id);
	if (registry_valid_on(u, day))
		return 0;
	date_print(day, text);
	return err_set(err, ERR_REFUSED, N_("%1 (%2) is not there on %3"), u->id, u->name, text);
}

static void describe(const struct record *r, struct arena *arena, struct buf *out)
{
	const char *id;
	for (size_t i = 0; record_next_key(r, "replaced_by", &i, &id);)
		buf_printf(out, "%s%s (%s)", out->len ? ", " : "", id,
		    record_get(r, arena_printf(arena, "replaced_by.%s", id)));
}

/* Those below a unit that ends do not move by themselves. */
static void warn_below(struct act *t)
{
	struct strs below = {0};
	char count[24];
	registry_below(t->n->registry, t->id, false, &below);
	size_t open = 0;
	for (size_t i = 0; i < below.n; i++) {
		const struct registry_unit *u = registry_unit(t->n->registry, below.items[i]);
		open += str_is(u->parent, t->id) && u->valid_to == INT32_MAX;
	}
	snprintf(count, sizeof count, "%zu", open);
	if (open)
		control_warn(t->req,
		    N_("%1 units still stand under %2; who is above both moves each: tuyen unit move UNIT "
		       "--to "
		       "SUPERIOR"),
		    count, t->id);
	strs_free(&below);
}

static void tell_end(struct act *t, const struct enrol_edit *edit)
{
	struct buf next = {0};
	const char *last = record_get(&edit->record, "valid_to");
	describe(&edit->record, &t->e.o.arena, &next);
	if (next.len)
		control_say(
		    t->req, N_("%1 (%2) ends on %3; replaced by %4"), t->id, t->name, last, buf_str(&next));
	else
		control_say(t->req, N_("%1 (%2) ends on %3"), t->id, t->name, last);
	control_say(t->req, N_("what it wrote up to then is still taken, what comes after is refused"));
	warn_below(t);
	buf_free(&next);
}

static int read_day(const struct args *a, day_t *day, struct err *err)
{
	int rc = needs(a, "on", N_("write --on 2026-06-30, for example"), err);
	return rc ? rc : date_parse(args_get(a, "on"), day, err);
}

int node_unit_end(struct node *n, struct control_request *req, struct err *err)
{
	struct act t;
	struct enrol_edit edit;
	struct next_list next = {.n = 0};
	struct strs words = {0};
	day_t last = 0;
	int rc = begin(&t, n, req, err);
	if (rc == 0)
		rc = read_day(t.a, &last, err);
	if (rc == 0)
		rc = find(&t, "end", last, err);
	args_list(t.a, "replaced-by", &words);
	for (size_t i = 0; rc == 0 && i < words.n && i < NEXT_MAX; i++) {
		const char *typed = read_next(&t.e.o.arena, words.items[i], &next.items[next.n], err);
		rc = typed ? resolve_next(&t, typed, last + 1, &next.items[next.n], err) : ERR_USAGE;
		next.n++;
	}
	if (rc == 0)
		rc = reorganise_end(n->registry, t.u, last, next.items, next.n, &t.e.o.arena, &edit, err);
	if (rc == 0)
		node_edits_put(&t.e, &edit);
	rc = finish(&t, rc, err);
	if (rc == 0)
		tell_end(&t, &edit);
	strs_free(&words);
	node_edits_drop(&t.e);
	return rc;
}

/* A successor that is not registered yet, which --name says: added from that day on, in the same change. */
static int add_next(struct act *t, const char *code, day_t day, struct reorganise_next *out, struct err *err)
{
	struct arena *arena = &t->e.o.arena;
	struct enrol_edit edit;
	char first[16];
	const char *level = args_get(t->a, "level");
	date_print(day, first);
	struct enrol_unit unit = {.code = code,
	    .name = args_get(t->a, "name"),
	    .level = level ? level : t->u->level,
	    .type = args_get(t->a, "type"),
	    .valid_from = arena_dup(arena, first),
	    .follows = t->id};
	int rc = enrol_add(t->n->registry, &t->n->config, t->levels, &unit, arena, &edit, err);
	if (rc < 0)
		return rc;
	out->id = edit.id;
	node_edits_put(&t->e, &edit);
	control_output(t->req, edit.id, strlen(edit.id));
	control_output(t->req, "\n", 1);
	return 0;
}

static int read_replacing(struct act *t, day_t day, struct next_list *next, struct err *err)
{
	struct strs words = {0};
	bool named = args_has(t->a, "name");
	args_list(t->a, "by", &words);
	int rc = 0;
	if (named && words.n != 1)
		rc = err_set(
		    err, ERR_USAGE, N_("--name is of one new unit, and --by names several; add them first"));
	for (size_t i = 0; rc == 0 && i < words.n && i < NEXT_MAX; i++) {
		struct reorganise_next *one = &next->items[next->n++];
		const char *typed = read_next(&t->e.o.arena, words.items[i], one, err);
		if (!typed)
			rc = ERR_USAGE;
		else
			rc =
			    named ? add_next(t, typed, day, one, err) : resolve_next(t, typed, day, one, err);
	}
	strs_free(&words);
	return rc;
}

int node_unit_replace(struct node *n, struct control_request *req, struct err *err)
{
	struct act t;
	struct enrol_edit edit;
	struct next_list next = {.n = 0};
	day_t day = 0;
	int rc = begin(&t, n, req, err);
	if (rc == 0)
		rc =
		    needs(t.a, "by", N_("write --by CODE, and --name NAME if it is not registered yet"), err);
	if (rc == 0)
		rc = read_day(t.a, &day, err);
	if (rc == 0)
		rc = find(&t, "replace", day - 1, err);
	if (rc == 0)
		rc = read_replacing(&t, day, &next, err);
	if (rc == 0)
		rc = reorganise_end(n->registry, t.u, day - 1, next.items, next.n, &t.e.o.arena, &edit, err);
	if (rc == 0)
		node_edits_put(&t.e, &edit);
	rc = finish(&t, rc, err);
	if (rc == 0)
		tell_end(&t, &edit);
	node_edits_drop(&t.e);
	return rc;
}

/* ---- moves ---- */

struct moving {
	struct act *t;
	const struct registry_unit *to;
	struct record *rec;
	struct table seen; /* "<change> <writer>" of grants looked at */
};

static void carry(struct moving *m, const struct registry_grant *g)
{
	struct node *n = m->t->n;
	char hex[OID_HEX + 1], key[KEY_TEXT_SIZE];
	if (!reorganise_carries(n->registry, &n->config, m->t->u, m->to, g))
		return;
	oid_hex(&g->change, hex);
	key_text(g->key, key);
	record_put(m->rec,
	    arena_printf(&m->t->e.o.arena, "grants.%s %s %d %s %s", hex, g->unit, g->rank,
		g->agency ? g->agency : "-", key),
	    "+");
}

static void visit_grant(void *ctx, const struct registry_grant *g)
{
	struct moving *m = ctx;
	if (strcmp(g->unit, m->t->id) == 0)
		carry(m, g);
}

static int visit_change(void *ctx, const struct change *c, struct err *err)
{
	struct moving *m = ctx;
	char hex[OID_HEX + 1], writer[136];
	(void)err;
	change_writer(c, writer);
	oid_hex(&c->grant, hex);
	void **place = table_at(&m->seen, arena_printf(&m->t->e.o.arena, "%s %s", hex, writer));
	const struct registry_grant *g =
	    *place ? NULL : registry_grant(m->t->n->registry, &c->grant, c->unit, c->station);
	*place = m;
	if (g)
		carry(m, g);
	return 0;
}

static int take_over(struct moving *m, const char *kind, const char *unit, struct err *err)
{
	struct arena *arena = &m->t->e.o.arena;
	struct store *s = m->t->n->store;
	const char *ledger = arena_printf(arena, "%s/%s", kind, unit);
	struct oids heads = {0};
	int rc = store_ledger_heads(s, ledger, &heads, err);
	for (size_t i = 0; rc == 0 && i < heads.n; i++) {
		char hex[OID_HEX + 1];
		oid_hex(&heads.items[i], hex);
		record_put(m->rec, arena_printf(arena, "vouched.%s %s", ledger, hex), "+");
	}
	if (rc == 0 && heads.n)
		rc = store_walk(s, ledger, false, visit_change, m, err);
	oids_free(&heads);
	return rc;
}

/* What is not here cannot be vouched for. */
static int check_in_sight(struct moving *m, const char *unit, struct err *err)
{
	struct node *n = m->t->n;
	const char *relay = registry_relay_between(n->registry, n->config.unit, unit, REGISTRY_TODAY);
	if (!relay)
		return 0;
	err_set(err, ERR_REFUSED,
	    N_("%1 relays only totals, so what %2 has reported is not here to be taken over"), relay, unit);
	err_hint(err, N_("have %1 relay everything until the move is written: tuyen config relay whole"));
	return ERR_REFUSED;
}

static int take_over_all(struct moving *m, struct err *err)
{
	struct strs units = {0};
	struct buf text = {0};
	registry_below(m->t->n->registry, m->t->id, false, &units);
	strs_add(&units, m->t->id);
	registry_grants(m->t->n->registry, visit_grant, m);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < units.n; i++) {
		rc = check_in_sight(m, units.items[i], err);
		if (rc == 0)
			rc = take_over(m, "reports", units.items[i], err);
		if (rc == 0)
			rc = take_over(m, "directives", units.items[i], err);
	}
	record_print(m->rec, &text);
	if (rc == 0 && text.len > YAML_RECORD_MAX) {
		rc = err_set(err, ERR_REFUSED,
		    N_("the record of the move of %1 would be longer than 64 KB: too much stands below it"),
		    m->t->id);
		err_hint(err, N_("move the units below it first, one by one"));
	}
	buf_free(&text);
	strs_free(&units);
	return rc;
}

/* Where the unit comes to this very node, it is registered in the same change, with all but its keys. */
static int register_here(struct moving *m, struct err *err)
{
	static const char *const kept[] = {
	    "code", "name", "level", "rank", "type", "identifier", "valid_from", "valid_to"};
	struct node *n = m->t->n;
	struct enrol_edit edit = {.id = m->t->id,
	    .path = arena_printf(&m->t->e.o.arena, "units/%s.yaml", m->t->id),
	    .changed = true};
	const struct record *now = registry_record(n->registry, m->t->id);
	if (!str_is(m->to->id, n->config.unit) || !now)
		return 0;
	if (store_record(n->store, m->t->e.ledger, NULL, edit.path, &m->t->e.o.arena, &edit.record, err) !=
	    0) {
		ERR_CLEAR(err);
		record_init(&edit.record, &m->t->e.o.arena, type_by_name("unit"));
	}
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		record_put(&edit.record, kept[i], record_get(now, kept[i]));
	node_edits_put(&m->t->e, &edit);
	return 0;
}

static void tell_move(const struct moving *m, const char *to, const char *code, const char *level)
{
	struct control_request *req = m->t->req;
	control_say(req, N_("%1 (%2) is moved to %3"), m->t->id, m->t->name, to);
	if (registry_moved_here(m->t->n->registry, to, m->t->id))
		control_say(req,
		    N_("%1 now registers it: tuyen unit add %2 --level %3 --name '%4'; and admits its node, "
		       "which joins "
		       "anew"),
		    to, code, level, m->t->name);
	else
		control_say(req, N_("its node joins anew: tuyen unit admit REQUEST"));
}

static int start_record(struct moving *m, struct enrol_edit *edit, struct err *err)
{
	struct arena *arena = &m->t->e.o.arena;
	struct err absent = {0};
	const char *path = arena_printf(arena, "moves/%s.yaml", m->t->id);
	int rc = store_record(m->t->n->store, m->t->e.ledger, NULL, path, arena, &edit->record, &absent);
	if (rc == ERR_NOT_FOUND)
		record_init(&edit->record, arena, type_by_name("move"));
	else if (rc)
		*err = absent;
	m->rec = &edit->record;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int find_moving(struct moving *m, day_t today, struct err *err)
{
	const struct registry_unit *u;
	struct act *t = m->t;
	int rc = needs(t->a, "to", N_("write --to SUPERIOR, a code or a name"), err);
	if (rc == 0)
		rc = registry_resolve_on(t->n->registry, args_word(t->a, 0), today, &u, err);
	if (rc == 0)
		rc = registry_resolve_on(t->n->registry, args_get(t->a, "to"), today, &m->to, err);
	if (rc == 0)
		take(t, u, "move");
	return rc;
}

int node_unit_move(struct node *n, struct control_request *req, struct err *err)
{
	struct act t;
	struct moving m = {.t = &t};
	struct enrol_edit edit;
	day_t today = date_of_time(sys_now()), day = today;
	int rc = begin(&t, n, req, err);
	if (rc == 0)
		rc = find_moving(&m, today, err);
	if (rc == 0 && args_has(t.a, "on"))
		rc = date_parse(args_get(t.a, "on"), &day, err);
	if (rc == 0 && day > today) {
		rc = err_set(
		    err, ERR_REFUSED, N_("a move counts from when it is written; write it on that day"));
	}
	if (rc == 0)
		rc = start_record(&m, &edit, err);
	if (rc == 0)
		rc = reorganise_move(n->registry, &n->config, t.u, m.to, day, &t.e.o.arena, &edit, err);
	if (rc == 0)
		rc = take_over_all(&m, err);
	if (rc == 0) {
		node_edits_put(&t.e, &edit);
		rc = register_here(&m, err);
	}
	const char *to = rc ? NULL : arena_dup(&t.e.o.arena, m.to->id);
	const char *code = rc ? NULL : arena_dup(&t.e.o.arena, t.u->code);
	const char *level = rc ? NULL : arena_dup(&t.e.o.arena, t.u->level);
	rc = finish(&t, rc, err);
	if (rc == 0)
		tell_move(&m, to, code, level);
	table_free(&m.seen);
	node_edits_drop(&t.e);
	return rc;
}

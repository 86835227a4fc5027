#include "store/held.h"

#include <stdlib.h>
#include <string.h>

#include "store/draft.h"
#include "store/upkeep.h"

#define PREFIX_LEAST 4 /* digits of an id that somebody types */

#define REFS "refs/held/"

/* ---- refs ---- */

static void ref_of(const char *ledger, const struct oid *change, struct buf *out)
{
	char hex[OID_HEX + 1];
	oid_hex(change, hex);
	buf_printf(out, REFS "%s/%s", ledger, hex);
}

bool held_has(struct store *s, const char *ledger, const struct oid *change)
{
	struct buf ref = {0};
	git_oid id;
	ref_of(ledger, change, &ref);
	bool has = git_reference_name_to_id(&id, s->git, buf_str(&ref)) == 0;
	buf_free(&ref);
	return has;
}

static int make_ref(struct store *s, const char *ledger, const struct oid *change, struct err *err)
{
	struct buf ref = {0};
	git_reference *made = NULL;
	git_oid id = repo_git_oid(change);
	ref_of(ledger, change, &ref);
	int rc = upkeep_unlock(s, buf_str(&ref), err);
	if (rc == 0) {
		int git_rc = git_reference_create(&made, s->git, buf_str(&ref), &id, 1, NULL);
		rc = git_rc ? repo_fail(err, git_rc, "write", buf_str(&ref)) : 0;
	}
	git_reference_free(made);
	buf_free(&ref);
	return rc;
}

static size_t texts_size(const struct change *c)
{
	size_t size = 0;
	for (size_t i = 0; i < c->n_records; i++)
		size += c->records[i].text ? c->records[i].len : 0;
	return size;
}

/* In number, and, where the new one is large, in bytes. */
static bool has_room(struct draft *d, const struct held_changes *held, struct arena *arena)
{
	size_t n = 0, size = texts_size(&d->c);
	bool small = size <= HELD_BYTES_MAX / HELD_MAX;
	for (size_t i = 0; i < held->n && size <= HELD_BYTES_MAX; i++) {
		struct change c;
		struct err none = {0};
		if (strcmp(held->items[i].ledger, d->c.ledger) != 0)
			continue;
		n++;
		if (!small && store_change(d->s, d->c.ledger, &held->items[i].change, arena, &c, &none) == 0)
			size += texts_size(&c);
	}
	return n < HELD_MAX && size <= HELD_BYTES_MAX;
}

/* The change is not written where too much waits already: its sender has it. */
int draft_hold(struct draft *d, struct err *err)
{
	struct arena arena = {0};
	struct held_changes held;
	if (held_has(d->s, d->c.ledger, &d->c.id))
		return 0;
	int rc = held_refs(d->s, &arena, &held, err);
	bool room = rc == 0 && has_room(d, &held, &arena);
	arena_free(&arena);
	if (!room)
		return rc;
	rc = stage_write(d->s, &d->stage, err);
	if (rc == 0)
		rc = repo_sync(d->s->path, err);
	return rc ? rc : make_ref(d->s, d->c.ledger, &d->c.id, err);
}

int held_drop(struct tx *tx, const char *ledger, const struct oid *change, struct err *err)
{
	struct buf ref = {0};
	ref_of(ledger, change, &ref);
	int rc = upkeep_unlock(tx->s, buf_str(&ref), err);
	if (rc == 0) {
		int git_rc = git_reference_remove(tx->s->git, buf_str(&ref));
		rc = git_rc && git_rc != GIT_ENOTFOUND ? repo_fail(err, git_rc, "remove", buf_str(&ref)) : 0;
	}
	buf_free(&ref);
	return rc;
}

static void add(struct arena *arena, struct held_changes *out, const struct held_change *c)
{
	if ((out->n & (out->n - 1)) == 0) {
		struct held_change *grown = arena_alloc(arena, (out->n ? 2 * out->n : 1) * sizeof *grown);
		if (out->n)
			memcpy(grown, out->items, out->n * sizeof *grown);
		out->items = grown;
	}
	out->items[out->n++] = *c;
}

/* "refs/held/reports/11383/<40 hex>" */
static bool read_ref(const char *name, struct arena *arena, struct held_change *out)
{
	const char *ledger = name + strlen(REFS), *slash = strrchr(name, '/');
	*out = (struct held_change){0};
	if (slash <= ledger || !oid_parse(&out->change, slash + 1))
		return false;
	out->ledger = arena_dup_len(arena, ledger, (size_t)(slash - ledger));
	return repo_ledger_name(out->ledger);
}

static int by_ledger(const void *a, const void *b)
{
	const struct held_change *x = a, *y = b;
	int order = strcmp(x->ledger, y->ledger);
	return order ? order : oid_cmp(&x->change, &y->change);
}

int held_refs(struct store *s, struct arena *arena, struct held_changes *out, struct err *err)
{
	git_reference_iterator *it = NULL;
	struct held_change c;
	const char *name;
	*out = (struct held_changes){0};
	int rc = git_reference_iterator_glob_new(&it, s->git, REFS "*");
	while (rc == 0 && (rc = git_reference_next_name(&name, it)) == 0)
		if (read_ref(name, arena, &c))
			add(arena, out, &c);
	git_reference_iterator_free(it);
	if (out->n > 1)
		qsort(out->items, out->n, sizeof *out->items, by_ledger);
	return rc == GIT_ITEROVER ? 0 : repo_fail(err, rc, "list what is held in", s->path);
}

/* ---- the past ---- */

static struct history *history_of(struct store *s, const char *ledger)
{
	struct history *h = NULL;
	struct err err = {0};
	return store_history(s, ledger, &h, &err) == 0 ? h : NULL;
}

static bool past_has(void *ctx, const char *ledger, const struct oid *change)
{
	struct history *h = history_of(ctx, ledger);
	return h && history_has(h, change);
}

static bool past_seen(void *ctx, const char *ledger, const struct oid *young, const struct oid *old)
{
	struct history *h = history_of(ctx, ledger);
	return h && history_seen(h, young, old);
}

struct registry_past held_past(struct store *s)
{
	return (struct registry_past){s, past_has, past_seen};
}

bool held_may_write(const struct registry *r, const struct registry_grant *g, const char *ledger)
{
	const char *of = strchr(ledger, '/') + 1;
	if (strcmp(of, g->unit) == 0)
		return true;
	return strncmp(ledger, "reports/", 8) == 0 && !g->station &&
	       (registry_was_above(r, g->unit, of) || registry_replaces(r, g->unit, of));
}

/* ---- what is to be confirmed ---- */

struct doubtful {
	const struct registry_grant *grant;
	/* Why all that was written under it is: the grant itself was given by a doubtful change. */
	struct registry_doubt all;
};

struct listing {
	struct store *s;
	const struct registry *r;
	const struct held_asked *asked;
	struct registry_past past;
	struct arena *arena;
	struct doubtful *grants;
	size_t n_grants;
	const char *ledger;
	size_t first; /* of this ledger, in out */
	struct held_changes *out;
};

static bool is_asked(const struct held_asked *asked, const struct registry_doubt *why)
{
	return !asked->decider || str_is(asked->decider, why->grant->narrower);
}

/* Grants under which anything may be to be confirmed. */
static void visit_grant(void *ctx, const struct registry_grant *g)
{
	struct listing *l = ctx;
	struct doubtful d = {.grant = g};
	bool by_way = registry_trust_why(g->by, g->ledger, &g->change, &l->past, &d.all) == TRUST_CONFIRM;
	bool narrowed = l->asked->quick ? g->state == KEY_SUSPENDED : !g->active;
	if (!by_way)
		d.all = (struct registry_doubt){0};
	if ((by_way || narrowed) && (!l->asked->unit || strcmp(l->asked->unit, g->unit) == 0))
		VEC_PUSH(l->grants, l->n_grants, d);
}

static const struct doubtful *grant_of(const struct listing *l, const struct change *c)
{
	for (size_t i = 0; i < l->n_grants; i++) {
		const struct registry_grant *g = l->grants[i].grant;
		if (oid_eq(&g->change, &c->grant) && str_same(g->unit, c->unit) &&
		    str_same(g->station, c->station))
			return &l->grants[i];
	}
	return NULL;
}

static void list_change(struct listing *l, const struct change *c, bool taken)
{
	const struct doubtful *d = grant_of(l, c);
	struct registry_doubt why;
	char writer[136];
	if (!d || registry_trust_why(d->grant, l->ledger, &c->id, &l->past, &why) != TRUST_CONFIRM ||
	    !is_asked(l->asked, &why))
		return;
	change_writer(c, writer);
	struct held_change item = {.ledger = l->ledger,
	    .change = c->id,
	    .taken = taken,
	    .writer = arena_dup(l->arena, writer),
	    .time = c->time,
	    .subject = arena_dup(l->arena, c->subject),
	    .why = why};
	add(l->arena, l->out, &item);
}

/* Only who decides sets aside, or in a ledger of directives whose it is; and none whose own word is doubtful. */
static bool may_set_aside(const struct listing *l, const struct held_change *h, const struct change *c)
{
	const struct registry_grant *g = registry_grant(l->r, &c->grant, c->unit, c->station);
	bool owner = strncmp(l->ledger, "directives/", 11) == 0 && strcmp(l->ledger + 11, c->unit) == 0;
	return g && !c->station && (owner || str_is(h->why.grant->narrower, c->unit)) &&
	       registry_trust(g, l->ledger, &c->id, &l->past) == TRUST_GOOD;
}

static void strike(struct listing *l, const struct change *c)
{
	struct oid id;
	char hex[OID_HEX + 1];
	if (!c->body || strncmp(c->body, HELD_SETS_ASIDE, strlen(HELD_SETS_ASIDE)) != 0 ||
	    strlen(c->body) < strlen(HELD_SETS_ASIDE) + OID_HEX)
		return;
	memcpy(hex, c->body + strlen(HELD_SETS_ASIDE), OID_HEX);
	hex[OID_HEX] = '\0';
	if (!oid_parse(&id, hex))
		return;
	for (size_t i = l->first; i < l->out->n; i++) {
		struct held_change *h = &l->out->items[i];
		if (!oid_eq(&h->change, &id) || !may_set_aside(l, h, c))
			continue;
		memmove(h, h + 1, (l->out->n - i - 1) * sizeof *h);
		l->out->n--;
		return;
	}
}

static int visit_change(void *ctx, const struct change *c, struct err *err)
{
	struct listing *l = ctx;
	(void)err;
	list_change(l, c, true);
	strike(l, c);
	return 0;
}

static int list_ledger(struct listing *l, const char *ledger, struct err *err)
{
	bool any = false;
	for (size_t i = 0; !any && i < l->n_grants; i++)
		any = held_may_write(l->r, l->grants[i].grant, ledger);
	if (!any)
		return 0;
	l->ledger = arena_dup(l->arena, ledger);
	l->first = l->out->n;
	return store_walk(l->s, l->ledger, false, visit_change, l, err);
}

static int list_held(struct listing *l, struct err *err)
{
	struct held_changes refs;
	int rc = held_refs(l->s, l->arena, &refs, err);
	for (size_t i = 0; rc == 0 && i < refs.n; i++) {
		struct change c;
		l->ledger = refs.items[i].ledger;
		rc = store_change(l->s, l->ledger, &refs.items[i].change, l->arena, &c, err);
		if (rc == 0)
			list_change(l, &c, false);
	}
	return rc;
}

int held_list(struct store *s, const struct registry *r, const struct held_asked *asked, struct arena *arena,
    struct held_changes *out, struct err *err)
{
	struct listing l = {.s = s, .r = r, .asked = asked, .past = held_past(s), .arena = arena, .out = out};
	struct held_asked whole = *asked;
	struct strs ledgers = {0};
	*out = (struct held_changes){0};
	registry_grants(r, visit_grant, &l);
	int rc = l.n_grants ? store_ledgers(s, &ledgers, err) : 0;
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		rc = list_ledger(&l, ledgers.items[i], err);
	strs_free(&ledgers);
	/* What is held is few: also what retired keys wrote. */
	whole.quick = false;
	l.asked = &whole;
	l.n_grants = 0;
	registry_grants(r, visit_grant, &l);
	if (rc == 0)
		rc = list_held(&l, err);
	free(l.grants);
	return rc;
}

int held_pick(
    const struct held_changes *list, const char *typed, const struct held_change **out, struct err *err)
{
	size_t found = 0;
	for (size_t i = 0; strlen(typed) >= PREFIX_LEAST && i < list->n; i++) {
		char hex[OID_HEX + 1];
		oid_hex(&list->items[i].change, hex);
		if (strncmp(hex, typed, strlen(typed)) != 0)
			continue;
		*out = &list->items[i];
		found++;
	}
	if (found == 1)
		return 0;
	if (found)
		err_set(err, ERR_AMBIGUOUS, N_("several changes that wait begin with '%1'"), typed);
	else
		err_set(
		    err, ERR_NOT_FOUND, N_("nothing that is to be confirmed here begins with '%1'"), typed);
	err_hint(err, found ? N_("give more of it") : N_("`tuyen held list` shows what is"));
	return err->code;
}

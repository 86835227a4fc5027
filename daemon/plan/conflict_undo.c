/*
 * Taking a settlement back. A change that has seen both sides cannot unsee them: by the rule the conflict stays closed.
 * What an ordinary change can do is to write the value that the field showed before, and to say in words what the two
 * sides were; so the question is with people again, and whoever wants the other value writes it.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/conflicts.h"
#include "plan/writing.h"

#define SUBJECT "conflict: undo a settlement"

struct undoing {
	const struct view *v;
	struct outcome *o;
	struct arena *arena;
	const char *me, *prefix; /* prefix: the one conflict that is meant, or NULL */
	const char *ledger;
	struct change settlement;
	struct change *change; /* that takes it back */
	struct buf words; /* what it says of each */
	struct strs undone;
	struct err why; /* why the last one cannot be taken back */
	bool own; /* that was because this node itself has taken it back before */
	bool over; /* so it is with all of them */
};

static bool names(const struct change *c, const char *prefix)
{
	for (size_t i = 0; i < c->n_settles; i++)
		if (!prefix || strncmp(c->settles[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* Has nobody written the field since, but who the settlement had seen? */
static int check_last(struct undoing *u, const struct conflict_item *c, struct err *err)
{
	struct view_write *writes;
	size_t n, count;
	int rc = u->v->writes(u->v->ctx, u->ledger, c->record, c->field, u->arena, &writes, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool seen = false;
		struct change later;
		rc = u->v->seen(
		    u->v->ctx, u->ledger, &u->settlement.id, &writes[i].change, &count, &seen, err);
		if (rc || seen)
			continue;
		rc = u->v->change(u->v->ctx, u->ledger, &writes[i].change, u->arena, &later, err);
		if (rc)
			return rc;
		u->own = str_is(writes[i].writer, u->me) && str_is(later.subject, SUBJECT);
		return err_set(err, ERR_REFUSED,
		    N_("%1 of %2 was written by %3 after it was settled: that is to be settled or written "
		       "anew"),
		    *c->field ? c->field : c->record, c->record, writes[i].writer);
	}
	return rc;
}

static const char *shown(const struct record *r, bool exists, const struct conflict_item *c)
{
	return !exists ? NULL : *c->field ? record_get(r, c->field) : "+";
}

static int read_at(struct undoing *u, const char *path, struct record *r, bool *exists, struct err *err)
{
	struct err mine = {0};
	int rc = u->v->read_at(u->v->ctx, u->ledger, &u->settlement.parent, path, u->arena, r, &mine);
	*exists = rc == 0;
	if (rc && rc != ERR_NOT_FOUND)
		*err = mine;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* What this change has already put of the record, or as it stands. */
static int open_now(struct undoing *u, const char *path, struct record *r, bool *exists, struct err *err)
{
	for (size_t i = 0; u->change && i < u->change->n_records; i++) {
		const struct change_record *put = &u->change->records[i];
		if (strcmp(put->path, path) != 0)
			continue;
		*exists = put->text != NULL;
		if (put->text)
			return record_parse(
			    r, u->arena, type_by_path(u->ledger, path), put->text, put->len, err);
		record_init(r, u->arena, type_by_path(u->ledger, path));
		return 0;
	}
	return view_open(u->v, u->ledger, path, u->arena, r, exists, err);
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void put(struct undoing *u, const struct conflict_item *c, const struct record *r, const char *value)
{
	if (!u->change)
		u->change = outcome_change(u->o, u->ledger, SUBJECT, NULL);
	outcome_put(u->o, u->change, c->record, r);
	strs_add(&u->undone, c->id);
	buf_printf(&u->words, "%s%s %s: %s; %s %s, %s %s", u->words.len ? "\n" : "", c->record, c->field,
	    or_dash(value), or_dash(c->kept.unit), or_dash(c->kept.value), or_dash(c->other.unit),
	    or_dash(c->other.value));
	outcome_note(u->o, N_("taken back: %1 of %2 is %3 again"), *c->field ? c->field : c->record,
	    c->record, or_dash(value));
}

static int undo_one(struct undoing *u, const char *id, struct err *err)
{
	struct record conflict, before, now;
	struct conflict_item c;
	bool was, had, has;
	const char *path = arena_printf(u->arena, "conflicts/%.2s/%s.yaml", id, id);
	int rc = read_at(u, path, &conflict, &was, err);
	if (rc || !was)
		return rc ? rc : err_set(err, ERR_NOT_FOUND, N_("there is no conflict '%1'"), id);
	conflict_read(&conflict, u->arena, u->ledger, path, &c);
	rc = check_last(u, &c, err);
	if (rc == 0)
		rc = read_at(u, c.record, &before, &had, err);
	if (rc == 0)
		rc = open_now(u, c.record, &now, &has, err);
	if (rc)
		return rc;
	const char *value = shown(&before, had, &c), *present = shown(&now, has, &c);
	if (str_same(value, present)) {
		err_set(err, ERR_REFUSED,
		    N_("settling %1 of %2 left its value as it was: there is nothing to put back"),
		    *c.field ? c.field : c.record, c.record);
		err_hint(
		    err, N_("the question is closed by the rule; whoever wants another value writes it"));
		return ERR_REFUSED;
	}
	if (*c.field && !has)
		return err_set(
		    err, ERR_REFUSED, N_("%1 is gone: settle whether it is to be there first"), c.record);
	if (!*c.field) {
		put(u, &c, value ? &before : NULL, value);
		return 0;
	}
	record_put(&now, c.field, value);
	put(u, &c, &now, value);
	return 0;
}

static int undo_settlement(struct undoing *u, struct err *err)
{
	int rc = 0;
	u->over = true;
	for (size_t i = 0; rc == 0 && i < u->settlement.n_settles; i++) {
		const char *id = u->settlement.settles[i];
		struct err mine = {0};
		if (u->prefix && strncmp(id, u->prefix, strlen(u->prefix)) != 0)
			continue;
		u->own = false;
		if (undo_one(u, id, &mine) == 0)
			continue;
		if (mine.code != ERR_REFUSED && mine.code != ERR_NOT_FOUND) {
			*err = mine;
			rc = mine.code;
		}
		u->why = mine;
		u->over = u->over && u->own;
	}
	return rc;
}

/* The newest settlement by this node in a ledger that names the conflict, older than what was tried. */
static int find_in(struct undoing *u, const char *ledger, const struct oids *tried, struct change *best,
    bool *found, const char **in, struct err *err)
{
	struct view_write *news;
	struct oids none = {0};
	size_t n;
	int rc = u->v->news(u->v->ctx, ledger, &none, u->arena, &news, &n, err);
	while (rc == 0 && n-- > 0) {
		struct change c;
		if (!str_is(news[n].writer, u->me) || oids_has(tried, &news[n].change))
			continue;
		rc = u->v->change(u->v->ctx, ledger, &news[n].change, u->arena, &c, err);
		if (rc || !names(&c, u->prefix))
			continue;
		if (!*found || c.time > best->time) {
			*best = c;
			*in = arena_dup(u->arena, ledger);
		}
		*found = true;
		break;
	}
	return rc;
}

static int find(struct undoing *u, const struct oids *tried, bool *found, struct err *err)
{
	struct strs ledgers = {0};
	int rc = u->v->ledgers(u->v->ctx, &ledgers, err);
	*found = false;
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		rc = find_in(u, ledgers.items[i], tried, &u->settlement, found, &u->ledger, err);
	strs_free(&ledgers);
	return rc;
}

static int nothing(struct undoing *u, struct err *err)
{
	if (u->why.code) {
		*err = u->why;
		return err->code;
	}
	err_set(err, ERR_NOT_FOUND, N_("%1 has settled nothing that could be taken back"), u->me);
	err_hint(err, N_("'tuyen log' shows who settled what"));
	return ERR_NOT_FOUND;
}

static void tell(struct undoing *u, const struct args *a)
{
	u->change->body = arena_dup(u->arena, buf_str(&u->words));
	outcome_warn(u->o,
	    N_("the conflict itself stays closed, for its sides have been seen; whoever wants another value "
	       "writes it, and this change says in words what the sides were"));
	if (u->why.code)
		outcome_warn(u->o, u->why.msg, u->why.n_args > 0 ? u->why.arg[0] : NULL,
		    u->why.n_args > 1 ? u->why.arg[1] : NULL, u->why.n_args > 2 ? u->why.arg[2] : NULL);
	if (!args_has(a, "json"))
		return;
	buf_puts(&u->o->output, "{\"undone\": [");
	for (size_t i = 0; i < u->undone.n; i++)
		buf_printf(&u->o->output, "%s\"%s\"", i ? ", " : "", u->undone.items[i]);
	buf_puts(&u->o->output, "]}\n");
}

int conflict_op_undo(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct undoing u = {.v = v, .o = o, .arena = &o->arena, .prefix = args_word(a, 0)};
	struct oids tried = {0};
	bool found = true;
	int rc = 0;
	u.me = writing_name(v, u.arena);
	while (rc == 0 && found && !u.change) {
		rc = find(&u, &tried, &found, err);
		if (rc || !found)
			break;
		oids_add(&tried, &u.settlement.id);
		rc = undo_settlement(&u, err);
		/* What was taken back already is passed over; what others built on is not. */
		if (rc == 0 && !u.change && !u.over)
			break;
	}
	if (rc == 0 && !u.change)
		rc = nothing(&u, err);
	if (rc == 0)
		tell(&u, a);
	buf_free(&u.words);
	strs_free(&u.undone);
	oids_free(&tried);
	return rc;
}

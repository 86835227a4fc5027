/* A change is taken in, and its values are written over. */
#include "node/held.h"

#include <string.h>

#include "base/sys.h"
#include "control/control.h"
#include "record/date.h"

#define DIRECTIVES "directives/"

struct override {
	struct node *node;
	const struct change *c;
	enum field_writer role;
	struct outcome o;
	struct change *out;
	struct control_request *req;
};

struct reverting {
	const struct override *v;
	const char *path;
	const struct record *now;
	struct record *result;
	bool any, kept;
};

static void revert_field(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct reverting *r = ctx;
	const struct field_type *top = NULL;
	unsigned writers = WRITER_UNIT | WRITER_SUPERIOR;
	if (!str_same(record_get(r->now, field), new_value))
		return; /* somebody has written it since */
	if (type_field(r->result->type, field, &top) && top)
		writers = top->writers;
	if (!(writers & r->v->role) || strcmp(r->result->type->name, "unit") == 0) {
		r->kept = true;
		return;
	}
	record_put(r->result, field, old_value);
	r->any = true;
}

/* A record as it was; without any field where there was none. */
static int read_record(struct node *n, struct arena *arena, const char *ledger, const struct oid *at,
    const char *path, struct record *out, struct err *err)
{
	struct err absent = {0};
	int rc = at && oid_is_zero(at) ? ERR_NOT_FOUND
				       : store_record(n->store, ledger, at, path, arena, out, &absent);
	if (rc == ERR_NOT_FOUND)
		record_init(out, arena, type_by_path(ledger, path));
	else if (rc)
		*err = absent;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int revert_record(struct override *v, const char *path, struct err *err)
{
	struct arena *arena = &v->o.arena;
	struct record before, after, now, result;
	const char *ledger = v->c->ledger;
	if (strncmp(path, "conflicts/", 10) == 0 || !type_by_path(ledger, path))
		return 0;
	int rc = read_record(v->node, arena, ledger, &v->c->parent, path, &before, err);
	if (rc == 0)
		rc = read_record(v->node, arena, ledger, &v->c->id, path, &after, err);
	if (rc == 0)
		rc = read_record(v->node, arena, ledger, NULL, path, &now, err);
	if (rc)
		return rc;
	record_init(&result, arena, now.type);
	for (size_t i = 0; i < now.n; i++)
		record_put(&result, now.fields[i].path, now.fields[i].value);
	struct reverting r = {.v = v, .path = path, .now = &now, .result = &result};
	record_diff(&before, &after, revert_field, &r);
	if (r.kept)
		control_note(v->req, true, N_("%1 of %2 stays as it is: only %3 may write it"),
		    (const char *const[]){path, ledger, v->c->unit}, 3);
	if (r.any)
		outcome_put(&v->o, v->out, path, result.n ? &result : NULL);
	return 0;
}

/* Nothing of it stands any more: the word that it does not count stands alone, where its unit reads it. */
static void say_so_alone(struct override *v, const char *hex, const char *reason)
{
	struct record rec;
	char now[32];
	struct arena *arena = &v->o.arena;
	date_time_print(sys_now(), now);
	record_init(&rec, arena, type_by_name("incident"));
	record_put(&rec, "kind", "aside");
	record_put(
	    &rec, "reason", arena_printf(arena, "%s%s%s", hex, reason ? ": " : "", reason ? reason : ""));
	record_put(&rec, "opened", arena_dup(arena, now));
	record_put(&rec, "closed", arena_dup(arena, now));
	outcome_put(&v->o, v->out, arena_printf(arena, "incidents/aside-%.16s.yaml", hex), &rec);
}

static int write_over(struct node *n, struct control_request *req, const struct held_change *h,
    const char *reason, struct err *err)
{
	struct override v = {.node = n, .req = req, .role = WRITER_SUPERIOR};
	struct change c;
	char hex[OID_HEX + 1];
	oid_hex(&h->change, hex);
	int rc = store_change(n->store, h->ledger, &h->change, &v.o.arena, &c, err);
	v.c = &c;
	if (strcmp(strchr(h->ledger, '/') + 1, n->config.unit) == 0)
		v.role = WRITER_UNIT;
	v.out = outcome_change(&v.o, h->ledger, "held: set aside",
	    arena_printf(
		&v.o.arena, HELD_SETS_ASIDE "%s%s%s", hex, reason ? "\n" : "", reason ? reason : ""));
	for (size_t i = 0; rc == 0 && i < c.n_records; i++)
		rc = revert_record(&v, c.records[i].path, err);
	if (rc == 0 && v.out->n_records == 0) {
		control_say(req, N_("nothing of %1 stands any more that could be written over"), hex);
		if (v.role == WRITER_SUPERIOR)
			say_so_alone(&v, hex, reason);
	}
	if (rc == 0)
		rc = node_write(n, &v.o, err);
	outcome_free(&v.o);
	return rc;
}

/* In directives nobody writes but who they are of. */
static bool is_ours_to_write(const struct node *n, const char *ledger)
{
	return strncmp(ledger, DIRECTIVES, strlen(DIRECTIVES)) != 0 ||
	       strcmp(ledger + strlen(DIRECTIVES), n->config.unit) == 0;
}

int node_held_set_aside(struct node *n, struct control_request *req, struct err *err)
{
	struct arena arena = {0};
	struct held_changes list = {0};
	const struct held_change *h = NULL;
	const struct held_asked all = {0};
	const char *typed = args_word(&req->args, 0), *reason = args_get(&req->args, "reason");
	int rc = node_admitted(n, err);
	if (rc == 0)
		rc = held_list(n->store, n->registry, &all, &arena, &list, err);
	if (rc == 0)
		rc = held_pick(&list, typed ? typed : "", &h, err);
	bool decides = h && str_is(h->why.grant->narrower, n->config.unit);
	bool own =
	    h && strncmp(h->ledger, DIRECTIVES, strlen(DIRECTIVES)) == 0 && is_ours_to_write(n, h->ledger);
	if (rc == 0 && !decides && !own) {
		err_set(err, ERR_REFUSED, N_("what becomes of this change is for %1 to decide"),
		    h->why.grant->narrower);
		rc = err->code;
	}
	if (rc == 0 && !h->taken)
		rc = node_held_take_in(n, h, true, err);
	if (rc == 0 && is_ours_to_write(n, h->ledger)) {
		rc = write_over(n, req, h, reason, err);
	} else if (rc == 0) {
		control_say(req,
		    N_("it is taken in; it stands in %1, where only its unit can write over it: "
		       "`tuyen held set-aside %2` at its node"),
		    h->ledger, typed);
	}
	arena_free(&arena);
	return rc;
}

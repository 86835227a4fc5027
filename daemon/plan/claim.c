#include "plan/claim.h"

#include <string.h>

struct claim_judge {
	const struct claim_source *source;
	const struct change *change;
	const struct change_texts *texts;
	const struct record_type *type;
	struct arena *arena;
	const char *ledger, *plan; /* of the record being judged */
	struct err *err;
};

static int refuse(struct claim_judge *j, const char *field)
{
	err_set(j->err, ERR_REFUSED, N_("%1 claims %2 for the agency %3, but the plan does not say so"),
	    j->change->unit, field, j->change->agency ? j->change->agency : "-");
	err_rule(j->err, "claim", j->texts ? j->texts->path : NULL, field);
	return j->err->code;
}

/* Plans of a former superior do not come along when a unit moves; the nodes that hold them judge what rests on them. */
static bool is_left_behind(const struct claim_judge *j)
{
	const struct registry *r = j->source->registry;
	const char *owner = strchr(j->change->ledger, '/'), *issuer = strchr(j->ledger, '/') + 1;
	return r && owner && registry_was_above(r, issuer, owner + 1) &&
	       !registry_is_above(r, issuer, owner + 1);
}

/* Does the plan's record at the basis name our agency in this field? */
static int plan_says(
    struct claim_judge *j, const char *path, const char *field, const char *value, const char *claimed)
{
	struct record r;
	int rc =
	    j->source->read(j->source->ctx, j->ledger, &j->change->claim_basis, path, j->arena, &r, j->err);
	if (rc == ERR_NOT_FOUND) {
		ERR_CLEAR(j->err);
		return refuse(j, claimed);
	}
	if (rc == ERR_PARKED && is_left_behind(j)) {
		ERR_CLEAR(j->err);
		return 0;
	}
	if (rc)
		return rc;
	const char *said = record_get(&r, field);
	return said && strcmp(said, value) == 0 ? 0 : refuse(j, claimed);
}

static void check_field(void *ctx, const char *field, const char *before, const char *after)
{
	struct claim_judge *j = ctx;
	(void)before;
	(void)after;
	if (j->err->code || strncmp(field, "values.", 7) != 0)
		return;
	const char *path = arena_printf(j->arena, "plans/%s/indicators/%s.yaml", j->plan, field + 7);
	plan_says(j, path, "owner", j->change->agency, field);
}

static int check_owner(struct claim_judge *j)
{
	struct record before, after, *old = NULL, *now = NULL;
	const struct change_texts *t = j->texts;
	int rc = 0;
	if (t->before &&
	    (rc = record_parse(old = &before, j->arena, j->type, t->before, t->before_len, j->err)) != 0)
		return rc;
	if (t->after &&
	    (rc = record_parse(now = &after, j->arena, j->type, t->after, t->after_len, j->err)) != 0)
		return rc;
	record_diff(old, now, check_field, j);
	return j->err->code;
}

static int check_record(struct claim_judge *j)
{
	char issuer[65], plan[65], task[65];
	const char *path = j->texts->path;
	j->type = type_by_path(j->change->ledger, path);
	if (!j->type || strcmp(j->type->name, "conflict") == 0)
		return 0;
	bool report = strcmp(j->type->name, "report") == 0, progress = strcmp(j->type->name, "progress") == 0;
	if ((!report && !progress) || !type_path_part(j->type, path, 0, issuer) ||
	    !type_path_part(j->type, path, 1, plan))
		return refuse(j, path);
	j->ledger = arena_printf(j->arena, "directives/%s", issuer);
	j->plan = arena_dup(j->arena, plan);
	if (report)
		return j->change->claim == CLAIM_OWNER ? check_owner(j) : refuse(j, path);
	if (j->change->claim != CLAIM_LEAD || !type_path_part(j->type, path, 2, task))
		return refuse(j, path);
	return plan_says(j, arena_printf(j->arena, "plans/%s/tasks/%s.yaml", plan, task),
	    arena_printf(j->arena, "lead.%s", j->change->agency), "+", path);
}

int claim_check(const struct claim_source *source, const struct change *c, const struct change_texts *texts,
    size_t n, struct err *err)
{
	if (c->claim == CLAIM_NONE)
		return 0;
	struct arena arena = {0};
	struct claim_judge j = {.source = source, .change = c, .texts = texts, .arena = &arena, .err = err};
	int rc = c->agency && n ? 0 : refuse(&j, "");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		j.texts = &texts[i];
		rc = check_record(&j);
	}
	arena_free(&arena);
	return rc;
}

/*
 * Nothing that the store says is believed: each change is held against the history of what came before it, as if it had
 * just arrived.
 */
#include <stdlib.h>
#include <string.h>

#include "store/draft.h"
#include "store/verify_inside.h"

#define CHAIN_MAX 64 /* grants up to the anchor; tiers are far fewer */

/* The kind of a problem by the rule that was broken. */
static const char *kind_of(const struct err *what)
{
	static const char *const kinds[][2] = {
	    {"signature", "signature"},
	    {"grant", "grant"},
	    {"ledger", "right"},
	    {"path", "form"},
	    {"right", "right"},
	    {"sealed", "right"},
	    {"rank", "right"},
	    {"keys", "right"},
	    {"unit", "right"},
	    {"size", "form"},
	    {"form", "form"},
	    {"settle", "settle"},
	    {"merge", "merge"},
	    {"state", "state"},
	    {"claim", "claim"},
	    {"receipt", "receipt"},
	};
	for (size_t i = 0; what->rule && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(what->rule, kinds[i][0]) == 0)
			return kinds[i][1];
	return what->rule ? what->rule : what->code == ERR_PARKED ? "grant" : "commit";
}

/* ---- merges ---- */

static int check_merge(struct verify *v, const struct oid *commit, const struct oids *heads, struct err *err)
{
	struct stage stage = {0};
	struct oid again;
	int rc = draft_merge(v->s, v->history, v->ledger, heads, NULL, &stage, &again, err);
	if (rc == 0 && !oid_eq(&again, commit)) {
		char hex[OID_HEX + 1];
		oid_hex(commit, hex);
		rc = err_set(err, ERR_CORRUPT, N_("merge %1 in ledger %2 is not what the merge rule gives"),
		    hex, v->ledger);
		err_hint(err, N_("one of the two programs computes merges wrongly: compare their versions"));
	}
	stage_free(&stage);
	return rc;
}

void verify_merge(struct verify *v, const struct oid *commit, const struct oids *heads)
{
	struct err err = {0};
	char hex[OID_HEX + 1];
	if (heads->n < 2)
		return;
	oid_hex(commit, hex);
	void **seen = table_at(&v->merges, hex);
	if (*seen)
		return;
	*seen = v;
	v->report->merges++;
	v->proof->merges++;
	if (check_merge(v, commit, heads, &err))
		verify_tell(v, "merge", commit, &err);
}

/* ---- grants ---- */

bool verify_grant_stands(const struct verify *v, const struct registry_grant *g)
{
	for (int depth = 0; g && depth < CHAIN_MAX; depth++, g = g->by)
		if (!g->by)
			return registry_is_rooted(v->o->registry, g->unit) &&
			       (oid_is_zero(&g->change) || oid_eq(&g->change, &registry_reserve));
	return false;
}

/* True where it is not to be told: a registry that could not be read does not know it, or it was told already. */
static bool is_excused(struct verify *v, const struct change *c)
{
	char hex[OID_HEX + 1];
	oid_hex(&c->grant, hex);
	void **told = table_at(&v->grantless, hex);
	bool again = *told != NULL;
	*told = v;
	return v->o->registry_is_partial || again;
}

static int check_grant(struct verify *v, const struct change *c, const struct commit *commit,
    const struct load_texts *texts, struct err *err)
{
	char writer[136], hex[OID_HEX + 1];
	const struct registry_grant *grant = registry_grant(v->o->registry, &c->grant, c->unit, c->station);
	change_writer(c, writer);
	oid_hex(&c->id, hex);
	if (!grant) {
		err_set(err, ERR_PARKED, N_("change %1 was written under a grant of %2 that is not here"),
		    hex, writer);
		err_hint(err, N_("a sync with the superior brings the registry"));
		return ERR_PARKED;
	}
	if (!commit_verify(commit, grant->key)) {
		err_set(err, ERR_REFUSED, N_("change %1 does not bear a signature of %2"), hex, writer);
		err_rule(err, "signature", NULL, NULL);
		return ERR_REFUSED;
	}
	if (!verify_grant_stands(v, grant)) {
		err_set(err, ERR_REFUSED,
		    N_("change %1 was written under a grant of %2 that does not lead up to the anchor"), hex,
		    writer);
		err_rule(err, "grant", NULL, NULL);
		return ERR_REFUSED;
	}
	memory_under(&v->proved, v->proof, &c->grant, c->unit, c->station);
	return registry_check(v->o->registry, grant, c, texts->items, texts->n, err);
}

/* ---- the whole ---- */

static void count_records(struct verify *v, const struct load_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		size_t one = texts->items[i].before != texts->items[i].after && texts->items[i].after;
		v->report->records += one;
		v->proof->records += one;
	}
}

static int check_change(struct verify *v, const struct oid *id, struct arena *arena, struct err *err)
{
	struct commit commit;
	struct change c;
	struct oid before = {0};
	struct load_texts texts;
	struct merge_writes writes;
	int rc = load_commit(v->s, id, arena, &commit, err);
	if (rc == 0)
		rc = load_change(v->s, v->ledger, id, &commit, arena, &c, err);
	if (rc)
		return rc;
	verify_merge(v, &c.parent, &c.heads);
	const struct object *parent = objects_find(&v->objects, &c.parent);
	if (parent && parent->n)
		before = objects_child(&v->objects, parent, 0)->id;
	rc = load_texts(v->s, &c, &before, &commit.tree, arena, &texts, err);
	if (rc == 0)
		rc = load_writes(v->s, &c, &before, &texts, arena, &writes, err);
	if (rc == 0)
		rc = load_add(v->history, &c, &writes, err);
	if (rc)
		return rc;
	load_touched(&c, &texts, arena);
	count_records(v, &texts);
	rc = draft_check_state(v->history, &c, err);
	if (rc == 0)
		rc = check_grant(v, &c, &commit, &texts, err);
	if (rc == ERR_PARKED && is_excused(v, &c)) {
		ERR_CLEAR(err);
		v->unproved = true;
		return 0;
	}
	if (rc == 0 && v->o->judge)
		rc = v->o->judge(v->o->ctx, v->history, &c, texts.items, texts.n, err);
	return rc;
}

void verify_change(struct verify *v, const struct oid *id)
{
	struct arena arena = {0};
	struct err err = {0};
	v->report->changes++;
	if (check_change(v, id, &arena, &err))
		verify_tell(v, kind_of(&err), id, &err);
	arena_free(&arena);
}

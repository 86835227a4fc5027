/*
 * Nothing that the store says is believed: each ledger's history is built anew, parents first, and each change is
 * held against it as if it had just arrived.
 */
#include "store/verify.h"

#include <stdlib.h>
#include <string.h>

#include "store/draft.h"

struct verify {
	struct store *s;
	const struct registry *r;
	struct verify_report *report;
	void (*problem)(void *ctx, const char *ledger, const struct oid *commit, const struct err *what);
	void *ctx;
	const char *ledger;
	struct history *history;
	struct oids merges; /* recomputed already */
};

static void tell(struct verify *v, const struct oid *commit, const struct err *what)
{
	v->report->problems++;
	if (v->problem)
		v->problem(v->ctx, v->ledger, commit, what);
}

/* A merge must be there with all it holds, and be the one that the rule gives. */
static int check_merge(struct verify *v, const struct oid *commit, const struct oids *heads, struct err *err)
{
	struct stage stage = {0};
	struct arena arena = {0};
	struct tree_differences differences = {0};
	struct oid again, first, tree;
	int rc = draft_merge(v->s, v->history, v->ledger, heads, &stage, &again, err);
	if (rc == 0 && !oid_eq(&again, commit)) {
		char hex[OID_HEX + 1];
		oid_hex(commit, hex);
		rc = err_set(err, ERR_CORRUPT, N_("merge %1 in ledger %2 is not what the merge rule gives"),
		    hex, v->ledger);
		err_hint(err, N_("one of the two programs computes merges wrongly: compare their versions"));
	}
	if (rc == 0)
		rc = load_tree(v->s, &heads->items[0], &first, err);
	if (rc == 0)
		rc = load_tree(v->s, commit, &tree, err);
	if (rc == 0)
		rc = tree_compare(v->s, &first, &tree, &arena, &differences, err);
	for (size_t i = 0; rc == 0 && i < differences.n; i++) {
		const char *text;
		size_t len;
		if (!oid_is_zero(&differences.items[i].after))
			rc = repo_blob(v->s, &differences.items[i].after, &arena, &text, &len, err);
	}
	free(differences.items);
	stage_free(&stage);
	arena_free(&arena);
	return rc;
}

/* Each merge once. */
static void verify_merge(struct verify *v, const struct oid *commit, const struct oids *heads)
{
	struct err err = {0};
	if (heads->n < 2 || oids_has(&v->merges, commit))
		return;
	oids_add(&v->merges, commit);
	v->report->merges++;
	if (check_merge(v, commit, heads, &err))
		tell(v, commit, &err);
}

static int check_form(struct verify *v, const struct load_texts *texts, struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < texts->n; i++) {
		const struct change_texts *t = &texts->items[i];
		const struct record_type *type = type_by_path(v->ledger, t->path);
		struct record record;
		if (t->before == t->after || !t->after)
			continue;
		v->report->records++;
		if (!type) {
			err_set(err, ERR_CORRUPT, N_("no kind of record stands at %1 in ledger %2"), t->path,
			    v->ledger);
			err_rule(err, "form", t->path, NULL);
			return err->code;
		}
		if (record_parse(&record, arena, type, t->after, t->after_len, err)) {
			err_at(err, t->path, 0, 0);
			err_rule(err, "form", t->path, NULL);
			return err->code;
		}
	}
	return 0;
}

static int check_grant(struct verify *v, const struct change *c, const struct commit *commit,
    const struct load_texts *texts, struct err *err)
{
	char writer[136], hex[OID_HEX + 1];
	const struct registry_grant *grant = registry_grant(v->r, &c->grant, c->unit, c->station);
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
	return registry_check(v->r, grant, c, texts->items, texts->n, err);
}

static int check_change(struct verify *v, const struct oid *id, struct arena *arena, struct err *err)
{
	struct commit commit;
	struct change c;
	struct oid before;
	struct load_texts texts;
	struct merge_writes writes;
	int rc = load_commit(v->s, id, arena, &commit, err);
	if (rc == 0)
		rc = load_change(v->s, v->ledger, id, &commit, arena, &c, err);
	if (rc)
		return rc;
	verify_merge(v, &c.parent, &c.heads);
	rc = load_tree(v->s, &c.parent, &before, err);
	if (rc == 0)
		rc = load_texts(v->s, &c, &before, &commit.tree, arena, &texts, err);
	if (rc == 0)
		rc = load_writes(v->s, &c, &before, &texts, arena, &writes, err);
	if (rc == 0)
		rc = load_add(v->history, &c, &writes, err);
	if (rc)
		return rc;
	load_touched(&c, &texts, arena);
	rc = check_form(v, &texts, arena, err);
	if (rc == 0)
		rc = draft_check_state(v->history, &c, err);
	return rc ? rc : check_grant(v, &c, &commit, &texts, err);
}

static void verify_changes(struct verify *v, const struct oids *order)
{
	for (size_t i = 0; i < order->n; i++) {
		struct arena arena = {0};
		struct err err = {0};
		v->report->changes++;
		if (check_change(v, &order->items[i], &arena, &err))
			tell(v, &order->items[i], &err);
		arena_free(&arena);
	}
}

static void verify_ledger(struct verify *v, const char *ledger)
{
	struct oid tip = {0};
	struct oids heads = {0}, order = {0};
	struct err err = {0};
	v->ledger = ledger;
	v->history = history_new();
	v->report->ledgers++;
	int rc = store_tip(v->s, ledger, &tip, &err);
	if (rc == 0)
		rc = load_heads(v->s, &tip, &heads, &err);
	if (rc == 0)
		rc = load_order(v->s, &heads, NULL, &order, &err);
	if (rc == 0) {
		verify_changes(v, &order);
		verify_merge(v, &tip, &heads);
	} else {
		tell(v, &tip, &err);
	}
	history_free(v->history);
	oids_free(&v->merges);
	oids_free(&heads);
	oids_free(&order);
}

int verify_store(struct store *s, const struct registry *r, struct verify_report *report,
    void (*problem)(void *ctx, const char *ledger, const struct oid *commit, const struct err *what),
    void *ctx, struct err *err)
{
	struct verify v = {.s = s, .r = r, .report = report, .problem = problem, .ctx = ctx};
	struct strs ledgers = {0};
	*report = (struct verify_report){0};
	int rc = store_ledgers(s, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		verify_ledger(&v, ledgers.items[i]);
	strs_free(&ledgers);
	return rc;
}

/* A principal is what git shows as the author: the e-mail of the role account. */
static void add_signer(void *ctx, const struct registry_grant *g)
{
	struct change c = {.unit = g->unit, .station = g->station};
	struct buf author = {0}, line = {0};
	char key[KEY_TEXT_SIZE];
	change_author(&c, &author);
	key_text(g->key, key);
	const char *mail = strchr(buf_str(&author), '<');
	if (mail) {
		buf_printf(&line, "%.*s namespaces=\"git\" %s\n", (int)strcspn(mail + 1, ">"), mail + 1, key);
		strs_add(ctx, buf_str(&line));
	}
	buf_free(&author);
	buf_free(&line);
}

void verify_allowed_signers(const struct registry *r, struct buf *out)
{
	struct strs lines = {0};
	registry_grants(r, add_signer, &lines);
	strs_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		buf_puts(out, lines.items[i]);
	strs_free(&lines);
}

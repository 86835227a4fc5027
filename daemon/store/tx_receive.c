#include "store/draft.h"

#include <stdlib.h>
#include <string.h>

static int check_heads(const struct history *h, const struct change *c, struct err *err)
{
	struct oids maximal = {0};
	for (size_t i = 0; i < c->heads.n; i++) {
		char hex[OID_HEX + 1];
		if (history_has(h, &c->heads.items[i]))
			continue;
		oid_hex(&c->heads.items[i], hex);
		err_set(err, ERR_PARKED, N_("a change of ledger %1 builds on %2, which has not arrived"),
		    c->ledger, hex);
		err_hint(err, N_("it is taken up as soon as a sync brings the other"));
		return ERR_PARKED;
	}
	oids_copy(&maximal, &c->heads);
	history_maximal(h, &maximal);
	bool right = oids_eq(&maximal, &c->heads);
	oids_free(&maximal);
	return right ? 0
		     : DRAFT_REFUSE(
			   err, "merge", NULL, N_("a change names heads of which one has seen another"));
}

/* What has seen a newer rule follows it. */
static int check_rule(const struct history *h, const struct change *c, struct err *err)
{
	if (c->rule > MERGE_RULE) {
		err_set(err, ERR_PARKED,
		    N_("a change of ledger %1 follows a newer merge rule than this program knows"),
		    c->ledger);
		err_hint(err, N_("upgrade tuyen on this node; the change is kept aside until then"));
		err_rule(err, "rule", NULL, NULL);
		return ERR_PARKED;
	}
	return c->rule >= merge_rule(h, &c->heads)
		   ? 0
		   : DRAFT_REFUSE(err, "form", NULL, N_("a change follows no known merge rule"));
}

/* Against what it stands on: the time a writer gives is never before his parent's, nor out of bounds. */
static int check_place(const struct draft *d, const struct change *c, struct err *err)
{
	char parent[OID_HEX + 1];
	oid_hex(&d->c.parent, parent);
	bool other_id = !oid_is_zero(&c->parent) && !oid_eq(&c->parent, &d->c.parent);
	if (other_id || (c->parent_check && memcmp(c->parent_check, d->c.parent.b, CHANGE_CHECK_SIZE) != 0)) {
		err_set(err, ERR_REFUSED,
		    N_("a change of ledger %1 stands on another merge than %2, which the rule gives here"),
		    c->ledger, parent);
		err_hint(err, N_("one of the two programs computes merges wrongly: compare their versions"));
		err_rule(err, "merge", NULL, NULL);
		return ERR_REFUSED;
	}
	if (c->time < DRAFT_TIME_FIRST || c->time >= DRAFT_TIME_END || c->time < d->parent_time)
		return DRAFT_REFUSE(err, "form", NULL,
		    N_("a change bears a time before that of what it stands on, or out of bounds"));
	return 0;
}

/* A change carries what it touches and nothing else. */
static int check_touched(const struct draft *d, struct err *err)
{
	for (size_t i = 0; i < d->texts.n; i++) {
		const struct change_texts *t = &d->texts.items[i];
		if (t->before == t->after && t->before)
			continue; /* a conflict that is settled and stays */
		if (t->before_len == t->after_len && !t->before == !t->after &&
		    (!t->before || memcmp(t->before, t->after, t->before_len) == 0))
			return DRAFT_REFUSE(err, "form", t->path,
			    N_("%1 is carried by a change that does not touch it"), t->path);
	}
	return 0;
}

static int check_signature(
    struct draft *d, const struct change *c, const unsigned char *public_key, struct err *err)
{
	struct commit commit;
	int rc = draft_commit(d, d->c.records, d->c.n_records, &commit, err);
	if (rc)
		return rc;
	commit.is_signed = true;
	memcpy(commit.public_key, public_key, KEY_PUBLIC_SIZE);
	memcpy(commit.signature, c->signature, KEY_SIGNATURE_SIZE);
	draft_print(d, &commit);
	if (!commit_verify(&commit, public_key) || (!oid_is_zero(&c->id) && !oid_eq(&c->id, &d->c.id)))
		return DRAFT_REFUSE(err, "signature", NULL,
		    N_("the signature of a change in ledger %1 does not fit its words"), c->ledger);
	return 0;
}

/* Everything that can be asked of a change, in order of what the answer costs. *known: it is there already. */
static int receive(struct draft *d, const struct change *c, const unsigned char *public_key, judge_fn *judge,
    void *ctx, bool *known, struct err *err)
{
	int rc = check_place(d, c, err);
	if (rc == 0)
		rc = draft_words(d, c, err);
	if (rc == 0)
		rc = draft_texts(d, err);
	if (rc == 0)
		rc = check_touched(d, err);
	if (rc == 0)
		rc = check_signature(d, c, public_key, err);
	if (rc)
		return rc;
	*known = history_has(d->history, &d->c.id);
	if (*known)
		return 0;
	if (judge)
		rc = judge(ctx, &d->c, d->texts.items, d->texts.n, err);
	bool hold = rc == TX_HELD;
	if (rc == 0 || hold)
		rc = draft_into_history(d, err);
	if (rc == 0)
		rc = draft_check_state(d->history, &d->c, err);
	return rc == 0 && hold ? TX_HELD : rc;
}

/* What is wrong with the ledger here is not the fault of what comes in: it is not refused, and comes again. */
static int own_fault(int rc, struct err *err)
{
	if (rc == ERR_REFUSED || rc == ERR_INPUT || rc == ERR_PEER)
		err->code = rc = ERR_CORRUPT;
	return rc;
}

int tx_receive(struct tx *tx, const struct change *c, const unsigned char public_key[KEY_PUBLIC_SIZE],
    judge_fn *judge, void *ctx, struct oid *id, bool *known, struct err *err)
{
	struct tx_ledger *ledger;
	struct history *h;
	struct draft d = {0};
	*known = false;
	*id = (struct oid){0};
	if (!repo_ledger_name(c->ledger))
		return DRAFT_REFUSE(err, "ledger", NULL, N_("'%1' is not the name of a ledger"), c->ledger);
	int rc = tx_ledger_at(tx, c->ledger, &ledger, err);
	if (rc == 0)
		rc = own_fault(store_history(tx->s, c->ledger, &h, err), err);
	if (rc == 0 && !oid_is_zero(&c->id) && history_has(h, &c->id)) {
		*known = true;
		*id = c->id;
		return 0;
	}
	if (rc == 0)
		rc = check_rule(h, c, err);
	if (rc == 0)
		rc = check_heads(h, c, err);
	if (rc)
		return rc;
	rc = own_fault(draft_begin(&d, tx, c->ledger, &c->heads, err), err);
	if (rc == 0)
		rc = receive(&d, c, public_key, judge, ctx, known, err);
	if (rc == ERR_REFUSED)
		err_hint(err, N_("its writer must write it again; everything else goes on"));
	*id = d.c.id;
	if (rc == 0 && !*known)
		rc = draft_keep(&d, ledger, err);
	if (rc == TX_HELD && draft_hold(&d, err) < 0)
		rc = err->code;
	draft_free(&d);
	return rc;
}

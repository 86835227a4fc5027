#include "node/arrival.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/admission.h"
#include "node/heal.h"
#include "node/held.h"
#include "node/incidents.h"
#include "node/rate.h"
#include "plan/receipt.h"
#include "record/screen.h"
#include "store/held.h"

struct judging {
	struct node *node;
	const struct arrival *arrival;
	bool fresh; /* units came in this very transaction, which the registry has not read yet */
	const struct registry_grant *grant;
	struct rate_late late; /* why it was parked */
};

/* Whoever holds a key that the superior had once may not go on under it as if nothing had happened. */
static int check_beyond_doubt(const struct judging *j, const struct change *c, struct err *err)
{
	struct registry_past past = held_past(j->node->store);
	if (registry_trust(j->grant, c->ledger, &c->id, &past) != TRUST_CONFIRM)
		return 0;
	err_set(err, ERR_PARKED,
	    N_("what %1 wrote in %2 under a key that has ended waits until its superior confirms it"),
	    c->unit, c->ledger);
	return ERR_PARKED;
}

static int judge(
    void *ctx, const struct change *c, const struct change_texts *texts, size_t n, struct err *err)
{
	struct judging *j = ctx;
	/* What comes back from above the superior has taken in after all. */
	int rc = j->arrival->from_above ? 0 : node_heal_check(j->node, &c->id, err);
	if (rc == 0)
		rc = registry_check(j->node->registry, j->grant, c, texts, n, err);
	if (rc == 0)
		rc = node_check_claim(j->node, c, texts, n, err);
	if (rc == 0)
		rc = node_admission(j->node, j->arrival->from_above, c, texts, n, err);
	if (rc == 0 && j->arrival->unproven)
		rc = check_beyond_doubt(j, c, err);
	if (rc || j->arrival->from_above || j->arrival->decided)
		return rc;
	rc = node_rate_arrival(j->node, c, &j->late, err);
	if (rc)
		return rc;
	return node_held_judge(j->node, j->grant, c, j->arrival->peer);
}

/* Complete the heads of a change by what came before it in the batch. False: one of those was not stored. */
static bool complete_heads(const struct arrival *a, const struct arrival_result *results, struct change *c)
{
	*c = *a->change;
	c->parent_check = a->parent_check;
	oids_copy(&c->heads, &a->change->heads);
	for (size_t i = 0; i < a->n_earlier; i++) {
		const struct arrival_result *r = &results[a->earlier[i]];
		if (r->status != ARRIVAL_STORED && r->status != ARRIVAL_KNOWN)
			return false;
		oids_add(&c->heads, &r->id);
	}
	oids_sort(&c->heads);
	return true;
}

/* Is the change here that a writer names as his grant? Then it grants him nothing, or the registry would know it. */
static bool grant_is_here(struct node *n, const struct oid *grant)
{
	struct strs ledgers = {0};
	struct err err = {0};
	bool here = oid_is_zero(grant);
	int rc = here ? 0 : store_ledgers(n->store, &ledgers, &err);
	for (size_t i = 0; rc == 0 && !here && i < ledgers.n; i++) {
		struct history *h;
		here = strncmp(ledgers.items[i], "directives/", 11) == 0 &&
		       store_history(n->store, ledgers.items[i], &h, &err) == 0 && history_has(h, grant);
	}
	strs_free(&ledgers);
	return here;
}

/* One more that has seen none of the heads of its ledger, where there are too many already? The price of a merge grows
 * faster than the number of its heads. Honest nodes each write in one line, so heads are never more than writers. What
 * waits is welcome when somebody has written on top of the others. Asked of whoever writes; those who hand on what was
 * taken in elsewhere may do so in another order, by which there are more in between. */
static bool is_one_too_many(struct node *n, const struct arrival *a, const struct change *c)
{
	const char *at = a->peer ? strchr(a->peer, '@') : NULL;
	size_t most = str_is(at ? at + 1 : a->peer, c->unit) ? ARRIVAL_HEADS_MAX : 4 * ARRIVAL_HEADS_MAX;
	struct history *h;
	struct err err = {0};
	struct oids tips = {0};
	if (a->from_above || store_history(n->store, c->ledger, &h, &err) != 0)
		return false;
	history_tips(h, &tips);
	bool many = tips.n >= most;
	for (size_t i = 0; many && i < c->heads.n; i++)
		many = !oids_has(&tips, &c->heads.items[i]);
	oids_free(&tips);
	return many;
}

/* An anchor above the one that is pinned here: the handover to it stands in another ledger of the same exchange. */
static bool is_new_anchor(const struct judging *j, const struct change *c)
{
	return j->arrival->from_above && !c->station &&
	       (oid_is_zero(&c->grant) || oid_eq(&c->grant, &registry_reserve));
}

static void receive(struct judging *j, struct tx *tx, const struct change *c, struct arrival_result *r)
{
	struct node *n = j->node;
	bool known = false;
	j->grant = registry_grant(n->registry, &c->grant, c->unit, c->station);
	if (!j->grant && !j->fresh && !is_new_anchor(j, c) && grant_is_here(n, &c->grant)) {
		char writer[136];
		change_writer(c, writer);
		err_set(&r->err, ERR_REFUSED, N_("a change of %1 names as its grant what grants %2 nothing"),
		    c->ledger, writer);
		err_rule(&r->err, "grant", NULL, NULL);
		r->status = ARRIVAL_REFUSED;
		return;
	}
	if (!j->grant) {
		err_set(
		    &r->err, ERR_PARKED, N_("the grant under which %1 wrote has not arrived yet"), c->unit);
		r->status = ARRIVAL_PARKED;
		return;
	}
	if (is_one_too_many(n, j->arrival, c)) {
		err_set(&r->err, ERR_PARKED,
		    N_("%1 has too many changes that have not seen each other; another one waits"),
		    c->ledger);
		r->status = ARRIVAL_PARKED;
		return;
	}
	j->late = (struct rate_late){0};
	int rc = tx_receive(tx, c, j->grant->key, judge, j, &r->id, &known, &r->err);
	if (rc == ERR_PARKED)
		r->late = j->late;
	if ((rc == 0 && !known && !j->arrival->from_above) || rc == TX_HELD)
		node_rate_taken(n, c);
	if (rc == 0)
		r->status = known ? ARRIVAL_KNOWN : ARRIVAL_STORED;
	else if ((r->held = rc == TX_HELD))
		err_set(&r->err, ERR_PARKED, N_("what %1 wrote in %2 is held until it is confirmed"), c->unit,
		    c->ledger);
	else if (rc == ERR_REFUSED || rc == ERR_INPUT || rc == ERR_PEER)
		r->status = ARRIVAL_REFUSED;
	else
		r->status = ARRIVAL_PARKED; /* also when the disk failed: it comes again */
}

/* Store batch[from..count) as far as the registry known now reaches. Returns the position of the first change that
 * waits for a grant which this very transaction may have brought, or count. */
static size_t store_run(struct node *n, const struct arrival *batch, size_t from, size_t count,
    struct arrival_result *results, struct err *err)
{
	struct tx *tx = NULL;
	struct judging j = {.node = n};
	size_t i = from;
	int rc = tx_begin(n->store, &tx, err);
	for (; rc == 0 && i < count; i++) {
		struct change c;
		j.arrival = &batch[i];
		if (complete_heads(&batch[i], results, &c))
			receive(&j, tx, &c, &results[i]);
		else
			results[i].status = ARRIVAL_PARKED;
		bool waits = results[i].status == ARRIVAL_PARKED && results[i].err.code == ERR_PARKED;
		if (results[i].status == ARRIVAL_STORED && strncmp(c.ledger, "directives/", 11) == 0)
			j.fresh = true;
		oids_free(&c.heads);
		if (waits && j.fresh)
			break;
	}
	if (rc == 0)
		rc = tx_commit(tx, err);
	if (rc == 0)
		node_moved(n, tx_moved(tx));
	tx_destroy(tx);
	if (rc == 0)
		return i;
	for (size_t k = from; k < count; k++)
		if (results[k].status == ARRIVAL_STORED || k >= i)
			results[k].status = ARRIVAL_PARKED;
	return count;
}

/* Are we the direct superior of the unit whose reports these are? Then its receipts are ours to write. */
static bool is_superior_of(const struct node *n, const char *ledger)
{
	if (n->config.station || strncmp(ledger, "reports/", 8) != 0)
		return false;
	const struct registry_unit *unit = registry_unit(n->registry, ledger + 8);
	return unit && unit->parent && strcmp(unit->parent, n->config.unit) == 0;
}

/* What was received is written down in one transaction; where that fails, one by one, so that a receipt which cannot
 * be written keeps none from the others. */
static void sign_receipts(struct node *n, struct outcome *all)
{
	struct err err = {0};
	if (node_write(n, all, &err) == 0)
		return;
	for (size_t i = 0; i < all->n_changes; i++) {
		const struct change *c = &all->changes[i];
		for (size_t k = 0; k < c->n_records; k++) {
			struct outcome one = {0};
			struct change *alone = outcome_change(&one, c->ledger, c->subject, NULL);
			alone->records = &c->records[k];
			alone->n_records = 1;
			ERR_CLEAR(&err);
			if (node_write(n, &one, &err) != 0)
				log_err(LOG_WARNING, "receipt", &err);
			outcome_free(&one);
		}
	}
}

static void put_receipt(const struct view *v, const char *ledger, const char *path, struct outcome *o)
{
	struct err err = {0};
	if (strncmp(path, "reports/", 8) == 0 && receipt_for(v, ledger, path, o, &err) != 0)
		log_err(LOG_WARNING, "receipt", &err);
}

/* A direct superior answers submitted reports with signed receipts, in the same breath. */
static void write_receipts(
    struct node *n, const struct arrival *batch, size_t count, const struct arrival_result *results)
{
	struct outcome o = {0};
	struct view v;
	node_view(n, &v);
	for (size_t i = 0; i < count; i++) {
		const struct change *c = batch[i].change;
		if (results[i].status != ARRIVAL_STORED || !is_superior_of(n, c->ledger))
			continue;
		for (size_t k = 0; k < c->n_records; k++)
			put_receipt(&v, c->ledger, c->records[k].path, &o);
	}
	sign_receipts(n, &o);
	outcome_free(&o);
}

void node_arrival_catch_up(struct node *n)
{
	struct strs ledgers = {0};
	struct err err = {0};
	struct outcome o = {0};
	struct view v;
	node_view(n, &v);
	int rc = n->config.admitted ? store_ledgers(n->store, &ledgers, &err) : 0;
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
		struct strs paths = {0};
		if (is_superior_of(n, ledgers.items[i]))
			rc = store_list(n->store, ledgers.items[i], NULL, "reports/", &paths, &err);
		for (size_t k = 0; rc == 0 && k < paths.n; k++)
			if (receipt_is_wanted(&v, ledgers.items[i], paths.items[k]))
				put_receipt(&v, ledgers.items[i], paths.items[k], &o);
		strs_free(&paths);
	}
	sign_receipts(n, &o);
	if (rc)
		log_err(LOG_WARNING, "receipts", &err);
	outcome_free(&o);
	strs_free(&ledgers);
}

/* For the people here: who sent it (what a change says of its writer need not be so) and which rule it broke. */
static void note_refused(struct node *n, const struct arrival *a, const struct arrival_result *r)
{
	char writer[136];
	change_writer(a->change, writer);
	node_incident(n, &(struct incident){.kind = "refused",
			     .unit = a->peer ? a->peer : writer,
			     .ledger = a->change->ledger,
			     .change = r->id,
			     .err = &r->err});
}

void node_arrival(struct node *n, const struct arrival *batch, size_t count, struct arrival_result *results)
{
	struct err err = {0};
	for (size_t i = 0; i < count; i++)
		results[i] = (struct arrival_result){.status = ARRIVAL_PARKED};
	for (size_t i = 0; i < count && err.code == 0;) {
		size_t next = store_run(n, batch, i, count, results, &err);
		if (next < count)
			ERR_CLEAR(&results[next].err); /* once more, now with the units that came */
		i = next;
	}
	if (err.code)
		log_err(LOG_ERROR, "store", &err);
	node_held_stored(n, batch, count, results);
	write_receipts(n, batch, count, results);
	for (size_t i = 0; i < count; i++) {
		if (results[i].status != ARRIVAL_REFUSED)
			continue;
		screen_err(&results[i].err);
		log_err(LOG_WARNING, "refused", &results[i].err);
		note_refused(n, &batch[i], &results[i]);
	}
}

/*
 * The order of things in tx_commit: canonical merges are made, then one syncfs puts all objects on the disk, then
 * HEAD names a ledger if it names none, then each ref moves by compare-and-swap and is synced. Whoever is killed in between leaves objects that nothing refers
 * to, and at most a lock, which the next writer finds under the flock and removes.
 */
#include "store/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "store/upkeep.h"

#define WAIT_MS 5000
#define SYNCS_PER_REF 2 /* libgit2: the file, then its directory */

int tx_begin(struct store *s, struct tx **out, struct err *err)
{
	struct buf path = {0};
	struct tx *tx = mem_alloc(sizeof *tx);
	tx->s = s;
	tx->lock = -1;
	buf_printf(&path, "%s/tuyen.lock", s->path);
	int rc = sys_lock(buf_str(&path), WAIT_MS, &tx->lock, err);
	if (rc == ERR_BUSY)
		err_hint(err, N_("another program is writing to this store; try again"));
	if (rc == 0)
		rc = upkeep_sweep(s, err);
	buf_free(&path);
	if (rc)
		tx_destroy(tx);
	else
		*out = tx;
	return rc;
}

static struct tx_ledger *known_ledger(struct tx *tx, const char *name)
{
	for (size_t i = 0; i < tx->n_ledgers; i++)
		if (strcmp(tx->ledgers[i].name, name) == 0)
			return &tx->ledgers[i];
	return NULL;
}

int tx_ledger_at(struct tx *tx, const char *name, struct tx_ledger **out, struct err *err)
{
	struct history *h;
	*out = known_ledger(tx, name);
	if (*out)
		return 0;
	struct tx_ledger fresh = {0};
	int rc = store_history(tx->s, name, &h, err);
	if (rc)
		return rc;
	struct err none = {0};
	if (store_tip(tx->s, name, &fresh.tip, &none))
		fresh.tip = (struct oid){0};
	fresh.last.id = fresh.tip;
	if (load_heads(tx->s, &fresh.tip, &fresh.last.heads, &none))
		fresh.last = (struct merged){0};
	fresh.name = mem_dup(name);
	history_tips(h, &fresh.heads);
	VEC_PUSH(tx->ledgers, tx->n_ledgers, fresh);
	*out = &tx->ledgers[tx->n_ledgers - 1];
	return 0;
}

/* Where the ref is to point: the only head, or the canonical merge, written but not yet synced; zero: nowhere. */
static int new_tip(struct tx *tx, struct tx_ledger *l, struct oid *tip, struct err *err)
{
	*tip = l->heads.n ? l->heads.items[0] : (struct oid){0};
	return l->heads.n < 2 ? 0 : draft_merge_write(tx, l, &l->heads, tip, err);
}

/* Compare and swap; a zero `old` must not exist yet, a zero `now` is put back to not existing. */
static int move_ref(
    struct tx *tx, const char *ledger, const struct oid *old, const struct oid *now, struct err *err)
{
	struct buf ref = {0};
	git_reference *made = NULL;
	git_oid from = repo_git_oid(old), to = repo_git_oid(now);
	int rc = repo_ref(ledger, &ref, err);
	if (rc == 0)
		rc = upkeep_unlock(tx->s, buf_str(&ref), err);
	if (rc == 0) {
		bool fresh = oid_is_zero(old);
		int git_rc = oid_is_zero(now) ? git_reference_remove(tx->s->git, buf_str(&ref))
					      : git_reference_create_matching(&made, tx->s->git,
						    buf_str(&ref), &to, !fresh, fresh ? NULL : &from, NULL);
		if (git_rc == GIT_EEXISTS)
			git_rc = GIT_EMODIFIED;
		rc = git_rc ? repo_fail(err, git_rc, "move ledger", ledger) : 0;
	}
	git_reference_free(made);
	buf_free(&ref);
	tx->syncs += SYNCS_PER_REF;
	return rc;
}

/* So that a stock clone has something to check out: HEAD names the first ledger there ever was. */
static int set_head(struct tx *tx, const char *ledger, struct err *err)
{
	struct buf ref = {0};
	if (git_repository_head_unborn(tx->s->git) != 1)
		return 0;
	int rc = repo_ref(ledger, &ref, err);
	if (rc == 0)
		rc = upkeep_unlock(tx->s, "HEAD", err);
	if (rc == 0) {
		int git_rc = git_repository_set_head(tx->s->git, buf_str(&ref));
		rc = git_rc ? repo_fail(err, git_rc, "write HEAD of", tx->s->path) : 0;
	}
	buf_free(&ref);
	tx->syncs += SYNCS_PER_REF;
	return rc;
}

static int move_all(struct tx *tx, const struct oid *tips, struct err *err)
{
	size_t done = 0;
	/* First: a HEAD that names what is not there yet harms nobody, a ref that moved cannot be called an error. */
	int rc = set_head(tx, tx->moved.items[0], err);
	if (rc)
		return rc;
	for (; rc == 0 && done < tx->n_ledgers; done++)
		if (tx->ledgers[done].changed)
			rc = move_ref(tx, tx->ledgers[done].name, &tx->ledgers[done].tip, &tips[done], err);
	if (rc == 0)
		return 0;
	for (done--; done-- > 0;) {
		struct err ignored = {0};
		if (tx->ledgers[done].changed)
			move_ref(tx, tx->ledgers[done].name, &tips[done], &tx->ledgers[done].tip, &ignored);
	}
	return rc;
}

static void remember_tips(struct tx *tx, const struct oid *tips)
{
	for (size_t i = 0; i < tx->n_ledgers; i++) {
		struct store_ledger *l = table_get(&tx->s->ledgers, tx->ledgers[i].name);
		if (!l || !l->history)
			continue;
		if (tx->ledgers[i].changed)
			l->tip = tips[i];
		index_write(tx->s, tx->ledgers[i].name, l->history, &l->index);
	}
}

int tx_commit(struct tx *tx, struct err *err)
{
	struct oid *tips = mem_alloc(tx->n_ledgers * sizeof *tips);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < tx->n_ledgers; i++) {
		if (!tx->ledgers[i].changed)
			continue;
		rc = new_tip(tx, &tx->ledgers[i], &tips[i], err);
		strs_add(&tx->moved, tx->ledgers[i].name);
	}
	if (rc == 0 && tx->moved.n) {
		rc = repo_sync(tx->s->path, err);
		tx->syncs++;
		if (rc == 0)
			rc = move_all(tx, tips, err);
	}
	if (rc == 0) {
		remember_tips(tx, tips);
		tx->committed = true;
	}
	strs_sort(&tx->moved);
	free(tips);
	return rc;
}

void tx_destroy(struct tx *tx)
{
	if (!tx)
		return;
	for (size_t i = 0; i < tx->n_ledgers; i++) {
		if (tx->ledgers[i].changed && !tx->committed)
			store_forget(tx->s, tx->ledgers[i].name);
		free(tx->ledgers[i].name);
		oids_free(&tx->ledgers[i].heads);
		oids_free(&tx->ledgers[i].last.heads);
	}
	free(tx->ledgers);
	strs_free(&tx->moved);
	sys_unlock(tx->lock);
	free(tx);
}

const struct strs *tx_moved(const struct tx *tx)
{
	return &tx->moved;
}

unsigned tx_syncs(const struct tx *tx)
{
	return tx->syncs;
}

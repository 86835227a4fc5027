#include "store/draft.h"

#include <stdlib.h>
#include <string.h>

/* A clock that is behind what was seen, or mad, does not count. */
static int64_t time_of(int64_t now, int64_t parent_time)
{
	if (now < DRAFT_TIME_FIRST || now >= DRAFT_TIME_END)
		now = DRAFT_TIME_FIRST;
	return now > parent_time ? now : parent_time;
}

static int by_path(const void *a, const void *b)
{
	const struct change_record *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The edits without those that change nothing, in order of their paths. */
static int real_edits(struct draft *d, const struct change *edits, struct change *own, struct err *err)
{
	int rc = 0;
	own->records = arena_alloc(&d->arena, edits->n_records * sizeof *own->records);
	own->n_records = 0;
	for (size_t i = 0; rc == 0 && i < edits->n_records; i++) {
		struct change_record r = edits->records[i];
		const char *before;
		size_t len;
		rc = load_record(d->s, &d->before, r.path, &d->arena, &before, &len, err);
		if (!r.text)
			r.len = 0;
		if (rc == 0 &&
		    (before ? !r.text || r.len != len || memcmp(before, r.text, len) != 0 : r.text != NULL))
			own->records[own->n_records++] = r;
	}
	if (own->n_records > 1)
		qsort(own->records, own->n_records, sizeof *own->records, by_path);
	return rc;
}

/* Of what its writer has seen. Tests of the next version may raise it. */
static int rule_of(const struct draft *d)
{
#ifdef TUYEN_NEXT
	if (getenv("TUYEN_RAISE"))
		return MERGE_RULE;
#endif
	return merge_rule(d->history, &d->c.heads);
}

static void sign_as(
    struct draft *d, const struct tx_writer *w, const struct change *edits, struct change *own)
{
	const char **settles = arena_alloc(&d->arena, edits->n_settles * sizeof *settles);
	*own = (struct change){
	    .ledger = edits->ledger,
	    .time = time_of(w->now, d->parent_time),
	    .unit = w->unit,
	    .station = w->station,
	    .agency = w->agency,
	    .rank = w->rank,
	    .rule = rule_of(d),
	    .grant = w->grant,
	    .claim = oid_is_zero(&edits->claim_basis) ? CLAIM_NONE : edits->claim,
	    .claim_basis = edits->claim_basis,
	    .subject = edits->subject,
	    .body = edits->body,
	    .settles = settles,
	};
	for (size_t i = 0; i < edits->n_settles; i++)
		settles[i] = edits->settles[i];
	if (edits->n_settles > 1)
		qsort(settles, edits->n_settles, sizeof *settles, by_text);
	for (size_t i = 0; i < edits->n_settles; i++)
		if (i == 0 || strcmp(settles[i], settles[own->n_settles - 1]) != 0)
			settles[own->n_settles++] = settles[i];
}

/* The records of the state, which must hold every edit as it was made: what has seen everything is overruled by
 * nothing. */
static int take_state(
    struct draft *d, const struct merge_result *state, struct change_record **out, struct err *err)
{
	struct change_record *records = arena_alloc(&d->arena, state->n * sizeof *records);
	for (size_t i = 0; i < state->n; i++) {
		const char *text = state->records[i].text;
		records[i] = (struct change_record){arena_dup(&d->arena, state->records[i].path),
		    arena_dup(&d->arena, text), text ? strlen(text) : 0};
	}
	*out = records;
	for (size_t i = 0; i < d->c.n_records; i++) {
		const struct change_record *edit = &d->c.records[i];
		if (strncmp(edit->path, "conflicts/", 10) == 0)
			continue;
		const struct change_record *now =
		    state->n ? bsearch(edit, records, state->n, sizeof *records, by_path) : NULL;
		bool same = now && (edit->text ? now->text && now->len == edit->len &&
						     !memcmp(now->text, edit->text, edit->len)
					       : !now->text);
		if (same)
			continue;
		err_set(err, ERR_REFUSED,
		    N_("%1 cannot be written as given: the merge rule gives it another value"), edit->path);
		err_hint(err, N_("look at the record and at 'tuyen conflict list', then write again"));
		err_rule(err, "state", edit->path, NULL);
		return ERR_REFUSED;
	}
	return 0;
}

/* What the rule makes of the edits: found out under an id that no commit has, since the id is a hash of the answer.
 * The answer does not depend on it: a change that has seen everything loses to nobody. */
static int find_state(struct draft *d, struct change_record **records, size_t *n, struct err *err)
{
	struct merge_result state = {0};
	memset(d->c.id.b, 0xff, OID_SIZE);
	int rc = draft_into_history(d, err);
	if (rc == 0) {
		draft_state(d->history, &d->c, &state);
		rc = take_state(d, &state, records, err);
		*n = state.n;
		merge_result_free(&state);
	}
	draft_out_of_history(d);
	return rc;
}

static int write_draft(struct draft *d, struct tx_ledger *ledger, const struct tx_place *place,
    const struct key *key, struct err *err)
{
	struct change_record *records;
	struct commit commit;
	size_t n;
	int rc = draft_texts(d, err);
	if (rc == 0 && place->judge)
		rc = place->judge(place->ctx, &d->c, d->texts.items, d->texts.n, err);
	if (rc == 0)
		rc = find_state(d, &records, &n, err);
	if (rc == 0)
		rc = draft_commit(d, records, n, &commit, err);
	if (rc)
		return rc;
	commit_sign(&commit, key);
	draft_print(d, &commit);
	rc = draft_into_history(d, err);
	return rc ? rc : draft_keep(d, ledger, err);
}

int tx_write_at(struct tx *tx, const struct tx_writer *writer, const struct change *edits,
    const struct tx_place *place, struct oid *id, struct err *err)
{
	struct tx_ledger *ledger;
	struct draft d = {0};
	struct change own;
	*id = (struct oid){0};
	int rc = tx_ledger_at(tx, edits->ledger, &ledger, err);
	if (rc)
		return rc;
	rc = draft_begin(&d, tx, edits->ledger, place->heads ? place->heads : &ledger->heads, err);
	if (rc == 0) {
		sign_as(&d, writer, edits, &own);
		rc = real_edits(&d, edits, &own, err);
	}
	if (rc == 0 && (own.n_records || own.n_settles)) {
		rc = draft_words(&d, &own, err);
		if (rc == 0)
			rc = write_draft(&d, ledger, place, writer->key, err);
		if (rc == 0)
			*id = d.c.id;
	}
	draft_free(&d);
	return rc;
}

int tx_write(struct tx *tx, const struct tx_writer *writer, const struct change *edits, struct oid *id,
    struct err *err)
{
	const struct tx_place present = {0};
	return tx_write_at(tx, writer, edits, &present, id, err);
}

#include "store/draft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/yaml.h"

/* The edits that carry one state to another, as the tree wants them. */
static struct tree_edit *edits_of(const struct merge_result *r)
{
	struct tree_edit *edits = mem_alloc(r->n * sizeof *edits);
	for (size_t i = 0; i < r->n; i++)
		edits[i] = (struct tree_edit){r->records[i].path, r->records[i].text,
		    r->records[i].text ? strlen(r->records[i].text) : 0};
	return edits;
}

/* Of the states there are, the one from which the fewest changes lead to what these heads have seen. */
static struct merged nearest(const struct history *h, const struct oids *heads, const struct merged *last)
{
	struct merged best = {0};
	size_t least = last ? history_ahead(h, &last->heads, heads) : SIZE_MAX;
	if (least < SIZE_MAX)
		best = *last;
	for (size_t i = 0; i < heads->n; i++) {
		struct oids head = {&heads->items[i], 1};
		size_t ahead = history_ahead(h, &head, heads);
		if (ahead < least) {
			least = ahead;
			best = (struct merged){head.items[0], head};
		}
	}
	return best;
}

static int merge_tree(struct store *s, struct history *h, const char *ledger, const struct oids *heads,
    const struct merged *last, struct stage *st, struct oid *tree, struct err *err)
{
	struct merged from = nearest(h, heads, last);
	struct merge_result result = {0};
	struct oid base;
	int rc = load_tree(s, &from.id, &base, err);
	if (rc)
		return rc;
	merge_advance(h, ledger, &from.heads, heads, &result);
	struct tree_edit *edits = edits_of(&result);
	if (result.n)
		rc = tree_update(s, &base, edits, result.n, st, tree, err);
	else
		*tree = base;
	free(edits);
	merge_result_free(&result);
	return rc;
}

int draft_merge(struct store *s, struct history *h, const char *ledger, const struct oids *heads,
    const struct merged *last, struct stage *st, struct oid *id, struct err *err)
{
	if (last && oids_eq(&last->heads, heads)) {
		*id = last->id;
		return 0;
	}
	struct arena arena = {0};
	struct commit merge = {
	    .parents = heads->items, .n_parents = heads->n, .identity = MERGE_IDENTITY, .time = INT64_MIN};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < heads->n; i++) {
		struct commit head;
		rc = load_commit(s, &heads->items[i], &arena, &head, err);
		if (rc == 0 && head.time > merge.time)
			merge.time = head.time;
	}
	if (rc == 0)
		rc = merge_tree(s, h, ledger, heads, last, st, &merge.tree, err);
	if (rc == 0) {
		struct buf text = {0}, message = {0};
		merge_message(merge_rule(h, heads), &message);
		merge.message = buf_str(&message);
		commit_print(&merge, &text);
		stage_add(st, GIT_OBJECT_COMMIT, &text, id);
		buf_free(&message);
	}
	arena_free(&arena);
	return rc;
}

int draft_merge_write(
    struct tx *tx, struct tx_ledger *ledger, const struct oids *heads, struct oid *id, struct err *err)
{
	struct history *h;
	struct stage stage = {0};
	int rc = store_history(tx->s, ledger->name, &h, err);
	if (rc == 0)
		rc = draft_merge(tx->s, h, ledger->name, heads, &ledger->last, &stage, id, err);
	if (rc == 0)
		rc = stage_write(tx->s, &stage, err);
	if (rc == 0) {
		ledger->last.id = *id;
		oids_free(&ledger->last.heads);
		oids_copy(&ledger->last.heads, heads);
	}
	stage_free(&stage);
	return rc;
}

/* The parent of a change that has seen these heads. A merge is written at once: it holds nothing that is not already
 * accepted. */
static int find_parent(
    struct draft *d, struct tx *tx, const char *ledger, const struct oids *heads, struct err *err)
{
	struct tx_ledger *l;
	if (heads->n < 2) {
		if (heads->n)
			d->c.parent = heads->items[0];
		return 0;
	}
	int rc = tx_ledger_at(tx, ledger, &l, err);
	return rc ? rc : draft_merge_write(tx, l, heads, &d->c.parent, err);
}

int draft_begin(struct draft *d, struct tx *tx, const char *ledger, const struct oids *heads, struct err *err)
{
	*d = (struct draft){.s = tx->s, .parent_time = INT64_MIN};
	int rc = store_history(d->s, ledger, &d->history, err);
	if (rc == 0)
		rc = find_parent(d, tx, ledger, heads, err);
	if (rc == 0 && !oid_is_zero(&d->c.parent)) {
		struct commit parent;
		rc = load_commit(d->s, &d->c.parent, &d->arena, &parent, err);
		if (rc == 0) {
			d->before = parent.tree;
			d->parent_time = parent.time;
		}
	}
	d->c.ledger = arena_dup(&d->arena, ledger);
	d->c.heads.n = heads->n;
	d->c.heads.items = arena_alloc(&d->arena, heads->n * sizeof *heads->items);
	for (size_t i = 0; i < heads->n; i++)
		d->c.heads.items[i] = heads->items[i];
	return rc;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_words(const struct change *a, const struct change *b)
{
	bool same = same_text(a->unit, b->unit) && same_text(a->station, b->station) &&
		    same_text(a->agency, b->agency) && a->rank == b->rank && a->rule == b->rule &&
		    oid_eq(&a->grant, &b->grant) && a->claim == b->claim &&
		    oid_eq(&a->claim_basis, &b->claim_basis) && same_text(a->subject, b->subject) &&
		    same_text(a->body, b->body) && a->n_settles == b->n_settles;
	for (size_t i = 0; same && i < a->n_settles; i++)
		same = strcmp(a->settles[i], b->settles[i]) == 0;
	return same;
}

/* What is in the message counts, so nothing may be said that the message does not carry. */
static int check_message(struct draft *d, const struct change *c, struct err *err)
{
	struct buf message = {0};
	struct err why = {0};
	int rc = 0;
	if (!c->unit || !c->subject)
		return DRAFT_REFUSE(err, "form", NULL, N_("a change does not name its unit and its subject"));
	change_message(c, &message);
	if (message.len > CHANGE_MESSAGE_MAX || strlen(buf_str(&message)) != message.len)
		rc = DRAFT_REFUSE(err, "size", NULL, N_("the message of a change is longer than 8192 bytes"));
	else if (change_parse_message(&d->c, &d->arena, buf_str(&message), &why) || !same_words(&d->c, c))
		rc = DRAFT_REFUSE(err, "form", NULL, N_("the words of a change do not fit into its message"));
	buf_free(&message);
	return rc;
}

static int check_record(const char *ledger, const struct change_record *r, struct err *err)
{
	const struct record_type *type = type_by_path(ledger, r->path);
	if (!type)
		return DRAFT_REFUSE(
		    err, "form", r->path, N_("no kind of record stands at %1 in ledger %2"), r->path, ledger);
	if (!r->text)
		return 0;
	if (r->len > YAML_STORED_MAX)
		return DRAFT_REFUSE(err, "size", r->path, N_("%1 is longer than 1 MB"), r->path);
	struct arena arena = {0};
	struct record record;
	struct err why = {0};
	int rc = 0;
	if (record_parse(&record, &arena, type, r->text, r->len, &why)) {
		struct buf text = {0};
		err_expand(why.msg,
		    (const char *const[]){
			why.arg[0], why.arg[1], why.arg[2], why.arg[3], why.arg[4], why.arg[5]},
		    why.n_args, &text);
		rc = DRAFT_REFUSE(
		    err, "form", r->path, N_("%1 is not in the stored form: %2"), r->path, buf_str(&text));
		buf_free(&text);
	}
	arena_free(&arena);
	return rc;
}

static int check_records(const struct change *c, struct err *err)
{
	size_t bytes = 0;
	int rc = 0;
	if (c->n_records > CHANGE_RECORDS_MAX)
		return DRAFT_REFUSE(err, "size", NULL, N_("a change touches more than 512 records"));
	for (size_t i = 0; rc == 0 && i < c->n_records; i++) {
		bytes += c->records[i].len;
		if (i && strcmp(c->records[i - 1].path, c->records[i].path) >= 0)
			rc = DRAFT_REFUSE(
			    err, "form", c->records[i].path, N_("the records of a change are not in order"));
		else if (bytes > CHANGE_BYTES_MAX)
			rc = DRAFT_REFUSE(
			    err, "size", NULL, N_("the records of a change are longer than 6 MB together"));
		else
			rc = check_record(c->ledger, &c->records[i], err);
	}
	return rc;
}

int draft_words(struct draft *d, const struct change *c, struct err *err)
{
	int rc = check_message(d, c, err);
	if (rc == 0)
		rc = check_records(c, err);
	d->c.time = c->time;
	memcpy(d->c.signature, c->signature, sizeof d->c.signature);
	d->c.records = c->records;
	d->c.n_records = c->n_records;
	return rc;
}

int draft_texts(struct draft *d, struct err *err)
{
	int rc = 0;
	d->texts.n = 0;
	d->texts.items = arena_alloc(&d->arena, (d->c.n_records + d->c.n_settles) * sizeof *d->texts.items);
	for (size_t i = 0; rc == 0 && i < d->c.n_records; i++) {
		const struct change_record *r = &d->c.records[i];
		struct change_texts t = {
		    .path = r->path, .after = r->text, .after_len = r->text ? r->len : 0};
		rc = load_record(d->s, &d->before, t.path, &d->arena, &t.before, &t.before_len, err);
		d->texts.items[d->texts.n++] = t;
	}
	d->texts.n_touched = d->texts.n;
	return rc ? rc : load_settled(d->s, &d->c, &d->before, &d->arena, &d->texts, err);
}

int draft_into_history(struct draft *d, struct err *err)
{
	struct merge_writes writes;
	int rc = load_writes(d->s, &d->c, &d->before, &d->texts, &d->arena, &writes, err);
	if (rc == 0)
		rc = load_add(d->history, &d->c, &writes, err);
	d->in_history = rc == 0;
	return rc;
}

void draft_out_of_history(struct draft *d)
{
	if (d->in_history)
		history_drop_last(d->history);
	d->in_history = false;
}

void draft_state(const struct history *h, const struct change *c, struct merge_result *out)
{
	struct oids self = {(struct oid *)&c->id, 1};
	merge_advance(h, c->ledger, &c->heads, &self, out);
}

int draft_check_state(const struct history *h, const struct change *c, struct err *err)
{
	struct merge_result state = {0};
	const char *odd = NULL;
	draft_state(h, c, &state);
	for (size_t i = 0; !odd && (i < state.n || i < c->n_records); i++) {
		const struct change_record *r = i < c->n_records ? &c->records[i] : NULL;
		const struct merge_record *m = i < state.n ? &state.records[i] : NULL;
		if (!r || !m || strcmp(r->path, m->path) != 0)
			odd = r && (!m || strcmp(r->path, m->path) < 0) ? r->path : m->path;
		else if (r->text
			     ? !m->text || strlen(m->text) != r->len || memcmp(m->text, r->text, r->len) != 0
			     : !!m->text)
			odd = r->path;
	}
	int rc = 0;
	if (odd) {
		err_set(err, ERR_REFUSED, N_("a change leaves %1 otherwise than the merge rule does"), odd);
		err_hint(err, N_("one of the two programs computes merges wrongly: compare their versions"));
		err_rule(err, "state", odd, NULL);
		rc = ERR_REFUSED;
	}
	merge_result_free(&state);
	return rc;
}

int draft_commit(
    struct draft *d, const struct change_record *records, size_t n, struct commit *out, struct err *err)
{
	struct buf identity = {0}, message = {0};
	struct tree_edit *edits = mem_alloc(n * sizeof *edits);
	for (size_t i = 0; i < n; i++)
		edits[i] = (struct tree_edit){records[i].path, records[i].text, records[i].len};
	*out = (struct commit){
	    .parents = &d->c.parent, .n_parents = oid_is_zero(&d->c.parent) ? 0 : 1, .time = d->c.time};
	int rc = tree_update(d->s, &d->before, edits, n, &d->stage, &out->tree, err);
	free(edits);
	change_author(&d->c, &identity);
	change_message(&d->c, &message);
	out->identity = arena_dup(&d->arena, buf_str(&identity));
	out->message = arena_dup(&d->arena, buf_str(&message));
	buf_free(&identity);
	buf_free(&message);
	return rc;
}

void draft_print(struct draft *d, const struct commit *commit)
{
	struct buf text = {0};
	commit_print(commit, &text);
	stage_add(&d->stage, GIT_OBJECT_COMMIT, &text, &d->c.id);
}

int draft_keep(struct draft *d, struct tx_ledger *ledger, struct err *err)
{
	int rc = stage_write(d->s, &d->stage, err);
	if (rc)
		return rc;
	oids_free(&ledger->heads);
	history_tips(d->history, &ledger->heads);
	ledger->changed = true;
	d->in_history = false; /* it stays there */
	return 0;
}

void draft_free(struct draft *d)
{
	draft_out_of_history(d);
	stage_free(&d->stage);
	arena_free(&d->arena);
}

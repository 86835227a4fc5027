#include "store/heal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/draft.h"

#define REISSUE "Reissue-of: "

/* ---- out ---- */

int heal_tainted(
    struct store *s, const char *ledger, const struct oids *refused, struct oids *out, struct err *err)
{
	struct history *h;
	struct oids none = {0}, tips = {0}, all = {0};
	int rc = store_history(s, ledger, &h, err);
	if (rc)
		return rc;
	history_tips(h, &tips);
	history_between(h, &none, &tips, &all);
	for (size_t i = 0; i < all.n; i++) {
		bool tainted = false;
		for (size_t k = 0; !tainted && k < refused->n; k++)
			tainted = history_seen(h, &all.items[i], &refused->items[k]);
		if (tainted)
			oids_add(out, &all.items[i]);
	}
	oids_free(&tips);
	oids_free(&all);
	return 0;
}

/* The maximal changes that are not among the tainted. */
static int clean_heads(
    struct store *s, const char *ledger, const struct oids *tainted, struct oids *out, struct err *err)
{
	struct history *h;
	struct oids none = {0}, tips = {0};
	int rc = store_history(s, ledger, &h, err);
	if (rc)
		return rc;
	history_tips(h, &tips);
	history_between(h, &none, &tips, out);
	size_t kept = 0;
	for (size_t i = 0; i < out->n; i++)
		if (!oids_has(tainted, &out->items[i]))
			out->items[kept++] = out->items[i];
	out->n = kept;
	history_maximal(h, out);
	oids_free(&tips);
	return 0;
}

int heal_take_out(struct tx *tx, const char *ledger, const struct oids *tainted, struct err *err)
{
	struct tx_ledger *l;
	struct store_ledger *kept;
	struct oids heads = {0};
	struct history *fresh = history_new();
	int rc = tx_ledger_at(tx, ledger, &l, err);
	if (rc == 0)
		rc = clean_heads(tx->s, ledger, tainted, &heads, err);
	if (rc == 0)
		rc = load_history(tx->s, ledger, &heads, fresh, err);
	if (rc == 0)
		rc = index_remove(tx->s, ledger, err);
	if (rc) {
		history_free(fresh);
		oids_free(&heads);
		return rc;
	}
	/* The tip stays what the ref says, so the history is not read on before tx_commit has moved it. */
	kept = table_get(&tx->s->ledgers, ledger);
	store_replace(kept, fresh);
	oids_free(&l->heads);
	l->heads = heads;
	l->changed = true;
	return 0;
}

/* ---- and again ---- */

static const struct heal_step *step_of(const struct heal_again *how, const struct oid *was)
{
	for (size_t i = 0; i < how->n_steps; i++)
		if (oid_eq(&how->steps[i].was, was))
			return &how->steps[i];
	return NULL;
}

/* A change that was taken out, as the store still has it. */
struct old {
	struct arena arena;
	struct commit commit;
	struct change c;
	struct load_texts texts;
};

static int read_old(struct store *s, const char *ledger, const struct oid *id, bool texts_too,
    struct old *out, struct err *err)
{
	struct oid before;
	memset(out, 0, sizeof *out);
	int rc = load_commit(s, id, &out->arena, &out->commit, err);
	if (rc == 0)
		rc = load_change(s, ledger, id, &out->commit, &out->arena, &out->c, err);
	if (rc == 0 && texts_too)
		rc = load_tree(s, &out->c.parent, &before, err);
	if (rc == 0 && texts_too)
		rc = load_texts(s, &out->c, &before, &out->commit.tree, &out->arena, &out->texts, err);
	return rc;
}

int heal_base(struct store *s, const struct heal_again *how, struct heal_step *step, struct err *err)
{
	struct old old;
	struct history *h;
	int rc = read_old(s, how->ledger, &step->was, false, &old, err);
	if (rc == 0)
		rc = store_history(s, how->ledger, &h, err);
	for (size_t i = 0; rc == 0 && i < old.c.heads.n; i++) {
		const struct heal_step *before = step_of(how, &old.c.heads.items[i]);
		if (!before)
			oids_add(&step->base, &old.c.heads.items[i]);
		for (size_t k = 0; before && k < before->base.n; k++)
			oids_add(&step->base, &before->base.items[k]);
	}
	if (rc == 0)
		history_maximal(h, &step->base);
	arena_free(&old.arena);
	return rc;
}

/* What a conflict is called now: its id is made of the losing change, which may have been written again. */
static bool find_conflict(struct store *s, const struct heal_again *how, const struct oid *tree,
    struct arena *arena, const char *text, size_t len, const char *id, char now[41], struct err *err)
{
	struct record r;
	struct err bad = {0};
	char path[64], hex[41];
	struct oid blob;
	bool found = false;
	snprintf(now, 41, "%s", id);
	if (text && record_parse(&r, arena, type_by_name("conflict"), text, len, &bad) == 0) {
		const char *record = record_get(&r, "record"), *field = record_get(&r, "field");
		for (size_t i = 0; record && i < how->n_steps; i++) {
			merge_conflict_id(record, field ? field : "", &how->steps[i].was, hex);
			if (strcmp(hex, id) == 0 && !oid_is_zero(&how->steps[i].now))
				merge_conflict_id(record, field ? field : "", &how->steps[i].now, now);
		}
	}
	merge_conflict_path(now, path);
	return tree_find(s, tree, path, &blob, &found, err) == 0 && found;
}

static bool is_conflict(const char *path)
{
	return strncmp(path, "conflicts/", strlen("conflicts/")) == 0;
}

struct reapply {
	struct record *out;
	bool conflict, any;
};

static void put_field(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	struct reapply *a = ctx;
	const struct field_type *top = NULL;
	(void)old_value;
	if (a->conflict && type_field(a->out->type, field, &top) && top && top->writers == WRITER_RULE)
		return;
	record_put(a->out, field, new_value);
	a->any = true;
}

static int parse(struct record *r, struct arena *arena, const struct record_type *type, const char *text,
    size_t len, struct err *err)
{
	record_init(r, arena, type);
	return text ? record_parse(r, arena, type, text, len, err) : 0;
}

/* A record that is begun anew has what it must have, and the state it was in, but never what was refused. */
static void fill_required(
    const struct heal_again *how, const char *path, const struct record *after, struct record *out)
{
	for (size_t i = 0; i < out->type->n_fields; i++) {
		const struct field_type *field = &out->type->fields[i];
		const char *name = field->name;
		bool refused = how->field && how->record && strcmp(how->record, path) == 0 &&
			       strcmp(how->field, name) == 0;
		if ((field->required || field->seal) && !refused && !record_get(out, name))
			record_put(out, name, record_get(after, name));
	}
}

/* One record: what it wrote there, on what stands there now. Nothing is added where nothing of it is left. */
static int reapply(const struct heal_again *how, const struct change_texts *t, const char *path,
    const char *now, size_t now_len, struct arena *arena, struct change *edits, struct err *err)
{
	const struct record_type *type = type_by_path(how->ledger, path);
	struct record before, after, out;
	struct reapply apply = {&out, is_conflict(path), false};
	struct buf text = {0};
	if (!type)
		return 0;
	if (!t->after) {
		if (now && !apply.conflict)
			edits->records[edits->n_records++] = (struct change_record){path, NULL, 0};
		return 0;
	}
	if (apply.conflict && !now)
		return 0;
	int rc = parse(&before, arena, type, t->before, t->before_len, err);
	if (rc == 0)
		rc = parse(&after, arena, type, t->after, t->after_len, err);
	if (rc == 0)
		rc = parse(&out, arena, type, now, now_len, err);
	if (rc)
		return rc;
	record_diff(&before, &after, put_field, &apply);
	if (!apply.any && (apply.conflict || t->before))
		return 0;
	if (!now && t->before) {
		fill_required(how, path, &after, &out);
		rc = record_check(&out, err);
		if (rc)
			return rc;
	}
	record_print(&out, &text);
	edits->records[edits->n_records++] =
	    (struct change_record){path, arena_dup_len(arena, buf_str(&text), text.len), text.len};
	buf_free(&text);
	return 0;
}

static int reapply_records(struct draft *d, const struct heal_again *how, const struct old *old,
    struct arena *arena, struct change *edits, struct err *err)
{
	int rc = 0;
	edits->records = arena_alloc(arena, (old->texts.n + 1) * sizeof *edits->records);
	for (size_t i = 0; rc == 0 && i < old->texts.n; i++) {
		const struct change_texts *t = &old->texts.items[i];
		const char *path = t->path, *now;
		char id[41], moved[64];
		size_t len;
		if (t->before == t->after)
			continue; /* a conflict that it settles and that stays */
		if (is_conflict(path)) {
			snprintf(id, sizeof id, "%.40s", strrchr(path, '/') + 1);
			char other[41];
			if (!find_conflict(
				d->s, how, &d->before, arena, t->before, t->before_len, id, other, err))
				continue;
			merge_conflict_path(other, moved);
			path = arena_dup(arena, moved);
		}
		rc = load_record(d->s, &d->before, path, arena, &now, &len, err);
		if (rc == 0)
			rc = reapply(how, t, path, now, len, arena, edits, err);
	}
	return rc;
}

static void reapply_settlements(struct draft *d, const struct heal_again *how, const struct old *old,
    struct arena *arena, struct change *edits, struct err *err)
{
	const char **settles = arena_alloc(arena, (old->c.n_settles + 1) * sizeof *settles);
	for (size_t i = 0; i < old->c.n_settles; i++) {
		char path[64], now[41];
		const struct change_texts *text = NULL;
		merge_conflict_path(old->c.settles[i], path);
		for (size_t k = 0; k < old->texts.n; k++)
			if (strcmp(old->texts.items[k].path, path) == 0)
				text = &old->texts.items[k];
		if (text && find_conflict(d->s, how, &d->before, arena, text->before, text->before_len,
				old->c.settles[i], now, err))
			settles[edits->n_settles++] = arena_dup(arena, now);
	}
	edits->settles = settles;
}

/* "Reissue-of: <id>", then the reason as it was, without what an earlier healing put before it. */
static const char *reason_of(const struct old *old, const struct heal_again *how, struct arena *arena)
{
	const char *reason = how->no_reason ? NULL : old->c.body;
	char hex[OID_HEX + 1];
	oid_hex(&old->c.id, hex);
	if (reason && strncmp(reason, REISSUE, strlen(REISSUE)) == 0) {
		reason = strchr(reason, '\n');
		while (reason && *reason == '\n')
			reason++;
	}
	return reason && *reason ? arena_printf(arena, REISSUE "%s\n\n%s", hex, reason)
				 : arena_printf(arena, REISSUE "%s", hex);
}

static int edits_of(struct tx *tx, const struct heal_again *how, const struct old *old,
    const struct oids *base, struct arena *arena, struct change *edits, struct err *err)
{
	struct draft d = {0};
	*edits = (struct change){.ledger = how->ledger,
	    .subject = old->c.subject,
	    .body = reason_of(old, how, arena),
	    .claim = how->no_claim ? CLAIM_NONE : old->c.claim};
	if (!how->no_claim)
		edits->claim_basis = old->c.claim_basis;
	int rc = draft_begin(&d, tx, how->ledger, base, err);
	if (rc == 0)
		rc = reapply_records(&d, how, old, arena, edits, err);
	if (rc == 0) {
		reapply_settlements(&d, how, old, arena, edits, err);
		rc = err->code;
	}
	draft_free(&d);
	return rc;
}

int heal_again(struct tx *tx, const struct tx_writer *writer, const struct heal_again *how,
    struct heal_step *step, struct err *err)
{
	struct old old;
	struct change edits;
	struct tx_writer then = *writer;
	const struct tx_place place = {&step->base, how->judge, how->ctx};
	int rc = read_old(tx->s, how->ledger, &step->was, true, &old, err);
	if (rc == 0)
		rc = edits_of(tx, how, &old, &step->base, &old.arena, &edits, err);
	then.now = old.c.time;
	if (rc == 0)
		rc = tx_write_at(tx, &then, &edits, &place, &step->now, err);
	if (rc == 0 && !oid_is_zero(&step->now)) {
		oids_free(&step->base);
		oids_add(&step->base, &step->now);
	}
	arena_free(&old.arena);
	return rc;
}

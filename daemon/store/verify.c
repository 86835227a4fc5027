/*
 * First everything that lies in the store is read and hashed (objects.h): from then on what stands on what is known, and
 * which part of each ledger is whole. That part is then walked, parents first; of what was proved before, nothing but the
 * grants it rests on is asked again.
 */
#include "store/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/left.h"
#include "store/load.h"
#include "store/verify_inside.h"

#define PROGRESS_EVERY 64 /* changes */
#define LOST_TOLD 20 /* objects of a ledger that are named one by one */

void verify_tell(struct verify *v, const char *kind, const struct oid *commit, const struct err *what)
{
	const struct verify_problem p = {
	    kind, v->ledger, commit && oid_is_zero(commit) ? NULL : commit, what};
	v->report->problems++;
	v->unproved = true;
	if (v->o->problem)
		v->o->problem(v->o->ctx, &p);
}

static void progress(struct verify *v, bool always)
{
	if (v->o->progress && (always || v->done % PROGRESS_EVERY == 0))
		v->o->progress(v->o->ctx, VERIFY_CHANGES, v->done, v->total);
}

static void objects_step(void *ctx, unsigned done)
{
	const struct verify *v = ctx;
	if (v->o->progress)
		v->o->progress(v->o->ctx, VERIFY_OBJECTS, done, OBJECTS_STEPS);
}

/* ---- what is damaged ---- */

static void tell_object(struct verify *v, const struct oid *by, const struct object *x, const char *path)
{
	static const char *const names[] = {"object", "commit", "tree", "record"};
	struct err err = {0};
	char hex[OID_HEX + 1];
	bool absent = x->state == OBJECT_ABSENT;
	const char *name = path && x->kind == OBJECT_BLOB ? path : names[x->kind];
	oid_hex(&x->id, hex);
	if (absent)
		err_set(&err, ERR_CORRUPT, N_("%1 %2 is missing"), name, hex);
	else
		err_set(&err, ERR_CORRUPT, N_("%1 %2 is damaged on the disk"), name, hex);
	err_hint(&err, N_("'tuyen repair' fetches it from the superior, a subordinate or a stick"));
	err_rule(&err, NULL, path, NULL);
	verify_tell(v, absent ? "missing" : "corrupt", by, &err);
}

/* Whoever lost a disk needs to know how much, not ten thousand ids. */
static void tell_more(struct verify *v)
{
	struct err err = {0};
	char n[32];
	if (v->n_lost > LOST_TOLD) {
		snprintf(n, sizeof n, "%zu", v->n_lost - LOST_TOLD);
		err_set(&err, ERR_CORRUPT, N_("and %1 more objects are missing or damaged"), n);
		verify_tell(v, "corrupt", NULL, &err);
	}
	v->n_lost = 0;
}

static void tell_lost(void *ctx, const struct object *by, const struct object *lost)
{
	struct verify *v = ctx;
	struct arena arena = {0};
	const char *path = NULL;
	objects_find(&v->objects, &lost->id)->told = true;
	v->unproved = true;
	if (v->n_lost++ >= LOST_TOLD)
		return;
	if (by != lost && by->n)
		path = verify_path(v->s, &objects_child(&v->objects, by, 0)->id, &lost->id, &arena);
	tell_object(v, &by->id, lost, path);
	arena_free(&arena);
}

/* What nothing in a ledger needs: told all the same, for git takes a file that is there for the object itself. */
static void tell_rest(struct verify *v)
{
	v->ledger = NULL;
	for (size_t i = 0; i < v->objects.packs.n; i++) {
		struct err err = {0};
		err_set(
		    &err, ERR_CORRUPT, N_("the pack %1 is damaged on the disk"), v->objects.packs.items[i]);
		err_hint(&err, N_("'tuyen repair' takes out of it what is still good and fetches the rest"));
		verify_tell(v, "corrupt", NULL, &err);
	}
	for (size_t i = 0; i < v->objects.n; i++)
		if (v->objects.items[i].state == OBJECT_DAMAGED && !v->objects.items[i].told &&
		    v->n_lost++ < LOST_TOLD)
			tell_object(v, NULL, &v->objects.items[i], NULL);
	tell_more(v);
}

/* ---- one ledger ---- */

static bool is_grant_there(const struct verify *v, const struct memory_grant *g)
{
	return verify_grant_stands(v, registry_grant(v->o->registry, &g->change, g->unit, g->station));
}

/* Is what was remembered of this ledger still its past? Else it is worth nothing here. */
static const struct memory_ledger *remembered(struct verify *v, struct object *tip)
{
	const struct memory_ledger *known = memory_find(&v->known, v->ledger);
	unsigned *list = NULL;
	size_t n = 0;
	for (size_t i = 0; known && i < known->n_grants; i++)
		if (!is_grant_there(v, &known->grants[i]))
			known = NULL;
	if (!known)
		return NULL;
	objects_reach(&v->objects, tip, &list, &n);
	bool seen = known->heads.n > 0;
	for (size_t i = 0; seen && i < known->heads.n; i++) {
		struct object *head = objects_find(&v->objects, &known->heads.items[i]);
		seen = head && head->mark && objects_past(&v->objects, head);
	}
	for (size_t i = 0; i < n; i++)
		v->objects.items[list[i]].mark = false;
	free(list);
	return seen ? known : NULL;
}

static void note_merge(struct verify *v, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	*table_at(&v->merges, hex) = v;
}

/* Begin with what is remembered: its counts and grants, and where something is to be built on it, its history. */
static int take_over(struct verify *v, const struct memory_ledger *known, bool with_history, struct err *err)
{
	for (size_t i = 0; i < known->n_grants; i++)
		memory_under(&v->proved, v->proof, &known->grants[i].change, known->grants[i].unit,
		    known->grants[i].station);
	v->proof->merges = known->merges;
	v->proof->records = known->records;
	v->report->merges += known->merges;
	v->report->records += known->records;
	v->report->changes += known->changes;
	v->report->remembered += known->changes;
	v->done += known->changes;
	struct oids order = {0};
	objects_order(&v->objects, &known->heads, &order); /* marks them, and the merges between */
	v->proof->changes = order.n;
	oids_free(&order);
	note_merge(v, &known->tip);
	for (size_t i = 0; with_history && i < v->objects.n; i++)
		if (v->objects.items[i].mark && object_is_merge(&v->objects.items[i]))
			note_merge(v, &v->objects.items[i].id);
	return with_history ? load_history(v->s, v->ledger, &known->heads, v->history, err) : 0;
}

static void remember(struct verify *v, const struct oid *tip, const struct oids *heads)
{
	struct oid *kept = arena_alloc(&v->proved.arena, heads->n * sizeof *kept + 1);
	for (size_t i = 0; i < heads->n; i++)
		kept[i] = heads->items[i];
	v->proof->tip = *tip;
	v->proof->heads = (struct oids){kept, heads->n};
}

/* A past that is whole, up to these heads. */
static void verify_heads(struct verify *v, struct object *tip, const struct oids *heads, bool whole)
{
	struct err err = {0};
	struct oids order = {0};
	const struct memory_ledger *known = v->o->full ? NULL : remembered(v, tip);
	bool all = known && whole && oid_eq(&known->tip, &tip->id);
	if (known && take_over(v, known, !all, &err))
		verify_tell(v, "commit", &tip->id, &err);
	if (!all && !err.code)
		objects_order(&v->objects, heads, &order);
	for (size_t i = 0; i < order.n; i++) {
		verify_change(v, &order.items[i]);
		v->done++;
		progress(v, false);
	}
	v->proof->changes += order.n;
	if (whole && !all)
		verify_merge(v, &tip->id, heads);
	remember(v, &tip->id, heads);
	objects_unmark(&v->objects);
	oids_free(&order);
}

static void tell_no_tip(struct verify *v, const struct oid *tip)
{
	struct err err = {0};
	char hex[OID_HEX + 1];
	oid_hex(tip, hex);
	err_set(&err, ERR_CORRUPT, N_("ledger %1 points to %2, which is not here"), v->ledger, hex);
	err_hint(&err, N_("'tuyen repair' fetches it from the superior, a subordinate or a stick"));
	verify_tell(v, "missing", tip, &err);
}

static void verify_commit(struct verify *v, const struct oid *id)
{
	struct object *tip = objects_find(&v->objects, id);
	struct oids heads = {0};
	if (tip && tip->state == OBJECT_DAMAGED)
		tip->kind = OBJECT_COMMIT;
	if (!tip || tip->kind != OBJECT_COMMIT) {
		tell_no_tip(v, id);
		return;
	}
	bool whole = objects_past(&v->objects, tip);
	if (whole) {
		objects_heads(&v->objects, tip, &heads);
	} else {
		objects_lost(&v->objects, tip, tell_lost, v);
		tell_more(v);
		objects_unmark(&v->objects);
		objects_intact(&v->objects, tip, &heads);
	}
	verify_heads(v, tip, &heads, whole);
	oids_free(&heads);
}

/* Only the anchor and whom somebody registered have ledgers. */
static void check_unit(struct verify *v)
{
	const char *unit = strchr(v->ledger, '/') + 1;
	struct err err = {0};
	if (v->o->registry_is_partial || registry_unit(v->o->registry, unit) ||
	    registry_is_anchor(v->o->registry, unit))
		return;
	err_set(&err, ERR_REFUSED, N_("nobody has registered the unit of ledger %1"), v->ledger);
	err_hint(&err, N_("a sync with the superior brings the registry"));
	verify_tell(v, "unit", NULL, &err);
}

/* What the index says of the changes that were just computed. */
static void check_index(struct verify *v)
{
	struct history *kept = history_new();
	struct index index;
	struct oids heads, all, none = {0};
	index_read(v->s, v->ledger, kept, &index);
	history_tips(v->history, &heads);
	history_between(v->history, &none, &heads, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct err err = {0};
		char hex[OID_HEX + 1];
		if (!history_has(kept, &all.items[i]) || history_same(kept, v->history, &all.items[i]))
			continue;
		oid_hex(&all.items[i], hex);
		err_set(&err, ERR_CORRUPT,
		    N_("the index of ledger %1 says something else of change %2 than the change itself"),
		    v->ledger, hex);
		err_hint(&err, N_("stop tuyend, remove the files index-* in store.git/tuyen and start it "
				  "again: they are made anew"));
		verify_tell(v, "index", &all.items[i], &err);
		break;
	}
	history_free(kept);
	index_close(&index);
	oids_free(&heads);
	oids_free(&all);
}

static void verify_ledger(struct verify *v, const char *ledger)
{
	struct oid tip = {0};
	struct err err = {0};
	v->ledger = ledger;
	v->history = history_new();
	v->proof = memory_add(&v->proved, ledger);
	v->unproved = false;
	v->report->ledgers++;
	if (store_tip(v->s, ledger, &tip, &err)) {
		verify_tell(v, "ref", NULL, &err);
	} else {
		check_unit(v);
		verify_commit(v, &tip);
		check_index(v);
	}
	if (v->unproved)
		v->proved.n--;
	history_free(v->history);
	table_free(&v->merges);
	table_free(&v->grantless);
}

/* ---- the whole ---- */

/* How many changes there are to look at, for progress. */
static void count_changes(struct verify *v, const struct strs *ledgers)
{
	for (size_t i = 0; i < ledgers->n; i++) {
		struct oid id;
		struct err none = {0};
		unsigned *list = NULL;
		size_t n = 0;
		struct object *tip =
		    store_tip(v->s, ledgers->items[i], &id, &none) ? NULL : objects_find(&v->objects, &id);
		if (tip)
			objects_reach(&v->objects, tip, &list, &n);
		for (size_t k = 0; k < n; k++) {
			v->total += !object_is_merge(&v->objects.items[list[k]]);
			v->objects.items[list[k]].mark = false;
		}
		free(list);
	}
}

static void check_vanished(struct verify *v, const struct strs *ledgers)
{
	for (size_t i = 0; i < v->known.n; i++) {
		struct err err = {0};
		v->ledger = v->known.ledgers[i].name;
		struct oid left;
		if (strs_has(ledgers, v->ledger) || store_left(v->s, v->ledger, &left))
			continue;
		err_set(&err, ERR_CORRUPT,
		    N_("ledger %1 was here when the store was last verified, and is gone"), v->ledger);
		err_hint(&err, N_("'tuyen repair' fetches it from the superior, a subordinate or a stick"));
		verify_tell(v, "ref", NULL, &err);
		struct memory_ledger *kept =
		    memory_add(&v->proved, v->ledger); /* to be told of again next time */
		*kept = v->known.ledgers[i];
	}
	v->ledger = NULL;
}

static void remember_all(struct verify *v, const char *anchor, const unsigned char *anchor_key)
{
	struct err none = {0};
	/* Somebody who may not write here proves the same again next time. */
	memory_write(&v->proved, v->s, v->o->key, anchor, anchor_key, &none);
}

int verify_store(
    struct store *s, const struct verify_options *options, struct verify_report *report, struct err *err)
{
	struct verify v = {.s = s, .o = options, .report = report};
	struct strs ledgers = {0};
	const char *anchor = NULL;
	const unsigned char *anchor_key = NULL;
	bool memory = registry_anchor(options->registry, &anchor, &anchor_key) && options->key;
	*report = (struct verify_report){0};
	int rc = objects_read(s, objects_step, &v, &v.objects, err);
	if (rc == 0)
		rc = store_ledgers(s, &ledgers, err);
	if (rc == 0) {
		for (size_t i = 0; i < v.objects.n; i++)
			report->objects += v.objects.items[i].state != OBJECT_ABSENT;
		if (memory && !options->full)
			memory_read(&v.known, s, options->key, anchor, anchor_key);
		count_changes(&v, &ledgers);
		verify_refs(&v);
		check_vanished(&v, &ledgers);
	}
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++)
		verify_ledger(&v, ledgers.items[i]);
	if (rc == 0) {
		tell_rest(&v);
		progress(&v, true);
		if (memory)
			remember_all(&v, anchor, anchor_key);
	}
	memory_free(&v.known);
	memory_free(&v.proved);
	objects_free(&v.objects);
	strs_free(&ledgers);
	return rc;
}

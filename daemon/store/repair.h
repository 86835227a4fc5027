/*
 * store/repair.h - mending a damaged store: what is missing is copied from another store, or the ledger is taken back to
 * what is whole, so that an ordinary sync brings the rest.
 *
 *   repair_frame, repair_begin           look, under the store's lock
 *   repair_copy                          as often as there are sources
 *   repair_settle                        what is damaged goes off the disk, lost refs are put right where they can be
 *   repair_take_back                     what is left; later changes stand under refs/rescue/<ledger>/<change>
 *   repair_end
 *   ... the peers send what is missing ...
 *   repair_put_back                      what was rescued goes in again, as far as its past is whole by then
 *
 * Each step leaves a store that git and this program can read, and may be begun again after a crash. No good object is
 * ever removed.
 */
#ifndef TUYEN_STORE_REPAIR_H
#define TUYEN_STORE_REPAIR_H

#include "registry/registry.h"
#include "store/store.h"

struct repair;

struct repair_ledger {
	const char *name;
	bool lost_ref; /* its ref is gone, or says nothing */
	size_t lost; /* objects that it needs */
	struct oid was; /* where the ref pointed; zero if that is lost */
	struct oid now; /* after repair_take_back; zero: no ledger */
	bool taken_back;
};

struct repair_state {
	size_t damaged; /* objects that are here and not good; packs counted by what is in them */
	size_t missing; /* that something good names, in a ledger */
	size_t packs; /* that are damaged */
	size_t rescued; /* refs under refs/rescue */
	const struct repair_ledger *ledgers; /* that are hurt */
	size_t n_ledgers;
};

/* HEAD and settings of the repository, without which it cannot be opened: made again where they are damaged. */
int repair_frame(const char *path, struct err *err);
/* Ledgers that must be here. */
struct repair_expected {
	struct strs ledgers;
	/* Must be here where its unit has left changes that no ref reaches, and that can be of no other ledger. Zero to two. */
	struct strs own;
};
void repair_expected_free(struct repair_expected *e);
/* What was verified once (`key` is the node's), and the own ledgers of `unit`. */
void repair_expect(struct store *s, const struct registry *r, bool registry_is_partial, const struct key *key,
    const char *unit, struct repair_expected *out);
/* `expected` may be NULL. Waits for the lock up to 5 s, then ERR_BUSY. */
int repair_begin(
    struct store *s, const struct repair_expected *expected, struct repair **out, struct err *err);
const struct repair_state *repair_state(const struct repair *r); /* as it is now */
static inline bool repair_is_whole(const struct repair_state *s)
{
	return !s->damaged && !s->missing && !s->packs && !s->n_ledgers && !s->rescued;
}
/* Copy what is wanted and good there; refs that are lost here are taken from there too. */
int repair_copy(struct repair *r, struct store *from, size_t *copied, struct err *err);
int repair_settle(struct repair *r, struct err *err);
int repair_take_back(struct repair *r, struct err *err);
void repair_end(struct repair *r); /* accepts NULL */

/* Are these all here by now? Cheap: to be asked again and again. */
bool repair_has_lost(struct store *s, const struct repair *r);
/* Put back into their ledgers what was rescued, and the newest of what `own` signed and no ref reaches any more: of the
 * ledgers that are hurt (`hurt` may be NULL), and where `refused` can tell what is not to come back, of all. The names of
 * ledgers that moved are added to `moved`. */
int repair_put_back(struct store *s, const struct repair *hurt, const struct key *own,
    bool (*refused)(void *ctx, const struct oid *id), void *ctx, struct strs *moved, struct err *err);
/* Units as the rescued changes of directives show them: so that a node that has lost the beginning of its registry knows
 * who may call. Changes what is granted to nobody but by key. */
void repair_show_rescued(struct store *s, struct registry *r);
/* From here on, what moves has come from elsewhere. */
void repair_note(struct repair *r);
/* Nothing came: ledgers that were taken back, and have not moved since, stand again where they stood. */
void repair_undo(struct store *s, const struct repair *r);
/* The lock alone: others may write again; what was found stays. */
void repair_unlock(struct repair *r);

#endif

/* registry/inside.h - what the files of this room share. Nobody else includes it. */
#ifndef TUYEN_REGISTRY_INSIDE_H
#define TUYEN_REGISTRY_INSIDE_H

#include "base/table.h"
#include "registry/registry.h"

#define REGISTRY_DEPTH_MAX 64 /* tiers; a walk upwards ends there even if the records form a ring */

/* What one superior says of a unit: his latest record of it. */
struct registration {
	char *issuer;
	struct arena arena;
	struct record record;
	bool removed;
	struct strs whole; /* successors as a whole that it ever named */
};

/* One act by which a unit went to another superior. */
struct move_step {
	const char *from;
	day_t day; /* from which on it no longer stands under `from`; INT32_MIN: not told */
};

/* What one common superior says of where a unit went: his latest record, and all that his records named. */
struct move {
	char *issuer;
	const char *to;
	struct strs past; /* former and new superiors */
	struct strs former; /* those above them, as far as they stand below the issuer */
	struct move_step *steps; /* as they were written, one after the other */
	size_t n_steps;
	struct strs narrowed; /* changes that granted the unit a key before */
	struct registry_vouch *vouched; /* the heads that were taken over */
	size_t n_vouched;
	bool counts; /* as far as is known here, he was above the unit and above both superiors */
};

struct unit {
	char *id;
	struct registry_unit view; /* of `present`, which owns every string in it */
	struct registration **claims;
	size_t n_claims;
	struct registration *owner; /* whose unit it is; NULL: nobody has registered it */
	struct registration *present; /* the owner's, unless removed */
	struct move **moves;
	size_t n_moves;
	bool
	    contested; /* several claim it, or it moved: looked at again whenever somebody else is registered */
	const char *moved_to; /* by a move that counts; NULL: it never moved */
	struct strs totals_to; /* superiors to whom it relays only totals */
	struct grant **grants; /* every one it ever had; borrowed from the registry */
	size_t n_grants;
};

struct grant {
	struct registry_grant view;
	const char *issuer; /* NULL: an anchor's, or embedded in a move */
	const char *row; /* of `keys`; NULL: the anchor's, before its unit record came */
	struct registry_vouch *vouched; /* what view.vouched shows */
	const struct registry *registry;
	const struct move *embedded; /* known only by this move; NULL: it was seen itself */
	const char *carrier; /* the ledger and the change that carried it then */
	struct oid carried;
	struct oid under; /* the grant under which it was given, until that arrives and is view.by */
	bool replaced; /* narrowed under the reserve key of its anchor */
};

struct registry {
	struct arena arena; /* strings of grants */
	struct table units; /* id -> struct unit */
	struct unit **contested;
	size_t n_contested;
	bool unsettled; /* they were not looked at since something was learned */
	struct table grants; /* "<change>/<unit id>" -> struct grant */
	struct strs anchors; /* units: the pinned one first */
	struct table read; /* hex ids of changes that were fed */
	size_t n_waiting; /* grants whose `under` has not arrived */
	struct table handed; /* "<anchor> <unit above it>" of handovers */
};

/* registry.c */
struct unit *registry_unit_at(struct registry *r, const char *id); /* made if it is new */
struct grant *registry_grant_at(
    struct registry *r, const struct oid *change, const char *unit, const char *station);
struct grant *registry_add_anchor(struct registry *r, const char *unit, const unsigned char *key);
bool registry_belongs(const struct unit *u, const char *issuer); /* may what he grants it count? */
bool registry_moved_by(const struct unit *u, const char *superior); /* do moves that count name him? */
bool registry_was_over(const struct unit *u, const char *superior); /* do they name him as one further up? */
void registry_own(struct unit *u, struct grant *g);
/* anchor.c */
bool anchor_handed(const struct registry *r, const char *anchor, const char *above);
/* Is it an anchor, or was it one before it was put under a superior? */
bool anchor_was(const struct registry *r, const char *unit);
/* Was it given to a unit as an anchor that it is no longer: its first grant, or one that its own record let in? */
bool anchor_is_former(const struct registry *r, const struct grant *g);
void anchor_look(
    struct registry *r, struct unit *u); /* its superior may say under what it wrote as an anchor */
void anchor_rank(struct registry *r, struct unit *u, const struct registration *own);
void anchor_key_ended(
    struct registry *r, struct unit *u, const struct registration *by, enum registry_key_state state);
void anchor_handover(
    struct registry *r, const struct registry_source *source, const char *id, const struct record *now);
/* May a change under `source` narrow this grant, or vouch for what was written under it? */
bool anchor_may_narrow(const struct grant *g, const struct registry_grant *source);
bool anchor_may_vouch(const struct grant *g, const struct registry_grant *source);
void anchor_replaced(struct grant *g, const struct registry_grant *source); /* that narrows it */
/* feed.c */
int registry_rank_of(const struct registry *r, const char *id); /* INT_MAX: not known */
void registry_contest(struct registry *r, struct unit *u);
void registry_choose(struct registry *r, struct unit *u); /* whose unit it is, by all that is known */
const struct registry_grant *registry_granted_by(
    const struct registry *r, const struct registry_source *source);
/* move.c */
void registry_feed_move(
    struct registry *r, const struct registry_source *source, const char *id, const struct record *now);
void registry_choose_move(struct registry *r, struct unit *u); /* which of its moves counts */
/* relay.c */
void registry_feed_relay(
    struct registry *r, const char *issuer, const char *superior, const struct record *now);
/* trust.c */
/* By the act of that unit. */
void registry_narrow(struct registry *r, struct grant *g, enum registry_key_state state, const char *issuer);
void registry_vouch_add(struct registry *r, struct grant *g, const char *ledger, const struct oid *head);
/* "reports/11383 <40 hex>" */
bool registry_vouch_read(struct arena *arena, const char *text, struct registry_vouch *out);

int registry_rank(const char *text); /* -1: none, or one that no level could have */
/* Id of the unit above, known by itself or not; NULL at the root and for unknown units. */
const char *registry_parent(const struct registry *r, const char *id);

/* A conflict that the change settles. */
struct check_settled {
	const char *record, *field;
};

/* A change being judged. */
struct check {
	const struct registry *r;
	const struct registry_grant *grant;
	const struct change *change;
	const struct change_texts *texts;
	size_t n_texts;
	char owner[65]; /* of the ledger */
	int rank; /* the writer's */
	enum field_writer role;
	char writer[136];
	struct check_settled *settled;
	size_t n_settled;
	struct arena arena;
	struct err *err;
};

/* One record of it; before and after may each be NULL. */
struct check_record {
	const char *path;
	const struct record_type *type;
	const struct record *before, *after;
};

/* Fill err: code ERR_REFUSED, rule, record and field (both may be NULL), and the sentence with its arguments. */
#define check_refuse(k, rule, record, field, ...) \
	check_refuse_list((k), (rule), (record), (field), (const char *const[]){__VA_ARGS__, NULL})
int check_refuse_list(struct check *k, const char *rule, const char *record, const char *field,
    const char *const *msg_and_args);
/* Parse a text that the change was built on or made; a NULL text gives NULL. Rule "form". */
int check_parse(struct check *k, const struct record_type *type, const char *path, const char *text,
    size_t len, const struct record **out);
/* May this writer write that field of records of the type? Rule "right". */
int check_right(struct check *k, const struct record_type *type, const char *path, const char *field);
bool check_settles(const struct check *k, const char *record, const char *field);

/* Columns of one row of a table: its path without the column ("keys.k1"); NULL if there is no such column. */
const char *check_column(struct check *k, const struct record *rec, const char *row, const char *column);
/* "keys.k1" of "keys.k1.state"; the arena's. */
const char *check_row(struct check *k, const char *field);

int check_seal(struct check *k, const struct check_record *rec); /* check_seal.c */
int check_unit(struct check *k, const struct check_record *rec); /* check_unit.c */
int check_move(struct check *k, const struct check_record *rec); /* check_trust.c */
int check_handover(struct check *k, const struct check_record *rec); /* check_trust.c */
int check_vouched(struct check *k, const struct check_record *rec); /* check_trust.c */
int check_reserve(struct check *k); /* check_trust.c */
bool check_is_anchor(const struct check *k); /* does the writer have an anchor's rights? */
int check_conflict(struct check *k, const struct check_record *rec); /* check_conflict.c */
int check_settle(struct check *k, const char *conflict); /* check_conflict.c */

#endif

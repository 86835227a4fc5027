/* registry/inside.h - what the files of this room share. Nobody else includes it. */
#ifndef TUYEN_REGISTRY_INSIDE_H
#define TUYEN_REGISTRY_INSIDE_H

#include "base/table.h"
#include "registry/registry.h"

#define REGISTRY_DEPTH_MAX 64 /* tiers; a walk upwards ends there even if the records form a ring */

/* A unit with its latest record, which owns every string that `view` shows. */
struct unit {
	struct registry_unit view;
	struct arena arena;
	struct record record;
	char *issuer;
	bool removed;
	struct grant **grants; /* every one it ever had; borrowed from the registry */
	size_t n_grants;
};

struct grant {
	struct registry_grant view;
	const char *row; /* of `keys`; NULL: the anchor's, before its unit record came */
	bool lost; /* by a superior whose claim to the id was overruled: as if it had never been */
};

struct registry {
	struct arena arena; /* strings of grants */
	struct table units; /* id -> struct unit */
	struct table grants; /* "<change>/<unit id>" -> struct grant */
	struct grant *anchor; /* also in grants; NULL until it is set */
};

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
int check_conflict(struct check *k, const struct check_record *rec); /* check_conflict.c */
int check_settle(struct check *k, const char *conflict); /* check_conflict.c */

#endif

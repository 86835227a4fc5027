/*
 * record/type.h - record types: what stands in a record, who may write it, how it merges. Data, not code: one
 * file a type in schema/types/, compiled in (schema/README of the format: schema/types.md).
 */
#ifndef TUYEN_RECORD_TYPE_H
#define TUYEN_RECORD_TYPE_H

#include "base/err.h"

enum field_kind {
	FIELD_LINE, /* text of one line */
	FIELD_TEXT, /* text of any number of lines; concurrent edits of other lines blend */
	FIELD_ID, /* text_is_id */
	FIELD_DATE, /* 2026-07-05 */
	FIELD_DUE, /* a day, or a month: 2025-05 */
	FIELD_TIME, /* 2026-07-05T08:00:00+07:00 */
	FIELD_DECIMAL, /* canonical decimal */
	FIELD_INTEGER, /* canonical decimal without point, 0 to 10^15 */
	FIELD_FIGURE, /* what a report may say of an indicator: decimal, "31/58" (kept unreduced), yes, no, or a code id */
	FIELD_CHOICE, /* one of `choices` */
	FIELD_KEY, /* ssh-ed25519 public key text */
	FIELD_CHANGE, /* id of a change: 40 hex digits */
};

enum field_shape {
	SHAPE_ONE, /* key: value                   field path "key" */
	SHAPE_SET, /* key: [a, b], sorted, unique  field paths "key.a", "key.b", each with the value "+" */
	SHAPE_MAP, /* key: {k: value}              field paths "key.k" */
	SHAPE_TABLE, /* key: {k: {col: value}}       field paths "key.k.col"; col never holds a dot, k may */
};

/* Who may write a field, relative to the ledger the record stands in. */
enum field_writer {
	WRITER_UNIT = 1, /* the node of the unit whose ledger it is */
	WRITER_STATION = 2, /* a station of that unit */
	WRITER_SUPERIOR = 4, /* a unit above it */
	WRITER_RULE = 8, /* derived by the merge rule, never authored (conflicts) */
};

struct field_type {
	const char *name; /* top-level key */
	enum field_shape shape;
	enum field_kind kind; /* of the value; for SHAPE_TABLE see columns */
	unsigned writers; /* set of enum field_writer */
	bool required;
	const char *const *choices; /* NULL-ended, FIELD_CHOICE only */
	const struct field_type *columns; /* SHAPE_TABLE: SHAPE_ONE columns; n_columns of them */
	size_t n_columns;
	const char *seal; /* a value of this FIELD_CHOICE that seals the record ("accepted"), or NULL */
	bool reseal; /* may still be written after the seal (corrections with their values) */
};

struct record_type {
	const char *name; /* "report" */
	const char *ledger; /* "directives", "reports" or "any" */
	const char *path; /* pattern: "reports/<issuer>/<plan>/<period>.yaml"; <x> matches one id */
	const struct field_type *fields; /* in canonical order */
	size_t n_fields;
};

/* All types; they live as long as the process. */
const struct record_type *type_by_name(const char *name);
/* The type whose path pattern fits `path` in ledgers of that kind, or NULL. `ledger` may be a full name
 * ("reports/11383") or the kind alone. */
const struct record_type *type_by_path(const char *ledger, const char *path);
/* Visit all, in order of their names. */
const struct record_type *type_at(size_t i); /* NULL past the end */

/* The i-th id that a pattern's <…> match in a path ("reports/31/hp.2026-06/2026-06.yaml", 1 -> "hp.2026-06"). */
bool type_path_part(const struct record_type *type, const char *path, size_t i, char out[65]);
/* The field type (column type for tables) that a field path belongs to, or NULL; *top gets the top-level one. */
const struct field_type *type_field(
    const struct record_type *type, const char *field, const struct field_type **top);

#endif

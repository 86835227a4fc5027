/*
 * record/record.h - a record: a flat, sorted list of fields, and its one canonical text.
 *
 * A field path is "title", "values.TT01", "lead.hp.ca" (set member, value "+"), "keys.k1.state" (table). The same
 * record is the same bytes everywhere: schema key order, map keys and set members by bytes, NFC, LF.
 * All memory is the arena's given at the start.
 */
#ifndef TUYEN_RECORD_RECORD_H
#define TUYEN_RECORD_RECORD_H

#include "record/type.h"
#include "record/yaml.h"

struct record_field {
	const char *path;
	const char *value; /* canonical text, never NULL */
};

struct record {
	const struct record_type *type;
	struct arena *arena;
	struct record_field *fields; /* sorted by path bytes; paths unique */
	size_t n;
};

void record_init(struct record *r, struct arena *arena, const struct record_type *type);

/* Read YAML that people wrote: closed to unknown keys, values checked and brought into canonical form. "key:" with
 * nothing behind it is absent. Scalars without quotes that some YAML reader takes for no text (no, ~, 1e2) are
 * refused where a text is meant; digits alone and dates are taken as they are written. */
int record_read(struct record *r, struct arena *arena, const struct record_type *type, const char *file,
    const char *bytes, size_t len, struct err *err);
/* Read the same from an already parsed map (an imported file's part). */
int record_from_yaml(struct record *r, struct arena *arena, const struct record_type *type, const char *file,
    const struct yaml_node *map, struct err *err);
/* Read what is stored or came over the wire: must be byte for byte the canonical form, else ERR_INPUT ("form").
 * Fields that the type does not know, after the known keys and in byte order, are kept as opaque scalars. */
int record_parse(struct record *r, struct arena *arena, const struct record_type *type, const char *bytes,
    size_t len, struct err *err);
void record_print(const struct record *r, struct buf *out);

const char *record_get(const struct record *r, const char *field); /* NULL when absent; borrowed */
/* Set a field after checking and canonicalising the value by its kind; NULL or blanks alone remove it. A member of
 * a set is set by "+". Values that are canonical already go in by record_put: "1.234" is a canonical decimal, but
 * as people's input it may be thousands. */
int record_set(struct record *r, const char *field, const char *value, struct err *err);
/* Set without any check: for values already canonical (merge results). NULL removes. */
void record_put(struct record *r, const char *field, const char *value);
/* Required fields present, and not longer than YAML_RECORD_MAX? ERR_INPUT names the first missing. */
int record_check(const struct record *r, struct err *err);
/* Check people's input for one value (of a set: one member) and bring it into canonical form: NFC; lines without
 * blanks around; texts without blanks at line ends and empty lines at either end. The result is the arena's. */
int record_value(
    struct arena *arena, const struct field_type *type, const char *value, const char **out, struct err *err);

/* Iterate over the members or keys of a top-level set/map/table: fills *key (arena) with each distinct key in
 * order of bytes; start with *i = 0, and do not change the record meanwhile. */
bool record_next_key(const struct record *r, const char *top, size_t *i, const char **key);

/* Fields that differ: visited in path order with old and new value, NULL for absent. Either record may be NULL. */
void record_diff(const struct record *old, const struct record *now,
    void (*visit)(void *ctx, const char *field, const char *old_value, const char *new_value), void *ctx);

#endif

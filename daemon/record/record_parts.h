/* record/record_parts.h - what the files record*.c share with each other and with nobody else. */
#ifndef TUYEN_RECORD_RECORD_PARTS_H
#define TUYEN_RECORD_RECORD_PARTS_H

#include "record/record.h"

/* Add a field at the end, unsorted, both strings borrowed; record_sort must follow before any other use.
 * Of fields with one path the first stays. */
void record_append(struct record *r, const char *path, const char *value);
void record_sort(struct record *r);

/* Is this what record_value gives, or (for texts) at least what a merge of such texts may give? */
bool record_value_is_canonical(const struct field_type *type, const char *value);
/* Refuse a scalar without quotes that some YAML reader takes for no text where a text is meant: no, ~, 1e2. */
int record_value_plain(const struct field_type *type, const char *text, struct err *err);
/* Refuse what cannot be a key of a map or a row of a table. */
int record_key_check(const char *key, struct err *err);

#endif

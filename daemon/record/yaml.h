/*
 * record/yaml.h - the part of YAML 1.1/1.2 that we take in, as a tree that knows its lines.
 *
 * libyaml reads, we guard: at most YAML_FILE_MAX bytes; one document; no aliases, anchors, tags or directives; no
 * tabs in indentation or before a value; no control characters; no duplicate keys (compared after NFC); no key
 * without a value in {} (a decimal comma there); depth at most YAML_DEPTH_MAX (libyaml itself is quadratic in '[').
 * Keys and values come out as NFC (Unicode 15), their line ends as LF. Errors carry file, line and column (in
 * characters).
 */
#ifndef TUYEN_RECORD_YAML_H
#define TUYEN_RECORD_YAML_H

#include "base/buf.h"
#include "base/err.h"

#define YAML_DEPTH_MAX 16
#define YAML_RECORD_MAX (64 * 1024) /* bytes of one record, as somebody writes it */
/* A stored record may be longer: merging puts together what several wrote, a conflict record holds three texts. */
#define YAML_STORED_MAX (1024 * 1024)
#define YAML_FILE_MAX (4 * 1024 * 1024) /* bytes of an imported file */

enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

/* A node; all memory is the arena's. Children of a map and items of a list hang in `first`, in file order. */
struct yaml_node {
	enum yaml_kind kind;
	const char *key; /* its key in the map above, or NULL */
	const char *text; /* scalars only: NFC, NUL-terminated, never containing NUL */
	bool plain; /* scalar without quotes or block: `no`, `1.260` can be told from 'no' */
	unsigned line, column; /* of the value, 1-based */
	unsigned key_line, key_column; /* of the key */
	struct yaml_node *first, *next;
	size_t n; /* number of children */
};

/* Parse; `file` is only for messages. Empty input is ERR_INPUT. */
int yaml_parse(struct arena *arena, const char *file, const char *bytes, size_t len, struct yaml_node **out,
    struct err *err);

/* The child of a map with this key, or NULL (also when map is NULL or no map). */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Text of a scalar child, or NULL. */
const char *yaml_text(const struct yaml_node *map, const char *key);
/* Refuse keys that are not in the NULL-ended list, naming the nearest one known. */
int yaml_only(const struct yaml_node *map, const char *file, const char *const *known, struct err *err);
/* Refuse this one: always ERR_INPUT. */
int yaml_unknown(
    const struct yaml_node *node, const char *file, const char *const *known, size_t n, struct err *err);

/* Canonical output, two blanks of indentation a level. yaml_put_* append one line (or block) each. A scalar is
 * plain when no YAML reader, 1.1 or 1.2, can mistake it for anything but a string; a text with line ends is a
 * literal block (|), but double quoted where it begins with an empty line or has a line of blanks alone; else
 * single quoted, or double quoted when it has control characters. The value is valid UTF-8. */
void yaml_put_scalar(struct buf *out, int depth, const char *key, const char *value);
void yaml_put_open(struct buf *out, int depth, const char *key); /* "key:" of a map or list that follows */
void yaml_put_item(struct buf *out, int depth, const char *value); /* "- value" */

#endif

/*
 * registry/form.h - reading the small YAML files of this room: configuration, request, welcome.
 *
 * A form remembers its first error: read every key, then look at `rc` once. Getters return NULL (or false) for what is
 * absent and for whatever follows an error.
 */
#ifndef TUYEN_REGISTRY_FORM_H
#define TUYEN_REGISTRY_FORM_H

#include "base/err.h"
#include "base/key.h"
#include "base/oid.h"
#include "record/yaml.h"
#include "registry/config.h"

#define FORM_LINE_MAX 200 /* characters */

struct form {
	const char *file;
	const struct yaml_node *map;
	struct err *err;
	int rc;
};

/* `what` is the value of `format:` that is asked for; `known` the NULL-ended list of keys. */
void form_open(struct form *f, struct arena *arena, const char *file, const char *bytes, size_t len,
    const char *format, const char *const *known, struct err *err);
/* A map inside: false if it is absent. */
bool form_sub(struct form *f, const char *key, const char *const *known, struct form *out);
void form_join(struct form *f, const struct form *sub); /* take over its error */

const char *form_id(struct form *f, const char *key, bool required);
const char *form_line(struct form *f, const char *key, bool required);
const char *form_address(struct form *f, const char *key);
bool form_yes(struct form *f, const char *key);
int form_rank(struct form *f, const char *key, bool required); /* -1: absent */
bool form_change(struct form *f, const char *key, bool required, struct oid *out);
bool form_key(struct form *f, const char *key, bool required, unsigned char out[KEY_PUBLIC_SIZE]);
bool form_signature(struct form *f, unsigned char out[KEY_SIGNATURE_SIZE]);
/* {unit, address, key} of another node; without `required` a peer of no unit where it is absent. */
void form_peer(struct form *f, const char *key, bool required, struct config_peer *out);
const char *const *form_ids(struct form *f, struct arena *arena, const char *key, size_t *n);

/* What else is wrong with the value of a key: a template of which %1 is the key, %2 the value. */
void form_fail(struct form *f, const char *key, const char *msg);

bool form_is_line(const char *text); /* one line of 1 to FORM_LINE_MAX characters, no control character */

/* Writing: nothing for NULL. */
/* The last line: the signature over all before it. */
void form_sign(struct buf *out, const struct key *key);
void form_put(struct buf *out, int depth, const char *key, const char *value);
void form_put_key(
    struct buf *out, int depth, const char *key, const unsigned char public_key[KEY_PUBLIC_SIZE]);
void form_put_peer(
    struct buf *out, const char *key, const struct config_peer *peer); /* nothing for no unit */
void form_put_change(struct buf *out, const char *key, const struct oid *id);
void form_put_rank(struct buf *out, int rank);
void form_put_ids(struct buf *out, const char *key, const char *const *ids, size_t n);

#endif

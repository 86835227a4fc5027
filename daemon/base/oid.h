/* base/oid.h - a git object id (SHA-1), and short hashes. No library's type. */
#ifndef TUYEN_BASE_OID_H
#define TUYEN_BASE_OID_H

#include <stdbool.h>
#include <stddef.h>

#define OID_SIZE 20
#define OID_HEX 40

struct oid {
	unsigned char b[OID_SIZE];
};

/* A growable list. Zero-initialise; oids_free when done. */
struct oids {
	struct oid *items;
	size_t n;
};

int oid_cmp(const struct oid *a, const struct oid *b); /* by bytes, like memcmp */
bool oid_eq(const struct oid *a, const struct oid *b);
bool oid_is_zero(const struct oid *a);
bool oid_parse(struct oid *out, const char *hex); /* exactly 40 lower-case hex digits */
void oid_hex(const struct oid *id, char hex[OID_HEX + 1]);

void oids_add(struct oids *list, const struct oid *id);
bool oids_has(const struct oids *list, const struct oid *id);
void oids_sort(struct oids *list); /* ascending, repetitions dropped */
bool oids_eq(const struct oids *a, const struct oids *b); /* same items in the same order */
void oids_copy(struct oids *to, const struct oids *from); /* `to` is overwritten, not freed */
void oids_free(struct oids *list);

/* SHA-256 of bytes (OpenSSL behind it). */
#define HASH_SIZE 32
void hash_sha256(const void *bytes, size_t len, unsigned char out[HASH_SIZE]);
/* Of what a file holds, read in pieces from its beginning; false when it cannot be read. */
bool hash_sha256_file(int fd, unsigned char out[HASH_SIZE]);
/* Git's id of an object: SHA-1 of "<kind> <len>\0" and the bytes; kind is "blob", "tree" or "commit". */
void hash_git_object(const char *kind, const void *bytes, size_t len, struct oid *out);
void hex_encode(const unsigned char *bytes, size_t len, char *hex); /* writes 2*len+1 */
bool hex_decode(const char *hex, unsigned char *bytes, size_t len); /* exactly 2*len digits, either case */

#endif

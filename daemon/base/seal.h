/*
 * base/seal.h - bytes that only the holder of a node's key can read: what travels where anybody may look (parcels).
 *
 * A box holds a content key for one node: a fresh X25519 key against the node's Ed25519 key taken as one (the birational
 * map of RFC 7748), SHA-256 of the secret and both public keys, ChaCha20-Poly1305. Content is sealed in pieces, each with
 * its number and whether it is the last in the nonce: none can be altered, moved, repeated or left off at the end
 * unnoticed, and what stands before a damage can be read. By OpenSSL alone: one library for keys is enough.
 */
#ifndef TUYEN_BASE_SEAL_H
#define TUYEN_BASE_SEAL_H

#include "base/key.h"

#define SEAL_SECRET_SIZE 32 /* a content key: random */
#define SEAL_TAG_SIZE 16 /* a sealed piece is so much longer */
#define SEAL_BOX_SIZE (32 + SEAL_SECRET_SIZE + SEAL_TAG_SIZE)
#define SEAL_CONTEXT_SIZE 32 /* a hash of what the bytes belong to; the same at both ends */

/* ERR_INPUT: that is no key to which anything could be sealed. */
int seal_box(const unsigned char to[KEY_PUBLIC_SIZE], const unsigned char secret[SEAL_SECRET_SIZE],
    const unsigned char context[SEAL_CONTEXT_SIZE], unsigned char box[SEAL_BOX_SIZE], struct err *err);
/* False: not for this key, or not these bytes. */
bool seal_unbox(const struct key *key, const unsigned char box[SEAL_BOX_SIZE],
    const unsigned char context[SEAL_CONTEXT_SIZE], unsigned char secret[SEAL_SECRET_SIZE]);

struct seal_piece {
	const unsigned char *secret, *context;
	uint64_t number; /* from 0 */
	bool last;
};
/* Append the piece, sealed. */
void seal_close(const struct seal_piece *piece, const void *plain, size_t len, struct buf *out);
/* Append what it holds; false, and nothing appended, if it is not that piece. */
bool seal_open(const struct seal_piece *piece, const void *sealed, size_t len, struct buf *out);

#endif

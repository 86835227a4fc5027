/*
 * base/key.h - a node's Ed25519 key (RFC 8032): signs its changes (store) and proves its end of a line (net).
 *
 * Private keys are PEM files (PKCS #8), mode 0600. A public key travels as the text that ssh and git use,
 * "ssh-ed25519 AAAA…" (RFC 8709); its fingerprint for people is a few spoken Vietnamese syllables.
 */
#ifndef TUYEN_BASE_KEY_H
#define TUYEN_BASE_KEY_H

#include "base/err.h"

#define KEY_PUBLIC_SIZE 32
#define KEY_SIGNATURE_SIZE 64
#define KEY_TEXT_SIZE 81 /* "ssh-ed25519 " and 68 base64 characters, NUL */

struct key; /* a private key with its public half */

int key_generate(struct key **out, struct err *err);
int key_load(const char *path, struct key **out, struct err *err);
/* The same from the bytes of such a file; `name` is for messages. */
int key_read(const void *bytes, size_t len, const char *name, struct key **out, struct err *err);
int key_save(const struct key *key, const char *path, struct err *err); /* refuses to overwrite */
void key_free(struct key *key);

const unsigned char *key_public(const struct key *key); /* KEY_PUBLIC_SIZE bytes; borrowed */
void *key_evp(const struct key *key); /* the EVP_PKEY, for the rooms that own OpenSSL; borrowed */
void key_sign(const struct key *key, const void *bytes, size_t len, unsigned char sig[KEY_SIGNATURE_SIZE]);
/* A code over bytes that only who holds this private key can make (HMAC-SHA256 under a key derived from it for this one
 * purpose): for what a node writes down for itself alone. */
#define KEY_SEAL_SIZE 32
void key_seal(const struct key *key, const char *purpose, const void *bytes, size_t len,
    unsigned char seal[KEY_SEAL_SIZE]);
bool key_verify(const unsigned char public_key[KEY_PUBLIC_SIZE], const void *bytes, size_t len,
    const unsigned char sig[KEY_SIGNATURE_SIZE]);

void key_text(const unsigned char public_key[KEY_PUBLIC_SIZE], char text[KEY_TEXT_SIZE]);
bool key_parse(const char *text, unsigned char public_key[KEY_PUBLIC_SIZE]);
/* "SHA256:…" as ssh-keygen -l prints it. */
void key_fingerprint(const unsigned char public_key[KEY_PUBLIC_SIZE], struct buf *out);
/* Six plain syllables to read out over a telephone: 48 bits of the same hash. */
void key_spoken(const unsigned char public_key[KEY_PUBLIC_SIZE], struct buf *out);

/* Base64 (RFC 4648). decode refuses anything but canonical text; returns false then. */
void base64_encode(const void *bytes, size_t len, struct buf *out);
bool base64_decode(const char *text, size_t len, struct buf *out);

#endif

/*
 * store/commit.h - the text of a commit, and its SSH signature (PROTOCOL.sshsig of OpenSSH). Pure, over bytes.
 *
 * One text for one commit: commit_parse takes only what commit_print writes, so a commit is known by its words and
 * its id can be had by writing them again. The signature is armored the way ssh-keygen and git do, a function of
 * public key and 64 bytes: those 64 bytes are all that ever travels.
 */
#ifndef TUYEN_STORE_COMMIT_H
#define TUYEN_STORE_COMMIT_H

#include "base/err.h"
#include "base/key.h"
#include "base/oid.h"

#define COMMIT_BYTES_MAX (1024 * 1024)

struct commit {
	struct oid tree;
	const struct oid *parents;
	size_t n_parents;
	const char *identity; /* author and committer alike: "11383 <11383@tuyen.invalid>" */
	int64_t time; /* seconds, zone +0000 */
	const char *message;
	bool is_signed;
	unsigned char public_key[KEY_PUBLIC_SIZE], signature[KEY_SIGNATURE_SIZE]; /* if signed */
};

/* All that is signed: the commit without its signature. */
void commit_payload(const struct commit *c, struct buf *out);
/* The commit object; signed ones with the header "gpgsig". */
void commit_print(const struct commit *c, struct buf *out);
/* The reverse: anything that commit_print would not write is ERR_INPUT. Memory is the arena's. */
int commit_parse(struct commit *c, struct arena *arena, const char *bytes, size_t len, struct err *err);

void commit_sign(struct commit *c, const struct key *key); /* fills is_signed, public_key, signature */
bool commit_verify(const struct commit *c, const unsigned char public_key[KEY_PUBLIC_SIZE]);

#endif

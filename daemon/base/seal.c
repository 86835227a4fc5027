#include "base/seal.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/oid.h"
#include "base/sys.h"

#define POINT_SIZE 32
#define NONCE_SIZE 12

/* OpenSSL fails here only where memory does. */
static void must(bool done)
{
	if (!done)
		abort();
}

static void reversed(const unsigned char in[POINT_SIZE], unsigned char out[POINT_SIZE])
{
	for (size_t i = 0; i < POINT_SIZE; i++)
		out[i] = in[POINT_SIZE - 1 - i];
}

/* The same point on the other form of the curve: u = (1 + y) / (1 - y) mod 2^255 - 19 (RFC 7748, 4.1). */
static bool to_montgomery(const unsigned char ed[KEY_PUBLIC_SIZE], unsigned char out[POINT_SIZE])
{
	unsigned char bytes[POINT_SIZE];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_new(), *y = BN_new(), *above = BN_new(), *below = BN_new();
	reversed(ed, bytes);
	bytes[0] &= 0x7f; /* the sign of x */
	must(ctx && p && y && above && below && BN_set_bit(p, 255) && BN_sub_word(p, 19) &&
	     BN_bin2bn(bytes, POINT_SIZE, y) && BN_copy(above, y) && BN_add_word(above, 1) && BN_one(below) &&
	     BN_mod_sub(below, below, y, p, ctx));
	bool fits = BN_cmp(y, p) < 0 && !BN_is_zero(below) && BN_mod_inverse(below, below, p, ctx) != NULL;
	if (fits) {
		must(BN_mod_mul(above, above, below, p, ctx) &&
		     BN_bn2binpad(above, bytes, POINT_SIZE) == POINT_SIZE);
		reversed(bytes, out);
	}
	BN_free(p);
	BN_free(y);
	BN_free(above);
	BN_free(below);
	BN_CTX_free(ctx);
	return fits;
}

/* The scalar that an Ed25519 key signs with (RFC 8032, 5.1.5). */
static EVP_PKEY *own_scalar(const struct key *key)
{
	unsigned char seed[POINT_SIZE], wide[64];
	size_t len = sizeof seed;
	must(EVP_PKEY_get_raw_private_key(key_evp(key), seed, &len) == 1 && len == sizeof seed &&
	     EVP_Digest(seed, sizeof seed, wide, NULL, EVP_sha512(), NULL) == 1);
	EVP_PKEY *out = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, wide, POINT_SIZE);
	OPENSSL_cleanse(seed, sizeof seed);
	OPENSSL_cleanse(wide, sizeof wide);
	must(out != NULL);
	return out;
}

/* What both ends can compute; false for a point that gives everybody the same. */
static bool agree(EVP_PKEY *own, const unsigned char theirs[POINT_SIZE],
    const unsigned char fresh[POINT_SIZE], const unsigned char to[POINT_SIZE], unsigned char out[HASH_SIZE])
{
	static const char purpose[] = "tuyen-box/1";
	unsigned char shared[POINT_SIZE];
	size_t len = sizeof shared;
	struct buf all = {0};
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, theirs, POINT_SIZE);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	must(peer && ctx && EVP_PKEY_derive_init(ctx) == 1);
	bool good = EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, shared, &len) == 1 &&
		    len == sizeof shared;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	if (!good)
		return false;
	buf_add(&all, purpose, sizeof purpose);
	buf_add(&all, fresh, POINT_SIZE);
	buf_add(&all, to, POINT_SIZE);
	buf_add(&all, shared, sizeof shared);
	hash_sha256(all.data, all.len, out);
	OPENSSL_cleanse(shared, sizeof shared);
	OPENSSL_cleanse(all.data, all.len);
	buf_free(&all);
	return true;
}

static void nonce_of(const struct seal_piece *piece, unsigned char nonce[NONCE_SIZE])
{
	memset(nonce, 0, NONCE_SIZE);
	for (int i = 0; i < 8; i++)
		nonce[3 + i] = (unsigned char)(piece->number >> (56 - 8 * i));
	nonce[NONCE_SIZE - 1] = piece->last;
}

static EVP_CIPHER_CTX *begin(const struct seal_piece *piece, int sealing)
{
	unsigned char nonce[NONCE_SIZE];
	int n;
	nonce_of(piece, nonce);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	must(ctx &&
	     EVP_CipherInit_ex(ctx, EVP_chacha20_poly1305(), NULL, piece->secret, nonce, sealing) == 1 &&
	     EVP_CipherUpdate(ctx, NULL, &n, piece->context, SEAL_CONTEXT_SIZE) == 1);
	return ctx;
}

void seal_close(const struct seal_piece *piece, const void *plain, size_t len, struct buf *out)
{
	int n = 0, rest = 0;
	unsigned char tag[SEAL_TAG_SIZE];
	unsigned char *room = mem_alloc(len + SEAL_TAG_SIZE);
	EVP_CIPHER_CTX *ctx = begin(piece, 1);
	must((len == 0 || EVP_CipherUpdate(ctx, room, &n, plain, (int)len) == 1) &&
	     EVP_CipherFinal_ex(ctx, room + n, &rest) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
	buf_add(out, room, len);
	buf_add(out, tag, sizeof tag);
	free(room);
}

bool seal_open(const struct seal_piece *piece, const void *sealed, size_t len, struct buf *out)
{
	int n = 0, rest = 0;
	unsigned char tag[SEAL_TAG_SIZE];
	if (len < SEAL_TAG_SIZE)
		return false;
	len -= SEAL_TAG_SIZE;
	memcpy(tag, (const unsigned char *)sealed + len, sizeof tag);
	unsigned char *room = mem_alloc(len + SEAL_TAG_SIZE);
	EVP_CIPHER_CTX *ctx = begin(piece, 0);
	bool good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, tag) == 1 &&
		    (len == 0 || EVP_CipherUpdate(ctx, room, &n, sealed, (int)len) == 1) &&
		    EVP_CipherFinal_ex(ctx, room + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (good)
		buf_add(out, room, len);
	OPENSSL_cleanse(room, len);
	free(room);
	return good;
}

int seal_box(const unsigned char to[KEY_PUBLIC_SIZE], const unsigned char secret[SEAL_SECRET_SIZE],
    const unsigned char context[SEAL_CONTEXT_SIZE], unsigned char box[SEAL_BOX_SIZE], struct err *err)
{
	unsigned char point[POINT_SIZE], fresh[POINT_SIZE], shared[HASH_SIZE];
	size_t len = sizeof fresh;
	struct buf sealed = {0};
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	must(own && EVP_PKEY_get_raw_public_key(own, fresh, &len) == 1);
	bool good = to_montgomery(to, point) && agree(own, point, fresh, to, shared);
	EVP_PKEY_free(own);
	if (!good)
		return err_set(err, ERR_INPUT, N_("nothing can be sealed to this key"));
	seal_close(&(struct seal_piece){shared, context, 0, true}, secret, SEAL_SECRET_SIZE, &sealed);
	memcpy(box, fresh, POINT_SIZE);
	memcpy(box + POINT_SIZE, sealed.data, sealed.len);
	OPENSSL_cleanse(shared, sizeof shared);
	buf_free(&sealed);
	return 0;
}

bool seal_unbox(const struct key *key, const unsigned char box[SEAL_BOX_SIZE],
    const unsigned char context[SEAL_CONTEXT_SIZE], unsigned char secret[SEAL_SECRET_SIZE])
{
	unsigned char shared[HASH_SIZE];
	struct buf plain = {0};
	EVP_PKEY *own = own_scalar(key);
	bool good = agree(own, box, box, key_public(key), shared);
	EVP_PKEY_free(own);
	if (!good)
		return false;
	good = seal_open(&(struct seal_piece){shared, context, 0, true}, box + POINT_SIZE,
	    SEAL_BOX_SIZE - POINT_SIZE, &plain);
	if (good)
		memcpy(secret, plain.data, SEAL_SECRET_SIZE);
	if (good)
		OPENSSL_cleanse(plain.data, plain.len);
	OPENSSL_cleanse(shared, sizeof shared);
	buf_free(&plain);
	return good;
}

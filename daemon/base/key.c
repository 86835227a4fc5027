#include "base/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "base/oid.h"
#include "base/sys.h"

struct key {
	EVP_PKEY *pkey;
	unsigned char public_key[KEY_PUBLIC_SIZE];
};

static int wrap(EVP_PKEY *pkey, struct key **out, struct err *err)
{
	size_t len = KEY_PUBLIC_SIZE;
	struct key *key = mem_alloc(sizeof *key);
	key->pkey = pkey;
	if (EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(pkey, key->public_key, &len) != 1) {
		key_free(key);
		return err_set(err, ERR_INPUT, N_("the key file does not hold an Ed25519 key"));
	}
	*out = key;
	return 0;
}

int key_generate(struct key **out, struct err *err)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!pkey)
		return err_set(err, ERR_IO, N_("cannot make a key"));
	return wrap(pkey, out, err);
}

/* Nobody is there to be asked for one. */
static int no_passphrase(char *text, int size, int writing, void *ctx)
{
	(void)text, (void)size, (void)writing, (void)ctx;
	return -1;
}

int key_read(const void *bytes, size_t len, const char *name, struct key **out, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)len);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return pkey ? wrap(pkey, out, err) : err_set(err, ERR_INPUT, N_("%1 is not a private key"), name);
}

int key_load(const char *path, struct key **out, struct err *err)
{
	struct buf text = {0};
	int rc = sys_read_file(path, 4096, &text, err);
	if (rc == 0)
		rc = key_read(buf_str(&text), text.len, path, out, err);
	if (text.data)
		memset(text.data, 0, text.len);
	buf_free(&text);
	return rc;
}

int key_save(const struct key *key, const char *path, struct err *err)
{
	if (sys_exists(path))
		return err_set(err, ERR_REFUSED, N_("%1 is there already; a key is never overwritten"), path);
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;
	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
		rc = err_set(err, ERR_IO, N_("cannot make a key"));
	} else {
		char *text;
		long len = BIO_get_mem_data(bio, &text);
		rc = sys_write_file(path, text, (size_t)len, 0600, err);
	}
	BIO_free(bio);
	return rc;
}

void key_free(struct key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

const unsigned char *key_public(const struct key *key)
{
	return key->public_key;
}

void *key_evp(const struct key *key)
{
	return key->pkey;
}

void key_sign(const struct key *key, const void *bytes, size_t len, unsigned char sig[KEY_SIGNATURE_SIZE])
{
	size_t sig_len = KEY_SIGNATURE_SIZE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) != 1 ||
	    EVP_DigestSign(ctx, sig, &sig_len, bytes, len) != 1)
		abort(); /* only when memory is out */
	EVP_MD_CTX_free(ctx);
}

void key_seal(const struct key *key, const char *purpose, const void *bytes, size_t len,
    unsigned char seal[KEY_SEAL_SIZE])
{
	unsigned char secret[KEY_PUBLIC_SIZE], derived[KEY_SEAL_SIZE];
	size_t secret_len = sizeof secret;
	unsigned n = KEY_SEAL_SIZE;
	if (EVP_PKEY_get_raw_private_key(key->pkey, secret, &secret_len) != 1 ||
	    !HMAC(EVP_sha256(), secret, (int)secret_len, (const unsigned char *)purpose, strlen(purpose),
		derived, &n) ||
	    !HMAC(EVP_sha256(), derived, sizeof derived, bytes, len, seal, &n))
		abort(); /* only when memory is out */
	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(derived, sizeof derived);
}

bool key_verify(const unsigned char public_key[KEY_PUBLIC_SIZE], const void *bytes, size_t len,
    const unsigned char sig[KEY_SIGNATURE_SIZE])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, KEY_PUBLIC_SIZE);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestVerify(ctx, sig, KEY_SIGNATURE_SIZE, bytes, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

/* The wire form of RFC 8709: string "ssh-ed25519", string of 32 bytes, lengths big-endian. */
static const unsigned char wire_head[] = "\0\0\0\13ssh-ed25519\0\0\0\40";
#define WIRE_HEAD (sizeof wire_head - 1)
#define WIRE_SIZE (WIRE_HEAD + KEY_PUBLIC_SIZE)

static void wire_form(const unsigned char *public_key, unsigned char wire[WIRE_SIZE])
{
	memcpy(wire, wire_head, WIRE_HEAD);
	memcpy(wire + WIRE_HEAD, public_key, KEY_PUBLIC_SIZE);
}

void key_text(const unsigned char public_key[KEY_PUBLIC_SIZE], char text[KEY_TEXT_SIZE])
{
	unsigned char wire[WIRE_SIZE];
	wire_form(public_key, wire);
	struct buf b = {0};
	base64_encode(wire, sizeof wire, &b);
	snprintf(text, KEY_TEXT_SIZE, "ssh-ed25519 %s", buf_str(&b));
	buf_free(&b);
}

bool key_parse(const char *text, unsigned char public_key[KEY_PUBLIC_SIZE])
{
	static const char head[] = "ssh-ed25519 ";
	if (strncmp(text, head, sizeof head - 1) != 0)
		return false;
	struct buf wire = {0};
	const char *body = text + sizeof head - 1;
	bool good = base64_decode(body, strlen(body), &wire) && wire.len == WIRE_SIZE &&
		    memcmp(wire.data, wire_head, WIRE_HEAD) == 0;
	if (good)
		memcpy(public_key, wire.data + WIRE_HEAD, KEY_PUBLIC_SIZE);
	buf_free(&wire);
	return good;
}

void key_fingerprint(const unsigned char public_key[KEY_PUBLIC_SIZE], struct buf *out)
{
	unsigned char wire[WIRE_SIZE], hash[HASH_SIZE];
	wire_form(public_key, wire);
	hash_sha256(wire, sizeof wire, hash);
	buf_puts(out, "SHA256:");
	base64_encode(hash, sizeof hash, out);
	while (out->len && out->data[out->len - 1] == '=')
		buf_cut(out, out->len - 1);
}

void key_spoken(const unsigned char public_key[KEY_PUBLIC_SIZE], struct buf *out)
{
	/* 16 beginnings x 16 endings = one byte a syllable; without tones, so that any line carries them. */
	static const char *const head[16] = {
	    "b", "c", "ch", "d", "h", "kh", "l", "m", "n", "ph", "r", "s", "t", "th", "v", "x"};
	static const char *const tail[16] = {
	    "a", "ai", "am", "an", "ang", "ao", "au", "o", "oi", "om", "on", "ong", "u", "ua", "ung", "uoi"};
	unsigned char wire[WIRE_SIZE], hash[HASH_SIZE];
	wire_form(public_key, wire);
	hash_sha256(wire, sizeof wire, hash);
	for (int i = 0; i < 6; i++)
		buf_printf(out, "%s%s%s", i ? " " : "", head[hash[i] >> 4], tail[hash[i] & 15]);
}

void base64_encode(const void *bytes, size_t len, struct buf *out)
{
	unsigned char *text = mem_alloc(len / 3 * 4 + 5);
	int n = EVP_EncodeBlock(text, bytes, (int)len);
	buf_add(out, text, (size_t)n);
	free(text);
}

bool base64_decode(const char *text, size_t len, struct buf *out)
{
	if (len % 4 || len > (1u << 24))
		return false;
	size_t padding = len && text[len - 1] == '=' ? (text[len - 2] == '=' ? 2 : 1) : 0;
	unsigned char *bytes = mem_alloc(len + 1);
	int n = len ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) : 0;
	bool good = n >= 0 && (size_t)n >= padding;
	if (good) {
		/* Only the one text that encodes these bytes: no blanks, no loose bits. */
		struct buf again = {0};
		base64_encode(bytes, (size_t)n - padding, &again);
		good = again.len == len && (len == 0 || memcmp(again.data, text, len) == 0);
		buf_free(&again);
	}
	if (good)
		buf_add(out, bytes, (size_t)n - padding);
	free(bytes);
	return good;
}

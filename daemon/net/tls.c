#include "net/tls.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/oid.h"

/* The names of ALPN, each with its length before it: all that a server agrees to, the ordinary one first. */
static const unsigned char protocols[] = "\7tuyen/1\15tuyen-enrol/1";
#define ORDINARY_LEN 8
#define ENROL (protocols + ORDINARY_LEN)
#define ENROL_LEN (sizeof protocols - 1 - ORDINARY_LEN)

/* A certificate of ours has about 200 bytes; nobody needs to send us much more. */
#define CERTIFICATES_MAX 2048

struct tls_context {
	SSL_CTX *ssl;
	unsigned char key[KEY_PUBLIC_SIZE]; /* ours */
};

struct tls {
	const struct tls_context *context;
	SSL *ssl;
	BIO *from_wire, *to_wire; /* owned by ssl */
	enum tls_side side;
	char *far;
	tls_admit *admit, *ended_key;
	void *ctx;
	unsigned char peer_key[KEY_PUBLIC_SIZE];
	bool refused; /* admit said no */
	bool was_admitted; /* but it did once */
	bool enrol; /* what a client offers */
	bool open, ended;
	bool offers; /* a client: `memory` */
	struct tls_memory memory;
	tls_recall *recall;
	void *recall_ctx;
};

/* The key in the least certificate that carries one: version 1, no names, for ever. */
static X509 *certificate(EVP_PKEY *pkey)
{
	X509 *x = X509_new();
	if (x && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	    ASN1_TIME_set_string(X509_getm_notBefore(x), "700101000000Z") &&
	    ASN1_TIME_set_string(X509_getm_notAfter(x), "99991231235959Z") && X509_set_pubkey(x, pkey) &&
	    X509_sign(x, pkey, NULL))
		return x;
	X509_free(x);
	return NULL;
}

static bool raw_key(X509 *x, unsigned char out[KEY_PUBLIC_SIZE])
{
	EVP_PKEY *pkey = x ? X509_get0_pubkey(x) : NULL;
	size_t len = KEY_PUBLIC_SIZE;
	return pkey && EVP_PKEY_get_id(pkey) == EVP_PKEY_ED25519 &&
	       EVP_PKEY_get_raw_public_key(pkey, out, &len) == 1 && len == KEY_PUBLIC_SIZE;
}

/* Replaces OpenSSL's whole judgement of the certificate. That the far end holds the private key is still for
 * OpenSSL to check, by the signature that follows. */
static int on_certificate(X509_STORE_CTX *store, void *unused)
{
	(void)unused;
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	if (raw_key(X509_STORE_CTX_get0_cert(store), tls->peer_key) && tls->admit(tls->ctx, tls->peer_key)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	tls->refused = true;
	tls->was_admitted = tls->ended_key && tls->ended_key(tls->ctx, tls->peer_key);
	/* These become the alerts "certificate revoked" and "bad certificate". */
	X509_STORE_CTX_set_error(
	    store, tls->was_admitted ? X509_V_ERR_CERT_REVOKED : X509_V_ERR_CERT_REJECTED);
	return 0;
}

static int on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned in_len, void *unused)
{
	(void)ssl, (void)unused;
	if (SSL_select_next_proto((unsigned char **)out, out_len, protocols, sizeof protocols - 1, in,
		in_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- short handshakes ---- */

static const unsigned char suite[] = {0x13, 0x03}; /* TLS_CHACHA20_POLY1305_SHA256 */

static SSL_SESSION *session_of(SSL *ssl, const struct tls_memory *m)
{
	SSL_SESSION *session = SSL_SESSION_new();
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);
	if (session && cipher && SSL_SESSION_set1_master_key(session, m->secret, sizeof m->secret) == 1 &&
	    SSL_SESSION_set_cipher(session, cipher) == 1 &&
	    SSL_SESSION_set1_id_context(session, protocols, ORDINARY_LEN) == 1 &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

static int on_offer(
    SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
	struct tls *tls = SSL_get_app_data(ssl);
	(void)md;
	*session = tls->offers ? session_of(ssl, &tls->memory) : NULL;
	*id = tls->memory.id;
	*id_len = *session ? TLS_MEMORY_ID : 0;
	return 1;
}

/* An id that is not known, or stands for a key that is not welcome, is as if it had not been said. */
static int on_recall(SSL *ssl, const unsigned char *id, size_t id_len, SSL_SESSION **session)
{
	struct tls *tls = SSL_get_app_data(ssl);
	*session = NULL;
	if (!tls->recall || id_len != TLS_MEMORY_ID || !tls->recall(tls->recall_ctx, id, &tls->memory))
		return 1;
	if (tls->admit(tls->ctx, tls->memory.key))
		*session = session_of(ssl, &tls->memory);
	return 1;
}

void tls_offer(struct tls *tls, const struct tls_memory *memory)
{
	tls->offers = tls->admit(tls->ctx, memory->key);
	tls->memory = *memory;
}

void tls_set_recall(struct tls *tls, tls_recall *recall, void *ctx)
{
	tls->recall = recall;
	tls->recall_ctx = ctx;
}

bool tls_remember(const struct tls *tls, struct tls_memory *out)
{
	static const char label[] = "EXPORTER-tuyen-memory";
	unsigned char bytes[TLS_MEMORY_ID - TLS_MEMORY_OF + sizeof out->secret], hash[HASH_SIZE];
	if (!tls->open || SSL_session_reused(tls->ssl) || tls_is_enrol(tls) ||
	    SSL_export_keying_material(tls->ssl, bytes, sizeof bytes, label, sizeof label - 1, NULL, 0, 0) !=
		1)
		return false;
	hash_sha256(tls->side == TLS_CLIENT ? tls->context->key : tls->peer_key, KEY_PUBLIC_SIZE, hash);
	memcpy(out->id, hash, TLS_MEMORY_OF);
	memcpy(out->id + TLS_MEMORY_OF, bytes, TLS_MEMORY_ID - TLS_MEMORY_OF);
	memcpy(out->secret, bytes + TLS_MEMORY_ID - TLS_MEMORY_OF, sizeof out->secret);
	memcpy(out->key, tls->peer_key, KEY_PUBLIC_SIZE);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return true;
}

/* Nothing on offer that is not needed: each choice costs bytes in every handshake. */
static bool trim(SSL_CTX *ssl)
{
	SSL_CTX_clear_options(ssl, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_NO_EXTENDED_MASTER_SECRET);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_max_cert_list(ssl, CERTIFICATES_MAX);
	return SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_ciphersuites(ssl, "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
	       SSL_CTX_set1_groups_list(ssl, "X25519") == 1 &&
	       SSL_CTX_set1_sigalgs_list(ssl, "ed25519") == 1 &&
	       SSL_CTX_set1_client_sigalgs_list(ssl, "ed25519") == 1 &&
	       SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
	       SSL_CTX_set_session_id_context(ssl, protocols, ORDINARY_LEN) == 1 &&
	       SSL_CTX_set_alpn_protos(ssl, protocols, ORDINARY_LEN) == 0;
}

int tls_context_new(const struct key *key, struct tls_context **out, struct err *err)
{
	struct tls_context *context = mem_alloc(sizeof *context);
	EVP_PKEY *pkey = key_evp(key);
	memcpy(context->key, key_public(key), KEY_PUBLIC_SIZE);
	X509 *x = certificate(pkey);
	context->ssl = SSL_CTX_new(TLS_method());
	bool good = x && context->ssl && trim(context->ssl) &&
		    SSL_CTX_use_certificate(context->ssl, x) == 1 &&
		    SSL_CTX_use_PrivateKey(context->ssl, pkey) == 1;
	X509_free(x);
	if (!good) {
		const char *reason = ERR_reason_error_string(ERR_peek_error());
		ERR_clear_error();
		tls_context_free(context);
		return err_set(err, ERR_IO, N_("cannot prepare TLS: %1"), reason ? reason : "OpenSSL");
	}
	SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(context->ssl, on_certificate, NULL);
	SSL_CTX_set_alpn_select_cb(context->ssl, on_protocols, NULL);
	SSL_CTX_set_psk_use_session_callback(context->ssl, on_offer);
	SSL_CTX_set_psk_find_session_callback(context->ssl, on_recall);
	*out = context;
	return 0;
}

void tls_context_free(struct tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	free(context);
}

struct tls *tls_new(
    struct tls_context *context, enum tls_side side, const char *far, tls_admit *admit, void *ctx)
{
	struct tls *tls = mem_alloc(sizeof *tls);
	*tls =
	    (struct tls){.context = context, .side = side, .far = mem_dup(far), .admit = admit, .ctx = ctx};
	tls->ssl = SSL_new(context->ssl);
	tls->from_wire = BIO_new(BIO_s_mem());
	tls->to_wire = BIO_new(BIO_s_mem());
	if (!tls->ssl || !tls->from_wire || !tls->to_wire)
		abort(); /* only when memory is out */
	BIO_set_mem_eof_return(tls->from_wire, -1);
	SSL_set_bio(tls->ssl, tls->from_wire, tls->to_wire);
	SSL_set_app_data(tls->ssl, tls);
	if (side == TLS_CLIENT)
		SSL_set_connect_state(tls->ssl);
	else
		SSL_set_accept_state(tls->ssl);
	return tls;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	free(tls->far);
	OPENSSL_cleanse(&tls->memory, sizeof tls->memory);
	free(tls);
}

static bool agreed_on(const struct tls *tls, const unsigned char *protocol, size_t protocol_len)
{
	const unsigned char *name;
	unsigned len;
	SSL_get0_alpn_selected(tls->ssl, &name, &len);
	return len == protocol_len - 1 && memcmp(name, protocol + 1, len) == 0;
}

void tls_set_ended(struct tls *tls, tls_admit *ended)
{
	tls->ended_key = ended;
}

void tls_enrol(struct tls *tls)
{
	tls->enrol = true;
	if (SSL_set_alpn_protos(tls->ssl, ENROL, ENROL_LEN) != 0)
		abort(); /* only when memory is out */
}

bool tls_is_enrol(const struct tls *tls)
{
	return tls->side == TLS_CLIENT ? tls->enrol : agreed_on(tls, ENROL, ENROL_LEN);
}

static void take_wire(struct tls *tls, struct buf *wire)
{
	char *bytes;
	long len = BIO_get_mem_data(tls->to_wire, &bytes);
	if (len > 0)
		buf_add(wire, bytes, (size_t)len);
	(void)BIO_reset(tls->to_wire);
}

static int not_admitted(struct tls *tls, struct err *err)
{
	if (tls->was_admitted)
		return err_set(err, ERR_REFUSED,
		    N_("the far end at %1 holds a key that is suspended, or not in use any more"), tls->far);
	if (tls->side == TLS_CLIENT)
		err_set(err, ERR_REFUSED,
		    N_("the far end at %1 does not hold the key that the registry names"), tls->far);
	else
		err_set(err, ERR_REFUSED, N_("the far end at %1 holds a key that the registry does not name"),
		    tls->far);
	err_hint(
	    err, tls->side == TLS_CLIENT
		     ? N_("check the address, or ask the superior for its welcome file and its fingerprint")
		     : N_("if it is a unit of ours, admit its key with: tuyen unit admit"));
	return err->code;
}

/* Foreign errors end here. */
static int translate(struct tls *tls, struct err *err)
{
	unsigned long code = ERR_peek_error();
	const char *text = ERR_reason_error_string(code);
	int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
	ERR_clear_error();
	if (tls->refused)
		return not_admitted(tls, err);
	switch (reason) {
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
		err_set(
		    err, ERR_REFUSED, N_("the far end at %1 does not admit the key of this node"), tls->far);
		err_hint(err, N_("ask there whether this unit's key was admitted, and when"));
		return ERR_REFUSED;
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
		err_set(err, ERR_REFUSED,
		    N_("the far end at %1 does not admit the key of this node any more"), tls->far);
		err_hint(
		    err, N_("it was suspended or retired there; what is written here now waits until the "
			    "people there have looked at it"));
		return ERR_REFUSED;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		err_set(err, ERR_PEER, N_("the far end at %1 shows no key"), tls->far);
		err_hint(err, N_("check that %1 is the address of a tuyen node"));
		return ERR_PEER;
	case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
	case SSL_R_BAD_SIGNATURE:
	case SSL_R_DIGEST_CHECK_FAILED:
		return err_set(err, ERR_PEER, N_("what came from %1 was altered on the way"), tls->far);
	default:
		err_set(err, ERR_PEER, N_("the far end at %1 does not speak tuyen's protocol (%2)"), tls->far,
		    text ? text : "TLS");
		err_hint(err, N_("check that %1 is the address of a tuyen node"));
		return ERR_PEER;
	}
}

static bool is_ours(const struct tls *tls)
{
	bool ordinary = agreed_on(tls, protocols, ORDINARY_LEN), enrol = agreed_on(tls, ENROL, ENROL_LEN);
	if (tls->side == TLS_CLIENT)
		return tls->enrol ? enrol : ordinary;
	return ordinary || enrol;
}

static int shake(struct tls *tls, struct err *err)
{
	int rc = SSL_do_handshake(tls->ssl);
	if (rc != 1)
		return SSL_get_error(tls->ssl, rc) == SSL_ERROR_WANT_READ ? 0 : translate(tls, err);
	bool is_short = SSL_session_reused(tls->ssl);
	if (!is_ours(tls) || (is_short && tls_is_enrol(tls)))
		return translate(tls, err);
	if (is_short)
		memcpy(tls->peer_key, tls->memory.key, KEY_PUBLIC_SIZE);
	tls->open = true;
	return 0;
}

static int read_plain(struct tls *tls, struct buf *plain, struct err *err)
{
	char piece[TLS_RECORD];
	for (;;) {
		int len = SSL_read(tls->ssl, piece, sizeof piece);
		if (len > 0) {
			buf_add(plain, piece, (size_t)len);
			continue;
		}
		switch (SSL_get_error(tls->ssl, len)) {
		case SSL_ERROR_WANT_READ:
			return 0;
		case SSL_ERROR_ZERO_RETURN:
			tls->ended = true;
			return 0;
		default:
			return translate(tls, err);
		}
	}
}

void tls_start(struct tls *tls, struct buf *wire)
{
	struct err err = {0};
	ERR_clear_error();
	if (tls->side == TLS_CLIENT)
		shake(tls, &err);
	take_wire(tls, wire);
}

int tls_feed(
    struct tls *tls, const void *bytes, size_t len, struct buf *plain, struct buf *wire, struct err *err)
{
	int rc = 0;
	ERR_clear_error();
	const char *p = bytes;
	while (rc == 0 && len && !tls->ended) {
		int piece = len > TLS_RECORD ? TLS_RECORD : (int)len;
		BIO_write(tls->from_wire, p, piece);
		p += piece;
		len -= (size_t)piece;
		if (!tls->open)
			rc = shake(tls, err);
		if (rc == 0 && tls->open)
			rc = read_plain(tls, plain, err);
	}
	take_wire(tls, wire);
	return rc;
}

int tls_send(struct tls *tls, const void *bytes, size_t len, struct buf *wire, struct err *err)
{
	int rc = 0;
	ERR_clear_error();
	const char *p = bytes;
	while (rc == 0 && len) {
		int piece = len > TLS_RECORD ? TLS_RECORD : (int)len;
		if (!tls->open || SSL_write(tls->ssl, p, piece) != piece)
			rc = translate(tls, err);
		p += piece;
		len -= (size_t)piece;
		take_wire(tls, wire);
	}
	return rc;
}

void tls_bye(struct tls *tls, struct buf *wire)
{
	ERR_clear_error();
	if (tls->open)
		SSL_shutdown(tls->ssl);
	take_wire(tls, wire);
	ERR_clear_error();
}

bool tls_is_open(const struct tls *tls)
{
	return tls->open;
}

bool tls_ended(const struct tls *tls)
{
	return tls->ended;
}

const unsigned char *tls_peer_key(const struct tls *tls)
{
	return tls->open ? tls->peer_key : NULL;
}

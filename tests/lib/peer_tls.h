/* peer_tls.h - lines of the hostile node (peer_main.c) that it makes itself, byte for byte: keys that are not its own,
 * certificates of other kinds, what was recorded and is played again, and the line for enrolment. */
#ifndef TUYEN_TESTS_PEER_TLS_H
#define TUYEN_TESTS_PEER_TLS_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/tls.h"
#include "peer.h"

#define TALK_MS 10000

/* One line, and what happens on it. */
struct talk {
	const struct key *key; /* NULL: our own */
	bool enrol;
	const struct tls_memory *offer;
	const struct buf *say; /* as soon as it is open */
	size_t slices; /* > 0: that many bytes at a time, each in a record of its own */
	struct buf *record; /* what went out on the wire */
	struct buf heard;
	bool (*enough)(struct talk *t); /* looks at `heard` */
	struct tls_memory keep;
	bool kept, opened;
	char why[256]; /* it ended so; empty: it did not */
};

static int tcp(struct peer *p)
{
	char host[256], port[6];
	struct sockaddr_in to = {.sin_family = AF_INET};
	config_address(p->config.superior.address, host, port);
	inet_pton(AF_INET, host, &to.sin_addr);
	to.sin_port = htons((uint16_t)atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		die("connect", &(struct err){0});
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}

static bool put(int fd, const void *bytes, size_t len)
{
	for (const char *at = bytes; len;) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* The next bytes; 0 when the far end has gone or says nothing. */
static size_t get(int fd, char *bytes, size_t room, int ms, struct talk *t)
{
	struct pollfd one = {fd, POLLIN, 0};
	ssize_t n = poll(&one, 1, ms) == 1 ? recv(fd, bytes, room, 0) : -2;
	if (n > 0)
		return (size_t)n;
	snprintf(t->why, sizeof t->why, n == -2 ? "silent" : "closed: the far end hung up");
	return 0;
}

static bool anybody(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx, (void)key;
	return true;
}

static void put_wire(struct talk *t, int fd, struct buf *wire)
{
	if (t->record)
		buf_add(t->record, wire->data, wire->len);
	put(fd, buf_str(wire), wire->len);
	buf_free(wire);
}

static void say_all(struct talk *t, struct tls *tls, int fd)
{
	size_t step = t->slices ? t->slices : t->say->len;
	for (size_t at = 0; at < t->say->len; at += step) {
		struct buf wire = {0};
		struct err err = {0};
		size_t len = t->say->len - at < step ? t->say->len - at : step;
		tls_send(tls, t->say->data + at, len, &wire, &err);
		put_wire(t, fd, &wire);
	}
}

static void talk(struct peer *p, struct talk *t)
{
	struct tls_context *context;
	struct err err = {0};
	struct buf wire = {0};
	static char bytes[65536];
	size_t n;
	int fd = tcp(p), rc = 0;
	*t->why = '\0';
	if (tls_context_new(t->key ? t->key : p->key, &context, &err))
		die("tls", &err);
	struct tls *tls = tls_new(context, TLS_CLIENT, "the far end", anybody, NULL);
	if (t->enrol)
		tls_enrol(tls);
	if (t->offer)
		tls_offer(tls, t->offer);
	tls_start(tls, &wire);
	put_wire(t, fd, &wire);
	while (
	    rc == 0 && !(t->enough && t->enough(t)) && (n = get(fd, bytes, sizeof bytes, TALK_MS, t)) > 0) {
		rc = tls_feed(tls, bytes, n, &t->heard, &wire, &err);
		put_wire(t, fd, &wire);
		if (rc == 0 && tls_ended(tls))
			rc = err_set(&err, ERR_TIMEOUT, "the far end ended the line");
		if (rc == 0 && tls_is_open(tls) && !t->opened) {
			t->opened = true;
			t->kept = tls_remember(tls, &t->keep);
			if (t->say)
				say_all(t, tls, fd);
		}
	}
	if (rc) {
		struct buf text = {0};
		err_format(&err, NULL, &text);
		text.data[strcspn(text.data, "\n")] = '\0';
		snprintf(t->why, sizeof t->why, "closed: %s", text.data);
		buf_free(&text);
	}
	tls_free(tls);
	tls_context_free(context);
	buf_free(&wire);
	close(fd);
}

static struct key *fresh_key(void)
{
	struct key *key;
	struct err err = {0};
	if (key_generate(&key, &err))
		die("key", &err);
	return key;
}

/* Hello and an ask: what opens every honest line. */
static void greeting(struct peer *p)
{
	hello(p);
	ask(p);
}

static bool has_answer(struct talk *t)
{
	const unsigned char *payload;
	size_t len, size, at = 0;
	unsigned type;
	struct err err = {0};
	while (t->heard.len > at &&
	       frame_next(t->heard.data + at, t->heard.len - at, &type, &payload, &len, &size, &err) == 1) {
		struct frame_summary m;
		at += size;
		if (type == FRAME_SUMMARY && frame_get_summary(payload, len, &m, &err) == 0 &&
		    m.flags & FRAME_ANSWER)
			return true;
	}
	return false;
}

static void report(const struct talk *t)
{
	puts(*t->why ? t->why : "answered");
}

/* ---- whose key ---- */

static void greet_as(struct peer *p, const struct key *key, const struct tls_memory *offer)
{
	struct talk t = {.key = key, .offer = offer, .say = &p->out, .enough = has_answer};
	greeting(p);
	talk(p, &t);
	report(&t);
	buf_free(&t.heard);
}

static void tls_own(struct peer *p)
{
	greet_as(p, NULL, NULL);
}

static void tls_foreign(struct peer *p)
{
	struct key *key = fresh_key();
	greet_as(p, key, NULL);
	key_free(key);
}

/* An id that nobody gave. */
static void psk_forged(struct peer *p)
{
	struct key *key = fresh_key();
	struct tls_memory m;
	sys_random(&m, sizeof m);
	memcpy(m.key, p->config.superior.key, sizeof m.key);
	greet_as(p, key, &m);
	key_free(key);
}

/* The id of a real line, seen on the wire by somebody who does not know the secret. */
static void psk_overheard(struct peer *p)
{
	struct key *key = fresh_key();
	struct buf say = {0};
	struct talk t = {.say = &say, .enough = has_answer};
	greeting(p);
	buf_add(&say, p->out.data, p->out.len);
	talk(p, &t);
	buf_free(&say);
	buf_free(&t.heard);
	buf_free(&p->out);
	if (!t.kept)
		die("nothing was kept of the first line", &(struct err){0});
	sys_random(t.keep.secret, sizeof t.keep.secret);
	greet_as(p, key, &t.keep);
	key_free(key);
}

/* A line as it went over the wire, once more. */
static void tls_replayed(struct peer *p)
{
	struct buf wire = {0};
	struct talk t = {.say = &p->out, .enough = has_answer, .record = &wire}, again = {0};
	char bytes[4096];
	greeting(p);
	talk(p, &t);
	if (*t.why)
		die(t.why, &(struct err){0});
	int fd = tcp(p);
	put(fd, wire.data, wire.len);
	while (get(fd, bytes, sizeof bytes, TALK_MS, &again) > 0)
		;
	report(&again);
	close(fd);
	buf_free(&wire);
	buf_free(&t.heard);
}

/* ---- certificates that OpenSSL makes, not we ---- */

static SSL_CTX *plain_context(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_alpn_protos(c, (const unsigned char *)"\7tuyen/1", 8);
	return c;
}

static void give_certificate(SSL_CTX *c, EVP_PKEY *pkey, int links)
{
	for (int i = 0; i < links; i++) {
		X509 *x = X509_new();
		ASN1_INTEGER_set(X509_get_serialNumber(x), i + 1);
		X509_gmtime_adj(X509_getm_notBefore(x), 0);
		X509_gmtime_adj(X509_getm_notAfter(x), 86400);
		X509_set_pubkey(x, pkey);
		X509_sign(x, pkey, EVP_PKEY_get_id(pkey) == EVP_PKEY_ED25519 ? NULL : EVP_sha256());
		if (i == 0)
			SSL_CTX_use_certificate(c, x);
		else
			SSL_CTX_add1_chain_cert(c, x);
		X509_free(x);
	}
	SSL_CTX_use_PrivateKey(c, pkey);
	ERR_clear_error();
}

static void try_context(struct peer *p, SSL_CTX *c)
{
	SSL *ssl = SSL_new(c);
	char bytes[4096];
	int fd = tcp(p), rc;
	struct timeval patience = {TALK_MS / 1000, 0};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	SSL_set_fd(ssl, fd);
	greeting(p);
	rc = SSL_connect(ssl);
	if (rc == 1)
		SSL_write(ssl, p->out.data, (int)p->out.len);
	while (rc == 1 && SSL_read(ssl, bytes, sizeof bytes) > 0)
		;
	const char *why = ERR_reason_error_string(ERR_peek_error());
	printf("closed: %s\n", why ? why : "the far end hung up");
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(c);
	close(fd);
}

static void tls_no_key(struct peer *p)
{
	try_context(p, plain_context());
}

static void tls_rsa(struct peer *p)
{
	SSL_CTX *c = plain_context();
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	give_certificate(c, pkey, 1);
	EVP_PKEY_free(pkey);
	try_context(p, c);
}

static void tls_ecdsa(struct peer *p)
{
	SSL_CTX *c = plain_context();
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	give_certificate(c, pkey, 1);
	EVP_PKEY_free(pkey);
	try_context(p, c);
}

/* Our own key, with 40 more certificates behind it. */
static void tls_chain(struct peer *p)
{
	SSL_CTX *c = plain_context();
	give_certificate(c, key_evp(p->key), 41);
	try_context(p, c);
}

static void tls_old_version(struct peer *p)
{
	SSL_CTX *c = plain_context();
	SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
	give_certificate(c, key_evp(p->key), 1);
	try_context(p, c);
}

static void tls_other_protocol(struct peer *p)
{
	SSL_CTX *c = plain_context();
	SSL_CTX_set_alpn_protos(c, (const unsigned char *)"\2h2", 3);
	give_certificate(c, key_evp(p->key), 1);
	try_context(p, c);
}

static void tls_no_protocol(struct peer *p)
{
	SSL_CTX *c = plain_context();
	SSL_CTX_set_alpn_protos(c, NULL, 0);
	give_certificate(c, key_evp(p->key), 1);
	try_context(p, c);
}

/* Whose key the registry names, as we have it. */
static void registered_key(struct peer *p, const char *path, unsigned char key[KEY_PUBLIC_SIZE])
{
	struct buf text = {0};
	struct err err = {0};
	char one[KEY_TEXT_SIZE] = "";
	const char *at = NULL;
	static const char *const ledgers[] = {"directives/31", "directives/00"};
	for (int i = 0; i < 2 && !at; i++) {
		buf_cut(&text, 0);
		if (store_read(p->store, ledgers[i], NULL, path, &text, &err) == 0)
			at = strstr(buf_str(&text), "key: ssh-ed25519 ");
	}
	if (at)
		snprintf(one, sizeof one, "%s", at + 5);
	if (!at || !key_parse(one, key))
		die(path, &err);
	buf_free(&text);
}

/* The certificate of another unit, without its private key. */
static void tls_stolen_name(struct peer *p)
{
	unsigned char public[KEY_PUBLIC_SIZE], private[32];
	size_t len = sizeof private;
	registered_key(p, "units/11050.yaml", public);
	EVP_PKEY_get_raw_private_key(key_evp(p->key), private, &len);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("pub", public, sizeof public),
	    OSSL_PARAM_construct_octet_string("priv", private, sizeof private), OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "ED25519", NULL);
	EVP_PKEY *pkey = NULL;
	if (EVP_PKEY_fromdata_init(make) != 1 ||
	    EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		die("a key of two halves", &(struct err){0});
	EVP_PKEY_CTX_free(make);
	SSL_CTX *c = plain_context();
	give_certificate(c, pkey, 1);
	EVP_PKEY_free(pkey);
	try_context(p, c);
}

/* ---- one key, a thousand nodes ---- */

static void instances(struct peer *p)
{
	size_t answered = 0, n = p->count ? p->count : 1000;
	for (size_t i = 0; i < n; i++) {
		struct buf say = {0};
		struct frame_hello m = {.peer = {p->config.unit, p->config.station, {0}, SYNC_VERSION}};
		struct talk t = {.say = &say, .enough = has_answer};
		sys_random(m.peer.instance, sizeof m.peer.instance);
		frame_put_hello(&say, &m);
		buf_cut(&p->out, 0);
		ask(p);
		buf_add(&say, p->out.data, p->out.len);
		talk(p, &t);
		answered += !*t.why;
		buf_free(&say);
		buf_free(&t.heard);
	}
	printf("answered %zu of %zu\n", answered, n);
}

#endif

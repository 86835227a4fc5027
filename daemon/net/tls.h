/*
 * net/tls.h - TLS 1.3 (RFC 8446) as a filter: bytes from the wire go in, plain bytes and bytes for the wire
 * come out. No socket, no loop, no clock.
 *
 * Both ends prove an Ed25519 key by a certificate made in memory from it. Nothing in the certificate counts
 * but the key: no name, no authority, no dates (a node's clock may be anywhere). Whether a key is welcome is
 * the answer of `admit`, asked once in every handshake, before the far end has proved that it holds the key;
 * tls_peer_key is NULL until it has.
 *
 * Trimmed for lines that cost money: X25519, ed25519, ChaCha20-Poly1305 and the protocol name "tuyen/1",
 * nothing else on offer, no tickets. A message of up to 16 KB costs TLS_OVERHEAD bytes more than its length.
 *
 * A node that is not in the registry yet asks for another protocol, "tuyen-enrol/1" (tls_enrol). A server agrees to
 * either; which one it is stands before `admit` is asked.
 */
#ifndef TUYEN_NET_TLS_H
#define TUYEN_NET_TLS_H

#include "base/key.h"

#define TLS_OVERHEAD 22
#define TLS_RECORD 16384 /* longer messages are cut into records of this length */

/* May the holder of this key be at the far end? Closes nothing and sends nothing. */
typedef bool tls_admit(void *ctx, const unsigned char public_key[KEY_PUBLIC_SIZE]);

/* What all filters of a node share. Outlives them. */
struct tls_context;
int tls_context_new(const struct key *key, struct tls_context **out, struct err *err);
void tls_context_free(struct tls_context *context);

struct tls;
enum tls_side { TLS_CLIENT, TLS_SERVER };

/* `far` names the far end in sentences ("10.1.2.3:7031"); copied. */
struct tls *tls_new(
    struct tls_context *context, enum tls_side side, const char *far, tls_admit *admit, void *ctx);
void tls_free(struct tls *tls); /* accepts NULL */

/* Asked of a server's `ctx` about a key that it does not admit: did it once? Then the far end is told so. */
void tls_set_ended(struct tls *tls, tls_admit *ended);

/* Of a client, before tls_start: offer "tuyen-enrol/1", and nothing else. */
void tls_enrol(struct tls *tls);
/* Is it an enrolment line? Known when `admit` is asked. */
bool tls_is_enrol(const struct tls *tls);

/*
 * What both ends may keep of a full handshake, so that later ones need no certificates: an external pre-shared key
 * (RFC 8446, 2.2) with a fresh key exchange each time. It stands for the far end's key and is worth as much as that:
 * whether the key is welcome is asked again every time. An end that has forgotten makes the handshake a full one.
 */
#define TLS_MEMORY_ID 8
#define TLS_MEMORY_OF \
	4 /* bytes of it that are the same for a client always: the beginning of its key's SHA-256 */
struct tls_memory {
	unsigned char id[TLS_MEMORY_ID];
	unsigned char secret[32];
	unsigned char key[KEY_PUBLIC_SIZE]; /* the far end's */
};
typedef bool tls_recall(void *ctx, const unsigned char id[TLS_MEMORY_ID], struct tls_memory *out);

void tls_offer(struct tls *tls, const struct tls_memory *memory); /* a client, before tls_start; copied */
void tls_set_recall(struct tls *tls, tls_recall *recall, void *ctx); /* a server */
/* What this handshake gives to keep; false before it is open, and after a short one: the old is as good. */
bool tls_remember(const struct tls *tls, struct tls_memory *out);

/* The client's first words, appended to `wire`. Nothing for a server. */
void tls_start(struct tls *tls, struct buf *wire);

/* Take `len` bytes that came. Appends what they said to `plain`, and what must be sent now to `wire`, also when
 * the result is an error (the alert that tells the far end why). After an error only tls_free is useful.
 * ERR_REFUSED: one end does not admit the other's key. ERR_PEER: it is no TLS 1.3 of ours, or was tampered
 * with. The clean end of the far end's words is no error: see tls_ended. */
int tls_feed(
    struct tls *tls, const void *bytes, size_t len, struct buf *plain, struct buf *wire, struct err *err);

/* Encrypt; only while tls_is_open. */
int tls_send(struct tls *tls, const void *bytes, size_t len, struct buf *wire, struct err *err);
/* Say goodbye, so that the far end knows the end from a cut. */
void tls_bye(struct tls *tls, struct buf *wire);

/* The handshake is done. For the client this does not yet mean that the server admits it: a server that does
 * not sends an alert, which arrives by tls_feed. */
bool tls_is_open(const struct tls *tls);
bool tls_ended(const struct tls *tls); /* the far end said goodbye */
const unsigned char *tls_peer_key(const struct tls *tls); /* NULL until open; borrowed */

#endif

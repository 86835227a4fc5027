/*
 * net/line.h - lines between nodes: TCP under TLS 1.3, both ends known by their keys (net/tls.h).
 *
 * A line is dialled (net_dial) or comes in by a listener (net_listen). It resolves, connects, shakes hands, and is
 * then open: on_open, any number of on_bytes and on_drained, one on_close. A line that never opens has only
 * on_close, and one that comes in and fails before it is open is nobody's: it is dropped without a call.
 *
 * Callbacks come from the loop, never from within a function of this header. Every function may be called in
 * every callback. After on_close has returned the line is gone. After net_line_close, net_listener_close and
 * net_free there are no more callbacks.
 *
 * What is sent in one turn of the loop goes out together, in as few TLS records as possible: a message of 148
 * bytes is 170 on the wire. Single-threaded: everything happens on the thread of the loop.
 */
#ifndef TUYEN_NET_LINE_H
#define TUYEN_NET_LINE_H

#include <stdint.h>

#include "base/key.h"
#include "net/redial.h"

struct tls_memory; /* net/tls.h */
struct uv_loop_s; /* the daemon's loop; net and control are libuv's home */

/* A zero value is the default. */
struct net_options {
	int connect_ms; /* to resolve, and again for the last address to connect, a third for those before it; 15,000 */
	int handshake_ms; /* without a byte between connected and open, three times as long in all; 15,000 */
	int silence_ms; /* a far end that acknowledges nothing is gone; 55,000 */
	size_t queue_high; /* bytes waiting above which net_line_send says "full"; 256 KB */
	size_t queue_limit; /* bytes waiting at which the line is given up; 64 MB */
	unsigned max_pending; /* incoming lines not yet open, the oldest goes first; 1,024 */
};

/* This node's end of all its lines. */
struct net;
/* The key is used only while net_new runs. */
int net_new(struct uv_loop_s *loop, const struct key *key, const struct net_options *options,
    struct net **out, struct err *err);
/* Closes all listeners and lines. Open lines say their last words, for two seconds at most; memory goes when the loop
 * has run until then. Accepts NULL. */
void net_free(struct net *net);

struct net_line;
struct net_calls {
	/* May this key be at the far end? The registry's answer; asked once a handshake. Must not close or send. */
	bool (*admit)(void *ctx, const unsigned char public_key[KEY_PUBLIC_SIZE]);
	/* The far end has proved `key`. A dialler knows that it is itself admitted when the first bytes come. */
	void (*on_open)(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE]);
	void (*on_bytes)(
	    void *ctx, struct net_line *line, const void *bytes, size_t len); /* at most 64 KB a call */
	void (*on_drained)(
	    void *ctx, struct net_line *line); /* may be NULL; after "full", when half is gone */
	/* ERR_TIMEOUT: unreachable, cut or ended; dial again later. ERR_REFUSED: the key is not admitted, at this end or
	 * at the far one; a person decides. ERR_PEER: what is there does not speak our protocol. */
	void (*on_close)(void *ctx, struct net_line *line, const struct err *why);
};

/* Dial "host:port", "1.2.3.4:port" or "[::1]:port"; all addresses of a name are tried in turn. NULL and ERR_INPUT if
 * the address is malformed; everything else is told by on_close. `calls` must outlive the line. */
struct net_line *net_dial(
    struct net *net, const char *address, const struct net_calls *calls, void *ctx, struct err *err);
/* The same for a node that the far end does not know yet: the line's protocol is "tuyen-enrol/1". */
struct net_line *net_dial_enrol(
    struct net *net, const char *address, const struct net_calls *calls, void *ctx, struct err *err);
/* Offer what was kept of an earlier line, which makes the handshake short; right after net_dial. Copied. */
void net_line_offer(struct net_line *line, const struct tls_memory *memory);
/* What this line gives to keep, once it is open; false where there is nothing new. */
bool net_line_remember(const struct net_line *line, struct tls_memory *out);
/* Other calls and ctx from now on (an incoming line begins with those of its listener). */
void net_line_set(struct net_line *line, const struct net_calls *calls, void *ctx);
/* Bytes are copied. Dropped silently on a line that is closing. False: taken, but the queue is full, so wait for
 * on_drained. */
bool net_line_send(struct net_line *line, const void *bytes, size_t len);
/* No more callbacks. What was sent still goes out if the far end takes it soon. Accepts NULL. */
void net_line_close(struct net_line *line);
/* Bytes on the wire so far, handshake and TLS overhead included, TCP and IP not. */
void net_line_bytes(const struct net_line *line, uint64_t *in, uint64_t *out);
/* At most so many bytes a second each way from now on, TLS included; 0: as fast as it goes. A quarter of a second may go at
 * once. What comes in faster waits in the kernel, which tells the far end to slow down. */
void net_line_limit(struct net_line *line, uint64_t bytes_per_second);
/* Cut what is sent from now on into records of so many bytes at most (default: as many as TLS allows). The far end can
 * read nothing of a record before all of it is there, and a cut loses what has come of it. */
void net_line_record(struct net_line *line, size_t bytes);
size_t net_line_queued(const struct net_line *line); /* bytes not yet handed to the kernel */
const char *net_line_far(const struct net_line *line); /* "host:port"; borrowed */
bool net_line_resolving(const struct net_line *line); /* its far end's name is being looked up */
bool net_line_answered(const struct net_line *line); /* a byte has come */
/* Within on_close: what its end means for whoever dials again. */
enum redial_why net_line_end(const struct net_line *line);

struct net_listener;
/* Listen on "host:port"; an empty host is every address; a name is looked up at once. Incoming lines begin with
 * `calls`. Errors (port taken, not our address, no right) come here, with a sentence. */
int net_listen(struct net *net, const char *address, const struct net_calls *calls, void *ctx,
    struct net_listener **out, struct err *err);
/* Take enrolment lines as well; they begin with these calls, which are asked about their keys too. Without this they
 * are refused. `calls` must outlive the listener and those lines. */
void net_listener_enrol(struct net_listener *listener, const struct net_calls *calls, void *ctx);
/* Ask here for what was kept of an earlier line by its id (net/tls.h); without this every handshake is a full one. */
void net_listener_recall(struct net_listener *listener,
    bool (*recall)(void *ctx, const unsigned char *id, struct tls_memory *out), void *ctx);
/* Asked of the listener's ctx about a key that is not admitted: was it once? Then its holder is told so. */
void net_listener_ended(
    struct net_listener *listener, bool (*ended)(void *ctx, const unsigned char public_key[KEY_PUBLIC_SIZE]));
/* Open lines stay; those not yet open are dropped. Accepts NULL. */
void net_listener_close(struct net_listener *listener);
unsigned net_listener_port(const struct net_listener *listener); /* the real one if 0 was asked for */

#endif

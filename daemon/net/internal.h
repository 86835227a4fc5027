/*
 * net/internal.h - what the files of this room share: line.c moves bytes, dial.c and listen.c make lines, net.c holds what they share.
 *
 * A line goes through its states in their order and may skip any. It is owned from net_dial, or from on_open if it
 * came in, until on_close or net_line_close; after that it says its last words and goes. Handles are closed by
 * line_drop alone, and memory is freed where the last of them reports that it is closed.
 */
#ifndef TUYEN_NET_INTERNAL_H
#define TUYEN_NET_INTERNAL_H

#include <sys/queue.h>
#include <uv.h>

#include "net/line.h"
#include "net/queue.h"
#include "net/tls.h"

#define ADDRESSES_MAX 4 /* of one name that are tried, or listened on */
#define HOST_SIZE 256
#define FAR_SIZE (HOST_SIZE + 10)
#define RECORD_FIRST 1000 /* bytes of the first records of a line: about a batch of changes */
#define TLS_RECORD_MORE 22 /* bytes that TLS adds to a record */

enum line_state {
	LINE_RESOLVING,
	LINE_CONNECTING,
	LINE_SHAKING,
	LINE_OPEN,
	LINE_LEAVING, /* nobody's; last bytes go out, what comes is thrown away */
	LINE_GONE, /* its handles are closing */
};

struct net_line {
	TAILQ_ENTRY(net_line) all;
	TAILQ_ENTRY(net_line) pending; /* while it is incoming and not open */
	TAILQ_ENTRY(net_line) dirty;
	struct net *net;
	const struct net_calls *calls; /* NULL when nobody is to be told */
	void *ctx;
	char far[FAR_SIZE];
	enum line_state state;
	struct net_listener *listener; /* that it is pending at */
	struct tls *tls;

	uv_tcp_t tcp;
	uv_timer_t timer; /* for the state it is in */
	uv_getaddrinfo_t resolve;
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shut;
	unsigned refs; /* handles not yet closed, a name not yet resolved */
	bool tcp_open;
	bool enrol; /* dialled for enrolment */
	bool offers; /* dialled with `memory` */
	struct tls_memory memory;

	struct addrinfo *addresses, *next_address;
	unsigned tried;
	int last_error; /* of the addresses tried so far */

	struct queue queue; /* plain, to send */
	size_t record; /* most bytes of a record */
	struct buf wire; /* TLS's own words, to send before the queue */
	struct buf going; /* with libuv */
	bool writing, is_dirty, full, said_bye;
	struct pace *pace; /* NULL: no limit */
	int overrun; /* why it is to fail when its timer comes: a failure outside of the loop waits for the loop */
	uint64_t in, out;
	uint64_t shake_until; /* of the loop's clock: however slowly it answers */
	bool broke; /* an open line, and nobody said that it ends */
	bool foreign; /* in the handshake: whoever answered there is not of ours */
};

TAILQ_HEAD(line_list, net_line);

struct net_listener {
	LIST_ENTRY(net_listener) all;
	struct net *net;
	const struct net_calls *calls;
	void *ctx;
	const struct net_calls *enrol_calls; /* NULL: no enrolment here */
	void *enrol_ctx;
	bool (*ended)(void *ctx, const unsigned char public_key[KEY_PUBLIC_SIZE]); /* may be NULL */
	tls_recall *recall; /* NULL: nothing is kept */
	void *recall_ctx;
	uv_tcp_t tcp[ADDRESSES_MAX];
	unsigned n, refs, port;
};

struct net {
	uv_loop_t *loop;
	struct net_options options;
	struct tls_context *tls;
	uv_prepare_t flusher; /* before the loop waits, what was sent in this turn goes out */
	struct line_list lines, pending, dirty;
	unsigned n_pending;
	LIST_HEAD(, net_listener) listeners;
	struct buf plain; /* of the read that is going on */
	char input[TLS_RECORD * 2];
	unsigned refs; /* lines, listeners, the flusher */
	bool freed;
};

void net_unref(struct net *net);

/* line.c */
struct net_line *line_new(struct net *net, const char *far, const struct net_calls *calls, void *ctx);
void line_timer(struct net_line *line, int ms);
/* The socket is connected: shake hands. */
void line_shake(struct net_line *line, enum tls_side side);
/* Tell the owner why, if it has one; then go, after the last words if there are any. */
void line_fail(struct net_line *line, const struct err *why);
void line_drop(struct net_line *line);
void line_unref(struct net_line *line);
void line_forget_pending(struct net_line *line);

void line_flush(struct net_line *line);
void line_flush_all(struct net *net); /* all that have something to say */
void line_read(struct net_line *line); /* take in what comes, again */

/* pace.c */
/* Bytes that may go out now, at most `want`; with none, line_flush is called when there are some. */
size_t pace_out(struct net_line *line, size_t want);
size_t pace_room(const struct net_line *line, size_t most); /* for the next read */
/* So many have come in: reading pauses when that was too much. */
void pace_in(struct net_line *line, size_t n);
void pace_drop(struct net_line *line); /* the line goes */

/* dial.c */
/* The address being tried does not answer. */
void dial_give_up(struct net_line *line, int status);

/* address.c */
int address_split(const char *address, bool listening, char host[HOST_SIZE], char port[6], struct err *err);
void address_text(const struct sockaddr *sa, char text[FAR_SIZE]);
/* libuv's status as a sentence about `address`. */
int address_error(const char *address, int status, struct err *err);

#endif

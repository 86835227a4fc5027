/*
 * The bytes of a line: read, decrypt, deliver; queue, encrypt, write; and its end.
 *
 * Order of sending: TLS's own words (`wire`) are older than anything encrypted later, so they go first; one write is
 * with libuv at a time, and the queue is encrypted only when its turn comes.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <netinet/tcp.h>

#include "base/log.h"
#include "net/internal.h"

#define CHUNK (4 * TLS_RECORD) /* encrypted ahead of the socket */
#define LINGER_MS 2000
#define SHAKES 3 /* times handshake_ms, in all */
#define RECORD_OF_SENT 64 /* a record is at most this part of what the line has carried */

static bool admit(void *arg, const unsigned char public_key[KEY_PUBLIC_SIZE])
{
	struct net_line *line = arg;
	const struct net_listener *listener = line->listener;
	if (listener && tls_is_enrol(line->tls)) {
		if (!listener->enrol_calls)
			return false;
		line->calls = listener->enrol_calls;
		line->ctx = listener->enrol_ctx;
	}
	return line->calls->admit(line->ctx, public_key);
}

static bool ended(void *arg, const unsigned char public_key[KEY_PUBLIC_SIZE])
{
	const struct net_line *line = arg;
	const struct net_listener *listener = line->listener;
	return listener && !tls_is_enrol(line->tls) && listener->ended &&
	       listener->ended(listener->ctx, public_key);
}

static bool recall(void *arg, const unsigned char id[TLS_MEMORY_ID], struct tls_memory *out)
{
	const struct net_listener *listener = ((struct net_line *)arg)->listener;
	return listener && listener->recall && listener->recall(listener->recall_ctx, id, out);
}

static void mark_dirty(struct net_line *line)
{
	if (line->net->freed) {
		line_flush(line);
	} else if (!line->is_dirty) {
		line->is_dirty = true;
		TAILQ_INSERT_TAIL(&line->net->dirty, line, dirty);
	}
}

static void forget_dirty(struct net_line *line)
{
	if (!line->is_dirty)
		return;
	line->is_dirty = false;
	TAILQ_REMOVE(&line->net->dirty, line, dirty);
}

void line_flush_all(struct net *net)
{
	struct net_line *line;
	while ((line = TAILQ_FIRST(&net->dirty))) {
		forget_dirty(line);
		line_flush(line);
	}
}

/* Its end. */

void line_forget_pending(struct net_line *line)
{
	if (!line->listener)
		return;
	line->listener = NULL;
	line->net->n_pending--;
	TAILQ_REMOVE(&line->net->pending, line, pending);
}

void line_unref(struct net_line *line)
{
	if (--line->refs > 0)
		return;
	struct net *net = line->net;
	TAILQ_REMOVE(&net->lines, line, all);
	if (line->addresses)
		uv_freeaddrinfo(line->addresses);
	tls_free(line->tls);
	queue_free(&line->queue);
	buf_free(&line->wire);
	buf_free(&line->going);
	free(line);
	net_unref(net);
}

static void on_closed(uv_handle_t *handle)
{
	line_unref(handle->data);
}

void line_drop(struct net_line *line)
{
	if (line->state == LINE_GONE)
		return;
	if (line->state == LINE_RESOLVING)
		uv_cancel((uv_req_t *)&line->resolve);
	line->state = LINE_GONE;
	line->calls = NULL;
	line_forget_pending(line);
	forget_dirty(line);
	uv_close((uv_handle_t *)&line->timer, on_closed);
	if (line->tcp_open)
		uv_close((uv_handle_t *)&line->tcp, on_closed);
	pace_drop(line);
}

/* Nothing can be written any more. */
static bool is_broken(const struct net_line *line)
{
	return line->overrun && line->overrun != UV_ENOBUFS;
}

/* The last bytes go out, then the far end hangs up, or its time is over. Not closed at once: the kernel would
 * answer what still comes with a reset, and that destroys what the far end has not read. */
static void leave(struct net_line *line)
{
	if (line->state < LINE_SHAKING || is_broken(line)) {
		line_drop(line);
		return;
	}
	line->state = LINE_LEAVING;
	line->calls = NULL;
	line_forget_pending(line);
	line_timer(line, LINGER_MS);
	mark_dirty(line);
}

void line_fail(struct net_line *line, const struct err *why)
{
	if (line->state >= LINE_LEAVING)
		return;
	const struct net_calls *calls = line->calls;
	bool nobodys = line->listener != NULL;
	line->foreign = line->state == LINE_SHAKING && why->code == ERR_PEER;
	line->said_bye = true;
	if (line->wire.len)
		leave(line);
	else
		line_drop(line);
	if (nobodys)
		log_err(why->code == ERR_REFUSED ? LOG_NOTICE : LOG_DEBUG, "incoming line", why);
	else
		calls->on_close(line->ctx, line, why);
}

void net_line_close(struct net_line *line)
{
	if (!line || line->state >= LINE_LEAVING)
		return;
	if (line->state == LINE_OPEN)
		leave(line);
	else
		line_drop(line);
}

/* The socket ended or broke by itself. */
static void cut(struct net_line *line, int status)
{
	struct err why = {0};
	if (line->state == LINE_LEAVING) {
		line_drop(line);
		return;
	}
	line->broke = line->state == LINE_OPEN;
	if (line->state == LINE_SHAKING)
		err_set(&why, ERR_TIMEOUT, N_("the far end at %1 hung up during the handshake"), line->far);
	else if (status == UV_EOF || status == UV_ECONNRESET || status == UV_EPIPE)
		err_set(&why, ERR_TIMEOUT, N_("the line to %1 was cut"), line->far);
	else
		err_set(&why, ERR_TIMEOUT, N_("the line to %1 broke: %2"), line->far, uv_strerror(status));
	buf_cut(&line->wire, 0);
	line_fail(line, &why);
}

/* Out. */

static void on_shut(uv_shutdown_t *shut, int status)
{
	(void)shut, (void)status; /* what matters now is that the far end hangs up, or the timer */
}

static void shut(struct net_line *line)
{
	if (line->shut.data)
		return;
	line->shut.data = line;
	if (uv_shutdown(&line->shut, (uv_stream_t *)&line->tcp, on_shut) < 0)
		line_drop(line);
}

/* What has come of a record is lost when the line is cut: a long one is for lines that have shown that they hold. */
static size_t record_most(const struct net_line *line)
{
	uint64_t n = line->out / RECORD_OF_SENT;
	return n < RECORD_FIRST ? RECORD_FIRST : n > line->record ? line->record : (size_t)n;
}

/* At most `len` bytes of the queue. */
static int encrypt_records(struct net_line *line, size_t len, struct err *err)
{
	const size_t most = record_most(line);
	const char *bytes;
	int rc = 0;
	for (size_t n; len && rc == 0; len -= n) {
		n = queue_next(&line->queue, len < most ? len : most, &bytes);
		rc = tls_send(line->tls, bytes, n, &line->going, err);
		queue_take(&line->queue, n);
	}
	return rc;
}

static void encrypt(struct net_line *line)
{
	struct err err = {0};
	size_t len = queue_left(&line->queue);
	if (len > CHUNK)
		len = CHUNK;
	if (len && line->state == LINE_OPEN && (len = pace_out(line, len)) == 0)
		return;
	if (encrypt_records(line, len, &err) < 0) {
		log_err(LOG_ERROR, "TLS", &err);
		queue_free(&line->queue);
	}
	if (line->state == LINE_LEAVING && queue_left(&line->queue) == 0) {
		tls_bye(line->tls, &line->going);
		line->said_bye = true;
	}
}

/* What came before it broke can still be read, and reading then ends by itself. */
static void broke(struct net_line *line, int status)
{
	line->overrun = status;
	if (line->state == LINE_LEAVING)
		line_drop(line);
	else
		line_timer(line, LINGER_MS);
}

static void on_written(uv_write_t *write, int status)
{
	struct net_line *line = write->data;
	line->writing = false;
	buf_free(&line->going);
	if (line->state == LINE_GONE)
		return;
	if (status < 0) {
		broke(line, status);
		return;
	}
	line_flush(line);
	if (line->full && line->state == LINE_OPEN &&
	    net_line_queued(line) <= line->net->options.queue_high / 2) {
		line->full = false;
		if (line->calls->on_drained)
			line->calls->on_drained(line->ctx, line);
	}
}

void line_flush(struct net_line *line)
{
	if (line->writing || is_broken(line) || line->state < LINE_SHAKING || line->state == LINE_GONE)
		return;
	line->going = line->wire;
	line->wire = (struct buf){0};
	if (tls_is_open(line->tls) && !line->said_bye)
		encrypt(line);
	if (line->going.len == 0) {
		buf_free(&line->going);
		if (line->state == LINE_LEAVING)
			shut(line);
		return;
	}
	uv_buf_t piece = uv_buf_init(line->going.data, (unsigned)line->going.len);
	line->write.data = line;
	line->writing = true;
	line->out += line->going.len;
	int rc = uv_write(&line->write, (uv_stream_t *)&line->tcp, &piece, 1, on_written);
	if (rc < 0) {
		line->writing = false;
		line->overrun = rc;
		line_timer(line, 1);
	}
}

bool net_line_send(struct net_line *line, const void *bytes, size_t len)
{
	if (line->state >= LINE_LEAVING)
		return true;
	queue_add(&line->queue, bytes, len);
	mark_dirty(line);
	size_t queued = net_line_queued(line);
	if (queued > line->net->options.queue_limit && !line->overrun) {
		line->overrun = UV_ENOBUFS;
		line_timer(line, 1);
	}
	line->full = line->full || queued > line->net->options.queue_high;
	return !line->full;
}

/* In. */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct net_line *line = handle->data;
	*buf = uv_buf_init(line->net->input, (unsigned)pace_room(line, sizeof line->net->input));
}

static void opened(struct net_line *line)
{
	line->state = LINE_OPEN;
	line_timer(line, line->overrun ? 1 : 0);
	line_forget_pending(line);
	line->calls->on_open(line->ctx, line, tls_peer_key(line->tls));
	if (line->state == LINE_OPEN && queue_left(&line->queue))
		mark_dirty(line);
}

/* Slow is not dead: while bytes come it goes on. */
static void shake_on(struct net_line *line)
{
	uint64_t now = uv_now(line->net->loop), left = line->shake_until > now ? line->shake_until - now : 1;
	int most = line->net->options.handshake_ms;
	line_timer(line, left < (uint64_t)most ? (int)left : most);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct net_line *line = stream->data;
	if (n == 0 || (n > 0 && line->state >= LINE_LEAVING))
		return;
	if (n < 0) {
		cut(line, (int)n);
		return;
	}
	struct err err = {0};
	struct buf *plain = &line->net->plain;
	buf_cut(plain, 0);
	line->in += (uint64_t)n;
	pace_in(line, (size_t)n);
	int rc = tls_feed(line->tls, bytes->base, (size_t)n, plain, &line->wire, &err);
	if (line->wire.len)
		mark_dirty(line);
	if (line->state == LINE_SHAKING && tls_is_open(line->tls))
		opened(line);
	else if (line->state == LINE_SHAKING && !line->overrun)
		shake_on(line);
	if (line->state == LINE_OPEN && plain->len)
		line->calls->on_bytes(line->ctx, line, plain->data, plain->len);
	if (rc == 0 && tls_ended(line->tls))
		err_set(&err, ERR_TIMEOUT, N_("the far end at %1 ended the line"), line->far);
	if (err.code)
		line_fail(line, &err);
}

/* Its beginning. */

static void on_timer(uv_timer_t *timer)
{
	struct net_line *line = timer->data;
	struct err err = {0};
	if (line->state == LINE_LEAVING) {
		line_drop(line);
		return;
	}
	if (line->state == LINE_CONNECTING && !line->overrun) {
		dial_give_up(line, UV_ETIMEDOUT);
		return;
	}
	line->broke = line->state == LINE_OPEN;
	if (line->overrun == UV_ENOBUFS)
		err_set(&err, ERR_TIMEOUT, N_("the far end at %1 takes in nothing"), line->far);
	else if (line->overrun)
		err_set(
		    &err, ERR_TIMEOUT, N_("the line to %1 broke: %2"), line->far, uv_strerror(line->overrun));
	else if (line->state == LINE_RESOLVING)
		address_error(line->far, UV_EAI_AGAIN, &err);
	else
		err_set(&err, ERR_TIMEOUT, N_("the far end at %1 did not finish the handshake in time"),
		    line->far);
	line_fail(line, &err);
}

void line_timer(struct net_line *line, int ms)
{
	if (ms > 0)
		uv_timer_start(&line->timer, on_timer, (uint64_t)ms, 0);
	else
		uv_timer_stop(&line->timer);
}

struct net_line *line_new(struct net *net, const char *far, const struct net_calls *calls, void *ctx)
{
	struct net_line *line = mem_alloc(sizeof *line);
	line->net = net;
	line->calls = calls;
	line->ctx = ctx;
	line->state = LINE_CONNECTING;
	line->record = TLS_RECORD;
	snprintf(line->far, sizeof line->far, "%s", far);
	uv_timer_init(net->loop, &line->timer);
	line->timer.data = line;
	line->refs = 1;
	net->refs++;
	TAILQ_INSERT_TAIL(&net->lines, line, all);
	return line;
}

/* A far end that takes in nothing is noticed by the kernel. It is not asked to look after an idle line: both ends do so themselves
 * (schema/wire.md, "Silence"), and its questions would cost as much again. */
static void watch_for_silence(struct net_line *line)
{
	uv_os_fd_t fd;
	unsigned ms = (unsigned)line->net->options.silence_ms;
	uv_tcp_nodelay(&line->tcp, 1);
	if (uv_fileno((uv_handle_t *)&line->tcp, &fd) == 0)
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

void line_read(struct net_line *line)
{
	int rc = uv_read_start((uv_stream_t *)&line->tcp, on_room, on_read);
	if (rc < 0) {
		line->overrun = rc;
		line_timer(line, 1);
	}
}

void line_shake(struct net_line *line, enum tls_side side)
{
	line->state = LINE_SHAKING;
	line->shake_until = uv_now(line->net->loop) + SHAKES * (uint64_t)line->net->options.handshake_ms;
	line_timer(line, line->net->options.handshake_ms);
	watch_for_silence(line);
	line->tls = tls_new(line->net->tls, side, line->far, admit, line);
	tls_set_ended(line->tls, ended);
	if (line->enrol)
		tls_enrol(line->tls);
	if (line->offers)
		tls_offer(line->tls, &line->memory);
	if (side == TLS_SERVER)
		tls_set_recall(line->tls, recall, line);
	tls_start(line->tls, &line->wire);
	mark_dirty(line);
	line_read(line);
}

void net_line_offer(struct net_line *line, const struct tls_memory *memory)
{
	line->offers = true;
	line->memory = *memory;
}

bool net_line_remember(const struct net_line *line, struct tls_memory *out)
{
	return tls_remember(line->tls, out);
}

void net_line_set(struct net_line *line, const struct net_calls *calls, void *ctx)
{
	if (line->state >= LINE_LEAVING)
		return;
	line->calls = calls;
	line->ctx = ctx;
}

void net_line_record(struct net_line *line, size_t bytes)
{
	line->record = bytes ? bytes : TLS_RECORD;
}

size_t net_line_queued(const struct net_line *line)
{
	size_t waiting = queue_left(&line->queue);
	return line->writing ? waiting + uv_stream_get_write_queue_size((const uv_stream_t *)&line->tcp)
			     : waiting;
}

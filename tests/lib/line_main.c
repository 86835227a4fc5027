/*
 * line - a bad line: forwards TCP from one address to another, late, slowly, with cuts; and counts.
 *
 *   line --listen 127.0.0.1:P --to HOST:P
 *     --delay MS        each way
 *     --jitter MS       up to so much later than that, by the dice; never out of order
 *     --rate BYTES      a second, each way
 *     --cut-after BYTES cut a connection when it has carried so many, both ways together
 *     --cut-within BYTES cut it after 1 to BYTES, by the dice, each connection anew
 *     --cut-every S     cut all connections every S seconds
 *     --cuts N          cut no more than N times (default: no limit)
 *     --down-for S      after a cut nothing listens for S seconds
 *     --stall           accept, and carry nothing
 *     --stall-after BYTES carry so many, and then nothing more, without a word; each connection
 *     --down-as HOW     what SIGUSR1 makes of it: "refuse" (default), "hang-up": it accepts and hangs up at once, or
 *                       "lose": it accepts, and what is said is lost, also on what was open, without a word, for good
 *     --seed N          of the dice (default: 1)
 * Times are in seconds unless "ms" stands after them; --delay is always in milliseconds.
 *
 * SIGUSR1 cuts everything (--down-as) and stays down until the next SIGUSR1. SIGUSR2 stalls until the next SIGUSR2. SIGHUP prints the
 * counts and begins again from zero. SIGTERM prints them and ends:
 *   {"up":812,"down":640,"round_trips":2,"turns":3,"connections":1,"cuts":0}
 * up is from who dials to who listens, turns are changes of direction. Round trips are what the dialling end has to wait
 * for: the longest chain of bytes each of which left after the one before had come, up to the last that came to that end,
 * by twos, on each connection. So it makes no difference what crosses on the way, or that the other end hears once more
 * that all has come; the connecting itself is not among them.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "line_options.h"

#define QUEUE_MAX (64u << 10) /* per direction; then the sender has to wait */
#define SEVERED_MS 100 /* after a cut, until the ends are told */

static struct line_options opt;

static struct {
	uint64_t up, down, turns, connections, cuts;
	uint64_t ended_trips; /* of connections that are no more */
	unsigned epoch; /* counts were asked for so often */
	int last; /* direction of the last bytes: 0 none, 1 up, 2 down */
} count;

static uint64_t dice; /* xorshift64 */

static uv_loop_t *loop;
static uv_tcp_t *listener; /* NULL while the line is down */
static uv_timer_t cutter, raiser;
static uv_signal_t signals[4];
static bool down_by_hand, ending;
static uint64_t n_cuts; /* since the beginning */

/* Bytes on their way, in order. */
struct piece {
	STAILQ_ENTRY(piece) next;
	uint64_t due_ms;
	size_t len;
	unsigned depth, epoch; /* of the chain, when it left */
	uv_write_t write;
	struct half *half;
	char bytes[];
};

/* One direction of a connection. */
struct half {
	struct connection *connection;
	uv_tcp_t *from, *to;
	STAILQ_HEAD(, piece) pieces;
	size_t queued;
	uint64_t free_us; /* when the line can take the next byte */
	uint64_t last_due_ms;
	uv_timer_t timer;
	uv_shutdown_t shut;
	bool paused, ended, is_shut;
	int direction;
};

struct connection {
	LIST_ENTRY(connection) all;
	uv_tcp_t near, far;
	uv_connect_t connect;
	struct half up, down;
	uint64_t carried, cut_after; /* 0: never */
	unsigned depth[2], epoch; /* the longest chain that has come to the near and to the far end */
	unsigned open; /* handles */
	bool closing, severed, lost; /* lost: whatever comes is thrown away */
};

static LIST_HEAD(, connection) connections;
static char room[4096];

static void go_down(void);

/* Counting. */

static uint64_t throw_dice(uint64_t sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % sides;
}

static void renew(struct connection *c)
{
	if (c->epoch == count.epoch)
		return;
	c->epoch = count.epoch;
	c->depth[0] = c->depth[1] = 0;
}

static unsigned leaves(struct connection *c, int direction)
{
	renew(c);
	return c->depth[direction == 1 ? 0 : 1] + 1;
}

static void has_come(struct connection *c, int direction, const struct piece *piece)
{
	unsigned *depth = &c->depth[direction == 1 ? 1 : 0];
	renew(c);
	unsigned came = piece->epoch == count.epoch ? piece->depth : 1;
	if (*depth < came)
		*depth = came;
}

static uint64_t trips(struct connection *c)
{
	renew(c);
	return (c->depth[0] + 1) / 2;
}

static void count_bytes(int direction, size_t len)
{
	if (direction == 1)
		count.up += len;
	else
		count.down += len;
	if (count.last && count.last != direction)
		count.turns++;
	count.last = direction;
}

static void print_counts(void)
{
	uint64_t round_trips = count.ended_trips;
	struct connection *c;
	LIST_FOREACH(c, &connections, all)
	if (!c->closing)
		round_trips += trips(c);
	printf("{\"up\":%llu,\"down\":%llu,\"round_trips\":%llu,\"turns\":%llu,\"connections\":%llu,\"cuts\":"
	       "%llu}\n",
	    (unsigned long long)count.up, (unsigned long long)count.down, (unsigned long long)round_trips,
	    (unsigned long long)count.turns, (unsigned long long)count.connections,
	    (unsigned long long)count.cuts);
	fflush(stdout);
	unsigned epoch = count.epoch + 1;
	memset(&count, 0, sizeof count);
	count.epoch = epoch;
}

/* The end of a connection. */

static void drop_pieces(struct half *half)
{
	struct piece *piece;
	while ((piece = STAILQ_FIRST(&half->pieces))) {
		STAILQ_REMOVE_HEAD(&half->pieces, next);
		free(piece);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	if (--c->open > 0)
		return;
	drop_pieces(&c->up);
	drop_pieces(&c->down);
	LIST_REMOVE(c, all);
	free(c);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct half *half = handle->data;
	handle->data = half->connection;
	on_closed(handle);
}

static void close_tcp(uv_tcp_t *tcp, bool reset)
{
	if (!reset || uv_tcp_close_reset(tcp, on_closed) < 0)
		uv_close((uv_handle_t *)tcp, on_closed);
}

static void end_connection(struct connection *c, bool reset)
{
	if (c->closing)
		return;
	c->closing = true;
	count.ended_trips += trips(c);
	close_tcp(&c->near, reset);
	close_tcp(&c->far, reset);
	uv_close((uv_handle_t *)&c->up.timer, on_timer_closed);
	uv_close((uv_handle_t *)&c->down.timer, on_timer_closed);
}

static void on_severed(uv_timer_t *timer)
{
	struct half *half = timer->data;
	end_connection(half->connection, true);
	if (opt.down_for_ms)
		go_down();
}

/* From now on nothing is carried; a moment later both ends hear of it, so that what had come can still be read. */
static void cut(struct connection *c)
{
	if (n_cuts >= opt.cuts || c->closing || c->severed)
		return;
	n_cuts++;
	count.cuts++;
	c->severed = true;
	uv_read_stop((uv_stream_t *)&c->near);
	uv_read_stop((uv_stream_t *)&c->far);
	uv_timer_start(&c->up.timer, on_severed, SEVERED_MS, 0);
}

/* Carrying. */

static void carry(struct half *half);

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)handle, (void)suggested;
	*buf = uv_buf_init(room, sizeof room);
}

static void on_shut(uv_shutdown_t *shut, int status)
{
	struct half *half = shut->data;
	struct connection *c = half->connection;
	half->is_shut = true;
	if (status < 0 || (c->up.is_shut && c->down.is_shut))
		end_connection(c, false);
}

static void on_written(uv_write_t *write, int status)
{
	struct piece *piece = write->data;
	struct half *half = piece->half;
	free(piece);
	if (status < 0)
		end_connection(half->connection, true);
	else if (half->connection->cut_after && half->connection->carried >= half->connection->cut_after)
		cut(half->connection);
}

static void forward(struct half *half, struct piece *piece)
{
	struct connection *c = half->connection;
	size_t len = piece->len;
	if (c->cut_after && n_cuts < opt.cuts && c->carried + len > c->cut_after)
		len = (size_t)(c->cut_after - c->carried);
	c->carried += len;
	has_come(c, half->direction, piece);
	count_bytes(half->direction, len);
	uv_buf_t bytes = uv_buf_init(piece->bytes, (unsigned)len);
	piece->write.data = piece;
	if (uv_write(&piece->write, (uv_stream_t *)half->to, &bytes, 1, on_written) < 0) {
		free(piece);
		end_connection(c, true);
	}
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes);

static struct half *reads(uv_stream_t *stream)
{
	struct connection *c = stream->data;
	return stream == (uv_stream_t *)&c->near ? &c->up : &c->down;
}

static void on_timer(uv_timer_t *timer)
{
	carry(timer->data);
}

static bool stalls(const struct connection *c)
{
	return opt.stall || c->severed || c->lost || (opt.stall_after && c->carried >= opt.stall_after);
}

static void carry(struct half *half)
{
	struct connection *c = half->connection;
	uint64_t now = uv_now(loop);
	struct piece *piece;
	while (!stalls(c) && !c->closing && (piece = STAILQ_FIRST(&half->pieces)) && piece->due_ms <= now) {
		STAILQ_REMOVE_HEAD(&half->pieces, next);
		half->queued -= piece->len;
		forward(half, piece);
	}
	if (c->closing || stalls(c))
		return;
	if (half->paused && half->queued <= QUEUE_MAX / 2) {
		half->paused = false;
		uv_read_start((uv_stream_t *)half->from, on_room, on_read);
	}
	if ((piece = STAILQ_FIRST(&half->pieces))) {
		uv_timer_start(&half->timer, on_timer, piece->due_ms - now, 0);
	} else if (half->ended && !half->shut.data) {
		half->shut.data = half;
		if (uv_shutdown(&half->shut, (uv_stream_t *)half->to, on_shut) < 0)
			end_connection(c, true);
	}
}

/* When its last byte leaves the far end of the line. */
static uint64_t due(struct half *half, size_t len)
{
	uint64_t now_us = uv_now(loop) * 1000;
	if (half->free_us < now_us)
		half->free_us = now_us;
	if (opt.rate)
		half->free_us += (uint64_t)len * 1000000 / opt.rate;
	uint64_t at =
	    half->free_us / 1000 + opt.delay_ms + (opt.jitter_ms ? throw_dice(opt.jitter_ms + 1) : 0);
	if (at < half->last_due_ms)
		at = half->last_due_ms;
	return half->last_due_ms = at;
}

static void take(struct half *half, const char *bytes, size_t len)
{
	size_t most = opt.rate && opt.rate / 20 < len ? (size_t)opt.rate / 20 + 1 : len;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < most ? len - at : most;
		struct piece *piece = mem_alloc(sizeof *piece + n);
		piece->half = half;
		piece->len = n;
		piece->due_ms = due(half, n);
		piece->depth = leaves(half->connection, half->direction);
		piece->epoch = count.epoch;
		memcpy(piece->bytes, bytes + at, n);
		STAILQ_INSERT_TAIL(&half->pieces, piece, next);
		half->queued += n;
		at += n;
	}
	if (half->queued > QUEUE_MAX) {
		half->paused = true;
		uv_read_stop((uv_stream_t *)half->from);
	}
}

/* Neither end hears of the other's going. */
static void end_lost(struct half *half)
{
	struct connection *c = half->connection;
	half->ended = true;
	uv_read_stop((uv_stream_t *)half->from);
	if (c->up.ended && (c->down.ended || !uv_is_readable((uv_stream_t *)&c->far)))
		end_connection(c, false);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct half *half = reads(stream);
	if (half->connection->lost) {
		if (n < 0)
			end_lost(half);
		return;
	}
	if (n > 0) {
		take(half, bytes->base, (size_t)n);
	} else if (n == UV_EOF) {
		half->ended = true;
	} else if (n < 0) {
		end_connection(half->connection, true);
		return;
	}
	carry(half);
}

/* Its beginning. */

static void on_connected(uv_connect_t *connect, int status)
{
	struct connection *c = connect->data;
	if (c->closing)
		return;
	if (status < 0) {
		end_connection(c, true);
		return;
	}
	uv_tcp_nodelay(&c->near, 1);
	uv_tcp_nodelay(&c->far, 1);
	uv_read_start((uv_stream_t *)&c->near, on_room, on_read);
	uv_read_start((uv_stream_t *)&c->far, on_room, on_read);
}

static void lose(struct connection *c)
{
	c->lost = true;
	drop_pieces(&c->up);
	drop_pieces(&c->down);
	uv_read_start((uv_stream_t *)&c->near, on_room, on_read);
	if (uv_is_readable((uv_stream_t *)&c->far))
		uv_read_start((uv_stream_t *)&c->far, on_room, on_read);
}

static void init_half(struct connection *c, struct half *half, int direction)
{
	half->connection = c;
	half->direction = direction;
	half->from = direction == 1 ? &c->near : &c->far;
	half->to = direction == 1 ? &c->far : &c->near;
	STAILQ_INIT(&half->pieces);
	uv_timer_init(loop, &half->timer);
	half->timer.data = half;
}

static void on_connection(uv_stream_t *stream, int status)
{
	if (status < 0)
		return;
	struct connection *c = mem_alloc(sizeof *c);
	LIST_INSERT_HEAD(&connections, c, all);
	uv_tcp_init(loop, &c->near);
	uv_tcp_init(loop, &c->far);
	c->near.data = c->far.data = c->connect.data = c;
	c->open = 4;
	init_half(c, &c->up, 1);
	init_half(c, &c->down, 2);
	c->epoch = count.epoch;
	c->cut_after = opt.cut_within ? 1 + throw_dice(opt.cut_within) : opt.cut_after;
	count.connections++;
	if (uv_accept(stream, (uv_stream_t *)&c->near) < 0 || (down_by_hand && opt.down_as == LINE_HANG_UP))
		end_connection(c, false);
	else if (down_by_hand)
		lose(c);
	else if (uv_tcp_connect(&c->connect, &c->far, (struct sockaddr *)&opt.to, on_connected) < 0)
		end_connection(c, true);
}

/* As a way station does that has forgotten whose it was. */
static void go_down_by_hand(void)
{
	struct connection *c, *next;
	if (opt.down_as == LINE_REFUSE) {
		go_down();
		return;
	}
	for (c = LIST_FIRST(&connections); c; c = next) {
		next = LIST_NEXT(c, all);
		if (opt.down_as == LINE_LOSE)
			lose(c);
		else
			end_connection(c, true);
	}
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void go_up(void)
{
	if (listener || ending)
		return;
	listener = mem_alloc(sizeof *listener);
	uv_tcp_init(loop, listener);
	int rc = uv_tcp_bind(listener, (struct sockaddr *)&opt.listen, 0);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)listener, 512, on_connection);
	if (rc < 0) {
		fprintf(stderr, "line: cannot listen: %s\n", uv_strerror(rc));
		exit(3);
	}
}

static void on_raise(uv_timer_t *timer)
{
	(void)timer;
	if (!down_by_hand)
		go_up();
}

static void close_listener(void)
{
	if (listener)
		uv_close((uv_handle_t *)listener, free_handle);
	listener = NULL;
}

static void go_down(void)
{
	struct connection *c;
	close_listener();
	LIST_FOREACH(c, &connections, all)
	end_connection(c, true);
	if (!down_by_hand && !ending)
		uv_timer_start(&raiser, on_raise, opt.down_for_ms, 0);
}

static void on_cut_all(uv_timer_t *timer)
{
	(void)timer;
	struct connection *c, *next;
	for (c = LIST_FIRST(&connections); c; c = next) {
		next = LIST_NEXT(c, all);
		cut(c);
	}
}

/* By hand. */

static void end_all(void)
{
	ending = true;
	print_counts();
	go_down();
	uv_close((uv_handle_t *)&cutter, NULL);
	uv_close((uv_handle_t *)&raiser, NULL);
	for (int i = 0; i < 4; i++)
		uv_close((uv_handle_t *)&signals[i], NULL);
}

static void toggle_stall(void)
{
	struct connection *c;
	opt.stall = !opt.stall;
	LIST_FOREACH(c, &connections, all)
	{
		carry(&c->up);
		carry(&c->down);
	}
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)handle;
	switch (number) {
	case SIGTERM:
		end_all();
		break;
	case SIGHUP:
		print_counts();
		break;
	case SIGUSR1:
		down_by_hand = !down_by_hand;
		if (down_by_hand)
			go_down_by_hand();
		else
			go_up();
		break;
	case SIGUSR2:
		toggle_stall();
		break;
	}
}

int main(int argc, char **argv)
{
	static const int numbers[4] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	signal(SIGPIPE, SIG_IGN);
	loop = uv_default_loop();
	line_parse(&opt, argc, argv);
	dice = opt.seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	throw_dice(2);
	uv_timer_init(loop, &cutter);
	uv_timer_init(loop, &raiser);
	for (int i = 0; i < 4; i++) {
		uv_signal_init(loop, &signals[i]);
		uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
	go_up();
	if (opt.cut_every_ms)
		uv_timer_start(&cutter, on_cut_all, opt.cut_every_ms, opt.cut_every_ms);
	uv_run(loop, UV_RUN_DEFAULT);
	return uv_loop_close(loop) == 0 ? 0 : 1;
}

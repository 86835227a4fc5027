/* This node's end of all its lines: what they share, and the turn of the loop in which they speak. */
#include <signal.h>
#include <stdlib.h>

#include "net/internal.h"

static void fill_defaults(struct net_options *o)
{
	if (!o->connect_ms)
		o->connect_ms = 15000;
	if (!o->handshake_ms)
		o->handshake_ms = 15000;
	if (!o->silence_ms)
		o->silence_ms = 55000;
	if (!o->queue_high)
		o->queue_high = 256 << 10;
	if (!o->queue_limit)
		o->queue_limit = 64 << 20;
	if (!o->max_pending)
		o->max_pending = 1024;
}

static void on_prepare(uv_prepare_t *prepare)
{
	line_flush_all(prepare->data);
}

int net_new(struct uv_loop_s *loop, const struct key *key, const struct net_options *options,
    struct net **out, struct err *err)
{
	signal(SIGPIPE, SIG_IGN); /* a far end that has gone is an error of the write, no more */
	struct net *net = mem_alloc(sizeof *net);
	net->loop = loop;
	if (options)
		net->options = *options;
	fill_defaults(&net->options);
	if (tls_context_new(key, &net->tls, err) < 0) {
		free(net);
		return err->code;
	}
	TAILQ_INIT(&net->lines);
	TAILQ_INIT(&net->pending);
	TAILQ_INIT(&net->dirty);
	LIST_INIT(&net->listeners);
	uv_prepare_init(loop, &net->flusher);
	net->flusher.data = net;
	uv_prepare_start(&net->flusher, on_prepare);
	uv_unref((uv_handle_t *)&net->flusher);
	net->refs = 1;
	*out = net;
	return 0;
}

void net_unref(struct net *net)
{
	if (--net->refs > 0)
		return;
	tls_context_free(net->tls);
	buf_free(&net->plain);
	free(net);
}

static void on_flusher_closed(uv_handle_t *handle)
{
	net_unref(handle->data);
}

void net_free(struct net *net)
{
	if (!net || net->freed)
		return;
	net->freed = true;
	while (!LIST_EMPTY(&net->listeners))
		net_listener_close(LIST_FIRST(&net->listeners));
	struct net_line *line;
	TAILQ_FOREACH(line, &net->lines, all)
	net_line_close(line);
	line_flush_all(net);
	uv_close((uv_handle_t *)&net->flusher, on_flusher_closed);
}

/* What a line says of itself. */

void net_line_bytes(const struct net_line *line, uint64_t *in, uint64_t *out)
{
	*in = line->in;
	*out = line->out;
}

const char *net_line_far(const struct net_line *line)
{
	return line->far;
}

bool net_line_resolving(const struct net_line *line)
{
	return line->state == LINE_RESOLVING;
}

bool net_line_answered(const struct net_line *line)
{
	return line->in > 0;
}

enum redial_why net_line_end(const struct net_line *line)
{
	if (line->in == 0 || line->foreign)
		return REDIAL_UNANSWERED;
	return line->broke ? REDIAL_CUT : REDIAL_TURNED_AWAY;
}

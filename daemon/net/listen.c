#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "net/internal.h"

#define BACKLOG 1024

/* A thousand units may come at once, each with a descriptor; the usual soft limit is 1,024 for everything. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct net_listener *listener = stream->data;
	struct net *net = listener->net;
	if (status < 0)
		return; /* the far end went away again, or descriptors are short: libuv goes on */
	struct net_line *line = line_new(net, "?", listener->calls, listener->ctx);
	uv_tcp_init(net->loop, &line->tcp);
	line->tcp.data = line;
	line->tcp_open = true;
	line->refs++;
	struct sockaddr_storage from = {0};
	int len = sizeof from;
	if (uv_accept(stream, (uv_stream_t *)&line->tcp) < 0 ||
	    uv_tcp_getpeername(&line->tcp, (struct sockaddr *)&from, &len) < 0) {
		line_drop(line); /* whoever rang has hung up already */
		return;
	}
	line->listener = listener;
	address_text((struct sockaddr *)&from, line->far);
	TAILQ_INSERT_TAIL(&net->pending, line, pending);
	if (++net->n_pending > net->options.max_pending)
		line_drop(TAILQ_FIRST(&net->pending));
	line_shake(line, TLS_SERVER);
}

static void on_closed(uv_handle_t *handle)
{
	struct net_listener *listener = handle->data;
	if (--listener->refs > 0)
		return;
	net_unref(listener->net);
	free(listener);
}

/* One socket. All sockets of a listener have one port, also if the first was free to choose. */
static int add_socket(struct net_listener *listener, struct sockaddr *sa, bool more)
{
	uv_tcp_t *tcp = &listener->tcp[listener->n];
	uv_tcp_init_ex(listener->net->loop, tcp, (unsigned)sa->sa_family);
	tcp->data = listener;
	listener->n++;
	listener->refs++;
	if (listener->port && sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)sa)->sin6_port = htons((uint16_t)listener->port);
	else if (listener->port)
		((struct sockaddr_in *)sa)->sin_port = htons((uint16_t)listener->port);
	/* Where a name has addresses of both kinds, each gets its own socket. */
	unsigned flags = sa->sa_family == AF_INET6 && (more || listener->n > 1) ? UV_TCP_IPV6ONLY : 0;
	struct sockaddr_storage bound = {0};
	int len = sizeof bound, rc = uv_tcp_bind(tcp, sa, flags);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)tcp, BACKLOG, on_connection);
	if (rc == 0)
		rc = uv_tcp_getsockname(tcp, (struct sockaddr *)&bound, &len);
	if (rc < 0)
		return rc;
	listener->port = bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&bound)->sin6_port)
						     : ntohs(((struct sockaddr_in *)&bound)->sin_port);
	return 0;
}

static int listen_error(const char *address, int status, struct err *err)
{
	switch (status) {
	case UV_EADDRINUSE:
		err_set(err, ERR_BUSY, N_("cannot listen on %1: another program holds this port"), address);
		err_hint(
		    err, N_("end that program, or choose another port with: tuyen config listen HOST:PORT"));
		break;
	case UV_EADDRNOTAVAIL:
		err_set(err, ERR_INPUT, N_("cannot listen on %1: this machine does not have that address"),
		    address);
		err_hint(err, N_("listen on every address with 0.0.0.0, or see: ip address"));
		break;
	case UV_EACCES:
		err_set(err, ERR_REFUSED, N_("cannot listen on %1: this user may not"), address);
		err_hint(err, N_("choose a port above 1023"));
		break;
	default:
		err_set(err, ERR_IO, N_("cannot listen on %1: %2"), address, uv_strerror(status));
	}
	return err->code;
}

/* Every address of the host; for none, every address of this machine. That one family is missing here is no error. */
static int add_sockets(struct net_listener *listener, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
	uv_getaddrinfo_t request;
	int rc = uv_getaddrinfo(listener->net->loop, &request, NULL, *host ? host : NULL, port, &hints);
	if (rc < 0)
		return rc;
	bool any = false;
	for (struct addrinfo *a = request.addrinfo; a && listener->n < ADDRESSES_MAX; a = a->ai_next) {
		rc = add_socket(listener, a->ai_addr, a->ai_next != NULL);
		any = any || rc == 0;
		if (rc < 0 && rc != UV_EADDRNOTAVAIL && rc != UV_EAFNOSUPPORT) {
			any = false;
			break;
		}
	}
	uv_freeaddrinfo(request.addrinfo);
	return any ? 0 : rc;
}

int net_listen(struct net *net, const char *address, const struct net_calls *calls, void *ctx,
    struct net_listener **out, struct err *err)
{
	char host[HOST_SIZE], port[6];
	if (address_split(address, true, host, port, err) < 0)
		return err->code;
	raise_descriptor_limit();
	struct net_listener *listener = mem_alloc(sizeof *listener);
	*listener = (struct net_listener){.net = net, .calls = calls, .ctx = ctx};
	LIST_INSERT_HEAD(&net->listeners, listener, all);
	net->refs++;
	int rc = add_sockets(listener, host, port);
	if (rc < 0) {
		net_listener_close(listener);
		return listen_error(address, rc, err);
	}
	*out = listener;
	return 0;
}

void net_listener_enrol(struct net_listener *listener, const struct net_calls *calls, void *ctx)
{
	listener->enrol_calls = calls;
	listener->enrol_ctx = ctx;
}

void net_listener_recall(struct net_listener *listener,
    bool (*recall)(void *ctx, const unsigned char *id, struct tls_memory *out), void *ctx)
{
	listener->recall = recall;
	listener->recall_ctx = ctx;
}

void net_listener_ended(
    struct net_listener *listener, bool (*ended)(void *ctx, const unsigned char public_key[KEY_PUBLIC_SIZE]))
{
	listener->ended = ended;
}

void net_listener_close(struct net_listener *listener)
{
	if (!listener)
		return;
	struct net_line *line, *next;
	for (line = TAILQ_FIRST(&listener->net->pending); line; line = next) {
		next = TAILQ_NEXT(line, pending);
		if (line->listener == listener)
			line_drop(line);
	}
	LIST_REMOVE(listener, all);
	if (listener->n == 0) {
		net_unref(listener->net);
		free(listener);
		return;
	}
	for (unsigned i = 0; i < listener->n; i++)
		uv_close((uv_handle_t *)&listener->tcp[i], on_closed);
}

unsigned net_listener_port(const struct net_listener *listener)
{
	return listener->port;
}

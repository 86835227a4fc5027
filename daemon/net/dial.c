/*
 * Dialling: resolve the name, then try its addresses one after the other, the last for connect_ms.
 */
#include <string.h>

#include "net/internal.h"

#define OTHERS 3 /* part of connect_ms that an address has when there is another one */

static void try_next(struct net_line *line);

static void on_connected(uv_connect_t *connect, int status)
{
	struct net_line *line = connect->data;
	if (line->state != LINE_CONNECTING || status == UV_ECANCELED)
		return;
	if (status < 0)
		dial_give_up(line, status);
	else
		line_shake(line, TLS_CLIENT);
}

static void on_attempt_closed(uv_handle_t *handle)
{
	struct net_line *line = handle->data;
	if (line->state == LINE_CONNECTING)
		try_next(line);
	line_unref(line);
}

void dial_give_up(struct net_line *line, int status)
{
	line->last_error = status;
	line_timer(line, 0);
	line->tcp_open = false;
	uv_close((uv_handle_t *)&line->tcp, on_attempt_closed);
}

static void try_next(struct net_line *line)
{
	struct addrinfo *address = line->next_address;
	if (!address || line->tried == ADDRESSES_MAX) {
		struct err err = {0};
		address_error(line->far, line->last_error, &err);
		line_fail(line, &err);
		return;
	}
	line->next_address = address->ai_next;
	line->tried++;
	uv_tcp_init(line->net->loop, &line->tcp);
	line->tcp.data = line;
	line->tcp_open = true;
	line->refs++;
	line->connect.data = line;
	int ms = line->net->options.connect_ms;
	line_timer(line, line->next_address && line->tried < ADDRESSES_MAX ? ms / OTHERS : ms);
	int rc = uv_tcp_connect(&line->connect, &line->tcp, address->ai_addr, on_connected);
	if (rc < 0)
		dial_give_up(line, rc);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *addresses)
{
	struct net_line *line = resolve->data;
	line->addresses = addresses;
	if (line->state == LINE_RESOLVING) {
		line->state = LINE_CONNECTING;
		line->next_address = addresses;
		line->last_error = status < 0 ? status : UV_EAI_NODATA;
		try_next(line);
	}
	line_unref(line);
}

/* Also a failure to begin is told from the loop, not from net_dial. */
static void resolve(struct net_line *line, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	line->resolve.data = line;
	int rc = uv_getaddrinfo(line->net->loop, &line->resolve, on_resolved, host, port, &hints);
	if (rc == 0)
		line->refs++;
	line_timer(line, rc == 0 ? line->net->options.connect_ms : 1);
}

struct net_line *net_dial(
    struct net *net, const char *address, const struct net_calls *calls, void *ctx, struct err *err)
{
	char host[HOST_SIZE], port[6];
	if (address_split(address, false, host, port, err) < 0)
		return NULL;
	struct net_line *line = line_new(net, address, calls, ctx);
	line->state = LINE_RESOLVING;
	resolve(line, host, port);
	return line;
}

struct net_line *net_dial_enrol(
    struct net *net, const char *address, const struct net_calls *calls, void *ctx, struct err *err)
{
	struct net_line *line = net_dial(net, address, calls, ctx, err);
	if (line)
		line->enrol = true;
	return line;
}

/*
 * The daemon's side of the control socket. A client sends its request (CLIENT_ASKING), the handler has it
 * (CLIENT_WAITING), the status is on its way (CLIENT_ANSWERED). The pipe may close before the handler is done: memory
 * goes when both are.
 */
#include "control/control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/sys.h"
#include "control/message.h"
#include "control/socket.h"

#define ANSWER_MAX (64u << 20) /* bytes that wait for a client that does not read */
#define OUTPUT_PIECE (256u << 10)

enum client_state { CLIENT_ASKING, CLIENT_WAITING, CLIENT_ANSWERED };

struct client {
	struct control_request req; /* first: the handler's pointer is the client's */
	TAILQ_ENTRY(client) all;
	struct control_server *server;
	enum client_state state;
	uv_pipe_t pipe;
	uv_write_t write;
	bool closing, closed, writing;
	char *command;
	struct buf in, out, going;
	bool is_gone;
	void (*gone)(void *ctx, struct control_request *req);
	void *gone_ctx;
};

struct control_server {
	uv_pipe_t pipe;
	char *path;
	control_handler *handler;
	void *ctx;
	TAILQ_HEAD(, client) clients; /* oldest first */
	unsigned n_clients, refs;
	bool stopped;
	char input[64 << 10];
};

static void server_unref(struct control_server *server)
{
	if (--server->refs > 0)
		return;
	free(server->path);
	free(server);
}

/* A client's end. */

static void client_free(struct client *client)
{
	struct control_server *server = client->server;
	TAILQ_REMOVE(&server->clients, client, all);
	server->n_clients--;
	free(client->command);
	args_free(&client->req.args);
	buf_free(&client->in);
	buf_free(&client->out);
	buf_free(&client->going);
	free(client);
	server_unref(server);
}

static void tell_gone(struct client *client)
{
	void (*gone)(void *ctx, struct control_request *req) = client->gone;
	client->gone = NULL;
	client->is_gone = true;
	if (gone)
		gone(client->gone_ctx, &client->req);
}

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	client->closed = true;
	if (client->state == CLIENT_WAITING)
		tell_gone(client);
	else
		client_free(client);
}

static void hang_up(struct client *client)
{
	if (client->closing)
		return;
	client->closing = true;
	client->is_gone = true;
	uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

/* Out. */

static void flush(struct client *client);

static void on_written(uv_write_t *write, int status)
{
	struct client *client = write->data;
	client->writing = false;
	buf_free(&client->going);
	if (client->closing)
		return;
	if (status == 0)
		flush(client);
	else
		hang_up(client);
}

static void flush(struct client *client)
{
	if (client->closing || client->writing)
		return;
	if (client->out.len == 0) {
		if (client->state == CLIENT_ANSWERED)
			hang_up(client);
		return;
	}
	client->going = client->out;
	client->out = (struct buf){0};
	uv_buf_t piece = uv_buf_init(client->going.data, (unsigned)client->going.len);
	client->write.data = client;
	client->writing = true;
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &piece, 1, on_written) < 0) {
		client->writing = false;
		hang_up(client);
	}
}

static void wrote(struct client *client)
{
	if (client->closing)
		buf_free(&client->out);
	else if (client->out.len > ANSWER_MAX)
		hang_up(client);
	else
		flush(client);
}

void control_note(
    struct control_request *req, bool warning, const char *msg, const char *const *args, int n_args)
{
	struct client *client = (struct client *)req;
	message_write_note(warning, msg, args, n_args, &client->out);
	wrote(client);
}

void control_say_list(struct control_request *req, bool warning, const char *const *msg_and_args)
{
	int n = 0;
	while (msg_and_args[n + 1])
		n++;
	control_note(req, warning, msg_and_args[0], msg_and_args + 1, n);
}

void control_output(struct control_request *req, const void *bytes, size_t len)
{
	struct client *client = (struct client *)req;
	const char *p = bytes;
	while (len) {
		size_t piece = len > OUTPUT_PIECE ? OUTPUT_PIECE : len;
		message_write_output(p, piece, &client->out);
		p += piece;
		len -= piece;
	}
	wrote(client);
}

void control_finish(struct control_request *req, const struct err *err)
{
	struct client *client = (struct client *)req;
	client->state = CLIENT_ANSWERED;
	client->gone = NULL;
	if (client->closed) {
		client_free(client);
		return;
	}
	message_write_status(err, &client->out);
	wrote(client);
}

void control_on_gone(
    struct control_request *req, void (*gone)(void *ctx, struct control_request *req), void *ctx)
{
	struct client *client = (struct client *)req;
	client->gone = gone;
	client->gone_ctx = ctx;
}

/* In. */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct client *client = handle->data;
	*buf = uv_buf_init(client->server->input, sizeof client->server->input);
}

static void answer(struct client *client, size_t len)
{
	struct err err = {0};
	int rc = message_read_request(client->in.data, len, &client->command, &client->req.args, &err);
	buf_free(&client->in);
	client->state = CLIENT_WAITING;
	client->req.command = client->command;
	if (rc < 0)
		control_finish(&client->req, &err);
	else
		client->server->handler(client->server->ctx, &client->req);
}

static void take(struct client *client, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\n', len);
	size_t before = client->in.len;
	buf_add(&client->in, bytes, len);
	if (end && before + (size_t)(end - bytes) <= CONTROL_REQUEST_MAX) {
		answer(client, before + (size_t)(end - bytes));
	} else if (client->in.len > CONTROL_REQUEST_MAX) {
		struct err err = {0};
		err_set(&err, ERR_INPUT, N_("the command is too large for the daemon (%1 at most)"), "8 MB");
		buf_free(&client->in);
		control_finish(&client->req, &err);
	}
}

/* A client that only ends its own words ("printf … | nc -U") still gets its answer. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct client *client = stream->data;
	if (n > 0 && client->state == CLIENT_ASKING)
		take(client, bytes->base, (size_t)n);
	if (n >= 0)
		return;
	uv_read_stop(stream);
	if (client->state == CLIENT_WAITING && !client->is_gone)
		tell_gone(client);
	else if (client->state == CLIENT_ASKING || n != UV_EOF)
		hang_up(client);
}

static void say_busy(struct client *client)
{
	struct err err = {0};
	err_set(&err, ERR_BUSY, N_("the daemon is busy with %1 other commands"), "64");
	err_hint(&err, N_("try again in a moment"));
	control_finish(&client->req, &err);
}

/* Room for the newcomer is made by whoever has sat there longest without a request. */
static void limit_clients(struct control_server *server, struct client *newcomer)
{
	if (server->n_clients <= CONTROL_CLIENTS_MAX)
		return;
	struct client *client;
	TAILQ_FOREACH(client, &server->clients, all)
	if (client != newcomer && client->state != CLIENT_WAITING && !client->closing) {
		hang_up(client);
		return;
	}
	say_busy(newcomer);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct control_server *server = stream->data;
	if (status < 0)
		return;
	struct client *client = mem_alloc(sizeof *client);
	client->server = server;
	uv_pipe_init(server->pipe.loop, &client->pipe, 0);
	client->pipe.data = client;
	TAILQ_INSERT_TAIL(&server->clients, client, all);
	server->n_clients++;
	server->refs++;
	if (uv_accept(stream, (uv_stream_t *)&client->pipe) < 0 ||
	    uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read) < 0)
		hang_up(client);
	else
		limit_clients(server, client);
}

/* Begin and end. */

/* The socket's right from its first moment: made under a umask, not mended afterwards. */
static int bind_socket(const char *path, int *fd)
{
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	struct socket_address address;
	int rc = socket_address_open(path, &address);
	*fd = rc == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	if (rc == 0 && *fd < 0)
		rc = -errno;
	mode_t mask = umask(0117);
	if (rc == 0 && bind(*fd, (struct sockaddr *)&address.un, sizeof address.un) < 0)
		rc = -errno;
	umask(mask);
	socket_address_close(&address);
	return rc;
}

static void on_closed(uv_handle_t *handle)
{
	server_unref(handle->data);
}

int control_server_start(struct uv_loop_s *loop, const char *path, control_handler *handler, void *ctx,
    struct control_server **out, struct err *err)
{
	int fd = -1;
	signal(SIGPIPE, SIG_IGN); /* a client that has gone is an error of the write, no more */
	int rc = bind_socket(path, &fd);
	if (rc < 0) {
		if (fd >= 0)
			close(fd);
		errno = -rc;
		return sys_error(err, "make the socket", path);
	}
	struct control_server *server = mem_alloc(sizeof *server);
	*server = (struct control_server){.path = mem_dup(path), .handler = handler, .ctx = ctx, .refs = 1};
	TAILQ_INIT(&server->clients);
	uv_pipe_init(loop, &server->pipe, 0);
	server->pipe.data = server;
	rc = uv_pipe_open(&server->pipe, fd);
	if (rc < 0)
		close(fd);
	else
		rc = uv_listen((uv_stream_t *)&server->pipe, CONTROL_CLIENTS_MAX, on_connection);
	if (rc < 0) {
		control_server_stop(server);
		errno = -rc;
		return sys_error(err, "listen on", path);
	}
	*out = server;
	return 0;
}

void control_server_stop(struct control_server *server)
{
	if (!server || server->stopped)
		return;
	server->stopped = true;
	unlink(server->path);
	struct client *client, *next;
	TAILQ_FOREACH(client, &server->clients, all)
	client->gone = NULL;
	for (client = TAILQ_FIRST(&server->clients); client; client = next) {
		next = TAILQ_NEXT(client, all);
		client->state = CLIENT_ANSWERED;
		if (client->closed)
			client_free(client);
		else
			hang_up(client);
	}
	uv_close((uv_handle_t *)&server->pipe, on_closed);
}

/*
 * The command's side of the control socket: blocking, with one deadline over connecting, asking and listening.
 */
#include "control/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"
#include "control/message.h"
#include "control/socket.h"

#define RETRY_MS 50
#define LINE_MAX_BYTES (16u << 20)

struct conversation {
	const struct control_call *call;
	int fd;
	int64_t deadline;
	struct buf in;
	bool done;
	struct err *err;
};

static int not_there(struct conversation *c)
{
	err_set(c->err, ERR_TIMEOUT, N_("the daemon of %1 is not running or does not answer"), c->call->node);
	err_hint(c->err, N_("start it with: tuyend -C %1"));
	return ERR_TIMEOUT;
}

static int too_late(struct conversation *c)
{
	err_set(c->err, ERR_TIMEOUT,
	    N_("the daemon of %1 has not answered in time, and may still do what was asked"), c->call->node);
	err_hint(c->err, N_("look with: tuyen -C %1 status"));
	return ERR_TIMEOUT;
}

static int hung_up(struct conversation *c)
{
	err_set(c->err, ERR_TIMEOUT, N_("the daemon of %1 ended before it answered"), c->call->node);
	err_hint(c->err, N_("start it again with: tuyend -C %1, then look with: tuyen -C %1 status"));
	return ERR_TIMEOUT;
}

/* A negative errno, or the socket. */
static int connect_once(const char *path)
{
	struct socket_address address;
	int rc = socket_address_open(path, &address);
	int fd = rc == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	if (rc == 0 && fd < 0)
		rc = -errno;
	if (rc == 0 && connect(fd, (struct sockaddr *)&address.un, sizeof address.un) < 0)
		rc = -errno;
	socket_address_close(&address);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

/* Absent, refused and full may all be a daemon that is only starting. */
static int connect_until(struct conversation *c)
{
	for (;;) {
		c->fd = connect_once(c->call->path);
		if (c->fd >= 0)
			return 0;
		if (c->fd == -EACCES || c->fd == -EPERM) {
			err_set(c->err, ERR_REFUSED, N_("this user may not talk to the daemon of %1"),
			    c->call->node);
			err_hint(
			    c->err, N_("run the command as the daemon's user, or as a member of its group"));
			return ERR_REFUSED;
		}
		int64_t left = c->deadline - sys_ticks();
		if (left <= 0)
			return not_there(c);
		poll(NULL, 0, left < RETRY_MS ? (int)left : RETRY_MS);
	}
}

static bool wait_for(struct conversation *c, short events)
{
	for (;;) {
		int64_t left = c->deadline - sys_ticks();
		struct pollfd p = {.fd = c->fd, .events = events};
		int n = poll(&p, 1, left > 0 ? (int)left : 0);
		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

/* A daemon that hangs up while it is being asked may have said why: that is read next. */
static int ask(struct conversation *c, const struct buf *request)
{
	size_t sent = 0;
	while (sent < request->len) {
		ssize_t n = send(c->fd, request->data + sent, request->len - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN && !wait_for(c, POLLOUT))
			return not_there(c);
		else if (errno != EAGAIN && errno != EINTR)
			return 0;
	}
	return 0;
}

static int hear_line(struct conversation *c, const char *line, size_t len)
{
	const struct control_call *call = c->call;
	struct message_reply reply = {0};
	int rc = message_read_reply(line, len, &reply, c->err);
	if (rc == 0 && reply.kind == MESSAGE_NOTE && call->on_note) {
		call->on_note(call->ctx, reply.warning, reply.msg, (const char *const *)reply.args.items,
		    (int)reply.args.n);
	} else if (rc == 0 && reply.kind == MESSAGE_OUTPUT && call->on_output) {
		call->on_output(call->ctx, buf_str(&reply.output), reply.output.len);
	} else if (rc == 0 && reply.kind == MESSAGE_STATUS) {
		c->done = true;
		rc = reply.status.code;
		if (rc < 0)
			*c->err = reply.status;
	}
	message_reply_free(&reply);
	return rc;
}

static int hear_lines(struct conversation *c)
{
	size_t begin = 0;
	int rc = 0;
	while (rc == 0 && !c->done) {
		const char *line = c->in.data + begin, *end = memchr(line, '\n', c->in.len - begin);
		if (!end)
			break;
		rc = hear_line(c, line, (size_t)(end - line));
		begin += (size_t)(end - line) + 1;
	}
	if (begin) {
		memmove(c->in.data, c->in.data + begin, c->in.len - begin);
		buf_cut(&c->in, c->in.len - begin);
	}
	if (rc == 0 && c->in.len > LINE_MAX_BYTES)
		rc = err_set(
		    c->err, ERR_PEER, N_("the daemon answers in a form that this command does not know"));
	return rc;
}

static int hear(struct conversation *c)
{
	char piece[16384];
	int rc = 0;
	while (rc == 0 && !c->done) {
		ssize_t n = recv(c->fd, piece, sizeof piece, 0);
		if (n > 0) {
			buf_add(&c->in, piece, (size_t)n);
			if (memchr(piece, '\n', (size_t)n) || c->in.len > LINE_MAX_BYTES)
				rc = hear_lines(c);
		} else if (n < 0 && errno == EAGAIN) {
			if (!wait_for(c, POLLIN))
				rc = too_late(c);
		} else if (n == 0 || errno != EINTR) {
			rc = hung_up(c);
		}
	}
	return rc;
}

int control_call(const struct control_call *call, struct err *err)
{
	struct conversation c = {
	    .call = call, .fd = -1, .err = err, .deadline = sys_ticks() + call->timeout_ms};
	struct buf request = {0};
	int rc = message_write_request(call->command, call->args, &request, err);
	if (rc == 0)
		rc = connect_until(&c);
	if (rc == 0)
		rc = ask(&c, &request);
	if (rc == 0)
		rc = hear(&c);
	if (c.fd >= 0)
		close(c.fd);
	buf_free(&c.in);
	buf_free(&request);
	return rc;
}

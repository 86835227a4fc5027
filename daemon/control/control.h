/*
 * control/control.h - the command asks, the daemon answers: a Unix socket, one request a connection.
 *
 * Every line is a JSON object. The command sends one (at most CONTROL_REQUEST_MAX bytes):
 *   {"command":"report set","words":["hp.2026-06","2026-06"],"options":[["note","…"],["nil",""]]}
 * The daemon answers with any number of
 *   {"note":"%1 has arrived","args":["D-017"],"warning":false}     a message id, translated by the command
 *   {"output":"…"} or {"output64":"…"}                              bytes for standard output; base64 if no UTF-8
 * and at last exactly one
 *   {"status":0} or {"status":-2,"error":{"msg":…,"args":[…],"hint":…,"file":…,"line":…,"column":…,"rule":…,
 *   "record":…,"field":…}}                                          a struct err; empty fields are left out
 * Any length of path works. Messages and arguments never go to a log here.
 */
#ifndef TUYEN_CONTROL_CONTROL_H
#define TUYEN_CONTROL_CONTROL_H

#include "base/args.h"
#include "base/err.h"

#define CONTROL_REQUEST_MAX (8u << 20)
#define CONTROL_CLIENTS_MAX 64

/* The daemon's side. */

struct uv_loop_s; /* the daemon's loop */
struct control_server;

/* Belongs to the handler until control_finish, also when the client has gone. */
struct control_request {
	const char *command; /* any text: look it up */
	struct args args;
};
typedef void control_handler(void *ctx, struct control_request *req);

/* The caller holds the node's pid lock: a socket that stands at `path` is a dead daemon's and is replaced. Mode 0660.
 * The handler answers at once or later. */
int control_server_start(struct uv_loop_s *loop, const char *path, control_handler *handler, void *ctx,
    struct control_server **out, struct err *err);
/* Removes the socket and hangs up on everyone: no callback any more, requests not yet finished are dead pointers (finish
 * them before, so that each client learns why). Memory goes when the loop has run. Accepts NULL. */
void control_server_stop(struct control_server *server);

void control_note(
    struct control_request *req, bool warning, const char *msg, const char *const *args, int n_args);
/* control_say(req, "%1 has arrived", id): a plain note; arguments are strings. */
#define control_say(req, ...) control_say_list((req), false, (const char *const[]){__VA_ARGS__, NULL})
#define control_warn(req, ...) control_say_list((req), true, (const char *const[]){__VA_ARGS__, NULL})
void control_say_list(struct control_request *req, bool warning, const char *const *msg_and_args);
void control_output(struct control_request *req, const void *bytes, size_t len);
/* The last word; `req` is gone after it. NULL or an empty err is success. */
void control_finish(struct control_request *req, const struct err *err);
/* Called once if the client hangs up before control_finish; the request must still be finished, there or later.
 * NULL takes it back. */
void control_on_gone(
    struct control_request *req, void (*gone)(void *ctx, struct control_request *req), void *ctx);

/* The command's side: synchronous. */

struct control_call {
	const char *path; /* of the socket */
	const char *node; /* the node's directory, for sentences */
	const char *command;
	const struct args *args;
	int timeout_ms; /* for all of it; waits this long for a daemon that is only starting */
	void *ctx;
	void (*on_note)(void *ctx, bool warning, const char *msg, const char *const *args, int n_args);
	void (*on_output)(void *ctx, const void *bytes, size_t len);
};

/* 0, or the daemon's error, or ERR_TIMEOUT if the daemon is not there, does not answer or dies. Texts in `err` stay
 * until the process ends. */
int control_call(const struct control_call *call, struct err *err);

#endif

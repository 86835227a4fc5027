/* Goal: a command asks, the daemon answers, at once or later, and neither side is harmed when the other vanishes.
 * The daemon's loop runs on a thread of its own, the command on the test's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <uv.h>

#include "base/sys.h"
#include "control/control.h"
#include "control/socket.h"

static uv_loop_t loop;
static uv_thread_t thread;
static uv_async_t stop, later;
static struct control_server *server;
static struct control_request *kept; /* by the daemon's thread */
static struct control_request *held[CONTROL_CLIENTS_MAX];
static unsigned n_held;
static unsigned gone_calls;
static char dir[64], path[512];

/* The daemon: does what the command's name says. */

static void on_gone(void *ctx, struct control_request *req)
{
	assert_ptr_equal(ctx, &gone_calls);
	gone_calls++;
	control_say(req, "nobody hears this");
	control_finish(req, NULL);
	kept = NULL;
}

static void refuse(struct control_request *req)
{
	struct err err = {0};
	err_set(&err, ERR_REFUSED, "unit %1 has submitted %2", "11383", "2026-06");
	err_hint(&err, "use: report correct %2");
	err_at(&err, "plan.yaml", 12, 3);
	err_rule(&err, "right", "reports/31/hp/2026-06.yaml", "values.TT01");
	control_finish(req, &err);
}

static void echo(struct control_request *req)
{
	for (size_t i = 0; i < req->args.words.n; i++)
		control_output(req, req->args.words.items[i], strlen(req->args.words.items[i]));
	for (size_t i = 0; i < req->args.n_options; i++)
		control_say(req, "%1 is %2", req->args.options[i].name, req->args.options[i].value);
	control_warn(req, "mixed script");
	control_finish(req, NULL);
}

static void handle(void *ctx, struct control_request *req)
{
	assert_string_equal(ctx, "node");
	if (strcmp(req->command, "echo") == 0) {
		echo(req);
	} else if (strcmp(req->command, "refuse") == 0) {
		refuse(req);
	} else if (strcmp(req->command, "binary") == 0) {
		control_output(req, "\xff\x00\x01", 3);
		control_output(req, "", 0);
		control_finish(req, NULL);
	} else if (strcmp(req->command, "flood") == 0) {
		char *bytes = mem_alloc(3 << 20);
		memset(bytes, 'z', 3 << 20);
		control_output(req, bytes, 3 << 20);
		free(bytes);
		control_finish(req, NULL);
	} else if (strcmp(req->command, "die") == 0) {
		control_server_stop(server);
		server = NULL;
	} else if (strcmp(req->command, "wait") == 0) {
		kept = req;
		control_on_gone(req, on_gone, &gone_calls);
		control_say(req, "waiting");
	} else if (strcmp(req->command, "hold") == 0) {
		held[n_held++] = req;
		control_say(req, "held");
	} else if (strcmp(req->command, "mutter") == 0) {
		control_say(held[0], "still at it");
		control_finish(req, NULL);
	} else if (strcmp(req->command, "later") == 0) {
		kept = req;
		uv_async_send(&later);
	}
}

static void on_later(uv_async_t *async)
{
	(void)async;
	while (n_held)
		control_finish(held[--n_held], NULL);
	if (!kept)
		return;
	control_say(kept, "here it is");
	control_finish(kept, NULL);
	kept = NULL;
}

static void on_stop(uv_async_t *async)
{
	uv_close((uv_handle_t *)async, NULL);
	uv_close((uv_handle_t *)&later, NULL);
	if (kept)
		control_finish(kept, NULL);
	control_server_stop(server);
	control_server_stop(NULL);
}

static void run(void *unused)
{
	(void)unused;
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void start(void)
{
	struct err err = {0};
	static char node[] = "node";
	uv_loop_init(&loop);
	uv_async_init(&loop, &stop, on_stop);
	uv_async_init(&loop, &later, on_later);
	assert_int_equal(control_server_start(&loop, path, handle, node, &server, &err), 0);
	uv_thread_create(&thread, run, NULL);
}

static void end(void)
{
	uv_async_send(&stop);
	uv_thread_join(&thread);
	assert_int_equal(uv_loop_close(&loop), 0);
	memset(held, 0, sizeof held); /* or a leak could be reached from here */
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tuyen-control-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/tuyend.sock", dir);
	gone_calls = n_held = 0;
	kept = NULL;
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	end();
	assert_false(sys_exists(path));
	return rmdir(dir);
}

/* The command: writes down all it hears. */

struct hearing {
	struct buf notes, output;
};

static void hear_note(void *ctx, bool warning, const char *msg, const char *const *args, int n_args)
{
	struct hearing *h = ctx;
	buf_puts(&h->notes, warning ? "! " : "- ");
	err_expand(msg, args, n_args, &h->notes);
	buf_putc(&h->notes, '\n');
}

static void hear_output(void *ctx, const void *bytes, size_t len)
{
	buf_add(&((struct hearing *)ctx)->output, bytes, len);
}

static int call(
    const char *command, const struct args *args, int timeout_ms, struct hearing *h, struct err *err)
{
	static const struct args none;
	return control_call(&(struct control_call){.path = path,
				.node = "n/11383",
				.command = command,
				.args = args ? args : &none,
				.timeout_ms = timeout_ms,
				.ctx = h,
				.on_note = hear_note,
				.on_output = hear_output},
	    err);
}

static void forget(struct hearing *h)
{
	buf_free(&h->notes);
	buf_free(&h->output);
}

#define PLENTY 20000

static void words_and_options_arrive_as_they_are(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	struct args args = {0};
	strs_add(&args.words, "xã \"Gia Phúc\"\n");
	strs_add(&args.words, "\t\\ \x01");
	args_add_option(&args, "note", "Không có vướng mắc");
	args_add_option(&args, "nil", "");
	assert_int_equal(call("echo", &args, PLENTY, &h, &err), 0);
	assert_string_equal(buf_str(&h.output), "xã \"Gia Phúc\"\n\t\\ \x01");
	assert_string_equal(buf_str(&h.notes), "- note is Không có vướng mắc\n- nil is \n! mixed script\n");
	args_free(&args);
	forget(&h);
}

static void an_error_keeps_all_its_fields(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	assert_int_equal(call("refuse", NULL, PLENTY, &h, &err), ERR_REFUSED);
	assert_string_equal(err.msg, "unit %1 has submitted %2");
	assert_int_equal(err.n_args, 2);
	assert_string_equal(err.arg[1], "2026-06");
	assert_string_equal(err.hint, "use: report correct %2");
	assert_string_equal(err.file, "plan.yaml");
	assert_int_equal(err.line, 12);
	assert_int_equal(err.column, 3);
	assert_string_equal(err.rule, "right");
	assert_string_equal(err.record, "reports/31/hp/2026-06.yaml");
	assert_string_equal(err.field, "values.TT01");
	forget(&h);
}

static void bytes_that_are_no_text_arrive_too(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	assert_int_equal(call("binary", NULL, PLENTY, &h, &err), 0);
	assert_int_equal(h.output.len, 3);
	assert_memory_equal(h.output.data, "\xff\x00\x01", 3);
	forget(&h);
}

static void large_requests_and_answers_go_through(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	struct args args = {0};
	char *plan = mem_alloc((6 << 20) + 1);
	memset(plan, 'p', 6 << 20);
	strs_add(&args.words, plan);
	assert_int_equal(call("echo", &args, PLENTY, &h, &err), 0);
	assert_int_equal(h.output.len, 6 << 20);
	assert_string_equal(h.output.data, plan);
	forget(&h);
	assert_int_equal(call("flood", NULL, PLENTY, &h, &err), 0);
	assert_int_equal(h.output.len, 3 << 20);
	forget(&h);
	free(plan);
	args_free(&args);
}

static void an_answer_may_come_later(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	assert_int_equal(call("later", NULL, PLENTY, &h, &err), 0);
	assert_string_equal(buf_str(&h.notes), "- here it is\n");
	forget(&h);
}

static void a_silent_daemon_is_given_up(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	assert_int_equal(call("wait", NULL, 50, &h, &err), ERR_TIMEOUT);
	assert_string_equal(
	    err.msg, "the daemon of %1 has not answered in time, and may still do what was asked");
	forget(&h);
}

static void a_daemon_that_dies_is_told_from_one_that_is_not_there(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err died = {0}, absent = {0};
	assert_int_equal(call("die", NULL, PLENTY, &h, &died), ERR_TIMEOUT);
	assert_string_equal(died.msg, "the daemon of %1 ended before it answered");
	assert_int_equal(call("echo", NULL, 0, &h, &absent), ERR_TIMEOUT);
	struct buf text = {0};
	err_format(&absent, NULL, &text);
	assert_string_equal(buf_str(&text),
	    "the daemon of n/11383 is not running or does not answer; start it with: tuyend -C n/11383");
	buf_free(&text);
	forget(&h);
}

static void start_late(void *unused)
{
	(void)unused;
	poll(NULL, 0, 20); /* any delay will do */
	start();
}

static void a_daemon_that_is_only_starting_is_waited_for(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	uv_thread_t starter;
	end();
	uv_thread_create(&starter, start_late, NULL);
	assert_int_equal(call("echo", NULL, PLENTY, &h, &err), 0);
	uv_thread_join(&starter);
	forget(&h);
}

static void any_length_of_path_works(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	char deep[400], before[512];
	strcpy(before, path);
	end();
	snprintf(deep, sizeof deep, "%s/%0100d", dir, 1);
	assert_int_equal(mkdir(deep, 0700), 0);
	snprintf(deep + strlen(deep), 150, "/%0120d", 2);
	assert_int_equal(mkdir(deep, 0700), 0);
	snprintf(path, sizeof path, "%s/tuyend.sock", deep);
	start();
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	assert_int_equal(call("later", NULL, PLENTY, &h, &err), 0);
	end();
	assert_false(sys_exists(path));
	rmdir(deep);
	*strrchr(deep, '/') = '\0';
	rmdir(deep);
	strcpy(path, before);
	start();
	forget(&h);
}

static void a_dead_daemons_socket_is_replaced(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0}, refused = {0};
	end();
	struct socket_address address;
	assert_int_equal(socket_address_open(path, &address), 0);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address.un, sizeof address.un), 0);
	close(fd);
	assert_int_equal(call("echo", NULL, 0, &h, &refused), ERR_TIMEOUT);
	start();
	assert_int_equal(call("echo", NULL, PLENTY, &h, &err), 0);
	forget(&h);
}

static void what_is_no_socket_is_not_replaced(void **state)
{
	(void)state;
	struct err err = {0};
	struct control_server *none;
	uv_loop_t other;
	char file[128];
	snprintf(file, sizeof file, "%s/file", dir);
	fclose(fopen(file, "w"));
	uv_loop_init(&other);
	assert_int_equal(control_server_start(&other, file, handle, NULL, &none, &err), ERR_IO);
	assert_true(sys_exists(file));
	uv_run(&other, UV_RUN_DEFAULT);
	uv_loop_close(&other);
	unlink(file);
}

/* A bare client. */

static int connect_bare(void)
{
	struct socket_address address;
	assert_int_equal(socket_address_open(path, &address), 0);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address.un, sizeof address.un), 0);
	return fd;
}

static void assert_answer(int fd, const char *answer)
{
	struct buf heard = {0};
	char piece[4096];
	ssize_t n;
	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		buf_add(&heard, piece, (size_t)n);
	assert_string_equal(buf_str(&heard), answer);
	buf_free(&heard);
	close(fd);
}

static void a_request_in_pieces_and_half_closed_is_answered(void **state)
{
	(void)state;
	static const char request[] = "{\"words\":[\"a\"],\"command\":\"echo\"}\n";
	int fd = connect_bare();
	for (size_t i = 0; i < sizeof request - 1; i++)
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
	shutdown(fd, SHUT_WR);
	assert_answer(fd,
	    "{\"output\":\"a\"}\n{\"note\":\"mixed script\",\"args\":[],\"warning\":true}\n{\"status\":0}\n");
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"\n", "[]\n", "{}\n", "{\"command\":1}\n",
	    "{\"command\":\"echo\",\"words\":[1]}\n", "{\"command\":\"echo\",\"options\":[[\"a\"]]}\n",
	    "{\"command\":\"echo\",\"command\":\"die\"}\n", "\xff\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int fd = connect_bare();
		char heard[16] = "";
		assert_int_equal(send(fd, bad[i], strlen(bad[i]), MSG_NOSIGNAL), strlen(bad[i]));
		assert_int_equal(recv(fd, heard, 12, MSG_WAITALL), 12);
		assert_string_equal(heard, "{\"status\":-9");
		close(fd);
	}
}

static void a_request_without_end_is_refused(void **state)
{
	(void)state;
	int fd = connect_bare();
	char *bytes = mem_alloc(1 << 20), heard[16] = "";
	memset(bytes, 'x', 1 << 20);
	for (int i = 0; i < 9; i++)
		if (send(fd, bytes, 1 << 20, MSG_NOSIGNAL) < 0)
			break;
	assert_int_equal(recv(fd, heard, 12, MSG_WAITALL), 12);
	assert_string_equal(heard, "{\"status\":-1");
	close(fd);
	free(bytes);
}

static int ask_bare(const char *command)
{
	char request[64];
	int fd = connect_bare();
	int len = snprintf(request, sizeof request, "{\"command\":\"%s\"}\n", command);
	assert_int_equal(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
	return fd;
}

static void assert_begins(int fd, const char *words)
{
	char heard[64] = "";
	size_t len = strlen(words);
	assert_int_equal(recv(fd, heard, len, MSG_WAITALL), len);
	assert_string_equal(heard, words);
}

static void the_daemon_learns_that_a_client_has_gone(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	int fd = ask_bare("wait");
	assert_begins(fd, "{\"note\":\"waiting\"");
	close(fd);
	/* The hang-up is in the daemon's queue before this question, so it is told before the answer. */
	assert_int_equal(call("echo", NULL, PLENTY, &h, &err), 0);
	assert_int_equal(gone_calls, 1);
	forget(&h);
}

static void more_work_than_it_takes_is_put_off(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err busy = {0}, err = {0};
	int fd[CONTROL_CLIENTS_MAX];
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fd[i] = ask_bare("hold");
		assert_begins(fd[i], "{\"note\":\"held\"");
	}
	assert_int_equal(call("echo", NULL, PLENTY, &h, &busy), ERR_BUSY);
	assert_string_equal(busy.msg, "the daemon is busy with %1 other commands");
	uv_async_send(&later);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		assert_answer(fd[i], ",\"args\":[],\"warning\":false}\n{\"status\":0}\n");
	assert_int_equal(call("echo", NULL, PLENTY, &h, &err), 0);
	forget(&h);
}

static void requests_may_outlive_the_server(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		int fd = ask_bare("hold");
		assert_begins(fd, "{\"note\":\"held\"");
		close(fd);
	}
}

/* Its pipe has closed over a word that nobody heard; only the sanitizer sees whether the server's end frees it. */
static void a_request_whose_client_was_lost_goes_with_the_server(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	int fd = ask_bare("hold");
	assert_begins(fd, "{\"note\":\"held\"");
	close(fd);
	for (int i = 0; i < 2; i++)
		assert_int_equal(call("mutter", NULL, PLENTY, &h, &err), 0);
	forget(&h);
}

static void idle_clients_make_room(void **state)
{
	(void)state;
	struct hearing h = {0};
	struct err err = {0};
	int fd[CONTROL_CLIENTS_MAX + 10];
	for (int i = 0; i < CONTROL_CLIENTS_MAX + 10; i++)
		fd[i] = connect_bare();
	assert_int_equal(call("echo", NULL, PLENTY, &h, &err), 0);
	for (int i = 0; i < CONTROL_CLIENTS_MAX + 10; i++)
		close(fd[i]);
	forget(&h);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(words_and_options_arrive_as_they_are),
	    T(an_error_keeps_all_its_fields),
	    T(bytes_that_are_no_text_arrive_too),
	    T(large_requests_and_answers_go_through),
	    T(an_answer_may_come_later),
	    T(a_silent_daemon_is_given_up),
	    T(the_daemon_learns_that_a_client_has_gone),
	    T(more_work_than_it_takes_is_put_off),
	    T(requests_may_outlive_the_server),
	    T(a_request_whose_client_was_lost_goes_with_the_server),
	    T(a_daemon_that_dies_is_told_from_one_that_is_not_there),
	    T(a_daemon_that_is_only_starting_is_waited_for),
	    T(any_length_of_path_works),
	    T(a_dead_daemons_socket_is_replaced),
	    T(what_is_no_socket_is_not_replaced),
	    T(a_request_in_pieces_and_half_closed_is_answered),
	    T(nonsense_is_refused),
	    T(a_request_without_end_is_refused),
	    T(idle_clients_make_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "control/control.h"
#include "say.h"

#define FILE_MAX (4u << 20)
#define SOCKET "run/tuyend.sock"

static void show_note(void *ctx, bool warning, const char *msg, const char *const *args, int n_args)
{
	(void)ctx;
	say_note(warning, msg, args, n_args);
}

static void show_output(void *ctx, const void *bytes, size_t len)
{
	(void)ctx;
	fwrite(bytes, 1, len, stdout);
}

static void print_note(void *ctx, bool warning, const char *msg, const char *const *args, int n_args)
{
	const char *words[ERR_ARGS + 2] = {msg};
	(void)ctx;
	for (int i = 0; i < n_args && i < ERR_ARGS; i++)
		words[i + 1] = args[i];
	if (warning)
		say_note(warning, msg, args, n_args);
	else
		say_words(false, words);
}

static void drop_note(void *ctx, bool warning, const char *msg, const char *const *args, int n_args)
{
	(void)ctx, (void)warning, (void)msg, (void)args, (void)n_args;
}

static void keep_output(void *ctx, const void *bytes, size_t len)
{
	if (ctx)
		buf_add(ctx, bytes, len);
}

static int timeout_of(const struct cli *cli, const char *seconds_else, int *ms, struct err *err)
{
	const char *given = args_get(&cli->args, "timeout"), *text = given ? given : seconds_else;
	char *end = NULL;
	long seconds = text ? strtol(text, &end, 10) : 0;
	*ms = ASK_TIMEOUT_MS;
	if (!text)
		return 0;
	if (end == text || *end || seconds < 0 || seconds > ASK_TIMEOUT_MAX)
		return err_set(err, ERR_USAGE, "--timeout takes whole seconds, not '%1'", text);
	*ms = (int)seconds * 1000;
	return 0;
}

int ask_take_file(struct cli *cli, struct err *err)
{
	int place = cli->command->file_word;
	size_t i = place == COMMAND_FILE_LAST ? cli->args.words.n : (size_t)place;
	if (i == 0 || i > cli->args.words.n)
		return 0;
	char **word = &cli->args.words.items[i - 1];
	struct buf text = {0};
	int rc = sys_read_file(*word, FILE_MAX, &text, err);
	if (rc == 0 && strlen(buf_str(&text)) != text.len) {
		rc = err_set(err, ERR_INPUT, "%1 is not a text file: it holds a NUL", *word);
	} else if (rc == 0) {
		args_add_option(&cli->args, "source", *word);
		free(*word);
		*word = buf_take(&text);
	}
	buf_free(&text);
	return rc;
}

/* Waits for --timeout, else for as many seconds as the text says (NULL: ASK_TIMEOUT_MS). */
static int ask_for(
    const struct cli *cli, struct control_call *call, const char *seconds, int grace_ms, struct err *err)
{
	int rc = timeout_of(cli, seconds, &call->timeout_ms, err);
	if (rc != 0)
		return rc;
	call->node = cli->dir;
	char *path = cli_path(cli, SOCKET);
	call->path = path;
	call->timeout_ms += grace_ms;
	rc = control_call(call, err);
	free(path);
	return rc;
}

static int ask(const struct cli *cli, struct control_call *call, int grace_ms, struct err *err)
{
	call->command = cli->command->name;
	return ask_for(cli, call, NULL, grace_ms, err);
}

int ask_as(const struct cli *cli, const char *command, const struct args *args, const char *seconds,
    int grace_ms, struct err *err)
{
	struct control_call call = {
	    .command = command, .args = args, .on_note = show_note, .on_output = show_output};
	return ask_for(cli, &call, seconds, grace_ms, err);
}

int ask_node_longer(struct cli *cli, int grace_ms, struct err *err)
{
	struct control_call call = {.args = &cli->args, .on_note = show_note, .on_output = show_output};
	int rc = ask_take_file(cli, err);
	return rc ? rc : ask(cli, &call, grace_ms, err);
}

int ask_report(struct cli *cli, struct err *err)
{
	struct control_call call = {.args = &cli->args, .on_note = print_note, .on_output = show_output};
	return ask(cli, &call, 0, err);
}

int ask_result(const struct cli *cli, const char *command, const struct args *args, const char *seconds,
    struct buf *out, struct err *err)
{
	struct control_call call = {
	    .command = command, .args = args, .ctx = out, .on_note = print_note, .on_output = keep_output};
	return ask_for(cli, &call, seconds, 0, err);
}

int ask_each(const struct cli *cli, const struct args *args, struct buf *out, struct err *err)
{
	struct control_call call = {.args = args, .ctx = out, .on_note = drop_note, .on_output = keep_output};
	return ask(cli, &call, 0, err);
}

int ask_node(struct cli *cli, struct err *err)
{
	return ask_node_longer(cli, 0, err);
}

static int ask_plain(
    const struct cli *cli, const char *command, int timeout_ms, struct buf *out, struct err *err)
{
	struct args none = {0};
	char *path = cli_path(cli, SOCKET);
	struct control_call call = {.path = path,
	    .node = cli->dir,
	    .command = command,
	    .args = &none,
	    .timeout_ms = timeout_ms,
	    .ctx = out,
	    .on_note = drop_note,
	    .on_output = keep_output};
	int rc = sys_exists(path) ? control_call(&call, err) : ERR_TIMEOUT;
	free(path);
	return rc;
}

bool ask_aside(const struct cli *cli, const char *command, int timeout_ms, struct buf *out)
{
	struct err err = {0};
	return ask_plain(cli, command, timeout_ms, out, &err) == 0;
}

int ask_reload(const struct cli *cli, struct err *err)
{
	struct err own = {0};
	int rc = ask_plain(cli, "reload", ASK_TIMEOUT_MS, NULL, &own);
	if (rc == 0 || rc == ERR_TIMEOUT)
		return 0; /* a daemon that does not run reads its settings when it starts */
	*err = own;
	return rc;
}

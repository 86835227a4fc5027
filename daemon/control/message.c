#include "control/message.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/key.h"
#include "control/control.h"

#define WORDS_MAX 10000
#define TEMPLATES_MAX 512 /* different sentences that one process may be told */

static void add_line(json_t *o, struct buf *out)
{
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		abort(); /* only when memory is out */
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
}

/* A string, with "?" for each byte if it is no UTF-8: what is shown to people must not get lost over that. */
static json_t *any_string(const char *text)
{
	json_t *s = json_string(text);
	if (s)
		return s;
	char *copy = mem_dup(text);
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	s = json_string(copy);
	free(copy);
	return s;
}

static json_t *string_list(const char *const *items, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, any_string(items[i]));
	return list;
}

/* The request. */

static int refuse_word(const char *word, struct err *err)
{
	err_set(err, ERR_USAGE, N_("'%1' is not UTF-8 text"), word);
	err_hint(err, N_("set the terminal to UTF-8"));
	return ERR_USAGE;
}

int message_write_request(const char *command, const struct args *args, struct buf *out, struct err *err)
{
	json_t *words = json_array(), *options = json_array();
	json_t *o =
	    json_pack("{s:o, s:o, s:o}", "command", any_string(command), "words", words, "options", options);
	for (size_t i = 0; i < args->words.n; i++)
		if (json_array_append_new(words, json_string(args->words.items[i])) < 0)
			refuse_word(args->words.items[i], err);
	for (size_t i = 0; i < args->n_options; i++) {
		json_t *name = json_string(args->options[i].name),
		       *value = json_string(args->options[i].value);
		if (!name || !value)
			refuse_word(name ? args->options[i].value : args->options[i].name, err);
		json_t *pair = json_array();
		json_array_append_new(pair, name);
		json_array_append_new(pair, value);
		json_array_append_new(options, pair);
	}
	size_t before = out->len;
	add_line(o, out);
	if (!err->code && out->len - before > CONTROL_REQUEST_MAX)
		err_set(err, ERR_INPUT, N_("the command is too large for the daemon (%1 at most)"), "8 MB");
	if (err->code)
		buf_cut(out, before);
	return err->code;
}

static json_t *load(const char *line, size_t len, struct err *err)
{
	json_error_t where;
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &where);
	if (o && json_is_object(o))
		return o;
	json_decref(o);
	err_set(err, ERR_PEER, N_("a line on the control socket is not a JSON object: %1"),
	    where.text[0] ? where.text : "object expected");
	return NULL;
}

static bool read_words(const json_t *list, struct strs *out)
{
	size_t i;
	json_t *item;
	if (list && (!json_is_array(list) || json_array_size(list) > WORDS_MAX))
		return false;
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return false;
		strs_add(out, json_string_value(item));
	}
	return true;
}

static bool read_options(const json_t *list, struct args *out)
{
	size_t i;
	json_t *item;
	if (list && (!json_is_array(list) || json_array_size(list) > WORDS_MAX))
		return false;
	json_array_foreach(list, i, item)
	{
		const char *name = json_string_value(json_array_get(item, 0));
		const char *value = json_string_value(json_array_get(item, 1));
		if (json_array_size(item) != 2 || !name || !value)
			return false;
		args_add_option(out, name, value);
	}
	return true;
}

int message_read_request(const char *line, size_t len, char **command, struct args *args, struct err *err)
{
	json_t *o = load(line, len, err);
	if (!o)
		return err->code;
	const char *name = json_string_value(json_object_get(o, "command"));
	if (!name || !read_words(json_object_get(o, "words"), &args->words) ||
	    !read_options(json_object_get(o, "options"), args)) {
		args_free(args);
		err_set(
		    err, ERR_PEER, N_("a request on the control socket lacks its command, words or options"));
	} else {
		*command = mem_dup(name);
	}
	json_decref(o);
	return err->code;
}

/* The answer. */

void message_write_note(bool warning, const char *msg, const char *const *args, int n_args, struct buf *out)
{
	add_line(json_pack("{s:o, s:o, s:b}", "note", any_string(msg), "args", string_list(args, n_args),
		     "warning", warning),
	    out);
}

void message_write_output(const void *bytes, size_t len, struct buf *out)
{
	json_t *text = memchr(bytes, '\0', len) ? NULL : json_stringn(bytes, len);
	const char *name = text ? "output" : "output64";
	if (!text) {
		struct buf b64 = {0};
		base64_encode(bytes, len, &b64);
		text = json_string(buf_str(&b64));
		buf_free(&b64);
	}
	add_line(json_pack("{s:o}", name, text), out);
}

static void put_text(json_t *o, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(o, name, any_string(text));
}

static void put_number(json_t *o, const char *name, unsigned n)
{
	if (n)
		json_object_set_new(o, name, json_integer(n));
}

static json_t *error_object(const struct err *err)
{
	const char *args[ERR_ARGS];
	for (int i = 0; i < err->n_args; i++)
		args[i] = err->arg[i];
	json_t *o = json_object();
	put_text(o, "msg", err->msg);
	json_object_set_new(o, "args", string_list(args, err->n_args));
	put_text(o, "hint", err->hint);
	put_text(o, "file", err->file);
	put_number(o, "line", err->line);
	put_number(o, "column", err->column);
	put_text(o, "rule", err->rule);
	put_text(o, "record", err->record);
	put_text(o, "field", err->field);
	return o;
}

void message_write_status(const struct err *err, struct buf *out)
{
	json_t *o = json_pack("{s:i}", "status", err ? err->code : 0);
	if (err && err->code)
		json_object_set_new(o, "error", error_object(err));
	add_line(o, out);
}

/* A template of a struct err is static storage: these are kept until the process ends. */
static const char *keep(const char *text)
{
	static struct strs kept;
	if (!text)
		return NULL;
	for (size_t i = 0; i < kept.n; i++)
		if (strcmp(kept.items[i], text) == 0)
			return kept.items[i];
	if (kept.n == TEMPLATES_MAX)
		return N_("the daemon says more than this command can keep");
	strs_add(&kept, text);
	return kept.items[kept.n - 1];
}

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static unsigned number_of(const json_t *o, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(o, name));
	return n > 0 && n <= 0x7fffffff ? (unsigned)n : 0;
}

static void read_error(const json_t *o, int code, struct err *out)
{
	const char *list[ERR_ARGS + 2] = {keep(text_of(o, "msg"))};
	const json_t *args = json_object_get(o, "args");
	if (!list[0])
		list[0] = N_("the daemon refused without a reason");
	for (size_t i = 0; i < ERR_ARGS && json_is_string(json_array_get(args, i)); i++)
		list[i + 1] = json_string_value(json_array_get(args, i));
	err_set_list(out, code, list);
	err_hint(out, keep(text_of(o, "hint")));
	err_at(out, text_of(o, "file"), number_of(o, "line"), number_of(o, "column"));
	err_rule(out, keep(text_of(o, "rule")), text_of(o, "record"), text_of(o, "field"));
}

static bool read_status(const json_t *o, struct message_reply *out)
{
	const json_t *status = json_object_get(o, "status");
	json_int_t code = json_integer_value(status);
	if (!json_is_integer(status) || code > 0 || code < -1000)
		return false;
	out->kind = MESSAGE_STATUS;
	if (code)
		read_error(json_object_get(o, "error"), (int)code, &out->status);
	return true;
}

static bool read_note(const json_t *o, struct message_reply *out)
{
	const char *msg = text_of(o, "note");
	if (!msg || !read_words(json_object_get(o, "args"), &out->args))
		return false;
	out->kind = MESSAGE_NOTE;
	out->msg = mem_dup(msg);
	out->warning = json_is_true(json_object_get(o, "warning"));
	return true;
}

static bool read_output(const json_t *o, struct message_reply *out)
{
	const json_t *plain = json_object_get(o, "output"), *b64 = json_object_get(o, "output64");
	out->kind = MESSAGE_OUTPUT;
	if (json_is_string(plain)) {
		buf_add(&out->output, json_string_value(plain), json_string_length(plain));
		return true;
	}
	return json_is_string(b64) &&
	       base64_decode(json_string_value(b64), json_string_length(b64), &out->output);
}

int message_read_reply(const char *line, size_t len, struct message_reply *out, struct err *err)
{
	json_t *o = load(line, len, err);
	if (!o)
		return err->code;
	bool good = json_object_get(o, "status") ? read_status(o, out)
		    : json_object_get(o, "note") ? read_note(o, out)
						 : read_output(o, out);
	json_decref(o);
	if (!good)
		err_set(err, ERR_PEER, N_("the daemon answers in a form that this command does not know"));
	return err->code;
}

void message_reply_free(struct message_reply *reply)
{
	free(reply->msg);
	strs_free(&reply->args);
	buf_free(&reply->output);
	*reply = (struct message_reply){0};
}

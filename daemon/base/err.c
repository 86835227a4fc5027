#include "base/err.h"

#include <string.h>

/* Copy with a cut that never splits a UTF-8 character. */
static void copy_cut(char *to, size_t room, const char *from)
{
	size_t len = strlen(from);
	if (len >= room) {
		len = room - 1;
		while (len && ((unsigned char)from[len] & 0xC0) == 0x80)
			len--;
	}
	memcpy(to, from, len);
	to[len] = '\0';
}

int err_set_list(struct err *err, int code, const char *const *msg_and_args)
{
	if (err->code)
		return err->code;
	err->code = code;
	err->msg = msg_and_args[0];
	while (err->n_args < ERR_ARGS && msg_and_args[err->n_args + 1]) {
		copy_cut(err->arg[err->n_args], ERR_ARG_SIZE, msg_and_args[err->n_args + 1]);
		err->n_args++;
	}
	return code;
}

void err_at(struct err *err, const char *file, unsigned line, unsigned column)
{
	if (file && !err->file[0])
		copy_cut(err->file, sizeof err->file, file);
	if (!err->line) {
		err->line = line;
		err->column = column;
	}
}

void err_hint(struct err *err, const char *hint)
{
	if (!err->hint)
		err->hint = hint;
}

void err_rule(struct err *err, const char *rule, const char *record, const char *field)
{
	if (rule && !err->rule)
		err->rule = rule;
	if (record && !err->record[0])
		copy_cut(err->record, sizeof err->record, record);
	if (field && !err->field[0])
		copy_cut(err->field, sizeof err->field, field);
}

void err_expand(const char *msg, const char *const *args, int n_args, struct buf *out)
{
	for (const char *p = msg; *p; p++) {
		if (p[0] == '%' && p[1] >= '1' && p[1] <= '0' + ERR_ARGS) {
			int i = p[1] - '1';
			if (i < n_args)
				buf_puts(out, args[i]);
			p++;
		} else {
			buf_putc(out, *p);
		}
	}
}

void err_format(const struct err *err, const char *(*translate)(const char *), struct buf *out)
{
	const char *args[ERR_ARGS];
	for (int i = 0; i < err->n_args; i++)
		args[i] = err->arg[i];
	if (err->file[0])
		buf_printf(out, "%s:", err->file);
	if (err->line)
		buf_printf(out, "%u:%u:", err->line, err->column);
	if (out->len)
		buf_putc(out, ' ');
	if (!err->msg)
		return;
	err_expand(translate ? translate(err->msg) : err->msg, args, err->n_args, out);
	if (err->hint) {
		buf_puts(out, "; ");
		err_expand(translate ? translate(err->hint) : err->hint, args, err->n_args, out);
	}
}

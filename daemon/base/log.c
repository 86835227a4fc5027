#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/sys.h"

static enum log_level max_level = LOG_NOTICE;

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_line(enum log_level level, const char *format, ...)
{
	if (level > max_level)
		return;
	struct buf line = {0};
	if (getenv("JOURNAL_STREAM")) {
		buf_printf(&line, "<%d>", level);
	} else {
		time_t now = (time_t)sys_now();
		struct tm tm;
		char text[16];
		strftime(text, sizeof text, "%H:%M:%S", gmtime_r(&now, &tm));
		buf_printf(&line, "%s ", text);
	}
	va_list ap;
	va_start(ap, format);
	char text[1024];
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' '; /* one line each, whatever a peer has put into it */
	buf_puts(&line, text);
	buf_putc(&line, '\n');
	fwrite(line.data, 1, line.len, stderr);
	buf_free(&line);
}

void log_err(enum log_level level, const char *what, const struct err *err)
{
	struct buf text = {0};
	err_format(err, NULL, &text);
	log_line(level, "%s: %s", what, buf_str(&text));
	buf_free(&text);
}

#include "plan/columns.h"

#include <stdlib.h>
#include <string.h>

void columns_put(struct buf *out, const char *word)
{
	for (; *word; word++) {
		if (*word == '\\' || *word == '\t' || *word == '\n') {
			buf_putc(out, '\\');
			buf_putc(out, *word == '\t' ? 't' : *word == '\n' ? 'n' : '\\');
		} else {
			buf_putc(out, *word);
		}
	}
}

static char *get_word(const char *bytes, size_t len)
{
	struct buf out = {0};
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		if (c == '\\' && i + 1 < len) {
			c = bytes[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
		}
		if (c)
			buf_putc(&out, c);
	}
	return buf_take(&out);
}

size_t columns_get(const char *line, size_t len, char **words, size_t most)
{
	size_t n = 0;
	for (size_t from = 0; from <= len; n++) {
		if (n == most)
			return most + 1;
		const char *tab = from < len ? memchr(line + from, '\t', len - from) : NULL;
		size_t end = tab ? (size_t)(tab - line) : len;
		words[n] = get_word(line + from, end - from);
		from = end + 1;
	}
	return n;
}

bool columns_line(const char *bytes, size_t len, size_t *at, const char **line, size_t *line_len)
{
	if (*at >= len)
		return false;
	const char *end = memchr(bytes + *at, '\n', len - *at);
	*line = bytes + *at;
	*line_len = end ? (size_t)(end - *line) : len - *at;
	*at += *line_len + 1;
	return true;
}

#include "record/yaml.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

static const char *next_char(const char *p, utf8proc_int32_t *c)
{
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)p, -1, c);
	return p + (n > 0 ? n : 1);
}

/* May stand as it is in any YAML file, and is no line end to any reader. */
static bool is_printable(utf8proc_int32_t c)
{
	return c >= 0x20 && !(c >= 0x7F && c <= 0x9F) && c != 0x2028 && c != 0x2029 && c != 0xFEFF &&
	       c != 0xFFFE && c != 0xFFFF;
}

static bool all_printable(const char *text, bool line_ends)
{
	while (*text) {
		utf8proc_int32_t c = -1;
		text = next_char(text, &c);
		if (!is_printable(c) && !(line_ends && c == '\n'))
			return false;
	}
	return true;
}

/* What some YAML reader takes for a truth value, nothing, or a number, in any case of letters. */
static bool is_reserved(const char *text)
{
	static const char *const words[] = {
	    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* Plain texts begin with a letter: every number, date and sign of YAML begins otherwise. */
static bool can_be_plain(const char *text)
{
	utf8proc_int32_t first = -1;
	next_char(text, &first);
	utf8proc_category_t kind = first > 0 ? utf8proc_category(first) : UTF8PROC_CATEGORY_CN;
	if (kind < UTF8PROC_CATEGORY_LU || kind > UTF8PROC_CATEGORY_LO || is_reserved(text))
		return false;
	size_t len = strlen(text);
	return all_printable(text, false) && text[len - 1] != ' ' && text[len - 1] != ':' &&
	       !strstr(text, ": ") && !strstr(text, " #");
}

/* A literal block holds any text of printable lines, but neither a last line that is empty nor a line of blanks
 * alone: those look like nothing, and readers differ on them. */
static bool can_be_literal(const char *text)
{
	if (!strchr(text, '\n') || text[0] == '\n' || !all_printable(text, true))
		return false;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t blanks = strspn(line, " ");
		if (blanks && (line[blanks] == '\n' || line[blanks] == '\0'))
			return false;
	}
	return true;
}

static void put_single(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

static void put_escaped(struct buf *out, utf8proc_int32_t c)
{
	static const char from[] = "\"\\\t\n\r", to[] = "\"\\tnr";
	const char *short_form = c < 0x80 ? strchr(from, c) : NULL;
	if (short_form)
		buf_printf(out, "\\%c", to[short_form - from]);
	else if (c <= 0xFF)
		buf_printf(out, "\\x%02X", (unsigned)c);
	else
		buf_printf(out, "\\u%04X", (unsigned)c);
}

static void put_double(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	while (*text) {
		utf8proc_int32_t c = -1;
		const char *next = next_char(text, &c);
		if (c == '"' || c == '\\' || (c > 0 && !is_printable(c)))
			put_escaped(out, c);
		else
			buf_add(out, text, (size_t)(next - text));
		text = next;
	}
	buf_putc(out, '"');
}

static void put_flow(struct buf *out, const char *text)
{
	if (*text && can_be_plain(text))
		buf_puts(out, text);
	else if (all_printable(text, false))
		put_single(out, text);
	else
		put_double(out, text);
}

static void put_blanks(struct buf *out, int depth)
{
	while (depth-- > 0)
		buf_puts(out, "  ");
}

/* "|", with "2" where the first line begins with a blank, "-" for no line end at the end, "+" for several. */
static void put_literal(struct buf *out, int depth, const char *text)
{
	size_t len = strlen(text);
	buf_putc(out, '|');
	if (text[0] == ' ')
		buf_putc(out, '2');
	if (text[len - 1] != '\n')
		buf_putc(out, '-');
	else if (len > 1 && text[len - 2] == '\n')
		buf_putc(out, '+');
	buf_putc(out, '\n');
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		if (n)
			put_blanks(out, depth + 1);
		buf_add(out, line, n);
		buf_putc(out, '\n');
		line += n + (line[n] == '\n');
	}
}

static void put_value(struct buf *out, int depth, const char *value)
{
	if (can_be_literal(value)) {
		put_literal(out, depth, value);
		return;
	}
	put_flow(out, value);
	buf_putc(out, '\n');
}

void yaml_put_scalar(struct buf *out, int depth, const char *key, const char *value)
{
	put_blanks(out, depth);
	put_flow(out, key);
	buf_puts(out, ": ");
	put_value(out, depth, value);
}

void yaml_put_open(struct buf *out, int depth, const char *key)
{
	put_blanks(out, depth);
	put_flow(out, key);
	buf_puts(out, ":\n");
}

void yaml_put_item(struct buf *out, int depth, const char *value)
{
	put_blanks(out, depth);
	buf_puts(out, "- ");
	put_value(out, depth, value);
}

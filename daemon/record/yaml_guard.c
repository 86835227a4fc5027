#include "record/yaml_guard.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "record/yaml.h"

struct place {
	unsigned line, column;
	bool indent; /* nothing but blanks so far on this line */
};

static int refuse_char(const char *file, const struct place *p, utf8proc_int32_t c, struct err *err)
{
	char name[16];
	snprintf(name, sizeof name, "U+%04X", (unsigned)c & 0x1FFFFF);
	if (c == '\t') {
		err_set(err, ERR_INPUT, N_("there is a tab in the indentation"));
		err_hint(err, N_("write blanks instead of tabs"));
	} else if (c < 0) {
		err_set(err, ERR_INPUT, N_("this is not UTF-8 text"));
		err_hint(err, N_("save the file in the encoding UTF-8"));
	} else {
		err_set(err, ERR_INPUT, N_("there is a character here that no text needs (%1)"), name);
		err_hint(err, N_("remove it"));
	}
	err_at(err, file, p->line, p->column);
	return err->code;
}

static bool is_refused(utf8proc_int32_t c)
{
	if (c < 0x20)
		return c != '\t' && c != '\n' && c != '\r';
	return (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE ||
	       c == 0xFFFF;
}

static void step(struct place *p, utf8proc_int32_t c, bool line_end)
{
	if (line_end) {
		*p = (struct place){p->line + 1, 1, true};
		return;
	}
	p->column++;
	p->indent = p->indent && c == ' ';
}

static int check_chars(struct yaml_guard *g, const char *file, struct err *err)
{
	struct place p = {1, 1, true};
	utf8proc_ssize_t n;
	for (size_t i = 0; i < g->len; i += (size_t)n) {
		utf8proc_int32_t c = (unsigned char)g->bytes[i];
		n = 1;
		if (c >= 0x80)
			n = utf8proc_iterate(
			    (const utf8proc_uint8_t *)g->bytes + i, (utf8proc_ssize_t)(g->len - i), &c);
		if (n < 1)
			return refuse_char(file, &p, -1, err);
		if (is_refused(c) || (c == '\t' && p.indent))
			return refuse_char(file, &p, c, err);
		g->tabs = g->tabs || c == '\t';
		bool crlf = c == '\r' && i + 1 < g->len && g->bytes[i + 1] == '\n';
		step(&p, c, c == '\n' || (c == '\r' && !crlf));
	}
	return 0;
}

int yaml_guard_check(struct yaml_guard *g, const char *file, const char **bytes, size_t *len, struct err *err)
{
	if (*len > YAML_FILE_MAX) {
		err_set(err, ERR_INPUT, N_("this is longer than 4 MB"));
		err_at(err, file, 0, 0);
		return err->code;
	}
	if (*len >= 3 && memcmp(*bytes, "\xEF\xBB\xBF", 3) == 0) {
		*bytes += 3;
		*len -= 3;
	}
	*g = (struct yaml_guard){.bytes = *bytes, .len = *len};
	return check_chars(g, file, err);
}

bool yaml_guard_after_tab(struct yaml_guard *g, size_t index)
{
	if (!g->tabs || !index)
		return false;
	while (g->at < g->len && (g->chars < index || ((unsigned char)g->bytes[g->at] & 0xC0) == 0x80)) {
		g->chars += ((unsigned char)g->bytes[g->at] & 0xC0) != 0x80;
		g->at++;
	}
	return g->chars == index && g->at && g->bytes[g->at - 1] == '\t';
}

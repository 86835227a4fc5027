#include "record/csv.h"

#include <string.h>

#include "record/text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Of `at`, in characters. */
static unsigned column_of(const char *line, const char *at)
{
	unsigned n = 1;
	for (; line < at; line++)
		n += ((unsigned char)*line & 0xC0) != 0x80;
	return n;
}

/* The first line that is no text, and in it the last character up to which it still is. */
static void find_bad(const char *bytes, size_t len, unsigned *line, unsigned *column)
{
	const char *end = bytes + len;
	struct buf sink = {0};
	for (*line = 1, *column = 1; bytes < end; (*line)++) {
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		stop = stop ? stop : end;
		if (!text_nfc(bytes, (size_t)(stop - bytes), &sink)) {
			size_t good = 0, bad = (size_t)(stop - bytes);
			for (size_t i = 1; i < bad && i <= good + 64; i++)
				if (text_nfc(bytes + good, i - good, &sink))
					good = i;
			*column = column_of(bytes, bytes + good);
			break;
		}
		buf_cut(&sink, 0);
		bytes = stop + 1;
	}
	buf_free(&sink);
}

int csv_open(
    struct csv *c, struct arena *arena, const char *file, const char *bytes, size_t len, struct err *err)
{
	struct buf nfc = {0};
	*c = (struct csv){.arena = arena, .file = file, .line = 1};
	if (len > CSV_FILE_MAX)
		return err_set(err, ERR_INPUT, N_("%1 is longer than 4 MB"), file);
	if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		bytes += 3, len -= 3;
	if (!text_nfc(bytes, len, &nfc)) {
		unsigned line, column;
		find_bad(bytes, len, &line, &column);
		err_set(err, ERR_INPUT, N_("%1 is not UTF-8 text"), file);
		err_hint(err, N_("save it again as CSV in UTF-8"));
		err_at(err, file, line, column);
		return ERR_INPUT;
	}
	c->at = arena_dup_len(arena, buf_str(&nfc), nfc.len);
	c->end = c->at + nfc.len;
	buf_free(&nfc);
	return 0;
}

void csv_at(const struct csv *c, const struct csv_field *field, struct err *err)
{
	err_at(err, c->file, field->line, field->column);
}

/* At the first byte of a line that says something; false at the end of the file. */
static bool skip_idle_lines(struct csv *c)
{
	while (c->at < c->end) {
		const char *first = c->at;
		while (first < c->end && is_blank(*first))
			first++;
		if (first < c->end && *first != '\n' && *first != '#')
			return true;
		while (first < c->end && *first != '\n')
			first++;
		c->at = first < c->end ? first + 1 : c->end;
		c->line++;
	}
	return false;
}

/* The first comma or semicolon outside quotation marks; a row of one field takes commas. */
static char separator_of(const struct csv *c)
{
	bool inside = false;
	for (const char *p = c->at; p < c->end && (inside || *p != '\n'); p++) {
		if (*p == '"')
			inside = !inside;
		else if (!inside && (*p == ',' || *p == ';'))
			return *p;
	}
	return ',';
}

/* Reading one row: `p` goes on from field to field. */
struct reading {
	struct csv *c;
	const char *p, *line_start;
	unsigned line;
	char separator;
};

static bool at_stop(const struct reading *r)
{
	return r->p == r->c->end || *r->p == '\n' || *r->p == r->separator;
}

static void skip_blanks(struct reading *r)
{
	while (r->p < r->c->end && is_blank(*r->p) && *r->p != r->separator)
		r->p++;
}

static int quoted(struct reading *r, struct csv_field *f, struct err *err)
{
	struct buf text = {0};
	f->quoted = true;
	for (r->p++; r->p < r->c->end; r->p++) {
		if (*r->p == '"' && (r->p + 1 == r->c->end || r->p[1] != '"'))
			break;
		r->p += *r->p == '"';
		if (*r->p == '\r' && r->p + 1 < r->c->end && r->p[1] == '\n')
			continue;
		buf_putc(&text, *r->p);
		if (*r->p == '\n')
			r->line++, r->line_start = r->p + 1;
	}
	f->text = arena_dup_len(r->c->arena, buf_str(&text), text.len);
	buf_free(&text);
	if (r->p == r->c->end) {
		err_set(err, ERR_INPUT, N_("the quotation mark that begins here does not end"));
		csv_at(r->c, f, err);
		return ERR_INPUT;
	}
	r->p++;
	skip_blanks(r);
	if (at_stop(r))
		return 0;
	err_set(err, ERR_INPUT, N_("after the closing quotation mark comes more text"));
	err_hint(err, N_("a quotation mark inside a quoted field is written twice"));
	err_at(err, r->c->file, r->line, column_of(r->line_start, r->p));
	return ERR_INPUT;
}

static int read_field(struct reading *r, struct csv_field *f, struct err *err)
{
	*f = (struct csv_field){.rest = r->p};
	skip_blanks(r);
	f->line = r->line;
	f->column = column_of(r->line_start, r->p);
	if (r->p < r->c->end && *r->p == '"')
		return quoted(r, f, err);
	const char *from = r->p;
	while (!at_stop(r))
		r->p++;
	size_t len = (size_t)(r->p - from);
	while (len && is_blank(from[len - 1]))
		len--;
	f->text = arena_dup_len(r->c->arena, from, len);
	return 0;
}

int csv_next(struct csv *c, struct csv_row *out, struct err *err)
{
	if (!skip_idle_lines(c))
		return 0;
	if (!c->separator || c->each_row)
		c->separator = separator_of(c);
	struct reading r = {c, c->at, c->at, c->line, c->separator};
	struct csv_field fields[CSV_COLUMNS_MAX];
	size_t n = 0;
	for (;;) {
		if (n == CSV_COLUMNS_MAX) {
			err_set(err, ERR_INPUT, N_("this line has more than 256 columns"));
			err_at(err, c->file, r.line, column_of(r.line_start, r.p));
			return ERR_INPUT;
		}
		int rc = read_field(&r, &fields[n++], err);
		if (rc)
			return rc;
		if (r.p == c->end || *r.p == '\n')
			break;
		r.p++;
	}
	*out = (struct csv_row){.n = n, .line = c->line, .end = r.p};
	out->fields = arena_alloc(c->arena, n * sizeof *fields);
	memcpy(out->fields, fields, n * sizeof *fields);
	c->line = r.line + 1;
	c->at = r.p < c->end ? r.p + 1 : c->end;
	return 1;
}

/*
 * record/csv.h - tables as people's programs save them (RFC 4180), row by row.
 *
 * Fields stand between commas or semicolons, whichever comes first; blanks around a field do not count. A field that
 * begins with a quotation mark ends with one: inside it separators and line ends are text and "" is one mark. Lines end
 * in LF or CRLF; a byte order mark at the beginning is passed over, as are blank lines and lines that begin with '#'.
 * The text must be UTF-8 and comes out as NFC. Errors carry file, line and column (in characters).
 */
#ifndef TUYEN_RECORD_CSV_H
#define TUYEN_RECORD_CSV_H

#include "base/buf.h"
#include "base/err.h"

#define CSV_FILE_MAX (4 * 1024 * 1024) /* bytes */
#define CSV_COLUMNS_MAX 256

struct csv_field {
	const char *text;
	bool quoted;
	unsigned line, column; /* where it begins, 1-based */
	const char
	    *rest; /* from here to the end of the row, as it was written; ends at row.end, not at a NUL */
};

struct csv_row {
	struct csv_field *fields; /* at least one */
	size_t n;
	unsigned line; /* on which it begins */
	const char *end; /* of the row as it was written, without its line end */
};

/* Between rows. Plain data; all memory is the arena's. */
struct csv {
	struct arena *arena;
	const char *file; /* for messages; kept, not copied */
	const char *at, *end;
	unsigned line;
	char separator; /* 0: the next row decides */
	bool each_row; /* every row decides for itself, set after csv_open */
};

/* ERR_INPUT: not UTF-8, a NUL, or longer than CSV_FILE_MAX. */
int csv_open(
    struct csv *c, struct arena *arena, const char *file, const char *bytes, size_t len, struct err *err);
/* The next row: 1, or 0 at the end, or ERR_INPUT (a quotation mark that does not end, text after one, too many
 * columns). */
int csv_next(struct csv *c, struct csv_row *out, struct err *err);
/* Say that an error lies in this field. */
void csv_at(const struct csv *c, const struct csv_field *field, struct err *err);

#endif

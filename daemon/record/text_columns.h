/*
 * record/text_columns.h - text in the columns of a terminal: wrapped at blanks, else between whole characters; two
 * texts side by side. Marked texts (text_diff.h) keep their marks, each line its own. Pure.
 */
#ifndef TUYEN_RECORD_TEXT_COLUMNS_H
#define TUYEN_RECORD_TEXT_COLUMNS_H

#include "base/buf.h"

#define TEXT_WIDTH_MIN 4

/* Add the lines of a text, none wider than `width` columns (at least TEXT_WIDTH_MIN); "" is one empty line. Characters
 * that would steer a terminal or turn the direction of writing are shown as "?". */
void text_wrap(const char *text, size_t width, struct strs *out);

/* Add a line, then blanks up to `width` columns. */
void text_pad(const char *line, size_t width, struct buf *out);

/* As much of one line of text as fits, "..." at its end if it does not. */
void text_fit(const char *line, size_t width, struct buf *out);

/* Words that are not parted ("k keep"), as many on a line as fit, `gap` blanks between them. */
void text_flow(const char *const *items, size_t n, size_t gap, size_t width, struct strs *out);

struct text_beside {
	struct strs lines; /* "left | right", at most `width` wide */
	size_t first; /* the first line where they differ; lines.n if none */
};

/* Two texts side by side with what differs marked; lines that both have stand beside each other. */
void text_beside(const char *left, const char *right, size_t width, struct text_beside *out);
/* One of them alone, marked, for screens too narrow for both. */
void text_beside_one(const char *left, const char *right, bool on_right, size_t width, struct strs *out);
void text_beside_free(struct text_beside *b);

#endif

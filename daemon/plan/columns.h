/* plan/columns.h - lines of words between tabs, as this node's own notes are kept. Pure. */
#ifndef TUYEN_PLAN_COLUMNS_H
#define TUYEN_PLAN_COLUMNS_H

#include "base/buf.h"

/* One word, what would end it or the line written as an escape. */
void columns_put(struct buf *out, const char *word);
/* Split a line into at most `most` words, the caller's to free. How many there were, or most + 1. */
size_t columns_get(const char *line, size_t len, char **words, size_t most);
/* The next line of `bytes` from *at; false at the end. */
bool columns_line(const char *bytes, size_t len, size_t *at, const char **line, size_t *line_len);

#endif

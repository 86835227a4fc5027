/* record/text.h - Vietnamese text: one stored form, one form for searching, and guards on ids (utf8proc). */
#ifndef TUYEN_RECORD_TEXT_H
#define TUYEN_RECORD_TEXT_H

#include "base/buf.h"

/* NFC of valid UTF-8; false on invalid UTF-8, a NUL, or more than 30 marks on one letter (out then unchanged). */
bool text_nfc(const char *bytes, size_t len, struct buf *out);
/* The folding key for search and comparison: lower case, no tones or marks, đ as d, tone spellings unified
 * (tuý = túy), runs of blanks as one, none at the ends. Never stored. */
void text_fold(const char *text, struct buf *out);
bool text_fold_eq(const char *a, const char *b);
/* True when a word of `text` mixes Latin letters with Cyrillic or Greek ones; *word (may be NULL) gets the
 * offset of that word. In ids that is refused, in titles warned about. */
bool text_mixed_script(const char *text, size_t *word);
/* Ids: 1-64 of ASCII letters, digits and ". _ - @", beginning with a letter or digit, no "..", not ending in
 * "." or ".lock" (they become paths and git ref names). */
bool text_is_id(const char *text);
/* Display width in terminal columns, for tables. */
size_t text_width(const char *text);
/* Bytes of the first whole character (grapheme cluster) of the text; 0 at its end. */
size_t text_cluster(const char *bytes, size_t len);
/* Display width of so many bytes. */
size_t text_width_of(const char *bytes, size_t len);
/* Number of characters. */
size_t text_chars(const char *text);

#endif

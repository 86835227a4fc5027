/* record/screen_plain.h - a text as the screen reads it, character by character. For this room alone. */
#ifndef TUYEN_RECORD_SCREEN_PLAIN_H
#define TUYEN_RECORD_SCREEN_PLAIN_H

#include "base/buf.h"

/* Letters are lower case without marks (đ as d, foreign ones as '?'), digits ASCII, dashes '-', blanks ' '; what
 * cannot be seen is left out. There is a '\0' behind the last. */
struct plain {
	char *c;
	bool *upper;
	size_t *at; /* offset in the text of each character; at[n] is its end */
	size_t n;
};

void plain_read(struct plain *p, const char *text);
void plain_free(struct plain *p);

bool plain_digit(char c);
bool plain_word(char c); /* a letter or a digit */
/* Does the id of a change begin at i (40 hex digits that stand alone, some of them letters)? Digits in it are no number. */
#define PLAIN_ID 40
bool plain_id(const struct plain *p, size_t i);

/* Does one of the phrases stand right before position i, with nothing but blanks, points and `fillers` between (both
 * NULL-ended)? *before gets where it begins. Looks back PLAIN_BACK characters at most, never over a line end or a digit. */
#define PLAIN_BACK 64
bool plain_behind(
    const struct plain *p, size_t i, const char *const *phrases, const char *const *fillers, size_t *before);
/* Is the word at or after i, behind blanks, one of these? */
bool plain_ahead(const struct plain *p, size_t i, const char *const *words);

#endif

/* cli/conflict_words.h - a conflict in words, for one screen: what it is about, who said what and when, what happens if
 * nobody acts. */
#ifndef TUYEN_CLI_CONFLICT_WORDS_H
#define TUYEN_CLI_CONFLICT_WORDS_H

#include "plan/conflict_page.h"
#include "plan/walk.h"
#include "reader.h"

/* The page without its keys. All texts that are not lists are the arena's of the reader. */
void conflict_words(struct reader *r, const struct walk *w, size_t at, struct conflict_page *out);
void conflict_words_free(struct conflict_page *p);

/* "values.TT01, Lê Chân (11383): 42": for a list. The reader's arena. */
const char *conflict_words_short(struct reader *r, const struct conflict_item *c);
/* "(absent)" for NULL. */
const char *conflict_words_value(const char *value);

#endif

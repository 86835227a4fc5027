/* base/nearest.h - the word that was probably meant. */
#ifndef TUYEN_BASE_NEAREST_H
#define TUYEN_BASE_NEAREST_H

#include <stddef.h>

/* The candidate nearest to `word` (edits at most a third of its length, capitals or not), or NULL. */
const char *nearest_word(const char *word, const char *const *candidates, size_t n);

#endif

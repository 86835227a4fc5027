/* merge/words.h - the strings that repeat in a history (paths, names of fields, writers), each kept once, by number. */
#ifndef TUYEN_MERGE_WORDS_H
#define TUYEN_MERGE_WORDS_H

#include <stddef.h>

#define WORDS_NONE ((unsigned)-1)

struct word {
	const char *text; /* borrowed */
	unsigned hash;
	/* Of a word that is a record's path: */
	unsigned last; /* 1 + the last change that wrote on it; 0: none */
	unsigned offset; /* where in that change's packed form */
	unsigned about; /* 1 + the last of the conflicts about it that somebody wrote on */
	unsigned losing; /* it is a conflict: 1 + the place of its losing write among the abouts */
};

/* Zero-initialise. */
struct words {
	struct word *items;
	size_t n;
	unsigned *slots; /* 1 + number */
	size_t n_slots;
};

unsigned words_find(const struct words *w, const char *text); /* WORDS_NONE: not there */
/* One that is not there yet. `text` must stay as long as the word. */
void words_add(struct words *w, const char *text);
void words_cut(struct words *w, size_t n); /* undo the newest additions, down to n */
void words_free(struct words *w);

#endif

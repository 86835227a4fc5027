/*
 * record/text_diff.h - where two texts differ, for people to see: first by lines, then word by word, in whole characters.
 *
 * A word is a run of letters and digits ("31/58" and "1.250,5" are one), a run of blanks, or a single other character.
 * What stands between two hunks is the same in both texts. Hunks that only blanks part are one. Pure; work and memory
 * are bounded: what is too long to compare differs as a whole.
 */
#ifndef TUYEN_RECORD_TEXT_DIFF_H
#define TUYEN_RECORD_TEXT_DIFF_H

#include "base/buf.h"

struct diff_hunk {
	size_t left, left_len; /* bytes of the left text */
	size_t right, right_len;
};

struct text_diff {
	struct diff_hunk *hunks; /* in order */
	size_t n;
};

void text_diff(const char *left, const char *right, struct text_diff *out);
void text_diff_free(struct text_diff *d);
/* Is there a word that both have? If not, there is nothing to mark. */
bool text_diff_common(const struct text_diff *d, const char *left);

/* In marked texts: bold from here, plain from here. No record holds these characters. */
#define TEXT_BOLD '\001'
#define TEXT_PLAIN '\002'

/* One of the two texts, what differs marked "[-so-]" on the left, "{+so+}" on the right, and bold. */
void text_diff_mark(
    const struct text_diff *d, const char *left, const char *right, bool on_right, struct buf *out);

#endif

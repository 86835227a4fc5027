/*
 * plan/conflict_page.h - a conflict laid out for a terminal of any size: what it is about, both sides beside each other with
 * what differs marked, what else is to be known, and the keys. All texts are given in the reader's language. Pure.
 *
 * Where it is too high, long values are cut to the lines around the first difference, and the line below says so; what is
 * still too high (a small screen, or `whole`) comes in pages. Narrow screens have the sides one below the other.
 */
#ifndef TUYEN_PLAN_CONFLICT_PAGE_H
#define TUYEN_PLAN_CONFLICT_PAGE_H

#include "base/buf.h"

struct page_side {
	const char *title;
	struct strs facts;
	const char *value;
};

struct conflict_page {
	const char *head;
	struct strs about;
	struct page_side left, right;
	struct strs notes;
	bool whole; /* values uncut, and `around` behind the notes */
	const char *around; /* text of any length, or NULL */
	const char *cut; /* "lines %1 to %2 of %3" */
	const char *turn; /* "page %1 of %2" */
	struct strs keys; /* "k keep": a letter, a blank, words */
	const char *prompt;
};

/* The lines of one page, at most `rows` of at most `columns`; the last one is the prompt. *page is brought among the
 * pages that there are. Marks as in record/text_diff.h. */
void conflict_page_lay(
    const struct conflict_page *p, size_t columns, size_t rows, size_t *page, struct strs *out);

#endif

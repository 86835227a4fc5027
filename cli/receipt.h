/* cli/receipt.h - one receipt with all that is said on its page, read once; and the page, as text and as HTML. */
#ifndef TUYEN_CLI_RECEIPT_H
#define TUYEN_CLI_RECEIPT_H

#include "plan/report.h"
#include "reader.h"

/* Everything is the reader's arena's. */
struct receipt {
	struct report_form form; /* the report as it stands now */
	const struct report_receipt *row;
	struct record sent; /* the report as the unit sent it in this version */
	const char *path; /* of the record of receipts */
	struct oid submission,
	    change; /* the unit's change that made the version; the superior's with the receipt */
	struct change superior; /* the words of the latter */
	const char *fingerprint, *spoken; /* of the superior's key */
	bool late;
};

/* The receipt that the words PLAN PERIOD and the options --unit and --version name. ERR_NOT_FOUND says what to do where
 * there is none. */
int receipt_find(struct cli *cli, struct reader *r, struct receipt *out, struct err *err);

/* The page in the language of this process. */
void receipt_text(struct reader *r, const struct receipt *p, struct buf *out);
void receipt_html(struct reader *r, const struct receipt *p, struct buf *out);

/* Words folded at 80 columns: the first line goes on at `column`, the others begin at `indent`; LF at the end. */
void receipt_fold(struct reader *r, const char *text, size_t column, size_t indent, struct buf *out);
/* "2026-07-05" and "2026-07-05T08:00:00+07:00" as people here write them: "05/07/2026", "08:00:00, 05/07/2026". */
const char *receipt_day(struct reader *r, const char *date);
const char *receipt_hour(struct reader *r, const char *time);
/* A template (base/err.h) with its arguments, translated; the reader's arena. */
#define receipt_words(r, ...) receipt_words_list((r), (const char *const[]){__VA_ARGS__, NULL})
const char *receipt_words_list(struct reader *r, const char *const *msg_and_args);

#endif

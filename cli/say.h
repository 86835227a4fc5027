/*
 * cli/say.h - messages in the language of whoever asks: English as they stand in the code, Vietnamese by gettext.
 *
 * Vietnamese when TUYEN_LANG, LANGUAGE, LC_ALL, LC_MESSAGES or LANG, the first one that is set, begins with "vi",
 * whether that locale is installed or not. Templates take "%1".."%6" (base/err.h). What is data goes to standard
 * output, what is said to people to standard error.
 */
#ifndef TUYEN_CLI_SAY_H
#define TUYEN_CLI_SAY_H

#include "base/err.h"

void say_init(void);
/* A template in the language of this process; borrowed. The empty text stays empty. */
const char *say_translate(const char *msg);
#define _(text) say_translate(text)

/* A choice of a record ("draft") in that language; other words as they are, NULL as "". */
const char *say_choice(const char *word);

/* A sentence on standard error, and one on standard output: template, then arguments. */
#define say(...) say_words(true, (const char *const[]){__VA_ARGS__, NULL})
#define say_out(...) say_words(false, (const char *const[]){__VA_ARGS__, NULL})
void say_words(bool aside, const char *const *msg_and_args);
/* The same into a buffer. */
#define say_into(out, ...) say_into_list((out), (const char *const[]){__VA_ARGS__, NULL})
void say_into_list(struct buf *out, const char *const *msg_and_args);
/* What the daemon or the plan room says aside. */
void say_note(bool warning, const char *msg, const char *const *args, int n_args);
/* "tuyen: file:line: sentence; hint" on standard error. */
void say_error(const struct err *err);
/* The same without the name of the program and the end of line. */
void say_format(const struct err *err, struct buf *out);

#endif

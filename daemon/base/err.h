/*
 * base/err.h - an error is a value with a sentence.
 *
 * A function that can fail returns 0, or a negative ERR_* code after it has filled the caller's `struct err`.
 * The sentence is a message id: an English template, "%1".."%6" stand for arguments. It is translated where
 * it is shown (the command), never where it arose (the daemon). The first error is kept: setting an err that
 * already holds one changes nothing. Foreign errors (libgit2, OpenSSL, errno) are translated once, at the
 * border of the room that owns the library.
 */
#ifndef TUYEN_BASE_ERR_H
#define TUYEN_BASE_ERR_H

#include <stddef.h>
#include "base/buf.h"

/* What the caller may do about it, which is what a code is for. */
enum err_code {
	ERR_OK = 0,
	ERR_INPUT = -1, /* the input is wrong: a person mends it */
	ERR_REFUSED = -2, /* well formed, but a rule forbids it: a person decides */
	ERR_NOT_FOUND = -3, /* the thing named is not there */
	ERR_AMBIGUOUS = -4, /* the name fits several things */
	ERR_USAGE = -5, /* the command line is wrong */
	ERR_BUSY = -6, /* retry now */
	ERR_IO = -7, /* disk or system: retry later */
	ERR_TIMEOUT = -8, /* node or line not available in time */
	ERR_PEER = -9, /* the other side broke the protocol */
	ERR_CORRUPT = -10, /* what is stored here is damaged */
	ERR_PARKED = -11, /* cannot be judged yet: something it needs has not arrived */
};

#define ERR_ARGS 6
#define ERR_ARG_SIZE 256
#define ERR_PLACE_SIZE 256

/* Zero-initialise: `struct err err = {0}`. Plain data: copy it, drop it, nothing to free. */
struct err {
	int code;
	const char *msg; /* template; static storage */
	int n_args;
	char arg[ERR_ARGS][ERR_ARG_SIZE];
	const char *hint; /* template of what to do next, or NULL; uses the same arguments */
	char file[ERR_PLACE_SIZE]; /* "" when the error has no place */
	unsigned line, column; /* 1-based; 0 = none */
	const char *rule; /* name of the rule that refused ("signature", "right", …), or NULL */
	char record[ERR_PLACE_SIZE], field[ERR_PLACE_SIZE]; /* what was refused, or "" */
};

/* Set code and sentence; arguments are strings (NULL ends them early). Returns the code. Long arguments are
 * cut at a character boundary. */
#define err_set(err, code, ...) err_set_list((err), (code), (const char *const[]){__VA_ARGS__, NULL})
int err_set_list(struct err *err, int code, const char *const *msg_and_args);

/* Where it is wrong. Keeps a place that is already set. */
void err_at(struct err *err, const char *file, unsigned line, unsigned column);
/* What to do next: a template using the same arguments. Keeps a hint that is already set. */
void err_hint(struct err *err, const char *hint);
/* Which rule, record and field refused it. NULLs are left as they are. */
void err_rule(struct err *err, const char *rule, const char *record, const char *field);

/* "file:line:column: sentence (hint)" in the words that `translate` gives for each template (NULL: as is). */
void err_format(const struct err *err, const char *(*translate)(const char *), struct buf *out);
/* Substitute "%1".."%6" of a template. */
void err_expand(const char *msg, const char *const *args, int n_args, struct buf *out);

#define ERR_CLEAR(e) (*(e) = (struct err){0})

/* Marks a template for the translators where it is not an argument of err_set/err_hint. */
#define N_(text) text

#endif

/*
 * base/args.h - the words of one command: positional words, and options with their values.
 *
 * What the command parsed, the daemon executes: the same struct on both sides of the socket.
 */
#ifndef TUYEN_BASE_ARGS_H
#define TUYEN_BASE_ARGS_H

#include "base/buf.h"

struct args_option {
	char *name; /* without dashes: "to" */
	char *value; /* "" for a flag */
};

/* Zero-initialise; args_free when done. An option may stand several times. */
struct args {
	struct strs words; /* after the command's name */
	struct args_option *options;
	size_t n_options;
};

void args_add_option(struct args *a, const char *name, const char *value);
const char *args_word(const struct args *a, size_t i); /* NULL past the end; borrowed */
const char *args_get(const struct args *a, const char *name); /* last value, NULL if absent; borrowed */
bool args_has(const struct args *a, const char *name);
/* All values of an option, each also split at commas ("--to 11383,11050 --to 11914"). */
void args_list(const struct args *a, const char *name, struct strs *out);
void args_free(struct args *a);

#endif

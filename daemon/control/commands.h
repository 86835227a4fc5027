/*
 * control/commands.h - the one table of commands, shared by the command line and the daemon.
 */
#ifndef TUYEN_CONTROL_COMMANDS_H
#define TUYEN_CONTROL_COMMANDS_H

#include "base/args.h"
#include "base/err.h"

enum command_place {
	COMMAND_LOCAL, /* reads the store (or makes a node); needs no daemon */
	COMMAND_NODE, /* the daemon does it */
};

struct command_option {
	const char *name; /* "period" */
	const char *value; /* its placeholder, "P"; NULL for a flag */
	const char *help; /* N_() */
};

#define COMMAND_FILE_LAST (-1) /* the last word, whichever that is */

struct command {
	const char *name; /* "report set" */
	const char *words; /* synopsis of positional words: "PLAN PERIOD KEY=VALUE..." */
	int min_words, max_words; /* max -1: any number */
	enum command_place place;
	bool json; /* takes --json */
	int file_word; /* the 1-based word that names a file: its content is sent in its place, with the option
			  source=<name>; 0 = none */
	const struct command_option *options; /* ended by a NULL name */
	const char *help; /* one sentence, N_() */
};

extern const struct command commands[]; /* ended by a NULL name, in the order of the man page */

/* What every command takes: json (only where c->json), timeout, help. */
extern const struct command_option command_common[];

/* Find the command that argv begins with (two words, then one); *used is how many words its name took. NULL and
 * ERR_USAGE with the nearest word if there is none. */
const struct command *command_find(char *const *argv, int argc, int *used, struct err *err);
/* Parse what follows the name: options may stand anywhere, "--" ends them, "--opt=value" and "--opt value" both do.
 * Unknown options: ERR_USAGE with the nearest. Common options (--json, --timeout, --help) are taken everywhere. */
int command_parse(const struct command *c, char *const *argv, int argc, struct args *out, struct err *err);
/* "tuyen report set PLAN PERIOD KEY=VALUE... [--note TEXT] …" */
void command_synopsis(const struct command *c, struct buf *out);

#endif

/* cli/ask.h - have the daemon do a command: files are read here and go along, its words are shown as they come. */
#ifndef TUYEN_CLI_ASK_H
#define TUYEN_CLI_ASK_H

#include "cli.h"

#define ASK_TIMEOUT_MS 10000
#define ASK_TIMEOUT_MAX 86400 /* seconds */

/* A verb: the command as it was typed. Notes go to standard error, output to standard output. */
int ask_node(struct cli *cli, struct err *err);
/* The same, waiting longer than --timeout by grace_ms: for what the daemon itself waits for so long. */
int ask_node_longer(struct cli *cli, int grace_ms, struct err *err);
/* The same for a verb whose notes are its result: they go to standard output. Its file was taken already. */
int ask_report(struct cli *cli, struct err *err);
/* The verb with other words and options; its output is added to `out`, its notes are dropped. */
int ask_each(const struct cli *cli, const struct args *args, struct buf *out, struct err *err);
/* The command `command`, which may be one that people do not type, with other words and options; notes and output are
 * shown. Waits for --timeout, else for `seconds` (NULL: as always), and grace_ms longer. */
int ask_as(const struct cli *cli, const char *command, const struct args *args, const char *seconds,
    int grace_ms, struct err *err);
/* The same for a verb whose notes are its result: they go to standard output; the output is added to `out`. */
int ask_result(const struct cli *cli, const char *command, const struct args *args, const char *seconds,
    struct buf *out, struct err *err);
/* A question without words, best effort: false if no daemon answers in time. Its output is added to `out` (may be
 * NULL), its notes are dropped. */
bool ask_aside(const struct cli *cli, const char *command, int timeout_ms, struct buf *out);
/* Have the daemon, if one runs, take the settings as they now are on disk; what it cannot carry out is an error. */
int ask_reload(const struct cli *cli, struct err *err);
/* Read the file that a word of the command names into the place of that word, and remember its name as the option
 * "source". */
int ask_take_file(struct cli *cli, struct err *err);

#endif

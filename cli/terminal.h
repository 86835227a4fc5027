/*
 * cli/terminal.h - the terminal of whoever sits before it: single keys, lines typed, screens shown; a VT100 is enough,
 * and with TERM=dumb or none everything is plain lines.
 *
 * From terminal_open to terminal_close single keys come without Enter and are not echoed. Whatever ends the program in
 * between - an error, Ctrl-C, SIGTERM, a line that is cut - goes through terminal_close and leaves the terminal as it
 * was; so does Ctrl-Z, until the program goes on. Signals are taken only while something is waited for.
 */
#ifndef TUYEN_CLI_TERMINAL_H
#define TUYEN_CLI_TERMINAL_H

#include "base/err.h"

/* Standard input and output are both one. */
bool terminal_is_there(void);

/* One at a time. */
int terminal_open(struct err *err);
void terminal_close(void); /* always legal */

/* How large it is now; 80x24 where it does not say (a serial line: $COLUMNS and $LINES). */
void terminal_size(size_t *columns, size_t *rows);

/* Lines (marks as in record/text_diff.h) on an empty screen, or below what stands. The last one stays open. */
void terminal_show(const struct strs *lines, bool fresh);

enum terminal_event {
	TERMINAL_ENDED = -1, /* Ctrl-C, Ctrl-D, a signal to end, or the line is gone; from then on always */
	TERMINAL_RESIZED = 0, /* of another size, or back from Ctrl-Z: show it again */
};

/* A letter in lower case, a digit, '\n', ' ' or another ASCII character; or an event. Arrows, function keys and letters
 * beyond ASCII are passed over. */
int terminal_key(void);
/* A line as typed, in NFC, without its end. false: ended. */
bool terminal_line(struct buf *out);
bool terminal_ended(void);

/* Let a program have the terminal: `command`, words as a shell reads them, with the file behind. Its exit status, or -1. */
int terminal_lend(const char *command, const char *file);

#endif

/*
 * control/message.h - the lines of the control socket (control.h) as text. Pure.
 */
#ifndef TUYEN_CONTROL_MESSAGE_H
#define TUYEN_CONTROL_MESSAGE_H

#include "base/args.h"
#include "base/err.h"

/* Append one line with its LF. A word that is not UTF-8 is refused. */
int message_write_request(const char *command, const struct args *args, struct buf *out, struct err *err);
void message_write_note(bool warning, const char *msg, const char *const *args, int n_args, struct buf *out);
void message_write_output(const void *bytes, size_t len, struct buf *out);
void message_write_status(const struct err *err, struct buf *out); /* NULL: success */

/* Read one line, without its LF. *command and args are the caller's. */
int message_read_request(const char *line, size_t len, char **command, struct args *args, struct err *err);

struct message_reply {
	enum { MESSAGE_NOTE, MESSAGE_OUTPUT, MESSAGE_STATUS } kind;
	bool warning;
	char *msg; /* of a note */
	struct strs args; /* of a note */
	struct buf output; /* of an output */
	struct err status; /* of a status; its texts stay until the process ends */
};
/* Zero-initialise *out; message_reply_free when done, also after an error. */
int message_read_reply(const char *line, size_t len, struct message_reply *out, struct err *err);
void message_reply_free(struct message_reply *reply);

#endif

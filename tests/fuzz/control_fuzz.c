/* room: control */
/* Both directions of the control socket: whatever comes is read or refused, and what was read can be written again and
 * reads the same. */
#include <stdlib.h>
#include <string.h>

#include "control/message.h"

static void check_request(const char *line, size_t len)
{
	struct err err = {0};
	struct args args = {0}, again = {0};
	char *command = NULL, *command_again = NULL;
	struct buf out = {0};
	if (message_read_request(line, len, &command, &args, &err) == 0) {
		if (message_write_request(command, &args, &out, &err) < 0 ||
		    message_read_request(out.data, out.len - 1, &command_again, &again, &err) < 0 ||
		    strcmp(command, command_again) != 0 || args.words.n != again.words.n ||
		    args.n_options != again.n_options)
			abort();
		for (size_t i = 0; i < args.words.n; i++)
			if (strcmp(args.words.items[i], again.words.items[i]) != 0)
				abort();
	} else if (!err.msg || command || args.words.n || args.n_options) {
		abort();
	}
	free(command);
	free(command_again);
	args_free(&args);
	args_free(&again);
	buf_free(&out);
}

static void check_reply(const char *line, size_t len)
{
	struct err err = {0};
	struct message_reply reply = {0}, again = {0};
	struct buf out = {0};
	if (message_read_reply(line, len, &reply, &err) == 0 && reply.kind == MESSAGE_STATUS) {
		message_write_status(&reply.status, &out);
		if (message_read_reply(out.data, out.len - 1, &again, &err) < 0 ||
		    again.status.code != reply.status.code || again.status.n_args != reply.status.n_args)
			abort();
	} else if (!err.code && reply.kind == MESSAGE_OUTPUT && reply.output.len) {
		message_write_output(reply.output.data, reply.output.len, &out);
		if (message_read_reply(out.data, out.len - 1, &again, &err) < 0 ||
		    again.output.len != reply.output.len ||
		    memcmp(again.output.data, reply.output.data, reply.output.len) != 0)
			abort();
	}
	message_reply_free(&reply);
	message_reply_free(&again);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_request((const char *)data, size);
	check_reply((const char *)data, size);
	return 0;
}

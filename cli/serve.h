/* cli/serve.h - a daemon for the time of one command, where none serves the node. */
#ifndef TUYEN_CLI_SERVE_H
#define TUYEN_CLI_SERVE_H

#include <sys/types.h>

#include "cli.h"

struct serving {
	pid_t pid; /* of the daemon that was started; 0: one served already */
};

/* Zero-initialise; serve_end is always legal. Starts the tuyend that lies beside this program, else the one of PATH,
 * and waits until it serves; its log is run/tuyend.log. */
int serve_begin(const struct cli *cli, struct serving *s, struct err *err);
/* Ends the one that was started, and waits for it. True if there was one. */
bool serve_end(struct serving *s);

#endif

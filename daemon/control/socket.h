/*
 * control/socket.h - the address of a Unix socket at a path of any length.
 *
 * The kernel takes 107 bytes. A longer path is reached through its directory, opened, as /proc/self/fd/N/name.
 */
#ifndef TUYEN_CONTROL_SOCKET_H
#define TUYEN_CONTROL_SOCKET_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

struct socket_address {
	struct sockaddr_un un;
	int dir; /* -1, or held open while the address is in use */
};

/* 0 or a negative errno. socket_address_close when bound or connected, also after an error. */
int socket_address_open(const char *path, struct socket_address *out);
void socket_address_close(struct socket_address *address);

#endif

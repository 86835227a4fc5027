#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int socket_address_open(const char *path, struct socket_address *out)
{
	*out = (struct socket_address){.un.sun_family = AF_UNIX, .dir = -1};
	const size_t room = sizeof out->un.sun_path;
	if (strlen(path) < room) {
		strcpy(out->un.sun_path, path);
		return 0;
	}
	const char *name = strrchr(path, '/');
	if (!name)
		return -ENAMETOOLONG;
	char *dir = mem_dup_len(path, (size_t)(name - path) + 1);
	out->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = out->dir < 0 ? -errno : 0;
	free(dir);
	if (rc == 0 && (size_t)snprintf(out->un.sun_path, room, "/proc/self/fd/%d%s", out->dir, name) >= room)
		rc = -ENAMETOOLONG;
	return rc;
}

void socket_address_close(struct socket_address *address)
{
	if (address->dir >= 0)
		close(address->dir);
	address->dir = -1;
}

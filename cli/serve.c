#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "base/sys.h"

#define LOG "run/tuyend.log"
#define LOOK_MS 200
#define START_MS 60000 /* an old PC with a large store */
#define END_MS 15000

static void become_tuyend(const char *dir, const char *log)
{
	char self[PATH_MAX];
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), null = open("/dev/null", O_RDWR);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* it does not outlive this command */
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - sizeof "tuyend");
	char *slash = n > 0 ? (self[n] = '\0', strrchr(self, '/')) : NULL;
	if (slash) {
		strcpy(slash + 1, "tuyend");
		execl(self, "tuyend", "-C", dir, (char *)NULL);
	}
	execlp("tuyend", "tuyend", "-C", dir, (char *)NULL);
	_exit(127);
}

static int not_started(const char *log, struct serving *s, struct err *err)
{
	s->pid = 0;
	err_set(err, ERR_IO, "tuyend could not be started for this; see %1", log);
	err_hint(err, N_("start it by hand, then run this command again"));
	return ERR_IO;
}

/* One that finds another at work ends at once, with EXIT_AWAY: then that other serves, or will in a moment. */
static bool has_ended(struct serving *s, int *status)
{
	if (s->pid <= 0 || waitpid(s->pid, status, WNOHANG) != s->pid)
		return false;
	s->pid = 0;
	return true;
}

int serve_begin(const struct cli *cli, struct serving *s, struct err *err)
{
	if (ask_aside(cli, "clock", LOOK_MS, NULL))
		return 0;
	char *log = cli_path(cli, LOG);
	int rc = 0, status;
	s->pid = fork();
	if (s->pid == 0)
		become_tuyend(cli->dir, log);
	if (s->pid < 0)
		rc = not_started(log, s, err);
	for (int64_t until = sys_ticks() + START_MS; rc == 0 && !ask_aside(cli, "clock", LOOK_MS, NULL);) {
		if (has_ended(s, &status) && (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_AWAY))
			rc = not_started(log, s, err);
		else if (sys_ticks() > until)
			rc = err_set(err, ERR_TIMEOUT, "tuyend does not serve in time; see %1", log);
		poll(NULL, 0, 20);
	}
	has_ended(s, &status);
	free(log);
	return rc;
}

bool serve_end(struct serving *s)
{
	int status;
	if (s->pid <= 0)
		return false;
	kill(s->pid, SIGTERM);
	for (int64_t until = sys_ticks() + END_MS; waitpid(s->pid, &status, WNOHANG) == 0;) {
		if (sys_ticks() > until) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, &status, 0);
			break;
		}
		poll(NULL, 0, 10);
	}
	s->pid = 0;
	return true;
}

/* tuyend - keeps one node of tuyen running: its store, its lines, its socket. See tuyend(8). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "net/notify.h"
#include "node.h"
#include "node/upkeep.h"

static const char usage[] =
    "usage: tuyend [-C NODE_DIR] [--verbose] [--maintain] [--version] [--help]\n"
    "Keeps the node in NODE_DIR (or $TUYEN_DIR, or /var/lib/tuyen) running. See tuyend(8).\n";

struct daemon {
	uv_loop_t loop;
	uv_signal_t term, interrupt;
	uv_timer_t watchdog;
	struct node *node;
	int lock;
};

static void stop(uv_signal_t *signal, int number)
{
	struct daemon *d = signal->data;
	(void)number;
	notify_send("STOPPING=1");
	log_line(LOG_NOTICE, "stopping");
	node_close(d->node);
	d->node = NULL;
	uv_close((uv_handle_t *)&d->term, NULL);
	uv_close((uv_handle_t *)&d->interrupt, NULL);
	uv_close((uv_handle_t *)&d->watchdog, NULL);
}

static void feed_watchdog(uv_timer_t *timer)
{
	(void)timer;
	notify_send("WATCHDOG=1");
}

static void start_handles(struct daemon *d)
{
	uv_signal_init(&d->loop, &d->term);
	uv_signal_init(&d->loop, &d->interrupt);
	uv_timer_init(&d->loop, &d->watchdog);
	d->term.data = d->interrupt.data = d;
	uv_signal_start(&d->term, stop, SIGTERM);
	uv_signal_start(&d->interrupt, stop, SIGINT);
	uint64_t every = (uint64_t)notify_watchdog_ms();
	if (every)
		uv_timer_start(&d->watchdog, feed_watchdog, every, every);
	uv_unref((uv_handle_t *)&d->watchdog);
}

/* One daemon a node: the lock file also says which process it is. */
static int take_lock(struct daemon *d, const char *dir, struct err *err)
{
	struct buf path = {0}, run = {0};
	buf_printf(&run, "%s/run", dir);
	buf_printf(&path, "%s/run/tuyend.pid", dir);
	int rc = sys_make_dir(buf_str(&run), 0750, err);
	if (rc == 0 && (rc = sys_lock(buf_str(&path), 0, &d->lock, err)) == ERR_BUSY) {
		ERR_CLEAR(err);
		rc = err_set(err, ERR_BUSY, N_("another tuyend runs this node already (%1)"), buf_str(&path));
	}
	if (rc == 0) {
		char pid[32];
		int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
		if (ftruncate(d->lock, 0) != 0 || pwrite(d->lock, pid, (size_t)len, 0) != len)
			rc = sys_error(err, "write", buf_str(&path));
	}
	buf_free(&path);
	buf_free(&run);
	return rc;
}

static int run(const char *dir, struct err *err)
{
	struct daemon d = {.lock = -1};
	struct buf config = {0};
	buf_printf(&config, "%s/" CONFIG_FILE, dir);
	int rc = 0;
	if (!sys_exists(buf_str(&config))) {
		rc = err_set(err, ERR_NOT_FOUND, N_("there is no node in %1"), dir);
		err_hint(err, N_("make one: tuyen -C %1 init --unit CODE --level LEVEL --name NAME"));
	}
	buf_free(&config);
	if (rc == 0)
		rc = take_lock(&d, dir, err);
	if (rc)
		return rc;
	uv_loop_init(&d.loop);
	start_handles(&d);
	rc = node_open(dir, &d.loop, &d.node, err);
	if (rc == 0) {
		notify_send("READY=1");
		log_line(LOG_NOTICE, "tuyend " TUYEN_VERSION " serves %s", dir);
		uv_run(&d.loop, UV_RUN_DEFAULT);
	} else {
		stop(&d.term, 0);
		uv_run(&d.loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&d.loop);
	sys_unlock(d.lock);
	return rc;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TUYEN_DIR");
	bool maintain = false;
	if (!dir || !*dir)
		dir = "/var/lib/tuyen";
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-C") == 0 && i + 1 < argc) {
			dir = argv[++i];
		} else if (strcmp(argv[i], "--verbose") == 0) {
			log_set_level(LOG_DEBUG);
		} else if (strcmp(argv[i], "--maintain") == 0) {
			maintain = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("tuyend " TUYEN_VERSION);
			return 0;
		} else {
			bool help = strcmp(argv[i], "--help") == 0;
			fputs(usage, help ? stdout : stderr);
			return help ? 0 : 2;
		}
	}
	/* A key and figures are in this memory: no core dump carries them off. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	signal(SIGPIPE, SIG_IGN);
	struct err err = {0};
	int rc = maintain ? node_upkeep_run(dir, &err) : run(dir, &err);
	if (rc)
		log_err(LOG_ERROR, "tuyend", &err);
	return rc == 0 ? 0 : rc == ERR_BUSY ? 3 : 1;
}

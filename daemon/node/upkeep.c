#include "node/upkeep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "store/attach.h"
#include "store/maintain.h"

#define LOOK_MS (60 * 1000)
#define IDLE_MS (10 * 60 * 1000) /* how long nothing must have moved */
#define LOOSE_MOST 20000 /* from here on whatever moves: on a small disk each takes 4 KB */
#define NICE 19

struct upkeep_timer {
	struct node *node;
	uv_timer_t timer;
	uv_process_t child;
	bool running;
	unsigned refs; /* handles that libuv still holds */
	int64_t moved; /* sys_ticks */
};

static void gone(uv_handle_t *handle)
{
	struct upkeep_timer *u = handle->data;
	if (--u->refs == 0)
		free(u);
}

static void child_gone(uv_handle_t *handle)
{
	struct upkeep_timer *u = handle->data;
	u->running = false;
	gone(handle);
}

static void child_ended(uv_process_t *child, int64_t status, int signal)
{
	if (status || signal)
		log_line(LOG_WARNING, "upkeep of the store ended with %d", signal ? signal : (int)status);
	uv_close((uv_handle_t *)child, child_gone);
}

static void spawn(struct upkeep_timer *u)
{
	char *args[] = {"tuyend", "-C", u->node->dir, "--maintain", NULL};
	uv_stdio_container_t stdio[3] = {
	    {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = 2}};
	const uv_process_options_t options = {
	    .exit_cb = child_ended, .file = "/proc/self/exe", .args = args, .stdio_count = 3, .stdio = stdio};
	u->child.data = u;
	u->running = true;
	u->refs++;
	int rc = uv_spawn(u->node->loop, &u->child, &options);
	if (rc == 0)
		return;
	log_line(LOG_WARNING, "upkeep of the store cannot begin: %s", uv_strerror(rc));
	uv_close((uv_handle_t *)&u->child, child_gone);
}

static void look(uv_timer_t *timer)
{
	struct upkeep_timer *u = timer->data;
	size_t most = sys_ticks() - u->moved >= IDLE_MS ? MAINTAIN_LOOSE : LOOSE_MOST;
	if (!u->running && store_loose_guess(u->node->store) >= most)
		spawn(u);
}

void node_upkeep_start(struct node *n)
{
	struct upkeep_timer *u = mem_alloc(sizeof *u);
	u->node = n;
	u->refs = 1;
	u->moved = sys_ticks();
	uv_timer_init(n->loop, &u->timer);
	u->timer.data = u;
	uv_timer_start(&u->timer, look, LOOK_MS, LOOK_MS);
	uv_unref((uv_handle_t *)&u->timer);
	n->upkeep = u;
}

void node_upkeep_stop(struct node *n)
{
	struct upkeep_timer *u = n->upkeep;
	if (!u)
		return;
	if (u->running)
		uv_process_kill(&u->child, SIGTERM);
	uv_close((uv_handle_t *)&u->timer, gone);
	n->upkeep = NULL;
}

void node_upkeep_moved(struct node *n)
{
	if (n->upkeep)
		n->upkeep->moved = sys_ticks();
}

int node_upkeep_run(const char *dir, struct err *err)
{
	struct buf path = {0};
	struct store *s = NULL;
	struct maintain_report r;
	size_t attachments;
	buf_printf(&path, "%s/store.git", dir);
	if (nice(NICE) == -1)
		log_line(LOG_DEBUG, "upkeep runs at ordinary priority");
	int rc = store_open(buf_str(&path), &s, err);
	if (rc == 0)
		rc = attach_sweep(s, sys_now(), &attachments, err);
	if (rc == 0)
		rc = store_maintain(s, false, &r, err);
	if (rc == 0)
		log_line(
		    LOG_NOTICE, "store: %zu objects packed, %zu loose ones removed", r.packed, r.removed);
	store_close(s);
	buf_free(&path);
	return rc;
}

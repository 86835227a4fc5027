#include "node/upkeep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/links.h"
#include "store/attach.h"
#include "store/maintain.h"

#define LOOK_MS (60 * 1000)
#define AGAIN_MS (60 * 60 * 1000) /* after a run that failed, for want of room or whatever it was */
#define TRAFFIC 16384 /* bytes between two looks that make a line busy: an attachment moves no ledger */
#define NICE 19
#define IO_IDLE (3 << 13) /* ioprio_set: only when nobody else uses the disk */

/* How long nothing must have moved, by how many loose objects there are: after a large arrival not for long, and in the end
 * whatever moves, for on a small disk each takes 4 KB. */
static const struct {
	size_t loose;
	int64_t idle;
} due[] = {{20000, 0}, {8000, 60 * 1000}, {MAINTAIN_LOOSE, 10 * 60 * 1000}};

struct upkeep_timer {
	struct node *node;
	uv_timer_t timer;
	uv_process_t child;
	bool running;
	unsigned refs; /* handles that libuv still holds */
	int64_t moved, not_before; /* sys_ticks */
	uint64_t carried; /* by the lines that are open, at the last look */
	uint64_t reads; /* of the store, when it was looked at last */
	bool resting;
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
	struct upkeep_timer *u = child->data;
	if (status || signal) {
		log_line(LOG_WARNING, "upkeep of the store ended with %d", signal ? signal : (int)status);
		u->not_before = sys_ticks() + AGAIN_MS;
	}
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

static void count_bytes(void *ctx, const struct link_state *state)
{
	uint64_t *bytes = ctx;
	*bytes += state->bytes_in + state->bytes_out;
}

static bool is_due(struct upkeep_timer *u)
{
	int64_t now = sys_ticks(), idle = now - u->moved;
	size_t loose = store_loose_guess(u->node->store);
	if (now < u->not_before)
		return false;
	for (size_t i = 0; i < sizeof due / sizeof *due; i++)
		if (loose >= due[i].loose && idle >= due[i].idle)
			return true;
	return idle >= due[2].idle && store_purge_due(u->node->store);
}

/* Nobody asked the store for anything since the last look: its memory may go to others. */
static void rest(struct upkeep_timer *u)
{
	uint64_t reads = store_reads(u->node->store);
	bool idle = reads == u->reads;
	if (idle && !u->resting)
		store_rest(u->node->store);
	u->resting = idle;
	u->reads = store_reads(u->node->store);
}

static void look(uv_timer_t *timer)
{
	struct upkeep_timer *u = timer->data;
	uint64_t carried = 0;
	rest(u);
	links_states(u->node->links, count_bytes, &carried);
	if (carried > u->carried + TRAFFIC)
		u->moved = sys_ticks();
	u->carried = carried;
	if (!u->running && is_due(u))
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

/* Where there is no room for a full run that is due, an ordinary one may still be had. */
static int maintain(struct store *s, struct maintain_report *r, struct err *err)
{
	const struct maintain_options full = {.full = true}, ordinary = {0};
	struct err why = {0};
	if (store_purge_due(s)) {
		int rc = store_maintain(s, &full, r, &why);
		if (rc != ERR_REFUSED) {
			*err = why;
			return rc;
		}
		log_err(LOG_WARNING, "upkeep", &why);
	}
	return store_maintain(s, &ordinary, r, err);
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
	syscall(SYS_ioprio_set, 1, 0, IO_IDLE); /* where the disk's scheduler knows it */
	int rc = store_open(buf_str(&path), &s, err);
	if (rc == 0)
		rc = attach_sweep(s, sys_now(), &attachments, err);
	if (rc == 0)
		rc = maintain(s, &r, err);
	if (rc == 0)
		log_line(LOG_NOTICE,
		    "store: %zu objects packed, %zu packs among them, %zu loose ones removed", r.packed,
		    r.merged, r.removed);
	store_close(s);
	buf_free(&path);
	return rc;
}

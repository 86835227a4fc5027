#include "node/instance.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/sys.h"
#include "node/incidents.h"
#include "plan/incident.h"

#define MACHINE_ID "/etc/machine-id"
#define MACHINE_ID_MAX 4096

/* Where the store is: machine, device, inode, and when the folder was made, for an inode is given out again. What
 * cannot be told is left out. */
static int place(const struct node *n, struct buf *out, struct err *err)
{
	struct buf path = {0}, machine = {0};
	struct statx st;
	struct err none = {0};
	buf_printf(&path, "%s/store.git", n->dir);
	int rc = statx(AT_FDCWD, buf_str(&path), 0, STATX_INO | STATX_BTIME, &st);
	if (rc < 0) {
		rc = sys_error(err, "read", buf_str(&path));
		buf_free(&path);
		return rc;
	}
	if (sys_read_file(MACHINE_ID, MACHINE_ID_MAX, &machine, &none) != 0)
		buf_cut(&machine, 0);
	buf_printf(out, "%.*s %u:%u %llu", (int)strcspn(buf_str(&machine), "\n"), buf_str(&machine),
	    st.stx_dev_major, st.stx_dev_minor, (unsigned long long)st.stx_ino);
	if (st.stx_mask & STATX_BTIME)
		buf_printf(out, " %lld.%09u", (long long)st.stx_btime.tv_sec, (unsigned)st.stx_btime.tv_nsec);
	buf_putc(out, '\n');
	buf_free(&path);
	buf_free(&machine);
	return 0;
}

int node_instance_load(struct node *n, struct err *err)
{
	struct buf known = {0}, there = {0}, here = {0};
	int rc = place(n, &here, err);
	if (rc == 0)
		rc = store_note_read(n->store, "instance", &known, err);
	if (rc == 0)
		rc = store_note_read(n->store, "place", &there, err);
	bool same = rc == 0 && known.len == sizeof n->instance && there.len == here.len &&
		    memcmp(there.data, here.data, here.len) == 0;
	if (same) {
		memcpy(n->instance, known.data, sizeof n->instance);
	} else if (rc == 0) {
		if (known.len && there.len)
			log_line(LOG_NOTICE, "this store was moved, copied or restored: another instance");
		sys_random(n->instance, sizeof n->instance);
		rc = store_note_write(n->store, "instance", n->instance, sizeof n->instance, err);
		if (rc == 0)
			rc = store_note_write(n->store, "place", here.data, here.len, err);
	}
	buf_free(&known);
	buf_free(&there);
	buf_free(&here);
	return rc;
}

bool node_instance_wrote(const struct node *n, const struct change *c)
{
	if (!str_is(c->unit, n->config.unit) || !str_same(c->station, n->config.station))
		return false;
	const struct registry_grant *g = registry_grant(n->registry, &c->grant, c->unit, c->station);
	return g && memcmp(g->key, key_public(n->key), KEY_PUBLIC_SIZE) == 0;
}

/* A twin was told of already: then this is no news. */
static bool is_twin(struct node *n)
{
	struct arena arena = {0};
	struct incident_items items = {0};
	struct view v;
	struct err none = {0};
	bool twin = false;
	node_view(n, &v);
	if (incident_items_read(&v, n->config.unit, false, &arena, &items, &none) == 0)
		for (size_t i = 0; i < items.n; i++)
			twin |= str_is(items.items[i].kind, "twin");
	arena_free(&arena);
	return twin;
}

void node_instance_came_back(struct node *n, const char *peer, size_t count)
{
	struct err err = {0};
	char number[24], self[136];
	if (is_twin(n))
		return;
	snprintf(number, sizeof number, "%zu", count);
	config_node(&n->config, self);
	err_set(&err, ERR_REFUSED,
	    N_("this node was put back from an older copy, or another one has its key: %1 changes of its own "
	       "came back from %2"),
	    number, peer);
	log_err(LOG_WARNING, "restored", &err);
	node_incident(n, &(struct incident){.kind = "restored", .unit = self, .err = &err});
}

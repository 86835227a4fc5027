/* What peers have of the attachments that are here: what was given on a line, and what they say. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/links.h"
#include "node/attach_inside.h"
#include "sync/sync.h"

#define GIVEN "attachments.given" /* in the spool: "<attachment> <peer>", a line for each that has arrived */
#define GIVEN_MOST (8u << 20) /* bytes; a longer one is begun anew: the peers are asked again */
#define DISK_AGAIN 60000 /* ms after which a full disk is tried again */

static char *given_path(const struct node *n)
{
	struct buf path = {0};
	buf_printf(&path, "%s/spool/" GIVEN, n->dir);
	return buf_take(&path);
}

static char *key_of(const char *hex, const char *peer)
{
	struct buf key = {0};
	buf_printf(&key, "%s %s", hex, peer);
	return buf_take(&key);
}

const struct attach_peer *attach_peer_known(const struct node *n, const char *hex, const char *peer)
{
	char *key = key_of(hex, peer);
	const struct attach_peer *p = table_get(&n->attachments->peers, key);
	free(key);
	return p;
}

static struct attach_peer *peer_at(struct node *n, const char *hex, const char *peer)
{
	char *key = key_of(hex, peer);
	void **place = table_at(&n->attachments->peers, key);
	free(key);
	if (!*place)
		*place = mem_alloc(sizeof(struct attach_peer));
	return *place;
}

void attach_peers_load(struct node *n)
{
	struct buf text = {0};
	struct err err = {0};
	char *path = given_path(n);
	if (sys_exists(path) && sys_read_file(path, GIVEN_MOST, &text, &err) != 0) {
		log_err(LOG_WARNING, "attachments", &err);
		sys_remove(path, &err);
	}
	char *all = buf_take(&text), *rest = all;
	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		char *blank = strchr(line, ' ');
		if (!blank)
			continue;
		*blank = '\0';
		if (attach_name_ok(line) && blank[1])
			peer_at(n, line, blank + 1)->stand = SYNC_BLOB_HERE;
	}
	free(all);
	free(path);
}

/* Not synced: who has it is asked again where the end of this was lost. */
static void note_given(const struct node *n, const char *hex, const char *peer)
{
	struct buf line = {0};
	char *path = given_path(n);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	buf_printf(&line, "%s %s\n", hex, peer);
	if (fd < 0 || write(fd, line.data, line.len) != (ssize_t)line.len) {
		struct err err = {0};
		sys_error(&err, "write", path);
		log_err(LOG_WARNING, "attachments", &err);
	}
	if (fd >= 0)
		close(fd);
	buf_free(&line);
	free(path);
}

void node_attach_stands(struct node *n, const char *peer, const unsigned char id[HASH_SIZE], unsigned stand)
{
	char hex[ATTACH_HEX + 1];
	hex_encode(id, HASH_SIZE, hex);
	if (!attach_is_named(n, hex))
		return;
	struct attach_peer *p = peer_at(n, hex, peer);
	if (stand & SYNC_BLOB_HERE && !(p->stand & SYNC_BLOB_HERE))
		note_given(n, hex, peer);
	p->stand = stand;
	p->pace.line = NULL;
	p->told = true;
}

void attach_peer_keeps(struct node *n, const char *hex, const char *peer, uint64_t bytes)
{
	peer_at(n, hex, peer)->keeps = bytes;
}

void node_attach_gave(
    struct node *n, const void *line, const char *peer, const unsigned char id[HASH_SIZE], uint64_t upto)
{
	char hex[ATTACH_HEX + 1];
	hex_encode(id, HASH_SIZE, hex);
	struct attach_peer *p = peer_at(n, hex, peer);
	p->gone = upto;
	p->stand = 0;
	attach_moves(&p->pace, line, upto);
}

void attach_moves(struct attach_pace *p, const void *line, uint64_t at)
{
	if (p->line != line) {
		p->line = line;
		p->since = sys_ticks();
		p->from = at;
	}
}

int64_t attach_seconds(const struct attach_pace *p, uint64_t at, uint64_t size)
{
	int64_t ms = sys_ticks() - p->since;
	if (!p->line || at <= p->from || ms <= 0 || at > size)
		return -1;
	return (int64_t)((size - at) / 1024 * (uint64_t)ms / ((at - p->from) / 1024 + 1) / 1000 + 1);
}

unsigned node_attach_stand(struct node *n, const struct strs *shared, const unsigned char id[HASH_SIZE])
{
	char hex[ATTACH_HEX + 1];
	hex_encode(id, HASH_SIZE, hex);
	const struct attach_row *row = attach_find(n, shared, hex);
	if (!row)
		return 0;
	const struct attach_file *f = attach_file(n, hex);
	if (f->here)
		return SYNC_BLOB_HERE;
	if (row->size > config_attachment_max(&n->config))
		return SYNC_BLOB_TOO_LONG;
	return f->asked || attach_is_wanted(n, row) ? SYNC_BLOB_ASKED : SYNC_BLOB_ON_DEMAND;
}

/* Only of what this unit has attached itself. */
bool node_attach_unsure(
    struct node *n, const char *peer, const struct strs *shared, size_t i, unsigned char id[HASH_SIZE])
{
	for (size_t k = 0; k < shared->n; k++) {
		const struct attach_ledger *l = table_get(&n->attachments->ledgers, shared->items[k]);
		if (!l || strcmp(strchr(shared->items[k], '/') + 1, n->config.unit) != 0)
			continue;
		for (size_t j = 0; j < l->n; j++) {
			const char *hex = l->rows[j].hex;
			const struct attach_peer *p = attach_peer_known(n, hex, peer);
			if ((p && p->stand & SYNC_BLOB_HERE) || !attach_file(n, hex)->here || i-- > 0)
				continue;
			hex_decode(hex, id, HASH_SIZE);
			return true;
		}
	}
	return false;
}

void attach_peers_ended(struct node *n, const void *line)
{
	struct table *all = &n->attachments->peers;
	for (size_t i = 0; i < all->n; i++) {
		struct attach_peer *p = all->rows[i].value;
		if (p->pace.line == line)
			p->pace.line = NULL;
	}
}

/* ---- a full disk ---- */

static void disk_again(uv_timer_t *timer)
{
	struct node *n = timer->data;
	n->attachments->disk_full = false;
	links_moved(n->links);
}

void attach_disk_full(struct node *n)
{
	struct attachments *all = n->attachments;
	all->disk_full = true;
	if (!all->again) {
		all->again = mem_alloc(sizeof *all->again);
		uv_timer_init(n->loop, all->again);
		all->again->data = n;
		uv_unref((uv_handle_t *)all->again);
	}
	uv_timer_start(all->again, disk_again, DISK_AGAIN, 0);
}

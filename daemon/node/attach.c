#include "node/attach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "links/links.h"
#include "node/attach_inside.h"
#include "record/media.h"

#define SYNC_BYTES (64 * 1024) /* a part is made durable after so many */

static char *join(const struct node *n, const char *folder, const char *name, const char *end)
{
	struct buf path = {0};
	buf_printf(&path, "%s/spool/%s%s%s%s", n->dir, folder, *name ? "/" : "", name, end);
	return buf_take(&path);
}

char *attach_path(const struct node *n, const char *hex, const char *end)
{
	return join(n, "attachments", hex, end);
}

char *attach_incoming(const struct node *n, const char *token)
{
	return join(n, "incoming", token, "");
}

static void clear_incoming(const struct node *n)
{
	char *path = attach_incoming(n, "");
	DIR *dir = opendir(path);
	struct dirent *e;
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			struct err none = {0};
			char *file = attach_incoming(n, e->d_name);
			sys_remove(file, &none);
			free(file);
		}
	if (dir)
		closedir(dir);
	free(path);
}

int node_attach_open(struct node *n, struct err *err)
{
	char *parts = attach_path(n, "", ""), *incoming = attach_incoming(n, "");
	int rc = sys_make_dir(parts, 0750, err);
	if (rc == 0)
		rc = sys_make_dir(incoming, 0750, err);
	if (rc == 0)
		clear_incoming(n);
	n->attachments = mem_alloc(sizeof *n->attachments);
	attach_peers_load(n);
	free(parts);
	free(incoming);
	return rc;
}

static void row_free(struct attach_row *row)
{
	free(row->path);
	free(row->name);
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

void node_attach_close(struct node *n)
{
	struct attachments *all = n->attachments;
	if (!all)
		return;
	for (size_t i = 0; i < all->ledgers.n; i++) {
		struct attach_ledger *l = all->ledgers.rows[i].value;
		for (size_t k = 0; k < l->n; k++)
			row_free(&l->rows[k]);
		free(l->rows);
		free(l);
	}
	for (size_t i = 0; i < all->files.n; i++)
		free(all->files.rows[i].value);
	for (size_t i = 0; i < all->peers.n; i++)
		free(all->peers.rows[i].value);
	if (all->again)
		uv_close((uv_handle_t *)all->again, free_timer);
	table_free(&all->ledgers);
	table_free(&all->files);
	table_free(&all->peers);
	free(all);
	n->attachments = NULL;
}

/* ---- what is here ---- */

struct attach_file *attach_file(struct node *n, const char *hex)
{
	void **place = table_at(&n->attachments->files, hex);
	struct attach_file *f = *place;
	struct stat st;
	if (f)
		return f;
	*place = f = mem_alloc(sizeof *f);
	f->here = attach_here(n->store, hex, NULL);
	char *part = attach_path(n, hex, ".part"), *ask = attach_path(n, hex, ".ask");
	/* Less one byte: the next piece then ends it, also where all of it had come but was not kept yet. */
	if (stat(part, &st) == 0 && st.st_size > 0)
		f->have = f->synced = (uint64_t)st.st_size - 1;
	f->asked = sys_exists(ask);
	free(part);
	free(ask);
	return f;
}

void attach_forget_part(struct node *n, const char *hex, bool ask_too)
{
	struct attach_file *f = attach_file(n, hex);
	struct err none = {0};
	char *part = attach_path(n, hex, ".part"), *ask = attach_path(n, hex, ".ask");
	sys_remove(part, &none);
	if (ask_too)
		sys_remove(ask, &none);
	f->have = f->synced = 0;
	f->line = NULL;
	if (ask_too)
		f->asked = false;
	free(part);
	free(ask);
}

/* ---- who names them ---- */

struct looking {
	struct node *n;
	const char *ledger;
	struct attach_ledger *book;
	struct strs gone; /* ids that a record does not name any more */
};

/* Is a directive for this unit or any below it? */
static bool is_ours(const struct looking *l, const struct record *r)
{
	const struct registry *all = l->n->registry;
	const char *unit = l->n->config.unit, *to;
	size_t i = 0;
	if (strncmp(l->ledger, "directives/", 11) != 0 || strcmp(l->ledger + 11, unit) == 0)
		return true;
	if (!record_get(r, "to.all")) {
		bool any = false;
		while (record_next_key(r, "to", &i, &to)) {
			any = true;
			if (strcmp(to, unit) == 0 || registry_is_above(all, to, unit) ||
			    registry_is_above(all, unit, to))
				return true;
		}
		return !any;
	}
	return true;
}

static void drop_rows(struct looking *l, const char *path)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->book->n; i++) {
		struct attach_row *row = &l->book->rows[i];
		if (strcmp(row->path, path) == 0) {
			strs_add(&l->gone, row->hex);
			row_free(row);
		} else {
			l->book->rows[kept++] = *row;
		}
	}
	l->book->n = kept;
}

static void add_row(struct looking *l, const char *path, const struct record *r, const char *hex, bool ours)
{
	char field[ATTACH_HEX + 32];
	static const char *const columns[] = {"name", "size", "type"};
	const char *value[3];
	for (size_t i = 0; i < 3; i++) {
		snprintf(field, sizeof field, "attachments.%s.%s", hex, columns[i]);
		value[i] = record_get(r, field);
	}
	if (!attach_name_ok(hex) || !value[0] || !value[1])
		return;
	struct attach_row row = {.path = mem_dup(path),
	    .name = mem_dup(value[0]),
	    .size = strtoull(value[1], NULL, 10),
	    .ours = ours};
	memcpy(row.hex, hex, ATTACH_HEX);
	struct attach_file *f = table_get(&l->n->attachments->files, hex);
	if (f && f->here) /* maintenance may have removed it while nobody named it */
		f->here = attach_here(l->n->store, hex, NULL);
	l->book->rows = mem_grow(l->book->rows, l->book->n + 1, sizeof row);
	l->book->rows[l->book->n++] = row;
}

static void visit(void *ctx, const char *path, const struct record *r)
{
	struct looking *l = ctx;
	const char *hex;
	size_t i = 0;
	drop_rows(l, path);
	if (!r)
		return;
	bool ours = is_ours(l, r);
	while (record_next_key(r, "attachments", &i, &hex))
		add_row(l, path, r, hex, ours);
}

bool attach_is_named(struct node *n, const char *hex)
{
	const struct table *all = &n->attachments->ledgers;
	for (size_t i = 0; i < all->n; i++) {
		const struct attach_ledger *l = all->rows[i].value;
		for (size_t k = 0; k < l->n; k++)
			if (strcmp(l->rows[k].hex, hex) == 0)
				return true;
	}
	return false;
}

void attach_look(struct node *n, const char *ledger)
{
	void **place = table_at(&n->attachments->ledgers, ledger);
	struct err err = {0};
	struct oid tip = {{0}};
	if (!*place)
		*place = mem_alloc(sizeof(struct attach_ledger));
	struct looking l = {.n = n, .ledger = ledger, .book = *place};
	int rc = store_tip(n->store, ledger, &tip, &err);
	if ((rc && rc != ERR_NOT_FOUND) || oid_eq(&tip, &l.book->tip))
		return;
	ERR_CLEAR(&err);
	if (attach_walk(n->store, ledger, &l.book->tip, &tip, visit, &l, &err) != 0) {
		/* The tree that it was read from may be gone: from the beginning. */
		struct oid none = {{0}};
		for (size_t i = 0; i < l.book->n; i++)
			row_free(&l.book->rows[i]);
		l.book->n = 0;
		ERR_CLEAR(&err);
		if (attach_walk(n->store, ledger, &none, &tip, visit, &l, &err) != 0)
			log_err(LOG_WARNING, "attachments", &err);
	}
	l.book->tip = tip;
	for (size_t i = 0; i < l.gone.n; i++)
		if (!attach_is_named(n, l.gone.items[i]))
			attach_forget_part(n, l.gone.items[i], true);
	strs_free(&l.gone);
}

void node_attach_moved(struct node *n)
{
	if (n->attachments)
		n->attachments->moves++;
}

unsigned node_attach_moves(const struct node *n)
{
	return n->attachments->moves;
}

void node_attach_look(struct node *n, const struct strs *shared)
{
	for (size_t i = 0; i < shared->n; i++)
		attach_look(n, shared->items[i]);
}

/* ---- what is to come ---- */

bool attach_is_wanted(struct node *n, const struct attach_row *row)
{
	const struct attach_file *f = attach_file(n, row->hex);
	bool always = !n->config.attachments || strcmp(n->config.attachments, "ask") != 0;
	return !f->here && f->damaged < ATTACH_DAMAGED_MAX && !n->attachments->disk_full && row->size > 0 &&
	       row->size <= config_attachment_max(&n->config) && (f->asked || (always && row->ours));
}

bool node_attach_wanted(
    struct node *n, const void *line, const struct strs *shared, size_t i, struct attach_wanted *out)
{
	for (size_t k = 0; k < shared->n; k++) {
		const struct attach_ledger *l = table_get(&n->attachments->ledgers, shared->items[k]);
		for (size_t j = 0; l && j < l->n; j++) {
			if (!attach_is_wanted(n, &l->rows[j]))
				continue;
			const struct attach_file *f = attach_file(n, l->rows[j].hex);
			if ((f->line && f->line != line) || i-- > 0)
				continue;
			hex_decode(l->rows[j].hex, out->id, HASH_SIZE);
			out->size = l->rows[j].size;
			out->have = f->have;
			if (out->have >= out->size) { /* named with another length than before */
				attach_forget_part(n, l->rows[j].hex, false);
				out->have = 0;
			}
			return true;
		}
	}
	return false;
}

const struct attach_row *attach_find(const struct node *n, const struct strs *ledgers, const char *hex)
{
	for (size_t k = 0; k < ledgers->n; k++) {
		const struct attach_ledger *l = table_get(&n->attachments->ledgers, ledgers->items[k]);
		for (size_t j = 0; l && j < l->n; j++)
			if (strcmp(l->rows[j].hex, hex) == 0)
				return &l->rows[j];
	}
	return NULL;
}

int attach_ask(struct node *n, const char *hex, struct err *err)
{
	struct attach_file *f = attach_file(n, hex);
	char *ask = attach_path(n, hex, ".ask");
	int rc = sys_write_file(ask, "", 0, 0640, err);
	free(ask);
	if (rc)
		return rc;
	f->asked = true;
	f->damaged = 0;
	n->attachments->disk_full = false;
	links_moved(n->links);
	return 0;
}

bool node_attach_serves(struct node *n, const struct strs *shared, const unsigned char id[HASH_SIZE])
{
	char hex[ATTACH_HEX + 1];
	struct err err = {0};
	hex_encode(id, HASH_SIZE, hex);
	const struct attach_row *row = attach_find(n, shared, hex);
	if (!row)
		return false;
	const struct attach_file *f = attach_file(n, hex);
	bool may = row->size > 0 && row->size <= config_attachment_max(&n->config);
	if (!f->here && !f->asked && may && !attach_is_wanted(n, row) && attach_ask(n, hex, &err) != 0)
		log_err(LOG_WARNING, "attachment", &err);
	return f->here;
}

void node_attach_ended(struct node *n, const void *line)
{
	struct table *all = &n->attachments->files;
	for (size_t i = 0; i < all->n; i++) {
		struct attach_file *f = all->rows[i].value;
		if (f->line == line)
			f->line = NULL;
		if (f->pace.line == line)
			f->pace.line = NULL;
	}
	attach_peers_ended(n, line);
}

/* ---- what comes ---- */

int attach_map(const char *path, const void **bytes, size_t *len, struct err *err)
{
	struct stat st;
	void *map = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fstat(fd, &st) == 0;
	if (good && st.st_size) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		good = map != MAP_FAILED;
	}
	int rc = good ? 0 : sys_error(err, "read", path);
	if (fd >= 0)
		close(fd);
	*bytes = good ? map : NULL;
	*len = good ? (size_t)st.st_size : 0;
	return rc;
}

void attach_unmap(const void *bytes, size_t len)
{
	if (bytes)
		munmap((void *)bytes, len);
}

static int sync_folder(const char *path, struct err *err)
{
	char *folder = mem_dup_len(path, (size_t)(strrchr(path, '/') - path));
	int rc = sys_sync_dir(folder, err);
	free(folder);
	return rc;
}

static int append(const char *path, struct attach_file *f, const void *bytes, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	bool good = fd >= 0;
	for (size_t at = 0; good && at < len;) {
		ssize_t n = pwrite(fd, (const char *)bytes + at, len - at, (off_t)(f->have + at));
		good = n > 0 || (n < 0 && errno == EINTR);
		at += n > 0 ? (size_t)n : 0;
	}
	bool due = good && f->have + len - f->synced >= SYNC_BYTES;
	if (due)
		good = fdatasync(fd) == 0;
	int rc = good ? 0 : sys_error(err, "write", path);
	if (rc == 0 && due && f->synced == 0)
		rc = sync_folder(path, err);
	if (rc == 0 && due)
		f->synced = f->have + len;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The bytes give the name, and are of a kind that is taken. */
static int keep(struct node *n, const char *hex, struct err *err)
{
	const void *bytes;
	size_t len;
	char *path = attach_path(n, hex, ".part");
	int rc = attach_map(path, &bytes, &len, err);
	if (rc == 0)
		rc = attach_keep(n->store, hex, path, err);
	if (rc == 0 && !media_type(bytes, len)) {
		struct err none = {0};
		attach_drop(n->store, hex, &none);
		rc = err_set(
		    err, ERR_REFUSED, N_("the attachment %1 is none of the kinds that are taken"), hex);
	}
	attach_unmap(bytes, len);
	free(path);
	return rc;
}

static int finish(struct node *n, const char *hex, struct err *err)
{
	struct attach_file *f = attach_file(n, hex);
	int rc = keep(n, hex, err);
	f->line = NULL;
	f->here = rc == 0;
	if (rc == 0) {
		attach_forget_part(n, hex, true);
	} else if (rc == ERR_CORRUPT || rc == ERR_REFUSED) {
		attach_forget_part(n, hex, false);
		f->damaged += rc == ERR_REFUSED ? ATTACH_DAMAGED_MAX : 1;
	} else {
		f->have--; /* it is tried again with the last byte */
		attach_disk_full(n);
	}
	return rc;
}

int node_attach_part(struct node *n, const void *line, const struct attach_wanted *at, const void *bytes,
    size_t len, bool *whole, struct err *err)
{
	char hex[ATTACH_HEX + 1];
	hex_encode(at->id, HASH_SIZE, hex);
	struct attach_file *f = attach_file(n, hex);
	*whole = false;
	if (f->here || f->have != at->have || (f->line && f->line != line))
		return err_set(err, ERR_BUSY, N_("the attachment %1 comes by another line"), hex);
	char *path = attach_path(n, hex, ".part");
	int rc = append(path, f, bytes, len, err);
	free(path);
	if (rc) {
		attach_disk_full(n);
		return rc;
	}
	f->line = line;
	attach_moves(&f->pace, line, f->have);
	f->have += len;
	*whole = f->have == at->size;
	return *whole ? finish(n, hex, err) : 0;
}

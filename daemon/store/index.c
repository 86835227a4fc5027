/*
 * Each entry's check goes over the one before it as well, so that an entry stands for all before it. A file is only ever
 * added to, or replaced by another: what somebody has mapped never becomes shorter.
 */
#include "store/index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/sys.h"
#include "store/repo.h"

#define CHECK 4
#define LENGTH 4
#define PIECE 65536

unsigned index_check(unsigned check, const void *bytes, size_t len)
{
	return (unsigned)crc32(check, bytes, (uInt)len);
}

static unsigned get32(const unsigned char *b)
{
	return b[0] | (unsigned)b[1] << 8 | (unsigned)b[2] << 16 | (unsigned)b[3] << 24;
}

size_t index_parse(const unsigned char *bytes, size_t len, unsigned *check, struct history *h, size_t *n)
{
	size_t at = 0;
	*n = 0;
	while (len - at > LENGTH + CHECK) {
		size_t entry = get32(bytes + at);
		if (entry < LENGTH || entry > len - at - CHECK)
			break;
		unsigned sum = index_check(*check, bytes + at, entry);
		if (sum != get32(bytes + at + entry) || !history_take(h, bytes + at, entry))
			break;
		*check = sum;
		at += entry + CHECK;
		++*n;
	}
	return at;
}

static void path_of(const struct store *s, const char *ledger, struct buf *out)
{
	buf_printf(out, "%s/tuyen/index-%s", s->path, ledger);
	*strrchr(out->data, '/') = '-';
}

static void put_head(const char *ledger, struct buf *out)
{
	buf_printf(out, INDEX_MAGIC "%s\n", ledger);
}

/* A disk that cannot read the file says so here, where it is an error and no signal. */
static bool is_readable(int fd, size_t len)
{
	char *piece = mem_alloc(PIECE);
	size_t at = 0;
	ssize_t n = 1;
	while (at < len && (n = pread(fd, piece, PIECE, (off_t)at)) > 0)
		at += (size_t)n;
	free(piece);
	return at >= len;
}

static void read_map(const char *ledger, struct history *h, struct index *x)
{
	struct buf head = {0};
	put_head(ledger, &head);
	if (x->map_len >= head.len && memcmp(x->map, head.data, head.len) == 0) {
		const unsigned char *bytes = x->map;
		x->check = index_check(0, head.data, head.len);
		x->end = head.len + index_parse(bytes + head.len, x->map_len - head.len, &x->check, h, &x->n);
	}
	buf_free(&head);
}

void index_rest(const struct index *x)
{
	if (x->map)
		madvise(x->map, x->map_len, MADV_DONTNEED);
}

void index_read(struct store *s, const char *ledger, struct history *h, struct index *x)
{
	struct buf path = {0};
	*x = (struct index){0};
	path_of(s, ledger, &path);
	int fd = open(buf_str(&path), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &x->file) == 0 && S_ISREG(x->file.st_mode) && x->file.st_size > 0 &&
	    (uint64_t)x->file.st_size < INDEX_BYTES_MAX && is_readable(fd, (size_t)x->file.st_size)) {
		x->map_len = (size_t)x->file.st_size;
		x->map = mmap(NULL, x->map_len, PROT_READ, MAP_SHARED, fd, 0);
		if (x->map == MAP_FAILED)
			x->map = NULL;
		else
			read_map(ledger, h, x);
		index_rest(x); /* little of it is looked at again soon */
	}
	if (!x->map || !x->end)
		x->file.st_ino = 0;
	if (fd >= 0)
		close(fd);
	buf_free(&path);
}

void index_close(struct index *x)
{
	if (x->map)
		munmap(x->map, x->map_len);
	*x = (struct index){0};
}

/* ---- writing ---- */

static bool write_all(int fd, const struct buf *b)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, b->data + at, b->len - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static void put_entries(const struct history *h, size_t from, unsigned *check, struct buf *out)
{
	for (size_t i = from; i < history_count(h); i++) {
		const void *bytes;
		size_t len;
		history_packed(h, i, &bytes, &len);
		*check = index_check(*check, bytes, len);
		const unsigned char sum[CHECK] = {
		    *check & 0xff, *check >> 8 & 0xff, *check >> 16 & 0xff, *check >> 24};
		buf_add(out, bytes, len);
		buf_add(out, sum, sizeof sum);
	}
}

/* The file is still the one that was read, and ends where it is whole. */
static bool may_add(int fd, const struct index *x)
{
	struct stat now;
	return fd >= 0 && x->file.st_ino && fstat(fd, &now) == 0 && now.st_ino == x->file.st_ino &&
	       now.st_dev == x->file.st_dev && (uint64_t)now.st_size == x->end;
}

static bool add(const char *path, const struct history *h, struct index *x)
{
	struct buf out = {0};
	unsigned check = x->check;
	int fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
	bool done = may_add(fd, x);
	if (done) {
		put_entries(h, x->n, &check, &out);
		done = write_all(fd, &out);
		x->end += out.len;
		x->check = check;
	}
	if (fd >= 0)
		close(fd);
	buf_free(&out);
	return done;
}

static bool make(const char *path, const char *ledger, const struct history *h, struct index *x)
{
	struct buf temp = {0}, out = {0};
	buf_printf(&temp, "%s.new", path);
	unlink(buf_str(&temp)); /* of a dead writer */
	put_head(ledger, &out);
	unsigned check = index_check(0, out.data, out.len);
	put_entries(h, 0, &check, &out);
	int fd = open(buf_str(&temp), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	bool done =
	    fd >= 0 && write_all(fd, &out) && fstat(fd, &x->file) == 0 && rename(temp.data, path) == 0;
	if (!done)
		unlink(buf_str(&temp));
	x->check = check;
	x->end = out.len;
	if (fd >= 0)
		close(fd);
	buf_free(&temp);
	buf_free(&out);
	return done;
}

int index_remove(struct store *s, const char *ledger, struct err *err)
{
	struct buf path = {0};
	path_of(s, ledger, &path);
	int rc = sys_remove(buf_str(&path), err);
	buf_free(&path);
	return rc;
}

void index_write(struct store *s, const char *ledger, const struct history *h, struct index *x)
{
	struct buf path = {0};
	if (x->file.st_ino && x->n == history_count(h))
		return;
	path_of(s, ledger, &path);
	bool done = add(buf_str(&path), h, x) || make(buf_str(&path), ledger, h, x);
	x->n = done ? history_count(h) : 0;
	x->stale = false;
	if (!done)
		x->file.st_ino = 0;
	buf_free(&path);
}

#include "node/part.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"

#define HEADER "tuyen-part/1 "
#define DIGITS 8 /* of the number of bytes */
#define HEADER_SIZE (sizeof HEADER - 1 + 2 * SYNC_DIGEST_SIZE + 1 + DIGITS + 1)
#define READ_SIZE 16384
#define FILE_MAX (16 * 1024 * 1024)

static char *folder(const struct node *n)
{
	struct buf path = {0};
	buf_printf(&path, "%s/spool/parts", n->dir);
	return buf_take(&path);
}

/* Named by a hash: an id may be longer than the name of a file. */
static char *path_of(const struct node *n, const char *peer, bool directives)
{
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	struct buf path = {0};
	hash_sha256(peer, strlen(peer), hash);
	hex_encode(hash, HASH_SIZE, hex);
	buf_printf(&path, "%s/spool/parts/%.20s.%s", n->dir, hex, directives ? "directives" : "rest");
	return buf_take(&path);
}

static void clear_old(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		struct buf path = {0};
		struct stat st;
		struct err none = {0};
		buf_printf(&path, "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.' && stat(buf_str(&path), &st) == 0 &&
		    st.st_mtime + PART_DAYS * 86400 < sys_now())
			sys_remove(buf_str(&path), &none);
		buf_free(&path);
	}
	if (d)
		closedir(d);
}

int node_part_open(struct node *n, struct err *err)
{
	char *dir = folder(n);
	int rc = sys_make_dir(dir, 0700, err);
	if (rc == 0)
		clear_old(dir);
	free(dir);
	return rc;
}

static void header(const struct sync_part *part, char out[HEADER_SIZE + 1])
{
	char hex[2 * SYNC_DIGEST_SIZE + 1];
	hex_encode(part->digest, SYNC_DIGEST_SIZE, hex);
	snprintf(out, HEADER_SIZE + 1, HEADER "%s %0*zu\n", hex, DIGITS, part->total);
}

static bool read_header(const char *text, struct sync_part *out)
{
	char hex[2 * SYNC_DIGEST_SIZE + 1] = "", again[HEADER_SIZE + 1];
	memcpy(hex, text + sizeof HEADER - 1, sizeof hex - 1);
	out->total = (size_t)strtoul(text + HEADER_SIZE - DIGITS - 1, NULL, 10);
	if (!hex_decode(hex, out->digest, SYNC_DIGEST_SIZE) || out->total >= FILE_MAX)
		return false;
	header(out, again);
	return memcmp(again, text, HEADER_SIZE) == 0;
}

bool node_part_find(const struct node *n, const char *peer, bool directives, struct sync_kept *out)
{
	char top[HEADER_SIZE];
	struct stat st;
	char *path = path_of(n, peer, directives);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	*out = (struct sync_kept){.part = {.directives = directives}};
	bool good = fd >= 0 && fstat(fd, &st) == 0 && st.st_size > (off_t)HEADER_SIZE &&
		    read(fd, top, HEADER_SIZE) == (ssize_t)HEADER_SIZE && read_header(top, &out->part);
	if (good)
		out->len = (size_t)st.st_size - HEADER_SIZE;
	if (fd >= 0)
		close(fd);
	free(path);
	return good;
}

void node_part_read(const struct node *n, const char *peer, bool directives, size_t len, struct buf *out)
{
	char *path = path_of(n, peer, directives);
	char piece[READ_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at = HEADER_SIZE;
	ssize_t got = 1;
	while (fd >= 0 && len && got > 0) {
		got = pread(fd, piece, len < READ_SIZE ? len : READ_SIZE, at);
		if (got > 0) {
			buf_add(out, piece, (size_t)got);
			at += got;
			len -= (size_t)got;
		}
	}
	if (fd >= 0)
		close(fd);
	free(path);
}

/* What comes later than the beginning is added only to what is there. */
static bool write_part(const char *path, const struct sync_part *part, const void *bytes, size_t len)
{
	char top[HEADER_SIZE + 1];
	header(part, top);
	int fd = open(path, O_WRONLY | O_CLOEXEC | (part->at ? 0 : O_CREAT | O_TRUNC), 0600);
	if (fd < 0)
		return false;
	bool good = part->at || write(fd, top, HEADER_SIZE) == (ssize_t)HEADER_SIZE;
	good = good && pwrite(fd, bytes, len, (off_t)(HEADER_SIZE + part->at)) == (ssize_t)len;
	return close(fd) == 0 && good;
}

void node_part_keep(
    const struct node *n, const char *peer, const struct sync_part *part, const void *bytes, size_t len)
{
	struct err err = {0};
	char *path = path_of(n, peer, part->directives);
	if (len && !write_part(path, part, bytes, len)) {
		sys_error(&err, "write", path);
		log_err(LOG_WARNING, "parts", &err);
		len = 0;
	}
	if (len == 0)
		sys_remove(path, &err);
	free(path);
}

/* Parcels written into files: names, pieces, and nothing left of one that did not fit. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "parcels.h"

/* The path of a piece; in a folder under a name that nothing has there yet. */
static void path_of(const struct cover *c, const char *path, bool folder, bool sure, unsigned at, unsigned of,
    struct buf *out)
{
	buf_puts(out, path);
	if (folder) {
		if (out->len && out->data[out->len - 1] != '/')
			buf_putc(out, '/');
		cover_name(c, sure, at, of, out);
	} else if (of > 1) {
		buf_printf(out, ".%uof%u", at, of);
	}
}

static bool is_taken(const struct cover *c, const char *path, bool folder, bool sure, unsigned of)
{
	bool taken = false;
	for (unsigned at = 1; at <= of && !taken; at++) {
		struct buf name = {0};
		path_of(c, path, folder, sure, at, of, &name);
		taken = sys_exists(buf_str(&name));
		buf_free(&name);
	}
	return taken;
}

int parcel_taken(const char *path, struct err *err)
{
	err_set(err, ERR_REFUSED, N_("%1 is there already; no parcel is written over another file"), path);
	err_hint(err, N_("name a folder, and the parcel gets a name of its own"));
	return err->code;
}

/* Half of its pieces are good for nothing, and take the room that something else may need. */
static void take_back(const struct strs *names)
{
	struct err none = {0};
	for (size_t i = 0; i < names->n; i++)
		sys_remove(names->items[i], &none);
}

static void name_of(const struct parcel_saving *s, const char *end, struct buf *out)
{
	path_of(s->cover, s->path, s->folder, s->taken, s->at, s->of, out);
	buf_puts(out, end);
}

static int write_all(struct parcel_saving *s, const char *bytes, size_t len, struct err *err)
{
	struct buf name = {0};
	int rc = 0;
	name_of(s, "", &name);
	while (rc == 0 && len) {
		ssize_t n = write(s->fd, bytes, len);
		if (n < 0 && errno != EINTR)
			rc = sys_error(err, "write", buf_str(&name));
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	buf_free(&name);
	return rc;
}

static int open_piece(struct parcel_saving *s, struct err *err)
{
	struct cover_piece piece = {.at = s->at, .of = s->of};
	struct buf name = {0}, temp = {0}, line = {0};
	memcpy(piece.id, s->cover->id, sizeof piece.id);
	cover_piece_print(&piece, &line);
	name_of(s, "", &name);
	name_of(s, ".new", &temp);
	unlink(buf_str(&temp)); /* of a dead writer */
	s->fd = open(buf_str(&temp), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	s->left = s->room;
	int rc = s->fd < 0 ? sys_error(err, "write", buf_str(&name)) : write_all(s, line.data, line.len, err);
	buf_free(&name);
	buf_free(&temp);
	buf_free(&line);
	return rc;
}

/* Safe on the stick, under its name. */
static int close_piece(struct parcel_saving *s, struct err *err)
{
	struct buf name = {0}, temp = {0};
	name_of(s, "", &name);
	name_of(s, ".new", &temp);
	int rc = fsync(s->fd) < 0 ? sys_error(err, "write", buf_str(&name)) : 0;
	if (close(s->fd) < 0 && rc == 0)
		rc = sys_error(err, "write", buf_str(&name));
	s->fd = -1;
	if (rc == 0 && rename(buf_str(&temp), buf_str(&name)) < 0)
		rc = sys_error(err, "write", buf_str(&name));
	if (rc == 0)
		strs_add(&s->names, buf_str(&name));
	else
		unlink(buf_str(&temp));
	buf_free(&name);
	buf_free(&temp);
	return rc;
}

int parcel_save_begin(struct parcel_saving *s, uint64_t size, size_t split, struct err *err)
{
	s->fd = -1;
	s->room = split ? split - COVER_PIECE_LINE_MAX : SIZE_MAX;
	uint64_t of = split ? (size + s->room - 1) / s->room : 1;
	if (of > COVER_PIECES_MAX)
		return err_set(err, ERR_INPUT, N_("that would be more than %1 pieces"), "9999");
	s->of = (unsigned)of;
	s->taken = is_taken(s->cover, s->path, s->folder, false, s->of);
	return s->taken && !s->folder ? parcel_taken(s->path, err) : 0;
}

int parcel_save_add(struct parcel_saving *s, const void *bytes, size_t len, struct err *err)
{
	int rc = 0;
	for (const char *at = bytes; rc == 0 && len;) {
		if (s->fd < 0) {
			s->at++;
			rc = open_piece(s, err);
			continue;
		}
		size_t n = len < s->left ? len : s->left;
		rc = write_all(s, at, n, err);
		at += n;
		len -= n;
		s->left -= n;
		if (rc == 0 && s->left == 0)
			rc = close_piece(s, err);
	}
	return rc;
}

static int sync_folder(const struct parcel_saving *s, struct err *err)
{
	const char *slash = strrchr(s->names.items[0], '/');
	char *folder =
	    slash ? mem_dup_len(s->names.items[0], (size_t)(slash - s->names.items[0]) + 1) : mem_dup(".");
	int rc = sys_sync_dir(folder, err);
	free(folder);
	return rc;
}

int parcel_save_end(struct parcel_saving *s, int rc, struct err *err)
{
	if (rc == 0 && s->fd >= 0)
		rc = close_piece(s, err);
	if (rc == 0 && s->names.n)
		rc = sync_folder(s, err);
	if (s->fd >= 0) {
		struct buf temp = {0};
		name_of(s, ".new", &temp);
		close(s->fd);
		unlink(buf_str(&temp));
		buf_free(&temp);
	}
	if (rc)
		take_back(&s->names);
	return rc;
}

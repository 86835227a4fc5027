#include "parcels.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"

#define FILE_MAX (64u << 20) /* of a parcel; nobody writes larger ones */

void parcels_free(struct parcels *all)
{
	for (size_t i = 0; i < all->n; i++) {
		for (unsigned k = 0; k < all->items[i].of; k++)
			free(all->items[i].pieces[k]);
		free(all->items[i].pieces);
	}
	free(all->items);
	strs_free(&all->foreign);
	strs_free(&all->broken);
	*all = (struct parcels){0};
}

/* ---- finding ---- */

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The parcel that this piece belongs to; of a copy of a piece: another one. */
static struct parcel *parcel_at(struct parcels *all, const struct cover_piece *piece)
{
	for (size_t i = 0; i < all->n; i++) {
		struct parcel *p = &all->items[i];
		if (strcmp(p->id, piece->id) == 0 && p->of == piece->of && !p->pieces[piece->at - 1])
			return p;
	}
	struct parcel new = {.of = piece->of};
	memcpy(new.id, piece->id, sizeof new.id);
	new.pieces = mem_alloc(piece->of * sizeof *new.pieces);
	VEC_PUSH(all->items, all->n, new);
	return &all->items[all->n - 1];
}

/* What sys_write_file was writing when the stick was pulled out. */
static bool is_unfinished(const char *path)
{
	size_t len = strlen(path);
	return len > 4 && strcmp(path + len - 4, ".new") == 0;
}

/* Only the beginning of a file is looked at: a stick holds films as well. */
static int find_file(struct parcels *all, const char *path, struct err *err)
{
	char head[COVER_PIECE_LINE_MAX + COVER_SIZE_MAX];
	struct cover_piece piece;
	FILE *file = fopen(path, "rb");
	if (!file)
		return sys_error(err, "read", path);
	size_t len = fread(head, 1, sizeof head, file);
	bool failed = ferror(file);
	fclose(file);
	if (failed)
		return sys_error(err, "read", path);
	if (is_unfinished(path) || !cover_piece_read(head, len, &piece)) {
		bool broken = cover_is_named(name_of(path)) && !is_unfinished(path);
		strs_add(broken ? &all->broken : &all->foreign, path);
		return 0;
	}
	struct parcel *p = parcel_at(all, &piece);
	p->pieces[piece.at - 1] = mem_dup(path);
	p->there++;
	if (piece.at == 1) {
		/* A small piece may hold less than the cover: then all of it is put together. */
		p->covered = cover_read(p->id, head + piece.size, len - piece.size, &p->cover, &p->err) == 0;
		if (!p->covered)
			memset(&p->cover, 0, sizeof p->cover);
	}
	return 0;
}

static int find_folder(struct parcels *all, const char *path, struct err *err)
{
	const struct dirent *entry;
	struct strs names = {0};
	int rc = 0;
	DIR *dir = opendir(path);
	if (!dir)
		return sys_error(err, "read", path);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			strs_add(&names, entry->d_name);
	closedir(dir);
	strs_sort(&names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		struct stat st;
		struct buf file = {0};
		buf_printf(&file, "%s/%s", path, names.items[i]);
		if (stat(buf_str(&file), &st) == 0 && S_ISREG(st.st_mode))
			rc = find_file(all, buf_str(&file), err);
		buf_free(&file);
	}
	strs_free(&names);
	return rc;
}

static void read_split_cover(struct parcel *p)
{
	struct buf bytes = {0};
	struct err err = {0};
	if (parcel_join(p, &bytes, &err) == 0) {
		ERR_CLEAR(&p->err);
		p->covered = cover_read(p->id, buf_str(&bytes), bytes.len, &p->cover, &p->err) == 0;
	}
	buf_free(&bytes);
}

static int by_number(const void *left, const void *right)
{
	const struct parcel *a = left, *b = right;
	int from = strcmp(a->cover.from, b->cover.from);
	if (from)
		return from;
	if (a->cover.number != b->cover.number)
		return a->cover.number < b->cover.number ? -1 : 1;
	return strcmp(a->id, b->id);
}

int parcels_find(struct parcels *all, const struct strs *paths, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < paths->n; i++) {
		struct stat st;
		if (stat(paths->items[i], &st) < 0)
			return sys_error(err, "read", paths->items[i]);
		rc = S_ISDIR(st.st_mode) ? find_folder(all, paths->items[i], err)
					 : find_file(all, paths->items[i], err);
	}
	for (size_t i = 0; rc == 0 && i < all->n; i++)
		if (all->items[i].pieces[0] && !all->items[i].covered && all->items[i].there > 1)
			read_split_cover(&all->items[i]);
	if (rc == 0 && all->n)
		qsort(all->items, all->n, sizeof *all->items, by_number);
	return rc;
}

/* ---- putting together ---- */

unsigned parcel_lacks(const struct parcel *p)
{
	for (unsigned i = 0; i < p->of; i++)
		if (!p->pieces[i])
			return i + 1;
	return 0;
}

int parcel_join(const struct parcel *p, struct buf *out, struct err *err)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < p->of && p->pieces[i]; i++) {
		struct buf bytes = {0};
		struct cover_piece piece;
		rc = sys_read_file(p->pieces[i], FILE_MAX, &bytes, err);
		if (rc == 0 && (!cover_piece_read(buf_str(&bytes), bytes.len, &piece) ||
				   out->len + bytes.len > FILE_MAX))
			rc = err_set(err, ERR_INPUT, N_("%1 is no parcel"), p->pieces[i]);
		if (rc == 0)
			buf_add(out, bytes.data + piece.size, bytes.len - piece.size);
		buf_free(&bytes);
	}
	return rc;
}

/* ---- writing ---- */

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

int parcel_save(const struct cover *cover, const struct buf *bytes, const char *path, bool folder,
    size_t split, struct strs *names, struct err *err)
{
	size_t room = split ? split - COVER_PIECE_LINE_MAX : bytes->len;
	size_t of = split ? (bytes->len + room - 1) / room : 1;
	int rc = 0;
	if (of > COVER_PIECES_MAX)
		return err_set(err, ERR_INPUT, N_("that would be more than %1 pieces"), "9999");
	bool taken = is_taken(cover, path, folder, false, (unsigned)of);
	if (taken && !folder)
		return parcel_taken(path, err);
	for (unsigned at = 1; rc == 0 && at <= of; at++) {
		struct cover_piece piece = {.at = at, .of = (unsigned)of};
		struct buf name = {0}, file = {0};
		size_t from = (at - 1) * room, left = bytes->len - from;
		memcpy(piece.id, cover->id, sizeof piece.id);
		path_of(cover, path, folder, taken, at, (unsigned)of, &name);
		cover_piece_print(&piece, &file);
		buf_add(&file, bytes->data + from, left < room ? left : room);
		rc = sys_write_file(buf_str(&name), file.data, file.len, 0644, err);
		strs_add(names, buf_str(&name));
		buf_free(&name);
		buf_free(&file);
	}
	return rc;
}

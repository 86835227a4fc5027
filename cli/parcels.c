#include "parcels.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "say.h"

#define HEAD_MAX (COVER_PIECE_LINE_MAX + COVER_SIZE_MAX)

void parcels_free(struct parcels *all)
{
	for (size_t i = 0; i < all->n; i++) {
		for (size_t k = 0; k < all->items[i].n_files; k++)
			free(all->items[i].files[k].path);
		free(all->items[i].files);
	}
	free(all->items);
	strs_free(&all->foreign);
	strs_free(&all->broken);
	*all = (struct parcels){0};
}

/* ---- finding ---- */

/* A file that is a piece of a parcel. */
struct found {
	struct cover_piece piece;
	struct parcel_file file;
};
struct finds {
	struct parcels *all;
	struct found *items;
	size_t n;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* One bad file does not keep the others from being read. */
static void unreadable(struct parcels *all, const char *path)
{
	struct err err = {0};
	sys_error(&err, "read", path);
	say_error(&err);
	all->unreadable++;
}

/* What sys_write_file was writing when the stick was pulled out. */
static bool is_unfinished(const char *path)
{
	size_t len = strlen(path);
	return len > 4 && strcmp(path + len - 4, ".new") == 0;
}

/* Its first bytes, at most `max`. False: they cannot be read. */
static bool read_head(const char *path, size_t max, char *head, size_t *len)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	*len = fread(head, 1, max, file);
	int why = errno;
	bool good = !ferror(file);
	fclose(file);
	errno = why;
	return good;
}

/* Only the beginning of a file is looked at: a stick holds films as well. */
static void find_file(struct finds *f, const char *path, size_t size)
{
	char head[COVER_PIECE_LINE_MAX];
	struct cover_piece piece;
	size_t len;
	if (!read_head(path, sizeof head, head, &len)) {
		unreadable(f->all, path);
		return;
	}
	if (is_unfinished(path) || !cover_piece_read(head, len, &piece)) {
		bool broken = cover_is_named(name_of(path)) && !is_unfinished(path);
		strs_add(broken ? &f->all->broken : &f->all->foreign, path);
		return;
	}
	struct found found = {piece, {mem_dup(path), piece.at, size}};
	VEC_PUSH(f->items, f->n, found);
}

static void find_folder(struct finds *f, const char *path)
{
	const struct dirent *entry;
	struct strs names = {0};
	size_t len = strlen(path);
	DIR *dir = opendir(path);
	if (!dir) {
		unreadable(f->all, path);
		return;
	}
	errno = 0;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			strs_add(&names, entry->d_name);
	if (errno) /* the stick is gone, or damaged: what was found is read */
		unreadable(f->all, path);
	closedir(dir);
	strs_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		struct stat st;
		struct buf file = {0};
		buf_printf(&file, "%s%s%s", path, len && path[len - 1] == '/' ? "" : "/", names.items[i]);
		/* Pipes and devices would be waited for; there are none on a stick. */
		if (stat(buf_str(&file), &st) == 0 && S_ISREG(st.st_mode))
			find_file(f, buf_str(&file), (size_t)st.st_size);
		buf_free(&file);
	}
	strs_free(&names);
}

static int by_piece(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	int id = strcmp(a->piece.id, b->piece.id);
	if (id)
		return id;
	if (a->piece.of != b->piece.of)
		return a->piece.of < b->piece.of ? -1 : 1;
	if (a->piece.at != b->piece.at)
		return a->piece.at < b->piece.at ? -1 : 1;
	if (a->file.size != b->file.size) /* what was cut short is tried last */
		return a->file.size > b->file.size ? -1 : 1;
	return strcmp(a->file.path, b->file.path);
}

/* Pieces of one parcel stand together now. */
static void gather(struct finds *f)
{
	struct parcels *all = f->all;
	unsigned copies = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct cover_piece *piece = &f->items[i].piece;
		const struct cover_piece *last = i ? &f->items[i - 1].piece : NULL;
		bool same = last && strcmp(last->id, piece->id) == 0 && last->of == piece->of;
		if (!same) {
			struct parcel new = {.of = piece->of};
			memcpy(new.id, piece->id, sizeof new.id);
			VEC_PUSH(all->items, all->n, new);
		}
		struct parcel *p = &all->items[all->n - 1];
		VEC_PUSH(p->files, p->n_files, f->items[i].file);
		copies = same && last->at == piece->at ? copies + 1 : 1;
		p->copies = p->copies > copies ? p->copies : copies;
	}
	free(f->items);
}

/* Of the first piece alone, or where that is smaller than a cover of all that are there. */
static void read_cover(struct parcel *p, unsigned copy)
{
	char head[HEAD_MAX];
	struct cover_piece piece;
	struct buf bytes = {0};
	struct err none = {0};
	size_t len;
	const struct parcel_file *first = parcel_piece(p, 1, copy);
	ERR_CLEAR(&p->err);
	if (!first || !read_head(first->path, sizeof head, head, &len) ||
	    !cover_piece_read(head, len, &piece))
		return;
	p->covered = cover_read(p->id, head + piece.size, len - piece.size, &p->cover, &p->err) == 0;
	struct parcel_stream in = {.parcel = p, .copy = copy};
	if (!p->covered && len < sizeof head && parcel_piece(p, 2, copy) &&
	    parcel_stream_read(&in, COVER_SIZE_MAX, &bytes, &none) == 0) {
		ERR_CLEAR(&p->err);
		p->covered = cover_read(p->id, buf_str(&bytes), bytes.len, &p->cover, &p->err) == 0;
	}
	if (!p->covered)
		memset(&p->cover, 0, sizeof p->cover);
	parcel_stream_close(&in);
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

void parcels_find(struct parcels *all, const struct strs *paths)
{
	struct finds f = {.all = all};
	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->items[i];
		struct stat st;
		if (stat(path, &st) < 0)
			unreadable(all, path);
		else if (S_ISDIR(st.st_mode))
			find_folder(&f, path);
		else if (S_ISREG(st.st_mode))
			find_file(&f, path, (size_t)st.st_size);
		else
			strs_add(&all->foreign, path);
	}
	if (f.n)
		qsort(f.items, f.n, sizeof *f.items, by_piece);
	gather(&f);
	for (size_t i = 0; i < all->n; i++)
		for (unsigned copy = 0; !all->items[i].covered && copy < all->items[i].copies; copy++)
			read_cover(&all->items[i], copy);
	if (all->n)
		qsort(all->items, all->n, sizeof *all->items, by_number);
}

/* ---- putting together ---- */

unsigned parcel_there(const struct parcel *p)
{
	unsigned there = 0;
	for (size_t i = 0; i < p->n_files; i++)
		there += i == 0 || p->files[i].at != p->files[i - 1].at;
	return there;
}

unsigned parcel_lacks(const struct parcel *p)
{
	unsigned next = 1;
	for (size_t i = 0; i < p->n_files; i++)
		next += p->files[i].at == next;
	return next <= p->of ? next : 0;
}

const struct parcel_file *parcel_piece(const struct parcel *p, unsigned at, unsigned copy)
{
	const struct parcel_file *found = NULL;
	for (size_t i = 0, nth = 0; i < p->n_files && nth <= copy; i++)
		if (p->files[i].at == at) {
			found = &p->files[i];
			nth++;
		}
	return found;
}

/* Opens the next piece; *end where it is missing. */
static int next_piece(struct parcel_stream *s, bool *end, struct err *err)
{
	const struct parcel_file *file = parcel_piece(s->parcel, s->at + 1, s->copy);
	char head[COVER_PIECE_LINE_MAX];
	struct cover_piece piece;
	*end = !file;
	if (!file)
		return 0;
	s->at++;
	s->file = fopen(file->path, "rb");
	size_t len = s->file ? fread(head, 1, sizeof head, s->file) : 0;
	if (!s->file || ferror(s->file))
		return sys_error(err, "read", file->path);
	if (!cover_piece_read(head, len, &piece) || fseek(s->file, (long)piece.size, SEEK_SET) != 0)
		return err_set(err, ERR_INPUT, N_("%1 is no parcel"), file->path);
	return 0;
}

int parcel_stream_read(struct parcel_stream *s, size_t len, struct buf *out, struct err *err)
{
	char bytes[16384];
	bool end = false;
	int rc = 0;
	while (rc == 0 && len && !end) {
		if (!s->file) {
			rc = next_piece(s, &end, err);
			continue;
		}
		size_t n = fread(bytes, 1, len < sizeof bytes ? len : sizeof bytes, s->file);
		buf_add(out, bytes, n);
		len -= n;
		if (ferror(s->file))
			rc = sys_error(err, "read", parcel_piece(s->parcel, s->at, s->copy)->path);
		else if (n == 0)
			parcel_stream_close(s);
	}
	return rc;
}

void parcel_stream_close(struct parcel_stream *s)
{
	if (s->file)
		fclose(s->file);
	s->file = NULL;
}

/* What lies in objects/pack. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "store/pack.h"

#define INDEX_MAX ((size_t)1 << 30)
#define INDEX_HEAD 8 /* magic and version */
#define INDEX_FAN (256 * 4)
#define INDEX_ENTRY (OID_SIZE + 4 + 4) /* id, sum, place */
#define INDEX_END (2 * OID_SIZE)

static const unsigned char magic[INDEX_HEAD] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};

static void path_of(const struct store *s, const char *base, const char *end, struct buf *out)
{
	buf_cut(out, 0);
	buf_printf(out, "%s/objects/pack/%s%s", s->path, base, end);
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* Call `each` for every name in objects/pack. */
static int each_name(struct store *s,
    int (*each)(struct store *s, const char *name, void *ctx, struct err *err), void *ctx, struct err *err)
{
	struct buf path = {0};
	struct strs names = {0};
	struct dirent *e;
	path_of(s, "", "", &path);
	DIR *dir = opendir(buf_str(&path));
	int rc = dir || errno == ENOENT ? 0 : sys_error(err, "read", buf_str(&path));
	while (dir && (e = readdir(dir)))
		strs_add(&names, e->d_name);
	if (dir)
		closedir(dir);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = each(s, names.items[i], ctx, err);
	strs_free(&names);
	buf_free(&path);
	return rc;
}

static uint32_t number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* How many objects an index names; false: it is none. */
static bool index_count(const unsigned char *head, uint64_t size, uint64_t *n)
{
	if (size < INDEX_HEAD + INDEX_FAN + INDEX_END || memcmp(head, magic, INDEX_HEAD) != 0)
		return false;
	*n = number(head + INDEX_HEAD + INDEX_FAN - 4);
	return size >= INDEX_HEAD + INDEX_FAN + *n * INDEX_ENTRY + INDEX_END;
}

static int damaged(const char *path, struct err *err)
{
	err_set(err, ERR_CORRUPT, N_("the index %1 is damaged"), path);
	err_hint(err, N_("run 'tuyen repair'"));
	return ERR_CORRUPT;
}

static int list_one(struct store *s, const char *name, void *ctx, struct err *err)
{
	struct pack_files *out = ctx;
	struct pack_file p = {0};
	struct buf path = {0};
	struct stat pack, idx;
	unsigned char head[INDEX_HEAD + INDEX_FAN];
	int rc = 0;
	if (strncmp(name, "pack-", 5) != 0 || !ends_with(name, ".idx") || strlen(name) >= sizeof p.base)
		return 0;
	snprintf(p.base, sizeof p.base, "%.*s", (int)(strlen(name) - 4), name);
	path_of(s, p.base, ".pack", &path);
	bool whole = stat(buf_str(&path), &pack) == 0;
	path_of(s, p.base, ".idx", &path);
	FILE *f = fopen(buf_str(&path), "rbe");
	if (whole && f && fstat(fileno(f), &idx) == 0) {
		p.bytes = (uint64_t)pack.st_size + (uint64_t)idx.st_size;
		if (fread(head, 1, sizeof head, f) == sizeof head &&
		    index_count(head, (uint64_t)idx.st_size, &p.objects))
			VEC_PUSH(out->items, out->n, p);
		else
			rc = damaged(buf_str(&path), err);
	}
	if (f)
		fclose(f);
	buf_free(&path);
	return rc;
}

static int by_objects(const void *a, const void *b)
{
	const struct pack_file *x = a, *y = b;
	if (x->objects != y->objects)
		return x->objects < y->objects ? -1 : 1;
	return strcmp(x->base, y->base);
}

int pack_list(struct store *s, struct pack_files *out, struct err *err)
{
	*out = (struct pack_files){0};
	int rc = each_name(s, list_one, out, err);
	if (out->n)
		qsort(out->items, out->n, sizeof *out->items, by_objects);
	return rc;
}

int pack_objects(struct store *s, const struct pack_file *pack, struct idset *out, struct err *err)
{
	struct buf path = {0}, bytes = {0};
	uint64_t n = 0;
	path_of(s, pack->base, ".idx", &path);
	int rc = sys_read_file(buf_str(&path), INDEX_MAX, &bytes, err);
	if (rc == 0 && (bytes.len < INDEX_HEAD + INDEX_FAN ||
			   !index_count((const unsigned char *)bytes.data, bytes.len, &n)))
		rc = damaged(buf_str(&path), err);
	for (uint64_t i = 0; rc == 0 && i < n; i++) {
		struct oid id;
		memcpy(id.b, bytes.data + INDEX_HEAD + INDEX_FAN + i * OID_SIZE, OID_SIZE);
		idset_add(out, &id);
	}
	buf_free(&path);
	buf_free(&bytes);
	return rc;
}

int pack_remove(struct store *s, const char *base, struct err *err)
{
	struct buf path = {0};
	path_of(s, base, ".idx", &path);
	int rc = sys_remove(buf_str(&path), err);
	path_of(s, base, ".pack", &path);
	if (rc == 0)
		rc = sys_remove(buf_str(&path), err);
	buf_free(&path);
	return rc;
}

static int sweep_one(struct store *s, const char *name, void *ctx, struct err *err)
{
	static const char *const ends[] = {".pack", ".idx"};
	struct buf path = {0}, base = {0};
	bool litter = strncmp(name, "pack_git2_", 10) == 0 || ends_with(name, ".lock");
	(void)ctx;
	for (size_t i = 0; i < 2 && strncmp(name, "pack-", 5) == 0; i++) {
		if (!ends_with(name, ends[i]))
			continue;
		buf_add(&base, name, strlen(name) - strlen(ends[i]));
		path_of(s, buf_str(&base), ends[!i], &path);
		litter |= !sys_exists(buf_str(&path));
	}
	path_of(s, name, "", &path);
	int rc = litter ? sys_remove(buf_str(&path), err) : 0;
	buf_free(&path);
	buf_free(&base);
	return rc;
}

int pack_sweep(struct store *s, struct err *err)
{
	return each_name(s, sweep_one, NULL, err);
}

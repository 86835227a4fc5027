#include "store/loose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <git2/sys/odb_backend.h>

#include "base/buf.h"

#define BYTES_MAX ((size_t)1 << 30)
#define KEPT_MAX ((size_t)1 << 20) /* memory that a reader keeps from one object to the next */
#define WHOLE_MAX (64 * 1024) /* files that are read and hashed even if only the head is asked for */
#define HEAD_MAX 32 /* "commit 1234\0" */

struct loose_reader {
	z_stream z;
	struct buf in, out;
};

struct loose_reader *loose_new(void)
{
	struct loose_reader *r = mem_alloc(sizeof *r);
	if (inflateInit(&r->z) != Z_OK)
		abort(); /* only when memory is out */
	return r;
}

void loose_free(struct loose_reader *r)
{
	if (!r)
		return;
	inflateEnd(&r->z);
	buf_free(&r->in);
	buf_free(&r->out);
	free(r);
}

static int read_file(const char *path, struct buf *out)
{
	char piece[16384];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? GIT_ENOTFOUND : GIT_EMISMATCH;
	buf_cut(out, 0);
	while ((n = read(fd, piece, sizeof piece)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->len > BYTES_MAX)
			break;
		buf_add(out, piece, (size_t)n);
	}
	close(fd);
	return n == 0 ? 0 : GIT_EMISMATCH;
}

/* All of the stream: where the bytes end before it does, it is damaged. */
static bool inflate_all(struct loose_reader *r)
{
	unsigned char piece[16384];
	int rc = Z_OK;
	inflateReset(&r->z);
	r->z.next_in = (unsigned char *)r->in.data;
	r->z.avail_in = (unsigned)r->in.len;
	buf_cut(&r->out, 0);
	while (rc == Z_OK && r->out.len <= BYTES_MAX) {
		r->z.next_out = piece;
		r->z.avail_out = sizeof piece;
		rc = inflate(&r->z, Z_NO_FLUSH);
		buf_add(&r->out, piece, sizeof piece - r->z.avail_out);
		if (rc == Z_OK && r->z.avail_in == 0 && r->z.avail_out > 0)
			break;
	}
	return rc == Z_STREAM_END && r->z.avail_in == 0;
}

/* "blob 12\0", and then just so many bytes. */
static bool read_head(const struct buf *all, struct loose *out)
{
	static const git_object_t kinds[] = {
	    GIT_OBJECT_COMMIT, GIT_OBJECT_TREE, GIT_OBJECT_BLOB, GIT_OBJECT_TAG};
	const char *zero = memchr(all->data, '\0', all->len < HEAD_MAX ? all->len : HEAD_MAX);
	for (size_t i = 0; zero && i < sizeof kinds / sizeof *kinds; i++) {
		char head[HEAD_MAX + 16];
		out->bytes = zero + 1;
		out->len = all->len - (size_t)(out->bytes - all->data);
		out->kind = kinds[i];
		snprintf(head, sizeof head, "%s %zu", git_object_type2string(kinds[i]), out->len);
		if (strcmp(head, all->data) == 0)
			return true;
	}
	return false;
}

static void path_of(const char *objects, const struct oid *id, struct buf *out)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	buf_printf(out, "%s/%.2s/%s", objects, hex, hex + 2);
}

int loose_read(struct loose_reader *r, const char *objects, const struct oid *id, struct loose *out)
{
	struct buf path = {0};
	struct oid real;
	if (r->in.room > KEPT_MAX || r->out.room > KEPT_MAX) {
		buf_free(&r->in);
		buf_free(&r->out);
	}
	path_of(objects, id, &path);
	int rc = read_file(buf_str(&path), &r->in);
	buf_free(&path);
	if (rc)
		return rc;
	if (!r->in.len || !inflate_all(r) || !r->out.len || !read_head(&r->out, out))
		return GIT_EMISMATCH;
	hash_git_object(git_object_type2string(out->kind), out->bytes, out->len, &real);
	return oid_eq(&real, id) ? 0 : GIT_EMISMATCH;
}

/* "blob 12345\0" alone, out of the first bytes of a file. */
static int parse_head(struct loose_reader *r, const unsigned char *bytes, size_t n, struct loose *out)
{
	char head[HEAD_MAX + 1] = "", again[HEAD_MAX + 1];
	inflateReset(&r->z);
	r->z.next_in = (unsigned char *)bytes;
	r->z.avail_in = (unsigned)n;
	r->z.next_out = (unsigned char *)head;
	r->z.avail_out = HEAD_MAX;
	int rc = inflate(&r->z, Z_SYNC_FLUSH);
	const char *space = strchr(head, ' ');
	if ((rc != Z_OK && rc != Z_STREAM_END) || !space || !memchr(head, '\0', HEAD_MAX))
		return GIT_EMISMATCH;
	char kind[HEAD_MAX + 1];
	snprintf(kind, sizeof kind, "%.*s", (int)(space - head), head);
	out->kind = git_object_string2type(kind);
	out->len = strtoull(space + 1, NULL, 10);
	snprintf(again, sizeof again, "%.8s %zu", git_object_type2string(out->kind), out->len);
	return strcmp(head, again) == 0 ? 0 : GIT_EMISMATCH;
}

int loose_head(struct loose_reader *r, const char *objects, const struct oid *id, struct loose *out)
{
	struct buf path = {0};
	struct stat st;
	unsigned char bytes[4 * HEAD_MAX];
	path_of(objects, id, &path);
	int fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
	buf_free(&path);
	if (fd < 0)
		return errno == ENOENT ? GIT_ENOTFOUND : GIT_EMISMATCH;
	bool small = fstat(fd, &st) == 0 && st.st_size <= WHOLE_MAX;
	ssize_t n = small ? 0 : read(fd, bytes, sizeof bytes);
	close(fd);
	out->bytes = NULL;
	if (small)
		return loose_read(r, objects, id, out);
	return n > 0 ? parse_head(r, bytes, (size_t)n, out) : GIT_EMISMATCH;
}

/* ---- for libgit2 ---- */

struct backend {
	git_odb_backend parent;
	git_odb_backend *own; /* libgit2's */
	struct loose_reader *reader;
	char *objects;
};

static int tell(int rc)
{
	git_error_set_str(GIT_ERROR_ODB,
	    rc == GIT_EMISMATCH ? "the object is damaged on the disk" : "the object is not there");
	return rc;
}

static int read_object(struct backend *b, const git_oid *git_id, struct loose *out)
{
	struct oid id;
	memcpy(id.b, git_id->id, OID_SIZE);
	int rc = loose_read(b->reader, b->objects, &id, out);
	return rc ? tell(rc) : 0;
}

static int do_read(void **bytes, size_t *len, git_object_t *kind, git_odb_backend *self, const git_oid *id)
{
	struct backend *b = (struct backend *)self;
	struct loose found;
	int rc = read_object(b, id, &found);
	if (rc)
		return rc;
	*len = found.len;
	*kind = found.kind;
	*bytes = git_odb_backend_data_alloc(self, found.len + 1);
	if (!*bytes)
		return GIT_ERROR;
	memcpy(*bytes, found.bytes, found.len);
	((char *)*bytes)[found.len] = '\0';
	return 0;
}

static int do_read_header(size_t *len, git_object_t *kind, git_odb_backend *self, const git_oid *git_id)
{
	struct backend *b = (struct backend *)self;
	struct oid id;
	memcpy(id.b, git_id->id, OID_SIZE);
	struct loose found = {.kind = GIT_OBJECT_INVALID};
	int rc = loose_head(b->reader, b->objects, &id, &found);
	*len = rc ? 0 : found.len;
	*kind = rc ? GIT_OBJECT_INVALID : found.kind;
	return rc ? tell(rc) : 0;
}

static git_odb_backend *own(git_odb_backend *self)
{
	return ((struct backend *)self)->own;
}

static int do_write(
    git_odb_backend *self, const git_oid *id, const void *bytes, size_t len, git_object_t kind)
{
	return own(self)->write(own(self), id, bytes, len, kind);
}

/* The stream asks the database of its backend whether the object is there already. */
static int do_writestream(
    git_odb_stream **out, git_odb_backend *self, git_object_size_t len, git_object_t kind)
{
	own(self)->odb = self->odb;
	return own(self)->writestream(out, own(self), len, kind);
}

static int do_exists(git_odb_backend *self, const git_oid *id)
{
	return own(self)->exists(own(self), id);
}

static int do_freshen(git_odb_backend *self, const git_oid *id)
{
	return own(self)->freshen(own(self), id);
}

static int do_foreach(git_odb_backend *self, git_odb_foreach_cb visit, void *ctx)
{
	return own(self)->foreach (own(self), visit, ctx);
}

static void do_free(git_odb_backend *self)
{
	struct backend *b = (struct backend *)self;
	b->own->free(b->own);
	loose_free(b->reader);
	free(b->objects);
	free(b);
}

int loose_backend(git_odb_backend **out, const char *objects)
{
	struct backend *b = mem_alloc(sizeof *b);
	int rc = git_odb_init_backend(&b->parent, GIT_ODB_BACKEND_VERSION);
	if (rc == 0)
		rc = git_odb_backend_loose(&b->own, objects, -1, 0, 0, 0);
	if (rc) {
		free(b);
		return rc;
	}
	b->reader = loose_new();
	b->objects = mem_dup(objects);
	b->parent.read = do_read;
	b->parent.read_header = do_read_header;
	b->parent.write = do_write;
	b->parent.writestream = do_writestream;
	b->parent.exists = do_exists;
	b->parent.freshen = do_freshen;
	b->parent.foreach = do_foreach;
	b->parent.free = do_free;
	*out = &b->parent;
	return 0;
}

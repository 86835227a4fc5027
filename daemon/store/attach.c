#include "store/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <git2/sys/odb_backend.h>

#include "base/sys.h"
#include "store/repo.h"
#include "store/tree.h"
#include "store/tx.h"

#define REFS "refs/attachments/"
#define REF_SIZE (sizeof REFS + ATTACH_HEX)
#define SLICE (64 * 1024)
#define HEAD_MAX 32

bool attach_name_ok(const char *hex)
{
	return strlen(hex) == ATTACH_HEX && strspn(hex, "0123456789abcdef") == ATTACH_HEX;
}

static bool find(struct store *s, const char *hex, git_oid *id)
{
	char ref[REF_SIZE] = REFS;
	if (!attach_name_ok(hex))
		return false;
	strcat(ref, hex);
	return git_reference_name_to_id(id, s->git, ref) == 0;
}

/* ---- writing ---- */

static int write_blob(struct store *s, int fd, git_object_size_t len, git_oid *id, struct err *err)
{
	git_odb_stream *stream = NULL;
	char *piece = mem_alloc(SLICE);
	off_t at = 0;
	int rc = git_odb_open_wstream(&stream, s->odb, len, GIT_OBJECT_BLOB);
	while (rc == 0 && (git_object_size_t)at < len) {
		ssize_t n = pread(fd, piece, SLICE, at);
		if (n < 0 && errno == EINTR)
			continue;
		rc = n > 0 ? git_odb_stream_write(stream, piece, (size_t)n) : GIT_EEOF;
		at += n;
	}
	if (rc == 0)
		rc = git_odb_stream_finalize_write(id, stream);
	git_odb_stream_free(stream);
	free(piece);
	return rc ? repo_fail(err, rc, "write", s->path) : 0;
}

static int move_ref(struct store *s, const char *hex, const git_oid *id, struct err *err)
{
	char ref[REF_SIZE] = REFS;
	git_reference *made = NULL;
	strcat(ref, hex);
	int rc =
	    id ? git_reference_create(&made, s->git, ref, id, 1, NULL) : git_reference_remove(s->git, ref);
	git_reference_free(made);
	return rc ? repo_fail(err, rc, "write", ref) : 0;
}

static int keep_file(struct store *s, const char *hex, int fd, struct err *err)
{
	git_oid id;
	struct stat st;
	struct tx *lock = NULL;
	if (find(s, hex, &id))
		return 0;
	int rc = fstat(fd, &st) == 0 ? tx_begin(s, &lock, err) : sys_error(err, "read", s->path);
	if (rc == 0)
		rc = write_blob(s, fd, st.st_size, &id, err);
	if (rc == 0)
		rc = repo_sync(s->path, err);
	if (rc == 0)
		rc = move_ref(s, hex, &id, err);
	tx_destroy(lock);
	return rc;
}

int attach_keep(struct store *s, const char *hex, const char *path, struct err *err)
{
	unsigned char hash[HASH_SIZE];
	char real[ATTACH_HEX + 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	if (fd < 0 || !hash_sha256_file(fd, hash))
		rc = sys_error(err, "read", path);
	else
		hex_encode(hash, HASH_SIZE, real);
	if (rc == 0 && strcmp(real, hex) != 0)
		rc = err_set(err, ERR_CORRUPT, N_("the attachment %1 is damaged"), hex);
	if (rc == 0)
		rc = keep_file(s, hex, fd, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

int attach_drop(struct store *s, const char *hex, struct err *err)
{
	git_oid id;
	struct tx *lock = NULL;
	if (!find(s, hex, &id))
		return 0;
	int rc = tx_begin(s, &lock, err);
	if (rc == 0)
		rc = move_ref(s, hex, NULL, err);
	if (rc == 0) {
		char name[GIT_OID_HEXSZ + 1];
		struct buf path = {0};
		git_oid_tostr(name, sizeof name, &id);
		buf_printf(&path, "%s/objects/%.2s/%s", s->path, name, name + 2);
		rc = sys_remove(buf_str(&path), err);
		buf_free(&path);
	}
	tx_destroy(lock);
	return rc;
}

/* ---- reading ---- */

struct attach_reader {
	uint64_t size, at; /* of the content; what is inflated next */
	int fd;
	bool inflating;
	z_stream z;
	unsigned char in[16384];
	git_odb_object *object; /* of one in a pack */
};

static void rewind_stream(struct attach_reader *r)
{
	if (r->inflating)
		inflateEnd(&r->z);
	r->inflating = false;
	r->at = 0;
}

/* Inflate up to `len` bytes; fewer only where it ends, or is damaged. */
static size_t inflate_some(struct attach_reader *r, void *out, size_t len)
{
	r->z.next_out = out;
	r->z.avail_out = (unsigned)len;
	while (r->z.avail_out) {
		if (r->z.avail_in == 0) {
			ssize_t n = read(r->fd, r->in, sizeof r->in);
			if (n <= 0)
				break;
			r->z.next_in = r->in;
			r->z.avail_in = (unsigned)n;
		}
		if (inflate(&r->z, Z_NO_FLUSH) != Z_OK)
			break;
	}
	return len - r->z.avail_out;
}

/* "blob 12\0" stands before the content. */
static bool begin_stream(struct attach_reader *r)
{
	char head[HEAD_MAX];
	size_t n = 0;
	rewind_stream(r);
	memset(&r->z, 0, sizeof r->z);
	if (lseek(r->fd, 0, SEEK_SET) != 0 || inflateInit(&r->z) != Z_OK)
		return false;
	r->inflating = true;
	while (n < sizeof head && inflate_some(r, head + n, 1) == 1 && head[n] != '\0')
		n++;
	if (n == sizeof head || strncmp(head, "blob ", 5) != 0)
		return false;
	r->size = strtoull(head + 5, NULL, 10);
	return true;
}

static bool skip_to(struct attach_reader *r, uint64_t offset)
{
	char drop[16384];
	if ((offset < r->at || !r->inflating) && !begin_stream(r))
		return false;
	while (r->at < offset) {
		size_t len = offset - r->at < sizeof drop ? (size_t)(offset - r->at) : sizeof drop;
		size_t n = inflate_some(r, drop, len);
		r->at += n;
		if (n < len)
			return false;
	}
	return true;
}

static int open_loose(struct store *s, const git_oid *id, struct attach_reader *r)
{
	char name[GIT_OID_HEXSZ + 1];
	struct buf path = {0};
	git_oid_tostr(name, sizeof name, id);
	buf_printf(&path, "%s/objects/%.2s/%s", s->path, name, name + 2);
	r->fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
	buf_free(&path);
	return r->fd < 0 ? GIT_ENOTFOUND : begin_stream(r) ? 0 : GIT_EMISMATCH;
}

int attach_open(struct store *s, const char *hex, struct attach_reader **out, struct err *err)
{
	git_oid id;
	if (!find(s, hex, &id))
		return err_set(err, ERR_NOT_FOUND, N_("the attachment %1 is not here"), hex);
	struct attach_reader *r = mem_alloc(sizeof *r);
	r->fd = -1;
	int rc = open_loose(s, &id, r);
	if (rc == GIT_ENOTFOUND) {
		repo_follow(s);
		rc = git_odb_read(&r->object, s->odb, &id);
		r->size = rc == 0 ? git_odb_object_size(r->object) : 0;
	}
	if (rc) {
		attach_close(r);
		return err_set(err, ERR_CORRUPT, N_("the attachment %1 is damaged"), hex);
	}
	*out = r;
	return 0;
}

uint64_t attach_size(const struct attach_reader *r)
{
	return r->size;
}

int attach_read(struct attach_reader *r, uint64_t offset, size_t len, struct buf *out, struct err *err)
{
	char piece[16384];
	if (offset > r->size || len > r->size - offset)
		return err_set(err, ERR_INPUT, N_("an attachment is shorter than that"));
	if (r->object) {
		buf_add(out, (const char *)git_odb_object_data(r->object) + offset, len);
		return 0;
	}
	if (!skip_to(r, offset))
		return err_set(err, ERR_CORRUPT, N_("an attachment is damaged on the disk"));
	while (len) {
		size_t want = len < sizeof piece ? len : sizeof piece, n = inflate_some(r, piece, want);
		buf_add(out, piece, n);
		r->at += n;
		len -= n;
		if (n < want)
			return err_set(err, ERR_CORRUPT, N_("an attachment is damaged on the disk"));
	}
	return 0;
}

void attach_close(struct attach_reader *r)
{
	if (!r)
		return;
	rewind_stream(r);
	if (r->fd >= 0)
		close(r->fd);
	git_odb_object_free(r->object);
	free(r);
}

bool attach_here(struct store *s, const char *hex, uint64_t *size)
{
	struct attach_reader *r = NULL;
	struct err none = {0};
	git_oid id;
	if (!size)
		return find(s, hex, &id);
	if (attach_open(s, hex, &r, &none) != 0)
		return false;
	*size = r->size;
	attach_close(r);
	return true;
}

/* ---- who names them ---- */

static int tree_of(struct store *s, const struct oid *commit, struct oid *tree, struct err *err)
{
	git_commit *c = NULL;
	git_oid id = repo_git_oid(commit);
	char hex[OID_HEX + 1];
	*tree = (struct oid){{0}};
	if (oid_is_zero(commit))
		return 0;
	oid_hex(commit, hex);
	int rc = git_commit_lookup(&c, s->git, &id);
	if (rc)
		return repo_fail(err, rc, "read object", hex);
	*tree = repo_oid(git_commit_tree_id(c));
	git_commit_free(c);
	return 0;
}

static void visit_one(struct store *s, const char *ledger, const struct tree_difference *d,
    void (*visit)(void *ctx, const char *path, const struct record *r), void *ctx)
{
	static const char table[] = "attachments:\n";
	const struct record_type *type = type_by_path(ledger, d->path);
	struct arena arena = {0};
	struct record r;
	struct err none = {0};
	const char *text = NULL, *hit;
	size_t len = 0;
	if (!type || (strcmp(type->name, "report") != 0 && strcmp(type->name, "directive") != 0 &&
			 strcmp(type->name, "progress") != 0))
		return;
	bool names = !oid_is_zero(&d->after) && repo_blob(s, &d->after, &arena, &text, &len, &none) == 0 &&
		     (hit = strstr(text, table)) && (hit == text || hit[-1] == '\n') &&
		     record_parse(&r, &arena, type, text, len, &none) == 0;
	visit(ctx, d->path, names ? &r : NULL);
	arena_free(&arena);
}

int attach_walk(struct store *s, const char *ledger, const struct oid *before, const struct oid *now,
    void (*visit)(void *ctx, const char *path, const struct record *r), void *ctx, struct err *err)
{
	struct arena arena = {0};
	struct tree_differences all = {0};
	struct oid from, to;
	int rc = tree_of(s, before, &from, err);
	if (rc == 0)
		rc = tree_of(s, now, &to, err);
	if (rc == 0)
		rc = tree_compare(s, &from, &to, &arena, &all, err);
	for (size_t i = 0; rc == 0 && i < all.n; i++)
		visit_one(s, ledger, &all.items[i], visit, ctx);
	free(all.items);
	arena_free(&arena);
	return rc;
}

#include "store/proof.h"

#include <string.h>

#include "base/sys.h"
#include "store/load.h"

#define CONFIG                                                                       \
	"[core]\n\trepositoryformatversion = 0\n\tfilemode = false\n\tbare = true\n" \
	"[remote \"left-out\"]\n\tpromisor = true\n"

/* The blob at a path and the trees on the way to it. */
static int add_path(
    struct store *s, const struct oid *top, const char *path, struct oids *out, struct err *err)
{
	struct oid tree = *top, blob;
	struct arena arena = {0};
	const char *slash;
	bool found = false;
	int rc = 0;
	oids_add(out, top);
	for (const char *rest = path; rc == 0 && (slash = strchr(rest, '/')); rest = slash + 1) {
		struct oid sub;
		rc = tree_directory(s, &tree, arena_dup_len(&arena, rest, (size_t)(slash - rest)), &sub, err);
		tree = sub;
		if (rc == 0 && !oid_is_zero(&sub))
			oids_add(out, &sub);
	}
	if (rc == 0)
		rc = tree_find(s, top, path, &blob, &found, err);
	if (rc == 0 && !found)
		rc = err_set(err, ERR_NOT_FOUND, N_("the change has no record %1"), path);
	if (rc == 0)
		oids_add(out, &blob);
	arena_free(&arena);
	return rc;
}

static int choose(
    struct store *s, const struct proof_item *items, size_t n, struct oids *out, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct oid tree;
		oids_add(out, &items[i].change);
		rc = load_tree(s, &items[i].change, &tree, err);
		if (rc == 0)
			rc = add_path(s, &tree, items[i].path, out, err);
	}
	oids_sort(out);
	return rc;
}

static int write_file(
    const char *path, const char *name, const char *suffix, const struct buf *text, struct err *err)
{
	struct buf file = {0};
	buf_printf(&file, "%s/%s%s", path, name, suffix);
	int rc = sys_write_file(buf_str(&file), buf_str(text), text->len, 0644, err);
	buf_free(&file);
	return rc;
}

/* One pack, and beside it the mark that what its objects name may be elsewhere. */
static int write_pack(struct store *s, const char *path, const struct oids *objects, struct err *err)
{
	git_packbuilder *pack = NULL;
	struct buf dir = {0}, mark = {0}, empty = {0};
	buf_printf(&dir, "%s/objects/pack", path);
	int rc = sys_make_dir(buf_str(&dir), 0755, err);
	int git_rc = rc ? 0 : git_packbuilder_new(&pack, s->git);
	for (size_t i = 0; rc == 0 && git_rc == 0 && i < objects->n; i++) {
		git_oid id = repo_git_oid(&objects->items[i]);
		git_rc = git_packbuilder_insert(pack, &id, NULL);
	}
	if (rc == 0 && git_rc == 0)
		git_rc = git_packbuilder_write(pack, buf_str(&dir), 0644, NULL, NULL);
	if (rc == 0 && git_rc)
		rc = repo_fail(err, git_rc, "write to", path);
	if (rc == 0)
		buf_printf(&mark, "pack-%s", git_packbuilder_name(pack));
	if (rc == 0)
		rc = write_file(buf_str(&dir), buf_str(&mark), ".promisor", &empty, err);
	git_packbuilder_free(pack);
	buf_free(&dir);
	buf_free(&mark);
	return rc;
}

static int write_names(const char *path, const struct proof_item *items, size_t n, struct err *err)
{
	struct buf text = {0}, refs = {0};
	struct oids changes = {0};
	char hex[OID_HEX + 1];
	buf_printf(&refs, "%s/refs/heads", path);
	int rc = sys_make_dir(buf_str(&refs), 0755, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		oids_add(&changes, &items[i].change);
		oid_hex(&items[i].change, hex);
		buf_cut(&text, 0);
		buf_printf(&text, "%s\n", hex);
		rc = write_file(buf_str(&refs), items[i].name, "", &text, err);
	}
	oids_sort(&changes);
	buf_cut(&text, 0);
	for (size_t i = 0; i < changes.n; i++) {
		oid_hex(&changes.items[i], hex);
		buf_printf(&text, "%s\n", hex);
	}
	if (rc == 0)
		rc = write_file(path, "shallow", "", &text, err);
	buf_cut(&text, 0);
	buf_printf(&text, "ref: refs/heads/%s\n", items[n - 1].name);
	if (rc == 0)
		rc = write_file(path, "HEAD", "", &text, err);
	buf_cut(&text, 0);
	buf_puts(&text, CONFIG);
	if (rc == 0)
		rc = write_file(path, "config", "", &text, err);
	oids_free(&changes);
	buf_free(&refs);
	buf_free(&text);
	return rc;
}

int proof_write(struct store *s, const char *path, const struct proof_item *items, size_t n, struct err *err)
{
	struct oids objects = {0};
	int rc = 0;
	if (sys_exists(path)) {
		rc = err_set(err, ERR_REFUSED, N_("%1 is there already"), path);
		err_hint(err, N_("name a folder that does not exist yet"));
	}
	if (rc == 0)
		rc = choose(s, items, n, &objects, err);
	if (rc == 0)
		rc = write_pack(s, path, &objects, err);
	if (rc == 0)
		rc = write_names(path, items, n, err);
	oids_free(&objects);
	return rc;
}

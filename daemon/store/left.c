#include "store/left.h"

#include <string.h>

#include "store/commit.h"
#include "store/load.h"
#include "store/tree.h"
#include "store/tx.h"

#define REFS "refs/left/"
#define IDENTITY "tuyen <left@tuyen.invalid>"

static const char *const kept[] = {"receipts", "reports", "totals"}; /* as git sorts them */

static void ref_of(const char *ledger, struct buf *out)
{
	buf_printf(out, REFS "%s", ledger);
}

static bool find(struct store *s, const char *ledger, git_oid *id)
{
	struct buf ref = {0};
	ref_of(ledger, &ref);
	bool found = repo_ledger_name(ledger) && git_reference_name_to_id(id, s->git, buf_str(&ref)) == 0;
	buf_free(&ref);
	return found;
}

bool store_left(struct store *s, const char *ledger, struct oid *out)
{
	struct err none = {0};
	git_oid id;
	if (!find(s, ledger, &id) || store_tip(s, ledger, out, &none) == 0)
		return false;
	*out = repo_oid(&id);
	return true;
}

int store_left_list(struct store *s, struct strs *out, struct err *err)
{
	git_reference_iterator *it = NULL;
	const char *name;
	int rc = git_reference_iterator_glob_new(&it, s->git, REFS "*");
	while (rc == 0 && (rc = git_reference_next_name(&name, it)) == 0)
		if (repo_ledger_name(name + strlen(REFS)))
			strs_add(out, name + strlen(REFS));
	git_reference_iterator_free(it);
	strs_sort(out);
	return rc == GIT_ITEROVER ? 0 : repo_fail(err, rc, "read", "refs");
}

/* The tree of what stays. */
static int put_tree(
    struct store *s, const struct oid *whole, struct stage *st, struct oid *out, struct err *err)
{
	struct buf bytes = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof kept / sizeof *kept; i++) {
		struct oid folder;
		rc = tree_directory(s, whole, kept[i], &folder, err);
		if (rc || oid_is_zero(&folder))
			continue;
		buf_printf(&bytes, "40000 %s", kept[i]);
		buf_add(&bytes, "", 1);
		buf_add(&bytes, folder.b, OID_SIZE);
	}
	if (rc == 0)
		stage_add(st, GIT_OBJECT_TREE, &bytes, out);
	buf_free(&bytes);
	return rc;
}

static int put_commit(
    struct store *s, const struct oid *tip, struct stage *st, struct oid *out, struct err *err)
{
	struct arena arena = {0};
	struct commit was, left = {.identity = IDENTITY};
	struct buf text = {0};
	char hex[OID_HEX + 1];
	oid_hex(tip, hex);
	left.message = arena_printf(&arena, "left\n\nTuyen-Left: %s\n", hex);
	int rc = load_commit(s, tip, &arena, &was, err);
	if (rc == 0)
		rc = put_tree(s, &was.tree, st, &left.tree, err);
	if (rc == 0) {
		left.time = was.time;
		commit_print(&left, &text);
		stage_add(st, GIT_OBJECT_COMMIT, &text, out);
	}
	buf_free(&text);
	arena_free(&arena);
	return rc;
}

static int set_ref(struct store *s, const char *ledger, const struct oid *id, struct err *err)
{
	struct buf ref = {0};
	git_reference *made = NULL;
	git_oid key = repo_git_oid(id);
	ref_of(ledger, &ref);
	int rc = git_reference_create(&made, s->git, buf_str(&ref), &key, 1, NULL);
	if (rc)
		rc = repo_fail(err, rc, "write", buf_str(&ref));
	git_reference_free(made);
	buf_free(&ref);
	return rc;
}

static int remove_ref(struct store *s, const char *name, struct err *err)
{
	int rc = git_reference_remove(s->git, name);
	return rc && rc != GIT_ENOTFOUND ? repo_fail(err, rc, "remove", name) : 0;
}

int store_leave(struct store *s, const char *ledger, struct err *err)
{
	struct tx *lock = NULL;
	struct stage st = {0};
	struct buf ref = {0};
	struct oid tip, left;
	int rc = tx_begin(s, &lock, err);
	if (rc == 0)
		rc = store_tip(s, ledger, &tip, err);
	if (rc == 0)
		rc = put_commit(s, &tip, &st, &left, err);
	if (rc == 0)
		rc = stage_write(s, &st, err);
	if (rc == 0)
		rc = repo_sync(s->path, err);
	if (rc == 0)
		rc = set_ref(s, ledger, &left, err);
	if (rc == 0)
		rc = repo_ref(ledger, &ref, err);
	if (rc == 0)
		rc = remove_ref(s, buf_str(&ref), err);
	if (rc == 0)
		rc = repo_sync(s->path, err);
	store_forget(s, ledger);
	tx_destroy(lock);
	stage_free(&st);
	buf_free(&ref);
	return rc;
}

int store_left_drop(struct store *s, const char *ledger, struct err *err)
{
	struct tx *lock = NULL;
	struct buf ref = {0};
	git_oid id;
	if (!find(s, ledger, &id))
		return 0;
	ref_of(ledger, &ref);
	int rc = tx_begin(s, &lock, err);
	if (rc == 0)
		rc = remove_ref(s, buf_str(&ref), err);
	tx_destroy(lock);
	buf_free(&ref);
	return rc;
}

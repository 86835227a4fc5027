#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "store/verify_inside.h"

#define HEADS "refs/heads/"
#define DEPTH_MAX 8

/* Names that this program gives besides ledgers. */
static bool is_ours(const char *name)
{
	static const char *const beginnings[] = {
	    "refs/attachments/", "refs/held/", "refs/left/", "refs/rescue/"};
	if (strncmp(name, HEADS, strlen(HEADS)) == 0)
		return repo_ledger_name(name + strlen(HEADS));
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

static void tell(struct verify *v, const char *msg, const char *name)
{
	struct err err = {0};
	bool ledger = strncmp(name, HEADS, strlen(HEADS)) == 0 && repo_ledger_name(name + strlen(HEADS));
	err_set(&err, ERR_CORRUPT, msg, name);
	err_hint(&err,
	    ledger ? N_("'tuyen repair' fetches it from the superior, a subordinate or a stick")
		   : N_("nothing but tuyen may write to its store; remove it with 'git update-ref -d'"));
	v->ledger = ledger ? name + strlen(HEADS) : NULL;
	verify_tell(v, "ref", NULL, &err);
	v->ledger = NULL;
}

/* Forty digits and the end of a line: libgit2 passes over what is anything else. */
static bool is_ref(const char *path)
{
	struct buf text = {0};
	struct err none = {0};
	struct oid id;
	bool good = sys_read_file(path, OID_HEX + 2, &text, &none) == 0 && text.len >= OID_HEX &&
		    strspn(buf_str(&text) + OID_HEX, "\r\n") == text.len - OID_HEX;
	if (good)
		buf_cut(&text, OID_HEX);
	good = good && oid_parse(&id, buf_str(&text));
	buf_free(&text);
	return good;
}

static void look_into(struct verify *v, const char *name, int depth)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", v->s->path, name);
	DIR *dir = opendir(buf_str(&path));
	struct dirent *e;
	while (dir && (e = readdir(dir))) {
		struct buf file = {0}, ref = {0};
		struct stat st;
		size_t len = strlen(e->d_name);
		buf_printf(&ref, "%s/%s", name, e->d_name);
		buf_printf(&file, "%s/%s", v->s->path, buf_str(&ref));
		bool there = e->d_name[0] != '.' && lstat(buf_str(&file), &st) == 0;
		if (there && S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			look_into(v, buf_str(&ref), depth + 1);
		else if (there && S_ISREG(st.st_mode) &&
			 (len < 5 || strcmp(e->d_name + len - 5, ".lock") != 0) && !is_ref(buf_str(&file)))
			tell(v, N_("the file %1 of the store is damaged"), buf_str(&ref));
		buf_free(&file);
		buf_free(&ref);
	}
	if (dir)
		closedir(dir);
	buf_free(&path);
}

void verify_refs(struct verify *v)
{
	git_reference_iterator *it = NULL;
	const char *name;
	look_into(v, "refs", 0);
	if (git_reference_iterator_new(&it, v->s->git) == 0)
		while (git_reference_next_name(&name, it) == 0)
			if (!is_ours(name))
				tell(v, N_("%1 is not the name of a ledger"), name);
	git_reference_iterator_free(it);
}

/* ---- where an object stands ---- */

static bool find(struct store *s, const struct oid *tree, const git_oid *wanted, int depth, struct buf *path)
{
	git_tree *t = NULL;
	git_oid key = repo_git_oid(tree);
	bool found = false;
	size_t len = path->len;
	if (depth > DEPTH_MAX || git_tree_lookup(&t, s->git, &key) != 0)
		return false;
	for (size_t i = 0; !found && i < git_tree_entrycount(t); i++) {
		const git_tree_entry *e = git_tree_entry_byindex(t, i);
		struct oid below = repo_oid(git_tree_entry_id(e));
		buf_printf(path, "%s%s", len ? "/" : "", git_tree_entry_name(e));
		found =
		    git_oid_equal(git_tree_entry_id(e), wanted) ||
		    (git_tree_entry_type(e) == GIT_OBJECT_TREE && find(s, &below, wanted, depth + 1, path));
		if (!found)
			buf_cut(path, len);
	}
	git_tree_free(t);
	return found;
}

const char *verify_path(
    struct store *s, const struct oid *tree, const struct oid *object, struct arena *arena)
{
	struct buf path = {0};
	git_oid wanted = repo_git_oid(object);
	const char *out = find(s, tree, &wanted, 0, &path) ? arena_dup(arena, buf_str(&path)) : NULL;
	buf_free(&path);
	return out;
}

/* ---- keys for stock git ---- */

/* A principal is what git shows as the author: the e-mail of the role account. */
static void add_signer(void *ctx, const struct registry_grant *g)
{
	struct change c = {.unit = g->unit, .station = g->station};
	struct buf author = {0}, line = {0};
	char key[KEY_TEXT_SIZE];
	change_author(&c, &author);
	key_text(g->key, key);
	const char *mail = strchr(buf_str(&author), '<');
	if (mail) {
		buf_printf(&line, "%.*s namespaces=\"git\" %s\n", (int)strcspn(mail + 1, ">"), mail + 1, key);
		strs_add(ctx, buf_str(&line));
	}
	buf_free(&author);
	buf_free(&line);
}

void verify_allowed_signers(const struct registry *r, struct buf *out)
{
	struct strs lines = {0};
	registry_grants(r, add_signer, &lines);
	strs_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		buf_puts(out, lines.items[i]);
	strs_free(&lines);
}

bool registry_load_partly(struct registry *r, struct store *s, struct err *why)
{
	struct strs ledgers = {0};
	struct err first = {0};
	if (registry_load(r, s, &first) == 0)
		return true;
	if (why)
		*why = first;
	/* Twice: a subordinate's ledger may come before its superior's. */
	for (int round = 0; round < 2; round++) {
		struct err none = {0};
		strs_free(&ledgers);
		int rc = store_ledgers(s, &ledgers, &none);
		for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
			struct err damaged = {0};
			registry_load_ledger(r, s, ledgers.items[i], &damaged);
		}
	}
	strs_free(&ledgers);
	return false;
}

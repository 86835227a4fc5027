/*
 * store/repo.h - the border to libgit2: options, errors, ref names, raw objects. For this room alone.
 *
 * FACTS measured on libgit2 1.5 stand behind the options: no configuration from outside the repository, small caches,
 * few mapped files (with more packs than descriptors an object that exists is "not found").
 */
#ifndef TUYEN_STORE_REPO_H
#define TUYEN_STORE_REPO_H

#include <time.h>
#include <git2.h>

#include "base/table.h"
#include "store/index.h"
#include "store/store.h"

struct store {
	char *path; /* absolute, without a slash at the end */
	git_repository *git;
	git_odb *odb;
	struct table ledgers; /* name -> struct store_ledger */
	struct timespec packs; /* when the folder of packs had changed last, at the opening */
	uint64_t reads; /* objects read since the opening */
	bool swept; /* litter of killed writers was looked for */
};

/* What is kept in memory of one ledger. */
struct store_ledger {
	struct history *history; /* NULL: not loaded */
	struct oid tip; /* what the ref said when the history was made current */
	struct index index; /* the file that the history borrows of */
};

/* Make the directories and files of an empty repository, durable, where nothing is yet. */
int repo_init(const char *path, struct err *err);
/* One syncfs of the file system that holds the store. */
int repo_sync(const char *path, struct err *err);
/* Open with a reference database that syncs and an object database that does not (tx.h: one syncfs instead). */
int repo_open(const char *path, git_repository **git, git_odb **odb, struct err *err);

/* Packs were made or removed by another process since the opening: open again, for libgit2 never lets go of one that is
 * gone, nor of its room on the disk. Where that fails all stays as it was. */
void repo_follow(struct store *s);

/* Put another history in the place of the one that is loaded; NULL: none. */
void store_replace(struct store_ledger *l, struct history *fresh);
/* Give back what libgit2 and the allocator keep for later. */
void repo_rest(struct store *s);

/* libgit2's last error on this thread as ours: what was tried on which thing. A missing or damaged object that
 * something refers to is ERR_CORRUPT. */
int repo_fail(struct err *err, int rc, const char *what, const char *thing);

/* "refs/heads/<ledger>" after checking the name: "directives/<unit>" or "reports/<unit>". Else ERR_NOT_FOUND: there is
 * no such ledger, nor can there be. */
int repo_ref(const char *ledger, struct buf *out, struct err *err);
bool repo_ledger_name(const char *ledger);

git_oid repo_git_oid(const struct oid *id);
struct oid repo_oid(const git_oid *id);

/* Read an object that must be there and be of this kind. */
int repo_read(
    struct store *s, git_object_t kind, const struct oid *id, git_odb_object **out, struct err *err);
bool repo_has_commit(struct store *s, const struct oid *id);
/* The text of a blob, in `arena`. */
int repo_blob(struct store *s, const struct oid *id, struct arena *arena, const char **text, size_t *len,
    struct err *err);

#endif

#include "store/repo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/sys.h"
#include "record/text.h"
#include "store/loose.h"

#define CACHE_BYTES (2 * 1024 * 1024)
#define CACHED_TREE_BYTES (1024 * 1024) /* libgit2 would keep none over 4 KB */
#define WINDOW_BYTES (1024 * 1024)
#define MAPPED_BYTES (8 * 1024 * 1024)
#define MAPPED_FILES 32

static pthread_once_t started = PTHREAD_ONCE_INIT;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static void start(void)
{
	static const git_config_level_t levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
	    GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	git_libgit2_init();
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES);
	/* Else the folder of a province's units is read anew for each of them. */
	git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)CACHED_TREE_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, (size_t)MAPPED_FILES);
}

int repo_fail(struct err *err, int rc, const char *what, const char *thing)
{
	const git_error *last = git_error_last();
	const char *why = last && last->message ? last->message : "unknown error";
	int code = ERR_IO;
	if (rc == GIT_ELOCKED || rc == GIT_EMODIFIED) {
		err_set(err, ERR_BUSY, N_("cannot %1 %2 now: %3"), what, thing, why);
		err_hint(err, N_("another program is writing to this store; try again"));
		return ERR_BUSY;
	}
	if (rc == GIT_ENOTFOUND || rc == GIT_EMISMATCH || rc == GIT_EINVALID ||
	    (last && last->klass == GIT_ERROR_ZLIB))
		code = ERR_CORRUPT;
	err_set(err, code, N_("cannot %1 %2: %3"), what, thing, why);
	if (code == ERR_CORRUPT)
		err_hint(err, N_("the store is damaged; run 'tuyen verify' to see where, and "
				 "'tuyen repair' to mend it"));
	return code;
}

git_oid repo_git_oid(const struct oid *id)
{
	git_oid out;
	git_oid_fromraw(&out, id->b);
	return out;
}

struct oid repo_oid(const git_oid *id)
{
	struct oid out;
	memcpy(out.b, id->id, OID_SIZE);
	return out;
}

bool repo_ledger_name(const char *ledger)
{
	static const char *const kinds[] = {"directives/", "reports/"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t len = strlen(kinds[i]);
		if (strncmp(ledger, kinds[i], len) == 0)
			return text_is_id(ledger + len) && !strchr(ledger + len, '@');
	}
	return false;
}

int repo_ref(const char *ledger, struct buf *out, struct err *err)
{
	if (!repo_ledger_name(ledger)) {
		err_set(err, ERR_NOT_FOUND, N_("'%1' is not the name of a ledger"), ledger);
		err_hint(err, N_("ledgers are called directives/<unit> and reports/<unit>"));
		return ERR_NOT_FOUND;
	}
	buf_printf(out, "refs/heads/%s", ledger);
	return 0;
}

/* The empty directories that a later sync of a file in them would not make durable. */
static int make_dirs(const char *path, struct err *err)
{
	static const char *const named[] = {"tuyen", "refs/heads/directives", "refs/heads/reports"};
	struct buf dir = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof named / sizeof *named; i++) {
		buf_cut(&dir, 0);
		buf_printf(&dir, "%s/%s", path, named[i]);
		rc = sys_make_dir(buf_str(&dir), 0777, err);
	}
	for (unsigned i = 0; rc == 0 && i < 256; i++) {
		buf_cut(&dir, 0);
		buf_printf(&dir, "%s/objects/%02x", path, i);
		rc = sys_make_dir(buf_str(&dir), 0777, err);
	}
	buf_free(&dir);
	return rc;
}

int repo_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || syncfs(fd) < 0 ? sys_error(err, "write", path) : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

static bool is_free(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	if (!dir)
		return errno == ENOENT;
	while ((e = readdir(dir)) && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0))
		;
	closedir(dir);
	return !e;
}

int repo_init(const char *path, struct err *err)
{
	if (!is_free(path)) {
		err_set(err, ERR_REFUSED, N_("%1 is not an empty directory"), path);
		err_hint(err, N_("name a directory that does not exist yet"));
		return ERR_REFUSED;
	}
	pthread_once(&started, start);
	git_repository *git = NULL;
	git_config *config = NULL;
	git_repository_init_options options;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
	int git_rc = git_repository_init_ext(&git, path, &options);
	if (git_rc == 0)
		git_rc = git_repository_config(&config, git);
	/* Stock git must not repack beside a writer it knows nothing of. */
	if (git_rc == 0)
		git_rc = git_config_set_int32(config, "gc.auto", 0);
	int rc = git_rc ? repo_fail(err, git_rc, "create", path) : 0;
	if (rc == 0)
		rc = make_dirs(path, err);
	if (rc == 0)
		rc = repo_sync(path, err);
	git_config_free(config);
	git_repository_free(git);
	return rc;
}

/* Loose objects before packs, so that a good loose one stands for what a damaged pack has. */
static int open_objects(git_repository *git, const char *path, git_odb **odb)
{
	git_odb_backend *loose = NULL, *packs = NULL;
	struct buf objects = {0};
	buf_printf(&objects, "%s/objects", path);
	int rc = git_odb_new(odb);
	if (rc == 0)
		rc = loose_backend(&loose, buf_str(&objects));
	if (rc == 0)
		rc = git_odb_add_backend(*odb, loose, 2);
	if (rc == 0)
		rc = git_odb_backend_pack(&packs, buf_str(&objects));
	if (rc == 0)
		rc = git_odb_add_backend(*odb, packs, 1);
	if (rc == 0)
		rc = git_repository_set_odb(git, *odb);
	buf_free(&objects);
	return rc;
}

int repo_open(const char *path, git_repository **git, git_odb **odb, struct err *err)
{
	pthread_once(&started, start);
	git_refdb *refs = NULL;
	*git = NULL;
	*odb = NULL;
	int rc = git_repository_open_ext(
	    git, path, GIT_REPOSITORY_OPEN_BARE | GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	/* The switch is read when the reference database is opened, and again at every write of an object. */
	pthread_mutex_lock(&opening);
	if (rc == 0) {
		git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
		rc = git_repository_refdb(&refs, *git);
		git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 0);
	}
	pthread_mutex_unlock(&opening);
	if (rc == 0)
		rc = open_objects(*git, path, odb);
	git_refdb_free(refs);
	if (rc == 0)
		return 0;
	if (rc == GIT_ENOTFOUND)
		err_set(err, ERR_NOT_FOUND, N_("there is no store in %1"), path);
	else
		repo_fail(err, rc, "open", path);
	git_odb_free(*odb);
	git_repository_free(*git);
	*odb = NULL;
	*git = NULL;
	return err->code;
}

static struct timespec packs_changed(const struct store *s)
{
	struct stat st = {0};
	struct buf path = {0};
	buf_printf(&path, "%s/objects/pack", s->path);
	if (stat(buf_str(&path), &st) < 0)
		st.st_mtim = (struct timespec){0};
	buf_free(&path);
	return st.st_mtim;
}

static void open_again(struct store *s)
{
	git_repository *git;
	git_odb *odb;
	struct err none = {0};
	if (repo_open(s->path, &git, &odb, &none) != 0)
		return;
	git_odb_free(s->odb);
	git_repository_free(s->git);
	s->git = git;
	s->odb = odb;
}

void repo_follow(struct store *s)
{
	struct timespec now = packs_changed(s);
	if (now.tv_sec == s->packs.tv_sec && now.tv_nsec == s->packs.tv_nsec)
		return;
	bool first = s->packs.tv_sec == 0;
	s->packs = now;
	if (!first)
		open_again(s);
}

void repo_rest(struct store *s)
{
	/* libgit2 empties its caches with the repository, and no sooner. */
	open_again(s);
	malloc_trim(0);
}

int repo_read(struct store *s, git_object_t kind, const struct oid *id, git_odb_object **out, struct err *err)
{
	char hex[OID_HEX + 1];
	git_oid key = repo_git_oid(id);
	oid_hex(id, hex);
	*out = NULL;
	int rc = git_odb_read(out, s->odb, &key);
	s->reads++;
	if (rc)
		return repo_fail(err, rc, "read object", hex);
	if (git_odb_object_type(*out) == kind)
		return 0;
	git_odb_object_free(*out);
	*out = NULL;
	err_set(err, ERR_CORRUPT, N_("object %1 is not a %2"), hex, git_object_type2string(kind));
	err_hint(err, N_("run 'tuyen verify', then restore the store from the superior or a backup"));
	return ERR_CORRUPT;
}

bool repo_has_commit(struct store *s, const struct oid *id)
{
	size_t len;
	git_object_t kind;
	git_oid key = repo_git_oid(id);
	return git_odb_read_header(&len, &kind, s->odb, &key) == 0 && kind == GIT_OBJECT_COMMIT;
}

int repo_blob(struct store *s, const struct oid *id, struct arena *arena, const char **text, size_t *len,
    struct err *err)
{
	git_odb_object *blob;
	int rc = repo_read(s, GIT_OBJECT_BLOB, id, &blob, err);
	if (rc)
		return rc;
	*len = git_odb_object_size(blob);
	*text = arena_dup_len(arena, git_odb_object_data(blob), *len);
	git_odb_object_free(blob);
	return 0;
}

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli.h"
#include "registry/config.h"
#include "say.h"
#include "store/tx.h"
#include "tree.h"

/* What of a node goes into a backup; what is missing is made again when it is restored. */
static const char *const parts[] = {CONFIG_FILE, "key", "store.git"};
#define N_PARTS (sizeof parts / sizeof *parts)

static int archive_fail(struct err *err, struct archive *a, const char *path)
{
	const char *why = archive_error_string(a);
	return err_set(err, ERR_IO, "the archive %1 failed: %2", path, why ? why : strerror(errno));
}

/* Leavings of killed writers: half-written objects and locks of a daemon that this node no longer has. */
static bool is_litter(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t len = strlen(name);
	return (len > 5 && strcmp(name + len - 5, ".lock") == 0) ||
	       strncmp(name, "tmp_object_git2_", 16) == 0 || strncmp(name, "pack_git2_", 10) == 0;
}

static int add_bytes(struct archive *out, const char *source, const char *path, struct err *err)
{
	char piece[16384];
	ssize_t n;
	int fd = open(source, O_RDONLY | O_CLOEXEC), rc = 0;
	if (fd < 0)
		return sys_error(err, "read", source);
	while (rc == 0 && (n = read(fd, piece, sizeof piece)) != 0) {
		if (n < 0)
			rc = errno == EINTR ? 0 : sys_error(err, "read", source);
		else if (archive_write_data(out, piece, (size_t)n) != n)
			rc = archive_fail(err, out, path);
	}
	close(fd);
	return rc;
}

static int add_entry(struct archive *out, struct archive *disk, struct archive_entry *entry, size_t skip,
    const char *path, struct err *err)
{
	const char *source = archive_entry_sourcepath(entry);
	char *own = mem_dup(source);
	int rc = 0;
	if (archive_entry_filetype(entry) == AE_IFDIR)
		archive_read_disk_descend(disk);
	if (!is_litter(own)) {
		archive_entry_set_pathname(entry, own + skip);
		archive_entry_set_uname(entry, NULL);
		archive_entry_set_gname(entry, NULL);
		if (archive_write_header(out, entry) < ARCHIVE_WARN)
			rc = archive_fail(err, out, path);
		else if (archive_entry_filetype(entry) == AE_IFREG)
			rc = add_bytes(out, own, path, err);
	}
	free(own);
	return rc;
}

static int add_part(
    struct archive *out, const struct cli *cli, const char *part, const char *path, struct err *err)
{
	struct archive *disk = archive_read_disk_new();
	struct archive_entry *entry = archive_entry_new();
	char *top = cli_path(cli, part);
	int rc = 0, got = ARCHIVE_OK;
	archive_read_disk_set_symlink_physical(disk);
	if (archive_read_disk_open(disk, top) < ARCHIVE_WARN)
		rc = archive_fail(err, disk, top);
	while (rc == 0 && (got = archive_read_next_header2(disk, entry)) != ARCHIVE_EOF) {
		if (got < ARCHIVE_WARN)
			rc = archive_fail(err, disk, top);
		else
			rc = add_entry(out, disk, entry, strlen(cli->dir) + 1, path, err);
		archive_entry_clear(entry);
	}
	free(top);
	archive_entry_free(entry);
	archive_read_free(disk);
	return rc;
}

/* The archive itself, to an open file. */
static int write_archive(const struct cli *cli, int fd, const char *path, struct err *err)
{
	struct archive *out = archive_write_new();
	int rc = 0;
	archive_write_add_filter_gzip(out);
	archive_write_set_format_pax_restricted(out);
	if (archive_write_open_fd(out, fd) < ARCHIVE_WARN)
		rc = archive_fail(err, out, path);
	for (size_t i = 0; rc == 0 && i < N_PARTS; i++)
		rc = add_part(out, cli, parts[i], path, err);
	if (rc == 0 && archive_write_close(out) < ARCHIVE_WARN)
		rc = archive_fail(err, out, path);
	archive_write_free(out);
	return rc;
}

static int write_file(const struct cli *cli, const char *path, struct err *err)
{
	struct buf temp = {0};
	buf_printf(&temp, "%s.new", path);
	unlink(buf_str(&temp));
	int rc = 0, fd = open(buf_str(&temp), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		rc = sys_error(err, "write", path);
	if (rc == 0)
		rc = write_archive(cli, fd, path, err);
	if (rc == 0 && (fsync(fd) < 0 || rename(buf_str(&temp), path) < 0))
		rc = sys_error(err, "write", path);
	if (fd >= 0)
		close(fd);
	if (rc != 0 && fd >= 0)
		unlink(buf_str(&temp));
	buf_free(&temp);
	return rc;
}

int cli_backup(struct cli *cli, struct err *err)
{
	struct config config = {0};
	struct store *store = NULL;
	struct tx *tx = NULL;
	const char *path = args_word(&cli->args, 0);
	char *store_path = cli_path(cli, "store.git");
	bool to_stdout = strcmp(path, "-") == 0;
	int rc = config_load(cli->dir, &config, err);
	if (rc == 0 && to_stdout && isatty(STDOUT_FILENO))
		rc = err_set(err, ERR_USAGE, "a backup does not go to a terminal");
	if (rc == 0)
		rc = store_open(store_path, &store, err);
	/* While a transaction is open nobody else writes. */
	if (rc == 0)
		rc = tx_begin(store, &tx, err);
	if (rc == 0)
		rc = to_stdout ? write_archive(cli, STDOUT_FILENO, path, err) : write_file(cli, path, err);
	if (rc == 0)
		say(N_("%1 holds the node with its private key: keep it where nobody else reads it"), path);
	tx_destroy(tx);
	store_close(store);
	config_free(&config);
	free(store_path);
	return rc;
}

/* An archive from outside: only plain files and directories of the parts of a node, at plain paths. */
static bool is_part(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);
	mode_t type = archive_entry_filetype(entry);
	if (!path || archive_entry_hardlink(entry) || (type != AE_IFREG && type != AE_IFDIR) ||
	    strstr(path, ".."))
		return false;
	for (size_t i = 0; i < N_PARTS; i++) {
		size_t len = strlen(parts[i]);
		if (strncmp(path, parts[i], len) == 0 && (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

static int copy_bytes(struct archive *in, struct archive *disk, const char *path, struct err *err)
{
	const void *bytes;
	size_t len;
	la_int64_t offset;
	int got;
	while ((got = archive_read_data_block(in, &bytes, &len, &offset)) != ARCHIVE_EOF) {
		if (got < ARCHIVE_WARN)
			return archive_fail(err, in, path);
		if (archive_write_data_block(disk, bytes, len, offset) < ARCHIVE_WARN)
			return archive_fail(err, disk, path);
	}
	return 0;
}

static int extract_entry(const struct tree *tree, struct archive *in, struct archive *disk,
    struct archive_entry *entry, const char *path, struct err *err)
{
	if (!is_part(entry)) {
		const char *name = archive_entry_pathname(entry);
		err_set(
		    err, ERR_INPUT, "%1 is not a backup of a node: it holds '%2'", path, name ? name : "");
		return ERR_INPUT;
	}
	char *to = tree_path(tree, archive_entry_pathname(entry));
	archive_entry_set_pathname(entry, to);
	free(to);
	if (archive_write_header(disk, entry) < ARCHIVE_WARN)
		return archive_fail(err, disk, path);
	return copy_bytes(in, disk, path, err);
}

static int extract(const struct tree *tree, const char *path, struct err *err)
{
	struct archive *in = archive_read_new(), *disk = archive_write_disk_new();
	struct archive_entry *entry;
	bool from_stdin = strcmp(path, "-") == 0;
	int rc = 0, got = ARCHIVE_OK;
	archive_read_support_filter_gzip(in);
	archive_read_support_format_tar(in);
	archive_write_disk_set_options(disk, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME);
	int opened = from_stdin ? archive_read_open_fd(in, STDIN_FILENO, 16384)
				: archive_read_open_filename(in, path, 16384);
	if (opened < ARCHIVE_WARN)
		rc = archive_fail(err, in, path);
	while (rc == 0 && (got = archive_read_next_header(in, &entry)) != ARCHIVE_EOF)
		rc = got < ARCHIVE_WARN ? archive_fail(err, in, path)
					: extract_entry(tree, in, disk, entry, path, err);
	if (archive_write_close(disk) < ARCHIVE_WARN && rc == 0)
		rc = archive_fail(err, disk, path);
	archive_write_free(disk);
	archive_read_free(in);
	return rc;
}

/* What others remember of this node is of the one that was backed up: the daemon makes a new instance of itself. */
static void renew_instance(struct store *store, struct err *err)
{
	store_note_write(store, "instance", "", 0, err);
}

/* What was taken out must be a whole node before it goes into place. */
static int check_stage(const struct tree *tree, struct config *config, const char *path, struct err *err)
{
	struct err why = {0};
	struct key *key = NULL;
	struct store *store = NULL;
	struct strs ledgers = {0};
	char *key_path = tree_path(tree, "key"), *store_path = tree_path(tree, "store.git");
	if (config_load(tree->stage, config, &why) == 0 && key_load(key_path, &key, &why) == 0 &&
	    store_open(store_path, &store, &why) == 0 && store_ledgers(store, &ledgers, &why) == 0)
		renew_instance(store, &why);
	if (why.code) {
		struct buf text = {0};
		say_format(&why, &text);
		err_set(err, ERR_INPUT, "%1 is not a whole backup of a node: %2", path, buf_str(&text));
		buf_free(&text);
	}
	strs_free(&ledgers);
	store_close(store);
	key_free(key);
	free(key_path);
	free(store_path);
	return err->code;
}

int cli_restore(struct cli *cli, struct err *err)
{
	struct tree tree = {0};
	struct config config = {0};
	const char *path = args_word(&cli->args, 0);
	char node[136];
	int rc = tree_begin(&tree, cli->dir, err);
	if (rc == 0)
		rc = extract(&tree, path, err);
	if (rc == 0)
		rc = check_stage(&tree, &config, path, err);
	if (rc == 0)
		rc = tree_make_places(&tree, err);
	if (rc == 0) {
		sync();
		rc = tree_commit(&tree, err);
	}
	if (rc == 0) {
		config_node(&config, node);
		say(N_("%1 is the node of %2 again; the next sync fetches what came after the backup"),
		    cli->dir, node);
	}
	config_free(&config);
	tree_end(&tree);
	return rc;
}

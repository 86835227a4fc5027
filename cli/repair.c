#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"
#include "registry/config.h"
#include "say.h"
#include "store/repair.h"
#include "store/verify.h"

#define STORE "store.git"
#define WAIT_SECONDS "60"
#define GRACE_MS 20000

struct repairing {
	struct cli *cli;
	struct config config;
	struct key *key;
	struct store *store;
	struct repair *repair;
	struct registry *registry;
	struct repair_expected expected;
	bool lost_ref;
	struct arena arena;
};

static const char *number(struct repairing *r, size_t n)
{
	return arena_printf(&r->arena, "%zu", n);
}

/* ---- sources ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	remove(path);
	return 0;
}

static int archive_fail(struct err *err, struct archive *a, const char *path)
{
	const char *why = archive_error_string(a);
	return err_set(err, ERR_INPUT, "%1 is neither a store nor a backup: %2", path, why ? why : "?");
}

static bool is_of_store(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);
	mode_t type = archive_entry_filetype(entry);
	return path && strncmp(path, STORE "/", strlen(STORE "/")) == 0 && !strstr(path, "..") &&
	       !archive_entry_hardlink(entry) && (type == AE_IFREG || type == AE_IFDIR);
}

static int extract_one(
    struct archive *in, struct archive *disk, struct archive_entry *entry, const char *dir, struct err *err)
{
	const void *bytes;
	size_t len;
	la_int64_t offset;
	int got;
	struct buf to = {0};
	buf_printf(&to, "%s/%s", dir, archive_entry_pathname(entry));
	archive_entry_set_pathname(entry, buf_str(&to));
	buf_free(&to);
	if (archive_write_header(disk, entry) < ARCHIVE_WARN)
		return archive_fail(err, disk, dir);
	while ((got = archive_read_data_block(in, &bytes, &len, &offset)) != ARCHIVE_EOF)
		if (got < ARCHIVE_WARN || archive_write_data_block(disk, bytes, len, offset) < ARCHIVE_WARN)
			return archive_fail(err, got < ARCHIVE_WARN ? in : disk, dir);
	return 0;
}

/* The store of a backup, beside the node, where there is room for it. */
static int unpack(const char *path, const char *dir, struct err *err)
{
	struct archive *in = archive_read_new(), *disk = archive_write_disk_new();
	struct archive_entry *entry;
	int rc = 0, got = ARCHIVE_OK;
	archive_read_support_filter_gzip(in);
	archive_read_support_format_tar(in);
	if (archive_read_open_filename(in, path, 16384) < ARCHIVE_WARN)
		rc = archive_fail(err, in, path);
	while (rc == 0 && (got = archive_read_next_header(in, &entry)) != ARCHIVE_EOF) {
		if (got < ARCHIVE_WARN)
			rc = archive_fail(err, in, path);
		else if (is_of_store(entry))
			rc = extract_one(in, disk, entry, dir, err);
	}
	archive_write_free(disk);
	archive_read_free(in);
	return rc;
}

static int copy_from(struct repairing *r, const char *store, const char *path, struct err *err)
{
	struct store *from = NULL;
	size_t copied = 0;
	struct err why = {0};
	int rc = store_open(store, &from, &why);
	if (rc)
		return err_set(
		    err, ERR_INPUT, "%1 is neither a store nor a backup: %2", path, "no repository there");
	rc = repair_copy(r->repair, from, &copied, err);
	store_close(from);
	if (rc == 0)
		say(N_("%1 objects came from %2"), number(r, copied), path);
	return rc;
}

/* A node's folder, its store, or a backup of it. */
static int take_from(struct repairing *r, const char *path, struct err *err)
{
	struct stat st;
	struct buf place = {0};
	int rc;
	if (stat(path, &st) < 0)
		return sys_error(err, "read", path);
	if (S_ISDIR(st.st_mode)) {
		buf_printf(&place, "%s/" STORE, path);
		bool node = sys_exists(buf_str(&place));
		rc = copy_from(r, node ? buf_str(&place) : path, path, err);
		buf_free(&place);
		return rc;
	}
	buf_printf(&place, "%s/.repair-XXXXXX", r->cli->dir);
	if (!mkdtemp(place.data)) {
		rc = sys_error(err, "write", buf_str(&place));
	} else {
		char *store = arena_printf(&r->arena, "%s/" STORE, buf_str(&place));
		rc = unpack(path, buf_str(&place), err);
		if (rc == 0)
			rc = copy_from(r, store, path, err);
		nftw(buf_str(&place), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	buf_free(&place);
	return rc;
}

/* ---- the verb ---- */

static void tell_hurt(struct repairing *r)
{
	const struct repair_state *s = repair_state(r->repair);
	for (size_t i = 0; i < s->n_ledgers; i++)
		r->lost_ref = r->lost_ref || s->ledgers[i].lost_ref;
	if (s->damaged || s->missing)
		say(N_("%1 objects are damaged, %2 are missing"), number(r, s->damaged),
		    number(r, s->missing));
	for (size_t i = 0; i < s->n_ledgers; i++) {
		if (s->ledgers[i].lost_ref)
			say(N_("%1: the ledger itself is lost"), s->ledgers[i].name);
		else
			say(N_("%1 lacks %2 objects"), s->ledgers[i].name, number(r, s->ledgers[i].lost));
	}
}

static int open_store(struct repairing *r, struct err *err)
{
	char *path = cli_path(r->cli, STORE), *key = cli_path(r->cli, "key");
	int rc = config_load(r->cli->dir, &r->config, err);
	if (rc == 0)
		rc = key_load(key, &r->key, err);
	if (rc == 0)
		rc = repair_frame(path, err);
	if (rc == 0)
		rc = store_open(path, &r->store, err);
	r->registry = registry_new();
	if (rc == 0)
		rc = config_pin(&r->config, r->registry, err);
	if (rc == 0) {
		bool partial = !registry_load_partly(r->registry, r->store, NULL);
		repair_expect(r->store, r->registry, partial, r->key, r->config.unit, &r->expected);
	}
	free(path);
	free(key);
	return rc;
}

static int look(struct repairing *r, struct err *err)
{
	repair_end(r->repair);
	r->repair = NULL;
	return repair_begin(r->store, &r->expected, &r->repair, err);
}

/* With what is on this machine: the sources named, and what was rescued before. What this node signed and no ref reaches
 * is the daemon's matter, which knows what was refused. */
static int mend_here(struct repairing *r, const struct strs *from, struct err *err)
{
	struct strs moved = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < from->n; i++)
		rc = take_from(r, from->items[i], err);
	if (rc)
		return rc;
	const struct repair_state *s = repair_state(r->repair);
	if (!s->missing && !s->n_ledgers)
		rc = repair_settle(r->repair, err); /* what is still damaged, no ledger needs */
	repair_unlock(r->repair);
	if (rc == 0)
		rc = repair_put_back(r->store, r->repair, NULL, NULL, NULL, &moved, err);
	for (size_t i = 0; i < moved.n; i++)
		say(N_("%1: what only this node had is in it again"), moved.items[i]);
	strs_free(&moved);
	return rc ? rc : look(r, err);
}

/* The daemon brings the rest, and knows what of this node's own is to come back. */
static int ask_daemon(struct repairing *r, bool whole, struct err *err)
{
	repair_end(r->repair); /* and with it the lock */
	r->repair = NULL;
	if (!ask_aside(r->cli, "clock", ASK_TIMEOUT_MS, NULL)) {
		if (whole && r->lost_ref)
			say(N_("run 'tuyen repair' once more when the daemon runs: it puts back what was not "
			       "sent yet"));
		if (whole)
			return 0;
		err_set(err, ERR_REFUSED, "what is still missing can only come over a line");
		err_hint(
		    err, N_("start the daemon and run 'tuyen repair' again, or name a source: --from PATH"));
		return ERR_REFUSED;
	}
	if (!whole)
		say(N_("asking the superior and the subordinates for the rest"));
	if (!args_has(&r->cli->args, "timeout"))
		args_add_option(&r->cli->args, "timeout", WAIT_SECONDS);
	return ask_node_longer(r->cli, GRACE_MS, err);
}

static int repair(struct repairing *r, const struct strs *from, struct err *err)
{
	int rc = look(r, err);
	bool hurt = rc == 0 && !repair_is_whole(repair_state(r->repair));
	if (hurt) {
		tell_hurt(r);
		rc = mend_here(r, from, err);
	}
	if (rc == 0)
		rc = ask_daemon(r, repair_is_whole(repair_state(r->repair)), err);
	if (rc == 0)
		say_out(hurt ? N_("the store is whole again") : N_("nothing is damaged, nothing is missing"));
	return rc;
}

int cli_repair(struct cli *cli, struct err *err)
{
	struct repairing r = {.cli = cli};
	struct strs from = {0};
	for (size_t i = 0; i < cli->args.n_options; i++)
		if (strcmp(cli->args.options[i].name, "from") == 0)
			strs_add(&from, cli->args.options[i].value);
	int rc = open_store(&r, err);
	if (rc == 0)
		rc = repair(&r, &from, err);
	repair_end(r.repair);
	store_close(r.store);
	key_free(r.key);
	config_free(&r.config);
	registry_free(r.registry);
	repair_expected_free(&r.expected);
	strs_free(&from);
	arena_free(&r.arena);
	return rc;
}

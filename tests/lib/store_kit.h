/* tests/lib/store_kit.h - stores in temporary directories, and stock git beside them. */
#ifndef TUYEN_TESTS_STORE_KIT_H
#define TUYEN_TESTS_STORE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/tx.h"
#include "store/verify.h"

#define KIT_NOW INT64_C(1782867600) /* 2026-07-01T08:00:00+07:00 */

#define assert_ok(rc, err) kit_ok((rc), &(err), __FILE__, __LINE__)

static inline void kit_ok(int rc, const struct err *err, const char *file, int line)
{
	struct buf text = {0};
	if (rc == 0)
		return;
	err_format(err, NULL, &text);
	print_error("%s:%d: %d %s [%s %s]\n", file, line, rc, buf_str(&text), err->rule ? err->rule : "",
	    err->record);
	buf_free(&text);
	_fail(file, line);
}

/* A fresh directory, in memory where there is such a place (a sync then waits for nobody else's writing); removed by
 * kit_remove. */
static inline char *kit_dir(void)
{
	const char *top = getenv("TMPDIR");
	if (!top)
		top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct buf path = {0};
	buf_printf(&path, "%s/tuyen-store-XXXXXX", top);
	assert_non_null(mkdtemp(path.data));
	return buf_take(&path);
}

/* What a shell command exits with; its output goes to <dir>/out. No configuration of the user's is read. */
static inline int kit_run(const char *dir, const char *command)
{
	struct buf line = {0};
	buf_printf(&line,
	    "cd %s && HOME=%s GIT_CONFIG_NOSYSTEM=1 LC_ALL=C && export HOME GIT_CONFIG_NOSYSTEM LC_ALL && "
	    "{ %s; } >%s/out 2>&1",
	    dir, dir, command, dir);
	int status = system(line.data);
	buf_free(&line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void kit_remove(char *dir)
{
	struct buf line = {0};
	buf_printf(&line, "rm -rf %s", dir);
	assert_int_equal(system(line.data), 0);
	buf_free(&line);
	free(dir);
}

static inline char *kit_path(const char *dir, const char *name)
{
	struct buf path = {0};
	buf_printf(&path, "%s/%s", dir, name);
	return buf_take(&path);
}

static inline struct store *kit_store(const char *dir, const char *name)
{
	struct err err = {0};
	struct store *s;
	char *path = kit_path(dir, name);
	assert_ok(store_init(path, &err), err);
	assert_ok(store_open(path, &s, &err), err);
	free(path);
	return s;
}

/* The canonical text of a record written loosely; the caller frees it. */
static inline char *kit_text(const char *ledger, const char *path, const char *yaml)
{
	struct arena arena = {0};
	struct err err = {0};
	struct record r;
	struct buf out = {0};
	assert_ok(record_read(&r, &arena, type_by_path(ledger, path), path, yaml, strlen(yaml), &err), err);
	record_print(&r, &out);
	arena_free(&arena);
	return buf_take(&out);
}

/* One change that writes one record (yaml NULL: removes it) into an open transaction. */
static inline int kit_edit(struct tx *tx, const struct tx_writer *w, const char *ledger, const char *path,
    const char *yaml, struct oid *id, struct err *err)
{
	char *text = yaml ? kit_text(ledger, path, yaml) : NULL;
	struct change_record r = {path, text, text ? strlen(text) : 0};
	struct change edits = {
	    .ledger = ledger, .subject = "report: write", .claim = CLAIM_NONE, .records = &r, .n_records = 1};
	int rc = tx_write(tx, w, &edits, id, err);
	free(text);
	return rc;
}

static inline struct oid kit_write(
    struct store *s, const struct tx_writer *w, const char *ledger, const char *path, const char *yaml)
{
	struct err err = {0};
	struct tx *tx;
	struct oid id;
	assert_ok(tx_begin(s, &tx, &err), err);
	assert_ok(kit_edit(tx, w, ledger, path, yaml, &id, &err), err);
	assert_ok(tx_commit(tx, &err), err);
	tx_destroy(tx);
	return id;
}

static inline struct tx_writer kit_writer(const char *unit, const char *station, int rank)
{
	struct err err = {0};
	struct key *key;
	assert_ok(key_generate(&key, &err), err);
	return (struct tx_writer){.key = key, .unit = unit, .station = station, .rank = rank, .now = KIT_NOW};
}

static inline void kit_writer_free(struct tx_writer *w)
{
	key_free((struct key *)w->key);
}

static inline char *kit_read(struct store *s, const char *ledger, const char *path)
{
	struct err err = {0};
	struct buf out = {0};
	int rc = store_read(s, ledger, NULL, path, &out, &err);
	if (rc == ERR_NOT_FOUND)
		return NULL;
	assert_ok(rc, err);
	return buf_take(&out);
}

#endif

/* Attachments that no record names any more go after a time. When that was seen first stands in the note "unnamed",
 * a line each: id, seconds. */
#include <stdlib.h>
#include <string.h>

#include "store/attach.h"
#include "store/repo.h"

#define NOTE "unnamed"
#define REFS "refs/attachments/"

static void visit(void *ctx, const char *path, const struct record *r)
{
	const char *hex;
	size_t i = 0;
	(void)path;
	while (r && record_next_key(r, "attachments", &i, &hex))
		if (attach_name_ok(hex))
			strs_add(ctx, hex);
}

static int named(struct store *s, struct strs *out, struct err *err)
{
	struct strs ledgers = {0};
	int rc = store_ledgers(s, &ledgers, err);
	for (size_t i = 0; rc == 0 && i < ledgers.n; i++) {
		struct oid none = {{0}}, tip;
		rc = store_tip(s, ledgers.items[i], &tip, err);
		if (rc == 0)
			rc = attach_walk(s, ledgers.items[i], &none, &tip, visit, out, err);
	}
	strs_free(&ledgers);
	strs_sort(out);
	return rc;
}

static int kept_here(struct store *s, struct strs *out, struct err *err)
{
	git_reference_iterator *all = NULL;
	const char *name;
	int rc = git_reference_iterator_glob_new(&all, s->git, REFS "*");
	while (rc == 0 && (rc = git_reference_next_name(&name, all)) == 0)
		if (attach_name_ok(name + sizeof REFS - 1))
			strs_add(out, name + sizeof REFS - 1);
	git_reference_iterator_free(all);
	return rc == GIT_ITEROVER ? 0 : repo_fail(err, rc, "read", s->path);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Since when it is not named, by the note; `now` where that is new. */
static int64_t since(const char *note, const char *hex, int64_t now)
{
	const char *at = strstr(note, hex);
	long long then = at && at[ATTACH_HEX] == ' ' ? strtoll(at + ATTACH_HEX, NULL, 10) : now;
	return then > 0 && then <= now ? then : now;
}

int attach_sweep(struct store *s, int64_t now, size_t *gone, struct err *err)
{
	struct strs here = {0}, names = {0};
	struct buf before = {0}, after = {0};
	int rc = kept_here(s, &here, err);
	*gone = 0;
	if (rc == 0 && here.n)
		rc = named(s, &names, err);
	if (rc == 0)
		rc = store_note_read(s, NOTE, &before, err);
	for (size_t i = 0; rc == 0 && i < here.n; i++) {
		if (names.n && bsearch(&here.items[i], names.items, names.n, sizeof *names.items, compare))
			continue;
		int64_t then = since(buf_str(&before), here.items[i], now);
		if (now - then >= ATTACH_KEEP) {
			rc = attach_drop(s, here.items[i], err);
			++*gone;
		} else {
			buf_printf(&after, "%s %lld\n", here.items[i], (long long)then);
		}
	}
	if (rc == 0 && strcmp(buf_str(&before), buf_str(&after)) != 0)
		rc = store_note_write(s, NOTE, after.data, after.len, err);
	buf_free(&before);
	buf_free(&after);
	strs_free(&here);
	strs_free(&names);
	return rc;
}

/*
 * Three copies of one record into one, for people who edit a clone with git (contrib/git-merge-tuyen). Field by field, as the
 * ledgers do it, but git's clones know no ranks: what both sides changed in two ways is left to whoever merges, between git's
 * marks. What the clone then pushes is no signed change; the figures go into the node by its commands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "cli.h"
#include "merge/merge.h"
#include "say.h"

enum { BASE, OURS, THEIRS, SIDES };

struct three {
	struct arena arena;
	const struct record_type *type;
	struct record side[SIDES];
	struct record ours, theirs; /* merged; where both changed a field, with what either side says */
	struct strs clashes; /* fields */
};

static int read_side(struct three *t, const char *file, struct record *out, struct err *err)
{
	struct buf bytes = {0};
	int rc = sys_read_file(file, YAML_RECORD_MAX, &bytes, err);
	record_init(out, &t->arena, t->type);
	if (rc == 0 && bytes.len) {
		const char *text = arena_dup_len(&t->arena, bytes.data, bytes.len);
		struct err strict = {0};
		if (record_parse(out, &t->arena, t->type, text, bytes.len, &strict) != 0)
			rc = record_read(out, &t->arena, t->type, file, text, bytes.len, err);
	}
	buf_free(&bytes);
	return rc;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Texts of several lines: each side's lines, where they do not touch. */
static const char *blend(
    struct three *t, const char *field, const char *base, const char *ours, const char *theirs)
{
	const struct field_type *type = type_field(t->type, field, NULL);
	struct buf out = {0};
	const char *value = NULL;
	if (type && type->kind == FIELD_TEXT && base && ours && theirs &&
	    merge_lines(base, (const char *const[]){ours, theirs}, 2, &out) && out.len)
		value = arena_dup(&t->arena, buf_str(&out));
	buf_free(&out);
	return value;
}

static void merge_field(struct three *t, const char *field)
{
	const char *base = record_get(&t->side[BASE], field), *ours = record_get(&t->side[OURS], field),
		   *theirs = record_get(&t->side[THEIRS], field);
	if (same(ours, base))
		ours = theirs;
	else if (same(theirs, base))
		theirs = ours;
	if (!same(ours, theirs)) {
		const char *both = blend(t, field, base, ours, theirs);
		if (both)
			ours = theirs = both;
		else
			strs_add(&t->clashes, field);
	}
	record_put(&t->ours, field, ours);
	record_put(&t->theirs, field, theirs);
}

static void merge_all(struct three *t)
{
	record_init(&t->ours, &t->arena, t->type);
	record_init(&t->theirs, &t->arena, t->type);
	struct strs fields = {0};
	for (int s = 0; s < SIDES; s++)
		for (size_t i = 0; i < t->side[s].n; i++)
			strs_add(&fields, t->side[s].fields[i].path);
	strs_sort(&fields);
	for (size_t i = 0; i < fields.n; i++)
		if (i == 0 || strcmp(fields.items[i], fields.items[i - 1]) != 0)
			merge_field(t, fields.items[i]);
	strs_free(&fields);
}

/* ---- the two texts as one, with git's marks ---- */

static const char *line_end(const char *at)
{
	return at + strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
}

static bool line_same(const char *a, const char *b)
{
	size_t n = (size_t)(line_end(a) - a);
	return *a && n == (size_t)(line_end(b) - b) && memcmp(a, b, n) == 0;
}

/* The next line that both still have; the one that takes the fewest lines to come to. */
static void meet(const char *a, const char *b, const char **at_a, const char **at_b)
{
	size_t best = SIZE_MAX, i = 0;
	*at_a = a + strlen(a);
	*at_b = b + strlen(b);
	for (const char *x = a; *x && i < best; x = line_end(x), i++) {
		size_t k = 0;
		for (const char *y = b; *y && i + k < best; y = line_end(y), k++)
			if (line_same(x, y)) {
				best = i + k;
				*at_a = x;
				*at_b = y;
			}
	}
}

static void mark(const char *a, const char *b, struct buf *out)
{
	while (*a || *b) {
		const char *next_a, *next_b;
		if (line_same(a, b)) {
			buf_add(out, a, (size_t)(line_end(a) - a));
			a = line_end(a);
			b = line_end(b);
			continue;
		}
		meet(a, b, &next_a, &next_b);
		buf_printf(out, "<<<<<<< ours\n%.*s=======\n%.*s>>>>>>> theirs\n", (int)(next_a - a), a,
		    (int)(next_b - b), b);
		a = next_a;
		b = next_b;
	}
}

static int write_result(struct three *t, const char *file, struct err *err)
{
	struct buf ours = {0}, theirs = {0}, out = {0};
	record_print(&t->ours, &ours);
	record_print(&t->theirs, &theirs);
	mark(buf_str(&ours), buf_str(&theirs), &out);
	int rc = sys_write_file(file, out.data, out.len, 0644, err);
	buf_free(&ours);
	buf_free(&theirs);
	buf_free(&out);
	return rc;
}

static const struct record_type *type_of(const char *path)
{
	const struct record_type *type = type_by_path("reports", path);
	return type ? type : type_by_path("directives", path);
}

int cli_merge_record(struct cli *cli, struct err *err)
{
	const char *path = args_word(&cli->args, 3);
	struct three t = {.type = type_of(path)};
	int rc = 0;
	if (!t.type) {
		err_set(err, ERR_INPUT, N_("no record of a ledger stands at %1"), path);
		err_hint(err, N_("leave this file to git's own merge"));
		return ERR_INPUT;
	}
	for (int s = 0; rc == 0 && s < SIDES; s++)
		rc = read_side(&t, args_word(&cli->args, (size_t)s), &t.side[s], err);
	if (rc == 0) {
		merge_all(&t);
		rc = write_result(&t, args_word(&cli->args, OURS), err);
	}
	for (size_t i = 0; rc == 0 && i < t.clashes.n; i++)
		say(N_("%1: both sides changed %2; choose between the marks"), path, t.clashes.items[i]);
	if (rc == 0 && t.clashes.n)
		rc = EXIT_REFUSED;
	strs_free(&t.clashes);
	arena_free(&t.arena);
	return rc;
}

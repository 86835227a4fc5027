#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "merge/merge.h"

#define LEDGER "reports/31"
#define REPORT "reports/31/p/2026-06.yaml"
#define CONFLICT "conflicts/6c/6cf4e796fbc27631e3d998b9e7b08a8e5692df46.yaml"

struct row {
	const char *path, *before, *after;
	const char
	    *writes; /* "field=value[*][!]" each with a blank after it; * by a seal, ! speaks for all */
};

static const struct row rows[] = {
    {REPORT, "state: draft\n", "state: draft\n", ""},
    {REPORT, NULL, NULL, ""},
    {REPORT, "state: draft\n", "state: submitted\n", "=+ state=submitted "},
    {REPORT, "state: draft\nnil: 'yes'\n", "state: draft\n", "=+ nil=(absent) "},
    {REPORT, NULL, "state: draft\nnil: 'yes'\n", "=+! nil=yes state=draft "},
    {REPORT, NULL, "{}\n", "=+! "},
    {REPORT, "{}\n", NULL, "=(absent) "},
    {REPORT, "state: draft\nnil: 'yes'\n", NULL, "=(absent) "},
    {REPORT, "what goes is not read", NULL, "=(absent) "},
    {REPORT, "state: submitted\nversion: '1'\nnil: 'yes'\n", "state: accepted\nversion: '1'\n",
	"=+*! state=accepted* version=1* nil=(absent)* "},
    {REPORT, "state: accepted\nversion: '1'\n", "state: accepted\nversion: '2'\n", "=+ version=2 "},
    {REPORT, NULL, "state: accepted\n", "=+*! state=accepted* "},
    /* a newer version's field */
    {REPORT, "state: draft\n", "state: draft\nzeal: much\n", "=+ zeal=much "},
    /* of a conflict record, words alone */
    {CONFLICT, "record: r\nstate: overruled\n",
	"record: r\nstate: objected\nobjections:\n  a.b:\n    reason: sai\n", "objections.a.b.reason=sai "},
    {CONFLICT, "record: r\nstate: objected\nobjections:\n  a.b:\n    reason: sai\n",
	"record: r\nstate: overruled\nkept:\n  value: '1'\n", "objections.a.b.reason=(absent) "},
    {CONFLICT, "record: r\nobjections:\n  a.b:\n    reason: sai\n", NULL, ""},
    {CONFLICT, NULL, "record: r\nstate: overruled\n", ""},
    {CONFLICT, "state: overruled\n", "state: overruled\nobjections:\n  a.b:\n    reason: sai\n",
	"objections.a.b.reason=sai "},
};

static struct change_texts texts_of(const struct row *row)
{
	return (struct change_texts){row->path, row->before, row->after,
	    row->before ? strlen(row->before) : 0, row->after ? strlen(row->after) : 0};
}

static void describe(const struct merge_writes *writes, struct buf *out)
{
	for (size_t i = 0; i < writes->n; i++) {
		const struct write *w = &writes->items[i];
		buf_printf(out, "%s=%s%s%s%s ", w->field, w->value ? w->value : "(absent)",
		    w->seal ? "*" : "", w->all ? "!" : "", w->settles ? "?" : "");
	}
}

static void assert_writes(const struct merge_writes *writes, const char *wanted)
{
	struct buf got = {0};
	describe(writes, &got);
	assert_string_equal(buf_str(&got), wanted);
	buf_free(&got);
}

static void what_a_change_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena arena = {0};
		struct merge_writes writes;
		struct err err = {0};
		struct change_texts texts = texts_of(&rows[i]);
		if (merge_writes_of(&arena, LEDGER, &texts, 1, &writes, &err))
			fail_msg("row %zu: %s", i, err.msg);
		assert_writes(&writes, rows[i].writes);
		arena_free(&arena);
	}
}

static void refused(void **state)
{
	(void)state;
	static const struct row bad[] = {
	    {"elsewhere.yaml", NULL, "a: b\n", "path"},
	    {"units/31.yaml", NULL, "code: '31'\n", "path"}, /* of another kind of ledger */
	    {REPORT, NULL, "nil: 'yes'\nstate: draft\n", "form"},
	    {REPORT, "state: draft", "state: draft\n", "form"},
	    {CONFLICT, NULL, "record: r\nobjections:\n  a.b:\n    reason: sai\n", "state"},
	    {CONFLICT, "record: " CONFLICT "\n",
		"record: " CONFLICT "\nobjections:\n  a.b:\n    reason: sai\n", "nesting"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena arena = {0};
		struct merge_writes writes;
		struct err err = {0};
		struct change_texts texts = texts_of(&bad[i]);
		assert_int_not_equal(merge_writes_of(&arena, LEDGER, &texts, 1, &writes, &err), 0);
		assert_int_not_equal(err.code, 0);
		assert_string_equal(err.rule, bad[i].writes);
		assert_string_equal(err.record, bad[i].path);
		arena_free(&arena);
	}
}

struct settling {
	const char *conflict, *before, *after, *writes;
};

static void what_settling_writes(void **state)
{
	(void)state;
	static const struct settling all[] = {
	    {"record: " REPORT "\nfield: nil\n", "state: draft\n", "state: draft\nnil: 'yes'\n",
		"=+ nil=yes? "},
	    {"record: " REPORT "\nfield: nil\n", "state: draft\n", "state: draft\n", "nil=(absent)? =+ "},
	    {"record: " REPORT "\nfield: state\n", "state: draft\n", "state: draft\n", "state=draft? =+ "},
	    {"record: " REPORT "\nfield: state\n", NULL, NULL, "state=(absent)? "},
	    {"record: " REPORT "\n", "state: draft\n", "state: draft\n", "=+? "},
	    {"record: " REPORT "\n", "state: draft\n", NULL, "=(absent)? "},
	    {"record: " REPORT "\n", NULL, NULL, "=(absent)? "},
	    {"record: " REPORT "\nfield: state\n", "state: submitted\n", "state: accepted\n",
		"=+*! state=accepted*? "},
	    {"record: " CONFLICT "\nfield: objections.a.b.reason\n", "objections:\n  a.b:\n    reason: sai\n",
		"objections:\n  a.b:\n    reason: sai\n", "objections.a.b.reason=sai? "},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct arena arena = {0};
		struct merge_writes writes;
		struct err err = {0};
		struct row row = {
		    strstr(all[i].conflict, CONFLICT) ? CONFLICT : REPORT, all[i].before, all[i].after, NULL};
		struct change_texts texts = texts_of(&row);
		assert_int_equal(merge_writes_of(&arena, LEDGER, &texts, 1, &writes, &err), 0);
		assert_int_equal(merge_settlement(&arena, LEDGER, all[i].conflict, strlen(all[i].conflict),
				     row.after, texts.after_len, &writes, &err),
		    0);
		assert_writes(&writes, all[i].writes);
		arena_free(&arena);
	}
}

/* With another record touched in the same change: the settlement is a write of its own. */
static void settling_beside_another(void **state)
{
	(void)state;
	static const char conflict[] = "record: " REPORT "\nfield: state\n", text[] = "state: draft\n";
	struct row row = {"reports/31/p/2026-07.yaml", "state: draft\n", "state: submitted\n", NULL};
	struct change_texts texts = texts_of(&row);
	struct arena arena = {0};
	struct merge_writes writes;
	struct err err = {0};
	assert_int_equal(merge_writes_of(&arena, LEDGER, &texts, 1, &writes, &err), 0);
	assert_int_equal(
	    merge_settlement(&arena, LEDGER, conflict, strlen(conflict), text, strlen(text), &writes, &err),
	    0);
	assert_writes(&writes, "=+ state=submitted state=draft? =+ ");
	assert_string_equal(writes.items[2].record, REPORT);
	arena_free(&arena);
}

static void settling_nothing(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "", "state: overruled\n", "record: elsewhere.yaml\n", "state: settled\nrecord: r\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena arena = {0};
		struct merge_writes writes = {0};
		struct err err = {0};
		assert_int_not_equal(
		    merge_settlement(&arena, LEDGER, bad[i], strlen(bad[i]), NULL, 0, &writes, &err), 0);
		assert_int_not_equal(err.code, 0);
		assert_int_equal(writes.n, 0);
		arena_free(&arena);
	}
}

static void settling_what_cannot_be_read(void **state)
{
	(void)state;
	static const char conflict[] = "record: " REPORT "\nfield: state\n", text[] = "state:  draft\n";
	struct arena arena = {0};
	struct merge_writes writes = {0};
	struct err err = {0};
	assert_int_equal(
	    merge_settlement(&arena, LEDGER, conflict, strlen(conflict), text, strlen(text), &writes, &err),
	    ERR_INPUT);
	assert_string_equal(err.rule, "form");
	assert_int_equal(writes.n, 0);
	arena_free(&arena);
}

static void conflict_names(void **state)
{
	(void)state;
	char id[41], path[64];
	struct oid losing;
	memset(losing.b, 0xc1, OID_SIZE);
	merge_conflict_id(REPORT, "values.TT01", &losing, id);
	merge_conflict_path(id, path);
	assert_string_equal(path, CONFLICT);
	merge_conflict_id(REPORT, "", &losing, id);
	assert_string_not_equal(id, "6cf4e796fbc27631e3d998b9e7b08a8e5692df46");
	assert_true(conflict_id_of_path(CONFLICT, id));
	assert_string_equal(id, "6cf4e796fbc27631e3d998b9e7b08a8e5692df46");
	static const char *const none[] = {REPORT, "conflicts/6c/6cf4.yaml",
	    "conflicts/7c/6cf4e796fbc27631e3d998b9e7b08a8e5692df46.yaml",
	    "conflicts/6c/6cz4e796fbc27631e3d998b9e7b08a8e5692df46.yaml",
	    "conflicts/6c/6cf4e796fbc27631e3d998b9e7b08a8e5692df46.yamL"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(conflict_id_of_path(none[i], id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_change_writes),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(what_settling_writes),
	    cmocka_unit_test(settling_beside_another),
	    cmocka_unit_test(settling_nothing),
	    cmocka_unit_test(settling_what_cannot_be_read),
	    cmocka_unit_test(conflict_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

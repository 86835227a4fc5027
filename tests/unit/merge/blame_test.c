#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "merge/blame.h"
#include "merge/merge.h"

#define LEDGER "reports/31"
#define REPORT "reports/31/p/2026-06.yaml"

static struct oid id_of(unsigned char name)
{
	struct oid id = {{0}};
	id.b[0] = name;
	return id;
}

static void add(struct history *h, unsigned char name, unsigned char sees, const char *writer, int rank,
    enum claim claim, const char *value, bool seal)
{
	struct err err = {0};
	const struct write writes[] = {{.record = REPORT, .field = "", .value = "+"},
	    {.record = REPORT, .field = "nil", .value = value, .seal = seal}};
	struct history_change c = {.id = id_of(name),
	    .writer = writer,
	    .unit = "31",
	    .rank = rank,
	    .claim = claim,
	    .writes = writes,
	    .n_writes = 2};
	struct oid head = id_of(sees);
	if (sees)
		oids_add(&c.heads, &head);
	assert_int_equal(history_add(h, &c, &err), 0);
	oids_free(&c.heads);
}

/* "field=value[?]: writer value [lost]; ..." */
static void describe(void *ctx, const struct blame_field *f)
{
	buf_printf(ctx, "%s=%s%s:", f->name, f->value ? f->value : "-", f->disputed ? "?" : "");
	for (size_t i = 0; i < f->n; i++)
		buf_printf(ctx, " %s %d %s%s%s%s;", f->writes[i].writer, f->writes[i].rank,
		    f->writes[i].value ? f->writes[i].value : "-", f->writes[i].seal ? "*" : "",
		    f->writes[i].lost ? " " : "", f->writes[i].lost ? f->writes[i].lost : "");
	buf_puts(ctx, "\n");
}

static void assert_blame(const struct history *h, const char *record, const char *wanted)
{
	struct buf got = {0};
	blame_record(h, LEDGER, record, describe, &got);
	assert_string_equal(buf_str(&got), wanted);
	buf_free(&got);
}

static void who_stands_and_who_lost(void **state)
{
	(void)state;
	struct history *h = history_new();
	add(h, 1, 0, "31", 1, CLAIM_NONE, "yes", false);
	assert_blame(h, REPORT, "=+: 31 1 +;\nnil=yes: 31 1 yes;\n");
	add(h, 2, 1, "11383", 3, CLAIM_NONE, NULL, false);
	assert_blame(h, REPORT, "=+: 11383 3 +;\nnil=-: 11383 3 -;\n");
	add(h, 3, 1, "31", 1, CLAIM_NONE, "a", true);
	assert_blame(h, REPORT, "=+: 11383 3 + rank; 31 1 +;\nnil=a: 11383 3 - seal; 31 1 a*;\n");
	add(h, 4, 1, "31.2", 1, CLAIM_OWNER, "b", false);
	assert_blame(h, REPORT,
	    "=+: 11383 3 + rank; 31 1 +; 31.2 1 +;\nnil=b: 11383 3 - seal; 31 1 a* owner; 31.2 1 b;\n");
	history_free(h);
}

static void of_a_dispute(void **state)
{
	(void)state;
	struct history *h = history_new();
	add(h, 1, 0, "31", 1, CLAIM_NONE, "yes", false);
	add(h, 2, 1, "11383", 3, CLAIM_NONE, "a", false);
	add(h, 3, 1, "cong-an@11383", 3, CLAIM_NONE, "b", false);
	assert_blame(
	    h, REPORT, "=+: 11383 3 +; cong-an@11383 3 +;\nnil=yes?: 11383 3 a; cong-an@11383 3 b;\n");
	history_free(h);
}

static void of_nothing(void **state)
{
	(void)state;
	struct history *h = history_new();
	assert_blame(h, REPORT, "");
	assert_blame(h, "no/record", "");
	history_free(h);
}

static void of_a_conflict(void **state)
{
	(void)state;
	struct history *h = history_new();
	struct oid losing = id_of(2);
	struct blame_write w;
	const char *record, *field;
	char id[41];
	add(h, 1, 0, "31", 1, CLAIM_NONE, "yes", false);
	add(h, 2, 1, "11383", 3, CLAIM_NONE, "a", false);
	merge_conflict_id(REPORT, "nil", &losing, id);
	assert_true(blame_conflict(h, id, &record, &field, &w));
	assert_string_equal(record, REPORT);
	assert_string_equal(field, "nil");
	assert_string_equal(w.writer, "11383");
	assert_string_equal(w.value, "a");
	merge_conflict_id(REPORT, "state", &losing, id);
	assert_false(blame_conflict(h, id, &record, &field, &w));
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_stands_and_who_lost),
	    cmocka_unit_test(of_a_dispute),
	    cmocka_unit_test(of_nothing),
	    cmocka_unit_test(of_a_conflict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

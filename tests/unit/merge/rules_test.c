/* Versions of the rule. The next one (TUYEN_NEXT, as coverage builds it) shows nothing where the first shows the last common value:
 * states that a change of the next version has not seen stay as they were, all others follow it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"

#define LEDGER "reports/31"
#define REPORT "reports/31/p/2026-06.yaml"
#define TASK "progress/31/p/t1.yaml"

static struct oid id_of(char name)
{
	struct oid id;
	memset(id.b, name, OID_SIZE);
	return id;
}

static void ids_of(const char *names, struct oids *out)
{
	*out = (struct oids){0};
	for (; *names; names++) {
		struct oid id = id_of(*names);
		oids_add(out, &id);
	}
}

static int add(struct history *h, char name, const char *sees, int rule, const char *record,
    const char *field, const char *value)
{
	struct err err = {0};
	const struct write writes[] = {{.record = record, .field = "", .value = "+"},
	    {.record = record, .field = field, .value = value}};
	const char writer[] = {name, '\0'};
	struct history_change c = {.id = id_of(name),
	    .writer = writer,
	    .unit = writer,
	    .rank = 2,
	    .rule = rule,
	    .claim = CLAIM_NONE,
	    .writes = writes,
	    .n_writes = 2};
	ids_of(sees, &c.heads);
	int rc = history_add(h, &c, &err);
	oids_free(&c.heads);
	assert_true(rc == 0 || err.hint);
	return rc;
}

static char *state_of(const struct history *h, const char *from, const char *heads)
{
	struct oids none, tips;
	struct merge_result r;
	struct buf text = {0};
	ids_of(from, &none);
	ids_of(heads, &tips);
	merge_advance(h, LEDGER, &none, &tips, &r);
	for (size_t i = 0; i < r.n; i++)
		buf_printf(&text, "%s\n%s\n", r.records[i].path, r.records[i].text);
	merge_result_free(&r);
	oids_free(&none);
	oids_free(&tips);
	return buf_take(&text);
}

static int rule_at(const struct history *h, const char *heads)
{
	struct oids tips;
	ids_of(heads, &tips);
	int rule = merge_rule(h, &tips);
	oids_free(&tips);
	return rule;
}

static bool says(const struct history *h, const char *from, const char *heads, const char *what)
{
	char *text = state_of(h, from, heads);
	bool found = strstr(text, what) != NULL;
	free(text);
	return found;
}

/* Two equals have said other figures of what was 7. */
static struct history *disputed(void)
{
	struct history *h = history_new();
	assert_int_equal(add(h, 'a', "", 1, REPORT, "values.TT01", "7"), 0);
	assert_int_equal(add(h, 'b', "a", 0, REPORT, "values.TT01", "8"), 0);
	assert_int_equal(add(h, 'c', "a", 1, REPORT, "values.TT01", "9"), 0);
	return h;
}

static void a_newer_one_waits(void **state)
{
	(void)state;
	struct history *h = disputed();
	assert_int_equal(rule_at(h, "bc"), 1);
	assert_int_equal(add(h, 'd', "bc", MERGE_RULE + 1, TASK, "percent", "1"), ERR_PARKED);
	assert_int_equal(history_count(h), 3);
	assert_true(says(h, "", "bc", "TT01: '7'"));
	history_free(h);
}

static void the_merge_says_which(void **state)
{
	(void)state;
	struct buf message = {0};
	merge_message(1, &message);
	assert_string_equal(buf_str(&message), "merge\n\nTuyen-Rule: 1\n");
	buf_cut(&message, 0);
	merge_message(2, &message);
	assert_string_equal(buf_str(&message), "merge\n\nTuyen-Rule: 2\n");
	buf_free(&message);
}

#if MERGE_RULE > 1
static void taken_again(const struct history *h)
{
	struct history *again = history_new();
	for (size_t i = 0; i < history_count(h); i++) {
		const void *bytes;
		size_t len;
		history_packed(h, i, &bytes, &len);
		assert_true(history_take(again, bytes, len));
	}
	for (char name = 'a'; name <= 'e'; name++) {
		struct oid id = id_of(name);
		assert_true(history_same(h, again, &id));
	}
	assert_int_equal(rule_at(again, "e"), rule_at(h, "e"));
	history_free(again);
}

static void old_states_stay_new_ones_follow(void **state)
{
	(void)state;
	struct history *h = disputed();
	char *before = state_of(h, "", "bc");
	assert_non_null(strstr(before, "TT01: '7'"));
	assert_int_equal(add(h, 'd', "a", 2, TASK, "percent", "1"), 0);
	assert_int_equal(rule_at(h, "bc"), 1);
	assert_int_equal(rule_at(h, "d"), 2);
	assert_int_equal(rule_at(h, "bcd"), 2);
	char *after = state_of(h, "", "bc");
	assert_string_equal(before, after);
	/* Nobody wrote on the report between, and yet it shows something else. */
	assert_true(says(h, "bc", "bcd", REPORT "\n{}"));
	assert_true(says(h, "", "bcd", REPORT "\n{}"));
	assert_false(says(h, "", "bcd", "base:"));
	assert_int_equal(add(h, 'e', "bcd", 2, TASK, "percent", "2"), 0);
	assert_false(says(h, "bcd", "e", REPORT));
	taken_again(h);
	history_drop_last(h);
	history_drop_last(h);
	assert_int_equal(rule_at(h, "bc"), 1);
	free(after);
	after = state_of(h, "", "bc");
	assert_string_equal(before, after);
	struct history *other = disputed();
	assert_int_equal(add(h, 'd', "a", 2, TASK, "percent", "1"), 0);
	assert_int_equal(add(other, 'd', "a", 1, TASK, "percent", "1"), 0);
	struct oid d = id_of('d');
	assert_false(history_same(h, other, &d));
	free(before);
	free(after);
	history_free(h);
	history_free(other);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newer_one_waits),
		cmocka_unit_test(the_merge_says_which),
#if MERGE_RULE > 1
		cmocka_unit_test(old_states_stay_new_ones_follow),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Directives: issued in versions, acknowledged, revoked, found by what people type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/directive.h"

#define ISSUE                                                                                        \
	"directive issue", "--id=D-017", "--plan=hp.2026-06", "--period=2026-06", "--title=Báo cáo", \
	    "--due=2026-07-05"
#define PATH "directives/D-017.yaml"

static int at_city(void **state)
{
	*state = memory_country();
	memory_at(*state, "31", NULL, NULL);
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

static const char *field(struct memory *m, const char *name)
{
	const char *value = memory_field(m, "directives/31", PATH, name);
	return value ? value : "-";
}

static void issue_writes_what_was_said(void **state)
{
	struct memory *m = *state;
	assert_int_equal(
	    memory_do(m, ISSUE, "--to=all", "--text=Nội dung", "--number=12/CV", "--tasks=NV01,NV02"), 0);
	assert_string_equal(buf_str(&m->last.output), "D-017\n");
	assert_string_equal(field(m, "plan"), "hp.2026-06");
	assert_string_equal(field(m, "to.all"), "+");
	assert_string_equal(field(m, "due"), "2026-07-05");
	assert_string_equal(field(m, "version"), "1");
	assert_string_equal(field(m, "tasks.NV02"), "+");
	assert_string_equal(field(m, "issued"), "2026-06-20T08:00:00+07:00");
}

static void units_resolve_to_ids(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, ISSUE, "--to=11383", "--to=unit 11050"), 0);
	assert_string_equal(field(m, "to.11383"), "+");
	assert_string_equal(field(m, "to.11050"), "+");
}

static void what_cannot_be_is_refused(void **state)
{
	struct memory *m = *state;
	static const struct {
		const char *a, *b, *said;
	} wrong[] = {
	    {"--to=00004", "--x", "not a unit below 31"},
	    {"--to=0", "--x", "not a unit below 31"},
	    {"--to=99999", "--x", ""},
	    {"--to=all,11383", "--x", "one or the other"},
	    {"--x", "--y", "--to all"},
	    {"--to=all", "--due=2026-02-30", ""},
	    {"--to=all", "--due=sớm", ""},
	    {"--to=all", "--period=2026-13", ""},
	    {"--to=all", "--plan=hp.2026-07", "hp.2026-06"},
	    {"--to=all", "--plan=", "--plan"},
	    {"--to=all", "--tasks=NV99", "NV99"},
	    {"--to=all", "--id=a/b", "a/b"},
	    {"--to=all", "--title=", "--title"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_true(memory_do(m, ISSUE, wrong[i].a, wrong[i].b) < 0);
		assert_non_null(strstr(memory_said(m), wrong[i].said));
	}
	assert_null(memory_find(m, "directives/31", PATH));
}

static void a_station_issues_nothing(void **state)
{
	struct memory *m = *state;
	memory_at(m, "31", "cong-an", "cong-an");
	assert_int_equal(memory_do(m, ISSUE, "--to=all"), ERR_REFUSED);
}

static void ids_are_found_when_not_given(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "directive issue", "--title=a", "--to=all"), 0);
	assert_string_equal(buf_str(&m->last.output), "D-001\n");
	assert_int_equal(memory_do(m, ISSUE, "--to=all"), 0);
	assert_int_equal(memory_do(m, "directive issue", "--title=a", "--to=all"), 0);
	assert_string_equal(buf_str(&m->last.output), "D-018\n");
}

static void issuing_again_is_a_new_version(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, ISSUE, "--to=all"), 0);
	assert_int_equal(memory_do(m, ISSUE, "--to=all"), 0);
	assert_int_equal(m->last.n_changes, 0);
	assert_int_equal(memory_do(m, "directive issue", "--id=D-017", "--due=2026-07-08"), 0);
	assert_string_equal(field(m, "version"), "2");
	assert_string_equal(field(m, "due"), "2026-07-08");
	assert_string_equal(field(m, "title"), "Báo cáo");
	assert_string_equal(field(m, "plan"), "hp.2026-06");
	assert_int_equal(memory_do(m, "directive issue", "--id=D-017", "--to=11383"), 0);
	assert_string_equal(field(m, "to.all"), "-");
}

static void acknowledging_names_the_version(void **state)
{
	struct memory *m = *state;
	struct directives all;
	struct err err = {0};
	memory_do(m, ISSUE, "--to=all");
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(directive_list(&m->view, &m->arena, &all, &err), 0);
	assert_true(all.items[0].mine && all.items[0].unread);
	assert_int_equal(memory_do(m, "directive ack", "D-017", "--note=đã rõ"), 0);
	assert_string_equal(memory_field(m, "reports/11383", "acks/31/D-017.yaml", "version"), "1");
	assert_int_equal(memory_do(m, "directive ack", "D-017"), 0);
	assert_int_equal(m->last.n_changes, 0);
	memory_at(m, "31", NULL, NULL);
	memory_do(m, "directive issue", "--id=D-017", "--due=2026-07-08");
	assert_int_equal(directive_list(&m->view, &m->arena, &all, &err), 0);
	assert_int_equal(all.items[0].n_acks, 2);
	assert_string_equal(all.items[0].acks[0].unit, "11050");
	assert_null(all.items[0].acks[0].version);
	assert_string_equal(all.items[0].acks[1].version, "1");
	assert_string_equal(all.items[0].acks[1].note, "đã rõ");
	assert_false(all.items[0].acks[1].current);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "directive ack", "31/D-017"), 0);
	assert_string_equal(memory_field(m, "reports/11383", "acks/31/D-017.yaml", "version"), "2");
}

static void acks_are_for_those_addressed(void **state)
{
	struct memory *m = *state;
	memory_do(m, ISSUE, "--to=11050");
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "directive ack", "D-017"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "directive ack", "D-071"), ERR_NOT_FOUND);
	assert_non_null(strstr(memory_said(m), "D-017"));
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "directive ack", "D-017"), ERR_REFUSED);
}

static void one_id_of_two_issuers_is_ambiguous(void **state)
{
	struct memory *m = *state;
	memory_do(m, ISSUE, "--to=all");
	memory_at(m, "0", NULL, NULL);
	assert_int_equal(memory_do(m, "directive issue", "--id=D-017", "--title=tw", "--to=all"), 0);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "directive ack", "D-017"), ERR_AMBIGUOUS);
	assert_non_null(strstr(memory_said(m), "0/D-017, 31/D-017"));
	assert_int_equal(memory_do(m, "directive ack", "31/D-017"), 0);
	assert_null(memory_field(m, "reports/11383", "acks/0/D-017.yaml", "version"));
	/* Only the centre's is addressed to the city itself. */
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "directive ack", "D-017"), 0);
	assert_string_equal(memory_field(m, "reports/31", "acks/0/D-017.yaml", "version"), "1");
}

static void revoked_is_for_good(void **state)
{
	struct memory *m = *state;
	memory_do(m, ISSUE, "--to=all");
	assert_int_equal(memory_do(m, "directive revoke", "D-017"), ERR_USAGE);
	assert_int_equal(memory_do(m, "directive revoke", "D-017", "--reason=thay thế"), 0);
	assert_string_equal(field(m, "state"), "revoked");
	assert_string_equal(field(m, "revoked"), "thay thế");
	assert_int_equal(memory_do(m, ISSUE, "--to=all"), ERR_REFUSED);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "directive ack", "D-017"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "directive revoke", "31/D-017", "--reason=x"), ERR_REFUSED);
}

static void a_plan_from_above_keeps_its_issuer(void **state)
{
	struct memory *m = *state;
	memory_put(m, "directives/0", "plans/tw/plan.yaml", "title: tw\n");
	assert_int_equal(memory_do(m, "directive issue", "--id=D-017", "--title=a", "--to=all", "--plan=tw",
			     "--period=2026"),
	    0);
	assert_string_equal(field(m, "plan"), "0/tw");
	assert_int_equal(memory_do(m, "directive issue", "--id=D-017", "--due=2026-07-08"), 0);
	assert_string_equal(field(m, "plan"), "0/tw");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, at_city, leave)
	const struct CMUnitTest tests[] = {
	    TEST(issue_writes_what_was_said),
	    TEST(units_resolve_to_ids),
	    TEST(what_cannot_be_is_refused),
	    TEST(a_station_issues_nothing),
	    TEST(ids_are_found_when_not_given),
	    TEST(issuing_again_is_a_new_version),
	    TEST(acknowledging_names_the_version),
	    TEST(acks_are_for_those_addressed),
	    TEST(one_id_of_two_issuers_is_ambiguous),
	    TEST(revoked_is_for_good),
	    TEST(a_plan_from_above_keeps_its_issuer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The life of a report, told by what each step does to the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/report.h"

#define LEDGER "reports/11383"
#define REPORT "reports/31/hp.2026-06/2026-06.yaml"
#define P "hp.2026-06", "2026-06"

static const char *field(struct memory *m, const char *name)
{
	return memory_field(m, LEDGER, REPORT, name);
}

/* It is there, and nobody has written a state: what two begin apart must not meet in it. */
static bool is_draft(struct memory *m)
{
	struct report_form f;
	struct err err = {0};
	assert_int_equal(report_form(&m->view, "11383", P, &m->arena, &f, &err), 0);
	return f.exists && strcmp(f.state, "draft") == 0 && !field(m, "state");
}

#define is(m, name, text)                                     \
	do {                                                  \
		const char *got = field((m), (name));         \
		assert_string_equal(got ? got : "-", (text)); \
	} while (0)

#define says(m, words) assert_non_null(strstr(memory_said(m), (words)))

static int at_ward(void **state)
{
	*state = memory_country();
	memory_at(*state, "11383", NULL, NULL);
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

static void set_commits_a_draft(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report set", P, "TT01=42", "--note=Không có vướng mắc"), 0);
	assert_true(is_draft(m));
	is(m, "values.TT01", "42");
	is(m, "note", "Không có vướng mắc");
	is(m, "version", "-");
	assert_string_equal(m->last.changes[0].ledger, LEDGER);
	assert_int_equal(memory_do(m, "report set", P, "TT01=0"), 0);
	is(m, "values.TT01", "0");
	assert_int_equal(memory_do(m, "report set", P, "TT01="), 0);
	is(m, "values.TT01", "-");
}

static void setting_the_same_changes_nothing(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report set", P, "TT01=42"), 0);
	assert_int_equal(memory_do(m, "report set", P, "TT01=42"), 0);
	assert_int_equal(m->last.n_changes, 0);
}

static void wrong_input_is_refused(void **state)
{
	struct memory *m = *state;
	static const struct {
		const char *word, *said;
	} wrong[] = {
	    {"TT01=1.260", "1260"},
	    {"TT01=-1", "below zero"},
	    {"TT01=1.5", "whole number"},
	    {"TT01=1e2", ""},
	    {"TT01=nhiều", ""},
	    {"MT05=31", "31/58"},
	    {"MT05=a/b", ""},
	    {"TT02=4", "TT01"},
	    {"TT01", "KEY=VALUE"},
	    {"=4", "KEY=VALUE"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_true(memory_do(m, "report set", P, wrong[i].word) < 0);
		says(m, wrong[i].said);
	}
	assert_true(memory_do(m, "report set", P, "TT01=4", "TT01=5") < 0);
	assert_true(memory_do(m, "report set", P) < 0);
	assert_true(memory_do(m, "report set", "hp.2026-07", "2026-06", "TT01=4") < 0);
	says(m, "hp.2026-06");
	assert_true(memory_do(m, "report set", "hp.2026-06", "2026-13", "TT01=4") < 0);
	assert_null(memory_find(m, LEDGER, REPORT));
}

static void submit_wants_all_figures(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report submit", P), ERR_REFUSED);
	says(m, "MT05, TT01");
	assert_int_equal(memory_do(m, "report set", P, "TT01=42"), 0);
	assert_int_equal(memory_do(m, "report submit", P), ERR_REFUSED);
	says(m, "MT05");
	assert_int_equal(memory_do(m, "report submit", P, "--partial"), 0);
	is(m, "state", "submitted");
	is(m, "partial", "yes");
	is(m, "version", "1");
}

static void partial_needs_something(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report submit", P, "--partial"), ERR_REFUSED);
	says(m, "--nil");
}

static void nil_says_nothing_occurred(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report submit", P, "--nil"), 0);
	is(m, "nil", "yes");
	is(m, "state", "submitted");
	is(m, "values.TT01", "-");
	assert_int_equal(memory_do(m, "report correct", P, "TT01=1", "--reason=sót"), 0);
	is(m, "nil", "-");
	is(m, "partial", "yes");
}

static void nil_with_figures_is_refused(void **state)
{
	struct memory *m = *state;
	memory_do(m, "report set", P, "TT01=0");
	assert_int_equal(memory_do(m, "report submit", P, "--nil"), ERR_REFUSED);
	assert_true(is_draft(m));
}

static void submitted(struct memory *m)
{
	assert_int_equal(memory_do(m, "report set", P, "TT01=42", "MT05=31/58"), 0);
	assert_int_equal(memory_do(m, "report submit", P), 0);
}

static void submit_again_is_the_same(void **state)
{
	struct memory *m = *state;
	submitted(m);
	assert_int_equal(memory_do(m, "report submit", P), 0);
	assert_int_equal(m->last.n_changes, 0);
	is(m, "version", "1");
}

static void after_submit_only_corrections(void **state)
{
	struct memory *m = *state;
	submitted(m);
	assert_int_equal(memory_do(m, "report set", P, "TT01=44"), ERR_REFUSED);
	says(m, "report correct hp.2026-06 2026-06");
	assert_int_equal(memory_do(m, "report correct", P, "TT01=44"), ERR_USAGE);
	assert_int_equal(memory_do(m, "report correct", P, "TT01=44", "--reason=cộng sót"), 0);
	is(m, "values.TT01", "44");
	is(m, "version", "2");
	is(m, "state", "submitted");
	is(m, "corrections.11383-1.reason", "cộng sót");
	is(m, "corrections.11383-1.fields", "TT01=44 (42)");
	assert_int_equal(memory_do(m, "report correct", P, "TT01=45", "--reason=lại sót"), 0);
	is(m, "corrections.11383-2.fields", "TT01=45 (44)");
}

static void a_draft_is_not_corrected(void **state)
{
	struct memory *m = *state;
	memory_do(m, "report set", P, "TT01=1");
	assert_int_equal(memory_do(m, "report correct", P, "TT01=2", "--reason=x"), ERR_REFUSED);
	says(m, "report set");
}

static void return_opens_it_again(void **state)
{
	struct memory *m = *state;
	submitted(m);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report return", P, "--unit=11383"), ERR_USAGE);
	assert_int_equal(memory_do(m, "report return", P, "--unit=11383", "--reason=thiếu biên bản"), 0);
	is(m, "state", "returned");
	is(m, "returned", "thiếu biên bản");
	assert_int_equal(memory_do(m, "report accept", P, "--unit=11383"), ERR_REFUSED);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", P, "TT01=40"), 0);
	is(m, "state", "returned");
	assert_int_equal(memory_do(m, "report submit", P), 0);
	is(m, "state", "submitted");
	is(m, "version", "2");
}

static void a_superior_writes_until_acceptance(void **state)
{
	struct memory *m = *state;
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", P, "--unit=11383", "TT01=43"), ERR_USAGE);
	assert_int_equal(memory_do(m, "report set", P, "--unit=11383", "TT01=43", "--reason=đối chiếu"), 0);
	assert_true(is_draft(m));
	is(m, "version", "-");
	is(m, "corrections.31-1.reason", "đối chiếu");
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", P, "MT05=31/58"), 0);
	assert_int_equal(memory_do(m, "report submit", P), 0);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", P, "--unit=11383", "TT01=42", "--reason=lại"), 0);
	is(m, "version", "1");
	assert_int_equal(memory_do(m, "report accept", P, "--unit=11383"), 0);
	is(m, "state", "accepted");
	assert_int_equal(memory_do(m, "report set", P, "--unit=11383", "TT01=41", "--reason=x"), ERR_REFUSED);
	says(m, "report correct --unit 11383");
	assert_int_equal(memory_do(m, "report return", P, "--unit=11383", "--reason=x"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "report correct", P, "--unit=11383", "TT01=41", "--reason=x"), 0);
	is(m, "version", "1");
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "report correct", P, "TT01=40", "--reason=y"), 0);
	is(m, "version", "2");
	is(m, "state", "accepted");
}

static void strangers_do_not_write(void **state)
{
	struct memory *m = *state;
	submitted(m);
	assert_int_equal(memory_do(m, "report set", P, "--unit=11050", "TT01=1", "--reason=x"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "report set", P, "--unit=31", "TT01=1", "--reason=x"), ERR_REFUSED);
	assert_int_equal(memory_do(m, "report accept", P), ERR_USAGE);
	assert_int_equal(memory_do(m, "report accept", P, "--unit=11383"), ERR_REFUSED);
	memory_at(m, "01", NULL, NULL);
	assert_int_equal(memory_do(m, "report accept", P, "--unit=11383"), ERR_REFUSED);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", P, "TT01=1"), ERR_REFUSED);
	says(m, "asks no figures of 31");
	is(m, "state", "submitted");
}

static void a_station_writes_under_its_agency(void **state)
{
	struct memory *m = *state;
	memory_at(m, "11383", "cong-an", "cong-an");
	assert_int_equal(memory_do(m, "report set", P, "MT05=31/58"), 0);
	assert_int_equal(m->last.changes[0].claim, CLAIM_OWNER);
	assert_int_equal(m->last.changes[0].claim_basis.b[0], 0xc0);
	assert_int_equal(memory_do(m, "report set", P, "MT05=32/58", "TT01=1"), 0);
	assert_int_equal(m->last.changes[0].claim, CLAIM_NONE);
	assert_int_equal(memory_do(m, "report submit", P), 0);
	assert_int_equal(memory_do(m, "report correct", P, "TT01=2", "--reason=x"), 0);
	is(m, "corrections.cong-an@11383-1.fields", "TT01=2 (1)");
	is(m, "version", "1");
}

static void a_part_above_its_whole_is_kept_with_a_warning(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report set", P, "MT05=59/58"), 0);
	is(m, "values.MT05", "59/58");
	assert_true(m->last.notes[0].warning);
}

static void a_campaign_period_is_a_period(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report set", "hp.2026-06", "thang-6", "TT01=3"), 0);
	assert_string_equal(
	    memory_field(m, LEDGER, "reports/31/hp.2026-06/thang-6.yaml", "values.TT01"), "3");
}

static void the_form_goes_out_and_comes_back(void **state)
{
	struct memory *m = *state;
	assert_int_equal(memory_do(m, "report new", P), 0);
	assert_true(is_draft(m));
	const char *form = arena_dup(&m->arena, buf_str(&m->last.output));
	assert_non_null(strstr(form, "Số buổi tuyên truyền (buổi)"));
	assert_int_equal(memory_do(m, "report import", form, "--source=form.yaml"), 0);
	is(m, "values.TT01", "-");
	assert_int_equal(
	    memory_do(m, "report import",
		"plan: hp.2026-06\nperiod: '2026-06'\nvalues:\n  TT01: '42'\n  MT05: 31/58\nnote: xong\n",
		"--source=form.yaml"),
	    0);
	is(m, "values.TT01", "42");
	is(m, "values.MT05", "31/58");
	is(m, "note", "xong");
	assert_int_equal(memory_do(m, "report new", P), 0);
	assert_int_equal(m->last.n_changes, 0);
}

static void lines_are_imported(void **state)
{
	struct memory *m = *state;
	assert_int_equal(
	    memory_do(m, "report import", P,
		"\xEF\xBB\xBFKEY,VALUE\r\n# lời\r\nTT01,42\r\nMT05,\"31/58\"\r\n", "--source=a.csv"),
	    0);
	is(m, "values.TT01", "42");
	is(m, "values.MT05", "31/58");
	assert_int_equal(memory_do(m, "report import", "plan;hp.2026-06\nperiod;2026-06\nTT01;43\nMT05;\n",
			     "--source=a.csv"),
	    0);
	is(m, "values.TT01", "43");
	is(m, "values.MT05", "31/58");
	assert_int_equal(memory_do(m, "report import", P, "note, thiếu, sẽ gửi; xin lỗi \nTT01,\"44\" \n",
			     "--source=a.csv"),
	    0);
	is(m, "values.TT01", "44");
	is(m, "note", "thiếu, sẽ gửi; xin lỗi");
}

static void imports_name_the_line(void **state)
{
	struct memory *m = *state;
	static const struct {
		const char *text, *source, *said;
	} wrong[] = {
	    {"TT01,42\nMT05,1.260/58\n", "--source=a.csv", "a.csv:2:"},
	    {"TT01,42\nTT01,43\n", "--source=a.csv", "a.csv:2:"},
	    {"TT01,1,260\n", "--source=a.csv", "a.csv:1:"},
	    {"TT01\n", "--source=a.csv", "a.csv:1:"},
	    {"TT01,42\nMT05,\"31/58\n", "--source=a.csv", "a.csv:2:6"},
	    {"TT01: no\n", "--source=a.yaml", "a.yaml:1:"},
	    {"TT01: [1]\n", "--source=a.yaml", "a.yaml:1:"},
	    {"- TT01\n", "--source=a.yaml", "a.yaml:1:"},
	    {"TT01: 42\nXX: 3\n", "--source=a.yaml", "a.yaml:2:"},
	    {"", "--source=a.yaml", "a.yaml"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_true(memory_do(m, "report import", P, wrong[i].text, wrong[i].source) < 0);
		says(m, wrong[i].said);
	}
	assert_int_equal(memory_do(m, "report import", "TT01,42\n", "--source=a.csv"), ERR_INPUT);
	assert_null(memory_find(m, LEDGER, REPORT));
}

static void the_form_shows_what_is_known(void **state)
{
	struct memory *m = *state;
	struct report_form f;
	struct err err = {0};
	memory_do(m, "report set", "hp.2026-06", "2026-05", "TT01=17");
	memory_do(m, "report set", P, "MT05=31/58");
	memory_put(m, "directives/31", "directives/D-1.yaml",
	    "title: a\nstate: issued\nversion: '1'\nplan: hp.2026-06\nperiod: 2026-06\ndue: "
	    "'2026-07-05'\nto: [all]\n");
	memory_put(m, LEDGER, "conflicts/ab/abababababababababababababababababababab.yaml",
	    "record: " REPORT "\nfield: values.MT05\nwhy: equal\nstate: disputed\nkept: {value: 31/58, unit: "
	    "'11383', rank: '3'}\n"
	    "other: {value: 32/58, unit: cong-an@11383, rank: '3'}\n");
	assert_int_equal(report_form(&m->view, NULL, P, &m->arena, &f, &err), 0);
	assert_int_equal(f.n_rows, 2);
	assert_string_equal(f.rows[0].indicator, "MT05");
	assert_true(f.rows[0].conflict && f.rows[0].disputed && !f.rows[0].missing);
	assert_string_equal(f.rows[1].previous, "17");
	assert_true(f.rows[1].missing);
	assert_int_equal(f.n_missing, 1);
	assert_string_equal(f.due, "2026-07-05");
	assert_string_equal(f.previous, "2026-05");
	assert_false(f.late);
	memory_now(m, "2026-07-06T00:00:00+07:00");
	assert_int_equal(report_form(&m->view, "11383", P, &m->arena, &f, &err), 0);
	assert_false(f.late); /* that is said by a receipt, not by a clock */
}

static void reports_are_listed(void **state)
{
	struct memory *m = *state;
	struct report_items all;
	struct err err = {0};
	submitted(m);
	memory_at(m, "11050", NULL, NULL);
	memory_do(m, "report set", P, "TT01=1");
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(report_list(&m->view, NULL, &m->arena, &all, &err), 0);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.items[0].unit, "11050");
	assert_int_equal(
	    report_list(&m->view, &(struct report_filter){.state = "submitted"}, &m->arena, &all, &err), 0);
	assert_int_equal(all.n, 1);
	assert_string_equal(all.items[0].unit, "11383");
	assert_int_equal(
	    report_list(&m->view, &(struct report_filter){.unit = "nobody"}, &m->arena, &all, &err),
	    ERR_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, at_ward, leave)
	const struct CMUnitTest tests[] = {
	    TEST(set_commits_a_draft),
	    TEST(setting_the_same_changes_nothing),
	    TEST(wrong_input_is_refused),
	    TEST(submit_wants_all_figures),
	    TEST(partial_needs_something),
	    TEST(nil_says_nothing_occurred),
	    TEST(nil_with_figures_is_refused),
	    TEST(submit_again_is_the_same),
	    TEST(after_submit_only_corrections),
	    TEST(a_draft_is_not_corrected),
	    TEST(return_opens_it_again),
	    TEST(a_superior_writes_until_acceptance),
	    TEST(strangers_do_not_write),
	    TEST(a_station_writes_under_its_agency),
	    TEST(a_part_above_its_whole_is_kept_with_a_warning),
	    TEST(a_campaign_period_is_a_period),
	    TEST(the_form_goes_out_and_comes_back),
	    TEST(lines_are_imported),
	    TEST(imports_name_the_line),
	    TEST(the_form_shows_what_is_known),
	    TEST(reports_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

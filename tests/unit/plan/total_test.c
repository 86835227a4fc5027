/* Totals: who is expected, who reported, who is late; sums that never take missing for zero. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/directive.h"
#include "plan/receipt.h"
#include "plan/total.h"

#define PATH "reports/31/hp.2026-06/2026-06.yaml"

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

static void says(struct memory *m, const char *unit, const char *yaml)
{
	char ledger[64];
	snprintf(ledger, sizeof ledger, "reports/%s", unit);
	memory_put(m, ledger, PATH, yaml);
}

static void joined(const struct strs *list, char out[256])
{
	out[0] = '\0';
	for (size_t i = 0; i < list->n; i++)
		snprintf(out + strlen(out), 256 - strlen(out), "%s%s", i ? " " : "", list->items[i]);
}

/* "reported/expected late=… missing=… | id=value n/d reported disputed | …" */
static const char *total(struct memory *m, const struct total_options *options)
{
	struct total t;
	struct err err = {0};
	char late[256], missing[256];
	if (total_compute(&m->view, "hp.2026-06", "2026-06", options, &m->arena, &t, &err) != 0) {
		struct buf text = {0};
		err_format(&err, NULL, &text);
		const char *said = arena_dup(&m->arena, buf_str(&text));
		buf_free(&text);
		return said;
	}
	joined(&t.late, late);
	joined(&t.missing, missing);
	char *out =
	    arena_printf(&m->arena, "%zu/%zu late=%s missing=%s", t.reported, t.expected, late, missing);
	for (size_t i = 0; i < t.n_rows; i++) {
		const struct total_row *r = &t.rows[i];
		out = arena_printf(&m->arena, "%s | %s=%s %s/%s %zu %zu", out, r->indicator,
		    r->value ? r->value : "-", r->numerator ? r->numerator : "-",
		    r->denominator ? r->denominator : "-", r->reported, r->disputed);
	}
	total_free(&t);
	return out;
}

static void nobody_has_reported(void **state)
{
	assert_string_equal(
	    total(*state, NULL), "0/2 late= missing=11050 11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void a_draft_does_not_count(void **state)
{
	struct memory *m = *state;
	says(m, "11383", "state: draft\nvalues: {TT01: '42'}\n");
	says(m, "11050", "state: returned\nversion: '1'\nvalues: {TT01: '42'}\n");
	assert_string_equal(
	    total(m, NULL), "0/2 late= missing=11050 11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void figures_are_summed_and_ratios_divided_last(void **state)
{
	struct memory *m = *state;
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '42', MT05: 31/58}\n");
	assert_string_equal(
	    total(m, NULL), "1/2 late= missing=11050 | MT05=53.45 31/58 1 0 | TT01=42 -/- 1 0");
	says(m, "11050", "state: accepted\nversion: '1'\nvalues: {TT01: '0', MT05: 1/2}\n");
	assert_string_equal(total(m, NULL), "2/2 late= missing= | MT05=53.33 32/60 2 0 | TT01=42 -/- 2 0");
}

static void missing_is_not_zero(void **state)
{
	struct memory *m = *state;
	says(m, "11383", "state: submitted\nversion: '1'\npartial: 'yes'\nvalues: {MT05: 0/0}\n");
	says(m, "11050", "state: submitted\nversion: '1'\nnil: 'yes'\n");
	assert_string_equal(total(m, NULL), "2/2 late= missing= | MT05=- 0/0 1 0 | TT01=- -/- 0 0");
}

static void a_figure_of_another_kind_is_in_no_sum(void **state)
{
	struct memory *m = *state;
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: 'yes', MT05: '4'}\n");
	assert_string_equal(total(m, NULL), "1/2 late= missing=11050 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void yes_is_counted_and_amounts_are_exact(void **state)
{
	struct memory *m = *state;
	memory_put(m, "directives/31", "plans/hp.2026-06/indicators/KP.yaml",
	    "name: Kinh phí\nkind: amount\naggregate: sum\nscope: commune\n");
	memory_put(m, "directives/31", "plans/hp.2026-06/indicators/YN.yaml",
	    "name: Có mô hình\nkind: yesno\naggregate: count_yes\nscope: any\n");
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {KP: '0.1', YN: 'yes'}\n");
	says(m, "11050", "state: submitted\nversion: '1'\nvalues: {KP: '0.2', YN: 'no'}\n");
	assert_string_equal(
	    total(m, &(struct total_options){.indicator = "KP"}), "2/2 late= missing= | KP=0.3 -/- 2 0");
	assert_string_equal(
	    total(m, &(struct total_options){.indicator = "YN"}), "2/2 late= missing= | YN=1 -/- 2 0");
}

static void units_end_and_begin(void **state)
{
	struct memory *m = *state;
	memory_unit(m, "31", "11383", "commune", 3, "valid_to: '2026-06-13'\n");
	memory_unit(m, "31", "11914", "commune", 3, "valid_from: '2026-06-14'\n");
	memory_unit(m, "31", "11948", "commune", 3, "valid_from: '2026-06-15'\n");
	memory_unit(m, "11050", "cong-an@11050", "commune", 3, "");
	assert_string_equal(
	    total(m, NULL), "0/2 late= missing=11050 11914 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void disputes_are_told(void **state)
{
	struct memory *m = *state;
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '42'}\n");
	memory_put(m, "reports/11383", "conflicts/ab/abababababababababababababababababababab.yaml",
	    "record: " PATH "\nfield: values.TT01\nwhy: equal\nstate: disputed\n");
	memory_put(m, "reports/11383", "conflicts/ac/acababababababababababababababababababab.yaml",
	    "record: " PATH "\nfield: values.MT05\nwhy: rank\nstate: overruled\n");
	assert_string_equal(total(m, NULL), "1/2 late= missing=11050 | MT05=- -/- 0 0 | TT01=42 -/- 1 1");
}

static void issue(struct memory *m, const char *id, const char *to, const char *due)
{
	char yaml[512], path[64];
	snprintf(path, sizeof path, "directives/%s.yaml", id);
	snprintf(yaml, sizeof yaml,
	    "title: t\nstate: issued\nversion: '1'\nplan: hp.2026-06\nperiod: 2026-06\nto: [%s]\n%s%s%s", to,
	    due ? "due: '" : "", due ? due : "", due ? "'\n" : "");
	memory_put(m, "directives/31", path, yaml);
}

static void a_directive_narrows(void **state)
{
	struct memory *m = *state;
	issue(m, "D-1", "'11383'", NULL);
	assert_string_equal(total(m, NULL), "0/1 late= missing=11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
	issue(m, "D-2", "'11050'", NULL);
	assert_string_equal(
	    total(m, NULL), "0/2 late= missing=11050 11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
	assert_int_equal(memory_do(m, "directive revoke", "D-1", "--reason=nhầm"), 0);
	assert_string_equal(total(m, NULL), "0/1 late= missing=11050 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void a_city_named_stands_for_its_communes(void **state)
{
	struct memory *m = *state;
	struct total t;
	struct err err = {0};
	memory_put(m, "directives/0", "plans/tw/plan.yaml", "title: tw\n");
	memory_put(m, "directives/0", "plans/tw/indicators/A.yaml",
	    "name: a\nkind: count\naggregate: sum\nscope: commune\n");
	memory_put(m, "directives/0", "directives/D.yaml",
	    "title: t\nstate: issued\nversion: '1'\nplan: tw\nperiod: '2026'\nto: ['01']\n");
	memory_put(m, "directives/31", "directives/D.yaml",
	    "title: t\nstate: issued\nversion: '1'\nplan: 0/tw\nperiod: 2026-Q2\nto: ['11383']\n");
	memory_at(m, "0", NULL, NULL);
	assert_int_equal(total_compute(&m->view, "tw", "2026", NULL, &m->arena, &t, &err), 0);
	assert_int_equal(t.expected, 1);
	assert_string_equal(t.missing.items[0], "00004");
	total_free(&t);
	/* A city narrows its own communes, never its neighbour's. */
	assert_int_equal(total_compute(&m->view, "tw", "2026-Q2", NULL, &m->arena, &t, &err), 0);
	assert_int_equal(t.expected, 2);
	assert_string_equal(t.missing.items[0], "00004");
	assert_string_equal(t.missing.items[1], "11383");
	total_free(&t);
}

static bool is_overdue(struct memory *m)
{
	struct total t;
	struct err err = {0};
	assert_int_equal(total_compute(&m->view, "hp.2026-06", "2026-06", NULL, &m->arena, &t, &err), 0);
	bool overdue = t.units[0].overdue;
	total_free(&t);
	return overdue;
}

static void late_is_after_the_due_day(void **state)
{
	struct memory *m = *state;
	issue(m, "D-1", "all", "2026-07-05");
	memory_now(m, "2026-07-05T23:59:59+07:00");
	assert_string_equal(
	    total(m, NULL), "0/2 late= missing=11050 11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
	assert_false(is_overdue(m));
	memory_now(m, "2026-07-06T00:00:00+07:00");
	assert_string_equal(
	    total(m, NULL), "0/2 late= missing=11050 11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
	assert_true(is_overdue(m));
}

static void the_receipt_decides(void **state)
{
	struct memory *m = *state;
	struct outcome o = {0};
	struct err err = {0};
	issue(m, "D-1", "all", "2026-07");
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '1', MT05: 1/2}\n");
	memory_now(m, "2026-07-31T23:59:59+07:00");
	assert_int_equal(receipt_for(&m->view, "reports/11383", PATH, &o, &err), 0);
	assert_int_equal(o.n_changes, 1);
	memory_apply(m, &o);
	outcome_free(&o);
	says(m, "11050", "state: submitted\nversion: '1'\nvalues: {TT01: '1', MT05: 1/2}\n");
	memory_now(m, "2026-08-01T00:00:00+07:00");
	assert_int_equal(receipt_for(&m->view, "reports/11050", PATH, &o, &err), 0);
	memory_apply(m, &o);
	outcome_free(&o);
	assert_string_equal(total(m, NULL), "2/2 late=11050 missing= | MT05=50.00 2/4 2 0 | TT01=2 -/- 2 0");
	/* A correction after the due day makes nobody late. */
	says(m, "11383", "state: submitted\nversion: '2'\nvalues: {TT01: '1', MT05: 1/2}\n");
	assert_int_equal(receipt_for(&m->view, "reports/11383", PATH, &o, &err), 0);
	memory_apply(m, &o);
	outcome_free(&o);
	assert_string_equal(
	    memory_field(m, "reports/11383", "receipts/31/hp.2026-06/2026-06.yaml", "versions.2.late"),
	    "yes");
	assert_string_equal(total(m, NULL), "2/2 late=11050 missing= | MT05=50.00 2/4 2 0 | TT01=2 -/- 2 0");
}

static void a_commune_sees_itself_alone(void **state)
{
	struct memory *m = *state;
	memory_at(m, "11383", NULL, NULL);
	assert_string_equal(total(m, NULL), "0/1 late= missing=11383 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void a_filter_keeps_a_subtree(void **state)
{
	struct memory *m = *state;
	assert_string_equal(total(m, &(struct total_options){.unit = "11050"}),
	    "0/1 late= missing=11050 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
}

static void an_issuer_of_the_scope_counts_itself(void **state)
{
	struct memory *m = *state;
	struct total t;
	struct err err = {0};
	memory_put(m, "directives/11383", "plans/own/plan.yaml", "title: own\ncalendar: calendar\n");
	memory_put(m, "directives/11383", "plans/own/indicators/A.yaml",
	    "name: a\nkind: count\naggregate: latest\nscope: commune\n");
	memory_put(m, "directives/11383", "plans/own/indicators/B.yaml",
	    "name: b\nkind: count\naggregate: sum\nscope: province\n");
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", "own", "2026-06", "A=5"), 0);
	assert_int_equal(memory_do(m, "report submit", "own", "2026-06"), 0);
	assert_int_equal(total_compute(&m->view, "own", "2026-06", NULL, &m->arena, &t, &err), 0);
	assert_int_equal(t.expected, 1);
	assert_int_equal(t.reported, 1);
	assert_string_equal(t.rows[0].value, "5");
	assert_int_equal(t.rows[1].expected, 0);
	total_free(&t);
}

static void what_is_unknown_is_named(void **state)
{
	struct memory *m = *state;
	struct total t;
	struct err err = {0};
	assert_int_equal(
	    total_compute(&m->view, "hp.2026-07", "2026-06", NULL, &m->arena, &t, &err), ERR_NOT_FOUND);
	assert_string_equal(err.arg[1], "hp.2026-06");
	ERR_CLEAR(&err);
	assert_int_equal(
	    total_compute(&m->view, "hp.2026-06", "tháng 6", NULL, &m->arena, &t, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	memory_put(m, "directives/0", "plans/hp.2026-06/plan.yaml", "title: another\n");
	assert_int_equal(
	    total_compute(&m->view, "hp.2026-06", "2026-06", NULL, &m->arena, &t, &err), ERR_AMBIGUOUS);
	assert_string_equal(err.arg[1], "0/hp.2026-06, 31/hp.2026-06");
	ERR_CLEAR(&err);
	assert_int_equal(total_compute(&m->view, "31/hp.2026-06", "2026-06", NULL, &m->arena, &t, &err), 0);
	assert_int_equal(t.expected, 2);
	total_free(&t);
}

/* ---- totals alone ---- */

static void what_was_filled_in_speaks_for_all_behind(void **state)
{
	struct memory *m = *state;
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '42', MT05: 31/58}\n");
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), ERR_REFUSED);
	memory_relay(m, "31", "0", "totals");
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), 0);
	assert_string_equal(
	    total(m, NULL), "1/2 late= missing=11050 | MT05=53.45 31/58 1 0 | TT01=42 -/- 1 0");
	memory_at(m, "0", NULL, NULL);
	/* What stands in the ledgers of the wards counts no more, be it here or not. */
	says(m, "11050", "state: submitted\nversion: '1'\nvalues: {TT01: '1000'}\n");
	assert_string_equal(total(m, NULL), "1/2 late= missing= | MT05=53.45 31/58 1 0 | TT01=42 -/- 1 0");
	assert_string_equal(total(m, &(struct total_options){.unit = "31"}),
	    "1/2 late= missing= | MT05=53.45 31/58 1 0 | TT01=42 -/- 1 0");
	assert_non_null(strstr(total(m, &(struct total_options){.unit = "11383"}), "31 relays only totals"));
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), ERR_REFUSED);
}

static void while_nothing_is_sent_nothing_is_known(void **state)
{
	struct memory *m = *state;
	memory_relay(m, "31", "0", "totals");
	memory_at(m, "0", NULL, NULL);
	assert_string_equal(total(m, NULL), "0/2 late= missing=31 | MT05=- -/- 0 0 | TT01=- -/- 0 0");
	/* But what came before he said so stays in the totals. */
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '42'}\n");
	assert_string_equal(total(m, NULL), "1/2 late= missing=31 | MT05=- -/- 0 0 | TT01=42 -/- 1 0");
	memory_relay(m, "31", "0", "whole");
	assert_string_equal(total(m, NULL), "1/2 late= missing=11050 | MT05=- -/- 0 0 | TT01=42 -/- 1 0");
}

static void one_that_speaks_for_one_that_speaks(void **state)
{
	struct memory *m = *state;
	memory_unit(m, "31", "d", "district", 2, "");
	memory_unit(m, "d", "11500", "commune", 3, "");
	memory_relay(m, "d", "31", "totals");
	memory_relay(m, "31", "0", "totals");
	says(m, "11500", "state: submitted\nversion: '1'\nvalues: {TT01: '5', MT05: 1/2}\n");
	says(m, "11050", "state: submitted\nversion: '1'\nvalues: {TT01: '1', MT05: 0/2}\n");
	memory_at(m, "d", NULL, NULL);
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), 0);
	memory_at(m, "31", NULL, NULL);
	assert_string_equal(total(m, NULL), "2/3 late= missing=11383 | MT05=25.00 1/4 2 0 | TT01=6 -/- 2 0");
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), 0);
	memory_at(m, "0", NULL, NULL);
	assert_string_equal(total(m, NULL), "2/3 late= missing= | MT05=25.00 1/4 2 0 | TT01=6 -/- 2 0");
}

static void what_changed_since_is_a_correction(void **state)
{
	struct memory *m = *state;
	struct total t;
	struct err err = {0};
	memory_relay(m, "31", "0", "totals");
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '42', MT05: 31/58}\n");
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), 0);
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), 0);
	assert_int_equal(m->last.n_changes, 0);
	says(m, "11383", "state: submitted\nversion: '2'\nvalues: {TT01: '43', MT05: 31/58}\n");
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06"), ERR_USAGE);
	assert_int_equal(memory_do(m, "report fill", "hp.2026-06", "2026-06", "--reason=cộng sót"), 0);
	memory_at(m, "0", NULL, NULL);
	assert_int_equal(total_compute(&m->view, "hp.2026-06", "2026-06", NULL, &m->arena, &t, &err), 0);
	assert_int_equal(t.n_relays, 1);
	assert_string_equal(t.relays[0].version, "2");
	assert_int_equal(t.relays[0].n_corrections, 1);
	assert_string_equal(t.relays[0].corrections[0].fields, "TT01=43 (42)");
	assert_string_equal(t.relays[0].corrections[0].reason, "cộng sót");
	total_free(&t);
}

/* ---- units that moved ---- */

static void a_past_period_keeps_who_stood_there_then(void **state)
{
	struct memory *m = *state;
	struct record r;
	struct err err = {0};
	const struct registry_source source = {"0", memory_id(0xee), NULL};
	says(m, "11383", "state: submitted\nversion: '1'\nvalues: {TT01: '42'}\n");
	const char *before = total(m, NULL);
	memory_put(m, "directives/0", "moves/11383.yaml", "from: '31'\nto: '01'\ndate: '2026-06-20'\n");
	assert_int_equal(memory_read(m, "directives/0", "moves/11383.yaml", &m->arena, &r, &err), 0);
	assert_int_equal(registry_feed(m->registry, &source, "moves/11383.yaml", &r, &err), 0);
	assert_string_equal(registry_unit(m->registry, "11383")->parent, "01");
	assert_string_equal(total(m, NULL), before);
	assert_string_equal(total(m, &(struct total_options){.indicator = "TT01", .unit = "11383"}),
	    "1/1 late= missing= | TT01=42 -/- 1 0");
	struct total t;
	assert_int_equal(total_compute(&m->view, "hp.2026-06", "2026-07", NULL, &m->arena, &t, &err), 0);
	assert_int_equal(t.expected, 1);
	total_free(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, at_city, leave)
	const struct CMUnitTest tests[] = {
	    TEST(nobody_has_reported),
	    TEST(a_draft_does_not_count),
	    TEST(figures_are_summed_and_ratios_divided_last),
	    TEST(missing_is_not_zero),
	    TEST(a_figure_of_another_kind_is_in_no_sum),
	    TEST(yes_is_counted_and_amounts_are_exact),
	    TEST(units_end_and_begin),
	    TEST(disputes_are_told),
	    TEST(a_directive_narrows),
	    TEST(a_city_named_stands_for_its_communes),
	    TEST(late_is_after_the_due_day),
	    TEST(the_receipt_decides),
	    TEST(a_commune_sees_itself_alone),
	    TEST(a_filter_keeps_a_subtree),
	    TEST(an_issuer_of_the_scope_counts_itself),
	    TEST(what_is_unknown_is_named),
	    TEST(what_was_filled_in_speaks_for_all_behind),
	    TEST(while_nothing_is_sent_nothing_is_known),
	    TEST(one_that_speaks_for_one_that_speaks),
	    TEST(what_changed_since_is_a_correction),
	    TEST(a_past_period_keeps_who_stood_there_then),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

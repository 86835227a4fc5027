/* What status begins with; receipts and progress on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/receipt.h"
#include "plan/task.h"
#include "plan/agenda.h"

#define P "hp.2026-06", "2026-06"
#define PATH "reports/31/hp.2026-06/2026-06.yaml"

static int at_city(void **state)
{
	struct memory *m = memory_country();
	memory_at(m, "31", NULL, NULL);
	memory_do(m, "directive issue", "--id=D-017", "--plan=hp.2026-06", "--period=2026-06", "--title=a",
	    "--to=all", "--due=2026-07-05");
	memory_do(m, "directive issue", "--id=D-018", "--plan=hp.2026-06", "--period=2026-05", "--title=b",
	    "--to=11383");
	memory_do(m, "directive issue", "--id=D-019", "--title=c", "--to=11050");
	*state = m;
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

static struct agenda agenda(struct memory *m)
{
	struct agenda t;
	struct err err = {0};
	assert_int_equal(agenda_read(&m->view, &m->arena, &t, &err), 0);
	return t;
}

static size_t receive(struct memory *m, const char *ledger, const char *path)
{
	struct outcome o = {0};
	struct err err = {0};
	assert_int_equal(receipt_for(&m->view, ledger, path, &o, &err), 0);
	memory_apply(m, &o);
	size_t n = o.n_changes;
	outcome_free(&o);
	return n;
}

static void a_ward_knows_what_is_asked(void **state)
{
	struct memory *m = *state;
	memory_at(m, "11383", NULL, NULL);
	memory_now(m, "2026-07-03T09:00:00+07:00");
	struct agenda t = agenda(m);
	assert_int_equal(t.n_directives, 2);
	assert_string_equal(t.directives[0]->id, "D-017");
	assert_int_equal(t.n_reports, 2);
	assert_string_equal(t.reports[0].period, "2026-06");
	assert_string_equal(t.reports[0].directive, "D-017");
	assert_int_equal(t.reports[0].days_left, 2);
	assert_false(t.reports[0].overdue);
	assert_null(t.reports[0].state);
	assert_null(t.reports[1].due);
	assert_null(t.last.issuer);
	memory_now(m, "2026-07-06T00:00:00+07:00");
	t = agenda(m);
	assert_int_equal(t.reports[0].days_left, -1);
	assert_true(t.reports[0].overdue);
	assert_false(t.reports[1].overdue);
}

static void what_is_done_is_no_longer_to_do(void **state)
{
	struct memory *m = *state;
	memory_at(m, "11383", NULL, NULL);
	memory_do(m, "directive ack", "D-017");
	memory_do(m, "report set", P, "TT01=42", "MT05=31/58");
	struct agenda t = agenda(m);
	assert_int_equal(t.n_directives, 1);
	assert_string_equal(t.reports[0].state, "draft");
	assert_null(t.last.issuer);
	memory_do(m, "report submit", P);
	t = agenda(m);
	assert_int_equal(t.n_reports, 1);
	assert_string_equal(t.last.plan, "hp.2026-06");
	assert_string_equal(t.last.version, "1");
	assert_null(t.last.received);
	memory_at(m, "31", NULL, NULL);
	memory_now(m, "2026-07-01T08:00:00+07:00");
	assert_int_equal(receive(m, "reports/11383", PATH), 1);
	memory_at(m, "11383", NULL, NULL);
	t = agenda(m);
	assert_string_equal(t.last.received, "2026-07-01T08:00:00+07:00");
	assert_string_equal(t.last.late, "no");
	memory_do(m, "report correct", P, "TT01=43", "--reason=x");
	t = agenda(m);
	assert_string_equal(t.last.version, "2");
	assert_null(t.last.received);
}

static void what_waits_for_its_receipt_is_the_last(void **state)
{
	struct memory *m = *state;
	memory_at(m, "11383", NULL, NULL);
	memory_do(m, "report submit", P, "--nil");
	memory_do(m, "report submit", "hp.2026-06", "2026-04", "--nil");
	memory_at(m, "31", NULL, NULL);
	receive(m, "reports/11383", "reports/31/hp.2026-06/2026-04.yaml");
	memory_now(m, "2026-06-21T08:00:00+07:00");
	memory_at(m, "11383", NULL, NULL);
	assert_string_equal(agenda(m).last.period, "2026-06");
	memory_do(m, "report submit", "hp.2026-06", "2026-05", "--nil");
	assert_string_equal(agenda(m).last.period, "2026-05");
	memory_at(m, "31", NULL, NULL);
	receive(m, "reports/11383", "reports/31/hp.2026-06/2026-05.yaml");
	memory_now(m, "2026-06-22T08:00:00+07:00");
	receive(m, "reports/11383", PATH);
	memory_at(m, "11383", NULL, NULL);
	assert_string_equal(agenda(m).last.period, "2026-06");
	assert_string_equal(agenda(m).last.received, "2026-06-22T08:00:00+07:00");
}

static void a_city_is_asked_nothing_here(void **state)
{
	struct agenda t = agenda(*state);
	assert_int_equal(t.n_directives, 0);
	assert_int_equal(t.n_reports, 0);
}

static void conflicts_are_counted(void **state)
{
	struct memory *m = *state;
	static const char *const states[] = {"overruled", "disputed", "objected", "settled"};
	for (size_t i = 0; i < 4; i++) {
		char path[80], yaml[128];
		snprintf(path, sizeof path, "conflicts/a%zu/a%zu00000000000000000000000000000000000000.yaml",
		    i, i);
		snprintf(
		    yaml, sizeof yaml, "record: %s\nfield: note\nwhy: equal\nstate: %s\n", PATH, states[i]);
		memory_put(m, "reports/11383", path, yaml);
	}
	struct agenda t = agenda(m);
	assert_int_equal(t.conflicts.n, 3);
	assert_int_equal(t.n_waiting, 2);
}

static void one_receipt_a_version(void **state)
{
	struct memory *m = *state;
	memory_put(m, "reports/11383", PATH, "state: draft\n");
	assert_int_equal(receive(m, "reports/11383", PATH), 0);
	memory_put(m, "reports/11383", PATH, "state: submitted\nversion: '1'\n");
	unsigned sent = m->changes;
	assert_int_equal(receive(m, "reports/11383", "reports/31/hp.2026-06/2026-07.yaml"), 0);
	assert_int_equal(receive(m, "reports/11383", PATH), 1);
	assert_int_equal(receive(m, "reports/11383", PATH), 0);
	const char *change =
	    memory_field(m, "reports/11383", "receipts/31/hp.2026-06/2026-06.yaml", "versions.1.change");
	char tail[3];
	snprintf(tail, sizeof tail, "%02x", sent & 0xff);
	assert_string_equal(change + OID_HEX - 2, tail);
	memory_put(m, "reports/11383", PATH, "state: submitted\nversion: '2'\n");
	assert_int_equal(receive(m, "reports/11383", PATH), 1);
}

static void only_the_direct_superior_receives(void **state)
{
	struct memory *m = *state;
	memory_put(m, "reports/11383", PATH, "state: submitted\nversion: '1'\n");
	memory_at(m, "0", NULL, NULL);
	assert_int_equal(receive(m, "reports/11383", PATH), 0);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(receive(m, "reports/11383", PATH), 0);
	memory_at(m, "31", "cong-an", NULL);
	assert_int_equal(receive(m, "reports/11383", PATH), 0);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(receive(m, "reports/11383", "acks/31/D-017.yaml"), 0);
	assert_int_equal(receive(m, "directives/31", PATH), 0);
	assert_int_equal(receive(m, "reports/nobody", PATH), 0);
}

static void nothing_is_late_without_a_due_date(void **state)
{
	struct memory *m = *state;
	const char *path = "reports/31/hp.2026-06/2026-05.yaml",
		   *receipts = "receipts/31/hp.2026-06/2026-05.yaml";
	memory_put(m, "reports/11383", path, "state: submitted\nversion: '1'\n");
	memory_now(m, "2099-01-01T00:00:00+07:00");
	assert_int_equal(receive(m, "reports/11383", path), 1);
	assert_null(memory_field(m, "reports/11383", receipts, "versions.1.late"));
	assert_null(memory_field(m, "reports/11383", receipts, "versions.1.due"));
	assert_string_equal(memory_field(m, "reports/11383", receipts, "versions.1.by"), "31");
}

static void progress_is_set_and_listed(void **state)
{
	struct memory *m = *state;
	struct task_items all;
	struct err err = {0};
	const char *path = "progress/31/hp.2026-06/NV01.yaml";
	memory_at(m, "11383", "cong-an", "cong-an");
	assert_int_equal(
	    memory_do(m, "task set", "hp.2026-06", "NV01", "state=doing", "percent=40", "--note=đang làm"),
	    0);
	assert_int_equal(m->last.changes[0].claim, CLAIM_LEAD);
	assert_string_equal(memory_field(m, "reports/11383", path, "percent"), "40");
	assert_true(memory_do(m, "task set", "hp.2026-06", "NV01", "percent=101") < 0);
	assert_true(memory_do(m, "task set", "hp.2026-06", "NV01", "state=finished") < 0);
	assert_true(memory_do(m, "task set", "hp.2026-06", "NV01", "remark=x") < 0);
	assert_int_equal(memory_do(m, "task set", "hp.2026-06", "NV01", "stat=done"), ERR_USAGE);
	assert_int_equal(memory_do(m, "task set", "hp.2026-06", "NV01"), ERR_USAGE);
	assert_int_equal(memory_do(m, "task set", "hp.2026-06", "NV07", "state=done"), ERR_NOT_FOUND);
	assert_int_equal(memory_do(m, "task set", "hp.2026-06", "NV02", "state=done"), 0);
	assert_int_equal(m->last.changes[0].claim, CLAIM_NONE);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(
	    memory_do(m, "task set", "hp.2026-06", "NV01", "state=done", "--unit=11383"), ERR_USAGE);
	assert_int_equal(
	    memory_do(m, "task set", "hp.2026-06", "NV01", "remark=nhanh lên", "--unit=11383"), 0);
	memory_now(m, "2026-06-26T00:00:00+07:00");
	assert_int_equal(task_list(&m->view, "hp.2026-06", NULL, &m->arena, &all, &err), 0);
	assert_int_equal(all.n, 2);
	assert_true(all.items[0].overdue);
	assert_string_equal(all.items[0].progress[0].remark, "nhanh lên");
	assert_false(all.items[1].overdue); /* a request is never late */
	assert_int_equal(
	    memory_do(m, "task set", "hp.2026-06", "NV01", "state=done", "--unit=11383", "--reason=x"), 0);
	assert_int_equal(task_list(&m->view, "hp.2026-06", "11383", &m->arena, &all, &err), 0);
	assert_false(all.items[0].overdue);
	assert_int_equal(all.items[0].n_done, 1);
}

static void every_operation_is_found_by_its_name(void **state)
{
	(void)state;
	for (const struct op *op = ops; op->name; op++) {
		assert_ptr_equal(op_find(op->name), op);
		assert_true(!op[1].name || strcmp(op->name, op[1].name) < 0);
	}
	assert_null(op_find("report"));
	assert_null(op_find(""));
}

/* Without any words no operation may do anything, or fall. */
static void every_operation_bears_silence(void **state)
{
	struct memory *m = *state;
	for (const struct op *op = ops; op->name; op++) {
		struct args none = {0};
		struct outcome o = {0};
		struct err err = {0};
		assert_true(op->run(&m->view, &none, &o, &err) < 0);
		assert_non_null(err.msg);
		outcome_free(&o);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, at_city, leave)
	const struct CMUnitTest tests[] = {
	    TEST(a_ward_knows_what_is_asked),
	    TEST(what_is_done_is_no_longer_to_do),
	    TEST(what_waits_for_its_receipt_is_the_last),
	    TEST(a_city_is_asked_nothing_here),
	    TEST(conflicts_are_counted),
	    TEST(one_receipt_a_version),
	    TEST(only_the_direct_superior_receives),
	    TEST(nothing_is_late_without_a_due_date),
	    TEST(progress_is_set_and_listed),
	    TEST(every_operation_is_found_by_its_name),
	    TEST(every_operation_bears_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

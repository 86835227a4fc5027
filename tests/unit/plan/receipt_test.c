/* Receipts: which change of the unit's a version goes back to, and which due date it is held to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/due.h"
#include "plan/receipt.h"

#define P "hp.2026-06", "2026-06"
#define LEDGER "reports/11383"
#define PATH "reports/31/hp.2026-06/2026-06.yaml"
#define RECEIPTS "receipts/31/hp.2026-06/2026-06.yaml"

static int at_ward(void **state)
{
	struct memory *m = memory_country();
	memory_at(m, "11383", NULL, NULL);
	memory_now(m, "2026-07-01T08:00:00+07:00");
	*state = m;
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

/* The city's daemon takes in whatever the ward has, at that hour; how many changes it writes. */
static size_t receive_at(struct memory *m, const char *hour)
{
	struct outcome o = {0};
	struct err err = {0};
	memory_at(m, "31", NULL, NULL);
	memory_now(m, hour);
	assert_int_equal(receipt_for(&m->view, LEDGER, PATH, &o, &err), 0);
	memory_apply(m, &o);
	size_t n = o.n_changes;
	outcome_free(&o);
	memory_at(m, "11383", NULL, NULL);
	return n;
}

static const char *said(struct memory *m, const char *row, const char *column)
{
	return memory_field(m, LEDGER, RECEIPTS, arena_printf(&m->arena, "versions.%s.%s", row, column));
}

static void assert_change(struct memory *m, const char *row, unsigned change)
{
	struct oid id = memory_id(change);
	char hex[OID_HEX + 1];
	oid_hex(&id, hex);
	assert_string_equal(said(m, row, "change"), hex);
}

static void assert_said(struct memory *m, const char *row, const char *column, const char *wanted)
{
	const char *is = said(m, row, column);
	if (wanted)
		assert_string_equal(is, wanted);
	else
		assert_null(is);
}

static unsigned submit(struct memory *m)
{
	assert_int_equal(memory_do(m, "report set", P, "TT01=42", "MT05=31/58"), 0);
	assert_int_equal(memory_do(m, "report submit", P), 0);
	return m->changes;
}

static void a_receipt_names_the_submission(void **state)
{
	struct memory *m = *state;
	unsigned sent = submit(m);
	/* The superior wrote on it before the receipt could be written: that is not what was submitted. */
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report set", P, "TT01=41", "--unit=11383", "--reason=x"), 0);
	assert_int_equal(receive_at(m, "2026-07-02T08:00:00+07:00"), 1);
	assert_change(m, "1", sent);
	assert_said(m, "1", "received", "2026-07-02T08:00:00+07:00");
	assert_said(m, "1", "by", "31");
	assert_int_equal(receive_at(m, "2026-07-03T08:00:00+07:00"), 0);
}

static void what_is_returned_and_sent_again_has_two(void **state)
{
	struct memory *m = *state;
	unsigned first = submit(m);
	receive_at(m, "2026-07-02T08:00:00+07:00");
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report return", P, "--unit=11383", "--reason=x"), 0);
	assert_int_equal(receive_at(m, "2026-07-02T09:00:00+07:00"), 0);
	assert_int_equal(memory_do(m, "report set", P, "TT01=43"), 0);
	assert_int_equal(receive_at(m, "2026-07-02T10:00:00+07:00"), 0);
	assert_int_equal(memory_do(m, "report submit", P), 0);
	unsigned second = m->changes;
	assert_int_equal(receive_at(m, "2026-07-03T08:00:00+07:00"), 1);
	assert_change(m, "1", first);
	assert_change(m, "2", second);
	assert_said(m, "1", "received", "2026-07-02T08:00:00+07:00");
	assert_said(m, "2", "received", "2026-07-03T08:00:00+07:00");
}

static void a_correction_has_its_own(void **state)
{
	struct memory *m = *state;
	unsigned first = submit(m);
	assert_int_equal(memory_do(m, "report correct", P, "TT01=43", "--reason=x"), 0);
	unsigned second = m->changes;
	/* Both came by the same sync. */
	assert_int_equal(receive_at(m, "2026-07-02T08:00:00+07:00"), 1);
	assert_change(m, "1", first);
	assert_change(m, "2", second);
	memory_at(m, "31", NULL, NULL);
	assert_int_equal(memory_do(m, "report accept", P, "--unit=11383"), 0);
	assert_int_equal(receive_at(m, "2026-07-02T09:00:00+07:00"), 0);
	assert_int_equal(memory_do(m, "report correct", P, "TT01=44", "--reason=y"), 0);
	assert_int_equal(receive_at(m, "2026-07-09T08:00:00+07:00"), 1);
	assert_change(m, "3", m->changes - 1);
}

static void a_correction_of_what_is_returned_waits(void **state)
{
	struct memory *m = *state;
	submit(m);
	receive_at(m, "2026-07-02T08:00:00+07:00");
	memory_at(m, "31", NULL, NULL);
	memory_do(m, "report return", P, "--unit=11383", "--reason=x");
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(memory_do(m, "report correct", P, "TT01=43", "--reason=x"), 0);
	assert_int_equal(receive_at(m, "2026-07-02T10:00:00+07:00"), 0);
	assert_int_equal(memory_do(m, "report submit", P), 0);
	assert_int_equal(receive_at(m, "2026-07-02T11:00:00+07:00"), 1);
	assert_null(said(m, "2", "change"));
	assert_non_null(said(m, "3", "change"));
}

/* The node came back from an old copy and made version 2 again. */
static void a_version_made_twice_has_two(void **state)
{
	struct memory *m = *state;
	submit(m);
	memory_put(m, LEDGER, PATH, "state: submitted\nversion: '2'\nvalues: {TT01: '1'}\n");
	unsigned lost = m->changes;
	receive_at(m, "2026-07-02T08:00:00+07:00");
	memory_put(m, LEDGER, PATH, "state: submitted\nversion: '1'\n");
	memory_put(m, LEDGER, PATH, "state: submitted\nversion: '2'\nvalues: {TT01: '2'}\n");
	unsigned again = m->changes;
	assert_int_equal(receive_at(m, "2026-07-03T08:00:00+07:00"), 1);
	assert_change(m, "2", lost);
	assert_change(m, "2-2", again);
	assert_int_equal(receive_at(m, "2026-07-04T08:00:00+07:00"), 0);
	struct report_receipt *all;
	size_t n;
	struct err err = {0};
	assert_int_equal(receipt_read(&m->view, LEDGER, PATH, &m->arena, &all, &n, &err), 0);
	assert_string_equal(all[n - 1].row, "2-2");
	assert_string_equal(all[n - 1].version, "2");
}

/* The same, and neither had been received: what stands now is what is received. */
static void a_version_made_twice_at_once_has_one(void **state)
{
	struct memory *m = *state;
	submit(m);
	memory_put(m, LEDGER, PATH, "state: submitted\nversion: '2'\nvalues: {TT01: '1'}\n");
	memory_put(m, LEDGER, PATH, "state: submitted\nversion: '1'\n");
	memory_put(m, LEDGER, PATH, "state: submitted\nversion: '2'\nvalues: {TT01: '2'}\n");
	unsigned again = m->changes;
	assert_int_equal(receive_at(m, "2026-07-03T08:00:00+07:00"), 1);
	assert_change(m, "2", again);
	assert_null(said(m, "2-2", "change"));
}

/* One change for all the reports of a batch; each record once. */
static void a_batch_shares_a_change(void **state)
{
	struct memory *m = *state;
	struct outcome o = {0};
	struct err err = {0};
	char path[64];
	for (int month = 1; month <= 5; month++) {
		snprintf(path, sizeof path, "reports/31/hp.2026-06/2026-%02d.yaml", month);
		memory_put(m, LEDGER, path, "state: submitted\nversion: '1'\n");
	}
	memory_at(m, "31", NULL, NULL);
	for (int twice = 0; twice < 2; twice++)
		for (int month = 1; month <= 5; month++) {
			snprintf(path, sizeof path, "reports/31/hp.2026-06/2026-%02d.yaml", month);
			assert_true(receipt_is_wanted(&m->view, LEDGER, path));
			assert_int_equal(receipt_for(&m->view, LEDGER, path, &o, &err), 0);
		}
	assert_int_equal(o.n_changes, 1);
	assert_int_equal(o.changes[0].n_records, 5);
	assert_string_equal(o.changes[0].subject, "receipt: 5 reports");
	memory_apply(m, &o);
	assert_false(receipt_is_wanted(&m->view, LEDGER, path));
	outcome_free(&o);
}

/* What happens, letter by letter: 1-9 the city issues the directive with that day of July as due day, 0 without one; v
 * the node of the ward knows what was issued so far; a the ward acknowledges; s it submits, C corrects, by a node that
 * says what asked for it; o submits by an old node that does not; r revoked. Then it is received at that day and hour. */
static const struct story {
	const char *what, *received;
	const char *due, *version, *late;
	const char *row; /* NULL: "1" */
} stories[] = {
    /* Around midnight. */
    {"5vs", "2026-07-05T23:59:59+07:00", "2026-07-05", "1", "no", NULL},
    {"5vs", "2026-07-06T00:00:00+07:00", "2026-07-05", "1", "yes", NULL},
    {"5vs", "2026-07-05T17:00:00+00:00", "2026-07-05", "1", "yes", NULL},
    {"5vs", "2026-07-05T16:59:59+00:00", "2026-07-05", "1", "no", NULL},
    /* Nothing asked, nothing known. */
    {"s", "2026-07-09T00:00:00+07:00", NULL, NULL, NULL, NULL},
    {"0vs", "2026-07-09T00:00:00+07:00", NULL, NULL, NULL, NULL},
    {"s5", "2026-07-09T00:00:00+07:00", NULL, NULL, NULL, NULL},
    {"5s", "2026-07-09T00:00:00+07:00", NULL, NULL, NULL, NULL},
    /* Moved forward behind the ward's back, before or after it submitted. */
    {"5v2s", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", NULL},
    {"5vs2", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", NULL},
    {"5vs2", "2026-07-06T00:00:00+07:00", "2026-07-05", "1", "yes", NULL},
    {"5vs2v", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", NULL},
    /* Moved forward, and known. */
    {"5v2vs", "2026-07-04T00:00:00+07:00", "2026-07-02", "2", "yes", NULL},
    {"5v2vs", "2026-07-02T23:00:00+07:00", "2026-07-02", "2", "no", NULL},
    {"5v2vao", "2026-07-04T00:00:00+07:00", "2026-07-02", "2", "yes", NULL},
    {"5va2vo", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", NULL},
    /* Put off: that counts, known or not. */
    {"2v5s", "2026-07-04T00:00:00+07:00", "2026-07-05", "2", "no", NULL},
    {"2vs5", "2026-07-04T00:00:00+07:00", "2026-07-05", "2", "no", NULL},
    {"2v5vs", "2026-07-06T00:00:00+07:00", "2026-07-05", "2", "yes", NULL},
    {"8v2vs3", "2026-07-05T00:00:00+07:00", "2026-07-03", "3", "yes", NULL},
    {"5v2v8vs3", "2026-07-06T00:00:00+07:00", "2026-07-08", "3", "no", NULL},
    /* A day set where the ward knew of none, and one taken away. */
    {"0v2s", "2026-07-04T00:00:00+07:00", NULL, NULL, NULL, NULL},
    {"0v2vs", "2026-07-04T00:00:00+07:00", "2026-07-02", "2", "yes", NULL},
    {"2v0s", "2026-07-04T00:00:00+07:00", NULL, NULL, NULL, NULL},
    {"2vsr", "2026-07-04T00:00:00+07:00", NULL, NULL, NULL, NULL},
    /* A node that says nothing: all versions count, and what was acknowledged. */
    {"5o", "2026-07-06T00:00:00+07:00", "2026-07-05", "1", "yes", NULL},
    {"52o", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", NULL},
    {"52o", "2026-07-06T00:00:00+07:00", "2026-07-05", "1", "yes", NULL},
    /* A correction is held to what was known when it was made. */
    {"5vs2vC", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", "1"},
    {"5vs2vC", "2026-07-04T00:00:00+07:00", "2026-07-02", "2", "yes", "2"},
    {"5vs2C", "2026-07-04T00:00:00+07:00", "2026-07-05", "1", "no", "2"},
};

/* The ward's node has the ledger of the city only as far as it was last synced; a memory_view has one of all. So the
 * statement is made of what it knew and put into the change afterwards. */
static void state_known(struct memory *m, int known)
{
	for (size_t i = m->n_past; i-- > 0;) {
		struct memory_past *p = &m->past[i];
		if (p->change != m->changes)
			break;
		free(p->body);
		p->body = known < 0 ? NULL
			  : known   ? mem_dup(arena_printf(&m->arena,
					  "vì sao\n\nAsked-by: 0/D-9 4, 31/D-017 %d, 31/D-0171 9", known))
				    : mem_dup("Asked-by: nobody");
	}
}

static void tell(struct memory *m, const struct story *s)
{
	int issued = 0, known = 0;
	bool set = false;
	for (const char *p = s->what; *p; p++) {
		if ((*p >= '0' && *p <= '9') || *p == 'r') {
			memory_at(m, "31", NULL, NULL);
			const char *due = *p == '0' || *p == 'r'
					      ? "--due="
					      : arena_printf(&m->arena, "--due=2026-07-0%c", *p);
			int rc = *p == 'r'
				     ? memory_do(m, "directive revoke", "D-017", "--reason=x")
				     : memory_do(m, "directive issue", "--id=D-017", "--plan=hp.2026-06",
					   "--period=2026-06", "--title=a", "--to=all", due);
			assert_int_equal(rc, 0);
			issued += *p != 'r';
			memory_at(m, "11383", NULL, NULL);
		} else if (*p == 'v') {
			known = issued;
		} else if (*p == 'a') {
			assert_int_equal(memory_do(m, "directive ack", "D-017"), 0);
		} else {
			if (!set)
				assert_int_equal(memory_do(m, "report set", P, "TT01=42", "MT05=31/58"), 0);
			set = true;
			assert_int_equal(*p == 'C'
					     ? memory_do(m, "report correct", P, "TT01=43", "--reason=x")
					     : memory_do(m, "report submit", P),
			    0);
			state_known(m, *p == 'o' ? -1 : known);
		}
	}
}

static void the_day_that_was_known_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		const struct story *s = &stories[i];
		void *own;
		at_ward(&own);
		struct memory *m = own;
		tell(m, s);
		print_message("%s, received %s\n", s->what, s->received);
		assert_int_equal(receive_at(m, s->received), 1);
		const char *row = s->row ? s->row : "1";
		assert_said(m, row, "due", s->due);
		assert_said(m, row, "directive", s->due ? "31/D-017" : NULL);
		assert_said(m, row, "directive_version", s->version);
		assert_said(m, row, "late", s->late);
		leave(&own);
	}
}

static void of_several_the_earliest(void **state)
{
	struct memory *m = *state;
	static const char *const due[] = {"--due=2026-07-07", "--due=2026-07-04", "--due=2026-07-06"};
	memory_at(m, "31", NULL, NULL);
	for (size_t i = 0; i < 3; i++)
		memory_do(m, "directive issue", "--plan=hp.2026-06", "--period=2026-06", "--title=a",
		    "--to=all", due[i]);
	memory_do(m, "directive issue", "--plan=hp.2026-06", "--period=2026-06", "--title=b", "--to=11050",
	    "--due=2026-07-01");
	memory_at(m, "11383", NULL, NULL);
	submit(m);
	receive_at(m, "2026-07-05T08:00:00+07:00");
	assert_said(m, "1", "directive", "31/D-002");
	assert_said(m, "1", "late", "yes");
}

static void the_statement_names_what_asks(void **state)
{
	struct memory *m = *state;
	const struct due_report report = {"11383", "31", "hp.2026-06", "2026-06"};
	assert_string_equal(due_statement(&m->view, &report, &m->arena), "Asked-by: nobody");
	memory_at(m, "31", NULL, NULL);
	for (int i = 0; i < 2; i++)
		memory_do(m, "directive issue", "--id=D-1", "--plan=hp.2026-06", "--period=2026-06",
		    i ? "--title=a" : "--title=b", "--to=all");
	memory_do(m, "directive issue", "--id=D-2", "--plan=hp.2026-06", "--period=2026-06", "--title=c",
	    "--to=11050,11383");
	memory_do(m, "directive issue", "--id=D-3", "--plan=hp.2026-06", "--period=2026-07", "--title=d",
	    "--to=all");
	memory_at(m, "11383", NULL, NULL);
	assert_string_equal(due_statement(&m->view, &report, &m->arena), "Asked-by: 31/D-1 2, 31/D-2 1");
	submit(m);
	assert_string_equal(m->last.changes[0].body, "Asked-by: 31/D-1 2, 31/D-2 1");
	assert_int_equal(memory_do(m, "report correct", P, "TT01=43", "--reason=vì"), 0);
	assert_string_equal(m->last.changes[0].body, "vì\n\nAsked-by: 31/D-1 2, 31/D-2 1");
	/* An id that looks like a person's number would keep the report from being admitted: it is left unsaid. */
	memory_at(m, "31", NULL, NULL);
	memory_do(m, "directive issue", "--id=0912345678", "--plan=hp.2026-06", "--period=2026-06",
	    "--title=e", "--to=all");
	assert_null(due_statement(&m->view, &report, &m->arena));
}

/* A station's correction makes no version, and needs no statement. */
static void a_station_makes_no_version(void **state)
{
	struct memory *m = *state;
	submit(m);
	receive_at(m, "2026-07-02T08:00:00+07:00");
	memory_at(m, "11383", "cong-an", "cong-an");
	assert_int_equal(memory_do(m, "report correct", P, "MT05=32/58", "--reason=x"), 0);
	assert_string_equal(m->last.changes[0].body, "x");
	assert_int_equal(receive_at(m, "2026-07-03T08:00:00+07:00"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, at_ward, leave)
	const struct CMUnitTest tests[] = {
	    TEST(a_receipt_names_the_submission),
	    TEST(what_is_returned_and_sent_again_has_two),
	    TEST(a_correction_has_its_own),
	    TEST(a_correction_of_what_is_returned_waits),
	    TEST(a_version_made_twice_has_two),
	    TEST(a_version_made_twice_at_once_has_one),
	    TEST(a_batch_shares_a_change),
	    TEST(the_day_that_was_known_counts),
	    TEST(of_several_the_earliest),
	    TEST(the_statement_names_what_asks),
	    TEST(a_station_makes_no_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

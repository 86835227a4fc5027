/* Incidents: the bounded list of a node, what it remembers of refusals, and the signed records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "memory_view.h"
#include "plan/incident.h"
#include "plan/incident_list.h"
#include "plan/refusals.h"

static struct err refused(const char *what)
{
	struct err err = {0};
	err_set(&err, ERR_REFUSED, "%1 may not", what);
	err_hint(&err, "ask %1");
	err_rule(&err, "right", "reports/31/p/2026-06.yaml", "note");
	return err;
}

static struct incident of(const char *unit, const struct err *err)
{
	return (struct incident){.kind = "refused", .unit = unit, .ledger = "reports/11383", .err = err};
}

static void alike_ones_are_counted(void **state)
{
	(void)state;
	struct incident_list l = {0};
	struct err a = refused("a"), b = refused("b"), said;
	struct buf text = {0};
	struct incident i = of("11383", &a);
	assert_true(incident_list_add(&l, &i, 100));
	i.err = &b;
	assert_false(incident_list_add(&l, &i, 200));
	i.unit = "11050";
	assert_true(incident_list_add(&l, &i, 300));
	i.field = "values.TT01";
	assert_true(incident_list_add(&l, &i, 400));
	assert_int_equal(l.n, 3);
	const struct incident_entry *e = &l.items[0];
	assert_true(e->first == 100 && e->last == 200 && e->count == 2);
	assert_string_equal(e->word[INCIDENT_RULE], "right");
	assert_string_equal(e->word[INCIDENT_RECORD], "reports/31/p/2026-06.yaml");
	assert_string_equal(e->word[INCIDENT_FIELD], "note");
	incident_list_sentence(e, &said);
	err_format(&said, NULL, &text);
	assert_string_equal(buf_str(&text), "b may not; ask b");
	assert_ptr_equal(incident_list_find(&l, e->id), e);
	char prefix[INCIDENT_ID + 1];
	snprintf(prefix, sizeof prefix, "%.9s", e->id);
	assert_ptr_equal(incident_list_find(&l, prefix), e);
	assert_null(incident_list_find(&l, ""));
	assert_null(incident_list_find(&l, "zz"));
	incident_list_remove(&l, e);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.items[0].word[INCIDENT_UNIT], "11050");
	buf_free(&text);
	incident_list_free(&l);
}

/* Whoever floods pushes out what he did himself. */
static void nobody_pushes_out_others(void **state)
{
	(void)state;
	struct incident_list l = {0};
	struct err err = refused("x");
	struct incident i = of("11050", &err);
	incident_list_add(&l, &i, 1);
	i.unit = "11383";
	for (int k = 0; k < 3 * INCIDENT_LIST_MAX; k++) {
		char field[32];
		snprintf(field, sizeof field, "values.T%d", k);
		i.field = field;
		incident_list_add(&l, &i, 10 + k);
	}
	assert_int_equal(l.n, INCIDENT_LIST_MAX);
	assert_string_equal(l.items[0].word[INCIDENT_UNIT], "11050");
	assert_string_equal(l.items[l.n - 1].word[INCIDENT_FIELD], "values.T2999");
	assert_string_equal(l.items[1].word[INCIDENT_FIELD], "values.T2001"); /* the oldest went */
	incident_list_free(&l);
}

static void the_list_survives_the_disk(void **state)
{
	(void)state;
	struct incident_list l = {0}, again = {0};
	struct buf first = {0}, second = {0};
	struct err err = refused("tab\there\\n and\nline");
	struct incident i = of("cong-an@11383", &err);
	memset(i.change.b, 0xab, OID_SIZE);
	incident_list_add(&l, &i, INT64_C(1782867600));
	i = (struct incident){.kind = "stranger"};
	incident_list_add(&l, &i, 5);
	incident_list_print(&l, &first);
	incident_list_read(&again, buf_str(&first), first.len);
	incident_list_print(&again, &second);
	assert_int_equal(again.n, 2);
	assert_string_equal(buf_str(&first), buf_str(&second));
	assert_string_equal(again.items[0].word[INCIDENT_ARG], "tab\there\\n and\nline");
	assert_string_equal(again.items[0].id, l.items[0].id);
	incident_list_free(&l);
	incident_list_free(&again);
	buf_free(&first);
	buf_free(&second);
}

/* Cut anywhere, or with a byte gone wrong, what can be read is read. */
static void damage_costs_lines(void **state)
{
	(void)state;
	struct incident_list l = {0};
	struct buf text = {0};
	struct err err = refused("x");
	for (int k = 0; k < 3; k++) {
		static const char *const units[] = {"1", "2", "3"};
		struct incident i = of(units[k], &err);
		incident_list_add(&l, &i, k);
	}
	incident_list_print(&l, &text);
	for (size_t len = 0; len <= text.len; len++) {
		struct incident_list cut = {0};
		incident_list_read(&cut, text.data, len);
		assert_true(cut.n <= 3);
		incident_list_free(&cut);
	}
	for (size_t at = 0; at < text.len; at++) {
		struct incident_list bad = {0};
		char was = text.data[at];
		text.data[at] = at % 2 ? '\t' : '\0';
		incident_list_read(&bad, text.data, text.len);
		assert_true(bad.n >= 1 && bad.n <= 3);
		text.data[at] = was;
		incident_list_free(&bad);
	}
	incident_list_free(&l);
	buf_free(&text);
}

static void what_is_entered_again_is_struck_off(void **state)
{
	(void)state;
	struct incident_list l = {0};
	struct arena arena = {0};
	struct record r;
	struct incident i = {.kind = "lost",
	    .ledger = "reports/11383",
	    .record = "reports/31/p/2026-06.yaml",
	    .field = "values.TT01, note"};
	incident_list_add(&l, &i, 1);
	record_init(&r, &arena, type_by_name("report"));
	record_put(&r, "values.TT01", "4");
	assert_false(incident_list_entered(&l, i.ledger, i.record, &r)); /* half of it */
	record_put(&r, "note", "again");
	assert_false(incident_list_entered(&l, i.ledger, "reports/31/p/2026-05.yaml", &r));
	assert_false(incident_list_entered(&l, "reports/11050", i.record, &r));
	assert_true(incident_list_entered(&l, i.ledger, i.record, &r));
	assert_int_equal(l.n, 0);
	i.kind = "refused";
	incident_list_add(&l, &i, 1);
	assert_false(incident_list_entered(&l, i.ledger, i.record, &r)); /* that is for people to close */
	incident_list_free(&l);
	arena_free(&arena);
}

static struct oid id_of(unsigned n)
{
	struct oid id = {{0}};
	id.b[0] = 1;
	id.b[1] = (unsigned char)(n >> 8);
	id.b[2] = (unsigned char)n;
	return id;
}

static void refusals_survive_the_disk(void **state)
{
	(void)state;
	struct refusals l = {0}, again = {0};
	struct buf first = {0}, second = {0};
	const char *const words[REFUSAL_WORDS] = {"reports/11383", "31", "right", NULL, NULL, "not\nallowed"};
	struct oid a = id_of(1), b = id_of(2), c = id_of(3), none = {{0}};
	struct refusal *r = refusals_add(&l, &a, words);
	r->state = REFUSAL_HEALED;
	r->time = 77;
	refusals_again(r, &b, &c);
	refusals_again(r, &c, &none);
	refusals_add(&l, &b, words)->state = REFUSAL_UNWANTED;
	assert_ptr_equal(refusals_add(&l, &a, words), refusals_find(&l, &a)); /* once */
	refusals_print(&l, &first);
	refusals_read(&again, buf_str(&first), first.len);
	refusals_print(&again, &second);
	assert_string_equal(buf_str(&first), buf_str(&second));
	r = refusals_find(&again, &a);
	assert_true(r->state == REFUSAL_HEALED && r->time == 77 && r->n_again == 2);
	assert_true(oid_eq(&r->again[0].now, &c) && oid_is_zero(&r->again[1].now));
	assert_string_equal(r->word[REFUSAL_SENTENCE], "not\nallowed");
	assert_true(refusals_find(&again, &b)->state == REFUSAL_UNWANTED);
	assert_null(refusals_find(&again, &c));
	refusals_free(&l);
	refusals_free(&again);
	buf_free(&first);
	buf_free(&second);
}

static void refusals_are_bounded(void **state)
{
	(void)state;
	struct refusals l = {0};
	const char *const words[REFUSAL_WORDS] = {"reports/11383", "31"};
	for (unsigned i = 0; i < REFUSALS_MAX + 20; i++) {
		struct oid id = id_of(i);
		refusals_add(&l, &id, words);
	}
	struct oid old = id_of(19), young = id_of(20);
	assert_int_equal(l.n, REFUSALS_MAX);
	assert_null(refusals_find(&l, &old));
	assert_non_null(refusals_find(&l, &young));
	for (unsigned i = 0; i < REFUSALS_AGAIN_MAX + 5; i++)
		refusals_again(&l.items[0], &old, &young);
	assert_int_equal(l.items[0].n_again, REFUSALS_AGAIN_MAX);
	refusals_free(&l);
}

/* ---- signed ones ---- */

static int at_city(void **state)
{
	struct memory *m = memory_country();
	memory_at(m, "31", NULL, NULL);
	*state = m;
	return 0;
}

static int leave(void **state)
{
	memory_free(*state);
	return 0;
}

static size_t open_one(struct memory *m, const char *kind, const char *about, const char *reason)
{
	struct outcome o = {0};
	struct err err = {0};
	assert_int_equal(incident_open(&m->view, &o, "11383", kind, about, about, reason, &err), 0);
	memory_apply(m, &o);
	size_t n = o.n_changes;
	outcome_free(&o);
	return n;
}

static struct incident_items items(struct memory *m, bool closed_too)
{
	struct incident_items all;
	struct err err = {0};
	assert_int_equal(incident_items_read(&m->view, NULL, closed_too, &m->arena, &all, &err), 0);
	return all;
}

static int close_it(struct memory *m, const char *id, const char *note)
{
	struct outcome o = {0};
	struct args a = {0};
	ERR_CLEAR(&m->err);
	strs_add(&a.words, id);
	if (note)
		args_add_option(&a, "note", note);
	int rc = incident_op_close(&m->view, &a, &o, &m->err);
	if (rc == 0)
		memory_apply(m, &o);
	args_free(&a);
	outcome_free(&o);
	return rc;
}

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9H8a"

static void an_incident_is_opened_once_and_again(void **state)
{
	struct memory *m = *state;
	assert_int_equal(open_one(m, "suspended", KEY, "stolen by night"), 1);
	assert_int_equal(open_one(m, "suspended", KEY, "stolen by night"), 0);
	assert_int_equal(open_one(m, "twin", KEY, NULL), 1);
	struct incident_items all = items(m, false);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.items[0].unit, "11383");
	assert_string_equal(all.items[0].kind, "suspended");
	assert_string_equal(all.items[0].key, KEY);
	assert_string_equal(all.items[0].reason, "stolen by night");
	assert_non_null(all.items[0].opened);
	assert_int_equal(close_it(m, "suspended-", "new machine"), 0);
	assert_int_equal(items(m, false).n, 1);
	all = items(m, true);
	assert_int_equal(all.n, 2);
	assert_non_null(all.items[0].closed);
	assert_string_equal(all.items[0].note, "new machine");
	assert_int_equal(open_one(m, "suspended", KEY, "again"), 1);
	all = items(m, false);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.items[0].reason, "again");
	assert_null(all.items[0].note);
}

static void only_superiors_close_it(void **state)
{
	struct memory *m = *state;
	open_one(m, "twin", KEY, NULL);
	assert_int_equal(close_it(m, "no-such", NULL), ERR_NOT_FOUND);
	open_one(m, "twin", "another key", NULL);
	assert_int_equal(close_it(m, "twin-", NULL), ERR_AMBIGUOUS);
	memory_at(m, "11383", NULL, NULL);
	assert_int_equal(items(m, false).n, 2); /* it reads them */
	assert_int_equal(close_it(m, items(m, false).items[0].id, NULL), ERR_REFUSED);
}

#define TEST(name) cmocka_unit_test(name)
#define SIGNED(name) cmocka_unit_test_setup_teardown(name, at_city, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(alike_ones_are_counted),
	    TEST(nobody_pushes_out_others),
	    TEST(the_list_survives_the_disk),
	    TEST(damage_costs_lines),
	    TEST(what_is_entered_again_is_struck_off),
	    TEST(refusals_survive_the_disk),
	    TEST(refusals_are_bounded),
	    SIGNED(an_incident_is_opened_once_and_again),
	    SIGNED(only_superiors_close_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

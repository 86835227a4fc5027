/* Goal: an invitation is good once, for one unit and until a day; what its issuer remembers is bounded and tells apart
 * why one is not good. */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "registry/invitation.h"

static day_t day_of(const char *text)
{
	day_t day = 0;
	struct err err = {0};
	if (date_parse(text, &day, &err) < 0)
		tree_fail(&err);
	return day;
}

static struct invitation sample(const struct key *key)
{
	struct invitation inv = {.unit = "11383",
	    .level = "commune",
	    .name = "phường Lê Chân",
	    .superior = {.unit = "31", .address = "10.31.0.2:7031"},
	    .expires = day_of("2026-07-08")};
	memcpy(inv.superior.key, key_public(key), KEY_PUBLIC_SIZE);
	memset(inv.secret, 0xab, sizeof inv.secret);
	return inv;
}

static void what_is_printed_is_read(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct key *key;
	struct err err = {0};
	struct buf text = {0};
	struct invitation out;
	assert_int_equal(key_generate(&key, &err), 0);
	struct invitation inv = sample(key);
	inv.recover = true;
	inv.station = inv.agency = "cong-an";
	invitation_print(&inv, key, &text);
	assert_true(text.len < 500);
	if (invitation_read(&arena, "inv.yaml", buf_str(&text), text.len, &out, &err) < 0)
		tree_fail(&err);
	assert_string_equal(out.unit, "11383");
	assert_string_equal(out.station, "cong-an");
	assert_string_equal(out.agency, "cong-an");
	assert_string_equal(out.level, "commune");
	assert_string_equal(out.name, "phường Lê Chân");
	assert_string_equal(out.superior.address, "10.31.0.2:7031");
	assert_memory_equal(out.superior.key, key_public(key), KEY_PUBLIC_SIZE);
	assert_memory_equal(out.secret, inv.secret, sizeof inv.secret);
	assert_int_equal(out.expires, inv.expires);
	assert_true(out.recover);
	/* every line may be mangled on its way through a telephone */
	for (size_t i = 0; i < text.len; i++) {
		char *bad = mem_dup(buf_str(&text));
		if (bad[i] < '0' || bad[i] > '9') {
			free(bad);
			continue;
		}
		bad[i] = bad[i] == '9' ? '0' : (char)(bad[i] + 1);
		ERR_CLEAR(&err);
		int rc = invitation_read(&arena, "inv.yaml", bad, text.len, &out, &err);
		if (rc != ERR_REFUSED && rc != ERR_INPUT)
			fail_msg("a digit at %zu may be altered", i);
		free(bad);
	}
	buf_free(&text);
	key_free(key);
	arena_free(&arena);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	    {"format: tuyen-invitation/1\nunit: '1'\n", "level"},
	    {"format: tuyen-invitation/1\nunit: '1'\nlevel: commune\nname: x\n", "superior"},
	    {"format: tuyen-request/1\nunit: '1'\n", "tuyen-invitation/1"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena arena = {0};
		struct invitation out;
		struct err err = {0};
		assert_int_equal(
		    invitation_read(&arena, "x", bad[i][0], strlen(bad[i][0]), &out, &err), ERR_INPUT);
		assert_string_equal(err.arg[0], bad[i][1]);
		arena_free(&arena);
	}
	struct arena arena = {0};
	struct invitation out;
	struct err err = {0};
	struct key *key;
	struct buf text = {0};
	assert_int_equal(key_generate(&key, &err), 0);
	struct invitation inv = sample(key);
	inv.superior.address = NULL;
	invitation_print(&inv, key, &text);
	assert_int_equal(invitation_read(&arena, "x", buf_str(&text), text.len, &out, &err), ERR_INPUT);
	assert_string_equal(err.arg[0], "superior");
	buf_free(&text);
	key_free(key);
	arena_free(&arena);
}

/* ---- what the superior remembers ---- */

static const unsigned char secret_a[INVITATION_SECRET_SIZE] = {1}, secret_b[INVITATION_SECRET_SIZE] = {2};

static struct invited row_of(const char *unit, const unsigned char *secret, const char *expires)
{
	struct invited row = {
	    .unit = unit, .level = "commune", .name = "xã Gia Phúc", .expires = day_of(expires)};
	invited_hash(secret, row.hash);
	return row;
}

static void add(struct invited_list *list, struct invited row, const char *today, bool replaces)
{
	struct err err = {0};
	bool replaced;
	if (invited_add(list, &row, day_of(today), &replaced, &err) < 0)
		tree_fail(&err);
	assert_int_equal(replaced, replaces);
}

/* The list as it stands in the note. */
static void keep(struct invited_list *list)
{
	struct buf text = {0}, again = {0};
	invited_print(list, &text);
	invited_free(list);
	invited_read(list, buf_str(&text), text.len);
	invited_print(list, &again);
	assert_string_equal(buf_str(&text), buf_str(&again));
	buf_free(&text);
	buf_free(&again);
}

static void refused(struct invited_list *list, const unsigned char *secret, const char *unit,
    const char *today, const char *sentence)
{
	struct err err = {0};
	struct invited *row;
	assert_int_equal(invited_find(list, secret, unit, day_of(today), &row, &err), ERR_REFUSED);
	struct buf text = {0};
	err_expand(err.msg, (const char *const[]){err.arg[0], err.arg[1]}, 2, &text);
	assert_string_equal(buf_str(&text), sentence);
	assert_non_null(err.hint);
	assert_string_equal(err.rule, "invitation");
	buf_free(&text);
}

static void why_one_is_not_good_is_told_apart(void **state)
{
	(void)state;
	struct invited_list list = {0};
	struct invited *row;
	struct err err = {0};
	invited_read(&list, "", 0);
	struct invited a = row_of("11050", secret_a, "2026-07-08");
	a.lost = "suspended";
	a.agency = "y-te";
	add(&list, a, "2026-07-01", false);
	keep(&list);
	assert_int_equal(invited_find(&list, secret_a, "11050", day_of("2026-07-08"), &row, &err), 0);
	assert_string_equal(row->lost, "suspended");
	assert_string_equal(row->agency, "y-te");
	assert_string_equal(row->name, "xã Gia Phúc");
	refused(&list, secret_b, "11050", "2026-07-01", "this invitation is not known here");
	refused(&list, secret_a, "11383", "2026-07-01", "this invitation is for 11050, not for 11383");
	refused(&list, secret_a, "11050", "2026-07-09", "this invitation of 11050 was good until 2026-07-08");
	assert_string_equal(invited_word(row, day_of("2026-07-09")), "expired");
	assert_string_equal(invited_word(row, day_of("2026-07-08")), "open");
	row->state = INVITED_USED;
	keep(&list);
	refused(&list, secret_a, "11050", "2026-07-09",
	    "this invitation of 11050 was used already, by another key");
	add(&list, row_of("11050", secret_b, "2026-07-10"), "2026-07-02", false);
	assert_true(invited_revoke(&list, "11050"));
	assert_false(invited_revoke(&list, "11050"));
	keep(&list);
	refused(&list, secret_b, "11050", "2026-07-02", "this invitation of 11050 was revoked");
	invited_free(&list);
}

static void a_later_one_takes_the_place_of_the_one_before(void **state)
{
	(void)state;
	struct invited_list list = {0};
	invited_read(&list, "", 0);
	add(&list, row_of("11050", secret_a, "2026-07-08"), "2026-07-01", false);
	add(&list, row_of("11383", secret_a, "2026-07-08"), "2026-07-01", false);
	add(&list, row_of("11050", secret_b, "2026-07-08"), "2026-07-01", true);
	assert_int_equal(list.n, 3);
	/* what is over is remembered for some weeks */
	add(&list, row_of("11914", secret_b, "2026-09-08"), "2026-08-08", false);
	assert_int_equal(list.n, 1);
	invited_free(&list);
}

static void the_list_is_bounded(void **state)
{
	(void)state;
	struct invited_list list = {0};
	struct err err = {0};
	bool replaced;
	char unit[16];
	invited_read(&list, "", 0);
	for (int i = 0; i < INVITED_MAX; i++) {
		snprintf(unit, sizeof unit, "%d", i);
		add(&list, row_of(unit, secret_a, "2026-07-08"), "2026-07-01", false);
	}
	struct invited more = row_of("more", secret_b, "2026-07-08");
	assert_int_equal(invited_add(&list, &more, day_of("2026-07-01"), &replaced, &err), ERR_BUSY);
	assert_true(invited_revoke(&list, "17"));
	add(&list, more, "2026-07-01", false);
	assert_int_equal(list.n, INVITED_MAX);
	keep(&list);
	assert_int_equal(list.n, INVITED_MAX);
	struct buf text = {0};
	invited_print(&list, &text);
	assert_true(text.len < INVITED_SIZE_MAX);
	buf_free(&text);
	invited_free(&list);
}

static void damage_costs_only_its_lines(void **state)
{
	(void)state;
	static const char good[] =
	    "open\t11050\t-\t2026-07-08\t-\t"
	    "0000000000000000000000000000000000000000000000000000000000000000\tcommune\txã\n";
	static const char *const bad[] = {"\n", "open\n", "opan\t1\t-\t2026-07-08\t-\t00\tcommune\txã\n",
	    "open\t1\t-\t2026-02-30\t-\t"
	    "0000000000000000000000000000000000000000000000000000000000000000\tcommune\txã\n",
	    "open\t..\t-\t2026-07-08\t-\t"
	    "0000000000000000000000000000000000000000000000000000000000000000\tcommune\txã\n",
	    "open\t1\t-\t2026-07-08\tgone\t"
	    "0000000000000000000000000000000000000000000000000000000000000000\tcommune\txã\n",
	    "open\t1\t-\t2026-07-08\t-\t"
	    "0000000000000000000000000000000000000000000000000000000000000000\tcommune\txã\tmore\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct invited_list list = {0};
		struct buf text = {0};
		buf_printf(&text, "%s%sopen\tcut", bad[i], good);
		invited_read(&list, buf_str(&text), text.len);
		assert_int_equal(list.n, 1);
		assert_string_equal(list.rows[0].unit, "11050");
		buf_free(&text);
		invited_free(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_printed_is_read),
	    cmocka_unit_test(what_is_missing_is_named),
	    cmocka_unit_test(why_one_is_not_good_is_told_apart),
	    cmocka_unit_test(a_later_one_takes_the_place_of_the_one_before),
	    cmocka_unit_test(the_list_is_bounded),
	    cmocka_unit_test(damage_costs_only_its_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

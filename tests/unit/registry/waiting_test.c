/* Goal: requests that wait are kept, found by unit and words, and bounded, so that a flood pushes out itself. */
#include "tree.h"

#include <stdio.h>

#include "registry/waiting.h"

struct asker {
	struct key *key;
	struct enrol_request request;
	const char *text;
};

static struct asker ask(struct arena *arena, const char *unit, const char *station)
{
	struct asker a = {0};
	struct err err = {0};
	struct buf text = {0};
	const struct config c = {
	    .unit = unit, .station = station, .level = "commune", .name = "xã Gia Phúc", .rank = -1};
	if (key_generate(&a.key, &err) < 0 || enrol_request(&c, a.key, false, &text, &err) < 0)
		tree_fail(&err);
	a.text = arena_dup(arena, buf_str(&text));
	if (enrol_read_request(arena, "x", a.text, text.len, &a.request, &err) < 0)
		tree_fail(&err);
	buf_free(&text);
	return a;
}

static struct waiting_list list;

static int setup(void **state)
{
	(void)state;
	list = (struct waiting_list){0};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	waiting_free(&list);
	return 0;
}

static void keep(void)
{
	struct buf text = {0}, again = {0};
	waiting_print(&list, &text);
	waiting_free(&list);
	waiting_read(&list, buf_str(&text), text.len);
	waiting_print(&list, &again);
	assert_string_equal(buf_str(&text), buf_str(&again));
	assert_true(text.len < WAITING_SIZE_MAX);
	buf_free(&text);
	buf_free(&again);
}

static void one_has_one_place(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct asker a = ask(&arena, "11050", NULL), b = ask(&arena, "11050", NULL);
	const struct waiting *w;
	struct err err = {0};
	assert_true(waiting_put(&list, &a.request, a.text, "10.1.1.1", 1000));
	assert_false(waiting_put(&list, &a.request, a.text, "10.1.1.1", 2000));
	keep();
	assert_int_equal(list.n, 1);
	assert_int_equal(list.rows[0].since, 1000);
	assert_string_equal(list.rows[0].from, "10.1.1.1");
	assert_int_equal(waiting_find(&list, "11050", NULL, &w, &err), 0);
	assert_memory_equal(w->request.key, key_public(a.key), KEY_PUBLIC_SIZE);
	assert_int_equal(waiting_find(&list, "11051", NULL, &w, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_true(waiting_put(&list, &b.request, b.text, "[fe80::1%eth0]", 3000));
	assert_int_equal(list.n, 2);
	assert_int_equal(waiting_find(&list, "11050", NULL, &w, &err), ERR_AMBIGUOUS);
	ERR_CLEAR(&err);
	struct buf words = {0}, print = {0};
	key_spoken(key_public(b.key), &words);
	key_fingerprint(key_public(b.key), &print);
	assert_int_equal(waiting_find(&list, "11050", buf_str(&words), &w, &err), 0);
	assert_memory_equal(w->request.key, key_public(b.key), KEY_PUBLIC_SIZE);
	assert_int_equal(waiting_find(&list, "11050", buf_str(&print), &w, &err), 0);
	assert_int_equal(waiting_find(&list, "11050", "bai chong", &w, &err), ERR_NOT_FOUND);
	assert_true(waiting_drop(&list, key_public(b.key)));
	assert_false(waiting_drop(&list, key_public(b.key)));
	keep();
	assert_int_equal(list.n, 1);
	buf_free(&words);
	buf_free(&print);
	key_free(a.key);
	key_free(b.key);
	arena_free(&arena);
}

static void stations_are_named_so(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct asker a = ask(&arena, "11383", "cong-an");
	const struct waiting *w;
	struct err err = {0};
	waiting_put(&list, &a.request, a.text, "10.1.1.1", 1000);
	assert_int_equal(waiting_find(&list, "11383", NULL, &w, &err), ERR_NOT_FOUND);
	ERR_CLEAR(&err);
	assert_int_equal(waiting_find(&list, "cong-an@11383", NULL, &w, &err), 0);
	key_free(a.key);
	arena_free(&arena);
}

static void a_flood_pushes_out_itself(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct asker honest = ask(&arena, "11050", NULL), other = ask(&arena, "11383", NULL);
	const struct waiting *w;
	struct err err = {0};
	waiting_put(&list, &honest.request, honest.text, "10.1.1.1", 1000);
	for (int i = 0; i < 3 * WAITING_MAX; i++) {
		char unit[16];
		snprintf(unit, sizeof unit, "x%d", i);
		struct asker a = ask(&arena, unit, NULL);
		assert_true(waiting_put(&list, &a.request, a.text, "6.6.6.6", 2000 + i));
		key_free(a.key);
	}
	assert_int_equal(list.n, WAITING_MAX);
	assert_true(waiting_put(&list, &other.request, other.text, "10.1.1.2", 9000));
	assert_int_equal(list.n, WAITING_MAX);
	assert_int_equal(waiting_find(&list, "11050", NULL, &w, &err), 0);
	assert_int_equal(waiting_find(&list, "11383", NULL, &w, &err), 0);
	assert_int_equal(waiting_find(&list, "x0", NULL, &w, &err), ERR_NOT_FOUND);
	keep();
	assert_int_equal(list.n, WAITING_MAX);
	/* a month later nobody asks for them any more */
	struct asker late = ask(&arena, "11914", NULL);
	waiting_put(&list, &late.request, late.text, "10.1.1.3", 9000 + 31 * 86400);
	assert_int_equal(list.n, 1);
	key_free(honest.key);
	key_free(other.key);
	key_free(late.key);
	arena_free(&arena);
}

static void damage_is_survived(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "\n", "x", "1 2 3\n", "1 99999 10.0.0.1\nabc",
	    "1 3 10.0.0.1\nabc", "1 3 ../..\nabc", "-1 -1 a\n", "99999999999999999999999 1 a\nx"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		waiting_read(&list, bad[i], strlen(bad[i]));
		assert_int_equal(list.n, 0);
		waiting_free(&list);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_has_one_place),
	    T(stations_are_named_so),
	    T(a_flood_pushes_out_itself),
	    T(damage_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

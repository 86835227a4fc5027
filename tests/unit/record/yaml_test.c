#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/text.h"
#include "record/yaml.h"

static struct arena arena;

static int end_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct yaml_node *parsed(const char *text)
{
	struct err err = {0};
	struct yaml_node *root = NULL;
	if (yaml_parse(&arena, "a.yaml", text, strlen(text), &root, &err) != 0) {
		struct buf b = {0};
		err_format(&err, NULL, &b);
		fail_msg("refused: %s", buf_str(&b));
	}
	return root;
}

static void refused_len(const char *text, size_t len, const char *words)
{
	struct err err = {0};
	struct yaml_node *root = NULL;
	struct buf b = {0};
	assert_int_equal(yaml_parse(&arena, "a.yaml", text, len, &root, &err), ERR_INPUT);
	assert_null(root);
	err_format(&err, NULL, &b);
	assert_string_equal(buf_str(&b), words);
	buf_free(&b);
}

static void refused(const char *text, const char *words)
{
	refused_len(text, strlen(text), words);
}

static void a_map_knows_its_keys_and_lines(void **state)
{
	(void)state;
	const struct yaml_node *root = parsed("plan: {id: hp.2026-06, title: 'Tháng cao điểm'}\n"
					      "list:\n  - a\n  - \"b\"\n"
					      "text: |\n  một\n  hai\n");
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->n, 3);
	const struct yaml_node *plan = yaml_get(root, "plan");
	assert_string_equal(yaml_text(plan, "id"), "hp.2026-06");
	const struct yaml_node *title = yaml_get(plan, "title");
	assert_false(title->plain);
	assert_true(yaml_get(plan, "id")->plain);
	assert_int_equal(title->key_line, 1);
	assert_int_equal(title->key_column, 24);
	assert_int_equal(title->column, 31);
	const struct yaml_node *list = yaml_get(root, "list");
	assert_int_equal(list->kind, YAML_LIST);
	assert_int_equal(list->n, 2);
	assert_string_equal(list->first->next->text, "b");
	assert_int_equal(list->first->next->line, 4);
	assert_string_equal(yaml_text(root, "text"), "một\nhai\n");
	assert_null(yaml_get(list, "x"));
	assert_null(yaml_text(root, "list"));
	assert_null(yaml_get(NULL, "x"));
}

static void a_byte_order_mark_and_crlf_are_taken(void **state)
{
	(void)state;
	const struct yaml_node *root = parsed("\xEF\xBB\xBF"
					      "a: 1\r\nb: |\r\n  x\r\n  y\r\n");
	assert_int_equal(yaml_get(root, "a")->key_column, 1);
	assert_string_equal(yaml_text(root, "b"), "x\ny\n");
	assert_string_equal(yaml_text(parsed("---\na: 1\n...\n"), "a"), "1");
}

static void nfd_comes_out_as_nfc(void **state)
{
	(void)state;
	const struct yaml_node *root = parsed("te\xCC\x82n: Le\xCC\x82 Cha\xCC\x82n\n");
	assert_string_equal(yaml_text(root, "tên"), "Lê Chân");
}

static void what_is_refused_says_where_and_what_to_do(void **state)
{
	(void)state;
	refused("", "a.yaml:1:1: there is nothing in it");
	refused("# chỉ có ghi chú\n", "a.yaml:1:1: there is nothing in it");
	refused(
	    "a: 1\n\tb: 2\n", "a.yaml:2:1: there is a tab in the indentation; write blanks instead of tabs");
	refused(
	    "a:\n  \tb: 2\n", "a.yaml:2:3: there is a tab in the indentation; write blanks instead of tabs");
	refused("tên:\tb\n", "a.yaml:1:6: a tab stands before this text; write blanks instead of tabs");
	refused("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key 'a' stands here twice; keep one of them");
	refused("\xC3\xAA: 1\ne\xCC\x82: 2\n", "a.yaml:2:1: the key 'ê' stands here twice; keep one of them");
	refused("a: &x 1\n",
	    "a.yaml:1:4: anchors and aliases ('&', '*') are not taken; put a text that begins so in "
	    "quotes, and write values out where they belong");
	refused("a: *x\n",
	    "a.yaml:1:4: anchors and aliases ('&', '*') are not taken; put a text that begins so in "
	    "quotes, and write values out where they belong");
	refused("a: &x {b: 1}\n",
	    "a.yaml:1:4: anchors and aliases ('&', '*') are not taken; put a text that begins "
	    "so in quotes, and write values out where they belong");
	refused("a: !!str 1\n",
	    "a.yaml:1:4: tags ('!') are not taken; put a text that begins with '!' in quotes");
	refused("a: !<x> [1]\n",
	    "a.yaml:1:4: tags ('!') are not taken; put a text that begins with '!' in quotes");
	refused("a: 1\n---\nb: 1\n", "a.yaml:2:1: a second document begins here; give one document a file");
	refused("%YAML 1.1\n---\na: 1\n", "a.yaml:1:1: directives ('%') are not taken; remove the line, or "
					  "put a text that begins with '%' in quotes");
	refused("%TAG ! x\n---\na: 1\n", "a.yaml:1:1: directives ('%') are not taken; remove the line, or "
					 "put a text that begins with '%' in quotes");
	refused("%HOHO 1.1\n---\na: 1\n", "a.yaml:1:6: directives ('%') are not taken; remove the line, or "
					  "put a text that begins with '%' in quotes");
	refused("? [a]\n: 1\n", "a.yaml:1:3: a key is a map or a list; write keys as plain text");
	refused("'': 1\n", "a.yaml:1:1: a key is empty; write 'key: value'");
	refused("{a: 58,14}\n",
	    "a.yaml:1:8: the key '14' has no value; write 'key: value'; between { and } a number "
	    "with a decimal comma needs quotes");
	refused("a: \"\\0\"\n", "a.yaml:1:4: a text holds a NUL character; remove it");
	refused("a: \xFF\n", "a.yaml:1:4: this is not UTF-8 text; save the file in the encoding UTF-8");
	refused("a: \x07\n", "a.yaml:1:4: there is a character here that no text needs (U+0007); remove it");
	refused("a: \xE2\x80\xA8\n",
	    "a.yaml:1:4: there is a character here that no text needs (U+2028); remove it");
	refused_len(
	    "a: \0\n", 5, "a.yaml:1:4: there is a character here that no text needs (U+0000); remove it");
}

static void syntax_errors_speak_our_words(void **state)
{
	(void)state;
	refused("a: b: c\n",
	    "a.yaml:1:5: a ':' stands where no key can be; put a text that holds ': ' in quotes, and "
	    "check that keys of one map begin in the same column");
	refused("a: 'x\n",
	    "a.yaml:2:1: a quote is opened but never closed; close it, and write a ' inside of single "
	    "quotes twice");
	refused("a: [1, 2\n",
	    "a.yaml:2:1: a list that began with '[' is not closed; put a ',' between members and a "
	    "']' at the end");
	refused("a: {b: 2\n",
	    "a.yaml:2:1: a map that began with '{' is not closed; put a ',' between keys and a '}' "
	    "at the end");
	refused("a: 1\n  b: 2\n",
	    "a.yaml:2:4: a ':' stands where no key can be; put a text that holds ': ' in quotes, "
	    "and check that keys of one map begin in the same column");
	refused("a: @x\n", "a.yaml:1:4: a text cannot begin with this character; put the text in quotes");
	refused("a: \"\\q\"\n",
	    "a.yaml:1:5: a '\\' in double quotes is followed by what means nothing; write "
	    "the '\\' twice, or use single quotes");
	refused("a: 1\nb\n", "a.yaml:3:1: a key is not followed by ':'; write 'key: value'");
	refused("a: - b\n",
	    "a.yaml:1:4: a '-' stands where no list can be; begin the list on a line of its own, or "
	    "put the text in quotes");
	refused("a: 1\n- b\n",
	    "a.yaml:2:1: a key should begin here; check that keys of one map begin in the same "
	    "column and that every quote is closed");
	refused("a: **\n", "a.yaml:1:5: anchors and aliases ('&', '*') are not taken; put a text that "
			   "begins so in quotes, and write values out where they belong");
}

/* Where libyaml is the one who refuses, some sentence of ours must fit. */
static void no_error_is_left_in_libyamls_words(void **state)
{
	(void)state;
	static const char *const bad[] = {"[a,", "[a: b: c]", "a: [}", "a: {]", "{a b", "- a\nb: c", "a: !",
	    "a: !<x", "a: !a!b c", "a: !a%zz c", "a: !b!!", "a: |x\n  b", "a: |0\n b", "a: > x",
	    "a: \"\\xzz\"", "a: \"\\ud800\"", "%", "% x", "%YAML 2.0\n--- a", "%YAML x", "%YAML 1.",
	    "%YAML 1.1111111111111", "%YAML 1.1\n%YAML 1.1\n--- a", "%TAG", "%TAG !a!",
	    "%TAG !a! x\n%TAG !a! x\n--- a", "%A$", "a: 'b\n---\n'", "a: \"b\n...\n\"", "'a' 'b'", "a: ? b",
	    "[? a\n---", "&", "a: & b", "a: *", "a: `b", "a: %b", "a:\n- b\n c\n-d: e\n  f: g", "a: b\n c: d",
	    "- - a\n - b", "a: |\n  b\n c\n", "? a\n b: c", "key: [a]b", "a: 'b' c", "a: {b: c} d",
	    "{a: b}: c: d", "\"a\nb\": c", "{,}", "[,]", "- a\n  - b: c\n d"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = {0};
		struct yaml_node *root;
		if (yaml_parse(&arena, "a.yaml", bad[i], strlen(bad[i]), &root, &err) == 0)
			fail_msg("taken: %s", bad[i]);
		if (strcmp(err.msg, "this is not YAML that can be read") == 0)
			fail_msg("no sentence for: %s", bad[i]);
		assert_non_null(err.hint);
		assert_true(err.line && err.column);
	}
}

static void nesting_is_refused_before_it_costs(void **state)
{
	(void)state;
	size_t n = 200000;
	char *deep = mem_alloc(4 * n + 1);
	memset(deep, '[', n);
	refused_len(deep, n, "a.yaml:1:17: this is nested too deeply; nest at most 16 levels");
	memset(deep, '{', n);
	refused_len(deep, n, "a.yaml:1:2: a key is a map or a list; write keys as plain text");
	for (size_t i = 0; i < n; i++)
		memcpy(deep + 2 * i, "- ", 2);
	refused_len(deep, 2 * n, "a.yaml:1:33: this is nested too deeply; nest at most 16 levels");
	for (size_t i = 0; i < n; i++)
		memcpy(deep + 4 * i, "{a: ", 4);
	refused_len(deep, 4 * n, "a.yaml:1:65: this is nested too deeply; nest at most 16 levels");
	free(deep);
	parsed("[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]");
}

static void a_file_has_a_bound(void **state)
{
	(void)state;
	char *big = mem_alloc(YAML_FILE_MAX + 2);
	memset(big, 'a', YAML_FILE_MAX + 1);
	refused_len(big, YAML_FILE_MAX + 1, "a.yaml: this is longer than 4 MB");
	free(big);
}

static void an_unknown_key_names_the_nearest(void **state)
{
	(void)state;
	static const char *const known[] = {"title", "aggregate", NULL};
	struct err err = {0};
	const struct yaml_node *map = parsed("title: x\nagregate: y\n");
	assert_int_equal(yaml_only(map, "p.yaml", known, &err), ERR_INPUT);
	assert_string_equal(err.arg[0], "agregate");
	assert_string_equal(err.arg[1], "aggregate");
	assert_int_equal(err.line, 2);
	ERR_CLEAR(&err);
	assert_int_equal(yaml_only(parsed("title: x\n"), "p.yaml", known, &err), 0);
}

static void put_is(const char *value, const char *line)
{
	struct buf b = {0};
	yaml_put_scalar(&b, 1, "k", value);
	assert_string_equal(buf_str(&b), line);
	buf_free(&b);
}

static void scalars_are_written_so_that_nobody_errs(void **state)
{
	(void)state;
	put_is("Tháng cao điểm", "  k: Tháng cao điểm\n");
	put_is("điểm, (a) it's", "  k: điểm, (a) it's\n");
	put_is("42", "  k: '42'\n");
	put_is("2026-06-01", "  k: '2026-06-01'\n");
	put_is("no", "  k: 'no'\n");
	put_is("Y", "  k: 'Y'\n");
	put_is("null", "  k: 'null'\n");
	put_is("~", "  k: '~'\n");
	put_is("", "  k: ''\n");
	put_is("+", "  k: '+'\n");
	put_is("a: b", "  k: 'a: b'\n");
	put_is("a:", "  k: 'a:'\n");
	put_is("a #b", "  k: 'a #b'\n");
	put_is("a ", "  k: 'a '\n");
	put_is("'a", "  k: '''a'\n");
	put_is("http://x.vn/#a", "  k: http://x.vn/#a\n");
	put_is("a\tb\\\"", "  k: \"a\\tb\\\\\\\"\"\n");
	put_is("a\xC2\x85", "  k: \"a\\x85\"\n");
	put_is("một\nhai", "  k: |-\n    một\n    hai\n");
	put_is("một\n\nhai\n", "  k: |\n    một\n\n    hai\n");
	put_is("một\n\n", "  k: |+\n    một\n\n");
	put_is(" một\nhai", "  k: |2-\n     một\n    hai\n");
	put_is("\nhai", "  k: \"\\nhai\"\n");
	put_is("a\n  \nb", "  k: \"a\\n  \\nb\"\n");
	struct buf b = {0};
	yaml_put_open(&b, 0, "11383");
	yaml_put_item(&b, 1, "a\nb");
	assert_string_equal(buf_str(&b), "'11383':\n  - |-\n    a\n    b\n");
	buf_free(&b);
}

static uint32_t seed;

static uint32_t draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Texts of pieces that YAML gives a meaning to. */
static void random_text(struct buf *out)
{
	static const char *const pieces[] = {" ", "  ", "\n", "\n\n", "a", "b", ":", ": ", "#", " #", "-",
	    "- ", "'", "\"", "\\", "|", ">", "[", "]", "{", "}", ",", "&", "*", "!", "%", "@", "`", "~", "?",
	    "0", "1.5", "no", "---", "...", "\t", "\r", "\x01", "\x7F", "\xC2\x85", "\xC2\xA0",
	    "\xE2\x80\xA8", "\xEF\xBB\xBF", "\xEF\xBF\xBE", "đ", "ế", "\xF0\x9F\x98\x80", "<<", "=", "Y"};
	struct buf raw = {0};
	for (uint32_t n = draw(8); n; n--)
		buf_puts(&raw, pieces[draw(sizeof pieces / sizeof *pieces)]);
	assert_true(text_nfc(buf_str(&raw), raw.len, out));
	buf_free(&raw);
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	seed = 20260701;
	for (int i = 0; i < 20000; i++) {
		struct buf value = {0}, text = {0};
		struct yaml_node *root = NULL;
		struct err err = {0};
		random_text(&value);
		yaml_put_scalar(&text, 0, "k", buf_str(&value));
		yaml_put_open(&text, 0, "l");
		yaml_put_item(&text, 1, buf_str(&value));
		yaml_put_scalar(&text, 0, "z", "end");
		assert_int_equal(yaml_parse(&arena, NULL, buf_str(&text), text.len, &root, &err), 0);
		assert_string_equal(yaml_text(root, "k"), buf_str(&value));
		assert_string_equal(yaml_get(root, "l")->first->text, buf_str(&value));
		assert_string_equal(yaml_text(root, "z"), "end");
		arena_free(&arena);
		buf_free(&value);
		buf_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_map_knows_its_keys_and_lines, end_arena),
	    cmocka_unit_test_teardown(a_byte_order_mark_and_crlf_are_taken, end_arena),
	    cmocka_unit_test_teardown(nfd_comes_out_as_nfc, end_arena),
	    cmocka_unit_test_teardown(what_is_refused_says_where_and_what_to_do, end_arena),
	    cmocka_unit_test_teardown(syntax_errors_speak_our_words, end_arena),
	    cmocka_unit_test_teardown(no_error_is_left_in_libyamls_words, end_arena),
	    cmocka_unit_test_teardown(nesting_is_refused_before_it_costs, end_arena),
	    cmocka_unit_test_teardown(a_file_has_a_bound, end_arena),
	    cmocka_unit_test_teardown(an_unknown_key_names_the_nearest, end_arena),
	    cmocka_unit_test(scalars_are_written_so_that_nobody_errs),
	    cmocka_unit_test(what_is_written_is_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

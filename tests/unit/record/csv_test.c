#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/csv.h"

/* The rows as "a|b" with a slash between them; an error as its place. */
static char *rows(const char *text, bool each_row, struct err *err)
{
	struct arena arena = {0};
	struct buf out = {0};
	struct csv csv;
	struct csv_row row;
	int rc = csv_open(&csv, &arena, "t.csv", text, strlen(text), err);
	csv.each_row = each_row;
	while (rc == 0 && (rc = csv_next(&csv, &row, err)) > 0) {
		for (size_t i = 0; i < row.n; i++)
			buf_printf(&out, "%s%s", i ? "|" : out.len ? "/" : "", row.fields[i].text);
		rc = 0;
	}
	if (rc < 0) {
		buf_cut(&out, 0);
		buf_printf(&out, "%s:%u:%u", err->file, err->line, err->column);
	}
	arena_free(&arena);
	return out.data ? buf_take(&out) : mem_dup("");
}

static void reads_what_programs_save(void **state)
{
	static const struct {
		const char *text, *wanted;
		bool each_row;
	} good[] = {
	    {"", "", false},
	    {"a,b\nc,d\n", "a|b/c|d", false},
	    {"a,b\r\nc,d", "a|b/c|d", false},
	    {"\xEF\xBB\xBF"
	     "a;b,c\nd;e\n",
		"a|b,c/d|e", false},
	    {"a;b\nd,e\n", "a|b/d,e", false},
	    {"a;b\nd,e\n", "a|b/d|e", true},
	    {" a ,\tb \n", "a|b", false},
	    {"a,,\n,\n", "a||/|", false},
	    {"\n  \n# lời\n #, cũng vậy\na,b\n\n", "a|b", false},
	    {"\"a,b\",\"c \"\"d\"\"\",\" e \"\n", "a,b|c \"d\"| e ", false},
	    {"\"a\r\nb\" ,c\n", "a\nb|c", false},
	    {"\"a;b\",c\n", "a;b|c", false},
	    {"a \"b\",5\" x\n", "a \"b\"|5\" x", false},
	    {"\"\"\n", "", false},
	    {"Hu\xE1\xBA\xBF,e\xCC\x81\n", "Hu\xE1\xBA\xBF|\xC3\xA9", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct err err = {0};
		char *got = rows(good[i].text, good[i].each_row, &err);
		assert_string_equal(got, good[i].wanted);
		assert_int_equal(err.code, 0);
		free(got);
	}
}

static void says_where_it_is_wrong(void **state)
{
	static const struct {
		const char *text, *place;
	} wrong[] = {
	    {"a,b\nc,\"d\n", "t.csv:2:3"},
	    {"ộ,\"b\"c\n", "t.csv:1:6"},
	    {"\"a\nb\" x,c\n", "t.csv:2:4"},
	    {"a,b\nộộ\xFFx\n", "t.csv:2:3"},
	    {"\xC3", "t.csv:1:1"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct err err = {0};
		char *got = rows(wrong[i].text, false, &err);
		assert_string_equal(got, wrong[i].place);
		assert_int_equal(err.code, ERR_INPUT);
		free(got);
	}
}

static void fields_know_their_place(void **state)
{
	static const char text[] = "# x\nđ,\"a\nb\", c,d\ne\n";
	struct arena arena = {0};
	struct err err = {0};
	struct csv csv;
	struct csv_row row;
	(void)state;
	assert_int_equal(csv_open(&csv, &arena, "t.csv", text, strlen(text), &err), 0);
	assert_int_equal(csv_next(&csv, &row, &err), 1);
	assert_int_equal(row.line, 2);
	assert_int_equal(row.fields[1].line, 2);
	assert_int_equal(row.fields[1].column, 3);
	assert_true(row.fields[1].quoted);
	assert_int_equal(row.fields[2].line, 3);
	assert_int_equal(row.fields[2].column, 5);
	assert_memory_equal(row.fields[2].rest, " c,d", (size_t)(row.end - row.fields[2].rest));
	assert_int_equal(csv_next(&csv, &row, &err), 1);
	assert_int_equal(row.line, 4);
	assert_int_equal(csv_next(&csv, &row, &err), 0);
	arena_free(&arena);
}

static void is_bounded(void **state)
{
	struct buf text = {0};
	struct err err = {0};
	(void)state;
	for (int i = 0; i < CSV_COLUMNS_MAX; i++)
		buf_putc(&text, ',');
	char *got = rows(buf_str(&text), false, &err);
	assert_string_equal(got, "t.csv:1:257");
	free(got);
	buf_cut(&text, CSV_COLUMNS_MAX - 1);
	ERR_CLEAR(&err);
	free(rows(buf_str(&text), false, &err));
	assert_int_equal(err.code, 0);
	while (text.len <= CSV_FILE_MAX)
		buf_puts(&text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
	free(rows(buf_str(&text), false, &err));
	assert_int_equal(err.code, ERR_INPUT);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_programs_save),
	    cmocka_unit_test(says_where_it_is_wrong),
	    cmocka_unit_test(fields_know_their_place),
	    cmocka_unit_test(is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

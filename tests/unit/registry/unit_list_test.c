#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "registry/unit_list.h"

static void columns_stand_in_any_order(void **state)
{
	static const char text[] = "name;x;code;parent\nLê Chân;1;11383;31\nGia Phúc;2;11050;31\n";
	struct arena arena = {0};
	struct err err = {0};
	struct unit_list list;
	(void)state;
	assert_int_equal(
	    unit_list_read(&arena, "t.csv", text, strlen(text), UNIT_LIST_CODES, &list, &err), 0);
	assert_int_equal(list.n, 2);
	const struct unit_row *row = unit_list_find(&list, "11050");
	assert_string_equal(row->cell[UNIT_NAME].text, "Gia Phúc");
	assert_string_equal(row->cell[UNIT_PARENT].text, "31");
	assert_string_equal(row->cell[UNIT_LEVEL].text, "");
	assert_null(unit_list_find(&list, "1105"));
	unit_list_at(&list, row, UNIT_CODE, &err);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 12);
	arena_free(&arena);
}

static void says_where_a_table_is_wrong(void **state)
{
	static const struct {
		const char *text, *place;
		unsigned needed;
	} wrong[] = {
	    {"", "t.csv:1:1", UNIT_LIST_CODES},
	    {"# x\n\n", "t.csv:1:1", UNIT_LIST_CODES},
	    {"code,parent,name\n", "t.csv:1:1", UNIT_LIST_FULL},
	    {"code,name,code\n", "t.csv:1:11", UNIT_LIST_CODES},
	    {"code\n1\n\n2 3\n", "t.csv:4:1", UNIT_LIST_CODES},
	    {"code\n1\n../x\n", "t.csv:3:1", UNIT_LIST_CODES},
	    {"code,name\n,a\n", "t.csv:2:1", UNIT_LIST_CODES},
	    {"code,name\n1,a\n2,b\n1,c\n", "t.csv:4:1", UNIT_LIST_CODES},
	    {"code,name\n1,Lê,c\n", "t.csv:2:6", UNIT_LIST_CODES},
	    {"code,name\n1\n", "t.csv:2:1", UNIT_LIST_CODES},
	    {"code,name\n1,\"a\n", "t.csv:2:3", UNIT_LIST_CODES},
	    {"code,name\n1,\xFF\n", "t.csv:2:3", UNIT_LIST_CODES},
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct arena arena = {0};
		struct err err = {0};
		struct unit_list list;
		char place[300];
		assert_int_equal(unit_list_read(&arena, "t.csv", wrong[i].text, strlen(wrong[i].text),
				     wrong[i].needed, &list, &err),
		    ERR_INPUT);
		snprintf(place, sizeof place, "%s:%u:%u", err.file, err.line, err.column);
		assert_string_equal(place, wrong[i].place);
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_stand_in_any_order),
	    cmocka_unit_test(says_where_a_table_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

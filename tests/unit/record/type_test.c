#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/type.h"

static void every_file_of_schema_is_a_type(void **state)
{
	(void)state;
	size_t n = 0;
	for (; type_at(n); n++) {
		assert_ptr_equal(type_by_name(type_at(n)->name), type_at(n));
		if (n)
			assert_true(strcmp(type_at(n - 1)->name, type_at(n)->name) < 0);
	}
	assert_true(n >= 11);
	assert_null(type_at(n + 1));
	assert_null(type_by_name("reports"));
}

static void a_type_says_what_its_file_says(void **state)
{
	(void)state;
	const struct field_type *top;
	const struct record_type *report = type_by_name("report");
	assert_string_equal(report->ledger, "reports");
	const struct field_type *f = type_field(report, "state", &top);
	assert_ptr_equal(f, top);
	assert_int_equal(f->kind, FIELD_CHOICE);
	assert_string_equal(f->seal, "accepted");
	assert_string_equal(f->choices[3], "accepted");
	assert_null(f->choices[4]);
	assert_false(f->required);
	assert_false(f->reseal);
	assert_int_equal(f->writers, WRITER_UNIT | WRITER_STATION | WRITER_SUPERIOR);
	f = type_field(report, "values.TT01", &top);
	assert_int_equal(f->shape, SHAPE_MAP);
	assert_int_equal(f->kind, FIELD_FIGURE);
	assert_true(f->reseal);
	f = type_field(report, "corrections.31-1.reason", &top);
	assert_string_equal(f->name, "reason");
	assert_string_equal(top->name, "corrections");
	assert_int_equal(f->writers, top->writers);
	f = type_field(type_by_name("conflict"), "why", NULL);
	assert_int_equal(f->writers, WRITER_RULE);
}

static void field_paths_find_their_type(void **state)
{
	(void)state;
	const struct record_type *unit = type_by_name("unit"), *task = type_by_name("task");
	const struct field_type *top;
	assert_non_null(type_field(unit, "keys.k1.state", &top));
	assert_non_null(type_field(unit, "keys.k.1.state", &top));
	assert_null(type_field(unit, "keys", &top));
	assert_non_null(top);
	assert_null(type_field(unit, "keys.k1", &top));
	assert_null(type_field(unit, "keys.k1.", &top));
	assert_null(type_field(unit, "keys..state", &top));
	assert_null(type_field(unit, "keys.k1.colour", &top));
	assert_null(type_field(unit, "name.x", &top));
	assert_null(type_field(unit, "nam", &top));
	assert_null(top);
	assert_null(type_field(unit, "", NULL));
	assert_non_null(type_field(task, "lead.hp.lechan.ca", &top));
	assert_null(type_field(task, "lead.", &top));
	assert_null(type_field(task, "lead.a b", &top));
	assert_null(type_field(task, "lead", &top));
	assert_non_null(type_field(type_by_name("directive"), "tasks.một hai", &top));
	assert_null(type_field(type_by_name("report"), "values.a/b", &top));
}

static const char *name_of(const char *ledger, const char *path)
{
	const struct record_type *type = type_by_path(ledger, path);
	return type ? type->name : "none";
}

static void paths_find_their_type(void **state)
{
	(void)state;
	assert_string_equal(name_of("reports/11383", "reports/31/hp.2026-06/2026-06.yaml"), "report");
	assert_string_equal(name_of("reports", "reports/31/hp.2026-06/2026-06.yaml"), "report");
	assert_string_equal(name_of("directives/31", "reports/31/hp.2026-06/2026-06.yaml"), "none");
	assert_string_equal(name_of("directives/31", "units/11383.yaml"), "unit");
	assert_string_equal(name_of("directives/31", "plans/hp.2026-06/plan.yaml"), "plan");
	assert_string_equal(name_of("directives/31", "plans/hp.2026-06/tasks/II.1.yaml"), "task");
	assert_string_equal(name_of("directives/31", "levels.yaml"), "levels");
	assert_string_equal(name_of("directives/31", "conflicts/ab/abcdef.yaml"), "conflict");
	assert_string_equal(name_of("reports/31", "conflicts/ab/abcdef.yaml"), "conflict");
	static const char *const none[] = {"", "/", "units/11383", "units/.yaml", "units/a b.yaml",
	    "units/11383.yaml/x", "units/11383.yaml.yaml.lock", "units//11383.yaml", "units/../levels.yaml",
	    "plans/x", "plans/x/plan.yaml/", "levels.yamlx", "levels.yam"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_string_equal(name_of("directives/31", none[i]), "none");
}

static void a_path_has_its_parts(void **state)
{
	(void)state;
	const struct record_type *report = type_by_name("report");
	const char *path = "reports/31/hp.2026-06/2026-06.yaml";
	char out[65];
	assert_true(type_path_part(report, path, 0, out));
	assert_string_equal(out, "31");
	assert_true(type_path_part(report, path, 1, out));
	assert_string_equal(out, "hp.2026-06");
	assert_true(type_path_part(report, path, 2, out));
	assert_string_equal(out, "2026-06");
	assert_false(type_path_part(report, path, 3, out));
	assert_false(type_path_part(report, "reports/31/hp.2026-06", 0, out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_of_schema_is_a_type),
	    cmocka_unit_test(a_type_says_what_its_file_says),
	    cmocka_unit_test(field_paths_find_their_type),
	    cmocka_unit_test(paths_find_their_type),
	    cmocka_unit_test(a_path_has_its_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

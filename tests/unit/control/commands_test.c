#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "control/commands.h"

#define WORDS_MAX 16

/* A command line as the shell would hand it over; blanks part the words. */
struct line {
	char text[256];
	char *argv[WORDS_MAX];
	int argc;
};

static void split(struct line *l, const char *text)
{
	strcpy(l->text, text);
	l->argc = 0;
	for (char *p = strtok(l->text, " "); p; p = strtok(NULL, " "))
		l->argv[l->argc++] = p;
}

static const struct command *find(const char *text, struct err *err)
{
	struct line l;
	int used;
	split(&l, text);
	return command_find(l.argv, l.argc, &used, err);
}

static int parse(const char *text, struct args *out, struct err *err)
{
	struct line l;
	int used;
	split(&l, text);
	const struct command *c = command_find(l.argv, l.argc, &used, err);
	return c ? command_parse(c, l.argv + used, l.argc - used, out, err) : err->code;
}

static void assert_says(const struct err *err, const char *part)
{
	struct buf text = {0};
	err_format(err, NULL, &text);
	if (!strstr(buf_str(&text), part))
		fail_msg("'%s' does not say '%s'", buf_str(&text), part);
	buf_free(&text);
}

static void every_row_is_sound(void **state)
{
	(void)state;
	for (const struct command *c = commands; c->name; c++) {
		assert_non_null(c->words);
		assert_non_null(c->options);
		assert_true(c->help[strlen(c->help) - 1] == '.');
		assert_true(c->max_words == -1 || c->max_words >= c->min_words);
		assert_true(c->file_word <= (c->max_words < 0 ? WORDS_MAX : c->max_words));
		for (const struct command *d = commands; d != c; d++)
			assert_string_not_equal(c->name, d->name);
		for (const struct command_option *o = c->options; o->name; o++)
			assert_non_null(o->help);
	}
}

static void each_is_found_by_its_name(void **state)
{
	(void)state;
	for (const struct command *c = commands; c->name; c++) {
		struct err err = {0};
		assert_ptr_equal(find(c->name, &err), c);
	}
}

static void a_name_takes_as_many_words_as_it_has(void **state)
{
	(void)state;
	struct line l;
	struct err err = {0};
	int used;
	split(&l, "report set hp.2026-06");
	assert_string_equal(command_find(l.argv, l.argc, &used, &err)->name, "report set");
	assert_int_equal(used, 2);
	split(&l, "total hp.2026-06");
	assert_string_equal(command_find(l.argv, l.argc, &used, &err)->name, "total");
	assert_int_equal(used, 1);
}

static void unknown_commands_are_told_the_nearest(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
	    {"stauts", "did you mean 'status'?"},
	    {"repot set", "did you mean 'report'?"},
	    {"report sett", "did you mean 'report set'?"},
	    {"directive acknowledge", "ack"},
	    {"unit", "'unit' needs one more word: list, show, add, "},
	    {"qqqqqqqqqq", "'tuyen help' lists the commands"},
	    {"", "a command is needed"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = {0};
		assert_null(find(rows[i].line, &err));
		assert_int_equal(err.code, ERR_USAGE);
		assert_says(&err, rows[i].says);
	}
}

static void options_stand_anywhere(void **state)
{
	(void)state;
	struct args a = {0};
	struct err err = {0};
	assert_int_equal(
	    parse("report set --note ổn p 2026-06 --unit=11383 TT01=42 --reason=a=b", &a, &err), 0);
	assert_int_equal(a.words.n, 3);
	assert_string_equal(args_word(&a, 0), "p");
	assert_string_equal(args_word(&a, 2), "TT01=42");
	assert_string_equal(args_get(&a, "note"), "ổn");
	assert_string_equal(args_get(&a, "unit"), "11383");
	assert_string_equal(args_get(&a, "reason"), "a=b");
	args_free(&a);
}

static void an_option_may_stand_several_times(void **state)
{
	(void)state;
	struct args a = {0};
	struct err err = {0};
	struct strs to = {0};
	assert_int_equal(parse("directive issue --to 11383,11050 --to 11914", &a, &err), 0);
	args_list(&a, "to", &to);
	assert_int_equal(to.n, 3);
	strs_free(&to);
	args_free(&a);
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	struct args a = {0};
	struct err err = {0};
	assert_int_equal(parse("unit show -- --json", &a, &err), 0);
	assert_string_equal(args_word(&a, 0), "--json");
	assert_false(args_has(&a, "json"));
	args_free(&a);
}

static void a_dash_is_a_word_and_a_value_may_begin_with_one(void **state)
{
	(void)state;
	struct args a = {0};
	struct err err = {0};
	assert_int_equal(parse("unit admit -", &a, &err), 0);
	assert_string_equal(args_word(&a, 0), "-");
	args_free(&a);
	assert_int_equal(parse("directive revoke D-1 --reason --nham--", &a, &err), 0);
	assert_string_equal(args_get(&a, "reason"), "--nham--");
	args_free(&a);
}

static void help_needs_no_words(void **state)
{
	(void)state;
	struct args a = {0};
	struct err err = {0};
	assert_int_equal(parse("report set --help", &a, &err), 0);
	assert_true(args_has(&a, "help"));
	args_free(&a);
	assert_int_equal(parse("report set -h", &a, &err), 0);
	assert_true(args_has(&a, "help"));
	args_free(&a);
}

static void wrong_lines_are_refused_with_a_hint(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
	    {"total p --perod 2026-06", "did you mean --period?"},
	    {"total p --period", "--period needs a value; write --period PERIOD"},
	    {"total", "'total' needs more words; it is used so: tuyen total PLAN"},
	    {"total p q", "'total' has no place for the word 'q'"},
	    {"total p -j", "'-j' is not an option"},
	    {"sync --wait=yes", "--wait takes no value"},
	    {"sync --json", "'sync' has no option --json"},
	    {"status --xxxxxxxxxxxx", "'tuyen status --help' lists its options"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct args a = {0};
		struct err err = {0};
		assert_int_equal(parse(rows[i].line, &a, &err), ERR_USAGE);
		assert_says(&err, rows[i].says);
		args_free(&a);
	}
}

static void a_long_word_is_no_trouble(void **state)
{
	(void)state;
	char word[4096], option[4096] = "--";
	memset(word, 'r', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	memcpy(option + 2, word, sizeof option - 3);
	option[sizeof option - 1] = '\0';
	char *argv[] = {word, word};
	struct err err = {0};
	struct args a = {0};
	int used;
	assert_null(command_find(argv, 2, &used, &err));
	ERR_CLEAR(&err);
	char *line[] = {"total", option};
	assert_int_equal(command_parse(command_find(line, 1, &used, &err), line + 1, 1, &a, &err), ERR_USAGE);
	args_free(&a);
}

static void the_synopsis_names_everything(void **state)
{
	(void)state;
	struct err err = {0};
	struct buf text = {0};
	command_synopsis(find("missing", &err), &text);
	assert_string_equal(buf_str(&text), "tuyen missing PLAN [--period PERIOD] [--json]");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_is_sound),
	    cmocka_unit_test(each_is_found_by_its_name),
	    cmocka_unit_test(a_name_takes_as_many_words_as_it_has),
	    cmocka_unit_test(unknown_commands_are_told_the_nearest),
	    cmocka_unit_test(options_stand_anywhere),
	    cmocka_unit_test(an_option_may_stand_several_times),
	    cmocka_unit_test(two_dashes_end_the_options),
	    cmocka_unit_test(a_dash_is_a_word_and_a_value_may_begin_with_one),
	    cmocka_unit_test(help_needs_no_words),
	    cmocka_unit_test(wrong_lines_are_refused_with_a_hint),
	    cmocka_unit_test(a_long_word_is_no_trouble),
	    cmocka_unit_test(the_synopsis_names_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/record.h"

#define KEY_TEXT "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

static struct arena arena;

static int end_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const char *words_of(const struct err *err)
{
	struct buf b = {0};
	err_format(err, NULL, &b);
	const char *words = arena_dup(&arena, buf_str(&b));
	buf_free(&b);
	return words;
}

static struct record read_text(const char *type, const char *text)
{
	struct record r;
	struct err err = {0};
	if (record_read(&r, &arena, type_by_name(type), "r.yaml", text, strlen(text), &err) != 0)
		fail_msg("refused: %s", words_of(&err));
	return r;
}

static const char *printed(const struct record *r)
{
	struct buf b = {0};
	record_print(r, &b);
	const char *text = arena_dup(&arena, buf_str(&b));
	buf_free(&b);
	return text;
}

/* What people write becomes the canonical text, which is then read as it is. */
static void becomes(const char *type, const char *text, const char *canonical)
{
	struct record r = read_text(type, text), stored;
	struct err err = {0};
	assert_string_equal(printed(&r), canonical);
	assert_int_equal(record_parse(&stored, &arena, r.type, canonical, strlen(canonical), &err), 0);
	assert_string_equal(printed(&stored), canonical);
	assert_int_equal(stored.n, r.n);
}

static void refused(const char *type, const char *text, const char *words)
{
	struct record r;
	struct err err = {0};
	if (record_read(&r, &arena, type_by_name(type), "r.yaml", text, strlen(text), &err) == 0)
		fail_msg("taken: %s", text);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(words_of(&err), words);
}

static void a_report_has_one_form(void **state)
{
	(void)state;
	becomes("report",
	    "note: |\n\n  Không có   \n  vướng mắc\n\n\nvalues: {TT02: '58,14', TT01: 42, MT05: 31/58, A: "
	    "'no', B: cap-2}\n"
	    "state: draft\nversion: 1\ncorrections: {b: {reason: x}, a.b: {reason: xy, fields: TT01}, a: "
	    "{reason: z}}\n",
	    "state: draft\nversion: '1'\nvalues:\n  A: 'no'\n  B: cap-2\n  MT05: '31/58'\n  TT01: '42'\n  "
	    "TT02: '58.14'\n"
	    "note: |-\n  Không có\n  vướng mắc\ncorrections:\n  a:\n    reason: z\n  a.b:\n    fields: "
	    "TT01\n    reason: xy\n"
	    "  b:\n    reason: x\n");
	becomes("task", "title: ' Rà soát '\nlead: [hp.b, hp.a, hp.b, 31]\ncoord:\nkind: ''\nnote:\n",
	    "title: Rà soát\nlead:\n  - '31'\n  - hp.a\n  - hp.b\n");
	becomes("unit",
	    "keys: {k1: {state: active, key: '" KEY_TEXT "'}}\nname: Le\xCC\x82 Cha\xCC\x82n\ncode: 011\n",
	    "code: '011'\nname: Lê Chân\nkeys:\n  k1:\n    key: " KEY_TEXT "\n    state: active\n");
	becomes("task", "title: x\ndue: 2025-05\nstart: 2026-06-01\n",
	    "title: x\nstart: '2026-06-01'\ndue: '2025-05'\n");
	becomes("ack", "version: 1\nat: 2026-07-05T01:00:00Z\n",
	    "version: '1'\nat: '2026-07-05T08:00:00+07:00'\n");
	becomes("ack", "{}", "{}\n");
	becomes("ack", "note:\nversion: ''\n", "{}\n");
}

static void what_is_refused_says_where_and_what_to_do(void **state)
{
	(void)state;
	refused("report", "values: {TT01: 1.260}\n",
	    "r.yaml:1:16: '1.260' may be thousands or decimals; write 1260 or 1.26");
	refused("report", "values:\n  TT01: 1e2\n",
	    "r.yaml:2:9: '1e2' is not a number; write digits with one decimal point at most, such as 1260 or "
	    "58.14");
	refused("report", "values:\n  A: no\n",
	    "r.yaml:2:6: no without quotes is a truth value to many programs; write 'no' with quotes");
	refused("report", "values: {A: yes}\n",
	    "r.yaml:1:13: yes without quotes is a truth value to many programs; write 'yes' with quotes");
	refused("report", "nil: yes\n",
	    "r.yaml:1:6: yes without quotes is a truth value to many programs; write 'yes' with quotes");
	refused("task", "title: Off\n",
	    "r.yaml:1:8: Off without quotes is a truth value to many programs; write 'Off' with quotes");
	refused("task", "title: ~\n",
	    "r.yaml:1:8: ~ without quotes means nothing at all; leave the key out, or write '~' with quotes");
	refused("report", "values: {A: null}\n",
	    "r.yaml:1:13: null without quotes means nothing at all; leave the key out, or write 'null' with "
	    "quotes");
	refused("task", "title: 12:30\n",
	    "r.yaml:1:8: 12:30 without quotes is a number to many programs; write '12:30' with quotes");
	refused("task", "lead: [1e2]\n",
	    "r.yaml:1:8: 1e2 without quotes is a number to many programs; write '1e2' with quotes");
	refused("task", "start: 2026-02-30\n",
	    "r.yaml:1:8: there is no day 2026-02-30 in the calendar; write year, month and day, such as "
	    "2026-07-05");
	refused("task", "titel: x\n", "r.yaml:1:1: the key 'titel' is not known here; did you mean 'title'?");
	refused("task", "mode: assing\n", "r.yaml:1:7: 'assing' cannot stand here; did you mean 'assign'?");
	refused("report", "state: over\n",
	    "r.yaml:1:8: 'over' cannot stand here; write one of: draft, submitted, returned, accepted");
	refused("report", "corrections: {a: {resaon: x}}\n",
	    "r.yaml:1:19: the key 'resaon' is not known here; did you mean 'reason'?");
	refused("report", "values: [1]\n", "r.yaml:1:9: 'values' wants keys with values, such as {a: 1}");
	refused("report", "values: {a: [1]}\n", "r.yaml:1:13: one value is wanted here, not a list or a map");
	refused("task", "lead: x\n", "r.yaml:1:7: 'lead' wants a list, such as [a, b]");
	refused("task", "- x\n", "r.yaml:1:1: a record of type task is keys with values");
	refused("report", "state: draft\nstate: draft\n",
	    "r.yaml:2:1: the key 'state' stands here twice; keep one of them");
	refused("report", "state: &a draft\n",
	    "r.yaml:1:8: anchors and aliases ('&', '*') are not taken; put a text that "
	    "begins so in quotes, and write values out where they belong");
	refused("report", "state: draft\n---\nstate: draft\n",
	    "r.yaml:2:1: a second document begins here; give one document a file");
	refused("report", "values:\n\tTT01: 1\n",
	    "r.yaml:2:1: there is a tab in the indentation; write blanks instead of tabs");
	refused("unit", "code: t\xD0\xBEn\n",
	    "r.yaml:1:7: 't\xD0\xBEn' mixes letters of two alphabets that look alike; type it "
	    "again on a Latin keyboard");
	refused("report",
	    "values: {T\xD0\xA2"
	    "01: 1}\n",
	    "r.yaml:1:10: 'T\xD0\xA2"
	    "01' mixes letters of two alphabets that look "
	    "alike; type it again on a Latin keyboard");
	refused("report", "values: {a b: 1}\n",
	    "r.yaml:1:10: 'a b' cannot be an id; use 1 to 64 letters without marks, digits and "
	    ". _ - @, beginning with a letter or digit");
	refused("task", "title: \"a\\nb\"\n", "r.yaml:1:8: this text must stand on one line");
	refused("task", "note: \"a\\x07\"\n",
	    "r.yaml:1:7: there is a character in it that no text needs (U+0007); remove it");
	refused("unit", "keys: {k: {key: ssh-rsa AAAA}}\n",
	    "r.yaml:1:17: this is not a public key; copy the whole line that begins "
	    "with ssh-ed25519");
}

static void plain_is(const char *type, const char *line, bool taken)
{
	struct record r;
	struct err err = {0};
	int rc = record_read(&r, &arena, type_by_name(type), "r.yaml", line, strlen(line), &err);
	if ((rc == 0) != taken)
		fail_msg("%s: %s", taken ? "refused" : "taken", line);
}

static void only_what_readers_mistake_needs_quotes(void **state)
{
	(void)state;
	static const char *const numbers[] = {"0x1F", "0o17", "0b1", "1_000", "1.5", ".5", "1.", "-5", "+5",
	    "1e2", "1.5e+3", ".inf", "-.INF", ".nan", "12:30", "1:59:59", "1:30.5", "y", "N", "True", "OFF",
	    "Null"};
	static const char *const texts[] = {"11383", "007", "2026-06-01", "2026-06", "1.a", "1.2.3", "1e",
	    "0x", "0xg", "1:60", "12:345", "5 lần", "e1", "nan", "a", "1-2", "31/58"};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		plain_is("task", arena_printf(&arena, "title: %s\n", numbers[i]), false);
		plain_is("task", arena_printf(&arena, "title: '%s'\n", numbers[i]), true);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		plain_is("task", arena_printf(&arena, "title: %s\n", texts[i]), true);
}

static const char *value_of(enum field_kind kind, const char *value)
{
	static const char *const choices[] = {"yes", "no", NULL};
	const struct field_type type = {.name = "x", .kind = kind, .choices = choices};
	struct err err = {0};
	const char *out = NULL;
	int rc = record_value(&arena, &type, value, &out, &err);
	assert_true((rc == 0) == (out != NULL));
	return rc == 0 ? out : "refused";
}

static void figures_are_what_reports_say(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"42", "42"}, {"-3,5", "-3.5"}, {"31/58", "31/58"},
	    {"2/4", "2/4"}, {"60/58", "60/58"}, {"0/0", "0/0"}, {"1,5/2.50", "1.5/2.5"}, {"yes", "yes"},
	    {"no", "no"}, {"vung-xanh", "vung-xanh"}, {"1/0", "refused"}, {"-1/2", "refused"},
	    {"1/-2", "refused"}, {"/2", "refused"}, {"1/", "refused"}, {"1/2/3", "refused"},
	    {"1 / 2", "refused"}, {"1.260/58", "refused"}, {"Yes", "refused"}, {"NO", "refused"},
	    {"y", "refused"}, {"true", "refused"}, {"off", "refused"}, {"không", "refused"},
	    {"có", "refused"}, {"NaN", "refused"}, {"inf", "refused"}, {"null", "refused"},
	    {"1e2", "refused"}, {"1a", "refused"}, {"", "refused"}, {" 42", "refused"}, {"a b", "refused"},
	    {"2026-06-01", "refused"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_string_equal(value_of(FIELD_FIGURE, pairs[i][0]), pairs[i][1]);
}

static void each_kind_has_its_form(void **state)
{
	(void)state;
	static const struct {
		enum field_kind kind;
		const char *value, *form;
	} rows[] = {
	    {FIELD_LINE, "  Lê Chân\n", "Lê Chân"},
	    {FIELD_LINE, "a\tb", "refused"},
	    {FIELD_LINE, "   ", "refused"},
	    {FIELD_LINE, "\xFF", "refused"},
	    {FIELD_TEXT, "\r\n\na  \r\n\n  b\t\n\n", "a\n\n  b"},
	    {FIELD_TEXT, "a\rb", "refused"},
	    {FIELD_TEXT, "a\tb", "a\tb"},
	    {FIELD_TEXT, " \n ", "refused"},
	    {FIELD_ID, "hp.2026-06", "hp.2026-06"},
	    {FIELD_ID, "Lê", "refused"},
	    {FIELD_DATE, "2026-07-05", "2026-07-05"},
	    {FIELD_DATE, "2026-07", "refused"},
	    {FIELD_DUE, "2026-07", "2026-07"},
	    {FIELD_TIME, "2026-07-05T01:00:00Z", "2026-07-05T08:00:00+07:00"},
	    {FIELD_TIME, "2026-07-05", "refused"},
	    {FIELD_DECIMAL, "-1,5", "-1.5"},
	    {FIELD_DECIMAL, "yes", "refused"},
	    {FIELD_INTEGER, "1000000000000000", "1000000000000000"},
	    {FIELD_INTEGER, "1000000000000001", "refused"},
	    {FIELD_INTEGER, "1.5", "refused"},
	    {FIELD_INTEGER, "-1", "refused"},
	    {FIELD_CHOICE, "yes", "yes"},
	    {FIELD_CHOICE, "Yes", "refused"},
	    {FIELD_KEY, KEY_TEXT, KEY_TEXT},
	    {FIELD_KEY, "ssh-ed25519 AAAA", "refused"},
	    {FIELD_CHANGE, "0123456789abcdef0123456789abcdef01234567",
		"0123456789abcdef0123456789abcdef01234567"},
	    {FIELD_CHANGE, "0123456789ABCDEF0123456789abcdef01234567", "refused"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(value_of(rows[i].kind, rows[i].value), rows[i].form);
}

static int parse_code(const char *type, const char *text, struct err *err)
{
	struct record r;
	*err = (struct err){0};
	return record_parse(&r, &arena, type_by_name(type), text, strlen(text), err);
}

static void what_is_stored_is_canonical(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "state: 'draft'\n", "state: draft", "state: draft\n\n",
	    "# x\nstate: draft\n", "---\nstate: draft\n", "{state: draft}\n", "version: '1'\nstate: draft\n",
	    "version: 1\n", "version: '1.0'\n", "values:\n  TT01: 42\n", "values: {}\n",
	    "values:\n    TT01: '42'\n", "values:\n  B: '1'\n  A: '1'\n", "values:\n  A: '1,5'\n",
	    "state: draft\r\n", "note: 'x'\n", "note: te\xCC\x82n\n", "note: ''\n", "corrections:\n  a: {}\n",
	    "corrections:\n  a:\n    reason: 'a '\n", "zz: a\nstate: draft\n", "zz: a\nya: a\n", "zz: 'a'\n",
	    "zz: [a]\n", "zz: ''\n", "z.z: a\n", "\xEF\xBB\xBFstate: draft\n",
	    "corrections:\n  a:\n    other: x\n"};
	struct err err;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse_code("report", bad[i], &err) != ERR_INPUT)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(err.rule, "form");
	}
	assert_int_equal(parse_code("report", "state: draft\nnote:  x\n", &err), ERR_INPUT);
	assert_int_equal(err.line, 2);
	assert_int_equal(parse_code("report", "values:\n  A: '1.234'\n", &err), 0);
	/* A merge of texts may leave an empty line at the end. */
	assert_int_equal(parse_code("report", "note: |\n  a\n", &err), 0);
}

static void unknown_keys_of_a_newer_version_are_kept(void **state)
{
	(void)state;
	const char *text =
	    "state: draft\nvalues:\n  A: '1'\nnote: x\nolder: |-\n  a\n  b\nstate-2: '7'\nvalues-2: a\n";
	struct record r;
	struct err err = {0};
	assert_int_equal(record_parse(&r, &arena, type_by_name("report"), text, strlen(text), &err), 0);
	assert_string_equal(record_get(&r, "older"), "a\nb");
	assert_string_equal(printed(&r), text);
	size_t i = 0;
	const char *key;
	assert_true(record_next_key(&r, "values", &i, &key));
	assert_string_equal(key, "A");
	assert_false(record_next_key(&r, "values", &i, &key));
}

static void a_record_has_a_bound(void **state)
{
	(void)state;
	struct buf b = {0};
	struct record r;
	struct err err = {0};
	buf_puts(&b, "note: ");
	while (b.len < YAML_RECORD_MAX - 1)
		buf_putc(&b, 'x');
	buf_putc(&b, '\n');
	assert_int_equal(record_parse(&r, &arena, type_by_name("report"), b.data, b.len, &err), 0);
	assert_int_equal(record_set(&r, "state", "draft", &err), 0);
	assert_int_equal(record_check(&r, &err), ERR_INPUT);
	assert_string_equal(err.msg, "the record is longer than 64 KB");
	ERR_CLEAR(&err);
	buf_cut(&b, b.len - 1);
	buf_puts(&b, "xx\n");
	assert_int_equal(record_parse(&r, &arena, type_by_name("report"), b.data, b.len, &err), 0);
	assert_int_equal(
	    record_read(&r, &arena, type_by_name("report"), "f", b.data, b.len, &err), ERR_INPUT);
	ERR_CLEAR(&err);
	while (b.len < YAML_STORED_MAX)
		buf_putc(&b, '\n');
	assert_int_equal(
	    record_parse(&r, &arena, type_by_name("report"), b.data, b.len + 1, &err), ERR_INPUT);
	assert_string_equal(err.msg, "%1 is longer than 1 MB");
	buf_free(&b);
}

static void fields_are_set_and_removed(void **state)
{
	(void)state;
	struct record r;
	struct err err = {0};
	record_init(&r, &arena, type_by_name("report"));
	assert_string_equal(printed(&r), "{}\n");
	struct record ack;
	record_init(&ack, &arena, type_by_name("ack"));
	assert_int_equal(record_check(&ack, &err), ERR_INPUT);
	assert_string_equal(err.field, "version");
	ERR_CLEAR(&err);
	assert_int_equal(record_set(&ack, "version", "1", &err), 0);
	assert_int_equal(record_check(&ack, &err), 0);
	assert_int_equal(record_set(&r, "state", "draft", &err), 0);
	assert_int_equal(record_set(&r, "values.TT01", "58,14", &err), 0);
	assert_string_equal(record_get(&r, "values.TT01"), "58.14");
	assert_int_equal(record_set(&r, "values.TT01", "", &err), 0);
	assert_null(record_get(&r, "values.TT01"));
	assert_int_equal(record_set(&r, "values.TT01", NULL, &err), 0);
	assert_int_equal(record_set(&r, "corrections.31-1.reason", "x", &err), 0);
	record_put(&r, "values.A", "7");
	record_put(&r, "values.A", "8");
	assert_string_equal(
	    printed(&r), "state: draft\nvalues:\n  A: '8'\ncorrections:\n  '31-1':\n    reason: x\n");
	record_put(&r, "values.A", NULL);
	record_put(&r, "values.A", NULL);
	assert_int_equal(r.n, 2);
}

static void set_refused(struct record *r, const char *field, const char *value, const char *words)
{
	struct err err = {0};
	size_t n = r->n;
	assert_int_equal(record_set(r, field, value, &err), ERR_INPUT);
	assert_string_equal(words_of(&err), words);
	assert_string_equal(err.field, field);
	assert_int_equal(r->n, n);
}

static void fields_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	struct record r;
	record_init(&r, &arena, type_by_name("report"));
	set_refused(&r, "vales", "1", "a record of type report has no field 'vales'; did you mean 'values'?");
	set_refused(&r, "values", "1", "'values' has parts; one must be named");
	set_refused(&r, "note.x", "1", "'note' has one value and no parts");
	set_refused(&r, "values.a b", "1",
	    "'a b' cannot be an id; use 1 to 64 letters without marks, digits and . _ - @, beginning with a "
	    "letter or digit");
	set_refused(&r, "corrections.a", "1", "a row of 'corrections' has no column ''");
	set_refused(&r, "corrections.a.b", "1", "a row of 'corrections' has no column 'b'");
	set_refused(&r, "values.A", "1.260", "'1.260' may be thousands or decimals; write 1260 or 1.26");
}

static void members_of_sets_are_there_or_not(void **state)
{
	(void)state;
	struct record r;
	struct err err = {0};
	record_init(&r, &arena, type_by_name("task"));
	assert_int_equal(record_set(&r, "lead.hp.ca", "+", &err), 0);
	assert_int_equal(record_set(&r, "lead.a", "+", &err), 0);
	assert_int_equal(record_set(&r, "implements.  36-CT/TW ", "+", &err), 0);
	assert_string_equal(printed(&r), "lead:\n  - a\n  - hp.ca\nimplements:\n  - '36-CT/TW'\n");
	assert_int_equal(record_set(&r, "lead.a", NULL, &err), 0);
	assert_null(record_get(&r, "lead.a"));
	set_refused(&r, "lead.b", "1", "'lead' is a set: its members have no value but '+'");
}

static void keys_come_in_order_of_bytes(void **state)
{
	(void)state;
	struct record r = read_text("report", "corrections: {a.b: {reason: x, fields: f}, a: {reason: x, "
					      "fields: f}, a.l: {reason: x, fields: f}, Z: {reason: x}}\n");
	static const char *const rows[] = {"Z", "a", "a.b", "a.l"};
	const char *key;
	size_t i = 0, n = 0;
	for (; record_next_key(&r, "corrections", &i, &key); n++)
		assert_string_equal(key, rows[n]);
	assert_int_equal(n, 4);
	i = 0;
	assert_false(record_next_key(&r, "values", &i, &key));
	assert_false(record_next_key(&r, "state", &i, &key));
	assert_false(record_next_key(&r, "none", &i, &key));
}

static void note_diff(void *ctx, const char *field, const char *old_value, const char *new_value)
{
	buf_printf(ctx, "%s: %s > %s\n", field, old_value ? old_value : "-", new_value ? new_value : "-");
}

static void a_diff_names_the_fields_that_differ(void **state)
{
	(void)state;
	struct record old = read_text("report", "state: draft\nvalues: {A: 1, B: 2}\n");
	struct record now = read_text("report", "state: draft\nvalues: {A: 3, C: 4}\nnote: x\n");
	struct buf b = {0};
	record_diff(&old, &now, note_diff, &b);
	assert_string_equal(buf_str(&b), "note: - > x\nvalues.A: 1 > 3\nvalues.B: 2 > -\nvalues.C: - > 4\n");
	buf_cut(&b, 0);
	record_diff(NULL, &old, note_diff, &b);
	assert_string_equal(buf_str(&b), "state: - > draft\nvalues.A: - > 1\nvalues.B: - > 2\n");
	buf_cut(&b, 0);
	record_diff(&old, NULL, note_diff, &b);
	assert_string_equal(buf_str(&b), "state: draft > -\nvalues.A: 1 > -\nvalues.B: 2 > -\n");
	buf_cut(&b, 0);
	record_diff(&old, &old, note_diff, &b);
	record_diff(NULL, NULL, note_diff, &b);
	assert_string_equal(buf_str(&b), "");
	buf_free(&b);
}

static void any_order_of_setting_gives_the_same_bytes(void **state)
{
	(void)state;
	struct record one, two;
	record_init(&one, &arena, type_by_name("report"));
	record_init(&two, &arena, type_by_name("report"));
	for (int i = 0; i < 500; i++) {
		record_put(&one, arena_printf(&arena, "values.T%d", i), "1");
		record_put(&two, arena_printf(&arena, "values.T%d", (i * 7 + 3) % 500), "1");
	}
	assert_int_equal(one.n, 500);
	assert_string_equal(printed(&one), printed(&two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_report_has_one_form, end_arena),
	    cmocka_unit_test_teardown(what_is_refused_says_where_and_what_to_do, end_arena),
	    cmocka_unit_test_teardown(only_what_readers_mistake_needs_quotes, end_arena),
	    cmocka_unit_test_teardown(figures_are_what_reports_say, end_arena),
	    cmocka_unit_test_teardown(each_kind_has_its_form, end_arena),
	    cmocka_unit_test_teardown(what_is_stored_is_canonical, end_arena),
	    cmocka_unit_test_teardown(unknown_keys_of_a_newer_version_are_kept, end_arena),
	    cmocka_unit_test_teardown(a_record_has_a_bound, end_arena),
	    cmocka_unit_test_teardown(fields_are_set_and_removed, end_arena),
	    cmocka_unit_test_teardown(fields_that_do_not_fit_are_refused, end_arena),
	    cmocka_unit_test_teardown(members_of_sets_are_there_or_not, end_arena),
	    cmocka_unit_test_teardown(keys_come_in_order_of_bytes, end_arena),
	    cmocka_unit_test_teardown(a_diff_names_the_fields_that_differ, end_arena),
	    cmocka_unit_test_teardown(any_order_of_setting_gives_the_same_bytes, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A filled-in form: YAML as `report new` prints it (plan, period, values, note; or just KEY: VALUE), or lines of
 * KEY,VALUE or KEY;VALUE. What is blank in a form is left as it is.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "plan/report.h"
#include "plan/report_edit.h"
#include "record/csv.h"
#include "record/yaml.h"

struct form_line {
	const char *key, *value;
	unsigned line, column;
};

struct form {
	struct arena *arena;
	const char *source;
	const char *plan, *period, *note;
	struct form_line *lines;
	size_t n;
};

static int wrong(const struct form *f, unsigned line, unsigned column, struct err *err)
{
	err_at(err, f->source, line, column);
	return err->code;
}

static int take(
    struct form *f, const char *key, const char *value, unsigned line, unsigned column, struct err *err)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->lines[i].key, key) == 0) {
			err_set(err, ERR_INPUT, N_("'%1' is given twice"), key);
			return wrong(f, line, column, err);
		}
	if ((f->n & (f->n - 1)) == 0) {
		struct form_line *grown = arena_alloc(f->arena, (f->n ? 2 * f->n : 1) * sizeof *grown);
		if (f->n)
			memcpy(grown, f->lines, f->n * sizeof *grown);
		f->lines = grown;
	}
	if (strcmp(key, "plan") == 0)
		f->plan = value;
	else if (strcmp(key, "period") == 0)
		f->period = value;
	else if (strcmp(key, "note") == 0)
		f->note = value;
	else
		f->lines[f->n++] = (struct form_line){key, value, line, column};
	return 0;
}

/* Words that some YAML reader takes for a truth value: only quoted is it sure that a word was meant. */
static bool is_boolean(const char *text)
{
	static const char *const words[] = {"yes", "no", "true", "false", "on", "off", "y", "n"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static int take_node(struct form *f, const struct yaml_node *n, struct err *err)
{
	if (n->kind != YAML_SCALAR) {
		err_set(err, ERR_INPUT, N_("'%1' must be a single value"), n->key);
		return wrong(f, n->line, n->column, err);
	}
	if (n->plain && is_boolean(n->text)) {
		err_set(
		    err, ERR_INPUT, N_("%1: YAML readers disagree about an unquoted %2"), n->key, n->text);
		err_hint(err, N_("write '%2' in quotes"));
		return wrong(f, n->line, n->column, err);
	}
	return take(f, n->key, n->text, n->line, n->column, err);
}

static int read_yaml(struct form *f, const char *text, size_t len, struct err *err)
{
	struct yaml_node *root;
	int rc = yaml_parse(f->arena, f->source, text, len, &root, err);
	if (rc)
		return rc;
	if (root->kind != YAML_MAP) {
		err_set(err, ERR_INPUT, N_("a form is a list of lines KEY: VALUE"));
		return wrong(f, root->line, root->column, err);
	}
	for (const struct yaml_node *n = root->first; rc == 0 && n; n = n->next) {
		if (strcmp(n->key, "values") != 0 || n->kind != YAML_MAP) {
			rc = take_node(f, n, err);
			continue;
		}
		for (const struct yaml_node *m = n->first; rc == 0 && m; m = m->next)
			rc = take_node(f, m, err);
	}
	return rc;
}

/* A note may hold separators: then it is all that stands after the first. */
static const char *whole_rest(const struct form *f, const struct csv_row *row)
{
	const char *from = row->fields[1].rest;
	size_t len = (size_t)(row->end - from);
	while (len && isspace((unsigned char)*from))
		from++, len--;
	while (len && isspace((unsigned char)from[len - 1]))
		len--;
	return arena_dup_len(f->arena, from, len);
}

static int take_row(struct form *f, const struct csv *csv, const struct csv_row *row, struct err *err)
{
	const struct csv_field *key = &row->fields[0], *value = &row->fields[1];
	bool note = strcmp(key->text, "note") == 0;
	if (row->n < 2) {
		err_set(err, ERR_INPUT, N_("a line of a form is KEY,VALUE"));
		csv_at(csv, key, err);
		return ERR_INPUT;
	}
	if (row->n > 2 && !note) {
		err_set(err, ERR_INPUT, N_("%1: this line has more than two columns"), key->text);
		err_hint(err, N_("write a decimal comma in quotes, or separate by semicolons"));
		csv_at(csv, key, err);
		return ERR_INPUT;
	}
	if (f->n == 0 && strcasecmp(key->text, "key") == 0)
		return 0;
	return take(
	    f, key->text, row->n > 2 ? whole_rest(f, row) : value->text, value->line, value->column, err);
}

static int read_csv(struct form *f, const char *text, size_t len, struct err *err)
{
	struct csv csv;
	struct csv_row row;
	int rc = csv_open(&csv, f->arena, f->source, text, len, err);
	csv.each_row = true;
	while (rc == 0 && (rc = csv_next(&csv, &row, err)) > 0)
		rc = take_row(f, &csv, &row, err);
	return rc;
}

static bool ends_with(const char *name, const char *end)
{
	size_t a = strlen(name), b = strlen(end);
	return a >= b && strcasecmp(name + a - b, end) == 0;
}

/* By its name; else by what comes first in its first line that says anything. */
static bool is_csv(const char *source, const char *text, size_t len)
{
	if (ends_with(source, ".csv"))
		return true;
	if (ends_with(source, ".yaml") || ends_with(source, ".yml"))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '#')
			while (i < len && text[i] != '\n')
				i++;
		else if (text[i] == ',' || text[i] == ';')
			return true;
		else if (text[i] == ':' || text[i] == '{')
			return false;
	}
	return false;
}

static int read_form(struct form *f, const char *text, struct err *err)
{
	size_t len = strlen(text);
	if (len > YAML_FILE_MAX)
		return err_set(err, ERR_INPUT, N_("%1 is longer than 4 MB"), f->source);
	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3, len -= 3;
	return is_csv(f->source, text, len) ? read_csv(f, text, len, err) : read_yaml(f, text, len, err);
}

static int write_form(struct report_edit *e, const struct form *f, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < f->n; i++) {
		const struct form_line *l = &f->lines[i];
		if (*l->value && (rc = report_edit_figure(e, l->key, l->value, err)) != 0)
			wrong(f, l->line, l->column, err);
	}
	if (rc == 0 && f->note && *f->note)
		rc = report_edit_note(e, f->note, err);
	return rc;
}

int report_op_import(const struct view *v, const struct args *a, struct outcome *o, struct err *err)
{
	struct form f = {.arena = &o->arena, .source = args_get(a, "source") ? args_get(a, "source") : "-"};
	struct report_edit e = {0};
	const char *text = args_word(a, a->words.n > 2 ? 2 : 0);
	if (!text)
		return err_set(err, ERR_USAGE, N_("the filled-in form is needed"));
	int rc = read_form(&f, text, err);
	if (rc == 0 && a->words.n > 2) {
		f.plan = args_word(a, 0);
		f.period = args_word(a, 1);
	}
	if (rc == 0 && (!f.plan || !f.period)) {
		rc = err_set(err, ERR_INPUT, N_("%1 does not say for which plan and period it is"), f.source);
		err_hint(err, N_("begin it with the lines 'plan: …' and 'period: …', as 'tuyen report new' "
				 "prints them"));
	}
	if (rc == 0)
		rc = report_edit_open(&e, v, a, f.plan, f.period, o, err);
	if (rc == 0)
		rc = report_edit_may_set(&e, err);
	if (rc == 0)
		rc = write_form(&e, &f, err);
	if (rc == 0)
		rc = report_edit_finish_set(&e, a, err);
	report_edit_close(&e);
	return rc;
}

/* The worked examples of schema/merge.md, schema/vectors/merge/: each is played in two orders, and must give the record
 * and the conflicts it says, to the byte of their ids. Run from the top of the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/table.h"
#include "merge/merge.h"

#define CHANGES_MAX 16

struct made {
	const struct yaml_node *node;
	struct oid id;
	struct oids heads;
	struct merge_writes writes;
};

struct example {
	struct arena arena;
	const char *file, *ledger, *record;
	struct made changes[CHANGES_MAX];
	size_t n;
	struct history *history;
};

static void must(const struct example *x, int rc, const struct err *err)
{
	struct buf text = {0};
	if (rc == 0)
		return;
	err_format(err, NULL, &text);
	fail_msg("%s: %s", x->file, buf_str(&text));
}

static struct made *find(struct example *x, const char *label)
{
	for (size_t i = 0; i < x->n; i++)
		if (!strcmp(x->changes[i].node->key, label))
			return &x->changes[i];
	fail_msg("%s: no change %s", x->file, label);
	return NULL;
}

/* The change b1 of an example has the id b1b1...b1. */
static struct oid id_of(const struct example *x, const char *label)
{
	struct oid id;
	char hex[OID_HEX + 1] = "";
	if (!label || strlen(label) != 2)
		fail_msg("%s: labels are two hex digits", x->file);
	for (size_t i = 0; i < OID_HEX; i += 2)
		memcpy(hex + i, label, 3);
	if (!oid_parse(&id, hex))
		fail_msg("%s: %s is no label", x->file, label);
	return id;
}

static void state(
    const struct example *x, const struct history *h, const struct oids *heads, struct merge_result *out)
{
	merge_advance(h, x->ledger, &(struct oids){0}, heads, out);
}

static const char *text_at(const struct merge_result *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->records[i].path, path))
			return r->records[i].text;
	return NULL;
}

static void open_record(struct example *x, struct record *r, const char *path, const char *text)
{
	struct err err = {0};
	const struct record_type *type = type_by_path(x->ledger, path);
	assert_non_null(type);
	record_init(r, &x->arena, type);
	if (text)
		must(x, record_parse(r, &x->arena, type, text, strlen(text), &err), &err);
}

static const char *print(struct example *x, const struct record *r)
{
	struct buf text = {0};
	record_print(r, &text);
	char *copy = arena_dup(&x->arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static const char *conflict_path(struct example *x, const struct yaml_node *which)
{
	char id[41], path[64], *copy;
	const char *field = yaml_text(which, "field");
	struct oid losing = id_of(x, yaml_text(which, "losing"));
	merge_conflict_id(x->record, field ? field : "", &losing, id);
	merge_conflict_path(id, path);
	copy = arena_dup(&x->arena, path);
	return copy;
}

static struct change_texts pair(const char *path, const char *before, const char *after)
{
	return (struct change_texts){
	    path, before, after, before ? strlen(before) : 0, after ? strlen(after) : 0};
}

static const char *edited(struct example *x, const struct yaml_node *change, const char *before)
{
	struct record r;
	struct err err = {0};
	const struct yaml_node *set = yaml_get(change, "set"), *clear = yaml_get(change, "clear");
	if (yaml_text(change, "delete"))
		return NULL;
	if (!set && !clear)
		return before;
	open_record(x, &r, x->record, before);
	for (const struct yaml_node *f = set ? set->first : NULL; f; f = f->next)
		must(x, record_set(&r, f->key, f->text, &err), &err);
	for (const struct yaml_node *f = clear ? clear->first : NULL; f; f = f->next)
		must(x, record_set(&r, f->text, NULL, &err), &err);
	return print(x, &r);
}

static struct change_texts word(
    struct example *x, const struct yaml_node *node, const char *table, const struct merge_result *parent)
{
	const char *path = conflict_path(x, node), *before = text_at(parent, path);
	struct record r;
	struct err err = {0};
	if (!before)
		fail_msg("%s: there is no conflict to write on", x->file);
	open_record(x, &r, path, before);
	const char *field = arena_printf(&x->arena, "%s.%s.reason", table, yaml_text(node, "row"));
	must(x, record_set(&r, field, yaml_text(node, "reason"), &err), &err);
	return pair(path, before, print(x, &r));
}

static void settle(struct example *x, struct made *c, const struct merge_result *parent, const char *after)
{
	const struct yaml_node *node = yaml_get(c->node, "settle");
	struct err err = {0};
	if (!node)
		return;
	const char *conflict = text_at(parent, conflict_path(x, node));
	if (!conflict)
		fail_msg("%s: there is no conflict to settle", x->file);
	must(x,
	    merge_settlement(&x->arena, x->ledger, conflict, strlen(conflict), after,
		after ? strlen(after) : 0, &c->writes, &err),
	    &err);
}

static void add(struct example *x, struct history *h, const struct made *c)
{
	static const char *const claims[] = {"owner", "lead"};
	struct err err = {0};
	const char *claim = yaml_text(c->node, "claim");
	struct history_change change = {.id = c->id,
	    .heads = c->heads,
	    .writer = yaml_text(c->node, "by"),
	    .unit = yaml_text(c->node, "by"),
	    .rank = atoi(yaml_text(c->node, "rank")),
	    .claim = !claim			 ? CLAIM_NONE
		     : !strcmp(claim, claims[0]) ? CLAIM_OWNER
						 : CLAIM_LEAD,
	    .writes = c->writes.items,
	    .n_writes = c->writes.n};
	must(x, history_add(h, &change, &err), &err);
}

static void make(struct example *x, const struct yaml_node *node)
{
	struct made *c = &x->changes[x->n++];
	struct merge_result parent;
	struct change_texts texts[3];
	struct err err = {0};
	size_t n = 0;
	c->node = node;
	c->id = id_of(x, node->key);
	const struct yaml_node *sees = yaml_get(node, "sees");
	for (const struct yaml_node *s = sees ? sees->first : NULL; s; s = s->next)
		oids_add(&c->heads, &find(x, s->text)->id);
	history_maximal(x->history, &c->heads);
	state(x, x->history, &c->heads, &parent);
	const char *before = text_at(&parent, x->record), *after = edited(x, node, before);
	texts[n++] = pair(x->record, before, after);
	if (yaml_get(node, "object"))
		texts[n++] = word(x, yaml_get(node, "object"), "objections", &parent);
	if (yaml_get(node, "answer"))
		texts[n++] = word(x, yaml_get(node, "answer"), "answers", &parent);
	must(x, merge_writes_of(&x->arena, x->ledger, texts, n, &c->writes, &err), &err);
	settle(x, c, &parent, after);
	add(x, x->history, c);
	merge_result_free(&parent);
}

static void expect_record(struct example *x, const struct yaml_node *expect, const struct merge_result *r)
{
	const struct yaml_node *fields = yaml_get(expect, "record");
	const char *text = text_at(r, x->record);
	struct record want;
	struct err err = {0};
	if (!fields && text)
		fail_msg("%s: the record should be absent:\n%s", x->file, text);
	if (!fields)
		return;
	open_record(x, &want, x->record, NULL);
	for (const struct yaml_node *f = fields->first; f; f = f->next)
		must(x, record_set(&want, f->key, f->text, &err), &err);
	if (!text)
		fail_msg("%s: the record should stand", x->file);
	assert_string_equal(text, print(x, &want));
}

static void put_side(struct example *x, struct record *r, const struct yaml_node *side)
{
	char hex[OID_HEX + 1];
	for (const struct yaml_node *f = side->first; f; f = f->next) {
		struct oid id;
		const char *value = f->text;
		if (!strcmp(f->key, "change")) {
			id = id_of(x, value);
			oid_hex(&id, hex);
			value = hex;
		}
		record_put(
		    r, arena_printf(&x->arena, "%s.%s", side->key, f->key), arena_dup(&x->arena, value));
	}
}

static const char *wanted_conflict(struct example *x, const struct yaml_node *node)
{
	struct record r;
	record_init(&r, &x->arena, type_by_name("conflict"));
	record_put(&r, "record", x->record);
	for (const struct yaml_node *f = node->first; f; f = f->next) {
		if (!strcmp(f->key, "id"))
			continue;
		else if (!strcmp(f->key, "kept") || !strcmp(f->key, "other"))
			put_side(x, &r, f);
		else if (f->kind == YAML_SCALAR)
			record_put(&r, f->key, f->text);
		else /* objections, answers: {row: reason} */
			for (const struct yaml_node *w = f->first; w; w = w->next)
				record_put(
				    &r, arena_printf(&x->arena, "%s.%s.reason", f->key, w->key), w->text);
	}
	return print(x, &r);
}

static void expect_conflicts(struct example *x, const struct yaml_node *expect, const struct merge_result *r)
{
	const struct yaml_node *list = yaml_get(expect, "conflicts");
	size_t there = 0;
	for (size_t i = 0; i < r->n; i++)
		there += !strncmp(r->records[i].path, "conflicts/", 10);
	for (const struct yaml_node *c = list ? list->first : NULL; c; c = c->next) {
		char path[64] = "";
		if (yaml_text(c, "id"))
			merge_conflict_path(yaml_text(c, "id"), path);
		const char *text = text_at(r, path);
		for (size_t i = 0; !text && i < r->n; i++)
			print_message("%s\n%s", r->records[i].path, r->records[i].text);
		if (!text)
			fail_msg("%s: conflict %s is not there", x->file, path);
		assert_string_equal(text, wanted_conflict(x, c));
	}
	for (size_t i = 0; there != (list ? list->n : 0) && i < r->n; i++)
		print_message("%s\n%s", r->records[i].path, r->records[i].text);
	if (there != (list ? list->n : 0))
		fail_msg("%s: %zu conflicts stand", x->file, there);
}

static void check(struct example *x, const struct history *h, const struct yaml_node *expect)
{
	struct oids heads = {0};
	struct merge_result r;
	for (const struct yaml_node *a = yaml_get(expect, "at")->first; a; a = a->next)
		oids_add(&heads, &find(x, a->text)->id);
	history_maximal(h, &heads);
	state(x, h, &heads, &r);
	expect_record(x, expect, &r);
	expect_conflicts(x, expect, &r);
	merge_result_free(&r);
	oids_free(&heads);
}

/* The last that can be added first. */
static struct history *other_order(struct example *x)
{
	struct history *h = history_new();
	while (history_count(h) < x->n)
		for (size_t i = x->n; i-- > 0;) {
			bool ready = !history_has(h, &x->changes[i].id);
			for (size_t k = 0; k < x->changes[i].heads.n; k++)
				ready = ready && history_has(h, &x->changes[i].heads.items[k]);
			if (!ready)
				continue;
			add(x, h, &x->changes[i]);
			break;
		}
	return h;
}

static void play(const char *file)
{
	struct example x = {.file = file, .history = history_new()};
	struct buf bytes = {0};
	struct err err = {0};
	struct yaml_node *top;
	must(&x, sys_read_file(file, YAML_RECORD_MAX, &bytes, &err), &err);
	must(&x, yaml_parse(&x.arena, file, bytes.data, bytes.len, &top, &err), &err);
	x.ledger = yaml_text(top, "ledger");
	x.record = yaml_text(top, "record");
	for (const struct yaml_node *c = yaml_get(top, "changes")->first; c; c = c->next)
		make(&x, c);
	struct history *other = other_order(&x);
	for (const struct yaml_node *e = yaml_get(top, "expect")->first; e; e = e->next) {
		check(&x, x.history, e);
		check(&x, other, e);
	}
	for (size_t i = 0; i < x.n; i++)
		oids_free(&x.changes[i].heads);
	history_free(x.history);
	history_free(other);
	buf_free(&bytes);
	arena_free(&x.arena);
}

static void all_examples(void **state)
{
	(void)state;
	glob_t files;
	assert_int_equal(glob("schema/vectors/merge/*.yaml", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 15);
	for (size_t i = 0; i < files.gl_pathc; i++)
		play(files.gl_pathv[i]);
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_examples)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "record/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/nearest.h"
#include "base/table.h"
#include "record/text.h"
#include "record/yaml_guard.h"
#include "record/yaml_problem.h"

/* A map or list that is still open. */
struct frame {
	struct yaml_node *node;
	struct yaml_node **tail; /* where its next child goes */
	const char *key; /* of a map: read, its value not yet */
	unsigned key_line, key_column;
	bool flow; /* a map written in {} */
	struct table keys; /* of a map: those it has; the value is the node that it was met at */
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	const char *file;
	struct yaml_guard guard;
	struct yaml_node *root;
	unsigned documents;
	struct frame stack[YAML_DEPTH_MAX];
	size_t depth;
	struct err *err;
};

static int refuse(struct reader *r, const yaml_mark_t *at, const char *msg, const char *hint)
{
	err_set(r->err, ERR_INPUT, msg);
	err_at(r->err, r->file, (unsigned)at->line + 1, (unsigned)at->column + 1);
	if (hint)
		err_hint(r->err, hint);
	return r->err->code;
}

static int refuse_syntax(struct reader *r)
{
	const char *hint;
	if (r->parser.error == YAML_MEMORY_ERROR)
		abort();
	const char *msg = yaml_problem(r->parser.problem, &hint);
	return refuse(r, &r->parser.problem_mark, msg, hint);
}

static int refuse_anchor(struct reader *r, const yaml_mark_t *at)
{
	return refuse(r, at, N_("anchors and aliases ('&', '*') are not taken"),
	    N_("put a text that begins so in quotes, and write values out where they belong"));
}

static int refuse_tag(struct reader *r, const yaml_mark_t *at)
{
	return refuse(r, at, N_("tags ('!') are not taken"), N_("put a text that begins with '!' in quotes"));
}

static int check_properties(struct reader *r, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	}
	if (anchor || e->type == YAML_ALIAS_EVENT)
		return refuse_anchor(r, &e->start_mark);
	return tag ? refuse_tag(r, &e->start_mark) : 0;
}

/* The text of a scalar in NFC. */
static int scalar_text(struct reader *r, const yaml_event_t *e, const char **out)
{
	const char *bytes = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	struct buf nfc = {0};
	if (memchr(bytes, '\0', len))
		return refuse(r, &e->start_mark, N_("a text holds a NUL character"), N_("remove it"));
	if (!text_nfc(bytes, len, &nfc))
		return refuse(r, &e->start_mark,
		    N_("a text holds more marks on one letter than any language writes"), NULL);
	*out = arena_dup_len(r->arena, buf_str(&nfc), nfc.len);
	buf_free(&nfc);
	return 0;
}

static int take_key(struct reader *r, struct frame *f, const yaml_event_t *e)
{
	const yaml_mark_t *at = &e->start_mark;
	int rc = scalar_text(r, e, &f->key);
	if (rc)
		return rc;
	if (!*f->key)
		return refuse(r, at, N_("a key is empty"), N_("write 'key: value'"));
	void **seen = table_at(&f->keys, f->key);
	if (*seen) {
		err_set(r->err, ERR_INPUT, N_("the key '%1' stands here twice"), f->key);
		err_hint(r->err, N_("keep one of them"));
		err_at(r->err, r->file, (unsigned)at->line + 1, (unsigned)at->column + 1);
		return r->err->code;
	}
	*seen = f->node;
	f->key_line = (unsigned)at->line + 1;
	f->key_column = (unsigned)at->column + 1;
	return 0;
}

static struct yaml_node *add_node(struct reader *r, enum yaml_kind kind, const yaml_event_t *e)
{
	struct yaml_node *node = arena_alloc(r->arena, sizeof *node);
	node->kind = kind;
	node->line = (unsigned)e->start_mark.line + 1;
	node->column = (unsigned)e->start_mark.column + 1;
	if (!r->depth) {
		r->root = node;
		return node;
	}
	struct frame *f = &r->stack[r->depth - 1];
	node->key = f->key;
	node->key_line = f->key_line;
	node->key_column = f->key_column;
	f->key = NULL;
	f->node->n++;
	*f->tail = node;
	f->tail = &node->next;
	return node;
}

/* Is the next event the key of a map? */
static bool wants_key(const struct reader *r)
{
	const struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;
	return f && f->node->kind == YAML_MAP && !f->key;
}

/* In {a: 58,14} the 14 would be a key without a value, and the figure 58: nobody means that. */
static int refuse_no_value(struct reader *r, const struct frame *f)
{
	err_set(r->err, ERR_INPUT, N_("the key '%1' has no value"), f->key);
	err_hint(
	    r->err, N_("write 'key: value'; between { and } a number with a decimal comma needs quotes"));
	err_at(r->err, r->file, f->key_line, f->key_column);
	return r->err->code;
}

static int take_scalar(struct reader *r, const yaml_event_t *e)
{
	const struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	bool block = e->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
		     e->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
	if (!block && yaml_guard_after_tab(&r->guard, e->start_mark.index))
		return refuse(r, &e->start_mark, N_("a tab stands before this text"),
		    N_("write blanks instead of tabs"));
	if (wants_key(r))
		return take_key(r, &r->stack[r->depth - 1], e);
	if (f && f->flow && f->key && plain && !e->data.scalar.length)
		return refuse_no_value(r, f);
	struct yaml_node *node = add_node(r, YAML_SCALAR, e);
	node->plain = plain;
	return scalar_text(r, e, &node->text);
}

static int open_node(struct reader *r, enum yaml_kind kind, const yaml_event_t *e)
{
	if (wants_key(r))
		return refuse(
		    r, &e->start_mark, N_("a key is a map or a list"), N_("write keys as plain text"));
	if (r->depth == YAML_DEPTH_MAX)
		return refuse(
		    r, &e->start_mark, N_("this is nested too deeply"), N_("nest at most 16 levels"));
	struct yaml_node *node = add_node(r, kind, e);
	bool flow = kind == YAML_MAP && e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	r->stack[r->depth++] = (struct frame){.node = node, .tail = &node->first, .flow = flow};
	return 0;
}

static void close_node(struct reader *r)
{
	table_free(&r->stack[--r->depth].keys);
}

static int begin_document(struct reader *r, const yaml_event_t *e)
{
	if (r->documents++)
		return refuse(
		    r, &e->start_mark, N_("a second document begins here"), N_("give one document a file"));
	if (e->data.document_start.version_directive ||
	    e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
		return refuse(r, &e->start_mark, N_("directives ('%') are not taken"),
		    N_("remove the line, or put a text that begins with '%' in quotes"));
	return 0;
}

static int take_event(struct reader *r, const yaml_event_t *e)
{
	int rc = check_properties(r, e);
	if (rc)
		return rc;
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(r, e);
	case YAML_SCALAR_EVENT:
		return take_scalar(r, e);
	case YAML_MAPPING_START_EVENT:
		return open_node(r, YAML_MAP, e);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(r, YAML_LIST, e);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_node(r);
		return 0;
	default:
		return 0;
	}
}

static int take_events(struct reader *r)
{
	for (bool end = false; !end;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&r->parser, &event))
			return refuse_syntax(r);
		int rc = take_event(r, &event);
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (rc)
			return rc;
	}
	return 0;
}

int yaml_parse(struct arena *arena, const char *file, const char *bytes, size_t len, struct yaml_node **out,
    struct err *err)
{
	struct reader r = {.arena = arena, .file = file, .err = err};
	int rc = yaml_guard_check(&r.guard, file, &bytes, &len, err);
	if (rc)
		return rc;
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, len);
	rc = take_events(&r);
	while (r.depth)
		close_node(&r);
	yaml_parser_delete(&r.parser);
	if (rc == 0 && !r.root) {
		rc = err_set(err, ERR_INPUT, N_("there is nothing in it"));
		err_at(err, file, 1, 1);
	}
	if (rc == 0)
		*out = r.root;
	return rc;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *n = map->first; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *yaml_text(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);
	return n && n->kind == YAML_SCALAR ? n->text : NULL;
}

int yaml_unknown(
    const struct yaml_node *node, const char *file, const char *const *known, size_t n, struct err *err)
{
	const char *nearest = nearest_word(node->key, known, n);
	err_set(err, ERR_INPUT, N_("the key '%1' is not known here"), node->key, nearest);
	err_hint(err, nearest ? N_("did you mean '%2'?") : N_("remove it, or look up how it is spelt"));
	err_at(err, file, node->key_line, node->key_column);
	return err->code;
}

int yaml_only(const struct yaml_node *map, const char *file, const char *const *known, struct err *err)
{
	size_t n = 0;
	while (known[n])
		n++;
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		bool found = map->kind != YAML_MAP;
		for (size_t i = 0; i < n && !found; i++)
			found = strcmp(child->key, known[i]) == 0;
		if (!found)
			return yaml_unknown(child, file, known, n, err);
	}
	return 0;
}

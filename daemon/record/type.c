#include "record/type.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/schema.h"
#include "record/text.h"
#include "record/yaml.h"

/* Made by the first who asks, kept as long as the process. Of two threads that ask at once one throws its own away. */
struct schema {
	struct arena arena;
	struct record_type *types;
	size_t n;
};
static _Atomic(struct schema *) loaded;

/* The schema is compiled in: what is wrong with it is our own mistake. */
_Noreturn static void broken(const char *file, const struct yaml_node *at, const char *what)
{
	fprintf(stderr, "tuyen: schema/%s:%u: %s\n", file, at ? at->line : 1, what);
	abort();
}

static const char *needed(const struct yaml_node *map, const char *file, const char *key)
{
	const char *text = yaml_text(map, key);
	if (!text)
		broken(file, map, key);
	return text;
}

/* The place of a word in a NULL-ended list. */
static size_t word_index(const char *const *words, const struct yaml_node *at, const char *file)
{
	for (size_t i = 0; words[i]; i++)
		if (at->text && strcmp(words[i], at->text) == 0)
			return i;
	broken(file, at, "a word that is not known");
}

static const char *const kinds[] = {
    [FIELD_LINE] = "line",
    [FIELD_TEXT] = "text",
    [FIELD_ID] = "id",
    [FIELD_DATE] = "date",
    [FIELD_DUE] = "due",
    [FIELD_TIME] = "time",
    [FIELD_DECIMAL] = "decimal",
    [FIELD_INTEGER] = "integer",
    [FIELD_FIGURE] = "figure",
    [FIELD_CHOICE] = "choice",
    [FIELD_KEY] = "key",
    [FIELD_CHANGE] = "change",
    NULL,
};

static const char *const shapes[] = {
    [SHAPE_ONE] = "one",
    [SHAPE_SET] = "set",
    [SHAPE_MAP] = "map",
    [SHAPE_TABLE] = "table",
    NULL,
};

static const char *const writers[] = {"unit", "station", "superior", "rule", NULL}; /* bit i of the set */

static unsigned writer_set(const struct yaml_node *list, const char *file)
{
	unsigned set = 0;
	for (const struct yaml_node *n = list ? list->first : NULL; n; n = n->next)
		set |= 1u << word_index(writers, n, file);
	return set;
}

static const char *const *text_list(struct arena *arena, const struct yaml_node *list)
{
	const char **items = arena_alloc(arena, (list->n + 1) * sizeof *items);
	size_t n = 0;
	for (const struct yaml_node *item = list->first; item; item = item->next)
		items[n++] = item->text;
	return items;
}

static bool is_yes(const struct yaml_node *map, const char *key)
{
	const char *text = yaml_text(map, key);
	return text && strcmp(text, "yes") == 0;
}

static struct field_type *read_fields(
    struct arena *arena, const struct yaml_node *list, const char *file, unsigned inherited, size_t *n);

static struct field_type read_field(
    struct arena *arena, const struct yaml_node *map, const char *file, unsigned inherited)
{
	static const char *const known[] = {
	    "name", "shape", "kind", "writers", "required", "choices", "seal", "reseal", "columns", NULL};
	struct err err = {0};
	if (yaml_only(map, file, known, &err) != 0)
		broken(file, map, err.arg[0]);
	struct field_type f = {.name = needed(map, file, "name"), .writers = inherited};
	const struct yaml_node *shape = yaml_get(map, "shape"), *kind = yaml_get(map, "kind");
	const struct yaml_node *choices = yaml_get(map, "choices"), *columns = yaml_get(map, "columns");
	f.shape = shape ? (enum field_shape)word_index(shapes, shape, file) : SHAPE_ONE;
	f.kind = kind ? (enum field_kind)word_index(kinds, kind, file) : FIELD_LINE;
	if (!kind == (f.shape != SHAPE_TABLE) || !columns == (f.shape == SHAPE_TABLE) ||
	    !choices == (f.kind == FIELD_CHOICE))
		broken(file, map, "a field without kind, choices or columns, or with one too many");
	if (yaml_get(map, "writers"))
		f.writers = writer_set(yaml_get(map, "writers"), file);
	f.choices = choices ? text_list(arena, choices) : NULL;
	f.required = is_yes(map, "required");
	f.reseal = is_yes(map, "reseal");
	f.seal = yaml_text(map, "seal");
	if (columns)
		f.columns = read_fields(arena, columns, file, f.writers, &f.n_columns);
	return f;
}

static struct field_type *read_fields(
    struct arena *arena, const struct yaml_node *list, const char *file, unsigned inherited, size_t *n)
{
	struct field_type *fields = arena_alloc(arena, (list->n + 1) * sizeof *fields);
	*n = 0;
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		fields[*n] = read_field(arena, item, file, inherited);
		if (!fields[*n].writers || strchr(fields[*n].name, '.'))
			broken(file, item, "a field without writers, or with a dot in its name");
		++*n;
	}
	return fields;
}

static struct record_type read_type(struct arena *arena, const struct schema_file *file)
{
	static const char *const known[] = {"type", "ledger", "path", "fields", NULL};
	struct err err = {0};
	struct yaml_node *map;
	if (yaml_parse(arena, file->name, file->text, strlen(file->text), &map, &err) != 0) {
		struct buf text = {0};
		err_format(&err, NULL, &text);
		broken(file->name, NULL, buf_str(&text));
	}
	if (yaml_only(map, file->name, known, &err) != 0)
		broken(file->name, map, err.arg[0]);
	struct record_type type = {.name = needed(map, file->name, "type"),
	    .ledger = needed(map, file->name, "ledger"),
	    .path = needed(map, file->name, "path")};
	const struct yaml_node *fields = yaml_get(map, "fields");
	if (!fields)
		broken(file->name, map, "no fields");
	type.fields = read_fields(arena, fields, file->name, 0, &type.n_fields);
	return type;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct record_type *)a)->name, ((const struct record_type *)b)->name);
}

static struct schema *read_schema(void)
{
	struct schema *schema = mem_alloc(sizeof *schema);
	size_t n = 0;
	while (schema_files[n].name)
		n++;
	schema->types = arena_alloc(&schema->arena, (n + 1) * sizeof *schema->types);
	for (size_t i = 0; i < n; i++)
		if (strncmp(schema_files[i].name, "types/", 6) == 0)
			schema->types[schema->n++] = read_type(&schema->arena, &schema_files[i]);
	qsort(schema->types, schema->n, sizeof *schema->types, by_name);
	return schema;
}

static const struct schema *schema(void)
{
	struct schema *there = atomic_load(&loaded);
	if (there)
		return there;
	struct schema *mine = read_schema();
	if (atomic_compare_exchange_strong(&loaded, &there, mine))
		return mine;
	arena_free(&mine->arena);
	free(mine);
	return there;
}

const struct record_type *type_at(size_t i)
{
	const struct schema *s = schema();
	return i < s->n ? &s->types[i] : NULL;
}

const struct record_type *type_by_name(const char *name)
{
	const struct record_type *type;
	for (size_t i = 0; (type = type_at(i)); i++)
		if (strcmp(type->name, name) == 0)
			return type;
	return NULL;
}

/* One part of a pattern against one part of a path: "<x>" takes an id, the rest is taken as it is. */
static bool match_part(const char *pattern, size_t n_pattern, const char *part, size_t n_part, char id[65])
{
	id[0] = '\0';
	if (pattern[0] != '<')
		return n_pattern == n_part && memcmp(pattern, part, n_part) == 0;
	const char *after = memchr(pattern, '>', n_pattern);
	size_t suffix = n_pattern - (size_t)(after + 1 - pattern);
	if (n_part <= suffix || n_part - suffix > 64 ||
	    memcmp(part + n_part - suffix, after + 1, suffix) != 0)
		return false;
	memcpy(id, part, n_part - suffix);
	id[n_part - suffix] = '\0';
	return text_is_id(id);
}

/* Does the pattern fit? The i-th id goes to `out` (NULL: none is wanted); *found says whether there is one. */
static bool match_path(const char *pattern, const char *path, size_t i, char *out, bool *found)
{
	size_t ids = 0;
	*found = false;
	for (;;) {
		char id[65];
		size_t n_pattern = strcspn(pattern, "/"), n_part = strcspn(path, "/");
		if (!match_part(pattern, n_pattern, path, n_part, id))
			return false;
		if (id[0] && ids++ == i && out) {
			memcpy(out, id, sizeof id);
			*found = true;
		}
		if (!pattern[n_pattern] || !path[n_part])
			return !pattern[n_pattern] && !path[n_part];
		pattern += n_pattern + 1;
		path += n_part + 1;
	}
}

static bool stands_in(const struct record_type *type, const char *ledger)
{
	size_t n = strcspn(ledger, "/");
	return strcmp(type->ledger, "any") == 0 ||
	       (strlen(type->ledger) == n && memcmp(type->ledger, ledger, n) == 0);
}

const struct record_type *type_by_path(const char *ledger, const char *path)
{
	const struct record_type *type;
	bool found;
	for (size_t i = 0; (type = type_at(i)); i++)
		if (stands_in(type, ledger) && match_path(type->path, path, 0, NULL, &found))
			return type;
	return NULL;
}

bool type_path_part(const struct record_type *type, const char *path, size_t i, char out[65])
{
	bool found;
	return match_path(type->path, path, i, out, &found) && found;
}

static const struct field_type *field_named(
    const struct field_type *fields, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0)
			return &fields[i];
	return NULL;
}

static bool id_between(const char *from, const char *to)
{
	char id[65];
	if (to - from > 64)
		return false;
	memcpy(id, from, (size_t)(to - from));
	id[to - from] = '\0';
	return text_is_id(id);
}

const struct field_type *type_field(
    const struct record_type *type, const char *field, const struct field_type **top)
{
	size_t n = strcspn(field, ".");
	const char *rest = field[n] ? field + n + 1 : NULL;
	const struct field_type *f = field_named(type->fields, type->n_fields, field, n);
	if (top)
		*top = f;
	if (!f || !rest || f->shape == SHAPE_ONE)
		return f && !rest && f->shape == SHAPE_ONE ? f : NULL;
	if (f->shape == SHAPE_SET)
		return f->kind == FIELD_ID ? (text_is_id(rest) ? f : NULL) : (*rest ? f : NULL);
	if (f->shape == SHAPE_MAP)
		return text_is_id(rest) ? f : NULL;
	const char *dot = strrchr(rest, '.');
	if (!dot || !id_between(rest, dot))
		return NULL;
	return field_named(f->columns, f->n_columns, dot + 1, strlen(dot + 1));
}

/* cli/show.h - tables for people (libsmartcols) and JSON for scripts (jansson), on standard output. */
#ifndef TUYEN_CLI_SHOW_H
#define TUYEN_CLI_SHOW_H

#include <jansson.h>

#include "base/buf.h"
#include "record/record.h"

enum show_align { SHOW_LEFT, SHOW_RIGHT, SHOW_WRAP };

struct show_table;

struct show_table *show_table(void);
/* A column; its title is a message. On a terminal that is too narrow the columns marked SHOW_WRAP are folded. */
void show_column(struct show_table *t, enum show_align align, const char *title);
/* A row: one text a column, NULL for an empty cell. */
#define show_row(t, ...)                                    \
	show_cells((t), (const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
void show_cells(struct show_table *t, const char *const *cells, size_t n);
/* Print and free. A table without rows prints nothing. */
void show_end(struct show_table *t);
void show_drop(struct show_table *t); /* free without printing */

/* The end of a listing: {"<key>": list} or the table, or neither when it failed. Frees both. */
void show_listing(bool done, bool json, const char *key, json_t *list, struct show_table *t);

/* "Title: text" with an aligned text; nothing when text is NULL or empty. The title is a message. */
void show_line(const char *title, const char *text);

/* Print and free. */
void show_json(json_t *value);
/* A JSON string, null for NULL. */
json_t *show_string(const char *text);
/* true or false of a choice yes or no, null for NULL. */
json_t *show_yes_no(const char *text);
json_t *show_strings(const struct strs *list);
json_t *show_texts(const char *const *texts, size_t n);
/* A JSON integer from the canonical text of a whole number; null for NULL. */
json_t *show_integer(const char *text);
/* A record as an object: a set is a list, a map an object, a table an object of objects; values are strings. */
json_t *show_record(const struct record *r);
/* Texts joined by ", ", the arena's. */
const char *show_joined(struct arena *arena, const char *const *texts, size_t n);

#endif

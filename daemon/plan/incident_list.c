#include "plan/incident_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "plan/columns.h"

#define COLUMNS (4 + INCIDENT_WORDS)

static void drop_words(struct incident_entry *e)
{
	for (int i = 0; i < INCIDENT_WORDS; i++)
		free(e->word[i]);
}

void incident_list_free(struct incident_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		drop_words(&l->items[i]);
	free(l->items);
	*l = (struct incident_list){0};
}

/* ---- entries ---- */

/* Short enough to type, and the same whenever the same thing happens again. */
static void give_id(struct incident_entry *e)
{
	struct buf key = {0};
	unsigned char hash[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	for (int i = 0; i <= INCIDENT_FIELD; i++)
		buf_add(&key, e->word[i], strlen(e->word[i]) + 1);
	hash_sha256(key.data, key.len, hash);
	hex_encode(hash, sizeof hash, hex);
	memcpy(e->id, hex, INCIDENT_ID);
	e->id[INCIDENT_ID] = '\0';
	buf_free(&key);
}

static const char *either(const char *a, const char *b)
{
	return a && *a ? a : b ? b : "";
}

static void set_sentence(struct incident_entry *e, const struct err *err)
{
	static const struct err none = {0};
	err = err ? err : &none;
	const char *words[INCIDENT_WORDS] = {[INCIDENT_MSG] = err->msg, [INCIDENT_HINT] = err->hint};
	for (int i = 0; i < err->n_args && i < ERR_ARGS; i++)
		words[INCIDENT_ARG + i] = err->arg[i];
	for (int i = INCIDENT_MSG; i < INCIDENT_WORDS; i++) {
		free(e->word[i]);
		e->word[i] = mem_dup(words[i] ? words[i] : "");
	}
}

static void make_entry(struct incident_entry *e, const struct incident *i, int64_t now)
{
	const struct err *err = i->err;
	*e = (struct incident_entry){.change = i->change, .first = now, .last = now, .count = 1};
	e->word[INCIDENT_KIND] = mem_dup(either(i->kind, ""));
	e->word[INCIDENT_UNIT] = mem_dup(either(i->unit, ""));
	e->word[INCIDENT_RULE] = mem_dup(either(i->rule, err ? err->rule : NULL));
	e->word[INCIDENT_LEDGER] = mem_dup(either(i->ledger, ""));
	e->word[INCIDENT_RECORD] = mem_dup(either(i->record, err ? err->record : NULL));
	e->word[INCIDENT_FIELD] = mem_dup(either(i->field, err ? err->field : NULL));
	set_sentence(e, err);
	give_id(e);
}

static struct incident_entry *same(struct incident_list *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].id, id) == 0)
			return &l->items[i];
	return NULL;
}

static void remove_at(struct incident_list *l, size_t i)
{
	drop_words(&l->items[i]);
	memmove(&l->items[i], &l->items[i + 1], (--l->n - i) * sizeof *l->items);
}

/* The oldest of the unit that has most entries. */
static void make_room(struct incident_list *l)
{
	struct table counts = {0};
	uintptr_t most = 0;
	size_t out = 0;
	for (size_t i = 0; i < l->n; i++) {
		void **place = table_at(&counts, l->items[i].word[INCIDENT_UNIT]);
		*place = (void *)((uintptr_t)*place + 1);
		if ((uintptr_t)*place > most)
			most = (uintptr_t)*place;
	}
	for (size_t i = l->n; i-- > 0;)
		if ((uintptr_t)table_get(&counts, l->items[i].word[INCIDENT_UNIT]) == most &&
		    ((uintptr_t)table_get(&counts, l->items[out].word[INCIDENT_UNIT]) != most ||
			l->items[i].last <= l->items[out].last))
			out = i;
	table_free(&counts);
	remove_at(l, out);
}

static void append(struct incident_list *l, const struct incident_entry *e)
{
	if (l->n >= INCIDENT_LIST_MAX)
		make_room(l);
	if (!l->items)
		l->items = mem_alloc(INCIDENT_LIST_MAX * sizeof *l->items);
	l->items[l->n++] = *e;
}

bool incident_list_add(struct incident_list *l, const struct incident *i, int64_t now)
{
	struct incident_entry fresh;
	make_entry(&fresh, i, now);
	struct incident_entry *old = same(l, fresh.id);
	if (!old) {
		append(l, &fresh);
		return true;
	}
	drop_words(&fresh);
	old->last = now;
	old->count++;
	old->change = i->change;
	if (i->err)
		set_sentence(old, i->err);
	return false;
}

const struct incident_entry *incident_list_find(const struct incident_list *l, const char *prefix)
{
	const struct incident_entry *found = NULL;
	size_t len = strlen(prefix);
	for (size_t i = 0; len && i < l->n; i++) {
		if (strncmp(l->items[i].id, prefix, len) != 0)
			continue;
		if (found)
			return NULL;
		found = &l->items[i];
	}
	return found;
}

void incident_list_remove(struct incident_list *l, const struct incident_entry *e)
{
	remove_at(l, (size_t)(e - l->items));
}

/* "values.TT01, note": is all of it there? Of a set any member will do. */
static bool has_fields(const struct record *now, const char *names)
{
	struct arena arena = {0};
	bool all = true;
	for (const char *at = names; all && *at;) {
		size_t len = strcspn(at, ","), i = 0;
		const char *name = arena_dup_len(&arena, at, len), *key;
		all = record_get(now, name) || record_next_key(now, name, &i, &key);
		at += len + strspn(at + len, ", ");
	}
	arena_free(&arena);
	return all;
}

bool incident_list_entered(
    struct incident_list *l, const char *ledger, const char *path, const struct record *now)
{
	size_t before = l->n;
	for (size_t i = l->n; i-- > 0;) {
		const struct incident_entry *e = &l->items[i];
		if (strcmp(e->word[INCIDENT_KIND], "lost") == 0 &&
		    strcmp(e->word[INCIDENT_LEDGER], ledger) == 0 &&
		    strcmp(e->word[INCIDENT_RECORD], path) == 0 && has_fields(now, e->word[INCIDENT_FIELD]))
			remove_at(l, i);
	}
	return l->n < before;
}

void incident_list_sentence(const struct incident_entry *e, struct err *out)
{
	*out = (struct err){.msg = *e->word[INCIDENT_MSG] ? e->word[INCIDENT_MSG] : NULL,
	    .hint = *e->word[INCIDENT_HINT] ? e->word[INCIDENT_HINT] : NULL,
	    .n_args = ERR_ARGS};
	for (int i = 0; i < ERR_ARGS; i++)
		snprintf(out->arg[i], ERR_ARG_SIZE, "%s", e->word[INCIDENT_ARG + i]);
}

/* ---- on the disk: a line an entry ---- */

void incident_list_print(const struct incident_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct incident_entry *e = &l->items[i];
		char hex[OID_HEX + 1];
		oid_hex(&e->change, hex);
		buf_printf(
		    out, "%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%s", e->first, e->last, e->count, hex);
		for (int k = 0; k < INCIDENT_WORDS; k++) {
			buf_putc(out, '\t');
			columns_put(out, e->word[k]);
		}
		buf_putc(out, '\n');
	}
}

static void read_line(struct incident_list *l, const char *line, size_t len)
{
	char *columns[COLUMNS];
	struct incident_entry e = {0};
	size_t n = columns_get(line, len, columns, COLUMNS);
	bool good = n == COLUMNS && l->n < INCIDENT_LIST_MAX && oid_parse(&e.change, columns[3]);
	if (good) {
		e.first = strtoll(columns[0], NULL, 10);
		e.last = strtoll(columns[1], NULL, 10);
		e.count = strtoull(columns[2], NULL, 10);
		memcpy(e.word, &columns[4], sizeof e.word);
		give_id(&e);
		if (same(l, e.id))
			drop_words(&e);
		else
			append(l, &e);
	}
	for (size_t i = 0; i < (good ? 4 : n) && i < COLUMNS; i++)
		free(columns[i]);
}

void incident_list_read(struct incident_list *l, const char *bytes, size_t len)
{
	const char *line;
	size_t at = 0, line_len;
	while (columns_line(bytes, len, &at, &line, &line_len))
		read_line(l, line, line_len);
}

#include "plan/refusals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/columns.h"

#define COLUMNS (3 + REFUSAL_WORDS)

static const char *const states[] = {"open", "healed", "unwanted"};

static void drop(struct refusal *r)
{
	for (int i = 0; i < REFUSAL_WORDS; i++)
		free(r->word[i]);
	free(r->again);
}

void refusals_free(struct refusals *l)
{
	for (size_t i = 0; i < l->n; i++)
		drop(&l->items[i]);
	free(l->items);
	*l = (struct refusals){0};
}

struct refusal *refusals_find(const struct refusals *l, const struct oid *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (oid_eq(&l->items[i].id, id))
			return &l->items[i];
	return NULL;
}

struct refusal *refusals_add(struct refusals *l, const struct oid *id, const char *const words[REFUSAL_WORDS])
{
	struct refusal *r = refusals_find(l, id);
	if (r)
		return r;
	if (l->n >= REFUSALS_MAX) {
		drop(&l->items[0]);
		memmove(&l->items[0], &l->items[1], --l->n * sizeof *l->items);
	}
	if (!l->items)
		l->items = mem_alloc(REFUSALS_MAX * sizeof *l->items);
	r = &l->items[l->n++];
	*r = (struct refusal){.id = *id};
	for (int i = 0; i < REFUSAL_WORDS; i++)
		r->word[i] = mem_dup(words[i] ? words[i] : "");
	return r;
}

void refusals_again(struct refusal *r, const struct oid *was, const struct oid *now)
{
	const struct refusal_again pair = {*was, *now};
	if (r->n_again < REFUSALS_AGAIN_MAX)
		VEC_PUSH(r->again, r->n_again, pair);
}

/* ---- on the disk: a line a change, behind it one for each that was built on it ---- */

static void put_id(struct buf *out, const struct oid *id)
{
	char hex[OID_HEX + 1];
	oid_hex(id, hex);
	buf_puts(out, hex);
}

void refusals_print(const struct refusals *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct refusal *r = &l->items[i];
		put_id(out, &r->id);
		buf_printf(out, "\t%s\t%" PRId64, states[r->state], r->time);
		for (int k = 0; k < REFUSAL_WORDS; k++) {
			buf_putc(out, '\t');
			columns_put(out, r->word[k]);
		}
		buf_putc(out, '\n');
		for (size_t k = 0; k < r->n_again; k++) {
			put_id(out, &r->again[k].was);
			buf_putc(out, '\t');
			put_id(out, &r->again[k].now);
			buf_putc(out, '\n');
		}
	}
}

static bool read_state(const char *text, enum refusal_state *out)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(states[i], text) == 0) {
			*out = (enum refusal_state)i;
			return true;
		}
	return false;
}

void refusals_read(struct refusals *l, const char *bytes, size_t len)
{
	struct refusal *last = NULL;
	const char *line;
	size_t at = 0, line_len;
	while (columns_line(bytes, len, &at, &line, &line_len)) {
		char *columns[COLUMNS];
		struct oid id, now;
		enum refusal_state state;
		size_t n = columns_get(line, line_len, columns, COLUMNS);
		if (n == COLUMNS && oid_parse(&id, columns[0]) && read_state(columns[1], &state)) {
			last = refusals_add(l, &id, (const char *const *)&columns[3]);
			last->state = state;
			last->time = strtoll(columns[2], NULL, 10);
		} else if (last && n == 2 && oid_parse(&id, columns[0]) && oid_parse(&now, columns[1])) {
			refusals_again(last, &id, &now);
		}
		for (size_t i = 0; i < n && i < COLUMNS; i++)
			free(columns[i]);
	}
}

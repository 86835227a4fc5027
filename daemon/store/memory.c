#include "store/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/verify.h"

#define NOTE "proved"
#define PURPOSE "tuyen: proved ledgers"
#define FORMAT "tuyen-proved/1"

void memory_free(struct memory *m)
{
	free(m->ledgers);
	arena_free(&m->arena);
	*m = (struct memory){0};
}

const struct memory_ledger *memory_find(const struct memory *m, const char *ledger)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->ledgers[i].name, ledger) == 0)
			return &m->ledgers[i];
	return NULL;
}

struct memory_ledger *memory_add(struct memory *m, const char *ledger)
{
	struct memory_ledger fresh = {.name = arena_dup(&m->arena, ledger)};
	VEC_PUSH(m->ledgers, m->n, fresh);
	return &m->ledgers[m->n - 1];
}

void memory_under(struct memory *m, struct memory_ledger *l, const struct oid *change, const char *unit,
    const char *station)
{
	for (size_t i = l->n_grants; i-- > 0;)
		if (oid_eq(&l->grants[i].change, change) && strcmp(l->grants[i].unit, unit) == 0 &&
		    str_same(l->grants[i].station, station))
			return;
	if ((l->n_grants & (l->n_grants - 1)) == 0) {
		struct memory_grant *wider =
		    arena_alloc(&m->arena, (l->n_grants ? 2 * l->n_grants : 1) * sizeof *wider);
		if (l->n_grants)
			memcpy(wider, l->grants, l->n_grants * sizeof *wider);
		l->grants = wider;
	}
	l->grants[l->n_grants++] =
	    (struct memory_grant){*change, arena_dup(&m->arena, unit), arena_dup(&m->arena, station)};
}

/* What the whole memory holds under: another anchor, or other checks, and it is worth nothing. */
static void print_head(struct buf *out, const char *anchor, const unsigned char anchor_key[KEY_PUBLIC_SIZE])
{
	char text[KEY_TEXT_SIZE];
	key_text(anchor_key, text);
	buf_printf(out, FORMAT "\nchecks %d\nanchor %s %s\n", VERIFY_CHECKS, anchor, text);
}

static void print_seal(struct buf *out, const struct key *key)
{
	unsigned char seal[KEY_SEAL_SIZE];
	char hex[2 * KEY_SEAL_SIZE + 1];
	key_seal(key, PURPOSE, out->data, out->len, seal);
	hex_encode(seal, sizeof seal, hex);
	buf_printf(out, "seal %s\n", hex);
}

static void print_ledger(struct buf *out, const struct memory_ledger *l)
{
	char hex[OID_HEX + 1];
	oid_hex(&l->tip, hex);
	buf_printf(out, "ledger %s %s %zu %zu %zu\n", l->name, hex, l->changes, l->merges, l->records);
	for (size_t i = 0; i < l->heads.n; i++) {
		oid_hex(&l->heads.items[i], hex);
		buf_printf(out, "head %s\n", hex);
	}
	for (size_t i = 0; i < l->n_grants; i++) {
		const struct memory_grant *g = &l->grants[i];
		oid_hex(&g->change, hex);
		buf_printf(out, "grant %s %s%s%s\n", hex, g->unit, g->station ? " " : "",
		    g->station ? g->station : "");
	}
}

int memory_write(const struct memory *m, struct store *s, const struct key *key, const char *anchor,
    const unsigned char anchor_key[KEY_PUBLIC_SIZE], struct err *err)
{
	struct buf text = {0};
	print_head(&text, anchor, anchor_key);
	for (size_t i = 0; i < m->n; i++)
		print_ledger(&text, &m->ledgers[i]);
	print_seal(&text, key);
	int rc = store_note_write(s, NOTE, text.data, text.len, err);
	buf_free(&text);
	return rc;
}

/* The next word of a line that is cut up in place; NULL at its end. */
static char *word(char **at)
{
	char *start = *at;
	if (!*start)
		return NULL;
	*at += strcspn(*at, " ");
	if (**at)
		*(*at)++ = '\0';
	return start;
}

static bool number(const char *text, size_t *out)
{
	if (!text || !*text || strlen(text) > 12 || text[strspn(text, "0123456789")])
		return false;
	*out = strtoul(text, NULL, 10);
	return true;
}

static bool read_ledger(struct memory *m, const char *name, char *line)
{
	struct memory_ledger *l = memory_add(m, name);
	const char *tip = word(&line);
	return tip && oid_parse(&l->tip, tip) && number(word(&line), &l->changes) &&
	       number(word(&line), &l->merges) && number(word(&line), &l->records);
}

/* The seal says that memory_write wrote this; what is checked here guards against our own mistakes. */
static bool read_line(struct memory *m, struct oids *heads, char *line)
{
	const char *what = word(&line), *first = what ? word(&line) : NULL;
	struct memory_ledger *last = m->n ? &m->ledgers[m->n - 1] : NULL;
	struct oid id;
	if (first && strcmp(what, "ledger") == 0) {
		oids_free(heads);
		return read_ledger(m, first, line);
	}
	if (!first || !last || !oid_parse(&id, first))
		return false;
	if (strcmp(what, "head") == 0) {
		oids_add(heads, &id);
		last->heads.n = heads->n;
		last->heads.items =
		    memcpy(arena_alloc(&m->arena, heads->n * sizeof id), heads->items, heads->n * sizeof id);
		return true;
	}
	const char *unit = word(&line);
	if (strcmp(what, "grant") != 0 || !unit)
		return false;
	memory_under(m, last, &id, unit, word(&line));
	return true;
}

/* The bytes that the seal at their end covers; 0 if it is not ours. */
static size_t sealed(const struct buf *text, const struct key *key)
{
	const size_t tail = strlen("seal ") + 2 * KEY_SEAL_SIZE + 1;
	struct buf again = {0};
	if (text->len <= tail)
		return 0;
	buf_add(&again, text->data, text->len - tail);
	print_seal(&again, key);
	bool same = again.len == text->len && memcmp(again.data, text->data, text->len) == 0;
	buf_free(&again);
	return same ? text->len - tail : 0;
}

void memory_read(struct memory *m, struct store *s, const struct key *key, const char *anchor,
    const unsigned char anchor_key[KEY_PUBLIC_SIZE])
{
	struct buf text = {0}, head = {0};
	struct err none = {0};
	struct oids heads = {0};
	*m = (struct memory){0};
	print_head(&head, anchor, anchor_key);
	size_t end = store_note_read(s, NOTE, &text, &none) == 0 && text.len ? sealed(&text, key) : 0;
	bool good = end >= head.len && memcmp(text.data, head.data, head.len) == 0;
	if (good)
		buf_cut(&text, end);
	for (char *line = good ? text.data + head.len : NULL; good && *line;) {
		char *next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		good = next && read_line(m, &heads, line);
		line = next;
	}
	oids_free(&heads);
	if (!good)
		memory_free(m);
	buf_free(&text);
	buf_free(&head);
}

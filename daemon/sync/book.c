#include "sync/book.h"

#include <stdlib.h>
#include <string.h>

#include "sync/frame.h"
#include "sync/replay.h"
#include "sync/wire.h"

#define MEMORY_VERSION 1
enum memory_flag { MEMORY_FLYING = 1, MEMORY_AHEAD = 2 };

static void ledger_free(struct book_ledger *l)
{
	free(l->name);
	oids_free(&l->heads);
	oids_free(&l->base);
	oids_free(&l->known);
	oids_free(&l->sent);
	oids_free(&l->given);
	oids_free(&l->recent);
	free(l);
}

void book_free(struct book *b)
{
	for (size_t i = 0; i < b->n; i++)
		ledger_free(b->ledgers[i]);
	free(b->ledgers);
	free(b->order);
	*b = (struct book){0};
}

/* The place of a name, or where it would stand. */
static size_t place(const struct book *b, const char *name, bool *found)
{
	size_t low = 0, high = b->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(b->ledgers[middle]->name, name);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = false;
	return low;
}

struct book_ledger *book_find(const struct book *b, const char *name)
{
	bool found;
	size_t i = place(b, name, &found);
	return found ? b->ledgers[i] : NULL;
}

struct book_ledger *book_at(struct book *b, const char *name)
{
	bool found;
	size_t i = place(b, name, &found);
	if (found)
		return b->ledgers[i];
	struct book_ledger *l = mem_alloc(sizeof *l);
	l->name = mem_dup(name);
	l->fresh = true;
	l->unsure = !b->acquainted;
	VEC_PUSH(b->ledgers, b->n, l);
	memmove(b->ledgers + i + 1, b->ledgers + i, (b->n - 1 - i) * sizeof *b->ledgers);
	b->ledgers[i] = l;
	return l;
}

void book_doubt(struct book_ledger *l)
{
	oids_free(&l->base);
	oids_free(&l->known);
	oids_free(&l->sent);
	l->unsure = l->fresh = true;
	l->asked = l->flying = l->clean = false;
	l->wary = true;
}

void book_forget(struct book *b)
{
	b->acquainted = false;
	for (size_t i = 0; i < b->n; i++)
		book_doubt(b->ledgers[i]);
}

static void drop(struct oids *set, const struct oid *id)
{
	for (size_t i = 0; i < set->n; i++) {
		if (!oid_eq(&set->items[i], id))
			continue;
		memmove(set->items + i, set->items + i + 1, (set->n - i - 1) * sizeof *set->items);
		set->n--;
		return;
	}
}

void book_saw(struct oids *set, const struct oid *id, const struct oids *heads)
{
	struct oids kept = {0};
	for (size_t i = 0; i < heads->n; i++)
		drop(set, &heads->items[i]);
	for (size_t i = 0; i < set->n; i++)
		if (!oid_eq(&set->items[i], id))
			oids_add(&kept, &set->items[i]);
	oids_add(&kept, id);
	oids_free(set);
	*set = kept;
}

void book_note(struct book_ledger *l, const struct oid *id)
{
	if (oids_has(&l->recent, id))
		return;
	if (l->recent.n < BOOK_RECENT)
		oids_add(&l->recent, id);
	else
		l->recent.items[l->recent_at % BOOK_RECENT] = *id;
	l->recent_at++;
}

void book_set(struct oids *to, const struct oids *from)
{
	struct oids fresh;
	oids_copy(&fresh, from);
	oids_free(to);
	*to = fresh;
}

bool book_find_short(const struct book_ledger *l, const unsigned char *prefix, size_t len, struct oid *out)
{
	const struct oids *lists[] = {&l->base, &l->known, &l->sent, &l->heads, &l->recent};
	bool found = false;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		for (size_t k = 0; k < lists[i]->n; k++) {
			const struct oid *id = &lists[i]->items[k];
			if (memcmp(id->b, prefix, len) != 0)
				continue;
			if (found && !oid_eq(out, id))
				return false;
			*out = *id;
			found = true;
		}
	}
	return found;
}

bool book_short_ok(const struct book_ledger *l, const struct oid *id)
{
	if (l->wary)
		return false;
	for (size_t i = 0; i < BOOK_RECENT_SAFE && i < l->recent_at; i++)
		if (oid_eq(&l->recent.items[(l->recent_at - 1 - i) % BOOK_RECENT], id))
			return true;
	return oids_has(&l->base, id);
}

static void put_ids(struct buf *out, const struct oids *ids)
{
	size_t n = ids->n < FRAME_HEADS_MAX ? ids->n : FRAME_HEADS_MAX;
	wire_put_number(out, n);
	for (size_t i = 0; i < n; i++)
		wire_put_oid(out, &ids->items[i]);
}

void book_save(const struct book *b, struct buf *out)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++)
		n += !b->ledgers[i]->fresh;
	buf_putc(out, MEMORY_VERSION);
	buf_add(out, b->instance, SYNC_INSTANCE_SIZE);
	wire_put_number(out, n);
	for (size_t i = 0; i < b->n; i++) {
		const struct book_ledger *l = b->ledgers[i];
		if (l->fresh)
			continue;
		bool ahead = !oids_eq(&l->base, &l->known);
		wire_put_string(out, l->name);
		wire_put_number(
		    out, (l->flying || l->unsure ? MEMORY_FLYING : 0) | (ahead ? MEMORY_AHEAD : 0));
		put_ids(out, &l->base);
		if (ahead)
			put_ids(out, &l->known);
	}
}

static void get_ids(struct wire_reader *r, struct oids *out)
{
	size_t n = wire_count(r, FRAME_HEADS_MAX);
	for (size_t i = 0; i < n && !r->bad; i++) {
		struct oid id;
		wire_oid(r, &id);
		oids_add(out, &id);
	}
}

static void get_ledger(struct book *b, struct wire_reader *r, struct arena *arena)
{
	const char *name = wire_string(r, REPLAY_NAME_MAX, arena);
	size_t flags = wire_count(r, MEMORY_FLYING | MEMORY_AHEAD);
	struct book_ledger *l = r->bad || !*name ? NULL : book_at(b, name);
	if (!l || l->mark) {
		r->bad = true;
		return;
	}
	l->fresh = false;
	l->met = l->mark = true;
	l->unsure = flags & MEMORY_FLYING;
	get_ids(r, &l->base);
	if (flags & MEMORY_AHEAD)
		get_ids(r, &l->known);
	else
		book_set(&l->known, &l->base);
	book_set(&l->sent, &l->known);
}

const unsigned char *book_instance(const void *bytes, size_t len)
{
	struct wire_reader r;
	wire_reader_init(&r, bytes, len);
	return len && wire_byte(&r) == MEMORY_VERSION ? wire_bytes(&r, SYNC_INSTANCE_SIZE) : NULL;
}

bool book_load(struct book *b, const void *bytes, size_t len)
{
	const unsigned char *instance = book_instance(bytes, len);
	struct wire_reader r;
	struct arena arena = {0};
	bool empty = b->n == 0;
	if (!instance)
		return false;
	memcpy(b->instance, instance, SYNC_INSTANCE_SIZE);
	b->has_instance = b->acquainted = true;
	for (size_t i = 0; i < b->n; i++)
		b->ledgers[i]->unsure = b->ledgers[i]->asked = false;
	wire_reader_init(&r, instance + SYNC_INSTANCE_SIZE, len - 1 - SYNC_INSTANCE_SIZE);
	size_t n = wire_count(&r, FRAME_LEDGERS_MAX);
	for (size_t i = 0; i < n && !r.bad; i++)
		get_ledger(b, &r, &arena);
	bool good = !r.bad && wire_left(&r) == 0;
	for (size_t i = 0; i < b->n; i++)
		b->ledgers[i]->mark = false;
	if (!good && empty)
		book_free(b);
	else if (!good)
		book_forget(b);
	b->has_instance = good;
	arena_free(&arena);
	return good;
}

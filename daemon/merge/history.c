#include "merge/history.h"

#include <stdlib.h>
#include <string.h>

#include "merge/pack.h"
#include "merge/past.h"

struct history *history_new(void)
{
	return mem_alloc(sizeof(struct history));
}

void history_free(struct history *h)
{
	if (!h)
		return;
	history_rest(h);
	for (size_t i = h->n_lent; i < h->n; i++)
		free((void *)h->packed[i]);
	for (size_t i = 0; i < h->n_chains; i++)
		free(h->chains[i].items);
	free(h->packed);
	free(h->slots);
	free(h->chains);
	free(h->abouts);
	words_free(&h->words);
	free(h);
}

void history_rest(struct history *h)
{
	cache_free(h);
	losing_free(&h->losing);
}

/* ---- by id ---- */

struct pack_in history_packed_at(const struct history *h, unsigned change)
{
	const unsigned char *at = h->packed[change];
	return (struct pack_in){.start = at, .at = at, .end = at + pack_length(at)};
}

const unsigned char *history_id(const struct history *h, unsigned change)
{
	return h->packed[change] + PACK_LENGTH;
}

static size_t slot_of(const struct history *h, const unsigned char *id)
{
	uint64_t hash;
	memcpy(&hash, id, sizeof hash);
	size_t i = hash & (h->n_slots - 1);
	while (h->slots[i] && memcmp(history_id(h, h->slots[i] - 1), id, OID_SIZE) != 0)
		i = (i + 1) & (h->n_slots - 1);
	return i;
}

void history_slot_newest(struct history *h)
{
	if (2 * h->n <= h->n_slots) {
		h->slots[slot_of(h, history_id(h, (unsigned)h->n - 1))] = (unsigned)h->n;
		return;
	}
	free(h->slots);
	h->n_slots = h->n_slots ? 2 * h->n_slots : 16;
	h->slots = mem_alloc(h->n_slots * sizeof *h->slots);
	for (unsigned i = 0; i < h->n; i++)
		h->slots[slot_of(h, history_id(h, i))] = i + 1;
}

/* It was probed for last of all, so no other is found through its slot. */
void history_unslot_newest(struct history *h)
{
	h->slots[slot_of(h, history_id(h, (unsigned)h->n - 1))] = 0;
}

unsigned history_find(const struct history *h, const struct oid *id)
{
	return h->n_slots ? h->slots[slot_of(h, id->b)] : 0;
}

struct node *history_node(const struct history *h, const struct oid *id)
{
	unsigned found = history_find(h, id);
	return found ? node_at(h, found - 1) : NULL;
}

bool node_has_seen(const struct node *young, const struct node *old)
{
	return old->chain < young->n_clock && young->clock[old->chain] >= old->place;
}

void history_packed(const struct history *h, size_t i, const void **bytes, size_t *len)
{
	*bytes = h->packed[i];
	*len = pack_length(h->packed[i]);
}

bool history_has(const struct history *h, const struct oid *id)
{
	return history_find(h, id) != 0;
}

size_t history_count(const struct history *h)
{
	return h->n;
}

bool history_seen(const struct history *h, const struct oid *young, const struct oid *old)
{
	const struct node *a = history_node(h, young), *b = history_node(h, old);
	return a && b && node_has_seen(a, b);
}

size_t history_seen_count(const struct history *h, const struct oid *id)
{
	const struct node *node = history_node(h, id);
	size_t n = 0;
	for (size_t c = 0; node && c < node->n_clock; c++)
		n += node->clock[c];
	return n;
}

const char *history_writer(const struct history *h, const struct oid *id)
{
	const struct node *node = history_node(h, id);
	return node ? node->writer : NULL;
}

void history_maximal(const struct history *h, struct oids *list)
{
	struct oids kept = {0};
	oids_sort(list);
	struct node **nodes = mem_alloc((list->n + 1) * sizeof *nodes);
	for (size_t i = 0; i < list->n; i++)
		nodes[i] = history_node(h, &list->items[i]);
	for (size_t i = 0; i < list->n; i++) {
		bool maximal = nodes[i] != NULL;
		for (size_t j = 0; maximal && j < list->n; j++)
			maximal = i == j || !nodes[j] || !node_has_seen(nodes[j], nodes[i]);
		if (maximal)
			oids_add(&kept, &list->items[i]);
	}
	free(nodes);
	oids_free(list);
	*list = kept;
}

void history_tips(const struct history *h, struct oids *out)
{
	*out = (struct oids){0};
	for (size_t c = 0; c < h->n_chains; c++)
		oids_add(out, &node_at(h, h->chains[c].items[h->chains[c].n - 1])->id);
	history_maximal(h, out);
}

size_t history_ahead(const struct history *h, const struct oids *from, const struct oids *to)
{
	struct arena arena = {0};
	struct past old = past_of(h, &arena, from), now = past_of(h, &arena, to);
	size_t n = 0;
	for (size_t i = 0; i < from->n; i++)
		if (!history_has(h, &from->items[i]))
			n = SIZE_MAX;
	for (size_t c = 0; n < SIZE_MAX && c < h->n_chains; c++)
		n = old.counts[c] > now.counts[c] ? SIZE_MAX : n + now.counts[c] - old.counts[c];
	arena_free(&arena);
	return n;
}

static int by_generation(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return oid_cmp(&x->id, &y->id);
}

void history_between(
    const struct history *h, const struct oids *have, const struct oids *heads, struct oids *out)
{
	struct arena arena = {0};
	struct past from = past_of(h, &arena, have), to = past_of(h, &arena, heads);
	struct node **found = NULL;
	size_t n = 0;
	for (size_t c = 0; c < h->n_chains; c++)
		for (unsigned i = from.counts[c]; i < to.counts[c]; i++)
			VEC_PUSH(found, n, node_at(h, h->chains[c].items[i]));
	if (n)
		qsort(found, n, sizeof *found, by_generation);
	*out = (struct oids){0};
	for (size_t i = 0; i < n; i++)
		oids_add(out, &found[i]->id);
	free(found);
	arena_free(&arena);
}

/* ---- comparing ---- */

static bool same_heads(const struct history *a, struct pack_in *in_a, unsigned x, const struct history *b,
    struct pack_in *in_b, unsigned y, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned back_a = pack_number(in_a), back_b = pack_number(in_b);
		if (memcmp(history_id(a, x - back_a), history_id(b, y - back_b), OID_SIZE) != 0)
			return false;
	}
	return true;
}

/* Fields may stand in another order: they are made of what stood there before. */
static bool same_fields(
    const struct history *a, struct pack_in in_a, const struct history *b, struct pack_in in_b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct pack_in other = in_b;
		struct pack_field x, y = {0};
		bool found = false;
		pack_get_field(&in_a, &x);
		for (unsigned k = 0; !found && k < n; k++) {
			pack_get_field(&other, &y);
			found = strcmp(a->words.items[x.name].text, b->words.items[y.name].text) == 0;
		}
		if (!found || x.seal != y.seal || !str_same(x.value, y.value))
			return false;
	}
	return true;
}

bool history_same(const struct history *a, const struct history *b, const struct oid *id)
{
	unsigned x = history_find(a, id), y = history_find(b, id);
	if (!x || !y)
		return x == y;
	struct pack_in in_a = history_packed_at(a, x - 1), in_b = history_packed_at(b, y - 1);
	struct pack_head ha, hb;
	pack_get_head(&in_a, &ha);
	pack_get_head(&in_b, &hb);
	bool same = ha.claim == hb.claim && ha.rule == hb.rule && ha.rank == hb.rank &&
		    ha.n_heads == hb.n_heads && ha.n_records == hb.n_records &&
		    ha.generation == hb.generation &&
		    strcmp(a->words.items[ha.writer].text, b->words.items[hb.writer].text) == 0 &&
		    same_heads(a, &ha.heads, x - 1, b, &hb.heads, y - 1, ha.n_heads);
	for (unsigned i = 0; same && i < ha.n_records; i++) {
		struct pack_record ra, rb;
		pack_get_record(&in_a, &ra);
		pack_get_record(&in_b, &rb);
		same = ra.n_fields == rb.n_fields &&
		       strcmp(a->words.items[ra.path].text, b->words.items[rb.path].text) == 0 &&
		       same_fields(a, in_a, b, in_b, ra.n_fields);
		pack_pass_fields(&in_a, &ra);
		pack_pass_fields(&in_b, &rb);
	}
	return same;
}

#include "base/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* FNV-1a. Keys come from checked records, so an attacker who crafts collisions only slows his own ledger. */
static size_t hash(const char *key)
{
	uint64_t h = 14695981039346656037u;
	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static size_t find(const struct table *t, const char *key)
{
	size_t i = hash(key) & (t->n_slots - 1);
	while (t->slots[i] && strcmp(t->rows[t->slots[i] - 1].key, key) != 0)
		i = (i + 1) & (t->n_slots - 1);
	return i;
}

static void widen(struct table *t)
{
	size_t n_slots = t->n_slots ? 2 * t->n_slots : 16;
	free(t->slots);
	t->slots = mem_alloc(n_slots * sizeof *t->slots);
	t->n_slots = n_slots;
	for (size_t row = 0; row < t->n; row++)
		t->slots[find(t, t->rows[row].key)] = row + 1;
}

void **table_at(struct table *t, const char *key)
{
	if (2 * (t->n + 1) > t->n_slots)
		widen(t);
	size_t slot = find(t, key);
	if (!t->slots[slot]) {
		struct table_row row = {mem_dup(key), NULL};
		VEC_PUSH(t->rows, t->n, row);
		t->slots[slot] = t->n;
	}
	return &t->rows[t->slots[slot] - 1].value;
}

void *table_get(const struct table *t, const char *key)
{
	if (!t->n_slots)
		return NULL;
	size_t slot = find(t, key);
	return t->slots[slot] ? t->rows[t->slots[slot] - 1].value : NULL;
}

/* The newest row was probed for last of all, so no other row is found through its slot. */
void table_drop_last(struct table *t)
{
	t->slots[find(t, t->rows[t->n - 1].key)] = 0;
	free(t->rows[--t->n].key);
}

void table_free(struct table *t)
{
	for (size_t row = 0; row < t->n; row++)
		free(t->rows[row].key);
	free(t->rows);
	free(t->slots);
	*t = (struct table){0};
}

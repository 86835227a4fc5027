#include "merge/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* FNV-1a. Words come from checked records, so an attacker who crafts collisions only slows his own ledger. */
static unsigned hash(const char *text)
{
	uint64_t h = 14695981039346656037u;
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (unsigned)(h ^ h >> 32);
}

static size_t free_slot(const struct words *w, unsigned h)
{
	size_t i = h & (w->n_slots - 1);
	while (w->slots[i])
		i = (i + 1) & (w->n_slots - 1);
	return i;
}

unsigned words_find(const struct words *w, const char *text)
{
	unsigned h = hash(text);
	for (size_t i = h; w->n_slots; i++) {
		unsigned slot = w->slots[i & (w->n_slots - 1)];
		if (!slot)
			break;
		if (w->items[slot - 1].hash == h && strcmp(w->items[slot - 1].text, text) == 0)
			return slot - 1;
	}
	return WORDS_NONE;
}

static void widen(struct words *w)
{
	w->n_slots = w->n_slots ? 2 * w->n_slots : 16;
	free(w->slots);
	w->slots = mem_alloc(w->n_slots * sizeof *w->slots);
	for (size_t i = 0; i < w->n; i++)
		w->slots[free_slot(w, w->items[i].hash)] = (unsigned)i + 1;
}

void words_add(struct words *w, const char *text)
{
	struct word word = {.text = text, .hash = hash(text)};
	if (2 * (w->n + 1) > w->n_slots)
		widen(w);
	VEC_PUSH(w->items, w->n, word);
	w->slots[free_slot(w, word.hash)] = (unsigned)w->n;
}

/* The newest was given its slot last of all, so no other is found through it. */
void words_cut(struct words *w, size_t n)
{
	for (; w->n > n; w->n--) {
		size_t i = w->items[w->n - 1].hash & (w->n_slots - 1);
		while (w->slots[i] != w->n)
			i = (i + 1) & (w->n_slots - 1);
		w->slots[i] = 0;
	}
}

void words_free(struct words *w)
{
	free(w->items);
	free(w->slots);
	*w = (struct words){0};
}

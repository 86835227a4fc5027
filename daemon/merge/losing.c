/*
 * From the id of a conflict back to the write that lost. Ids are hashes, so all writes there ever were are hashed, once,
 * when somebody first writes on a conflict that nobody has written on. What was dropped since is left where it is: what
 * is found is hashed again.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "merge/pack.h"

struct losing_slot {
	uint64_t key; /* the beginning of the id */
	unsigned change; /* 1 + its number; 0: empty */
	unsigned record, field; /* words */
};

static uint64_t key_of(const char *id)
{
	unsigned char b[8];
	uint64_t key = 0;
	hex_decode(id, b, sizeof b);
	memcpy(&key, b, sizeof key);
	return key;
}

static void insert(struct losing_slots *l, const struct losing_slot *slot)
{
	size_t i = slot->key & (l->n_slots - 1);
	while (l->slots[i].change)
		i = (i + 1) & (l->n_slots - 1);
	l->slots[i] = *slot;
	l->n++;
}

static void widen(struct losing_slots *l)
{
	struct losing_slots wider = {.n_slots = l->n_slots ? 2 * l->n_slots : 1024};
	wider.slots = mem_alloc(wider.n_slots * sizeof *wider.slots);
	for (size_t i = 0; i < l->n_slots; i++)
		if (l->slots[i].change)
			insert(&wider, &l->slots[i]);
	free(l->slots);
	*l = wider;
}

static void name(const struct history *h, const struct losing_slot *slot, char id[41])
{
	struct oid change;
	memcpy(change.b, h->packed[slot->change - 1] + PACK_LENGTH, OID_SIZE);
	merge_conflict_id(h->words.items[slot->record].text, h->words.items[slot->field].text, &change, id);
}

static void add_change(struct history *h, unsigned change)
{
	struct pack_in in = history_packed_at(h, change);
	struct pack_head head;
	char id[41];
	pack_get_head(&in, &head);
	for (unsigned i = 0; i < head.n_records; i++) {
		struct pack_record r;
		pack_get_record(&in, &r);
		for (unsigned k = 0; k < r.n_fields; k++) {
			struct pack_field f;
			pack_get_field(&in, &f);
			struct losing_slot slot = {.change = change + 1, .record = r.path, .field = f.name};
			name(h, &slot, id);
			slot.key = key_of(id);
			if (2 * (h->losing.n + 1) > h->losing.n_slots)
				widen(&h->losing);
			insert(&h->losing, &slot);
		}
	}
}

void losing_added(struct history *h)
{
	if (h->losing.n_slots)
		add_change(h, (unsigned)h->n - 1);
}

/* The words of what was dropped may be gone, or be others by now. */
static bool is_there(const struct history *h, const struct losing_slot *slot)
{
	return slot->change <= h->n && slot->record < h->words.n && slot->field < h->words.n;
}

bool losing_find(struct history *h, const char *id, struct about *out)
{
	struct losing_slots *l = &h->losing;
	uint64_t key = key_of(id);
	char named[41];
	if (!l->n_slots)
		widen(l);
	if (!l->n)
		for (unsigned i = 0; i < h->n; i++)
			add_change(h, i);
	for (size_t i = key & (l->n_slots - 1); l->slots[i].change; i = (i + 1) & (l->n_slots - 1)) {
		if (l->slots[i].key != key || !is_there(h, &l->slots[i]))
			continue;
		name(h, &l->slots[i], named);
		if (strcmp(named, id) != 0)
			continue;
		*out = (struct about){.change = l->slots[i].change - 1,
		    .record = l->slots[i].record,
		    .field = l->slots[i].field};
		return true;
	}
	return false;
}

void losing_free(struct losing_slots *l)
{
	free(l->slots);
	*l = (struct losing_slots){0};
}

#include "store/idset.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define ROOM_FIRST 1024

static size_t slot_of(const struct idset *set, const struct oid *id)
{
	size_t i;
	memcpy(&i, id->b, sizeof i);
	for (i &= set->room - 1; !oid_is_zero(&set->slots[i]) && !oid_eq(&set->slots[i], id);)
		i = (i + 1) & (set->room - 1);
	return i;
}

static void grow(struct idset *set)
{
	struct idset old = *set;
	set->room = old.room ? 2 * old.room : ROOM_FIRST;
	set->slots = mem_alloc(set->room * sizeof *set->slots);
	for (size_t i = 0; i < old.room; i++)
		if (!oid_is_zero(&old.slots[i]))
			set->slots[slot_of(set, &old.slots[i])] = old.slots[i];
	free(old.slots);
}

bool idset_add(struct idset *set, const struct oid *id)
{
	if (2 * (set->n + 1) > set->room)
		grow(set);
	struct oid *slot = &set->slots[slot_of(set, id)];
	if (!oid_is_zero(slot))
		return false;
	*slot = *id;
	set->n++;
	return true;
}

bool idset_has(const struct idset *set, const struct oid *id)
{
	return set->room && oid_eq(&set->slots[slot_of(set, id)], id);
}

void idset_free(struct idset *set)
{
	free(set->slots);
	*set = (struct idset){0};
}

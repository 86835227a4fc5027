/* store/idset.h - a set of ids: 40 to 80 bytes each. For this room alone. */
#ifndef TUYEN_STORE_IDSET_H
#define TUYEN_STORE_IDSET_H

#include "base/oid.h"

/* Open addressing; zero is no id. Zero-initialise; idset_free when done. To visit all: the slots that are not zero. */
struct idset {
	struct oid *slots;
	size_t n, room;
};

bool idset_add(struct idset *set, const struct oid *id); /* false: it was there already */
bool idset_has(const struct idset *set, const struct oid *id);
void idset_free(struct idset *set);

#endif

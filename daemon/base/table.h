/* base/table.h - a hash table from strings to pointers that remembers the order of insertion. */
#ifndef TUYEN_BASE_TABLE_H
#define TUYEN_BASE_TABLE_H

#include <stddef.h>

struct table_row {
	char *key; /* owned by the table */
	void *value; /* owned by the caller */
};

/* Zero-initialise. `rows` may be read directly, in order of insertion; nothing is ever removed singly but the newest. */
struct table {
	struct table_row *rows;
	size_t n;
	size_t *slots; /* index of row + 1; 0 = empty */
	size_t n_slots;
};

/* The place for key's value, made (NULL) if it is new. Borrowed until the next call of table_at. */
void **table_at(struct table *t, const char *key);
void *table_get(const struct table *t, const char *key); /* NULL when absent */
void table_drop_last(struct table *t); /* undoes the insertion of the newest row */
void table_free(struct table *t);

#endif
